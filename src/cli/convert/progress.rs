//! How far a long conversion has come, on a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that takes less time shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar on standard error, which goes when this is dropped. Where that is no terminal it shows nothing.
#[derive(Debug)]
pub(super) struct Bar {
    shown: ProgressBar,
    start: Instant,
    wanted: bool,
}

impl Bar {
    pub(super) fn over(files: usize, wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} files, {eta} left") {
            bar.set_style(style);
        }
        Self { shown: bar, start: Instant::now(), wanted }
    }

    /// One more file is done.
    pub(super) fn advance(&self) {
        self.shown.inc(1);
        if self.wanted && self.shown.is_hidden() && self.start.elapsed() > PATIENCE {
            self.shown.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shown.finish_and_clear();
    }
}
