//! The codes of diagnostics: one row each, never reused, in ranges by stage.

use super::Severity;

/// What kind of finding a diagnostic is.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable identifier, such as `K1001`.
    pub id: &'static str,
    /// A short name in kebab case.
    pub name: &'static str,
    /// The code Microsoft's analyser gives the same finding, such as `KS142`, where there is one.
    pub official: Option<&'static str>,
    /// How serious a finding of this kind is unless settings say otherwise.
    pub severity: Severity,
    /// One sentence: what the finding says.
    pub summary: &'static str,
}

/// Declares the codes and the table of all of them.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $constant:ident = $id:literal $name:literal $severity:ident $(($official:literal))?;)+) => {
        $($(#[doc = $doc])+ pub static $constant: Code = Code {
            id: $id,
            name: $name,
            official: codes!(@official $($official)?),
            severity: Severity::$severity,
            summary: concat!($($doc),+).trim_ascii(),
        };)+

        /// Every code, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$constant),+];
    };
    (@official $official:literal) => { Some($official) };
    (@official) => { None };
}

// K0xxx: the file. K1xxx: the grammar of KQL. K2xxx: names, types and meaning. K3xxx: other languages, read back (K30xx
// all of them, K31xx Sigma, K32xx SPL, K33xx EQL, K34xx ES|QL). K4xxx: running queries.
codes! {
    /// The file is larger than a rule or query file may be.
    FILE_TOO_LARGE = "K0001" "file-too-large" Error;
    /// The file holds nothing to read.
    FILE_EMPTY = "K0002" "file-empty" Error;
    /// The file is no well-formed YAML.
    YAML_SYNTAX = "K0003" "yaml-syntax" Error;
    /// The file holds several YAML documents where a rule file holds one.
    YAML_SEVERAL_DOCUMENTS = "K0004" "yaml-several-documents" Error;
    /// The YAML or JSON is well-formed but is no Sentinel rule.
    NOT_A_RULE = "K0005" "not-a-rule" Error;
    /// YAML aliases expand to more than a rule file can need.
    YAML_ALIAS_BOMB = "K0006" "yaml-alias-bomb" Error;
    /// A YAML mapping has the same key twice.
    YAML_DUPLICATE_KEY = "K0007" "yaml-duplicate-key" Error;
    /// The file is no well-formed JSON.
    JSON_SYNTAX = "K0008" "json-syntax" Error;
    /// The query is folded (`>`), so a comment swallows what follows it.
    QUERY_FOLDED = "K0009" "query-folded" Error;
    /// A field of the rule has another type or shape than the schema gives it.
    FIELD_TYPE = "K0010" "field-type" Error;
    /// The YAML or JSON nests deeper than a rule file can need.
    FILE_TOO_DEEP = "K0011" "file-too-deep" Error;
    /// The query is written in a way that cannot take another layout without changing what else the file says.
    FORMAT_NOT_IN_PLACE = "K0012" "format-not-in-place" Error;
    /// The query, once formatted, would not be read as the same query: a fault of the formatter.
    FORMAT_UNFAITHFUL = "K0013" "format-unfaithful" Error;

    /// A part of a schema file has none of the forms known for it.
    SCHEMA_SHAPE = "K0020" "schema-shape" Error;
    /// A column or parameter in a schema file has a type that KQL does not know.
    SCHEMA_TYPE = "K0021" "schema-type" Error;
    /// A schema file declares the same table, function, column or parameter twice.
    SCHEMA_DUPLICATE = "K0022" "schema-duplicate" Error;
    /// A schema file has something without a name, or with one that no query can write.
    SCHEMA_NAME = "K0023" "schema-name" Error;
    /// The file is no well-formed CSV.
    CSV_SYNTAX = "K0024" "csv-syntax" Error;
    /// The header of a CSV schema lacks a field that is needed.
    SCHEMA_HEADER = "K0025" "schema-header" Error;

    /// Something stands where the grammar has no place for it.
    UNEXPECTED = "K1001" "unexpected-token" Error;
    /// The text ends where something is still due.
    UNEXPECTED_END = "K1002" "unexpected-end" Error;
    /// A string has no closing quote.
    UNTERMINATED_STRING = "K1003" "unterminated-string" Error;
    /// A bracket is never closed, or closes another kind.
    UNBALANCED = "K1004" "unbalanced-bracket" Error;
    /// The query nests deeper than the parser follows.
    TOO_DEEP = "K1005" "nesting-too-deep" Error;
    /// A literal cannot be read as its type.
    BAD_LITERAL = "K1006" "bad-literal" Error;
    /// A character that no token of KQL begins with.
    STRAY_CHARACTER = "K1007" "stray-character" Error;
    /// A string has an escape that KQL does not know.
    BAD_ESCAPE = "K1008" "bad-escape" Error;
    /// A keyword stands where a name is due.
    KEYWORD_AS_NAME = "K1009" "keyword-as-name" Error;
    /// A word stands where a type is due.
    BAD_TYPE = "K1010" "bad-type" Error ("KS160");
    /// Two comparisons stand side by side without `and` or `or`.
    CHAINED_COMPARISON = "K1011" "chained-comparison" Error;
    /// Something other than a name stands before `=`.
    ASSIGNMENT = "K1012" "assignment" Error;
    /// The text is written in another query language.
    FOREIGN_LANGUAGE = "K1013" "foreign-language" Error;
    /// A character looks like one of KQL's and is another, such as a curly quote.
    LOOK_ALIKE = "K1014" "look-alike-character" Error;
    /// A word stands where an operator is due, and is none.
    UNKNOWN_OPERATOR = "K1015" "unknown-operator" Error;
    /// A keyword is written in capitals.
    KEYWORD_CASE = "K1016" "keyword-case" Error;
    /// An operator or comment is written as in another language.
    FOREIGN_SYNTAX = "K1017" "foreign-syntax" Error;
    /// A comma stands where no item follows.
    EXTRA_COMMA = "K1018" "extra-comma" Error;
    /// A comma, pipe, semicolon or keyword is left out.
    MISSING_TOKEN = "K1019" "missing-token" Error;
    /// There is nothing between two pipes, or before one.
    EMPTY_STAGE = "K1020" "empty-stage" Error;
    /// A template's placeholder was never filled in.
    PLACEHOLDER = "K1021" "placeholder" Error;
    /// A list or range is not in parentheses, or not written as KQL writes it.
    BAD_LIST = "K1022" "bad-list" Error;
    /// The value of `dynamic(…)` is no JSON.
    BAD_DYNAMIC = "K1023" "bad-dynamic" Error;
    /// A GUID stands without `guid(…)` round it.
    BARE_GUID = "K1024" "bare-guid" Error;

    /// A name stands for no column, variable or function.
    UNKNOWN_NAME = "K2001" "unknown-name" Error ("KS142");
    /// A name stands for no table that the schemas or the query know.
    UNKNOWN_TABLE = "K2002" "unknown-table" Warning ("KS204");
    /// A name stands for no function that the catalogue, the schemas or the query know.
    UNKNOWN_FUNCTION = "K2003" "unknown-function" Warning ("KS211");
    /// An operator is not defined for values of these types.
    OPERAND_TYPES = "K2004" "operand-types" Error ("KS106");
    /// A value has another type than its place asks for.
    WRONG_TYPE = "K2005" "wrong-type" Error ("KS107");
    /// A call has too few or too many arguments.
    ARGUMENT_COUNT = "K2006" "argument-count" Error ("KS119");
    /// An argument is not what the function takes there.
    WRONG_ARGUMENT = "K2007" "wrong-argument" Error ("KS141");
    /// A column is asked for, and something else is given.
    COLUMN_EXPECTED = "K2008" "column-expected" Error ("KS109");
    /// A table is asked for, and a scalar is given.
    TABLE_EXPECTED = "K2009" "table-expected" Error ("KS111");
    /// A scalar is asked for, and a table is given.
    SCALAR_EXPECTED = "K2010" "scalar-expected" Error ("KS108");
    /// `project-rename` is given something else than `New = Old`.
    RENAME_EXPECTED = "K2011" "rename-expected" Error ("KS110");
    /// Two columns of one result are given the same name.
    DUPLICATE_COLUMN = "K2012" "duplicate-column" Error ("KS171");
    /// A dynamic value stands where only a typed one can: it needs a cast.
    DYNAMIC_NEEDS_CAST = "K2013" "dynamic-needs-cast" Error ("KS116");
    /// An aggregate stands where records are not grouped.
    AGGREGATE_MISPLACED = "K2014" "aggregate-misplaced" Error ("KS144");
    /// A column stands outside any aggregate where records are grouped.
    COLUMN_OUTSIDE_AGGREGATE = "K2015" "column-outside-aggregate" Error ("KS236");
    /// A join names a column that one side does not have.
    JOIN_COLUMN_MISSING = "K2016" "join-column-missing" Error ("KS145");
    /// The two columns of a join key have different types.
    JOIN_KEY_TYPES = "K2017" "join-key-types" Error ("KS227");
    /// A join has no condition, or one that is no equality of two columns.
    JOIN_CONDITION = "K2018" "join-condition" Error ("KS182");
    /// A name is declared twice.
    NAME_DECLARED_TWICE = "K2019" "name-declared-twice" Error ("KS201");
    /// An operator stands at the start of a query, or behind one where it has to be the first.
    OPERATOR_PLACE = "K2020" "operator-place" Error ("KS174");
    /// A query grows beyond bounds once its variables and functions are put in.
    QUERY_TOO_LARGE = "K2021" "query-too-large" Error;
    /// The rows of a `datatable` do not come out even.
    DATATABLE_CELLS = "K2023" "datatable-cells" Error ("KS173");
    /// A dynamic holds a decimal.
    DECIMAL_IN_DYNAMIC = "K2024" "decimal-in-dynamic" Error ("KS215");
    /// The parts of a `parse` pattern cannot follow each other so.
    PARSE_PATTERN = "K2025" "parse-pattern" Error ("KS101");
    /// A name is no type.
    UNKNOWN_TYPE = "K2026" "unknown-type" Error ("KS160");
    /// A graph is asked for, and none is given.
    GRAPH_EXPECTED = "K2027" "graph-expected" Error ("KS219");
    /// `*` stands where it means nothing.
    STAR_MISPLACED = "K2028" "star-misplaced" Error ("KS191");
    /// Names are given to values that the expression does not have.
    SEVERAL_NAMES = "K2029" "several-names" Error ("KS149");
    /// A value has to be written out, and is computed.
    LITERAL_EXPECTED = "K2030" "literal-expected" Error ("KS131");
    /// The query declares names and asks for nothing, so it has no result.
    NOTHING_ASKED = "K2031" "nothing-asked" Error;
    /// The records at an `assert-schema` have other columns than it states.
    OTHER_SCHEMA = "K2032" "other-schema" Error;
    /// Values of types that are never equal are compared by `==` or `!=`.
    UNEQUAL_TYPES = "K2033" "unequal-types" Warning;

    /// The file holds no detection.
    READ_NOTHING = "K3001" "read-nothing" Error;
    /// Something stands where the grammar of the language has no place for it.
    READ_SYNTAX = "K3002" "read-syntax" Error;
    /// The words have a meaning that cannot be said here.
    READ_NO_MEANING = "K3003" "read-no-meaning" Error;

    /// A part of a Sigma document is missing, or has another shape than the specification gives it.
    SIGMA_FIELD = "K3101" "sigma-field" Error;
    /// The condition of a Sigma rule is not well-formed.
    SIGMA_CONDITION = "K3102" "sigma-condition" Error;
    /// A condition names a search identifier that the rule does not define.
    SIGMA_IDENTIFIER = "K3103" "sigma-identifier" Error;
    /// A name behind a field stands for no modifier of the specification.
    SIGMA_MODIFIER = "K3104" "sigma-modifier" Error;
    /// A modifier cannot be applied to what the others have made of the value.
    SIGMA_MODIFIER_USE = "K3105" "sigma-modifier-use" Error;
    /// A value is of another type than its modifier takes.
    SIGMA_VALUE = "K3106" "sigma-value" Error;
    /// A regular expression in a Sigma rule is not well-formed.
    SIGMA_REGEX = "K3107" "sigma-regex" Error;
    /// A correlation or filter refers to a rule that the file does not have, or to itself.
    SIGMA_REFERENCE = "K3108" "sigma-reference" Error;
    /// The specification does not allow it, though its meaning is clear.
    SIGMA_DISALLOWED = "K3109" "sigma-disallowed" Warning;

    /// A macro of a search is defined nowhere.
    SPL_UNKNOWN_MACRO = "K3201" "spl-unknown-macro" Error;
    /// Macros of a search call each other without end, or grow beyond bounds.
    SPL_MACRO_LIMIT = "K3202" "spl-macro-limit" Error;
    /// A macro that is defined nowhere is read as the convention of its name has it.
    SPL_ASSUMED_MACRO = "K3203" "spl-assumed-macro" Info;
    /// A search uses a command that is not known.
    SPL_UNKNOWN_COMMAND = "K3204" "spl-unknown-command" Error;
    /// A search uses a function that is not known.
    SPL_UNKNOWN_FUNCTION = "K3205" "spl-unknown-function" Error;
    /// A command is given an option that is not known, or a value that the option does not take.
    SPL_OPTION = "K3206" "spl-option" Error;
    /// A function is given too few or too many arguments.
    SPL_ARGUMENT_COUNT = "K3207" "spl-argument-count" Error;
    /// A command stands where it cannot: one that gives events behind a pipe, or one that takes them at the start.
    SPL_COMMAND_PLACE = "K3208" "spl-command-place" Error;
    /// A search nests deeper than the reader follows.
    SPL_TOO_DEEP = "K3209" "spl-too-deep" Error;
    /// A search names fields by a pattern where nothing says which fields there are.
    SPL_OPEN_PATTERN = "K3210" "spl-open-pattern" Error;
    /// No command before gives the field, so it has no value.
    SPL_NO_FIELD = "K3211" "spl-no-field" Info;
    /// A search grows beyond bounds once its templates and repeated commands are carried out.
    SPL_TOO_LARGE = "K3212" "spl-too-large" Error;

    /// A query in EQL uses a function that Elasticsearch has not.
    EQL_UNKNOWN_FUNCTION = "K3301" "eql-unknown-function" Error;
    /// A function of EQL is given too few or too many arguments.
    EQL_ARGUMENT_COUNT = "K3302" "eql-argument-count" Error;
    /// An operator or function of EQL is given what it does not take there.
    EQL_OPERAND = "K3303" "eql-operand" Error;
    /// A query in EQL uses a pipe that Elasticsearch has not.
    EQL_UNKNOWN_PIPE = "K3304" "eql-unknown-pipe" Error;
    /// A sequence or sample in EQL lacks something, or has something that it cannot have.
    EQL_SEQUENCE = "K3305" "eql-sequence" Error;
    /// A query in EQL nests deeper than the reader follows.
    EQL_TOO_DEEP = "K3306" "eql-too-deep" Error;
    /// A query of ES|QL uses a command that is not known.
    ESQL_UNKNOWN_COMMAND = "K3401" "esql-unknown-command" Error;
    /// A query of ES|QL uses a function that is not known.
    ESQL_UNKNOWN_FUNCTION = "K3402" "esql-unknown-function" Error;
    /// A function of ES|QL is given too few or too many arguments.
    ESQL_ARGUMENT_COUNT = "K3403" "esql-argument-count" Error;
    /// A command of ES|QL stands where it cannot: one that gives records behind a pipe, or one that takes them at the start.
    ESQL_COMMAND_PLACE = "K3404" "esql-command-place" Error;
    /// A query of ES|QL nests deeper than the reader follows.
    ESQL_TOO_DEEP = "K3405" "esql-too-deep" Error;
    /// An aggregate stands where records are not grouped, or a column outside of any where they are.
    ESQL_AGGREGATE_PLACE = "K3406" "esql-aggregate-place" Error;
    /// A string, number or time of a query of ES|QL cannot be read.
    ESQL_BAD_LITERAL = "K3407" "esql-bad-literal" Error;
    /// A query of ES|QL names a column that nothing before gives.
    ESQL_UNKNOWN_COLUMN = "K3408" "esql-unknown-column" Error;
    /// The pattern of `DISSECT` or `GROK` is not well-formed.
    ESQL_PATTERN = "K3409" "esql-pattern" Error;

    /// The query needs something that is not run here.
    NOT_RUN = "K4001" "not-run" Error;
    /// The query reads a table, a watchlist or an address for which no data was given.
    NO_DATA = "K4002" "no-data" Error;
    /// A value that the query gives cannot be used where it stands.
    UNUSABLE_VALUE = "K4003" "unusable-value" Error;
    /// The query groups by a rule that Kusto documents in part, and that was filled up here.
    OWN_READING = "K4004" "own-reading" Info;
}

/// The code of a given identifier.
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_and_names_are_unique() {
        let (mut ids, mut names) = (HashSet::new(), HashSet::new());
        for code in ALL {
            assert!(ids.insert(code.id), "{} twice", code.id);
            assert!(names.insert(code.name), "{} twice", code.name);
        }
    }

    #[test]
    fn names_are_kebab_case_and_summaries_are_sentences() {
        for code in ALL {
            assert!(code.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", code.name);
            assert!(code.summary.ends_with('.') && !code.summary.starts_with(' '), "{}", code.summary);
        }
    }
}
