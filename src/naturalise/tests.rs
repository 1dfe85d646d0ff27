//! Rules of other languages in KQL: what they become, what differs, and what is refused.

use super::{Options, naturalise};
use crate::bind::bind;
use crate::diagnostic::Severity;
use crate::ir::pass::simplify;
use crate::read::{self, Language, Macro};
use crate::schema::Schemas;
use crate::source::SourceFile;
use crate::target::{Fields, Loss, RuleInfo, registry};

/// A rule in KQL, which is read and bound again; or why it is refused.
fn said(language: Language, text: &str, table: Option<&str>, fields: Fields) -> Result<(String, Vec<Loss>), Vec<Loss>> {
    let sysmon = Macro {
        name: "azure_monitor_aad".to_owned(),
        arguments: Vec::new(),
        definition: "sourcetype=azure:monitor:aad".to_owned(),
    };
    let reading = read::Options { macros: [sysmon].into_iter().collect() };
    let read = read::read(language, &SourceFile::from_text("rule", text), &reading).remove(0);
    let query = read.query.unwrap_or_else(|| panic!("{text}\n{:?}", read.diagnostics));
    let schemas = Schemas::default();
    let options = Options { schemas: &schemas, fields, table, language, reading: &reading };
    let mut natural = naturalise(&query, &options).expect("data")?;
    simplify(&mut natural.query);
    let conversion =
        registry::OWN.convert(&natural.query, &RuleInfo::default(), &crate::target::Options::default()).expect("data");
    let Some(output) = conversion.output else { return Err(conversion.losses) };
    let parsed = crate::syntax::parse(&output);
    let bound = bind(&parsed.query.unwrap_or_else(|| panic!("{output}\n{:?}", parsed.diagnostics)), &schemas);
    let wrong = bound.diagnostics.iter().find(|d| d.severity == Severity::Error && d.code.id != "K2002");
    assert!(table.is_some() || wrong.is_none(), "{output}\n{wrong:?}");
    Ok((output.lines().skip(1).collect::<Vec<_>>().join("\n"), natural.losses))
}

/// A rule of Sigma over processes, in KQL, without the table.
fn process(detection: &str) -> String {
    let indented = format!("    {}\n", detection.replace('\n', "\n    "));
    let text =
        format!("title: T\nlogsource:\n    category: process_creation\n    product: windows\ndetection:\n{indented}");
    let (output, losses) =
        said(Language::Sigma, &text, None, Fields::Siem).unwrap_or_else(|losses| panic!("{text}\n{losses:?}"));
    assert!(losses.is_empty(), "{text}\n{losses:?}");
    output.trim_start_matches("| where ").to_owned()
}

fn item(item: &str) -> String {
    process(&format!("s:\n    {item}\ncondition: s"))
}

#[test]
fn tests_of_sigma_become_those_of_columns() {
    for (text, kql) in [
        (r"Image|endswith: '\x.exe'", r#"FolderPath endswith @"\x.exe""#),
        ("CommandLine|contains: [a, b]", r#"ProcessCommandLine contains "a" or ProcessCommandLine contains "b""#),
        ("CommandLine|contains|all: [a, b]", r#"ProcessCommandLine contains "a" and ProcessCommandLine contains "b""#),
        ("OriginalFileName: [A.exe, b.exe]", r#"ProcessVersionInfoOriginalFileName in~ ("A.exe", "b.exe")"#),
        ("CommandLine: ''", "isempty(ProcessCommandLine)"),
        ("CommandLine: null", "isempty(ProcessCommandLine)"),
        ("CommandLine: '*'", "isnotempty(ProcessCommandLine)"),
        ("CommandLine: 'a?b*'", r#"ProcessCommandLine matches regex "(?is)^a.b""#),
        (r"CommandLine|re: 'a\d+'", r#"ProcessCommandLine matches regex @"a\d+""#),
        ("ProcessId: 4", "ProcessId == 4"),
        ("ProcessId: '4'", "ProcessId == 4"),
        ("ProcessId|gt: 4", "ProcessId > 4"),
        ("md5|cased: A", r#"MD5 == "A""#),
        (
            "CommandLine|fieldref: ParentCommandLine",
            "isnotempty(InitiatingProcessCommandLine) and ProcessCommandLine =~ InitiatingProcessCommandLine",
        ),
    ] {
        assert_eq!(item(text), kql, "{text}");
    }
}

#[test]
fn what_is_missing_passes_where_sigma_lets_it() {
    for (text, kql) in [
        ("CommandLine|contains: a", r#"ProcessCommandLine !contains "a""#),
        // A comparison of numbers is null for a missing one, and null passes for false.
        ("ProcessId|gt: 4", "not(isnotnull(ProcessId) and ProcessId > 4)"),
        ("ProcessId: 4", "ProcessId != 4"),
    ] {
        assert_eq!(process(&format!("s:\n    {text}\ncondition: not s")), kql, "{text}");
    }
}

fn refusal(language: Language, text: &str) -> String {
    match said(language, text, None, Fields::Siem) {
        Ok((output, _)) => panic!("{text} is said: {output}"),
        Err(losses) => losses[0].message.clone(),
    }
}

#[test]
fn what_has_no_place_is_refused_by_name() {
    let rule = |source: &str, item: &str| {
        format!("title: T\nlogsource:\n    {source}\ndetection:\n    s:\n        {item}\n    condition: s\n")
    };
    assert!(refusal(Language::Sigma, &rule("category: ps_script", "a: b")).contains("category `ps_script`"));
    assert!(
        refusal(Language::Sigma, &rule("category: process_creation", "Hashes: b"))
            .starts_with("`Hashes` has no counterpart")
    );
    assert!(
        refusal(Language::Sigma, &rule("category: process_creation", "User: b")).contains("a part of `User` alone")
    );
    assert!(
        refusal(Language::Sigma, &rule("category: process_creation", "CommandLine|re: 'a(?=b)'"))
            .contains("look-around")
    );
    assert!(refusal(Language::Splunk, "index=x a=b").contains("`--table`"));
}

#[test]
fn a_table_that_is_named_holds_the_fields_under_their_own_names() {
    let rule = "title: T\nlogsource:\n    category: ps_script\ndetection:\n    s:\n        ScriptBlockText|contains: x\n    condition: s\n";
    let (output, losses) = said(Language::Sigma, rule, Some("Script_CL"), Fields::Native).expect("a query");
    assert_eq!((output.as_str(), losses.len()), (r#"| where tostring(ScriptBlockText) contains "x""#, 0));
}

#[test]
fn searches_of_splunk_become_queries_of_the_table_they_read() {
    let search = "`azure_monitor_aad` category=SignInLogs resultType=50053 location!=\"GB\" | stats count dc(location) as n by callerIpAddress | where n > 3";
    let (output, _) = said(Language::Splunk, search, None, Fields::Siem).expect("a query");
    assert_eq!(
        output,
        "| where ResultType =~ \"50053\" and isnotempty(Location) and Location !~ \"GB\"\n\
         | where isnotempty(IPAddress)\n\
         | summarize count = count(), n = count_distinctif(Location, isnotempty(Location)) by IPAddress\n\
         | where n > 3"
    );
    let search = "| tstats count min(_time) as first from datamodel=Endpoint.Processes where Processes.process=\"*x*\" by Processes.dest | rename \"Processes.*\" as \"*\" | convert timeformat=\"%Y-%m-%dT%H:%M:%S\" ctime(first)";
    let (output, _) = said(Language::Splunk, search, None, Fields::Siem).expect("a query");
    assert!(output.contains("ProcessCommandLine contains \"x\"") && output.contains("format_datetime"), "{output}");
}

#[test]
fn queries_of_esql_become_queries_of_the_table_they_read() {
    let query = "FROM logs-m365_defender.event-*\n\
        | WHERE m365_defender.event.category == \"AdvancedHunting-DeviceProcessEvents\"\n\
        | WHERE process.name == \"a.exe\" AND TO_LOWER(process.command_line) LIKE \"*x*\"\n\
        | EVAL start = @timestamp - 5 minutes, size = LENGTH(process.name) + 1\n\
        | STATS n = COUNT(*) BY process.name, size, bin = DATE_TRUNC(5 minutes, start)\n\
        | WHERE n > 3";
    let (output, losses) = said(Language::Esql, query, None, Fields::Siem).expect("a query");
    assert_eq!(
        output,
        "| where FileName == \"a.exe\" and tolower(ProcessCommandLine) contains_cs \"x\"\n\
         | extend start = TimeGenerated - 5m\n\
         | extend size = iff(isempty(FileName), tolong(\"\"), strlen(FileName)) + 1\n\
         | summarize n = count() by FileName, size, bin = bin(start, 5m)\n\
         | where n > 3\n\
         | take 1000"
    );
    assert!(losses.is_empty(), "{losses:?}");
}

#[test]
fn what_is_missing_has_no_length() {
    let search = "`azure_monitor_aad` category=SignInLogs | where len(location) < 3";
    let (output, _) = said(Language::Splunk, search, None, Fields::Siem).expect("a query");
    assert_eq!(output, "| where iff(isempty(Location), tolong(\"\"), strlen(Location)) < 3");
}

#[test]
fn what_esql_computes_otherwise_is_refused() {
    for (text, why) in [
        ("EVAL a = DATE_TRUNC(7 days, @timestamp)", "do not divide a day"),
        ("EVAL a = TO_STRING(@timestamp)", "is written otherwise"),
        ("EVAL a = process.name - 1", "is not what KQL gives"),
    ] {
        let query = format!("FROM a | {text}");
        let losses = said(Language::Esql, &query, Some("DeviceProcessEvents"), Fields::Siem).expect_err("a refusal");
        assert!(losses.iter().any(|loss| loss.message.contains(why)), "{text}: {losses:?}");
    }
}

#[test]
fn an_index_under_the_name_of_a_table_holds_its_columns() {
    let query = "FROM logs-sentinel.securityevent-* | WHERE Account == \"a\" AND EventID == 4625 | KEEP Account";
    let (output, losses) = said(Language::Esql, query, None, Fields::Siem).expect("a query");
    assert!(output.contains("| where Account == \"a\" and EventID == 4625"), "{output}");
    assert!(losses.is_empty(), "{losses:?}");
}
