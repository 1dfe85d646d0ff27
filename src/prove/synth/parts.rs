//! Values put together from their parts, and taken apart again.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;

use super::model::{Node, NodeId, Part};
use super::pattern::{Wishes, compiled, sample};
use super::plausible;
use super::solver::Solver;
use super::want::{as_json, read, text, to_json};
use crate::ir::{Json, Parse, ParseSegment, Value};
use crate::types::Type;

/// Values that stand in the place of others.
pub(super) type Over = BTreeMap<NodeId, Value>;

impl Solver<'_> {
    /// A value with all its parts; none where one is not settled.
    pub(super) fn assembled(&self, id: NodeId) -> Option<Value> {
        self.assembled_with(id, &Over::new())
    }

    /// A value with all its parts, some of them others than they are.
    pub(super) fn assembled_with(&self, id: NodeId, over: &Over) -> Option<Value> {
        let id = self.state.root(id);
        if let Some(value) = over.get(&id) {
            return Some(value.clone());
        }
        let node = &self.state.nodes[id];
        if node.parts.is_empty() || node.value.is_some() {
            return node.value.clone();
        }
        let mut parts = Vec::new();
        for (part, child) in &node.parts {
            parts.push((part, self.assembled_with(*child, over)?));
        }
        self.build(node, &parts)
    }

    fn build(&self, node: &Node, parts: &[(&Part, Value)]) -> Option<Value> {
        let number = self.number(node.instance);
        Some(match parts.first()?.0 {
            Part::Slot(_) => {
                let mut slots: Vec<(Arc<str>, Json)> = Vec::new();
                for (part, value) in parts {
                    if let Part::Slot(name) = part {
                        slots.push((name.clone(), as_json(value)));
                    }
                }
                if !node.extra.is_empty() {
                    slots.push(("note".into(), Json::String(node.extra.as_str().into())));
                }
                in_type(Value::Dynamic(Arc::new(Json::Bag(slots))), node.ty)
            }
            Part::At(_) => {
                let wanted = node.wants.iter().filter_map(|(want, _)| match want {
                    super::want::Want::Items(op, count)
                        if !matches!(op, crate::ir::CompareOp::Less | crate::ir::CompareOp::LessOrEqual) =>
                    {
                        usize::try_from(*count + i64::from(*op == crate::ir::CompareOp::Greater)).ok()
                    }
                    _ => None,
                });
                let least = wanted.max().unwrap_or(0).min(5000);
                let is_bag = parts
                    .iter()
                    .any(|(_, value)| matches!(value, Value::Dynamic(json) if matches!(**json, Json::Bag(_))));
                let filler = |at: usize| {
                    if is_bag {
                        Json::Bag(vec![("position".into(), Json::Long(i64::try_from(at).unwrap_or(0)))])
                    } else {
                        Json::String(format!("item{at}").into())
                    }
                };
                let mut items = laid_out(parts, least, filler, as_json);
                if !node.extra.is_empty() {
                    items.push(Json::String(node.extra.as_str().into()));
                }
                in_type(Value::Dynamic(Arc::new(Json::Array(items))), node.ty)
            }
            Part::Json => Value::string(to_json(&as_json(&parts.first()?.1)).to_string()),
            Part::Piece(separator, _) => {
                let filler = |at: usize| {
                    let shape = if &**separator == "\\" && at == 0 {
                        "C:".to_owned()
                    } else if node.apart.is_empty() {
                        format!("p{at}")
                    } else {
                        format!("p{at}n{number}")
                    };
                    if at == 0 && !node.extra.is_empty() { node.extra.clone() } else { shape }
                };
                let mut least = 0;
                if !node.extra.is_empty() && parts.iter().any(|(part, _)| matches!(part, Part::Piece(_, 0))) {
                    least = 2;
                }
                let mut pieces = laid_out(parts, least, filler, text);
                if least == 2
                    && let Some(second) = pieces.get_mut(1)
                    && second == "p1"
                {
                    second.clone_from(&node.extra);
                }
                Value::string(pieces.join(separator))
            }
            Part::Capture(..) => {
                let salt = if node.apart.is_empty() { String::new() } else { format!("n{number}") };
                Value::string(captured(parts, &node.extra, &node.behind, &salt)?)
            }
            Part::Parsed(..) => {
                let mut out = String::new();
                for at in parts
                    .iter()
                    .filter_map(|(part, _)| if let Part::Parsed(at, _) = part { Some(*at) } else { None })
                    .collect::<std::collections::BTreeSet<u32>>()
                {
                    if !out.is_empty() {
                        out.push(' ');
                    }
                    parsed(self.parses.get(&at)?, at, parts, number, &node.extra, &mut out);
                }
                Value::string(out)
            }
            Part::Url(_) => {
                let slot = |name: &str| {
                    parts
                        .iter()
                        .find(|(part, _)| matches!(part, Part::Url(slot) if **slot == *name))
                        .map(|(_, value)| text(value))
                };
                let scheme = slot("Scheme").unwrap_or_else(|| "https".to_owned());
                let host = slot("Host").unwrap_or_else(|| format!("host{number}.example"));
                let port =
                    slot("Port").filter(|port| !port.is_empty()).map(|port| format!(":{port}")).unwrap_or_default();
                let path = slot("Path").unwrap_or_else(|| format!("/{}", node.extra));
                Value::string(format!("{scheme}://{host}{port}{path}"))
            }
            Part::Decoded => Value::string(base64::engine::general_purpose::STANDARD.encode(text(&parts.first()?.1))),
        })
    }
}

/// A dynamic in a column of a type: a column of text holds it as JSON.
fn in_type(value: Value, ty: Type) -> Value {
    if ty == Type::String { Value::string(text(&value)) } else { value }
}

/// Parts at their places, with fillers in between.
fn laid_out<T>(
    parts: &[(&Part, Value)],
    least: usize,
    filler: impl Fn(usize) -> T,
    of: impl Fn(&Value) -> T,
) -> Vec<T> {
    let place = |part: &Part| match part {
        Part::At(at) | Part::Piece(_, at) => *at,
        _ => 0,
    };
    let front = parts.iter().map(|(part, _)| place(part)).filter(|at| *at >= 0).max().map_or(0, |at| at + 1);
    let back = parts.iter().map(|(part, _)| place(part)).filter(|at| *at < 0).min().map_or(0, |at| -at);
    let front = usize::try_from(front).unwrap_or(0).min(2000);
    let back = usize::try_from(back).unwrap_or(0).min(2000);
    // Room between the two ends tells them apart.
    let gap = usize::from(back > 0 && front == 0) * 2;
    let count = (front + gap + back).max(least);
    let mut items: Vec<T> = (0..count).map(filler).collect();
    for (part, value) in parts {
        let at = place(part);
        let at = if at >= 0 {
            usize::try_from(at).ok()
        } else {
            usize::try_from(-at).ok().and_then(|at| count.checked_sub(at))
        };
        if let Some(slot) = at.and_then(|at| items.get_mut(at)) {
            *slot = of(value);
        }
    }
    items
}

/// A text of which patterns capture what they are to capture, with texts before and behind.
fn captured(parts: &[(&Part, Value)], front: &str, behind: &str, salt: &str) -> Option<String> {
    let mut by_pattern: BTreeMap<&str, BTreeMap<usize, String>> = BTreeMap::new();
    for (part, value) in parts {
        if let Part::Capture(pattern, group) = part {
            by_pattern.entry(pattern).or_default().insert(*group, text(value));
        }
    }
    let mut whole = String::new();
    for (pattern, captures) in by_pattern {
        let regex = compiled(pattern)?;
        let good = |text: &str| {
            regex.captures(text).is_some_and(|found| {
                captures.iter().all(|(group, wanted)| found.get(*group).is_some_and(|found| found.as_str() == wanted))
            })
        };
        let joint = if whole.is_empty() { "" } else { " " };
        let fills = if salt.is_empty() { [front, ""] } else { [salt, front] };
        let text = (0..12).flat_map(|variant| fills.map(|fill| (variant, fill))).find_map(|(variant, fill)| {
            let text = match captures.get(&0) {
                Some(all) => all.clone(),
                None => sample(pattern, Wishes { variant, fill, captures: &captures })?,
            };
            [
                if salt.is_empty() || text.contains(salt) { text.clone() } else { format!("{salt}.{text}") },
                format!("{salt} {text}"),
                text.clone(),
                format!("{text} "),
                format!("{text};"),
                format!("/{text}/"),
                format!("{front} {text} "),
                format!(" {text} "),
            ]
            .into_iter()
            .find(|text| good(&format!("{whole}{joint}{text}")))
        })?;
        whole = format!("{whole}{joint}{text}");
    }
    if !front.is_empty() && !whole.contains(front) {
        whole = format!("{front} {whole}");
    }
    if !behind.is_empty() && !whole.ends_with(behind) {
        whole = format!("{whole} {behind}");
    }
    Some(whole)
}

fn parsed(parse: &Parse, at: u32, parts: &[(&Part, Value)], number: usize, extra: &str, out: &mut String) {
    let mut room = !extra.is_empty();
    for (position, segment) in parse.segments.iter().enumerate() {
        match segment {
            ParseSegment::Skip => {
                if std::mem::take(&mut room) {
                    out.push_str(extra);
                }
            }
            ParseSegment::Text(text) if parse.kind == crate::ir::ParseKind::Regex => {
                out.push_str(
                    &sample(text, Wishes { variant: 0, fill: "", captures: &BTreeMap::new() })
                        .unwrap_or_else(|| text.to_string()),
                );
            }
            ParseSegment::Text(text) => out.push_str(text),
            ParseSegment::Column(_, ty) => {
                let known = parts.iter().find(|(part, _)| **part == Part::Parsed(at, position));
                match known {
                    Some((_, value)) => out.push_str(&text(value)),
                    None => out.push_str(&text(&plausible::value(*ty, "v", number, 0))),
                }
            }
        }
    }
    if room {
        out.push_str(extra);
    }
}

/// The part of a settled value.
pub(super) fn taken(value: &Value, part: &Part) -> Option<Value> {
    match part {
        Part::Slot(_) | Part::At(_) => super::functions::access(value, part),
        Part::Json => read(&text(value), Type::Dynamic),
        Part::Piece(separator, at) => {
            let whole = text(value);
            let pieces: Vec<&str> = whole.split(&**separator).collect();
            let at = if *at < 0 {
                pieces.len().checked_sub(usize::try_from(-at).ok()?)?
            } else {
                usize::try_from(*at).ok()?
            };
            Some(Value::string(*pieces.get(at)?))
        }
        Part::Capture(pattern, group) => {
            let whole = text(value);
            let found = compiled(pattern)?.captures(&whole)?.get(*group).map_or("", |found| found.as_str()).to_owned();
            Some(Value::string(found))
        }
        Part::Decoded => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text(value)).ok()?;
            Some(Value::string(String::from_utf8(bytes).ok()?))
        }
        Part::Parsed(..) | Part::Url(_) => None,
    }
}
