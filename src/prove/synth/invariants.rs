//! What always holds between the columns of an event.

use super::solver::Solver;
use super::want::{Want, text};
use crate::ir::{Name, Value};
use crate::source::Span;
use crate::types::Type;

/// What always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invariants(pub Vec<Invariant>);

/// One relation between columns of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// A path ends with a separator and a name.
    PathEndsWith {
        /// The column of the path.
        path: Name,
        /// The column of the name.
        name: Name,
        /// What stands before the name, such as a backslash.
        separator: Name,
    },
    /// A text is two others with a separator in between, such as a domain and a user.
    Joined {
        /// The column of the whole.
        whole: Name,
        /// The column of the first part.
        first: Name,
        /// The column of the second part.
        second: Name,
        /// What stands in between.
        separator: Name,
    },
}

impl Invariants {
    /// Those of Microsoft's tables for processes, files and accounts.
    pub fn microsoft() -> Self {
        let path = |path: &str, name: &str| Invariant::PathEndsWith {
            path: path.into(),
            name: name.into(),
            separator: "\\".into(),
        };
        let joined = |whole: &str, first: &str, second: &str| Invariant::Joined {
            whole: whole.into(),
            first: first.into(),
            second: second.into(),
            separator: "\\".into(),
        };
        Self(vec![
            path("FolderPath", "FileName"),
            path("InitiatingProcessFolderPath", "InitiatingProcessFileName"),
            path("NewProcessName", "Process"),
            joined("Account", "AccountDomain", "AccountName"),
            joined("SubjectAccount", "SubjectDomainName", "SubjectUserName"),
            joined("TargetAccount", "TargetDomainName", "TargetUserName"),
        ])
    }
}

impl Solver<'_> {
    /// Makes events obey what always holds, as far as what a rule asks lets them.
    pub(super) fn obey(&mut self, invariants: &Invariants) {
        for instance in 0..self.state.instances.len() {
            for invariant in &invariants.0 {
                let has = |name: &Name| {
                    self.state.instances[instance].schema.get(name).is_some_and(|column| column.ty.ty == Type::String)
                };
                match invariant {
                    Invariant::PathEndsWith { path, name, separator } if has(path) && has(name) => {
                        self.path(instance, path, name, separator);
                    }
                    Invariant::Joined { whole, first, second, separator }
                        if has(whole) && has(first) && has(second) =>
                    {
                        self.joined(instance, whole, [first, second], separator);
                    }
                    _ => {}
                }
            }
        }
    }

    fn path(&mut self, instance: usize, path: &Name, name: &Name, separator: &str) {
        let (path, name) = (self.state.leaf(instance, path), self.state.leaf(instance, name));
        let span = Span::at(0);
        let saved = self.state.clone();
        let by_name = self.fix(name).and_then(|value| {
            let needle = format!("{separator}{}", text(&value)).into();
            let want = Want::Text { test: crate::ir::StringTest::EndsWith, fold: false, needle, negated: false };
            self.want(path, want, span)?;
            self.fix(path)
        });
        if by_name.is_ok() {
            return;
        }
        self.state = saved.clone();
        let by_path = self.fix(path).and_then(|value| {
            let whole = text(&value);
            let last = whole.rsplit(separator).next().unwrap_or_default().to_owned();
            self.want(name, Want::is(Value::string(last)), span)?;
            self.fix(name)
        });
        if by_path.is_err() {
            self.state = saved;
        }
    }

    fn joined(&mut self, instance: usize, whole: &Name, parts: [&Name; 2], separator: &str) {
        let whole = self.state.leaf(instance, whole);
        let parts = parts.map(|part| self.state.leaf(instance, part));
        let span = Span::at(0);
        let saved = self.state.clone();
        let by_parts = self.fix(parts[0]).and_then(|first| {
            let second = self.fix(parts[1])?;
            let joined = format!("{}{separator}{}", text(&first), text(&second));
            self.want(whole, Want::is(Value::string(joined)), span)?;
            self.fix(whole)
        });
        if by_parts.is_ok() {
            return;
        }
        self.state = saved.clone();
        let by_whole = self.fix(whole).and_then(|value| {
            let value = text(&value);
            let (first, second) = value.split_once(separator).unwrap_or(("", &value));
            self.want(parts[0], Want::is(Value::string(first)), span)?;
            self.want(parts[1], Want::is(Value::string(second)), span)?;
            self.fix(parts[0])?;
            self.fix(parts[1])
        });
        if by_whole.is_err() {
            self.state = saved;
        }
    }
}
