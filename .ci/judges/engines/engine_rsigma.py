"""The crate `rsigma-eval`, run by the program `judge-sigma` of ../rsigma, which JUDGE_SIGMA names."""
import json, os, subprocess

import kqlc

TARGET = "sigma"
REFUSALS = {}


def without_key(case, given, ours, judged):
    return not ours - judged and all(one[0] == "fires" and len(one[2]) < len(case.keys()) for one in judged - ours)


EXCEPTIONS = {
    # The specification does not say. A backend's `GROUP BY` over joined selections, and Splunk's `stats by`, have none.
    "events that lack a field of `group-by` are one group to the judge, and belong to no group to kqlc": without_key,
}


def prepared(case, given):
    return kqlc.ordered(given)


def answers(cases):
    questions = [
        json.dumps({"text": case.text, "sets": [given["events"] for given in case.sets]}) + "\n" for case in cases
    ]
    done = subprocess.run(
        [os.environ["JUDGE_SIGMA"], "find"], input="".join(questions), capture_output=True, text=True, check=True
    )
    return [of(case, json.loads(line)) for case, line in zip(cases, done.stdout.splitlines(), strict=True)]


def of(case, answer):
    if "refused" in answer:
        return answer["refused"]
    return [{firing(given, found) for found in rows} for given, rows in zip(case.sets, answer["found"], strict=True)]


def firing(given, found):
    if "group" not in found:
        return ("event", found["event"])
    return ("fires", kqlc.instant(given["events"][found["event"]]), tuple(sorted(map(tuple, found["group"]))))
