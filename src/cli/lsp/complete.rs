//! What may stand at the cursor in a query.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::Cursor;
use super::hover;
use super::operators;
use super::protocol::CompletionKind as Is;
use crate::functions::{self, AggregateId, Function, FunctionId, Operator, PluginId};
use crate::ir::{Origin, Query};
use crate::schema::Schemas;
use crate::source::Span;
use crate::syntax::token::Kind;
use crate::types::Type;

/// Something that may be written at the cursor.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// What it is called, and what is written.
    pub(super) label: String,
    /// What is written in its place, where that is something else.
    pub(super) text: Option<String>,
    /// What it is.
    pub(super) kind: Is,
    /// What stands beside it.
    pub(super) detail: String,
    /// Its documentation in Markdown.
    pub(super) doc: String,
    /// Where it stands in the list: the lower, the further up.
    pub(super) rank: u8,
    /// Whether it is called, so that parentheses belong behind it.
    pub(super) called: bool,
}

impl Offer {
    pub(super) fn new(label: impl Into<String>, kind: Is, detail: impl Into<String>, rank: u8) -> Self {
        let detail = detail.into();
        Self { label: label.into(), text: None, kind, detail, doc: String::new(), rank, called: false }
    }

    fn doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = doc.into();
        self
    }
}

/// The values of options, by the operator they belong to.
const OPTIONS: &[(&str, &str, &[&str])] = &[
    (
        "join",
        "kind",
        &[
            "inner",
            "innerunique",
            "leftouter",
            "rightouter",
            "fullouter",
            "leftanti",
            "rightanti",
            "leftsemi",
            "rightsemi",
        ],
    ),
    ("lookup", "kind", &["leftouter", "inner"]),
    ("union", "kind", &["outer", "inner"]),
    ("union", "isfuzzy", &["true", "false"]),
    ("search", "kind", &["case_sensitive", "case_insensitive"]),
    ("mv-expand", "bagexpansion", &["bag", "array"]),
    ("parse", "kind", &["simple", "regex", "relaxed"]),
    ("parse-where", "kind", &["simple", "regex", "relaxed"]),
];

/// What may follow the operands of an operator.
const CLAUSES: &[(&str, &[&str])] = &[
    ("summarize", &["by"]),
    ("make-series", &["on", "from", "to", "step", "by", "default"]),
    ("sort", &["by", "asc", "desc", "nulls first", "nulls last"]),
    ("order", &["by", "asc", "desc", "nulls first", "nulls last"]),
    ("top", &["by", "asc", "desc"]),
    ("top-nested", &["of", "by"]),
    ("join", &["kind=", "on"]),
    ("lookup", &["kind=", "on"]),
    ("union", &["kind=", "isfuzzy=", "withsource="]),
    ("mv-expand", &["to typeof()", "limit"]),
    ("mv-apply", &["to typeof()", "limit", "on"]),
    ("parse", &["with", "kind="]),
    ("parse-where", &["with", "kind="]),
    ("parse-kv", &["as", "with"]),
    ("partition", &["by"]),
    ("range", &["from", "to", "step"]),
    ("sample-distinct", &["of"]),
];

/// Words behind which an operand is due.
const BEFORE_OPERAND: &[&str] = &[
    "and",
    "or",
    "by",
    "on",
    "of",
    "in",
    "has",
    "has_cs",
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "has_any",
    "has_all",
    "between",
    "with",
    "from",
    "to",
    "step",
    "limit",
    "regex",
    "not",
];

/// What may be written at the place `at` of a query, and the words that it takes the place of.
pub(super) fn offers(text: &str, at: usize, schemas: &Schemas) -> (Vec<Offer>, Span) {
    let cursor = Cursor::new(text, at);
    let typed = Span::new(cursor.word.start as usize, at.max(cursor.word.start as usize));
    if Cursor::in_comment(text, at) || cursor.in_string(at) {
        return (Vec::new(), Span::at(at));
    }
    let previous = cursor.previous_words(1);
    if previous == "|" {
        return (tabular(), typed);
    }
    // `mv-ex`: what was typed of an operator is several tokens.
    if let Some(frame) = cursor.frames.last()
        && !frame.pipes.is_empty()
    {
        let start = cursor.stage_start(frame);
        let words = text.get(cursor.tokens.get(start).map_or(at, |token| token.span.start as usize)..at);
        let words = words.unwrap_or_default();
        if start < cursor.before && words.contains('-') && words.chars().all(|c| c.is_alphabetic() || c == '-') {
            return (tabular(), Span::new(at - words.len(), at));
        }
    }
    if previous == "." {
        return (members(&cursor, schemas), typed);
    }
    if let Some(offers) = option(&cursor) {
        return (offers, typed);
    }
    match previous {
        "evaluate" => return (plugins(), typed),
        "invoke" => return (stored(schemas), typed),
        "render" => return (words(&["timechart", "columnchart", "barchart", "piechart", "table", "card"], 0), typed),
        ":" => return (types(), typed),
        "(" if cursor.previous_words(2) == "typeof" => return (types(), typed),
        _ => {}
    }
    let mut offers = Vec::new();
    let stage = cursor.stage();
    let frame_has_records = cursor.frames.iter().any(|frame| !frame.pipes.is_empty());
    let at_source = at_source(&cursor, stage);
    if at_source {
        offers.extend(sources(&cursor, schemas, frame_has_records));
    } else if after_operand(&cursor, stage) {
        offers.extend(behind_operand(stage));
    } else {
        offers.extend(operands(&cursor, stage, schemas));
    }
    (offers, typed)
}

/// Whether a table is due at the cursor.
fn at_source(cursor: &Cursor<'_>, stage: &str) -> bool {
    let Some(frame) = cursor.frames.last() else { return false };
    let begins = cursor.stage_start(frame) >= cursor.before && frame.pipes.is_empty();
    let opened = cursor.previous_words(1) == "(";
    let opener = cursor.previous_words(2);
    if begins && cursor.frames.len() == 1 {
        return true;
    }
    if opened && begins {
        let of_table = matches!(opener, "materialize" | "toscalar" | "table" | "view") || opener == "{";
        let is_call = cursor.previous(2).is_some_and(|index| cursor.tokens[index].kind == Kind::Word);
        // Behind the value of an option the bracket is that of the table: `join kind=inner (`.
        let of_join = !is_call || opener == stage || cursor.previous_words(3) == "=";
        return of_table || stage == "union" || matches!(stage, "join" | "lookup") && of_join;
    }
    if cursor.previous_words(1) == "{" {
        return true;
    }
    let previous = cursor.previous_words(1);
    stage == "union" && (matches!(previous, "," | "union") || cursor.previous_words(2) == "=")
        || matches!(stage, "join" | "lookup") && (previous == stage || cursor.previous_words(2) == "=")
}

/// Whether the words before the cursor are a whole operand, behind which an operator or a clause is due.
fn after_operand(cursor: &Cursor<'_>, stage: &str) -> bool {
    let Some(index) = cursor.previous(1) else { return false };
    let words = cursor.words(index);
    match cursor.tokens[index].kind {
        Kind::Number | Kind::Text => true,
        Kind::Sign => matches!(words, ")" | "]" | "*"),
        Kind::Word => {
            let begins_stage = stage.ends_with(words)
                && cursor.frames.iter().any(|frame| {
                    let start = cursor.stage_start(frame);
                    index >= start && index - start <= 4 && cursor.operator(start) == stage
                });
            !begins_stage && !BEFORE_OPERAND.contains(&words)
        }
    }
}

/// What a dot leads to: columns of a side of a join, or slots of a dynamic that the query reads elsewhere.
fn members(cursor: &Cursor<'_>, schemas: &Schemas) -> Vec<Offer> {
    let row = match cursor.previous_words(2) {
        "$left" => cursor.row(schemas),
        "$right" => cursor.right_row(schemas),
        _ => return slots(cursor),
    };
    row.map(|query| columns(&query)).unwrap_or_default()
}

/// The slots that the query reads of what stands before the dot.
fn slots(cursor: &Cursor<'_>) -> Vec<Offer> {
    let Some(base) = cursor.previous(2) else { return Vec::new() };
    if cursor.tokens[base].kind != Kind::Word {
        return Vec::new();
    }
    let name = cursor.words(base);
    let mut seen = BTreeSet::new();
    for index in 0..cursor.tokens.len() {
        if cursor.words(index) != name {
            continue;
        }
        let (mark, slot) = (cursor.words(index + 1), index + 2);
        let Some(token) = cursor.tokens.get(slot).filter(|token| token.span != cursor.word) else { continue };
        let words = token.span.of(cursor.text);
        match (mark, token.kind) {
            (".", Kind::Word) => drop(seen.insert(words.to_owned())),
            ("[", Kind::Text) => {
                let inner = words.trim_matches(['"', '\'']);
                let is_name = inner.chars().all(|c| c.is_alphanumeric() || c == '_') && !inner.is_empty();
                if is_name {
                    seen.insert(inner.to_owned());
                }
            }
            _ => {}
        }
    }
    seen.into_iter().map(|slot| Offer::new(slot, Is::Field, format!("slot of {name}"), 0)).collect()
}

/// The values of an option, behind its `=`.
fn option(cursor: &Cursor<'_>) -> Option<Vec<Offer>> {
    let name = cursor.previous_words(2);
    if cursor.previous_words(1) != "=" {
        return None;
    }
    let stage = cursor.stage();
    let (_, _, values) = OPTIONS.iter().find(|(operator, option, _)| *operator == stage && *option == name)?;
    Some(words(values, 0))
}

fn words(words: &[&str], rank: u8) -> Vec<Offer> {
    words.iter().map(|word| Offer::new(*word, Is::Keyword, "", rank)).collect()
}

fn types() -> Vec<Offer> {
    let types = [
        Type::Bool,
        Type::DateTime,
        Type::Decimal,
        Type::Dynamic,
        Type::Guid,
        Type::Int,
        Type::Long,
        Type::Real,
        Type::String,
        Type::TimeSpan,
    ];
    types.iter().map(|ty| Offer::new(ty.name(), Is::TypeParameter, "type", 0)).collect()
}

/// The tabular operators.
fn tabular() -> Vec<Offer> {
    let old = ["filter", "limit", "order"];
    operators::all()
        .map(|operator| {
            let rank = u8::from(old.contains(&operator.name) || operator.name.starts_with("graph"));
            Offer::new(operator.name, Is::Keyword, operator.shape, rank).doc(operator.doc)
        })
        .collect()
}

/// Tables, and what the query or the workspace offers in their place.
fn sources(cursor: &Cursor<'_>, schemas: &Schemas, within: bool) -> Vec<Offer> {
    let mut offers = declared(cursor);
    let (tables, _) = schemas.names();
    offers.extend(tables.into_iter().map(|table| Offer::new(bracketed_name(&table), Is::Class, "table", 1)));
    offers.extend(stored(schemas));
    let first = operators::FIRST.iter().filter_map(|name| operators::find(name));
    offers.extend(first.map(|operator| Offer::new(operator.name, Is::Keyword, operator.shape, 3).doc(operator.doc)));
    offers.extend(words(&["datatable", "externaldata", "materialize"], 3));
    if !within {
        offers.extend(words(&["let"], 0));
    }
    offers
}

/// What may be an operand in an expression: columns, functions, what the query declares.
fn operands(cursor: &Cursor<'_>, stage: &str, schemas: &Schemas) -> Vec<Offer> {
    let mut offers = cursor.row(schemas).map(|query| columns(&query)).unwrap_or_default();
    if matches!(stage, "join" | "lookup") {
        offers.extend(words(&["$left", "$right"], 0));
    }
    offers.extend(declared(cursor));
    let grouped = matches!(stage, "summarize" | "make-series" | "top-nested" | "mv-apply");
    if grouped {
        let aggregates = functions::aggregates().map(AggregateId::row).filter(|row| !row.hidden && !row.graph);
        offers.extend(aggregates.map(|row| function(row, "aggregate", 1)));
    }
    let scalars = functions::scalars().map(FunctionId::row);
    let scalars = scalars.filter(|row| !row.hidden && !row.graph && row.replaced_by.is_empty());
    offers.extend(scalars.map(|row| function(row, "function", 2)));
    let named: BTreeMap<&str, &[&str]> = CLAUSES.iter().copied().collect();
    offers.extend(named.get(stage).map(|clauses| words(clauses, 3)).unwrap_or_default());
    offers.extend(words(&["true", "false", "not", "datetime", "timespan", "dynamic"], 4));
    offers
}

/// What may stand behind an operand.
fn behind_operand(stage: &str) -> Vec<Offer> {
    let clauses = CLAUSES.iter().find(|(operator, _)| *operator == stage).map_or(&[][..], |(_, clauses)| *clauses);
    let mut offers = words(clauses, 0);
    for operator in Operator::all().filter(|operator| operator.symbol().contains(char::is_alphabetic)) {
        let row = operator.row();
        if row.replaced_by.is_none() {
            let detail = functions::operator::signatures(operator).next().unwrap_or_default();
            offers.push(Offer::new(row.symbol, Is::Operator, detail, 1).doc(row.doc));
        }
    }
    offers.extend(words(&["and", "or"], 0).into_iter().filter(|word| !clauses.contains(&word.label.as_str())));
    let mut seen = BTreeSet::new();
    offers.retain(|offer| seen.insert(offer.label.clone()));
    offers
}

fn plugins() -> Vec<Offer> {
    functions::plugins().map(PluginId::row).filter(|row| !row.hidden).map(|row| function(row, "plugin", 0)).collect()
}

fn function(row: &'static Function, what: &str, rank: u8) -> Offer {
    let signature = functions::signatures(row).next().unwrap_or_else(|| what.to_owned());
    let mut offer = Offer::new(row.name, Is::Function, signature, rank).doc(hover::built_in(row));
    offer.called = true;
    offer
}

/// The stored functions.
fn stored(schemas: &Schemas) -> Vec<Offer> {
    let (_, functions) = schemas.names();
    let offer = |name: crate::schema::Name| {
        let mut offer = Offer::new(name.into_owned(), Is::Function, "stored function", 2);
        offer.called = true;
        offer
    };
    functions.into_iter().map(offer).collect()
}

/// What the query declares before the cursor; of equal names the nearest.
fn declared(cursor: &Cursor<'_>) -> Vec<Offer> {
    let mut named = BTreeMap::new();
    for declared in cursor.declared() {
        named.insert(declared.name.clone(), declared);
    }
    let offer = |(name, declared): (String, super::cursor::Declared)| {
        let words = declared.whole.of(cursor.text);
        let value = words.split_once('=').map_or("", |(_, value)| value.trim_start());
        let is_function = !declared.parameter && value.starts_with('(') && value.contains('{');
        let kind = if is_function { Is::Function } else { Is::Variable };
        let head = words.split(['{', '\n', '\r']).next().unwrap_or_default().trim_end();
        let mut offer = Offer::new(name, kind, head, 0);
        offer.called = is_function;
        offer
    };
    named.into_iter().map(offer).collect()
}

/// The columns of records.
fn columns(query: &Query) -> Vec<Offer> {
    let offer = |column: &crate::ir::Column| {
        let of = match &query.columns[column.id].origin {
            Origin::Table(table) => format!("{} ({table})", column.ty.ty),
            _ => column.ty.ty.to_string(),
        };
        let mut offer = Offer::new(column.name.to_string(), Is::Field, of, 0);
        let written = bracketed_name(&column.name);
        offer.text = (written != *column.name).then_some(written);
        offer
    };
    query.plan.schema().iter().map(offer).collect()
}

/// A name as a query can write it.
fn bracketed_name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && crate::words::class(name) != crate::words::WordClass::Reserved;
    if plain { name.to_owned() } else { format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Dialect;

    fn offered(marked: &str) -> Vec<String> {
        let at = marked.find('§').unwrap();
        let text = marked.replace('§', "");
        let (offers, span) = offers(&text, at, &Schemas::builtin(Dialect::Sentinel));
        assert!(span.end as usize == at && text.get(span.range()).is_some());
        offers.into_iter().map(|offer| offer.label).collect()
    }

    fn has(marked: &str, wanted: &[&str], unwanted: &[&str]) {
        let offered = offered(marked);
        for name in wanted {
            assert!(offered.iter().any(|label| label == name), "{marked}: {name} in {offered:?}");
        }
        for name in unwanted {
            assert!(!offered.iter().any(|label| label == name), "{marked}: {name}");
        }
    }

    #[test]
    fn operators_stand_behind_pipes() {
        has("T | §", &["where", "summarize", "mv-expand"], &["strlen", "SigninLogs"]);
        has("T | wh§", &["where"], &["strlen"]);
        has("T | mv-ex§", &["mv-expand"], &["strlen"]);
        has("T\n| where x == 1\n|§", &["project-away"], &[]);
        has("T | join (U | §", &["where"], &[]);
    }

    #[test]
    fn columns_and_functions_stand_in_expressions() {
        has("SigninLogs | where §", &["UserPrincipalName", "strlen"], &["dcount", "where"]);
        has("SigninLogs | summarize §", &["UserPrincipalName", "dcount"], &[]);
        has("SigninLogs | summarize n = count() by §", &["UserPrincipalName"], &[]);
        has("SigninLogs | project A = AppId | where (A == 'x' and §", &["A"], &["AppId"]);
        has("let few = 3; SigninLogs | where strlen(AppId) > f§", &["few"], &[]);
        has("print ['a b'] = 1 | project §", &["a b"], &[]);
    }

    #[test]
    fn operators_of_expressions_stand_behind_operands() {
        has("SigninLogs | where AppId §", &["has", "in~", "and"], &["strlen", "AppId"]);
        has("SigninLogs | where AppId has 'x' §", &["and", "or"], &[]);
        has("SigninLogs | summarize count() §", &["by"], &[]);
    }

    #[test]
    fn tables_and_names_stand_at_the_beginning() {
        has("§", &["SigninLogs", "let", "union"], &["strlen"]);
        has("let t = SigninLogs; §", &["t", "AuditLogs"], &[]);
        has("let t = Sig§", &["SigninLogs"], &[]);
        has("SigninLogs | join kind=inner (§", &["AuditLogs"], &["strlen"]);
        has("union Sig§", &["SigninLogs"], &[]);
        has("union SigninLogs, §", &["AuditLogs"], &[]);
        has("let f = () { §", &["AuditLogs"], &[]);
    }

    #[test]
    fn a_dot_leads_to_columns_of_a_side_and_to_slots() {
        has("SigninLogs | join kind=inner (AuditLogs) on $left.§", &["UserPrincipalName"], &["OperationName2"]);
        has(
            "SigninLogs | join kind=inner (AuditLogs) on $left.a == $right.Op§",
            &["OperationName"],
            &["AppDisplayName"],
        );
        has("T | extend a = P.user, b = P[\"ip\"] | where P.§", &["user", "ip"], &["P"]);
    }

    #[test]
    fn options_have_their_values() {
        has("T | join kind=§", &["leftanti", "inner"], &["outer"]);
        has("T | evaluate bag§", &["bag_unpack"], &[]);
        has("T | extend a = toint(x), b = typeof(§", &["string"], &[]);
        assert!(offered("T // wh§").is_empty() && offered("T | where a == 'wh§").is_empty());
    }
}
