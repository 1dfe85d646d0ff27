//! Typed ids, and the lookup of names.

use std::fmt;
use std::sync::LazyLock;

use rapidfuzz::distance::jaro_winkler;

use super::row::Function;
use super::{aggregate as aggregate_rows, plugin as plugin_rows, scalar as scalar_rows};

/// The rows of one kind, sorted by name, so that an id is a position and a name is found by bisection.
struct Table(Vec<&'static Function>);

impl Table {
    fn new(files: &[&'static [Function]]) -> Self {
        let mut rows: Vec<&'static Function> = files.iter().copied().flatten().collect();
        rows.sort_unstable_by_key(|row| row.name);
        Self(rows)
    }

    fn find(&self, name: &str) -> Option<u16> {
        self.0.binary_search_by(|row| row.name.cmp(name)).ok().map(|index| index as u16)
    }

    fn len(&self) -> u16 {
        self.0.len() as u16
    }
}

/// Declares the id of one kind of built-in with its table, its lookup and its iteration.
macro_rules! ids {
    ($(#[$doc:meta])* $id:ident, $table:ident = $files:expr, $find:ident, $all:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $id(u16);

        static $table: LazyLock<Table> = LazyLock::new(|| Table::new($files));

        impl $id {
            /// The row of the catalogue.
            pub fn row(self) -> &'static Function {
                $table.0[usize::from(self.0)]
            }

            /// The name it is called by.
            pub fn name(self) -> &'static str {
                self.row().name
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        #[doc = concat!("The ", $what, " of this name, old names included.")]
        pub fn $find(name: &str) -> Option<$id> {
            $table.find(name).map($id)
        }

        #[doc = concat!("Every ", $what, ", sorted by name.")]
        pub fn $all() -> impl ExactSizeIterator<Item = $id> {
            (0..$table.len()).map($id)
        }
    };
}

ids! {
    /// A scalar function.
    FunctionId, SCALARS = scalar_rows::FILES, scalar, scalars, "scalar function"
}
ids! {
    /// An aggregate.
    AggregateId, AGGREGATES = aggregate_rows::FILES, aggregate, aggregates, "aggregate"
}
ids! {
    /// A plugin.
    PluginId, PLUGINS = plugin_rows::FILES, plugin, plugins, "plugin"
}

/// Below this Jaro-Winkler similarity a name is no likely typing error for another.
const LIKELY: f64 = 0.85;

/// The name in `names` that a misspelt one most likely stands for. Another case is always the best guess.
///
/// ```
/// use kqlc_core::functions::{nearest, scalars};
/// let names = || scalars().map(|id| id.name());
/// assert_eq!(nearest("strlne", names()), Some("strlen"));
/// assert_eq!(nearest("StrCat", names()), Some("strcat"));
/// assert_eq!(nearest("qqq", names()), None);
/// ```
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    names
        .into_iter()
        .map(|candidate| (jaro_winkler::similarity(lower.chars(), candidate.to_lowercase().chars()), candidate))
        .filter(|(similarity, _)| *similarity >= LIKELY)
        .max_by(|(a, first), (b, second)| a.total_cmp(b).then_with(|| second.cmp(first)))
        .map(|(_, candidate)| candidate)
}
