//! What a step does, by names for the warning that says who holds the writer for long (`tmtp_store::held`). Only what
//! kind of thing it is, never anything of it.

use tmtp_session::Event as Happening;

use crate::api::{Command, Input};

/// The name of an input. What came over the link is named by what was found in it, see [`happening`].
pub(crate) fn input(input: &Input) -> &'static str {
    match input {
        Input::LinkUp => "link up",
        Input::DialFailed(_) => "dial failed",
        Input::Received(_) => "bytes",
        Input::LinkEnded(_) => "link ended",
        Input::LinkClosed => "link closed",
        Input::Command(_, command) => self::command(command),
        Input::JobDone(..) => "large delivery",
        Input::Wish(_) => "wish",
        Input::Hint(_) => "hint",
    }
}

fn command(command: &Command) -> &'static str {
    match command {
        Command::Send(_) | Command::WasSent(_) => "send",
        Command::Ping(_) => "send a ping",
        Command::AddAlias(_) | Command::AliasIsOurs(_) => "alias",
        Command::AddNode(_) | Command::NodeTicket(_) | Command::ForgetNodeSecret(_) => "node",
        Command::Withdraw(_) => "withdraw",
        Command::SendAgain(_) => "send again",
        Command::TakeAsSent(_) => "take as sent",
        Command::MarkRead(_) | Command::MarkThreadRead(_) | Command::MarkPingsRead => "mark as read",
        Command::DeleteMessage(_) | Command::DeleteThread(_) => "delete",
        Command::GoWithoutUnreachable(_) => "go without unreachable",
        Command::RemoveContact { .. } => "remove a contact",
        Command::SaveDraft(_) | Command::DeleteDraft(_) => "draft",
        Command::AnswerTooLarge(..) => "answer",
        Command::Probe => "probe",
    }
}

/// The name of what the session says.
pub(crate) fn happening(happening: &Happening) -> &'static str {
    match happening {
        Happening::Message { head, .. } => head.op.name(),
        Happening::LargeBegan(_) | Happening::LargeData(_) | Happening::LargeEnded => "large delivery",
        Happening::BadFrame { .. } | Happening::BadLargeBegan { .. } => "wrong frame",
        Happening::Answered { .. } => "answer of the site",
        Happening::Registered { .. } => "registration",
        Happening::Ended(_) => "end of the link",
        _ => "word of the site",
    }
}
