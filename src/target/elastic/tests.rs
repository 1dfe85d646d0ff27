//! What translations to ES|QL and EQL have in common.

use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::{Dialect, Schemas};
use crate::target::eql::Eql;
use crate::target::esql::Esql;
use crate::target::{Conversion, Options, RuleInfo, Target};

fn converted(target: &dyn Target, text: &str) -> Conversion {
    let parsed = crate::syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let mut query = bind(&parsed.query.unwrap(), &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
    simplify(&mut query);
    target.convert(&query, &RuleInfo::default(), &Options::default()).unwrap()
}

/// The condition, without what tells the table.
fn esql(text: &str) -> String {
    let conversion = converted(&Esql, text);
    let output = conversion.output.unwrap_or_else(|| panic!("{text} is refused: {:?}", conversion.losses));
    let (_, condition) = output.rsplit_once("| WHERE ").unwrap_or_default();
    let lines: Vec<&str> = condition.lines().take_while(|line| !line.starts_with('|')).map(str::trim).collect();
    lines.join(" ")
}

fn eql(text: &str) -> String {
    let conversion = converted(&Eql, text);
    let output = conversion.output.unwrap_or_else(|| panic!("{text} is refused: {:?}", conversion.losses));
    output.lines().last().unwrap_or_default().trim().trim_start_matches("any where ").to_owned()
}

#[test]
fn an_address_of_ipv6_is_in_no_range_of_ipv4_nor_out_of_it() {
    let all = |inner: &str| format!(r#"CIDR_MATCH(TO_IP(TO_STRING(destination.ip)), "0.0.0.0/0") AND NOT {inner}"#);
    let one = r#"CIDR_MATCH(TO_IP(TO_STRING(destination.ip)), "10.1.0.0/16")"#;
    for range in
        ["ipv4_is_in_range(DestinationIP, '10.1.0.0/16')", "ipv4_is_in_any_range(DestinationIP, '10.1.0.0/16')"]
    {
        let query = format!("CommonSecurityLog | where not({range})");
        assert_eq!(esql(&query), all(one), "{range}");
        let guard = r#"cidrMatch(destination.ip, "0.0.0.0/0") and not cidrMatch(destination.ip, "10.1.0.0/16")"#;
        assert_eq!(eql(&query).replace(['(', ')'], ""), guard.replace(['(', ')'], ""), "{range}");
    }
    assert!(esql("CommonSecurityLog | where ipv4_is_private(DestinationIP) == false").contains(r#""0.0.0.0/0")"#));
    let value = converted(&Esql, "CommonSecurityLog | extend inside = ipv4_is_in_range(DestinationIP, '10.1.0.0/16')");
    assert!(value.output.unwrap().contains(&format!("CASE({one}, true, {}, false)", all(one))));
    assert!(
        !esql("CommonSecurityLog | where not(ipv6_is_in_range(DestinationIP, '10.1.0.0/16'))").contains("0.0.0.0/0")
    );
    // Without the length of its prefix Elasticsearch takes no network.
    let single = "CommonSecurityLog | where ipv4_is_in_range(DestinationIP, '10.1.2.3')";
    assert!(esql(single).ends_with(r#""10.1.2.3/32")"#) && eql(single).ends_with(r#""10.1.2.3/32")"#));
}

#[test]
fn a_sum_of_nothing_is_no_null() {
    let query = "CommonSecurityLog | summarize bytes = sumif(DestinationPort, SourcePort > 3) by DeviceVendor";
    let text = converted(&Esql, query).output.unwrap();
    assert!(text.contains("COALESCE(SUM(destination.port), 0) WHERE source.port > 3"), "{text}");
}
