//! `user` messages: an alias or a node of this member has been added, by this node or another one. The one
//! about a node holds its password in clear (wire 19.11): if this node has asked for it, it goes into the key
//! store before the message is confirmed; any other is dropped, and nothing of it is stored raw (P10).

use rusqlite::Connection;
use tmtp_store::StoreError;
use tmtp_store::write::{aliases, nodes, outbox};
use tmtp_wire::ids::NodeSecret;
use tmtp_wire::message::Queued;

use super::harmless;
use crate::api::Event;
use crate::core::Core;
use crate::label;

impl Core {
    /// Takes a `user` message. False: the key store would not take a secret, so it must not be confirmed.
    pub(super) fn user_message(
        &mut self,
        conn: &Connection,
        head: &Queued,
        new_alias: Option<&str>,
        new_node: Option<&str>,
        secret: Option<&NodeSecret>,
    ) -> Result<bool, StoreError> {
        if let Some(alias) = new_alias {
            self.alias_held(conn, alias)?;
        }
        if let Some(label) = new_node {
            return self.node_made(conn, head, label, secret);
        }
        Ok(true)
    }

    /// The site has bound an alias to this member.
    pub(crate) fn alias_held(&mut self, conn: &Connection, alias: &str) -> Result<(), StoreError> {
        if aliases::hold(conn, alias)? {
            self.event(Event::AliasesChanged);
            self.pump_wanted = true;
        }
        let row = aliases::by_name(conn, alias)?;
        if let Some(row) = row
            && let Some(item) = outbox::by_alias(conn, row.id)?
        {
            self.sent(conn, &item)?;
        }
        Ok(())
    }

    fn node_made(
        &mut self,
        conn: &Connection,
        head: &Queued,
        label: &str,
        secret: Option<&NodeSecret>,
    ) -> Result<bool, StoreError> {
        let known = nodes::known(conn, head.id)?;
        if known {
            return Ok(true);
        }
        let wanted = self.asked_for(conn, label)?.zip(secret);
        let Some((node, secret)) = wanted else {
            if nodes::foreign(conn, &harmless(label::shown(label)), head.id)? {
                self.event(Event::NodesChanged);
            }
            return Ok(true);
        };
        let key_name = format!("{}.node{}", self.member.key_name, node.id);
        if self.env.keys.put(&key_name, secret).is_err() {
            tracing::error!("The key store would not take the password of a new node.");
            return Ok(false);
        }
        nodes::made(conn, node.id, head.id, &key_name)?;
        if let Some(item) = outbox::by_node(conn, node.id)? {
            self.sent(conn, &item)?;
        }
        self.event(Event::NodesChanged);
        self.event(Event::NodeMade);
        Ok(true)
    }

    /// The node that this node has asked the site for under this name: wanted, and not still waiting to be.
    fn asked_for(&self, conn: &Connection, label: &str) -> Result<Option<nodes::Node>, StoreError> {
        let Some(node) = nodes::wanted(conn, label)? else { return Ok(None) };
        let waits = outbox::by_node(conn, node.id)?.is_some_and(|item| item.attempts == 0);
        Ok(Some(node).filter(|_| !waits))
    }
}
