//! What synthesis knows while it works: unknown values with what is wanted of them, events, groups, and records as
//! terms over these.
//!
//! Lists are persistent, so that a choice that leads nowhere is taken back by keeping the old state.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use rpds::Vector;

use super::want::Want;
use crate::ir::{AggregateCall, ColumnId, Computed, Expr, MvExpand, Name, Parse, Plan, Schema, Value};
use crate::source::Span;
use crate::types::Type;

/// An unknown value: a column of an event, or a part of one.
pub(super) type NodeId = usize;

/// How a part lies in a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The slot of a bag.
    Slot(Arc<str>),
    /// The element of an array; from the end when negative.
    At(i64),
    /// What a text holds as JSON.
    Json,
    /// A piece of a text that is cut by a separator; from the end when negative.
    Piece(Arc<str>, i64),
    /// What a group of a regular expression captures; by the pattern.
    Capture(Arc<str>, usize),
    /// What a segment of a `parse` gives; by the place of the operator.
    Parsed(u32, usize),
    /// A part of an address of the web, by the slot that `parse_url` gives.
    Url(Arc<str>),
    /// The text that base64 stands for.
    Decoded,
}

/// An unknown value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its type; unknown inside a dynamic.
    pub(super) ty: Type,
    /// The name it goes by, for plausible values.
    pub(super) label: Name,
    /// The event it belongs to.
    pub(super) instance: usize,
    /// What is wanted of it, and the words that want it.
    pub(super) wants: Vec<(Want, Span)>,
    /// Its parts.
    pub(super) parts: BTreeMap<Part, NodeId>,
    /// The node that it is equal to and that stands for both.
    pub(super) alias: Option<NodeId>,
    /// The words that set it equal to others.
    pub(super) joined: Vec<Span>,
    /// The classes within which no two values are the same.
    pub(super) apart: Vec<usize>,
    /// Its value, once that is settled; that of a value with parts is put together from theirs.
    pub(super) value: Option<Value>,
    /// A text that a value with parts has to hold besides.
    pub(super) extra: String,
    /// One that it has to end with.
    pub(super) behind: String,
}

/// Where an event is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// A table.
    Table(Name),
    /// A watchlist.
    Watchlist(Name),
    /// The data of an address.
    External(Name),
}

/// What an event is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// It is the partner in the join of these words.
    Partner(Span),
    /// It makes up a member of a group: which group, which member.
    Member(usize, usize),
    /// It fills a bin of the series of these words.
    Background(Span),
    /// It is left out: it was made before it turned out not to be wanted.
    Unwanted,
}

/// An event to be made.
#[derive(Clone, Debug)]
pub(super) struct Instance<'q> {
    pub(super) place: Place,
    pub(super) schema: &'q Schema,
    pub(super) fields: BTreeMap<Name, NodeId>,
    pub(super) tags: Vec<Tag>,
}

/// The value of a column of a record, as far as it is known.
#[derive(Clone, Debug)]
pub(super) enum Term<'q> {
    /// A column of an event.
    Leaf(usize, Name),
    /// An expression over another record.
    Expr(&'q Expr, Row<'q>),
    /// A column of another record.
    Column(ColumnId, Row<'q>),
    /// The element of what an expression gives.
    Element(&'q Expr, Row<'q>, usize),
    /// The slot of the bag that an expression gives.
    Slot(&'q Expr, Row<'q>, Name),
    /// What a segment of a `parse` gives.
    Parsed(&'q Parse, Row<'q>, usize),
    /// What an aggregate gives: the group, the call, its output.
    Aggregate(usize, usize, usize),
    /// A value.
    Value(Value),
    /// What this cannot follow.
    Opaque,
}

/// A record.
pub(super) type Row<'q> = Rc<Fields<'q>>;

/// The columns of a record.
#[derive(Debug, Default)]
pub(super) struct Fields<'q> {
    pub(super) terms: HashMap<ColumnId, Term<'q>>,
    /// The event whose columns these are.
    pub(super) leaf: Option<(usize, &'q Schema)>,
    /// The records that have the columns not found here.
    pub(super) parents: Vec<Row<'q>>,
}

impl<'q> Fields<'q> {
    /// The value of a column.
    pub(super) fn find(&self, id: ColumnId) -> Option<Term<'q>> {
        if let Some(term) = self.terms.get(&id) {
            return Some(term.clone());
        }
        if let Some((instance, schema)) = self.leaf
            && let Some(column) = schema.iter().find(|column| column.id == id)
        {
            return Some(Term::Leaf(instance, column.name.clone()));
        }
        self.parents.iter().find_map(|parent| parent.find(id))
    }

    /// The event that may have columns nobody has listed.
    pub(super) fn open_event(&self) -> Option<usize> {
        let own = self.leaf.filter(|(_, schema)| schema.open).map(|(instance, _)| instance);
        own.or_else(|| self.parents.iter().find_map(|parent| parent.open_event()))
    }

    /// The event that its columns come from, if it is one alone.
    pub(super) fn event(&self) -> Option<usize> {
        self.leaf.map(|(instance, _)| instance).or_else(|| self.parents.iter().find_map(|parent| parent.event()))
    }
}

/// What the source of a body stands for.
#[derive(Clone, Debug, Default)]
pub(super) enum Input<'q> {
    /// There is none.
    #[default]
    None,
    /// A record.
    Record(Row<'q>),
    /// A record with an element of each of its arrays, the first at this position.
    Element(Row<'q>, &'q MvExpand, usize),
}

/// Records that are put together, with what is needed to add to them.
#[derive(Clone, Debug)]
pub(super) struct Group<'q> {
    pub(super) plan: &'q Plan,
    pub(super) at: usize,
    pub(super) input: Input<'q>,
    pub(super) keys: &'q [Computed],
    pub(super) aggregates: &'q [AggregateCall],
    pub(super) members: Vec<Row<'q>>,
    /// Whether there will be no more.
    pub(super) closed: bool,
    /// The most there may be.
    pub(super) most: usize,
    /// The words that ask for so many, and no fewer.
    pub(super) threshold: Option<Span>,
    /// What is asked of every member.
    pub(super) every: Vec<(&'q Expr, Ask)>,
}

/// What is asked of an expression in each member of a group.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// That it is so.
    Want(Want, Span),
    /// That it holds, or does not.
    Holds(bool),
    /// That it is of a class within which all differ.
    Apart(usize),
}

/// What has to be so in the end.
#[derive(Clone, Debug)]
pub(super) enum Check<'q> {
    /// A condition.
    Holds(&'q Expr, Row<'q>, bool),
    /// A window, which has no expression.
    Want(NodeId, Want, Span),
    /// The keys of a join.
    Same(ColumnId, Row<'q>, ColumnId, Row<'q>, Span),
}

/// All that is known.
#[derive(Clone, Default)]
pub(super) struct State<'q> {
    pub(super) nodes: Vector<Rc<Node>>,
    pub(super) instances: Vector<Rc<Instance<'q>>>,
    pub(super) groups: Vector<Rc<Group<'q>>>,
    pub(super) checks: Vector<Check<'q>>,
    /// Conditions that wait for values.
    pub(super) later: Vector<Check<'q>>,
    /// What sub-queries were made to give: the plan by its place in memory, a record of it.
    pub(super) inner: Vector<(usize, Row<'q>)>,
    /// Conditions that are not steered and may yet be met, with what is to be said if they are not.
    pub(super) hoped: Vector<(Check<'q>, Span, String)>,
    /// What could not be steered.
    pub(super) unsolved: Vector<(Span, String)>,
    /// Tags of the events that are being made.
    pub(super) tags: Vec<Tag>,
    /// How coarsely the values of a class differ, in ticks; by the class. One tick is exactly.
    pub(super) grains: Vector<i64>,
}

impl State<'_> {
    /// A new class within which no two values are the same.
    pub(super) fn class(&mut self) -> usize {
        self.grains.push_back_mut(1);
        self.grains.len() - 1
    }

    /// The node that stands for a node.
    pub(super) fn root(&self, mut id: NodeId) -> NodeId {
        while let Some(next) = self.nodes.get(id).and_then(|node| node.alias) {
            id = next;
        }
        id
    }

    /// The node that stands for a node.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[self.root(id)]
    }

    /// Changes a node.
    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) {
        let id = self.root(id);
        let mut node = (*self.nodes[id]).clone();
        change(&mut node);
        self.nodes.set_mut(id, Rc::new(node));
    }

    /// Adds a node.
    pub(super) fn add(&mut self, ty: Type, label: Name, instance: usize) -> NodeId {
        self.nodes.push_back_mut(Rc::new(Node {
            ty,
            label,
            instance,
            wants: Vec::new(),
            parts: BTreeMap::new(),
            alias: None,
            joined: Vec::new(),
            apart: Vec::new(),
            value: None,
            extra: String::new(),
            behind: String::new(),
        }));
        self.nodes.len() - 1
    }

    /// A part of a node.
    pub(super) fn part(&mut self, id: NodeId, part: &Part) -> NodeId {
        let id = self.root(id);
        if let Some(child) = self.nodes[id].parts.get(part) {
            return self.root(*child);
        }
        let (ty, label) = match part {
            Part::Slot(name) | Part::Url(name) => (Type::Unknown, name.clone()),
            Part::At(_) => (Type::Unknown, self.nodes[id].label.clone()),
            Part::Json => (Type::Dynamic, self.nodes[id].label.clone()),
            Part::Decoded => (Type::String, Name::from("decoded")),
            _ => (Type::String, Name::from("part")),
        };
        let child = self.add(ty, label, self.nodes[id].instance);
        self.change(id, |node| {
            node.parts.insert(part.clone(), child);
        });
        child
    }

    /// The column of an event.
    pub(super) fn leaf(&mut self, instance: usize, name: &Name) -> NodeId {
        if let Some(node) = self.instances[instance].fields.get(name) {
            return self.root(*node);
        }
        let schema = self.instances[instance].schema;
        let unknown = if name.starts_with('$') { Type::DateTime } else { Type::Unknown };
        let ty = schema.get(name).map_or(unknown, |column| column.ty.ty);
        let node = self.add(ty, name.clone(), instance);
        let mut changed = (*self.instances[instance]).clone();
        changed.fields.insert(name.clone(), node);
        self.instances.set_mut(instance, Rc::new(changed));
        node
    }
}
