#!/usr/bin/env python3
"""How fast rules run beside DuckDB (from PyPI), on the same files in one run.

    cargo run --release --features eval --example events -- DIR
    .ci/side-by-side.py --kqlc target/release/kqlc --data DIR [--runs 5] [--only WORD]

Each question is put to both, by turns; a ratio above 1 says that kqlc was faster. The answers have to agree. DuckDB is
given hand-written SQL and two threads, kqlc a process of its own each time, its start included.
"""
import argparse, datetime, json, os, platform, re, resource, statistics, subprocess, sys, tempfile, time

import duckdb

NOW = "2024-05-15T00:00:00Z"
TERMS = ["ldifde", "1.7z", "EncodedCommand", "rclone", "megacmd", "netsess", "procdump64", "mimikatz", "psexec", "wevtutil",
         "vssadmin", "bcdedit", "certutil", "mshta", "regsvr32", "schtasks", "nltest", "dsquery", "adfind", "export"]
TERM_REGEX = "(?i)(^|[^a-z0-9])(" + "|".join(term.replace(".", "[.]") for term in TERMS) + ")($|[^a-z0-9])"
HAS_ANY = f"DeviceProcessEvents | where ProcessCommandLine has_any ({json.dumps(TERMS)[1:-1]}) | count"
CONTAINS = "select count(*) from DeviceProcessEvents where " + " or ".join(
    f"contains(lower(ProcessCommandLine), '{term.lower()}')" for term in TERMS)

# A hunting rule for the tools of one group of attackers.
PANDA = r"""DeviceProcessEvents
| where TimeGenerated > ago(7d)
| where ProcessCommandLine has @"\ldifde.exe -f -n "
or ProcessCommandLine has @"\7za.exe a 1.7z "
or ProcessCommandLine endswith @" eprod.ldf"
or ProcessCommandLine has @"\aaaa\procdump64.exe"
or ProcessCommandLine has @"\aaaa\netsess.exe"
or ProcessCommandLine has @"\aaaa\7za.exe"
or ProcessCommandLine has @"copy .\1.7z \"
or ProcessCommandLine has @"copy \client\c$\aaaa\"
or FolderPath == @"C:\Users\Public\7za.exe"
| top 100 by TimeGenerated desc
| project TimeGenerated, DeviceName, AccountName, FileName, FolderPath, ProcessCommandLine, ProcessId, InitiatingProcessFileName,
  InitiatingProcessCommandLine, SHA256, ActionType"""
PANDA_REGEX = (r"(?i)\\ldifde\.exe -f -n |\\7za\.exe a 1\.7z | eprod\.ldf$|\\aaaa\\(procdump64|netsess|7za)\.exe($|[^a-z0-9])"
               r"|copy \.\\1\.7z \\|copy \\client\\c\$\\aaaa\\")
PANDA_SQL = f"""select * from DeviceProcessEvents where TimeGenerated > '2024-05-08 00:00:00+00'
and (regexp_matches(ProcessCommandLine, '{PANDA_REGEX}') or FolderPath = 'C:\\Users\\Public\\7za.exe')
order by TimeGenerated desc limit 100"""

# Who downloads much within five minutes.
DOWNLOADS = """CloudAppEvents
| where ActionType == "FileDownloaded" and Timestamp > ago(7d)
| summarize DownloadCount = count() by AccountDisplayName, AccountObjectId, bin(Timestamp, 5m)
| where DownloadCount > 50
| project AccountDisplayName, AccountObjectId, DownloadCount"""
DOWNLOADS_SQL = """select AccountDisplayName, AccountObjectId, count(*) as n from CloudAppEvents
where ActionType = 'FileDownloaded' and Timestamp > '2024-05-08 00:00:00+00'
group by AccountDisplayName, AccountObjectId, time_bucket(interval 5 minutes, Timestamp) having n > 50"""

# Who sends little at a time, but for long: groups of groups, scalars, a join.
DOMAINS = ["drive.google.com", "docs.google.com", "dropbox.com", "box.com", "mega.nz", "mediafire.com", "sendspace.com",
           "wetransfer.com", "4shared.com", "anonfiles.com", "github.com", "gitlab.com", "bitbucket.org", "gist.github.com",
           "web.whatsapp.com", "telegram.org", "t.me", "discord.com", "discordapp.com", "signal.org", "mail.google.com",
           "outlook.live.com", "protonmail.com", "tutanota.com"]
SHARING = ["FileDownloaded", "FileSyncDownloadedFull", "FileCopied", "AnonymousLinkCreated", "AnonymousLinkUsed", "SharingSet",
           "SharingInvitationCreated", "AddedToSecureLink", "SecureLinkUsed"]
SLOW = f"""let HuntWindow = 30d;
let ExfilDomains = dynamic({json.dumps(DOMAINS)});
let ZIA_Daily = CommonSecurityLog
| where TimeGenerated > ago(HuntWindow)
| where DeviceVendor == "Zscaler"
| where DeviceAction !in ("block", "BLOCK", "Blocked", "blocked", "deny")
| where isnotempty(SourceUserName)
| where DestinationHostName has_any (ExfilDomains)
| summarize DaySentBytes = sum(SentBytes), DayRequestCount = count(), DayDestinCount = dcount(DestinationHostName)
  by UserName = tolower(SourceUserName), Day = bin(TimeGenerated, 1d);
let ZIA_Users = ZIA_Daily
| summarize ZIA_TotalMBSent = round(toreal(sum(DaySentBytes)) / 1048576, 2), ZIA_ActiveDays = dcount(Day),
  ZIA_TotalRequests = sum(DayRequestCount), ZIA_UniqueDestCnt = sum(DayDestinCount) by UserName;
let globalAvg = toscalar(ZIA_Users | summarize avg(ZIA_TotalMBSent));
let globalStd = toscalar(ZIA_Users | summarize stdev(ZIA_TotalMBSent));
let O365_Sharing = OfficeActivity
| where TimeGenerated > ago(HuntWindow)
| where isnotempty(UserId)
| where Operation in ({json.dumps(SHARING)[1:-1]})
| summarize O365_EventCount = count(), O365_Operations = make_set(Operation, 10),
  O365_AnonLinks = countif(Operation has "Anonymous"), O365_LastEvent = max(TimeGenerated) by UserName = tolower(UserId);
ZIA_Users
| join kind=leftouter O365_Sharing on UserName
| extend O365_EventCount = coalesce(O365_EventCount, 0), O365_AnonLinks = coalesce(O365_AnonLinks, 0)
| extend Zscore = iff(globalStd > 0, round((ZIA_TotalMBSent - globalAvg) / globalStd, 2), 0.0),
  DistinctChannels = iff(ZIA_TotalMBSent > 5, 1, 0) + iff(O365_EventCount > 0, 1, 0)
| where Zscore >= 3.0 or (O365_AnonLinks >= 3 and ZIA_TotalMBSent > 10) or (ZIA_ActiveDays >= 20 and ZIA_TotalMBSent > 50)
| project UserName, ZIA_TotalMBSent, ZIA_ActiveDays, ZIA_TotalRequests, ZIA_UniqueDestCnt, O365_EventCount, O365_AnonLinks,
  DistinctChannels"""
DOMAIN_REGEX = "(?i)(^|[^a-z0-9])(" + "|".join(domain.replace(".", "[.]") for domain in DOMAINS) + ")($|[^a-z0-9])"
SLOW_SQL = f"""with daily as materialized (
select lower(SourceUserName) u, date_trunc('day', TimeGenerated) d, sum(SentBytes) b, count(*) n,
 count(distinct DestinationHostName) h from CommonSecurityLog
where TimeGenerated > '2024-04-15 00:00:00+00' and DeviceVendor = 'Zscaler'
 and DeviceAction not in ('block', 'BLOCK', 'Blocked', 'blocked', 'deny') and SourceUserName <> ''
 and regexp_matches(DestinationHostName, '{DOMAIN_REGEX}')
group by 1, 2), users as materialized (
select u, round(sum(b)::double / 1048576, 2) mb, count(distinct d) active, sum(n) n, sum(h) h from daily group by u),
office as (
select lower(UserId) u, count(*) n, list(distinct Operation) ops, count(*) filter (regexp_matches(Operation, '(?i)(^|[^a-z0-9])anonymous($|[^a-z0-9])')) links,
 max(TimeGenerated) from OfficeActivity
where TimeGenerated > '2024-04-15 00:00:00+00' and UserId <> '' and Operation in ({json.dumps(SHARING)[1:-1].replace('"', "'")})
group by 1), stats as (select avg(mb) a, stddev_samp(mb) s from users)
select users.u, mb, active, users.n, users.h, coalesce(office.n, 0), coalesce(links, 0),
 (mb > 5)::int + (coalesce(office.n, 0) > 0)::int
from users left join office on users.u = office.u, stats
where (case when s > 0 then round((mb - a) / s, 2) else 0 end) >= 3 or (coalesce(links, 0) >= 3 and mb > 10)
 or (active >= 20 and mb > 50)"""

JSON_COLUMNS = "columns={TimeGenerated:'TIMESTAMP',DeviceName:'VARCHAR',FileName:'VARCHAR',ProcessCommandLine:'VARCHAR'}"
LINES = f"read_json('{{data}}/DeviceProcessEvents.ndjson', {JSON_COLUMNS}, format='newline_delimited')"

# What is asked, of which tables (in which files), in both languages, and the least ratio that is promised.
PARQUET = ".parquet"
QUESTIONS = [
    ("20 terms, against one regular expression", ["DeviceProcessEvents"], PARQUET, 1.5, HAS_ANY,
     f"select count(*) from DeviceProcessEvents where regexp_matches(ProcessCommandLine, '{TERM_REGEX}')"),
    ("20 terms, against twenty contains", ["DeviceProcessEvents"], PARQUET, 10, HAS_ANY, CONTAINS),
    ("tools of an attacker", ["DeviceProcessEvents"], PARQUET, 1.5, PANDA, PANDA_SQL),
    ("downloads in five minutes", ["CloudAppEvents"], PARQUET, 1.0, DOWNLOADS, DOWNLOADS_SQL),
    ("low and slow", ["CommonSecurityLog", "OfficeActivity"], PARQUET, 1.0, SLOW, SLOW_SQL),
    ("bytes by user and day", ["CommonSecurityLog"], PARQUET, 1.0,
     "CommonSecurityLog | where SentBytes > 0 | summarize n = count(), s = sum(SentBytes) by SourceUserName, bin(TimeGenerated, 1d)"
     " | summarize users = count(), bytes = sum(s), events = sum(n)",
     "select count(*), sum(s), sum(n) from (select count(*) n, sum(SentBytes) s from CommonSecurityLog where SentBytes > 0"
     " group by SourceUserName, date_trunc('day', TimeGenerated))"),
    ("four columns of NDJSON", ["DeviceProcessEvents"], ".ndjson", 1.2,
     "DeviceProcessEvents | where ProcessCommandLine contains_cs '1.7z' and TimeGenerated > ago(10d) | summarize n = count(), d = max(DeviceName), f = max(FileName)",
     f"select count(*), max(DeviceName), max(FileName) from {LINES}"
     " where contains(ProcessCommandLine, '1.7z') and TimeGenerated > '2024-05-05'"),
]


def kqlc(options, tables, ending, query):
    start = time.perf_counter()
    command = [options.kqlc, "run", "--quiet", "--now", NOW, "--threads", str(options.threads), "--format", "json"]
    for table in tables:
        command += ["--table", f"{table}={options.data}/{table}{ending}"]
    with tempfile.TemporaryFile() as question:
        question.write(query.encode())
        question.seek(0)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.run([*command, "-"], stdin=question, capture_output=True, text=True, check=False)
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


def plain(rows):
    """The records in one form and order: neither language promises the order of groups."""
    def cell(value):
        if isinstance(value, datetime.datetime):
            value = value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
        return f"{value:.9g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
    return sorted([cell(value) for value in row] for row in rows)


def processor():
    try:
        return re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="utf-8").read()).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


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
    version = subprocess.run([options.kqlc, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{datetime.date.today()}, {os.cpu_count()} processors ({processor()}), load {os.getloadavg()[0]:.1f}, {options.threads} threads;"
          f" {version}, DuckDB {duckdb.__version__}; median of {options.runs}\n")
    print("| question | ratio | promised | kqlc | DuckDB | kqlc, processor time | DuckDB, processor time |\n|---|--:|--:|--:|--:|--:|--:|")
    short = False
    for name, tables, ending, least, kql, sql in QUESTIONS:
        if options.only not in name:
            continue
        sql = sql.replace("{data}", options.data)
        for table in tables if ending == PARQUET else []:
            connection.execute(f"create or replace view {table} as select * from '{options.data}/{table}{PARQUET}'")
        ours, theirs = [], []
        # Twenty `contains` take DuckDB so long that one run says enough.
        for _ in range(1 if sql == CONTAINS else options.runs):
            ours.append(kqlc(options, tables, ending, kql))
            theirs.append(duck(connection, sql))
        # `contains` also finds terms within words: it is asked for its speed alone.
        agree = sql == CONTAINS or plain(ours[0][2]) == plain(theirs[0][2])
        wall = [statistics.median(run[0] for run in runs) for runs in (ours, theirs)]
        cpu = [statistics.median(run[1] for run in runs) for runs in (ours, theirs)]
        ratio = wall[1] / wall[0]
        short |= ratio < least or not agree
        print(f"| {name} | {ratio:.2f} | {least} | {wall[0]:.2f} s | {wall[1]:.2f} s | {cpu[0]:.2f} s | {cpu[1]:.2f} s |"
              f"{'' if agree else f' ANSWERS DIFFER: {ours[0][2][:3]} {theirs[0][2][:3]}'}", flush=True)
    sys.exit(short)


if __name__ == "__main__":
    main()
