use std::collections::BTreeMap;

use serde_json::json;

use super::{DAY, HOUR, Lots, NOW, found, seed, text, time, whole};

/// Somebody does something so many times, from a time on, one every so many seconds.
struct Burst(&'static str, &'static str, &'static str, i64, i64, i64);

const BURSTS: &[Burst] = &[
    // One more than is allowed within five minutes, and as many as are allowed.
    Burst("Ann", "a-1", "FileDownloaded", NOW - 2 * HOUR, 51, 5),
    Burst("Ben", "b-1", "FileDownloaded", NOW - 2 * HOUR, 50, 5),
    // Sixty, of which each bin has thirty.
    Burst("Cat", "c-1", "FileDownloaded", NOW - 2 * HOUR - 150, 60, 5),
    Burst("Dan", "d-1", "FileUploaded", NOW - 3 * HOUR, 80, 2),
    Burst("Dan", "d-1", "filedownloaded", NOW - 3 * HOUR, 80, 2),
    // Beyond the time that is looked at; begun before it, and still enough in it; not enough of it within.
    Burst("Eve", "e-1", "FileDownloaded", NOW - 8 * DAY, 100, 1),
    Burst("Eli", "e-2", "FileDownloaded", NOW - 7 * DAY - 20, 90, 1),
    Burst("Ely", "e-3", "FileDownloaded", NOW - 7 * DAY - 20, 70, 1),
    // Two bins of one account, and two accounts of one name.
    Burst("Fay", "f-1", "FileDownloaded", NOW - DAY, 120, 5),
    Burst("Gus", "g-1", "FileDownloaded", NOW - DAY, 30, 1),
    Burst("Gus", "g-2", "FileDownloaded", NOW - DAY, 30, 1),
    // Without a name.
    Burst("", "h-1", "FileDownloaded", NOW - 5 * DAY, 200, 1),
];

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn many_downloads_within_five_minutes_are_found() {
    let mut downloads = Vec::new();
    for Burst(name, id, action, start, count, step) in BURSTS {
        downloads.extend((0..*count).map(|at| (*name, *id, *action, start + at * step)));
    }
    let mut lots = Lots(1);
    for user in 0..20 {
        let name: &str = ["Quinn", "Quiet"][user % 2];
        downloads.extend((0..60).map(|_| (name, "q-1", "FileDownloaded", NOW - 1 - lots.below(9 * DAY))));
    }
    let mut counts = BTreeMap::<(&str, &str, i64), i64>::new();
    for &(name, id, action, at) in &downloads {
        if action == "FileDownloaded" && at > NOW - 7 * DAY {
            *counts.entry((name, id, at / 300)).or_default() += 1;
        }
    }
    let mut expected: Vec<(&str, &str, i64)> =
        counts.into_iter().filter(|(_, count)| *count > 50).map(|((name, id, _), count)| (name, id, count)).collect();
    expected.sort_unstable();
    let by_hand = [("", "h-1", 200), ("Ann", "a-1", 51), ("Eli", "e-2", 69), ("Fay", "f-1", 60), ("Fay", "f-1", 60)];
    assert_eq!(expected, by_hand);

    let events = downloads.iter().map(|(name, id, action, at)| {
        json!({"Timestamp": time(*at), "ActionType": action, "AccountDisplayName": name, "AccountObjectId": id})
    });
    // As published, the rule is one line, of which the first comment swallows the rest.
    let folder = tempfile::tempdir().expect("a folder");
    let rule = folder.path().join("rule.yaml");
    let published = std::fs::read(seed("000-mass-downloads.yaml")).expect("the rule");
    std::fs::write(&rule, published).expect("a copy of the rule");
    let check =
        std::process::Command::new(assert_cmd::cargo::cargo_bin!("kqlc")).args(["check", "--fix"]).arg(&rule).output();
    check.expect("the program runs");
    let rows = found(&rule, &[("CloudAppEvents", events.collect())]);
    let mut rows: Vec<(&str, &str, i64)> = rows
        .iter()
        .map(|row| (text(row, "AccountDisplayName"), text(row, "AccountObjectId"), whole(row, "DownloadCount")))
        .collect();
    rows.sort_unstable();
    assert_eq!(rows, expected);
}
