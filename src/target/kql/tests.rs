//! Queries of KQL written anew: what they become, and that they mean the same.

use super::Kql;
use crate::bind::bind;
use crate::ir::Query;
use crate::ir::pass::simplify;
use crate::schema::Schemas;
use crate::target::{Fidelity, Options, RuleInfo, Target};

/// The meaning of a query.
fn meant(text: &str) -> Query {
    let parsed = crate::syntax::parse(text);
    let mut query =
        bind(&parsed.query.unwrap_or_else(|| panic!("{text}\n{:?}", parsed.diagnostics)), &Schemas::default());
    let errors: Vec<_> = query.diagnostics.iter().map(|d| d.message.clone()).collect();
    assert!(!query.has_errors(), "{text}\n{errors:#?}");
    let query = query.query.as_mut().expect("a query");
    simplify(query);
    query.clone()
}

/// The plan as text, its columns numbered in the order in which they come.
fn plan(text: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let number = regex::Regex::new(r"#\d+").expect("a pattern");
    number
        .replace_all(&meant(text).to_string(), |found: &regex::Captures<'_>| {
            let at = seen.iter().position(|id| *id == found[0]).unwrap_or_else(|| {
                seen.push(found[0].to_owned());
                seen.len() - 1
            });
            format!("#{at}")
        })
        .into_owned()
}

/// A query written anew.
fn anew(text: &str) -> String {
    let conversion = Kql.convert(&meant(text), &RuleInfo::default(), &Options::default()).expect("data");
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{text}\n{:?}", conversion.losses);
    conversion.output.expect("a query")
}

/// What means the same, and is written as it stands when it is written again.
fn same(text: &str) {
    let first = anew(text);
    assert_eq!(plan(text), plan(&first), "{text}\n---\n{first}");
    assert_eq!(first, anew(&first), "{text}");
}

#[test]
fn operators_mean_what_they_meant() {
    for text in [
        "SecurityEvent | where EventID == 4688 and not(Account has 'x' or Account in~ ('a', 'b')) | take 5",
        "SecurityEvent | where TimeGenerated > ago(1d) and TimeGenerated <= now() | where Account !contains @'a\\b'",
        "SecurityEvent | where TimeGenerated between (datetime(2024-01-02) .. datetime(2024-01-03T04:05:06.7))",
        "SecurityEvent | extend x = (EventID + 1) * 2 - -3, y = -EventID, z = 7 - (2 - EventID) | project x, y, z",
        "SecurityEvent | project Account, a = strcat(Computer, \"q\\\"uote\") | project-away Account",
        "SecurityEvent | project-rename Who = Account | project-reorder Computer, Who | project-away Level*",
        "SecurityEvent | summarize count(), dcount(Account), x = count() + 1 by Computer, bin(TimeGenerated, 1h)",
        "SecurityEvent | summarize arg_max(TimeGenerated, *) by Computer",
        "SecurityEvent | summarize (a, b) = arg_min(TimeGenerated, Account) by Computer",
        "SecurityEvent | summarize percentiles(EventID, 5, 95), take_any(Account) by Computer",
        "SecurityEvent | distinct Account, Computer | top 3 by Account asc | sort by Computer desc nulls first",
        "SigninLogs | where tostring(LocationDetails.city) == 'x' or LocationDetails['a b'][0] == 1",
        "SigninLogs | mv-expand d = todynamic(ConditionalAccessPolicies) to typeof(string) limit 9",
        "SigninLogs | extend s = dynamic([1, 2]) | mv-apply s to typeof(long) on (summarize t = sum(s))",
        "SigninLogs | join kind=leftouter (SecurityEvent | project Account, N = EventID) on $left.Identity == $right.Account",
        "SigninLogs | lookup (SecurityEvent | project Identity = Account, Level) on Identity",
        "union withsource=From SigninLogs, (SecurityEvent | where EventID == 1) | where From == 'x'",
        "let a = materialize(SigninLogs | where ResultType == '0'); a | join kind=inner a on UserPrincipalName",
        "SecurityEvent | parse kind=regex Account with 'a' x:long 'b' y | parse-where Computer with * '.' z",
        "SecurityEvent | make-series n = count() default=0 on TimeGenerated from ago(7d) to now() step 1h by Computer",
        "datatable(a:string, b:dynamic, c:timespan) ['x', dynamic({\"k\": [1, 2.5, null]}), 1.5h]",
        "print a = 1, b = 'x', c = guid(74be27de-1e4e-49d9-b579-fe0b331d3642), d = real(nan)",
        "range x from 1 to 10 step 2 | extend ['where'] = x | where ['where'] > 3",
        "SecurityEvent | where Account in ((SigninLogs | project UserPrincipalName))",
        "SecurityEvent | where EventID == toscalar(SecurityEvent | summarize max(EventID))",
        "SecurityEvent | extend p = pack_all() | extend q = bag_pack_columns(Account, Computer), r = case(EventID == 1, 'a', EventID == 2, 'b', 'c')",
        "SecurityEvent | sort by TimeGenerated asc | extend before = prev(EventID) | serialize | extend bag = todynamic(Account) | evaluate bag_unpack(bag)",
        "_GetWatchlist('vip') | where SearchKey has_any ('a', 'b') | project SearchKey",
        "search in (SecurityEvent, SigninLogs) 'evil*' | where $table == 'x'",
        "externaldata(a:string) [@'https://example.org/x.csv'] with (format='csv')",
        "SecurityEvent | top-nested 2 of Account by n = count(), top-nested 1 of Computer by m = max(EventID) asc",
        "SecurityEvent | partition by Account (top 2 by TimeGenerated)",
        "SecurityEvent | extend (a, b) = series_fit_line(dynamic([1, 2])), x = extract('a', 0, Account, typeof(long))",
        "AzureDiagnostics | project-rename b = a_s | where b == 1 and c_s has 'x' | project-away d*",
    ] {
        same(text);
    }
}

#[test]
fn what_has_no_text_is_refused_by_name() {
    let query = meant(
        "SecurityEvent | make-graph Account --> Computer with SecurityEvent on Account | graph-match (a)-[b]->(c) project a.Account",
    );
    let conversion = Kql.convert(&query, &RuleInfo::default(), &Options::default()).expect("data");
    assert_eq!(conversion.fidelity, Fidelity::Refused);
    assert!(conversion.losses[0].message.contains("`make-graph`"), "{:?}", conversion.losses);
}

#[test]
fn a_query_is_laid_out_one_operator_a_line() {
    let text = "let x = 2; SecurityEvent | where EventID == x and Account endswith 'a\\\\b' | project Account, bin(TimeGenerated, 1d)";
    assert_eq!(
        anew(text),
        "SecurityEvent\n| where EventID == 2 and Account endswith @\"a\\b\"\n| project Account, TimeGenerated = bin(TimeGenerated, 1d)"
    );
}
