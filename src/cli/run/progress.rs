//! How far a long run has come, on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::eval::sources::Progress;

/// A run that takes less time shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// A bar on standard error, which goes when this is dropped.
#[derive(Debug)]
pub(super) struct Bar {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Shows how much of the files has been read.
    pub(super) fn over(progress: Arc<Progress>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let start = Instant::now();
            let mut bar: Option<ProgressBar> = None;
            while !told.load(Ordering::Relaxed) {
                thread::park_timeout(TICK);
                if start.elapsed() < PATIENCE {
                    continue;
                }
                let bar = bar.get_or_insert_with(shown);
                let total = progress.total.load(Ordering::Relaxed);
                // A table that is read twice is counted twice.
                bar.set_length(total.max(progress.read.load(Ordering::Relaxed)));
                bar.set_position(progress.read.load(Ordering::Relaxed));
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

fn shown() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style =
        ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes} read, {binary_bytes_per_sec}, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A bar that failed is no reason for anything else to.
            let _ = thread.join();
        }
    }
}
