//! Groups: who is invited, joined or barred, and by which alias (wire 16). Only the states change here; who
//! is told is decided in `invitations`.

use std::collections::BTreeMap;

use tmtp_wire::names::{escaped_len, is_printable};

use super::record::FatalInput;
use super::users::{Directory, Refusal, UserNo, check_file_name, refuse};
use crate::limits::GROUP_FILE_MAX;

/// How a member stands to a group. One who is not in its list is a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Standing {
    /// May join and post, receives nothing. Also one who has left.
    Invited,
    /// Receives, may invite and drop.
    Joined,
    /// Dropped by another member.
    Barred,
}

/// The recorded alias of somebody in a group, and how he stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) alias: String,
    pub(super) standing: Standing,
}

/// Everybody whom a group knows.
pub(super) type Group = BTreeMap<UserNo, Membership>;

impl Directory {
    /// `by` invites the owner of `alias`; the first invitation founds the group. Returns the invitee.
    pub(super) fn invite(
        &mut self,
        gid: &str,
        alias: &str,
        by_alias: &str,
        by: UserNo,
    ) -> Result<UserNo, Refusal> {
        if self.lookup(by_alias)? != Some(by) {
            return refuse(format!("GroupInvite: iByAlias {by_alias} not for iByUid {}", self.uid(by)));
        }
        let Some(invitee) = self.lookup(alias)? else {
            return refuse(format!("GroupInvite: iAlias {alias} not found"));
        };
        check_file_name(gid)?;
        let invited = Membership { alias: alias.to_owned(), standing: Standing::Invited };
        if !self.groups.contains_key(gid) {
            self.check_new_gid(gid)?;
            let founder = Membership { alias: by_alias.to_owned(), standing: Standing::Joined };
            self.groups.insert(gid.to_owned(), Group::from([(by, founder)]));
        } else {
            if self.standing(gid, by) != Some(Standing::Joined) {
                return refuse(format!("GroupInvite: iByUid {} not a member", self.uid(by)));
            }
            match self.standing(gid, invitee) {
                Some(Standing::Invited) => return Ok(invitee),
                Some(Standing::Joined) => {
                    return refuse(format!("GroupInvite: iAlias {alias} already joined"));
                }
                Some(Standing::Barred) | None => {}
            }
        }
        self.set_membership(gid, invitee, invited);
        Ok(invitee)
    }

    fn check_new_gid(&self, gid: &str) -> Result<(), Refusal> {
        if self.lookup(gid)?.is_some() {
            refuse(format!("GroupInvite: gid {gid} not available"))
        } else if !gid.chars().all(is_printable) {
            refuse(format!("GroupInvite: invalid string '{gid}'"))
        } else if escaped_len(gid) > GROUP_FILE_MAX {
            Err(Refusal::Fatal(FatalInput::GroupNameTooLong))
        } else {
            Ok(())
        }
    }

    /// Joins; returns the alias that is recorded now. An empty `newalias` keeps the former.
    pub(super) fn join(&mut self, gid: &str, user: UserNo, newalias: &str) -> Result<String, Refusal> {
        let group = self.group(gid, "GroupJoin")?;
        let membership = group.get(&user).filter(|member| member.standing != Standing::Barred);
        let Some(Membership { alias, standing }) = membership.cloned() else {
            return refuse(format!("GroupJoin: iUid {} not invited", self.uid(user)));
        };
        if standing == Standing::Joined && (newalias.is_empty() || newalias == alias) {
            return Ok(alias);
        }
        if !newalias.is_empty() && self.lookup(newalias)? != Some(user) {
            return refuse(format!("GroupJoin: iNewAlias {newalias} not for iUid {}", self.uid(user)));
        }
        let alias = if newalias.is_empty() { alias } else { newalias.to_owned() };
        self.set_membership(gid, user, Membership { alias: alias.clone(), standing: Standing::Joined });
        Ok(alias)
    }

    /// Changes the recorded alias; returns the former, or the same if nothing changed.
    pub(super) fn change_alias(
        &mut self,
        gid: &str,
        user: UserNo,
        newalias: &str,
    ) -> Result<String, Refusal> {
        let group = self.group(gid, "GroupAlias")?;
        let membership = group.get(&user).filter(|member| member.standing == Standing::Joined);
        let Some(Membership { alias, standing }) = membership.cloned() else {
            return refuse(format!("GroupAlias: iUid {} not a member", self.uid(user)));
        };
        if newalias == alias {
            return Ok(alias);
        }
        if self.lookup(newalias)? != Some(user) {
            return refuse(format!("GroupAlias: iNewAlias {newalias} not for iUid {}", self.uid(user)));
        }
        self.set_membership(gid, user, Membership { alias: newalias.to_owned(), standing });
        Ok(alias)
    }

    /// Leaves, or drops another by the alias recorded for him; returns who was dropped.
    pub(super) fn drop_member(&mut self, gid: &str, alias: &str, by: UserNo) -> Result<UserNo, Refusal> {
        let group = self.group(gid, "GroupQuit")?;
        let owner = self.lookup(alias)?;
        let dropped = owner.filter(|user| group.get(user).is_some_and(|member| member.alias == alias));
        let Some(dropped) = dropped else {
            return refuse(format!("GroupQuit: iAlias {alias} not a member"));
        };
        let standing = if dropped == by {
            Standing::Invited
        } else if self.standing(gid, by) == Some(Standing::Joined) {
            Standing::Barred
        } else {
            return refuse(format!("GroupQuit: iByUid {} not a member", self.uid(by)));
        };
        self.set_membership(gid, dropped, Membership { alias: alias.to_owned(), standing });
        Ok(dropped)
    }

    /// Who receives what `by` sends to a group.
    pub(super) fn members(&self, gid: &str, by: UserNo) -> Result<Vec<UserNo>, Refusal> {
        let group = self.group(gid, "GroupGetUsers")?;
        if !group.get(&by).is_some_and(|member| member.standing != Standing::Barred) {
            return refuse(format!("GroupGetUsers: iByUid {} not a member", self.uid(by)));
        }
        let joined = group.iter().filter(|(_, member)| member.standing == Standing::Joined);
        Ok(joined.map(|(user, _)| *user).collect())
    }

    fn group(&self, gid: &str, caller: &str) -> Result<&Group, Refusal> {
        check_file_name(gid)?;
        match self.groups.get(gid) {
            Some(group) => Ok(group),
            None => refuse(format!("{caller}: iGid {gid} not found")),
        }
    }

    fn standing(&self, gid: &str, user: UserNo) -> Option<Standing> {
        self.groups.get(gid)?.get(&user).map(|member| member.standing)
    }

    fn set_membership(&mut self, gid: &str, user: UserNo, membership: Membership) {
        self.groups.entry(gid.to_owned()).or_default().insert(user, membership);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GID: &str = "walkers of the hill";

    struct World {
        directory: Directory,
        anna: UserNo,
        berta: UserNo,
        carla: UserNo,
    }

    fn world() -> World {
        let mut directory = Directory::default();
        let mut add = |uid: &str, alias: &str| {
            let (user, _) = directory.add_user(uid, [0; 32]);
            directory.add_alias(user, alias).unwrap();
            user
        };
        let (anna, berta, carla) = (add("A", "anna anna"), add("B", "berta berta"), add("C", "carla carla"));
        World { directory, anna, berta, carla }
    }

    fn standing(world: &World, user: UserNo) -> Option<Standing> {
        world.directory.standing(GID, user)
    }

    fn says(refusal: Result<impl std::fmt::Debug, Refusal>, text: &str) {
        match refusal {
            Err(Refusal::Text(said)) => assert_eq!(said, text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_invitation_founds_the_group() {
        let mut world = world();
        assert_eq!(world.directory.invite(GID, "berta berta", "anna anna", world.anna), Ok(world.berta));
        assert_eq!(standing(&world, world.anna), Some(Standing::Joined));
        assert_eq!(standing(&world, world.berta), Some(Standing::Invited));
        assert_eq!(world.directory.members(GID, world.berta), Ok(vec![world.anna]));
    }

    #[test]
    fn inviting_oneself_first_founds_a_group_of_none() {
        let mut world = world();
        assert_eq!(world.directory.invite(GID, "anna anna", "anna anna", world.anna), Ok(world.anna));
        assert_eq!(standing(&world, world.anna), Some(Standing::Invited));
    }

    #[test]
    fn who_leaves_is_invited_and_who_is_dropped_is_barred() {
        let mut world = world();
        let World { anna, berta, carla, .. } = world;
        let directory = &mut world.directory;
        directory.invite(GID, "berta berta", "anna anna", anna).unwrap();
        says(
            directory.invite(GID, "carla carla", "berta berta", berta),
            "GroupInvite: iByUid B not a member",
        );
        assert_eq!(directory.join(GID, berta, ""), Ok("berta berta".to_owned()));
        says(directory.join(GID, carla, ""), "GroupJoin: iUid C not invited");
        assert_eq!(directory.drop_member(GID, "berta berta", berta), Ok(berta));
        assert_eq!(directory.standing(GID, berta), Some(Standing::Invited));
        assert_eq!(directory.drop_member(GID, "berta berta", anna), Ok(berta));
        assert_eq!(directory.standing(GID, berta), Some(Standing::Barred));
        says(directory.members(GID, berta), "GroupGetUsers: iByUid B not a member");
        says(directory.join(GID, berta, ""), "GroupJoin: iUid B not invited");
        assert_eq!(directory.drop_member(GID, "berta berta", berta), Ok(berta), "the barred frees himself");
        assert_eq!(directory.standing(GID, berta), Some(Standing::Invited));
    }

    #[test]
    fn a_changed_alias_is_the_only_one_by_which_a_member_is_dropped() {
        let mut world = world();
        let World { anna, berta, .. } = world;
        let directory = &mut world.directory;
        directory.add_alias(berta, "berta's other").unwrap();
        directory.invite(GID, "berta berta", "anna anna", anna).unwrap();
        directory.join(GID, berta, "").unwrap();
        assert_eq!(directory.change_alias(GID, berta, "berta's other"), Ok("berta berta".to_owned()));
        says(directory.drop_member(GID, "berta berta", anna), "GroupQuit: iAlias berta berta not a member");
        assert_eq!(directory.drop_member(GID, "berta's other", anna), Ok(berta));
    }

    #[test]
    fn a_group_name_shares_its_space_with_aliases() {
        let mut world = world();
        let anna = world.anna;
        says(
            world.directory.invite("berta berta", "berta berta", "anna anna", anna),
            "GroupInvite: gid berta berta not available",
        );
        world.directory.invite(GID, "berta berta", "anna anna", anna).unwrap();
        says(world.directory.add_alias(anna, GID), &format!("AddAlias: alias {GID} not available"));
    }

    #[test]
    fn a_new_gid_must_leave_room_for_its_file_name() {
        let mut world = world();
        let anna = world.anna;
        let mut found = |gid: String| world.directory.invite(&gid, "berta berta", "anna anna", anna);
        assert!(found("g".repeat(245)).is_ok());
        assert_eq!(found("g".repeat(246)), Err(Refusal::Fatal(FatalInput::GroupNameTooLong)));
        assert_eq!(found("g".repeat(256)), Err(Refusal::Fatal(FatalInput::NameTooLong)));
    }
}
