//! What may stand at the cursor in the YAML of a rule, outside its query.
//!
//! The lines above the cursor are read by their indentation, not as YAML: they have to lead somewhere while the file is
//! being written and cannot be parsed.

use super::complete::Offer;
use super::protocol::CompletionKind as Is;
use crate::lint::vocabulary;
use crate::source::Span;

/// A line of YAML as far as completion looks at it.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    /// Blanks before its first word, a `- ` among them.
    indent: usize,
    /// Whether it begins an item of a list, and where the mark stands.
    item: Option<usize>,
    /// Its key.
    key: Option<&'t str>,
    /// What stands behind the key, or the whole where there is none.
    value: &'t str,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Self {
        let trimmed = line.trim_start_matches(' ');
        let outer = line.len() - trimmed.len();
        let (item, rest) = match trimmed.strip_prefix('-') {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => (Some(outer), rest.trim_start_matches(' ')),
            _ => (None, trimmed),
        };
        let indent = line.len() - rest.len();
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let behind = rest[word..].strip_prefix(':').filter(|_| word > 0);
        let value = behind.filter(|value| value.is_empty() || value.starts_with([' ', '\t']));
        match value {
            Some(value) => Self { indent, item, key: Some(&rest[..word]), value: value.trim() },
            None => Self { indent, item, key: None, value: rest.trim() },
        }
    }
}

/// What may be written at an offset of a rule file, and the words it takes the place of.
pub(super) fn offers(text: &str, at: usize) -> (Vec<Offer>, Span) {
    let line_start = text[..at].rfind(['\n', '\r']).map_or(0, |before| before + 1);
    let before = &text[line_start..at];
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let word = before
        .rfind(|c: char| !in_word(c))
        .map_or(0, |place| place + before[place..].chars().next().map_or(1, char::len_utf8));
    let span = Span::new(line_start + word, at);
    let line = Line::of(before);
    let whole: Vec<&str> = text[..line_start].lines().collect();
    let above: Vec<Line<'_>> = whole.iter().map(|line| Line::of(line)).collect();
    let path = path(&above, &line);
    let used = used(text, line_start, &line);
    // Behind `key: `, or within `[a, b]` behind it; else an item of a list, or the beginning of a key.
    let mut offers = if let Some(key) = line.key {
        values(&joined(&path, key), text, &above, &line)
    } else if line.item.is_some() {
        values(&path, text, &above, &line)
    } else {
        Vec::new()
    };
    if line.key.is_none() && offers.is_empty() && !line.value.contains([':', '[', '"', '\'', '#']) {
        offers = keys(&path, &used);
    }
    (offers, span)
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The keys that the line stands below.
fn path(above: &[Line<'_>], line: &Line<'_>) -> String {
    let mut keys = Vec::new();
    // An item stands below a key that is not further in; a key below one that is further out.
    let mut within = line.item.map_or(line.indent, |mark| mark + 1);
    for line in above.iter().rev() {
        if line.key.is_none() && (line.value.is_empty() && line.item.is_none() || line.value.starts_with('#')) {
            continue;
        }
        if let Some(mark) = line.item.filter(|mark| *mark < within && line.indent >= within) {
            within = mark + 1;
        } else if line.indent < within {
            if let Some(key) = line.key.filter(|_| line.value.is_empty() || line.value.starts_with('#')) {
                keys.push(key);
            }
            within = line.item.map_or(line.indent, |mark| mark + 1);
        }
        if within == 0 {
            break;
        }
    }
    keys.reverse();
    keys.join(".")
}

/// The keys that stand beside the line already.
fn used<'t>(text: &'t str, line_start: usize, line: &Line<'_>) -> Vec<&'t str> {
    let mut used = Vec::new();
    let mut collect = |lines: &mut dyn Iterator<Item = &'t str>, upwards: bool| {
        for text in lines {
            let other = Line::of(text);
            if other.key.is_none() && other.value.is_empty() && other.item.is_none() {
                continue;
            }
            let begins = other.item.is_some() && other.indent == line.indent;
            if other.indent < line.indent || begins && !upwards {
                return;
            }
            if other.indent == line.indent {
                used.extend(other.key);
            }
            if begins {
                return;
            }
        }
    };
    if line.item.is_none() {
        collect(&mut text[..line_start].lines().rev(), true);
    }
    let rest = text[line_start..].split_once('\n').map_or("", |(_, rest)| rest);
    collect(&mut rest.lines(), false);
    used
}

fn keys(path: &str, used: &[&str]) -> Vec<Offer> {
    let keys = vocabulary::keys(path).iter().filter(|key| !used.contains(*key));
    keys.map(|key| {
        let mut offer = Offer::new(*key, Is::Property, if path.is_empty() { "rule" } else { path }, 0);
        offer.text = Some(format!("{key}: "));
        offer
    })
    .collect()
}

/// The values of the key at a path.
fn values(path: &str, text: &str, above: &[Line<'_>], line: &Line<'_>) -> Vec<Offer> {
    match path {
        "relevantTechniques" => {
            let tactics = items(text, "tactics");
            let known: Vec<&str> = tactics.iter().map(String::as_str).collect();
            let known = if known.iter().any(|tactic| vocabulary::values("tactics").contains(tactic)) {
                known
            } else {
                Vec::new()
            };
            let techniques = vocabulary::techniques(&known);
            techniques
                .into_iter()
                .map(|(number, tactics)| Offer::new(number, Is::EnumMember, tactics.join(", "), 0))
                .collect()
        }
        "entityMappings.fieldMappings.identifier" => {
            let of = entity(above, line);
            let identifiers = of.map(vocabulary::identifiers).unwrap_or_default();
            identifiers.iter().map(|name| Offer::new(*name, Is::EnumMember, of.unwrap_or_default(), 0)).collect()
        }
        _ => vocabulary::values(path).into_iter().map(|value| Offer::new(value, Is::EnumMember, "", 0)).collect(),
    }
}

/// The type of the entity whose mapping the line belongs to.
fn entity<'t>(above: &[Line<'t>], line: &Line<'_>) -> Option<&'t str> {
    let outer = above.iter().rev().find(|other| other.key == Some("fieldMappings"))?;
    if outer.indent > line.indent {
        return None;
    }
    let types = above.iter().rev().filter(|other| other.key == Some("entityType"));
    types.map(|other| other.value.trim_matches(['"', '\''])).next()
}

/// The items of a list under a key of the rule, in either form.
fn items(text: &str, key: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut within = false;
    for line in text.lines() {
        let line = Line::of(line);
        if line.indent == 0 && line.key.is_some() {
            within = line.key == Some(key);
            if within {
                let listed = line.value.trim_matches(['[', ']']).split(',').map(str::trim);
                items.extend(listed.filter(|item| !item.is_empty()).map(str::to_owned));
            }
        } else if within && line.item.is_some() {
            items.push(line.value.trim_matches(['"', '\'']).to_owned());
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offered(marked: &str) -> Vec<String> {
        let at = marked.find('§').unwrap();
        offers(&marked.replace('§', ""), at).0.into_iter().map(|offer| offer.label).collect()
    }

    fn has(marked: &str, wanted: &str, unwanted: &str) {
        let offered = offered(marked);
        assert!(offered.iter().any(|label| label == wanted), "{marked}: {offered:?}");
        assert!(!offered.iter().any(|label| label == unwanted), "{marked}: {offered:?}");
    }

    #[test]
    fn keys_are_those_of_their_mapping_that_are_not_there_yet() {
        has("id: 1\nsev§\nname: x\n", "severity", "id");
        has("id: 1\nsev§\nname: x\n", "severity", "name");
        has("entityMappings:\n  - ent§\n", "entityType", "severity");
        has("entityMappings:\n  - entityType: IP\n    §\n", "fieldMappings", "entityType");
        has(
            "entityMappings:\n- entityType: IP\n  fieldMappings:\n  - identifier: Address\n    §",
            "columnName",
            "identifier",
        );
        has("incidentConfiguration:\n  groupingConfiguration:\n    §", "lookbackDuration", "createIncident");
        has("entityMappings:\n  - entityType: IP\n\n§", "severity", "entityMappings");
        has("entityMappings: # those that matter\n  # the host\n  - §\n", "entityType", "severity");
    }

    #[test]
    fn values_are_those_of_their_key() {
        has("severity: §", "High", "NRT");
        has("severity: Hi§\nname: x", "High", "NRT");
        has("tactics:\n  - §", "Impact", "High");
        has("tactics: [Impact, §", "Persistence", "High");
        has("entityMappings:\n  - entityType: §", "Account", "Address");
        has("entityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: §", "Address", "Sid");
        has("tactics:\n- Impact\nrelevantTechniques:\n- T14§", "T1486", "T1003");
        has("eventGroupingSettings:\n  aggregationKind: §", "SingleAlert", "High");
        assert!(offered("name: §").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "(tactics:|entityMappings:|- |  |\n|\r|severity: |[\\[\\]:#'\"]|\u{e9}|x){0,24}", at in 0usize..100) {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let (_, span) = offers(&text, at);
            prop_assert!(text.get(span.range()).is_some());
        }
    }
}
