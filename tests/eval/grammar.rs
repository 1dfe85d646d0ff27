//! A grammar that makes queries: each choice is read from a tape of bytes, and the first way is always the simplest.
//!
//! Expressions are templates: what stands in braces is filled by an expression, a column or a word of that kind.

use std::fmt::Write as _;

use kqlc::types::Type;

use crate::forms::{AGGREGATES, COLUMNS, FORMS, Forms, GROUPABLE};

/// How deep expressions may nest.
const DEPTH: usize = 3;

/// Queries by choices.
struct Author<'t> {
    tape: std::slice::Iter<'t, u8>,
    columns: Vec<(String, Type)>,
    names: usize,
}

/// The query that a tape makes.
pub(crate) fn query(tape: &[u8]) -> String {
    let columns = COLUMNS.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
    let mut author = Author { tape: tape.iter(), columns, names: 0 };
    let mut text = "T".to_owned();
    for _ in 0..author.below(6) {
        let step = author.step();
        write!(text, "\n| {step}").expect("text");
    }
    text
}

impl Author<'_> {
    /// A choice; the first where the tape has ended.
    fn below(&mut self, end: usize) -> usize {
        self.tape.next().map_or(0, |byte| usize::from(*byte) % end)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("x{}", self.names)
    }

    /// A new column of a type.
    fn column(&mut self, ty: Type) -> String {
        let name = self.name();
        self.columns.push((name.clone(), ty));
        name
    }

    /// A column that there is, of one of these types.
    fn known(&mut self, types: &[Type]) -> Option<(String, Type)> {
        let fit: Vec<_> = self.columns.iter().filter(|(_, ty)| types.contains(ty)).cloned().collect();
        (!fit.is_empty()).then(|| fit[self.below(fit.len())].clone())
    }

    fn forms(ty: Type) -> &'static Forms {
        FORMS.iter().find(|forms| forms.ty == ty).expect("a type that has forms")
    }

    fn any_type(&mut self) -> Type {
        let at = self.below(FORMS.len());
        // Longs are the simplest.
        FORMS[(at + 1) % FORMS.len()].ty
    }

    fn expression(&mut self, ty: Type, depth: usize) -> String {
        let way = self.below(4);
        if way < 2 || depth == 0 {
            return match self.known(&[ty]) {
                Some((name, _)) if way != 1 => name,
                _ => self.pick(Self::forms(ty).literals).to_owned(),
            };
        }
        let template = self.pick(Self::forms(ty).templates);
        format!("({})", self.fill(template, depth - 1))
    }

    /// A template with what it needs; braces that hold no kind are kept.
    fn fill(&mut self, template: &str, depth: usize) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (kind, after) = after.split_once('}').expect("braces that close");
            text.push_str(before);
            let filled = match kind {
                "word" => self.pick(&["'a'", "''", "'10.0.0.1'", "'Ünï'", "','", "'A b'"]).to_owned(),
                "regex" => self.pick(&["'a'", "@'\\d+'", "''", "@'^(.*)$'", "@'[^a]'", "'('"]).to_owned(),
                "small" => self.pick(&["1", "0", "3", "-2"]).to_owned(),
                "any" => {
                    let ty = self.any_type();
                    self.expression(ty, depth)
                }
                // In a query of its own, over the whole table.
                "b" => "b".to_owned(),
                kind => self.expression(Type::parse(kind).expect("a type"), depth),
            };
            text.push_str(&filled);
            rest = after;
        }
        text + rest
    }

    fn sortable(&mut self) -> Option<String> {
        let known = self.known(&[
            Type::Long,
            Type::String,
            Type::DateTime,
            Type::Real,
            Type::Bool,
            Type::Int,
            Type::TimeSpan,
            Type::Decimal,
        ]);
        known.map(|(name, _)| name)
    }

    /// One operator with its pipe left out. Where a column it needs is missing, it is a simpler one.
    fn step(&mut self) -> String {
        self.fitting().unwrap_or_else(|| "take 7".to_owned())
    }

    fn fitting(&mut self) -> Option<String> {
        Some(match self.below(28) {
            0 | 1 => format!("where {}", self.expression(Type::Bool, DEPTH)),
            2..=4 => {
                let ty = self.any_type();
                let value = self.expression(ty, DEPTH);
                format!("extend {} = {value}", self.column(ty))
            }
            5 | 6 => self.project(),
            7..=9 => self.summarize(),
            10 => format!(
                "sort by {} {}, {}",
                self.sortable()?,
                self.pick(&["asc", "desc", "asc nulls last", "desc nulls first"]),
                self.sortable()?
            ),
            11 => format!("top {} by {}", self.pick(&["3", "1", "0", "100"]), self.sortable()?),
            12 => format!("take {}", self.pick(&["5", "0", "1000"])),
            13 => {
                let (one, other) = (self.known(GROUPABLE)?, self.known(GROUPABLE)?);
                self.columns = if one == other { vec![one] } else { vec![one, other] };
                format!(
                    "distinct {}",
                    self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
                )
            }
            14 | 15 => self.join()?,
            16 => format!("union {}", self.pick(&["(U | where b)", "kind=outer U", "withsource=Source (U | take 3)"])),
            17 | 18 => self.expand(),
            19 | 20 => self.window()?,
            21 => {
                let (text, ..) = self.known(&[Type::String])?;
                let (long, string) = (self.column(Type::Long), self.column(Type::String));
                let kind = self.pick(&["", "kind=relaxed ", "kind=regex "]);
                format!("parse {kind}{text} with * 'a' {long}:long ' ' {string}")
            }
            22 => self.series()?,
            23 => {
                let key = self.known(&[Type::String, Type::Long])?;
                let aggregate = self.pick(&["count()", "max({long})", "sum({real})", "dcount({string})"]);
                let aggregate = self.fill(aggregate, 1);
                let others = self.pick(&["", " with others = 'rest'"]);
                self.columns = vec![key.clone()];
                if key.1 != Type::String || others.is_empty() {
                    format!("top-nested 2 of {} by {aggregate}", key.0)
                } else {
                    format!("top-nested 2 of {}{others} by {aggregate}", key.0)
                }
            }
            24 => {
                let key = self.known(&[Type::String, Type::Long, Type::Int])?.0;
                let order = self.sortable()?;
                format!("partition hint.strategy=native by {key} (top 2 by {order} asc)")
            }
            25 => {
                let text = self.known(&[Type::String])?.0;
                let options = self.pick(&["", " with threshold = 0.3", " with threshold = 0, characters = ' a'"]);
                if self.below(2) == 0 {
                    self.columns = vec![("Pattern".to_owned(), Type::String), ("Count".to_owned(), Type::Long)];
                    format!("reduce by {text}{options}")
                } else {
                    format!("reduce kind=source by {text}{options}")
                }
            }
            26 => {
                let call = self.pick(&[
                    "basket('~', '~', 2, '*')",
                    "basket(0.3)",
                    "autocluster()",
                    "autocluster(0.2, '~', 5)",
                ]);
                format!("evaluate {call}")
            }
            _ => {
                let bag = self.known(&[Type::Dynamic])?.0;
                self.columns.retain(|(name, _)| *name != bag);
                format!("evaluate bag_unpack({bag}, 'u_')")
            }
        })
    }

    fn project(&mut self) -> String {
        let mut made = Vec::new();
        let mut parts = Vec::new();
        for _ in 0..=self.below(4) {
            let ty = self.any_type();
            let value = self.expression(ty, DEPTH);
            let name = self.name();
            parts.push(format!("{name} = {value}"));
            made.push((name, ty));
        }
        // Some that there were stay, so that later steps have something to work with.
        for _ in 0..4 {
            let all: Vec<Type> = FORMS.iter().map(|forms| forms.ty).collect();
            if let Some(kept) = self.known(&all).filter(|kept| !made.contains(kept)) {
                parts.push(kept.0.clone());
                made.push(kept);
            }
        }
        self.columns = made;
        format!("project {}", parts.join(", "))
    }

    fn summarize(&mut self) -> String {
        let mut made = Vec::new();
        let mut parts = Vec::new();
        for _ in 0..=self.below(3) {
            let (template, ty) = self.pick(AGGREGATES);
            let aggregate = self.fill(template, DEPTH - 1);
            if ty == Type::Unknown {
                // These name their columns themselves.
                parts.push(aggregate);
            } else {
                let name = self.name();
                parts.push(format!("{name} = {aggregate}"));
                made.push((name, ty));
            }
        }
        let mut keys = Vec::new();
        for _ in 0..self.below(3) {
            let ty = self.pick(GROUPABLE);
            let name = self.name();
            keys.push(format!("{name} = {}", self.expression(ty, 1)));
            made.push((name, ty));
        }
        self.columns = made;
        let by = if keys.is_empty() { String::new() } else { format!(" by {}", keys.join(", ")) };
        format!("summarize {}{by}", parts.join(", "))
    }

    fn join(&mut self) -> Option<String> {
        let base: Vec<(String, Type)> = self
            .columns
            .iter()
            .filter(|(name, ty)| *ty != Type::Dynamic && COLUMNS.iter().any(|(column, _)| column == name))
            .cloned()
            .collect();
        if base.is_empty() {
            return None;
        }
        let key = base[self.below(base.len())].0.clone();
        let kind = self.pick(&[
            "inner",
            "innerunique",
            "leftouter",
            "rightouter",
            "fullouter",
            "leftsemi",
            "leftanti",
            "rightsemi",
            "rightanti",
        ]);
        if kind.starts_with("rights") || kind == "rightanti" {
            self.columns = COLUMNS.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
        }
        if self.below(4) == 3 {
            return Some(format!("lookup kind=leftouter (U | project {key}, looked_up = i | take 9) on {key}"));
        }
        Some(format!("join kind={kind} (U | where l != 443) on {key}"))
    }

    fn expand(&mut self) -> String {
        let array = self.expression(Type::Dynamic, 2);
        match self.below(5) {
            0 => format!("mv-expand {} = {array}", self.column(Type::Dynamic)),
            1 => format!("mv-expand {} = {array} to typeof(long)", self.column(Type::Long)),
            2 => {
                let other = self.expression(Type::Dynamic, 1);
                let (one, two) = (self.column(Type::String), self.column(Type::Dynamic));
                format!(
                    "mv-expand with_itemindex = {} {one} = {array} to typeof(string), {two} = {other}",
                    self.column(Type::Long)
                )
            }
            3 => {
                let (element, sum) = (self.name(), self.column(Type::Long));
                format!("mv-apply {element} = {array} to typeof(long) on (summarize {sum} = sum({element}))")
            }
            _ => {
                let (element, order) = (self.name(), self.pick(&["asc", "desc"]));
                self.columns.push((element.clone(), Type::String));
                format!("mv-apply {element} = {array} to typeof(string) on (top 2 by {element} {order})")
            }
        }
    }

    fn window(&mut self) -> Option<String> {
        let order = self.sortable()?;
        let (template, ty) = self.pick(&[
            ("row_number()", Type::Long),
            ("row_number(1, {bool})", Type::Long),
            ("prev({long})", Type::Long),
            ("next({string})", Type::String),
            ("prev({datetime}, 2)", Type::DateTime),
            ("next({real}, 1, 0.5)", Type::Real),
            ("row_cumsum({long})", Type::Long),
            ("row_cumsum({real}, {bool})", Type::Real),
            ("row_rank_dense({long})", Type::Long),
            ("row_rank_min({string})", Type::Long),
            ("row_window_session({datetime}, 1h, 5m)", Type::DateTime),
        ]);
        let value = self.fill(template, 1);
        Some(format!("sort by {order} asc\n| extend {} = {value}", self.column(ty)))
    }

    fn series(&mut self) -> Option<String> {
        let (axis, _) = self.known(&[Type::DateTime])?;
        let key = self.known(&[Type::String, Type::Long, Type::Bool])?;
        let aggregate = self.pick(&["count()", "sum({long})", "avg({real})", "max({long})", "dcount({string})"]);
        let aggregate = self.fill(aggregate, 1);
        let name = self.name();
        self.columns = vec![(name.clone(), Type::Dynamic), (axis.clone(), Type::Dynamic), key.clone()];
        let kind = self.pick(&["", "kind=nonempty "]);
        Some(format!(
            "make-series {kind}{name} = {aggregate} default = 0 on {axis} from datetime(2024-05-13) to datetime(2024-05-16) step 6h by {}",
            key.0
        ))
    }
}
