//! Functions that build, cut, search and replace text.

use crate::functions::rows::rows;

/// How `countof` searches.
const SEARCHES: &[&str] = &["normal", "regex"];

rows! { Scalar;
    /// Joins the text of 1 to 64 values into one string.
    strcat: [foldable]
        (arg: Scalar * 1..64) -> String
        => "print x = strcat('a', 1, 'b')" gives "a1b";
    /// Joins the elements of an array into one string, with a delimiter between them.
    strcat_array: [foldable]
        (array: Array, delimiter: Scalar) -> String
        => "print x = strcat_array(dynamic([1, 2, 3]), '-')" gives "1-2-3";
    /// Joins the elements of an array into one string, with a delimiter between them.
    array_strcat: [foldable]
        (array: Array, delimiter: Scalar) -> String
        => "print x = array_strcat(dynamic(['a', 'b']), ',')" gives "a,b";
    /// Joins the text of 2 to 64 values into one string, with a delimiter between them.
    strcat_delim: [foldable]
        (delimiter: Scalar, arg: Scalar * 2..64) -> String
        => "print x = strcat_delim('-', 'a', 1)" gives "a-1";
    /// Compares two strings by code point: -1, 0 or 1 as the first comes before, equals or comes after the
    /// second.
    strcmp: [foldable]
        (s1: Scalar, s2: Scalar) -> Long
        => "print x = strcmp('a', 'b')" gives "-1";
    /// Repeats the text of a value so many times, with an optional delimiter between them.
    strrep: [foldable]
        (value: Scalar, multiplier: Long, delimiter: Scalar?) -> String
        => "print x = strrep('ab', 2, '-')" gives "ab-ab";
    /// Counts the characters of a string, as Unicode code points.
    strlen: [foldable, named(PrefixAndFirst("strlen"))]
        (string: StringOrDynamic) -> Long
        => "print x = strlen('abc')" gives "3";
    /// Gives the size of a string in bytes of UTF-8.
    string_size: [foldable, named(PrefixAndFirst("string_size"))]
        (string: StringOrDynamic) -> Long
        => "print x = string_size('é')" gives "2";
    /// Turns text into upper case.
    toupper: [foldable]
        (value: Scalar) -> String
        => "print x = toupper('aBc')" gives "ABC";
    /// Turns text into lower case.
    tolower: [foldable]
        (value: Scalar) -> String
        => "print x = tolower('aBc')" gives "abc";
    /// Gives the Unicode code points of a string as an array.
    to_utf8: [foldable, hidden, old("unicode_codepoints_from_string")]
        (value: Scalar) -> Array;
    /// Gives the Unicode code points of a string as an array.
    unicode_codepoints_from_string: [foldable]
        (value: Scalar) -> Array
        => "print x = unicode_codepoints_from_string('ab')" gives "[97,98]";
    /// Makes a string of Unicode code points.
    make_string: [foldable, hidden, old("unicode_codepoints_to_string")]
        (value: IntegerOrArray+) -> String
        => "print x = make_string(97, 98)" gives "ab";
    /// Makes a string of Unicode code points, given one by one or as arrays.
    unicode_codepoints_to_string: [foldable]
        (value: IntegerOrArray+) -> String
        => "print x = unicode_codepoints_to_string(dynamic([97, 98]))" gives "ab";
    /// Takes a part of a string from a position counted from 0, to its end or so many characters long; a negative
    /// position counts from the end.
    substring: [foldable]
        (string: Scalar, start: Integer, length: Integer?) -> String
        => "print x = substring('abcd', 1, 2)" gives "bc"
        => "print x = substring('123456', -2, 2)" gives "56";
    /// Escapes what has a meaning in regular expressions, so that the text matches itself.
    regex_quote: [foldable]
        (string: Scalar) -> String
        => "print x = regex_quote('a.b')" gives r"a\.b";
    /// Gives the position, counted from 0, at which a string holds another, or -1.
    indexof: [foldable]
        (string: Scalar, match: Scalar, start: Integer?, length: Integer?, occurrence: Integer[Constant]?) -> Long
        => "print x = indexof('abcabc', 'c')" gives "2"
        => "print x = indexof('abc', 'x')" gives "-1";
    /// Gives the position, counted from 0, at which a regular expression matches, or -1.
    indexof_regex: [foldable]
        (string: Scalar, match: Scalar[Constant], start: Integer?, length: Integer?,
            occurrence: Integer[Constant]?) -> Long
        => "print x = indexof_regex('ab12', '[0-9]')" gives "2";
    /// Gives the position in an array of the first item whose text is a term of the string, or -1.
    has_any_index: [foldable]
        (source: StringOrDynamic, values: Array) -> Long
        => "print x = has_any_index('this is a test', dynamic(['no', 'test']))" gives "1";
    /// Turns the characters of a string round.
    reverse: [foldable]
        (value: Scalar) -> String
        => "print x = reverse('abc')" gives "cba";
    /// Cuts a string at a delimiter into an array of pieces; with an index the array holds that one piece.
    split: [foldable, named(FirstArgument)]
        (source: Scalar, delimiter: String, requested_index: Integer?) -> Array[String]
        => "print x = split('a__b', '_')" gives r#"["a","","b"]"#
        => "print x = split('a,b', ',', 1)" gives r#"["b"]"#;
    /// Gives what a group of a regular expression captures at its first match, 0 being the whole match, as text
    /// or another type.
    extract: [foldable]
        (regex: String[Constant], capture_group: Long, source: String) -> String
        (regex: String[Constant], capture_group: Long, source: String, type_literal: TypeLiteral[Literal]) -> Named[
            3
        ]
        => "print x = extract('b(.)d', 1, 'abcd')" gives "c"
        => "print x = extract('x=([0-9]+)', 1, 'x=42', typeof(long))" gives "42";
    /// Gives what a regular expression captures at each match, as an array.
    extractall: [foldable, hidden, old("extract_all")]
        (regex: String[Constant], source: String) -> Array
        (regex: String[Constant], capture_groups: Array, source: String) -> Array
        => "print x = extractall('([a-z])', 'a1b')" gives r#"["a","b"]"#;
    /// Gives what a regular expression captures at each match: an array, of arrays where there are several
    /// groups.
    extract_all: [foldable]
        (regex: String[Constant], source: String) -> Array
        (regex: String[Constant], capture_groups: Array, source: String) -> Array
        => "print x = extract_all('([a-z])', 'a1b')" gives r#"["a","b"]"#
        => "print x = extract_all('([a-z])([0-9])', 'a1b2')" gives r#"[["a","1"],["b","2"]]"#;
    /// Replaces every match of a regular expression, the regular expression coming first and the text last.
    replace: [foldable, hidden, old("replace_regex" | "replace_string")]
        (regex: String[Constant], rewrite: String[Constant], source: String) -> String
        => "print x = replace('b+', 'x', 'abbc')" gives "axc";
    /// Replaces every match of a regular expression; `\1` in the replacement is the first group, `\0` the whole
    /// match.
    replace_regex: [foldable]
        (source: String, lookup_regex: String[Constant], rewrite_pattern: String[Constant]) -> String
        => "print x = replace_regex('abbc', 'b+', 'x')" gives "axc";
    /// Replaces every occurrence of a string, counting case.
    replace_string: [foldable]
        (text: String, lookup: String, rewrite: String) -> String
        => "print x = replace_string('a.b.c', '.', '-')" gives "a-b-c";
    /// Replaces every occurrence of each string of an array by its partner in another; earlier pairs win.
    replace_strings: [foldable]
        (text: String, lookups: Array, rewrites: Array) -> String
        => "print x = replace_strings('a b', dynamic(['a', 'b']), dynamic(['x', 'y']))" gives "x y";
    /// Takes the longest match of a regular expression off the start of a string.
    trim_start: [foldable]
        (regex: String[Constant], source: String) -> String
        => "print x = trim_start('-+', '--a-')" gives "a-";
    /// Takes the longest match of a regular expression off the end of a string.
    trim_end: [foldable]
        (regex: String[Constant], source: String) -> String
        => "print x = trim_end('-+', '-a--')" gives "-a";
    /// Takes the longest match of a regular expression off both ends of a string.
    trim: [foldable]
        (regex: String[Constant], source: String) -> String
        => "print x = trim('-+', '--a--')" gives "a";
    /// Counts how often a string holds another; plain matches may overlap, those of a regular expression do not.
    countof: [foldable]
        (source: String, search: String, kind: String[Literal @ SEARCHES]?) -> Long
        => "print x = countof('aaa', 'aa')" gives "2"
        => "print x = countof('a1b2', '[0-9]', 'regex')" gives "2";
    /// Replaces each character found in one list by the character at the same place of another.
    translate: [foldable]
        (search_list: String, replacement_list: String, source: String) -> String
        => "print x = translate('abc', 'xyz', 'cab')" gives "zxy";
}
