//! `kqlc lsp` as an editor meets it: a process, headers, JSON.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// An editor with the server it has started.
struct Client {
    server: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: i64,
    /// What the server has told without being asked.
    told: Vec<Value>,
}

impl Client {
    /// Starts the server and introduces itself, with these capabilities.
    fn start(capabilities: &Value) -> Self {
        Self::with(&[], capabilities)
    }

    /// The same, with these arguments.
    fn with(arguments: &[&str], capabilities: &Value) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
        command.arg("lsp").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let (input, output) = (server.stdin.take(), BufReader::new(server.stdout.take().unwrap()));
        let mut client = Self { server, input, output, next: 0, told: Vec::new() };
        let answer = client.ask("initialize", &json!({ "processId": null, "capabilities": capabilities }));
        assert!(answer["capabilities"]["hoverProvider"].as_bool().unwrap(), "{answer}");
        client.tell("initialized", &json!({}));
        client
    }

    fn plain() -> Self {
        Self::start(&json!({}))
    }

    fn write(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server has gone");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The whole answer to a request.
    fn answer(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
            self.told.push(message);
        }
    }

    /// The result of a request.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn open(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Opens a text with the cursor at `§`.
    fn open_at(&mut self, uri: &str, marked: &str) -> Value {
        let at = marked.find('§').unwrap();
        self.open(uri, "", &marked.replace('§', ""));
        let before = &marked[..at];
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
        json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": column } })
    }

    /// The next findings that are told of a document.
    fn findings(&mut self, uri: &str) -> Vec<Value> {
        let is =
            |message: &Value| message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri;
        let message = match self.told.iter().position(is) {
            Some(at) => self.told.remove(at),
            None => loop {
                let message = self.read();
                if is(&message) {
                    break message;
                }
                self.told.push(message);
            },
        };
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// The labels that are offered at a place.
    fn offered(&mut self, place: &Value) -> Vec<String> {
        let answer = self.ask("textDocument/completion", place);
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    /// Says goodbye; the exit code of the server.
    fn end(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", &Value::Null), Value::Null);
        self.tell("exit", &Value::Null);
        self.server.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn codes(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn range(start: (u32, u32), end: (u32, u32)) -> Value {
    json!({
        "start": { "line": start.0, "character": start.1 },
        "end": { "line": end.0, "character": end.1 },
    })
}

/// A text after edits as the protocol writes them, counted in UTF-16.
fn edited(text: &str, edits: &[Value]) -> String {
    let offset = |place: &Value| {
        let (line, column) = (place["line"].as_u64().unwrap(), place["character"].as_u64().unwrap());
        let start: usize = text.split_inclusive('\n').take(usize::try_from(line).unwrap()).map(str::len).sum();
        let mut left = usize::try_from(column).unwrap();
        let mut at = start;
        for c in text[start..].chars() {
            if left == 0 {
                break;
            }
            assert!(c != '\n' && c != '\r', "a place behind the end of its line");
            left -= c.len_utf16();
            at += c.len_utf8();
        }
        at
    };
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_unstable();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

const RULE: &str = "id: 3f1d6a0e-7c52-4b8f-9a41-5d0c2e9b7f16\nkind: NRT\nname: Sign-ins\ndescription: Sign-ins of note.\nseverity: High\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: |\n    let unused = 1;\n    SigninLogs\n    | where UserPrincipalName == \"\u{1F600}\" and Nonsense == 1\nversion: 1.0.0\n";

#[test]
fn findings_stand_where_the_editor_counts_them() {
    let mut client = Client::plain();
    client.open("file:///a.yaml", "yaml", RULE);
    let found = client.findings("file:///a.yaml");
    assert_eq!(codes(&found), ["Q001", "K2001"], "{found:?}");
    assert_eq!(found[0]["range"], range((8, 8), (8, 14)));
    // The face is two units of UTF-16 wide.
    assert_eq!(found[1]["range"], range((10, 42), (10, 50)));
    assert_eq!((found[0]["severity"].as_i64(), found[1]["severity"].as_i64()), (Some(2), Some(1)));
    assert_eq!(found[0]["tags"], json!([1]));
    assert_eq!(client.end(), Some(0));

    let mut client = Client::start(&json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } }));
    client.open("file:///a.yaml", "yaml", RULE);
    let found = client.findings("file:///a.yaml");
    assert_eq!(found[1]["range"], range((10, 44), (10, 52)), "and four bytes");
}

#[test]
fn findings_are_those_of_check_with_settings_and_comments() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kqlc.toml"), "[lint]\nignore = ['Q001']\n").unwrap();
    let path = folder.path().join("a b.yaml");
    let text =
        RULE.replace("severity: High", "severity: high # kqlc: ignore[F015]").replace("name: Sign-ins", "name: ");
    std::fs::write(&path, &text).unwrap();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
        .args(["check", "--format", "json"])
        .arg(&path)
        .output()
        .unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        json!({ "diagnostics": text.lines().flat_map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["diagnostics"].as_array().unwrap().clone()
        }).collect::<Vec<_>>() })
    });
    let checked: Vec<_> = record["diagnostics"].as_array().unwrap().iter().map(|found| found["code"].clone()).collect();
    let uri = format!("file://{}", path.display()).replace(' ', "%20");
    let mut client = Client::plain();
    client.open(&uri, "yaml", &text);
    let found = client.findings(&uri);
    assert_eq!(found.iter().map(|found| found["code"].clone()).collect::<Vec<_>>(), checked, "{found:?}");
    assert!(!codes(&found).contains(&"Q001") && !codes(&found).contains(&"F015") && codes(&found).contains(&"F007"));
    // Settings that change are read again.
    std::fs::write(folder.path().join("kqlc.toml"), "[lint]\nignore = ['Q001', 'F007']\n\n").unwrap();
    client.tell("textDocument/didSave", &json!({ "textDocument": { "uri": uri } }));
    assert!(!codes(&client.findings(&uri)).contains(&"F007"));
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    assert!(client.findings(&uri).is_empty());
}

#[test]
fn changes_of_a_part_are_followed() {
    let mut client = Client::plain();
    client.open("file:///a.kql", "kql", "// \u{1F600}\r\nSigninLogs\r\n| whre AppId == 1\r\n");
    assert!(!client.findings("file:///a.kql").is_empty());
    let change = |start, end, text: &str| json!({ "range": range(start, end), "text": text });
    client.tell(
        "textDocument/didChange",
        &json!({
            "textDocument": { "uri": "file:///a.kql", "version": 2 },
            "contentChanges": [change((2, 2), (2, 6), "where"), change((2, 17), (2, 18), "'1'"), change((0, 3), (0, 5), "x")],
        }),
    );
    assert_eq!(client.findings("file:///a.kql"), Vec::<Value>::new());
    let formatted = client.ask(
        "textDocument/formatting",
        &json!({ "textDocument": { "uri": "file:///a.kql" }, "options": { "tabSize": 4, "insertSpaces": true } }),
    );
    assert_eq!(formatted, json!([]), "as it should be already");
}

#[test]
fn fixes_mend_what_was_found() {
    let mut client = Client::plain();
    let text = "// \u{1F600}\r\nSigninLogs\r\n| where AppId <> 'y'\r\n| where tolower(AppDisplayName) == 'x'\r\n";
    client.open("file:///a.kql", "kql", text);
    let found = client.findings("file:///a.kql");
    assert_eq!(codes(&found), ["Q051", "Q015"], "{found:?}");
    let params = |only: Value| {
        json!({
            "textDocument": { "uri": "file:///a.kql" },
            "range": range((0, 0), (9, 0)),
            "context": { "diagnostics": [], "only": only },
        })
    };
    let actions = client.ask("textDocument/codeAction", &params(json!(["quickfix"])));
    let titled = |part: &str| {
        let actions = actions.as_array().unwrap();
        actions
            .iter()
            .find(|action| action["title"].as_str().unwrap().contains(part))
            .unwrap_or_else(|| panic!("{part}: {actions:?}"))
    };
    let applied = |action: &Value| edited(text, action["edit"]["changes"]["file:///a.kql"].as_array().unwrap());
    let safe = titled("[Q051]");
    assert_eq!(safe["isPreferred"], true);
    assert_eq!(applied(safe), text.replace("<>", "!="));
    let risky = titled("[Q015]");
    assert!(risky.get("isPreferred").is_none() && risky["title"].as_str().unwrap().contains("may change the meaning"));
    let ignored = applied(titled("Ignore Q015"));
    client.open("file:///b.kql", "kql", &ignored);
    assert_eq!(codes(&client.findings("file:///b.kql")), ["Q051"], "{ignored}");
    let all = client.ask("textDocument/codeAction", &params(json!(["source.fixAll"])));
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
    assert_eq!(applied(&all[0]), text.replace("<>", "!="), "safe fixes alone");
    assert_eq!(client.ask("textDocument/codeAction", &params(json!(["refactor"]))), json!([]));
}

#[test]
fn comments_that_silence_stand_where_they_do() {
    let mut client = Client::plain();
    let text = RULE.replace("severity: High", "severity: high");
    client.open("file:///a.yaml", "yaml", &text);
    let found = client.findings("file:///a.yaml");
    for code in ["F015", "Q001"] {
        let at = found.iter().find(|found| found["code"] == code).unwrap_or_else(|| panic!("{code}: {found:?}"));
        let params = json!({
            "textDocument": { "uri": "file:///a.yaml" }, "range": at["range"], "context": { "diagnostics": [] },
        });
        let actions = client.ask("textDocument/codeAction", &params);
        let ignore =
            actions.as_array().unwrap().iter().find(|action| action["title"].as_str().unwrap().contains("Ignore"));
        let edits = ignore.unwrap_or_else(|| panic!("{code}: {actions}"))["edit"]["changes"]["file:///a.yaml"].clone();
        let after = edited(&text, edits.as_array().unwrap());
        client.open("file:///b.yaml", "yaml", &after);
        let left = client.findings("file:///b.yaml");
        assert_eq!(left.len(), found.len() - 1, "{after}");
        assert!(!codes(&left).contains(&code));
    }
}

#[test]
fn hovers_tell_what_a_word_is_in_every_scalar() {
    let mut client = Client::plain();
    let scalars = [
        "query: |\r\n      SigninLogs\r\n      | where '\u{1F600}' == App§Id\r\n",
        "query: >\n  SigninLogs\n  | where App§Id == 'x'\n",
        "query: \"SigninLogs\\n| where '\u{1F600}' == App§Id\"\n",
        "query: 'SigninLogs | where ''a'' == App§Id'\n",
        // Broken on both sides of the cursor.
        "query: |\n  SigninLogs\n  | where (App§Id == \n  | summarize by ,\n",
        "id: [\nquery: |\n  SigninLogs\n  | where App§Id == 'x'\n",
    ];
    for (index, scalar) in scalars.into_iter().enumerate() {
        let place = client.open_at(&format!("file:///{index}.yaml"), scalar);
        let answer = client.ask("textDocument/hover", &place);
        let text = answer["contents"]["value"].as_str().unwrap_or_else(|| panic!("{scalar}: {answer}"));
        assert!(text.contains("AppId: string") && text.contains("`SigninLogs`"), "{scalar}: {text}");
        let column = place["position"]["character"].as_u64().unwrap();
        assert_eq!(answer["range"]["start"]["character"].as_u64().unwrap(), column - 3, "{scalar}");
        assert_eq!(answer["range"]["end"]["character"].as_u64().unwrap(), column + 2, "{scalar}");
    }
    let place = client.open_at("file:///q.kql", "T | extend a = str§len(b)");
    let answer = client.ask("textDocument/hover", &place);
    assert!(answer["contents"]["value"].as_str().unwrap().contains("strlen("), "{answer}");
    let place = client.open_at("file:///k.yaml", "id: 1 # kqlc: ignore[F0§02]\nquery: T\n");
    let answer = client.ask("textDocument/hover", &place);
    assert!(answer["contents"]["value"].as_str().unwrap().contains("malformed-id"), "{answer}");
    let place = client.open_at("file:///n.kql", "T | where x == § 1");
    assert_eq!(client.ask("textDocument/hover", &place), Value::Null);
}

#[test]
fn completions_fit_the_place() {
    let mut client = Client::start(&json!({
        "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } }
    }));
    let cases: &[(&str, &str, &str, &str)] = &[
        ("a.kql", "SigninLogs | §", "where", "strlen"),
        ("b.kql", "SigninLogs | where §", "UserPrincipalName", "where"),
        ("c.yaml", "id: 1\nquery: |\n  SigninLogs\n  | project A = AppId\n  | where §\nname: x\n", "A", "AppId"),
        ("d.yaml", "id: 1\nquery: |\n  SigninLogs\n  | §\nname: x\n", "summarize", "strlen"),
        ("e.yaml", "id: 1\nsev§\n", "severity", "id"),
        ("f.yaml", "tactics:\n  - §\n", "Impact", "High"),
        (
            "g.yaml",
            "entityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: §\n",
            "Address",
            "Sid",
        ),
        ("h.kql", "SigninLogs | join kind=inner (AuditLogs) on $left.§", "UserPrincipalName", "where"),
        ("i.kql", "let few = 3;\r\nSigninLogs\r\n| where '\u{1F600}' == f§", "few", "AppId"),
    ];
    for (name, marked, wanted, unwanted) in cases {
        let place = client.open_at(&format!("file:///{name}"), marked);
        let offered = client.offered(&place);
        assert!(offered.iter().any(|label| label == wanted), "{marked}: {offered:?}");
        assert!(!offered.iter().any(|label| label == unwanted), "{marked}");
    }
    let place = client.open_at("file:///z.kql", "print a = strl§");
    let answer = client.ask("textDocument/completion", &place);
    let item = answer["items"].as_array().unwrap().iter().find(|item| item["label"] == "strlen").unwrap();
    assert_eq!(item["textEdit"], json!({ "range": range((0, 10), (0, 14)), "newText": "strlen($0)" }));
    assert!(item["detail"].as_str().unwrap().contains("-> long"), "{item}");
}

#[test]
fn names_lead_to_their_declaration() {
    let mut client = Client::plain();
    let rule =
        "id: 1\nquery: |\n    let few = 3;\n    let f = (x: long) { x + few };\n    SigninLogs | where f(1) > few§\n";
    let place = client.open_at("file:///a.yaml", rule);
    let answer = client.ask("textDocument/definition", &place);
    assert_eq!(answer["range"], range((2, 8), (2, 11)), "{answer}");
    let place = client.open_at("file:///b.yaml", &rule.replace('§', "").replace("{ x +", "{ §x +"));
    assert_eq!(client.ask("textDocument/definition", &place)["range"], range((3, 13), (3, 14)));
    let place = client.open_at("file:///c.yaml", &rule.replace('§', "").replace("Signin", "Sig§nin"));
    assert_eq!(client.ask("textDocument/definition", &place), Value::Null);
    let symbols = client.ask("textDocument/documentSymbol", &json!({ "textDocument": { "uri": "file:///a.yaml" } }));
    let names: Vec<_> = symbols[0]["children"].as_array().unwrap().iter().map(|child| child["name"].clone()).collect();
    assert_eq!(names, ["few", "f"], "{symbols}");
}

#[test]
fn formatting_is_that_of_fmt() {
    let mut client = Client::plain();
    let options =
        |uri: &str| json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 4, "insertSpaces": true } });
    let rule = "id: 1 # kept\r\nquery: |\r\n  SigninLogs|where AppId=='\u{1F600}'|take 1\r\nname: x\r\n";
    client.open("file:///a.yaml", "yaml", rule);
    let edits = client.ask("textDocument/formatting", &options("file:///a.yaml"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yaml"), rule).unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    assert!(command.arg("fmt").arg(folder.path().join("a.yaml")).output().unwrap().status.success());
    let written = std::fs::read_to_string(folder.path().join("a.yaml")).unwrap();
    assert_ne!(written, rule);
    assert_eq!(edited(rule, edits.as_array().unwrap()), written);
    client.open("file:///b.kql", "kql", "T | where (");
    let answer = client.answer("textDocument/formatting", &options("file:///b.kql"));
    assert_eq!(answer["error"]["code"], -32803, "{answer}");
}

#[test]
fn what_is_no_request_of_ours_is_refused_and_the_session_goes_on() {
    let mut client = Client::plain();
    assert_eq!(client.answer("textDocument/rename", &json!({}))["error"]["code"], -32601);
    assert_eq!(client.answer("textDocument/hover", &json!({ "x": 1 }))["error"]["code"], -32602);
    client.tell("$/nonsense", &json!([]));
    client.tell(
        "textDocument/didChange",
        &json!({ "textDocument": { "uri": "file:///gone.kql", "version": 1 }, "contentChanges": [] }),
    );
    client.tell("$/cancelRequest", &json!({ "id": 99 }));
    client.write("{ no JSON");
    client.write("[]");
    client.open("file:///a.kql", "kql", "print 1");
    assert_eq!(client.findings("file:///a.kql"), Vec::<Value>::new());
    let errors = client.told.iter().filter(|message| message["error"]["code"].is_i64()).count();
    assert_eq!(errors, 2, "{:?}", client.told);
    assert_eq!(client.end(), Some(0));
}

/// Whether the request or its taking back comes first is a matter of time, but there is one answer either way.
#[test]
fn a_request_that_is_taken_back_has_one_answer() {
    let mut client = Client::plain();
    let place = client.open_at("file:///a.kql", "SigninLogs | where §");
    let request =
        json!({ "jsonrpc": "2.0", "id": "r", "method": "textDocument/completion", "params": place }).to_string();
    let cancel = json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": "r" } }).to_string();
    let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
    let both = framed(&request) + &framed(&cancel);
    client.input.as_mut().unwrap().write_all(both.as_bytes()).unwrap();
    client.ask("textDocument/documentSymbol", &json!({ "textDocument": { "uri": "file:///a.kql" } }));
    let answers: Vec<_> = client.told.iter().filter(|message| message["id"] == "r").collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0]["error"]["code"] == -32800 || answers[0]["result"]["items"].is_array(), "{answers:?}");
}

#[test]
fn the_session_ends_as_agreed_or_tells_that_it_did_not() {
    let mut client = Client::plain();
    assert_eq!(client.ask("shutdown", &Value::Null), Value::Null);
    assert_eq!(client.answer("textDocument/hover", &json!({}))["error"]["code"], -32600);
    client.tell("exit", &Value::Null);
    assert_eq!(client.server.wait().unwrap().code(), Some(0));

    let mut client = Client::plain();
    client.tell("exit", &Value::Null);
    assert_eq!(client.server.wait().unwrap().code(), Some(1));

    let mut client = Client::plain();
    client.input = None;
    assert_eq!(client.server.wait().unwrap().code(), Some(1), "the editor has gone");

    let mut client = Client::plain();
    client.input.as_mut().unwrap().write_all(b"nonsense\r\n\r\n").unwrap();
    assert_eq!(client.server.wait().unwrap().code(), Some(2));
}

/// Every place of a rule, and of what is left of it after each line, is asked about: nothing fails.
#[test]
fn no_place_of_a_broken_rule_is_too_much() {
    let mut client = Client::plain();
    let lines: Vec<&str> = RULE.lines().collect();
    for cut in (0..=lines.len()).step_by(3) {
        let text = lines[..cut].join("\n");
        let uri = format!("file:///{cut}.yaml");
        client.open(&uri, "yaml", &text);
        for (number, line) in text.lines().enumerate() {
            for column in (0..=line.len()).step_by(5) {
                let place =
                    json!({ "textDocument": { "uri": uri }, "position": { "line": number, "character": column } });
                for method in ["textDocument/hover", "textDocument/completion", "textDocument/definition"] {
                    client.ask(method, &place);
                }
            }
        }
    }
    assert!(
        client.told.iter().all(|message| message["method"] == "textDocument/publishDiagnostics"),
        "{:?}",
        client.told
    );
}

/// A rule of 200 lines is answered about at once. The bound is generous: this program is not optimised, and other tests
/// run beside it.
#[test]
fn a_long_rule_is_answered_about_at_once() {
    let mut client = Client::plain();
    let mut text = RULE.replace("version: 1.0.0\n", "");
    for number in 0..190 {
        writeln!(text, "    | extend Column{number} = tolower(UserPrincipalName) // {number}").unwrap();
    }
    text.push_str("    | where §\nversion: 1.0.0\n");
    let place = client.open_at("file:///long.yaml", &text);
    client.findings("file:///long.yaml");
    let begin = Instant::now();
    let offered = client.offered(&place);
    assert!(offered.iter().any(|label| label == "Column189"));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn a_schema_of_ones_own_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("own.json");
    let own = json!([{ "name": "Own_CL", "columns": [{ "name": "Mine", "type": "string" }] }]);
    std::fs::write(&schema, own.to_string()).unwrap();
    let mut client = Client::with(&["--schema", schema.to_str().unwrap()], &json!({}));
    let place = client.open_at("file:///a.kql", "Own_CL | where §");
    assert!(client.offered(&place).iter().any(|label| label == "Mine"));
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    let output = command.args(["lsp", "--schema", "/no/such/file"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "a schema that cannot be read is no schema");
}
