//! The plugins of `evaluate`.

use super::Function;
use super::rows::rows;

/// The rows of every file.
pub(super) const FILES: &[&[Function]] = &[ROWS];

rows! { Plugin;
    /// Finds the combinations of values that cover most records.
    autocluster: [volatile]
        (size_weight: Real[= "~"]?, weight_column: Scalar[Column = "~"]?, num_seeds: Integer[= "~"]?,
            custom_wildcard: Scalar*) -> Table[
            Column("SegmentId", Long), Column("Count", Long), Column("Percent", Real), Input
        ];
    /// Turns each slot of a bag column into a column of its own.
    bag_unpack:
        (column: Scalar[Column], OutputColumnPrefix: String[LiteralNotEmpty]?, columnsConflict: String[Literal]?,
            ignoredProperties: Array[Literal]?) -> Table[InputExcept(0), Open];
    /// Finds all combinations of values that occur in more than a share of the records.
    basket: [volatile]
        (threshold: Real[= "~"]?, weight_column: Scalar[Column = "~"]?, max_dimensions: Integer[= "~"]?,
            custom_wildcard: Scalar*) -> Table[
            Column("SegmentId", Long), Column("Count", Long), Column("Percent", Real), Input
        ];
    /// Finds the combinations of values that part two sets of records best.
    diffpatterns: [volatile]
        (split_column: Scalar[Column], split_value_a: String, split_value_b: String,
            weight_column: Scalar[Column = "~"]?, threshold: Real[= "~"]?, max_dimensions: Integer[= "~"]?,
            custom_wildcard: Scalar*) -> Table[
            Column("SegmentId", Long), Column("CountA", Long), Column("CountB", Long), Column("PercentA", Real),
            Column("PercentB", Real), Column("PercentDiffAB", Real), Input
        ];
    /// Turns the values of a column into columns that hold an aggregate.
    pivot:
        (pivot_column: NotDynamic[Column], aggregate_function: Scalar[Aggregate]?, column_name: Scalar[Column]*) -> Table[
            PivotKept, Open
        ];
    /// Turns each cell into a record: number of the record, name of the column, value as text.
    narrow:
        () -> Table[Column("Row", Long), Column("Column", String), Column("Value", String)];
    /// Gives the first records as one result and the number of all as another.
    preview:
        (number_of_rows: Integer) -> Table[Input];
    /// Gives the input as it is.
    identity:
        () -> Table[Input];
    /// Gives the input as it is, or fails, for tests of the service.
    identity_v3:
        (mode: String[Constant], exception_text: String[Constant]) -> Table[Input];
    /// Gives the records for which a condition holds, with so many before and after.
    rows_near:
        (condition: Bool, num_rows: Integer[Constant], num_rows_after: Integer[Constant]?) -> Table[Input];
    /// Estimates the numbers of distinct values that sketches have in common, one after another.
    dcount_intersect:
        (hll: Array * 2..32767) -> Table[Input, Counted("s", 0)];
    /// Estimates the number of records.
    estimate_rows_count:
        () -> Table[Column("EstimatedRowsCount", Long)];
    /// Gives a percentile of a column over a moving window of bins.
    rolling_percentile:
        (value_column: Summable[Column], percentile: Number[Constant], index_column: Summable[Column],
            bin_size: Summable, bins_per_window: Integer[Constant], dimension: NotDynamic[Column]*) -> Table[
            Argument(2), Argument(5), RollingPercentile
        ];
    /// Joins each record with the record of a table whose IPv4 range holds its address.
    ipv4_lookup:
        (lookup_table: Tabular, source_ipv4_key: Scalar[Column], ipv4_lookup_key: Scalar[ColumnOfFirst],
            extra_key: Scalar[ColumnOfBoth]*, return_unmatched: Bool[Literal]?) -> Table[Input, LookupExcept(3)];
    /// Joins each record with the record of a table whose IPv6 range holds its address.
    ipv6_lookup:
        (lookup_table: Tabular, source_ipv6_key: Scalar[Column], ipv6_lookup_key: Scalar[ColumnOfFirst],
            return_unmatched: Bool[Literal]?) -> Table[Input, Lookup];
    /// Joins each record with the records of a table whose polygon holds its point.
    geo_polygon_lookup:
        (lookup_table: Tabular, lookup_polygon_key: Bag[ColumnOfFirst], source_longitude: Scalar[Column],
            source_latitude: Scalar[Column], radius: Real[Literal]?, return_unmatched: Bool[Literal]?,
            lookup_area_radius: Real[Literal]?, return_lookup_key: Bool[Literal]?) -> Table[Input, LookupExcept(1)];
    /// Joins each record with the records of a table whose line passes near its point.
    geo_line_lookup:
        (lookup_table: Tabular, lookup_line_key: Bag[ColumnOfFirst], source_longitude: Scalar[Column],
            source_latitude: Scalar[Column], radius: Real[Literal], return_unmatched: Bool[Literal]?,
            lookup_area_radius: Real[Literal]?, return_lookup_key: Bool[Literal]?) -> Table[Input, LookupExcept(1)];
    /// Counts the distinct ids that were active in so many periods of a window before.
    active_users_count:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], lookback_window: Summable[Constant], period: Summable[Constant],
            active_periods: Summable[Constant], step: Summable[Constant], dimension: NotDynamic[Column]*) -> Table[
            Argument(1), Argument(8), Column("dcount", Long)
        ];
    /// Counts records, distinct ids and new ids in each window, and in all so far.
    activity_counts_metrics:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], step: Summable[Constant], dimension: NotDynamic[Column]*) -> Table[
            Argument(1), Argument(5), Column("count", Long), Column("dcount", Long), Column("new_dcount", Long),
            Column("aggregated_dcount", Long)
        ];
    /// Gives the share of ids of a longer window that were active in a shorter one.
    activity_engagement:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column],
            inner_activity_window: Summable[Constant], outer_activity_window: Summable[Constant]) -> Table[
            Argument(1), Column("dcount_activities_inner", Long), Column("dcount_activities_outer", Long),
            Column("activity_ratio", Real)
        ]
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], inner_activity_window: Summable[Constant],
            outer_activity_window: Summable[Constant], dimension: NotDynamic[Column]*) -> Table[
            Argument(1), Argument(6), Column("dcount_activities_inner", Long),
            Column("dcount_activities_outer", Long), Column("activity_ratio", Real)
        ];
    /// Counts ids, new ids, returning and lost ids in each window against the one before.
    activity_metrics:
        (id_column: Scalar[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], step: Summable[Constant], dimension: NotDynamic[Column]*) -> Table[
            Argument(1), Argument(5), Column("dcount_values", Long), Column("dcount_newvalues", Long),
            Column("retention_rate", Real), Column("churn_rate", Real)
        ]
        (id_column: Scalar[Column], timeline_column: Summable[Column], start: Summable[Constant]?,
            end: Summable[Constant]?) -> Table[
            Argument(1), Column("dcount_values", Long), Column("dcount_newvalues", Long),
            Column("retention_rate", Real), Column("churn_rate", Real)
        ];
    /// Follows the ids first seen in each window through the windows after.
    new_activity_metrics:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], window: Scalar, cohort: Scalar[Constant]?, dimension: NotDynamic[Column]*,
            lookback: Tabular?) -> Table[
            Prefixed("from", 1), Prefixed("to", 1), Argument(6), Column("dcount_new_values", Long),
            Column("dcount_retained_values", Long), Column("dcount_churn_values", Long),
            Column("retention_rate", Real), Column("churn_rate", Real)
        ];
    /// Counts the sessions of ids in each bin.
    session_count:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], bin: Summable[Constant], look_back_window: Summable[Constant],
            dimension: NotDynamic[Column]*) -> Table[Argument(1), Argument(6), Column("count_sessions", Long)];
    /// Counts records and distinct ids over a sliding window before each bin.
    sliding_window_counts:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], look_back_window: Summable[Constant], step: Summable[Constant],
            dimension: NotDynamic[Column]*) -> Table[
            Argument(1), Argument(6), Column("Count", Long), Column("Dcount", Long)
        ];
    /// Finds records that fulfil conditions one after another within a span of time.
    sequence_detect:
        (timeline_column: Summable[Column], max_sequence_step_window: Summable[Constant],
            max_sequence_span: Summable[Constant], expr: Bool+, dimension: NotDynamic[Column]*) -> Table[
            Argument(4), Pairs(3, 0), Column("Duration", TimeSpan)
        ];
    /// Counts the ids that went from one state to the next in a sequence.
    funnel_sequence:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], max_window_size_between_steps: Summable[Constant], step: Summable[Constant],
            state_column: NotDynamic[Column], sequence: Array[Constant]) -> Table[
            Argument(1), Like("prev", 6), Like("next", 6), Column("dcount", Long), Column("samples", Dynamic)
        ];
    /// Counts the ids that completed a sequence of states within several spans of time.
    funnel_sequence_completion:
        (id_column: NotDynamic[Column], timeline_column: Summable[Column], start: Summable[Constant],
            end: Summable[Constant], bin_size: Summable[Constant], state_column: NotDynamic[Column],
            sequence: Array[Constant], max_sequence_periods: Array[Constant]) -> Table[
            Argument(1), Text(5), Column("Period", TimeSpan), Column("dcount", Long)
        ];
    /// Runs a query on a SQL Server.
    sql_request: [volatile]
        (connection_string: String, sql_query: String, sql_parameters: Bag?, options: Bag?) -> Table[Open];
    /// Runs a query on a MySQL server.
    mysql_request: [volatile]
        (connection_string: String, sql_query: String, sql_parameters: Bag?, options: Bag?) -> Table[Open];
    /// Runs a query on a PostgreSQL server.
    postgresql_request: [volatile, hidden]
        (connection_string: String, sql_query: String, sql_parameters: Bag?, options: Bag?) -> Table[Open];
    /// Runs a query on a Cosmos DB.
    cosmosdb_sql_request: [volatile]
        (connection_string: String, sql_query: String, sql_parameters: Bag?, options: Bag?) -> Table[Open];
    /// Runs a query on Azure Digital Twins.
    azure_digital_twins_query_request: [volatile]
        (endpoint: String, sql_query: String) -> Table[Open];
    /// Runs a DAX query.
    dax_request: [volatile, hidden]
        (connection_string: String, dax_query: String, dax_parameters: Bag?, options: Bag?) -> Table[Open];
    /// Runs a query on another cluster; internal.
    execute_query: [volatile]
        (connection_string: String, query: String) -> Table[Open];
    /// Runs a command that shows something on another cluster.
    execute_show_command: [volatile]
        (connection_string: String, command: String) -> Table[Open];
    /// Reads external data; internal.
    external_datatable: [volatile]
        () -> Table[Open];
    /// Sends a GET request to a web service.
    http_request: [volatile]
        (uri: String[Constant], request_headers: Bag?, options: Bag?) -> Table[
            Column("ResponseHeaders", Dynamic), Column("ResponseBody", Dynamic)
        ];
    /// Sends a POST request to a web service.
    http_request_post: [volatile]
        (uri: String[Constant], request_headers: Bag?, options: Bag?, content: String[Constant]?) -> Table[
            Column("ResponseHeaders", Dynamic), Column("ResponseBody", Dynamic)
        ];
    /// Proposes the schema of external files.
    infer_storage_schema: [volatile]
        (options: Bag) -> Table[Column("CslSchema", String)];
    /// Proposes the schema of external files, with alternatives.
    infer_storage_schema_with_suggestions: [volatile]
        (options: Bag) -> Table[Column("SuggestedTableSchema", String)];
    /// Runs a Python script over the input.
    python: [volatile]
        (output_schema: TypeLiteral, script: String, arguments: Bag?, artifacts: Bag?) -> Table[SchemaOf(0)];
    /// Runs an R script over the input.
    r: [volatile]
        (output_schema: TypeLiteral, script: String, arguments: Bag?) -> Table[SchemaOf(0)];
    /// Runs a C# script over the input.
    csharp: [volatile]
        (output_schema: TypeLiteral, script: String, arguments: Bag?) -> Table[SchemaOf(0)];
    /// Turns text into vectors with a language model.
    ai_embed_text: [volatile, hidden, old("ai_embeddings")]
        (text: Scalar, connection_string: String, options: Bag?, include_error_messages: Bool?) -> Table[
            Input, Suffixed(0, "embedding", Dynamic)
        ];
    /// Turns text into vectors with a language model.
    ai_embeddings: [volatile]
        (text: Scalar, connection_string: String, options: Bag?, include_error_messages: Bool?) -> Table[
            Input, Suffixed(0, "embeddings", Dynamic)
        ];
    /// Answers a chat with a language model.
    ai_chat_completion: [volatile]
        (prompt: Array, connection_string: String, options: Bag?, include_error_messages: Bool?) -> Table[
            Input, Suffixed(0, "completion", String)
        ];
    /// Answers a prompt with a language model.
    ai_chat_completion_prompt: [volatile]
        (prompt: String, connection_string: String, options: Bag?, include_error_messages: Bool?) -> Table[
            Input, Suffixed(0, "completion", String)
        ];
}
