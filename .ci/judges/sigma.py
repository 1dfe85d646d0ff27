#!/usr/bin/env python3
"""Reads every Sigma file that `kqlc convert` writes with pySigma.

    sigma.py [--kqlc target/release/kqlc] PATH...

Needs `pip install pysigma`. Prints what pySigma refuses, and exits 1 if there is anything.
"""
import argparse
import collections
import json
import subprocess
import sys

from sigma.collection import SigmaCollection


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kqlc", default="target/release/kqlc")
    arguments.add_argument("paths", nargs="+")
    options, rest = arguments.parse_known_args()
    command = [options.kqlc, "convert", "--to", "sigma", "--format", "json", *rest, *options.paths]
    answers = subprocess.run(command, capture_output=True, text=True, check=False)
    read, wrong = 0, collections.Counter()
    for line in answers.stdout.splitlines():
        answer = json.loads(line)
        if not answer["output"]:
            continue
        read += 1
        try:
            collection = SigmaCollection.from_yaml(answer["output"], collect_errors=False)
            collection.resolve_rule_references()
            for rule in collection.rules:
                for condition in getattr(getattr(rule, "detection", None), "parsed_condition", []):
                    condition.parsed
        except Exception as error:  # noqa: BLE001, whatever pySigma says is what is asked
            kind = f"{type(error).__name__}: {error}"
            wrong[kind[:160]] += 1
            print(f"{answer['path']}: {kind}")
    print(f"pySigma reads {read - sum(wrong.values())} of {read}")
    return 1 if wrong or not read else 0


if __name__ == "__main__":
    sys.exit(main())
