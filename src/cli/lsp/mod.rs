//! `kqlc lsp`: a language server over standard input and output.
//!
//! One thread reads messages, another answers them in order. Before an answer is begun all messages that have arrived
//! are taken in, so that a request which was taken back meanwhile costs nothing, and findings are told when nothing
//! else is to be done: what a run of changes leaves is checked once.

mod actions;
mod complete;
mod cursor;
mod document;
mod hover;
mod keys;
mod navigate;
mod operators;
mod position;
mod protocol;
mod publish;
mod query;
mod server;
mod settings;
mod wire;

use std::io;
use std::sync::mpsc;
use std::thread;

use super::output::{Exit, Output, complain};
use super::schemas::SchemaOptions;
use server::{Ended, Server};

/// Arguments of `kqlc lsp`.
#[derive(Debug, clap::Args)]
pub struct Lsp {
    #[command(flatten)]
    schemas: SchemaOptions,
    /// Speak over standard input and output, as is done anyhow; editors like to say so
    #[arg(long, hide = true)]
    stdio: bool,
}

/// What arrives: a message, or why no more can be read.
type Arrival = io::Result<wire::Message>;

impl Lsp {
    /// Serves until the client is done.
    pub(super) fn run(&self, out: &mut Output<impl io::Write>) -> Exit {
        let Some(schemas) = self.schemas.load() else { return Exit::Failed };
        let (sender, receiver) = mpsc::channel::<Arrival>();
        // Ends with the process: nothing can wake a thread that waits for standard input.
        thread::spawn(move || {
            let mut input = io::stdin().lock();
            loop {
                let arrival = match wire::read(&mut input) {
                    Ok(Some(message)) => Ok(message),
                    Ok(None) => return,
                    Err(error) => Err(error),
                };
                let last = arrival.is_err();
                if sender.send(arrival).is_err() || last {
                    return;
                }
            }
        });
        match Server::new(schemas).serve(&receiver, out) {
            Ended::AsAgreed => Exit::Clean,
            Ended::Abruptly => Exit::Findings,
            Ended::Unreadable(error) => {
                complain(format_args!("standard input: {error}"));
                Exit::Failed
            }
        }
    }
}
