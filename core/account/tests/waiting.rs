//! Nothing of ours holds up receiving, and nothing waits for what will never come.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Hint, Input, NotNow, Refused, Reply, State, To, WaitWhy, Wish};
use tmtp_site::Config;
use tmtp_store::read::{OutgoingRow, Page};
use tmtp_store::{FailedWhy, OutgoingState, WaitsWhy};
use tmtp_wire::ids::{SendId, ThreadRef};
use world::World;

const SECOND: Duration = Duration::from_secs(1);
const NOBODY: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";

fn rows(world: &World, who: usize) -> Vec<OutgoingRow> {
    world.members[who].reader().outbox(&Page { limit: 100, after: None }).unwrap().items
}

fn row(world: &World, who: usize, send_id: SendId) -> OutgoingRow {
    world.members[who].reader().outgoing(send_id).unwrap().expect("it is there")
}

fn why(world: &World, who: usize, send_id: SendId) -> FailedWhy {
    match row(world, who, send_id).state {
        OutgoingState::Failed { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

/// A site that ends the link at each post above 100 000 bytes.
fn small_site() -> (World, usize, usize) {
    World::pair_of(Config { message_max: 100_000, ..Config::default() })
}

/// Members whose links that broke are made anew as on a phone.
fn patient(world: &mut World, who: usize) {
    world.kill(who);
    world.members[who].settings.backoff_max = Duration::from_secs(300);
    world.start(who);
    world.run(SECOND * 3);
}

#[test]
fn mail_comes_in_though_a_post_of_ours_ends_every_link() {
    let (mut world, anna, berta) = small_site();
    patient(&mut world, anna);
    let (large, _) = world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &[1; 200_000])]);
    world.run(Duration::ZERO);
    let mut expected = Vec::new();
    for number in 0..20 {
        let text = format!("mail {number}");
        world.begin(berta, &["anna alias"], &text);
        expected.push(text);
    }
    // The next link that stands brings all of it, before it ends at the post again.
    let links = world.site.record().links;
    while world.site.record().links == links {
        world.run(SECOND);
    }
    world.run(SECOND);
    let came = world.members[anna].texts().into_iter().filter(|text| text != "large");
    assert_eq!(came.collect::<Vec<_>>(), expected);
    assert_eq!(row(&world, anna, large).state, OutgoingState::Queued);
}

#[test]
fn post_that_the_site_does_not_take_is_set_aside_and_nothing_else_stops() {
    let (mut world, anna, berta) = small_site();
    let links = world.site.record().links;
    let (large, _) = world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &[1; 200_000])]);
    let (other, _) = world.begin_with(anna, &["berta alias"], "other", &[("b.bin", &[1; 80_000])]);
    world.begin(anna, &["berta alias"], "small");
    world.run(SECOND * 120);
    assert_eq!(why(&world, anna, large), FailedWhy::EndsLinks);
    assert!(world.members[anna].reader().outgoing(other).unwrap().unwrap().state == OutgoingState::Sent);
    let mut came = world.members[berta].texts();
    came.sort();
    assert_eq!(came, ["other", "small"]);
    assert_eq!(world.account(anna).state(), &State::Online);
    let used = world.site.record().links - links;
    assert!(used <= 8, "{used} links were spent on it");
    // Its person tries it again: the same once more, and again nothing else stops.
    world.ask(anna, Command::SendAgain(large)).unwrap();
    world.begin(berta, &["anna alias"], "answer");
    world.run(SECOND * 120);
    assert_eq!(why(&world, anna, large), FailedWhy::EndsLinks);
    assert!(world.members[anna].texts().contains(&"answer".to_owned()));
}

#[test]
fn large_posts_leave_only_when_what_waits_has_come() {
    let (mut world, anna, berta) = World::pair();
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &[1; 200_000])]);
    world.begin(berta, &["anna alias"], "waits");
    // It takes only the login and the header that would come with it.
    world.members[anna].deaf = true;
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND);
    assert_eq!(world.members[anna].outbox(), ["queued"]);
    world.members[anna].deaf = false;
    world.run(SECOND);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.judge();
}

#[test]
fn large_posts_leave_also_where_nothing_proves_that_all_has_come() {
    let (mut world, anna, berta) = World::pair_of(Config { echo_login_tag: false, ..Config::default() });
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &[1; 200_000])]);
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 60);
    assert_eq!(world.members[berta].texts(), ["large"]);
    world.judge();
}

/// Something that the site never answers is set aside in the end; meanwhile mail comes in.
fn never_answered(pattern: &str, ask: impl FnOnce(&mut World, usize)) -> (World, usize) {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].swallowed = Some(pattern.as_bytes().to_vec());
    ask(&mut world, anna);
    for number in 0..10 {
        world.run(SECOND * 60);
        let text = format!("mail {number}");
        world.begin(berta, &["anna alias"], &text);
        world.run(SECOND * 60);
        assert!(world.members[anna].texts().contains(&text), "{text}");
    }
    (world, anna)
}

#[test]
fn post_that_is_never_answered_is_set_aside() {
    let mut sent = None;
    let (mut world, anna) = never_answered("body into the void", |world, anna| {
        sent = Some(world.begin(anna, &["berta alias"], "body into the void").0);
    });
    assert_eq!(why(&world, anna, sent.unwrap()), FailedWhy::EndsLinks);
    world.members[anna].swallowed = None;
    world.ask(anna, Command::SendAgain(sent.unwrap())).unwrap();
    world.run(SECOND * 10);
    assert!(world.members[anna].outbox().is_empty());
    world.judge();
}

#[test]
fn ping_that_is_never_answered_is_set_aside() {
    let mut sent = None;
    let (world, anna) = never_answered("hello void", |world, anna| {
        sent = Some(world.ping(anna, "berta alias", "hello void"));
    });
    assert_eq!(why(&world, anna, sent.unwrap()), FailedWhy::EndsLinks);
}

#[test]
fn alias_that_is_never_answered_is_given_up_and_takes_what_waits_for_it_along() {
    let mut sent = None;
    let (world, anna) = never_answered("void alias", |world, anna| {
        world.ask(anna, Command::AddAlias("void alias".parse().unwrap())).unwrap();
        let mut send = world.send_command("under it", &["berta alias"], "under it");
        let To::NewThread { from_alias, .. } = &mut send.to else { panic!() };
        *from_alias = Some("void alias".parse().unwrap());
        let Ok(Reply::Sent { send_id, .. }) = world.ask(anna, Command::Send(send)) else { panic!() };
        let waits = row(world, anna, send_id).waits.unwrap();
        assert_eq!(waits.why, WaitsWhy::Alias);
        assert!(waits.behind.is_some());
        sent = Some(send_id);
    });
    let states = "SELECT state FROM alias WHERE alias = 'void alias'";
    assert_eq!(world.members[anna].look::<String>(states), ["refused"]);
    assert_eq!(why(&world, anna, sent.unwrap()), FailedWhy::AliasRefused);
}

#[test]
fn what_a_site_says_when_a_post_ends_the_link_is_shown_with_it() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].disliked = Some(b"body nobody likes".to_vec());
    let (bad, _) = world.begin(anna, &["berta alias"], "body nobody likes");
    world.run(SECOND * 60);
    let row = row(&world, anna, bad);
    let failed = OutgoingState::Failed { why: FailedWhy::EndsLinks, reason: "invalid header".to_owned() };
    assert_eq!((row.state, row.reason.as_str()), (failed, "invalid header"));
}

/// A beginning that the site will refuse, and a reply behind it, written without a link.
fn refused_beginning(world: &mut World, who: usize) -> (SendId, SendId, ThreadRef) {
    world.put(who, Input::Wish(Wish::Off));
    world.run(SECOND);
    let (first, thread) = world.begin(who, &[NOBODY], "to nobody");
    let (reply, _) = world.reply(who, thread, "a reply");
    let waits = row(world, who, reply).waits.unwrap();
    assert_eq!((waits.why, waits.behind), (WaitsWhy::Beginning, Some(first)));
    assert_eq!(row(world, who, first).waits.unwrap().why, WaitsWhy::Link);
    world.put(who, Input::Wish(Wish::Stay));
    world.run(SECOND * 5);
    (first, reply, thread)
}

#[test]
fn reply_behind_a_beginning_that_was_refused_fails_with_it_and_goes_with_it_again() {
    let (mut world, anna, _) = World::pair();
    let (first, reply, thread) = refused_beginning(&mut world, anna);
    assert_eq!(why(&world, anna, first), FailedWhy::Refused);
    assert!(row(&world, anna, first).reason.contains("not found"));
    assert_eq!(why(&world, anna, reply), FailedWhy::BeginningRefused);
    assert_eq!(row(&world, anna, reply).reason, "", "the site has said nothing of it");
    // Neither it nor another reply can be sent as long as the beginning is not.
    let alone = world.ask(anna, Command::SendAgain(reply));
    assert!(matches!(alone, Err(Refused::NotNow(NotNow::BeginningFailed))), "{alone:?}");
    let mut more = world.send_command("more", &[], "more");
    more.to = To::Reply(thread);
    let more = world.ask(anna, Command::Send(more));
    assert!(matches!(more, Err(Refused::NotNow(NotNow::BeginningFailed))), "{more:?}");
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.ask(anna, Command::SendAgain(first)).unwrap();
    assert_eq!(row(&world, anna, reply).waits.unwrap().why, WaitsWhy::Beginning);
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 5);
    assert_eq!(why(&world, anna, reply), FailedWhy::BeginningRefused);
}

#[test]
fn withdrawing_a_refused_beginning_and_its_reply_in_any_order_leaves_nothing() {
    for reply_first in [false, true] {
        let (mut world, anna, _) = World::pair();
        let (first, reply, thread) = refused_beginning(&mut world, anna);
        let order = if reply_first { [reply, first] } else { [first, reply] };
        for send_id in order {
            world.ask(anna, Command::Withdraw(send_id)).unwrap();
        }
        assert_eq!(world.members[anna].number("SELECT count(*) FROM thread"), 0, "{reply_first}");
        assert!(world.members[anna].texts().is_empty());
        assert!(world.members[anna].reader().thread_row(thread).unwrap().is_none());
    }
}

#[test]
fn empty_threads_and_replies_in_vain_of_earlier_versions_are_put_right_at_the_next_start() {
    let (mut world, anna, _) = World::pair();
    let (_, reply, _) = refused_beginning(&mut world, anna);
    world.kill(anna);
    world.members[anna].change("INSERT INTO thread (send_id, subject) VALUES (77, 'ghost')");
    world.members[anna]
        .change("UPDATE outbox SET state = 'queued', failed = '' WHERE failed = 'beginning_refused'");
    world.members[anna].change("INSERT INTO alias (alias, state) VALUES ('forgotten alias', 'wanted')");
    world.start(anna);
    assert_eq!(why(&world, anna, reply), FailedWhy::BeginningRefused);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM thread WHERE send_id = 77"), 0);
    world.run(SECOND * 10);
    let states = "SELECT state FROM alias WHERE alias = 'forgotten alias'";
    assert_eq!(world.members[anna].look::<String>(states), ["held"]);
}

#[test]
fn account_whose_budget_is_used_up_waits_until_a_time_but_not_for_a_person() {
    let (mut world, anna, berta) = World::pair();
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    for _ in 0..130 {
        world.put(anna, Input::Wish(Wish::Stay));
        world.run(SECOND);
        world.put(anna, Input::Wish(Wish::Off));
        world.run(SECOND);
    }
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND);
    let state = world.account(anna).state().clone();
    assert!(matches!(state, State::Waiting { why: WaitWhy::Budget, .. }), "{state:?}");
    world.begin(anna, &["berta alias"], "now");
    world.put(anna, Input::Hint(Hint::UserActs));
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["now"]);
}

/// A small generator of its own, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn of(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }
}

/// One random thing that a person or the world does to an outbox.
fn happens(world: &mut World, who: usize, dice: &mut Dice, sent: &mut Vec<(SendId, ThreadRef)>, name: &str) {
    let any = |dice: &mut Dice, sent: &[(SendId, ThreadRef)]| sent.get(dice.of(sent.len().max(1))).copied();
    match dice.of(14) {
        0 => sent.push(world.begin(who, &["berta alias"], name)),
        1 => sent.push(world.begin(who, &[NOBODY], name)),
        2..=4 => {
            if let Some((_, thread)) = any(dice, sent) {
                let mut send = world.send_command(name, &[], name);
                send.to = To::Reply(thread);
                if let Ok(Reply::Sent { send_id, thread, .. }) = world.ask(who, Command::Send(send)) {
                    sent.push((send_id, thread));
                }
            }
        }
        5 | 6 => {
            if let Some((send_id, _)) = any(dice, sent) {
                let _ = world.ask(who, Command::Withdraw(send_id));
            }
        }
        7 => {
            if let Some((send_id, _)) = any(dice, sent) {
                let _ = world.ask(who, Command::SendAgain(send_id));
            }
        }
        8 => {
            // Half of them belong to somebody else.
            let alias = if dice.of(2) == 0 { "berta alias".to_owned() } else { format!("alias {name}") };
            world.ask(who, Command::AddAlias(alias.parse().unwrap())).unwrap();
            let mut send = world.send_command(name, &["berta alias"], name);
            let To::NewThread { from_alias, .. } = &mut send.to else { panic!() };
            *from_alias = Some(alias.parse().unwrap());
            if let Ok(Reply::Sent { send_id, thread, .. }) = world.ask(who, Command::Send(send)) {
                sent.push((send_id, thread));
            }
        }
        9 => world.put(who, Input::Wish(if dice.of(2) == 0 { Wish::Off } else { Wish::Stay })),
        10 => world.members[who].deaf = dice.of(2) == 0,
        11 => world.cut(who),
        12 => {
            let _ = world.ping(who, "berta alias", name);
        }
        _ => {
            world.kill(who);
            world.start(who);
        }
    }
    world.run(Duration::from_millis(dice.of(4000) as u64));
}

/// Whatever waits says for what, and that is there, and comes to something.
fn check(world: &World, who: usize, at: &str) {
    let reader = world.members[who].reader();
    for first in rows(world, who) {
        let mut next = first;
        for _ in 0..100 {
            let waiting = matches!(next.state, OutgoingState::Queued | OutgoingState::InDoubt);
            assert!(!waiting || next.waits.is_some(), "{at}: {next:?}");
            let Some(behind) = next.waits.and_then(|waits| waits.behind) else { break };
            let found = reader.outgoing(behind).unwrap();
            next = found.unwrap_or_else(|| panic!("{at}: {next:?} waits for what is not there"));
            let over = matches!(next.state, OutgoingState::Sent | OutgoingState::Failed { .. });
            assert!(!over, "{at}: something waits for {next:?}");
        }
        assert!(next.waits.is_none_or(|waits| waits.behind.is_none()), "{at}: a circle");
    }
    let ghosts =
        "SELECT count(*) FROM thread t WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.thread = t.id)";
    assert_eq!(world.members[who].number(ghosts), 0, "{at}: an empty thread");
}

#[test]
fn nothing_waits_for_what_will_never_come_whatever_happens() {
    for seed in 1..60 {
        let (mut world, anna, _) = World::pair();
        let (mut dice, mut sent) = (Dice(seed * 0x9e37_79b9), Vec::new());
        for number in 0..40 {
            happens(&mut world, anna, &mut dice, &mut sent, &format!("item {seed} {number}"));
            check(&world, anna, &format!("seed {seed}, step {number}"));
        }
        world.members[anna].deaf = false;
        world.put(anna, Input::Wish(Wish::Stay));
        world.put(anna, Input::Hint(Hint::UserActs));
        world.run(SECOND * 600);
        check(&world, anna, &format!("seed {seed}, the end"));
        for row in rows(&world, anna) {
            let left = matches!(row.state, OutgoingState::Failed { .. })
                || row.waits.is_some_and(|waits| waits.why == WaitsWhy::Person);
            assert!(left, "seed {seed}: {row:?} is still there");
        }
    }
}
