//! What comes from strangers, stock clients and faulty senders.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, ParkedWhy, State, TooLargeAnswer, WaitWhy, Wish};
use world::World;
use world::stock::Stock;

const SECOND: Duration = Duration::from_secs(1);

fn setting() -> (World, usize, Stock, String) {
    let mut world = World::new();
    let anna = world.join("anna alias");
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    (world, anna, stock, uid)
}

fn start(subject: &str, send_id: Option<u64>) -> String {
    let send_id = send_id.map(|id| format!(",\"sendid\":{id}")).unwrap_or_default();
    format!(
        "{{\"Alias\":\"Stock Person\",\"ThreadId\":\"\",\"Subject\":\"{subject}\",\"Cc\":[{{\"Who\":\"Stock Person\",\
         \"By\":\"Stock Person\",\"WhoUid\":\"X\",\"ByUid\":\"X\",\"Date\":\"\",\"Note\":\"author\",\
         \"Subscribe\":true}}]{send_id}}}"
    )
}

#[test]
fn post_of_a_stock_client_is_shown() {
    let (mut world, anna, stock, uid) = setting();
    stock.post(&mut world, &uid, &start("Hello", None), b"body");
    assert_eq!(world.members[anna].texts(), ["body"]);
    assert_eq!(world.members[anna].look::<String>("SELECT subject FROM thread"), ["Hello"]);
    assert_eq!(world.site.queued(&uid), 0, "confirmed");
}

#[test]
fn two_equal_posts_of_a_stock_client_are_two() {
    let (mut world, anna, stock, uid) = setting();
    for _ in 0..2 {
        stock.post_with(&mut world, &uid, &start("Hello", None), b"body", Some(77));
    }
    assert_eq!(world.members[anna].texts(), ["body", "body"]);
}

#[test]
fn equal_post_with_the_same_send_id_is_folded_under_its_lowest_id() {
    let (mut world, anna, stock, uid) = setting();
    for _ in 0..3 {
        stock.post(&mut world, &uid, &start("Hello", Some(99)), b"body");
    }
    assert_eq!(world.members[anna].texts(), ["body"]);
    // The first id is the row's own number.
    assert_eq!(world.members[anna].number("SELECT count(*) FROM message_name"), 2);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM thread_name"), 3);
    let lowest = world.members[anna].number("SELECT msgid FROM message");
    assert_eq!(world.members[anna].number("SELECT msgid FROM thread"), lowest);
    // Replies to any of its ids are in the same thread.
    let highest = world.members[anna].number("SELECT max(msgid) FROM thread_name");
    let id = tmtp_store::values::id_out(highest);
    stock.post(&mut world, &uid, &format!("{{\"threadid\":\"{id}\",\"subject\":\"\"}}"), b"reply");
    assert_eq!(world.members[anna].texts(), ["body", "reply"]);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM thread"), 1);
}

#[test]
fn reply_names_its_thread_by_the_id_that_reached_everybody() {
    let (mut world, anna, stock, uid) = setting();
    for _ in 0..3 {
        stock.post(&mut world, &uid, &start("Hello", Some(99)), b"body");
    }
    let thread = world.members[anna].thread();
    let [lowest, highest] = ["min", "max"].map(|which| {
        let id = world.members[anna].number(&format!("SELECT {which}(msgid) FROM thread_name"));
        tmtp_store::values::id_out(id).to_string()
    });
    // The list names its author by something that is no uid.
    world.ask(anna, Command::GoWithoutUnreachable(thread)).unwrap();
    world.reply(anna, thread, "reply");
    world.run(SECOND);
    let says = |id: &str| {
        let member = format!("\"threadid\":\"{id}\"");
        world.members[anna].given.windows(member.len()).any(|window| window == member.as_bytes())
    };
    assert!(says(&highest) && !says(&lowest));
    assert_eq!(world.members[anna].texts(), ["body", "reply"]);
}

#[test]
fn same_send_id_with_other_content_is_shown_and_counted() {
    let (mut world, anna, stock, uid) = setting();
    stock.post(&mut world, &uid, &start("Hello", Some(99)), b"one");
    stock.post(&mut world, &uid, &start("Hello", Some(99)), b"two");
    assert_eq!(world.members[anna].texts(), ["one", "two"]);
    assert_eq!(world.members[anna].counter("same_send_id_other_content"), 1);
}

#[test]
fn reply_without_its_beginning_is_shown_and_joined_when_it_comes() {
    let (mut world, anna, stock, uid) = setting();
    // The id that the next post will have is not known; so the reply names the third from here.
    let first = world.site.record().posts.len();
    stock.post(&mut world, &uid, &start("Other", None), b"other");
    let id = &world.site.record().posts[first].msgid;
    let next = format!("{:016x}", u64::from_str_radix(id, 16).unwrap() + 2);
    stock.post(&mut world, &uid, &format!("{{\"threadid\":\"{next}\",\"subject\":\"Re\"}}"), b"reply");
    assert_eq!(world.members[anna].look::<i64>("SELECT begun FROM thread ORDER BY id"), [1, 0]);
    stock.post(&mut world, &uid, &start("Begun", None), b"beginning");
    assert_eq!(world.site.record().posts.last().unwrap().msgid, next, "the guess of the next id");
    assert_eq!(world.members[anna].number("SELECT count(*) FROM thread"), 2);
    assert_eq!(
        world.members[anna].look::<String>("SELECT subject FROM thread ORDER BY id"),
        ["Other", "Begun"]
    );
    assert_eq!(world.members[anna].look::<i64>("SELECT begun FROM thread ORDER BY id"), [1, 1]);
}

#[test]
fn what_cannot_be_read_is_parked_confirmed_and_does_not_hurt_its_neighbours() {
    let (mut world, anna, stock, uid) = setting();
    stock.post(&mut world, &uid, "no json at all", b"");
    stock.post(&mut world, &uid, "{\"threadid\":\"_0178a6c3ffb2\"}", b"draft id");
    stock.post(&mut world, &uid, "{\"attach\":[{\"name\":\"u:a\",\"size\":100}]}", b"short");
    stock.post(&mut world, &uid, "{\"nodesync\":true}", b"[]");
    stock.post(&mut world, &uid, &start("Hello", None), b"fine");
    assert_eq!(world.members[anna].texts(), ["fine"]);
    let why = world.members[anna].look::<String>("SELECT why FROM parked ORDER BY id");
    assert_eq!(why, ["malformed", "malformed", "malformed", "not_yet"]);
    assert!(world.events(anna).contains(&Event::Parked(ParkedWhy::NotYet)));
    assert_eq!(world.site.queued(&uid), 0, "all confirmed");
}

#[test]
fn what_a_stranger_claims_never_hides_what_the_site_has_checked() {
    let (mut world, anna, berta) = World::pair();
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    let head = format!(
        "{{\"alias\":\"berta alias\",\"subject\":\"s\",\"cc\":[{{\"who\":\"berta alias\",\"whouid\":\"{}\"}}]}}",
        stock.uid
    );
    stock.post(&mut world, &uid, &head, b"I am berta");
    world.begin(anna, &["berta alias"], "to the true one");
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["to the true one"]);
    let both = "SELECT count(*) FROM contact WHERE alias = 'berta alias'";
    assert_eq!(world.members[anna].number(both), 2);
}

#[test]
fn damaged_attachment_is_shown_and_marked() {
    let (mut world, anna, stock, uid) = setting();
    let wrong = "00".repeat(32);
    let head =
        format!("{{\"subject\":\"s\",\"attach\":[{{\"name\":\"u:a\",\"size\":3,\"sha256\":\"{wrong}\"}}]}}");
    stock.post(&mut world, &uid, &head, b"textabc");
    assert_eq!(world.members[anna].texts(), ["text"]);
    assert_eq!(world.members[anna].look::<i64>("SELECT damaged FROM attachment"), [1]);
    assert_eq!(world.members[anna].counter("damaged_attachments"), 1);
}

#[test]
fn labels_of_others_are_made_harmless_when_they_come() {
    let (mut world, anna, stock, uid) = setting();
    let head = "{\"subject\":\"a\\u001b[2Jb\\u202ec\",\"attach\":[{\"name\":\"u:../../a.sh\",\"size\":1},\
        {\"name\":\"u:a.sh\",\"size\":1},{\"name\":\"r:a.sh\",\"size\":2,\"ffn\":\"f\\u0007\"}]}";
    stock.post(&mut world, &uid, head, b"text1234");
    let anna = &world.members[anna];
    assert_eq!(anna.look::<String>("SELECT name FROM attachment"), ["u:a.sh", "u:a-2.sh", "r:a.sh"]);
    assert_eq!(anna.look::<String>("SELECT ffn FROM attachment WHERE place = 2"), ["f\u{fffd}"]);
    assert_eq!(anna.look::<String>("SELECT subject FROM message"), ["a\u{fffd}[2Jb\u{fffd}c"]);
    assert_eq!(anna.look::<String>("SELECT subject FROM thread"), ["a\u{fffd}[2Jb\u{fffd}c"]);
    let exact = "SELECT instr(data_head, CAST('../../a.sh' AS BLOB)) > 0 FROM message";
    assert_eq!(anna.look::<bool>(exact), [true], "the data head keeps what was sent");
}

#[test]
fn large_delivery_that_is_no_post_is_parked_in_its_file() {
    let (mut world, anna, stock, uid) = setting();
    stock.post(&mut world, &uid, "{\"nodesync\":true}", &vec![b' '; 100_000]);
    assert_eq!(world.members[anna].look::<String>("SELECT why FROM parked"), ["not_yet"]);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM parked WHERE file IS NOT NULL"), 1);
    assert_eq!(world.site.queued(&uid), 0);
}

fn limited() -> (World, usize, Stock, String) {
    let (mut world, anna, stock, uid) = setting();
    world.kill(anna);
    world.members[anna].settings.delivery_max = 0;
    world.start(anna);
    world.run(SECOND);
    // Own copies set the lowest limit there is: 12 MiB.
    stock.post(&mut world, &uid, &start("Huge", None), &vec![b'x'; 13 << 20]);
    stock.post(&mut world, &uid, &start("Hello", None), b"behind it");
    world.run(SECOND);
    (world, anna, stock, uid)
}

#[test]
fn delivery_above_the_limit_waits_for_the_members_word() {
    let (mut world, anna, _stock, _) = limited();
    assert!(world.events(anna).iter().any(|event| matches!(event, Event::TooLarge { .. })));
    let state = world.account(anna).state().clone();
    assert!(matches!(state, State::Waiting { why: WaitWhy::TooLarge, .. }), "{state:?}");
    assert_eq!(world.members[anna].texts(), Vec::<String>::new());
    let links = world.site.record().links;
    world.run(Duration::from_secs(3600));
    assert_eq!(world.site.record().links, links, "it does not come back by itself");
}

#[test]
fn discarded_delivery_makes_way_for_what_is_behind_it() {
    let (mut world, anna, _stock, _) = limited();
    let id = tmtp_store::values::id_out(world.members[anna].number("SELECT msgid FROM too_large"));
    world.ask(anna, Command::AnswerTooLarge(id, TooLargeAnswer::Discard)).unwrap();
    world.run(SECOND);
    assert_eq!(world.members[anna].texts(), ["behind it"]);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM too_large WHERE answer <> 'discard'"), 0);
    world.judge();
}

#[test]
fn discarded_delivery_is_not_asked_about_again_if_its_confirmation_is_lost() {
    let (mut world, anna, _stock, uid) = limited();
    let id = tmtp_store::values::id_out(world.members[anna].number("SELECT msgid FROM too_large"));
    world.put(anna, Input::Wish(tmtp_account::Wish::Off));
    world.run(SECOND);
    world.ask(anna, Command::AnswerTooLarge(id, TooLargeAnswer::Discard)).unwrap();
    world.events(anna);
    let waits = world.site.queued(&uid);
    // Killed when it has let the data pass, before the confirmation leaves.
    world.members[anna].quota = Some(1);
    world.put(anna, Input::Wish(tmtp_account::Wish::Stay));
    world.run(SECOND);
    assert_eq!(world.site.queued(&uid), waits + 1, "not confirmed, and the login's message behind it");
    world.kill(anna);
    world.members[anna].quota = None;
    world.start(anna);
    world.run(SECOND * 10);
    assert!(world.events(anna).iter().all(|event| !matches!(event, Event::TooLarge { .. })));
    assert_eq!(world.members[anna].texts(), ["behind it"]);
    assert_eq!(world.members[anna].counter("too_large"), 1);
}

#[test]
fn accepted_delivery_is_taken_and_parked_if_its_text_is_beyond_showing() {
    let (mut world, anna, _stock, _) = limited();
    let id = tmtp_store::values::id_out(world.members[anna].number("SELECT msgid FROM too_large"));
    world.ask(anna, Command::AnswerTooLarge(id, TooLargeAnswer::Accept)).unwrap();
    world.run(SECOND * 5);
    assert_eq!(world.members[anna].texts(), ["behind it"]);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM parked"), 1);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM too_large"), 0);
}

#[test]
fn invitation_is_parked_and_its_sender_still_reaches_us() {
    let (mut world, anna, berta) = World::pair();
    let before = world.members[anna].number("SELECT count(*) FROM parked");
    world.begin(berta, &["anna alias"], "fine");
    world.run(SECOND);
    assert_eq!(world.members[anna].texts(), ["fine"]);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM parked"), before);
}

#[test]
fn late_message_with_a_lower_id_stands_where_it_belongs() {
    let (mut world, anna, berta) = World::pair();
    let (_, thread) = world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    // A slow upload gets its id when it begins, and arrives after what was sent meanwhile.
    world.members[anna].quota = Some(50_000);
    let large = vec![1_u8; 100_000];
    let theirs = world.members[berta].thread();
    let staged = world.members[anna].stage(&large);
    let mut slow = world.send_command("slow", &[], "slow");
    slow.to = tmtp_account::To::Reply(thread);
    slow.attachments.push(tmtp_account::Attachment { name: "a.bin".to_owned(), staged });
    world.ask(anna, Command::Send(slow)).unwrap();
    world.reply(berta, theirs, "quick");
    world.members[anna].quota = None;
    world.run(SECOND * 5);
    for who in [anna, berta] {
        assert_eq!(world.members[who].texts(), ["first", "slow", "quick"], "at {who}");
    }
    let unread = "SELECT unread FROM message WHERE text = 'slow'";
    assert_eq!(world.members[berta].number(unread), 1);
}

#[test]
fn draft_is_kept_replaced_and_gone_with_its_message() {
    let (mut world, anna, _) = World::pair();
    for text in ["one", "two"] {
        let draft = tmtp_account::SaveDraft {
            id: "d".to_owned(),
            to: tmtp_account::To::NewThread { recipients: Vec::new(), from_alias: None },
            subject: String::new(),
            text: text.to_owned(),
            attachments: Vec::new(),
        };
        world.ask(anna, Command::SaveDraft(draft)).unwrap();
    }
    assert_eq!(world.members[anna].look::<String>("SELECT text FROM draft"), ["two"]);
    let send = world.send_command("d", &["berta alias"], "three");
    world.ask(anna, Command::Send(send)).unwrap();
    assert_eq!(world.members[anna].number("SELECT count(*) FROM draft"), 0);
}

#[test]
fn old_link_is_off_before_another_is_made() {
    let (mut world, anna, _stock, _) = setting();
    for _ in 0..5 {
        world.put(anna, Input::Wish(Wish::Off));
        world.put(anna, Input::Wish(Wish::Stay));
        world.put(anna, Input::Wish(Wish::Off));
        world.run(Duration::ZERO);
        world.put(anna, Input::Wish(Wish::Stay));
        world.run(Duration::ZERO);
    }
    assert_eq!(world.account(anna).state(), &State::Online);
    assert_eq!(world.site.record().nodes_busy, 0);
}
