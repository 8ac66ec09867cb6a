//! A draft id stands for one content: the same again is the same item, another one is refused.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Attachment, Command, Ping, Recipient, Refused, Reply, SaveDraft, Send, To};
use tmtp_store::OutgoingState;
use tmtp_store::files::Staged;
use tmtp_wire::ids::ThreadRef;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

fn used(answer: &Result<Reply, Refused>) -> bool {
    matches!(answer, Err(Refused::DraftUsed))
}

fn base(world: &World) -> Send {
    Send { subject: "subject".to_owned(), ..world.send_command("id", &["berta alias"], "text") }
}

fn reply_in(world: &World, thread: ThreadRef) -> Send {
    Send { to: To::Reply(thread), ..base(world) }
}

fn attach(world: &mut World, who: usize, send: &mut Send, name: &str, bytes: &[u8]) {
    let staged = world.members[who].stage(bytes);
    send.attachments.push(Attachment { name: name.to_owned(), staged });
}

/// Everything that may differ, one thing each.
fn others(world: &mut World, who: usize, thread: ThreadRef) -> Vec<(&'static str, Send)> {
    let mut all = vec![
        ("text", Send { text: "other".to_owned(), ..base(world) }),
        ("subject", Send { subject: "other".to_owned(), ..base(world) }),
        ("a thread", reply_in(world, thread)),
    ];
    for (what, recipients, alias) in [
        ("recipient", vec![("anna alias", "")], None),
        ("one more", vec![("berta alias", ""), ("anna alias", "")], None),
        ("note", vec![("berta alias", "note")], None),
        ("alias", vec![("berta alias", "")], Some("anna alias".parse().unwrap())),
    ] {
        let recipient = |(who, note): &(&str, &str)| Recipient { who: (*who).into(), note: (*note).into() };
        let recipients = recipients.iter().map(recipient).collect();
        all.push((what, Send { to: To::NewThread { recipients, from_alias: alias }, ..base(world) }));
    }
    let mut file = base(world);
    attach(world, who, &mut file, "a.txt", b"a file");
    all.push(("file", file));
    all
}

/// A message under `id`, with a file or without; then the same and all others again, before and after it was sent.
#[test]
fn other_content_under_a_used_id_is_refused_and_the_same_is_answered_as_before() {
    for online in [true, false] {
        let (mut world, anna, berta) = World::pair();
        let (_, thread) = world.begin(anna, &["berta alias"], "another thread");
        world.run(SECOND);
        world.members[anna].mute = !online;
        let first = base(&world);
        let Ok(Reply::Sent { send_id, .. }) = world.ask(anna, Command::Send(first)) else { panic!() };
        world.run(SECOND);
        for (what, send) in others(&mut world, anna, thread) {
            let answer = world.ask(anna, Command::Send(send));
            assert!(used(&answer), "{what}, online {online}: {answer:?}");
        }
        let again = base(&world);
        let answer = world.ask(anna, Command::Send(again));
        let Ok(Reply::Sent { send_id: same, state, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(same, send_id);
        assert_eq!(state == OutgoingState::Sent, online);
        let ping = Ping {
            draft: "id".to_owned(),
            from: None,
            to: "berta alias".parse().unwrap(),
            text: String::new(),
        };
        assert!(used(&world.ask(anna, Command::Ping(ping))), "online {online}");
        world.members[anna].mute = false;
        world.run(SECOND * 60);
        assert_eq!(world.members[berta].texts(), ["another thread", "text"]);
    }
}

#[test]
fn reply_is_known_again_by_every_name_of_its_thread_and_by_no_other_thread() {
    let (mut world, anna, _) = World::pair();
    let (_, local) = world.begin(anna, &["berta alias"], "first");
    let (_, other) = world.begin(anna, &["berta alias"], "second");
    let send = reply_in(&world, local);
    world.ask(anna, Command::Send(send)).unwrap();
    world.run(SECOND);
    let site = world.members[anna].reader().thread_row(local).unwrap().unwrap().thread;
    assert_ne!(site, local);
    for thread in [local, site] {
        let send = reply_in(&world, thread);
        world.ask(anna, Command::Send(send)).unwrap();
    }
    let send = reply_in(&world, other);
    assert!(used(&world.ask(anna, Command::Send(send))));
    let send = base(&world);
    assert!(used(&world.ask(anna, Command::Send(send))));
}

#[test]
fn ping_is_known_again_by_its_words() {
    for online in [true, false] {
        let (mut world, anna, _) = World::pair();
        world.members[anna].mute = !online;
        let ping = |to: &str, text: &str| Ping {
            draft: "id".to_owned(),
            from: None,
            to: to.parse().unwrap(),
            text: text.to_owned(),
        };
        let first = world.ask(anna, Command::Ping(ping("berta alias", "hi")));
        let Ok(Reply::Pinged { send_id, .. }) = first else { panic!("{first:?}") };
        world.run(SECOND);
        let again = world.ask(anna, Command::Ping(ping("berta alias", "hi")));
        assert!(matches!(again, Ok(Reply::Pinged { send_id: same, .. }) if same == send_id), "{again:?}");
        assert!(used(&world.ask(anna, Command::Ping(ping("berta alias", "ho")))));
        assert!(used(&world.ask(anna, Command::Ping(ping("carla alias", "hi")))));
        let send = base(&world);
        assert!(used(&world.ask(anna, Command::Send(send))));
    }
}

#[test]
fn files_that_are_taken_in_again_are_given_back_and_their_bytes_count() {
    let (mut world, anna, _) = World::pair();
    let mut send = base(&world);
    attach(&mut world, anna, &mut send, "a.bin", &[1; 100_000]);
    world.ask(anna, Command::Send(send)).unwrap();
    world.run(SECOND);
    let files = world.members[anna].files();
    let mut again = base(&world);
    attach(&mut world, anna, &mut again, "a.bin", &[1; 100_000]);
    world.ask(anna, Command::Send(again)).unwrap();
    assert_eq!(world.members[anna].files(), files, "the second copy is gone");
    let mut other = base(&world);
    attach(&mut world, anna, &mut other, "a.bin", &[2; 100_000]);
    assert!(used(&world.ask(anna, Command::Send(other))));
    // Whoever does not have the files any more is answered by their names.
    let names = |name: &str| {
        let staged = Staged { file: String::new(), size: 0, sha256: [0; 32] };
        vec![Attachment { name: name.to_owned(), staged }]
    };
    let lost = Send { attachments: names("a.bin"), ..base(&world) };
    assert!(matches!(world.ask(anna, Command::WasSent(lost)), Ok(Reply::Sent { .. })));
    let lost = Send { attachments: names("b.bin"), ..base(&world) };
    assert!(used(&world.ask(anna, Command::WasSent(lost))));
    let never = Send { draft: "never".to_owned(), ..base(&world) };
    assert!(matches!(world.ask(anna, Command::WasSent(never)), Err(Refused::NotFound)));
}

fn draft(text: &str) -> SaveDraft {
    let to = To::NewThread { recipients: Vec::new(), from_alias: None };
    SaveDraft {
        id: "id".to_owned(),
        to,
        subject: String::new(),
        text: text.to_owned(),
        attachments: Vec::new(),
    }
}

#[test]
fn draft_that_is_kept_late_leaves_no_ghost() {
    let (mut world, anna, _) = World::pair();
    world.ask(anna, Command::SaveDraft(draft("unfinished"))).unwrap();
    world.members[anna].mute = true;
    let send = base(&world);
    let Ok(Reply::Sent { send_id, .. }) = world.ask(anna, Command::Send(send)) else { panic!() };
    let drafts = |world: &World| world.members[anna].number("SELECT count(*) FROM draft");
    assert!(used(&world.ask(anna, Command::SaveDraft(draft("late")))), "in the outbox");
    assert_eq!(drafts(&world), 0);
    world.ask(anna, Command::Withdraw(send_id)).unwrap();
    assert!(used(&world.ask(anna, Command::SaveDraft(draft("late")))), "taken back");
    let send = base(&world);
    assert!(used(&world.ask(anna, Command::Send(send))), "taken back");
    world.members[anna].mute = false;
    let send = Send { draft: "sent".to_owned(), ..base(&world) };
    world.ask(anna, Command::Send(send)).unwrap();
    world.run(SECOND);
    let late = SaveDraft { id: "sent".to_owned(), ..draft("late") };
    assert!(used(&world.ask(anna, Command::SaveDraft(late))), "sent");
    assert_eq!(drafts(&world), 0);
}

#[test]
fn what_an_earlier_version_has_sent_is_compared_with_what_is_stored() {
    let (mut world, anna, _) = World::pair();
    let send = base(&world);
    world.ask(anna, Command::Send(send)).unwrap();
    let ping = |text: &str| {
        let to = "berta alias".parse().unwrap();
        Command::Ping(Ping { draft: "ping".to_owned(), from: None, to, text: text.to_owned() })
    };
    world.ask(anna, ping("hi")).unwrap();
    world.run(SECOND);
    world.kill(anna);
    world.members[anna].change("UPDATE done SET content = NULL");
    world.start(anna);
    let send = base(&world);
    assert!(world.ask(anna, Command::Send(send)).is_ok());
    let send = Send { text: "other".to_owned(), ..base(&world) };
    assert!(used(&world.ask(anna, Command::Send(send))));
    assert!(world.ask(anna, ping("hi")).is_ok());
    assert!(used(&world.ask(anna, ping("ho"))));
    // Of a message that was deleted nothing is left to compare.
    let message = world.members[anna].thread();
    world.ask(anna, Command::DeleteThread(message)).unwrap();
    let send = base(&world);
    assert!(used(&world.ask(anna, Command::Send(send))));
}
