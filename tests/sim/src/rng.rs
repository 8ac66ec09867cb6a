//! Random numbers from a seed: small, quick, the same on every machine. Nothing else in this crate is
//! random, and nothing in it asks the operating system for chance.

/// A sequence of random numbers (SplitMix64, after Sebastiano Vigna's public algorithm).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The sequence of a seed.
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// A sequence of its own, that depends on this one's seed and on `tag` only: what one part of the world
    /// draws does not shift what another one gets.
    pub(crate) fn branch(&self, tag: u64) -> Rng {
        let mut branch = Rng(self.0 ^ tag.wrapping_mul(0xd6e8_feb8_6659_fd93));
        branch.next();
        branch
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// The same for indices.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }

    /// A number from `low` up to and without `end`.
    pub(crate) fn between(&mut self, low: u64, end: u64) -> u64 {
        low + self.below(end.saturating_sub(low))
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_the_seed_alone_and_stay_in_bounds() {
        let (mut one, mut two) = (Rng::new(7), Rng::new(7));
        assert!((0..100).all(|_| one.next() == two.next()));
        assert!((0..1000).all(|_| (5..9).contains(&one.between(5, 9))));
        assert_eq!(one.below(0), 0);
        assert_ne!(one.branch(1).next(), one.branch(2).next());
    }
}
