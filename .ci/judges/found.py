#!/usr/bin/env python3
"""What another engine finds with the translations of rules, beside what kqlc's own reader and replay find with them.

    found.py ENGINE KQLC PATH… [--count N]

ENGINE is a file of engines/: rsigma, sqlite or eql. The events are those that `kqlc synth --to TARGET` makes of each rule,
as the target stores them; both sides are given the text of the translation and the same events. They have to find the
same events, and correlations have to fire at the same instants for the same groups. Exit 1 where they do not and no
exception says why, or where nothing was compared that could have failed.
"""
import argparse, collections, importlib, pathlib, sys

# In the place of this folder, whose files have the names of packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parent / "engines")

import kqlc


def compare(engine, cases):
    """Counts, how often each exception was needed, and what it is that differs without one."""
    counts, excused, wrong = collections.Counter(), collections.Counter(), []
    answers = engine.answers(cases)
    normal = getattr(engine, "normal", lambda found: found)
    for case, theirs in zip(cases, answers, strict=True):
        if isinstance(theirs, str):
            known = next((why for why, knows in engine.REFUSALS.items() if knows(case, theirs)), None)
            excused[known] += bool(known)
            counts["passed over"] += bool(known)
            if not known:
                wrong.append(f"{case.path}: refused: {theirs}")
            continue
        counts["rules"] += 1
        found = [False, False]
        for given, ours, judged in zip(case.sets, case.found, theirs, strict=True):
            counts["sets"] += 1
            counts["events"] += len(given["events"])
            found[bool(judged)] = True
            if normal(ours) == normal(judged):
                continue
            known = next((why for why, knows in engine.EXCEPTIONS.items() if knows(case, given, ours, judged)), None)
            if known:
                excused[known] += 1
            else:
                wrong.append(told(case, given, ours, judged))
        # A rule that finds something in all sets, or in none, could hardly be told from another.
        counts["rules that find something in some sets and nothing in others"] += all(found)
    return counts, excused, wrong


def told(case, given, ours, judged):
    lines = [f"{case.path}, {given['name']}:"]
    for name, only in (("kqlc alone", ours - judged), ("the judge alone", judged - ours)):
        for one in sorted(only, key=str)[:2]:
            lines.append(f"    {name}: {one}")
            if one[0] == "event":
                lines.append(f"      {given['events'][one[1]]}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=["rsigma", "sqlite", "eql"])
    parser.add_argument("kqlc")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--count", type=int, help="how many events are made of a rule at most")
    arguments = parser.parse_args()
    engine = importlib.import_module(f"engine_{arguments.engine}")
    program = kqlc.Kqlc(arguments.kqlc, arguments.count)
    cases = program.cases(engine.TARGET, arguments.paths, getattr(engine, "prepared", None))
    counts, excused, wrong = compare(engine, cases)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    for why, count in excused.items():
        print(f"  {count} apart for a known reason: {why}")
    print(f"apart without a reason: {len(wrong)}")
    for one in wrong[:20]:
        print(f"  {one}")
    return 1 if wrong or not counts["rules that find something in some sets and nothing in others"] else 0


sys.exit(main())
