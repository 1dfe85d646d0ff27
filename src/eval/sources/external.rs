//! The data of an `externaldata`, from a file that stands for its address.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use datafusion::catalog::TableProvider;

use super::Sources;
use super::files::{EventFile, Given, Header, unreadable};
use super::format::{Format, of_name};
use crate::eval::error::EvalError;
use crate::ir::{External, OptionValue, Value};
use crate::types::Type;

/// The values of the option `format`, and what each stands for.
const FORMATS: &[(&str, Format)] = &[
    ("csv", Format::Separated(Some(b','))),
    ("tsv", Format::Separated(Some(b'\t'))),
    ("tsve", Format::Separated(Some(b'\t'))),
    ("psv", Format::Separated(Some(b'|'))),
    ("scsv", Format::Separated(Some(b';'))),
    ("sohsv", Format::Separated(Some(1))),
    ("txt", Format::Separated(None)),
    ("json", Format::Json),
    ("multijson", Format::Json),
    ("parquet", Format::Parquet),
];

fn text(value: &OptionValue) -> Option<&str> {
    match value {
        OptionValue::Word(word) => Some(word),
        OptionValue::Value(value) => value.as_str(),
    }
}

fn is_true(value: &OptionValue) -> bool {
    matches!(value, OptionValue::Value(Value::Bool(true)))
        || text(value).is_some_and(|it| it.eq_ignore_ascii_case("true"))
}

/// The table of an address.
pub(super) fn provider(
    sources: &Sources,
    address: &str,
    given: &Given,
    columns: &[(&str, Type)],
    source: &External,
) -> Result<Arc<dyn TableProvider>, EvalError> {
    let (mut format, mut skip) = (None, false);
    for (name, value) in &source.options {
        match &**name {
            "format" => {
                let wanted = text(value).unwrap_or_default();
                let found = FORMATS.iter().find(|(known, _)| known.eq_ignore_ascii_case(wanted));
                let Some((_, found)) = found else {
                    return Err(EvalError::Source(format!("{address}: the format `{wanted}` is not read here")));
                };
                format = Some(*found);
            }
            "ignoreFirstRecord" => skip = is_true(value),
            other => return Err(EvalError::Source(format!("{address}: the option `{other}` is not understood here"))),
        }
    }
    // Without the option the address says it, and without an ending there it is CSV.
    let ending = |(known, _): &&(&str, Format)| {
        Path::new(address).extension().is_some_and(|ending| ending.eq_ignore_ascii_case(known))
    };
    let named = || match of_name(Path::new(address)) {
        Some((_, format, _)) => format,
        None => FORMATS.iter().find(ending).map_or(Format::Separated(Some(b',')), |(_, format)| *format),
    };
    let told = |error| EvalError::Source(unreadable(given.path(), &error));
    let format = match given {
        Given::Path(_) => format.unwrap_or_else(named),
        Given::Inline(..) => Format::Json,
    };
    let mut file = EventFile::of(given, Some(format)).map_err(told)?;
    file.header = Header::Names(columns.iter().map(|(name, _)| (*name).to_owned()).collect(), skip);
    let columns = columns.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
    let mut opened = sources.opened.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(sources.table_of(&mut opened, address, columns, vec![file]))
}
