//! Links: dialling, moving bytes between clients and sites, and the ways in which links end. This is the
//! part of the network and of both kernels; `drive` has the part of the client's driver.

use tmtp_account::{DialFailure, Input};
use tmtp_session::StreamEnd;
use tmtp_site::{LinkEnd, LinkId};

use super::{Due, Line, Party, World};
use crate::limits::{CLOSE, DIAL_LIMIT, SITE_RECORD, SITE_WINDOW, UNACKNOWLEDGED};
use crate::link::{Chunk, Direction, Ending, Link};

impl World {
    /// A client asks for a link.
    pub(super) fn dial(&mut self, client: usize) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(client) else { return };
        slot.dials += 1;
        slot.line = Line::Dialing(slot.dials);
        let (dial, latency, refused) = (slot.dials, slot.plan.latency, slot.refused_until > now);
        if refused {
            let at_once = self.rng.chance(50);
            let after = if at_once { 2 * latency } else { DIAL_LIMIT };
            self.at(now + after, Due::NotDialed(client, dial, at_once));
        } else {
            // One round trip for TCP, one for TLS.
            self.at(now + 4 * latency, Due::Dialed(client, dial));
        }
    }

    pub(super) fn dialed(&mut self, client: usize, dial: u64) {
        let (now, mono, wall) = (self.now, self.mono(), self.wall());
        let Some(slot) = self.slots.get_mut(client) else { return };
        if slot.line != Line::Dialing(dial) {
            return;
        }
        if slot.asleep {
            // The handshake needs the process: the site gives up meanwhile, and so does the dial.
            self.at(now + DIAL_LIMIT, Due::NotDialed(client, dial, false));
            return;
        }
        let (site, latency) = (slot.plan.site, slot.plan.latency);
        let Some(there) = self.sites.get_mut(site) else { return };
        let id = there.site.open(mono, wall);
        let link = self.new_link(Link::new(site, id, client, latency));
        if let Some(there) = self.sites.get_mut(site) {
            there.links.insert(id, link);
        }
        let Some(slot) = self.slots.get_mut(client) else { return };
        slot.line = Line::Up(link);
        slot.spy = crate::spy::Spy::default();
        match &mut slot.party {
            Party::Stock(stock) => stock.up(mono),
            Party::Ours(_) => self.put(client, Input::LinkUp),
        }
        self.site_moved(site);
        self.turn(client);
    }

    pub(super) fn not_dialed(&mut self, client: usize, dial: u64, at_once: bool) {
        let (now, mono) = (self.now, self.mono());
        let Some(slot) = self.slots.get_mut(client) else { return };
        if slot.line != Line::Dialing(dial) {
            return;
        }
        if slot.asleep {
            self.at(now + DIAL_LIMIT, Due::NotDialed(client, dial, at_once));
            return;
        }
        slot.line = Line::None;
        match &mut slot.party {
            Party::Stock(stock) => stock.down(mono),
            Party::Ours(_) => {
                let why = if at_once { DialFailure::Unreachable } else { DialFailure::TimedOut };
                self.put(client, Input::DialFailed(why));
            }
        }
        self.turn(client);
    }

    /// Puts something into a link and arranges for its arrival.
    pub(super) fn send(&mut self, link: usize, direction: Direction, chunk: Chunk) {
        let now = self.now;
        let Some(there) = self.links.get_mut(&link) else { return };
        let arrives = there.put(now, direction, chunk, &mut self.rng);
        let waiting = there.unacknowledged();
        if let Some(at) = arrives {
            self.at(at, Due::Arrive(link, direction));
        }
        if let Some(since) = waiting.filter(|_| direction == Direction::ToSite) {
            self.at(since + UNACKNOWLEDGED, Due::Unacknowledged(link));
        }
    }

    pub(super) fn arrive(&mut self, link: usize, direction: Direction) {
        match direction {
            Direction::ToSite => self.arrive_at_site(link),
            Direction::ToClient => self.arrive_at_client(link),
        }
    }

    fn arrive_at_site(&mut self, link: usize) {
        let now = self.now;
        let Some(there) = self.links.get_mut(&link) else { return };
        while let Some(chunk) = there.take(now, Direction::ToSite) {
            if there.site_holds {
                there.site_inbox.push_back(chunk);
            }
        }
        self.feed_site(link);
        self.wake_writer(link);
    }

    /// Gives the site what has come, as long as it reads.
    fn feed_site(&mut self, link: usize) {
        let (mono, wall) = (self.mono(), self.wall());
        let Some(here) = self.links.get_mut(&link) else { return };
        let (site, id) = (here.site, here.id);
        let Some(there) = self.sites.get_mut(site) else { return };
        while let Some(chunk) = here.site_inbox.front() {
            // A reset is noticed without reading.
            let reset = matches!(chunk, Chunk::End(Ending::Reset));
            if !here.site_holds || !(reset || there.site.takes_input(id)) {
                break;
            }
            match here.site_inbox.pop_front() {
                Some(Chunk::Bytes(bytes)) => there.site.receive(mono, wall, id, &bytes),
                Some(Chunk::End(ending)) => there.site.receive_end(mono, wall, id, link_end(ending)),
                None => {}
            }
        }
        self.site_moved(site);
    }

    /// Something has happened at a site: moves what its links have to say, and closes those that are over.
    pub(super) fn site_moved(&mut self, site: usize) {
        while let Some(touched) = self.sites.get_mut(site).map(|there| there.site.take_touched()) {
            if touched.is_empty() {
                break;
            }
            for id in touched {
                let link = self.sites.get(site).and_then(|there| there.links.get(&id)).copied();
                if let Some(link) = link {
                    self.learn_node(site, id, link);
                    self.pull(link);
                    self.feed_site_if_it_reads(link);
                }
            }
        }
        self.arm_site(site);
    }

    /// The first link of a node tells which client it is. A copy is the same node as its original.
    fn learn_node(&mut self, site: usize, id: LinkId, link: usize) {
        let node = self.sites.get(site).and_then(|there| there.site.node_of(id));
        let client = self.links.get(&link).map(|link| link.client);
        let original = client.and_then(|client| self.slots.get(client)?.copy_of).or(client);
        if let (Some(node), Some(client)) = (node, original) {
            self.nodes.insert(node, client);
        }
    }

    fn feed_site_if_it_reads(&mut self, link: usize) {
        let Some(here) = self.links.get(&link) else { return };
        let reads = self.sites.get(here.site).is_some_and(|there| there.site.takes_input(here.id));
        if reads && !here.site_inbox.is_empty() {
            self.at(self.now, Due::Arrive(link, Direction::ToSite));
        }
    }

    /// Takes what a site wants to write on a link, as far as the path has room, and closes a link that is
    /// over.
    fn pull(&mut self, link: usize) {
        let (mono, wall) = (self.mono(), self.wall());
        loop {
            let Some(here) = self.links.get(&link) else { return };
            let (site, id) = (here.site, here.id);
            let room = here.in_flight(Direction::ToClient) < SITE_WINDOW;
            let Some(there) = self.sites.get_mut(site) else { return };
            if !here.site_holds || !room || !there.site.has_output(id) {
                break;
            }
            let bytes = there.site.take_output(mono, wall, id, SITE_RECORD);
            if bytes.is_empty() {
                break;
            }
            self.site_writes(link, bytes);
        }
        let Some(here) = self.links.get(&link) else { return };
        let (site, id) = (here.site, here.id);
        let Some(there) = self.sites.get_mut(site) else { return };
        if here.site_holds && there.site.wants_close(id) && !there.site.has_output(id) {
            let ending = if there.site.closes_bare(id) { Ending::Fin } else { Ending::CloseNotify };
            there.site.closed(mono, wall, id);
            there.links.remove(&id);
            self.send(link, Direction::ToClient, Chunk::End(ending));
            if let Some(here) = self.links.get_mut(&link) {
                here.site_holds = false;
                here.site_inbox.clear();
            }
            self.forget_link(link);
        }
    }

    fn arm_site(&mut self, site: usize) {
        let Some(there) = self.sites.get_mut(site) else { return };
        let Some(next) = there.site.next_timeout() else { return };
        if there.armed.is_none_or(|armed| armed > next.0) {
            there.armed = Some(next.0);
            self.at(next.0, Due::Site(site));
        }
    }

    pub(super) fn site_timer(&mut self, site: usize) {
        let (now, mono, wall) = (self.now, self.mono(), self.wall());
        let Some(there) = self.sites.get_mut(site) else { return };
        if there.armed.is_some_and(|armed| armed <= now) {
            there.armed = None;
        }
        if there.site.next_timeout().is_some_and(|next| next <= mono) {
            there.site.timeout(mono, wall);
        }
        self.site_moved(site);
    }

    fn arrive_at_client(&mut self, link: usize) {
        let now = self.now;
        let Some(here) = self.links.get(&link) else { return };
        let client = here.client;
        let Some(slot) = self.slots.get(client) else { return };
        let ours = slot.line == Line::Up(link) || slot.line == Line::Closing(link);
        if slot.asleep && ours {
            return;
        }
        let closing = slot.line == Line::Closing(link);
        let mut ended = None;
        while let Some(chunk) = self.links.get_mut(&link).and_then(|here| here.take(now, Direction::ToClient))
        {
            match chunk {
                Chunk::End(ending) => ended = Some(ending),
                Chunk::Bytes(_) if closing => {}
                Chunk::Bytes(bytes) if ours => self.client_reads(client, bytes),
                Chunk::Bytes(_) => self.refuse_bytes(link),
            }
        }
        self.pull(link);
        if let Some(ending) = ended.filter(|_| ours) {
            self.link_ended(client, link, stream_end(ending));
        } else if ours && !closing {
            self.turn(client);
        }
        self.forget_link(link);
    }

    /// Nobody reads on this socket any more: the kernel answers with a reset.
    fn refuse_bytes(&mut self, link: usize) {
        let Some(here) = self.links.get(&link) else { return };
        if !here.client_holds && !here.is_mute(Direction::ToSite) {
            self.at(self.now + here.latency, Due::SiteReset(link));
        }
    }

    pub(super) fn site_reset(&mut self, link: usize) {
        let (mono, wall) = (self.mono(), self.wall());
        let Some(here) = self.links.get(&link).filter(|here| here.site_holds) else { return };
        let (site, id) = (here.site, here.id);
        if let Some(there) = self.sites.get_mut(site) {
            there.site.receive_end(mono, wall, id, LinkEnd::Reset);
        }
        self.site_moved(site);
    }

    /// A link has ended for its client, which drops its socket.
    pub(super) fn link_ended(&mut self, client: usize, link: usize, end: StreamEnd) {
        let mono = self.mono();
        let Some(slot) = self.slots.get_mut(client) else { return };
        let closing = slot.line == Line::Closing(link);
        slot.line = Line::None;
        match &mut slot.party {
            Party::Stock(stock) if closing => stock.down(mono),
            Party::Stock(stock) => stock.ended(mono, end),
            Party::Ours(_) if closing => self.put(client, Input::LinkClosed),
            Party::Ours(_) => self.put(client, Input::LinkEnded(end)),
        }
        self.drop_socket(link, Ending::Fin);
        self.turn(client);
    }

    /// The client's socket is gone; the kernel says so to the site, if it can.
    pub(super) fn drop_socket(&mut self, link: usize, ending: Ending) {
        let Some(here) = self.links.get_mut(&link) else { return };
        here.client_holds = false;
        if !here.is_ended(Direction::ToSite) {
            self.send(link, Direction::ToSite, Chunk::End(ending));
        }
        self.forget_link(link);
    }

    /// A client closes in order.
    pub(super) fn close(&mut self, client: usize) {
        let (now, mono) = (self.now, self.mono());
        let Some(slot) = self.slots.get_mut(client) else { return };
        match slot.line {
            Line::Up(link) => {
                slot.line = Line::Closing(link);
                self.send(link, Direction::ToSite, Chunk::End(Ending::CloseNotify));
                self.at(now + CLOSE, Due::CloseOver(client, link));
            }
            Line::Closing(_) => {}
            Line::Dialing(_) | Line::None => {
                slot.line = Line::None;
                match &mut slot.party {
                    Party::Stock(stock) => stock.down(mono),
                    Party::Ours(_) => self.put(client, Input::LinkClosed),
                }
            }
        }
    }

    pub(super) fn close_over(&mut self, client: usize, link: usize) {
        if self.slots.get(client).is_some_and(|slot| slot.line == Line::Closing(link)) {
            self.link_ended(client, link, StreamEnd::Local);
        }
    }

    pub(super) fn unacknowledged(&mut self, link: usize) {
        let now = self.now;
        let Some(here) = self.links.get(&link).filter(|here| here.client_holds) else { return };
        let client = here.client;
        let late = here.unacknowledged().is_some_and(|since| since + UNACKNOWLEDGED <= now);
        let holds = self.slots.get(client).is_some_and(|slot| {
            !slot.asleep && (slot.line == Line::Up(link) || slot.line == Line::Closing(link))
        });
        if late && holds {
            self.link_ended(client, link, StreamEnd::Reset);
        }
    }

    /// A link that nobody holds any more is forgotten, once what it carries cannot matter.
    fn forget_link(&mut self, link: usize) {
        let Some(here) = self.links.get(&link) else { return };
        if !here.client_holds && !here.site_holds {
            self.links.remove(&link);
        }
    }

    /// The path towards the site has room again.
    fn wake_writer(&mut self, link: usize) {
        let Some(here) = self.links.get(&link) else { return };
        let client = here.client;
        let Some(slot) = self.slots.get_mut(client) else { return };
        if slot.blocked && slot.line == Line::Up(link) && !slot.asleep {
            slot.blocked = false;
            self.turn(client);
        }
    }
}

fn link_end(ending: Ending) -> LinkEnd {
    match ending {
        Ending::CloseNotify => LinkEnd::CloseNotify,
        Ending::Fin => LinkEnd::Fin,
        Ending::Reset => LinkEnd::Reset,
    }
}

fn stream_end(ending: Ending) -> StreamEnd {
    match ending {
        Ending::CloseNotify => StreamEnd::CloseNotify,
        Ending::Fin => StreamEnd::Fin,
        Ending::Reset => StreamEnd::Reset,
    }
}
