//! Texts that are no KQL at all.

use crate::diagnostic::{Diagnostic, code};
use crate::syntax::token::{Kind, Token, tokens};

/// How another query language is known.
struct Language {
    name: &'static str,
    /// Whether the words of a text, in small letters, are of it.
    is: fn(&[&str]) -> bool,
    help: &'static str,
}

static LANGUAGES: &[Language] = &[
    Language {
        name: "SQL",
        is: |words| {
            matches!(words, ["select", second, ..] if !matches!(*second, "=" | "==" | "|" | "("))
                && words.contains(&"from")
                || matches!(words, ["with", _, "as", "(", "select", ..])
        },
        help: "begin with the table, then filter and shape it: `TABLE | where CONDITION | project COLUMN, …`",
    },
    Language {
        name: "Splunk SPL",
        is: |words| {
            let begins = match words {
                ["search", rest @ ..] | rest => {
                    matches!(rest, ["index" | "sourcetype" | "source" | "host" | "eventtype", "=", ..])
                        || matches!(rest, ["|", "tstats" | "inputlookup" | "makeresults" | "rest" | "metadata", ..])
                        || matches!(rest, ["`", ..])
                }
            };
            begins && !words.contains(&"let")
        },
        help: "a table stands in the place of `index=`, and `where`, `summarize` and `extend` in those of `search`, `stats` and `eval`",
    },
    Language {
        name: "a Sigma rule",
        is: |words| {
            words.windows(2).any(|pair| pair == ["logsource", ":"])
                && words.windows(2).any(|pair| pair == ["detection", ":"])
        },
        help: "`kqlc parse --from sigma` reads Sigma rules",
    },
    Language {
        name: "Elastic EQL",
        is: |words| {
            matches!(words, ["sequence", "by" | "with" | "[", ..])
                || matches!(
                    words,
                    ["process" | "file" | "network" | "registry" | "any" | "dns" | "library", "where", ..]
                ) && !words.contains(&"|")
        },
        help: "`kqlc parse --from eql` reads EQL; in KQL a query begins with a table: `TABLE | where CONDITION`",
    },
    Language {
        name: "Elastic ES|QL",
        is: |words| matches!(words, ["from", second, third, ..] if *second != "=" && *second != "|" && matches!(*third, "|" | "-" | "," | "metadata" | "*")),
        help: "`kqlc parse --from esql` reads ES|QL; in KQL the table stands alone: `TABLE | where CONDITION`",
    },
];

/// Words that tell a language stand near the beginning; a Sigma rule's within a page.
const LOOKED_AT: usize = 400;

/// One finding if the text is of another language altogether.
pub(super) fn language(text: &str) -> Option<Diagnostic> {
    let head = text.char_indices().nth(LOOKED_AT * 10).map_or(text, |(end, _)| &text[..end]);
    let tokens: Vec<Token> = tokens(head).into_iter().take(LOOKED_AT).collect();
    let lower: Vec<String> = tokens.iter().map(|token| token.span.of(text).to_ascii_lowercase()).collect();
    let words: Vec<&str> = lower.iter().map(String::as_str).collect();
    let language = LANGUAGES.iter().find(|language| (language.is)(&words))?;
    let first = tokens.iter().find(|token| token.kind == Kind::Word).or(tokens.first())?;
    Some(
        Diagnostic::new(&code::FOREIGN_LANGUAGE, first.span, format!("this is {}, not KQL", language.name))
            .label("so the text begins")
            .help(language.help),
    )
}
