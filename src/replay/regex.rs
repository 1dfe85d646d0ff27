//! Regular expressions of other dialects.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::ir::RegexDialect;

/// Compiled expressions, each once a query.
#[derive(Default)]
pub(super) struct Regexes {
    known: RefCell<HashMap<(RegexDialect, bool, bool, String), Result<Rc<Compiled>, String>>>,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    plain: regex::Regex,
}

impl Regexes {
    /// An expression, compiled; why not, where it cannot be.
    pub(super) fn get(
        &self,
        dialect: RegexDialect,
        anchored: bool,
        insensitive: bool,
        pattern: &str,
    ) -> Result<Rc<Compiled>, String> {
        let key = (dialect, anchored, insensitive, pattern.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let compiled = compile(dialect, anchored, insensitive, pattern).map(Rc::new);
        self.known.borrow_mut().insert(key, compiled.clone());
        compiled
    }
}

fn compile(dialect: RegexDialect, anchored: bool, insensitive: bool, pattern: &str) -> Result<Compiled, String> {
    if dialect != RegexDialect::Kusto {
        return Err("this dialect is not replayed".to_owned());
    }
    let flags = if insensitive { "(?i)" } else { "" };
    let whole = if anchored { format!(r"{flags}\A(?:{pattern})\z") } else { format!("{flags}{pattern}") };
    let plain = regex::Regex::new(&whole).map_err(|error| error.to_string())?;
    Ok(Compiled { plain })
}

impl Compiled {
    /// Whether it matches somewhere.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, String> {
        Ok(self.plain.is_match(text))
    }
}
