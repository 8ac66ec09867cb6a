//! Those who lie: a lie of the plan becomes a post or a ping of the one who tells it. And sites that refuse for no
//! reason. Neither may do more harm than its own bytes: see the judge.

use tmtp_wire::ids::{MsgId, SendId, Uid};
use tmtp_wire::names::Alias;
use tmtp_wire::request::{Request, To};

use super::World;
use super::wrong::Struck;
use crate::journal::{Fate, Kind, Told};
use crate::judge::accepted;
use crate::lies::{self, Forged, Knows, Lie};
use crate::plan::Role;
use crate::stock::{DATASUM, Letter};

impl World {
    /// Counted when the site has taken it, see [`World::count_lies`].
    pub(super) fn lie(&mut self, liar: usize, lie: Lie) -> Struck {
        let Some((site, knows)) = self.knows(liar, lie.pick) else { return Struck::Nothing };
        if lie.kind == lies::Kind::LookAlike {
            return self.look_alike_ping(liar, lie, &knows);
        }
        let send_id = self.sites.get(site).and_then(|there| there.site.record().posts.last()?.send_id);
        let knows = Knows { send_id: send_id.unwrap_or(7), ..knows };
        // Two under one send id are two.
        let times = if lie.kind == lies::Kind::SendId { 2 } else { 1 };
        for _ in 0..times {
            let (number, text) = self.new_lie(liar, lie);
            let forged = lies::forge(lie, &knows, &text);
            self.tell(liar, number, lie, &knows, forged);
        }
        self.turn(liar);
        Struck::LaterCounted
    }

    fn new_lie(&mut self, liar: usize, lie: Lie) -> (usize, String) {
        let told = Told { lie, listed: Vec::new(), broken: false };
        let number = self.journal.add(liar, Kind::Lie(told), None);
        let text = self.journal.items.get(number).map(|item| item.text.clone()).unwrap_or_default();
        if let Some(send_id) = SendId::new(number as u64 + 1) {
            self.journal.taken(number, send_id, None);
        }
        (number, text)
    }

    fn tell(&mut self, liar: usize, number: usize, lie: Lie, knows: &Knows, forged: Forged) {
        let mut to = vec![To::Member(knows.to.1.clone())];
        if lie.pick.is_multiple_of(3) {
            to.push(To::Member(knows.own.1.clone()));
        }
        let Forged { mut head, rest, text, listed, broken } = forged;
        let datahead = u32::try_from(head.len()).unwrap_or_default();
        head.extend_from_slice(&rest);
        let request = Request::Post { to, datahead, datalen: head.len() as u64, datasum: Some(DATASUM) };
        if let Some(item) = self.journal.items.get_mut(number) {
            item.text = text;
            item.kind = Kind::Lie(Told { lie, listed, broken });
        }
        self.write_raw(liar, Letter::Raw { item: number, request, data: head });
    }

    fn look_alike_ping(&mut self, liar: usize, lie: Lie, knows: &Knows) -> Struck {
        let (Ok(from), Ok(to)) = (knows.own.0.parse::<Alias>(), knows.to.0.parse::<Alias>()) else {
            return Struck::Nothing;
        };
        let (number, text) = self.new_lie(liar, lie);
        let request = Request::Ping { from, to, datalen: text.len() as u64, datasum: None };
        self.write_raw(liar, Letter::Raw { item: number, request, data: text.into_bytes() });
        self.turn(liar);
        Struck::LaterCounted
    }

    fn write_raw(&mut self, liar: usize, letter: Letter) {
        if let Some(stock) = self.stock(liar) {
            stock.write(letter);
        }
    }

    /// Whom and what somebody who lies knows: more than an honest member, for uids and ids get around.
    fn knows(&self, liar: usize, pick: u64) -> Option<(usize, Knows)> {
        let site = self.slots.get(liar)?.plan.site;
        let own = self.members.get(&liar).filter(|member| member.named)?;
        let here = |number: &usize| self.slots.get(*number).is_some_and(|slot| slot.plan.site == site);
        let others: Vec<(usize, String, Uid)> = self
            .members
            .iter()
            .filter(|(number, member)| **number != liar && member.named && here(number))
            .filter_map(|(number, member)| Some((*number, member.alias.clone(), member.uid.clone()?)))
            .collect();
        let ours = |number: usize| self.slots.get(number).is_some_and(|slot| slot.plan.role == Role::First);
        let targets: Vec<_> = others.iter().filter(|(number, ..)| ours(*number)).collect();
        let (at, alias, uid) = targets.get(chosen(pick, targets.len()))?;
        let rest: Vec<_> = others.iter().filter(|(number, ..)| number != at).collect();
        let about = rest.get(chosen(pick >> 32, rest.len()));
        let about =
            about.map_or((alias.clone(), uid.clone()), |(_, alias, uid)| (alias.clone(), uid.clone()));
        let to = (alias.clone(), uid.clone());
        let thread = self.any_thread(site, pick);
        Some((site, Knows { own: (own.alias.clone(), own.uid.clone()?), to, about, thread, send_id: 0 }))
    }

    fn any_thread(&self, site: usize, pick: u64) -> MsgId {
        let begins = |number: &usize| {
            let item = self.journal.items.get(*number);
            item.is_some_and(|item| {
                matches!(item.kind, Kind::Begin(_))
                    && self.slots.get(item.client).is_some_and(|slot| slot.plan.site == site)
            })
        };
        let accepted = accepted(self);
        let threads: Vec<&str> = accepted
            .iter()
            .filter(|(number, _)| begins(number))
            .filter_map(|(_, posts)| Some(posts.first()?.msgid.as_str()))
            .collect();
        let thread = threads.get(chosen(pick >> 16, threads.len()));
        thread.and_then(|id| id.parse().ok()).unwrap_or(MsgId(0x17ea_c40f_98d5_7777))
    }

    /// The site refuses the next post of a member. Counted when it does.
    pub(super) fn rude_error(&mut self, client: usize, pick: u64) -> Struck {
        let Some((site, uid)) = self.site_and_uid(client) else { return Struck::Nothing };
        let words = lies::rude_words(pick);
        let asked = self.sites.get_mut(site).is_some_and(|there| there.site.refuse_next_post(&uid, words));
        if asked { Struck::LaterCounted } else { Struck::Nothing }
    }

    /// Counts the lies that a site has taken, and the refusals for no reason.
    pub(super) fn count_lies(&mut self) {
        let accepted = accepted(self);
        for (number, item) in self.journal.items.iter().enumerate() {
            let Kind::Lie(told) = &item.kind else { continue };
            let answered = matches!(item.fate, Fate::Taken { message: Some(_), .. });
            if answered || accepted.contains_key(&number) {
                self.faults.add(told.lie.kind.word());
            }
        }
        let refused = self.sites.iter().map(|there| there.site.record().refused_on_demand.len() as u64).sum();
        self.faults.add_many("rude_error", refused);
    }

    /// Whether the site has refused an item for no reason.
    pub(crate) fn was_refused_rudely(&self, number: usize) -> bool {
        let Some(item) = self.journal.items.get(number) else { return false };
        let Some(slot) = self.slots.get(item.client) else { return false };
        let uid = self.members.get(&slot.plan.member).and_then(|member| member.uid.as_ref());
        let (Some(uid), Some(send_id)) = (uid, item.send_id()) else { return false };
        let refused = self.sites.get(slot.plan.site).map(|there| &there.site.record().refused_on_demand);
        let is_it = |post: &tmtp_site::RefusedPost| {
            post.from == uid.as_str() && post.send_id == Some(send_id.value())
        };
        refused.is_some_and(|refused| refused.iter().any(is_it))
    }
}

fn chosen(pick: u64, len: usize) -> usize {
    usize::try_from(pick % len.max(1) as u64).unwrap_or_default()
}
