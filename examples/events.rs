//! Writes events to measure with, the same ones every time: `events DIR [ROWS] [NDJSON_ROWS]`.
//!
//! `DeviceProcessEvents.parquet`, `CommonSecurityLog.parquet` and `CloudAppEvents.parquet` have ROWS records (10 million
//! unless said otherwise), `OfficeActivity.parquet` a tenth of them; `DeviceProcessEvents.ndjson` has `NDJSON_ROWS` (2
//! million, about a gigabyte).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

type Failure = Box<dyn std::error::Error>;

/// How many records a row group has.
const GROUP: u64 = 131_072;
/// 2024-05-01 in microseconds since 1970.
const START: i64 = 1_714_521_600_000_000;
/// Fourteen days in microseconds.
const SPAN: i64 = 14 * 86_400 * 1_000_000;

const PROGRAMS: &[&str] = &[
    "svchost.exe",
    "chrome.exe",
    "powershell.exe",
    "cmd.exe",
    "explorer.exe",
    "msedge.exe",
    "teams.exe",
    "outlook.exe",
    "conhost.exe",
    "rundll32.exe",
    "wmiprvse.exe",
    "taskhostw.exe",
    "7z.exe",
    "ldifde.exe",
    "curl.exe",
    "python.exe",
];
const WORDS: &[&str] = &[
    "-k",
    "netsvcs",
    "--type=renderer",
    "-NoProfile",
    "-ExecutionPolicy",
    "Bypass",
    "/c",
    "copy",
    "echo",
    "start",
    "--lang=en-US",
    "--field-trial-handle",
    "-EncodedCommand",
    "update",
    "service",
    "schedule",
    "install",
    "query",
    "C:\\Windows\\System32",
    "C:\\Program Files\\Common",
    "D:\\data\\reports",
    "\\\\fs-1\\share",
    "https://example.com/a/b",
    "report.docx",
    "invoice.pdf",
    "backup.zip",
    "config.json",
    "a",
    "1.7z",
    "export",
    "import",
    "sync",
];
const HOSTS: &[&str] = &[
    "drive.google.com",
    "www.example.com",
    "updates.example.net",
    "mega.nz",
    "github.com",
    "cdn.example.org",
    "mail.example.com",
    "api.example.io",
    "dropbox.com",
    "intranet.corp.local",
];
const ACTIONS: &[&str] = &["allow", "allow", "allow", "deny", "reset", "drop"];

/// A number that depends on a record and on what it is for, and on nothing else (`SplitMix64`).
fn chance(row: u64, what: u64) -> u64 {
    let mut z = row.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(what.wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number below an end that an `i64` holds.
fn below(row: u64, what: u64, end: u64) -> i64 {
    i64::try_from(chance(row, what) % end).unwrap_or_default()
}

fn pick(of: &[&'static str], row: u64, what: u64) -> &'static str {
    of[(chance(row, what) % of.len() as u64) as usize]
}

/// Records come in the order of their times, with a little disorder, as they are collected.
fn time(row: u64, rows: u64) -> i64 {
    START + (i128::from(SPAN) * i128::from(row) / i128::from(rows.max(1))) as i64 + below(row, 1, 2_000_000)
}

struct Process {
    time: i64,
    device: String,
    account: String,
    program: &'static str,
    folder: String,
    command: String,
    id: i64,
    parent: &'static str,
    parent_command: String,
    sha256: String,
}

fn process(row: u64, rows: u64) -> Process {
    let program = pick(PROGRAMS, row, 2);
    let words = 3 + chance(row, 3) % 10;
    let mut command = String::from(program);
    for word in 0..words {
        command.push(' ');
        command.push_str(pick(WORDS, row, 10 + word));
    }
    command.extend([" --id=", &format!("{:x}", chance(row, 4) >> 32)]);
    let mut folder = format!("C:\\Windows\\System32\\{program}");
    // What is looked for is rare.
    match chance(row, 60) % 20_000 {
        0 => "C:\\Users\\Public\\7za.exe".clone_into(&mut folder),
        1 => command.push_str(" & copy .\\1.7z \\\\fs-2\\drop"),
        2 => command.push_str(" \\aaaa\\procdump64.exe -ma lsass"),
        _ => {}
    }
    let parent = pick(PROGRAMS, row, 5);
    Process {
        time: time(row, rows),
        device: format!("ws-{:05}.corp.example.com", chance(row, 6) % 20_000),
        account: format!("user{}", chance(row, 7) % 5_000),
        program,
        folder,
        command,
        id: below(row, 8, 65_536),
        parent,
        parent_command: format!("{parent} {} {}", pick(WORDS, row, 30), pick(WORDS, row, 31)),
        sha256: (0..4).map(|part| format!("{:016x}", chance(row, 40 + part))).collect::<Vec<_>>().concat(),
    }
}

fn texts(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn times(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn processes(first: u64, end: u64, rows: u64) -> Result<RecordBatch, Failure> {
    let all: Vec<Process> = (first..end).map(|row| process(row, rows)).collect();
    let text = |of: fn(&Process) -> &str| texts(all.iter().map(|it| of(it).to_owned()));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("TimeGenerated", times(all.iter().map(|it| it.time))),
        ("DeviceName", text(|it| &it.device)),
        ("AccountName", text(|it| &it.account)),
        ("FileName", text(|it| it.program)),
        ("FolderPath", text(|it| &it.folder)),
        ("ProcessCommandLine", text(|it| &it.command)),
        ("ProcessId", Arc::new(Int64Array::from_iter_values(all.iter().map(|it| it.id)))),
        ("InitiatingProcessFileName", text(|it| it.parent)),
        ("InitiatingProcessCommandLine", text(|it| &it.parent_command)),
        ("SHA256", text(|it| &it.sha256)),
        ("ActionType", texts(all.iter().map(|_| "ProcessCreated".to_owned()))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn connections(first: u64, end: u64, rows: u64) -> Result<RecordBatch, Failure> {
    let range = first..end;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("TimeGenerated", times(range.clone().map(|row| time(row, rows)))),
        (
            "DeviceVendor",
            texts(range.clone().map(|row| pick(&["Palo Alto Networks", "Fortinet", "Zscaler"], row, 50).to_owned())),
        ),
        ("DeviceProduct", texts(range.clone().map(|row| pick(&["PAN-OS", "Fortigate", "NSS"], row, 50).to_owned()))),
        ("DeviceAction", texts(range.clone().map(|row| pick(ACTIONS, row, 51).to_owned()))),
        ("SourceUserName", texts(range.clone().map(|row| format!("CORP\\user{}", chance(row, 52) % 5_000)))),
        ("SourceIP", texts(range.clone().map(|row| address(10, chance(row, 53) % 20_000)))),
        ("DestinationIP", texts(range.clone().map(|row| address(198, chance(row, 54) % 50_000)))),
        (
            "DestinationPort",
            Arc::new(Int32Array::from_iter_values(
                range.clone().map(|row| [443, 443, 80, 8443][(chance(row, 55) % 4) as usize]),
            )),
        ),
        ("DestinationHostName", texts(range.clone().map(|row| pick(HOSTS, row, 56).to_owned()))),
        ("SentBytes", Arc::new(Int64Array::from_iter_values(range.clone().map(|row| below(row, 57, 200_000))))),
        ("ReceivedBytes", Arc::new(Int64Array::from_iter_values(range.map(|row| below(row, 58, 2_000_000))))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// A few users do much more than the others.
fn user(row: u64) -> u64 {
    if chance(row, 61).is_multiple_of(8) { chance(row, 62) % 20 } else { chance(row, 63) % 5_000 }
}

fn cloud(first: u64, end: u64, rows: u64) -> Result<RecordBatch, Failure> {
    const ACTIONS: &[&str] =
        &["FileDownloaded", "FileAccessed", "FileModified", "FileDownloaded", "FileUploaded", "UserLoggedIn"];
    let range = first..end;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("Timestamp", times(range.clone().map(|row| time(row, rows)))),
        ("ActionType", texts(range.clone().map(|row| pick(ACTIONS, row, 64).to_owned()))),
        (
            "Application",
            texts(
                range
                    .clone()
                    .map(|row| pick(&["Microsoft SharePoint Online", "Microsoft OneDrive"], row, 65).to_owned()),
            ),
        ),
        ("AccountDisplayName", texts(range.clone().map(|row| format!("User Number {}", user(row))))),
        (
            "AccountObjectId",
            texts(range.clone().map(|row| {
                let id = chance(user(row), 66);
                format!(
                    "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                    id >> 32,
                    id >> 16 & 0xffff,
                    id >> 4 & 0xfff,
                    id & 0xfff,
                    id >> 16
                )
            })),
        ),
        ("IPAddress", texts(range.clone().map(|row| address(10, chance(row, 67) % 20_000)))),
        (
            "ObjectName",
            texts(range.map(|row| format!("https://corp.example.com/sites/{:x}/document.docx", chance(row, 68) >> 40))),
        ),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn office(first: u64, end: u64, rows: u64) -> Result<RecordBatch, Failure> {
    const OPERATIONS: &[&str] = &[
        "FileAccessed",
        "FileDownloaded",
        "FileCopied",
        "FileModified",
        "SharingSet",
        "AnonymousLinkCreated",
        "MailItemsAccessed",
    ];
    let range = first..end;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("TimeGenerated", times(range.clone().map(|row| time(row, rows)))),
        ("Operation", texts(range.clone().map(|row| pick(OPERATIONS, row, 69).to_owned()))),
        ("UserId", texts(range.clone().map(|row| format!("CORP\\user{}", user(row))))),
        ("ClientIP", texts(range.map(|row| address(10, chance(row, 70) % 20_000)))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn address(first: u64, number: u64) -> String {
    format!("{first}.{}.{}.{}", number / 65_536 % 256, number / 256 % 256, number % 256)
}

fn write_parquet(
    path: &Path,
    rows: u64,
    batch: impl Fn(u64, u64, u64) -> Result<RecordBatch, Failure>,
) -> Result<(), Failure> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP as usize))
        .build();
    let schema = batch(0, 0, rows)?.schema();
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, Some(properties))?;
    let mut first = 0;
    while first < rows {
        let end = rows.min(first + GROUP);
        writer.write(&batch(first, end, rows)?)?;
        first = end;
    }
    writer.close()?;
    Ok(())
}

fn write_ndjson(path: &Path, rows: u64, of: u64) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for row in 0..rows {
        let it = process(row, of);
        let micros = it.time.rem_euclid(86_400_000_000);
        let (hour, minute, second) = (micros / 3_600_000_000, micros / 60_000_000 % 60, micros / 1_000_000 % 60);
        let day = (it.time - START) / 86_400_000_000 + 1;
        let event = serde_json::json!({
            "TenantId": "0f1e2d3c-0000-4000-8000-000000000000",
            "TimeGenerated": format!("2024-05-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", micros % 1_000_000),
            "ActionType": "ProcessCreated",
            "DeviceName": it.device,
            "AccountDomain": "corp",
            "AccountName": it.account,
            "FileName": it.program,
            "FolderPath": it.folder,
            "ProcessCommandLine": it.command,
            "ProcessId": it.id,
            "SHA256": it.sha256,
            "InitiatingProcessFileName": it.parent,
            "InitiatingProcessCommandLine": it.parent_command,
            "AdditionalFields": {"DesiredAccess": 1_052_672, "ParentProcessName": it.parent},
            "Type": "DeviceProcessEvents",
        });
        serde_json::to_writer(&mut out, &event)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("events DIR [ROWS] [NDJSON_ROWS]")?;
    let rows = arguments.next().map_or(Ok(10_000_000), |text| text.parse())?;
    let lines = arguments.next().map_or(Ok(2_000_000), |text| text.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    write_parquet(&folder.join("DeviceProcessEvents.parquet"), rows, processes)?;
    write_parquet(&folder.join("CommonSecurityLog.parquet"), rows, connections)?;
    write_parquet(&folder.join("CloudAppEvents.parquet"), rows, cloud)?;
    write_parquet(&folder.join("OfficeActivity.parquet"), rows / 10, office)?;
    write_ndjson(&folder.join("DeviceProcessEvents.ndjson"), lines, lines)
}
