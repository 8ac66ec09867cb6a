//! What lies may not do: a member who lies can say what they like, and nobody else comes to harm by it.
//!
//! - whom the site has checked stays checked, and is who they are;
//! - a post of an honest member reaches whom its person meant, and nobody else;
//! - what is stored raw is a lie, or a kind of message that this version does not know.

use std::collections::{BTreeMap, BTreeSet};

use tmtp_site::AcceptedPost;
use tmtp_wire::ids::MessageRef;

use super::Finding;
use super::at_end::accepted;
use crate::journal::Kind;
use crate::world::World;

/// Accepted posts, by item.
pub(super) type Accepted = BTreeMap<usize, Vec<AcceptedPost>>;

/// Whom a post may reach, and whom it must; uids.
struct Audience {
    may: BTreeSet<String>,
    must: BTreeSet<String>,
}

/// Who is checked where, at the end and, as far as it was looked at, before.
pub(super) fn contacts(world: &mut World) {
    let mut found = Vec::new();
    for (client, slot) in world.slots.iter().enumerate() {
        let Some(device) = slot.device() else { continue };
        let Some(process) = device.process.as_ref().filter(|_| !device.disk.dead()) else { continue };
        let checked = match process.view.checked() {
            Ok(checked) => checked,
            Err(error) => {
                found.push(Finding::Unreadable { client, why: error.to_string() });
                continue;
            }
        };
        for (alias, uid) in &checked {
            let is_true = |member: &crate::journal::Member| {
                member.alias == *alias && member.uid.as_ref().is_some_and(|of| of.as_str() == uid)
            };
            if !world.members.values().any(is_true) {
                found.push(Finding::FalselyChecked { client, alias: alias.clone() });
            }
        }
        for (alias, _) in device.checked.difference(&checked) {
            found.push(Finding::NoLongerChecked { client, alias: alias.clone() });
        }
    }
    found.into_iter().for_each(|finding| world.find(finding));
}

/// What is stored raw of what this version should understand comes from one who lies.
pub(super) fn parked(world: &mut World) {
    let mut found = Vec::new();
    for (client, slot) in world.slots.iter().enumerate() {
        let Some(process) = slot.device().and_then(|device| device.process.as_ref()) else { continue };
        for (why, from) in process.view.parked().unwrap_or_default() {
            if why != "not_yet" && !from.is_some_and(|uid| world.lies(&uid)) {
                found.push(Finding::Parked { client, why });
            }
        }
    }
    found.into_iter().for_each(|finding| world.find(finding));
}

/// An honest post went to whom its person meant: to all of them, and to nobody else.
pub(super) fn reached(world: &mut World, number: usize, posts: &[AcceptedPost], all: &Accepted) {
    let Some(item) = world.journal.items.get(number) else { return };
    if !item.is_post() || posts.is_empty() {
        return;
    }
    let Some(audience) = audience(world, number, all) else { return };
    let nodes = posts.iter().flat_map(|post| &post.recipients);
    let reached: BTreeSet<&str> = nodes.filter_map(|node| node.split('.').next()).collect();
    let stranger = reached.iter().find(|uid| !audience.may.contains(**uid)).map(|uid| (*uid).to_owned());
    let missed = audience.must.iter().any(|uid| !reached.contains(uid.as_str()));
    if let Some(uid) = stranger {
        world.find(Finding::ForOthers { item: number, uid });
    }
    if missed && !posts.iter().any(|post| post.cut_short) {
        world.find(Finding::NotForAll { item: number });
    }
}

/// Whom an item is for. `None` where the world does not know it.
fn audience(world: &World, number: usize, all: &Accepted) -> Option<Audience> {
    let own = world.uid_of(number)?;
    let root = world.root_of(number, all)?;
    let item = world.journal.items.get(root)?;
    let author = world.uid_of(root)?;
    let mut list: BTreeSet<String> = match &item.kind {
        Kind::Begin(members) => {
            let uids = members.iter().filter_map(|who| world.members.get(who)?.uid.as_ref());
            uids.map(ToString::to_string).collect()
        }
        Kind::Lie(told) => told.listed.iter().cloned().collect(),
        _ => return None,
    };
    list.insert(author);
    // Who is in the list of one who lies is their affair; an empty one means whoever wrote first.
    let must = if item.told().is_some() { BTreeSet::new() } else { &list - &BTreeSet::from([own.clone()]) };
    list.insert(own);
    Some(Audience { may: list, must })
}

impl World {
    /// The uid of whoever wrote an item.
    pub(super) fn uid_of(&self, number: usize) -> Option<String> {
        let slot = self.slots.get(self.journal.items.get(number)?.client)?;
        Some(self.members.get(&slot.plan.member)?.uid.as_ref()?.to_string())
    }

    /// The item that begins the thread of this one.
    fn root_of(&self, number: usize, all: &Accepted) -> Option<usize> {
        let item = self.journal.items.get(number)?;
        match item.kind {
            Kind::Begin(_) => Some(number),
            Kind::Reply { thread: Some(thread), .. } => self.item_called(item.client, thread, all),
            _ => None,
        }
    }

    fn item_called(&self, client: usize, name: MessageRef, all: &Accepted) -> Option<usize> {
        match name {
            MessageRef::Site(msgid) => {
                let msgid = msgid.to_string();
                let site = |client: usize| self.slots.get(client).map(|slot| slot.plan.site);
                // Each site counts its messages for itself.
                let is_here = |number: &usize| {
                    self.journal.items.get(*number).is_some_and(|item| site(item.client) == site(client))
                };
                let is_it = |post: &AcceptedPost| post.msgid == msgid;
                let mut found = all.iter().filter(|(number, _)| is_here(number));
                found.find(|(_, posts)| posts.iter().any(is_it)).map(|(number, _)| *number)
            }
            MessageRef::Local(send_id) => {
                let same = self.same_node(client);
                let mut items = self.journal.items.iter();
                items.position(|item| same.contains(&item.client) && item.send_id() == Some(send_id))
            }
        }
    }

    /// Whether an item answers in a thread that somebody has begun who lies: what its list names may be refused.
    pub(crate) fn answers_a_lie(&self, number: usize) -> bool {
        let root = self.root_of(number, &accepted(self));
        root.and_then(|root| self.journal.items.get(root)).is_some_and(|item| item.told().is_some())
    }

    /// Whether an item answers in a thread whose beginning the site cannot take.
    pub(crate) fn begins_too_large(&self, number: usize) -> bool {
        self.root_of(number, &accepted(self)).is_some_and(|root| self.is_too_large(root))
    }

    /// Whether this is the uid of one who lies.
    fn lies(&self, uid: &str) -> bool {
        let mut liars = self.members.iter().filter(|(number, _)| self.is_liar(**number));
        liars.any(|(_, member)| member.uid.as_ref().is_some_and(|of| of.as_str() == uid))
    }

    /// Whether there is somebody who lies.
    pub(crate) fn is_lied_in(&self) -> bool {
        self.members.keys().any(|number| self.is_liar(*number))
    }
}
