#!/usr/bin/env python3
"""How long the language server takes from a change to its findings, as one types.

    keystrokes.py KQLC FILE... [--most 20]

Opens each file in one server, writes a blank behind its first `where` and takes it away again, and waits for the findings
each time. Exit 1 where the median of a file is above --most milliseconds.
"""
import argparse, json, pathlib, statistics, subprocess, sys, time

a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("kqlc")
a.add_argument("files", nargs="+", type=pathlib.Path)
a.add_argument("--most", type=float, default=20)
a.add_argument("--times", type=int, default=41)
o = a.parse_args()

server = subprocess.Popen([o.kqlc, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def send(**message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.stdin.flush()


def receive():
    length = 0
    while line := server.stdout.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if not length:
        sys.exit("the server has gone")
    return json.loads(server.stdout.read(length))


def findings(uri):
    while True:
        message = receive()
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
            return message["params"]["diagnostics"]


send(id=1, method="initialize", params={"processId": None, "capabilities": {}})
while receive().get("id") != 1:
    pass
send(method="initialized", params={})
slow = []
for path in o.files:
    text, uri = path.read_text(encoding="utf-8"), path.resolve().as_uri()
    document = {"uri": uri, "languageId": "", "version": 1, "text": text}
    send(method="textDocument/didOpen", params={"textDocument": document})
    findings(uri)
    before = text[: text.index("where") + len("where")]
    line, character = before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
    took = []
    for version in range(2, o.times + 2):
        typed = version % 2 == 0
        start, end = ({"line": line, "character": character + more} for more in (0, 0 if typed else 1))
        change = {"range": {"start": start, "end": end}, "text": " " if typed else ""}
        began = time.perf_counter()
        send(method="textDocument/didChange",
             params={"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]})
        findings(uri)
        took.append(1000 * (time.perf_counter() - began))
    median = statistics.median(took)
    print(f"{path.name}: {len(text)} characters, median {median:.1f} ms, at most {max(took):.1f} ms")
    if median > o.most:
        slow.append(path.name)
send(id=2, method="shutdown", params=None)
send(method="exit")
server.wait()
if slow:
    sys.exit(f"above {o.most:g} ms: " + ", ".join(slow))
