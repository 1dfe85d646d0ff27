//! Two searches in one stream, so that no cap of a sub-search applies.
//!
//! `multisearch` puts together what works on each event by itself. What follows in one of the searches has to leave the
//! rows of the other alone: a condition lets them pass, `stats` becomes `eventstats` of which one row a group is kept, and
//! `dedup` counts within its own side. So the other search's fields get names of their own first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flow, Lower};
use crate::ir::CompareOp;
use crate::target::splunk::tree::{Aggregate, Command, Eval, Head, Search, Stats};

/// The sides a row can be of.
pub(super) const THIS: &str = "this";
pub(super) const OTHER: &str = "other";

/// Whether rows of another search can pass all commands untouched.
pub(super) fn can_share(flow: &Flow) -> bool {
    let streams = match &flow.head {
        Head::Events { .. } => true,
        Head::Several(searches) => searches.iter().all(Search::is_streaming),
        Head::Lookup(_) | Head::Rows(_) => false,
    };
    streams && flow.unpacked.is_none() && flow.commands[start(flow)..].iter().all(lets_others_pass)
}

/// Whether all of it works on each event by itself.
pub(super) fn streams(flow: &Flow) -> bool {
    matches!(flow.head, Head::Events { .. }) && flow.commands.iter().all(Command::is_streaming)
}

/// The first command that `multisearch` does not take.
fn start(flow: &Flow) -> usize {
    match &flow.head {
        Head::Events { .. } => {
            flow.commands.iter().position(|command| !command.is_streaming()).unwrap_or(flow.commands.len())
        }
        _ => 0,
    }
}

const fn lets_others_pass(command: &Command) -> bool {
    matches!(
        command,
        Command::Where(_)
            | Command::Eval(_)
            | Command::FillNull { .. }
            | Command::Rename(_)
            | Command::Stats { .. }
            | Command::Dedup(_)
            | Command::MvExpand(..)
            | Command::Sort { count: 0, .. }
            | Command::Fields { .. }
            | Command::Table(_)
    )
}

/// A search as the branches of `multisearch`, and what follows behind it.
fn parts(mut flow: Flow) -> (Vec<Search>, Vec<Command>) {
    let suffix = flow.commands.split_off(start(&flow));
    match flow.head {
        Head::Several(searches) => (searches, suffix),
        head => (vec![Search { head, commands: flow.commands }], suffix),
    }
}

impl Lower<'_> {
    /// Gives the fields of another search names that no other has, from where it no longer streams; which got which.
    pub(super) fn own_names(&mut self, flow: &mut Flow) -> BTreeMap<String, String> {
        let at = start(flow);
        if at == flow.commands.len() {
            return BTreeMap::new();
        }
        let mut suffix = flow.commands.split_off(at);
        // A field that the suffix gives before it reads it need not be there before.
        let (mut read, mut given) = (BTreeSet::new(), BTreeSet::new());
        for command in &suffix {
            let mut reads = Vec::new();
            let mut gives = Vec::new();
            fields_of(command, &mut |name| reads.push(name.to_owned()), &mut |name| gives.push(name.to_owned()));
            read.extend(reads.into_iter().filter(|name| !given.contains(name)));
            given.extend(gives);
        }
        for slot in flow.slots.values() {
            slot.val.expr.fields(&mut |name| {
                if !given.contains(name) {
                    read.insert(name.to_owned());
                }
            });
        }
        let plain = |name: &str| -> String {
            let word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            word.trim_matches('_').to_owned()
        };
        let names: BTreeMap<String, String> =
            read.union(&given).map(|name| (name.clone(), self.helper(&format!("{OTHER}_{}", plain(name))))).collect();
        let copies: Vec<(String, Eval)> = names
            .iter()
            .filter(|(old, _)| read.contains(*old))
            .map(|(old, new)| (new.clone(), Eval::field(old)))
            .collect();
        match &mut flow.head {
            Head::Several(searches) => {
                for search in searches {
                    search.commands.push(Command::Eval(copies.clone()));
                }
            }
            _ => flow.push(Command::Eval(copies)),
        }
        for command in &mut suffix {
            rename(command, &names);
        }
        flow.commands.extend(suffix);
        for slot in flow.slots.values_mut() {
            rename_fields(&mut slot.val.expr, &names);
        }
        names
    }

    /// Puts the rows of another search, whose names are its own, beside those at hand. `assigned` is what its rows bear in
    /// the end; nothing else of them is kept.
    pub(super) fn share(&mut self, flow: &mut Flow, other: Flow, side: &str, assigned: Vec<(String, Eval)>) {
        let left = std::mem::replace(flow, Flow::new(Head::Rows(None)));
        let (slots, narrowed, closed, parted) = (left.slots.clone(), left.narrowed, left.closed, left.parted.clone());
        let (mut branches, this) = parts(left);
        for branch in &mut branches {
            branch.commands.push(Command::Eval(vec![(side.to_owned(), Eval::text(THIS))]));
        }
        let (others, behind) = parts(other);
        let streams = behind.is_empty();
        let mut listed: Vec<String> = Vec::new();
        if streams {
            listed.extend(assigned.iter().map(|(name, _)| name.clone()));
        } else {
            for command in &behind {
                fields_of(command, &mut |name| listed.push(name.to_owned()), &mut |_| {});
            }
            for (_, value) in &assigned {
                value.fields(&mut |name| listed.push(name.to_owned()));
            }
            listed.sort();
            listed.dedup();
        }
        listed.push(side.to_owned());
        for mut branch in others {
            let mut evals = if streams { assigned.clone() } else { Vec::new() };
            evals.retain(|(name, value)| *value != Eval::field(name));
            evals.push((side.to_owned(), Eval::text(OTHER)));
            match branch.commands.last_mut() {
                Some(Command::Eval(items)) => items.extend(evals),
                _ => branch.commands.push(Command::Eval(evals)),
            }
            branch.commands.push(Command::Fields { keep: true, fields: listed.clone() });
            branches.push(branch);
        }
        flow.head = Head::Several(branches);
        // The other side's rows have their keys by now.
        let kept: Vec<&str> = assigned.iter().filter(|_| streams).map(|(name, _)| &**name).collect();
        flow.commands = self.guarded(this, side, THIS, &kept);
        let behind = self.guarded(behind, side, OTHER, &[]);
        flow.commands.extend(behind);
        if !streams {
            let of_other = Eval::compare(CompareOp::Equal, Eval::field(side), Eval::text(OTHER));
            let evals = assigned
                .into_iter()
                .map(|(name, value)| {
                    let value = Eval::call("if", [of_other.clone(), value, Eval::field(&name)]);
                    (name, value)
                })
                .collect();
            flow.push(Command::Eval(evals));
        }
        let whole = flow.commands.is_empty();
        (flow.slots, flow.narrowed, flow.closed, flow.parted) = (slots, narrowed, closed && whole, parted);
    }

    /// Commands that leave the rows of the other side as they are, what these fields hold in them included.
    fn guarded(&mut self, commands: Vec<Command>, side: &str, own: &str, kept: &[&str]) -> Vec<Command> {
        let mine = || Eval::compare(CompareOp::Equal, Eval::field(side), Eval::text(own));
        let foreign = || Eval::compare(CompareOp::NotEqual, Eval::field(side), Eval::text(own));
        let with_side = |by: Vec<String>| std::iter::once(side.to_owned()).chain(by).collect::<Vec<_>>();
        let mut out = Vec::with_capacity(commands.len() + 4);
        for command in commands {
            match command {
                Command::Where(condition) => out.push(Command::Where(Eval::any(vec![foreign(), condition]))),
                Command::Stats { kind: Stats::Groups, aggregates, by } => {
                    let by = with_side(by);
                    if !aggregates.is_empty() {
                        out.push(Command::Stats { kind: Stats::Rows, aggregates, by: by.clone() });
                    }
                    self.first_of_each(&mut out, by, foreign());
                }
                Command::Stats { kind, aggregates, by } => {
                    out.push(Command::Stats { kind, aggregates, by: with_side(by) });
                }
                Command::Eval(mut items) => {
                    for (name, value) in items.iter_mut().filter(|(name, _)| kept.contains(&&**name)) {
                        *value = Eval::call("if", [mine(), value.clone(), Eval::field(&*name)]);
                    }
                    out.push(Command::Eval(items));
                }
                Command::Dedup(by) => self.first_of_each(&mut out, with_side(by), foreign()),
                // Fields that are not wanted do no harm, and those of the other side are.
                Command::Fields { .. } | Command::Table(_) => {}
                command => out.push(command),
            }
        }
        out
    }

    /// Keeps one row of each group, and the rows of the other side.
    fn first_of_each(&mut self, out: &mut Vec<Command>, by: Vec<String>, foreign: Eval) {
        let nth = self.helper("nth");
        let count = Aggregate { function: "count".into(), argument: None };
        out.push(Command::Stats { kind: Stats::Running, aggregates: vec![(count, nth.clone())], by });
        let first = Eval::compare(CompareOp::Equal, Eval::field(&nth), Eval::integer(1));
        out.push(Command::Where(Eval::any(vec![foreign, first])));
        out.push(Command::Fields { keep: false, fields: vec![nth] });
    }
}

/// Hands the fields that a command reads, and those it gives, to the functions.
fn fields_of(command: &Command, read: &mut dyn FnMut(&str), given: &mut dyn FnMut(&str)) {
    match command {
        Command::Where(condition) => condition.fields(read),
        Command::Eval(items) => {
            for (name, value) in items {
                value.fields(read);
                given(name);
            }
        }
        Command::FillNull { fields, .. } | Command::Dedup(fields) => {
            for field in fields {
                read(field);
            }
        }
        Command::Rename(names) => {
            for (old, new) in names {
                read(old);
                given(new);
            }
        }
        Command::Stats { aggregates, by, .. } => {
            for (aggregate, name) in aggregates {
                if let Some(argument) = &aggregate.argument {
                    argument.fields(read);
                }
                given(name);
            }
            for field in by {
                read(field);
            }
        }
        Command::MvExpand(field, _) => read(field),
        Command::Sort { keys, .. } => {
            for key in keys {
                read(&key.field);
            }
        }
        _ => {}
    }
}

fn rename_fields(value: &mut Eval, names: &BTreeMap<String, String>) {
    let mut read = BTreeSet::new();
    value.fields(&mut |name| {
        read.insert(name.to_owned());
    });
    for (old, new) in names.iter().filter(|(old, _)| read.contains(*old)) {
        value.rename_field(old, new);
    }
}

fn rename(command: &mut Command, names: &BTreeMap<String, String>) {
    let one = |name: &mut String| {
        if let Some(new) = names.get(name.as_str()) {
            name.clone_from(new);
        }
    };
    match command {
        Command::Where(condition) => rename_fields(condition, names),
        Command::Eval(items) => {
            for (name, value) in items {
                one(name);
                rename_fields(value, names);
            }
        }
        Command::FillNull { fields, .. }
        | Command::Dedup(fields)
        | Command::Fields { fields, .. }
        | Command::Table(fields) => fields.iter_mut().for_each(one),
        Command::Rename(pairs) => {
            for (old, new) in pairs {
                one(old);
                one(new);
            }
        }
        Command::Stats { aggregates, by, .. } => {
            for (aggregate, name) in aggregates {
                if let Some(argument) = &mut aggregate.argument {
                    rename_fields(argument, names);
                }
                one(name);
            }
            by.iter_mut().for_each(one);
        }
        Command::MvExpand(field, _) => one(field),
        Command::Sort { keys, .. } => keys.iter_mut().for_each(|key| one(&mut key.field)),
        _ => {}
    }
}
