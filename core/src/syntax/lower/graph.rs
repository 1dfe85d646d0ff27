//! Graph operators.

use pest::iterators::Pair;

use super::super::ast::{
    EdgeDirection, Expr, ExprKind, GraphElement, GraphMatch, GraphOutput, MakeGraph, OperatorKind, Sign, Unary,
};
use super::operator::only;
use super::{Children, Lower, Place, Rule, is_name, span};

impl Lower {
    pub(super) fn graph_operator(&self, rule: Rule, children: &mut Children<'_>, text: &str) -> OperatorKind {
        match rule {
            Rule::make_graph => OperatorKind::MakeGraph(self.make_graph(children)),
            Rule::graph_match => OperatorKind::GraphMatch(self.graph_match(children)),
            Rule::graph_shortest_paths => OperatorKind::GraphShortestPaths(self.graph_match(children)),
            Rule::graph_to_table => {
                OperatorKind::GraphToTable(children.map(|output| self.graph_output(output)).collect())
            }
            Rule::graph_where_nodes => OperatorKind::GraphWhereNodes(self.expr(children.need())),
            Rule::graph_where_edges => OperatorKind::GraphWhereEdges(self.expr(children.need())),
            _ => {
                debug_assert!(text.starts_with("graph-mark-components"), "no operator of its own: {text}");
                OperatorKind::GraphMarkComponents
            }
        }
    }

    fn make_graph(&self, children: &mut Children<'_>) -> MakeGraph {
        let source = self.name(children.need(), Place::Reference);
        let directed = children.need().as_str() == "-->";
        let target = self.name(children.need(), Place::Reference);
        let node_id = children.one(Rule::graph_node_id).map(|clause| self.name(only(clause), Place::Reference));
        let tables = children
            .one(Rule::graph_tables)
            .into_iter()
            .flat_map(Pair::into_inner)
            .map(|table| {
                let mut parts = Children::of(table);
                (self.path(parts.need()), self.name(parts.need(), Place::Reference))
            })
            .collect();
        let partitioned_by = children.one(Rule::graph_partitioned).map(|clause| {
            let mut parts = Children::of(clause);
            (self.path(parts.need()), self.sub_query(parts.need()))
        });
        MakeGraph { source, directed, target, node_id, tables, partitioned_by }
    }

    fn graph_match(&self, children: &mut Children<'_>) -> GraphMatch {
        let patterns = children
            .every(Rule::graph_pattern)
            .map(|pattern| pattern.into_inner().map(|element| self.graph_element(element)).collect())
            .collect();
        let predicate = children.one(Rule::graph_where).map(|clause| self.pipeline(only(clause)));
        let project = children
            .one(Rule::graph_project)
            .map(|clause| clause.into_inner().map(|expr| self.named_expr(expr)).collect());
        GraphMatch { patterns, predicate, project }
    }

    fn graph_element(&self, pair: Pair<'_, Rule>) -> GraphElement {
        let (rule, span, text) = (pair.as_rule(), span(&pair), pair.as_str());
        let mut children = Children::of(pair);
        if rule == Rule::graph_node {
            return GraphElement::Node { name: children.next().map(|name| self.name(name, Place::Reference)), span };
        }
        let direction = match (text.starts_with('<'), text.ends_with('>')) {
            (true, _) => EdgeDirection::Backward,
            (false, true) => EdgeDirection::Forward,
            (false, false) => EdgeDirection::Any,
        };
        children.one(Rule::edge_open);
        let name = children.one_if(is_name).map(|name| self.name(name, Place::Reference));
        let range = children.one(Rule::edge_range).map(|range| {
            let mut bounds = Children::of(range);
            Box::new((self.edge_bound(bounds.need()), self.edge_bound(bounds.need())))
        });
        GraphElement::Edge { direction, name, range, span }
    }

    fn edge_bound(&self, pair: Pair<'_, Rule>) -> Expr {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let sign = children.one(Rule::sign);
        let operand = self.path(children.need());
        match sign {
            None => operand,
            Some(sign) => {
                let op = if sign.as_str() == "-" { Sign::Minus } else { Sign::Plus };
                Expr { kind: ExprKind::Unary(Box::new(Unary { op, operand })), span }
            }
        }
    }

    fn graph_output(&self, pair: Pair<'_, Rule>) -> GraphOutput {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let nodes = children.need().as_str() == "nodes";
        let name = children.one_if(is_name).map(|name| self.name(name, Place::Reference));
        GraphOutput { nodes, name, parameters: self.parameters(&mut children), span }
    }
}
