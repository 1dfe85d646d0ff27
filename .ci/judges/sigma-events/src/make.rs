//! Events out of a rule's own detection items: such as fulfil them, and such as just miss them.

use serde_json::{Map, Value as Json};
use serde_yaml::Value as Yaml;

/// The fields of an event.
type Fields = Map<String, Json>;

/// Events for a rule, each different from the others.
pub fn events(rule: &Yaml) -> Vec<Fields> {
    let mut bases = Vec::new();
    let mut whole = Fields::new();
    if let Some(detection) = rule.get("detection").and_then(Yaml::as_mapping) {
        for (name, item) in detection {
            if name.as_str() == Some("condition") {
                continue;
            }
            for one in alternatives(item) {
                for (key, value) in &one {
                    whole.entry(key.clone()).or_insert_with(|| value.clone());
                }
                bases.push(one);
            }
        }
    }
    // Selections that have to hold together are held together by one event that has a bit of each.
    for base in bases.clone() {
        let mut both = whole.clone();
        both.extend(base);
        bases.push(both);
    }
    bases.push(whole);
    bases.push(Fields::new());
    let mut out: Vec<Fields> = Vec::new();
    for base in bases {
        for event in varied(&base) {
            if out.len() < 200 && !out.contains(&event) {
                out.push(event);
            }
        }
    }
    out
}

/// An event, and those that differ from it in one field.
fn varied(base: &Fields) -> Vec<Fields> {
    let mut out = vec![base.clone()];
    for (key, value) in base {
        let mut with = |value: Option<Json>| {
            let mut event = base.clone();
            match value {
                Some(value) => event.insert(key.clone(), value),
                None => event.remove(key),
            };
            out.push(event);
        };
        with(None);
        with(Some(Json::Null));
        with(Some(Json::String(String::new())));
        match value {
            Json::String(text) => {
                with(Some(Json::String(text.to_uppercase())));
                with(Some(Json::String(text.to_lowercase())));
                with(Some(Json::String(format!("{text}x"))));
                with(Some(Json::String(format!("x{text}"))));
                with(Some(Json::String(text.chars().skip(1).collect())));
            }
            Json::Number(number) => {
                with(number.as_i64().map(|n| Json::from(n + 1)));
                with(Some(Json::String(number.to_string())));
            }
            _ => {}
        }
    }
    out
}

/// The events that each fulfil one way of an item.
fn alternatives(item: &Yaml) -> Vec<Fields> {
    match item {
        Yaml::Mapping(map) => {
            let mut out = Vec::new();
            let widest = map.values().map(|value| value.as_sequence().map_or(1, Vec::len)).max().unwrap_or(1);
            for at in 0..widest.min(4) {
                let mut event = Fields::new();
                for (key, value) in map {
                    let mut parts = key.as_str().unwrap_or_default().split('|');
                    let field = parts.next().unwrap_or_default().to_owned();
                    let modifiers: Vec<&str> = parts.collect();
                    if let Some(value) = fulfilling(value, &modifiers, at) {
                        event.insert(field, value);
                    }
                }
                out.push(event);
            }
            out
        }
        Yaml::Sequence(items) => items.iter().flat_map(alternatives).collect(),
        Yaml::Null => Vec::new(),
        // A keyword is looked for in every field.
        other => scalar(other)
            .map(|text| Fields::from_iter([("Message".to_owned(), Json::String(format!("a {text} b")))]))
            .into_iter()
            .collect(),
    }
}

/// A value that fulfils an item, the one of the list at a position.
fn fulfilling(value: &Yaml, modifiers: &[&str], at: usize) -> Option<Json> {
    let values: Vec<&Yaml> = value.as_sequence().map_or_else(|| vec![value], |all| all.iter().collect());
    if modifiers.contains(&"all") {
        let texts: Vec<String> = values.iter().filter_map(|value| scalar(value)).map(|text| plain(&text)).collect();
        return Some(Json::String(texts.join(" ")));
    }
    let one = values.get(at % values.len().max(1))?;
    if let (Yaml::Number(number), true) = (one, modifiers.is_empty() || modifiers.iter().any(|m| m.len() <= 3)) {
        return serde_json::to_value(number).ok();
    }
    let text = plain(&scalar(one)?);
    Some(Json::String(match modifiers.first().copied() {
        Some("contains") => format!("a{text}b"),
        Some("startswith") => format!("{text}b"),
        Some("endswith") => format!("a{text}"),
        Some("cidr") => text.split('/').next().unwrap_or_default().to_owned(),
        _ => text,
    }))
}

/// A text in which wildcards stand for something.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|next| matches!(next, '*' | '?' | '\\')) => out.extend(chars.next()),
            '*' => out.push_str("any"),
            '?' => out.push('q'),
            other => out.push(other),
        }
    }
    out
}

fn scalar(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}
