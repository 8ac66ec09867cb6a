//! Which disk a path is on. Asked only when SQLite opens, looks for, or removes a file by its path.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

use crate::disk::Shared;

type Disks = RwLock<HashMap<u64, Weak<Shared>>>;

fn disks() -> &'static Disks {
    static DISKS: OnceLock<Disks> = OnceLock::new();
    DISKS.get_or_init(Disks::default)
}

const PREFIX: &str = "/sim-";

pub(crate) fn root(id: u64) -> String {
    format!("{PREFIX}{id}")
}

pub(crate) fn add(disk: &Arc<Shared>) {
    let mut disks = disks().write().unwrap_or_else(PoisonError::into_inner);
    disks.insert(disk.id, Arc::downgrade(disk));
}

pub(crate) fn remove(id: u64) {
    disks().write().unwrap_or_else(PoisonError::into_inner).remove(&id);
}

/// The disk of a path, and the path on it (empty for its root, else beginning with `/`).
pub(crate) fn find(path: &str) -> Option<(Arc<Shared>, &str)> {
    let (id, _) = split(path)?;
    let disk = disks().read().unwrap_or_else(PoisonError::into_inner).get(&id)?.upgrade()?;
    let (_, inner) = split(path)?;
    Some((disk, inner))
}

/// The number of the disk of a path, and the path on it.
pub(crate) fn split(path: &str) -> Option<(u64, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (id, inner) = rest.split_at(end);
    Some((id.parse().ok()?, inner.trim_end_matches('/')))
}
