//! Functions that encode, decode and parse text: Base64, URLs, JSON, paths, versions.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Encodes text for a URL as a form does, a space becoming `+`.
    url_encode: [foldable]
        (url: String) -> String
        => "print x = url_encode('a b')" gives "a+b";
    /// Encodes text for a part of a URL, a space becoming `%20`.
    url_encode_component: [foldable]
        (url: String) -> String
        => "print x = url_encode_component('a b')" gives "a%20b";
    /// Decodes the escapes of a URL.
    url_decode: [foldable]
        (encoded_url: String) -> String
        => "print x = url_decode('a%20b')" gives "a b";
    /// Encodes text in Base64.
    base64_encodestring: [foldable, hidden, old("base64_encode_tostring")]
        (string: String) -> String
        => "print x = base64_encodestring('abc')" gives "YWJj";
    /// Encodes text, as UTF-8, in Base64.
    base64_encode_tostring: [foldable]
        (string: String) -> String
        => "print x = base64_encode_tostring('abc')" gives "YWJj";
    /// Decodes Base64 to an array of byte values.
    base64_decode_toarray: [foldable]
        (base64_string: String) -> Array
        => "print x = base64_decode_toarray('YWJj')" gives "[97,98,99]";
    /// Encodes an array of byte values in Base64.
    base64_encode_fromarray: [foldable]
        (base64_string_decoded_as_array: Array) -> String
        => "print x = base64_encode_fromarray(dynamic([97, 98, 99]))" gives "YWJj";
    /// Decodes Base64 to text.
    base64_decodestring: [foldable, hidden, old("base64_decode_tostring")]
        (base64_string: String) -> String
        => "print x = base64_decodestring('YWJj')" gives "abc";
    /// Decodes Base64 to text; empty where the bytes are no UTF-8.
    base64_decode_tostring: [foldable]
        (base64_string: String) -> String
        => "print x = base64_decode_tostring('YWJj')" gives "abc";
    /// Decodes Base64 to a guid.
    base64_decode_toguid: [foldable]
        (base64_string: String) -> Guid
        => "print x = base64_decode_toguid('AAAAAAAAAAAAAAAAAAAAAA==')" gives "00000000-0000-0000-0000-000000000000";
    /// Encodes a guid in Base64.
    base64_encode_fromguid: [foldable]
        (guid: Guid) -> String
        => "print x = base64_encode_fromguid(guid(00000000-0000-0000-0000-000000000000))" gives "AAAAAAAAAAAAAAAAAAAAAA==";
    /// Decodes Base64 and unpacks the zlib data in it to text.
    zlib_decompress_from_base64_string: [foldable]
        (string: String) -> String
        => "print x = zlib_decompress_from_base64_string('eJxLTEoGAAJNASc=')" gives "abc";
    /// Packs text with zlib and encodes it in Base64.
    zlib_compress_to_base64_string: [foldable]
        (string: String) -> String
        => "print x = zlib_decompress_from_base64_string(zlib_compress_to_base64_string('abc'))" gives "abc";
    /// Decodes Base64 and unpacks the gzip data in it to text.
    gzip_decompress_from_base64_string: [foldable]
        (string: String) -> String
        => "print x = gzip_decompress_from_base64_string('H4sIAAAAAAAC/0tMSgYAwkEkNQMAAAA=')" gives "abc";
    /// Packs text with gzip and encodes it in Base64.
    gzip_compress_to_base64_string: [foldable]
        (string: String) -> String
        => "print x = gzip_decompress_from_base64_string(gzip_compress_to_base64_string('abc'))" gives "abc";
    /// Packs an array with LZ4 and encodes it in Base64; internal.
    __lz4_compress_dynamic_array_to_base64_string: [foldable, hidden]
        (dynamic: Array) -> String;
    /// Cuts a command line into its arguments, by the rules of `windows`.
    parse_command_line: [foldable]
        (command: Scalar, parser: String) -> Array[String]
        => r#"print x = parse_command_line('a.exe -b "c d"', 'windows')"# gives r#"["a.exe","-b","c d"]"#;
    /// Gives the fields of the first record of a CSV text as an array of strings.
    parse_csv: [foldable, named(FirstArgument)]
        (csv_text: StringOrDynamic) -> Array
        => r#"print x = parse_csv('a,"b c",d')"# gives r#"["a","b c","d"]"#;
    /// Reads JSON.
    parsejson: [foldable, hidden, old("parse_json"), named(FirstArgument)]
        (json_text: StringOrDynamic) -> Dynamic
        => r#"print x = parsejson('{"a":1}')"# gives r#"{"a":1}"#;
    /// Reads JSON; text that is none becomes a dynamic string, empty text null.
    parse_json: [foldable, named(FirstArgument)]
        (json_text: StringOrDynamic) -> Dynamic
        => r#"print x = parse_json('{"a":1}')"# gives r#"{"a":1}"#
        => r#"print x = parse_json('{"a":[1,2]}').a[1]"# gives "2";
    /// Reads XML as a bag; attributes have names that begin with `@`, and text beside them is `#text`.
    parse_xml: [foldable, named(FirstArgument)]
        (xml_text: StringOrDynamic) -> Bag
        => "print x = tostring(parse_xml('<a><b>1</b></a>').a.b)" gives "1";
    /// Takes a URL apart.
    parseurl: [foldable, hidden, old("parse_url")]
        (url: String) -> Bag
        => "print x = tostring(parseurl('http://h.org/p').Host)" gives "h.org";
    /// Takes a URL apart into a bag: Scheme, Host, Port, Path, Username, Password, Query Parameters, Fragment.
    parse_url: [foldable]
        (url: String) -> Bag
        => "print x = tostring(parse_url('https://h.org:81/p?q=1').Port)" gives "81";
    /// Takes the query part of a URL apart.
    parseurlquery: [foldable, hidden, old("parse_urlquery")]
        (query: String) -> Bag;
    /// Takes the query part of a URL apart into a bag with the slot `Query Parameters`.
    parse_urlquery: [foldable]
        (query: String) -> Bag
        => "print x = tostring(parse_urlquery('k=v')['Query Parameters'].k)" gives "v";
    /// Takes a file path apart into a bag: Scheme, RootPath, DirectoryPath, DirectoryName, Filename, Extension,
    /// AlternateDataStreamName.
    parse_path: [foldable]
        (path: String) -> Bag
        => r"print x = tostring(parse_path('C:\\a\\b.exe').Filename)" gives "b.exe";
    /// Names the browser, the operating system or the device of a user-agent text, as a bag.
    parse_user_agent: [foldable]
        (user_agent: String, look_for: StringOrArray?) -> Bag;
    /// Turns a version of up to four numbers into a decimal that sorts as versions do.
    parse_version: [foldable]
        (version: String) -> Decimal
        => "print x = parse_version('1.2') < parse_version('1.10')" gives "true";
    /// Gives the value at a JSON path of a JSON text, as text or another type.
    extractjson: [foldable]
        (json_path: String[Constant], json_text: String) -> String
        (json_path: String[Constant], json_text: String, type: TypeLiteral[Literal]) -> Named[2]
        => r#"print x = extractjson('$.a', '{"a":1}', typeof(long))"# gives "1";
    /// Gives the value at a JSON path of a JSON text, as text or another type.
    extract_json: [foldable]
        (json_path: String[Constant], json_text: String) -> String
        (json_path: String[Constant], json_text: String, type: TypeLiteral[Literal]) -> Named[2]
        => r#"print x = extract_json('$.a.b', '{"a":{"b":"x"}}')"# gives "x";
    /// Decodes Punycode.
    punycode_to_string: [foldable]
        (string: String) -> String
        => "print x = punycode_to_string('acadmie-franaise-npb1a')" gives "académie-française";
    /// Encodes text as Punycode.
    punycode_from_string: [foldable]
        (string: String) -> String
        => "print x = punycode_from_string('académie-française')" gives "acadmie-franaise-npb1a";
    /// Decodes an internationalised domain name from Punycode, label by label.
    punycode_domain_from_string: [foldable]
        (string: String) -> String
        => "print x = punycode_domain_from_string('xn--Ge-mia.Bulg.edu')" gives "Gáe.Bulg.edu";
    /// Encodes an internationalised domain name as Punycode, label by label.
    punycode_domain_to_string: [foldable]
        (string: String) -> String
        => "print x = punycode_domain_to_string('Gáe.Bulg.edu')" gives "xn--Ge-mia.Bulg.edu";
    /// Writes a number of bytes in a fitting or a given unit.
    format_bytes: [named(FirstArgument)]
        (size: Number, precision: Number[Constant]?, format: String[Constant]?) -> String
        => "print x = format_bytes(1024)" gives "1 KB";
}
