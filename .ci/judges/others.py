#!/usr/bin/env python3
"""Other people's rules in other people's translations: whether kqlc's readers take them for what they are.

    others.py KQLC RULES.jsonl [--every N]

Every Nth rule of Sigma in RULES.jsonl (`{"path", "text"}` a line) is put through pySigma's backends for Splunk, EQL and ES|QL.
What they wrote is read and run by kqlc (`kqlc replay`) over events made of the rule's own values, and so is the rule itself;
the crate `rsigma-eval` says what the rule finds. Exit 1 where kqlc finds anything else and no exception says why.
"""
import argparse, collections, json, os, pathlib, re, sys
from concurrent.futures import ThreadPoolExecutor

# In the place of this folder, whose files have the names of packages.
sys.path[0] = str(pathlib.Path(__file__).resolve().parent / "engines")

import engine_rsigma, kqlc, made

from sigma.backends.elasticsearch.elasticsearch_eql import EqlBackend
from sigma.backends.elasticsearch.elasticsearch_esql import ESQLBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection

BACKENDS = {"splunk": SplunkBackend, "eql": EqlBackend, "esql": ESQLBackend}


def differs_in_case(event, text):
    """Whether a value of an event holds what a search looks for in another case alone."""
    strings = (re.sub(r"\\(.)", r"\1", found) for found in re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    literals = [piece for found in strings for piece in re.split(r"[*?]", found) if piece]
    values = [value for value in event["event"].values() if isinstance(value, str)]
    return any(
        literal.lower() in value.lower() and literal not in value for literal in literals for value in values
    )


def lacks(event, events, names):
    return any(name not in events[event]["event"] for name in names)


# Why kqlc may find otherwise than the judge, each with a test of the language and the text, the position of an event, all
# events, those that kqlc finds, and the names of the rule's fields.
EXCEPTIONS = {
    "ES|QL compares with the case of letters, and the backend leaves it at that": (
        lambda language, text, event, events, found, names: language == "esql"
        and differs_in_case(events[event], text)
    ),
    "a backslash in a pattern of `LIKE` has to be doubled for the pattern too, and the backend doubles it for the string alone": (
        lambda language, text, event, events, found, names: language == "esql"
        and event not in found
        and re.search(r' like "[^"]*\\\\', text) is not None
    ),
    "the judge looks for a keyword in texts alone, where the event has it as a number": (
        lambda language, text, event, events, found, names: language == "sigma"
        and event in found
        and re.search(r"^ +- \d+$", text, re.MULTILINE) is not None
    ),
    "SPL's `search` has no escape for an asterisk, and the backend writes one": (
        lambda language, text, event, events, found, names: language == "splunk" and event not in found and "\\*" in text
    ),
    "ES|QL's `not` of a test of a field that is missing is null, and the backend leaves it at that": (
        lambda language, text, event, events, found, names: language == "esql"
        and " not " in text.lower()
        and event not in found
        and lacks(event, events, names)
    ),
}


def question(rule):
    """The rule with events made of it, in each language that a backend has for it."""
    collection = SigmaCollection.from_yaml(rule["text"])
    [one] = collection.rules
    events, names = made.events(one)
    if not events:
        return None
    source = one.logsource
    parts = {"category": source.category, "product": source.product, "service": source.service}
    kept = {"logsource": {part: value for part, value in parts.items() if value}, "index": "logs"}
    texts = {"sigma": rule["text"]}
    for language, backend in BACKENDS.items():
        try:
            texts[language] = "\n".join(backend().convert(SigmaCollection.from_yaml(rule["text"])))
        except Exception:  # what a backend cannot say is not asked
            continue
    given = {"name": rule["path"], "events": [{**kept, **event} for event in events]}
    return {"path": rule["path"], "texts": texts, "given": given, "names": names}


def questions(path, every):
    passed = collections.Counter()
    found = []
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        if at % every:
            continue
        try:
            asked = question(json.loads(line))
        except Exception as error:  # rules of Sigma 1, and what no events are made of
            passed[f"{type(error).__name__}: {error}"[:80]] += 1
            continue
        if asked:
            found.append(asked)
        else:
            passed["no events are made of it"] += 1
    return found, passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kqlc")
    parser.add_argument("rules", type=pathlib.Path)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    asked, passed = questions(arguments.rules, arguments.every)
    cases = [kqlc.Case(one["path"], one["texts"]["sigma"], False, [one["given"]]) for one in asked]
    judged = engine_rsigma.answers(cases)
    program = kqlc.Kqlc(arguments.kqlc)
    work = [(one, language) for one in asked for language in one["texts"]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ran = pool.map(lambda it: program.replay(it[1], it[0]["texts"][it[1]], [it[0]["given"]]), work)
        answers = {(one["path"], language): answer for (one, language), answer in zip(work, ran)}
    counts, excused, wrong, refused = collections.Counter(), collections.Counter(), [], collections.Counter()
    for one, theirs in zip(asked, judged, strict=True):
        if isinstance(theirs, str):
            passed[f"rsigma: {theirs}"[:80]] += 1
            continue
        wanted = {event for _, event in theirs[0]}
        events = one["given"]["events"]
        for language, text in one["texts"].items():
            rows = answers[one["path"], language]
            if isinstance(rows, str):
                refused[language, rows.splitlines()[0][:100]] += 1
                continue
            found = {row["events"][0] for row in rows[0]}
            counts[language, "rules"] += 1
            counts[language, "events"] += len(events)
            counts[language, "rules with a find"] += bool(found)
            for event in sorted(found ^ wanted):
                asked_of = (language, text, event, events, found, one["names"])
                why = next((why for why, knows in EXCEPTIONS.items() if knows(*asked_of)), None)
                if why:
                    excused[language, why] += 1
                    continue
                finder = "kqlc" if event in found else "the judge"
                wrong.append(f"{one['path']} in {language}: {finder} alone finds {json.dumps(events[event])}")
    for language in ("sigma", *BACKENDS):
        told = ", ".join(f"{counts[language, what]} {what}" for what in ("rules", "events", "rules with a find"))
        print(f"{language}: {told}")
    for why, count in passed.most_common():
        print(f"  {count} passed over: {why}")
    for (language, why), count in refused.most_common():
        print(f"  {count} in {language} not run by kqlc: {why}")
    for (language, why), count in excused.items():
        print(f"  {count} events apart in {language} for a known reason: {why}")
    print(f"apart without a reason: {len(wrong)}")
    for one in wrong[:20]:
        print(f"  {one}")
    # What backends write is not always of the language, and kqlc refuses it; most of it is.
    given = collections.Counter(language for one in asked for language in one["texts"])
    idle = [language for language in ("sigma", *BACKENDS) if counts[language, "rules with a find"] * 2 < given[language]]
    for language in idle:
        print(f"too few rules in {language} find anything")
    return 1 if wrong or idle else 0


sys.exit(main())
