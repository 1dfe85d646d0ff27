"""What `kqlc` is asked, and its answers."""
import collections, dataclasses, datetime, json, os, pathlib, re, subprocess, tempfile
from concurrent.futures import ThreadPoolExecutor

NOW = "2024-05-14T10:00:00Z"
# A correlation or a sequence gives groups of events, and not each by itself.
GROUPS = {
    "sigma": re.compile(r"^correlation:", re.MULTILINE),
    "eql": re.compile(r"^(sequence|sample)\b"),
}


@dataclasses.dataclass
class Case:
    """A translation with the sets of events it is run over, and what kqlc's replay finds in each."""

    path: str
    text: str
    groups: bool
    sets: list
    found: list = dataclasses.field(default_factory=list)

    def keys(self):
        """The fields by which the correlations of a file of Sigma rules group events."""
        lists = re.findall(r"^    group-by:\n((?:        - .*\n)*)", self.text, re.MULTILINE)
        return {line.strip("- '\"") for one in lists for line in one.splitlines()}


def instant(event):
    """When a stored event happened, in whole seconds as some engines count, or nothing."""
    text = event["event"].get("@timestamp")
    return text and text[:19]


def firing(case, given, row):
    """What is compared of a record: the event, or the events of a sequence; of a correlation the instant at which it
    fires and its group."""
    if not case.groups:
        return ("event", row["events"][0])
    if case.text.startswith(("sequence", "sample")):
        return ("group", tuple(sorted(row["events"])))
    keys = case.keys()
    times = [instant(given["events"][event]) for event in row["events"]]
    return ("fires", max(times), tuple(sorted((name, text_of(row["record"][name])) for name in keys if name in row["record"])))


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


class Kqlc:
    def __init__(self, program, count=None):
        self.program = program
        self.most = ["--count", count] if count else []

    def ask(self, *arguments):
        """The lines of an answer. Exit code 1 says that there are findings, such as rules that are refused."""
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"kqlc {' '.join(map(str, arguments))}: {done.stderr.strip()[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def cases(self, target, paths, prepared=None):
        """Every rule that has a translation, with the events made of it; `prepared` may change a set before it is run."""
        made = collections.defaultdict(list)
        for given in self.ask("synth", "--quiet", "--to", target, "--scenarios", "--now", NOW, *self.most, *paths):
            made[given["path"], given["query"]].append(given)
        cases = []
        seen = collections.Counter()
        for answer in self.ask("convert", "--to", target, "--format", "json", *paths):
            query = answer.get("query", seen[answer["path"]])
            seen[answer["path"]] += 1
            sets = made[answer["path"], query]
            if answer["output"] is None or not sets:
                continue
            text = answer["output"]
            case = Case(answer["path"], text, bool(GROUPS[target].search(text)), sets)
            case.sets = [(prepared(case, given) if prepared else given) for given in sets]
            cases.append(case)
        return self.replayed(target, cases)

    def replayed(self, language, cases):
        """The cases with what kqlc finds; those that it does not read or run are left out, which is told."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda case: self.replay(language, case.text, case.sets), cases))
        kept = []
        for case, answers in zip(cases, found, strict=True):
            if isinstance(answers, str):
                print(f"  {case.path}: kqlc does not run it: {answers}")
                continue
            case.found = [
                {firing(case, given, row) for row in rows} for given, rows in zip(case.sets, answers, strict=True)
            ]
            kept.append(case)
        return kept

    def replay(self, language, text, sets):
        """The records found in each set, or why there are none."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "search").write_text(text, encoding="utf-8")
            (folder / "sets").write_text("".join(json.dumps(one) + "\n" for one in sets), encoding="utf-8")
            command = [self.program, "replay", "--from", language, "--now", NOW, "--events", folder / "sets"]
            done = subprocess.run([*command, folder / "search"], capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        refused = next((line["refused"] for line in lines if "refused" in line), None)
        if done.returncode != 0:
            return refused or done.stderr.strip()[:500] or f"exit {done.returncode}"
        rows = [[] for _ in sets]
        # A text may hold several rules; each is run over every set.
        for at, line in enumerate(lines):
            rows[at % len(sets)] += line["rows"]
        return rows


def ordered(sets):
    """A set with its events in the order of their times, as they come in where events are looked at one by one."""
    return {**sets, "events": sorted(sets["events"], key=lambda event: event["event"].get("@timestamp") or "")}
