//! `tmtp`, the terminal client: mail over TMTP for people and for scripts.
//!
//! A command line comes in ([`args`]), an answer goes out ([`output`]): text for people, with `--json` one
//! document for scripts; the exit code says how it ended ([`failure`]). Everything about mail is done by the
//! façade (`tmtp-client`); this program only translates. Commands that change something are *orders*
//! ([`orders`]): one process holds a home and does them ([`local`]), the others hand theirs over ([`handoff`],
//! [`desk`]). [`demo`] plays the main job of the whole project.

#![forbid(unsafe_code)]

#[cfg(not(unix))]
compile_error!("the terminal client needs local sockets and signals of a Unix system");

mod args;
mod commands;
mod demo;
mod desk;
mod examples;
mod failure;
mod handoff;
mod home;
mod local;
mod orders;
mod output;
mod random;
mod read;
mod states;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::failure::{DONE, Failure, REFUSED};
use crate::output::Out;

/// Worker threads: one for links, one for commands. Files and databases have threads of their own.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => return ExitCode::from(commands::told_by_parser(&told)),
    };
    let out = Out { json: cli.json };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(Failure::io("the system gives this process no threads", &error)),
    };
    ExitCode::from(match ended {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(failure) if failure.code == commands::PIPE_CLOSED => DONE,
        Err(failure) => {
            out.failure(&failure);
            failure.exit.max(REFUSED)
        }
    })
}
