//! Functions of arrays and bags.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Lists the paths of all slots of a bag.
    treepath: [foldable, named(PrefixAndFirst("tree"))]
        (object: Bag) -> Array[String]
        => r#"print x = treepath(dynamic({"a":1}))"# gives r#"["['a']"]"#;
    /// Makes an array of one value so many times.
    repeat: [foldable, named(PrefixAndFirst("repeat"))]
        (value: Scalar, count: Long) -> ArrayOfFirst
        => "print x = repeat(1, 3)" gives "[1,1,1]";
    /// Counts the elements of an array; null for anything else.
    arraylength: [foldable, hidden, old("array_length")]
        (array: Array) -> Long
        => "print x = arraylength(dynamic([1, 2]))" gives "2";
    /// Counts the elements of an array; null for anything else.
    array_length: [foldable]
        (array: Array) -> Long
        => "print x = array_length(dynamic([1, 2, 3]))" gives "3";
    /// Makes an array of the values from one to another, both included, at equal steps; 1 or one hour by default.
    range: [foldable]
        (start: Summable, stop: Summable, step: Summable?) -> ArrayOfFirst
        => "print x = range(1, 7, 2)" gives "[1,3,5,7]";
    /// Joins arrays into one.
    array_concat: [foldable]
        (array: Array * 1..64) -> Array
        => "print x = array_concat(dynamic([1]), dynamic([2, 3]))" gives "[1,2,3]";
    /// Chooses element by element between two arrays or values.
    array_iif: [foldable, hidden]
        (condition_array: Array, when_true: Scalar, when_false: Scalar) -> Array;
    /// Chooses element by element between two arrays or values.
    array_iff: [foldable]
        (condition_array: Array, when_true: Scalar, when_false: Scalar) -> Array
        => "print x = array_iff(dynamic([true, false]), dynamic([1, 2]), dynamic([3, 4]))" gives "[1,4]";
    /// Gives the position of a value in an array, counted from 0, or -1.
    array_index_of: [foldable]
        (array: Array, value: Scalar, start: Integer?, length: Integer?, occurrence: Integer[Constant]?) -> Long
        => "print x = array_index_of(dynamic(['a', 'b']), 'b')" gives "1";
    /// Takes the elements of an array from one position to another, both included; negative ones count from the
    /// end.
    array_slice: [foldable]
        (array: Array, start: Integer, end: Integer) -> SameAs[0]
        => "print x = array_slice(dynamic([1, 2, 3, 4]), 1, 2)" gives "[2,3]";
    /// Cuts an array before a position, or before each of several.
    array_split: [foldable]
        (array: Array, index: Integer) -> SameAs[0]
        (array: Array, indices: Array) -> SameAs[0]
        => "print x = array_split(dynamic([1, 2, 3]), 1)" gives "[[1],[2,3]]";
    /// Moves the elements of an array to the front, filling up behind with nulls or a value.
    array_shift_left: [foldable]
        (array: Array, shift_count: Integer, default_value: Scalar?) -> SameAs[0]
        => "print x = array_shift_left(dynamic([1, 2, 3]), 1, 0)" gives "[2,3,0]";
    /// Moves the elements of an array to the back, filling up in front with nulls or a value.
    array_shift_right: [foldable]
        (array: Array, shift_count: Integer, default_value: Scalar?) -> SameAs[0]
        => "print x = array_shift_right(dynamic([1, 2, 3]), 1, 0)" gives "[0,1,2]";
    /// Turns the elements of an array round.
    array_reverse: [foldable]
        (value: Array) -> SameAs[0]
        => "print x = array_reverse(dynamic([1, 2, 3]))" gives "[3,2,1]";
    /// Moves the elements of an array to the front, those in front going to the back.
    array_rotate_left: [foldable]
        (array: Array, rotate_count: Integer) -> SameAs[0]
        => "print x = array_rotate_left(dynamic([1, 2, 3]), 1)" gives "[2,3,1]";
    /// Moves the elements of an array to the back, those at the back coming to the front.
    array_rotate_right: [foldable]
        (array: Array, rotate_count: Integer) -> SameAs[0]
        => "print x = array_rotate_right(dynamic([1, 2, 3]), 1)" gives "[3,1,2]";
    /// Sorts an array upwards, and other arrays along with it; nulls go last unless said otherwise.
    array_sort_asc:
        (arrays: Array * 1..64, nulls_last: Bool[Constant]?) -> Computed[ArraySort]
        => "print x = array_sort_asc(dynamic([3, 1, 2]))" gives "[1,2,3]";
    /// Sorts an array downwards, and other arrays along with it; nulls go last unless said otherwise.
    array_sort_desc:
        (arrays: Array * 1..64, nulls_last: Bool[Constant]?) -> Computed[ArraySort]
        => "print x = array_sort_desc(dynamic([3, 1, 2]))" gives "[3,2,1]";
    /// Makes an array of arrays, the first holding the first element of each array, and so on.
    zip: [foldable]
        (array: Array * 2..64) -> Array
        => "print x = zip(dynamic([1, 2]), dynamic([3, 4]))" gives "[[1,3],[2,4]]";
    /// Makes an array of values.
    pack_array: [foldable]
        (value: Scalar+) -> Array
        (value: Scalar[Star]) -> Array
        => "print x = pack_array(1, 2)" gives "[1,2]";
    /// Writes a value as JSON with the slots of bags in order.
    dynamic_to_json: [foldable]
        (dynamic: Scalar) -> String
        => r#"print x = dynamic_to_json(dynamic({"b":1,"a":2}))"# gives r#"{"a":2,"b":1}"#;
    /// Tells whether an array holds a value.
    set_has_element: [foldable]
        (set: Array, value: Scalar) -> Bool
        => "print x = set_has_element(dynamic([1, 2]), 2)" gives "true";
    /// Gives the distinct elements that any of several arrays hold.
    set_union: [foldable]
        (set: Array * 2..64) -> Array
        => "print x = array_length(set_union(dynamic([1, 2]), dynamic([2, 3])))" gives "3";
    /// Gives the distinct elements that all of several arrays hold.
    set_intersect: [foldable]
        (set: Array * 2..64) -> Array
        => "print x = set_intersect(dynamic([1, 2]), dynamic([2, 3]))" gives "[2]";
    /// Gives the distinct elements of the first array that no other holds.
    set_difference: [foldable]
        (set: Array * 2..64) -> Array
        => "print x = set_difference(dynamic([1, 2]), dynamic([2, 3]))" gives "[1]";
    /// Tells whether two arrays hold the same distinct elements.
    set_equals: [foldable]
        (set1: Array, set2: Array) -> Bool
        => "print x = set_equals(dynamic([1, 2]), dynamic([2, 1]))" gives "true";
    /// Gives the number of elements that two arrays share over the number that either holds.
    jaccard_index: [foldable]
        (set: Array * 2..2) -> Array[Real]
        => "print x = jaccard_index(dynamic([1, 2]), dynamic([2, 1, 3, 4]))" gives "0.5";
}
