//! Functions that take URLs, file paths, versions and command lines apart.

use std::sync::Arc;

use super::arguments::text;
use super::{Env, Kernel};
use crate::eval::Cell;
use crate::ir::Json;
use crate::literal::Decimal;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::row("parse_url", |_, args| Cell::dynamic(&url(&text(args, 0)))),
    Kernel::row("parseurl", |_, args| Cell::dynamic(&url(&text(args, 0)))),
    Kernel::row("parse_urlquery", parse_urlquery),
    Kernel::row("parseurlquery", parse_urlquery),
    Kernel::row("parse_path", |_, args| Cell::dynamic(&path(&text(args, 0)))),
    Kernel::row("parse_version", |_, args| version(&text(args, 0)).map_or(Cell::Null, Cell::Decimal)),
    Kernel::row("parse_command_line", parse_command_line),
];

/// A bag of texts.
fn bag(slots: &[(&str, &str)]) -> Vec<(Arc<str>, Json)> {
    slots.iter().map(|(name, value)| ((*name).into(), Json::String((*value).into()))).collect()
}

const QUERY: &str = "Query Parameters";

/// Takes a URL apart, and decodes nothing. A text without scheme gives a bag whose parts are all empty. A user's name
/// without a password is part of the host, and a path of just `/` at the end of the URL is empty: so Kusto's emulator
/// has it.
fn url(url: &str) -> Json {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", ""),
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path == "/" && url.ends_with('/') { "" } else { path };
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) if user.contains(':') => (user, place),
        _ => ("", authority),
    };
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    // An IPv6 address has colons of its own, in brackets.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (place, ""),
    };
    let mut slots = bag(&[
        ("Scheme", scheme),
        ("Host", host),
        ("Port", port),
        ("Path", path),
        ("Username", user),
        ("Password", password),
    ]);
    slots.push((QUERY.into(), parameters(query)));
    slots.extend(bag(&[("Fragment", fragment)]));
    Json::Bag(slots)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// The parameters of a query; several of one name make an array, and those without name or value are left out.
fn parameters(query: &str) -> Json {
    let mut slots: Vec<(Arc<str>, Json)> = Vec::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if name.is_empty() || value.is_empty() {
            continue;
        }
        let value = Json::String(value.into());
        match slots.iter_mut().find(|(slot, _)| slot.as_ref() == name) {
            None => slots.push((name.into(), value)),
            Some((_, Json::Array(values))) => values.push(value),
            Some((_, first)) => *first = Json::Array(vec![first.clone(), value]),
        }
    }
    slots.sort_by(|(a, _), (b, _)| a.cmp(b));
    Json::Bag(slots)
}

fn parse_urlquery<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let query = text(args, 0);
    let query = query.strip_prefix('?').unwrap_or(&query);
    Cell::dynamic(&Json::Bag(vec![(QUERY.into(), parameters(query))]))
}

/// Takes a file path apart, with slashes of either kind.
fn path(path: &str) -> Json {
    let (scheme, rest) = match path.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", path),
    };
    let root = drive(rest);
    let (directory, file) = match rest.rfind(['/', '\\']) {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        // A drive alone, or a file on it that no slash parts from it.
        None => rest.split_at(root.len()),
    };
    let name = directory.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = if name == root { "" } else { name };
    let (file, stream) = file.split_once(':').unwrap_or((file, ""));
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    Json::Bag(bag(&[
        ("Scheme", scheme),
        ("RootPath", root),
        ("DirectoryPath", directory),
        ("DirectoryName", name),
        ("Filename", file),
        ("Extension", extension),
        ("AlternateDataStreamName", stream),
    ]))
}

/// The drive of a Windows path, of a long one (`\\?\C:\…`) too.
fn drive(path: &str) -> &str {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => path.get(..2).unwrap_or_default(),
        _ => "",
    }
}

/// The parts that a version can have, and the digits of each.
const VERSION_PARTS: usize = 4;
const VERSION_DIGITS: usize = 8;

/// A number that orders versions: each part has eight digits of it. Parts that are not there are 0.
fn version(version: &str) -> Option<Decimal> {
    let parts: Vec<&str> = version.split('.').collect();
    let is_part =
        |part: &&str| (1..=VERSION_DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > VERSION_PARTS || !parts.iter().all(is_part) {
        return None;
    }
    let number = |at: usize| parts.get(at).map_or(Some(0), |part| part.parse::<i128>().ok());
    let whole = (0..VERSION_PARTS).try_fold(0, |whole, at| Some(whole * 100_000_000 + number(at)?))?;
    Some(Decimal::new(whole, 0))
}

fn parse_command_line<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    if !text(args, 1).eq_ignore_ascii_case("windows") {
        return Cell::Null;
    }
    let arguments = windows_arguments(&text(args, 0));
    Cell::dynamic(&Json::Array(arguments.into_iter().map(|argument| Json::String(argument.into())).collect()))
}

/// The arguments of a command line, by the rules of `CommandLineToArgvW`: the program's name ends at the next quote or
/// white space, whatever backslashes say; in what follows, backslashes before a quote take its meaning away in pairs,
/// and of three quotes in a row one is meant.
fn windows_arguments(line: &str) -> Vec<String> {
    let is_blank = |c: char| c == ' ' || c == '\t';
    if line.is_empty() {
        return Vec::new();
    }
    let (program, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => line.split_at(line.find(is_blank).unwrap_or(line.len())),
    };
    let mut arguments = vec![program.to_owned()];
    let mut chars = rest.trim_start_matches(is_blank).chars().peekable();
    while chars.peek().is_some() {
        let mut argument = String::new();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    let mut slashes = 1;
                    while chars.next_if_eq(&'\\').is_some() {
                        slashes += 1;
                    }
                    if chars.peek() == Some(&'"') {
                        argument.extend(std::iter::repeat_n('\\', slashes / 2));
                        if slashes % 2 == 1 {
                            chars.next();
                            argument.push('"');
                        }
                    } else {
                        argument.extend(std::iter::repeat_n('\\', slashes));
                    }
                }
                '"' => {
                    // Counted since the last that opened: the second closes, the third stands for itself.
                    let mut quotes = 1 + usize::from(quoted);
                    while chars.next_if_eq(&'"').is_some() {
                        quotes += 1;
                        if quotes == 3 {
                            argument.push('"');
                            quotes = 0;
                        }
                    }
                    quoted = quotes == 1;
                }
                c if is_blank(c) && !quoted => break,
                c => argument.push(c),
            }
        }
        arguments.push(argument);
        while chars.next_if(|c| is_blank(*c)).is_some() {}
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;
    use crate::types::Type;

    fn s(text: &str) -> Cell<'_> {
        Cell::string(text)
    }

    /// The parts of a URL, path or the like by name, those that are not empty.
    fn parts(function: &str, text: &str) -> Vec<String> {
        let Some(Json::Bag(slots)) = call(function, Type::Dynamic, &[s(text)]).to_json() else { panic!("{text}") };
        let shown = slots.iter().map(|(name, value)| format!("{name}={}", Cell::dynamic(value).to_text()));
        shown.filter(|part| !part.ends_with('=') && !part.ends_with("={}")).collect()
    }

    #[test]
    fn urls_are_taken_apart() {
        for (text, expected) in [
            (
                "scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment",
                vec![
                    "Scheme=scheme",
                    "Host=host",
                    "Port=1234",
                    "Path=/this/is/a/path",
                    "Username=username",
                    "Password=password",
                    r#"Query Parameters={"k1":"v1","k2":"v2"}"#,
                    "Fragment=fragment",
                ],
            ),
            ("https://user@h.io/p", vec!["Scheme=https", "Host=user@h.io", "Path=/p"]),
            ("https://h.io/", vec!["Scheme=https", "Host=h.io"]),
            ("https://h.io/?x=1", vec!["Scheme=https", "Host=h.io", "Path=/", r#"Query Parameters={"x":"1"}"#]),
            ("https://h.io/#", vec!["Scheme=https", "Host=h.io", "Path=/"]),
            (
                "https://h.io/p?x=1&y=2&x=3&k=&=v&flag",
                vec!["Scheme=https", "Host=h.io", "Path=/p", r#"Query Parameters={"x":["1","3"],"y":"2"}"#],
            ),
            ("HTTPS://H.IO/a%20b", vec!["Scheme=HTTPS", "Host=H.IO", "Path=/a%20b"]),
            ("https://[::1]:80/p", vec!["Scheme=https", "Host=[::1]", "Port=80", "Path=/p"]),
            ("https://[::1]/p", vec!["Scheme=https", "Host=[::1]", "Path=/p"]),
            ("not a url", vec![]),
            ("//h.io/p", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(parts("parse_url", text), expected, "{text}");
        }
        assert_eq!(parts("parse_urlquery", "k1=v1&k2=v2"), [r#"Query Parameters={"k1":"v1","k2":"v2"}"#]);
    }

    #[test]
    fn paths_are_taken_apart() {
        for (text, expected) in [
            (
                r"C:\temp\file.txt",
                vec![
                    "RootPath=C:",
                    r"DirectoryPath=C:\temp",
                    "DirectoryName=temp",
                    "Filename=file.txt",
                    "Extension=txt",
                ],
            ),
            (r"temp\file.txt", vec!["DirectoryPath=temp", "DirectoryName=temp", "Filename=file.txt", "Extension=txt"]),
            (
                "file://C:/temp/file.txt:some.exe",
                vec![
                    "Scheme=file",
                    "RootPath=C:",
                    "DirectoryPath=C:/temp",
                    "DirectoryName=temp",
                    "Filename=file.txt",
                    "Extension=txt",
                    "AlternateDataStreamName=some.exe",
                ],
            ),
            (
                r"\\shared\users\temp\file.txt.gz",
                vec![
                    r"DirectoryPath=\\shared\users\temp",
                    "DirectoryName=temp",
                    "Filename=file.txt.gz",
                    "Extension=gz",
                ],
            ),
            ("/usr/lib/temp/file", vec!["DirectoryPath=/usr/lib/temp", "DirectoryName=temp", "Filename=file"]),
            (r"\\?\C:\a\b", vec!["RootPath=C:", r"DirectoryPath=\\?\C:\a", "DirectoryName=a", "Filename=b"]),
            (r"C:\b", vec!["RootPath=C:", "DirectoryPath=C:", "Filename=b"]),
            ("", vec![]),
        ] {
            assert_eq!(parts("parse_path", text), expected, "{text}");
        }
    }

    #[test]
    fn versions_become_numbers_that_sort() {
        calls(
            Type::Decimal,
            &[
                ("parse_version", vec![s("0.0.0.5")], "5"),
                ("parse_version", vec![s("0.0.7.0")], "700000000"),
                ("parse_version", vec![s("0.2")], "20000000000000000"),
                ("parse_version", vec![s("1.2.3.4")], "1000000020000000300000004"),
                ("parse_version", vec![s("1")], "1000000000000000000000000"),
                ("parse_version", vec![s("1.2.3.4.5")], ""),
                ("parse_version", vec![s("1.123456789")], ""),
                ("parse_version", vec![s("1.x")], ""),
                ("parse_version", vec![s("1.")], ""),
                ("parse_version", vec![s("")], ""),
            ],
        );
    }

    #[test]
    fn command_lines_are_cut_as_windows_does() {
        for (line, expected) in [
            (r#"echo "hello world!""#, vec!["echo", "hello world!"]),
            (r#""C:\a b\x.exe" -y  z"#, vec![r"C:\a b\x.exe", "-y", "z"]),
            (r#"a "b c" d"#, vec!["a", "b c", "d"]),
            (r#"a "ab\"c" "\\" d"#, vec!["a", "ab\"c", "\\", "d"]),
            (r#"a a\\\b d"e f"g h"#, vec!["a", r"a\\\b", "de fg", "h"]),
            (r#"a a\\\"b c d"#, vec!["a", "a\\\"b", "c", "d"]),
            (r#"a a\\\\"b c" d e"#, vec!["a", "a\\\\b c", "d", "e"]),
            (r#"a """ b"#, vec!["a", "\"", "b"]),
            (r#"a "" b"#, vec!["a", "", "b"]),
            (" a", vec!["", "a"]),
            ("a ", vec!["a"]),
            ("", vec![]),
        ] {
            assert_eq!(windows_arguments(line), expected, "{line}");
        }
        assert!(call("parse_command_line", Type::Dynamic, &[s("a"), s("bash")]).is_null());
    }
}
