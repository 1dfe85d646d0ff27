//! Patterns with wildcards: as the operator that looks for the same, or as a regular expression.

/// What a pattern asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// That there is something.
    Filled,
    /// This text.
    Equals(String),
    /// This beginning.
    Starts(String),
    /// This end.
    Ends(String),
    /// This part.
    Contains(String),
    /// What this regular expression matches, letter case to be judged by whoever asks.
    Regex(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Any,
    One,
}

/// What a pattern asks for in which `*` stands for anything, and with `glob` also `?` for a character and a backslash
/// for what follows it.
pub(super) fn form(pattern: &str, glob: bool) -> Form {
    let pieces = pieces(pattern, glob);
    match pieces.as_slice() {
        [] => Form::Equals(String::new()),
        [Piece::Any] => Form::Filled,
        [Piece::Text(text)] => Form::Equals(text.clone()),
        [Piece::Text(text), Piece::Any] => Form::Starts(text.clone()),
        [Piece::Any, Piece::Text(text)] => Form::Ends(text.clone()),
        [Piece::Any, Piece::Text(text), Piece::Any] => Form::Contains(text.clone()),
        _ => {
            let (first, last) = (pieces.first() == Some(&Piece::Any), pieces.last() == Some(&Piece::Any));
            let inner = &pieces[usize::from(first)..pieces.len() - usize::from(last)];
            let mut text = String::from(if first { "" } else { "^" });
            for piece in inner {
                match piece {
                    Piece::Text(literal) => text.push_str(&regex::escape(literal)),
                    Piece::Any => text.push_str(".*"),
                    Piece::One => text.push('.'),
                }
            }
            if !last {
                text.push('$');
            }
            Form::Regex(text)
        }
    }
}

fn pieces(pattern: &str, glob: bool) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' => {
                if out.last() != Some(&Piece::Any) {
                    out.push(Piece::Any);
                }
                continue;
            }
            '?' if glob => {
                out.push(Piece::One);
                continue;
            }
            '\\' if glob => chars.next().unwrap_or('\\'),
            other => other,
        };
        match out.last_mut() {
            Some(Piece::Text(text)) => text.push(literal),
            _ => out.push(Piece::Text(literal.to_string())),
        }
    }
    out
}

/// A regular expression of PCRE as one of Kusto's, if it reads as one.
pub(super) fn kusto(pattern: &str, anchored: bool, folded: bool) -> Option<String> {
    let flags = if folded { "(?i)" } else { "" };
    let text = if anchored { format!("{flags}^(?:{pattern})$") } else { format!("{flags}{pattern}") };
    regex::Regex::new(&text).is_ok().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_at_the_ends_are_operators() {
        for (pattern, expected) in [
            ("a", Form::Equals("a".into())),
            ("a*", Form::Starts("a".into())),
            ("*a", Form::Ends("a".into())),
            ("**a*", Form::Contains("a".into())),
            ("*", Form::Filled),
            (r"\*a*", Form::Starts("*a".into())),
            ("a.?b*", Form::Regex(r"^a\..b".into())),
            ("*a*b", Form::Regex("a.*b$".into())),
        ] {
            assert_eq!(form(pattern, true), expected, "{pattern}");
        }
        assert_eq!(form(r"C:\a?*", false), Form::Starts(r"C:\a?".into()));
    }

    #[test]
    fn what_kusto_cannot_read_is_told() {
        assert_eq!(kusto(r"a\d+", false, true).as_deref(), Some(r"(?i)a\d+"));
        assert_eq!(kusto("a(?=b)", false, false), None);
    }
}
