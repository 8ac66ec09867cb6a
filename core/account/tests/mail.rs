//! Mail between members over a link that holds.

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, NotNow, Refused, Reply, State, Wish};
use tmtp_store::OutgoingState;
use tmtp_wire::ids::MessageRef;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn new_account_registers_and_gets_its_alias() {
    let mut world = World::new();
    let anna = world.join("anna alias");
    let events = world.events(anna);
    assert!(events.iter().any(|event| matches!(event, Event::Registered(_))));
    assert_eq!(
        world.members[anna].look::<String>("SELECT alias FROM alias WHERE state = 'held'"),
        ["anna alias"]
    );
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.site.record().registrations, 1);
    world.judge();
}

#[test]
fn alias_that_is_taken_is_refused_with_the_sites_words() {
    let mut world = World::new();
    world.join("anna alias");
    let other = world.add();
    world.put(other, Input::Wish(Wish::Stay));
    world.ask(other, Command::AddAlias("anna alias".parse().unwrap())).unwrap();
    world.run(SECOND * 5);
    assert_eq!(world.members[other].look::<String>("SELECT state FROM alias"), ["refused"]);
    assert!(world.members[other].look::<String>("SELECT reason FROM alias")[0].contains("taken"));
    assert_eq!(world.members[other].outbox(), Vec::<String>::new());
}

#[test]
fn ping_binds_the_alias_as_checked_at_the_receiver() {
    let (world, anna, berta) = World::pair();
    assert_eq!(world.members[anna].pings(), ["hello", "hello back"]);
    assert_eq!(world.members[berta].pings(), ["hello", "hello back"]);
    let checked = "SELECT alias FROM contact WHERE source = 'checked'";
    assert_eq!(world.members[anna].look::<String>(checked), ["berta alias"]);
    assert_eq!(world.members[berta].look::<String>(checked), ["anna alias"]);
    world.judge();
}

#[test]
fn thread_and_reply_arrive_once_on_both_sides() {
    let (mut world, anna, berta) = World::pair();
    let (send_id, local) = world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    assert_eq!(world.account(anna).outgoing(send_id).unwrap(), None);
    let thread: i64 = world.members[berta].number("SELECT msgid FROM thread");
    assert_eq!(world.members[anna].number("SELECT msgid FROM thread"), thread);
    assert!(matches!(local, MessageRef::Local(_)));
    world.reply(anna, local, "second");
    let theirs = MessageRef::Site(tmtp_store::values::id_out(thread));
    world.reply(berta, theirs, "third");
    world.run(SECOND);
    for who in [anna, berta] {
        assert_eq!(world.members[who].texts(), ["first", "second", "third"]);
        assert_eq!(world.members[who].number("SELECT messages FROM thread"), 3);
        assert_eq!(world.members[who].number("SELECT count(*) FROM thread"), 1);
    }
    assert_eq!(world.members[anna].number("SELECT unread FROM thread"), 1);
    assert_eq!(world.members[berta].number("SELECT unread FROM thread"), 2);
    world.judge();
}

#[test]
fn reply_written_before_the_beginning_is_sent_goes_behind_it() {
    let (mut world, anna, berta) = World::pair();
    world.cut(anna);
    world.members[anna].unreachable = true;
    let (_, thread) = world.begin(anna, &["berta alias"], "first");
    world.reply(anna, thread, "second");
    world.reply(anna, thread, "third");
    assert_eq!(world.members[anna].outbox(), ["queued", "queued", "queued"]);
    world.members[anna].unreachable = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["first", "second", "third"]);
    assert_eq!(world.members[berta].number("SELECT count(*) FROM thread"), 1);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.judge();
}

#[test]
fn send_with_the_same_draft_is_the_same_message() {
    let (mut world, anna, berta) = World::pair();
    let send = world.send_command("draft 1", &["berta alias"], "once");
    let Ok(Reply::Sent { send_id: first, .. }) = world.ask(anna, Command::Send(send)) else { panic!() };
    world.run(SECOND);
    let send = world.send_command("draft 1", &["berta alias"], "once");
    let Ok(Reply::Sent { send_id: second, state, .. }) = world.ask(anna, Command::Send(send)) else {
        panic!()
    };
    world.run(SECOND);
    assert_eq!((first, state), (second, OutgoingState::Sent));
    assert_eq!(world.members[berta].texts(), ["once"]);
}

#[test]
fn note_to_self_is_kept_and_read() {
    let mut world = World::new();
    let anna = world.join("anna alias");
    world.begin(anna, &[], "remember");
    world.run(SECOND);
    assert_eq!(world.members[anna].texts(), ["remember"]);
    assert_eq!(world.members[anna].number("SELECT unread FROM thread"), 0);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.judge();
}

#[test]
fn recipient_nobody_knows_is_refused_and_nothing_is_left() {
    let mut world = World::new();
    let anna = world.join("anna alias");
    let send = world.send_command("draft", &["nobody here"], "text");
    let refused = world.ask(anna, Command::Send(send));
    assert!(matches!(refused, Err(Refused::UnknownRecipient { .. })), "{refused:?}");
    assert_eq!(world.members[anna].number("SELECT count(*) FROM message"), 0);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM thread"), 0);
}

#[test]
fn send_before_registration_is_refused() {
    let mut world = World::new();
    let anna = world.add();
    let send = world.send_command("draft", &[], "text");
    let refused = world.ask(anna, Command::Send(send));
    assert!(matches!(refused, Err(Refused::NotNow(NotNow::NotRegistered))), "{refused:?}");
}

#[test]
fn members_of_a_thread_learn_of_each_other_as_claimed() {
    let (mut world, anna, berta) = World::pair();
    let carla = world.join("carla alias");
    world.ping(anna, "carla alias", "hello");
    world.ping(carla, "anna alias", "hello");
    world.run(SECOND);
    world.begin(anna, &["berta alias", "carla alias"], "to both");
    world.run(SECOND);
    let claimed = "SELECT alias FROM contact WHERE source = 'claimed'";
    assert_eq!(world.members[berta].look::<String>(claimed), ["carla alias"]);
    let send = world.send_command("by the claim", &["carla alias"], "by the claim");
    let refused = world.ask(berta, Command::Send(send)).unwrap_err();
    let (carlas, annas) = (world.uid(carla), world.uid(anna));
    let said = matches!(&refused, Refused::OnlyClaimed { who, uid, by, by_name: Some(name) }
        if who == "carla alias" && uid.as_str() == carlas && by.as_str() == annas && name == "anna alias");
    assert!(said, "{refused:?}");
    world.begin(berta, &[&carlas], "by the uid");
    world.run(SECOND);
    assert_eq!(world.members[carla].texts(), ["to both", "by the uid"]);
    world.judge();
}

#[test]
fn small_and_large_attachments_arrive_whole() {
    let (mut world, anna, berta) = World::pair();
    let large: Vec<u8> = (0..300_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    world.begin_with(anna, &["berta alias"], "small one", &[("a.txt", b"abc"), ("a.txt", b"defg")]);
    world.begin_with(anna, &["berta alias"], "large one", &[("big.bin", &large), ("end.txt", b"end")]);
    world.run(SECOND * 5);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[berta].texts(), ["small one", "large one"]);
    let names = "SELECT name FROM attachment ORDER BY message, place";
    assert_eq!(
        world.members[berta].look::<String>(names),
        ["u:a.txt", "u:a-2.txt", "u:big.bin", "u:end.txt"]
    );
    assert_eq!(
        world.members[berta].look::<Vec<u8>>("SELECT data FROM attachment WHERE data IS NOT NULL"),
        [b"abc".to_vec(), b"defg".to_vec()]
    );
    assert_eq!(world.members[berta].number("SELECT sum(damaged) FROM attachment"), 0);
    let file: String =
        world.members[berta].look("SELECT file FROM attachment WHERE name = 'u:big.bin'").remove(0);
    let start = world.members[berta].number("SELECT start FROM attachment WHERE name = 'u:big.bin'");
    let mut bytes = vec![0; large.len()];
    let files = world.account(berta).files().clone();
    assert_eq!(files.read_at(&file, start as u64, &mut bytes).unwrap(), large.len());
    assert!(bytes == large);
    world.judge();
}

#[test]
fn second_node_gets_what_the_first_one_sends_and_receives() {
    let (mut world, anna, berta) = World::pair();
    let second = world.second_node(anna, "tablet");
    world.begin(anna, &["berta alias"], "from the phone");
    world.run(SECOND);
    let thread = world.members[second].number("SELECT msgid FROM thread");
    let thread = MessageRef::Site(tmtp_store::values::id_out(thread));
    world.reply(second, thread, "from the tablet");
    world.run(SECOND);
    for who in [anna, berta, second] {
        assert_eq!(world.members[who].texts(), ["from the phone", "from the tablet"], "at {who}");
        assert_eq!(world.members[who].number("SELECT count(*) FROM thread"), 1);
    }
    assert_eq!(world.members[anna].number("SELECT unread FROM thread"), 0);
    assert_eq!(world.members[second].number("SELECT unread FROM thread"), 0);
    assert_eq!(world.members[berta].number("SELECT unread FROM thread"), 2);
    world.judge();
}

#[test]
fn password_of_a_node_stands_in_no_row() {
    let (mut world, anna, _) = World::pair();
    let second = world.second_node(anna, "tablet");
    let secret = world.members[second].secret();
    world.run(SECOND);
    for who in [anna, second] {
        let bytes = world.members[who].bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "at {who}");
    }
}

#[test]
fn deleted_message_stays_deleted_and_its_thread_comes_back_with_a_new_one() {
    let (mut world, anna, berta) = World::pair();
    let (_, local) = world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    let thread = world.members[berta].number("SELECT msgid FROM thread");
    let thread = MessageRef::Site(tmtp_store::values::id_out(thread));
    world.ask(berta, Command::DeleteThread(thread)).unwrap();
    assert_eq!(world.members[berta].number("SELECT deleted FROM thread"), 1);
    assert_eq!(world.members[berta].texts(), Vec::<String>::new());
    world.reply(anna, local, "second");
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["second"]);
    assert_eq!(world.members[berta].number("SELECT deleted FROM thread"), 0);
    assert_eq!(world.members[berta].number("SELECT unread FROM thread"), 1);
}

#[test]
fn read_marks_count_down() {
    let (mut world, anna, berta) = World::pair();
    let (_, local) = world.begin(anna, &["berta alias"], "first");
    world.reply(anna, local, "second");
    world.run(SECOND);
    let first = world.members[berta].number("SELECT msgid FROM message WHERE text = 'first'");
    let first = MessageRef::Site(tmtp_store::values::id_out(first));
    world.ask(berta, Command::MarkRead(first)).unwrap();
    assert_eq!(world.members[berta].number("SELECT unread FROM thread"), 1);
    world.ask(berta, Command::MarkThreadRead(first)).unwrap();
    assert_eq!(world.members[berta].number("SELECT unread FROM thread"), 0);
}

#[test]
fn off_quits_and_on_logs_in_again_at_once() {
    let (mut world, anna, _) = World::pair();
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    assert_eq!(world.account(anna).state(), &State::Off);
    assert!(world.members[anna].link.is_none());
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(Duration::ZERO);
    assert_eq!(world.account(anna).state(), &State::Online);
    assert_eq!(world.site.record().nodes_busy, 0);
    world.judge();
}
