//! Functions that a workspace stores or Microsoft provides, called by name like a table: their shape, not their text.
//!
//! Those built in stand in `targets/sentinel/functions.txt`, whose comment tells its form. Only the one
//! asked for is parsed.

use std::sync::{Arc, LazyLock};

use super::{Column, Name, Table, builtin, matches_wildcard};
use crate::types::Type;

static FUNCTIONS: &str = include_str!("../../../targets/sentinel/functions.txt");

/// A stored function: what it takes and what it gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name; KQL tells upper from lower case.
    pub name: Name,
    /// The parameters in order.
    pub parameters: Vec<Parameter>,
    /// Whether further arguments may be given: the documentation or its versions do not settle the list.
    pub more_parameters: bool,
    /// What a call gives.
    pub returns: Returns,
}

/// A parameter of a stored function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name, by which an argument may be given (`name = value`).
    pub name: Name,
    /// What may be given.
    pub kind: ParameterKind,
    /// Whether the argument may be left out.
    pub optional: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A scalar of the given type.
    Scalar(Type),
    /// A table; `invoke` gives it what stands left of the pipe.
    Table,
    /// A column of the table given, by name or as a string that names it.
    Column,
}

/// What a call of a stored function gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returns {
    /// A scalar.
    Scalar(Type),
    /// A table of its own.
    Table(Table),
    /// The table given, with columns added that it has not got already.
    Input(Table),
}

/// The text of one declaration: functions of one shape.
struct Block {
    /// The names it is for.
    names: Vec<&'static str>,
    /// Patterns of further names, with a `*` for any characters.
    patterns: Vec<&'static str>,
    /// The lines below the names.
    body: &'static str,
}

impl Block {
    fn new(text: &'static str) -> Self {
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let (patterns, names) = head.split(' ').partition(|name| name.contains('*'));
        Self { names, patterns, body }
    }

    fn is_for(&self, name: &str) -> bool {
        self.names.contains(&name) || self.patterns.iter().any(|pattern| matches_wildcard(pattern, name))
    }

    /// The function, under one of its names. Nothing where the block is malformed, which a test over all of them
    /// keeps from happening.
    fn parse(&self, name: &str) -> Option<Function> {
        let mut lines = self.body.lines();
        let (parameters, more_parameters) = parse_parameters(lines.next()?.strip_prefix(" takes")?)?;
        let mut words = lines.next()?.strip_prefix(" gives ")?.split(' ');
        let what = words.next()?;
        let name = Name::Owned(name.to_owned());
        let mut table = Table { name: name.clone(), columns: Vec::new(), open: false };
        while let Some(word) = words.next() {
            match word {
                "open" => table.open = true,
                "like" => table.columns = self.like(words.next()?)?,
                _ => return None,
            }
        }
        for line in lines {
            let (name, ty) = line.strip_prefix(' ')?.split_once(':')?;
            table.columns.push(Column::new(name, parse_type(ty)?));
        }
        let returns = match what {
            "table" => Returns::Table(table),
            "input" => Returns::Input(table),
            scalar => Returns::Scalar(parse_type(scalar)?),
        };
        Some(Function { name, parameters, more_parameters, returns })
    }

    /// The columns of a table, or of a function declared above.
    fn like(&self, name: &str) -> Option<Vec<Column>> {
        let mut above = BLOCKS.iter().take_while(|block| !std::ptr::eq(*block, self));
        match above.find(|block| block.names.contains(&name)) {
            Some(block) => match block.parse(name)?.returns {
                Returns::Table(table) | Returns::Input(table) => Some(table.columns),
                Returns::Scalar(_) => None,
            },
            None => builtin::table(name).map(|table| table.columns.clone()),
        }
    }
}

/// The declarations built in, in the order of the file.
static BLOCKS: LazyLock<Vec<Block>> =
    LazyLock::new(|| FUNCTIONS.trim_end().split("\n\n").skip(1).map(Block::new).collect());

fn parse_type(name: &str) -> Option<Type> {
    if name == Type::Unknown.name() { Some(Type::Unknown) } else { Type::parse(name) }
}

/// Reads ` a:string, b:long=5, ...`; an equals sign says that the argument may be left out.
fn parse_parameters(text: &'static str) -> Option<(Vec<Parameter>, bool)> {
    let mut parameters = Vec::new();
    let mut more = false;
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if part == "..." {
            more = true;
            continue;
        }
        let (name, rest) = part.split_once(':')?;
        let (kind, optional) = rest.split_once('=').map_or((rest, false), |(kind, _)| (kind, true));
        let kind = match kind {
            "table" => ParameterKind::Table,
            "column" => ParameterKind::Column,
            scalar => ParameterKind::Scalar(parse_type(scalar)?),
        };
        parameters.push(Parameter { name: name.into(), kind, optional });
    }
    Some((parameters, more))
}

/// The function built in that goes by a name. A table's name is never one of them, though a pattern may fit it.
pub(super) fn function(name: &str) -> Option<Arc<Function>> {
    let block = BLOCKS.iter().find(|block| block.is_for(name))?;
    if builtin::table(name).is_some() { None } else { block.parse(name).map(Arc::new) }
}

/// The names of the functions built in, those aside that only a pattern knows.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BLOCKS.iter().flat_map(|block| block.names.iter().copied())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn columns(name: &str) -> Table {
        match &function(name).unwrap_or_else(|| panic!("{name} is known")).returns {
            Returns::Table(table) | Returns::Input(table) => table.clone(),
            Returns::Scalar(ty) => panic!("{name} gives {ty}"),
        }
    }

    #[test]
    fn every_block_is_read_whole_and_declares_each_name_and_column_once() {
        let mut seen = HashSet::new();
        for block in BLOCKS.iter() {
            for name in block.names.iter().chain(&block.patterns) {
                assert!(seen.insert(name), "{name} twice");
                let function = block.parse(name).unwrap_or_else(|| panic!("{name} is malformed"));
                let (Returns::Table(table) | Returns::Input(table)) = function.returns else { continue };
                let columns: HashSet<_> = table.columns.iter().map(|column| &column.name).collect();
                assert_eq!(columns.len(), table.columns.len(), "a column of {name} twice");
            }
        }
        assert!(names().all(|name| function(name).is_some_and(|function| function.name == name)));
        assert_eq!(BLOCKS.len(), 35);
    }

    #[test]
    fn each_normalised_schema_has_its_parsers() {
        let schemas = [
            ("AgentEvent", "AgentEvent"),
            ("AlertEvent", "AlertEvent"),
            ("AssetEntity", "AssetEntity"),
            ("AuditEvent", "AuditEvent"),
            ("Authentication", "Authentication"),
            ("DhcpEvent", "DhcpEvent"),
            ("Dns", "Dns"),
            ("FileEvent", "FileEvent"),
            ("NetworkSession", "NetworkSession"),
            ("ProcessEvent", "ProcessEvent"),
            ("ProcessCreate", "ProcessCreate"),
            ("ProcessTerminate", "ProcessTerminate"),
            ("RegistryEvent", "Registry"),
            ("UserManagement", "UserManagement"),
            ("WebSession", "WebSession"),
        ];
        for (schema, workspace) in schemas {
            let names = [
                format!("_Im_{schema}"),
                format!("_ASim_{schema}"),
                format!("_Im_{schema}_Vendor"),
                format!("_ASim_{schema}_VendorV07"),
                format!("im{workspace}"),
                format!("vim{workspace}Vendor"),
                format!("ASim{workspace}"),
            ];
            for name in names {
                let table = columns(&name);
                assert!(table.open && table.columns.len() > 60 && table.name == name, "{name}");
                assert_eq!(table.column("TimeGenerated").map(|column| column.ty), Some(Type::DateTime), "{name}");
            }
        }
        assert_eq!(function("ASimDnsActivityLogs"), None, "a table");
        assert_eq!(function("_im_dns"), None, "another case");
    }

    #[test]
    fn filters_of_a_parser_are_its_parameters() {
        let dns = function("_Im_Dns").expect("known");
        let shape: Vec<_> = dns.parameters.iter().map(|p| (&*p.name, p.kind, p.optional)).collect();
        assert_eq!(shape[0], ("starttime", ParameterKind::Scalar(Type::DateTime), true));
        assert_eq!(shape[4], ("responsecodename", ParameterKind::Scalar(Type::String), true));
        assert!(dns.more_parameters);
        assert!(columns("_Im_Dns").column("DnsResponseCodeName").is_some());
    }

    #[test]
    fn a_watchlist_has_fixed_columns_and_an_open_rest() {
        let list = columns("_GetWatchlist");
        assert_eq!(list.column("SearchKey"), Some(&Column::new("SearchKey", Type::String)));
        assert!(list.open);
    }

    #[test]
    fn file_profile_adds_to_what_it_is_given() {
        let profile = function("FileProfile").expect("known");
        let kinds: Vec<_> = profile.parameters.iter().map(|p| p.kind).collect();
        let limit = ParameterKind::Scalar(Type::Long);
        assert_eq!(kinds, [ParameterKind::Table, ParameterKind::Column, limit]);
        let Returns::Input(added) = &profile.returns else { panic!("it keeps the table given") };
        assert_eq!(added.column("GlobalPrevalence").map(|column| column.ty), Some(Type::Int));
    }
}
