//! What is due at a place, in the words of KQL.
//!
//! pest knows the rules it tried, not the words in them. So the grammar itself is asked: what stands before the fault
//! is completed in each way of a table, and a completion that makes it whole names something that is due there.

use super::fault::{Fault, shown};
use crate::diagnostic::{Diagnostic, code};
use crate::syntax::token::Kind;

/// A way on: what to call it, and words that take it.
struct Way {
    phrase: &'static str,
    words: &'static str,
}

const fn way(phrase: &'static str, words: &'static str) -> Way {
    Way { phrase, words }
}

/// A stage that stands for any.
const ANY_STAGE: &str = "| count";

/// What may be due anywhere, by what it is most useful to say first.
static WAYS: &[Way] = &[
    way("an operator such as `where`", "count"),
    way("a column or expression", "(1 + x)"),
    way("a table or expression", "(T)"),
    way("a name", "x"),
    way("a name and its value, as in `x = 1`", "x = 1"),
    way("a string", "\"x\""),
    way("a value", "1"),
    way("a name and its type, as in `x: string`", "x: string"),
    way("a type", "string"),
    way("`=` and a value", "= 1"),
    way("a list in parentheses", "(1)"),
    way("a range, as in `(1 .. 5)`", "(1 .. 2)"),
    way("`..` and the end of the range", ".. 2"),
    way("a call, as in `f(x)`", "f(x)"),
    way("rows in brackets", "[1]"),
    way("a sub-query in parentheses", "(take 1)"),
    way("columns with types in parentheses", "(x: string)"),
    way("columns with types in parentheses, then values in brackets", "(x: string) [\"a\"]"),
];

/// What may be due in the stage of an operator besides, and its form.
struct Form {
    operator: &'static str,
    /// How the operator is written.
    shape: &'static str,
    /// The keywords that part it.
    clauses: &'static [Way],
}

const BY: Way = way("`by`", "by x");
const BY_AND_BODY: Way = way("`by`", "by x (take 1)");

/// Every operator that a person writes, with its form. Sorted.
static FORMS: &[Form] = &[
    form("as", "as NAME", &[]),
    form("assert-schema", "assert-schema (COLUMN: TYPE, …)", &[]),
    form("consume", "consume", &[]),
    form("count", "count", &[]),
    form("distinct", "distinct COLUMN, …", &[]),
    form("evaluate", "evaluate PLUGIN(ARGUMENT, …)", &[]),
    form("extend", "extend NAME = EXPRESSION, …", &[]),
    form("facet", "facet by COLUMN, … with (OPERATOR …)", &[BY]),
    form("filter", "where CONDITION", &[]),
    form("find", "find in (TABLE, …) where CONDITION project COLUMN, …", &[way("`where`", "where x == 1")]),
    form("fork", "fork NAME = (OPERATOR …) …", &[]),
    form("getschema", "getschema", &[]),
    form("graph-mark-components", "graph-mark-components", &[]),
    form("graph-match", "graph-match (A)-[E]->(B) where CONDITION project NAME = EXPRESSION, …", &[]),
    form("graph-shortest-paths", "graph-shortest-paths (A)-[E*1..5]->(B) where CONDITION project …", &[]),
    form("graph-to-table", "graph-to-table nodes as NAME, edges as NAME", &[]),
    form("graph-where-edges", "graph-where-edges CONDITION", &[]),
    form("graph-where-nodes", "graph-where-nodes CONDITION", &[]),
    form("invoke", "invoke FUNCTION(ARGUMENT, …)", &[]),
    form("join", "join kind=KIND (TABLE) on COLUMN, …", &[way("`on`", "on x")]),
    form("limit", "take COUNT", &[]),
    form("lookup", "lookup kind=KIND (TABLE) on COLUMN, …", &[way("`on`", "on x")]),
    form("macro-expand", "macro-expand GROUP as NAME (QUERY)", &[]),
    form("make-graph", "make-graph SOURCE --> TARGET with NODES on COLUMN", &[way("`-->`", "--> x")]),
    form(
        "make-series",
        "make-series AGGREGATE, … on COLUMN from START to END step STEP by COLUMN, …",
        &[way("`on`", "on x step 1"), way("`step`", "step 1"), way("`by`", "by x")],
    ),
    form(
        "mv-apply",
        "mv-apply NAME = ARRAY to typeof(TYPE) on (OPERATOR …)",
        &[way("`on`", "on (take 1)"), way("`to typeof(…)`", "to typeof(long) on (take 1)")],
    ),
    form("mv-expand", "mv-expand NAME = ARRAY to typeof(TYPE), …", &[way("`to typeof(…)`", "to typeof(long)")]),
    form("order", "sort by COLUMN asc, …", &[BY]),
    form("parse", "parse COLUMN with \"text\" NAME \"text\" NAME: TYPE …", &[way("`with`", "with *")]),
    form(
        "parse-kv",
        "parse-kv COLUMN as (NAME: TYPE, …) with (pair_delimiter=\",\", …)",
        &[way("`as`", "as (x: string)")],
    ),
    form("parse-where", "parse-where COLUMN with \"text\" NAME \"text\" NAME: TYPE …", &[way("`with`", "with *")]),
    form("partition", "partition by COLUMN (OPERATOR …)", &[BY_AND_BODY]),
    form("print", "print NAME = EXPRESSION, …", &[]),
    form("project", "project NAME = EXPRESSION, …", &[]),
    form("project-away", "project-away COLUMN, …", &[]),
    form("project-keep", "project-keep COLUMN, …", &[]),
    form("project-rename", "project-rename NEW = OLD, …", &[]),
    form("project-reorder", "project-reorder COLUMN, …", &[]),
    form(
        "range",
        "range NAME from START to END step STEP",
        &[way("`from`", "from 1 to 2 step 1"), way("`to`", "to 2 step 1"), way("`step`", "step 1")],
    ),
    form("reduce", "reduce by COLUMN", &[BY]),
    form("render", "render CHART with (PROPERTY=VALUE, …)", &[]),
    form("sample", "sample COUNT", &[]),
    form("sample-distinct", "sample-distinct COUNT of COLUMN", &[way("`of`", "of x")]),
    form(
        "scan",
        "scan with (step NAME: CONDITION => NAME = EXPRESSION, …; …)",
        &[way("`with`", "with (step s: true;)")],
    ),
    form("search", "search in (TABLE, …) CONDITION", &[]),
    form("serialize", "serialize NAME = EXPRESSION, …", &[]),
    form("sort", "sort by COLUMN asc, …", &[BY]),
    form("summarize", "summarize NAME = AGGREGATE, … by COLUMN, …", &[BY]),
    form("take", "take COUNT", &[]),
    form("top", "top COUNT by COLUMN desc", &[BY]),
    form("top-hitters", "top-hitters COUNT of COLUMN by EXPRESSION", &[way("`of`", "of x")]),
    form("top-nested", "top-nested COUNT of COLUMN by AGGREGATE, …", &[way("`of`", "of x by y"), BY]),
    form("union", "union kind=KIND TABLE, …", &[]),
    form("where", "where CONDITION", &[]),
];

const fn form(operator: &'static str, shape: &'static str, clauses: &'static [Way]) -> Form {
    Form { operator, shape, clauses }
}

/// The tabular operators, and how each is written.
pub(super) fn shapes() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMS.iter().map(|form| (form.operator, form.shape))
}

fn find(operator: &str) -> Option<&'static Form> {
    FORMS.binary_search_by_key(&operator, |form| form.operator).ok().map(|index| &FORMS[index])
}

/// Whether a word names a tabular operator.
pub(super) fn is_operator(word: &str) -> bool {
    find(word).is_some()
}

/// The names of the tabular operators.
pub(super) fn operators() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.operator)
}

/// How an operator is written.
pub(super) fn form_of(operator: &str) -> Option<&'static str> {
    find(operator).map(|form| form.shape)
}

/// The keywords that part the stage of an operator.
pub(super) fn keywords(operator: &str) -> impl Iterator<Item = &'static str> {
    find(operator)
        .into_iter()
        .flat_map(|form| form.clauses)
        .filter_map(|way| way.words.split(' ').next())
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// What is due at the fault: one or two phrases, or none if nothing is known.
pub(super) fn due(fault: &Fault<'_>) -> Vec<&'static str> {
    let operator = fault.operator();
    let clauses = find(&operator).map_or(&[][..], |form| form.clauses);
    // A keyword stands behind an item, never behind a sign that wants one.
    let follows = fault.kind(-1) != Some(Kind::Sign) || matches!(fault.word(-1), ")" | "]" | "}");
    let mut phrases: Vec<&str> =
        clauses.iter().filter(|_| follows).filter(|way| fault.could_go_on(way.words)).map(|way| way.phrase).collect();
    let inside = fault.opener(fault.at).map(|open| fault.nth(open));
    let whole = fault.could_go_on("");
    if whole {
        // What stands there could end here, so nothing is missing; something is too much.
        if matches!(operator.as_str(), "where" | "filter") && inside.is_none() && fault.could_go_on("and x") {
            phrases.push("`and`");
        }
        if inside.is_some() || !phrases.is_empty() {
            phrases.extend(fault.could_go_on(", x").then_some("`,`"));
        }
        phrases.push(match inside {
            Some("(") => "`)`",
            Some("[") => "`]`",
            Some("{") if fault.word(-1) != ";" => "`;` or `}`",
            Some("{") => "`}`",
            _ if fault.could_go_on(ANY_STAGE) => "`|`",
            _ => "`;`",
        });
    } else if phrases.is_empty() {
        let ways = if fault.word(-1) == "|" { WAYS } else { &WAYS[1..] };
        phrases.extend(ways.iter().find(|way| fault.could_go_on(way.words)).map(|way| way.phrase));
    }
    phrases.truncate(3);
    phrases
}

/// The finding where no hint fits: what was due, what stands there, and the form of the operator.
pub(super) fn expected(fault: &Fault<'_>) -> Diagnostic {
    let span = fault.span(0);
    let due = alternatives(&due(fault));
    let found = shown(fault.word(0));
    let diagnostic = match (span.is_empty(), due.is_empty()) {
        (true, true) => Diagnostic::new(&code::UNEXPECTED_END, span, "the query ends too early"),
        (true, false) => Diagnostic::new(&code::UNEXPECTED_END, span, format!("the query ends where {due} is due"))
            .label(format!("{due} is due here")),
        (false, true) => Diagnostic::new(&code::UNEXPECTED, span, format!("unexpected `{found}`")),
        (false, false) => Diagnostic::new(&code::UNEXPECTED, span, format!("expected {due}, found `{found}`"))
            .label(format!("{due} is due here")),
    };
    with_form(diagnostic, &fault.operator())
}

/// Adds the form of an operator.
pub(super) fn with_form(diagnostic: Diagnostic, operator: &str) -> Diagnostic {
    match form_of(operator) {
        Some(form) => diagnostic.note(format!("the form is `{form}`")),
        None => diagnostic,
    }
}

fn alternatives(phrases: &[&str]) -> String {
    match phrases {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_sorted_and_name_operators_of_the_grammar() {
        assert!(FORMS.is_sorted_by_key(|form| form.operator));
        let grammar = include_str!("../../../grammar/kql.pest");
        for form in FORMS {
            let word = format!("\"{}\"", form.operator);
            assert!(grammar.contains(&word), "the grammar does not know {word}");
        }
    }

    #[test]
    fn clauses_belong_to_their_forms() {
        for form in FORMS {
            for clause in form.clauses {
                let word = clause.phrase.trim_matches('`').split(' ').next().unwrap();
                assert!(form.shape.contains(word), "{word} is not in the form of {}", form.operator);
            }
        }
    }
}
