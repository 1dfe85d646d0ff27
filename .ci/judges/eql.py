#!/usr/bin/env python3
"""Reads what `kqlc convert --to eql --format json` wrote with PyPI `eql` under the syntax of Elasticsearch.

    eql.py OUTPUT.jsonl

The package's grammar stands for syntax alone: its case rules and wildcards are not those of Elasticsearch. Exit 1 where it
refuses anything.
"""
import json, sys

sys.path.pop(0)  # this file has the package's name

import eql
from eql.parser import allow_negation, allow_runs, allow_sample, elasticsearch_syntax, ignore_missing_functions


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
                bad.append((record["path"], " / ".join(str(error).splitlines()[:4])))
    print(f"{seen} queries read; refused: {len(bad)}")
    for path, error in bad[:20]:
        print(f"  {path}: {error}")
    return 1 if bad else 0


sys.exit(main())
