//! Functions saved in a workspace, whose bodies are not at hand.

use std::collections::HashSet;

use super::{Flow, Lower, Result, Slot, Val, refuse};
use crate::ir::{Argument, ColumnId, Schema, SourceCall};
use crate::source::Span;
use crate::target::splunk::tree::{Command, Eval};
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind};

impl Lower<'_> {
    /// A function whose body is not at hand, over the records: a lookup that has to be made there.
    pub(super) fn invoke(
        &mut self,
        flow: &mut Flow,
        call: &SourceCall,
        schema: &Schema,
        input: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let known: HashSet<ColumnId> = input.iter().map(|c| c.id).collect();
        let outputs: Vec<(ColumnId, std::sync::Arc<str>)> = schema
            .iter()
            .filter(|c| !known.contains(&c.id) && after.live.contains(&c.id))
            .map(|c| (c.id, c.name.clone()))
            .collect();
        let mut keys = Vec::new();
        for (_, argument) in &call.arguments {
            if let Argument::Scalar(expr) = argument {
                // `FileProfile("SHA1")` names the column in a string.
                let named =
                    expr.as_literal().and_then(crate::ir::Value::as_str).and_then(|name| input.get(name)).map(|c| c.id);
                if let Some(id) = expr.as_column().or(named) {
                    let val = self.column(flow, id, expr.span);
                    let value = self.whole_value(&val);
                    let name = super::clean(&self.query.columns[id].name);
                    let field = self.in_field(flow, value, &name);
                    keys.push((name, field));
                }
            }
        }
        if keys.is_empty() {
            if !call.arguments.is_empty() {
                let message = format!(
                    "what `{}` does with the records is not known here; put its body into the query",
                    call.name
                );
                return refuse(LossKind::UnsupportedOperator, span, message);
            }
            let message =
                format!("the function `{}` saved in the workspace has to be there as a macro of that name", call.name);
            self.ledger.losses.push(Loss::approximate(LossKind::UnresolvedName, span, message));
            flow.push(Command::Macro(super::clean(&call.name)));
            for (id, column) in outputs {
                let repr = super::call::represented(self.query.columns[id].ty.ty);
                flow.slots.insert(id, Slot::new(Val::new(Eval::Field(super::clean(&column)), repr)));
            }
            return Ok(());
        }
        let name = super::clean(&call.name).to_lowercase();
        let message = format!(
            "what `{}` adds has to be there as the lookup `{name}`, by {}",
            call.name,
            keys.iter().map(|(k, _)| format!("`{k}`")).collect::<Vec<_>>().join(", ")
        );
        self.ledger.losses.push(Loss::approximate(LossKind::Lookup, span, message));
        let mut pairs = Vec::new();
        for (id, column) in outputs {
            let field = super::clean(&column);
            pairs.push((field.clone(), field.clone()));
            let repr = super::call::represented(self.query.columns[id].ty.ty);
            flow.slots.insert(id, Slot::new(Val::new(Eval::Field(field), repr)));
        }
        if !pairs.is_empty() {
            flow.push(Command::Lookup { name, keys, outputs: pairs });
        }
        Ok(())
    }
}
