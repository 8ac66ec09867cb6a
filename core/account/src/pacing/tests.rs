use super::budget::HOUR;
use super::*;
use crate::limits::PERSON_EVERY;

fn pacing() -> Pacing {
    Pacing::new(&Settings::default())
}

/// A small generator of its own, so that a failure can be repeated.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn first_dial_is_at_once() {
    assert_eq!(pacing().next(Mono(5)).0, Mono(5));
}

#[test]
fn waits_grow_to_the_limit_and_never_vanish() {
    let (mut pacing, mut random, mut longest) = (pacing(), Sequence(7), Duration::ZERO);
    for _ in 0..200 {
        pacing.path_failed(Mono(0), WaitWhy::LinkLost, random.next());
        let wait = pacing.next(Mono(0)).0.since(Mono(0));
        assert!(wait >= Duration::from_millis(250) && wait <= Duration::from_secs(300), "{wait:?}");
        longest = longest.max(wait);
    }
    assert!(longest > Duration::from_secs(250), "{longest:?}");
}

#[test]
fn network_change_forgets_the_path_but_not_the_service() {
    let mut pacing = pacing();
    pacing.path_failed(Mono(0), WaitWhy::LinkLost, 900);
    pacing.service_failed(Mono(0), WaitWhy::SiteTrouble, 500);
    pacing.network_changed();
    assert_eq!(pacing.next(Mono(0)), (Mono(500), WaitWhy::SiteTrouble));
    pacing.user_acts(Mono(0));
    assert_eq!(pacing.next(Mono(0)).0, Mono(0));
}

/// What may go wrong with a link or a dial.
const FAILURES: [fn(&mut Pacing, Mono); 3] = [
    |pacing, now| pacing.path_failed(now, WaitWhy::LinkLost, 900),
    |pacing, now| pacing.service_failed(now, WaitWhy::SiteTrouble, 900),
    |pacing, now| pacing.node_busy(now, Mono(0), 900),
];

#[test]
fn failure_right_behind_an_act_is_not_waited_for_once() {
    for fail in FAILURES {
        let mut pacing = pacing();
        pacing.user_acts(Mono(0));
        fail(&mut pacing, Mono(30_000));
        assert_eq!(pacing.next(Mono(30_000)).0, Mono(30_000));
        pacing.dials(Mono(30_000));
        fail(&mut pacing, Mono(30_000));
        assert!(pacing.next(Mono(30_000)).0 > Mono(30_000), "once");
    }
}

#[test]
fn act_is_spent_by_the_dial_that_it_brings_about_and_forgotten_after_a_while() {
    for fail in FAILURES {
        let mut pacing = pacing();
        pacing.user_acts(Mono(0));
        let late = Mono(0) + ACT_COUNTS;
        fail(&mut pacing, late);
        assert!(pacing.next(late).0 > late, "too long ago");
        pacing.user_acts(late);
        pacing.dials(late);
        fail(&mut pacing, late);
        assert!(pacing.next(late).0 > late, "it has had its dial");
    }
}

#[test]
fn no_sequence_of_events_without_a_person_exceeds_the_budgets_of_any_hour() {
    for seed in 1..40 {
        let (mut pacing, mut random) = (pacing(), Sequence(seed));
        let (mut now, mut dials, mut logins) = (Mono(0), Vec::new(), Vec::new());
        while now < Mono(4 * 3_600_000) {
            let (at, _) = pacing.next(now);
            now = now.max(at);
            pacing.dials(now);
            dials.push(now);
            match random.next() % 5 {
                0 => pacing.path_failed(now, WaitWhy::LinkLost, random.next()),
                1 => pacing.service_failed(now, WaitWhy::SiteTrouble, random.next()),
                2 => pacing.node_busy(now, now, random.next()),
                3 => pacing.network_changed(),
                _ => {
                    pacing.logged_in(now);
                    logins.push(now);
                    pacing.stable();
                }
            }
        }
        for (times, most) in [(&dials, 360), (&logins, 120)] {
            for window in times.windows(most + 1) {
                let (Some(first), Some(last)) = (window.first(), window.last()) else { continue };
                assert!(last.since(*first) >= HOUR, "seed {seed}: {most} within {:?}", last.since(*first));
            }
        }
    }
}

/// Two hours in which somebody acts again as soon as the last act was spent: how many dials and logins there were.
fn insistent(seed: u64) -> Vec<Mono> {
    let (mut pacing, mut random, mut now, mut times) = (pacing(), Sequence(seed), Mono(0), Vec::new());
    while now < Mono(2 * 3_600_000) {
        pacing.user_acts(now);
        now = now.max(pacing.next(now).0);
        pacing.dials(now);
        times.push(now);
        if random.next().is_multiple_of(4) {
            pacing.path_failed(now, WaitWhy::LinkLost, random.next());
        } else {
            pacing.logged_in(now);
        }
        now = now + Duration::from_millis(random.next() % 3000);
    }
    times
}

#[test]
fn person_is_never_shut_out_by_the_budgets_but_a_loop_that_acts_like_one_is_slowed_down() {
    for seed in 1..20 {
        let times = insistent(seed);
        let longest = times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap();
        assert!(longest <= PERSON_EVERY + Duration::from_secs(3), "seed {seed}: {longest:?}");
        for window in times[400..].windows(400) {
            assert!(window[399].since(window[0]) >= HOUR, "seed {seed}");
        }
    }
}

#[test]
fn budget_that_a_person_has_used_up_holds_for_what_is_tried_by_itself() {
    let mut pacing = pacing();
    for _ in 0..120 {
        pacing.logged_in(Mono(1_000_000));
    }
    assert_eq!(pacing.next(Mono(1_001_000)), (Mono(4_600_000), WaitWhy::Budget));
    pacing.user_acts(Mono(1_001_000));
    assert_eq!(pacing.next(Mono(1_001_000)), (Mono(1_010_000), WaitWhy::Budget));
    pacing.dials(Mono(1_010_000));
    assert_eq!(pacing.next(Mono(1_010_000)), (Mono(4_600_000), WaitWhy::Budget), "the act is spent");
}

#[test]
fn busy_node_is_tried_before_the_bound_just_behind_it_and_patiently_after_it() {
    let (mut pacing, mut random, mut now, mut tries) = (pacing(), Sequence(3), Mono(1000), Vec::new());
    while now < Mono(30 * 60_000) {
        pacing.node_busy(now, Mono(0), random.next());
        now = pacing.next(now).0;
        tries.push(now);
    }
    let until = pacing.busy().unwrap().until;
    assert_eq!(until, Mono(120_000));
    let before = tries.iter().filter(|at| **at < until).count();
    assert!((10..=25).contains(&before), "{before}");
    assert!(tries.iter().any(|at| *at >= until && at.since(until) <= Duration::from_millis(500)));
    let after: Vec<_> = tries.iter().filter(|at| **at > Mono(300_000)).collect();
    for pair in after.windows(2) {
        assert!(pair[1].since(*pair[0]) <= BUSY_PATIENT && pair[1].since(*pair[0]) >= BUSY_PATIENT * 3 / 4);
    }
    assert!(pacing.busy().unwrap().other_suspected(Mono(1000 + 20 * 60_000)));
    assert!(!pacing.busy().unwrap().other_suspected(Mono(19 * 60_000)));
}

#[test]
fn busy_node_does_not_grow_the_other_waits() {
    let mut pacing = pacing();
    for _ in 0..50 {
        pacing.node_busy(Mono(0), Mono(0), 0);
    }
    pacing.logged_in(Mono(0));
    pacing.path_failed(Mono(0), WaitWhy::LinkLost, u64::MAX);
    assert!(pacing.next(Mono(0)).0 <= Mono(1000));
}

/// Spends `count` dials, one each second from `at` on.
fn spend(pacing: &mut Pacing, at: Mono, count: u64) {
    for number in 0..count {
        pacing.dials(at + Duration::from_secs(number));
    }
}

fn at(mono: u64, wall: i64) -> Now {
    Now { mono: Mono(mono * 1000), wall: tmtp_wire::time::Wall(wall * 1000) }
}

/// Another process, with these notes.
fn next_process(notes: &[u8], now: Now) -> Pacing {
    let mut next = pacing();
    next.remember(notes, now);
    next
}

/// Notes of a process that has used its budget up between 10 000 and 10 360 s, written at 10 400 s.
fn used_up() -> Vec<u8> {
    let mut pacing = pacing();
    spend(&mut pacing, Mono(10_000_000), 360);
    let notes = pacing.notes(at(10_400, 500_000)).unwrap();
    pacing.noted();
    assert_eq!(pacing.notes(at(10_400, 500_000)), None, "written once");
    notes
}

#[test]
fn budget_that_an_earlier_process_has_used_up_holds() {
    let next = next_process(&used_up(), at(10_500, 500_100));
    assert_eq!(
        next.next(Mono(10_500_000)),
        (Mono(13_600_000), WaitWhy::Budget),
        "an hour after the first one"
    );
    let later = next_process(&used_up(), at(13_601, 503_201));
    assert_eq!(later.next(Mono(13_601_000)).0, Mono(13_601_000));
}

#[test]
fn wall_clock_set_anywhere_neither_frees_a_budget_nor_locks_one() {
    for wall in [i64::MIN / 1000, 0, 500_100, 9_999_999, i64::MAX / 1000] {
        let next = next_process(&used_up(), at(10_500, wall));
        assert_eq!(next.next(Mono(10_500_000)).0, Mono(13_600_000), "wall clock at {wall}");
    }
}

#[test]
fn budget_after_a_restart_of_the_device_is_free_an_hour_later_at_the_latest() {
    // Set back, and no time has passed as far as anybody knows.
    let next = next_process(&used_up(), at(60, 0));
    let free = next.next(Mono(60_000)).0;
    assert!(free > Mono(60_000) && free <= Mono(3_660_000), "{free:?}");
    // By the wall clock half an hour has passed.
    let next = next_process(&used_up(), at(4000, 500_000 + 1800));
    assert_eq!(next.next(Mono(4_000_000)).0, Mono(4_000_000), "4000 s since the device has started");
    let next = next_process(&used_up(), at(2000, 500_000 + 2500));
    assert_eq!(next.next(Mono(2_000_000)).0, Mono(2_000_000 + 700_000));
}

#[test]
fn notes_that_do_not_read_are_none() {
    let notes = used_up();
    for cut in 0..notes.len() {
        let next = next_process(&notes[..cut], at(10_500, 500_100));
        assert_eq!(next.next(Mono(10_500_000)).0, Mono(10_500_000), "cut at {cut}");
    }
    assert!(notes.len() < 8192);
}
