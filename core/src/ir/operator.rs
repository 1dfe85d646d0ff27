//! What queries call the operators that steps come from.

use super::Op;

impl Op {
    /// The operator's name in KQL; nothing for steps that no query of KQL writes, and for those that are kept as text.
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Filter(_) | Self::Window(_) => "where",
            Self::Extend(_) => "extend",
            Self::Project(..) => "project",
            Self::Summarize { .. } => "summarize",
            Self::Distinct => "distinct",
            Self::Sort(_) => "sort",
            Self::Serialize => "serialize",
            Self::Take(_) => "take",
            Self::Sample(_) => "sample",
            Self::SampleDistinct(..) => "sample-distinct",
            Self::Join(join) if join.lookup => "lookup",
            Self::Join(_) => "join",
            Self::MvExpand(expand) if expand.body.is_some() => "mv-apply",
            Self::MvExpand(_) => "mv-expand",
            Self::MakeSeries(_) => "make-series",
            Self::Parse(parse) if parse.filter => "parse-where",
            Self::Parse(_) => "parse",
            Self::ParseKv(_) => "parse-kv",
            Self::Scan(_) => "scan",
            Self::Partition(_) => "partition",
            Self::TopNested(_) => "top-nested",
            Self::TopHitters { .. } => "top-hitters",
            Self::Reduce { .. } => "reduce",
            Self::Evaluate(_) => "evaluate",
            Self::GetSchema => "getschema",
            Self::Invoke(_) => "invoke",
            Self::Fork(_) => "fork",
            Self::Consume => "consume",
            Self::Render { .. } => "render",
            Self::Statistics(_) | Self::Foreign(_) | Self::Opaque(_) => return None,
        })
    }
}
