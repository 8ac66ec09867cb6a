//! The delivery gap: now and then the public server misses the end of a link and delivers nothing for the
//! time of a repetition after the node's next login (wire 12.3, third point). Answers, presence and the
//! greeting are not affected; everything that is queued waits, the `login` message of that login too.
//!
//! A gap follows an *abrupt* end only: one without a quit frame. It comes when a test has asked for it
//! ([`Site::gap_at_next_login`]), or by lot ([`crate::Config::gaps`]) if a delivery was under way when the
//! link ended: the rate was measured under traffic. The link's end, or the site's, ends it. What the public
//! server does with a confirmation during a gap is not known; here it is kept, as always when nothing is
//! in flight (wire 12.4).

use super::api::Site;
use super::queue::Phase;
use super::users::NodeNo;

/// How often gaps come by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// One of so many logins that follow an abrupt end under traffic has one; none if this is 0.
    pub one_in: u32,
    /// What the lot is drawn from: the same seed and the same calls give the same gaps.
    pub seed: u64,
}

impl Gaps {
    /// As often as at the public server: 3 of 1350 (wire 12.3).
    pub fn as_public(seed: u64) -> Gaps {
        Gaps { one_in: 1350 / 3, seed }
    }

    /// Draws whether there is one now (SplitMix64).
    fn draw(&mut self) -> bool {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(u64::from(self.one_in)) == Some(0)
    }
}

/// How a node's last link ended, as far as the next login cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastEnd {
    /// With a quit frame; or there was none since the site started.
    #[default]
    Orderly,
    Abrupt {
        /// A delivery was under way.
        traffic: bool,
    },
}

impl Site {
    /// The next login of each of a member's nodes that follows an abrupt end has the gap; call it before or
    /// after that end. `false` if there is no such member.
    pub fn gap_at_next_login(&mut self, uid: &str) -> bool {
        let Ok(user) = self.directory.find(uid) else { return false };
        for node in self.directory.nodes_of(user).to_vec() {
            self.queue(node).gap_asked = true;
        }
        true
    }

    /// A node logs in: begins a gap if there is one.
    pub(super) fn begin_gap(&mut self, node: NodeNo) {
        let until = self.now + self.config.timers.repeat;
        let LastEnd::Abrupt { traffic } = self.queue(node).last_end else { return };
        let asked = std::mem::take(&mut self.queue(node).gap_asked);
        if asked || (traffic && self.config.gaps.as_mut().is_some_and(Gaps::draw)) {
            self.record.gaps += 1;
            self.queue(node).phase = Phase::Deaf { until };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_drawn_at_its_rate_and_repeats_with_its_seed() {
        let drawn = |one_in| {
            let mut gaps = Gaps { one_in, seed: 7 };
            (0..45_000).filter(|_| gaps.draw()).collect::<Vec<_>>()
        };
        let public = drawn(Gaps::as_public(7).one_in);
        assert!((70..130).contains(&public.len()), "{} of 45000", public.len());
        assert_eq!(drawn(450), public);
        assert_eq!((drawn(1).len(), drawn(0).len()), (45_000, 0));
    }
}
