//! A recorded request as our client would make it.

use tmtp_recorded::Frame;
use tmtp_session::Command;
use tmtp_wire::json::{Object, Value};
use tmtp_wire::request::{GroupAct, OhiKind, PostNotify, Request, To};

/// What our client would do where the recorded one sent a frame.
pub(crate) enum Ours {
    /// A request with an answer, and what of it must differ.
    Submit { request: Request, excused: &'static [&'static str] },
    /// A command of its own.
    Command(Command),
    /// The opening: the session sends it by itself.
    Opening,
    /// The same request cannot be made; why.
    Never(&'static str),
}

struct Reader(Object);

impl Reader {
    fn text(&self, name: &'static str) -> Option<&str> {
        self.0.str(name).ok().flatten()
    }

    fn number(&self, name: &'static str) -> u64 {
        self.0.u64(name).ok().flatten().unwrap_or(0)
    }

    fn parsed<T: std::str::FromStr>(&self, name: &'static str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// A datasum of zero is as good as none (wire 5).
    fn datasum(&self) -> Option<u64> {
        self.0.u64("datasum").ok().flatten()
    }

    fn recipients(&self, name: &'static str) -> Option<Vec<To>> {
        let recipient = |item: &Value| {
            let element = item.as_object()?;
            let id = element.str("id").ok()??;
            match element.u64("type").ok()?? {
                1 => Some(To::Member(id.parse().ok()?)),
                2 => Some(To::GroupAll(id.parse().ok()?)),
                3 => Some(To::GroupOthers(id.parse().ok()?)),
                _ => None,
            }
        };
        self.0.array(name).ok()?.unwrap_or_default().iter().map(recipient).collect()
    }
}

const BAD_INPUT: &str = "names or lengths that our types refuse";
const BAD_HEADER: &str = "a header that breaks the grammar";

/// Reads a client's frame.
pub(crate) fn ours(frame: &Frame) -> Ours {
    let Ok(object) = Object::parse(frame.header.as_bytes()) else { return Ours::Never(BAD_HEADER) };
    let reader = Reader(object);
    let Ok(Some(op)) = reader.0.u64("op") else { return Ours::Never(BAD_HEADER) };
    let submit = |request: Option<Request>, excused| match request {
        Some(request) if request.encode("q1").is_ok() => Ours::Submit { request, excused },
        _ => Ours::Never(BAD_INPUT),
    };
    match op {
        0..=2 => Ours::Opening,
        3 => user_edit(&reader),
        4 => submit(presence(&reader), &[]),
        5 => submit(invite(&reader), &["datalen"]),
        6 => submit(group_edit(&reader), &[]),
        7 => submit(post(&reader), if reader.number("datahead") > 0 { &[] } else { &["datahead"] }),
        8 => submit(post_notify(&reader), &["datahead", "notehead", "fornotself", "notefor", "notesum"]),
        9 => submit(ping(&reader), &["datalen", "datahead"]),
        10 => match (reader.text("id"), reader.text("type")) {
            (Some(id), Some("ok")) => Ours::Command(Command::Confirm(id.to_owned())),
            _ => Ours::Never("a confirmation without its type"),
        },
        11 => Ours::Never("a pulse, which the clock sends"),
        12 => Ours::Command(Command::Quit),
        _ => Ours::Never(BAD_HEADER),
    }
}

fn user_edit(reader: &Reader) -> Ours {
    let request = match (reader.text("newalias"), reader.text("newnode")) {
        (Some("x"), None) => return Ours::Command(Command::Probe),
        (Some(_), None) => reader.parsed("newalias").map(Request::NewAlias),
        (None, Some(_)) => reader.parsed("newnode").map(Request::NewNode),
        _ => None,
    };
    match request {
        Some(request) => Ours::Submit { request, excused: &["datasum"] },
        None => Ours::Never(BAD_INPUT),
    }
}

fn presence(reader: &Reader) -> Option<Request> {
    let kind = match reader.text("type")? {
        "init" => OhiKind::Init,
        "add" => OhiKind::Add,
        "drop" => OhiKind::Drop,
        _ => return None,
    };
    let uid = |item: &Value| item.as_object()?.str("id").ok()??.parse().ok();
    let uids = reader.0.array("for").ok()??.iter().map(uid).collect::<Option<Vec<_>>>()?;
    // Sums are handed on with messages only (wire 5).
    if reader.datasum().is_some() { None } else { Some(Request::OhiEdit { kind, uids }) }
}

fn invite(reader: &Reader) -> Option<Request> {
    Some(Request::GroupInvite {
        gid: reader.parsed("gid")?,
        from: reader.parsed("from")?,
        to: reader.parsed("to")?,
        datalen: reader.number("datalen"),
        datasum: reader.datasum(),
    })
}

fn group_edit(reader: &Reader) -> Option<Request> {
    let act = match reader.text("act")? {
        "join" => GroupAct::Join { new_alias: reader.text("newalias").map(str::parse).transpose().ok()? },
        "alias" => GroupAct::Alias { new_alias: reader.parsed("newalias")? },
        "drop" => GroupAct::Drop { to: reader.parsed("to")? },
        _ => return None,
    };
    if reader.datasum().is_some() {
        None
    } else {
        Some(Request::GroupEdit { gid: reader.parsed("gid")?, act })
    }
}

/// A post without a datahead is made with one: ours always has one.
fn post(reader: &Reader) -> Option<Request> {
    reader.0.array("for").ok()??;
    if reader.number("notelen") > 0 {
        return None;
    }
    Some(Request::Post {
        to: reader.recipients("for")?,
        datahead: u32::try_from(reader.number("datahead").max(1)).ok()?,
        datalen: reader.number("datalen"),
        datasum: reader.datasum(),
    })
}

/// The whole note is made its head: that is the only form that stock clients take.
fn post_notify(reader: &Reader) -> Option<Request> {
    reader.0.array("for").ok()??;
    let datalen = reader.number("datalen");
    let notelen = reader.number("notelen");
    Some(Request::PostNotify(PostNotify {
        to: reader.recipients("for")?,
        note_to: reader.recipients("notefor")?,
        not_self: reader.0.bool("fornotself").ok()?.unwrap_or(false),
        notehead: u32::try_from(notelen).ok()?,
        datahead: 1,
        datalen,
        datasum: reader.datasum(),
    }))
}

fn ping(reader: &Reader) -> Option<Request> {
    Some(Request::Ping {
        from: reader.parsed("from")?,
        to: reader.parsed("to")?,
        datalen: reader.number("datalen"),
        datasum: reader.datasum(),
    })
}
