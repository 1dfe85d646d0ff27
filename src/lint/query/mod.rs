//! Lints of the query: names and columns that serve nothing, tests that cannot mean what they say, costs, and spellings.

mod assignment_as_test;
mod boolean_choice;
mod case_mismatch;
mod contained_word;
mod double_negation;
mod estimate_as_number;
mod everything_searched;
mod final_sort;
mod folded_comparison;
mod hidden_let;
mod hidden_table;
mod idle_assignment;
mod idle_sort;
mod idle_test;
mod impossible_test;
mod join_without_kind;
mod list_of_one;
mod literal_regex;
mod lone_concatenation;
mod long_list;
mod malformed_regex;
mod missing_expression;
mod needle_without_term;
mod null_test_of_string;
mod old_expansion;
mod old_function;
mod old_spelling;
mod plain_http;
mod repeated_item;
mod row_limit;
mod secret;
mod shared;
mod short_needle;
mod sort_and_take;
mod tenant_id;
mod unmatchable_regex;
mod unused_column;
mod unused_let;
mod window_beyond_period;
mod window_within_frequency;

use super::Lint;

/// The lints, in the order of their codes.
pub(super) const ALL: &[&Lint] = &[
    &unused_let::LINT,
    &unused_column::LINT,
    &hidden_table::LINT,
    &assignment_as_test::LINT,
    &missing_expression::LINT,
    &hidden_let::LINT,
    &impossible_test::LINT,
    &idle_test::LINT,
    &case_mismatch::LINT,
    &null_test_of_string::LINT,
    &repeated_item::LINT,
    &folded_comparison::LINT,
    &malformed_regex::LINT,
    &literal_regex::LINT,
    &needle_without_term::LINT,
    &double_negation::LINT,
    &boolean_choice::LINT,
    &list_of_one::LINT,
    &idle_assignment::LINT,
    &lone_concatenation::LINT,
    &unmatchable_regex::LINT,
    &estimate_as_number::LINT,
    &everything_searched::LINT,
    &join_without_kind::LINT,
    &row_limit::LINT,
    &idle_sort::LINT,
    &sort_and_take::LINT,
    &final_sort::LINT,
    &window_beyond_period::LINT,
    &window_within_frequency::LINT,
    &contained_word::LINT,
    &short_needle::LINT,
    &long_list::LINT,
    &old_function::LINT,
    &old_spelling::LINT,
    &old_expansion::LINT,
    &secret::LINT,
    &tenant_id::LINT,
    &plain_http::LINT,
];
