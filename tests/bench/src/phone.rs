//! Tasks of a worker that measure what a phone feels: screens over a large store, and how often idle accounts wake.

mod fill;
mod idle;
mod raw;
mod screens;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Outcome;

/// What a worker is to do on a home of ours.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Put so many messages into the store of an account that nobody else has open. Says [`Answer::Filled`].
    Fill { name: String, messages: usize },
    /// Open everything and read the first page of threads, so often, in turns with the same statements run raw. Says
    /// [`Answer::Screens`].
    Screens { name: String, times: usize },
    /// Hold the links of so many new accounts, in virtual time. Says [`Answer::Idle`].
    Idle { accounts: usize, settle: u64, seconds: u64 },
}

/// What it says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// So many bytes of database.
    Filled { bytes: u64 },
    /// Milliseconds, lower quartiles: ours, and raw. So many rows on the page.
    Screens { ours: f64, raw: f64, rows: usize },
    /// At how many different moments the client had something to do, and what the site has seen of it.
    Idle { moments: usize, links: usize },
}

/// Does one task.
pub(crate) async fn run(home: PathBuf, task: Task) -> Outcome<()> {
    match task {
        Task::Fill { name, messages } => crate::say(&fill::run(&folder(&home, &name), &home, messages)?),
        Task::Screens { name, times } => crate::say(&screens::run(&home, &name, times).await?),
        Task::Idle { accounts, settle, seconds } => {
            crate::say(&idle::run(&home, accounts, settle, seconds).await?)
        }
    }
}

/// The folder of an account in a home, as `tmtp-client` lays it out.
fn folder(home: &Path, name: &str) -> PathBuf {
    home.join("accounts").join(name)
}
