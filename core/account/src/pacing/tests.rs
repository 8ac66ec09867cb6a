use super::*;

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
    pacing.user_acts();
    assert_eq!(pacing.next(Mono(0)).0, Mono(0));
}

#[test]
fn no_sequence_of_events_exceeds_the_budgets_of_any_hour() {
    for seed in 1..40 {
        let (mut pacing, mut random) = (pacing(), Sequence(seed));
        let (mut now, mut dials, mut logins) = (Mono(0), Vec::new(), Vec::new());
        while now < Mono(4 * 3_600_000) {
            let (at, _) = pacing.next(now);
            now = now.max(at);
            pacing.dials(now);
            dials.push(now);
            match random.next() % 6 {
                0 => pacing.path_failed(now, WaitWhy::LinkLost, random.next()),
                1 => pacing.service_failed(now, WaitWhy::SiteTrouble, random.next()),
                2 => pacing.node_busy(now, now, random.next()),
                3 => pacing.user_acts(),
                4 => pacing.network_changed(),
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
