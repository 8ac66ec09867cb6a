//! Faults that happen by themselves, at times and on links drawn from a seed.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::control::{Fate, Handle};
use crate::limits::CUT_WITHIN;

/// How often something happens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// Mean time from one to the next; the times between are spread exponentially.
    pub mean: Duration,
    /// How long it lasts, where it lasts.
    pub lasts: Duration,
}

/// Which faults happen. All are about one link drawn by lot, but stalls and refusals, which are about the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A link is cut: half of them at once, half within the next few thousand bytes towards the client.
    pub cut: Option<Every>,
    /// Everything stands still.
    pub stall: Option<Every>,
    /// A link goes silent for ever; others run on.
    pub black_hole: Option<Every>,
    /// Connections are refused.
    pub refuse: Option<Every>,
}

#[derive(Clone, Copy)]
enum Fault {
    Cut,
    Stall,
    BlackHole,
    Refuse,
}

/// Carries out whatever plan stands until it is aborted. A change of plan ends a fault that lasts.
pub(crate) async fn run(handle: Handle, mut plans: watch::Receiver<Plan>, seed: u64) {
    let mut random = Random(seed);
    loop {
        let plan = *plans.borrow_and_update();
        tokio::select! {
            changed = plans.changed() => if changed.is_err() { return },
            () = follow(&handle, plan, &mut random) => {}
        }
        // A stall or a refusal may have been interrupted.
        if plan.stall.is_some() {
            handle.heal();
        }
        if plan.refuse.is_some() {
            handle.refuse(false);
        }
    }
}

/// Never ends.
async fn follow(handle: &Handle, plan: Plan, random: &mut Random) {
    let kinds = [
        (Fault::Cut, plan.cut),
        (Fault::Stall, plan.stall),
        (Fault::BlackHole, plan.black_hole),
        (Fault::Refuse, plan.refuse),
    ];
    loop {
        // Exponential times have no memory, so the first of fresh draws is as good as one of each kept.
        let draws = kinds.iter().filter_map(|(fault, every)| {
            let every = (*every)?;
            Some((every.mean.mul_f64(random.exponential()), *fault, every.lasts))
        });
        let Some((wait, fault, lasts)) = draws.min_by_key(|draw| draw.0) else {
            return std::future::pending().await;
        };
        sleep(wait).await;
        happen(handle, fault, lasts, random).await;
    }
}

async fn happen(handle: &Handle, fault: Fault, lasts: Duration, random: &mut Random) {
    match fault {
        Fault::Stall => {
            handle.stall();
            sleep(lasts).await;
            handle.heal();
        }
        Fault::Refuse => {
            handle.refuse(true);
            sleep(lasts).await;
            handle.refuse(false);
        }
        Fault::Cut | Fault::BlackHole => {
            let links: Vec<_> = handle.shared.links().values().cloned().collect();
            let Some(link) = links.get(random.below(links.len())) else { return };
            match fault {
                Fault::BlackHole => handle.shared.end(link, Fate::Dead),
                _ if random.below(2) == 0 => handle.shared.end(link, Fate::Cut),
                _ => handle.shared.cut_soon(link, random.next() % CUT_WITHIN),
            }
        }
    }
}

/// SplitMix64 after Sebastiano Vigna's public domain code: small, and good enough for lots.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }

    /// Spread exponentially with mean 1, at most about 37.
    fn exponential(&mut self) -> f64 {
        let uniform = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        -(1.0 - uniform).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_of_the_right_mean() {
        let draw = |seed| {
            let mut random = Random(seed);
            (0..10_000).map(|_| random.exponential()).sum::<f64>() / 10_000.0
        };
        assert_eq!(draw(1).to_bits(), draw(1).to_bits());
        assert_ne!(draw(1).to_bits(), draw(2).to_bits());
        assert!((0.95..1.05).contains(&draw(1)));
    }
}
