//! Restarts, a death inside a fan-out, and durable mode (wire 12.1, 12.8).

use super::harness::{World, ops, user};
use crate::{Config, Site, StorageOp};

#[test]
fn a_restart_keeps_the_queues_and_ends_the_links_without_a_word() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let answer = world.post(anna.link, "p", &user(&berta.uid), b"one");
    world.take(berta.link);
    world.site.restart(world.mono(), world.wall());
    for link in [anna.link, berta.link] {
        assert!(world.site.wants_close(link) && world.site.closes_bare(link) && !world.site.has_output(link));
        world.site.closed(world.mono(), world.wall(), link);
    }
    let link = world.try_login(&berta.uid, &berta.secret);
    let frames = world.take(link);
    assert_eq!(ops(&frames), ["info", "delivery"]);
    assert_eq!(frames[1].text("id"), answer.text("msgid"));
    let anna_again = world.login(&anna.uid, &anna.secret);
    let later = world.post(anna_again, "p", &user(&berta.uid), b"two");
    let number = |id: String| u64::from_str_radix(&id, 16).unwrap();
    assert!(number(later.text("msgid")) > number(answer.text("msgid")) + 1_000_000_000);
}

#[test]
fn a_death_inside_the_fan_out_reaches_some_and_answers_nobody() {
    let mut world = World::new();
    let (anna, berta, carla) =
        (world.register("anna anna"), world.register("berta berta"), world.register("carla carla"));
    world.site.crash_inside_fanout(1);
    world.post(anna.link, "p", &user(&berta.uid), b"has one recipient only");
    world.drain(berta.link);
    let header =
        format!(r#"{{"op":7,"id":"p","for":[{},{}],"datalen":1}}"#, user(&berta.uid), user(&carla.uid));
    world.send(anna.link, &header, b"x");
    assert!(world.take(anna.link).is_empty());
    assert!(world.site.closes_bare(anna.link) && world.site.closes_bare(carla.link));
    assert_eq!((world.site.queued(&berta.uid), world.site.queued(&carla.uid)), (1, 0));
    let record = world.site.record();
    assert_eq!((record.cut_short(), record.posts_accepted), (1, 1));
}

/// Stores everything that is pending and returns it as a disk would give it back.
fn store(world: &mut World) -> Vec<StorageOp> {
    let ops = world.site.poll_storage();
    world.site.stored(world.mono(), world.wall(), ops.len() as u64);
    ops.into_iter().map(|op| StorageOp::decode(&op.header(), op.data().to_vec()).unwrap()).collect()
}

fn durable() -> World {
    World::with(Config { durable: true, ..Config::default() })
}

fn register(world: &mut World, disk: &mut Vec<StorageOp>) -> (String, String, crate::LinkId) {
    let link = world.greet();
    world.send(link, r#"{"op":1,"newnode":"x","newalias":"_"}"#, b"");
    assert!(world.take(link).is_empty(), "nothing is said before it is stored");
    disk.extend(store(world));
    let frames = world.take(link);
    assert_eq!(ops(&frames), ["registered", "info"]);
    (frames[0].text("uid"), frames[0].text("nodeid"), link)
}

#[test]
fn a_durable_site_answers_and_delivers_only_what_is_stored() {
    let mut world = durable();
    let mut disk = Vec::new();
    let (uid, _, link) = register(&mut world, &mut disk);
    let header = format!(r#"{{"op":7,"id":"p","for":[{}],"datalen":1}}"#, user(&uid));
    world.send(link, &header, b"x");
    assert!(world.take(link).is_empty());
    disk.extend(store(&mut world));
    let mut said = ops(&world.take(link));
    said.sort();
    assert_eq!(said, ["ack", "delivery"]);
}

#[test]
fn a_durable_site_comes_back_from_its_facts_or_from_a_snapshot_of_them() {
    let mut world = durable();
    let mut disk = Vec::new();
    let (uid, secret, link) = register(&mut world, &mut disk);
    let (friend, _, friend_link) = register(&mut world, &mut disk);
    for header in [
        r#"{"op":3,"id":"a","newalias":"anna anna"}"#,
        r#"{"op":5,"id":"g","gid":"the walkers","from":"anna anna","to":"anna anna"}"#,
        r#"{"op":6,"id":"j","act":"join","gid":"the walkers"}"#,
        &format!(r#"{{"op":7,"id":"p","for":[{}],"datalen":1}}"#, user(&friend)),
        r#"{"op":3,"id":"n","newnode":"second"}"#,
    ] {
        world.send(link, header, if header.contains("\"op\":7") { b"x" } else { b"" });
        disk.extend(store(&mut world));
        world.drain(link);
        disk.extend(store(&mut world));
    }
    let delivery = world.take(friend_link).remove(0);
    let before = (world.site.queued(&uid), world.site.queued(&friend));
    let config = Config { durable: true, ..Config::default() };
    let snapshot = world.site.snapshot();
    for facts in [disk, snapshot] {
        let site = Site::restore(config.clone(), facts);
        assert_eq!((site.queued(&uid), site.queued(&friend)), before);
        let mut again = World { site, now: 5_000_000 };
        let link = again.try_login(&uid, &secret);
        store(&mut again);
        assert_eq!(again.drain(link)[0].text("op"), "info");
        let error = {
            again.send(link, r#"{"op":7,"id":"p","for":[{"id":"the walkers","type":2}],"datalen":1}"#, b"x");
            store(&mut again);
            again.drain(link)
        };
        let answer = error.iter().find(|frame| frame.text("op") == "ack").unwrap();
        assert_eq!(answer.text("error"), "");
        assert!(answer.text("msgid") > delivery.text("id"));
    }
}

#[test]
fn damaged_facts_are_refused() {
    assert!(StorageOp::decode(b"{\"Alias\":{}}", Vec::new()).is_err());
    assert!(StorageOp::decode(b"", Vec::new()).is_err());
}
