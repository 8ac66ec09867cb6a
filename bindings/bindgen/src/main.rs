//! Writes the Kotlin and Swift side of the border from a built library. Generator and library are of one
//! version because they come from one workspace; see `bindings/README.md` for how it is called.
//!
//! What the generator writes lets callers hand over objects that are closed, and loses what a call has taken when one
//! of its arguments cannot be taken. So it is changed here before anybody compiles it: [`kotlin`] and [`swift`] say
//! how and why. A change that does not find the text it was made for ends the program with an error: a new version of
//! the generator has to be looked at, it cannot lose a guard in silence.

#![allow(clippy::print_stderr, reason = "it is a tool")]

mod edit;
mod kotlin;
mod swift;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use edit::Unexpected;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // It reads the arguments by itself, and ends the process if something fails.
    uniffi::uniffi_bindgen_main();
    if arguments.first().map(String::as_str) != Some("generate") {
        return ExitCode::SUCCESS;
    }
    let Some(folder) = out_dir(&arguments) else {
        eprintln!("tmtp-bindgen: say where to with --out-dir FOLDER: what is written has to be guarded");
        return ExitCode::FAILURE;
    };
    match guard_all(&folder) {
        Ok(0) => {
            eprintln!("tmtp-bindgen: no Kotlin and no Swift was written below {}", folder.display());
            ExitCode::FAILURE
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tmtp-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where the generator writes to.
fn out_dir(arguments: &[String]) -> Option<PathBuf> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.split_once('=') {
            Some(("--out-dir" | "-o", folder)) => return Some(folder.into()),
            _ if argument == "--out-dir" || argument == "-o" => return arguments.next().map(PathBuf::from),
            _ => {}
        }
    }
    None
}

/// Guards all files below a folder, and counts them.
fn guard_all(folder: &Path) -> Result<usize, Failure> {
    let mut guarded = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            guarded += guard_all(&path)?;
            continue;
        }
        let guard = match path.extension().and_then(|extension| extension.to_str()) {
            Some("kt") => kotlin::guard,
            Some("swift") => swift::guard,
            _ => continue,
        };
        let text = guard(fs::read_to_string(&path)?)
            .map_err(|unexpected| Failure::Text { path: path.clone(), unexpected })?;
        fs::write(&path, text)?;
        guarded += 1;
    }
    Ok(guarded)
}

/// Why there is no guarded code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{path} is not what was expected of the generator: {unexpected}")]
    Text { path: PathBuf, unexpected: Unexpected },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_found_in_all_forms() {
        let found = |arguments: &[&str]| {
            out_dir(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
        };
        for form in
            [["generate", "a.so", "--out-dir", "x"].as_slice(), &["-o", "x"], &["--out-dir=x"], &["-o=x"]]
        {
            assert_eq!(found(form), Some(PathBuf::from("x")), "{form:?}");
        }
        assert_eq!(found(&["generate", "a.so", "--out-dir"]), None);
    }
}
