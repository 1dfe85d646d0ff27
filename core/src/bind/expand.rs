//! `mv-expand`, `mv-apply` and plugins.

use std::collections::HashSet;

use super::aggregate::is_column;
use super::call::Given;
use super::projection::{Projection, Style};
use super::table::option_word;
use super::{Binder, Value};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::resolve::{Argument as Operand, resolve};
use crate::functions::{self, Output, Part, PluginId, Requires, Shape, ValueType};
use crate::ir::{
    Argument, Column, ColumnId, Evaluate, Expr, MvExpand, MvItem, Name, Op, Origin, Plan, Schema, SourceKind,
};
use crate::source::Span;
use crate::syntax::ast::{self, Names};
use crate::types::Type;

/// What `mv-expand` and `mv-apply` have in common.
struct Expanded {
    node: MvExpand,
    schema: Schema,
    /// The columns of the input that are expanded.
    applied: HashSet<ColumnId>,
    row: Schema,
}

impl<'a> Binder<'a> {
    fn expanded(
        &mut self,
        plan: &Plan,
        op: &'a ast::Operator,
        items: &'a [ast::MvItem],
        limit: Option<&'a ast::Expr>,
    ) -> Expanded {
        let kind = option_word(&op.parameters, "bagexpansion").or_else(|| option_word(&op.parameters, "kind"));
        let pairs = kind == Some("array");
        let ((projection, expanded, limit, applied), row) = self.over(plan, |b| {
            let mut values = Vec::with_capacity(items.len());
            let mut applied = HashSet::new();
            for item in items {
                let Some(named) = &item.expr else { continue };
                let value = b.scalar(&named.expr);
                b.check_type(&value, &[Type::Dynamic], value.span);
                if matches!(named.names, Names::None) {
                    applied.extend(value.as_column());
                }
                let to = item.to.as_ref().and_then(|to| b.type_of(to));
                values.push((named, value, to));
            }
            let mut projection = Projection::of(&b.row.clone().unwrap_or_default());
            let mut expanded = Vec::with_capacity(values.len());
            for (named, value, to) in values {
                let ty = to.map_or_else(|| element_type(value.ty, pairs), ValueType::from);
                let before = projection.computed.len();
                b.project_expanded(&mut projection, named, &value, ty);
                expanded.extend(
                    projection.computed[before.min(projection.computed.len())..].iter().map(|computed| MvItem {
                        id: computed.id,
                        expr: value.clone(),
                        to,
                    }),
                );
            }
            let limit = limit.map(|limit| {
                let limit = b.scalar(limit);
                b.check_integer(&limit);
                limit
            });
            (projection, expanded, limit, applied)
        });
        let mut schema = projection.schema;
        let index = option_word(&op.parameters, "with_itemindex").map(|name| {
            let mut names = super::name::UniqueNames::default();
            let taken = schema.clone();
            let name: Name = name.into();
            let name = names.claim(&name, &name, &|name| taken.get(name).is_some());
            let id = self.columns.add(name.clone(), Type::Long, Origin::Computed, op.span);
            schema.push(Column { id, name, ty: Type::Long.into() });
            id
        });
        Expanded { node: MvExpand { items: expanded, index, pairs, limit, body: None }, schema, applied, row }
    }

    /// The column of an expanded item: in the place of the column it expands, or a new one.
    fn project_expanded(&mut self, projection: &mut Projection, named: &ast::NamedExpr, value: &Expr, ty: ValueType) {
        // The element is another value than the array, so it is never the column passed on.
        let element = Expr { ty, ..value.clone() };
        if matches!(named.names, Names::None) && is_column(value) {
            let name = value.as_column().map(|id| self.column_name(id));
            let names = match name {
                Some(name) => {
                    Names::One(ast::Name { text: name.as_ref().into(), form: ast::NameForm::Bare, span: named.span })
                }
                None => Names::None,
            };
            let item = ast::NamedExpr { names, expr: named.expr.clone(), span: named.span };
            self.project(projection, &item, Value::Scalar(element), Style::Replace, Some(ty), None);
            return;
        }
        self.project(projection, named, Value::Scalar(element), Style::Replace, Some(ty), None);
    }

    /// `mv-expand`.
    pub(super) fn mv_expand(
        &mut self,
        mut plan: Plan,
        op: &'a ast::Operator,
        items: &'a [ast::MvItem],
        limit: Option<&'a ast::Expr>,
    ) -> Plan {
        let Expanded { node, schema, .. } = self.expanded(&plan, op, items, limit);
        plan.push(Op::MvExpand(node), schema, op.span);
        plan
    }

    /// `mv-apply`.
    pub(super) fn mv_apply(
        &mut self,
        mut plan: Plan,
        op: &'a ast::Operator,
        items: &'a [ast::MvItem],
        limit: Option<&'a ast::Expr>,
        body: &'a ast::Expr,
    ) -> Plan {
        let Expanded { mut node, schema: inner, applied, row } = self.expanded(&plan, op, items, limit);
        let input = Plan::new(SourceKind::Input, inner, body.span);
        let body = self.sub_query(input, body);
        // The columns that are not expanded, then those of the sub-query, in the place of any of the same name.
        let mut schema = Schema::new([], row.open || body.schema().open);
        for column in row.iter().filter(|c| !applied.contains(&c.id)) {
            schema.push(column.clone());
        }
        for column in body.schema().iter() {
            match schema.position(&column.name) {
                Some(index) => schema.replace(index, column.clone()),
                None => schema.push(column.clone()),
            }
        }
        node.body = Some(Box::new(body));
        plan.push(Op::MvExpand(node), schema, op.span);
        plan
    }

    /// `evaluate`.
    pub(super) fn evaluate(
        &mut self,
        mut plan: Plan,
        call: &'a ast::Call,
        declared: Option<&'a ast::RowSchema>,
        span: Span,
    ) -> Plan {
        let name: Name = call.name.text.as_ref().into();
        let plugin = functions::plugin(&name);
        let ((arguments, aggregates, mut schema), row) = self.over(&plan, |b| {
            let (given, aggregates) = b.plugin_arguments(call, plugin);
            let schema = if let Some(id) = plugin {
                b.plugin_schema(id, call, &given, span)
            } else {
                let mut diagnostic = Diagnostic::new(
                    &code::UNKNOWN_FUNCTION,
                    call.name.span,
                    format!("`{name}` is no plugin that is known here"),
                )
                .note("its columns are taken as they come, their types unknown");
                if let Some(near) = functions::nearest(&name, functions::plugins().map(PluginId::name)) {
                    diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                }
                b.report(diagnostic);
                Schema::new([], true)
            };
            (given, aggregates, schema)
        });
        let _ = row;
        let declared = declared.map(|declared| {
            let columns = self.declared_columns(declared);
            let mut all = Vec::new();
            if declared.star.is_some() {
                all.extend(schema.iter().filter(|c| columns.iter().all(|d| d.name != c.name)).cloned());
            }
            all.extend(columns.iter().cloned());
            schema = Schema::new(all, false);
            columns
        });
        if let Some(learned) = self.learned.get(&span) {
            let columns = learned.iter().map(|(name, ty)| {
                let id = self.columns.add(name.clone(), *ty, Origin::Computed, span);
                Column { id, name: name.clone(), ty: (*ty).into() }
            });
            schema = Schema::new(columns.collect::<Vec<_>>(), false);
        }
        let arguments = arguments
            .into_iter()
            .zip(&call.arguments)
            .filter_map(|(given, argument)| {
                let name = match &argument.names {
                    Names::One(name) => Some(name.text.as_ref().into()),
                    _ => None,
                };
                match given {
                    Given::Scalar(expr) => Some((name, Argument::Scalar(expr))),
                    Given::Table(plan) => Some((name, Argument::Plan(Box::new(plan)))),
                    Given::Type(ty, span) => {
                        let text = crate::ir::Value::string(ty.name());
                        Some((name, Argument::Scalar(Expr::literal(text, span))))
                    }
                    Given::Star => None,
                }
            })
            .collect();
        let node = Evaluate { plugin, name, arguments, aggregates, declared };
        if matches!(plan.source.kind, SourceKind::Unit) && plan.steps.is_empty() && plan.source.schema.is_empty() {
            plan.source.kind = SourceKind::Evaluate(node);
            plan.source.schema = schema;
        } else {
            plan.push(Op::Evaluate(node), schema, span);
        }
        plan
    }

    /// The arguments of a plugin: where it takes an aggregate one may stand, where it takes a column of its table that
    /// table's columns are at hand.
    fn plugin_arguments(
        &mut self,
        call: &'a ast::Call,
        plugin: Option<PluginId>,
    ) -> (Vec<Given>, Vec<crate::ir::AggregateCall>) {
        let parameters = plugin.map(|id| id.row().overloads).and_then(|overloads| overloads.first());
        let requires = |index: usize| {
            let parameters = parameters.map_or(&[][..], |overload| overload.parameters);
            parameters.get(index.min(parameters.len().saturating_sub(1))).map(|p| p.requires)
        };
        let mut given: Vec<Given> = Vec::with_capacity(call.arguments.len());
        let mut aggregates = Vec::new();
        for (index, argument) in call.arguments.iter().enumerate() {
            let next = match requires(index) {
                Some(Requires::Aggregate) => {
                    let (value, calls) = self.with_aggregates(|b| b.plugin_argument(&argument.expr));
                    aggregates.extend(calls);
                    value
                }
                Some(Requires::ColumnOfFirst | Requires::ColumnOfBoth) => match given.first() {
                    Some(Given::Table(table)) => {
                        let row = table.schema().clone();
                        let row = match &self.row {
                            Some(own) if requires(index) == Some(Requires::ColumnOfBoth) => {
                                let both = own.iter().filter(|c| row.get(&c.name).is_some()).cloned();
                                Schema::new(both.collect::<Vec<_>>(), own.open || row.open)
                            }
                            _ => row,
                        };
                        // Flags behind the keys are written `name = value`; they are no columns.
                        self.with_row(row, |b| b.plugin_argument(&argument.expr)).0
                    }
                    _ => self.plugin_argument(&argument.expr),
                },
                _ => self.plugin_argument(&argument.expr),
            };
            given.push(next);
        }
        (given, aggregates)
    }

    /// The columns that a plugin gives.
    fn plugin_schema(&mut self, id: PluginId, call: &'a ast::Call, given: &[Given], span: Span) -> Schema {
        let named = named_at_the_end(id, call);
        let (by_place, _) = given.split_at_checked(given.len() - named.len()).unwrap_or((given, &[]));
        let operands: Vec<Operand<'_>> = by_place.iter().map(Given::argument).collect();
        let resolved = resolve(id.row(), &operands);
        let mut positions = match &resolved {
            Ok(resolved) => resolved.parameters.clone(),
            Err(_) => (0..by_place.len()).collect(),
        };
        positions.extend(named);
        let parts = match self.output(id.row(), call, by_place) {
            Output::Table(parts) => parts,
            _ => &[Part::Open],
        };
        let input = self.row.clone().unwrap_or_default();
        let at = |parameter: u8| {
            let parameter = usize::from(parameter);
            positions.iter().enumerate().filter(move |(_, p)| **p == parameter).map(|(index, _)| index)
        };
        let scalar = |index: usize| match given.get(index) {
            Some(Given::Scalar(expr)) => Some(expr),
            _ => None,
        };
        let argument_name = |b: &Self, index: usize| {
            call.arguments.get(index).and_then(|argument| b.argument_name(argument)).unwrap_or_default()
        };
        let mut schema = Schema::default();
        let mut names = super::name::UniqueNames::default();
        for part in parts {
            let added: Vec<(Option<ColumnId>, Name, ValueType)> = match part {
                Part::Column(name, ty) => vec![(None, (*name).into(), (*ty).into())],
                Part::Like(name, parameter) => {
                    let ty = at(*parameter).find_map(scalar).map_or(Type::Unknown.into(), |expr| expr.ty);
                    vec![(None, (*name).into(), ty)]
                }
                Part::Input => input.iter().map(|c| (Some(c.id), c.name.clone(), c.ty)).collect(),
                Part::InputExcept(parameter) => {
                    let away: HashSet<ColumnId> =
                        at(*parameter).filter_map(scalar).filter_map(Expr::as_column).collect();
                    let kept = input.iter().filter(|c| !away.contains(&c.id));
                    kept.map(|c| (Some(c.id), c.name.clone(), c.ty)).collect()
                }
                Part::Argument(parameter) => at(*parameter)
                    .filter_map(|index| {
                        let expr = scalar(index)?;
                        Some((expr.as_column(), argument_name(self, index).into(), expr.ty))
                    })
                    .collect(),
                Part::Lookup | Part::LookupExcept(_) => {
                    let away: HashSet<Name> = match part {
                        Part::LookupExcept(parameter) if !keeps_key(id, &positions, given) => {
                            at(*parameter).map(|index| argument_name(self, index).into()).collect()
                        }
                        _ => HashSet::new(),
                    };
                    let table = given.iter().find_map(|given| match given {
                        Given::Table(plan) => Some(plan.schema().clone()),
                        _ => None,
                    });
                    let table = table.unwrap_or_default();
                    schema.open |= table.open;
                    let kept = table.iter().filter(|c| !away.contains(&c.name));
                    kept.map(|c| (Some(c.id), c.name.clone(), c.ty)).collect()
                }
                Part::Prefixed(prefix, parameter) => at(*parameter)
                    .map(|index| {
                        let ty = scalar(index).map_or(Type::Unknown.into(), |expr| expr.ty);
                        (None, format!("{prefix}_{}", argument_name(self, index)).into(), ty)
                    })
                    .collect(),
                Part::Pairs(first, second) => {
                    let second: Vec<usize> = at(*second).collect();
                    at(*first)
                        .map(|index| {
                            let other = second.first().copied().unwrap_or(index);
                            let ty = scalar(other).map_or(Type::Unknown.into(), |expr| expr.ty);
                            let text = scalar(index).and_then(Expr::as_literal).map(ToString::to_string);
                            let text = text.unwrap_or_else(|| argument_name(self, index));
                            let text = text.trim_matches('"');
                            (None, format!("{text}_{}", argument_name(self, other)).into(), ty)
                        })
                        .collect()
                }
                Part::Suffixed(parameter, suffix, ty) => at(*parameter)
                    .map(|index| (None, format!("{}_{suffix}", argument_name(self, index)).into(), (*ty).into()))
                    .collect(),
                Part::Counted(word, parameter) => at(*parameter)
                    .enumerate()
                    .map(|(place, _)| (None, format!("{word}{place}").into(), Type::Long.into()))
                    .collect(),
                Part::RollingPercentile => {
                    let constant = |parameter| at(parameter).find_map(scalar).and_then(number_text);
                    let value = at(0).find_map(|index| Some((argument_name(self, index), scalar(index)?.ty)));
                    let parts = constant(4).zip(constant(1)).zip(value);
                    schema.open |= parts.is_none();
                    let named = |((bins, percentile), (name, ty)): ((String, String), (String, ValueType))| {
                        let ty = if ty.ty == Type::Int { Type::Long.into() } else { ty };
                        (None, format!("rolling_{bins}_percentile_{name}_{percentile}").into(), ty)
                    };
                    parts.map(named).into_iter().collect()
                }
                Part::PivotKept => self.pivot_kept(&input, call, given),
                Part::SchemaOf(_) | Part::Open => {
                    schema.open = true;
                    Vec::new()
                }
                // A text names a part and is none by itself.
                Part::Text(_) => {
                    schema.open = true;
                    Vec::new()
                }
            };
            for (id, name, ty) in added {
                let name = names.claim(&name, &name, &|_| false);
                let id = id.unwrap_or_else(|| self.columns.add(name.clone(), ty, Origin::Computed, span));
                schema.push(Column { id, name, ty });
            }
        }
        if input.open && parts.iter().any(|part| matches!(part, Part::Input | Part::InputExcept(_) | Part::PivotKept)) {
            schema.open = true;
        }
        schema
    }

    /// What `pivot` keeps of its input.
    fn pivot_kept(
        &mut self,
        input: &Schema,
        call: &'a ast::Call,
        given: &[Given],
    ) -> Vec<(Option<ColumnId>, Name, ValueType)> {
        let column = |given: Option<&Given>| match given {
            Some(Given::Scalar(expr)) => expr.as_column(),
            _ => None,
        };
        let explicit: Vec<(Option<ColumnId>, Name, ValueType)> = given
            .iter()
            .skip(2)
            .filter_map(|given| match given {
                Given::Scalar(expr) => {
                    let id = expr.as_column()?;
                    Some((Some(id), self.column_name(id), expr.ty))
                }
                _ => None,
            })
            .collect();
        if !explicit.is_empty() {
            return explicit;
        }
        let mut away: HashSet<ColumnId> = column(given.first()).into_iter().collect();
        if let Some(ast::ExprKind::Call(aggregate)) = call.arguments.get(1).map(|argument| &argument.expr.kind) {
            for argument in &aggregate.arguments {
                if let ast::ExprKind::Name(name) = &argument.expr.kind {
                    away.extend(input.get(&name.text).map(|c| c.id));
                }
            }
        }
        input.iter().filter(|c| !away.contains(&c.id)).map(|c| (Some(c.id), c.name.clone(), c.ty)).collect()
    }
}

/// Whether the key of the lookup table is asked for.
fn keeps_key(id: PluginId, positions: &[usize], given: &[Given]) -> bool {
    let parameters = id.row().overloads.first().map_or(&[][..], |overload| overload.parameters);
    positions.iter().zip(given).any(|(position, given)| {
        parameters.get(*position).is_some_and(|parameter| parameter.name == "return_lookup_key")
            && matches!(given, Given::Scalar(value) if value.as_literal().and_then(crate::ir::Value::as_bool) == Some(true))
    })
}

/// The parameters of the arguments that are given by name behind those that go by their place. Where what goes by its
/// place would then be too little, all does.
fn named_at_the_end(id: PluginId, call: &ast::Call) -> Vec<usize> {
    let Some(overload) = id.row().overloads.first() else { return Vec::new() };
    let parameter = |argument: &ast::NamedExpr| match &argument.names {
        Names::One(name) => overload.parameters.iter().position(|parameter| parameter.name == &*name.text),
        _ => None,
    };
    let mut named: Vec<usize> = call.arguments.iter().rev().map_while(parameter).collect();
    named.reverse();
    let least: usize = overload.parameters.iter().map(|parameter| parameter.repeat.range().0).sum();
    if call.arguments.len() - named.len() < least { Vec::new() } else { named }
}

/// A constant number as names of columns hold it.
fn number_text(expr: &Expr) -> Option<String> {
    use crate::ir::Value::{Decimal, Int, Long, Real};
    let text = match crate::ir::pass::constant(expr.clone())? {
        Int(value) => value.to_string(),
        Long(value) => value.to_string(),
        Real(value) => value.to_string(),
        Decimal(value) => value.to_string(),
        _ => return None,
    };
    Some(text.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

/// The type of what a dynamic is expanded to.
fn element_type(ty: ValueType, pairs: bool) -> ValueType {
    if ty.ty != Type::Dynamic {
        return ty;
    }
    match ty.shape {
        Shape::Array(inner) if inner != Type::Dynamic && inner != Type::Unknown => {
            ValueType::dynamic(Shape::Scalar(inner))
        }
        Shape::Bag if pairs => ValueType::dynamic(Shape::Array(Type::Dynamic)),
        Shape::Bag => ValueType::dynamic(Shape::Bag),
        _ => Type::Dynamic.into(),
    }
}
