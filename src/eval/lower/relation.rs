//! What a plan is lowered to, step by step: a plan of DataFusion, with the order of its records.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, SortExpr};

use crate::ir::ColumnId;

/// The field that holds a column. Ids are unique in a query, so fields need no qualifiers.
pub(super) fn field(id: ColumnId) -> String {
    format!("c{}", id.index())
}

/// How the names of fields begin that say when the records of a table were ingested.
pub(super) const INGESTED: &str = "ingested";

/// A reference to a field.
pub(super) fn reference(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

/// A field that records are in order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OrderKey {
    /// The field.
    pub(super) field: String,
    /// Whether the greatest comes first.
    pub(super) descending: bool,
    /// Whether nulls come first.
    pub(super) nulls_first: bool,
}

impl OrderKey {
    /// Ascending, nulls first.
    pub(super) const fn ascending(field: String) -> Self {
        Self { field, descending: false, nulls_first: true }
    }

    pub(super) fn sort(&self) -> SortExpr {
        SortExpr::new(reference(&self.field), !self.descending, self.nulls_first)
    }
}

/// The parts that records fall into, each of which every step treats as a table of its own (`mv-apply`, `partition`).
#[derive(Clone, Debug)]
pub(super) struct Parts {
    /// The field that says the part.
    pub(super) field: String,
    /// All parts, also those without records: a plan of that one field.
    pub(super) all: LogicalPlan,
    /// The column whose value is the part, where the records are those of another table than the one that has it.
    pub(super) key: Option<ColumnId>,
}

/// Records in an order.
///
/// Every record has a different combination of `order`, so that there are no ties and whatever depends on the order is
/// the same in every run. The fields of `order` that are no columns of the query are carried along unseen.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// The records.
    pub(super) plan: LogicalPlan,
    /// What they are in order by, the most significant first.
    pub(super) order: Vec<OrderKey>,
    /// The parts they fall into, if they do.
    pub(super) parts: Option<Parts>,
}

impl Relation {
    /// Whether there is such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.plan.schema().has_column_with_unqualified_name(name)
    }

    /// The Arrow type of an expression over the records.
    pub(super) fn type_of(&self, expr: &Expr) -> datafusion::common::Result<DataType> {
        expr.get_type(self.plan.schema())
    }

    /// The fields that are carried along unseen: those of the order, of the parts and of the times of ingestion.
    pub(super) fn carried(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().map(|parts| parts.field.as_str());
        self.order.iter().map(|key| key.field.as_str()).chain(parts).chain(self.ingested())
    }

    /// The fields that say when the records were ingested; several where tables were joined.
    pub(super) fn ingested(&self) -> impl Iterator<Item = &str> {
        self.plan.schema().fields().iter().map(|field| field.name().as_str()).filter(|name| name.starts_with(INGESTED))
    }

    /// The order within a part.
    pub(super) fn sort(&self) -> Vec<SortExpr> {
        self.order.iter().map(OrderKey::sort).collect()
    }

    /// The order over all parts, part by part.
    pub(super) fn whole_order(&self) -> Vec<OrderKey> {
        let part = self.parts.iter().map(|parts| OrderKey::ascending(parts.field.clone()));
        part.chain(self.order.iter().cloned()).collect()
    }
}
