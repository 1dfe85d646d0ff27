//! Schemas that a user gives: tables and stored functions from a JSON, YAML or CSV file.
//!
//! JSON and YAML have these forms, of which the keys are found without regard to case:
//! - `{TABLE: COLUMNS, …}`, the form of most lists of tables;
//! - `{name: TABLE, columns: COLUMNS}`, alone or several in a list, as the schemas for custom tables in Sentinel's
//!   repository (`Name`, `Properties`) and the tables of Azure Resource Manager (`properties.schema`) have it;
//! - `{tables: {TABLE: COLUMNS, …}, functions: {FUNCTION: {…}, …}}`, the only one with functions.
//!
//! COLUMNS is a list of `{name, type}`, a mapping of names to types, or `{columns: COLUMNS, open: true}`. A function
//! has `parameters` (a list of `{name, type, optional}` or a mapping of names to types, where a type may also be
//! `table` or `column`), `more_parameters`, and either `returns: TYPE` or, like a table, `columns` and `open`;
//! `returns: input` says that it gives the table it was given with these columns added.

use std::collections::HashMap;

use super::function::{Function, Parameter, ParameterKind, Returns};
use super::node::{self, Node, Value};
use super::{Column, Name, Table, csv, nearest};
use crate::diagnostic::{Diagnostic, code};
use crate::source::{SourceFile, Span};
use crate::types::Type;

/// What a schema file declares.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Declared {
    Table(Table),
    Function(Function),
}

/// How a schema file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Yaml,
    Csv,
}

/// Keys of the form in which a table names itself or says that it is open.
const TABLE_KEYS: &[&str] = &["name", "columns", "properties", "open", "description", "displayName"];
/// Keys of a function.
const FUNCTION_KEYS: &[&str] = &["parameters", "more_parameters", "returns", "columns", "open", "description"];
/// Types as .NET, SQL and other exports call them that KQL does not, in lower case.
const FOREIGN_TYPES: &[(&str, Type)] =
    &[("sbyte", Type::Bool), ("single", Type::Real), ("sqldecimal", Type::Decimal), ("object", Type::Dynamic)];

/// What a file declares, or all that is wrong with it.
pub(super) fn read(file: &SourceFile) -> Result<Vec<Declared>, Vec<Diagnostic>> {
    let format = format(file);
    if format == Format::Csv {
        return csv::read(file);
    }
    let root = node::parse(file, format == Format::Json).map_err(|error| vec![*error])?;
    let Some(root) = root else { return Err(vec![empty()]) };
    let mut reader = Reader::default();
    reader.document(&root);
    reader.errors.sort_by_key(|error| error.span);
    if reader.errors.is_empty() { Ok(reader.declared) } else { Err(reader.errors) }
}

/// By the name's ending; without a known one (standard input) by how the text begins.
fn format(file: &SourceFile) -> Format {
    let ending = file.name().rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase());
    match ending.as_str() {
        "json" => return Format::Json,
        "yaml" | "yml" => return Format::Yaml,
        "csv" | "tsv" => return Format::Csv,
        _ => {}
    }
    let text = file.text().trim_start();
    let line = text.lines().next().unwrap_or("");
    if text.starts_with(['{', '[']) {
        Format::Json
    } else if line.contains([',', '\t', ';']) && !line.contains(':') {
        Format::Csv
    } else {
        Format::Yaml
    }
}

/// The type of a name as KQL and as other tools write it, case aside; `unknown` leaves it open.
pub(super) fn parse_type(text: &str, span: Span) -> Result<Type, Box<Diagnostic>> {
    let lower = text.to_lowercase();
    let name = lower.rsplit('.').next().unwrap_or_default();
    let foreign = || FOREIGN_TYPES.iter().find(|(foreign, _)| *foreign == name).map(|&(_, ty)| ty);
    let open = || (name == Type::Unknown.name()).then_some(Type::Unknown);
    Type::parse(name).or_else(foreign).or_else(open).ok_or_else(|| {
        let error = Diagnostic::new(&code::SCHEMA_TYPE, span, format!("`{text}` is no type of KQL"));
        Box::new(match nearest(name, Type::ALL.iter().map(|ty| ty.name())) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.note(format!("the types are {}", Type::ALL.map(Type::name).join(", "))),
        })
    })
}

/// That a name is missing, or has a character that no query can write.
pub(super) fn check_name(what: &str, name: &str, span: Span) -> Option<Diagnostic> {
    let message = if name.trim().is_empty() {
        format!("the {what} has no name")
    } else if name.chars().any(char::is_control) {
        format!("the name of the {what} has a control character")
    } else {
        return None;
    };
    Some(Diagnostic::new(&code::SCHEMA_NAME, span, message))
}

/// That something stands twice.
pub(super) fn duplicate(what: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&code::SCHEMA_DUPLICATE, span, format!("the {what} is declared twice")).related(first, "first here")
}

/// That a file holds nothing.
pub(super) fn empty() -> Diagnostic {
    Diagnostic::new(&code::FILE_EMPTY, Span::at(0), "the file declares nothing")
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    declared: Vec<Declared>,
    errors: Vec<Diagnostic>,
    /// Where each table and function is declared.
    places: HashMap<String, Span>,
}

impl Reader {
    fn document(&mut self, root: &Node) {
        match &root.value {
            Value::List(items) => {
                for item in items {
                    self.named_table(item);
                }
            }
            Value::Map(_) if names_itself(root) || arm_schema(root).is_some() => self.named_table(root),
            Value::Map(pairs) if !pairs.is_empty() && pairs.iter().all(|(key, value)| is_section(key, value)) => {
                for (key, section) in pairs {
                    let Value::Map(entries) = &section.value else { continue };
                    for (name, body) in entries {
                        if key.scalar().is_some_and(|key| key.eq_ignore_ascii_case("functions")) {
                            self.function(name, body);
                        } else {
                            self.table(name, body);
                        }
                    }
                }
            }
            Value::Map(pairs) => {
                for (name, body) in pairs {
                    self.table(name, body);
                }
            }
            Value::Scalar(_) => self.shape(root, "a mapping of table names to columns"),
        }
    }

    /// That something else is wanted where `node` stands.
    fn shape(&mut self, node: &Node, wanted: &str) {
        let message = format!("{} stands where {wanted} is wanted", node.kind());
        self.errors.push(Diagnostic::new(&code::SCHEMA_SHAPE, node.span, message));
    }

    /// The name in a node, where it is one that has not been taken.
    fn name(&mut self, what: &str, node: &Node) -> Option<Name> {
        let Some(name) = node.scalar() else {
            self.shape(node, &format!("the name of a {what}"));
            return None;
        };
        if let Some(error) = check_name(what, name, node.span) {
            self.errors.push(error);
            return None;
        }
        Some(Name::Owned(name.to_owned()))
    }

    /// The name of a table or function, where nothing else has it.
    fn new_name(&mut self, what: &str, node: &Node) -> Option<Name> {
        let name = self.name(what, node)?;
        if let Some(&first) = self.places.get(&*name) {
            self.errors.push(duplicate(&format!("name `{name}`"), node.span, first));
            return None;
        }
        self.places.insert(name.to_string(), node.span);
        Some(name)
    }

    fn named_table(&mut self, node: &Node) {
        let node = arm_schema(node).unwrap_or(node);
        match node.get("name") {
            Some(name) if names_itself(node) => self.table(name, node),
            _ => self.shape(node, "a table with `name` and `columns`"),
        }
    }

    fn table(&mut self, name: &Node, body: &Node) {
        let name = self.new_name("table", name);
        let (columns, open) =
            if listed_columns(body).is_some() { self.long_form(body, TABLE_KEYS) } else { (self.columns(body), false) };
        if let Some(name) = name {
            self.declared.push(Declared::Table(Table { name, columns, open }));
        }
    }

    /// `columns` and `open` of a table or function, with a complaint about every key that is none of `keys`.
    fn long_form(&mut self, body: &Node, keys: &[&str]) -> (Vec<Column>, bool) {
        if let Value::Map(pairs) = &body.value {
            for (key, _) in pairs {
                let text = key.scalar().unwrap_or_default();
                if keys.iter().any(|known| known.eq_ignore_ascii_case(text)) {
                    continue;
                }
                let error = Diagnostic::new(&code::SCHEMA_SHAPE, key.span, format!("`{text}` says nothing here"));
                self.errors.push(match nearest(text, keys.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.note(format!("what may stand here: {}", keys.join(", "))),
                });
            }
        }
        let columns = listed_columns(body).map_or_else(Vec::new, |columns| self.columns(columns));
        (columns, self.flag(body, "open"))
    }

    /// The value of a key that is `true` or `false`; false where it is missing.
    fn flag(&mut self, body: &Node, key: &str) -> bool {
        let Some(node) = body.get(key) else { return false };
        match node.scalar() {
            Some("true") => true,
            Some("false") => false,
            _ => {
                let message = format!("`{key}` is `true` or `false`");
                self.errors.push(Diagnostic::new(&code::SCHEMA_SHAPE, node.span, message));
                false
            }
        }
    }

    fn columns(&mut self, node: &Node) -> Vec<Column> {
        let mut places: HashMap<Name, Span> = HashMap::new();
        let mut columns = Vec::new();
        for (name, ty, _) in self.entries("column", node) {
            let place = name.span;
            let Some(name) = self.name("column", name) else { continue };
            if let Some(first) = places.insert(name.clone(), place) {
                self.errors.push(duplicate(&format!("column `{name}`"), place, first));
                continue;
            }
            let Some(text) = ty.scalar() else {
                self.shape(ty, "the name of a type");
                continue;
            };
            match parse_type(text, ty.span) {
                Ok(ty) => columns.push(Column { name, ty }),
                Err(error) => self.errors.push(*error),
            }
        }
        columns
    }

    /// Names, types and the nodes that hold both, of a list of `{name, type}` or a mapping of names to types.
    fn entries<'a>(&mut self, what: &str, node: &'a Node) -> Vec<(&'a Node, &'a Node, Option<&'a Node>)> {
        match &node.value {
            Value::Map(pairs) => pairs.iter().map(|(name, ty)| (name, ty, None)).collect(),
            Value::List(items) => {
                let mut entries = Vec::new();
                for item in items {
                    let ty = ["type", "columnType", "dataType"].iter().find_map(|key| item.get(key));
                    match (item.get("name"), ty) {
                        (Some(name), Some(ty)) => entries.push((name, ty, Some(item))),
                        (Some(_), None) if matches!(item.value, Value::Map(_)) => {
                            let message = format!("the {what} has no `type`");
                            self.errors.push(Diagnostic::new(&code::SCHEMA_SHAPE, item.span, message));
                        }
                        _ => self.shape(item, &format!("a {what} with `name` and `type`")),
                    }
                }
                entries
            }
            Value::Scalar(_) => {
                self.shape(node, &format!("a list of {what}s"));
                Vec::new()
            }
        }
    }

    fn function(&mut self, name: &Node, body: &Node) {
        let name = self.new_name("function", name);
        if !matches!(body.value, Value::Map(_)) {
            self.shape(body, "a function with `parameters` and `columns` or `returns`");
            return;
        }
        let (columns, open) = self.long_form(body, FUNCTION_KEYS);
        let parameters = body.get("parameters").map_or_else(Vec::new, |node| self.parameters(node));
        let more_parameters = self.flag(body, "more_parameters");
        let Some(name) = name else { return };
        let table = Table { name: name.clone(), columns, open };
        let returns = match body.get("returns").map(|node| (node, node.scalar())) {
            None | Some((_, Some("table"))) => Returns::Table(table),
            Some((_, Some("input"))) => Returns::Input(table),
            Some((node, Some(text))) => match parse_type(text, node.span) {
                Ok(ty) => {
                    if let Some(columns) = body.get("columns") {
                        let message = format!("a function that returns `{ty}` has no columns");
                        self.errors.push(Diagnostic::new(&code::SCHEMA_SHAPE, columns.span, message));
                    }
                    Returns::Scalar(ty)
                }
                Err(error) => {
                    self.errors.push(error.note("or `table`, or `input` for the table given with columns added"));
                    return;
                }
            },
            Some((node, None)) => {
                self.shape(node, "the name of a type");
                return;
            }
        };
        self.declared.push(Declared::Function(Function { name, parameters, more_parameters, returns }));
    }

    fn parameters(&mut self, node: &Node) -> Vec<Parameter> {
        let mut places: HashMap<Name, Span> = HashMap::new();
        let mut parameters = Vec::new();
        for (name, ty, entry) in self.entries("parameter", node) {
            let place = name.span;
            let Some(name) = self.name("parameter", name) else { continue };
            if let Some(first) = places.insert(name.clone(), place) {
                self.errors.push(duplicate(&format!("parameter `{name}`"), place, first));
                continue;
            }
            let kind = match ty.scalar() {
                Some("table") => ParameterKind::Table,
                Some("column") => ParameterKind::Column,
                Some(text) => match parse_type(text, ty.span) {
                    Ok(ty) => ParameterKind::Scalar(ty),
                    Err(error) => {
                        self.errors.push(error.note("or `table`, or `column` for a column of the table given"));
                        continue;
                    }
                },
                None => {
                    self.shape(ty, "the name of a type");
                    continue;
                }
            };
            let optional = entry.is_some_and(|entry| entry.get("default").is_some() || self.flag(entry, "optional"));
            parameters.push(Parameter { name, kind, optional });
        }
        parameters
    }
}

/// The columns of the long form: a collection under `columns` or `properties`.
fn listed_columns(node: &Node) -> Option<&Node> {
    let listed = ["columns", "properties"].iter().find_map(|key| node.get(key))?;
    (!matches!(listed.value, Value::Scalar(_))).then_some(listed)
}

/// Whether a node has its own name beside its columns.
fn names_itself(node: &Node) -> bool {
    node.get("name").is_some_and(|name| name.scalar().is_some())
        && listed_columns(node).is_some()
        && arm_schema(node).is_none()
}

/// The schema in a table of Azure Resource Manager.
fn arm_schema(node: &Node) -> Option<&Node> {
    let schema = node.get("properties")?.get("schema")?;
    (schema.get("name").is_some() && schema.get("columns").is_some()).then_some(schema)
}

/// Whether a pair is one of the two sections of the form that has functions.
fn is_section(key: &Node, value: &Node) -> bool {
    let named = |name: &str| key.scalar().is_some_and(|key| key.eq_ignore_ascii_case(name));
    matches!(value.value, Value::Map(_)) && (named("tables") || named("functions"))
}
