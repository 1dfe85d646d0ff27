//! Functions of bags, the JSON objects.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Lists the names of the slots of a bag, not those of bags within; null for anything else.
    bag_keys: [foldable]
        (object: Bag) -> Array[String]
        => r#"print x = bag_keys(dynamic({"a":1}))"# gives r#"["a"]"#;
    /// Makes a bag of names and values in turn.
    pack: [foldable, hidden, old("bag_pack")]
        (key: String&, value: Scalar&) -> Bag
        => "print x = pack('a', 1)" gives r#"{"a":1}"#;
    /// Makes a bag of names and values in turn.
    pack_dictionary: [foldable, hidden, old("bag_pack")]
        (key: String&, value: Scalar&) -> Bag
        => "print x = pack_dictionary('a', 1)" gives r#"{"a":1}"#;
    /// Makes a bag of names and values in turn.
    bag_pack: [foldable]
        (key: String&, value: Scalar&) -> Bag
        => "print x = bag_pack('a', 1, 'b', 'x')" gives r#"{"a":1,"b":"x"}"#;
    /// Makes a bag of columns, each under its own name.
    bag_pack_columns: [foldable]
        (value: Scalar[Column]+) -> Bag
        => "print a = 1 | project x = bag_pack_columns(a)" gives r#"{"a":1}"#;
    /// Makes a bag of all columns of the input, leaving out empty ones where asked to.
    pack_all: [foldable]
        (ignore_null_empty: Scalar[Literal]?) -> Bag
        => "print a = 1 | project x = pack_all()" gives r#"{"a":1}"#;
    /// Puts bags together; of equal names the leftmost wins.
    bag_merge: [foldable]
        (bag: Bag * 2..64) -> Bag
        => r#"print x = bag_merge(dynamic({"a":1}), dynamic({"a":2,"b":3}))"# gives r#"{"a":1,"b":3}"#;
    /// Takes slots out of a bag, by name or by a path that begins `$.`.
    bag_remove_keys: [foldable]
        (bag: Bag, keys: Array) -> Bag
        => r#"print x = bag_remove_keys(dynamic({"a":1,"b":2}), dynamic(['a']))"# gives r#"{"b":2}"#;
    /// Tells whether a bag has a slot, by name or by a path that begins `$.`.
    bag_has_key: [foldable]
        (bag: Bag, key: String) -> Bool
        => r#"print x = bag_has_key(dynamic({"a":1}), 'a')"# gives "true";
    /// Sets one slot of a bag, by name or by a path that begins `$.`.
    bag_set_key: [foldable]
        (bag: Bag, key: String[Constant], value: Scalar) -> Bag
        => r#"print x = bag_set_key(dynamic({"a":1}), 'b', 2)"# gives r#"{"a":1,"b":2}"#;
    /// Makes a bag of an array of names and an array of values.
    bag_zip: [foldable]
        (keys: Array, values: Array) -> Bag
        => "print x = bag_zip(dynamic(['a']), dynamic([1]))" gives r#"{"a":1}"#;
}
