#!/usr/bin/env python3
"""Reads what `kqlc convert --to eql --format json` wrote with PyPI `eql` under the syntax of Elasticsearch.

    eql.py OUTPUT.jsonl

The package's grammar stands for syntax alone: its case rules and wildcards are not those of Elasticsearch. Exit 1 where it
refuses anything that is not named in WRONGLY.
"""
import json, re, sys

sys.path.pop(0)  # this file has the package's name

import eql
from eql.parser import allow_negation, allow_runs, allow_sample, elasticsearch_syntax, ignore_missing_functions


# What the package refuses although Elasticsearch takes it, each with a test that knows it again.
WRONGLY = {
    "several characters by number in one string: its pattern for `\\u{…}` reaches from the first brace to the last": (
        lambda text, error: "base 16" in error and len(re.findall(r"\\u\{[0-9a-f]+\}", text)) > 1
    ),
    "a name that begins with `@`, which the grammar of Elasticsearch lets one do": (
        lambda text, error: "Invalid syntax" in error and "where @timestamp " in text
    ),
}


def main() -> int:
    seen, bad = 0, []
    with elasticsearch_syntax, ignore_missing_functions, allow_runs, allow_negation, allow_sample:
        for line in open(sys.argv[1], encoding="utf-8"):
            record = json.loads(line)
            text = record["output"]
            if text is None:
                continue
            seen += 1
            try:
                eql.parse_query(text)
            except Exception as error:
                message = " / ".join(str(error).splitlines()[:4])
                known = [reason for reason, knows in WRONGLY.items() if knows(text, message)]
                if known:
                    print(f"  {record['path']}: passed over, {known[0]}")
                else:
                    bad.append((record["path"], message))
    print(f"{seen} queries read; refused: {len(bad)}")
    for path, error in bad[:20]:
        print(f"  {path}: {error}")
    return 1 if bad else 0


sys.exit(main())
