//! Runs work over files: in parallel, with the results in the order of the files.

use std::io;

use rayon::prelude::*;

use super::Global;
use super::input::{Input, Inputs, Paths, Text};
use super::output::{Exit, complain, hint};

/// How many files are worked on before their results are handed on. Enough to keep every core busy, and few
/// enough that results do not pile up.
const BATCH: usize = 256;

/// Stack of a worker thread, in bytes: that of a main thread, so that what a file gives does not depend on how
/// many others there are.
const STACK: usize = 8 << 20;

/// Whether there is any use in going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Nobody reads the results any more.
    Stop,
}

impl From<io::Result<()>> for Flow {
    /// Stops at the first error; the output that gave it tells it.
    fn from(written: io::Result<()>) -> Self {
        if written.is_ok() { Self::Continue } else { Self::Stop }
    }
}

/// Reads the files that `paths` mean, runs `work` on each, in parallel where there are several, and hands the
/// results to `sink` in the order of the files.
///
/// What cannot be read is told on standard error and does not keep the others from being worked on; the run has
/// then failed. Files are read by the thread that works on them and are gone when their result is there.
pub fn over_files<T: Send>(
    paths: &Paths,
    global: Global,
    work: impl Fn(&Text) -> T + Sync,
    sink: impl FnMut(T) -> Flow,
) -> Exit {
    over_inputs(paths.find(), global, work, sink)
}

/// As [`over_files`], for files that have been found already.
pub fn over_inputs<T: Send>(
    inputs: Inputs,
    global: Global,
    work: impl Fn(&Text) -> T + Sync,
    mut sink: impl FnMut(T) -> Flow,
) -> Exit {
    let Inputs { inputs, errors, empty } = inputs;
    let mut exit = Exit::Clean;
    for error in errors {
        complain(error);
        exit = Exit::Failed;
    }
    if !global.quiet {
        for folder in empty {
            hint(format_args!("{}: no rules or queries in this folder", folder.display()));
        }
    }

    let one = |input: &Input| input.read().map(|text| work(&text)).map_err(|error| error.to_string());
    // Threads take longer to start than a small file takes to be worked on.
    let pool = (inputs.len() > 1)
        .then(|| rayon::ThreadPoolBuilder::new().stack_size(STACK).build())
        // A machine that gives no threads gets its answer later.
        .and_then(Result::ok);
    for batch in inputs.chunks(BATCH) {
        let results: Vec<Result<T, String>> = match &pool {
            Some(pool) => pool.install(|| batch.par_iter().map(one).collect()),
            None => batch.iter().map(one).collect(),
        };
        for result in results {
            match result {
                Ok(result) => {
                    if sink(result) == Flow::Stop {
                        return exit;
                    }
                }
                Err(error) => {
                    complain(error);
                    exit = Exit::Failed;
                }
            }
        }
    }
    exit
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Mutex;
    use std::thread;

    use super::*;
    use crate::cli::Color;
    use crate::cli::output::Output;
    use crate::diagnostic::render::{Format, Renderer, Report, Sink};
    use crate::diagnostic::{Diagnostic, code};
    use crate::source::Span;

    const GLOBAL: Global = Global { color: Color::Never, quiet: true };

    fn folder(files: usize) -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..files {
            fs::write(folder.path().join(format!("{number:05}.kql")), number.to_string()).unwrap();
        }
        let paths = Paths { paths: vec![folder.path().to_owned()], stdin_name: None };
        (folder, paths)
    }

    #[test]
    fn results_come_in_the_order_of_the_files() {
        let (_folder, paths) = folder(BATCH * 2 + 7);
        let mut numbers = Vec::new();
        let work = |text: &Text| {
            let number: usize = text.file.text().parse().unwrap();
            if number.is_multiple_of(50) {
                thread::sleep(std::time::Duration::from_millis(3));
            }
            number
        };
        let exit = over_files(&paths, GLOBAL, work, |number| {
            numbers.push(number);
            Flow::Continue
        });
        assert_eq!(exit, Exit::Clean);
        assert_eq!(numbers, (0..BATCH * 2 + 7).collect::<Vec<_>>());
    }

    #[test]
    fn findings_of_many_files_are_written_in_order() {
        let (_folder, paths) = folder(BATCH + 3);
        let renderer = Renderer::new(Format::Json, false);
        let mut bytes = Vec::new();
        let mut out = Output::new(&mut bytes);
        let mut sink = Sink::new(&mut out, renderer.format());
        let exit = over_files(
            &paths,
            GLOBAL,
            |text| {
                let span = Span::new(0, text.file.text().len());
                let diagnostics = [Diagnostic::new(&code::UNEXPECTED, span, text.file.text())];
                renderer.render(&Report { file: &text.file, query: Some(0), diagnostics: &diagnostics })
            },
            |chunk| sink.write(chunk).into(),
        );
        sink.finish().unwrap();
        assert_eq!(out.finish(exit.max(Exit::Findings)), Exit::Findings);
        let records = std::str::from_utf8(&bytes).unwrap().lines().map(serde_json::from_str::<serde_json::Value>);
        let messages: Vec<String> =
            records.map(|record| record.unwrap()["diagnostics"][0]["message"].as_str().unwrap().to_owned()).collect();
        assert_eq!(messages, (0..BATCH + 3).map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn one_file_starts_no_threads() {
        let (_folder, paths) = folder(1);
        let workers = Mutex::new(Vec::new());
        over_files(&paths, GLOBAL, |_| workers.lock().unwrap().push(thread::current().id()), |()| Flow::Continue);
        assert_eq!(*workers.lock().unwrap(), [thread::current().id()]);
    }

    #[test]
    fn what_cannot_be_read_fails_the_run_and_hides_nothing() {
        let (folder, mut paths) = folder(3);
        paths.paths.insert(0, PathBuf::from("/no/such/file.kql"));
        paths.paths.push(folder.path().join("gone.kql"));
        let mut count = 0;
        let exit = over_files(
            &paths,
            GLOBAL,
            |_| (),
            |()| {
                count += 1;
                Flow::Continue
            },
        );
        assert_eq!((exit, count), (Exit::Failed, 3));
    }

    #[test]
    fn work_ends_when_nobody_reads() {
        let (_folder, paths) = folder(BATCH * 3);
        let worked = Mutex::new(0);
        let exit = over_files(&paths, GLOBAL, |_| *worked.lock().unwrap() += 1, |()| Flow::Stop);
        assert_eq!(exit, Exit::Clean);
        assert_eq!(*worked.lock().unwrap(), BATCH);
    }
}
