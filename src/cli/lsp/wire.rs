//! Messages on the wire: JSON behind a header that tells its length.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::{Value, json};

/// The longest message that is read, in bytes: four times the largest file, since JSON escapes what it carries.
const MOST_BYTES: usize = 4 * crate::source::MAX_FILE_BYTES as usize;
/// The longest header line that is read, in bytes.
const MOST_HEADER: u64 = 4096;

/// Codes of errors, as JSON-RPC and the protocol number them.
pub(super) mod error {
    /// The message is no JSON.
    pub(in crate::cli::lsp) const PARSE: i32 = -32700;
    /// The message is no request.
    pub(in crate::cli::lsp) const INVALID_REQUEST: i32 = -32600;
    /// There is no such method here.
    pub(in crate::cli::lsp) const METHOD_NOT_FOUND: i32 = -32601;
    /// The parameters are not those of the method.
    pub(in crate::cli::lsp) const INVALID_PARAMS: i32 = -32602;
    /// Something went wrong that is no fault of the client.
    pub(in crate::cli::lsp) const INTERNAL: i32 = -32603;
    /// The request is right, and what it asks for cannot be done.
    pub(in crate::cli::lsp) const REQUEST_FAILED: i32 = -32803;
    /// The client has not introduced itself.
    pub(in crate::cli::lsp) const NOT_INITIALIZED: i32 = -32002;
    /// The client has taken its request back.
    pub(in crate::cli::lsp) const REQUEST_CANCELLED: i32 = -32800;
}

/// What the client sends.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// Something that wants an answer.
    Request {
        /// A number or text, which the answer repeats.
        id: Value,
        /// What is asked.
        method: String,
        /// About what.
        params: Value,
    },
    /// Something that wants none.
    Notification {
        /// What is told.
        method: String,
        /// About what.
        params: Value,
    },
    /// An answer; nothing is ever asked that one is needed of.
    Response,
    /// What is no message: the code and the words of the error to answer with.
    Malformed(i32, String),
}

impl Message {
    fn of(mut value: Value) -> Self {
        let id = value.get_mut("id").map(Value::take);
        let params = value.get_mut("params").map(Value::take).unwrap_or_default();
        match (value.get("method").and_then(Value::as_str), id) {
            (Some(method), Some(id)) if id.is_number() || id.is_string() => {
                Self::Request { id, method: method.to_owned(), params }
            }
            (Some(method), None) => Self::Notification { method: method.to_owned(), params },
            (None, Some(_)) if value.get("result").is_some() || value.get("error").is_some() => Self::Response,
            _ => Self::Malformed(error::INVALID_REQUEST, "this is neither a request nor a notification".to_owned()),
        }
    }
}

/// Reads the next message; `None` at the end of the input.
///
/// # Errors
/// What the operating system says, and a header after which nobody knows where the next message begins.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
    let mut length = None;
    let mut begun = false;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MOST_HEADER).read_until(b'\n', &mut line)? == 0 {
            return if begun { Err(invalid("the input ends within a header".to_owned())) } else { Ok(None) };
        }
        begun = true;
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_suffix('\n').ok_or_else(|| invalid("a line of a header does not end".to_owned()))?;
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid(format!("`{line}` is no header")))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            length = Some(value.trim().parse::<usize>().map_err(|_| invalid(format!("`{value}` is no length")))?);
        }
    }
    let length = length.ok_or_else(|| invalid("the header tells no length".to_owned()))?;
    if length > MOST_BYTES {
        return Err(invalid(format!("a message of {length} bytes is longer than the {MOST_BYTES} that are read")));
    }
    // The length is a claim: room is made as bytes arrive.
    let mut bytes = Vec::new();
    input.by_ref().take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(invalid("the input ends within a message".to_owned()));
    }
    Ok(Some(match serde_json::from_slice(&bytes) {
        Ok(value) => Message::of(value),
        Err(error) => Message::Malformed(error::PARSE, error.to_string()),
    }))
}

/// Writes a message and sends it off.
pub(super) fn write(output: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = serde_json::to_string(message).map_err(io::Error::from)?;
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

/// The answer to a request.
pub(super) fn answer(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The answer that there is none.
pub(super) fn refusal(id: &Value, code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// Something to tell the client.
pub(super) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(text: &str) -> Vec<u8> {
        format!("Content-Length: {}\r\nContent-Type: x\r\n\r\n{text}", text.len()).into_bytes()
    }

    fn all(mut bytes: &[u8]) -> (Vec<Message>, bool) {
        let mut messages = Vec::new();
        loop {
            match read(&mut bytes) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => return (messages, true),
                Err(_) => return (messages, false),
            }
        }
    }

    #[test]
    fn messages_are_told_apart() {
        let texts = [
            r#"{"id":1,"method":"a","params":[1]}"#,
            r#"{"id":"x","method":"a"}"#,
            r#"{"method":"b"}"#,
            r#"{"id":1,"result":null}"#,
            "{",
            "[]",
            r#"{"id":null,"method":"a"}"#,
        ];
        let (messages, whole) = all(&texts.iter().flat_map(|text| framed(text)).collect::<Vec<_>>());
        assert!(whole && messages.len() == 7);
        assert_eq!(messages[0], Message::Request { id: json!(1), method: "a".to_owned(), params: json!([1]) });
        assert!(matches!(messages[1], Message::Request { .. }) && matches!(messages[2], Message::Notification { .. }));
        assert_eq!(messages[3], Message::Response);
        assert!(matches!(messages[4], Message::Malformed(error::PARSE, _)));
        assert!(matches!(messages[5], Message::Malformed(error::INVALID_REQUEST, _)));
        assert!(matches!(messages[6], Message::Malformed(error::INVALID_REQUEST, _)));
    }

    #[test]
    fn what_cannot_be_followed_ends_the_reading() {
        for text in ["Content-Length: 5\r\n\r\n{}", "Content-Length: x\r\n\r\n", "X: 1\r\n\r\n", "nothing\r\n\r\n{}"] {
            assert!(!all(text.as_bytes()).1, "{text}");
        }
        assert!(!all(format!("Content-Length: {}\r\n\r\n", usize::MAX).as_bytes()).1);
        assert!(!all(&vec![b'x'; 10_000]).1, "a header without end");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut bytes = Vec::new();
        write(&mut bytes, &notification("a/b", &json!({ "text": "é\n" }))).unwrap();
        assert!(matches!(all(&bytes).0.as_slice(), [Message::Notification { method, .. }] if method == "a/b"));
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            all(&bytes);
        }
    }
}
