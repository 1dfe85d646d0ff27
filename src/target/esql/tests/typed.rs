//! Values that are read as another type than they have, and arrays that are texts.

use super::{condition, native, output};
use crate::target::{Fidelity, LossKind};

fn fidelity(text: &str) -> Fidelity {
    let conversion = native(text);
    assert!(conversion.output.is_some(), "{text} is refused: {:?}", conversion.losses);
    conversion.fidelity
}

#[test]
fn a_text_is_a_whole_number_where_it_is_written_as_one() {
    let guarded = |read: &str| format!(r#"CASE(Account RLIKE " *[-+]?[0-9]+ *", {read}(Account)) == 2"#);
    assert_eq!(condition("toint(Account) == 2"), guarded("TO_INTEGER"));
    assert_eq!(condition("tolong(Account) == 2"), guarded("TO_LONG"));
    assert_eq!(condition("todouble(Account) == 2"), "TO_DOUBLE(Account) == 2");
    // Digits alone are one.
    assert!(!output("SecurityEvent | where tolong(extract(@'id=(\\d+)', 1, Account)) == 2").contains("RLIKE"));
}

#[test]
fn a_text_is_true_or_false_by_its_word_and_null_else() {
    assert_eq!(condition("tobool(Account)"), r#"TO_LOWER(TRIM(Account)) IN ("true", "1")"#);
    assert_eq!(condition("tobool(Account) == false"), r#"TO_LOWER(TRIM(Account)) IN ("false", "0")"#);
    let text = output("SigninLogs | summarize count() by v = tobool(DeviceDetail.a)");
    assert!(text.contains(r#"CASE(TO_LOWER(TRIM(TO_STRING(DeviceDetail.a))) IN ("true", "1"), true, "#), "{text}");
}

#[test]
fn a_dynamic_that_is_no_number_is_not_greater() {
    let text = output("SigninLogs | summarize count() by v = DeviceDetail.a > 3");
    assert!(text.contains("CASE(TO_DOUBLE(DeviceDetail.a) > 3, true, DeviceDetail.a IS NOT NULL, false)"), "{text}");
}

#[test]
fn the_parts_of_a_text_are_an_array_whose_text_is_json() {
    let text = output("SecurityEvent | extend v = tostring(split(Account, '@', 1))");
    assert!(text.contains(r#""\"]"), "[]")"#), "{text}");
    let text = output("SecurityEvent | extend v = tostring(split(Account, '@'))");
    assert!(text.contains("\"\\\"]\"), \"\"\"[\"\"]\"\"\")"), "{text}");
    assert_eq!(fidelity("SecurityEvent | where tostring(split(Account, '@')) has 'x'"), Fidelity::Approximate);
    // An array is no empty text.
    assert_eq!(output("SecurityEvent | where isnotempty(split(Account, '@'))"), output("SecurityEvent"));
    let text = output("SecurityEvent | extend v = split(Account, '@') | where tostring(v) has 'x'");
    assert!(text.contains("MV_CONCAT(v, "), "{text}");
    // A part by its position is a text of its own.
    assert_eq!(fidelity("SecurityEvent | where tostring(split(Account, '@')[1]) == 'x'"), Fidelity::Exact);
}

#[test]
fn arrays_are_put_together_with_the_part_of_an_empty_text() {
    let text =
        output("SecurityEvent | extend v = array_concat(split(Account, 'a'), split(Computer, 'b'), dynamic(['z']))");
    let parts = r#"MV_APPEND(MV_APPEND(SPLIT(COALESCE(Account, ""), "a"), SPLIT(COALESCE(Computer, ""), "b")), "z")"#;
    assert!(text.contains(parts), "{text}");
    assert_eq!(
        fidelity("SecurityEvent | where isempty(set_union(split(Account, 'a'), dynamic(['z'])))"),
        Fidelity::Exact
    );
    let unknown = native("SigninLogs | where isempty(set_union(DeviceDetail.a, dynamic(['x'])))");
    assert!(unknown.fidelity == Fidelity::Approximate && unknown.losses.iter().any(|loss| loss.kind == LossKind::Null));
}

#[test]
fn json_in_a_text_loses_its_quotes() {
    let text = condition("tostring(parse_json(Account)) == 'x'");
    assert!(text.starts_with("REPLACE(Account, ") && text.contains("^null$"), "{text}");
    assert_eq!(fidelity("SecurityEvent | where tostring(parse_json(Account)) == 'x'"), Fidelity::Approximate);
    assert_eq!(fidelity("SigninLogs | where tostring(parse_json(DeviceDetail).a) == 'x'"), Fidelity::Exact);
}

#[test]
fn what_is_no_array_has_no_element_and_is_told_where_that_counts() {
    assert_eq!(fidelity("SigninLogs | where set_has_element(DeviceDetail.a, 'x')"), Fidelity::Exact);
    assert_eq!(fidelity("SigninLogs | extend v = set_has_element(DeviceDetail.a, 'x')"), Fidelity::Events);
    assert_eq!(fidelity("SigninLogs | where not(set_has_element(DeviceDetail.a, 'x'))"), Fidelity::Approximate);
}

#[test]
fn a_pattern_of_parse_is_searched_for() {
    for (text, expected) in [
        (r#"parse kind=regex Account with "a+" b"#, r#""a+(?<b2>.*)""#),
        (r#"parse kind=regex Account with "a" b "c" *"#, r#""a(?<b2>.*)c""#),
        (r#"parse kind=regex flags=Ui Account with "a" b "c" *"#, r#""(?i)a(?<b2>.*?)c""#),
        (r#"parse kind=regex Account with "^a" b"#, r#""\Aa(?<b2>.*)""#),
        (r#"parse Account with "a" b "c" *"#, r#""(?m)a(?<b2>.*?)c""#),
    ] {
        let written = output(&format!("SecurityEvent | {text} | project b"));
        assert!(written.contains(expected), "{written}");
    }
    assert_eq!(
        fidelity(r#"SecurityEvent | parse kind=regex flags=U Account with "a+" b "c" * | where b == 'x'"#),
        Fidelity::Approximate
    );
}

#[test]
fn an_object_under_another_name_is_shown_by_its_parts() {
    let text = output("SigninLogs | extend e = DeviceDetail.a | extend f = e.b | where e.b == 'x' | project e, f");
    assert!(text.contains("| EVAL f = DeviceDetail.a.b\n| KEEP DeviceDetail.a.*, f"), "{text}");
}

#[test]
fn a_division_by_what_may_be_zero_is_told() {
    let told = |text: &str| native(text).losses.iter().any(|loss| loss.message.contains("infinity"));
    let groups = "SecurityEvent | summarize a = countif(EventID == 1), b = count(), c = dcount(Account) by Computer";
    assert!(told(&format!("{groups} | where todouble(a) / c > 2")));
    assert!(!told(&format!("{groups} | where todouble(a) / b > 2")));
    assert!(!told(&format!("{groups} | where c > 0 | extend r = todouble(a) / c")));
    assert!(!told(&format!("{groups} | extend r = iff(c == 0, 0.0, todouble(a) / c)")));
    assert!(told(&format!("{groups} | extend r = iff(a == 0, 0.0, todouble(a) / c)")));
    assert!(!told(&format!("{groups} | extend d = iff(c < 1, 1, c) | extend r = todouble(a) / (d * 2.5)")));
    assert!(!told(&format!("{groups} | where a / 2.5 > 2")));
    assert!(!told(&format!("{groups} | where a / c > 2")));
}
