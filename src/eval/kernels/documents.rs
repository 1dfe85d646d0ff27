//! Functions that read CSV, XML and paths into JSON. JSON itself is read by `parse_json`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord};
use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::arguments::text;
use super::cast::cast;
use super::columns::{columns, rows};
use super::json_path::Path;
use super::{Env, Kernel};
use crate::eval::Cell;
use crate::eval::arrays::CellBuilder;
use crate::eval::dynamic::{self, View};
use crate::ir::Json;
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("parse_csv", parse_csv),
    Kernel::strict("parse_xml", |_, args| xml(&text(args, 0)).into()),
    Kernel::array("extractjson", extract_json),
    Kernel::array("extract_json", extract_json),
];

/// The fields of the first record; a text without any has one empty field.
fn parse_csv<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let text = text(args, 0);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Cell::dynamic(&Json::Array(record.iter().map(|field| Json::String(field.into())).collect())),
        Ok(false) => Cell::dynamic(&Json::Array(vec![Json::String("".into())])),
        Err(_) => Cell::Null,
    }
}

/// The longest text that is read as XML, in bytes.
const LONGEST_XML: usize = 1 << 20;
/// The most elements inside one another.
const DEEPEST_XML: usize = 128;

/// An element while it is read.
#[derive(Default)]
struct Element {
    name: Arc<str>,
    /// Attributes and children, in the order of their first appearance.
    slots: Vec<(Arc<str>, Json)>,
    /// Where in `slots` a child is, and whether it stands there with others in an array.
    children: HashMap<Arc<str>, (usize, bool)>,
    text: String,
}

impl Element {
    fn open(start: &BytesStart<'_>) -> Option<Self> {
        let name = std::str::from_utf8(start.name().into_inner()).ok()?.into();
        let mut slots = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let key = std::str::from_utf8(attribute.key.into_inner()).ok()?;
            let value = attribute.unescape_value().ok()?;
            slots.push((format!("@{key}").into(), Json::String(value.into())));
        }
        Some(Self { name, slots, ..Self::default() })
    }

    /// Takes in a child; those of one name become an array.
    fn adopt(&mut self, name: Arc<str>, value: Json) {
        let place = self.children.get_mut(&name).and_then(|(at, many)| Some((self.slots.get_mut(*at)?, many)));
        match place {
            None => {
                self.children.insert(Arc::clone(&name), (self.slots.len(), false));
                self.slots.push((name, value));
            }
            Some(((_, Json::Array(items)), many)) if *many => items.push(value),
            Some(((_, first), many)) => {
                *many = true;
                let earlier = std::mem::replace(first, Json::Null);
                *first = Json::Array(vec![earlier, value]);
            }
        }
    }

    /// Nothing but text is that text; nothing at all is JSON's null.
    fn close(mut self) -> (Arc<str>, Json) {
        let text = self.text.trim();
        let value = match (self.slots.is_empty(), text.is_empty()) {
            (true, true) => Json::Null,
            (true, false) => Json::String(text.into()),
            (false, empty) => {
                if !empty {
                    self.slots.push(("#text".into(), Json::String(text.into())));
                }
                Json::Bag(self.slots)
            }
        };
        (self.name, value)
    }
}

/// Text as XML: a bag with the one element at its root. Comments, instructions and what else is no element, attribute
/// or text are passed over.
fn xml(text: &str) -> Option<Json> {
    if text.len() > LONGEST_XML {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<(Arc<str>, Json)> = None;
    loop {
        let closed = match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() == DEEPEST_XML || root.is_some() {
                    return None;
                }
                open.push(Element::open(&start)?);
                continue;
            }
            Event::Empty(start) if root.is_none() => Element::open(&start)?,
            Event::Empty(_) => return None,
            Event::End(_) => open.pop()?,
            Event::Text(part) => {
                let part = part.decode().ok()?;
                match open.last_mut() {
                    Some(element) => element.text.push_str(&part),
                    None if part.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() => {}
                    None => return None,
                }
                continue;
            }
            Event::CData(part) => {
                open.last_mut()?.text.push_str(&part.decode().ok()?);
                continue;
            }
            Event::GeneralRef(reference) => {
                let element = open.last_mut()?;
                if let Some(c) = reference.resolve_char_ref().ok()? {
                    element.text.push(c);
                } else {
                    let name = reference.decode().ok()?;
                    element.text.push_str(quick_xml::escape::resolve_predefined_entity(&name)?);
                }
                continue;
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
        };
        let (name, value) = closed.close();
        match open.last_mut() {
            Some(parent) => parent.adopt(name, value),
            None => root = Some((name, value)),
        }
    }
    if open.is_empty() { Some(Json::Bag(vec![root?])) } else { None }
}

/// What is wrong with the path among a function's arguments, of which `constant` gives those that are constants.
pub(super) fn fault(function: &str, constant: &dyn Fn(usize) -> Option<String>) -> Option<String> {
    if !matches!(function, "extract_json" | "extractjson") {
        return None;
    }
    let path = constant(0)?;
    Path::parse(&path).is_none().then(|| format!("`{path}` is no path as they are documented: `$.a['b c'][0]`"))
}

/// Without a type the value's text. A path that leads nowhere gives null.
fn extract_json(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let [paths, documents, ..] = columns.as_slice() else {
        return datafusion::common::internal_err!("extract_json takes two arguments");
    };
    let mut values = CellBuilder::new(env.ty, rows(args));
    // The path of the row before, which nearly always is that of all.
    let mut last: Option<(String, Option<Path>)> = None;
    for row in 0..rows(args) {
        let (text, document) = (paths.get(row), documents.get(row));
        let text = text.to_text();
        if last.as_ref().is_none_or(|(last, _)| *last != text) {
            last = Some((text.to_string(), Path::parse(&text)));
        }
        let path = last.as_ref().and_then(|(_, path)| path.as_ref());
        let bytes = dynamic::parse(&document.to_text()).map(|json| dynamic::encode(&json)).unwrap_or_default();
        let found = path.and_then(|path| path.reach(View::new(&bytes)));
        match found {
            Some(view) => values.push(&cast(&Cell::Dynamic(Cow::Borrowed(view.bytes())), env.ty))?,
            None => values.push(&Cell::Null)?,
        }
    }
    Ok(values.finish())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;

    fn s(text: &str) -> Cell<'_> {
        Cell::string(text)
    }

    #[test]
    fn the_first_record_of_csv_is_read() {
        calls(
            Type::Dynamic,
            &[
                ("parse_csv", vec![s(r#"a,"b c",d"#)], r#"["a","b c","d"]"#),
                (
                    "parse_csv",
                    vec![s("aa,\"b,b,b\",cc,\"Escaping quotes: \"\"Title\"\"\",\"line1\nline2\"")],
                    r#"["aa","b,b,b","cc","Escaping quotes: \"Title\"","line1\nline2"]"#,
                ),
                ("parse_csv", vec![s("record1,a,b,c\nrecord2,x,y,z")], r#"["record1","a","b","c"]"#),
                ("parse_csv", vec![s("")], r#"[""]"#),
                ("parse_csv", vec![s("a,,")], r#"["a","",""]"#),
            ],
        );
    }

    #[test]
    fn xml_becomes_json_by_the_documented_table() {
        calls(
            Type::Dynamic,
            &[
                ("parse_xml", vec![s("<e/>")], r#"{"e":null}"#),
                ("parse_xml", vec![s("<e>text</e>")], r#"{"e":"text"}"#),
                ("parse_xml", vec![s(r#"<e name="value" />"#)], r#"{"e":{"@name":"value"}}"#),
                ("parse_xml", vec![s(r#"<e name="value">text</e>"#)], r##"{"e":{"@name":"value","#text":"text"}}"##),
                ("parse_xml", vec![s("<e> <a>text</a> <b>text</b> </e>")], r#"{"e":{"a":"text","b":"text"}}"#),
                ("parse_xml", vec![s("<e> <a>text</a> <a>text</a> </e>")], r#"{"e":{"a":["text","text"]}}"#),
                ("parse_xml", vec![s("<e> text <a>text</a> </e>")], r##"{"e":{"a":"text","#text":"text"}}"##),
                ("parse_xml", vec![s("<e><a/><a/><a>3</a></e>")], r#"{"e":{"a":[null,null,"3"]}}"#),
                (
                    "parse_xml",
                    vec![s("<?xml version=\"1.0\"?>\n<!-- c --><e a='&lt;'>x &amp; &#x41;<![CDATA[<y>]]></e>\n")],
                    r##"{"e":{"@a":"<","#text":"x & A<y>"}}"##,
                ),
            ],
        );
        for broken in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&no;</a>", "<a x></a>"] {
            assert!(call("parse_xml", Type::Dynamic, &[s(broken)]).is_null(), "{broken}");
        }
        let deep = format!("{}{}", "<a>".repeat(129), "</a>".repeat(129));
        assert!(call("parse_xml", Type::Dynamic, &[s(&deep)]).is_null());
    }

    #[test]
    fn a_json_path_is_followed() {
        let json = r#"{"a":{"b":"x","c":[1,{"d":true}],"e f":2.5},"n":null}"#;
        calls(
            Type::String,
            &[
                ("extract_json", vec![s("$.a.b"), s(json)], "x"),
                ("extract_json", vec![s("$.a.c[0]"), s(json)], "1"),
                ("extract_json", vec![s("$.a.c[1].d"), s(json)], "true"),
                ("extract_json", vec![s("$['a']['e f']"), s(json)], "2.5"),
                ("extract_json", vec![s("$.a[\"c\"]"), s(json)], r#"[1,{"d":true}]"#),
                ("extract_json", vec![s("$.a.z"), s(json)], ""),
                ("extract_json", vec![s("$.n"), s(json)], ""),
                ("extract_json", vec![s("$.a.c[9]"), s(json)], ""),
                ("extract_json", vec![s("a.b"), s(json)], ""),
                ("extract_json", vec![s("$.a.c[x"), s(json)], ""),
                ("extract_json", vec![s("$.a"), s("{no json")], ""),
            ],
        );
        assert_eq!(call("extract_json", Type::Long, &[s("$.a.c[0]"), s(json)]).as_long(), Some(1));
        assert!(call("extractjson", Type::Long, &[s("$.a.b"), s(json)]).is_null());
        assert!(fault("extract_json", &|_| Some("$..a".to_owned())).is_some());
        assert!(fault("extract_json", &|_| Some("$.a[0]".to_owned())).is_none());
    }
}
