//! How far a long conversion has come, on a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A run that takes less time shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the bar moves at most.
const TICK: Duration = Duration::from_millis(100);
/// How wide it is.
const WIDTH: usize = 30;

/// A bar on standard error, which goes when this is dropped. Where that is no terminal it shows nothing.
#[derive(Debug)]
pub(super) struct Bar {
    files: usize,
    wanted: bool,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    done: usize,
    start: Instant,
    /// When the bar was drawn last.
    drawn: Option<Instant>,
}

impl Bar {
    pub(super) fn over(files: usize, wanted: bool) -> Self {
        let progress = Mutex::new(Progress { done: 0, start: Instant::now(), drawn: None });
        Self { files, wanted: wanted && io::stderr().is_terminal(), progress }
    }

    /// One more file is done.
    pub(super) fn advance(&self) {
        // Whoever panicked has drawn at worst half a bar.
        let Ok(mut progress) = self.progress.lock() else { return };
        progress.done += 1;
        let due = progress.start.elapsed() > PATIENCE && progress.drawn.is_none_or(|drawn| drawn.elapsed() > TICK);
        if self.wanted && due {
            progress.drawn = Some(Instant::now());
            let left = left(progress.start.elapsed(), progress.done, self.files);
            // A terminal that is gone is nobody who could be told.
            let _ = write!(io::stderr(), "\r\x1b[2K{}, {left} s left", shown(progress.done, self.files));
        }
    }
}

/// The bar and the numbers.
fn shown(done: usize, files: usize) -> String {
    let full = (WIDTH * done.min(files)).checked_div(files).unwrap_or(WIDTH);
    format!("{}{} {done} of {files} files", "\u{2588}".repeat(full), "\u{2591}".repeat(WIDTH - full))
}

/// How many seconds the rest takes when it goes on like this.
fn left(elapsed: Duration, done: usize, files: usize) -> u64 {
    let rest = files.saturating_sub(done) as u64;
    (elapsed.as_secs() * rest).checked_div(done as u64).unwrap_or(0)
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.progress.get_mut().is_ok_and(|progress| progress.drawn.is_some()) {
            let _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_with_the_files() {
        assert_eq!(shown(0, 10), format!("{} 0 of 10 files", "\u{2591}".repeat(30)));
        assert_eq!(shown(5, 10), format!("{}{} 5 of 10 files", "\u{2588}".repeat(15), "\u{2591}".repeat(15)));
        assert_eq!(shown(0, 0), format!("{} 0 of 0 files", "\u{2588}".repeat(30)));
        assert_eq!(left(Duration::from_secs(6), 2, 10), 24);
        assert_eq!(left(Duration::from_secs(6), 0, 10), 0);
    }
}
