//! Why a run gives no answer.

use datafusion::common::DataFusionError;

use crate::source::Span;
use crate::types::Type;

/// Why a run gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The query needs something that is not run here. Found before any data is read.
    #[error("{what}")]
    Unsupported {
        /// What, and why.
        what: String,
        /// The words of the query.
        span: Span,
    },
    /// A table that nothing was given for.
    #[error("no data was given for the {kind} `{name}`")]
    Missing {
        /// Table, watchlist or address.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The words of the query.
        span: Span,
    },
    /// A value the query gives cannot be used: a negative count, a malformed regular expression.
    #[error("{what}")]
    Value {
        /// What is wrong with it.
        what: String,
        /// The words of the query.
        span: Span,
    },
    /// A plugin whose columns depend on the data was run, and these are its columns: the query is to be bound again
    /// with them.
    #[error("the columns of a plugin are known only once it has run")]
    Columns {
        /// The words of the plugin's call.
        span: Span,
        /// What it gave.
        columns: Vec<(String, Type)>,
    },
    /// The process was told to stop.
    #[error("interrupted")]
    Interrupted,
    /// A file could not be read or written.
    #[error("{0}")]
    Source(String),
    /// The engine below failed.
    #[error(transparent)]
    Engine(#[from] DataFusionError),
}

impl EvalError {
    /// A refusal.
    pub fn unsupported(what: impl Into<String>, span: Span) -> Self {
        Self::Unsupported { what: what.into(), span }
    }

    /// What is to be told. What a reader of files had to say has come through the engine, and stands alone here; so
    /// does that memory ran out.
    pub fn told(&self) -> String {
        let Self::Engine(error) = self else { return self.to_string() };
        match error.find_root() {
            DataFusionError::External(inner) => match inner.downcast_ref::<Self>() {
                Some(Self::Engine(_)) | None => inner.to_string(),
                Some(other) => other.told(),
            },
            DataFusionError::ResourcesExhausted(what) => {
                format!("the memory limit was reached where nothing is left to spill to disk: {what}")
            }
            root => root.strip_backtrace(),
        }
    }

    /// The words of the query it is about.
    pub const fn span(&self) -> Option<Span> {
        match self {
            Self::Unsupported { span, .. }
            | Self::Missing { span, .. }
            | Self::Value { span, .. }
            | Self::Columns { span, .. } => Some(*span),
            Self::Interrupted | Self::Source(_) | Self::Engine(_) => None,
        }
    }
}
