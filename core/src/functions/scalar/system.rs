//! Functions of the service: names of tables and clusters, the user, storage.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Stands for a cluster.
    cluster:
        (name: String) -> Computed[Entity];
    /// Stands for a database.
    database:
        (name: String?) -> Computed[Entity];
    /// Stands for a table.
    table:
        (name: String, query_data_scope: String?) -> Computed[Entity];
    /// Stands for an external table.
    external_table:
        (name: String, mapping: String?) -> Computed[Entity]
        (name: String, max_age: TimeSpan) -> Computed[Entity];
    /// Stands for a materialised view.
    materialized_view:
        (name: String, max_age: TimeSpan?) -> Computed[Entity];
    /// Stands for a group of databases or clusters.
    entity_group:
        (name: String) -> Computed[Entity];
    /// Stands for a stored result of an earlier query.
    stored_query_result:
        (name: String) -> Computed[Entity]
        (name: String, index: Long) -> Computed[Entity]
        (name: String, table_name: String) -> Computed[Entity];
    /// Stands for a stored graph.
    graph:
        (name: String, snapshot: String?) -> Computed[Entity]
        (name: String, volatile: Bool) -> Computed[Entity];
    /// Gives the address of the cluster.
    current_cluster_endpoint: [volatile]
        () -> String;
    /// Gives the name of the database in scope.
    current_database: [volatile]
        () -> String;
    /// Gives the name of who runs the query.
    current_principal: [volatile]
        () -> String;
    /// Gives what is known of who runs the query, as a bag.
    current_principal_details: [volatile]
        () -> Bag;
    /// Tells whether who runs the query belongs to one of several groups.
    current_principal_is_member_of: [volatile]
        (group: StringOrArray * 1..64) -> Bool;
    /// Gives the name of the node that evaluates a record; internal.
    current_node_id: [volatile, hidden]
        () -> String;
    /// Gives the id of the storage unit that holds the record.
    extent_id: [volatile]
        () -> Guid;
    /// Gives the id of the storage unit that holds the record.
    extentid: [volatile, hidden, old("extent_id")]
        () -> Guid;
    /// Gives the tags of the storage unit that holds the record, as an array.
    extent_tags: [volatile]
        () -> Array[String];
    /// Gives the instant at which the record arrived; null where that is not kept.
    ingestion_time: [volatile, named(Fixed("$IngestionTime"))]
        () -> DateTime;
    /// Gives the id of the record within its storage.
    row_id: [volatile]
        () -> String;
    /// Gives the range of ordinals of the row store that holds the record; internal.
    rowstore_ordinal_range: [volatile, hidden]
        () -> Dynamic;
    /// Tells whether the record arrived after the point a cursor stands for.
    cursor_after: [volatile]
        (cursor: String) -> Bool;
    /// Tells whether the record had arrived at the point a cursor stands for.
    cursor_before_or_at: [volatile]
        (cursor: String) -> Bool;
    /// Gives a cursor that stands for now.
    cursor_current: [volatile]
        () -> String;
    /// Gives a cursor that stands for now.
    current_cursor: [volatile, hidden, old("cursor_current")]
        () -> String;
    /// Gives about how many bytes the values of columns take.
    estimate_data_size: [volatile]
        (column: Scalar[Column]+) -> Long
        (column: Scalar[Star]) -> Long;
    /// Gives a new random guid.
    new_guid: [volatile]
        () -> Guid
        => "print x = strlen(tostring(new_guid()))" gives "36";
    /// Lists the names of the columns of a table.
    column_names_of: [foldable]
        (table: Tabular) -> Array[String];
    /// Calls a function of the service by name; internal.
    __invoke: [foldable, hidden]
        (name: String[Literal], type: TypeLiteral[Literal], arg: Anything*) -> Named[1];
    /// Turns a value into a type; internal.
    __cast: [foldable, hidden]
        (type: TypeLiteral[Literal], value: Scalar) -> Named[0];
}
