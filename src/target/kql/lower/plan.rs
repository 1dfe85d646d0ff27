//! Where records come from.

use super::{Lowerer, Refused, Row, refuse};
use crate::ir::{
    Argument as Given, Evaluate, External, Op, OptionValue as IrOption, Plan, Schema, SourceCall, SourceKind, Union,
};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::kql::tree::{Argument, Expr, Head, Let, OptionValue, Pipe, Plugin};
use crate::types::Type;

impl Lowerer<'_> {
    /// Where the records of a plan come from.
    pub(super) fn head(&mut self, plan: &Plan) -> Head {
        let result = self.source(plan);
        self.kept(result).unwrap_or(Head::Input)
    }

    fn source(&mut self, plan: &Plan) -> Result<Head, Refused> {
        let (schema, span) = (&plan.source.schema, plan.source.span);
        let nothing = Schema::default();
        Ok(match &plan.source.kind {
            SourceKind::Table { name, .. } if name.is_empty() => {
                return Err(refuse(LossKind::UnsupportedSource, span, "the table has no name".to_owned()));
            }
            SourceKind::Table { name, .. } => Head::Table(name.to_string()),
            SourceKind::Tables(pattern) => Head::Pattern(pattern.to_string()),
            SourceKind::LogSource(_) => {
                let message = "no table of Sentinel is known to hold these events";
                return Err(refuse(LossKind::UnsupportedSource, span, message.to_owned()));
            }
            SourceKind::Correlated(_) => {
                let message = "events that have to come in succession have no counterpart in KQL that means the same";
                return Err(refuse(LossKind::UnsupportedSource, span, message.to_owned()));
            }
            SourceKind::Unit => match plan.steps.first().map(|step| (&step.op, &step.schema)) {
                Some((Op::Project(items, _), schema)) => {
                    let row = self.row(&nothing);
                    Head::Print(self.items(items, schema, &row)?)
                }
                _ => return Err(refuse(LossKind::UnsupportedSource, span, "a record without columns".to_owned())),
            },
            SourceKind::Input => Head::Input,
            SourceKind::Shared(id, _) => {
                let Some(name) = self.shared.get(id) else {
                    let message = "a table is read before it is declared".to_owned();
                    return Err(refuse(LossKind::UnsupportedSource, span, message));
                };
                Head::Table(name.clone())
            }
            SourceKind::Rows(rows) => Head::Rows(declared(schema, span)?, rows.clone()),
            SourceKind::External(external) => self.external(external, schema, span)?,
            SourceKind::Range { from, to, step } => {
                let name = schema.at(0).map(|c| c.name.to_string()).unwrap_or_default();
                let row = self.row(&nothing);
                let bounds = [self.expr(from, &row)?, self.expr(to, &row)?, self.expr(step, &row)?];
                Head::Range(name, Box::new(bounds))
            }
            SourceKind::Union(union) => self.union(union, span)?,
            SourceKind::Call(call) => {
                let row = self.row(&nothing);
                Head::Call(call.name.to_string(), self.given(&call.arguments, &row)?)
            }
            SourceKind::Evaluate(node) => {
                let row = self.row(&nothing);
                Head::Evaluate(self.plugin(node, &row)?)
            }
            SourceKind::Foreign(step) => {
                let message = format!("`{}` has no counterpart in KQL", step.command);
                return Err(refuse(LossKind::UnsupportedSource, span, message));
            }
        })
    }

    fn external(&mut self, external: &External, schema: &Schema, span: Span) -> Result<Head, Refused> {
        let nothing = Schema::default();
        let row = self.row(&nothing);
        let mut addresses = Vec::with_capacity(external.addresses.len());
        for address in &external.addresses {
            addresses.push(self.expr(address, &row)?);
        }
        Ok(Head::External(declared(schema, span)?, addresses, options(&external.options)))
    }

    fn union(&mut self, union: &Union, span: Span) -> Result<Head, Refused> {
        let mut inputs = Vec::with_capacity(union.inputs.len());
        for (index, plan) in union.inputs.iter().enumerate() {
            let pipe = self.pipe(plan);
            let label = union.source.as_ref().and_then(|(_, labels)| labels.get(index));
            inputs.push(match label {
                Some(label) if self.label(plan, &pipe) != **label => self.labelled(pipe, label, span)?,
                _ => pipe,
            });
        }
        let kept = |input: usize, id| union.columns.iter().any(|column| column.from.get(input) == Some(&Some(id)));
        let inner =
            union.inputs.iter().enumerate().any(|(input, plan)| plan.schema().iter().any(|c| !kept(input, c.id)));
        let source = union.source.as_ref().map(|(id, _)| self.query.columns[*id].name.to_string());
        Ok(Head::Union { source, inner, fuzzy: union.fuzzy, inputs })
    }

    /// What `withsource` says of a table's records: the name of the table, whatever happens to them.
    fn label(&self, plan: &Plan, pipe: &Pipe) -> String {
        match (&plan.source.kind, &pipe.head) {
            (SourceKind::Shared(id, _), Head::Table(_)) => {
                self.query.shared.get(id.0 as usize).map(|shared| shared.name.to_string()).unwrap_or_default()
            }
            (_, Head::Table(name) | Head::Pattern(name) | Head::Call(name, _)) => name.clone(),
            _ => String::new(),
        }
    }

    /// A table under the name by which its records are told from others.
    fn labelled(&mut self, pipe: Pipe, label: &str, span: Span) -> Result<Pipe, Refused> {
        if self.taken.contains(label) || label.is_empty() {
            let message = "the records of a table are told from others by a name that is taken".to_owned();
            return Err(refuse(LossKind::UnsupportedSource, span, message));
        }
        self.taken.insert(label.to_owned());
        self.tables.push(Let { name: label.to_owned(), once: false, pipe });
        Ok(Pipe { head: Head::Table(label.to_owned()), stages: Vec::new() })
    }

    /// What is given to a function that takes or gives records.
    pub(super) fn given(
        &mut self,
        arguments: &[(Option<crate::ir::Name>, Given)],
        row: &Row<'_>,
    ) -> Result<Vec<Argument>, Refused> {
        let mut out = Vec::with_capacity(arguments.len());
        for (name, given) in arguments {
            let value = match given {
                Given::Scalar(expr) => self.expr(expr, row)?,
                Given::Plan(plan) => Expr::Table(Box::new(self.pipe(plan))),
            };
            out.push(Argument { name: name.as_ref().map(ToString::to_string), value });
        }
        Ok(out)
    }

    /// A plugin. The aggregates that its arguments call stand where they are called.
    pub(super) fn plugin(&mut self, node: &Evaluate, row: &Row<'_>) -> Result<Plugin, Refused> {
        let over = Row { outer: row.outer.clone(), ..Row::with_aggregates(row.schema, &node.aggregates) };
        let arguments = self.given(&node.arguments, &over)?;
        let gives = node
            .declared
            .as_ref()
            .map(|columns| columns.iter().map(|c| (c.name.to_string(), c.ty.ty)).collect::<Vec<_>>());
        Ok(Plugin { name: node.name.to_string(), arguments, gives })
    }

    /// A function over the records at hand.
    pub(super) fn invoked(&mut self, call: &SourceCall, row: &Row<'_>) -> Result<(String, Vec<Argument>), Refused> {
        Ok((call.name.to_string(), self.given(&call.arguments, row)?))
    }
}

/// Columns as they are declared.
pub(super) fn declared(schema: &Schema, span: Span) -> Result<Vec<(String, Type)>, Refused> {
    if schema.iter().any(|c| c.ty.ty == Type::Unknown) {
        let message = "the type of a column is not known".to_owned();
        return Err(refuse(LossKind::UnsupportedSource, span, message));
    }
    Ok(schema.iter().map(|c| (c.name.to_string(), c.ty.ty)).collect())
}

/// Options as they were written.
pub(super) fn options(options: &[(crate::ir::Name, IrOption)]) -> Vec<(String, OptionValue)> {
    let value = |value: &IrOption| match value {
        IrOption::Value(value) => OptionValue::Value(value.clone()),
        IrOption::Word(word) => OptionValue::Word(word.to_string()),
    };
    options.iter().map(|(name, set)| (name.to_string(), value(set))).collect()
}
