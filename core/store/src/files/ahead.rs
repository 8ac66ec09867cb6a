//! Work on a large file while it still comes: what is there is written back to the medium and hashed piece by piece on
//! a thread beside, so that little is left to do behind the last byte, and the medium's work is spread.
//!
//! It only begins early. The sync that a row may rely on is done behind the last byte all the same; but what goes wrong
//! here fails it, for some systems tell of a failed write only once. One thread for each file, which holds one chunk of
//! memory, and ends with the file, whatever becomes of that.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

use super::{hash_on, locked};
use crate::fs::{FileSystem, ReadableFile};
use crate::limits::AHEAD_PIECE;

/// The thread beside a file that comes. Dropped before its end, it gives up.
pub(super) struct Ahead {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    moved: Condvar,
}

#[derive(Default)]
struct Progress {
    written: u64,
    complete: bool,
    given_up: bool,
    /// What the thread has come to; `None` while it works.
    outcome: Option<io::Result<Vec<[u8; 32]>>>,
}

impl Ahead {
    /// Begins to work on a file of which so much is there. `parts` are hashed each by itself; they follow each other
    /// from the file's start. `None` if there is no thread to be had.
    pub(super) fn begin(
        fs: &Arc<dyn FileSystem>,
        path: PathBuf,
        parts: Vec<Range<u64>>,
        written: u64,
    ) -> Option<Ahead> {
        let shared = Arc::new(Shared::default());
        locked(&shared.progress).written = written;
        let (disk, theirs) = (Arc::clone(fs), Arc::clone(&shared));
        let thread = fs.beside(Box::new(move || {
            let outcome = theirs.work(&*disk, &path, parts);
            locked(&theirs.progress).outcome = Some(outcome);
        }))?;
        Some(Ahead { shared, thread: Some(thread) })
    }

    /// So much of the file is there now.
    pub(super) fn written(&self, bytes: u64) {
        self.shared.tell(|progress| progress.written = bytes);
    }

    /// The file is complete: what is left is hashed meanwhile.
    pub(super) fn complete(&self) {
        self.shared.tell(|progress| progress.complete = true);
    }

    /// Waits for the hashes of the parts, once the file is complete.
    pub(super) fn hashes(mut self) -> io::Result<Vec<[u8; 32]>> {
        self.join();
        // Without an outcome it has panicked.
        let gone = || Err(io::Error::other("the work on a file broke off"));
        locked(&self.shared.progress).outcome.take().unwrap_or_else(gone)
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("The work beside a file has panicked.");
        }
    }
}

impl Drop for Ahead {
    /// Waits for the piece that is being written back: after that nothing has the file open.
    fn drop(&mut self) {
        self.shared.tell(|progress| progress.given_up = true);
        self.join();
    }
}

impl Shared {
    fn tell(&self, what: impl FnOnce(&mut Progress)) {
        what(&mut locked(&self.progress));
        self.moved.notify_all();
    }

    fn work(
        &self,
        fs: &dyn FileSystem,
        path: &std::path::Path,
        parts: Vec<Range<u64>>,
    ) -> io::Result<Vec<[u8; 32]>> {
        let file = fs.open(path)?;
        let mut hashing = Hashing::new(parts);
        loop {
            let piece = self.next_piece(hashing.at)?;
            if !piece.complete {
                fs.sync_file(path)?;
            }
            hashing.go_on(&*file, piece.until)?;
            if piece.last {
                return hashing.finish();
            }
        }
    }

    /// Waits for the next piece behind `at`.
    fn next_piece(&self, at: u64) -> io::Result<Piece> {
        let mut progress = locked(&self.progress);
        loop {
            let Progress { written, complete, given_up, .. } = *progress;
            if given_up {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let until = at.saturating_add(AHEAD_PIECE);
            if complete || written >= until {
                let last = complete && written <= until;
                return Ok(Piece { until: until.min(written), complete, last });
            }
            progress = self.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Piece {
    until: u64,
    /// The file is, and is being synced.
    complete: bool,
    last: bool,
}

/// Hashing of parts that follow each other, with pauses anywhere.
struct Hashing {
    parts: std::vec::IntoIter<Range<u64>>,
    part: Option<(u64, Sha256)>,
    at: u64,
    done: Vec<[u8; 32]>,
}

impl Hashing {
    fn new(parts: Vec<Range<u64>>) -> Hashing {
        let mut hashing = Hashing { parts: parts.into_iter(), part: None, at: 0, done: Vec::new() };
        hashing.next_part();
        hashing
    }

    fn next_part(&mut self) {
        self.part = self.parts.next().map(|part| (part.end, Sha256::new()));
    }

    /// Hashes up to there.
    fn go_on(&mut self, file: &dyn ReadableFile, until: u64) -> io::Result<()> {
        while let Some((end, hash)) = &mut self.part {
            let piece = self.at..until.min(*end);
            if !piece.is_empty() && hash_on(hash, file, piece.clone())? < piece.end - piece.start {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.at = self.at.max(piece.end);
            if self.at < *end {
                return Ok(());
            }
            let whole = std::mem::take(hash);
            self.done.push(whole.finalize().into());
            self.next_part();
        }
        self.at = self.at.max(until);
        Ok(())
    }

    fn finish(self) -> io::Result<Vec<[u8; 32]>> {
        if self.part.is_some() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(self.done) }
    }
}

#[cfg(test)]
mod tests;
