//! `scan`.

use super::Binder;
use super::scope::Local;
use super::table::option_word;
use crate::ir::{Column, ColumnId, Name, Op, Origin, Plan, Scan, ScanOutput, ScanStep, Schema};
use crate::syntax::ast;
use crate::types::Type;

impl<'a> Binder<'a> {
    /// `scan`.
    pub(super) fn scan(&mut self, mut plan: Plan, node: &'a ast::Scan, op: &'a ast::Operator) -> Plan {
        let outer = self.scope.clone();
        let ((scan, schema), _) = self.over(&plan, |b| b.scan_node(node, op));
        self.scope = outer;
        plan.push(Op::Scan(Box::new(scan)), schema, op.span);
        plan
    }

    fn scan_node(&mut self, node: &'a ast::Scan, op: &'a ast::Operator) -> (Scan, Schema) {
        let order = self.sort_keys(&node.order_by);
        let partition = node.partition_by.iter().map(|key| self.scalar(key)).collect();
        let mut columns: Vec<Column> = Vec::with_capacity(node.declare.len());
        let mut declared = Vec::with_capacity(node.declare.len());
        for declaration in &node.declare {
            let ty = match &declaration.ty {
                ast::ParameterType::Scalar(ty) => self.named_type(ty),
                ast::ParameterType::Tabular(_) => Type::Unknown,
            };
            let initial = declaration.default.as_ref().map(|default| {
                let value = self.scalar(default);
                self.check_assignable(&value, ty, value.span);
                value
            });
            let name: Name = declaration.name.text.as_ref().into();
            let id = self.columns.add(name.clone(), ty, Origin::Computed, declaration.span);
            self.scope.insert_mut(name.clone(), Local::Column(id, ty.into()));
            columns.push(Column { id, name, ty: ty.into() });
            declared.push((id, initial));
        }
        // A step's record has the columns of the input and those declared.
        let mut states: Vec<Vec<(ColumnId, ColumnId)>> = Vec::with_capacity(node.steps.len());
        for step in &node.steps {
            let all: Vec<Column> = self.row.iter().flat_map(crate::ir::Schema::iter).chain(&columns).cloned().collect();
            let mut state = Vec::with_capacity(all.len());
            let record: Vec<Column> = all
                .into_iter()
                .map(|column| {
                    let twin = self.columns.twin(column.id);
                    state.push((twin, column.id));
                    Column { id: twin, ..column }
                })
                .collect();
            let open = self.row.as_ref().is_some_and(|row| row.open);
            let record = Schema::new(record, open);
            self.scope.insert_mut(step.name.text.as_ref().into(), Local::Record(record));
            states.push(state);
        }
        let mut steps = Vec::with_capacity(node.steps.len());
        for (step, state) in node.steps.iter().zip(states) {
            let condition = self.scalar(&step.condition);
            self.check_type(&condition, &[Type::Bool], condition.span);
            let mut assignments = Vec::with_capacity(step.assignments.len());
            for assignment in &step.assignments {
                let value = self.scalar(&assignment.expr);
                let target = self.name(&assignment.name);
                if let Some(id) = self.check_column(&target) {
                    assignments.push((id, value));
                }
            }
            let output = match step.output.as_ref().map(|word| &*word.text) {
                Some("last") => ScanOutput::Last,
                Some("none") => ScanOutput::None,
                _ => ScanOutput::All,
            };
            let name = step.name.text.as_ref().into();
            steps.push(ScanStep { name, optional: step.optional, output, condition, assignments, state });
        }
        let mut schema = self.row.clone().unwrap_or_default();
        for column in columns {
            schema.push(column);
        }
        let match_id = option_word(&op.parameters, "with_match_id");
        let name: Name = match_id.unwrap_or("match_id").into();
        let id = self.columns.add(name.clone(), Type::Long, Origin::Computed, op.span);
        schema.push(Column { id, name, ty: Type::Long.into() });
        (Scan { match_id: Some(id), declared, order, partition, steps }, schema)
    }
}
