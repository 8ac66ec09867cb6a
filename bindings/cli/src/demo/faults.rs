//! What goes wrong, and when: a stream of faults from the seed. Which fault hits whom at which moment is the same in
//! each run of a seed; what the clients were doing at that moment is not.

use std::time::Duration;

use super::cast::{Client, Node};
use super::rng::Rng;

/// The time between two faults is drawn from this range.
const PAUSE_MS: (u64, u64) = (80, 420);
/// Links that vanish cost a node its lock and some 15 s: rarer, and not at the end.
const BLACK_HOLES_END: Duration = Duration::from_secs(12);

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The link is cut at once.
    Cut(Node),
    /// The link is cut where so many bytes have gone towards the site or towards the client.
    CutAfter(Node, u64, Way),
    /// Nothing moves for a while, then it goes on.
    Stall(Node, Duration),
    /// Another delay, each way.
    Latency(Node, Duration),
    /// Connections are refused for a while; the one that stands goes on.
    Refuse(Node, Duration),
    /// The link vanishes without a word; after a while a new one can be made.
    BlackHole(Node, Duration),
    /// The process is killed and started again after a while.
    Kill(Client, Duration),
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the client to the site.
    Up,
    /// From the site to the client.
    Down,
}

/// Draws faults.
pub(super) struct Faults {
    rng: Rng,
    nodes: Vec<Node>,
    spreads_over: Duration,
}

impl Faults {
    /// The faults of this stream, over so long.
    pub(super) fn new(rng: Rng, spreads_over: Duration) -> Self {
        Faults { rng, nodes: Node::all().collect(), spreads_over }
    }

    /// How long until the next one.
    pub(super) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.rng.between(PAUSE_MS.0, PAUSE_MS.1))
    }

    /// The next one, so far into the run.
    pub(super) fn next(&mut self, elapsed: Duration) -> Option<Fault> {
        let node = self.rng.pick(&self.nodes).copied()?;
        let client = self.rng.pick(&Client::ALL).copied()?;
        let rng = &mut self.rng;
        let dice = rng.below(100);
        let mut ms = |low, high| Duration::from_millis(rng.between(low, high));
        Some(match dice {
            0..30 => Fault::Cut(node),
            30..52 => {
                let way = if rng.percent(50) { Way::Up } else { Way::Down };
                // Mostly inside one message, sometimes inside an attachment.
                let most = if rng.percent(80) { 4_000 } else { 400_000 };
                Fault::CutAfter(node, rng.below(most), way)
            }
            52..64 => Fault::Stall(node, ms(200, 1500)),
            64..76 => Fault::Latency(node, ms(0, 60)),
            76..83 => Fault::Refuse(node, ms(300, 1500)),
            83..86 if elapsed + BLACK_HOLES_END < self.spreads_over => Fault::BlackHole(node, ms(500, 1500)),
            83..86 => Fault::Cut(node),
            _ => Fault::Kill(client, ms(50, 1200)),
        })
    }
}

impl Fault {
    /// What one reads on the screen.
    pub(super) fn words(&self) -> String {
        let link =
            |node: &Node| format!("link {} – {}", node.client.name(), super::cast::site_name(node.site));
        let seconds = |time: &Duration| format!("{:.1} s", time.as_secs_f64());
        match self {
            Fault::Cut(node) => format!("{}: cut", link(node)),
            Fault::CutAfter(node, bytes, Way::Up) => format!("{}: cut behind {bytes} bytes up", link(node)),
            Fault::CutAfter(node, bytes, Way::Down) => {
                format!("{}: cut behind {bytes} bytes down", link(node))
            }
            Fault::Stall(node, time) => format!("{}: stalls for {}", link(node), seconds(time)),
            Fault::Latency(node, time) => {
                format!("{}: {} ms each way from now on", link(node), time.as_millis())
            }
            Fault::Refuse(node, time) => format!("{}: refuses connections for {}", link(node), seconds(time)),
            Fault::BlackHole(node, time) => {
                format!("{}: vanishes, a new one after {}", link(node), seconds(time))
            }
            Fault::Kill(client, time) => format!("{}: SIGKILL, again after {}", client.name(), seconds(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_every_kind_of_fault_and_the_same_ones_for_one_seed() {
        let minute = Duration::from_secs(60);
        let draw = |seed| {
            let mut faults = Faults::new(Rng::new(seed), minute);
            let (mut at, mut all) = (Duration::ZERO, Vec::new());
            while at < minute {
                at += faults.pause();
                all.extend(faults.next(at));
            }
            all
        };
        let all = draw(7);
        assert_eq!(all, draw(7));
        let kinds: std::collections::BTreeSet<_> =
            all.iter().map(std::mem::discriminant).map(|d| format!("{d:?}")).collect();
        assert_eq!(kinds.len(), 7);
    }

    #[test]
    fn no_link_vanishes_so_late_that_the_run_would_have_to_wait_for_it() {
        let span = Duration::from_secs(30);
        let mut faults = Faults::new(Rng::new(3), span);
        let late = (0..2000).filter_map(|_| faults.next(span - BLACK_HOLES_END));
        assert!(!late.into_iter().any(|fault| matches!(fault, Fault::BlackHole(..))));
    }
}
