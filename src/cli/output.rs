//! The way out: buffered standard output that takes a closed pipe calmly, and the exit code.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a run ended. The order is that of weight: of several outcomes the highest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to say. Exit code 0.
    #[default]
    Clean,
    /// Findings. Exit code 1.
    Findings,
    /// Wrong usage, or something could not be read or written. Exit code 2.
    Failed,
}

impl Exit {
    /// The exit code, which other programs rely on.
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Buffered output that remembers its first error, after which nothing more is written.
///
/// Whoever writes may take an error as the sign to stop, and need not tell it: [`finish`](Self::finish) does.
#[derive(Debug)]
pub struct Output<W: Write> {
    out: io::BufWriter<W>,
    error: Option<io::Error>,
}

impl Output<io::StdoutLock<'static>> {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout().lock())
    }
}

impl<W: Write> Output<W> {
    /// Output to any writer.
    pub fn new(out: W) -> Self {
        Self { out: io::BufWriter::with_capacity(1 << 16, out), error: None }
    }

    /// Writes what is still buffered. A closed pipe leaves `exit` as it is, since whoever closed it wanted no
    /// more; any other error is told on standard error, and the run has failed.
    pub fn finish(mut self, exit: Exit) -> Exit {
        // The error is told below, whenever it happened.
        let _ = self.flush();
        // Dropping the writer would try once more.
        let (_, _) = self.out.into_parts();
        match self.error {
            None => exit,
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
            Some(error) => {
                complain(format_args!("cannot write: {error}"));
                Exit::Failed
            }
        }
    }

    fn once<T>(&mut self, write: impl FnOnce(&mut io::BufWriter<W>) -> io::Result<T>) -> io::Result<T> {
        let kind = match &self.error {
            Some(error) => error.kind(),
            None => match write(&mut self.out) {
                Ok(done) => return Ok(done),
                // Asks to be tried again, and will be.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => self.error.insert(error).kind(),
            },
        };
        Err(kind.into())
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.once(|out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.once(Write::flush)
    }
}

/// Tells what went wrong on standard error.
pub fn complain(message: impl Display) {
    // There is nowhere else to turn to if standard error is closed.
    let _ = writeln!(io::stderr(), "kqlc: error: {message}");
}

/// Gives a hint on standard error.
pub fn hint(message: impl Display) {
    let _ = writeln!(io::stderr(), "kqlc: warning: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_heaviest_outcome_counts() {
        assert_eq!([Exit::Findings, Exit::Failed, Exit::Clean].into_iter().max(), Some(Exit::Failed));
        assert_eq!([Exit::Clean, Exit::Findings, Exit::Failed].map(Exit::code), [0, 1, 2]);
    }

    #[test]
    fn a_closed_pipe_changes_nothing() {
        for exit in [Exit::Clean, Exit::Findings] {
            let mut out = Output::new(Failing(io::ErrorKind::BrokenPipe));
            out.write_all(b"a").unwrap();
            assert_eq!(out.finish(exit), exit);
        }
    }

    #[test]
    fn a_full_disk_is_a_failure_and_a_sign_to_stop() {
        let mut out = Output::new(Failing(io::ErrorKind::StorageFull));
        out.write_all(b"still in the buffer").unwrap();
        for _ in 0..2 {
            assert_eq!(out.write_all(&vec![b'a'; 1 << 17]).unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
        assert_eq!(out.finish(Exit::Clean), Exit::Failed);
    }

    #[test]
    fn what_was_written_arrives_in_order() {
        let mut bytes = Vec::new();
        let mut out = Output::new(&mut bytes);
        out.write_all(b"one ").unwrap();
        out.write_all(&vec![b'x'; 70_000]).unwrap();
        out.write_all(b" two").unwrap();
        assert_eq!(out.finish(Exit::Findings), Exit::Findings);
        assert_eq!(bytes.len(), 70_008);
        assert!(bytes.starts_with(b"one x") && bytes.ends_with(b"x two"));
    }
}
