//! Which files the PATHs of a command line mean, and what kind of text each is.
//!
//! A folder is walked: of the files in it, in the order of their paths, those with a known ending are taken. Hidden
//! files and what `.gitignore` and `.ignore` files exclude are left out; settings of the machine's user are not
//! asked, so that a tree gives the same files everywhere. A file that is named is taken whatever its ending.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::source::{MAX_FILE_BYTES, ReadError, SourceFile};

/// What kind of text a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A rule, in YAML or JSON.
    Rule,
    /// KQL alone.
    Query,
}

/// The endings of files, in lower case, and the kind of text each stands for.
const ENDINGS: &[(&str, Kind)] = &[
    ("yaml", Kind::Rule),
    ("yml", Kind::Rule),
    ("json", Kind::Rule),
    ("kql", Kind::Query),
    ("csl", Kind::Query),
    ("kusto", Kind::Query),
    ("txt", Kind::Query),
];

impl Kind {
    /// The kind that a path's ending stands for, whatever its case.
    pub fn of_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|&(_, kind)| kind)
    }

    /// The kind of a text whose name says nothing: a rule when its first line that is neither empty nor a `#`
    /// comment begins a YAML document or mapping (`---`, `key:`) or a JSON object; else a query, none of which
    /// can begin so.
    pub fn of_text(text: &str) -> Self {
        let mut lines = text.split(['\n', '\r']).map(str::trim_start);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
        let key = first.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let value = key.strip_prefix(':').filter(|_| key.len() < first.len());
        let mapping = value.is_some_and(|value| value.is_empty() || value.starts_with([' ', '\t']));
        if mapping || first.starts_with('{') || first.starts_with("---") { Self::Rule } else { Self::Query }
    }
}

/// The endings of files of tests, which stand beside the rule they test.
const TEST_ENDINGS: &[&str] = &[".test.yaml", ".test.yml"];

/// Whether a path is that of a file of tests.
pub fn is_test(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    TEST_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The file of the tests of a rule, if there is one.
pub fn tests_of(rule: &Path) -> Option<PathBuf> {
    let stem = rule.file_stem()?.to_str()?;
    TEST_ENDINGS.iter().map(|ending| rule.with_file_name(format!("{stem}{ending}"))).find(|path| path.is_file())
}

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input, under this name.
    Stdin(String),
}

/// A file that has been read, and what kind of text it holds.
#[derive(Debug)]
pub struct Text {
    /// The file.
    pub file: SourceFile,
    /// The kind of text.
    pub kind: Kind,
    /// Where it was read from; `None` for standard input.
    pub path: Option<PathBuf>,
}

impl Input {
    /// Reads it.
    ///
    /// # Errors
    /// What the operating system says, or that it is larger than [`MAX_FILE_BYTES`].
    pub fn read(&self) -> Result<Text, ReadError> {
        match self {
            Self::File(path) => {
                let file = SourceFile::read(path)?;
                let kind = Kind::of_ending(path).unwrap_or_else(|| Kind::of_text(file.text()));
                Ok(Text { file, kind, path: Some(path.clone()) })
            }
            Self::Stdin(name) => read_stdin(name, std::io::stdin().lock()),
        }
    }
}

fn read_stdin(name: &str, input: impl Read) -> Result<Text, ReadError> {
    let mut bytes = Vec::new();
    let read = input.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| ReadError::Io { path: "standard input".to_owned(), error })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { path: "standard input".to_owned(), bytes: bytes.len() as u64 });
    }
    let file = SourceFile::from_bytes(name, bytes);
    // Without a name it is a query: that is what is typed or piped, and a name can say otherwise.
    let kind = match Kind::of_ending(Path::new(name)) {
        Some(kind) => kind,
        None if name == STDIN => Kind::Query,
        None => Kind::of_text(file.text()),
    };
    Ok(Text { file, kind, path: None })
}

/// The PATH that means standard input.
const STDIN: &str = "-";

/// Arguments of every subcommand that reads rules and queries.
#[derive(Clone, Debug, clap::Args)]
pub struct Paths {
    /// Rules (.yaml .yml .json), queries (.kql .csl .kusto .txt), folders of them, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A name for standard input, whose ending says what it holds (without one: a query)
    #[arg(long, value_name = "NAME")]
    pub stdin_name: Option<String>,
}

impl Paths {
    /// Whether a text was asked for by its name, rather than found in a folder.
    pub fn names(&self, text: &Text) -> bool {
        text.path.as_ref().is_none_or(|path| self.paths.contains(path))
    }
}

/// The files that PATHs mean, each once, in order, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The files, in the order of the PATHs, those of a folder in the order of their paths.
    pub inputs: Vec<Input>,
    /// Why a PATH cannot be read, a sentence each.
    pub errors: Vec<String>,
    /// Folders in which nothing was found to read.
    pub empty: Vec<PathBuf>,
}

impl Paths {
    /// Finds the files; of a folder those of rules and queries, without their tests.
    pub fn find(&self) -> Inputs {
        self.find_ending(|path| Kind::of_ending(path).is_some() && !is_test(path))
    }

    /// Finds the files; of a folder those of rules, queries and their tests.
    pub fn find_with_tests(&self) -> Inputs {
        self.find_ending(|path| Kind::of_ending(path).is_some())
    }

    /// Finds the files; of a folder those that are `wanted` by their names.
    pub fn find_ending(&self, wanted: impl Fn(&Path) -> bool) -> Inputs {
        let mut found = Inputs::default();
        for path in &self.paths {
            if path.as_os_str() == STDIN {
                found.inputs.push(Input::Stdin(self.stdin_name.clone().unwrap_or_else(|| STDIN.to_owned())));
            } else {
                match path.metadata() {
                    Ok(metadata) if metadata.is_dir() => found.walk(path, &wanted),
                    Ok(_) => found.inputs.push(Input::File(path.clone())),
                    Err(error) => found.errors.push(format!("{}: {error}", path.display())),
                }
            }
        }
        if self.paths.len() > 1 {
            found.forget_repetitions();
        }
        found
    }
}

impl Inputs {
    /// Adds the files of a folder.
    fn walk(&mut self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) {
        let before = self.inputs.len() + self.errors.len();
        let walk = WalkBuilder::new(folder).git_global(false).git_exclude(false).sort_by_file_path(Path::cmp).build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    let path = entry.into_path();
                    // A link to a file is a file; links to folders are not followed, so there are no circles.
                    if wanted(&path) && path.is_file() {
                        self.inputs.push(Input::File(path));
                    }
                }
                Err(error) => self.errors.push(error.to_string()),
            }
        }
        if self.inputs.len() + self.errors.len() == before {
            self.empty.push(folder.to_owned());
        }
    }

    /// Keeps the first of the inputs that are the same file, so that none is reported, or written to, twice.
    fn forget_repetitions(&mut self) {
        let mut seen = HashSet::new();
        self.inputs.retain(|input| match input {
            // A file that is gone meanwhile stays, to be told when it is read.
            Input::File(path) => path.canonicalize().map_or(true, |path| seen.insert(path)),
            Input::Stdin(_) => seen.insert(PathBuf::from(STDIN)),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn find(folder: &Path, paths: &[&str]) -> (Vec<String>, Inputs) {
        let paths = paths.iter().map(|path| if *path == STDIN { PathBuf::from(STDIN) } else { folder.join(path) });
        let inputs = Paths { paths: paths.collect(), stdin_name: None }.find();
        let names = inputs.inputs.iter().map(|input| match input {
            Input::File(path) => path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"),
            Input::Stdin(name) => name.clone(),
        });
        (names.collect(), inputs)
    }

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in ["b.kql", "a/z.YAML", "a/b.csl", "a/notes.md", ".hidden/c.kql", "a/.d.kql", "c.txt", "odd.rule"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "T").unwrap();
        }
        fs::create_dir(folder.path().join("empty")).unwrap();
        folder
    }

    #[test]
    fn a_folder_gives_its_rules_and_queries_in_order() {
        let tree = tree();
        assert_eq!(find(tree.path(), &[""]).0, ["a/b.csl", "a/z.YAML", "b.kql", "c.txt"]);
    }

    #[test]
    fn tests_are_no_rules() {
        let tree = tree();
        for name in ["a/z.test.yaml", "c.TEST.yml"] {
            fs::write(tree.path().join(name), "tests: []").unwrap();
        }
        assert_eq!(find(tree.path(), &[""]).0, ["a/b.csl", "a/z.YAML", "b.kql", "c.txt"]);
        assert!(is_test(Path::new("x.test.yaml")) && !is_test(Path::new("test.yaml")));
        assert_eq!(tests_of(&tree.path().join("a/z.YAML")), Some(tree.path().join("a/z.test.yaml")));
        assert_eq!(tests_of(&tree.path().join("b.kql")), None);
    }

    #[test]
    fn what_is_named_is_taken_and_each_file_once() {
        let tree = tree();
        let (names, inputs) = find(tree.path(), &["odd.rule", "-", "b.kql", "", "a/../b.kql", "-", "a/.d.kql"]);
        assert_eq!(names, ["odd.rule", "-", "b.kql", "a/b.csl", "a/z.YAML", "c.txt", "a/.d.kql"]);
        assert!(inputs.errors.is_empty() && inputs.empty.is_empty());
    }

    #[test]
    fn a_missing_path_does_not_hide_the_others() {
        let tree = tree();
        let (names, inputs) = find(tree.path(), &["gone.kql", "b.kql", "empty"]);
        assert_eq!(names, ["b.kql"]);
        let [error] = &inputs.errors[..] else { panic!("{:?}", inputs.errors) };
        assert!(error.contains("gone.kql: "), "{error}");
        assert_eq!(inputs.empty, [tree.path().join("empty")]);
    }

    #[test]
    fn ignored_files_are_left_out_of_a_repository() {
        let tree = tree();
        fs::create_dir(tree.path().join(".git")).unwrap();
        fs::write(tree.path().join(".gitignore"), "a/\n").unwrap();
        assert_eq!(find(tree.path(), &[""]).0, ["b.kql", "c.txt"]);
        // A folder that is named is walked all the same.
        assert_eq!(find(tree.path(), &["a"]).0, ["a/b.csl", "a/z.YAML"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_is_taken_and_a_circle_is_not_walked() {
        let tree = tree();
        std::os::unix::fs::symlink(tree.path(), tree.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink(tree.path().join("b.kql"), tree.path().join("a/link.kql")).unwrap();
        assert_eq!(find(tree.path(), &["a"]).0, ["a/b.csl", "a/link.kql", "a/z.YAML"]);
    }

    #[test]
    fn the_ending_decides_before_the_text() {
        let tree = tree();
        fs::write(tree.path().join("q.kql"), "id: 1").unwrap();
        let kind = |name: &str| Input::File(tree.path().join(name)).read().unwrap().kind;
        assert_eq!([kind("q.kql"), kind("a/z.YAML"), kind("odd.rule")], [Kind::Query, Kind::Rule, Kind::Query]);
        assert!(Input::File(tree.path().join("gone")).read().is_err());
    }

    #[test]
    fn standard_input_is_a_query_unless_its_name_says_otherwise() {
        let kind = |name: &str, text: &str| {
            let text = read_stdin(name, text.as_bytes()).unwrap();
            assert_eq!(text.file.name(), name);
            text.kind
        };
        assert_eq!(kind("-", "id: 1"), Kind::Query);
        assert_eq!(kind("x.yaml", "T"), Kind::Rule);
        assert_eq!(kind("buffer", "id: 1"), Kind::Rule);
    }

    #[test]
    fn standard_input_without_end_is_refused() {
        assert!(matches!(read_stdin("-", std::io::repeat(b'x')), Err(ReadError::TooLarge { .. })));
    }

    #[test]
    fn paths_are_arguments_of_a_subcommand() {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            paths: Paths,
        }
        let parse = |arguments: &[&str]| <Cli as clap::Parser>::try_parse_from(arguments);
        let cli = parse(&["kqlc", "a.kql", "-", "--stdin-name", "x.yaml"]).unwrap();
        assert_eq!(cli.paths.paths, [PathBuf::from("a.kql"), PathBuf::from("-")]);
        assert_eq!(cli.paths.stdin_name.as_deref(), Some("x.yaml"));
        assert!(parse(&["kqlc"]).is_err());
    }

    #[test]
    fn the_text_decides_where_the_ending_does_not() {
        for text in ["id: 1", "# a rule\n\nname:\n  x", "---\nid: 1", "\u{20}{ \"a\": 1 }", "query:\r\n", "my-key:"] {
            assert_eq!(Kind::of_text(text), Kind::Rule, "{text}");
        }
        for text in ["", "T", "T | where a == 1", "// id: 1\nT", "let x = 1;", "::x", "a:b", "database('x').T", "#"] {
            assert_eq!(Kind::of_text(text), Kind::Query, "{text}");
        }
    }
}
