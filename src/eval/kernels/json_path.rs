//! Paths into dynamics: the part of `JSONPath` that Kusto documents, `$.a['b c'][0]`.

use crate::eval::dynamic::View;

/// A way from a dynamic to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To a slot of a bag; names are case-sensitive.
    Slot(String),
    /// To an element of an array, counted from 0.
    Element(usize),
}

impl Path {
    /// Reads a path: `$`, then `.name`, `['name']`, `["name"]` or `[0]` in any number. In quotes a backslash takes the
    /// meaning of the character behind it away. `None` where the text is no such path, wildcards and slices included.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, behind) = if let Some(name) = rest.strip_prefix('.') { dotted(name)? } else { bracketed(rest)? };
            steps.push(step);
            rest = behind;
        }
        Some(Self(steps))
    }

    /// Reads what the functions of bags take for a key: the name of a slot, or a path that begins with `$.` or `$[`.
    /// `None` for a path that is malformed or leads into an array, which they do not follow.
    pub fn of_key(key: &str) -> Option<Vec<String>> {
        if !key.starts_with("$.") && !key.starts_with("$[") {
            return Some(vec![key.to_owned()]);
        }
        let names = Self::parse(key)?.0.into_iter().map(|step| match step {
            Step::Slot(name) => Some(name),
            Step::Element(_) => None,
        });
        names.collect()
    }

    /// What the path leads to; `None` where there is no such slot or element.
    pub fn reach<'a>(&self, from: View<'a>) -> Option<View<'a>> {
        self.0.iter().try_fold(from, |view, step| match step {
            Step::Slot(name) => view.slot(name),
            Step::Element(index) => view.element(i64::try_from(*index).ok()?),
        })
    }

    /// The steps from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

fn dotted(text: &str) -> Option<(Step, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    (!name.is_empty() && name != "*").then(|| (Step::Slot(name.to_owned()), rest))
}

fn bracketed(text: &str) -> Option<(Step, &str)> {
    let inside = text.strip_prefix('[')?;
    let Some(quote) = inside.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let (index, rest) = inside.split_once(']')?;
        return Some((Step::Element(index.trim().parse().ok()?), rest));
    };
    let mut name = String::new();
    let mut chars = inside.char_indices().skip(1);
    loop {
        let (at, c) = chars.next()?;
        match c {
            '\\' => name.push(chars.next()?.1),
            c if c == quote => {
                let rest = inside.get(at + c.len_utf8()..)?.strip_prefix(']')?;
                return Some((Step::Slot(name), rest));
            }
            c => name.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dynamic;

    #[test]
    fn paths_lead_to_values() {
        let json = dynamic::parse(r#"{"a":{"b c":[10,{"d":"x"}]},"é":1,"q'":2}"#).unwrap();
        let bytes = dynamic::encode(&json);
        for (path, expected) in [
            ("$", Some(r#"{"a":{"b c":[10,{"d":"x"}]},"é":1,"q'":2}"#)),
            ("$.a['b c'][0]", Some("10")),
            (r#"$["a"]["b c"][1].d"#, Some(r#""x""#)),
            ("$.é", Some("1")),
            (r"$['q\'']", Some("2")),
            ("$.a.b", None),
            ("$.A", None),
            ("$.a['b c'][2]", None),
        ] {
            let found = Path::parse(path).unwrap().reach(View::new(&bytes)).map(dynamic::json_text);
            assert_eq!(found.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_not_read() {
        for text in
            ["", "a.b", "$a", "$.", "$..a", "$.a[", "$['a", "$['a'", "$[*]", "$.*", "$[-1]", "$[1:2]", "$['a'x]"]
        {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_names_or_paths_of_names() {
        for (key, expected) in [
            ("a.b", Some(vec!["a.b"])),
            ("$", Some(vec!["$"])),
            ("$.a.b", Some(vec!["a", "b"])),
            ("$['a b']", Some(vec!["a b"])),
            ("$.a[0]", None),
        ] {
            let names = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(Path::of_key(key), names, "{key}");
        }
    }
}
