//! What a rule says of its origin: who wrote it, under which licence, after which sources. Nothing is invented.

use super::{Node, Rule};

/// What a rule says of its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Credits {
    /// `author`, or `metadata.author.name`. Each key is looked for in the rule, and then in its `metadata`.
    pub author: Option<String>,
    /// `license`.
    pub license: Option<String>,
    /// `date`, where it is one: `2024-01-31`.
    pub date: Option<String>,
    /// `references`, and the addresses of pages that the description names before them.
    pub references: Vec<String>,
    /// `falsepositives` or `falsePositives`.
    pub false_positives: Vec<String>,
}

impl Credits {
    /// Gathers it.
    pub fn of(rule: &Rule) -> Self {
        let mut credits = Self::default();
        if let Some(description) = &rule.description {
            credits.references = links(&description.value);
        }
        if let Some(about) = rule.metadata.as_ref().map(|metadata| &metadata.value) {
            let author = about.get("author").map(|entry| &entry.value);
            let name = author.and_then(|node| node.get("name")).map(|entry| &entry.value);
            credits.author = name.or(author).and_then(text);
        }
        // `metadata` has no fixed shape, so that what the rule itself has no key for may stand there.
        let places =
            || [Some(&rule.node), rule.metadata.as_ref().map(|metadata| &metadata.value)].into_iter().flatten();
        for (key, slot) in
            [("license", &mut credits.license), ("author", &mut credits.author), ("date", &mut credits.date)]
        {
            for found in places().filter_map(|node| text(&node.get(key)?.value)) {
                slot.get_or_insert(found);
            }
        }
        credits.date = credits.date.take().filter(|date| is_date(date));
        for key in ["references", "falsepositives", "falsePositives"] {
            let list = if key == "references" { &mut credits.references } else { &mut credits.false_positives };
            for node in places().filter_map(|node| Some(&node.get(key)?.value)) {
                let items = node.as_sequence().map_or_else(|| vec![node], |items| items.iter().collect());
                for item in items.into_iter().filter_map(text) {
                    if !list.contains(&item) {
                        list.push(item);
                    }
                }
            }
        }
        credits
    }
}

fn text(node: &Node) -> Option<String> {
    let found = node.as_scalar().filter(|scalar| !scalar.is_null())?;
    Some(found.text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2)
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// The addresses of pages that a text names.
fn links(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"' | '\'' | '[' | ']')) {
        if let Some(at) = word.find("https://").or_else(|| word.find("http://")) {
            let link = word[at..].trim_end_matches(['.', ',', ';', ':', '!', '?']).to_owned();
            if !out.contains(&link) {
                out.push(link);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn credits(text: &str) -> Credits {
        let file = SourceFile::from_bytes("r.yaml", text.as_bytes().to_vec());
        Credits::of(&crate::rule::read(&file).rules[0])
    }

    #[test]
    fn links_are_found() {
        assert_eq!(
            links("See https://a.example/b, or (http://c.example/d?e=f)."),
            ["https://a.example/b", "http://c.example/d?e=f"]
        );
    }

    #[test]
    fn what_the_rule_says_is_carried_and_nothing_else() {
        assert_eq!(credits("query: T\nname: n\n"), Credits::default());
        let found = credits(
            "query: T\nname: n\nauthor: Ada\nlicense: MIT\ndate: 2024-01-31\nfalsepositives:\n  - none known\n\
             references:\n  - https://a.example\ndescription: after https://b.example.\n",
        );
        assert_eq!((found.author.as_deref(), found.license.as_deref()), (Some("Ada"), Some("MIT")));
        assert_eq!(found.references, ["https://b.example", "https://a.example"]);
        assert_eq!(found.false_positives, ["none known"]);
        let found =
            credits("query: T\nmetadata: {author: {name: Bob}, license: MIT, falsePositives: [x]}\nauthor: ~\n");
        assert_eq!((found.author.as_deref(), found.license.as_deref()), (Some("Bob"), Some("MIT")));
        assert_eq!(found.false_positives, ["x"]);
        assert_eq!(credits("query: T\ndate: last year\n").date, None);
    }
}
