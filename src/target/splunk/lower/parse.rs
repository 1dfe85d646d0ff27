//! `parse`: columns of a text, by a pattern.

use super::text::escaped;
use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{Parse, ParseKind, ParseSegment, Schema};
use crate::target::LossKind;
use crate::target::splunk::tree::{Command, Eval};
use crate::target::usage::Usage;
use crate::types::Type;

impl Lower<'_> {
    pub(super) fn parse(
        &mut self,
        flow: &mut Flow,
        parse: &Parse,
        input: &Schema,
        schema: &Schema,
        after: &Usage,
    ) -> Result<()> {
        let text = self.text(flow, &parse.subject)?;
        let subject = self.in_field(flow, text, "subject");
        let regex = parse.kind == ParseKind::Regex;
        let flags: String = parse.flags.chars().filter(|c| "ims".contains(*c)).collect();
        let ungreedy = parse.flags.contains('U');
        let mut pattern = if regex {
            if flags.is_empty() { String::new() } else { format!("(?{flags})") }
        } else {
            "(?s)".to_owned()
        };
        let last = parse.segments.len().saturating_sub(1);
        let mut outputs = Vec::new();
        for (at, segment) in parse.segments.iter().enumerate() {
            let first = at == 0;
            match segment {
                ParseSegment::Skip if first && !regex => {}
                ParseSegment::Skip if at == last => {}
                ParseSegment::Skip => pattern.push_str(".*?"),
                ParseSegment::Text(text) => {
                    if first {
                        // A pattern may be found anywhere, a text stands at the beginning.
                        pattern.push_str(if regex { "^.*?" } else { "^" });
                    }
                    if regex {
                        let text = self.pcre(text, parse.subject.span);
                        pattern.push_str(&text);
                    } else {
                        pattern.push_str(&escaped(text));
                    }
                    if at == last && !regex {
                        pattern.push_str("\\z");
                    }
                }
                ParseSegment::Column(id, ty) => {
                    if first {
                        pattern.push('^');
                    }
                    let name = schema
                        .iter()
                        .find(|c| c.id == *id)
                        .map_or_else(|| self.query.columns[*id].name.clone(), |c| c.name.clone());
                    let free =
                        input.get(&name).is_none() && !flow.slots.values().any(|slot| slot.val.expr.reads(&name));
                    let field =
                        if free && self.can_name_group(&name) { name.to_string() } else { self.helper("parsed") };
                    let to_end = at == last;
                    let inner = match ty {
                        Type::Int | Type::Long => r"[+-]?\d+",
                        Type::Real | Type::Decimal => r"[+-]?\d+(?:\.\d+)?",
                        _ if to_end && !ungreedy => ".*",
                        _ => ".*?",
                    };
                    pattern.extend(["(?<", &field, ">", inner, ")"]);
                    if to_end && !regex {
                        pattern.push_str("\\z");
                    }
                    outputs.push((*id, *ty, field));
                }
            }
        }
        let live = outputs.iter().any(|(id, ..)| after.live.contains(id));
        if live {
            flow.push(Command::Rex { field: subject.clone(), pattern: pattern.clone(), all: false });
        }
        if parse.filter {
            let unnamed = outputs.iter().fold(pattern, |p, (_, _, field)| p.replace(&format!("(?<{field}>"), "(?:"));
            flow.push(Command::Where(super::text::matches(Eval::Field(subject), unnamed)));
        }
        for (id, ty, field) in outputs {
            let field = Eval::Field(field);
            let val = match ty {
                Type::Int | Type::Long | Type::Real | Type::Decimal => {
                    Val::new(Eval::call("tonumber", [field]), Repr::Number)
                }
                Type::DateTime => Val::new(field, Repr::TimeText),
                Type::Bool => Val::new(super::text::lowered(&field), Repr::Bool),
                Type::Dynamic => Val::new(field, Repr::Json),
                Type::TimeSpan => {
                    return refuse(
                        LossKind::UnsupportedOperator,
                        parse.subject.span,
                        "a time span cannot be read from text",
                    );
                }
                _ => Val::new(field, Repr::Text),
            };
            flow.slots.insert(id, Slot::new(val));
        }
        Ok(())
    }
}
