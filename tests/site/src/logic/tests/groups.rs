//! Group requests: who is told what (wire 16).

use super::harness::{Frame, Person, World, ops};

fn members_told(frames: &[Frame]) -> Vec<(String, String)> {
    let told = frames.iter().filter(|frame| frame.text("op") == "member");
    told.map(|frame| (frame.text("act"), frame.text("alias"))).collect()
}

fn trio() -> (World, Person, Person, Person) {
    let mut world = World::new();
    let (anna, berta, carla) =
        (world.register("anna anna"), world.register("berta berta"), world.register("carla carla"));
    (world, anna, berta, carla)
}

fn invite(world: &mut World, by: &Person, to: &Person) -> Vec<Frame> {
    let header = format!(
        r#"{{"op":5,"id":"i","gid":"the walkers","from":"{}","to":"{}","datalen":4}}"#,
        by.alias, to.alias
    );
    world.send(by.link, &header, b"come");
    world.drain(by.link)
}

fn edit(world: &mut World, who: &Person, rest: &str) -> Vec<Frame> {
    world.send(who.link, &format!(r#"{{"op":6,"id":"e","gid":"the walkers",{rest}}}"#), b"");
    world.drain(who.link)
}

#[test]
fn an_invitation_reaches_the_invitee_and_tells_the_joined() {
    let (mut world, anna, berta, _) = trio();
    let frames = invite(&mut world, &anna, &berta);
    assert_eq!(members_told(&frames), [("invite".to_owned(), "berta berta".to_owned())]);
    let answer = frames.iter().find(|frame| frame.text("op") == "ack").unwrap();
    let got = world.drain(berta.link);
    assert_eq!(ops(&got), ["invite"], "the invitee does not hear of his own invitation twice");
    assert_eq!(got[0].text("id"), answer.text("msgid"));
    assert_eq!(
        (got[0].text("gid"), got[0].text("alias"), got[0].data.as_slice()),
        ("the walkers".into(), "anna anna".into(), &b"come"[..])
    );
}

#[test]
fn joining_and_changing_the_alias_are_told_to_all_joined() {
    let (mut world, anna, berta, _) = trio();
    invite(&mut world, &anna, &berta);
    world.drain(berta.link);
    assert_eq!(world.error_of(berta.link, r#"{"op":3,"id":"a","newalias":"berta's other"}"#, b""), "");
    let joined = edit(&mut world, &berta, r#""act":"join","newalias":"berta's other""#);
    assert_eq!(members_told(&joined), [("join".to_owned(), "berta's other".to_owned())]);
    assert!(joined.iter().all(|frame| frame.text("newalias").is_empty()));
    edit(&mut world, &berta, r#""act":"alias","newalias":"berta berta""#);
    let told = world.drain(anna.link);
    assert_eq!(told[1].text("alias"), "berta's other");
    assert_eq!(told[1].text("newalias"), "berta berta");
}

#[test]
fn one_who_is_dropped_is_told_and_may_not_post() {
    let (mut world, anna, berta, _) = trio();
    invite(&mut world, &anna, &berta);
    edit(&mut world, &berta, r#""act":"join""#);
    edit(&mut world, &anna, r#""act":"drop","to":"berta berta""#);
    let told = members_told(&world.drain(berta.link));
    assert_eq!(told.last().unwrap().0, "drop");
    let answer = world.post(berta.link, "p", r#"{"id":"the walkers","type":2}"#, b"x");
    assert_eq!(answer.text("error"), format!("GroupGetUsers: iByUid {} not a member", berta.uid));
}

#[test]
fn one_who_has_left_may_post_but_receives_nothing() {
    let (mut world, anna, berta, _) = trio();
    invite(&mut world, &anna, &berta);
    edit(&mut world, &berta, r#""act":"join""#);
    let left = edit(&mut world, &berta, r#""act":"drop","to":"berta berta""#);
    assert_eq!(members_told(&left), [("drop".to_owned(), "berta berta".to_owned())]);
    let answer = world.post(berta.link, "p", r#"{"id":"the walkers","type":2}"#, b"x");
    assert_eq!(answer.text("error"), "");
    assert!(world.take(berta.link).is_empty());
    assert!(ops(&world.drain(anna.link)).contains(&"delivery".to_owned()));
}

#[test]
fn errors_are_answers_in_the_servers_words() {
    let (mut world, anna, berta, carla) = trio();
    let ask = |gid: &str, from: &str, to: &str| {
        format!(r#"{{"op":5,"id":"i","gid":"{gid}","from":"{from}","to":"{to}"}}"#)
    };
    for (header, error) in [
        (ask("short", "anna anna", "berta berta"), "gid must be 8+ characters".to_owned()),
        (
            ask("the walkers", "berta berta", "carla carla"),
            format!("GroupInvite: iByAlias berta berta not for iByUid {}", anna.uid),
        ),
        (
            ask("the walkers", "anna anna", "nobody here"),
            "GroupInvite: iAlias nobody here not found".to_owned(),
        ),
        (
            ask("berta berta", "anna anna", "carla carla"),
            "GroupInvite: gid berta berta not available".to_owned(),
        ),
        (
            r#"{"op":6,"id":"e","gid":"the walkers","act":"join"}"#.to_owned(),
            "GroupJoin: iGid the walkers not found".to_owned(),
        ),
    ] {
        assert_eq!(world.error_of(anna.link, &header, b""), error);
    }
    invite(&mut world, &anna, &berta);
    let refused = edit(&mut world, &carla, r#""act":"join""#);
    assert_eq!(refused[0].text("error"), format!("GroupJoin: iUid {} not invited", carla.uid));
}

#[test]
fn the_accidental_act_invite_makes_a_member_message_without_act() {
    let (mut world, anna, berta, _) = trio();
    edit(&mut world, &anna, r#""act":"invite","from":"anna anna","to":"berta berta""#);
    let got = world.drain(berta.link);
    assert_eq!(ops(&got), ["member"]);
    assert_eq!((got[0].text("act"), got[0].text("to")), (String::new(), "berta berta".to_owned()));
}
