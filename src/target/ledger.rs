//! What a lowering keeps account of beside what it builds: the differences so far, what a further one costs, and the names
//! it has made up.

use std::collections::HashSet;

use super::{Fidelity, Loss, LossKind, Losses};
use crate::ir::Query;
use crate::source::Span;

/// The account of a lowering.
#[derive(Debug)]
pub(super) struct Ledger {
    /// What differs so far.
    pub(super) losses: Losses,
    /// What a loss costs at the place at hand: less where a column is merely shown.
    cap: Fidelity,
    /// Names given to helper columns so far.
    taken: HashSet<String>,
}

impl Ledger {
    /// An account in which a loss costs what it costs where records are decided on.
    pub(super) fn new() -> Self {
        Self { losses: Losses::default(), cap: Fidelity::Approximate, taken: HashSet::new() }
    }

    /// A name for a helper column that no other helper and no column of the query bears.
    pub(super) fn helper(&mut self, query: &Query, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 1;
        while self.taken.contains(&name) || query.columns.iter().any(|(_, info)| *info.name == *name) {
            number += 1;
            name = format!("{wanted}{number}");
        }
        self.taken.insert(name.clone());
        name
    }

    /// Whether a helper column bears this name.
    pub(super) fn is_helper(&self, name: &str) -> bool {
        self.taken.contains(name)
    }
}

/// A lowering with a [`Ledger`].
pub(super) trait Accounts: Sized {
    /// Its account.
    fn ledger(&mut self) -> &mut Ledger;

    /// Notes a difference.
    fn lose(&mut self, kind: LossKind, span: Span, message: impl Into<String>) {
        let ledger = self.ledger();
        ledger.losses.push(Loss { kind, span, message: message.into(), fidelity: ledger.cap });
    }

    /// Lowers something whose losses cost less where it is merely shown.
    fn at<R>(&mut self, deciding: bool, f: impl FnOnce(&mut Self) -> R) -> R {
        let cap = if deciding { self.ledger().cap } else { Fidelity::Events };
        self.costing(cap, f)
    }

    /// Lowers something whose losses cost what they cost where records are decided on.
    fn decisively<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        self.costing(Fidelity::Approximate, f)
    }

    /// Lowers something with losses that cost as much.
    fn costing<R>(&mut self, cap: Fidelity, f: impl FnOnce(&mut Self) -> R) -> R {
        let saved = std::mem::replace(&mut self.ledger().cap, cap);
        let result = f(self);
        self.ledger().cap = saved;
        result
    }

    /// Lowers a column's value. One that is merely shown is left empty, and told, where it cannot be said.
    fn shown_or<T>(
        &mut self,
        deciding: bool,
        name: &str,
        f: impl FnOnce(&mut Self) -> Result<T, Box<Loss>>,
    ) -> Result<Option<T>, Box<Loss>> {
        let mark = self.ledger().losses.len();
        match self.at(deciding, f) {
            Ok(value) => Ok(Some(value)),
            Err(loss) if deciding || self.ledger().cap > Fidelity::Approximate => Err(loss),
            Err(loss) => {
                let losses = &mut self.ledger().losses;
                losses.truncate(mark);
                let message = format!("the column `{name}` stays empty; it decides nothing. {}", loss.message);
                losses.push(Loss::shown(LossKind::Null, loss.span, message));
                Ok(None)
            }
        }
    }
}

/// A reason to give up.
pub(super) fn refuse<T>(kind: LossKind, span: Span, message: impl Into<String>) -> Result<T, Box<Loss>> {
    Err(Box::new(Loss::refusal(kind, span, message)))
}
