use serde_json::json;

use super::{DAY, NOW, found, seed, text, time};

const LIMIT: i64 = 10_485_760;

/// Address, bytes sent, age in seconds, and whether it is a large upload to a store in the cloud.
const UPLOADS: &[(&str, i64, i64, bool)] = &[
    ("https://www.dropbox.com/upload", LIMIT + 1, 100, true),
    ("https://www.dropbox.com/upload", LIMIT, 110, false),
    ("https://WWW.DROPBOX.COM", 2 * LIMIT, 120, true),
    ("notdropbox.com", 2 * LIMIT, 130, false),
    ("dropbox.community", 2 * LIMIT, 140, false),
    // The words stand by themselves here, too.
    ("dropbox.com.example.org", 2 * LIMIT, 150, true),
    ("bucket.s3.amazonaws.com", 5 * LIMIT, 160, true),
    ("s3-eu-west-1.amazonaws.com", 5 * LIMIT, 170, false),
    ("mega.nz", 3 * LIMIT, DAY - 1, true),
    ("mega.nz", 3 * LIMIT, DAY, false),
    ("", 3 * LIMIT, 180, false),
    ("example.org", i64::MAX, 190, false),
    ("graph.microsoft.com", -LIMIT, 200, false),
];

/// Program, command line, age in seconds, and whether it is a tool for the cloud, and an upload to an interface.
const PROCESSES: &[(&str, &str, i64, bool, bool)] = &[
    ("RClone.EXE", "RClone.EXE --version", 105, true, false),
    ("rclone2.exe", "", 115, false, false),
    ("my-rclone.exe", "", 125, true, false),
    ("azcopy", "", 135, true, false),
    ("gsutilities", "", 145, false, false),
    ("x.exe", "x.exe & rclone copy c:\\data gdrive:", 155, true, false),
    ("x.exe", "rclone copying", 165, false, false),
    ("x.exe", "aws s3 cp a b", 175, true, false),
    ("x.exe", "aws s3 cpx a b", 185, false, false),
    ("x.exe", "put a remote:S3", 195, true, false),
    ("x.exe", "put a remote:s3bucket", 205, false, false),
    ("x.exe", "put a mega:dir", 215, true, false),
    ("x.exe", "put a xmega:dir", 225, false, false),
    ("curl.exe", "curl.exe -T a https://api.dropboxapi.com/2/files", 235, false, true),
    ("CURL", "curl -t a https://drive.google.com", 245, false, true),
    ("curl.exe", "curl.exe https://drive.google.com", 255, false, false),
    ("curl.exe", "curl.exe -T a https://example.org", 265, false, false),
    // The name of the host holds the word.
    ("curl.exe", "curl.exe https://upload.box.com/", 275, false, true),
    ("curl.exe", "curl.exe https://api.box.com/uploads", 285, false, false),
    ("curl2.exe", "curl2.exe -T a https://api.box.com/", 295, false, false),
    ("pwsh.exe", "Invoke-RestMethod https://graph.microsoft.com -Method x", 305, false, true),
    ("pwsh.exe", "Invoke-RestMethods https://graph.microsoft.com", 315, false, false),
    ("python3", "python3 x.py --data-binary @a mega.io; rclone sync a b", 325, true, true),
    ("rclone", "rclone sync", DAY, false, false),
    ("", "", 335, false, false),
];

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn uploads_to_stores_in_the_cloud_are_found_by_any_of_three_signals() {
    // Names and, behind them, columns that the published schema lacks.
    let uploads = UPLOADS.iter().enumerate().map(|(at, (url, bytes, age, _))| {
        json!({
            "Timestamp": time(NOW - age), "DeviceName": format!("u{at}"), "AccountName": "ann", "RemoteUrl": url,
            "RemoteIP": "203.0.113.7", "RemotePort": 443, "BytesSent": bytes, "InitiatingProcessFileName": "up.exe",
        })
    });
    let processes = PROCESSES.iter().enumerate().map(|(at, (program, command, age, ..))| {
        json!({
            "Timestamp": time(NOW - age), "DeviceName": format!("p{at}"), "AccountName": "ben", "FileName": program,
            "ProcessCommandLine": command, "InitiatingProcessFileName": "cmd.exe",
        })
    });
    let mut expected = Vec::new();
    for (at, (_, bytes, age, hit)) in UPLOADS.iter().enumerate() {
        if *hit {
            expected.push((*age, format!("u{at}"), "LargeCloudUpload", "ann", "up.exe", Some(*bytes), ""));
        }
    }
    for (at, (program, _, age, tool, upload)) in PROCESSES.iter().enumerate() {
        for (signal, hit) in [("CloudSyncTool", *tool), ("CloudApiUpload", *upload)] {
            if hit {
                expected.push((*age, format!("p{at}"), signal, "ben", "cmd.exe", None, *program));
            }
        }
    }
    // One event with two signals: in the order in which the rule names them.
    expected.sort_by_key(|(age, ..)| *age);
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(age, device, signal, account, parent, bytes, file)| {
            (time(NOW - age), device, signal, account, parent, bytes, file)
        })
        .collect();
    let rows = found(
        &seed("002-exfiltration-to-cloud-storage.kql"),
        &[("DeviceNetworkEvents", uploads.collect()), ("DeviceProcessEvents", processes.collect())],
    );
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                text(row, "Timestamp").to_owned(),
                text(row, "DeviceName").to_owned(),
                text(row, "Signal"),
                text(row, "AccountName"),
                text(row, "InitiatingProcessFileName"),
                row["BytesSent"].as_i64(),
                text(row, "FileName"),
            )
        })
        .collect();
    assert_eq!(rows, expected);
}
