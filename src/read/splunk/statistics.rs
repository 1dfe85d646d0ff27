//! `stats`, `eventstats`, `streamstats`, `chart` and `timechart`.

use pest::iterators::{Pair, Pairs};

use super::command::{Given, Kind, Stage};
use super::grammar::Rule;
use super::text::{field_name, fill, fit};
use super::{ForeignKind, Lowered, Reader, Text, built_in, command_row, name, scalar};
use crate::diagnostic::code;
use crate::ir::{
    Argument, Column, Computed, Expr, ExprKind, ForeignAggregate, ForeignId, ForeignStep, Frame, Lacking, Op,
    Statistics, Value,
};
use crate::read::pipe::{Pipe, computed};
use crate::types::Type;

/// Other names of statistics.
const ALIASES: &[(&str, &str)] = &[("c", "count"), ("distinct_count", "dc"), ("mean", "avg"), ("variance", "var")];
/// What stands before the number in the name of a percentile.
const PERCENTILES: &[(&str, &str)] =
    &[("exactperc", "exactperc"), ("upperperc", "upperperc"), ("perc", "perc"), ("p", "perc")];

/// Statistics and what they are grouped by, as a command states them.
pub(super) struct Asked {
    pub(super) aggregates: Vec<ForeignAggregate>,
    pub(super) outputs: Vec<Column>,
    pub(super) over: Option<(String, Vec<Given>)>,
    pub(super) by: Vec<(String, crate::source::Span)>,
    /// Options before the statistics, and among what they are grouped by.
    pub(super) options: Vec<Given>,
    pub(super) by_options: Vec<Given>,
}

impl Reader<'_> {
    /// Reads statistics, `over` and `by`; nothing is appended to the plan.
    pub(super) fn asked(&mut self, pipe: &mut Pipe, body: Text<'_>, pairs: Pairs<'_, Rule>) -> Lowered<Asked> {
        let mut asked = Asked {
            aggregates: Vec::new(),
            outputs: Vec::new(),
            over: None,
            by: Vec::new(),
            options: Vec::new(),
            by_options: Vec::new(),
        };
        for pair in pairs {
            match pair.as_rule() {
                Rule::option => asked.options.push(self.given(body, pair)),
                Rule::aggregate => self.aggregate(pipe, body, pair, &mut asked)?,
                Rule::over_clause => {
                    let (mut field, mut options) = (String::new(), Vec::new());
                    for part in pair.into_inner() {
                        match part.as_rule() {
                            Rule::name => field = field_name(part.as_str()).into_owned(),
                            Rule::option => options.push(self.given(body, part)),
                            _ => {}
                        }
                    }
                    asked.over = Some((field, options));
                }
                Rule::by_clause => {
                    for part in pair.into_inner() {
                        match part.as_rule() {
                            Rule::option => asked.by_options.push(self.given(body, part)),
                            Rule::name => {
                                let span = self.span(body.of(&part));
                                asked.by.push((field_name(part.as_str()).into_owned(), span));
                            }
                            _ => {}
                        }
                    }
                    if asked.by.is_empty() {
                        return Err(self.wrong(&code::READ_SYNTAX, body, "`by` names no field"));
                    }
                }
                _ => {}
            }
        }
        if asked.aggregates.is_empty() {
            return Err(self.wrong(&code::READ_SYNTAX, body, "a statistic such as `count` is missing"));
        }
        Ok(asked)
    }

    fn aggregate(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>, asked: &mut Asked) -> Lowered<()> {
        let whole = body.of(&pair);
        let span = self.span(whole);
        let mut alias = None;
        let mut call = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::aggregate_call => call = Some(part),
                Rule::name_with_call => alias = Some(field_name(part.as_str()).into_owned()),
                _ => {}
            }
        }
        let Some(call) = call else { return Ok(()) };
        let words = body.of(&call);
        let mut parts = call.into_inner();
        let Some(word) = parts.next() else { return Ok(()) };
        let (function, percent) = self.statistic(body.of(&word))?;
        let percent = percent.map(|value| Expr::literal(value, span));
        let argument = parts.next();
        let needs = function.row().arity.0 > usize::from(percent.is_some());
        if needs && argument.is_none() {
            let message = format!("`{}` needs a field", word.as_str());
            return Err(self.wrong(&code::SPL_ARGUMENT_COUNT, words, message));
        }
        let output = |name: Option<String>, words: Text<'_>| name.unwrap_or_else(|| words.text.to_owned());
        let mut push = |reader: &mut Self, arguments: Vec<Expr>, name: &str| {
            let mut ty = function.row().returns.value_type();
            if ty.ty == Type::Unknown
                && let Some(first) = arguments.first()
                && first.ty.ty.is_numeric()
            {
                ty = first.ty;
            }
            let column = computed(&mut reader.columns, name, ty, span);
            let arguments = arguments.into_iter().chain(percent.clone()).collect();
            asked.aggregates.push(ForeignAggregate { function, arguments, output: column.id, span });
            asked.outputs.push(column);
        };
        match argument {
            None => push(self, Vec::new(), &output(alias, words)),
            Some(argument) if argument.as_rule() == Rule::eval_argument => {
                let mut inner = argument.into_inner();
                let Some(expression) = inner.next() else { return Ok(()) };
                let value = self.expression(pipe, body, expression)?;
                push(self, vec![value], &output(alias, words));
            }
            Some(argument) => {
                let field = field_name(argument.as_str().trim()).into_owned();
                if !field.contains('*') {
                    let at = self.span(body.of(&argument));
                    let value = pipe.value(&mut self.columns, &field, at);
                    push(self, vec![value], &output(alias, words));
                    return Ok(());
                }
                for (known, stars) in self.fitting(pipe, &field, body.of(&argument))? {
                    let stars: Vec<&str> = stars.iter().map(String::as_str).collect();
                    let name = match &alias {
                        Some(alias) => fill(alias, &stars),
                        None => format!("{}({known})", word.as_str()),
                    };
                    let value = pipe.value(&mut self.columns, &known, span);
                    push(self, vec![value], &name);
                }
            }
        }
        Ok(())
    }

    /// The known fields that fit a pattern, with what its `*` stand for.
    pub(super) fn fitting(&self, pipe: &Pipe, pattern: &str, text: Text<'_>) -> Lowered<Vec<(String, Vec<String>)>> {
        if pipe.schema().open {
            let message =
                format!("which fields fit `{pattern}` is not known, because nothing before says what there is");
            return Err(self.wrong(&code::SPL_OPEN_PATTERN, text, message));
        }
        let fitting = pipe.names().into_iter().filter_map(|known| {
            let stars = fit(pattern, &known)?.into_iter().map(str::to_owned).collect();
            Some((known.to_string(), stars))
        });
        Ok(fitting.collect())
    }

    /// The statistic of a name, and the percentage in it.
    fn statistic(&self, word: Text<'_>) -> Lowered<(ForeignId, Option<Value>)> {
        let lower = word.text.to_ascii_lowercase();
        let plain = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(lower.as_str(), |(_, name)| name);
        let row = built_in(ForeignKind::Aggregate, plain).filter(|row| row.row().arity.1 < 2);
        if let Some(row) = row {
            return Ok((row, None));
        }
        for (prefix, function) in PERCENTILES {
            if let Some(number) = lower.strip_prefix(prefix).and_then(|rest| rest.parse::<f64>().ok())
                && (0.0..=100.0).contains(&number)
                && let Some(row) = built_in(ForeignKind::Aggregate, function)
            {
                return Ok((row, Some(Value::Real(number))));
            }
        }
        Err(self.wrong(&code::SPL_UNKNOWN_FUNCTION, word, format!("unknown statistic `{}`", word.text)))
    }

    /// The columns that make a group; a field that no record has puts every record out of all groups.
    pub(super) fn keys(
        &mut self,
        pipe: &mut Pipe,
        by: &[(String, crate::source::Span)],
    ) -> (Vec<Computed>, Vec<Column>) {
        let mut keys = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        for (field, span) in by {
            let (column, expr) = if let Some(column) = pipe.field(&mut self.columns, field, *span) {
                let expr = Expr::column(column.id, column.ty, *span);
                (column, expr)
            } else {
                self.no_field(field, *span);
                let column = computed(&mut self.columns, field, Type::Dynamic.into(), *span);
                (column, super::eval::null(*span))
            };
            if columns.iter().all(|known| known.name != column.name) {
                keys.push(Computed { id: column.id, expr });
                columns.push(column);
            }
        }
        (keys, columns)
    }

    /// Says that no record has a field.
    pub(super) fn no_field(&mut self, field: &str, span: crate::source::Span) {
        let message = format!("no command before gives the field `{field}`, so nothing comes out here");
        self.remarks.push(crate::diagnostic::Diagnostic::new(&code::SPL_NO_FIELD, span, message));
    }

    /// Appends statistics to a plan.
    pub(super) fn summarise(&mut self, pipe: &mut Pipe, asked: Asked, frame: Frame, span: crate::source::Span) {
        let (keys, columns) = self.keys(pipe, &asked.by);
        let node = Statistics { keys, aggregates: asked.aggregates, lacking: Lacking::NoGroup, frame };
        let op = Op::Statistics(Box::new(node));
        if frame == Frame::Group {
            let outputs: Vec<Column> = asked.outputs;
            let kept = columns.into_iter().filter(|key| outputs.iter().all(|output| output.name != key.name));
            let all: Vec<Column> = kept.chain(outputs.iter().cloned()).collect();
            pipe.push_closed(op, all, span);
        } else {
            pipe.push_making(op, asked.outputs, span);
        }
    }
}

/// `stats`
pub(super) fn stats(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let pairs = reader.parse(Rule::statistics, stage.body, "`stats`")?;
    let asked = reader.asked(pipe, stage.body, pairs)?;
    let options = [
        ("allnum", Kind::Only("false")),
        ("delim", Kind::Text),
        ("partitions", Kind::Count),
        ("dedup_splitvals", Kind::Only("false")),
    ];
    Reader::check(stage, &asked.options, &options)?;
    no_more(reader, stage, &asked)?;
    reader.summarise(pipe, asked, Frame::Group, reader.span(stage.all));
    Ok(())
}

/// `eventstats`
pub(super) fn eventstats(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let pairs = reader.parse(Rule::statistics, stage.body, "`eventstats`")?;
    let asked = reader.asked(pipe, stage.body, pairs)?;
    Reader::check(stage, &asked.options, &[("allnum", Kind::Only("false"))])?;
    no_more(reader, stage, &asked)?;
    reader.summarise(pipe, asked, Frame::Each, reader.span(stage.all));
    Ok(())
}

/// `streamstats`
pub(super) fn streamstats(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let pairs = reader.parse(Rule::statistics, stage.body, "`streamstats`")?;
    let asked = reader.asked(pipe, stage.body, pairs)?;
    let options = [
        ("allnum", Kind::Only("false")),
        ("current", Kind::Truth),
        ("window", Kind::Count),
        ("global", Kind::Truth),
        ("reset_on_change", Kind::Only("false")),
    ];
    let given = Reader::check(stage, &asked.options, &options)?;
    no_more(reader, stage, &asked)?;
    let window = given.count("window").filter(|count| *count > 0);
    let frame = Frame::Running {
        current: given.truth("current").unwrap_or(true),
        window,
        // Without a window there is nothing for it to say.
        global: given.truth("global").unwrap_or(true) && window.is_some(),
    };
    reader.summarise(pipe, asked, frame, reader.span(stage.all));
    Ok(())
}

fn no_more(reader: &Reader<'_>, stage: &Stage<'_>, asked: &Asked) -> Lowered<()> {
    Reader::check(stage, &asked.by_options, &[])?;
    if asked.over.is_some() {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, format!("`{}` has no `over`", stage.name)));
    }
    Ok(())
}

/// The options of `chart` and `timechart` that say how the result is turned.
const PIVOT: [(&str, Kind); 11] = [
    ("span", Kind::Span),
    ("limit", Kind::Text),
    ("useother", Kind::Truth),
    ("usenull", Kind::Truth),
    ("otherstr", Kind::Text),
    ("nullstr", Kind::Text),
    ("cont", Kind::Truth),
    ("partial", Kind::Only("true")),
    ("fixedrange", Kind::Truth),
    ("sep", Kind::Text),
    ("agg", Kind::Text),
];

/// `timechart`
pub(super) fn timechart(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let pairs = reader.parse(Rule::statistics, stage.body, "`timechart`")?;
    let mut asked = reader.asked(pipe, stage.body, pairs)?;
    let mut all = std::mem::take(&mut asked.options);
    all.append(&mut asked.by_options);
    let given = Reader::check(stage, &all, &PIVOT)?;
    if asked.over.is_some() || asked.by.len() > 1 {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`timechart` is split by one field at most"));
    }
    let span = reader.span(stage.all);
    let Some(width) = given.text("span").map(str::to_owned) else {
        let message = "without `span` the width of the bins depends on the stretch of time that is searched";
        return Err(reader.no_meaning(stage.all, message));
    };
    reader.bin_time(pipe, "_time", &width, span);
    let by = asked.by.clone();
    asked.by = vec![("_time".to_owned(), span)];
    asked.by.extend(by.clone());
    reader.summarise(pipe, asked, Frame::Group, span);
    let time = pipe.value(&mut reader.columns, "_time", span);
    if given.truth("cont") != Some(false) {
        let width = Expr::literal(Value::string(width), span);
        let arguments =
            vec![(Some(name("field")), Argument::Scalar(time.clone())), (Some(name("span")), Argument::Scalar(width))];
        let step = ForeignStep { command: command_row("fill_bins"), arguments, makes: Vec::new() };
        pipe.push_same(Op::Foreign(Box::new(step)), span);
    }
    if let Some((field, _)) = by.first() {
        pivot(reader, pipe, "_time", field, &given, span);
    }
    Ok(())
}

/// `chart`
pub(super) fn chart(reader: &mut Reader<'_>, pipe: &mut Pipe, stage: &Stage<'_>) -> Lowered<()> {
    let pairs = reader.parse(Rule::statistics, stage.body, "`chart`")?;
    let mut asked = reader.asked(pipe, stage.body, pairs)?;
    let mut all = std::mem::take(&mut asked.options);
    all.append(&mut asked.by_options);
    let over = asked.over.take();
    let (row, over_options) = over.map_or((None, Vec::new()), |(row, options)| (Some(row), options));
    all.extend(over_options);
    let given = Reader::check(stage, &all, &PIVOT)?;
    let span = reader.span(stage.all);
    let mut by = std::mem::take(&mut asked.by);
    if let Some(row) = row {
        by.insert(0, (row, span));
    }
    if by.len() > 2 {
        return Err(reader.wrong(&code::READ_SYNTAX, stage.body, "`chart` has one field for rows and one for columns"));
    }
    if let (Some(width), Some((field, _))) = (given.text("span").map(str::to_owned), by.first().cloned()) {
        reader.bin(pipe, &field, &field, &width, None, stage.all)?;
    }
    asked.by.clone_from(&by);
    reader.summarise(pipe, asked, Frame::Group, span);
    if let [(row, _), (column, _)] = by.as_slice() {
        pivot(reader, pipe, row, column, &given, span);
    }
    Ok(())
}

/// Turns the values of one field into columns.
fn pivot(
    reader: &mut Reader<'_>,
    pipe: &mut Pipe,
    row: &str,
    column: &str,
    given: &super::command::Checked,
    span: crate::source::Span,
) {
    let row_value = pipe.value(&mut reader.columns, row, span);
    let column_value = pipe.value(&mut reader.columns, column, span);
    let text = |value: String| Argument::Scalar(Expr::literal(Value::string(value), span));
    let truth = |value: bool| Argument::Scalar(Expr::literal(Value::Bool(value), span));
    let arguments = vec![
        (Some(name("row")), Argument::Scalar(row_value)),
        (Some(name("column")), Argument::Scalar(column_value)),
        (Some(name("limit")), text(given.text("limit").unwrap_or("10").to_owned())),
        (Some(name("other")), truth(given.truth("useother").unwrap_or(true))),
        (Some(name("null")), truth(given.truth("usenull").unwrap_or(true))),
    ];
    let kept: Vec<Column> = pipe.schema().iter().filter(|known| &*known.name == row).cloned().collect();
    let step = ForeignStep { command: command_row("pivot"), arguments, makes: Vec::new() };
    pipe.push_opening(Op::Foreign(Box::new(step)), crate::ir::Schema::new(kept, true), span);
}

impl Reader<'_> {
    /// Cuts a time down to bins of a span.
    pub(super) fn bin_time(&mut self, pipe: &mut Pipe, field: &str, width: &str, span: crate::source::Span) {
        let time = pipe.value(&mut self.columns, field, span);
        let width = Expr::literal(Value::string(width), span);
        let call = Expr::new(ExprKind::Foreign(scalar("bin_time"), vec![time, width]), Type::Real, span);
        pipe.set(&mut self.columns, field, call, span);
    }
}
