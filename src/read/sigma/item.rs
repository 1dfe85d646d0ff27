//! One item of a selection, `field|modifiers: values`, to an expression that is true or false, never null.
//!
//! A test of a field that the event does not have is false, and so `not` of it is true; hence
//! [`NullRule::AbsentFails`] throughout, and complements as [`ExprKind::Not`].

use crate::diagnostic::{Diagnostic, code};
use crate::functions::{Shape, ValueType};
use crate::ir::{
    AnyColumn, Case, CaseRule, Cast, CastKind, Compare, CompareOp, Expr, ExprKind, Membership, NullRule, Quantifier,
    RegexDialect, RegexMatch, StringMatch, StringRules, StringTest, TermRule, Value, ValueSet,
};
use crate::source::Span;
use crate::types::Type;
use crate::yaml::{Node, ScalarStyle};

use super::context::{Context, call, joined, negated, string};
use super::modifier::{Modifier, TimePart};
use super::pattern::{Needle, Pattern};
use super::scalar::{Network, Scalar, check_regex, resolve};

/// A value of an item.
struct Given {
    value: Scalar,
    /// The variants of a text, one of which must be found.
    variants: Vec<Pattern>,
    /// The text as written.
    text: String,
    span: Span,
}

/// What kind of test the modifiers have made of the item.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Match,
    Regex { flags: String },
    Cidr,
    Exists,
    FieldRef { front: bool, behind: bool },
    Compare(CompareOp),
}

/// An item while its modifiers are applied.
struct Item<'n> {
    /// The field's name; `None` where the whole event is searched.
    field: Option<&'n str>,
    key: Span,
    values: Vec<Given>,
    test: Test,
    part: Option<TimePart>,
    all: bool,
    cased: bool,
    negated: bool,
    /// Whether a modifier has changed the values.
    changed: bool,
}

impl Context<'_> {
    /// Lowers an entry of a selection.
    pub(super) fn item(&mut self, key: &Node, value: &Node) -> Option<Expr> {
        let Some(name) = key.as_str() else {
            self.shape(key, "a field's name", "a text");
            return None;
        };
        let mut words = name.split('|');
        let field = words.next().filter(|field| !field.is_empty());
        let values = self.values(value)?;
        let mut item = Item {
            field,
            key: key.span,
            values,
            test: Test::Match,
            part: None,
            all: false,
            cased: false,
            negated: false,
            changed: false,
        };
        let mut at = field.map_or(0, str::len);
        for word in words {
            let span = self.part_of(key, at + 1..at + 1 + word.len());
            at += 1 + word.len();
            let Some(modifier) = Modifier::find(word) else {
                let mut diagnostic =
                    Diagnostic::new(&code::SIGMA_MODIFIER, span, format!("`{word}` is no modifier of Sigma"));
                if let Some(known) = Modifier::suggest(word) {
                    diagnostic = diagnostic.help(format!("did you mean `{known}`?"));
                }
                self.report(diagnostic);
                return None;
            };
            if let Err(why) = item.apply(modifier) {
                let message = format!("`{word}` cannot be applied here: {why}");
                self.report(Diagnostic::new(&code::SIGMA_MODIFIER_USE, span, message));
                return None;
            }
        }
        self.warn(&item, value);
        self.lower(&item)
    }

    /// Lowers a list of keywords, one of which must be found anywhere in the event.
    pub(super) fn keywords(&mut self, list: &Node, values: &[&Node]) -> Option<Expr> {
        let values = values.iter().map(|value| self.value(value)).collect::<Option<Vec<_>>>()?;
        self.lower(&Item {
            field: None,
            key: list.head(self.source),
            values,
            test: Test::Match,
            part: None,
            all: false,
            cased: false,
            negated: false,
            changed: false,
        })
    }

    fn values(&mut self, node: &Node) -> Option<Vec<Given>> {
        let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        if items.is_empty() {
            self.report(Diagnostic::new(&code::SIGMA_VALUE, node.head(self.source), "a list without values"));
            return None;
        }
        items.iter().map(|item| self.value(item)).collect()
    }

    fn value(&mut self, node: &Node) -> Option<Given> {
        let Some(scalar) = node.as_scalar() else {
            self.shape(node, "a value", "a text, a number, true, false or null");
            return None;
        };
        let plain = scalar.style == ScalarStyle::Plain;
        let value = match resolve(&scalar.text, plain) {
            Ok(value) => value,
            Err(why) => {
                self.report(
                    Diagnostic::new(&code::SIGMA_VALUE, node.span, why).help("put it in quotes to compare text"),
                );
                return None;
            }
        };
        let variants = if value == Scalar::Text { vec![Pattern::read(&scalar.text)] } else { Vec::new() };
        Some(Given { value, variants, text: scalar.text.clone(), span: node.span })
    }

    /// What the specification does not allow, though its meaning is clear.
    fn warn(&mut self, item: &Item<'_>, values: &Node) {
        if item.all && item.values.len() == 1 {
            let diagnostic = Diagnostic::new(&code::SIGMA_DISALLOWED, item.key, "`all` of a single value");
            self.report(
                diagnostic.note("the specification asks for at least two values, as some backends cannot say it"),
            );
        }
        if let Some(null) = item.values.iter().find(|value| value.value == Scalar::Null)
            && values.as_sequence().is_some()
        {
            let diagnostic = Diagnostic::new(&code::SIGMA_DISALLOWED, null.span, "`null` in a list of values");
            self.report(diagnostic.help("give `null` a selection of its own"));
        }
    }

    fn lower(&mut self, item: &Item<'_>) -> Option<Expr> {
        let expr = match (&item.test, item.field) {
            (Test::Match, Some(field)) if item.part.is_none() => self.matches(item, field),
            (Test::Match, None) => self.anywhere(item),
            (test, None) => {
                let what = match test {
                    Test::Regex { .. } => "a regular expression over the whole event",
                    _ => "this modifier without a field",
                };
                self.no_meaning(
                    item.key,
                    format!("{what} has no meaning here"),
                    "keywords are texts that occur in the event",
                );
                None
            }
            (test, Some(field)) => {
                let each = item.values.iter().map(|given| self.typed(item, test, field, given));
                Some(joined(each.collect::<Option<Vec<_>>>()?, item.all, item.key))
            }
        }?;
        Some(if item.negated { negated(expr, item.key) } else { expr })
    }

    /// Values compared as such.
    fn matches(&mut self, item: &Item<'_>, field: &str) -> Option<Expr> {
        let id = self.field(field, item.key);
        let subject = self.column(id, item.key);
        let rules = item.rules();
        let mut found = Vec::new();
        for given in &item.values {
            found.push(match &given.value {
                Scalar::Null => {
                    // `null` is "no value": a field without one and a field that is not there.
                    let null = Expr::literal(Value::Null(Type::Dynamic), given.span);
                    Found::Other(compare(CompareOp::Equal, NullRule::Value, subject.clone(), null))
                }
                // Compared by its text, so that `true` finds JSON's true as well as the word.
                Scalar::Bool(value) => Found::Text(vec![(StringTest::Equals, string(value.to_string(), given.span))]),
                Scalar::Number(value) => {
                    let number = Expr::literal(value.clone(), given.span);
                    Found::Other(compare(CompareOp::Equal, NullRule::AbsentFails, subject.clone(), number))
                }
                Scalar::Text => Found::Text(self.needles(given)?),
            });
        }
        // Neighbours of the same test become one membership.
        let mut operands = Vec::new();
        let mut group: Option<(StringTest, Vec<Expr>)> = None;
        let flush = |group: &mut Option<(StringTest, Vec<Expr>)>, operands: &mut Vec<Expr>| {
            if let Some((test, needles)) = group.take() {
                operands.push(member(test, rules, item.all, subject.clone(), needles, item.key));
            }
        };
        for found in found {
            match found {
                Found::Text(needles) if needles.len() == 1 || !item.all => {
                    for (test, needle) in needles {
                        match &mut group {
                            Some((same, needles)) if *same == test => needles.push(needle),
                            _ => {
                                flush(&mut group, &mut operands);
                                group = Some((test, vec![needle]));
                            }
                        }
                    }
                }
                // Under `all` each value must be found, in whichever variant.
                Found::Text(needles) => {
                    flush(&mut group, &mut operands);
                    let span = needles[0].1.span;
                    let test = needles[0].0;
                    operands.push(if needles.iter().all(|(other, _)| *other == test) {
                        let needles = needles.into_iter().map(|(_, needle)| needle).collect();
                        member(test, rules, false, subject.clone(), needles, span)
                    } else {
                        let each = needles.into_iter();
                        joined(
                            each.map(|(test, needle)| one(test, rules, subject.clone(), needle)).collect(),
                            false,
                            span,
                        )
                    });
                }
                Found::Other(expr) => {
                    flush(&mut group, &mut operands);
                    operands.push(expr);
                }
            }
        }
        flush(&mut group, &mut operands);
        Some(joined(operands, item.all, item.key))
    }

    /// Values looked for in every field.
    fn anywhere(&mut self, item: &Item<'_>) -> Option<Expr> {
        let mut operands = Vec::new();
        for given in &item.values {
            let mut variants = match &given.value {
                Scalar::Null => {
                    self.report(
                        Diagnostic::new(&code::SIGMA_VALUE, given.span, "`null` is no keyword")
                            .note("keywords are texts that occur in the event"),
                    );
                    return None;
                }
                Scalar::Text => given.variants.clone(),
                Scalar::Bool(_) | Scalar::Number(_) => vec![Pattern::plain(&given.text)],
            };
            // "Strings that are applied to the full log message" may stand anywhere in it.
            for pattern in &mut variants {
                pattern.open(true, true);
            }
            let open = Given { value: Scalar::Text, variants, text: given.text.clone(), span: given.span };
            let each = self.needles(&open)?.into_iter().map(|(test, needle)| {
                // The columns are filled in when all of them are known.
                let any =
                    AnyColumn { columns: Vec::new(), open: true, test, rules: item.rules(), negated: false, needle };
                Expr::new(ExprKind::AnyColumn(Box::new(any)), Type::Bool, given.span)
            });
            operands.push(joined(each.collect(), false, given.span));
        }
        Some(joined(operands, item.all, item.key))
    }

    /// What each variant of a text looks for.
    fn needles(&mut self, given: &Given) -> Option<Vec<(StringTest, Expr)>> {
        let mut needles = Vec::new();
        for pattern in &given.variants {
            match pattern.test() {
                Ok((test, Needle::Text(text))) => needles.push((test, string(text, given.span))),
                Ok((test, Needle::Placeholder(name))) => {
                    // One value or several: an array stands for its elements.
                    let ty = ValueType { ty: Type::Dynamic, shape: Shape::Array(Type::String) };
                    needles.push((test, Expr::new(ExprKind::Parameter(name.into()), ty, given.span)));
                }
                Err(why) => {
                    self.no_meaning(given.span, "this value cannot be looked for", why);
                    return None;
                }
            }
        }
        Some(needles)
    }

    /// A test other than a comparison of text.
    fn typed(&mut self, item: &Item<'_>, test: &Test, field: &str, given: &Given) -> Option<Expr> {
        let id = self.field(field, item.key);
        let mut subject = self.column(id, item.key);
        if let Some(part) = item.part {
            let cast = Cast { kind: CastKind::Kql, operand: subject };
            let instant = Expr::new(ExprKind::Cast(Box::new(cast)), Type::DateTime, item.key);
            let name = string(part.name(), item.key);
            subject = call("datetime_part", vec![name, instant], Type::Long, item.key);
        }
        match (test, &given.value) {
            (Test::Match | Test::Compare(_), Scalar::Number(value)) => {
                let op = if let Test::Compare(op) = test { *op } else { CompareOp::Equal };
                Some(compare(op, NullRule::AbsentFails, subject, Expr::literal(value.clone(), given.span)))
            }
            (Test::Match | Test::Compare(_), _) => {
                let message = "only a number can be compared so";
                self.report(Diagnostic::new(&code::SIGMA_VALUE, given.span, message).help("write it without quotes"));
                None
            }
            (Test::Exists, Scalar::Bool(exists)) => {
                // "Only verifies the presence of a field, not its value": in a record of columns a field that holds no
                // value and one that is not there are the same.
                let null = Expr::literal(Value::Null(Type::Dynamic), given.span);
                let missing = compare(CompareOp::Equal, NullRule::Value, subject, null);
                Some(if *exists { negated(missing, given.span) } else { missing })
            }
            (Test::Exists, _) => {
                self.report(Diagnostic::new(&code::SIGMA_VALUE, given.span, "`exists` takes true or false"));
                None
            }
            (Test::Regex { flags }, Scalar::Text) => self.regex(&given.text, flags, subject, given.span),
            (Test::Cidr, Scalar::Text) => self.network(given, subject),
            (Test::FieldRef { front, behind }, Scalar::Text) => {
                let Some(name) = given.variants.first().and_then(Pattern::as_text).filter(|name| !name.is_empty())
                else {
                    self.report(Diagnostic::new(&code::SIGMA_VALUE, given.span, "a field's name has no wildcards"));
                    return None;
                };
                let other = self.field(name, given.span);
                let test = match (front, behind) {
                    (false, false) => StringTest::Equals,
                    (false, true) => StringTest::StartsWith,
                    (true, false) => StringTest::EndsWith,
                    (true, true) => StringTest::Contains,
                };
                let other = self.column(other, given.span);
                Some(one(test, item.rules(), subject, other))
            }
            (Test::Regex { .. } | Test::Cidr | Test::FieldRef { .. }, _) => {
                self.report(Diagnostic::new(&code::SIGMA_VALUE, given.span, "only a text can be compared so"));
                None
            }
        }
    }

    fn regex(&mut self, pattern: &str, flags: &str, subject: Expr, span: Span) -> Option<Expr> {
        if let Err(why) = check_regex(pattern) {
            let diagnostic = Diagnostic::new(&code::SIGMA_REGEX, span, "this is no regular expression");
            self.report(diagnostic.note(why));
            return None;
        }
        let modes: String = flags.chars().filter(|flag| *flag != 'i').collect();
        let pattern = if modes.is_empty() { pattern.to_owned() } else { format!("(?{modes}){pattern}") };
        let case = if flags.contains('i') { CaseRule::UnicodeInsensitive } else { CaseRule::Sensitive };
        let node = RegexMatch {
            // "The supported flavor is PCRE"; nothing is said of the ends, so it may match anywhere.
            dialect: RegexDialect::Pcre,
            anchored: false,
            case,
            nulls: NullRule::AbsentFails,
            negated: false,
            subject,
            pattern: string(pattern, span),
        };
        Some(Expr::new(ExprKind::Regex(Box::new(node)), Type::Bool, span))
    }

    fn network(&mut self, given: &Given, subject: Expr) -> Option<Expr> {
        let network = given.variants.first().and_then(Pattern::as_text).and_then(Network::read);
        let Some(network) = network else {
            let diagnostic = Diagnostic::new(&code::SIGMA_VALUE, given.span, "this is no network in CIDR notation");
            self.report(diagnostic.note("a network is an address and a length, as `10.0.0.0/8` or `fd00::/8`"));
            return None;
        };
        let function = match network {
            Network::V4 => "ipv4_is_in_range",
            Network::V6 => "ipv6_is_in_range",
        };
        let range = string(given.text.clone(), given.span);
        let inside = call(function, vec![subject, range], Type::Bool, given.span);
        // What is no address gives null, and is in no network.
        let no = Expr::literal(Value::Bool(false), given.span);
        let yes = Expr::literal(Value::Bool(true), given.span);
        let case = Case { arms: vec![(inside, yes)], otherwise: no };
        Some(Expr::new(ExprKind::Case(Box::new(case)), Type::Bool, given.span))
    }
}

/// What a value has become.
enum Found {
    Text(Vec<(StringTest, Expr)>),
    Other(Expr),
}

impl Item<'_> {
    /// The specification says "case-insensitive" and not of which letters; as all engines that run Sigma do, all
    /// letters that have two cases are taken.
    fn rules(&self) -> StringRules {
        StringRules {
            case: if self.cased { CaseRule::Sensitive } else { CaseRule::UnicodeInsensitive },
            terms: TermRule::KqlAlphanumeric,
            nulls: NullRule::AbsentFails,
        }
    }

    /// Applies a modifier to what those before it have made.
    ///
    /// # Errors
    /// Why it cannot be applied, as half a sentence.
    fn apply(&mut self, modifier: Modifier) -> Result<(), &'static str> {
        const UNCHANGED: &str = "it wants values that no other modifier has changed";
        let plain = self.test == Test::Match && self.part.is_none();
        match modifier {
            Modifier::All if self.negated => return Err(NEGATED_ALL),
            Modifier::NotEqual if self.all => return Err(NEGATED_ALL),
            Modifier::All => self.all = true,
            // "Different from the specified values": from each of them.
            Modifier::NotEqual => self.negated = true,
            Modifier::Cased if plain || matches!(self.test, Test::FieldRef { .. }) => self.cased = true,
            Modifier::Cased => return Err("it is about texts"),
            Modifier::Contains => self.open(true, true)?,
            Modifier::StartsWith => self.open(false, true)?,
            Modifier::EndsWith => self.open(true, false)?,
            Modifier::Flag(flag) => match &mut self.test {
                Test::Regex { flags } if flags.contains(flag) => return Err("the flag is set already"),
                Test::Regex { flags } => flags.push(flag),
                _ => return Err("it is a flag of `re`, which has to stand before it"),
            },
            Modifier::Regex | Modifier::Cidr | Modifier::Exists | Modifier::FieldRef
                if !plain || self.changed || self.cased =>
            {
                return Err(UNCHANGED);
            }
            Modifier::Regex => self.test = Test::Regex { flags: String::new() },
            Modifier::Cidr => self.test = Test::Cidr,
            Modifier::Exists => self.test = Test::Exists,
            Modifier::FieldRef => self.test = Test::FieldRef { front: false, behind: false },
            Modifier::Compare(_) | Modifier::Part(_) if self.changed || self.cased => return Err(UNCHANGED),
            Modifier::Compare(op) if self.test == Test::Match => self.test = Test::Compare(op),
            Modifier::Compare(_) => return Err("it compares numbers"),
            Modifier::Part(part) if self.part.is_none() && matches!(self.test, Test::Match | Test::Compare(_)) => {
                self.part = Some(part);
            }
            Modifier::Part(_) => return Err("it takes a part of an instant"),
            Modifier::WinDash | Modifier::Base64 | Modifier::Base64Offset | Modifier::Utf16(_) | Modifier::Expand
                if !plain =>
            {
                return Err("it changes texts");
            }
            Modifier::WinDash => {
                self.change("a value has more than four dashes, and all of their combinations are too many", |text| {
                    text.dashes()
                })?;
            }
            Modifier::Base64 => {
                self.change("what has wildcards cannot be encoded", |text| Some(vec![text.base64()?]))?;
            }
            Modifier::Base64Offset => self.change(
                "what has wildcards, or leaves nothing that does not depend on its neighbours, cannot be encoded",
                Pattern::base64_offsets,
            )?,
            Modifier::Utf16(how) => self.change("the value is encoded already", |text| Some(vec![text.utf16(how)?]))?,
            Modifier::Expand => {
                self.change("the value is encoded already", |text| Some(vec![text.placeholders()?]))?;
            }
        }
        Ok(())
    }

    fn open(&mut self, front: bool, behind: bool) -> Result<(), &'static str> {
        match &mut self.test {
            Test::FieldRef { front: f, behind: b } => {
                (*f, *b) = (*f || front, *b || behind);
                Ok(())
            }
            Test::Match if self.part.is_none() => self.change("", |text| {
                let mut text = text.clone();
                text.open(front, behind);
                Some(vec![text])
            }),
            _ => Err("it is about texts"),
        }
    }

    /// Puts other variants in the place of each. Numbers and booleans are taken by their text.
    fn change(
        &mut self,
        why_not: &'static str,
        change: impl Fn(&Pattern) -> Option<Vec<Pattern>>,
    ) -> Result<(), &'static str> {
        self.changed = true;
        for given in &mut self.values {
            match given.value {
                Scalar::Null => return Err("`null` is no text"),
                Scalar::Text => {}
                Scalar::Bool(_) | Scalar::Number(_) => {
                    given.variants = vec![Pattern::plain(&given.text)];
                    given.value = Scalar::Text;
                }
            }
            let changed = given.variants.iter().map(&change).collect::<Option<Vec<_>>>().ok_or(why_not)?;
            given.variants = changed.into_iter().flatten().collect();
        }
        Ok(())
    }
}

/// pySigma reads `all|neq` as "not all of them", rsigma as "none of them"; the specification does not say.
const NEGATED_ALL: &str = "what `neq` and `all` mean together is nowhere said; write a selection and `not`";

fn compare(op: CompareOp, nulls: NullRule, left: Expr, right: Expr) -> Expr {
    let span = right.span;
    Expr::new(ExprKind::Compare(Box::new(Compare { op, nulls, left, right })), Type::Bool, span)
}

fn one(test: StringTest, rules: StringRules, subject: Expr, needle: Expr) -> Expr {
    if matches!(needle.kind, ExprKind::Parameter(_)) {
        let span = needle.span;
        return set(test, rules, Quantifier::Any, subject, vec![needle], span);
    }
    let span = needle.span;
    Expr::new(ExprKind::Match(Box::new(StringMatch { test, rules, negated: false, subject, needle })), Type::Bool, span)
}

fn member(test: StringTest, rules: StringRules, all: bool, subject: Expr, mut needles: Vec<Expr>, span: Span) -> Expr {
    if needles.len() == 1 {
        return one(test, rules, subject, needles.remove(0));
    }
    let placeholder = |needle: &Expr| matches!(needle.kind, ExprKind::Parameter(_));
    if all && needles.iter().any(placeholder) {
        // A placeholder's values are alternatives, whatever links it to others.
        return joined(
            needles.into_iter().map(|needle| one(test, rules, subject.clone(), needle)).collect(),
            true,
            span,
        );
    }
    let quantifier = if all { Quantifier::All } else { Quantifier::Any };
    set(test, rules, quantifier, subject, needles, span)
}

fn set(
    test: StringTest,
    rules: StringRules,
    quantifier: Quantifier,
    subject: Expr,
    list: Vec<Expr>,
    span: Span,
) -> Expr {
    let node = Membership { test, rules, quantifier, negated: false, subject, set: ValueSet::List(list) };
    Expr::new(ExprKind::Member(Box::new(node)), Type::Bool, span)
}
