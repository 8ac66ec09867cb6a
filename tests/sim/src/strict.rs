//! Which promises about those who lie are judged. Each is one that the product either keeps everywhere or does not have
//! yet; where it is `false` the worlds are the same, and nobody looks.

/// What a sender claims is no recipient by name: people write to others by their names, and reach whom the site has
/// checked, or are refused.
pub(crate) const NAMES: bool = false;

/// One sender fills the address book only up to a bound.
pub(crate) const CLAIMS: bool = false;

/// Labels of others are stored as harmless lines, and the files of a message are told apart.
pub(crate) const LABELS: bool = false;

/// That somebody folds repetitions is believed only as long as all that comes from them says so: members of ours have
/// stock clients besides, which fold nothing.
pub(crate) const MIXED: bool = false;

/// A post that the site does not take is set aside, and stops nothing else. Sites have a limit then.
pub(crate) const OWN_POSTS: bool = false;
