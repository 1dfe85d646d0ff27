//! Lints of the rule file: what its schema demands, and what its format makes of the text.

mod aggregation_kind;
mod alert_property;
mod ambiguous_scalar;
mod bare_duration;
mod byte_order_mark;
mod carriage_returns;
mod column_not_returned;
mod cut_by_comment;
mod detail_column;
mod detail_name;
mod duplicate_id;
mod duplicate_identifier;
mod duplicate_tactic;
mod empty_override;
mod empty_query;
mod file_ending;
mod final_line_break;
mod folded_query;
mod foreign_technique;
mod frequency_range;
mod hidden_character;
mod idle_group_by;
mod idle_tactic;
mod idle_trigger;
mod incomplete_connector;
mod incomplete_grouping;
mod incomplete_mapping;
mod iso_duration;
mod kind_case;
mod legacy_column;
mod long_description;
mod long_name;
mod long_override;
mod long_period_often;
mod long_query;
mod lookback_range;
mod malformed_column;
mod malformed_id;
mod malformed_technique;
mod malformed_version;
mod many_details;
mod many_fields;
mod many_mappings;
mod many_placeholders;
mod matching_method;
mod misplaced_key;
mod missing_connectors;
mod missing_create_incident;
mod missing_description;
mod missing_frequency;
mod missing_id;
mod missing_kind;
mod missing_mappings;
mod missing_name;
mod missing_period;
mod missing_severity;
mod missing_tactics;
mod missing_techniques;
mod missing_trigger_operator;
mod missing_trigger_threshold;
mod missing_version;
mod misspelt_key;
mod name_full_stop;
mod nested_suppression;
mod other_encoding;
mod period_frequency;
mod period_range;
mod quoted_description;
mod schedule_of_nrt;
mod search_star;
mod selected_nothing;
mod severity_case;
mod shared;
mod short_incident_duration;
mod status_spelling;
mod suppression_duration;
mod suppression_range;
mod tactic_spelling;
mod technique_case;
mod threshold_range;
mod unbalanced_placeholder;
mod unchanged_version;
mod union_star;
mod unknown_entity;
mod unknown_group_by;
mod unknown_identifier;
mod unknown_key;
mod unknown_kind;
mod unknown_severity;
mod unknown_tactic;
mod unknown_technique;
mod unknown_trigger_operator;
mod unmapped_group_by;
pub(super) mod unused_ignore;
mod weak_mapping;
mod withdrawn_technique;

pub(super) use aggregation_kind::KINDS as AGGREGATIONS;
pub(super) use alert_property::PROPERTIES;
pub(super) use matching_method::METHODS;
pub(super) use misspelt_key::KEYS;
pub(super) use unknown_group_by::ALERT_DETAILS;
pub(super) use unknown_severity::SEVERITIES;

use super::Lint;

/// The lints, in the order of their codes.
pub(super) const ALL: &[&Lint] = &[
    &missing_id::LINT,
    &malformed_id::LINT,
    &duplicate_id::LINT,
    &missing_kind::LINT,
    &unknown_kind::LINT,
    &kind_case::LINT,
    &missing_name::LINT,
    &long_name::LINT,
    &name_full_stop::LINT,
    &missing_description::LINT,
    &long_description::LINT,
    &quoted_description::LINT,
    &missing_severity::LINT,
    &unknown_severity::LINT,
    &severity_case::LINT,
    &missing_connectors::LINT,
    &incomplete_connector::LINT,
    &status_spelling::LINT,
    &missing_tactics::LINT,
    &unknown_tactic::LINT,
    &tactic_spelling::LINT,
    &duplicate_tactic::LINT,
    &missing_techniques::LINT,
    &malformed_technique::LINT,
    &technique_case::LINT,
    &unknown_technique::LINT,
    &withdrawn_technique::LINT,
    &foreign_technique::LINT,
    &idle_tactic::LINT,
    &missing_frequency::LINT,
    &missing_period::LINT,
    &missing_trigger_operator::LINT,
    &missing_trigger_threshold::LINT,
    &frequency_range::LINT,
    &period_range::LINT,
    &period_frequency::LINT,
    &long_period_often::LINT,
    &iso_duration::LINT,
    &bare_duration::LINT,
    &unknown_trigger_operator::LINT,
    &threshold_range::LINT,
    &schedule_of_nrt::LINT,
    &idle_trigger::LINT,
    &empty_query::LINT,
    &long_query::LINT,
    &search_star::LINT,
    &union_star::LINT,
    &folded_query::LINT,
    &missing_mappings::LINT,
    &unknown_entity::LINT,
    &unknown_identifier::LINT,
    &weak_mapping::LINT,
    &many_mappings::LINT,
    &many_fields::LINT,
    &duplicate_identifier::LINT,
    &malformed_column::LINT,
    &legacy_column::LINT,
    &incomplete_mapping::LINT,
    &many_details::LINT,
    &detail_name::LINT,
    &detail_column::LINT,
    &many_placeholders::LINT,
    &empty_override::LINT,
    &long_override::LINT,
    &unbalanced_placeholder::LINT,
    &alert_property::LINT,
    &aggregation_kind::LINT,
    &unused_ignore::LINT,
    &missing_create_incident::LINT,
    &incomplete_grouping::LINT,
    &lookback_range::LINT,
    &matching_method::LINT,
    &idle_group_by::LINT,
    &selected_nothing::LINT,
    &unknown_group_by::LINT,
    &unmapped_group_by::LINT,
    &short_incident_duration::LINT,
    &suppression_duration::LINT,
    &suppression_range::LINT,
    &nested_suppression::LINT,
    &missing_version::LINT,
    &malformed_version::LINT,
    &unchanged_version::LINT,
    &unknown_key::LINT,
    &misspelt_key::LINT,
    &misplaced_key::LINT,
    &cut_by_comment::LINT,
    &ambiguous_scalar::LINT,
    &byte_order_mark::LINT,
    &carriage_returns::LINT,
    &final_line_break::LINT,
    &other_encoding::LINT,
    &file_ending::LINT,
    &hidden_character::LINT,
    &column_not_returned::LINT,
];
