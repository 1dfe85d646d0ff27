use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{DAY, HOUR, Lots, NOW, found, number, round, seed, set, text, time, whole};

const MIB: i64 = 1_048_576;
/// The first and the last hour of the series: whole days, up to yesterday's start.
const START: i64 = 30 * DAY;
const END: i64 = 43 * DAY;
/// By which the distance from the fences is multiplied: Tukey's score of Kusto, at the 10th and 90th percentile.
const FACTOR: f64 = 2.772_605_605_507_915;

/// Bytes that go from one address to another.
struct Transfer {
    table: &'static str,
    vendor: &'static str,
    at: i64,
    from: String,
    to: &'static str,
    port: i64,
    sent: i64,
    received: i64,
}

fn transfers() -> Vec<Transfer> {
    let mut lots = Lots(7);
    let mut all = Vec::new();
    let mut add = |table, vendor, at, from: &str, to, port, sent| {
        all.push(Transfer { table, vendor, at, from: from.to_owned(), to, port, sent, received: sent / 3 });
    };
    for hour in START / HOUR..NOW / HOUR {
        for (table, vendor) in
            [("CommonSecurityLog", "Fence"), ("CommonSecurityLog", "Gate"), ("VMConnection", "VMConnection")]
        {
            add(
                table,
                vendor,
                hour * HOUR + lots.below(HOUR),
                "10.0.0.5",
                "8.8.8.8",
                443,
                30 * MIB + lots.below(20 * MIB),
            );
        }
    }
    // The attack: twelve senders within an hour, of which one stays below ten megabytes.
    for sender in 0..12_i64 {
        let (from, sent) =
            (format!("10.0.1.{}", sender + 10), if sender == 4 { 4 * MIB } else { (100 + 7 * sender) * MIB });
        add("CommonSecurityLog", "Fence", END - 4 * HOUR + sender * 60, &from, "203.0.113.9", 22, sent);
        add("CommonSecurityLog", "Fence", END - 4 * HOUR + sender * 90 + 7, &from, "198.51.100.7", 8443, sent);
    }
    // A lesser one, seen by the other table.
    add("VMConnection", "VMConnection", END - 2 * HOUR + 30, "10.0.2.1", "203.0.113.9", 443, 700 * MIB);
    // As much, but before the last two days, after the series, inside the house, or from nowhere.
    add("CommonSecurityLog", "Gate", END - 40 * HOUR, "10.0.2.2", "203.0.113.9", 443, 900 * MIB);
    add("CommonSecurityLog", "Gate", END + 5 * HOUR, "10.0.2.2", "203.0.113.9", 443, 900 * MIB);
    add("CommonSecurityLog", "Gate", END - 3 * HOUR, "10.0.2.2", "192.168.7.7", 443, 900 * MIB);
    add("CommonSecurityLog", "Gate", END - 3 * HOUR, "", "203.0.113.9", 443, 900 * MIB);
    all
}

/// The straight line of least squares through a series.
fn line(series: &[f64]) -> Vec<f64> {
    let count = series.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = series.iter().sum::<f64>() / count;
    let places = || (0..series.len()).map(|at| at as f64 - middle);
    let slope = places().zip(series).map(|(x, y)| x * (y - mean)).sum::<f64>() / places().map(|x| x * x).sum::<f64>();
    places().map(|x| mean + slope * x).collect()
}

/// The value that so much of the others lies below, between the two nearest.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let place = share * (values.len() - 1) as f64;
    let (low, part) = (place as usize, place.fract());
    values[low] + part * (values.get(low + 1).unwrap_or(&values[low]) - values[low])
}

/// What the rule says of an hour.
#[derive(Debug, PartialEq)]
struct Found {
    vendor: String,
    hour: String,
    first: String,
    last: String,
    highest: String,
    senders: Vec<String>,
    receivers: Vec<String>,
    ports: Vec<String>,
    sent: i64,
    received: i64,
    in_hour: f64,
    baseline: f64,
    score: f64,
    events: i64,
}

fn expected(transfers: &[Transfer]) -> Vec<Found> {
    let counts = |transfer: &&Transfer| !transfer.from.is_empty() && !transfer.to.starts_with("192.168.");
    let hours = usize::try_from((END - START) / HOUR).expect("some hours");
    let mut series = BTreeMap::<&str, Vec<f64>>::new();
    for transfer in transfers.iter().filter(counts).filter(|transfer| (START..END).contains(&transfer.at)) {
        let hour = usize::try_from((transfer.at - START) / HOUR).expect("within the series");
        series.entry(transfer.vendor).or_insert_with(|| vec![0.0; hours])[hour] += transfer.sent as f64;
    }
    let mut found = Vec::new();
    // The hours themselves may be anyone's.
    for (vendor, series) in series {
        // Nothing comes back in these series, so that there is no season.
        let base = line(&series);
        let rest: Vec<f64> = series.iter().zip(&base).map(|(value, base)| value - base).collect();
        let (low, high) = (quantile(&rest, 0.1), quantile(&rest, 0.9));
        for (at, rest) in rest.iter().enumerate() {
            let score = (rest - high) / (high - low) * FACTOR;
            let start = START + i64::try_from(at).expect("few") * HOUR;
            if score <= 5.0 || start <= NOW - 2 * DAY {
                continue;
            }
            let mut senders = BTreeMap::<&str, (i64, i64, i64)>::new();
            let within =
                || transfers.iter().filter(counts).filter(|t| t.vendor == vendor && t.at / HOUR == start / HOUR);
            for transfer in within() {
                let sums = senders.entry(&transfer.from).or_default();
                sums.0 += transfer.sent / 1024 / 1024;
                sums.1 += transfer.received / 1024 / 1024;
                sums.2 = sums.2.max(transfer.at);
            }
            let mut ranked: Vec<(&str, (i64, i64, i64))> =
                senders.into_iter().filter(|(_, sums)| sums.0 > 10).collect();
            ranked.sort_by_key(|(_, sums)| -sums.0);
            // All tables' senders are ranked together with those of other vendors in the same table.
            ranked.truncate(9);
            let of_senders = |wanted: fn(&Transfer) -> String| {
                let there = within().filter(|transfer| ranked.iter().any(|(from, _)| *from == transfer.from));
                there.map(wanted).collect::<BTreeSet<String>>().into_iter().collect::<Vec<_>>()
            };
            let highest = ranked.iter().map(|(from, _)| *from).max().expect("a sender").to_owned();
            let mut ports: Vec<String> = within().filter(|t| t.from == highest).map(|t| t.port.to_string()).collect();
            ports.sort();
            found.push(Found {
                vendor: vendor.to_owned(),
                hour: time(start),
                first: time(ranked.iter().map(|(_, sums)| sums.2).min().expect("a sender")),
                last: time(ranked.iter().map(|(_, sums)| sums.2).max().expect("a sender")),
                senders: of_senders(|transfer| transfer.from.clone()),
                receivers: of_senders(|transfer| transfer.to.to_owned()),
                ports,
                sent: ranked.iter().map(|(_, sums)| sums.0).sum(),
                received: ranked.iter().map(|(_, sums)| sums.1).sum(),
                in_hour: round(series[at] / 1024.0 / 1024.0),
                baseline: (base[at] as i64 / 1024 / 1024) as f64,
                score: round(score),
                events: i64::try_from(ranked.len()).expect("few"),
                highest,
            });
        }
    }
    found
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn an_hour_of_unusual_uploads_is_found_with_its_senders() {
    let transfers = transfers();
    let expected = expected(&transfers);
    let hours: Vec<(&str, &str)> = expected.iter().map(|row| (row.vendor.as_str(), row.hour.as_str())).collect();
    let by_hand = [("Fence", time(END - 4 * HOUR)), ("VMConnection", time(END - 2 * HOUR))];
    assert_eq!(hours, by_hand.each_ref().map(|(vendor, hour)| (*vendor, hour.as_str())));
    // Nine of the twelve: not the least, nor the two next to it, nor what goes on every hour.
    assert_eq!(expected[0].senders.len(), 9);

    let mut log = Vec::new();
    let mut connections = Vec::new();
    for transfer in &transfers {
        if transfer.table == "VMConnection" {
            connections.push(json!({
                "TimeGenerated": time(transfer.at), "SourceIp": transfer.from, "DestinationIp": transfer.to,
                "DestinationPort": transfer.port, "BytesSent": transfer.sent, "BytesReceived": transfer.received,
            }));
        } else {
            log.push(json!({
                "TimeGenerated": time(transfer.at), "DeviceVendor": transfer.vendor, "SourceIP": transfer.from,
                "DestinationIP": transfer.to, "DestinationPort": transfer.port, "SentBytes": transfer.sent,
                "ReceivedBytes": transfer.received,
            }));
        }
    }
    let tables = [("CommonSecurityLog", log), ("VMConnection", connections)];
    let rows = found(&seed("001-time-series-anomaly.yaml"), &tables);
    let mut rows: Vec<Found> = rows
        .iter()
        .map(|row| Found {
            vendor: text(row, "DeviceVendor").to_owned(),
            hour: text(row, "AnomalyHour").to_owned(),
            first: text(row, "StartTimeUtc").to_owned(),
            last: text(row, "EndTimeUtc").to_owned(),
            highest: text(row, "SourceIPMax").to_owned(),
            senders: set(row, "SourceIPList"),
            receivers: set(row, "DestinationIPList"),
            ports: set(row, "DestinationPortList"),
            sent: whole(row, "TotalBytesSentinMB"),
            received: whole(row, "TotalBytesReceivedinMB"),
            in_hour: number(row, "TotalBytesSentinMBperHour"),
            baseline: number(row, "baselinebytessentperHour"),
            score: number(row, "score"),
            events: whole(row, "EventCount"),
        })
        .collect();
    rows.sort_by(|a, b| a.vendor.cmp(&b.vendor));
    assert_eq!(rows, expected);
}
