#!/usr/bin/env python3
"""Puts the same questions to `kqlc run` and to PyPI `duckdb`, over the same generated tables, and tells where answers differ.

    duckdb.py KQLC [PART-OF-A-TITLE]

The questions stand in duckdb.cases beside this file, each in both languages. What KQL means otherwise than SQL (nulls, empty
strings, the case of letters, integer division) is worded in the SQL, so that every difference that is told is one. Rows are
compared in order where the title says `ordered`, else as bags; real numbers to 1e-9 of their size, all else exactly, types
included. Exit 1 on any difference, or where either refuses a question.
"""
import datetime, decimal, json, math, pathlib, random, re, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
sys.path.pop(0)  # this file has the package's name

import duckdb

EVENTS, HOSTS = 3000, 240
NOW = "2024-05-15T12:00:00Z"
SCHEMA = {
    "Events": {
        "id": "long", "host": "string", "user": "string", "cmd": "string", "n": "long", "i": "int", "r": "real",
        "t": "datetime", "d": "timespan", "b": "bool", "doc": "dynamic", "list": "dynamic",
    },
    "Hosts": {"row": "long", "host": "string", "site": "string", "k": "long", "weight": "real"},
}
# The same tables in SQL. A string has no null in KQL: absent text is empty.
TABLES = """
CREATE TABLE Events AS SELECT id, coalesce(host, '') AS host, coalesce("user", '') AS "user", coalesce(cmd, '') AS cmd,
    n, i, r, t, to_microseconds(d_us) AS d, d_us, b, doc, list
FROM read_json('{folder}/Events.ndjson', format = 'newline_delimited', columns = {{id: 'BIGINT', host: 'VARCHAR',
    "user": 'VARCHAR', cmd: 'VARCHAR', n: 'BIGINT', i: 'INTEGER', r: 'DOUBLE', t: 'TIMESTAMP', d_us: 'BIGINT', b: 'BOOLEAN',
    doc: 'JSON', list: 'BIGINT[]'}});
CREATE TABLE Hosts AS SELECT "row", coalesce(host, '') AS host, coalesce(site, '') AS site, k, weight
FROM read_json('{folder}/Hosts.ndjson', format = 'newline_delimited', columns = {{"row": 'BIGINT', host: 'VARCHAR',
    site: 'VARCHAR', k: 'BIGINT', weight: 'DOUBLE'}});
"""

WORDS = [
    "powershell.exe", "PowerShell", "cmd.exe", "rclone", "copy", "-enc", "SECRET", "secret", "a_b", "admin", "Admin",
    "10.0.0.1", "x=17", "x=-4", "user=bob;", "C:\\Users\\Public", "tab\there", 'said "no"', "100%", "Ünïcode", "日本", "(a)",
]
NAMES = ["web-01", "WEB-01", "db_02", "", "srv.example.com", "host 3", "Hôte", "db_02b", "z"]
LONGS = [0, 1, -1, 2, 5, 7, 7, 7, 10, -14, 443, 10**12, -(10**12), 2**63 - 1, -(2**63)]
INTS = [0, 1, 2, 3, -3, 12, -7, 2**31 - 1, -(2**31)]
REALS = [0.0, 1.5, -1.5, 2.5, 0.1, 1e-9, -1e300, 1e300, 3.0, 1e15]
SPANS = [0, 1, -1, 1_000_000, 90_000_000, 3_600_000_000, -3_600_000_000, 86_400_000_000, 400 * 86_400_000_000]
EPOCH = datetime.datetime(1970, 1, 1)


def instant(lots: random.Random) -> str:
    """A time as KQL and SQL both read it: mostly within some weeks, on round hours now and then, and the ends of time."""
    lot = lots.random()
    if lot < 0.02:
        return lots.choice(["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"])
    start = datetime.datetime(2023, 12, 20)
    size = 3_600 if lot < 0.3 else 1
    when = start + datetime.timedelta(seconds=lots.randrange(60 * 86_400 // size) * size)
    if lot > 0.8:
        when += datetime.timedelta(microseconds=lots.randrange(1_000_000))
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def span(micros: int) -> str:
    """A time span as KQL writes it."""
    sign, micros = ("-" if micros < 0 else ""), abs(micros)
    seconds, fraction = divmod(micros, 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    return f"{sign}{days}.{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}0"


def event(number: int, lots: random.Random) -> dict:
    def maybe(value):
        return None if lots.random() < 0.12 else value

    micros = maybe(lots.choice(SPANS) if lots.random() < 0.4 else lots.randrange(-(10**9), 10**11))
    doc = {"name": lots.choice(NAMES), "size": lots.randrange(50), "deep": {"flag": lots.random() < 0.5}}
    for key in list(doc):
        if lots.random() < 0.2:
            del doc[key]
    return {
        "id": number,
        "host": maybe(lots.choice(NAMES)),
        "user": maybe(f"user{lots.randrange(40)}"),
        "cmd": maybe("".join(lots.choice(WORDS) + lots.choice(" -_/ ") for _ in range(lots.randrange(6))).rstrip(" ")),
        "n": maybe(lots.choice(LONGS) if lots.random() < 0.7 else lots.randrange(-100, 100)),
        "i": maybe(lots.choice(INTS)),
        "r": maybe(lots.choice(REALS) if lots.random() < 0.6 else round(lots.uniform(-100, 100), 3)),
        "t": maybe(instant(lots)),
        "d": None if micros is None else span(micros),
        "d_us": micros,
        "b": maybe(lots.random() < 0.5),
        "doc": maybe(doc),
        "list": maybe([lots.randrange(6) for _ in range(lots.randrange(4))]),
    }


def host(number: int, lots: random.Random) -> dict:
    return {
        "row": number,
        "host": lots.choice([*NAMES, None, "nowhere", "web-02"]),
        "site": lots.choice(["north", "south", "", None, "East"]),
        "k": lots.choice([None, None, *LONGS, 12, 13]),
        "weight": lots.choice([None, 0.5, 1.0, 2.25]),
    }


def generate(folder: pathlib.Path) -> None:
    lots = random.Random(20240515)
    for name, rows in (("Events", [event(n, lots) for n in range(EVENTS)]), ("Hosts", [host(n, lots) for n in range(HOSTS)])):
        lines = (json.dumps({key: value for key, value in row.items() if value is not None}) for row in rows)
        (folder / f"{name}.ndjson").write_text("".join(line + "\n" for line in lines))
    (folder / "schema.json").write_text(json.dumps(SCHEMA))


def cases() -> list[tuple[str, str, str]]:
    """Title, KQL and SQL of every question."""
    found = []
    for block in re.split(r"^== ", (HERE / "duckdb.cases").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, text = block.split("\n", 1)
        kql, sql = re.split(r"^--$", text, flags=re.MULTILINE)
        found.append((title, kql.strip(), sql.strip()))
    return found


def ticks(text: str) -> int:
    """An instant of KQL, in ticks of 100 ns from 1970."""
    head, fraction = text.rstrip("Z").split(".")
    return micros(datetime.datetime.fromisoformat(head) - EPOCH) * 10 + int(fraction)


def span_ticks(text: str) -> int:
    sign, days, hours, minutes, seconds, fraction = re.fullmatch(
        r"(-?)(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)(?:\.(\d{7}))?", text
    ).groups(default="0")
    whole = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    return (whole * 10_000_000 + int(fraction)) * (-1 if sign == "-" else 1)


READ = {"datetime": ticks, "timespan": span_ticks, "real": float}


def micros(span: datetime.timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def of_sql(value):
    if isinstance(value, datetime.datetime):
        return micros(value - EPOCH) * 10
    if isinstance(value, datetime.timedelta):
        return micros(value) * 10
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [of_sql(item) for item in value]
    return value


def ask_kqlc(program: str, folder: pathlib.Path, query: str) -> list[list]:
    command = [program, "run", "--quiet", "--format", "json", "--events", folder / "tables", "--now", NOW]
    done = subprocess.run(
        [*command, "--schema", folder / "schema.json", "-"], input=query.encode(), capture_output=True, check=False
    )
    if done.returncode != 0:
        raise ValueError(done.stderr.decode(errors="replace").strip()[:1500])
    answer = json.loads(done.stdout)
    readers = [READ.get(column["type"], lambda value: value) for column in answer["columns"]]
    return [[None if cell is None else read(cell) for read, cell in zip(readers, row)] for row in answer["rows"]]


def same(a, b) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b or math.isclose(a, b, rel_tol=1e-9) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def bag_key(row: list) -> list[str]:
    """Rows that are the same get neighbours, although their reals are not quite the same."""
    return [f"{cell:.6g}" if isinstance(cell, float) else json.dumps(cell) for cell in row]


def difference(ours: list[list], theirs: list[list], ordered: bool) -> str | None:
    if not ordered:
        ours, theirs = sorted(ours, key=bag_key), sorted(theirs, key=bag_key)
    for at, (a, b) in enumerate(zip(ours, theirs)):
        if not same(a, b):
            return f"{len(ours)} and {len(theirs)} rows, row {at}:\n    kqlc   {a}\n    duckdb {b}"
    return None if len(ours) == len(theirs) else f"{len(ours)} and {len(theirs)} rows"


def main() -> int:
    program, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    bad, rows, empty = [], 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "tables").mkdir()
        generate(folder / "tables")
        (folder / "tables" / "schema.json").rename(folder / "schema.json")
        base = duckdb.connect()
        base.execute("SET TimeZone = 'UTC'")
        base.execute(TABLES.format(folder=folder / "tables"))
        asked = [case for case in cases() if only in case[0]]
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(ask_kqlc, program, folder, kql) for _, kql, _ in asked]
        for (title, _, sql), future in zip(asked, futures):
            try:
                ours = future.result()
                theirs = [[of_sql(cell) for cell in row] for row in base.execute(sql).fetchall()]
                told = difference(ours, theirs, "ordered" in title)
                rows += len(theirs)
                if not theirs:
                    empty.append(title)
            except (ValueError, duckdb.Error) as error:
                told = f"refused: {error}"
            if told:
                bad.append(f"  {title}: {told}")
    print(f"{len(asked)} questions, {rows} rows; answered differently: {len(bad)}; without any row: {len(empty)}")
    # A question that nothing answers tells nothing.
    bad += [f"  {title}: no row" for title in empty]
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad or not asked else 0


sys.exit(main())
