//! What is shipped, made as it is shipped, when a scene wants it, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{BenchError, Outcome};

/// What `bindings/ffi/ship` makes.
pub(crate) struct Library {
    /// What an app loads.
    pub(crate) shipped: PathBuf,
    /// The same with its symbols.
    pub(crate) with_symbols: PathBuf,
}

/// Makes the library, by the very script that makes it for an app.
pub(crate) fn library() -> Outcome<Library> {
    let mut ship = Command::new("bindings/ffi/ship");
    let made = ship.env("CARGO_TARGET_DIR", target()?).stderr(Stdio::inherit()).output()?;
    if !made.status.success() {
        return Err(BenchError::Child(made.status));
    }
    // It says where.
    let folder = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    let at = |name| Path::new(&folder).join(name);
    Ok(Library { shipped: at("libtmtp_ffi.so"), with_symbols: at("libtmtp_ffi.so.symbols") })
}

/// Builds the small native program around it; where it is.
pub(crate) fn host() -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--package", "tmtp-bench-host"]);
    let target = target()?;
    // With its symbols, as the library is made: so it shares what is built.
    let status =
        cargo.arg("--target-dir").arg(&target).env("CARGO_PROFILE_RELEASE_STRIP", "none").status()?;
    if !status.success() {
        return Err(BenchError::Child(status));
    }
    Ok(target.join("release").join("tmtp-bench-host"))
}

fn target() -> Outcome<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.ancestors().nth(2).ok_or(BenchError::Expected("a target folder"))?.join("size"))
}
