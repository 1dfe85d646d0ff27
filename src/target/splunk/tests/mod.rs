//! From KQL to SPL, construct by construct.

mod proofs;
mod stated;

use super::Splunk;
use crate::bind::bind;
use crate::ir::pass::simplify;
use crate::schema::Schemas;
use crate::target::{Conversion, Fidelity, Fields, LossKind, Options, Prefer, RuleInfo, Target as _};

fn converted(text: &str, options: Options) -> Conversion {
    let parsed = crate::syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let mut query = bind(&parsed.query.unwrap(), &Schemas::default()).query.unwrap();
    simplify(&mut query);
    Splunk.convert(&query, &RuleInfo::default(), &options).unwrap()
}

const NATIVE: Options = Options { fields: Fields::Native, prefer: Prefer::Exact };

fn native(text: &str) -> Conversion {
    converted(text, NATIVE)
}

/// The search without its first line, which only says where the events are.
fn behind_head(text: &str) -> String {
    let output = native(text).output.unwrap_or_else(|| panic!("{text} is refused: {:?}", native(text).losses));
    output.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
}

/// The condition that a predicate over `SecurityEvent` becomes behind the first line.
fn condition(predicate: &str) -> String {
    let text = behind_head(&format!("SecurityEvent | where {predicate}"));
    text.strip_prefix("| where ").unwrap_or(&text).to_owned()
}

/// What a predicate adds to the first line.
fn pushed(predicate: &str) -> String {
    let output = native(&format!("SecurityEvent | where {predicate}")).output.unwrap();
    let first = output.lines().next().unwrap();
    first.trim_start_matches("`sentinel` Type=\"SecurityEvent\"").trim().to_owned()
}

#[test]
fn comparisons_keep_the_null_rules() {
    for (kql, spl) in [
        (r#"Account == "x""#, r#"Account="x""#),
        (r#"Account != "x""#, r#"isnull(Account) OR Account!="x""#),
        (r#"Account == """#, r#"isnull(Account) OR Account="""#),
        (r#"Account != """#, r#"Account!="""#),
        ("LogonType > 2.5", "LogonType>2.5"),
        ("not(LogonType > 2.5)", "LogonType<=2.5"),
        ("LogonType != 2.5", "isnull(LogonType) OR LogonType!=2.5"),
        ("not(LogonType between (1 .. 3))", "LogonType<1 OR LogonType>3"),
        ("isempty(Account)", r#"isnull(Account) OR Account="""#),
        ("not(isempty(Account))", r#"Account!="""#),
        (r"Account == Computer", r#"coalesce(Account, "")=coalesce(Computer, "")"#),
        (r#"Account in ("a", "")"#, r#"isnull(Account) OR Account="" OR Account="a""#),
        (r#"Account !in ("a", "b")"#, r#"isnull(Account) OR NOT in(Account, "a", "b")"#),
    ] {
        assert_eq!(condition(kql), spl, "{kql}");
    }
}

#[test]
fn string_operators_keep_case_and_terms() {
    for (kql, spl) in [
        (r#"Account has "svc""#, r#"match(Account, "(?i)(?<![\pL\pN])svc(?![\pL\pN])")"#),
        (r#"Account has_cs "svc""#, r#"match(Account, "(?<![\pL\pN])svc(?![\pL\pN])")"#),
        (r#"Account !has "a b""#, r#"isnull(Account) OR NOT match(Account, "(?i)(?<![\pL\pN])a b(?![\pL\pN])")"#),
        (r#"Account hasprefix "ab""#, r#"match(Account, "(?i)(?<![\pL\pN])ab")"#),
        (r#"Account contains_cs "Ab""#, r#"like(Account, "%Ab%")"#),
        (r#"Account startswith_cs "Ab""#, r#"like(Account, "Ab%")"#),
        (r#"Account endswith_cs "a%""#, r#"match(Account, "a%\z")"#),
        (
            r#"Account has_all ("a", "b")"#,
            r#"match(Account, "(?i)(?<![\pL\pN])a(?![\pL\pN])") AND match(Account, "(?i)(?<![\pL\pN])b(?![\pL\pN])")"#,
        ),
        (r#"Account matches regex @"^a\d+$""#, r#"match(Account, "^a\d+\z")"#),
        (
            r#"not(Account has "a" or Account has "b")"#,
            "(isnull(Account) OR NOT match(Account, \"(?i)(?<![\\pL\\pN])a(?![\\pL\\pN])\"))\n    AND (isnull(Account) OR NOT match(Account, \"(?i)(?<![\\pL\\pN])b(?![\\pL\\pN])\"))",
        ),
    ] {
        assert_eq!(condition(kql), spl, "{kql}");
    }
}

#[test]
fn what_the_search_language_says_exactly_stands_in_the_first_line_alone() {
    for (kql, spl) in [
        (r#"Account =~ "x""#, r#"Account="x""#),
        (r#"Account !~ "x""#, r#"NOT Account="x""#),
        (r#"Account in~ ("x", "y")"#, r#"Account IN ("x", "y")"#),
        (r#"Account contains "x""#, r#"Account="*x*""#),
        (r#"Account startswith @"C:\a""#, r#"Account="C:\\a*""#),
        ("EventID == 4625", "EventID=4625"),
        ("EventID in (1, 2)", "EventID IN (1, 2)"),
        (r#"Account =~ "x" or Computer endswith "y""#, r#"(Account="x" OR Computer="*y")"#),
        ("TimeGenerated > ago(1d)", "earliest=-24h"),
        ("TimeGenerated between (ago(2h) .. ago(30m))", "earliest=-2h latest=-30m"),
    ] {
        assert_eq!(pushed(kql), spl, "{kql}");
        assert_eq!(condition(kql), "", "{kql}");
    }
}

#[test]
fn what_the_search_language_cannot_say_exactly_is_only_implied_there() {
    for (kql, spl) in [(r#"Account == "x""#, r#"Account="x""#), (r#"Account has "svc""#, r#"Account="*svc*""#)] {
        assert_eq!(pushed(kql), spl, "{kql}");
        assert!(condition(kql).contains("Account"), "{kql}");
    }
    // A literal `*` has no escape there.
    for kql in [r#"Account =~ "a*b""#, r#"Account contains "*""#, "Account contains \"a\\nb\""] {
        assert_eq!(pushed(kql), "", "{kql}");
        assert!(!condition(kql).is_empty(), "{kql}");
    }
}

#[test]
fn or_and_and_of_the_search_language_are_parenthesised() {
    let output = native(r#"union SecurityEvent, Event | where Computer =~ "a""#).output.unwrap();
    let first = output.lines().next().unwrap();
    assert_eq!(first, r#"((`sentinel` Type="SecurityEvent") OR (`sentinel` Type="Event")) Computer="a""#);
}

#[test]
fn assignments_see_the_input_alone() {
    let text = behind_head(
        r#"SecurityEvent | extend Account = tolower(Account), Both = strcat(Account, "/", Computer) | project Account, Both"#,
    );
    let both = text.find("Both=").unwrap();
    assert!(both < text.find("Account=lower(Account)").unwrap(), "{text}");
    // Exchanged columns need a field to wait in.
    let text = behind_head(
        "SecurityEvent | extend Account = toupper(Computer), Computer = tolower(Account) | project Account, Computer",
    );
    assert!(text.contains("upper(Computer)") && text.contains("lower(Account)"), "{text}");
    assert_ne!(text.matches("| eval Account=upper(Computer), Computer=lower(Account)").count(), 1, "{text}");
}

#[test]
fn groups_without_a_key_stay() {
    assert_eq!(
        behind_head(
            "SecurityEvent | summarize n = count(), c = dcount(Account), s = sum(LogonType) by Computer, bin(TimeGenerated, 1h)"
        ),
        "| eval _time=floor(_time/3600)*3600\n| fillnull value=\"\" Computer Account\n\
         | stats count AS n dc(Account) AS c sum(LogonType) AS s BY Computer _time\n| fillnull value=0 s\n\
         | table Computer, _time, n, c, s"
    );
    // A number that is missing becomes null again.
    let text = behind_head("SecurityEvent | summarize count() by EventID");
    assert!(text.contains("| eval EventID=nullif(EventID, \"\")"), "{text}");
    // What a filter keeps from being empty needs nothing.
    let text = behind_head("SecurityEvent | where isnotempty(Computer) | summarize count() by Computer");
    assert!(!text.contains("fillnull"), "{text}");
}

#[test]
fn bins_count_from_year_one() {
    let bin = |size: &str| behind_head(&format!("SecurityEvent | summarize count() by bin(TimeGenerated, {size})"));
    assert!(bin("1d").starts_with("| eval _time=floor(_time/86400)*86400\n"));
    assert!(bin("7d").starts_with("| eval _time=floor((_time+62135596800)/604800)*604800-62135596800\n"));
}

#[test]
fn the_greatest_of_a_group_is_a_whole_row() {
    let text = behind_head("SecurityEvent | summarize n = count(), arg_max(TimeGenerated, Account) by Computer");
    assert_eq!(
        text,
        "| fillnull value=\"\" Computer\n| eventstats count AS n BY Computer\n| sort 0 -_time\n| dedup Computer\n\
         | table Computer, n, _time, Account"
    );
}

#[test]
fn semi_and_anti_joins_have_no_cap_where_both_sides_stream() {
    let conversion = native(
        "SecurityEvent | where EventID == 1 | join kind=leftanti (SecurityEvent | where EventID == 2 | distinct Computer) on Computer | summarize count() by Computer",
    );
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
    let output = conversion.output.unwrap();
    for part in ["| multisearch", "eventstats count(eval(side=\"other\")) AS partners BY Computer", "partners=0"] {
        assert!(output.contains(part), "{output}");
    }
    // A grouping in between does not matter: its keys are those of the join.
    let conversion = native(
        "SecurityEvent | summarize count() by Computer | join kind=leftsemi (SecurityEvent | where EventID == 2) on Computer",
    );
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
}

#[test]
fn what_does_not_stream_shares_a_stream_and_leaves_the_other_rows_alone() {
    let text = "SecurityEvent | summarize a = count() by Computer | join kind=inner (Event | summarize b = count() by Computer) on Computer | where a > b";
    let conversion = native(text);
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
    let output = conversion.output.unwrap();
    for part in [
        "| eventstats count AS a BY side Computer\n| streamstats count AS nth BY side Computer\n| where side!=\"this\" OR nth=1",
        "| eventstats count AS other_b BY side other_Computer\n",
        "| where side!=\"other\" OR nth2=1",
        "| eval Computer=if(side=\"other\", other_Computer, Computer)",
    ] {
        assert!(output.contains(part), "{part} is not in {output}");
    }
}

#[test]
fn a_key_that_another_join_gave_leaves_that_of_the_other_side_alone() {
    let text = "SecurityEvent | join kind=inner (Event | project Computer, Source) on Computer \
        | join kind=inner (Syslog | project Source = Facility, HostName) on Source | project Computer, HostName";
    let output = native(text).output.unwrap();
    assert!(output.contains("Source_key=if(side2=\"this\", json_extract(pair, \"Source\"), Source_key)"), "{output}");
}

#[test]
fn instants_are_joined_as_the_numbers_they_are() {
    let text = "SecurityEvent | join kind=inner (Event | project Computer, At = TimeGenerated) on Computer | where At > TimeGenerated";
    let output = native(text).output.unwrap();
    assert!(output.contains("json_object(\"TimeGenerated\", _time)"), "{output}");
    assert!(output.contains("tonumber(json_extract(pair, \"TimeGenerated\"))>_time"), "{output}");
}

#[test]
fn the_join_command_states_its_cap() {
    let text = "SecurityEvent | summarize a = count() by Computer | join kind=inner (Event | summarize b = count() by Computer) on Computer | where a > b";
    let conversion = converted(text, Options { prefer: Prefer::Idiomatic, ..NATIVE });
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert_eq!(conversion.losses.iter().map(|l| l.kind).collect::<Vec<_>>(), [LossKind::RowCap]);
    let output = conversion.output.unwrap();
    assert!(output.contains("| join type=inner max=0 Computer\n    [ search `sentinel` Type=\"Event\""), "{output}");
}

#[test]
fn a_count_of_nothing_is_zero_on_every_row() {
    let text = "let n = toscalar(Event | where Computer == 'x' | summarize count()); SecurityEvent | where EventID > n";
    let conversion = native(text);
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
    let output = conversion.output.unwrap();
    assert!(output.contains("| eventstats first(scalar) AS scalar\n| fillnull value=0 scalar"), "{output}");
    // What is computed of a count is something else where there is nothing to count.
    let conversion = native(&text.replace("summarize count()", "summarize n = count() | project n + 1"));
    assert_eq!(conversion.losses.iter().map(|l| l.kind).collect::<Vec<_>>(), [LossKind::RowCap]);
}

#[test]
fn branches_of_a_union_show_what_they_have_and_nothing_else() {
    let conversion = native(
        "union (SecurityEvent | project TimeGenerated, Who = Account), (Event | project TimeGenerated, Who = UserName, EventLevelName) | where Who has \"x\"",
    );
    assert_eq!(conversion.fidelity, Fidelity::Exact, "{:?}", conversion.losses);
    let output = conversion.output.unwrap();
    assert!(output.contains("| rename Account AS Who\n      | fields _time, Who ]"), "{output}");
    assert!(output.contains("| fields _time, EventLevelName, Who ]"), "{output}");
}

#[test]
fn patterns_become_rex_stages() {
    let text = behind_head(
        r#"Syslog | parse SyslogMessage with "id=" Id:long " user=" User " " * | where Id > 5 | extend Host = extract(@"@(\S+)", 1, User) | project User, Host"#,
    );
    assert!(text.starts_with(r#"| rex field=SyslogMessage "(?s)^id=(?<Id>[+-]?\d+) user=(?<User>.*?) ""#), "{text}");
    assert!(text.contains(r#"| rex field=User "@(?<Host>\S+)""#), "{text}");
}

#[test]
fn paths_are_read_from_the_event() {
    let text = behind_head(
        r#"SigninLogs | where DeviceDetail.browser has "x" and tostring(parse_json(tostring(MfaDetail))["auth.method"]) == "y""#,
    );
    assert!(text.contains(r#"json_extract(_raw, "DeviceDetail.browser")"#), "{text}");
    assert!(text.contains(r#"json_extract_exact(json_extract(_raw, "MfaDetail"), "auth.method")="y""#), "{text}");
}

#[test]
fn what_is_merely_shown_may_stay_empty_and_what_decides_is_refused() {
    let shown = native("SecurityEvent | project Computer, R = rand()");
    assert_eq!((shown.fidelity, shown.losses[0].kind), (Fidelity::Events, LossKind::Null));
    let query = "SecurityEvent | where rand() > 0.5";
    let refused = native(query);
    assert_eq!((refused.fidelity, refused.losses[0].kind), (Fidelity::Refused, LossKind::UnsupportedFunction));
    assert_eq!(refused.losses[0].span.of(query), "rand()");
    assert_eq!(refused.output, None);
}

#[test]
fn every_refusal_points_at_words() {
    for query in [
        "SecurityEvent | make-series count() on TimeGenerated step 1h",
        "SecurityEvent | evaluate autocluster()",
        "SecurityEvent | where unicode_codepoints_from_string(Account)[0] == 1",
        "SecurityEvent | join kind=fullouter (Event) on Computer",
        "SecurityEvent | top-nested 3 of Computer by count()",
    ] {
        let conversion = native(query);
        assert_eq!(conversion.fidelity, Fidelity::Refused, "{query}");
        let loss = conversion.losses.iter().find(|loss| loss.kind.refuses()).unwrap();
        assert!(!loss.span.of(query).is_empty() && loss.message.len() > 20, "{query}: {loss:?}");
    }
}

#[test]
fn names_that_nothing_knows_are_written_and_told() {
    let query = "NoSuchTable | where NoSuchColumn has \"x\"";
    let conversion = native(query);
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert!(conversion.losses.iter().all(|loss| loss.kind == LossKind::UnresolvedName), "{:?}", conversion.losses);
    assert!(conversion.output.unwrap().contains("NoSuchColumn"));
}

#[test]
fn fields_follow_the_convention_and_guesses_are_told() {
    let siem = |text| converted(text, Options::default());
    let exact = siem(r#"DeviceProcessEvents | where FileName =~ "x.exe" | project TimeGenerated, ProcessCommandLine"#);
    assert_eq!(exact.fidelity, Fidelity::Exact, "{:?}", exact.losses);
    let output = exact.output.unwrap();
    assert!(output.contains("process_name=\"x.exe\"") && output.contains("| table _time, process"), "{output}");
    let guess = siem(r#"DeviceNetworkEvents | where RemoteUrl has "x.example""#);
    assert_eq!((guess.fidelity, guess.losses[0].kind), (Fidelity::Approximate, LossKind::UnmappedField));
    let unmapped = siem(r#"DeviceProcessEvents | where AdditionalFields has "x""#);
    assert_eq!((unmapped.fidelity, unmapped.losses[0].kind), (Fidelity::Approximate, LossKind::UnmappedField));
}

#[test]
fn the_looser_form_is_told() {
    let options = Options { fields: Fields::Native, prefer: Prefer::Idiomatic };
    let conversion = converted(r#"SecurityEvent | where Account == "Admin""#, options);
    assert_eq!((conversion.fidelity, conversion.losses[0].kind), (Fidelity::Approximate, LossKind::Case));
    assert_eq!(conversion.output.as_deref(), Some("`sentinel` Type=\"SecurityEvent\" Account=\"Admin\""));
}

#[test]
fn what_falls_short_is_refused_on_request() {
    let query = "NoSuchTable | take 1";
    assert_eq!(native(query).at_least(Fidelity::Approximate).fidelity, Fidelity::Approximate);
    let refused = native(query).at_least(Fidelity::Exact);
    assert_eq!((refused.fidelity, refused.losses[0].kind), (Fidelity::Refused, LossKind::MinFidelity));
    assert_eq!(refused.output, None);
}

/// A small reader of SPL's surface: it finds the ends of strings, and that brackets outside them match.
mod surface {
    /// The strings of a search, as written between their quotes; an error where a quote or bracket is left open.
    pub(super) fn strings(text: &str) -> Result<Vec<String>, String> {
        let mut strings = Vec::new();
        let mut open = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' | '\'' => {
                    let mut inside = String::new();
                    loop {
                        match chars.next() {
                            None => return Err(format!("a string is not closed: {inside}")),
                            Some('\\') => {
                                inside.push('\\');
                                inside.extend(chars.next());
                            }
                            Some(end) if end == c => break,
                            Some(other) => inside.push(other),
                        }
                    }
                    if c == '"' {
                        strings.push(inside);
                    }
                }
                '(' | '[' => open.push(c),
                ')' | ']' => {
                    let wanted = if c == ')' { '(' } else { '[' };
                    if open.pop() != Some(wanted) {
                        return Err(format!("`{c}` closes nothing"));
                    }
                }
                _ => {}
            }
        }
        if open.is_empty() { Ok(strings) } else { Err(format!("{open:?} left open")) }
    }

    /// What a string of `eval` means.
    pub(super) fn unescaped(text: &str) -> String {
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c == '\\' { out.extend(chars.next()) } else { out.push(c) }
        }
        out
    }
}

#[test]
fn hostile_literals_come_back_as_they_were() {
    let hostile = [
        r#"a"b"#,
        r"C:\dir\",
        "50%_x",
        "a*b",
        "line\nbreak",
        "[a]",
        "{b}",
        "a|b",
        "`macro`",
        "$token$",
        "ünï\u{1F600}",
        "(x",
        "'y'",
        r"\",
        "\"",
        "a\\\"b",
        "^.$+?",
    ];
    for literal in hostile {
        let escaped = literal.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        for operator in ["==", "=~", "!=", "has", "contains", "!contains", "startswith", "endswith", "in", "has_any"] {
            let needle = if matches!(operator, "in" | "has_any") {
                format!("(\"{escaped}\", \"zz\")")
            } else {
                format!("\"{escaped}\"")
            };
            let query =
                format!("SecurityEvent | where Account {operator} {needle} | extend T = \"{escaped}\" | project T");
            let output = native(&query).output.unwrap_or_else(|| panic!("{query} is refused"));
            let strings = surface::strings(&output).unwrap_or_else(|error| panic!("{query}\n{output}\n{error}"));
            assert!(strings.iter().any(|s| surface::unescaped(s) == literal), "{query}\n{output}");
            let condition = output.find("| where").filter(|_| operator == "==").map(|at| &output[at..]);
            if let Some(condition) = condition {
                let end = condition
                    .find(
                        "
| ",
                    )
                    .unwrap_or(condition.len());
                let first = surface::strings(&condition[..end]).unwrap();
                assert_eq!(surface::unescaped(&first[0]), literal, "{condition}");
            }
        }
    }
}

/// The project's own rules: their searches as snapshots, and beside each what must hold of it whatever it looks like.
#[test]
fn the_projects_own_rules() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder.join("snapshots/splunk"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder.join("rules")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".yaml") && !path.to_string_lossy().ends_with(".test.yaml"));
    paths.sort();
    assert!(paths.len() >= 5);
    for path in paths {
        let file = crate::source::SourceFile::read(&path).unwrap();
        let document = crate::rule::read(&file);
        let rule = document.rules.first().unwrap();
        let text = &rule.query.as_ref().unwrap().text;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for (fields, word) in [(Fields::Native, "native"), (Fields::Siem, "siem")] {
            let conversion = converted(text, Options { fields, prefer: Prefer::Exact });
            let losses: Vec<String> =
                conversion.losses.iter().map(|l| format!("{} {:?}: {}", l.kind, l.span.of(text), l.message)).collect();
            let losses = losses.join("\n");
            let shown =
                format!("{}\n{losses}\n\n{}\n", conversion.fidelity, conversion.output.as_deref().unwrap_or(""));
            settings.bind(|| insta::assert_snapshot!(format!("{name}-{word}"), shown));
            match &conversion.output {
                None => assert!(conversion.losses.iter().any(|loss| loss.kind.refuses()), "{name}"),
                Some(output) => holds_every_literal(text, output, &name),
            }
        }
    }
}

/// What stands in the double quotes of a query; in single quotes they are a string's own.
fn double_quoted(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open: Option<(char, usize)> = None;
    for (at, c) in code.char_indices() {
        match open {
            None if c == '"' || c == '\'' => open = Some((c, at + 1)),
            Some((quote, start)) if c == quote => {
                if quote == '"' {
                    found.push(&code[start..at]);
                }
                open = None;
            }
            _ => {}
        }
    }
    found
}

/// Every word of the query's strings is in the search, every number, and all that is open is closed.
fn holds_every_literal(query: &str, output: &str, name: &str) {
    surface::strings(output).unwrap_or_else(|error| panic!("{name}: {error}\n{output}"));
    let plain = output.replace('\\', "").to_lowercase();
    let code: String = query.lines().map(|line| line.split("//").next().unwrap_or("").to_owned() + "\n").collect();
    for literal in double_quoted(&code) {
        // A pattern may be written otherwise; its words may not.
        let pattern = literal.contains(['(', '[', '$']);
        let words: Vec<&str> =
            if pattern { literal.split(|c: char| !c.is_alphanumeric()).collect() } else { vec![literal] };
        for word in words {
            let wanted = word.replace('\\', "").to_lowercase();
            assert!(plain.contains(&wanted), "{name}: {word:?} of {literal:?} is lost\n{output}");
        }
    }
    for threshold in code.split("let ").skip(1).filter_map(|line| line.split_once('=')?.1.split_once(';')) {
        let value = threshold.0.trim();
        if let Ok(number) = value.parse::<f64>() {
            assert!(output.contains(&format!("{number}")), "{name}: the threshold {value} is lost\n{output}");
        }
    }
}

#[test]
fn a_text_that_stands_for_null_is_none() {
    let converted = |predicate: &str| {
        let text = format!("CloudAppEvents | where {predicate} | project ObjectId");
        converted(&text, Options { fields: Fields::Siem, prefer: Prefer::Exact })
    };
    let output = |predicate: &str| converted(predicate).output.unwrap();
    let search = |predicate: &str| {
        let output = output(predicate);
        let first = output.split("\n|").next().unwrap();
        let (_, asked) = first.split_once("category=\"AdvancedHunting-CloudAppEvents\"").unwrap();
        asked.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // What null fails as a missing field does may be asked at the start, also where that is turned.
    assert_eq!(search(r#"ActionType =~ "Send""#), r#"properties.ActionType="Send""#);
    assert_eq!(search(r#"ActionType !~ "Send""#), r#"NOT properties.ActionType="Send""#);
    assert_eq!(search(r#"City in~ ("a", "b")"#), r#"properties.City IN ("a", "b")"#);
    assert_eq!(search("ApplicationId == 5"), "properties.ApplicationId=5");
    // What `null` would pass or be ordered by is not.
    for predicate in
        [r#"City startswith "nu""#, r#"City !contains "ul""#, r#"City in~ ("a", "null")"#, "ApplicationId > 5"]
    {
        assert!(!search(predicate).contains("NOT"), "{predicate}");
        assert!(output(predicate).contains("nullif('properties."), "{predicate}: {}", output(predicate));
    }
    assert!(output("isnotempty(City)").contains("| eval City=nullif('properties.City', \"null\")\n| where City!=\"\""));
    assert_eq!(converted("isnotempty(City)").fidelity, Fidelity::Exact);
}

#[test]
fn what_log_analytics_adds_is_in_no_other_copy_of_a_record() {
    let options = Options { fields: Fields::Siem, prefer: Prefer::Exact };
    let conversion = converted("CloudAppEvents | where TenantId == 'a' | project City", options);
    assert_eq!(conversion.fidelity, Fidelity::Approximate);
    assert!(conversion.losses.iter().any(|loss| loss.kind == LossKind::UnmappedField));
}
