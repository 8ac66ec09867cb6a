//! Every timer: when it fires, what keeps it from firing.

use std::time::Duration;

use tmtp_session::{Awaiting, Command, Ended};

use crate::world::*;

const MOMENT: Duration = Duration::from_millis(1);

fn no_progress(awaiting: Awaiting) -> Option<Ended> {
    Some(Ended::NoProgress(awaiting))
}

#[test]
fn a_login_without_progress_ends_after_20_s() {
    let mut world = World::fresh(login());
    world.wait(secs(19));
    world.says(GREETING);
    world.wait(secs(20) - MOMENT);
    assert_eq!(world.ended(), None);
    world.wait(MOMENT);
    assert_eq!(world.ended(), no_progress(Awaiting::Login));
}

#[test]
fn a_pulse_leaves_110_s_after_the_last_byte() {
    let mut world = World::online();
    world.wait(secs(50));
    world.command(Command::Confirm("a".into())).unwrap();
    world.frames();
    world.wait(secs(110) - MOMENT);
    assert!(world.frames().is_empty());
    world.wait(MOMENT);
    assert_eq!(world.frames(), ["11"]);
    world.wait(secs(110));
    assert_eq!(world.frames(), ["11"]);
}

#[test]
fn the_first_pulse_counts_from_the_first_flight() {
    let mut world = World::fresh(login());
    world.drain();
    world.wait(secs(15));
    world.log_in();
    world.wait(secs(95));
    assert_eq!(world.frames(), ["11"]);
}

#[test]
fn a_pulse_leaves_on_the_grid_that_all_links_share() {
    let mut world = World::online();
    world.wait(secs(53) + MOMENT);
    world.command(Command::Confirm("a".into())).unwrap();
    world.frames();
    // 110 s later the world's clock shows 163 s and a moment: the last multiple of 10 s before is 160 s.
    world.wait(secs(107) - MOMENT - MOMENT);
    assert!(world.frames().is_empty());
    world.wait(MOMENT);
    assert_eq!(world.frames(), ["11"]);
    world.wait(secs(110));
    assert_eq!(world.frames(), ["11"]);
}

#[test]
fn a_pulse_leaves_while_a_message_is_arriving() {
    let mut world = World::online();
    let header = queued_header(1, "delivery", 100_000);
    world.bytes(&frame(&header));
    for _ in 0..11 {
        world.wait(secs(10));
        world.bytes(b"x");
    }
    assert_eq!(world.frames(), ["11"]);
}

#[test]
fn a_pulse_that_could_not_be_written_is_not_repeated() {
    let mut world = World::online();
    world.wait_mute(secs(400));
    assert_eq!(world.session.poll_timeout(), None, "one pulse waits");
    assert_eq!(world.frames(), ["11"]);
}

#[test]
fn a_missing_answer_ends_the_session_after_30_s_without_a_byte() {
    let mut world = World::online();
    world.ping(1);
    world.drain();
    world.wait(secs(30) - MOMENT);
    assert_eq!(world.ended(), None);
    world.wait(MOMENT);
    assert_eq!(world.ended(), no_progress(Awaiting::Answer));
}

#[test]
fn a_missing_answer_is_waited_for_while_anything_arrives() {
    let mut world = World::online();
    world.ping(1);
    world.drain();
    world.bytes(&frame(&queued_header(1, "delivery", 50_000)));
    for _ in 0..20 {
        world.wait(secs(29));
        world.bytes(b"x");
    }
    assert_eq!(world.ended(), None);
    world.wait(secs(30));
    assert_eq!(world.ended(), no_progress(Awaiting::Answer));
}

#[test]
fn no_answer_is_waited_for_before_the_request_is_complete() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    world.events();
    world.wait_mute(secs(100));
    assert_eq!(world.ended(), None);
    world.release(1);
    world.drain();
    world.wait(secs(30));
    assert_eq!(world.ended(), no_progress(Awaiting::Answer));
}

#[test]
fn an_upload_that_goes_on_counts_as_progress() {
    let mut world = World::online();
    world.ping(1);
    world.stream(2, 20 * 16_384);
    world.release(2);
    for _ in 0..10 {
        world.wait_mute(secs(29));
        world.transmit();
    }
    assert_eq!(world.ended(), None);
}

#[test]
fn an_answered_request_leaves_no_timer_behind() {
    let mut world = World::online();
    world.wait(secs(3));
    world.ping(1);
    world.drain();
    world.answers("q1");
    world.wait(secs(100));
    assert_eq!(world.ended(), None);
}

#[test]
fn a_frame_that_does_not_go_on_ends_the_session_after_60_s() {
    let mut world = World::online();
    world.bytes(&frame(&queued_header(1, "delivery", 100)));
    world.wait(secs(59));
    world.bytes(b"x");
    world.wait(secs(60) - MOMENT);
    assert_eq!(world.ended(), None);
    world.wait(MOMENT);
    assert_eq!(world.ended(), no_progress(Awaiting::RestOfFrame));
}

#[test]
fn half_a_header_counts_as_a_frame_that_has_begun() {
    let mut world = World::online();
    world.bytes(b"00");
    world.wait(secs(60));
    assert_eq!(world.ended(), no_progress(Awaiting::RestOfFrame));
}

#[test]
fn a_frame_that_is_complete_leaves_no_timer_behind() {
    let mut world = World::online();
    let bytes = queued(1, "ping", b"hello");
    world.bytes(&bytes[..20]);
    world.bytes(&bytes[20..]);
    world.wait(secs(105));
    assert_eq!(world.ended(), None);
}

#[test]
fn a_mute_probe_ends_the_session_after_4_s_without_a_byte() {
    let mut world = World::online();
    world.command(Command::Probe).unwrap();
    world.drain();
    world.wait(secs(3));
    world.says(r#"{"op":"weather"}"#);
    world.wait(secs(4) - MOMENT);
    assert_eq!(world.ended(), None);
    world.wait(MOMENT);
    assert_eq!(world.ended(), no_progress(Awaiting::Probe));
}

#[test]
fn a_mute_probe_has_longer_where_round_trips_are_long() {
    for (trip, wait) in [(secs(1), secs(8)), (secs(3), secs(10))] {
        let mut world = World::online();
        world.command(Command::Probe).unwrap();
        world.drain();
        world.wait(trip);
        world.answers("p1");
        world.command(Command::Probe).unwrap();
        world.drain();
        world.wait(wait - MOMENT);
        assert_eq!(world.ended(), None);
        world.wait(MOMENT);
        assert_eq!(world.ended(), no_progress(Awaiting::Probe));
    }
}

#[test]
fn a_probe_behind_a_small_request_is_timed_as_any() {
    let mut world = World::online();
    world.ping(1);
    world.drain();
    world.command(Command::Probe).unwrap();
    world.drain();
    world.wait(secs(4) - MOMENT);
    assert_eq!(world.ended(), None);
    world.wait(MOMENT);
    assert_eq!(world.ended(), no_progress(Awaiting::Probe));
}

#[test]
fn a_probe_is_not_timed_before_it_has_left() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    world.command(Command::Probe).unwrap();
    world.wait_mute(secs(60));
    assert_eq!(world.ended(), None);
}

#[test]
fn a_quit_without_reply_ends_after_3_s() {
    let mut world = World::online();
    world.command(Command::Quit).unwrap();
    world.drain();
    world.wait(secs(3) - MOMENT);
    assert_eq!(world.ended(), None);
    world.wait(MOMENT);
    assert_eq!(world.ended(), no_progress(Awaiting::Quit));
}

#[test]
fn a_quit_that_cannot_even_leave_ends_after_3_s_too() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    world.events();
    world.command(Command::Quit).unwrap();
    world.wait(secs(3));
    assert_eq!(world.ended(), no_progress(Awaiting::Quit));
}

#[test]
fn a_quit_ends_after_10_s_however_much_the_site_has_to_say() {
    let mut world = World::online();
    world.command(Command::Quit).unwrap();
    world.drain();
    for _ in 0..4 {
        world.wait(secs(2));
        world.says(r#"{"op":"weather"}"#);
    }
    assert_eq!(world.ended(), None);
    world.wait(secs(2));
    assert_eq!(world.ended(), no_progress(Awaiting::Quit));
}

#[test]
fn an_answer_that_never_comes_ends_the_session_in_ten_minutes_of_other_mail() {
    let mut world = World::online();
    world.ping(1);
    world.drain();
    for _ in 0..59 {
        world.wait(secs(10));
        world.says(r#"{"op":"weather"}"#);
    }
    assert_eq!(world.ended(), None);
    world.wait(secs(10));
    assert_eq!(world.ended(), no_progress(Awaiting::Answer));
}

#[test]
fn a_probe_behind_a_large_request_has_30_s() {
    let mut world = World::online();
    world.stream(1, 100_000);
    world.drain();
    world.release(1);
    world.drain();
    world.command(Command::Probe).unwrap();
    world.drain();
    world.wait(secs(29));
    assert_eq!(world.ended(), None);
}

#[test]
fn a_timer_called_too_early_does_nothing() {
    let mut world = World::online();
    let before = world.session.poll_timeout();
    world.session.handle_timeout(world.now);
    assert_eq!(world.session.poll_timeout(), before);
    assert!(world.events().is_empty());
}
