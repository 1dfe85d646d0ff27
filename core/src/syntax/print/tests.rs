//! Layouts of single constructs, and comments where they hurt. Whatever is printed here is also held to the properties.

use proptest::prelude::*;

use super::{print, print_with};
use crate::syntax::parse;

/// Prints, and checks what holds for every text.
#[track_caller]
fn printed(text: &str) -> String {
    let parsed = parse(text);
    assert!(parsed.is_ok(), "{text}\n{:?}", parsed.diagnostics);
    let query = parsed.query.expect("a text without errors has a tree");
    let once = print(&query, text);
    let again = parse(&once).query.unwrap_or_else(|| panic!("no longer parses:\n{once}"));
    assert_eq!(print(&again, &once), once, "printing again changes it");
    let comments: Vec<&str> = query.comments.iter().map(|span| span.of(text).trim_end()).collect();
    let kept: Vec<&str> = again.comments.iter().map(|span| span.of(&once).trim_end()).collect();
    assert_eq!(kept, comments, "comments");
    let multi_line = text.contains("```") || text.contains("~~~");
    assert!(multi_line || once.lines().all(|line| line.trim_end() == line), "trailing blanks:\n{once}");
    assert_eq!(once.ends_with('\n'), text.ends_with('\n'));
    assert_eq!(again.without_spans(), query.without_spans(), "another tree:\n{once}");
    once
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    let printed = printed(text);
    assert_eq!(printed, expected, "\n{printed}\n");
}

#[test]
fn each_stage_has_its_line() {
    check("T|where a==1|count", "T\n| where a == 1\n| count");
    check("T\n\n\n|   count ;\n\n", "T\n| count;\n");
    check("print  x=1,y = 'a'", "print x = 1, y = 'a'");
}

#[test]
fn a_short_sub_query_stays_on_its_line() {
    check("T|where x in((U|project y))", "T\n| where x in ((U | project y))");
    check("let m=toscalar(T|summarize max(x));", "let m = toscalar(T | summarize max(x));");
    check(
        "T|join kind = inner(U|where a|project b)on b",
        "T\n| join kind=inner (\n    U\n    | where a\n    | project b\n) on b",
    );
}

#[test]
fn statements_keep_one_blank_line_where_there_was_one() {
    check("let a=1;let b=2;\n\n\n\n// c\n\n\nT", "let a = 1;\nlet b = 2;\n\n// c\n\nT");
    check("let a=T|count;\na", "let a =\n    T\n    | count;\na");
    check(
        "set a;declare query_parameters(x:long=1,y:string);T",
        "set a;\ndeclare query_parameters (x: long = 1, y: string);\nT",
    );
}

#[test]
fn functions_have_blocks() {
    check("let f=(a:long){a+1};f(1)", "let f = (a: long) { a + 1 };\nf(1)");
    check(
        "let f=view(T:(a:long,b:real)){let x=1;T|where a==x};f(U)",
        "let f = view (T: (a: long, b: real)) {\n    let x = 1;\n    T\n    | where a == x\n};\nf(U)",
    );
}

#[test]
fn lists_break_one_item_a_line() {
    let long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    check(&format!("T|project {long},b=f(c),{long}"), &format!("T\n| project\n    {long},\n    b = f(c),\n    {long}"));
    check(
        &format!("T|summarize n=count() by {long},{long}"),
        &format!("T\n| summarize n = count()\n    by\n        {long},\n        {long}"),
    );
    check(&format!("T|where {long}==1 and {long}==2"), &format!("T\n| where {long} == 1\n    and {long} == 2"));
}

#[test]
fn short_literals_fill_lines_and_commented_ones_do_not() {
    let numbers: Vec<String> = (1000..1030).map(|n| n.to_string()).collect();
    let filled = printed(&format!("T|where x in ({})", numbers.join(",")));
    assert_eq!(filled.lines().count(), 5, "{filled}");
    // A lost comma joins two strings; how far apart they stand must not count.
    let strings = ["'aaaaaaaaaaaa'"; 9].join(",");
    assert_eq!(printed(&format!("T|where x in ('a'      'b',{strings})")).lines().count(), 13);
    check("T|where x in (1,// one\n2)", "T\n| where x in (\n    1, // one\n    2\n)");
}

#[test]
fn pairs_stay_together() {
    let long = "x".repeat(60);
    check(
        &format!("print case(a==1,'{long}',b==2,'{long}','c')"),
        &format!("print case(\n    a == 1, '{long}',\n    b == 2, '{long}',\n    'c'\n)"),
    );
    check("datatable(a:long,b:string)[1,'x',2,'y']", "datatable(a: long, b: string) [\n    1, 'x',\n    2, 'y'\n]");
    check("datatable(a:long)[1,2,]", "datatable(a: long) [1, 2,]");
}

#[test]
fn words_stay_as_they_are_spelled() {
    check(
        "T|filter a<>1|order by b|limit 5|mvexpand c|summarize makeset(d)",
        "T\n| filter a <> 1\n| order by b\n| limit 5\n| mvexpand c\n| summarize makeset(d)",
    );
    check("['T x']|where ['a b']==datetime( 2024-01-01 )", "['T x']\n| where ['a b'] == datetime( 2024-01-01 )");
}

#[test]
fn signs_and_dots_take_no_blanks() {
    check("print - 1+ -  a , b . c [ 0 ] . ['d'],1 -1", "print -1 + -a, b.c[0].['d'], 1 - 1");
    check("T|where a!in~('b')and c!has'd'", "T\n| where a !in~ ('b') and c !has 'd'");
    check("T|where a between(1..2)", "T\n| where a between (1 .. 2)");
    check("print guid (a),int(1),f (a)", "print guid (a), int(1), f(a)");
}

#[test]
fn graph_patterns_are_drawn_tight() {
    check(
        "G|graph-match (a) -[e*1 .. 3]-> (b)<--( c ) where a.x==1 project a.x",
        "G\n| graph-match (a)-[e*1..3]->(b)<--(c) where a.x == 1 project a.x",
    );
    check("T|make-graph a-->b with U on c", "T\n| make-graph a --> b with U on c");
}

#[test]
fn comments_stay_in_place() {
    check("// first\nT // t\n// own\n|where a // a\n//last", "// first\nT // t\n// own\n| where a // a\n//last");
    check("T|project a // a\n,b//b\n,c", "T\n| project\n    a, // a\n    b, //b\n    c");
    check("T|project a\n// not b\n,c", "T\n| project\n    a,\n    // not b\n    c");
    check("T|where a // x\n==1 and b", "T\n| where a // x\n        == 1\n    and b");
}

#[test]
fn comments_in_brackets() {
    check("print f(// none\n)", "print f( // none\n)");
    check("print f(\n// own\n)", "print f(\n    // own\n)");
    check("print f(a// a\n)", "print f(\n    a // a\n)");
    check("print f(a\n// end\n)", "print f(\n    a\n    // end\n)");
    check("print dynamic([1,//one\n2\n//two\n])", "print dynamic([\n    1, //one\n    2\n    //two\n])");
    check("T|join(//why\nU)on a", "T\n| join ( //why\n    U\n) on a");
}

#[test]
fn comments_at_the_ends() {
    check("//only", "//only");
    check("//only\n\n\n//two\n", "//only\n\n//two\n");
    check("T;//a\n//b\n", "T; //a\n//b\n");
    check("T//a\n;", "T; //a");
    check("let f=(){//a\nT//b\n};f", "let f = () { //a\n    T //b\n};\nf");
    check("T|//a\n//b\ncount", "T\n| //a\n    //b\n    count");
}

#[test]
fn a_comment_never_swallows_what_follows() {
    // A comment in every gap, of either kind.
    let words = "let f = ( a : long = 1 ) { T | where x in ( 1 , 2 ) and ( y == - 1 or z between ( 1 .. 2 ) ) } ; \
        f ( 1 ) | join kind = inner hint.strategy = shuffle ( U | project a , b = c [ 0 ] . d ) on a , $left.b == $right.c \
        | summarize n = count ( ) , m = dcount ( a ) by bin ( t , 1h ) , b | mv-expand e to typeof ( long ) limit 2 \
        | mv-apply g on ( where g > 1 | count ) | parse h with * 'x' i : long * | sort by a asc nulls last , b \
        | evaluate bag_unpack ( j ) : ( k : long ) | render timechart with ( title = 'x' , ycolumns = a , b ) \
        | extend l = dynamic ( { 'a' : [ 1 , - 2 ] } ) , n = case ( a , 'b' , c ) , o = 'x' 'y' | top 5 by p desc ;";
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    for at in 0..=words.len() {
        for comment in [" // c\n", "\n\n// c\n\n// d\n"] {
            let text = [words[..at].join(" "), comment.to_owned(), words[at..].join(" ")].concat();
            // Not everywhere may a comment stand: `hint.strategy` is one word to the grammar.
            if parse(&text).is_ok() {
                printed(&text);
            }
        }
    }
}

#[test]
fn several_lines_in_a_string_stay() {
    check("print x=```a  \n  b```,y", "print x = ```a  \n  b```, y");
    let query = parse("T\r\n|count\r\n").query.expect("a tree");
    assert_eq!(print_with(&query, "T\r\n|count\r\n", "\r\n"), "T\r\n| count\r\n");
}

#[test]
fn long_chains_take_linear_time_and_no_stack() {
    let terms: Vec<String> = (0..20_000).map(|n| format!("a{n}=={n}")).collect();
    let text = format!("T|where {}", terms.join(" or "));
    let lines = printed(&text).lines().count();
    assert_eq!(lines, 20_001);
}

/// Parts that make queries when strung together.
const STAGES: &[&str] = &[
    "where a==1 and(b or c)",
    "where x in~('a','b')",
    "extend y=case(a,'b',c),z=dynamic({'k':[1,2]})",
    "summarize n=count(),arg_max(t,*)by bin(t,1h),a",
    "join kind=leftouter(U|where q|project r)on $left.a==$right.b",
    "project a,b=strcat('x',tostring(c))",
    "mv-expand d to typeof(string)",
    "parse e with *'f'g:long*",
    "union(V),(W|count)",
    "top 10 by a desc",
    "make-series n=count()default=0 on t from ago(1d)to now()step 1h by a",
    "where t between(ago(1d)..now())",
    "fork(count)(where a|count)",
];

proptest! {
    #[test]
    fn every_query_of_any_layout_is_printed_the_same(
        stages in prop::collection::vec(prop::sample::select(STAGES), 0..6),
        gaps in prop::collection::vec(prop::sample::select(&["", " ", "\n", "  // c\n", "\n// d\n", "\n\n"][..]), 64),
    ) {
        // Gaps go where words may be parted without changing them.
        let mut text = String::from("T");
        let mut gaps = gaps.iter().cycle();
        for stage in &stages {
            for part in ["|", stage] {
                for piece in part.split_inclusive([',', '(', ')']) {
                    text.push_str(gaps.next().expect("a cycle never ends"));
                    text.push_str(piece);
                }
            }
        }
        if parse(&text).is_ok() {
            printed(&text);
        }
    }

    #[test]
    fn layout_does_not_depend_on_the_layout_before(
        stages in prop::collection::vec(prop::sample::select(STAGES), 1..6),
    ) {
        let one = format!("T|{}", stages.join("|"));
        let other = format!("T\n  | {}", stages.join("\n\n |\n")).replace(',', "\n,  ");
        prop_assert_eq!(printed(&one), printed(&other));
    }
}
