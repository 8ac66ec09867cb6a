//! Whatever arrives, and however it is cut.

use tmtp_session::{Command, Event, Input, StreamEnd};

use crate::world::*;

/// A small generator (xorshift), so that each run tries the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// All that a site may say in one session.
fn stream() -> Vec<u8> {
    let presence = format!(r#"{{"from":"{OTHER}","op":"ohi","status":1}}"#);
    [
        frame(GREETING),
        frame(INFO),
        queued(1, "ping", b"hello"),
        frame(&presence),
        queued(2, "delivery", &[b'd'; 70_000]),
        frame(&queued_header(3, "ping", 2).replace("Gold", "Bold")),
        b"hi".to_vec(),
        frame(r#"{"id":"q1","msgid":"16a9f0c3d5e40001","op":"ack","posted":"p"}"#),
        frame(r#"{"error":"logout ok","op":"quit"}"#),
    ]
    .concat()
}

/// Events of a session that reads the stream in such pieces, large data joined.
fn events(stream: &[u8], mut piece: impl FnMut() -> usize) -> Vec<Event> {
    let mut world = World::fresh(login());
    world.ping(1);
    world.drain();
    let mut events: Vec<Event> = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(piece().clamp(1, rest.len()));
        world.bytes(now);
        rest = later;
        for event in world.events() {
            match (events.last_mut(), event) {
                (Some(Event::LargeData(before)), Event::LargeData(more)) => before.extend(more),
                (_, event) => events.push(event),
            }
        }
    }
    events
}

#[test]
fn bytes_one_by_one_mean_the_same_as_all_at_once() {
    let stream = stream();
    let whole = events(&stream, || usize::MAX);
    assert_eq!(whole.len(), 10);
    assert_eq!(events(&stream, || 1), whole);
    let mut random = Random(7);
    for _ in 0..50 {
        assert_eq!(events(&stream, || random.below(40_000)), whole);
    }
}

#[test]
fn damaged_streams_end_at_most_once_and_nothing_follows() {
    let stream = stream();
    let mut random = Random(42);
    let mut ends = 0;
    for _ in 0..3000 {
        let mut damaged = stream.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(2000.min(damaged.len()));
            match random.below(3) {
                0 => damaged[at] ^= 1 << random.below(8),
                1 => drop(damaged.drain(at..(at + random.below(40)).min(damaged.len()))),
                _ => damaged.splice(at..at, (0..random.below(5)).map(|_| b'0')).for_each(drop),
            }
        }
        let events = events(&damaged, || random.below(5000));
        let ended = events.iter().filter(|event| matches!(event, Event::Ended(_))).count();
        assert!(ended <= 1);
        if ended == 1 {
            ends += 1;
            assert!(matches!(events.last(), Some(Event::Ended(_))));
        }
    }
    assert!(ends > 1000, "{ends}");
}

#[test]
fn any_bytes_commands_and_times_in_any_order_never_end_twice() {
    let mut random = Random(3);
    for _ in 0..2000 {
        let mut world = World::fresh(login());
        let mut ends = 0;
        for step in 0..40 {
            match random.below(9) {
                0 => world.bytes(&frame(GREETING)),
                1 => world.bytes(&frame(INFO)),
                2 => world.bytes(&queued(step, "ping", b"x")),
                3 => drop(world.submit(step, ping_request(0), tmtp_session::Body::None)),
                4 => drop(world.transmit()),
                5 => world.wait_mute(secs(random.next() % 20)),
                6 => world.answers(&format!("q{}", random.below(4))),
                7 => drop(world.command(Command::Confirm(step.to_string()))),
                _ if random.below(20) == 0 => {
                    world.session.handle_input(world.now, Input::End(StreamEnd::Fin)).unwrap();
                }
                _ => drop(world.command(Command::Probe)),
            }
            ends += world.events().iter().filter(|event| matches!(event, Event::Ended(_))).count();
        }
        assert!(ends <= 1);
    }
}
