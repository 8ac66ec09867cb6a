//! What can go wrong in the world, and how often it did. Only what had an effect is counted: a cut without
//! a link to cut is none.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::lies::Lie;
use crate::link::{Direction, Ending};

/// A moment inside a running process at which it dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Moment {
    /// Between two steps, at once.
    Now,
    /// Inside the commit of a later step: at this write from now on, none of the following reaches the disk.
    AtWrite(u64),
    /// Before the next step that commits.
    BeforeCommit,
    /// After its commit, before anything of it has left.
    AfterCommit,
    /// After everything of it has left.
    AfterOutputs,
}

/// Something that goes wrong, at some client or site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fault {
    /// The link ends for both sides; bytes in flight beyond a random point are lost.
    Cut(Ending),
    /// Nothing passes any more in either direction, and nobody is told.
    BlackHole,
    /// Nothing passes any more in one direction.
    HalfOpen(Direction),
    /// One direction stands still for so many milliseconds, then everything arrives.
    Stall(Direction, u64),
    /// Nobody can be dialled for so many milliseconds.
    Refuse(u64),
    /// The process dies, and with it what was not synced; it starts again after so many milliseconds.
    Kill(Moment, u64),
    /// The disk is full for so many milliseconds.
    DiskFull(u64),
    /// One write fails for want of room: the n-th from now.
    FullAtWrite(u64),
    /// The wall clock jumps by so many milliseconds.
    WallJump(i64),
    /// The device sleeps so many milliseconds: its process stands still, its clock does not.
    Sleep(u64),
    /// The key store gives no answer for so many milliseconds.
    KeysAway(u64),
    /// The store is copied to another device, which tries to use it.
    Clone,
    /// The whole device is copied, its key and the installation's id too, and used beside the original for so
    /// many milliseconds: nobody can tell the two apart.
    CloneInParallel(u64),
    /// The link ends just when a post without an own copy may have been taken; bytes in flight beyond a random
    /// point are lost.
    CutUnproven(Ending),
    /// The site's process dies and starts anew.
    SiteRestart,
    /// The site dies inside the fan-out of the next post with more than so many recipient nodes.
    SiteDiesInFanout(usize),
    /// The site does not deliver to this member for so many milliseconds.
    Hold(u64),
    /// The link ends, and after the next login the site delivers nothing for a while (wire 12.3).
    Gap(Ending),
    /// A member lies to somebody.
    Lie(Lie),
    /// The site refuses the next post of this member for no reason, in words that this number chooses.
    RudeError(u64),
}

impl Fault {
    /// The word under which it is counted.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Cut(Ending::Fin) => "cut_fin",
            Fault::Cut(Ending::CloseNotify) => "cut_close_notify",
            Fault::Cut(Ending::Reset) => "cut_reset",
            Fault::BlackHole => "black_hole",
            Fault::HalfOpen(Direction::ToSite) => "half_open_to_site",
            Fault::HalfOpen(Direction::ToClient) => "half_open_to_client",
            Fault::Stall(..) => "stall",
            Fault::Refuse(_) => "dial_refused",
            Fault::Kill(Moment::Now, _) => "kill",
            Fault::Kill(Moment::AtWrite(_), _) => "kill_inside_commit",
            Fault::Kill(Moment::BeforeCommit, _) => "kill_before_commit",
            Fault::Kill(Moment::AfterCommit, _) => "kill_after_commit",
            Fault::Kill(Moment::AfterOutputs, _) => "kill_after_outputs",
            Fault::DiskFull(_) => "disk_full",
            Fault::FullAtWrite(_) => "disk_full_at_write",
            Fault::WallJump(_) => "clock_jump",
            Fault::Sleep(_) => "sleep",
            Fault::KeysAway(_) => "keys_away",
            Fault::Clone => "clone",
            Fault::CloneInParallel(_) => "clone_in_parallel",
            Fault::CutUnproven(_) => "cut_unproven",
            Fault::SiteRestart => "site_restart",
            Fault::SiteDiesInFanout(_) => "site_dies_in_fanout",
            Fault::Hold(_) => "delivery_held",
            Fault::Gap(_) => "delivery_gap",
            Fault::Lie(lie) => lie.kind.word(),
            Fault::RudeError(_) => "rude_error",
        }
    }
}

/// The faults of every kind that a world can have, beside those in [`Fault`]: `unsynced_lost` is a kill
/// that really dropped something from a disk.
pub const KINDS: [&str; 37] = [
    "cut_fin",
    "cut_close_notify",
    "cut_reset",
    "black_hole",
    "half_open_to_site",
    "half_open_to_client",
    "stall",
    "dial_refused",
    "kill",
    "kill_inside_commit",
    "kill_before_commit",
    "kill_after_commit",
    "kill_after_outputs",
    "unsynced_lost",
    "disk_full",
    "disk_full_at_write",
    "clock_jump",
    "sleep",
    "keys_away",
    "clone",
    "clone_in_parallel",
    "cut_unproven",
    "site_restart",
    "site_dies_in_fanout",
    "delivery_held",
    "delivery_gap",
    "lie_name_of_another",
    "lie_names_in_list",
    "lie_forged_list",
    "lie_huge_list",
    "lie_oversized",
    "lie_file_names",
    "lie_foreign_thread",
    "lie_broken_text",
    "lie_same_send_id",
    "lie_look_alike",
    "rude_error",
];

/// What people did, or were told, that must not be seldom: the kinds of [`crate::Sum::done`] with the least
/// that there must be of each.
pub const DONE: [(&str, u64); 17] = [
    ("too_large_asked", 1_000),
    ("too_large_fetched", 500),
    ("too_large_discarded", 250),
    ("too_large_left_for_later", 250),
    ("not_proven", 500),
    ("sent_again_by_hand", 250),
    ("taken_as_sent_by_hand", 100),
    ("withdrawn", 1_000),
    ("stay_off", 1_000),
    ("copy_noticed", 1_000),
    ("node_busy_beside_a_copy", 1_000),
    ("copied_to_a_new_node", 500),
    ("refused_to_answer_a_lie", 250),
    ("sent_again_after_a_rude_refusal", 500),
    ("written_to_by_name", 500),
    ("name_of_nobody", 1_000),
    ("set_aside_as_too_large", 200),
];

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    /// One more.
    pub fn add(&mut self, kind: &'static str) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// So many more.
    pub fn add_many(&mut self, kind: &'static str, count: u64) {
        *self.0.entry(kind).or_default() += count;
    }

    /// How many of a kind.
    pub fn of(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or_default()
    }

    /// All of another world besides.
    pub fn join(&mut self, other: &Counts) {
        for (kind, count) in &other.0 {
            *self.0.entry(kind).or_default() += count;
        }
    }

    /// Kinds and counts in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }
}
