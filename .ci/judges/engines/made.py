"""Events made of the values of a Sigma rule: such as its selections want, and such as just miss."""
import itertools

from sigma.rule.detection import SigmaDetection, SigmaDetectionItem
from sigma.types import (
    CompareOperators, SigmaBool, SigmaCIDRExpression, SigmaCompareExpression, SigmaExists, SigmaNull, SigmaNumber,
    SigmaString, SpecialChars,
)

MOST = 40


def events(rule):
    """Events, each with what it was made for, and the names of the rule's fields."""
    ways = {name: list(itertools.islice(wanted(detection), 3)) for name, detection in rule.detection.detections.items()}
    ways = {name: found for name, found in ways.items() if found}
    names = sorted({field for found in ways.values() for fields in found for field in fields})
    made = []

    def add(why, fields):
        event = {"made": why, "event": {name: value for name, value in fields.items() if value is not None}}
        if event["event"] and event not in made:
            made.append(event)

    whole = merged(found[0] for found in ways.values())
    positive = [name for name in ways if not name.startswith(("filter", "exclu", "optional"))]
    wanted_all = merged(ways[name][0] for name in positive)
    for fields in (whole, wanted_all):
        add("all selections" if fields is whole else "all but filters", fields)
    for order in (positive, positive[::-1]):
        add("all but filters, in one", joined(ways[name][0] for name in order))
    for name, found in ways.items():
        for fields in found:
            add(f"selection {name}", merged([wanted_all, fields]))
        add(f"selection {name} alone", found[0])
        add(f"without selection {name}", merged(other[0] for known, other in ways.items() if known != name))
    for base in [wanted_all, *(merged([wanted_all, found[-1]]) for found in ways.values())]:
        for field, value in base.items():
            if isinstance(value, str):
                add("case", {**base, field: value.swapcase()})
                add("longer", {**base, field: value + "q"})
                add("longer", {**base, field: "q" + value})
                add("shorter", {**base, field: value[1:]})
                add("empty", {**base, field: ""})
            add("missing", {**base, field: None})
    return made[:MOST], names


def merged(parts):
    return {name: value for fields in parts for name, value in fields.items()}


def joined(parts):
    """As `merged`, but texts of one field become one text, which holds what each selection looks for in it."""
    texts = {}
    for fields in parts:
        for name, value in fields.items():
            known = texts.get(name)
            both = isinstance(known, str) and isinstance(value, str) and value not in known
            texts[name] = f"{known} {value}" if both else value
    return texts


def wanted(detection):
    """Fields as a detection wants them, one way after the other; nothing for what has no field."""
    if isinstance(detection, SigmaDetectionItem):
        yield from of_item(detection)
        return
    inner = [list(itertools.islice(wanted(item), 3)) for item in detection.detection_items]
    if not all(inner):
        return
    if all(isinstance(item, SigmaDetection) for item in detection.detection_items):
        yield from itertools.chain.from_iterable(inner)
        return
    for at in range(max(map(len, inner))):
        yield merged(ways[at % len(ways)] for ways in inner)


def of_item(item):
    if item.field is None:
        return
    found = [value for value in map(fulfilling, item.value) if value is not ...]
    if item.value_linking.__name__ == "ConditionAND" and all(isinstance(value, str) for value in found):
        found = [" ".join(found)]
    for value in found:
        yield {item.field: value}


def fulfilling(value):
    """A value that a test accepts; `...` where none is known."""
    match value:
        case SigmaString():
            parts = {SpecialChars.WILDCARD_MULTI: "", SpecialChars.WILDCARD_SINGLE: "q"}
            return "".join(part if isinstance(part, str) else parts.get(part, "") for part in value.s)
        case SigmaNumber():
            return value.number
        case SigmaBool():
            return value.boolean
        case SigmaCIDRExpression():
            return str(value.network.network_address)
        case SigmaNull():
            return None
        case SigmaExists():
            return "q" if value.exists else None
        case SigmaCompareExpression():
            step = {CompareOperators.LT: -1, CompareOperators.GT: 1}.get(value.op, 0)
            return value.number.number + step
    return ...
