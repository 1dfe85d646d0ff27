//! Patterns in the dialect of Java, which `REPLACE` and `GROK` search with.

/// A pattern of Java's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Java {
    /// The pattern.
    pub(super) pattern: String,
    /// Whether something in it may mean something else to Java.
    pub(super) doubtful: bool,
}

/// A pattern of Kusto's dialect in Java's. Both search, count without lines unless told to, and know the same escapes;
/// names of groups, names of classes and a few flags differ.
pub(super) fn java(source: &str) -> Java {
    let mut pattern = String::with_capacity(source.len());
    let mut doubtful = source.contains("[[:") || source.contains("--") || source.contains("~~");
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('\\') {
            let escaped = after.chars().next();
            pattern.push('\\');
            pattern.extend(escaped);
            rest = &after[escaped.map_or(0, char::len_utf8)..];
        } else if let Some((name, after)) = named_group(rest) {
            // Java's names of groups are letters and digits.
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            let usable = name.starts_with(|c: char| c.is_ascii_alphabetic());
            pattern.push_str(if usable { "(?<" } else { "(" });
            pattern.push_str(if usable { &name } else { "" });
            pattern.push_str(if usable { ">" } else { "" });
            rest = after;
        } else {
            if let Some(flags) = rest.strip_prefix("(?").and_then(|flags| flags.split([')', ':']).next()) {
                doubtful |= flags.chars().all(|c| c.is_ascii_alphabetic() || c == '-') && flags.contains(['U', 'R']);
            }
            pattern.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Java { pattern, doubtful }
}

/// The name of the group that a pattern begins with, and what follows the name.
fn named_group(rest: &str) -> Option<(&str, &str)> {
    let after = rest.strip_prefix("(?P<").or_else(|| rest.strip_prefix("(?<"))?;
    if after.starts_with(['=', '!']) {
        return None;
    }
    after.split_once('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_become_those_of_java() {
        for (kusto, wanted, doubtful) in [
            (r"^a\bc$", r"^a\bc$", false),
            ("(?P<the_name>x)", "(?<thename>x)", false),
            ("(?<n>x)", "(?<n>x)", false),
            (r"\(?P<n>", r"\(?P<n>", false),
            ("(?i)x", "(?i)x", false),
            ("(?U)x+", "(?U)x+", true),
            ("[[:alpha:]]", "[[:alpha:]]", true),
        ] {
            assert_eq!(java(kusto), Java { pattern: wanted.to_owned(), doubtful }, "{kusto}");
        }
    }
}
