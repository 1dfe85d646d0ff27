//! Functions of text.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Joins 1 to 64 values, each as text, into one string.
    strcat: [foldable]
        (arg: Scalar *1..64) -> String
        => "print x = strcat('a', 1, 'b')" gives "a1b";
    /// Counts the characters (Unicode code points) of a string.
    strlen: [foldable, named(PrefixAndFirst("strlen"))]
        (string: StringOrDynamic) -> Long
        => "print x = strlen('abc')" gives "3";
    /// Cuts a string at a delimiter and gives the array of the pieces, or with an index an array of that one piece.
    split: [foldable, named(FirstArgument)]
        (source: Scalar, delimiter: String, requestedIndex: Integer?) -> Array[String]
        => "print x = split('a__b', '_')" gives r#"["a","","b"]"#;
    /// Takes the part of a string that a group of a regular expression matches first, as text or another type.
    extract: [foldable]
        (regex: String[Constant], captureGroup: Long, source: String) -> String
        (regex: String[Constant], captureGroup: Long, source: String, typeLiteral: TypeLiteral[Literal]) -> Named[3]
        => "print x = extract('b(.)d', 1, 'abcd')" gives "c";
}
