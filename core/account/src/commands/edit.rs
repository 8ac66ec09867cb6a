//! More aliases, more nodes. They go through the outbox like mail, for their answers can be lost like any.

use rusqlite::Connection;
use tmtp_store::keys::KeyAnswer;
use tmtp_store::write::outbox::{self, Kind, NewItem};
use tmtp_store::write::{aliases, nodes};
use tmtp_wire::ids::SendId;
use tmtp_wire::names::{Alias, Label};

use super::Problem;
use crate::api::{Event, NotNow, Refused, Reply};
use crate::core::Core;
use crate::label;

impl Core {
    /// Also before the account is registered: then it is the first thing that follows.
    pub(super) fn add_alias(&mut self, conn: &Connection, alias: &Alias) -> Result<Reply, Problem> {
        if let Some(row) = aliases::by_name(conn, alias.as_str())? {
            let waits = outbox::by_alias(conn, row.id)?.is_some();
            if row.state == aliases::AliasState::Held || waits {
                return Ok(Reply::Done);
            }
        }
        let row = aliases::want(conn, alias)?;
        self.queue_edit(conn, Kind::Alias(row))?;
        self.event(Event::AliasesChanged);
        Ok(Reply::Done)
    }

    pub(super) fn alias_is_ours(&mut self, conn: &Connection, alias: &Alias) -> Result<Reply, Problem> {
        self.alias_held(conn, alias.as_str())?;
        Ok(Reply::Done)
    }

    pub(super) fn add_node(&mut self, conn: &Connection, label: &Label) -> Result<Reply, Problem> {
        if self.uid().is_none() {
            return Err(NotNow::NotRegistered.into());
        }
        if let Some(node) = nodes::ours(conn, label.as_str())? {
            // Asked for twice is asked for once, as long as its ticket can be had.
            let open = node.state == nodes::NodeState::Wanted || !node.key_name.is_empty();
            return if open { Ok(Reply::Done) } else { Err(NotNow::AlreadyHad.into()) };
        }
        let wire = label::on_the_wire(label, self.random());
        let row = nodes::want(conn, label, &wire)?;
        self.queue_edit(conn, Kind::Node(row))?;
        self.event(Event::NodesChanged);
        Ok(Reply::Done)
    }

    fn queue_edit(&mut self, conn: &Connection, kind: Kind) -> Result<(), Problem> {
        let send_id = SendId::from_random(self.random());
        outbox::insert(conn, &NewItem { kind, send_id, draft: None, thread: None, size: 0, content: None })?;
        self.pump_wanted = true;
        Ok(())
    }

    pub(super) fn node_ticket(&mut self, conn: &Connection, label: &Label) -> Result<Reply, Problem> {
        let node = nodes::ours(conn, label.as_str())?.ok_or(Refused::NotFound)?;
        if node.state == nodes::NodeState::Wanted {
            return Err(NotNow::NodeNotMade.into());
        }
        if node.key_name.is_empty() {
            return Err(Refused::NotFound.into());
        }
        let uid = self.uid().cloned().ok_or(NotNow::NotRegistered)?;
        match self.env.keys.get(&node.key_name) {
            Ok(KeyAnswer::Value(secret)) => {
                let held =
                    aliases::list(conn)?.into_iter().filter(|row| row.state == aliases::AliasState::Held);
                let aliases = held.filter_map(|row| row.alias.parse().ok()).collect();
                Ok(Reply::NodeTicket { site: self.member.site.clone(), uid, secret, aliases })
            }
            Ok(KeyAnswer::Absent | KeyAnswer::NotNow) | Err(_) => Err(Refused::KeyStore.into()),
        }
    }

    /// First the row: a key that is left over after a kill harms nobody.
    pub(super) fn forget_node_secret(&mut self, conn: &Connection, label: &Label) -> Result<Reply, Problem> {
        let node = nodes::ours(conn, label.as_str())?.ok_or(Refused::NotFound)?;
        if node.state == nodes::NodeState::Wanted {
            return Err(NotNow::NodeNotMade.into());
        }
        if !node.key_name.is_empty() {
            nodes::forget_key(conn, node.id)?;
            self.effects.forget_key(node.key_name);
        }
        Ok(Reply::Done)
    }
}
