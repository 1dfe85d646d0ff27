//! Functions of the nodes and edges that a graph pattern matches.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Tells whether a condition holds for every element of a path.
    all: [graph]
        (pattern_element: Scalar, expression: Bool[OverElementsOfFirst]) -> Bool;
    /// Tells whether a condition holds for some element of a path.
    any: [graph]
        (pattern_element: Scalar, expression: Bool[OverElementsOfFirst]) -> Bool;
    /// Gives the value of an expression for each element of a path, as an array.
    map: [graph]
        (pattern_element: Scalar, expression: Scalar[OverElementsOfFirst]) -> Array;
    /// Gives the nodes between the ends of a path.
    inner_nodes: [graph]
        (edge: Scalar) -> Array;
    /// Gives the id of a node.
    node_id: [graph]
        (node: Scalar?) -> String;
    /// Counts the edges that end in a node.
    node_degree_in: [graph]
        (node: Scalar?) -> Long;
    /// Counts the edges that start from a node.
    node_degree_out: [graph]
        (node: Scalar?) -> Long;
    /// Gives the labels of a node or an edge, as an array.
    labels: [graph]
        (pattern_element: Scalar?) -> Array[String];
}
