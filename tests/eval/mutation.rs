//! Proofs see faults: a plan is changed before it is translated, as a fault in a translation would, and the proof has to
//! refute what comes of it.

#![allow(
    clippy::unwrap_used,
    clippy::needless_range_loop,
    clippy::collapsible_match,
    clippy::collapsible_if,
    reason = "tests: what fails here fails the test"
)]

use std::sync::Arc;

use kqlc::ir::{
    Bound, CaseRule, CompareOp, Expr, ExprKind, JoinKind, Op, Plan, Quantifier, Query, StringTest, Value, ValueSet,
};
use kqlc::prove::{Case, Verdict};
use kqlc::schema::{Dialect, Schemas};
use kqlc::target::{Fidelity, Options, registry};
use rayon::prelude::*;

use super::prove::{Subject, engine, rules};

/// A second, which every target can tell.
const SECOND: i64 = 10_000_000;

/// What is done to a plan; each at one place of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    LostNegation,
    WordAsPart,
    PartAsWord,
    OtherEnd,
    OtherCase,
    OtherBoundary,
    OtherNumber,
    OtherText,
    LostItem,
    LostTerm,
    OrForAnd,
    AndForOr,
    AllForAny,
    LostStep,
    LostKey,
    OtherJoin,
    LostWindow,
    ShiftedWindow,
    OtherAggregate,
}

const FAULTS: &[Fault] = &[
    Fault::LostNegation,
    Fault::WordAsPart,
    Fault::PartAsWord,
    Fault::OtherEnd,
    Fault::OtherCase,
    Fault::OtherBoundary,
    Fault::OtherNumber,
    Fault::OtherText,
    Fault::LostItem,
    Fault::LostTerm,
    Fault::OrForAnd,
    Fault::AndForOr,
    Fault::AllForAny,
    Fault::LostStep,
    Fault::LostKey,
    Fault::OtherJoin,
    Fault::LostWindow,
    Fault::ShiftedWindow,
    Fault::OtherAggregate,
];

/// The faults that are no faults, by rule, target, fault and the words it is about, with the reason: what is found is the
/// same for every event there can be, or differs only where the sound translation says that it differs.
const EQUIVALENT: &[(&str, &str, Fault, &str, &str)] = &[
    (
        "account-created-and-deleted",
        "esql splunk",
        Fault::OtherJoin,
        "join kind=inner created",
        "a record without a partner has no `Created`, and `Deleted > Created` drops it",
    ),
    (
        "attachment-opened-after-delivery",
        "esql splunk",
        Fault::OtherJoin,
        "join kind=inner attachments",
        "a record without a partner has no `Delivered`, and the test against it drops the record",
    ),
    (
        "attachment-opened-after-delivery",
        "eql",
        Fault::LostStep,
        "where isnotempty(SHA256)",
        "a sequence by a field passes over events without it",
    ),
    (
        "attachment-opened-after-delivery",
        "eql",
        Fault::LostWindow,
        "TimeGenerated > ago(1h)",
        "the translation says that both events are looked for within the longer of the two windows",
    ),
    (
        "failed-logons-of-account",
        "eql",
        Fault::LostStep,
        "where isnotempty(TargetUserName)",
        "a sequence by a field passes over events without it",
    ),
    (
        "failed-logons-of-account",
        "sigma",
        Fault::ShiftedWindow,
        "TimeGenerated > ago(1h)",
        "a run sees an hour of events, of which a longer span of the correlation sees no more",
    ),
    (
        "azure-mass-deletion",
        "sigma",
        Fault::ShiftedWindow,
        "TimeGenerated > ago(1h)",
        "a run sees an hour of events, of which a longer span of the correlation sees no more",
    ),
    ("first-country-of-user", "esql splunk", Fault::OtherCase, "ResultType == \"0\"", "a digit has no case"),
    (
        "first-country-of-user",
        "esql splunk",
        Fault::ShiftedWindow,
        "TimeGenerated > ago(recent)",
        "an event before the window is in the user's history itself, with its own country",
    ),
    (
        "first-use-of-remote-tool",
        "esql splunk",
        Fault::ShiftedWindow,
        "TimeGenerated > ago(1d)",
        "an event before the window is among the known uses itself",
    ),
    (
        "indicator-address-contacted",
        "esql sigma splunk",
        Fault::LostStep,
        "where isnotempty(DestinationIP)",
        "an address that an indicator names is not empty",
    ),
    (
        "judgement-panda-command-lines",
        "eql splunk",
        Fault::WordAsPart,
        "ProcessCommandLine has \" -f -n \"",
        "the text begins and ends with blanks, which are borders of terms themselves",
    ),
    (
        "cloud-storage-upload-tools",
        "eql esql sigma splunk",
        Fault::LostItem,
        "uploadWords: --upload-file",
        "`upload` is a part of it that begins and ends at borders of terms",
    ),
    ("kerberoasting", "esql splunk", Fault::OtherCase, "ServiceName !endswith \"$\"", "the text has no letters"),
    ("kerberoasting", "esql splunk", Fault::OtherCase, "TargetUserName !contains \"$@\"", "the text has no letters"),
    (
        "low-and-slow-upload",
        "esql splunk",
        Fault::OtherBoundary,
        "SpreadMiB < leastSpreadMiB",
        "at the bound both arms give the bound",
    ),
    (
        "low-and-slow-upload",
        "esql splunk",
        Fault::LostItem,
        "personalServices: gist.github.com",
        "`github.com` is a part of it that begins and ends at the same borders",
    ),
    ("password-spray", "esql splunk", Fault::OtherCase, "ResultType in", "digits have no case"),
    ("sign-in-after-failures", "esql splunk", Fault::OtherCase, "ResultType == ", "digits have no case"),
    (
        "sign-in-after-failures",
        "esql splunk",
        Fault::OtherJoin,
        "join kind=inner failures",
        "a record without a partner has no `FirstFailure`, and the test against it drops the record",
    ),
    ("dns-many-subdomains", "esql splunk", Fault::OtherCase, "Domain !in", "`Domain` is made of small letters"),
];

/// Counts places, and brings the fault about at one of them.
struct Hand {
    fault: Fault,
    at: usize,
    seen: usize,
    done: Option<kqlc::source::Span>,
    /// The item that is lost.
    item: Option<String>,
}

impl Hand {
    /// Whether this is the place.
    fn here(&mut self, span: kqlc::source::Span) -> bool {
        self.seen += 1;
        let here = self.seen == self.at + 1;
        if here {
            self.done = Some(span);
        }
        here
    }

    fn query(&mut self, query: &mut Query) {
        for shared in &mut query.shared {
            shared.plan.fold_plans(&mut |plan| self.plan(plan));
        }
        query.plan.fold_plans(&mut |plan| self.plan(plan));
    }

    fn plan(&mut self, plan: &mut Plan) {
        let fault = self.fault;
        let mut lost = None;
        let count = plan.steps.len();
        for (at, step) in plan.steps.iter_mut().enumerate() {
            let span = step.span;
            match &mut step.op {
                Op::Filter(condition) => {
                    if self.fault == Fault::LostStep && self.here(span) {
                        lost = Some(at);
                    }
                    self.condition(condition);
                }
                Op::Window(window) => match fault {
                    Fault::LostWindow if self.here(span) => lost = Some(at),
                    Fault::ShiftedWindow if self.here(span) => {
                        if let Some((Bound::FromNow(ticks), _)) = &mut window.bounds.from {
                            *ticks -= 3600 * SECOND;
                        }
                    }
                    _ => {}
                },
                Op::Summarize { keys, aggregates } => {
                    if self.fault == Fault::LostKey && keys.len() > 1 && at + 1 < count {
                        for index in 0..keys.len() {
                            if self.here(keys[index].expr.span) {
                                // The column stays, with one value for all.
                                let ty = keys[index].expr.ty;
                                if ty.ty == kqlc::types::Type::String {
                                    keys[index].expr = Expr::literal(Value::string(""), span);
                                }
                            }
                        }
                    }
                    for call in aggregates {
                        if self.fault == Fault::OtherAggregate {
                            let other = match call.function.name() {
                                "min" => "max",
                                "max" => "min",
                                "dcount" | "count_distinct" => "count",
                                _ => continue,
                            };
                            if self.here(call.span) {
                                if other == "count" {
                                    call.arguments.clear();
                                }
                                if let Some(function) = kqlc::functions::aggregate(other) {
                                    call.function = function;
                                }
                            }
                        }
                        for argument in &mut call.arguments {
                            self.condition(argument);
                        }
                    }
                }
                Op::Extend(items) => {
                    for item in items {
                        self.condition(&mut item.expr);
                    }
                }
                Op::Join(join) => {
                    if self.fault == Fault::OtherJoin && self.here(span) {
                        join.kind = match join.kind {
                            JoinKind::LeftAnti => JoinKind::LeftSemi,
                            JoinKind::LeftSemi => JoinKind::LeftAnti,
                            JoinKind::Inner | JoinKind::InnerUnique => JoinKind::LeftOuter,
                            _ => JoinKind::Inner,
                        };
                    }
                    if self.fault == Fault::LostKey && join.keys.len() > 1 {
                        for index in 0..join.keys.len() {
                            if self.here(span) {
                                join.keys.remove(index);
                                break;
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(at) = lost {
            plan.steps.remove(at);
        }
    }

    fn condition(&mut self, expr: &mut Expr) {
        let fault = self.fault;
        let span = expr.span;
        let mut instead = None;
        match &mut expr.kind {
            ExprKind::And(operands) => {
                if fault == Fault::OrForAnd && self.here(span) {
                    instead = Some(ExprKind::Or(operands.clone()));
                } else if fault == Fault::LostTerm {
                    for index in 0..operands.len() {
                        if self.here(operands[index].span) {
                            operands.remove(index);
                            break;
                        }
                    }
                }
            }
            ExprKind::Or(operands) => {
                if fault == Fault::AndForOr && self.here(span) {
                    instead = Some(ExprKind::And(operands.clone()));
                } else if fault == Fault::LostTerm {
                    for index in 0..operands.len() {
                        if self.here(operands[index].span) {
                            operands.remove(index);
                            break;
                        }
                    }
                }
            }
            ExprKind::Not(operand) => {
                if fault == Fault::LostNegation && self.here(span) {
                    instead = Some(operand.kind.clone());
                }
            }
            ExprKind::Match(node) => {
                match fault {
                    Fault::LostNegation if node.negated && self.here(span) => node.negated = false,
                    Fault::WordAsPart if node.test == StringTest::HasTerm && self.here(span) => {
                        node.test = StringTest::Contains;
                    }
                    Fault::PartAsWord if node.test == StringTest::Contains && self.here(span) => {
                        node.test = StringTest::Equals;
                    }
                    Fault::OtherEnd if matches!(node.test, StringTest::StartsWith | StringTest::EndsWith) => {
                        if self.here(span) {
                            node.test = if node.test == StringTest::StartsWith {
                                StringTest::EndsWith
                            } else {
                                StringTest::StartsWith
                            };
                        }
                    }
                    Fault::OtherCase if self.here(span) => node.rules.case = other(node.rules.case),
                    _ => {}
                }
                self.literal(&mut node.needle);
            }
            ExprKind::Member(node) => {
                match fault {
                    Fault::LostNegation if node.negated && self.here(span) => node.negated = false,
                    Fault::WordAsPart if node.test == StringTest::HasTerm && self.here(span) => {
                        node.test = StringTest::Contains;
                    }
                    Fault::OtherCase if self.here(span) => node.rules.case = other(node.rules.case),
                    Fault::AllForAny if node.test != StringTest::Equals && self.here(span) => {
                        node.quantifier = match node.quantifier {
                            Quantifier::Any => Quantifier::All,
                            Quantifier::All => Quantifier::Any,
                        };
                    }
                    _ => {}
                }
                if let ValueSet::List(items) = &mut node.set
                    && fault == Fault::LostItem
                    && items.len() > 1
                {
                    for index in 0..items.len() {
                        if self.here(items[index].span) {
                            let lost = items.remove(index);
                            self.item = lost.as_literal().and_then(Value::as_str).map(str::to_owned);
                            break;
                        }
                    }
                }
            }
            ExprKind::Regex(node) => match fault {
                Fault::LostNegation if node.negated && self.here(span) => node.negated = false,
                _ => {}
            },
            ExprKind::Between(node) if fault == Fault::LostNegation && node.negated && self.here(span) => {
                node.negated = false;
            }
            ExprKind::Compare(node) => {
                match fault {
                    Fault::OtherBoundary if self.here(span) => {
                        node.op = match node.op {
                            CompareOp::Less => CompareOp::LessOrEqual,
                            CompareOp::LessOrEqual => CompareOp::Less,
                            CompareOp::Greater => CompareOp::GreaterOrEqual,
                            CompareOp::GreaterOrEqual => CompareOp::Greater,
                            CompareOp::Equal => CompareOp::NotEqual,
                            CompareOp::NotEqual => CompareOp::Equal,
                        };
                    }
                    _ => {}
                }
                self.literal(&mut node.right);
            }
            _ => {}
        }
        if let Some(kind) = instead {
            expr.kind = kind;
            return;
        }
        expr.operands_mut(&mut |operand| self.condition(operand));
        if let ExprKind::Member(node) = &mut expr.kind
            && let ValueSet::Plan(plan) = &mut node.set
        {
            let _ = Arc::make_mut(plan);
        }
    }

    fn literal(&mut self, expr: &mut Expr) {
        let span = expr.span;
        if let ExprKind::Literal(value) = &mut expr.kind {
            match value {
                Value::Long(number) if self.fault == Fault::OtherNumber && self.here(span) => *number += 1,
                Value::Int(number) if self.fault == Fault::OtherNumber && self.here(span) => *number += 1,
                Value::String(text) if self.fault == Fault::OtherText && !text.is_empty() && self.here(span) => {
                    *text = format!("{text}x").into();
                }
                _ => {}
            }
        }
    }
}

const fn other(case: CaseRule) -> CaseRule {
    match case {
        CaseRule::Sensitive => CaseRule::AsciiInsensitive,
        CaseRule::AsciiInsensitive | CaseRule::UnicodeInsensitive => CaseRule::Sensitive,
    }
}

/// What came of the faults of one rule.
#[derive(Default)]
struct Tally {
    faults: usize,
    caught: usize,
    implied: usize,
    equivalent: usize,
    missed: Vec<String>,
}

/// Whether a fault takes away from what a rule asks, and changes nothing else.
const fn weakens(fault: Fault) -> bool {
    matches!(fault, Fault::LostWindow | Fault::ShiftedWindow | Fault::LostStep | Fault::LostTerm)
}

/// Whether a fault is about a condition that follows from the rest of the rule, and nothing else.
fn follows(implied: &str, words: &str) -> bool {
    words == implied || words.strip_prefix("where ") == Some(implied)
}

fn tally(subject: &Subject, schemas: &Schemas) -> Tally {
    let engine = engine();
    let given = subject.given(schemas, &engine);
    let name = subject.path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut tally = Tally::default();
    // One target by name, while a fault in it is looked into.
    let only = std::env::var("KQLC_TARGET").ok();
    for target in registry::TARGETS.iter().filter(|target| only.as_ref().is_none_or(|only| target.name() == only)) {
        let scenarios = given.fitted(*target).unwrap();
        let case = Case::new(kqlc::prove::Given { scenarios: &scenarios, ..given }).unwrap();
        let sound = target.convert(&subject.query, &given.info, &Options::default()).unwrap();
        if sound.fidelity == Fidelity::Refused {
            continue;
        }
        let proof = case.judge(*target, &sound).unwrap();
        if proof.verdict != Verdict::Proven {
            continue;
        }
        for fault in FAULTS {
            for at in 0.. {
                let mut query = subject.query.clone();
                let mut hand = Hand { fault: *fault, at, seen: 0, done: None, item: None };
                hand.query(&mut query);
                let Some(span) = hand.done else { break };
                let mut conversion = target.convert(&query, &given.info, &Options::default()).unwrap();
                // What is refused, or written as the sound one, is no fault.
                if conversion.output.is_none() || conversion.output == sound.output {
                    continue;
                }
                // A fault promises what the sound translation promises.
                conversion.fidelity = sound.fidelity;
                conversion.losses.clone_from(&sound.losses);
                tally.faults += 1;
                let mut words = span.of(&subject.text).split_whitespace().collect::<Vec<_>>().join(" ");
                // An item of a list that has a name.
                if let Some(item) = hand.item.filter(|item| !words.contains(&**item)) {
                    words = format!("{words}: {item}");
                }
                if case.judge(*target, &conversion).unwrap().verdict == Verdict::Refuted {
                    tally.caught += 1;
                } else if weakens(*fault) && proof.implied.iter().any(|implied| follows(implied, &words)) {
                    // The rest of the rule is proven to ask for as much.
                    tally.implied += 1;
                } else if EQUIVALENT.iter().any(|(rule, targets, known, about, _)| {
                    *rule == name
                        && known == fault
                        && words.starts_with(about)
                        && targets.split(' ').any(|known| known == target.name())
                }) {
                    tally.equivalent += 1;
                } else {
                    tally.missed.push(format!("{name}, {}: {fault:?} at `{words}`", target.name()));
                }
            }
        }
    }
    tally
}

#[test]
#[ignore = "thousands of proofs take minutes: run by hand, in a build that is optimised"]
fn proofs_refute_faulty_translations() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let mut subjects = rules(&schemas, &engine());
    // One rule by name, while a fault of it is looked into.
    let only = std::env::var("KQLC_RULE").ok();
    if let Some(only) = &only {
        subjects.retain(|subject| subject.path.file_stem().is_some_and(|name| name.to_string_lossy() == **only));
    }
    let tallies: Vec<Tally> = subjects.par_iter().map(|subject| tally(subject, &schemas)).collect();
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (faults, caught) = (sum(|tally| tally.faults), sum(|tally| tally.caught));
    let (implied, equivalent) = (sum(|tally| tally.implied), sum(|tally| tally.equivalent));
    let missed: Vec<&str> = tallies.iter().flat_map(|tally| &tally.missed).map(String::as_str).collect();
    println!(
        "{faults} faults: {caught} are caught, {implied} take away what follows from the rest of the rule, {equivalent} \
         are listed as equivalent, {} are missed",
        missed.len()
    );
    let real = faults - implied - equivalent;
    let only = only.or_else(|| std::env::var("KQLC_TARGET").ok());
    assert!(real >= 500 || only.is_some(), "{real} faults are too few");
    assert!(100 * caught >= 97 * real, "{caught} of {real} are caught, but not:\n{}", missed.join("\n"));
    assert!(missed.is_empty(), "not listed as equivalent:\n{}", missed.join("\n"));
}
