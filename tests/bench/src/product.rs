//! What is shipped, built as it is shipped, but for the symbols that a report needs: this program has cargo build it
//! when a scene wants it, in a folder of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::error::{BenchError, Outcome};

/// Builds the library; where it is. Only as what an app loads: together with a Rust library cargo would not optimise
/// it as a whole.
pub(crate) fn library() -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["rustc", "--quiet", "--release", "--package", "tmtp-ffi", "--lib", "--crate-type", "cdylib"]);
    build(cargo, "libtmtp_ffi.so")
}

/// Builds the small native program around it; where it is.
pub(crate) fn host() -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--package", "tmtp-bench-host"]);
    build(cargo, "tmtp-bench-host")
}

fn build(mut cargo: Command, product: &str) -> Outcome<PathBuf> {
    let this = std::env::current_exe()?;
    let target = this.ancestors().nth(2).ok_or(BenchError::Expected("a target folder"))?.join("size");
    let status =
        cargo.arg("--target-dir").arg(&target).env("CARGO_PROFILE_RELEASE_STRIP", "none").status()?;
    if status.success() { Ok(target.join("release").join(product)) } else { Err(BenchError::Child(status)) }
}
