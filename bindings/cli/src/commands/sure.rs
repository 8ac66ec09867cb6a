//! Before something is done that nobody can take back: what is lost is named, and a person is asked. A script says
//! `--yes`.

use std::io::{BufRead, IsTerminal, Write};

use crate::args::Sure;
use crate::failure::{Failure, Outcome, USAGE};
use crate::output::words::line;

/// Returns when it is to be done. `lost` says what will be gone, as a sentence without its period.
pub(super) fn ask(sure: Sure, lost: &str) -> Outcome<()> {
    if sure.yes {
        return Ok(());
    }
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    let lost = line(lost);
    if !stdin.is_terminal() || !stderr.is_terminal() {
        let sentence = format!("{lost}; nothing was done, --yes does it without asking");
        return Err(Failure { exit: USAGE, ..Failure::new("not_confirmed", sentence) });
    }
    let mut letters = lost.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase).collect::<String>();
    write!(stderr, "{first}{}. Go on? [y/N] ", letters.as_str())
        .and_then(|()| stderr.flush())
        .map_err(cannot_ask)?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(cannot_ask)?;
    if matches!(answer.trim(), "y" | "Y" | "yes" | "Yes") {
        return Ok(());
    }
    Err(Failure::new("not_confirmed", "nothing was done"))
}

fn cannot_ask(error: std::io::Error) -> Failure {
    Failure::io("nobody can be asked", &error)
}
