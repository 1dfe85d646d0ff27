"""pySigma's backend for SQLite, whose queries are run by Python's own `sqlite3`, a table of events at a time."""
import datetime, json, re, sqlite3

import kqlc

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

TARGET = "sigma"
REFUSALS = {}


def normal(found):
    """What was found, with keys as the backend writes them: in lower case."""
    return {(one[0], one[1], tuple((name, value.lower()) for name, value in one[2])) if one[0] == "fires" else one for one in found}


def keys_in_case(case, given, ours, judged):
    """Whether keys of events differ in case alone."""
    values = {event["event"].get(key) for event in given["events"] for key in case.keys()}
    texts = [value for value in values if isinstance(value, str)]
    return len({text.lower() for text in texts}) < len(texts)


def at_once(case, given, ours, judged):
    """Whether events of one instant make the difference, in an order."""
    times = [event["event"].get("@timestamp", "")[:23] for event in given["events"]]
    return "temporal_ordered" in case.text and len(set(times)) < len(times) and not normal(judged) - normal(ours)


EXCEPTIONS = {
    "the judge brings keys together that differ in case, as a backend for tables of any case does": keys_in_case,
    "the judge wants each event of an order to be later than the one before, by a millisecond": at_once,
}


def prepared(case, given):
    """In order, and with instants as SQLite's functions have them: they would round to the next millisecond."""
    events = kqlc.ordered(given)["events"]
    for event in events:
        if time := event["event"].get("@timestamp"):
            event["event"]["@timestamp"] = time[:23] + "Z"
    return {**given, "events": events}


def answers(cases):
    return [answer(case) for case in cases]


def answer(case):
    try:
        rules = SigmaCollection.from_yaml(case.text)
        backend = sqliteBackend(timestamp_field="@timestamp", collate_nocase=True)
        queries = backend.convert(rules)
        sources = [rule.logsource for rule in rules.rules if hasattr(rule, "logsource")]
        fields = sorted({field for rule in rules.rules if hasattr(rule, "detection") for field in backend.required_fields(rule)})
        for plan in backend._correlation_plans.values():
            fields += [field for needed in plan["required_fields"].values() for field in needed]
    except Exception as error:  # whatever pySigma says is what is asked
        return f"{type(error).__name__}: {error}"[:300]
    return [found(case, queries, sources, fields, given["events"]) for given in case.sets]


def found(case, queries, sources, fields, events):
    base = sqlite3.connect(":memory:")
    base.create_function("REGEXP", 2, matches, deterministic=True)
    # SQLite's names do not tell case apart.
    names = {}
    for name in ["@timestamp", *fields, *(name for event in events for name in event["event"])]:
        names.setdefault(name.lower(), name)
    quoted = ", ".join("`" + name.replace("`", "``") + "`" for name in names.values())
    base.execute(f"CREATE TABLE logs ({quoted})")
    for position, event in enumerate(events):
        # All rules of a translation are about one kind of events or name theirs; an event of none is in no table.
        if not any(fits(source, event.get("logsource", {})) for source in sources):
            continue
        row = {name.lower(): stored(value) for name, value in event["event"].items()}
        marks = ", ".join("?" * (len(names) + 1))
        base.execute(f"INSERT INTO logs (rowid, {quoted}) VALUES ({marks})", [position + 1, *(row.get(name) for name in names)])
    all_found = set()
    for query in queries:
        if case.groups:
            columns = "group_keys, window_end"
            for keys, end in base.execute(f"SELECT {columns} FROM ({query})"):
                group = {name: value for name, value in json.loads(keys).items() if value is not None}
                all_found.add(("fires", seconds(end), tuple(sorted((name, kqlc.text_of(value)) for name, value in group.items()))))
        else:
            query = re.sub(r"^SELECT \* FROM", "SELECT rowid FROM", query)
            all_found |= {("event", row - 1) for (row,) in base.execute(query)}
    base.close()
    return all_found


def seconds(number):
    return datetime.datetime.fromtimestamp(int(number), datetime.timezone.utc).isoformat()[:19]


def stored(value):
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def fits(source, kept):
    parts = {"category": source.category, "product": source.product, "service": source.service}
    return all(value is None or kept.get(part) == value for part, value in parts.items())


def matches(pattern, value):
    return value is not None and re.search(pattern, str(value)) is not None
