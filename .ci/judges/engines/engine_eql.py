"""PyPI `eql`, whose engine runs a query over events one by one.

Its engine is older than Elasticsearch's and means some things otherwise; what follows from that is named below. Missing
fields are worst: every test of one is null there, and so is its `not`, where Elasticsearch's `not` holds. So a field that
some event has as a text is made an empty text in the others, for both sides, unless the query asks whether it is there.
"""
import datetime, re

import kqlc

import eql
from eql.engine import PythonEngine
from eql.parser import allow_negation, allow_runs, allow_sample, elasticsearch_syntax, ignore_missing_functions

TARGET = "eql"

# Elasticsearch takes what the package refuses; the same as in ../eql.py.
REFUSALS = {
    "several characters by number in one string, of which its pattern makes one": (
        lambda case, error: "base 16" in error and len(re.findall(r"\\u\{[0-9a-f]+\}", case.text)) > 1
    ),
    "a name that begins with `@`": lambda case, error: "Invalid syntax" in error and "@timestamp " in case.text,
}


def only_judged(ours, judged):
    return not ours - judged


EXCEPTIONS = {
    "the judge compares all texts without case, also with `==`, `in` and `like`": (
        lambda case, given, ours, judged: given["probe"] == "case" and only_judged(ours, judged)
    ),
    "the judge wants a pattern of `regex` at the beginning of a value alone, and not for all of it": (
        lambda case, given, ours, judged: "regex" in case.text and only_judged(ours, judged)
    ),
}
TICKS = 10_000_000


def texts_of(case):
    """The fields that some event of the rule has as a text, without those that the query looks for."""
    asked = set(re.findall(r"\??([A-Za-z_@][\w.@-]*) [!=]= null", case.text))
    fields = {
        name for given in case.sets for event in given["events"] for name, value in event["event"].items() if isinstance(value, str)
    }
    return fields - asked - {"@timestamp"}


def prepared(case, given):
    given = kqlc.ordered(given)
    empty = {name: "" for name in texts_of(case)}
    # Nothing is indexed that has no time.
    timed = [event for event in given["events"] if event["event"].get("@timestamp")]
    return {**given, "events": [{**event, "event": empty | event["event"]} for event in timed]}


def nested(fields):
    """Fields by their dotted names as objects."""
    document = {}
    for name, value in sorted(fields.items()):
        *path, last = name.split(".")
        inner = document
        for part in path:
            if not isinstance(inner.get(part), dict):
                inner[part] = {}
            inner = inner[part]
        inner[last] = value
    return document


def answers(cases):
    with elasticsearch_syntax, ignore_missing_functions, allow_runs, allow_negation, allow_sample:
        return [answer(case) for case in cases]


def answer(case):
    try:
        query = eql.parse_query(case.text)
        return [found(case, query, given["events"]) for given in case.sets]
    except Exception as error:  # whatever the package says is what is asked
        return f"{type(error).__name__}: " + " / ".join(str(error).splitlines()[:4])


def found(case, query, events):
    results = []
    engine = PythonEngine()
    engine.add_output_hook(results.append)
    engine.add_query(query)
    engine.stream_events(
        eql.Event(kind(event), ticks(event), nested(event["event"]) | {"position": position})
        for position, event in enumerate(events)
    )
    all_found = set()
    for result in results:
        positions = [event.data["position"] for event in result.events]
        if case.groups:
            all_found.add(("group", tuple(sorted(positions))))
        else:
            all_found.add(("event", positions[0]))
    return all_found


def kind(event):
    return event["event"].get("event.category") or "generic"


def ticks(event):
    text = event["event"].get("@timestamp")
    if not text:
        return 0
    whole = datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()
    return int(whole) * TICKS + int(text[20:27].rstrip("Z").ljust(7, "0"))
