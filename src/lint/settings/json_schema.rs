//! The JSON schema of `kqlc.toml`, by which editors complete keys and codes.

use serde_json::{Value, json};

use crate::lint::registry;
use crate::target;

/// The schema, in draft 7, which all editors of TOML know.
pub fn json_schema() -> Value {
    let selectors = |about: &str| {
        json!({
            "description": about,
            "type": "array",
            "items": {"$ref": "#/definitions/selector"},
            "uniqueItems": true,
        })
    };
    let codes = registry::ALL.iter().flat_map(|lint| [lint.code.id, lint.code.name]);
    let groups = ["all", "file", "query", "portability"];
    let selector: Vec<&str> = groups.into_iter().chain(codes.clone()).collect();
    let codes: Vec<&str> = codes.collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of kqlc",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "targets": {
                "description": "The languages that rules are to be written in, for the lints of portability.",
                "type": "array",
                "items": {"enum": target::registry::names().collect::<Vec<_>>()},
                "uniqueItems": true,
            },
            "lint": {
                "description": "What `kqlc check` looks for.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "select": selectors("Lints to run in place of the default ones."),
                    "extend-select": selectors("Lints to run besides the selected ones."),
                    "ignore": selectors("Lints not to run."),
                    "per-file-ignores": {
                        "description": "Patterns of files, as in `.gitignore`, and the lints that do not run over them.",
                        "type": "object",
                        "additionalProperties": selectors("Lints that do not run over these files."),
                    },
                    "severity": {
                        "description": "Severities in place of the lints' own.",
                        "type": "object",
                        "propertyNames": {"enum": codes},
                        "additionalProperties": {"enum": ["info", "warning", "error"]},
                    },
                },
            },
        },
        "definitions": {
            "selector": {
                "description": "The code of a lint, the beginning of codes, a name, or a category.",
                "anyOf": [{"enum": selector}, {"type": "string", "pattern": "^[FPQ][0-9]{0,3}$"}],
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Settings;
    use super::*;

    /// The keys of an object of the schema.
    fn keys(schema: &Value) -> Vec<&str> {
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// What a settings file is told to use when it uses a key that there is not: all there are.
    fn known(text: &str) -> Vec<String> {
        let told = Settings::parse(text, Path::new("/")).unwrap_err();
        let list = told.split("expected ").nth(1).unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn it_has_the_keys_that_are_read() {
        let schema = json_schema();
        assert_eq!(keys(&schema), known("nonsense = 1"));
        assert_eq!(keys(&schema["properties"]["lint"]), known("[lint]\nnonsense = 1"));
    }

    #[test]
    fn it_takes_what_is_read() {
        for selector in json_schema()["definitions"]["selector"]["anyOf"][0]["enum"].as_array().unwrap() {
            let text = format!("[lint]\nselect = [{selector}]");
            assert!(Settings::parse(&text, Path::new("/")).is_ok(), "{text}");
        }
    }
}
