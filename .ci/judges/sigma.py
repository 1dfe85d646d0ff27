#!/usr/bin/env python3
"""Reads what `kqlc convert --to sigma --format json` wrote with pySigma.

    sigma.py OUTPUT.jsonl

The validators of attack tags ask the network and are left out. Exit 1 where pySigma refuses anything, or nothing was read.
"""
import json, sys

sys.path.pop(0)  # this file has the package's name

from sigma.collection import SigmaCollection


def read(text: str) -> None:
    collection = SigmaCollection.from_yaml(text, collect_errors=False)
    collection.resolve_rule_references()
    for rule in collection.rules:
        for condition in getattr(getattr(rule, "detection", None), "parsed_condition", []):
            condition.parsed


def main() -> int:
    seen, bad = 0, []
    for line in open(sys.argv[1], encoding="utf-8"):
        record = json.loads(line)
        if record["output"] is None:
            continue
        seen += 1
        try:
            read(record["output"])
        except Exception as error:  # whatever pySigma says is what is asked
            bad.append((record["path"], f"{type(error).__name__}: {error}"[:300]))
    print(f"{seen} files read; refused: {len(bad)}")
    for path, error in bad[:20]:
        print(f"  {path}: {error}")
    return 1 if bad or not seen else 0


sys.exit(main())
