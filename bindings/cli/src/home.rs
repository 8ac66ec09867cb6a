//! The folder that holds the accounts: where it is by default, and that only its owner may look into it.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// The folder to use: the one that was named, or the platform's place for application data.
pub(crate) fn find(named: Option<PathBuf>) -> Outcome<PathBuf> {
    let home = match named {
        Some(home) => home,
        None => by_convention().ok_or_else(|| {
            Failure::usage("there is no home directory to keep accounts in; name a folder with --home")
        })?,
    };
    std::path::absolute(&home).map_err(|error| Failure::io("the home folder cannot be found", &error))
}

/// A home that is there is a folder.
pub(crate) fn check(home: &Path) -> Outcome<()> {
    match home.exists() && !home.is_dir() {
        true => Err(Failure::usage(format!("{} is not a folder; name one with --home", home.display()))),
        false => Ok(()),
    }
}

/// Makes the folder if it is not there, for its owner only.
pub(crate) fn make(home: &Path) -> Outcome<()> {
    use std::os::unix::fs::DirBuilderExt;
    check(home)?;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(home)
        .map_err(|error| Failure::io(&format!("the folder {} cannot be made", home.display()), &error))
}

fn by_convention() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(folder("HOME")?.join("Library/Application Support/tmtp"));
    }
    folder("XDG_DATA_HOME")
        .or_else(|| Some(folder("HOME")?.join(".local/share")))
        .map(|data| data.join("tmtp"))
}
