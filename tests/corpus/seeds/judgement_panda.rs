use serde_json::json;

use super::{DAY, NOW, found, seed, text, time};

/// Command line, folder, and whether the rule means it.
const PROCESSES: &[(&str, &str, bool)] = &[
    (r"C:\Windows\System32\ldifde.exe -f -n eprod.ldf", r"C:\Windows\System32\ldifde.exe", true),
    (r"c:\windows\LDIFDE.EXE -F -N x", "", true),
    (r"ldifde.exe -f -n x", "", false),
    (r"C:\Windows\ldifde.exe -f -nx", "", false),
    (r"C:\t\7za.exe a 1.7z C:\data", "", true),
    (r"C:\t\7za.exe a 1.7z", "", false),
    (r"C:\t\7za.exe a 11.7z x", "", false),
    ("type export eprod.ldf", "", true),
    ("type export EPROD.LDF", "", true),
    ("type eprod.ldf now", "", false),
    ("type xeprod.ldf", "", false),
    (r"C:\aaaa\procdump64.exe -ma lsass.exe", "", true),
    (r"D:\x\AAAA\ProcDump64.exe", "", true),
    (r"C:\aaaa\procdump64.exes", "", false),
    (r"C:\aaaa\procdump64exe", "", false),
    (r"C:\baaaa\procdump64.exe", "", false),
    (r#""C:\aaaa\netsess.exe""#, "", true),
    (r"C:\aaaa\netsess.exe2", "", false),
    (r"C:\aaaa\7za.exe", "", true),
    (r"C:\bbbb\7za.exe", "", false),
    (r"cmd /c copy .\1.7z \\host\share", "", true),
    (r"cmd /c xcopy .\1.7z \\host\share", "", false),
    (r"copy \client\c$\aaaa\x", "", true),
    (r"COPY \CLIENT\C$\AAAA\", "", true),
    (r"copy \client\d$\aaaa\x", "", false),
    ("7za.exe l", r"C:\Users\Public\7za.exe", true),
    ("7za.exe l", r"C:\users\public\7za.exe", false),
    ("7za.exe l", r"C:\Users\Public\7za.exe2", false),
    ("", "", false),
];

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn the_tools_of_judgement_panda_are_found_the_latest_hundred_first() {
    let mut events = Vec::new();
    let mut expected = Vec::new();
    // The same processes again and again, at times in no order and none twice, some of them too long ago.
    for round in 0..11_i64 {
        for (at, (command, folder, hit)) in (0_i64..).zip(PROCESSES) {
            let age = (round * 29 + at) * 7919 % 1000 * 620 + 1;
            events.push(json!({
                "Timestamp": time(NOW - age), "DeviceName": format!("d{round}-{at}"), "ProcessCommandLine": command,
                "FolderPath": folder, "FileName": "x.exe",
            }));
            if *hit && age < 7 * DAY {
                expected.push((age, format!("d{round}-{at}")));
            }
        }
    }
    // Just inside, and just outside, of the seven days.
    let last =
        json!({"Timestamp": time(NOW - 7 * DAY), "DeviceName": "edge", "ProcessCommandLine": r"C:\aaaa\7za.exe"});
    events.push(last);
    expected.sort();
    assert!(expected.len() > 100, "{} matches", expected.len());
    expected.truncate(100);
    let rows = found(&seed("003-judgement-panda.yaml"), &[("DeviceProcessEvents", events)]);
    let rows: Vec<(&str, &str)> = rows.iter().map(|row| (text(row, "Timestamp"), text(row, "DeviceName"))).collect();
    let times: Vec<String> = expected.iter().map(|(age, _)| time(NOW - age)).collect();
    let expected: Vec<(&str, &str)> =
        times.iter().zip(&expected).map(|(time, (_, device))| (time.as_str(), device.as_str())).collect();
    assert_eq!(rows, expected);
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn each_tool_of_judgement_panda_is_found_by_itself() {
    let events = (0_i64..).zip(PROCESSES).map(|(at, (command, folder, _))| {
        json!({"Timestamp": time(NOW - 60 - at), "DeviceName": at.to_string(), "ProcessCommandLine": command, "FolderPath": folder})
    });
    let rows = found(&seed("003-judgement-panda.yaml"), &[("DeviceProcessEvents", events.collect())]);
    let rows: Vec<usize> = rows.iter().map(|row| text(row, "DeviceName").parse().expect("a number")).collect();
    let expected: Vec<usize> = (0..PROCESSES.len()).filter(|at| PROCESSES[*at].2).collect();
    assert_eq!(rows, expected);
}
