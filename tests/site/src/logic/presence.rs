//! Presence: whom each member announces to be there (wire 15). In memory only; all links of a member that
//! used it share one list, and the list goes with the last of them.

use std::collections::{BTreeMap, BTreeSet};

use super::users::UserNo;

#[derive(Debug, Default)]
struct List {
    links: u32,
    to: BTreeSet<UserNo>,
}

/// The lists of all members that announce themselves.
#[derive(Debug, Default)]
pub(super) struct Presence {
    lists: BTreeMap<UserNo, List>,
}

impl Presence {
    /// A further link of the member uses presence.
    pub(super) fn join(&mut self, user: UserNo) {
        self.lists.entry(user).or_default().links += 1;
    }

    /// Puts somebody on a member's list or takes him off; `true` if that changed anything.
    pub(super) fn edit(&mut self, user: UserNo, to: UserNo, on: bool) -> bool {
        let list = &mut self.lists.entry(user).or_default().to;
        if on { list.insert(to) } else { list.remove(&to) }
    }

    /// A link that used presence has ended. Returns whom to tell: everybody on the list if it was the last.
    pub(super) fn leave(&mut self, user: UserNo) -> Vec<UserNo> {
        let Some(list) = self.lists.get_mut(&user) else { return Vec::new() };
        list.links = list.links.saturating_sub(1);
        if list.links > 0 {
            return Vec::new();
        }
        self.lists.remove(&user).map(|list| list.to.into_iter().collect()).unwrap_or_default()
    }

    /// Who announces himself to a member.
    pub(super) fn announcing_to(&self, user: UserNo) -> Vec<UserNo> {
        self.lists.iter().filter(|(_, list)| list.to.contains(&user)).map(|(from, _)| *from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: UserNo = UserNo(0);
    const BERTA: UserNo = UserNo(1);

    #[test]
    fn only_changes_are_worth_telling() {
        let mut presence = Presence::default();
        presence.join(ANNA);
        assert!(presence.edit(ANNA, BERTA, true));
        assert!(!presence.edit(ANNA, BERTA, true));
        assert_eq!(presence.announcing_to(BERTA), vec![ANNA]);
        assert!(presence.edit(ANNA, BERTA, false));
        assert!(!presence.edit(ANNA, BERTA, false));
    }

    #[test]
    fn the_list_goes_with_the_last_link_that_used_it() {
        let mut presence = Presence::default();
        presence.join(ANNA);
        presence.join(ANNA);
        presence.edit(ANNA, BERTA, true);
        assert_eq!(presence.leave(ANNA), vec![]);
        assert_eq!(presence.leave(ANNA), vec![BERTA]);
        assert_eq!(presence.announcing_to(BERTA), vec![]);
    }
}
