//! Which columns there are at each command: Elastic refuses a query that reads one that is not there.

use std::collections::HashSet;

use super::tree::{Command, Expr, Head, Query};

/// The columns at a point of a query.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Columns that something gives.
    there: HashSet<String>,
    /// Columns that are gone.
    gone: HashSet<String>,
    /// Whether the documents may have others.
    open: bool,
}

/// A column that the query reads where nothing gives it.
pub(super) fn missing(query: &Query) -> Option<String> {
    known(query).err()
}

/// The columns a query gives, or the first that it misses.
fn known(query: &Query) -> Result<Known, String> {
    let mut known = Known::default();
    match &query.head {
        Head::From { .. } => known.open = true,
        Head::Row(items) => {
            for (name, value) in items {
                known.reads(value)?;
                known.add(name);
            }
        }
        Head::Queries(queries) => {
            for query in queries {
                let of = self::known(query)?;
                known.open |= of.open;
                known.there.extend(of.there);
            }
        }
    }
    for command in &query.commands {
        known.follow(command)?;
    }
    Ok(known)
}

impl Known {
    fn has(&self, name: &str) -> Result<(), String> {
        let there = self.there.contains(name) || self.open && !self.gone.contains(name) || name.contains('*');
        if there { Ok(()) } else { Err(name.to_owned()) }
    }

    fn reads(&self, expr: &Expr) -> Result<(), String> {
        let mut found = Ok(());
        expr.fields(&mut |name| {
            if found.is_ok() {
                found = self.has(name);
            }
        });
        found
    }

    fn add(&mut self, name: &str) {
        self.gone.remove(name);
        self.there.insert(name.to_owned());
    }

    fn remove(&mut self, name: &str) {
        self.there.remove(name);
        self.gone.insert(name.to_owned());
    }

    /// Only these are left.
    fn close<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        *self = Self { there: names.cloned().collect(), ..Self::default() };
    }

    fn follow(&mut self, command: &Command) -> Result<(), String> {
        match command {
            Command::Where(condition) => self.reads(condition)?,
            Command::Eval(items) => {
                for (name, value) in items {
                    self.reads(value)?;
                    self.add(name);
                }
            }
            Command::Stats { inline, aggregates, by } => {
                for aggregate in aggregates {
                    self.reads(&aggregate.value)?;
                    aggregate.condition.as_ref().map_or(Ok(()), |condition| self.reads(condition))?;
                }
                for (name, value) in by {
                    value.as_ref().map_or_else(|| self.has(name), |value| self.reads(value))?;
                }
                let names = aggregates.iter().map(|aggregate| &aggregate.name).chain(by.iter().map(|(name, _)| name));
                if *inline {
                    names.for_each(|name| self.add(name));
                } else {
                    self.close(names);
                }
            }
            Command::Sort(keys) => keys.iter().try_for_each(|key| self.reads(&key.value))?,
            Command::Limit(_) => {}
            Command::Keep(names) => {
                names.iter().try_for_each(|name| self.has(name))?;
                if names.iter().all(|name| !name.contains('*')) {
                    self.close(names.iter());
                }
            }
            Command::Drop(names) => {
                names.iter().try_for_each(|name| self.has(name))?;
                for name in names {
                    self.remove(name);
                }
            }
            Command::Rename(names) => {
                for (old, new) in names {
                    self.has(old)?;
                    self.remove(old);
                    self.add(new);
                }
            }
            Command::MvExpand(name) => self.has(name)?,
            Command::Grok(name, _) | Command::Dissect(name, _) => {
                self.has(name)?;
                command.extracted().into_iter().for_each(|made| self.add(made));
            }
            Command::LookupJoin(_, keys) => {
                keys.iter().try_for_each(|name| self.has(name))?;
                // What columns the index has is known to nobody here.
                self.open = true;
                self.gone.clear();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(head: Head, commands: Vec<Command>) -> Option<String> {
        missing(&Query { head, commands })
    }

    fn from() -> Head {
        Head::From { indices: vec!["i".to_owned()], metadata: Vec::new() }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_column_is_missed_where_nothing_gives_it() {
        let rename = |old: &str, new: &str| Command::Rename(vec![(old.to_owned(), new.to_owned())]);
        let keep = |list: &[&str]| Command::Keep(names(list));
        assert_eq!(missed(from(), vec![keep(&["a", "b"])]), None);
        assert_eq!(missed(from(), vec![keep(&["a"]), Command::Where(Expr::field("b"))]), Some("b".to_owned()));
        assert_eq!(missed(from(), vec![rename("a", "b"), keep(&["a"])]), Some("a".to_owned()));
        assert_eq!(missed(from(), vec![rename("a", "b"), rename("b", "a"), keep(&["a"])]), None);
        assert_eq!(missed(from(), vec![Command::Drop(names(&["a"])), keep(&["a"])]), Some("a".to_owned()));
        let grok = Command::Grok("a".to_owned(), "(?<b>x)".to_owned());
        assert_eq!(missed(from(), vec![keep(&["a"]), grok, keep(&["b", "c"])]), Some("c".to_owned()));
        let stats = Command::Stats { inline: false, aggregates: Vec::new(), by: vec![("k".to_owned(), None)] };
        assert_eq!(missed(from(), vec![stats.clone(), keep(&["a"])]), Some("a".to_owned()));
        let join = Command::LookupJoin("l".to_owned(), names(&["k"]));
        assert_eq!(missed(from(), vec![stats, join, keep(&["a"])]), None);
        let inner = Query { head: from(), commands: vec![keep(&["a"])] };
        assert_eq!(missed(Head::Queries(vec![inner]), vec![keep(&["b"])]), Some("b".to_owned()));
        assert_eq!(
            missed(Head::Row(vec![("a".to_owned(), Expr::Null)]), vec![keep(&["a", "b"])]),
            Some("b".to_owned())
        );
    }
}
