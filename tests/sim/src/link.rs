//! A virtual link between a client and a site: two one-way pipes of plaintext with latency, each with what
//! is in flight. It knows nothing of frames or of who stands at its ends; the world puts bytes in, is told
//! when they arrive, and takes them out then.
//!
//! | a way is | what becomes of what is put in |
//! |---|---|
//! | open | it arrives after the latency, in order |
//! | stalled | it arrives when the stall is over |
//! | mute | it never arrives, and counts as in flight for ever |
//! | ended | it is thrown away |

use std::collections::VecDeque;

use serde::Serialize;
use tmtp_site::LinkId;

use crate::rng::Rng;

/// One of the two ways of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Direction {
    /// What the client writes.
    ToSite,
    /// What the site writes.
    ToClient,
}

impl Direction {
    /// Both.
    pub const BOTH: [Direction; 2] = [Direction::ToSite, Direction::ToClient];

    fn index(self) -> usize {
        match self {
            Direction::ToSite => 0,
            Direction::ToClient => 1,
        }
    }
}

/// How a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Ending {
    /// TLS says so.
    CloseNotify,
    /// A bare end, between two records.
    Fin,
    /// Both ways are dead.
    Reset,
}

/// What arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// Bytes, in order.
    Bytes(Vec<u8>),
    /// The end. Nothing follows.
    End(Ending),
}

#[derive(Debug, Default)]
struct Way {
    flight: VecDeque<(u64, Chunk)>,
    in_flight: usize,
    last: u64,
    stalled_until: u64,
    mute: bool,
    ended: bool,
    /// It was ended by something between the two sides.
    cut: bool,
    /// Since when something put in has not been acknowledged, for want of a way there or back.
    unacknowledged: Option<u64>,
}

/// A link. See the module's text.
#[derive(Debug)]
pub(crate) struct Link {
    /// Which site it leads to.
    pub(crate) site: usize,
    /// Its name there.
    pub(crate) id: LinkId,
    /// Which client it belongs to.
    pub(crate) client: usize,
    /// Milliseconds one way.
    pub(crate) latency: u64,
    /// What has come to the site while it was not reading.
    pub(crate) site_inbox: VecDeque<Chunk>,
    /// Whether the client still holds its end.
    pub(crate) client_holds: bool,
    /// Whether the site still holds its end.
    pub(crate) site_holds: bool,
    ways: [Way; 2],
}

impl Link {
    /// A link that has just been made.
    pub(crate) fn new(site: usize, id: LinkId, client: usize, latency: u64) -> Link {
        Link {
            site,
            id,
            client,
            latency,
            site_inbox: VecDeque::new(),
            client_holds: true,
            site_holds: true,
            ways: [Way::default(), Way::default()],
        }
    }

    fn way(&mut self, direction: Direction) -> &mut Way {
        &mut self.ways[direction.index()]
    }

    /// Bytes that were put in and have not been taken by the other side.
    pub(crate) fn in_flight(&self, direction: Direction) -> usize {
        let waiting = match direction {
            Direction::ToSite => self.site_inbox.iter().map(Chunk::len).sum(),
            Direction::ToClient => 0,
        };
        self.ways[direction.index()].in_flight + waiting
    }

    /// Whether nothing can be put in any more.
    pub(crate) fn is_ended(&self, direction: Direction) -> bool {
        self.ways[direction.index()].ended
    }

    /// Whether nothing arrives in this direction, and nobody was told.
    pub(crate) fn is_mute(&self, direction: Direction) -> bool {
        self.ways[direction.index()].mute
    }

    /// Puts something in. Returns when it arrives, if it does.
    pub(crate) fn put(&mut self, now: u64, direction: Direction, chunk: Chunk, rng: &mut Rng) -> Option<u64> {
        let jitter = rng.below(1 + self.latency / 4);
        let at = now + self.latency + jitter;
        let deaf = Direction::BOTH.iter().any(|way| self.ways[way.index()].mute);
        let way = self.way(direction);
        if way.cut && matches!(chunk, Chunk::Bytes(_)) {
            way.unacknowledged.get_or_insert(now);
        }
        if way.ended {
            return None;
        }
        if deaf && matches!(chunk, Chunk::Bytes(_)) {
            way.unacknowledged.get_or_insert(now);
        }
        way.in_flight += chunk.len();
        way.ended = matches!(chunk, Chunk::End(_));
        if way.mute {
            return None;
        }
        let at = at.max(way.last).max(way.stalled_until);
        way.last = at;
        way.flight.push_back((at, chunk));
        Some(at)
    }

    /// The next thing that has arrived by now.
    pub(crate) fn take(&mut self, now: u64, direction: Direction) -> Option<Chunk> {
        let way = self.way(direction);
        if way.flight.front().is_none_or(|(at, _)| *at > now) {
            return None;
        }
        let (_, chunk) = way.flight.pop_front()?;
        way.in_flight -= chunk.len();
        Some(chunk)
    }

    /// Lets nothing that is put in from now on arrive in a direction; what is in flight is swallowed too,
    /// unless it is `kept`.
    pub(crate) fn mute(&mut self, now: u64, direction: Direction, kept: bool) {
        let way = self.way(direction);
        way.mute = true;
        if !kept {
            way.flight.clear();
        }
        if way.in_flight > 0 {
            way.unacknowledged.get_or_insert(now);
        }
    }

    /// Stops a direction until a time; everything arrives then. Returns when to look.
    pub(crate) fn stall(&mut self, until: u64, direction: Direction) -> u64 {
        let way = self.way(direction);
        way.stalled_until = way.stalled_until.max(until);
        let floor = way.stalled_until;
        for (at, _) in &mut way.flight {
            *at = (*at).max(floor);
        }
        way.last = way.last.max(floor);
        floor
    }

    /// Ends a direction after at most `keep` more bytes of what is in flight. Returns when to look.
    pub(crate) fn cut(&mut self, now: u64, direction: Direction, keep: usize, ending: Ending) -> Option<u64> {
        let way = self.way(direction);
        if way.mute || way.flight.iter().any(|(_, chunk)| matches!(chunk, Chunk::End(_))) {
            return None;
        }
        let mut left = keep;
        way.flight.retain_mut(|(_, chunk)| match chunk {
            Chunk::Bytes(bytes) => {
                bytes.truncate(left);
                left -= bytes.len();
                !bytes.is_empty()
            }
            Chunk::End(_) => false,
        });
        way.in_flight = way.flight.iter().map(|(_, chunk)| chunk.len()).sum();
        (way.ended, way.cut) = (true, true);
        let at = way.flight.back().map_or(now, |(at, _)| *at);
        way.flight.push_back((at, Chunk::End(ending)));
        Some(at)
    }

    /// Since when the client has waited for the other side to acknowledge what it wrote, while the path is
    /// broken.
    pub(crate) fn unacknowledged(&self) -> Option<u64> {
        self.ways[Direction::ToSite.index()].unacknowledged
    }
}

impl Chunk {
    fn len(&self) -> usize {
        match self {
            Chunk::Bytes(bytes) => bytes.len(),
            Chunk::End(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        let mut site = tmtp_site::Site::new(tmtp_site::Config::default());
        let id = site.open(tmtp_wire::time::Mono(0), tmtp_wire::time::Wall(0));
        Link::new(0, id, 0, 10)
    }

    fn bytes(text: &str) -> Chunk {
        Chunk::Bytes(text.as_bytes().to_vec())
    }

    #[test]
    fn bytes_arrive_in_order_after_the_latency() {
        let (mut link, mut rng) = (link(), Rng::new(1));
        let first = link.put(0, Direction::ToSite, bytes("a"), &mut rng).unwrap();
        let second = link.put(0, Direction::ToSite, bytes("b"), &mut rng).unwrap();
        assert!(10 <= first && first <= second);
        assert_eq!(link.take(9, Direction::ToSite), None);
        assert_eq!(link.take(second, Direction::ToSite), Some(bytes("a")));
        assert_eq!(link.in_flight(Direction::ToSite), 1);
    }

    #[test]
    fn a_mute_way_swallows_everything_and_nobody_is_told() {
        let (mut link, mut rng) = (link(), Rng::new(1));
        link.put(0, Direction::ToSite, bytes("a"), &mut rng);
        link.mute(1, Direction::ToSite, false);
        assert_eq!(link.put(2, Direction::ToSite, bytes("b"), &mut rng), None);
        assert_eq!(link.take(1000, Direction::ToSite), None);
        assert_eq!((link.in_flight(Direction::ToSite), link.unacknowledged()), (2, Some(1)));
    }

    #[test]
    fn a_cut_lets_the_first_bytes_through_and_then_ends() {
        let (mut link, mut rng) = (link(), Rng::new(1));
        link.put(0, Direction::ToClient, bytes("abc"), &mut rng);
        link.put(0, Direction::ToClient, bytes("def"), &mut rng);
        let at = link.cut(0, Direction::ToClient, 4, Ending::Fin).unwrap();
        assert_eq!(link.take(at, Direction::ToClient), Some(bytes("abc")));
        assert_eq!(link.take(at, Direction::ToClient), Some(bytes("d")));
        assert_eq!(link.take(at, Direction::ToClient), Some(Chunk::End(Ending::Fin)));
        assert_eq!(link.put(at, Direction::ToClient, bytes("x"), &mut rng), None);
    }

    #[test]
    fn a_stall_only_delays() {
        let (mut link, mut rng) = (link(), Rng::new(1));
        link.put(0, Direction::ToSite, bytes("a"), &mut rng);
        assert_eq!(link.stall(5000, Direction::ToSite), 5000);
        assert_eq!(link.take(4999, Direction::ToSite), None);
        assert_eq!(link.take(5000, Direction::ToSite), Some(bytes("a")));
    }
}
