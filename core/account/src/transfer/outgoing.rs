//! The files of a post that is being sent, as one run of bytes.

use tmtp_store::files::Files;
use tmtp_store::write::inbox::{Attached, Bytes};
use tmtp_wire::time::Mono;

use crate::limits::PROGRESS_EVERY;

/// The files of a post that is being sent.
pub(crate) struct Outgoing {
    parts: Vec<(Bytes, u64)>,
    /// Bytes behind the header.
    pub(crate) total: u64,
    said: Option<Mono>,
}

impl Outgoing {
    /// `lead`: bytes in front of the files.
    pub(crate) fn new(files: &[Attached], lead: u64) -> Self {
        let parts: Vec<(Bytes, u64)> = files.iter().map(|file| (file.place.clone(), file.size)).collect();
        let total = parts.iter().map(|(_, size)| size).sum::<u64>() + lead;
        Outgoing { parts, total, said: None }
    }

    /// Some bytes of the run; `None` if they cannot be read as they were.
    pub(crate) fn piece(&self, files: &Files, offset: u64, len: u32) -> Option<Vec<u8>> {
        let mut piece = vec![0; usize::try_from(len).ok()?];
        let mut done = 0_usize;
        let mut begin = 0_u64;
        for (place, size) in &self.parts {
            let at = offset + done as u64;
            if done < piece.len() && at < begin + size {
                let within = at.checked_sub(begin)?;
                let most = usize::try_from(size - within).unwrap_or(usize::MAX).min(piece.len() - done);
                let room = piece.get_mut(done..done + most)?;
                read(files, place, within, room)?;
                done += most;
            }
            begin += size;
        }
        (done == piece.len()).then_some(piece)
    }

    /// Whether it is time to say again how far it is.
    pub(crate) fn says(&mut self, now: Mono) -> bool {
        let due = self.said.is_none_or(|said| now.since(said) >= PROGRESS_EVERY);
        if due {
            self.said = Some(now);
        }
        due
    }
}

fn read(files: &Files, place: &Bytes, within: u64, room: &mut [u8]) -> Option<()> {
    match place {
        Bytes::Here(data) => {
            let from = usize::try_from(within).ok()?;
            room.copy_from_slice(data.get(from..from + room.len())?);
            Some(())
        }
        Bytes::File { file, start } => {
            let read = files.read_at(file, start + within, room).ok()?;
            (read == room.len()).then_some(())
        }
    }
}
