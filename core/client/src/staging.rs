//! Files on their way in and out of an account, on threads that may block.
//!
//! What is sent is first copied into the store and synced; only then is the message put. If it is not put, or
//! refused, the copies go away again; what a kill leaves behind is swept at the next open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tmtp_account::{Attachment, Command, Reply};
use tmtp_store::files::Source;
use tmtp_store::{Files, StoreError};
use tmtp_wire::ids::MessageRef;

use crate::error::Error;
use crate::lifecycle::Pass;
use crate::slot::{Slot, off_thread};

/// Files that were taken into the store for a message that is not put yet. Dropped, it removes them.
pub(crate) struct Staging {
    files: Files,
    taken: Vec<Attachment>,
    /// Until everything is handed over or removed.
    pass: Option<Pass>,
}

impl Staging {
    /// Takes these files in, all or none.
    pub(crate) async fn take_in(slot: &Arc<Slot>, sources: Vec<PathBuf>) -> Result<Staging, Error> {
        let lifecycle = &slot.house.lifecycle;
        let pass = Some(lifecycle.enter()?);
        let files = slot.line().await?.files.halted_by(lifecycle.halt());
        let mut staging = Staging { files, taken: Vec::new(), pass };
        if sources.is_empty() {
            return Ok(staging);
        }
        let staged = off_thread(move || {
            for source in &sources {
                let name = source.file_name().ok_or(Error::File { kind: io::ErrorKind::InvalidFilename })?;
                let name = name.to_string_lossy().into_owned();
                let staged = staging.files.stage(source, "sent").map_err(file_error)?;
                staging.taken.push(Attachment { name, staged });
            }
            Ok(staging)
        })
        .await;
        // What was given up because of it is told by its cause.
        staged.map_err(|error| lifecycle.barred().unwrap_or(error))
    }

    /// For the command that is going to use them.
    pub(crate) fn attachments(&self) -> Vec<Attachment> {
        self.taken.clone()
    }

    /// Puts the command; from then on the files are the account's, unless it refuses.
    pub(crate) async fn hand_over(mut self, slot: &Arc<Slot>, command: Command) -> Result<Reply, Error> {
        let answer = slot.put(command).await?;
        let taken = std::mem::take(&mut self.taken);
        let outcome = slot.answered(answer).await;
        // A driver that has gone away may have done it: then the files stay, and the next open knows.
        if outcome.as_ref().is_err_and(|error| !matches!(error, Error::Broken | Error::Closed)) {
            self.taken = taken;
        }
        outcome
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        if taken.is_empty() {
            return;
        }
        let (files, pass) = (self.files.clone(), self.pass.take());
        let remove = move || {
            let _pass = pass;
            for attachment in taken {
                if files.remove(&attachment.staged.file).is_err() {
                    tracing::warn!("A file that nobody needs could not be removed.");
                }
            }
        };
        match tokio::runtime::Handle::try_current() {
            // It ends by itself, soon; a kill before that leaves the files to the next open.
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

/// Writes an attachment to a file of the caller's.
pub(crate) fn give_out(
    slot: &Slot,
    message: MessageRef,
    name: &str,
    to: &Path,
    replace: bool,
) -> Result<u64, Error> {
    let lifecycle = &slot.house.lifecycle;
    let _pass = lifecycle.enter()?;
    let source = slot.read_now(|reader| reader.attachment_source(message, name))?;
    let given = slot.files().export(&source, to, replace).map_err(file_error);
    given.map_err(|error| lifecycle.barred().unwrap_or(error))?;
    Ok(match source {
        Source::Bytes(bytes) => bytes.len() as u64,
        Source::File { size, .. } => size,
    })
}

/// Trouble with a file of the caller's, as far as it is not the store's.
fn file_error(error: StoreError) -> Error {
    match error {
        // Only long work that is given up says so.
        StoreError::Io { source, .. } if source.kind() == io::ErrorKind::Interrupted => Error::Suspended,
        StoreError::Io { source, .. } => Error::File { kind: source.kind() },
        StoreError::NotFound => Error::File { kind: io::ErrorKind::NotFound },
        StoreError::Exists => Error::File { kind: io::ErrorKind::AlreadyExists },
        other => other.into(),
    }
}
