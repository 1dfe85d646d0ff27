//! Where the value of an expression lies: the unknown values that it passes on.

use super::model::{NodeId, Part, Row, Term};
use super::solver::Solver;
use crate::ir::{AggregateCall, ColumnId, Expr, ExprKind, Json, ParseSegment, Value};
use crate::types::Type;

/// Aggregates that give the value of one of their records.
pub(super) const CHOOSING: &[&str] = &[
    "min",
    "max",
    "any",
    "take_any",
    "anyif",
    "take_anyif",
    "arg_max",
    "arg_min",
    "argmax",
    "argmin",
    "minif",
    "maxif",
    "percentile",
    "avg",
    "avgif",
];

/// Aggregates that give the values of their records in an array.
const COLLECTING: &[&str] =
    &["make_set", "makeset", "make_list", "makelist", "make_set_if", "make_list_if", "make_list_with_nulls"];

/// Functions that pass on what they are given, if it is as they like it.
const LOOSE: &[&str] = &[
    "tolower",
    "toupper",
    "trim",
    "trim_start",
    "trim_end",
    "abs",
    "bin",
    "floor",
    "startofday",
    "replace_string",
    "replace_regex",
    "replace_strings",
    "url_decode",
];

impl<'q> Solver<'q> {
    /// The unknown values that an expression gives unchanged, all of which it may be; `loose` also takes what gives
    /// equal values for equal ones.
    pub(super) fn locate(&mut self, expr: &'q Expr, row: &Row<'q>, loose: bool) -> Option<Vec<NodeId>> {
        match &expr.kind {
            ExprKind::Column(id) => self.locate_column(*id, row, loose),
            ExprKind::Access(access) => {
                let mut path: Vec<Part> = Vec::new();
                let base = &access.base;
                for step in &access.path {
                    path.push(match self.evaluate(step, row)? {
                        Value::String(name) => Part::Slot(name),
                        other => Part::At(i64::try_from(super::want::whole(&other)?).ok()?),
                    });
                }
                self.locate_path(base, row, &path, loose)
            }
            ExprKind::Cast(cast) => {
                let found = self.locate(&cast.operand, row, loose)?;
                if expr.ty.ty == Type::Dynamic { self.as_dynamic(found, expr) } else { Some(found) }
            }
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("parse_json" | "todynamic" | "parsejson" | "toobject", [inner, ..]) => {
                    let found = self.locate(inner, row, loose)?;
                    self.as_dynamic(found, expr)
                }
                (
                    "tostring" | "toguid" | "todatetime" | "tolong" | "toint" | "toreal" | "todouble" | "tobool"
                    | "toboolean" | "totimespan" | "todecimal" | "dynamic_to_json" | "materialize",
                    [inner],
                ) => self.locate(inner, row, loose),
                ("extract", [pattern, group, inner, ..]) => {
                    let (pattern, group) = (self.evaluate(pattern, row)?, self.evaluate(group, row)?);
                    let group = usize::try_from(super::want::whole(&group)?).ok()?;
                    let part = Part::Capture(pattern.as_str()?.into(), group);
                    self.locate_parts(inner, row, &part, loose)
                }
                ("base64_decode_tostring" | "base64_decodestring", [inner]) => {
                    self.locate_parts(inner, row, &Part::Decoded, loose)
                }
                ("extractjson" | "extract_json", [path, inner, ..]) => {
                    let path = self.evaluate(path, row)?;
                    let path = json_path(path.as_str()?)?;
                    let mut found = self.locate(inner, row, loose)?;
                    found = self.as_dynamic(found, expr)?;
                    self.descend(found, &path, expr)
                }
                ("strcat", [only]) => self.locate(only, row, loose),
                ("iff" | "iif", _) => None,
                ("replace" | "translate", [_, _, inner]) if loose => self.locate(inner, row, loose),
                (name, [inner, ..]) if loose && LOOSE.contains(&name) => {
                    let at = if name.starts_with("trim") { arguments.last()? } else { inner };
                    self.locate(at, row, loose)
                }
                _ => None,
            },
            ExprKind::Item(..) => None,
            _ => None,
        }
    }

    /// The parts of a kind of what an expression gives.
    fn locate_parts(&mut self, inner: &'q Expr, row: &Row<'q>, part: &Part, _: bool) -> Option<Vec<NodeId>> {
        // A text in small letters has its parts in small letters, which whoever wants them has seen to.
        let found = self.locate(inner, row, true)?;
        found.into_iter().map(|node| self.part(node, part, inner.span).ok()).collect()
    }

    /// The dynamic that texts hold.
    fn as_dynamic(&mut self, found: Vec<NodeId>, expr: &Expr) -> Option<Vec<NodeId>> {
        found
            .into_iter()
            .map(|node| {
                if self.state.node(node).ty == Type::String {
                    self.part(node, &Part::Json, expr.span).ok()
                } else {
                    Some(node)
                }
            })
            .collect()
    }

    fn locate_path(&mut self, base: &'q Expr, row: &Row<'q>, path: &[Part], loose: bool) -> Option<Vec<NodeId>> {
        // A column stands for the expression that gave it.
        let (base, row) = self.bare(base, row);
        if let ExprKind::Call(function, arguments) = &base.kind {
            match (function.name(), arguments.as_slice(), path) {
                ("split", [inner, separator], [Part::At(at), rest @ ..]) => {
                    let separator = self.evaluate(separator, &row)?;
                    let part = Part::Piece(separator.as_str()?.into(), *at);
                    let found = self.locate_parts(inner, &row, &part, loose)?;
                    return self.descend(found, rest, base);
                }
                ("split", [inner, separator, at], [Part::At(0), rest @ ..]) => {
                    let (separator, at) = (self.evaluate(separator, &row)?, self.evaluate(at, &row)?);
                    let at = i64::try_from(super::want::whole(&at)?).ok()?;
                    let part = Part::Piece(separator.as_str()?.into(), at);
                    let found = self.locate_parts(inner, &row, &part, loose)?;
                    return self.descend(found, rest, base);
                }
                ("parse_url" | "parseurl", [inner], [Part::Slot(name), rest @ ..]) => {
                    let found = self.locate_parts(inner, &row, &Part::Url(name.clone()), loose)?;
                    return self.descend(found, rest, base);
                }
                ("extract_all" | "extractall", [pattern, .., inner], [Part::At(_), rest @ ..]) => {
                    let pattern = self.evaluate(pattern, &row)?;
                    let group = match rest {
                        [Part::At(group)] => usize::try_from(*group).ok()? + 1,
                        _ => 1,
                    };
                    let part = Part::Capture(pattern.as_str()?.into(), group);
                    return self.locate_parts(inner, &row, &part, loose);
                }
                ("pack_array", items, [Part::At(at), rest @ ..]) => {
                    let item = items.get(usize::try_from(*at).ok()?)?;
                    return self.locate_path(item, &row, rest, loose);
                }
                ("bag_pack" | "pack" | "pack_dictionary", items, [Part::Slot(name), rest @ ..]) => {
                    for pair in items.chunks(2) {
                        if let [key, value] = pair
                            && self.evaluate(key, &row).is_some_and(|key| key.as_str() == Some(name))
                        {
                            return self.locate_path(value, &row, rest, loose);
                        }
                    }
                    return None;
                }
                _ => {}
            }
        }
        if let (ExprKind::Column(id), [Part::At(_), rest @ ..]) = (&base.kind, path)
            && let Some(found) = self.locate_collected(*id, &row, loose)
        {
            return self.descend(found, rest, base);
        }
        let found = self.locate(base, &row, loose)?;
        if path.is_empty() {
            return Some(found);
        }
        let found = self.as_dynamic(found, base)?;
        self.descend(found, path, base)
    }

    /// The call that makes an array or a bag, below conversions that leave it as it is.
    fn bare(&self, base: &'q Expr, row: &Row<'q>) -> (&'q Expr, Row<'q>) {
        let (base, row) = self.behind(base, row);
        let (mut inner, mut inner_row) = (base, row.clone());
        loop {
            let next = match &inner.kind {
                ExprKind::Cast(cast) => &cast.operand,
                ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                    (
                        "todynamic" | "parse_json" | "parsejson" | "dynamic_to_json" | "tostring" | "array_sort_asc",
                        [only, ..],
                    ) => only,
                    ("split" | "extract_all" | "extractall" | "pack_array" | "bag_pack" | "pack" | "parse_url", _) => {
                        return (inner, inner_row);
                    }
                    _ => return (base, row),
                },
                _ => return (base, row),
            };
            (inner, inner_row) = self.behind(next, &inner_row);
        }
    }

    fn descend(&mut self, mut found: Vec<NodeId>, path: &[Part], expr: &Expr) -> Option<Vec<NodeId>> {
        for part in path {
            found =
                found.into_iter().map(|node| self.part(node, part, expr.span).ok()).collect::<Option<Vec<NodeId>>>()?;
        }
        Some(found)
    }

    /// The expression that a column stands for, as far as columns lead.
    pub(super) fn behind(&self, expr: &'q Expr, row: &Row<'q>) -> (&'q Expr, Row<'q>) {
        let (mut expr, mut row) = (expr, row.clone());
        let mut id = expr.as_column();
        while let Some(at) = id {
            match self.term(at, &row) {
                Some(Term::Expr(inner, inner_row)) => {
                    (expr, row) = (inner, inner_row);
                    id = expr.as_column();
                }
                // The column of another record has no expression of its own; what it stands for may have one.
                Some(Term::Column(inner, inner_row)) => match self.term(inner, &inner_row) {
                    Some(Term::Expr(inner, inner_row)) => {
                        (expr, row) = (inner, inner_row);
                        id = expr.as_column();
                    }
                    _ => break,
                },
                _ => break,
            }
        }
        (expr, row)
    }

    /// The unknown values that a column passes on.
    pub(super) fn locate_column(&mut self, id: ColumnId, row: &Row<'q>, loose: bool) -> Option<Vec<NodeId>> {
        match self.term(id, row)? {
            Term::Leaf(instance, name) => Some(vec![self.state.leaf(instance, &name)]),
            Term::Expr(expr, row) => self.locate(expr, &row, loose),
            Term::Column(id, row) => self.locate_column(id, &row, loose),
            Term::Element(expr, row, _) if self.is_series(expr, &row) => self.locate(expr, &row, loose),
            Term::Element(expr, row, at) => {
                let part = Part::At(i64::try_from(at).ok()?);
                self.locate_path(expr, &row, std::slice::from_ref(&part), loose)
            }
            Term::Slot(expr, row, name) => self.locate_path(expr, &row, &[Part::Slot(name)], loose),
            Term::Parsed(parse, row, position) => {
                let ParseSegment::Column(column, ty) = parse.segments.get(position)? else { return None };
                let _ = column;
                let found = self.locate(&parse.subject, &row, loose)?;
                let part = Part::Parsed(parse.subject.span.start, position);
                self.parses.insert(parse.subject.span.start, parse);
                let mut children = Vec::new();
                for node in found {
                    let child = self.part(node, &part, parse.subject.span).ok()?;
                    if *ty != Type::String {
                        self.state.change(child, |node| node.ty = *ty);
                    }
                    children.push(child);
                }
                Some(children)
            }
            Term::Aggregate(group, call, output) => self.locate_chosen(group, call, output, loose),
            Term::Value(_) | Term::Opaque => None,
        }
    }

    /// Whether an expression is a series.
    pub(super) fn is_series(&self, expr: &Expr, row: &Row<'q>) -> bool {
        match &expr.kind {
            ExprKind::Column(id) if self.axes.contains(id) => true,
            ExprKind::Column(id) => match self.term(*id, row) {
                Some(Term::Expr(expr, row)) => self.is_series(expr, &row),
                Some(Term::Column(id, _)) => self.axes.contains(&id),
                _ => false,
            },
            ExprKind::Cast(cast) => self.is_series(&cast.operand, row),
            _ => false,
        }
    }

    fn locate_chosen(&mut self, group: usize, call: usize, output: usize, loose: bool) -> Option<Vec<NodeId>> {
        let group = std::rc::Rc::clone(&self.state.groups[group]);
        let call: &'q AggregateCall = group.aggregates.get(call)?;
        if !CHOOSING.contains(&call.function.name()) {
            return None;
        }
        let argument = call.arguments.get(output)?;
        let mut found = Vec::new();
        for member in &group.members {
            found.extend(self.locate(argument, member, loose)?);
        }
        Some(found)
    }

    /// The elements of an array that an aggregate collects.
    fn locate_collected(&mut self, id: ColumnId, row: &Row<'q>, loose: bool) -> Option<Vec<NodeId>> {
        let (argument, members) = self.collected(id, row)?;
        let mut found = Vec::new();
        for member in &members {
            found.extend(self.locate(argument, member, loose)?);
        }
        Some(found)
    }

    /// What an aggregate collects, and of which records.
    pub(super) fn collected(&self, id: ColumnId, row: &Row<'q>) -> Option<(&'q Expr, Vec<Row<'q>>)> {
        match self.term(id, row)? {
            Term::Aggregate(group, call, _) => {
                let group = &self.state.groups[group];
                let call: &'q AggregateCall = group.aggregates.get(call)?;
                COLLECTING
                    .contains(&call.function.name())
                    .then(|| Some((call.arguments.first()?, group.members.clone())))?
            }
            Term::Column(id, row) => self.collected(id, &row),
            Term::Expr(expr, row) => self.collected_by(expr, &row),
            _ => None,
        }
    }

    /// What an aggregate collects that an expression passes on.
    pub(super) fn collected_by(&self, expr: &'q Expr, row: &Row<'q>) -> Option<(&'q Expr, Vec<Row<'q>>)> {
        match &expr.kind {
            ExprKind::Column(id) => self.collected(*id, row),
            ExprKind::Cast(cast) => self.collected_by(&cast.operand, row),
            ExprKind::Call(function, arguments) => match function.name() {
                "tostring" | "array_sort_asc" | "array_sort_desc" | "set_union" | "strcat_array" | "todynamic"
                | "array_slice" | "parse_json" | "set_difference" => self.collected_by(arguments.first()?, row),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The steps of a path such as `$.a[0].b`.
fn json_path(path: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = path.strip_prefix('$')?;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (step, behind) = inner.split_once(']')?;
            let step = step.trim_matches(['\'', '"']);
            parts.push(step.parse().map_or_else(|_| Part::Slot(step.into()), Part::At));
            rest = behind;
        } else {
            let inner = rest.strip_prefix('.')?;
            let end = inner.find(['.', '[']).unwrap_or(inner.len());
            parts.push(Part::Slot(inner[..end].into()));
            rest = &inner[end..];
        }
    }
    Some(parts)
}

/// Whether a value is an array.
pub(super) fn elements(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Dynamic(json) => match &**json {
            Json::Array(items) => Some(items.iter().map(Json::to_value).collect()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        assert_eq!(
            json_path("$.a[0]['b c']"),
            Some(vec![Part::Slot("a".into()), Part::At(0), Part::Slot("b c".into())])
        );
        assert_eq!(json_path("a"), None);
    }
}
