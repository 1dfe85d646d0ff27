//! `reduce`, `basket` and `autocluster` as whole queries.

use super::operators::{gives, refuses};

#[test]
fn strings_fall_into_groups() {
    // The two examples of the page that do not depend on chance.
    let foo = "range x from 1 to 10 step 1 | project str = strcat('foo', 'Z', tostring(x))";
    let columns = "Pattern:string Count:long Representative:string";
    gives(&format!("{foo} | reduce by str"), columns, &["others|10|"]);
    gives(&format!("{foo} | reduce by str with characters='Z'"), columns, &["foo*|10|fooZ1"]);
    gives(&format!("{foo} | where str == '' | reduce by str"), columns, &[]);
    gives(
        "datatable(a: string, b: long) ['get /x/1', 1, 'get /x/2', 2, 'put /y', 3, '', 4] | reduce by a with threshold = 0.3",
        columns,
        &["get /x/*|2|get /x/1", "others|2|"],
    );
    // What is reduced may be computed.
    gives("print a = 'B c' | reduce by tolower(a)", columns, &["b c|1|b c"]);
}

#[test]
fn records_may_be_kept_with_their_groups() {
    gives(
        "datatable(n: long, s: string) [1, 'a 1', 2, 'b', 3, 'a 2', 4, 'c'] | reduce kind=source by s with threshold = 0.4
         | project n, s, Pattern, Count, Representative | where n != 2",
        "n:long s:string Pattern:string Count:long Representative:string",
        &["1|a 1|a *|2|a 1", "3|a 2|a *|2|a 1", "4|c|others|2|"],
    );
    // A column of the input may be called as one of those that are added.
    gives(
        "datatable(k: string, Count: string, s: string) ['x', 'p', 'a 1', 'y', 'q', 'b 1', 'x', 'r', 'a 2']
         | partition by k ( reduce kind=source by s with characters = ' ' | project-away s, Representative )",
        "k:string Count:string Pattern:string Count:long",
        &["x|p|a*|2", "x|r|a*|2", "y|q|b*|1"],
    );
}

#[test]
fn groups_are_those_of_each_part() {
    gives(
        "datatable(k: string, s: string) ['x', 'a 1', 'y', 'b 1', 'x', 'a 2', 'y', 'c 1']
         | partition by k ( reduce by s with threshold = 0.6 )",
        "Pattern:string Count:long Representative:string",
        &["a *|2|a 1", "others|2|"],
    );
    gives(
        "datatable(k: string, Count: long) ['x', 1, 'y', 2, 'x', 3]
         | partition by k ( evaluate basket(0.6) | project k, Percent )",
        "k:string Percent:real",
        &["x|100", "y|100"],
    );
}

#[test]
fn patterns_have_the_columns_of_the_input() {
    let storms = "datatable(State: string, EventType: string, n: int, at: datetime) [
        'TEXAS', 'Hail', 3, datetime(2024-01-01), 'OHIO', 'Hail', 3, datetime(null), 'TEXAS', 'Flood', 1, datetime(null)]";
    let columns = "SegmentId:long Count:long Percent:real State:string EventType:string n:int at:datetime";
    gives(
        &format!("{storms} | evaluate basket(0.6)"),
        columns,
        &["0|2|66.7||Hail|3|", "1|2|66.7|TEXAS|||", "2|2|66.7||||"],
    );
    gives(
        &format!("{storms} | evaluate basket(0.6, '~', 1, '*', int(-1), datetime(1900-01-01))"),
        columns,
        &[
            "0|2|66.7|*|Hail|3|1900-01-01T00:00:00.0000000Z",
            "1|2|66.7|TEXAS|*|-1|1900-01-01T00:00:00.0000000Z",
            "2|2|66.7|*|*|-1|",
        ],
    );
    gives(
        &format!("{storms} | project-away at | evaluate basket('~', n, 1) | where Percent > 50"),
        "SegmentId:long Count:long Percent:real State:string EventType:string n:int",
        &["2|6|85.7||Hail|", "3|4|57.1|TEXAS||"],
    );
    gives(
        &format!("{storms} | project State, EventType | evaluate autocluster()"),
        "SegmentId:long Count:long Percent:real State:string EventType:string",
        &["0|2|66.7|TEXAS|", "1|2|66.7||Hail"],
    );
}

#[test]
fn what_cannot_be_grouped_by_is_told() {
    for (query, words) in [
        ("print s = 'a' | reduce by s with threshold = 2", "the threshold of `reduce` is a share from 0 to 1"),
        ("print s = 'a' | evaluate basket(0.001)", "a share from 0.015 to 1"),
        ("print s = 'a' | evaluate autocluster(2.0)", "a number from 0 to 1"),
        ("print s = 'a' | evaluate basket(0.5, s)", "a column of numbers"),
    ] {
        refuses(query, words);
    }
}
