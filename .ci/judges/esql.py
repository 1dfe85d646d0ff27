#!/usr/bin/env python3
"""Reads what `kqlc convert --to esql --format json` wrote with the grammar of PyPI `esql-parser` and tells what it refuses.

    esql.py OUTPUT.jsonl

The package holds the grammar of release 9.1. Three things are younger and are put into the older form before reading, with
the same parts in it: sub-queries of FROM (9.5) are read one by one, INLINE STATS (9.3) as STATS, and the functions FIRST and
LAST (9.3), whose names that grammar keeps for the order of nulls, as TOP. Exit 1 where anything is refused.
"""
import json, re, sys

from antlr4 import CommonTokenStream, InputStream
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser


class Raise(ErrorListener):
    def syntaxError(self, recognizer, offending, line, column, message, error):
        raise ValueError(f"{line}:{column} {message}")


def read(text: str) -> None:
    lexer = EsqlBaseLexer(InputStream(text))
    parser = EsqlBaseParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(Raise())
    parser.singleStatement()


def older(text: str) -> list[str]:
    """The queries that the grammar of 9.1 can read in place of one."""
    text = text.replace("\n| INLINE STATS ", "\n| STATS ").replace("\n  | INLINE STATS ", "\n  | STATS ")
    text = re.sub(r"\b(?:FIRST|LAST)\(", "TOP(", text)
    if not text.startswith("FROM\n"):
        return [text]
    queries, rest = [], []
    for line in text.splitlines()[1:]:
        if line.startswith(("  (FROM ", "  (ROW ")):
            queries.append([line[3:]])
        elif line.startswith("| ") or rest:
            rest.append(line)
        else:
            queries[-1].append(line)
    branches = ["\n".join(query) for query in queries]
    branches = [branch[:-2] if branch.endswith("),") else branch[:-1] for branch in branches]
    return branches + ["\n".join(["FROM x", *rest])]


def main() -> int:
    seen, younger, bad = 0, 0, []
    for line in open(sys.argv[1], encoding="utf-8"):
        record = json.loads(line)
        text = record["output"]
        if text is None:
            continue
        seen += 1
        queries = older(text)
        younger += queries != [text]
        for query in queries:
            try:
                read(query)
            except Exception as error:
                bad.append((record["path"], str(error)[:300]))
                break
    print(f"{seen} queries read, {younger} of them in an older form; refused: {len(bad)}")
    for path, error in bad[:25]:
        print(f"  {path}: {error}")
    return 1 if bad else 0


sys.exit(main())
