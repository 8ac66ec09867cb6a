//! `ping`: how members get to know each other. Idempotent by its draft id, like `send`.

use rusqlite::Connection;
use tmtp_store::OutgoingState;
use tmtp_store::write::outbox::{self, Kind, NewItem};
use tmtp_store::write::pings::{self, NewPing};
use tmtp_wire::check;
use tmtp_wire::ids::SendId;

use super::used::Content;
use super::{Problem, check_draft_id};
use crate::api::{Event, NotNow, Ping, Refused, Reply};
use crate::core::Core;

impl Core {
    pub(super) fn ping(&mut self, conn: &Connection, ping: &Ping) -> Result<Reply, Problem> {
        check_draft_id(&ping.draft)?;
        if let Some(before) = self.before(conn, &ping.draft, true)? {
            if !self.is_same_ping(conn, &before, ping)? {
                return Err(Refused::DraftUsed.into());
            }
            return Ok(Reply::Pinged { send_id: before.send_id, state: before.state });
        }
        let uid = self.uid().cloned().ok_or(NotNow::NotRegistered)?;
        check::ping_text(&ping.text)?;
        self.room_for(ping.text.len())?;
        let alias = self.own_alias(conn, ping.from.as_ref())?;
        let send_id = SendId::from_random(self.random());
        let row = pings::insert(
            conn,
            &NewPing {
                msgid: None,
                own: true,
                from_uid: uid.as_str(),
                from_alias: &alias,
                to_alias: ping.to.as_str(),
                text: &ping.text,
                token: Some(send_id.value()),
                posted: None,
                written: Some(self.now.wall),
                unread: false,
            },
        )?;
        let item = NewItem {
            kind: Kind::Ping(row),
            send_id,
            draft: Some(&ping.draft),
            thread: None,
            size: ping.text.len() as u64,
            content: Some(&Content::of_ping(ping).0),
        };
        outbox::insert(conn, &item)?;
        self.pump_wanted = true;
        self.event(Event::OutgoingChanged { send_id, state: OutgoingState::Queued });
        Ok(Reply::Pinged { send_id, state: OutgoingState::Queued })
    }
}
