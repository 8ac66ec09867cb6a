//! What a session should say: an independent, simple reading of what was recorded, in words that can be
//! compared with the words for an event.

use tmtp_recorded::Frame;
use tmtp_session::{Ended, Event, INLINE_MAX};
use tmtp_wire::json::{Object, Value};

fn text(object: &Object, name: &'static str) -> String {
    object.str(name).unwrap().unwrap_or_default().to_owned()
}

/// What a site says reaches nobody as it came: see `tmtp_wire::plain`.
fn said(object: &Object, name: &'static str) -> String {
    tmtp_wire::plain::line(&text(object, name)).into_owned()
}

/// The words for a frame from the server.
pub(crate) fn of_frame(frame: &Frame) -> String {
    let object = Object::parse(frame.header.as_bytes()).unwrap();
    let op = text(&object, "op");
    if object.get("from").is_some() && object.get("id").is_some() {
        let size = frame.data.len();
        let kind = if size as u64 > INLINE_MAX { "large" } else { "message" };
        return format!("{kind} {op} {} {} {size}", text(&object, "id"), text(&object, "posted"));
    }
    match op.as_str() {
        "tmtprev" => format!("greeting {}", said(&object, "name")),
        "registered" => format!("registered {} {}", text(&object, "uid"), said(&object, "error")),
        "info" => {
            let present = object.array("ohi").unwrap().unwrap_or_default();
            let present: Vec<_> = present.iter().filter_map(Value::as_str).collect();
            format!("login {present:?}")
        }
        "ack" => format!("answer {} {}", text(&object, "msgid"), said(&object, "error")),
        "ohi" => format!("presence {} {}", text(&object, "from"), object.u64("status").unwrap() == Some(1)),
        "quit" => format!("ended {}", refusal(&text(&object, "error"))),
        other => format!("unexpected {other}"),
    }
}

fn refusal(error: &str) -> &'static str {
    match error {
        "logout ok" => "session.logged_out",
        "node already connected" => "session.node_busy",
        "login failed" | "corrupt base32 value" => "session.login_refused",
        "authentication required" => "session.needs_sign_in",
        _ => "session.refused_by_site",
    }
}

/// The words for what a session said; `None` for what no frame says.
pub(crate) fn of_event(event: &Event, large: &mut usize) -> Option<String> {
    Some(match event {
        Event::Greeted(greeting) => format!("greeting {}", greeting.name),
        Event::Registered { uid, error, .. } => {
            format!("registered {uid} {}", error.as_deref().unwrap_or_default())
        }
        Event::LoggedIn { present } => {
            let present: Vec<_> = present.iter().map(|uid| uid.as_str()).collect();
            format!("login {present:?}")
        }
        Event::Answered { outcome, .. } => {
            let msgid = outcome.msgid.map(|id| id.to_string()).unwrap_or_default();
            format!("answer {msgid} {}", outcome.error.as_deref().unwrap_or_default())
        }
        // The error text of an alias that is too short; the session does not hand it on.
        Event::Probed => "answer  newalias must be 8+ characters".to_owned(),
        Event::Message { head, data } => {
            assert_eq!(head.datalen, data.len() as u64);
            format!("message {} {} {} {}", head.op.name(), head.id, head.posted, data.len())
        }
        Event::LargeBegan(head) => {
            *large = 0;
            format!("large {} {} {} {}", head.op.name(), head.id, head.posted, head.datalen)
        }
        Event::LargeData(bytes) => {
            *large += bytes.len();
            return None;
        }
        Event::LargeEnded => format!("large data {large}"),
        Event::BadFrame { id, why, .. } | Event::BadLargeBegan { id, why, .. } => format!("bad {id} {why}"),
        Event::Presence { from, online } => format!("presence {from} {online}"),
        Event::AwaitingRelease(_) | Event::Progress { .. } => return None,
        Event::Ended(Ended::Lost(end)) => format!("ended lost {end:?}"),
        Event::Ended(ended) => format!("ended {}", ended.code()),
    })
}
