//! Drafts and the files that they name; the ledger of wakes.

use tmtp_store::drafts::{self, NewDraft};
use tmtp_store::files::Staged;
use tmtp_store::ledger::{self, WakeRow};
use tmtp_store::read::Page;
use tmtp_wire::ids::{MessageRef, MsgId};
use tmtp_wire::time::Wall;

use crate::world::{World, world};

fn staged(file: &str) -> Staged {
    Staged { file: file.to_owned(), size: 3, sha256: [9; 32] }
}

fn draft<'a>(id: &'a str, files: &'a [(&'a str, &'a Staged)]) -> NewDraft<'a> {
    NewDraft {
        id,
        thread: None,
        from_alias: "Alice in W",
        to: &[("Bob Builder", "author"), ("Carol King", "")],
        subject: "Unfinished",
        text: "business",
        files,
        changed: Wall(7),
    }
}

fn save(world: &mut World, draft: &NewDraft<'_>) -> Vec<String> {
    drafts::save(world.writer.connection(), draft).unwrap()
}

#[test]
fn a_draft_comes_back_as_it_was_kept() {
    let mut world = world();
    let thread = world.bob_begins(0x10, "S");
    let file = staged("abc-0");
    let files = [("plan.txt", &file)];
    save(&mut world, &NewDraft { thread: Some(thread), ..draft("one", &files) });
    save(&mut world, &draft("two", &[]));
    let list = world.reader().drafts(&Page::default()).unwrap();
    assert_eq!(list.next, None);
    let [one, two] = list.items.as_slice() else { panic!("two drafts") };
    assert_eq!(one.thread, Some(MessageRef::Site(MsgId(0x10))));
    assert_eq!(one.to, [("Bob Builder".into(), "author".into()), ("Carol King".into(), String::new())]);
    assert_eq!((one.subject.as_str(), one.text.as_str(), one.changed), ("Unfinished", "business", Wall(7)));
    assert_eq!(one.files.iter().map(|file| (file.name.as_str(), &file.staged)).collect::<Vec<_>>(), files);
    assert_eq!((two.id.as_str(), two.thread, two.files.len()), ("two", None, 0));
}

#[test]
fn a_draft_that_is_kept_again_replaces_the_old_one_and_names_the_files_it_dropped() {
    let mut world = world();
    let (a, b) = (staged("a-0"), staged("b-0"));
    assert!(save(&mut world, &draft("one", &[("a", &a), ("b", &b)])).is_empty());
    assert_eq!(save(&mut world, &draft("one", &[("b", &b)])), ["a-0"]);
    assert_eq!(world.reader().drafts(&Page::default()).unwrap().items.len(), 1);
    assert_eq!(drafts::delete(world.writer.connection(), "one").unwrap(), ["b-0"]);
    assert!(drafts::delete(world.writer.connection(), "one").unwrap().is_empty());
    assert!(world.reader().drafts(&Page::default()).unwrap().items.is_empty());
}

#[test]
fn files_that_a_message_has_taken_over_are_not_given_up_with_the_draft() {
    let mut world = world();
    let file = staged("a-0");
    save(&mut world, &draft("one", &[("a", &file)]));
    let (_, message) = world.alice_writes(None, 77, "sent");
    world.attach(message, "a-0");
    assert!(drafts::delete(world.writer.connection(), "one").unwrap().is_empty());
}

#[test]
fn the_ledger_keeps_the_newest_wakes() {
    let mut world = world();
    for began in 0..510 {
        let row = WakeRow {
            began: Wall(began),
            stages: &[("dialed", 12), ("logged_in", 40)],
            outcome: "new",
            arrived: 3,
        };
        ledger::add(world.writer.connection(), &row).unwrap();
    }
    let reader = world.reader();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let list = reader.wakes(&Page { limit: 100, after }).unwrap();
        seen.extend(list.items);
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 500);
    assert_eq!((seen[0].began, seen[499].began), (Wall(509), Wall(10)));
    assert_eq!(seen[0].stages, [("dialed".to_owned(), 12), ("logged_in".to_owned(), 40)]);
    assert_eq!((seen[0].outcome.as_str(), seen[0].arrived), ("new", 3));
}
