//! The conversation: who may ask what when, and which answer goes where.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Arrival;
use super::actions;
use super::complete::{self, Offer};
use super::document::Document;
use super::hover;
use super::keys;
use super::navigate;
use super::position::{Columns, difference};
use super::protocol::{Actions, AtPlace, DidChange, DidOpen, InDocument, Range};
use super::publish::published;
use super::query::UnderCursor;
use super::settings::Rulings;
use super::wire::{self, Message, error};
use crate::cli::input::Kind;
use crate::format::{format_rules, format_text};
use crate::schema::Schemas;

/// How the conversation ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With `shutdown` and `exit`.
    AsAgreed,
    /// Without `shutdown`.
    Abruptly,
    /// By something that is no message, after which nobody knows where the next one begins.
    Unreadable(io::Error),
}

/// How far the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The client has not introduced itself.
    Silent,
    /// Questions are answered.
    Open,
    /// The client has said that it is done.
    Closing,
}

/// The server and what it knows of the client.
#[derive(Debug)]
pub(super) struct Server {
    schemas: Schemas,
    rulings: Rulings,
    phase: Phase,
    columns: Columns,
    /// Whether the client can place the cursor in what a completion writes.
    snippets: bool,
    documents: BTreeMap<String, Document>,
    /// The documents whose findings are to be told.
    pending: BTreeSet<String>,
    /// What was said of settings that cannot be read.
    complaint: Option<String>,
}

/// An answer, or the code and the words of the error.
type Answer = Result<Value, (i32, String)>;

impl Server {
    /// A server that knows these tables.
    pub(super) fn new(schemas: Schemas) -> Self {
        Self {
            schemas,
            rulings: Rulings::default(),
            phase: Phase::Silent,
            columns: Columns::default(),
            snippets: false,
            documents: BTreeMap::new(),
            pending: BTreeSet::new(),
            complaint: None,
        }
    }

    /// Serves until the client is gone.
    pub(super) fn serve(mut self, arrivals: &Receiver<Arrival>, out: &mut impl Write) -> Ended {
        let mut queue: VecDeque<Message> = VecDeque::new();
        // What cannot be read is told after what was.
        let mut end = None;
        loop {
            while end.is_none() {
                match arrivals.try_recv() {
                    Ok(Ok(message)) => queue.push_back(message),
                    Ok(Err(error)) => end = Some(Ended::Unreadable(error)),
                    Err(TryRecvError::Disconnected) => end = Some(Ended::Abruptly),
                    Err(TryRecvError::Empty) => break,
                }
            }
            let sent = match queue.pop_front() {
                Some(Message::Notification { method, .. }) if method == "exit" => {
                    return if self.phase == Phase::Closing { Ended::AsAgreed } else { Ended::Abruptly };
                }
                Some(message) => self.take(message, &mut queue, out),
                None if !self.pending.is_empty() => self.publish(out),
                None => match end.take() {
                    Some(end) => return end,
                    None => match arrivals.recv() {
                        Ok(Ok(message)) => {
                            queue.push_back(message);
                            Ok(())
                        }
                        Ok(Err(error)) => return Ended::Unreadable(error),
                        Err(_) => return Ended::Abruptly,
                    },
                },
            };
            // Nobody listens any more.
            if sent.is_err() {
                return Ended::Abruptly;
            }
        }
    }

    fn take(&mut self, message: Message, queue: &mut VecDeque<Message>, out: &mut impl Write) -> io::Result<()> {
        match message {
            Message::Request { id, method, params } => {
                let is_cancel = |message: &Message| {
                    matches!(message, Message::Notification { method, params }
                        if method == "$/cancelRequest" && params.get("id") == Some(&id))
                };
                if let Some(at) = queue.iter().position(is_cancel) {
                    queue.remove(at);
                    return wire::write(out, &wire::refusal(&id, error::REQUEST_CANCELLED, "cancelled"));
                }
                // A fault of ours must cost one answer, not the session.
                let answer = catch_unwind(AssertUnwindSafe(|| self.answer(&method, params)))
                    .unwrap_or_else(|_| Err((error::INTERNAL, format!("`{method}` met a fault of the server"))));
                wire::write(
                    out,
                    &match answer {
                        Ok(result) => wire::answer(&id, &result),
                        Err((code, message)) => wire::refusal(&id, code, &message),
                    },
                )
            }
            Message::Notification { method, params } => {
                let done = catch_unwind(AssertUnwindSafe(|| self.note(&method, params)));
                let fault = match done {
                    Ok(Ok(told)) => {
                        return told.iter().try_for_each(|message| wire::write(out, message));
                    }
                    Ok(Err(error)) => format!("`{method}`: {error}"),
                    Err(_) => format!("`{method}` met a fault of the server"),
                };
                wire::write(out, &wire::notification("window/logMessage", &json!({ "type": 1, "message": fault })))
            }
            Message::Response => Ok(()),
            Message::Malformed(code, message) => wire::write(out, &wire::refusal(&Value::Null, code, &message)),
        }
    }

    fn answer(&mut self, method: &str, params: Value) -> Answer {
        match (self.phase, method) {
            (Phase::Silent, "initialize") => Ok(self.initialize(&params)),
            (Phase::Silent, _) => Err((error::NOT_INITIALIZED, "`initialize` is due first".to_owned())),
            (Phase::Closing, _) | (Phase::Open, "initialize") => {
                Err((error::INVALID_REQUEST, format!("`{method}` is not due any more")))
            }
            (Phase::Open, "shutdown") => {
                self.phase = Phase::Closing;
                Ok(Value::Null)
            }
            (Phase::Open, "textDocument/hover") => self.hover(&read(params)?),
            (Phase::Open, "textDocument/completion") => self.complete(&read(params)?),
            (Phase::Open, "textDocument/codeAction") => self.actions(&read(params)?),
            (Phase::Open, "textDocument/formatting") => self.format(&read(params)?),
            (Phase::Open, "textDocument/definition") => self.definition(&read(params)?),
            (Phase::Open, "textDocument/documentSymbol") => self.symbols(&read(params)?),
            (Phase::Open, _) => Err((error::METHOD_NOT_FOUND, format!("there is no `{method}` here"))),
        }
    }

    fn initialize(&mut self, params: &Value) -> Value {
        // Of what a client can do only this counts here; the rest, well-formed or not, is its own affair.
        let said = |path: &str| params.pointer(path);
        let offered = said("/capabilities/general/positionEncodings").and_then(Value::as_array);
        self.columns = Columns::agreed(offered.map_or(&[], Vec::as_slice));
        let snippets = said("/capabilities/textDocument/completion/completionItem/snippetSupport");
        self.snippets = snippets.and_then(Value::as_bool).unwrap_or(false);
        self.phase = Phase::Open;
        json!({
            "capabilities": {
                "positionEncoding": self.columns.kind(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": ["|", ".", "=", " ", "(", "-"] },
                "codeActionProvider": { "codeActionKinds": [actions::QUICK_FIX, actions::FIX_ALL] },
                "documentFormattingProvider": true,
                "definitionProvider": true,
                "documentSymbolProvider": true,
            },
            "serverInfo": { "name": "kqlc", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Takes note of something; what is to be told the client at once.
    fn note(&mut self, method: &str, params: Value) -> Result<Vec<Value>, String> {
        if self.phase != Phase::Open {
            return Ok(Vec::new());
        }
        match method {
            "textDocument/didOpen" => {
                let opened = of::<DidOpen>(params)?.text_document;
                let key = opened.uri.clone();
                let document =
                    Document::new(opened.uri, &opened.language_id, opened.version, opened.text, self.columns);
                self.documents.insert(key.clone(), document);
                self.pending.insert(key);
            }
            "textDocument/didChange" => {
                let changed = of::<DidChange>(params)?;
                let key = changed.text_document.uri;
                let document = self.documents.get_mut(&key).ok_or_else(|| format!("{key} is not open"))?;
                document.change(changed.text_document.version, changed.content_changes);
                self.pending.insert(key);
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" | "workspace/didChangeConfiguration" => {
                // Settings may be what was saved.
                for (key, document) in &mut self.documents {
                    document.forget();
                    self.pending.insert(key.clone());
                }
            }
            "textDocument/didClose" => {
                let uri = of::<InDocument>(params)?.text_document.uri;
                self.documents.remove(&uri);
                self.pending.remove(&uri);
                let params = json!({ "uri": uri, "diagnostics": [] });
                return Ok(vec![wire::notification("textDocument/publishDiagnostics", &params)]);
            }
            // What else is told needs no answer: `initialized`, `$/setTrace`, the taking back of what was answered.
            _ => {}
        }
        Ok(Vec::new())
    }

    /// Tells the findings of the first of the documents that have changed.
    fn publish(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(key) = self.pending.pop_first() else { return Ok(()) };
        let Some(document) = self.documents.get(&key) else { return Ok(()) };
        let found = catch_unwind(AssertUnwindSafe(|| {
            let analysis = document.analysis(&self.rulings, &self.schemas);
            let found = analysis.findings.iter().map(|finding| published(document, &finding.diagnostic));
            (found.collect::<Vec<_>>(), document.ruling(&self.rulings).error.clone())
        }));
        let Ok((found, complaint)) = found else {
            let message = format!("checking {key} met a fault of the server");
            return wire::write(
                out,
                &wire::notification("window/logMessage", &json!({ "type": 1, "message": message })),
            );
        };
        if complaint.is_some() && complaint != self.complaint {
            let params = json!({ "type": 1, "message": complaint });
            wire::write(out, &wire::notification("window/showMessage", &params))?;
        }
        self.complaint = complaint;
        let params = json!({ "uri": document.uri, "version": document.version, "diagnostics": found });
        wire::write(out, &wire::notification("textDocument/publishDiagnostics", &params))
    }

    fn document(&self, uri: &str) -> Result<&Document, (i32, String)> {
        self.documents.get(uri).ok_or_else(|| (error::INVALID_PARAMS, format!("{uri} is not open")))
    }

    /// A document, and the offset of a place in it.
    fn place(&self, at: &AtPlace) -> Result<(&Document, usize), (i32, String)> {
        let document = self.document(&at.text_document.uri)?;
        Ok((document, document.lines.offset(&document.text, at.position)))
    }

    fn hover(&self, at: &AtPlace) -> Answer {
        let (document, offset) = self.place(at)?;
        let analysis = document.analysis(&self.rulings, &self.schemas);
        let Some((text, span)) = hover::hover(document, analysis, &self.schemas, offset) else {
            return Ok(Value::Null);
        };
        let mut answer = json!({ "contents": { "kind": "markdown", "value": text } });
        if let Some(span) = span {
            answer["range"] = json!(document.range(span));
        }
        Ok(answer)
    }

    fn complete(&self, at: &AtPlace) -> Answer {
        let (document, offset) = self.place(at)?;
        let analysis = document.analysis(&self.rulings, &self.schemas);
        let query = UnderCursor::find(document, &analysis.content, offset);
        let (offers, span) = match &query {
            Some(query) => {
                let (offers, span) = complete::offers(&query.text, query.at, &self.schemas);
                // What was typed stands right before the cursor, in the document as in the query.
                (offers, crate::source::Span::new(offset.saturating_sub(span.len()), offset))
            }
            None if document.kind == Kind::Rule && !document.text.trim_start().starts_with('{') => {
                keys::offers(&document.text, offset)
            }
            None => (Vec::new(), crate::source::Span::at(offset)),
        };
        let typed = document.text.get(span.range()).unwrap_or_default().to_lowercase();
        let fits = |offer: &&Offer| offer.label.to_lowercase().contains(&typed);
        let range = document.range(span);
        let items: Vec<Value> = offers.iter().filter(fits).map(|offer| self.item(offer, range)).collect();
        // A list that was narrowed by what was typed is not the one for other words.
        Ok(json!({ "isIncomplete": !typed.is_empty(), "items": items }))
    }

    fn item(&self, offer: &Offer, range: Range) -> Value {
        let mut text = offer.text.clone().unwrap_or_else(|| offer.label.clone());
        let snippet = offer.called && self.snippets;
        if snippet {
            text.push_str("($0)");
        }
        let mut item = json!({
            "label": offer.label,
            "kind": offer.kind as u8,
            "sortText": format!("{}{}", offer.rank, offer.label),
            "filterText": offer.label,
            "textEdit": { "range": range, "newText": text },
        });
        if !offer.detail.is_empty() {
            item["detail"] = json!(offer.detail);
        }
        if !offer.doc.is_empty() {
            item["documentation"] = json!({ "kind": "markdown", "value": offer.doc });
        }
        if snippet {
            item["insertTextFormat"] = json!(2);
        }
        item
    }

    fn actions(&self, params: &Actions) -> Answer {
        let document = self.document(&params.text_document.uri)?;
        let only = params.context.only.as_deref();
        let actions = actions::actions(document, (&self.rulings, &self.schemas), params.range, only);
        Ok(Value::Array(actions))
    }

    fn format(&self, params: &InDocument) -> Answer {
        let document = self.document(&params.text_document.uri)?;
        let formatted = match document.kind {
            Kind::Rule => format_rules(&document.file()),
            Kind::Query => format_text(&document.text),
        };
        // Why a text cannot be formatted is among its findings already, but for what only the formatter minds.
        let formatted = match formatted {
            Ok(formatted) => formatted,
            Err(found) => {
                let why = found.first().map_or("", |found| found.message.as_str());
                return Err((error::REQUEST_FAILED, format!("nothing is formatted: {why}")));
            }
        };
        let change = difference(&document.text, &formatted);
        let edits = change.map(|(span, text)| json!({ "range": document.range(span), "newText": text }));
        Ok(Value::Array(edits.into_iter().collect()))
    }

    fn definition(&self, at: &AtPlace) -> Answer {
        let (document, offset) = self.place(at)?;
        let analysis = document.analysis(&self.rulings, &self.schemas);
        let span = navigate::definition(document, analysis, offset);
        Ok(span.map_or(Value::Null, |span| json!({ "uri": document.uri, "range": document.range(span) })))
    }

    fn symbols(&self, params: &InDocument) -> Answer {
        let document = self.document(&params.text_document.uri)?;
        Ok(Value::Array(navigate::symbols(document, document.analysis(&self.rulings, &self.schemas))))
    }
}

fn read<P: DeserializeOwned>(params: Value) -> Result<P, (i32, String)> {
    serde_json::from_value(params).map_err(|cause| (error::INVALID_PARAMS, cause.to_string()))
}

fn of<P: DeserializeOwned>(params: Value) -> Result<P, String> {
    serde_json::from_value(params).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::schema::Dialect;

    fn request(id: u32, method: &str, params: Value) -> Message {
        Message::Request { id: json!(id), method: method.to_owned(), params }
    }

    fn note(method: &str, params: Value) -> Message {
        Message::Notification { method: method.to_owned(), params }
    }

    /// What the server writes when all of these have arrived before it begins.
    fn served(messages: Vec<Message>) -> (Vec<Value>, Ended) {
        let (sender, receiver) = mpsc::channel();
        for message in messages {
            sender.send(Ok(message)).unwrap();
        }
        drop(sender);
        let mut out = Vec::new();
        let ended = Server::new(Schemas::builtin(Dialect::Sentinel)).serve(&receiver, &mut out);
        let text = String::from_utf8(out).unwrap();
        let bodies = text.split("Content-Length: ").filter_map(|part| part.split_once("\r\n\r\n"));
        (bodies.map(|(_, body)| serde_json::from_str(body).unwrap()).collect(), ended)
    }

    #[test]
    fn what_was_taken_back_is_not_answered() {
        let hover = || json!({ "textDocument": { "uri": "file:///a.kql" }, "position": { "line": 0, "character": 0 } });
        let (written, ended) = served(vec![
            request(1, "initialize", json!({ "capabilities": {} })),
            request(2, "textDocument/hover", hover()),
            request(3, "textDocument/hover", hover()),
            note("$/cancelRequest", json!({ "id": 2 })),
            request(4, "shutdown", Value::Null),
            note("exit", Value::Null),
        ]);
        assert!(matches!(ended, Ended::AsAgreed));
        assert_eq!(written[1]["error"]["code"], error::REQUEST_CANCELLED);
        assert_eq!(written[2]["error"]["code"], error::INVALID_PARAMS, "a document that is not open");
        assert_eq!(written[3]["id"], 4);
    }

    #[test]
    fn the_order_of_the_conversation_is_kept() {
        let (written, ended) = served(vec![
            request(1, "shutdown", Value::Null),
            request(2, "initialize", json!({})),
            request(3, "initialize", json!({})),
            request(4, "workspace/nonsense", json!([1])),
            request(5, "shutdown", Value::Null),
            request(6, "textDocument/hover", Value::Null),
        ]);
        let codes: Vec<_> = written.iter().map(|message| message["error"]["code"].as_i64()).collect();
        assert_eq!(codes, [Some(-32002), None, Some(-32600), Some(-32601), None, Some(-32600)]);
        assert!(matches!(ended, Ended::Abruptly), "no exit");
        assert!(matches!(served(vec![note("exit", Value::Null)]).1, Ended::Abruptly));
    }

    #[test]
    fn a_run_of_changes_is_checked_once() {
        let document = json!({ "uri": "file:///a.kql", "languageId": "kql", "version": 1, "text": "T |" });
        let change = |version: u32, text: &str| json!({ "textDocument": { "uri": "file:///a.kql", "version": version }, "contentChanges": [{ "text": text }] });
        let (written, _) = served(vec![
            request(1, "initialize", json!({ "capabilities": {} })),
            note("textDocument/didOpen", json!({ "textDocument": document })),
            note("textDocument/didChange", change(2, "T | whre")),
            note("textDocument/didChange", change(3, "print 1")),
            note("textDocument/didChange", json!({ "nonsense": true })),
        ]);
        let told: Vec<_> =
            written.iter().filter(|message| message["method"] == "textDocument/publishDiagnostics").collect();
        assert_eq!(told.len(), 1, "{written:?}");
        assert_eq!(told[0]["params"]["version"], 3);
        assert_eq!(told[0]["params"]["diagnostics"], json!([]));
        assert!(written.iter().any(|message| message["method"] == "window/logMessage"));
    }
}
