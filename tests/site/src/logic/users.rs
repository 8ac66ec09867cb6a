//! Who there is: members, their nodes, their aliases. The namespace that aliases share with groups is here
//! too; the groups' own rules are in `groups`.
//!
//! Error texts are the public server's, internal names included (wire 10.3). Where it would have crashed
//! at the look-up (wire 18.2), the refusal is [`Refusal::Fatal`].

use std::collections::BTreeMap;

use tmtp_wire::names::{escaped_len, is_printable};

use super::groups::Group;
use super::record::FatalInput;
use crate::limits::{FILE_NAME_MAX, NODES_MAX};

/// A member, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserNo(pub(super) u32);

/// A node, by number. Numbers are given in the order in which nodes are made, over all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeNo(pub(super) u32);

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The answer says so, in these words.
    Text(String),
    /// The public server would have crashed.
    Fatal(FatalInput),
}

/// Short for [`Refusal::Text`].
pub(super) fn refuse<T>(text: String) -> Result<T, Refusal> {
    Err(Refusal::Text(text))
}

#[derive(Debug)]
struct User {
    uid: String,
    nodes: Vec<NodeNo>,
}

#[derive(Debug)]
struct Node {
    user: UserNo,
    /// From 1, as the public server counts a member's nodes.
    number: usize,
    secret: [u8; 32],
}

/// All members, nodes, aliases and groups.
#[derive(Debug, Default)]
pub(super) struct Directory {
    users: Vec<User>,
    nodes: Vec<Node>,
    by_uid: BTreeMap<String, UserNo>,
    aliases: BTreeMap<String, UserNo>,
    pub(super) groups: BTreeMap<String, Group>,
}

impl Directory {
    /// Makes a member with a first node.
    pub(super) fn add_user(&mut self, uid: &str, secret: [u8; 32]) -> (UserNo, NodeNo) {
        let user = UserNo(u32::try_from(self.users.len()).unwrap_or(u32::MAX));
        self.users.push(User { uid: uid.to_owned(), nodes: Vec::new() });
        self.by_uid.insert(uid.to_owned(), user);
        (user, self.push_node(user, secret))
    }

    /// Makes another node of a member.
    pub(super) fn add_node(&mut self, user: UserNo, secret: [u8; 32]) -> Result<NodeNo, Refusal> {
        if self.nodes_of(user).len() >= NODES_MAX {
            return refuse(format!("AddNode: Exceeds {NODES_MAX} nodes"));
        }
        Ok(self.push_node(user, secret))
    }

    fn push_node(&mut self, user: UserNo, secret: [u8; 32]) -> NodeNo {
        let node = NodeNo(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let mut number = 0;
        if let Some(user) = self.users.get_mut(user.0 as usize) {
            user.nodes.push(node);
            number = user.nodes.len();
        }
        self.nodes.push(Node { user, number, secret });
        node
    }

    /// Gives a member an alias; `false` if it was the member's already.
    pub(super) fn add_alias(&mut self, user: UserNo, alias: &str) -> Result<bool, Refusal> {
        if !alias.chars().all(is_printable) {
            return refuse(format!("AddAlias: invalid string '{alias}'"));
        }
        match self.lookup(alias)? {
            Some(owner) if owner == user => return Ok(false),
            Some(_) => return refuse(format!("AddAlias: alias {alias} already taken")),
            None if self.groups.contains_key(alias) => {
                return refuse(format!("AddAlias: alias {alias} not available"));
            }
            None => {}
        }
        self.aliases.insert(alias.to_owned(), user);
        Ok(true)
    }

    /// Whose alias it is. The empty one is nobody's.
    pub(super) fn lookup(&self, alias: &str) -> Result<Option<UserNo>, Refusal> {
        check_file_name(alias)?;
        Ok(self.aliases.get(alias).copied())
    }

    /// The member of a uid.
    pub(super) fn find(&self, uid: &str) -> Result<UserNo, Refusal> {
        if !uid.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '%')) {
            return refuse(format!("fetchUser: invalid string '{uid}'"));
        }
        if uid.len() > FILE_NAME_MAX {
            return Err(Refusal::Fatal(FatalInput::UidTooLong));
        }
        match self.by_uid.get(uid) {
            Some(user) => Ok(*user),
            None => refuse(format!("OpenNodes: iUid {uid} not found")),
        }
    }

    /// The node of a uid and a secret's hash.
    pub(super) fn verify(&self, uid: &str, secret: &[u8; 32]) -> Result<(UserNo, NodeNo), Refusal> {
        let user = self.find(uid)?;
        let has_secret =
            |node: &&NodeNo| self.nodes.get(node.0 as usize).is_some_and(|n| n.secret == *secret);
        match self.nodes_of(user).iter().find(has_secret) {
            Some(node) => Ok((user, *node)),
            None => refuse("Verify: iNode invalid".to_owned()),
        }
    }

    /// A member's nodes.
    pub(super) fn nodes_of(&self, user: UserNo) -> &[NodeNo] {
        self.users.get(user.0 as usize).map(|user| user.nodes.as_slice()).unwrap_or_default()
    }

    /// A member's uid.
    pub(super) fn uid(&self, user: UserNo) -> &str {
        self.users.get(user.0 as usize).map(|user| user.uid.as_str()).unwrap_or_default()
    }

    /// A node's name in the record: uid and number.
    pub(super) fn node_name(&self, node: NodeNo) -> String {
        match self.nodes.get(node.0 as usize) {
            Some(node) => format!("{}.{:02x}", self.uid(node.user), node.number),
            None => String::new(),
        }
    }

    /// All nodes in the order of their making, each with its member, whether it is his first, and the hash
    /// of its secret.
    pub(super) fn all_nodes(&self) -> impl Iterator<Item = (UserNo, bool, &[u8; 32])> {
        self.nodes.iter().map(|node| (node.user, node.number == 1, &node.secret))
    }

    /// All aliases.
    pub(super) fn all_aliases(&self) -> impl Iterator<Item = (UserNo, &str)> {
        self.aliases.iter().map(|(alias, user)| (*user, alias.as_str()))
    }
}

/// The public server looks names up as files, and crashes where that fails (wire 18.2).
pub(super) fn check_file_name(name: &str) -> Result<(), Refusal> {
    if escaped_len(name) > FILE_NAME_MAX {
        Err(Refusal::Fatal(FatalInput::NameTooLong))
    } else if name == "." || name == ".." {
        Err(Refusal::Fatal(FatalInput::DotName))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(refusal: Result<impl std::fmt::Debug, Refusal>) -> String {
        match refusal {
            Err(Refusal::Text(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_alias_belongs_to_one_member_for_ever() {
        let mut directory = Directory::default();
        let (anna, _) = directory.add_user("ANNA", [1; 32]);
        let (berta, _) = directory.add_user("BERTA", [2; 32]);
        assert_eq!(directory.add_alias(anna, "Blue Heron"), Ok(true));
        assert_eq!(directory.add_alias(anna, "Blue Heron"), Ok(false));
        let taken = text(directory.add_alias(berta, "Blue Heron"));
        assert_eq!(taken, "AddAlias: alias Blue Heron already taken");
        let unprintable = text(directory.add_alias(berta, "Blue\nHeron"));
        assert_eq!(unprintable, "AddAlias: invalid string 'Blue\nHeron'");
        assert_eq!(directory.lookup("Blue Heron"), Ok(Some(anna)));
        assert_eq!(directory.lookup("blue heron"), Ok(None));
    }

    #[test]
    fn names_that_end_the_public_server_are_fatal() {
        let directory = Directory::default();
        let fatal = |kind| Err(Refusal::Fatal(kind));
        assert_eq!(directory.lookup(&"x".repeat(255)), Ok(None));
        assert_eq!(directory.lookup(&"x".repeat(256)), fatal(FatalInput::NameTooLong));
        assert_eq!(directory.lookup(&"字".repeat(29)), fatal(FatalInput::NameTooLong));
        assert_eq!(directory.lookup(".."), fatal(FatalInput::DotName));
        assert_eq!(directory.find(&"U".repeat(256)), Err(Refusal::Fatal(FatalInput::UidTooLong)));
    }

    #[test]
    fn a_uid_that_is_not_there_is_refused_in_the_servers_words() {
        let directory = Directory::default();
        assert_eq!(text(directory.find("QQ")), "OpenNodes: iUid QQ not found");
        assert_eq!(text(directory.find("no such")), "fetchUser: invalid string 'no such'");
    }

    #[test]
    fn a_member_has_at_most_a_hundred_nodes() {
        let mut directory = Directory::default();
        let (anna, first) = directory.add_user("ANNA", [0; 32]);
        for number in 1..100 {
            assert!(directory.add_node(anna, [number; 32]).is_ok());
        }
        assert_eq!(text(directory.add_node(anna, [100; 32])), "AddNode: Exceeds 100 nodes");
        assert_eq!(directory.verify("ANNA", &[0; 32]), Ok((anna, first)));
        assert!(directory.verify("ANNA", &[100; 32]).is_err());
        assert_eq!(directory.node_name(NodeNo(15)), "ANNA.10");
    }
}
