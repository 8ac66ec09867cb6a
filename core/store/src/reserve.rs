//! Room that is kept for a full disk: a file that is given up so that the next commit can be made, above all
//! the one that deletes something.

use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::fs::FileSystem;
use crate::limits;

fn path(dir: &Path) -> PathBuf {
    dir.join("reserve")
}

/// Gives the room up. False if there was none to give.
pub(crate) fn release(fs: &dyn FileSystem, dir: &Path) -> Result<bool, StoreError> {
    match fs.remove(&path(dir)) {
        Ok(()) => {
            fs.sync_dir(dir).map_err(|error| StoreError::io("giving up the reserve", error))?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io("giving up the reserve", error)),
    }
}

/// Takes the room, if it is not taken and there is plenty. True if it is taken now.
pub(crate) fn keep(fs: &dyn FileSystem, dir: &Path) -> Result<bool, StoreError> {
    let failed = |error| StoreError::io("making the reserve", error);
    let path = path(dir);
    if fs.exists(&path).map_err(failed)? {
        return Ok(true);
    }
    if fs.free_space(dir).map_err(failed)? < limits::RESERVE_ABOVE {
        return Ok(false);
    }
    let written = fs.create(&path).and_then(|mut file| {
        let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
        let mut chunk = Vec::with_capacity(limits::CHUNK);
        for _ in 0..limits::RESERVE / limits::CHUNK as u64 {
            chunk.clear();
            // Noise, for disks that compress would keep no room for zeros.
            while chunk.len() < limits::CHUNK {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                chunk.extend_from_slice(&noise.to_le_bytes());
            }
            file.write_all(&chunk)?;
        }
        file.sync()?;
        fs.sync_dir(dir)
    });
    if let Err(error) = written {
        release(fs, dir)?;
        return Err(failed(error));
    }
    Ok(true)
}
