//! The tables built in: `targets/sentinel/tables.txt`, searched where it lies and parsed table by table.
//!
//! The file is part of the binary, its blocks parted by blank lines and sorted by name, so a lookup is a binary
//! search over bytes and only a table that a query names is ever parsed. A block is the table's name, with `open`
//! behind it where rows may hold further columns, and below it a line ` name:type` for each column. The first block
//! is a comment.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use memchr::memmem;

use super::{Column, Table, order};
use crate::types::Type;

static TABLES: &str = include_str!("../../../targets/sentinel/tables.txt");

/// What stands between two blocks.
const GAP: &str = "\n\n";

/// The word behind the name of a table whose rows may hold further columns.
const OPEN: &str = "open";

/// The text of one table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// The table's name.
    pub(super) name: &'static str,
    open: bool,
    columns: &'static str,
}

impl Block {
    fn new(text: &'static str) -> Self {
        let (head, columns) = text.split_once('\n').unwrap_or((text, ""));
        let (name, open) = head.split_once(' ').map_or((head, false), |(name, word)| (name, word == OPEN));
        Self { name, open, columns }
    }

    /// The columns as they stand: name and type. A line that is none is left out; a test sees to it that none is.
    fn columns(self) -> impl Iterator<Item = (&'static str, Type)> {
        self.columns.lines().filter_map(|line| {
            let (name, ty) = line.strip_prefix(' ')?.split_once(':')?;
            Some((name, Type::parse(ty)?))
        })
    }

    /// Whether a column of that exact name is listed.
    pub(super) fn has_column(self, name: &str) -> bool {
        // A space stands at the start of each column's line and nowhere else.
        memmem::find(self.columns.as_bytes(), format!(" {name}:").as_bytes()).is_some()
    }

    fn parse(self) -> Table {
        let columns = self.columns().map(|(name, ty)| Column::new(name, ty)).collect();
        Table { name: self.name.into(), columns, open: self.open }
    }
}

/// The text behind the comment. Every name of a query is looked up in it, so its beginning is looked for once.
fn body() -> &'static str {
    static BODY: LazyLock<&str> = LazyLock::new(|| TABLES.split_once(GAP).map_or("", |(_, body)| body));
    &BODY
}

/// All tables built in, in the order of [`order`]. Only hints and patterns ask for all, so a single lookup need not
/// read the whole file.
pub(super) fn blocks() -> impl Iterator<Item = Block> {
    static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| {
        let body = body();
        let mut start = 0;
        let ends = memmem::find_iter(body.as_bytes(), GAP).chain([body.len()]);
        ends.map(|end| Block::new(&body[std::mem::replace(&mut start, end + GAP.len())..end])).collect()
    });
    BLOCKS.iter().copied()
}

/// The text of the table of that exact name.
fn find(name: &str) -> Option<Block> {
    let body = body();
    let bytes = body.as_bytes();
    let (mut low, mut high) = (0, body.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = memmem::rfind(&bytes[low..middle], GAP.as_bytes()).map_or(low, |at| low + at + GAP.len());
        let end = memmem::find(&bytes[start..high], GAP.as_bytes()).map_or(high, |at| start + at);
        let block = Block::new(&body[start..end]);
        match order(block.name, name) {
            Ordering::Less => low = (end + GAP.len()).min(high),
            Ordering::Greater => high = start,
            Ordering::Equal => return Some(block),
        }
    }
    None
}

/// The table of that exact name, parsed at most once in the life of the program.
pub(super) fn table(name: &str) -> Option<Arc<Table>> {
    known(name).or_else(|| find(name).map(parsed))
}

/// The tables that have been parsed.
static PARSED: LazyLock<RwLock<HashMap<&'static str, Arc<Table>>>> = LazyLock::new(RwLock::default);

/// The table of that exact name, if it has been parsed.
fn known(name: &str) -> Option<Arc<Table>> {
    // A thread that panicked while it held the lock has left the map whole: entries go in by a single call.
    PARSED.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

/// The table of a block, parsed at most once in the life of the program.
pub(super) fn parsed(block: Block) -> Arc<Table> {
    if let Some(table) = known(block.name) {
        return table;
    }
    let mut parsed = PARSED.write().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(parsed.entry(block.name).or_insert_with(|| Arc::new(block.parse())))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::schema::user::{self, Declared};
    use crate::source::SourceFile;

    const HEAD: &str = "\
# The tables of Microsoft Sentinel and of advanced hunting: a block each, sorted by name without regard to case.
# Generated from a list of `table,column,type`, never edited by hand:
#   KQLC_TABLES=list.csv cargo test --lib schema::builtin::tests::regenerate -- --ignored
";

    /// Tables whose columns depend on what sends to them. The list of columns cannot say so.
    const OPEN_TABLES: [&str; 1] = ["AzureDiagnostics"];

    fn render<'a>(tables: impl Iterator<Item = &'a Table>) -> String {
        let mut text = String::from(HEAD);
        for table in tables {
            let open = if table.open { " open" } else { "" };
            write!(text, "\n{}{open}\n", table.name).expect("a string takes what is written");
            for column in &table.columns {
                writeln!(text, " {}:{}", column.name, column.ty).expect("a string takes what is written");
            }
        }
        text
    }

    fn tables_of(list: &SourceFile) -> Vec<Table> {
        let declared = user::read(list).expect("the list is sound");
        let tables = declared.into_iter().map(|declared| match declared {
            Declared::Table(table) => table,
            Declared::Function(function) => panic!("{} is no table", function.name),
        });
        tables.collect()
    }

    #[test]
    #[ignore = "writes targets/sentinel/tables.txt from the list that KQLC_TABLES names"]
    fn regenerate() {
        let list = std::env::var("KQLC_TABLES").expect("KQLC_TABLES names the list of columns");
        let file = SourceFile::read(Path::new(&list)).expect("the list can be read");
        let mut tables = tables_of(&file);
        tables.sort_by(|left, right| order(&left.name, &right.name));
        for table in &mut tables {
            table.open = OPEN_TABLES.contains(&&*table.name);
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../targets/sentinel/tables.txt");
        std::fs::write(path, render(tables.iter())).expect("the file can be written");
    }

    #[test]
    fn the_file_is_what_the_generator_writes() {
        let tables: Vec<_> = blocks().map(Block::parse).collect();
        assert_eq!(render(tables.iter()), TABLES, "a line is lost or changed when its table is parsed");
        assert!(tables.is_sorted_by(|left, right| order(&left.name, &right.name).is_lt()), "sorted, none twice");
        for table in &tables {
            assert!(!table.columns.is_empty(), "{} has no column", table.name);
            for (index, column) in table.columns.iter().enumerate() {
                assert_eq!(table.column(&column.name), Some(&table.columns[index]), "{} twice", column.name);
            }
        }
        assert_eq!(tables.len(), 898);
        assert_eq!(tables.iter().map(|table| table.columns.len()).sum::<usize>(), 25_703);
        assert_eq!(tables.iter().filter(|table| table.open).map(|t| &*t.name).collect::<Vec<_>>(), OPEN_TABLES);
    }

    #[test]
    fn every_table_is_found_by_its_name_and_by_no_other() {
        for block in blocks() {
            assert_eq!(find(block.name).map(|found| found.columns.as_ptr()), Some(block.columns.as_ptr()));
            let swapped: String = block
                .name
                .chars()
                .map(|c| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() })
                .collect();
            assert!(find(&swapped).is_none(), "{swapped}");
            assert!(find(&format!("{} ", block.name)).is_none() && find(&format!("{}\n", block.name)).is_none());
        }
    }

    #[test]
    fn a_table_is_parsed_once() {
        let (first, second) = (table("SigninLogs"), table("SigninLogs"));
        assert!(Arc::ptr_eq(&first.expect("known"), &second.expect("known")));
    }

    #[test]
    fn a_rule_s_tables_load_in_well_under_a_millisecond() {
        // Unoptimised and on a busy machine the best of several runs still says what the work costs.
        let best = (0..20).map(|_| {
            let start = Instant::now();
            for name in ["SecurityEvent", "SigninLogs", "DeviceProcessEvents", "NoSuchTable"] {
                std::hint::black_box(find(name).map(Block::parse));
            }
            start.elapsed()
        });
        let best = best.min().expect("it ran");
        assert!(best.as_micros() < 1000, "{best:?}");
    }

    proptest! {
        #[test]
        fn a_lookup_never_panics_and_gives_what_was_asked_for(name in "\\PC{0,40}|[A-Z][a-zA-Z_]{0,20}") {
            let found = find(&name);
            prop_assert_eq!(found.map(|block| block.name), blocks().map(|b| b.name).find(|known| *known == name));
        }
    }
}
