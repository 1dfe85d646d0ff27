use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{DAY, HOUR, Lots, NOW, found, number, round, seed, set, text, time, whole};

const MIB: i64 = 1_048_576;

/// A host, and whether it is a place to carry data to.
const HOSTS: &[(&str, bool)] = &[
    ("drive.google.com", true),
    ("www.dropbox.com", true),
    ("GIST.github.com", true),
    ("t.me", true),
    ("inbox.com", false),
    ("set.me", false),
    ("sharepoint.example.com", false),
];

/// A request to a host.
struct Upload {
    user: String,
    vendor: &'static str,
    action: &'static str,
    host: &'static str,
    at: i64,
    bytes: Option<i64>,
}

/// Something done with shared files.
struct Share {
    user: String,
    operation: &'static str,
    at: i64,
}

const SHARING: &[&str] = &[
    "FileDownloaded",
    "FileSyncDownloadedFull",
    "FileCopied",
    "AnonymousLinkCreated",
    "AnonymousLinkUsed",
    "SharingSet",
    "SharingInvitationCreated",
    "AddedToSecureLink",
    "SecureLinkUsed",
];

/// `count` uploads of so many bytes each, one a day, the last an hour ago.
fn daily(user: &str, count: i64, bytes: i64) -> Vec<Upload> {
    let upload = |day: i64| Upload {
        user: user.to_owned(),
        vendor: "Zscaler",
        action: "Allowed",
        host: HOSTS[usize::try_from(day % 4).expect("small")].0,
        at: NOW - HOUR - day * DAY,
        bytes: Some(bytes),
    };
    (0..count).map(upload).collect()
}

fn events() -> (Vec<Upload>, Vec<Share>) {
    let mut uploads = Vec::new();
    let mut shares = Vec::new();
    let mut share = |user: &str, operation, count: i64, at: i64| {
        shares.extend((0..count).map(|n| Share { user: user.to_owned(), operation, at: at - n * 60 }));
    };
    // Quiet people.
    let mut lots = Lots(4);
    for user in 0..60 {
        uploads.extend(daily(&format!("quiet{user}@example.com"), 1 + lots.below(10), 10_000 + lots.below(2 * MIB)));
    }
    // Far more than anyone; in two spellings.
    uploads.extend(daily("Mallory@example.com", 3, 900 * MIB));
    uploads.extend(daily("MALLORY@example.com", 2, 100 * MIB + 12_345));
    // Anonymous links: enough of them, one too few, too little sent, too long ago. The rule means to find the first.
    for (user, links, bytes) in [("links", 3, 11 * MIB), ("twolinks", 2, 11 * MIB), ("small", 3, 10 * MIB)] {
        uploads.extend(daily(&format!("{user}@example.com"), 1, bytes));
        share(&format!("{user}@EXAMPLE.com"), "AnonymousLinkCreated", links, NOW - DAY);
    }
    share("Slow@example.com", "SharingSet", 2, NOW - 2 * DAY);
    share("slow@example.com", "AnonymousLinkUsed", 5, NOW - 3 * DAY);
    share("slow@example.com", "FileDeleted", 9, NOW - 2 * DAY);
    share("slow@example.com", "SecureLinkUsed", 1, NOW - 30 * DAY);
    uploads.extend(daily("oldlinks@example.com", 1, 11 * MIB));
    share("oldlinks@example.com", "AnonymousLinkUsed", 5, NOW - 30 * DAY);
    share("nobody@example.com", "AnonymousLinkUsed", 5, NOW - DAY);
    // Twenty days of a little; nineteen; twenty of too little.
    uploads.extend(daily("slow@example.com", 20, 3 * MIB));
    uploads.extend(daily("faster@example.com", 19, 3 * MIB));
    uploads.extend(daily("slower@example.com", 20, 5 * MIB / 2));
    // What does not count: refused, from elsewhere, to other hosts, without a name, without a size, too long ago.
    let mut other = |user: &str, vendor, action, host, at, bytes| {
        uploads.push(Upload { user: user.to_owned(), vendor, action, host, at, bytes });
    };
    for action in ["block", "BLOCK", "Blocked", "blocked", "deny"] {
        other("blocked@example.com", "Zscaler", action, "t.me", NOW - HOUR, Some(5000 * MIB));
    }
    other("denied@example.com", "Zscaler", "DENY", "t.me", NOW - HOUR, Some(MIB));
    other("vendor@example.com", "zscaler", "Allowed", "t.me", NOW - HOUR, Some(5000 * MIB));
    for (host, _) in HOSTS {
        other("hosts@example.com", "Zscaler", "Allowed", host, NOW - HOUR, Some(MIB / 2));
    }
    other("", "Zscaler", "Allowed", "t.me", NOW - HOUR, Some(5000 * MIB));
    other("nosize@example.com", "Zscaler", "", "t.me", NOW - HOUR, None);
    other("old@example.com", "Zscaler", "Allowed", "t.me", NOW - 30 * DAY, Some(5000 * MIB));
    other("nearlyold@example.com", "Zscaler", "Allowed", "t.me", NOW - 30 * DAY + 1, Some(MIB));
    (uploads, shares)
}

/// What the rule says of a user.
#[derive(Debug, PartialEq)]
struct Found {
    user: String,
    megabytes: f64,
    days: i64,
    requests: i64,
    hosts: i64,
    events: i64,
    links: i64,
    operations: Vec<String>,
    channels: i64,
    z: f64,
}

fn expected(uploads: &[Upload], shares: &[Share]) -> Vec<Found> {
    #[derive(Default)]
    struct Day {
        bytes: i64,
        requests: i64,
        hosts: BTreeSet<&'static str>,
    }
    let mut users = BTreeMap::<String, BTreeMap<i64, Day>>::new();
    for upload in uploads {
        let counts = upload.at > NOW - 30 * DAY
            && upload.vendor == "Zscaler"
            && !["block", "BLOCK", "Blocked", "blocked", "deny"].contains(&upload.action)
            && !upload.user.is_empty()
            && HOSTS.contains(&(upload.host, true));
        if counts {
            let day =
                users.entry(upload.user.to_lowercase()).or_default().entry(upload.at.div_euclid(DAY)).or_default();
            day.bytes += upload.bytes.unwrap_or(0);
            day.requests += 1;
            day.hosts.insert(upload.host);
        }
    }
    let megabytes =
        |days: &BTreeMap<i64, Day>| round(days.values().map(|day| day.bytes).sum::<i64>() as f64 / 1_048_576.0);
    let sent: Vec<f64> = users.values().map(megabytes).collect();
    let mean = sent.iter().sum::<f64>() / sent.len() as f64;
    let deviation = (sent.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (sent.len() - 1) as f64).sqrt();
    let mut found = Vec::new();
    for (user, days) in users {
        let shared: Vec<&Share> = shares
            .iter()
            .filter(|share| share.user.to_lowercase() == user && share.at > NOW - 30 * DAY)
            .filter(|share| SHARING.contains(&share.operation))
            .collect();
        // The rule asks for the term `Anonymous`, which no operation has: `AnonymousLinkUsed` is a term of its own.
        let links = shared.iter().filter(|share| share.operation.split(' ').any(|term| term == "Anonymous")).count();
        let operations: BTreeSet<&str> = shared.iter().map(|share| share.operation).collect();
        let sent = megabytes(&days);
        let row = Found {
            megabytes: sent,
            days: i64::try_from(days.len()).expect("few"),
            requests: days.values().map(|day| day.requests).sum(),
            hosts: days.values().map(|day| i64::try_from(day.hosts.len()).expect("few")).sum(),
            events: i64::try_from(shared.len()).expect("few"),
            links: i64::try_from(links).expect("few"),
            operations: operations.into_iter().map(str::to_owned).collect(),
            channels: i64::from(sent > 5.0) + i64::from(!shared.is_empty()),
            z: round((sent - mean) / deviation),
            user,
        };
        if row.z >= 3.0 || (row.links >= 3 && sent > 10.0) || (row.days >= 20 && sent > 50.0) {
            found.push(row);
        }
    }
    found.sort_by(|a, b| b.z.total_cmp(&a.z).then(b.megabytes.total_cmp(&a.megabytes)));
    found
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn much_slow_and_shared_uploads_are_found() {
    let (uploads, shares) = events();
    let expected = expected(&uploads, &shares);
    let users: Vec<&str> = expected.iter().map(|row| row.user.as_str()).collect();
    assert_eq!(users, ["mallory@example.com", "slow@example.com"]);

    let log = uploads.iter().map(|upload| {
        json!({
            "TimeGenerated": time(upload.at), "DeviceVendor": upload.vendor, "DeviceAction": upload.action,
            "SourceUserName": upload.user, "DestinationHostName": upload.host, "SentBytes": upload.bytes,
        })
    });
    let office = shares
        .iter()
        .map(|share| json!({"TimeGenerated": time(share.at), "UserId": share.user, "Operation": share.operation}));
    let rows = found(
        &seed("004-low-and-slow-exfiltration.yaml"),
        &[("CommonSecurityLog", log.collect::<Vec<Value>>()), ("OfficeActivity", office.collect())],
    );
    let rows: Vec<Found> = rows
        .iter()
        .map(|row| Found {
            user: text(row, "UserName").to_owned(),
            megabytes: number(row, "ZIA_TotalMBSent"),
            days: whole(row, "ZIA_ActiveDays"),
            requests: whole(row, "ZIA_TotalRequests"),
            hosts: whole(row, "ZIA_UniqueDestCnt"),
            events: whole(row, "O365_EventCount"),
            links: whole(row, "O365_AnonLinks"),
            operations: if row["O365_Operations"].is_null() { Vec::new() } else { set(row, "O365_Operations") },
            channels: whole(row, "DistinctChannels"),
            z: number(row, "Zscore"),
        })
        .collect();
    assert_eq!(rows, expected);
}
