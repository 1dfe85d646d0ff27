//! Being told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::common::DataFusionError;
use futures::future::{Either, select};
use tokio::sync::Notify;

use super::error::EvalError;

/// The exit code of a process that is told to stop twice: that of one ended by the signal.
const ENDED: i32 = 130;

/// Tells whether the process was told to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    told: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Whether it was.
    pub fn is_told(&self) -> bool {
        self.0.told.load(Ordering::Relaxed)
    }

    /// Waits for the signal, for as long as the process lives.
    pub(super) async fn listen(self) {
        while tokio::signal::ctrl_c().await.is_ok() {
            if self.0.told.swap(true, Ordering::Relaxed) {
                std::process::exit(ENDED);
            }
            self.0.notify.notify_waiters();
        }
    }

    /// Does some work, unless the process is told to stop first.
    pub(super) async fn or<T>(&self, work: impl Future<Output = Result<T, DataFusionError>>) -> Result<T, EvalError> {
        let mut stop = std::pin::pin!(self.0.notify.notified());
        // From here on no call is missed.
        stop.as_mut().enable();
        if self.is_told() {
            return Err(EvalError::Interrupted);
        }
        match select(std::pin::pin!(work), stop).await {
            Either::Left((done, _)) => Ok(done?),
            Either::Right(_) => Err(EvalError::Interrupted),
        }
    }
}
