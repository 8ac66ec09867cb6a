//! A member of each side, and the orders that both can be given.

use std::path::{Path, PathBuf};

use super::Side;
use crate::error::{BenchError, Outcome};
use crate::order::{BareTask, Key, Order, OursTask};

/// A member of each side, at the same address of the site.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(super) site: String,
    pub(super) home: PathBuf,
    pub(super) name: String,
    pub(super) ours: String,
    pub(super) folder: PathBuf,
    pub(super) bare: Key,
}

impl Pair {
    /// The uid of a side's member.
    pub(crate) fn uid(&self, side: Side) -> &str {
        match side {
            Side::Ours => &self.ours,
            Side::Bare => &self.bare.uid,
        }
    }

    /// The name of our account in its home.
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    /// The home that our account is in.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.clone()
    }

    /// An alias as long as that of our member.
    pub(crate) fn alias(&self) -> String {
        format!("bench bare {}", self.name)
    }

    /// The order to take in everything that waits.
    pub(crate) fn drain(&self, side: Side) -> Order {
        match side {
            Side::Ours => self.ours(OursTask::Drain { name: self.name() }),
            Side::Bare => self.bare(BareTask::Drain),
        }
    }

    /// The order to send replies.
    pub(crate) fn flush(&self, side: Side, to: &str, thread: &str, count: usize, copies: usize) -> Order {
        let (to, thread) = (to.to_owned(), thread.to_owned());
        match side {
            Side::Ours => self.ours(OursTask::Flush { name: self.name(), thread, count }),
            Side::Bare => self.bare(BareTask::Flush { to, thread, alias: self.alias(), count, copies }),
        }
    }

    /// The order to send a file.
    pub(crate) fn send_file(&self, side: Side, to: &str, file: &Path) -> Order {
        let (to, file) = (to.to_owned(), file.to_owned());
        match side {
            Side::Ours => self.ours(OursTask::SendFile { name: self.name(), to, file }),
            Side::Bare => self.bare(BareTask::SendFile { to, alias: self.alias(), file }),
        }
    }

    /// An order to our side.
    pub(crate) fn ours(&self, task: OursTask) -> Order {
        Order::Ours { home: self.home.clone(), task }
    }

    fn bare(&self, task: BareTask) -> Order {
        Order::Bare { dir: self.folder.clone(), site: self.site.clone(), key: self.bare.clone(), task }
    }

    /// One order for several pairs: look for mail side by side. All of ours are in one home.
    pub(crate) fn first(pairs: &[Pair], side: Side, times: usize) -> Outcome<Order> {
        let first = pairs.first().ok_or(BenchError::Expected("a pair"))?;
        Ok(match side {
            Side::Ours => {
                first.ours(OursTask::First { names: pairs.iter().map(Pair::name).collect(), times })
            }
            Side::Bare => Order::BareFirst {
                dir: first.folder.clone(),
                sites: pairs.iter().map(|pair| pair.site.clone()).collect(),
                keys: pairs.iter().map(|pair| pair.bare.clone()).collect(),
                times,
            },
        })
    }
}
