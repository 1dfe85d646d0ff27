#!/usr/bin/env python3
"""How fast rules run beside DuckDB (from PyPI), on the same files in one run.

    cargo run --release --features eval --example events -- DIR
    .ci/side-by-side.py --kqlc target/release/kqlc --data DIR [--runs 5] [--only WORD]

Each question is put to both, by turns; a ratio above 1 says that kqlc was faster. The answers have to agree. DuckDB is
given hand-written SQL and two threads, kqlc a process of its own each time, its start included.
"""
import argparse, json, resource, statistics, subprocess, sys, time

import duckdb

NOW = "2024-05-15T00:00:00Z"
TERMS = ["ldifde", "1.7z", "EncodedCommand", "rclone", "megacmd", "netsess", "procdump64", "mimikatz", "psexec", "wevtutil",
         "vssadmin", "bcdedit", "certutil", "mshta", "regsvr32", "schtasks", "nltest", "dsquery", "adfind", "export"]
TERM_REGEX = "(?i)(^|[^a-z0-9])(" + "|".join(term.replace(".", "[.]") for term in TERMS) + ")($|[^a-z0-9])"
JSON_COLUMNS = "columns={TimeGenerated:'TIMESTAMP',DeviceName:'VARCHAR',FileName:'VARCHAR',ProcessCommandLine:'VARCHAR'}"

# What is asked, of which table and file, in both languages, and the least ratio that is promised.
QUESTIONS = [
    ("20 terms, against one regular expression", "DeviceProcessEvents", "DeviceProcessEvents.parquet", 1.5,
     f"DeviceProcessEvents | where ProcessCommandLine has_any ({json.dumps(TERMS)[1:-1]}) | count",
     f"select count(*) from {{file}} where regexp_matches(ProcessCommandLine, '{TERM_REGEX}')"),
    ("20 terms, against twenty contains", "DeviceProcessEvents", "DeviceProcessEvents.parquet", 10,
     f"DeviceProcessEvents | where ProcessCommandLine has_any ({json.dumps(TERMS)[1:-1]}) | count", None),
    ("bytes by user and day", "CommonSecurityLog", "CommonSecurityLog.parquet", 1.0,
     "CommonSecurityLog | where SentBytes > 0 | summarize n = count(), s = sum(SentBytes) by SourceUserName, bin(TimeGenerated, 1d)"
     " | summarize users = count(), bytes = sum(s), events = sum(n)",
     "select count(*), sum(s), sum(n) from (select count(*) n, sum(SentBytes) s from {file} where SentBytes > 0"
     " group by SourceUserName, date_trunc('day', TimeGenerated))"),
    ("one row group of many", "CommonSecurityLog", "CommonSecurityLog.parquet", 1.0,
     "CommonSecurityLog | where TimeGenerated between (datetime(2024-05-07) .. datetime(2024-05-07T01:00:00)) | summarize count(), sum(SentBytes)",
     "select count(*), sum(SentBytes) from {file} where TimeGenerated between '2024-05-07 00:00:00+00' and '2024-05-07 01:00:00+00'"),
    ("four columns of NDJSON", "DeviceProcessEvents", "DeviceProcessEvents.ndjson", 1.2,
     "DeviceProcessEvents | where ProcessCommandLine contains_cs '1.7z' and TimeGenerated > ago(10d) | summarize n = count(), d = max(DeviceName), f = max(FileName)",
     f"select count(*), max(DeviceName), max(FileName) from read_json({{file}}, {JSON_COLUMNS}, format='newline_delimited')"
     " where contains(ProcessCommandLine, '1.7z') and TimeGenerated > '2024-05-05'"),
]
CONTAINS = "select count(*) from {file} where " + " or ".join(f"contains(lower(ProcessCommandLine), '{term.lower()}')" for term in TERMS)


def kqlc(options, table, file, query):
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.run(
        [options.kqlc, "run", "--quiet", "--now", NOW, "--threads", str(options.threads), "--format", "json",
         "--table", f"{table}={file}", "-"], input=query, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"kqlc failed: {process.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, json.loads(process.stdout)["rows"]


def duck(connection, sql):
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF)
    rows = [list(row) for row in connection.execute(sql).fetchall()]
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, rows


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kqlc", default="target/release/kqlc")
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    connection = duckdb.connect()
    connection.execute(f"set threads={options.threads}")
    connection.execute("set timezone='UTC'")
    short = False
    for name, table, file, least, kql, sql in QUESTIONS:
        if options.only not in name:
            continue
        path = f"{options.data}/{file}"
        sql = (sql or CONTAINS).format(file=f"'{path}'")
        ours, theirs = [], []
        for _ in range(options.runs):
            ours.append(kqlc(options, table, path, kql))
            theirs.append(duck(connection, sql))
        # `contains` also finds terms within words: it is asked for its speed alone.
        agree = " or contains(" in sql or ours[0][2] == theirs[0][2]
        wall = [statistics.median(run[0] for run in runs) for runs in (ours, theirs)]
        cpu = [statistics.median(run[1] for run in runs) for runs in (ours, theirs)]
        ratio = wall[1] / wall[0]
        short |= ratio < least or not agree
        print(f"{name}: {ratio:.2f}x ({least}x promised); wall {wall[0]:.2f} s, DuckDB {wall[1]:.2f} s;"
              f" processor {cpu[0]:.2f} s, DuckDB {cpu[1]:.2f} s{'' if agree else f'; ANSWERS DIFFER: {ours[0][2]} {theirs[0][2]}'}")
    sys.exit(short)


if __name__ == "__main__":
    main()
