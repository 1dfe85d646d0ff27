//! Templates of packages: minijinja over `targets/<name>/templates/`, with filters that quote by each format's rules.

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use serde::Serialize;

use crate::target::{DataError, DataFile};

/// A template built in.
macro_rules! template {
    ($path:literal) => {
        DataFile { name: concat!("targets/", $path), text: include_str!(concat!("../../targets/", $path)) }
    };
}

/// Every template.
pub(super) const TEMPLATES: &[DataFile<'static>] = &[
    template!("splunk/templates/savedsearch.conf.j2"),
    template!("splunk/templates/escu.yml.j2"),
    template!("elastic/templates/rule.json.j2"),
    template!("elastic/templates/rule.toml.j2"),
    template!("page/templates/page.html.j2"),
];

/// The templates at hand.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    /// The names of the files they are from, in the order of [`TEMPLATES`].
    files: Vec<&'static str>,
}

impl Templates {
    /// Reads them.
    ///
    /// # Errors
    /// The first mistake, with file and line.
    pub(super) fn load() -> Result<Self, DataError> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html.j2") { AutoEscape::Html } else { AutoEscape::None }
        });
        environment.add_filter("conf", conf);
        environment.add_filter("toml", toml);
        environment.add_filter("yaml", yaml);
        environment.add_filter("json", json);
        environment.add_filter("duration", duration);
        let mut files = Vec::new();
        for template in TEMPLATES {
            let file = template.current()?;
            files.push(file.name);
            environment.add_template_owned(template.name, file.text).map_err(|error| told(&error, file.name))?;
        }
        Ok(Self { environment, files })
    }

    /// Renders the template of a path below `targets/`.
    ///
    /// # Errors
    /// A mistake in the template, with file and line.
    pub(super) fn render(&self, path: &str, context: impl Serialize) -> Result<String, DataError> {
        let at = TEMPLATES.iter().position(|template| template.name.strip_prefix("targets/") == Some(path));
        let known = at.and_then(|at| Some((TEMPLATES.get(at)?.name, self.files.get(at)?)));
        let Some((name, file)) = known else {
            let message = "there is no such template".to_owned();
            return Err(DataError { file: path.to_owned(), line: 0, message });
        };
        let template = self.environment.get_template(name).map_err(|error| told(&error, file))?;
        template.render(context).map_err(|error| told(&error, file))
    }

    /// A mistake in what a template gave.
    pub(super) fn mistake(&self, path: &str, message: String) -> DataError {
        let at = TEMPLATES.iter().position(|template| template.name.strip_prefix("targets/") == Some(path));
        let file = at.and_then(|at| self.files.get(at)).map_or(path, |file| file);
        DataError { file: file.to_owned(), line: 0, message }
    }
}

fn told(error: &Error, file: &str) -> DataError {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    DataError {
        file: file.to_owned(),
        line: error.line().unwrap_or(0),
        message: format!("{}{detail}{cause}", error.kind()),
    }
}

/// A value of a `.conf` file: every line but the last ends in a backslash, which continues it.
fn conf(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join(" \\\n")
}

/// A string of TOML: as it stands between `'''` where it has several lines and that keeps it, else with escapes.
fn toml(text: &str) -> String {
    let plain = !text.contains("'''")
        && !text.ends_with('\'')
        && text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control());
    if text.contains('\n') && plain {
        return format!("'''\n{}\n'''", text.trim_end_matches('\n'));
    }
    // A basic string of TOML takes every escape that a string of JSON has, but wants DEL escaped too.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A scalar of YAML: a block where it has several lines and that keeps it, else in quotes. `indent` is that of the key.
#[expect(clippy::needless_pass_by_value, reason = "minijinja hands arguments over")]
fn yaml(text: &str, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    let pad = " ".repeat(indent.unwrap_or(0) + 2);
    let text = text.trim_end_matches('\n');
    let fits = |c: char| c == '\n' || (!c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    let block = text.contains('\n') && text.chars().all(fits) && text.lines().all(|line| line.trim_end() == line);
    if block {
        // A first line that begins with a blank would be taken for deeper indentation.
        let hint = if text.starts_with([' ', '\n']) { "2" } else { "" };
        let lines: Vec<String> =
            text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") }).collect();
        return Ok(format!("|{hint}-\n{}", lines.join("\n")));
    }
    if text.chars().all(|c| fits(c) && c != '\n') {
        return Ok(format!("'{}'", text.replace('\'', "''")));
    }
    let escaped = serde_json::Value::from(text).to_string();
    let unusual = |c: char| (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')).then_some(c as u32);
    Ok(escaped.chars().map(|c| unusual(c).map_or_else(|| c.to_string(), |code| format!("\\u{code:04x}"))).collect())
}

fn json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// A length of time in its greatest whole unit: `90m`, `14d`.
fn duration(ticks: i64) -> String {
    super::schedule::short(ticks)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn yaml_of(text: &str) -> String {
        yaml(text, Kwargs::from_iter([("indent", Value::from(0))])).unwrap()
    }

    const HOSTILE: &[&str] = &[
        "",
        "a",
        "it's",
        "a: b # c",
        "- x",
        "a\nb",
        "  a\n b",
        "a \nb",
        "tab\there",
        "\u{1}",
        "''' x",
        "a\n'''\nb",
        "null",
        "back\\slash\n\"quotes\"",
        "ends'",
        "a\nends'",
        "\u{2028}x",
        "é ü 漢",
        "%{[*?]}",
        "\u{7f}\nx",
        "---\n...",
        "a\n\n b\nc",
    ];

    #[test]
    fn quoted_values_read_back() {
        for text in HOSTILE {
            let read: serde_yaml::Value = serde_yaml::from_str(&format!("k: {}\n", yaml_of(text))).unwrap();
            assert_eq!(read["k"].as_str(), Some(*text), "{}", yaml_of(text));
            let read: toml::Table =
                format!("k = {}\n", super::toml(text)).parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read["k"].as_str().unwrap().trim_end_matches('\n'), *text);
        }
    }

    #[test]
    fn a_conf_value_goes_on_over_lines() {
        assert_eq!(conf("a\n  | b  \n[c]\n"), "a \\\n  | b \\\n[c]");
    }

    #[test]
    fn a_mistake_has_its_file_and_line() {
        let mut environment = Environment::new();
        let error = environment.add_template_owned("x", "a\n{% if %}\n").unwrap_err();
        assert_eq!(told(&error, "mine/x.j2").to_string().split(": ").next(), Some("mine/x.j2:2"));
        let templates = Templates::load().unwrap();
        let error = templates.render("elastic/templates/rule.json.j2", context! {}).unwrap_err();
        assert!(error.file.ends_with("rule.json.j2") && error.line > 0, "{error}");
    }
}
