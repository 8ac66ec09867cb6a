use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};

use super::*;
use crate::limits::{ALARM_GRAIN, ALARM_REPLAN};

const MINUTE: Duration = Duration::from_secs(60);

/// Counts how often it is woken.
#[derive(Default)]
struct Bells(AtomicU32);

impl Wake for Bells {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn noop() -> Waker {
    Waker::noop().clone()
}

#[test]
fn waits_for_the_same_moment_are_one_wake_up_and_none_is_early() {
    let (mut waits, now) = (Waits::default(), Instant::now());
    let bells: Vec<Arc<Bells>> = (0..10).map(|_| Arc::default()).collect();
    for (number, bell) in bells.iter().enumerate() {
        let at = now + MINUTE + Duration::from_micros(number as u64 * 100);
        waits.put(at, number as u64, &Waker::from(Arc::clone(bell)), now);
    }
    let early = now + MINUTE - Duration::from_micros(1);
    assert!(waits.take_due(early).is_empty());
    let sleeps = waits.plan(early).unwrap();
    waits.take_due(early + sleeps).into_iter().for_each(Waker::wake);
    assert!(bells.iter().all(|bell| bell.0.load(Ordering::SeqCst) == 1));
    assert_eq!((waits.len(), waits.plan(early + sleeps)), (0, None));
}

#[test]
fn an_earlier_wait_calls_the_thread_and_a_later_one_does_not() {
    let (mut waits, now) = (Waits::default(), Instant::now());
    assert_eq!(waits.plan(now), None);
    assert!(waits.put(now + 2 * MINUTE, 1, &noop(), now), "it sleeps for ever");
    assert!(!waits.put(now + MINUTE, 2, &noop(), now), "it is awake already");
    assert_eq!(waits.plan(now), Some(MINUTE + ALARM_GRAIN));
    assert!(!waits.put(now + 3 * MINUTE, 3, &noop(), now));
    assert!(!waits.put(now + MINUTE, 4, &noop(), now));
    assert!(waits.put(now + MINUTE / 2, 5, &noop(), now));
}

#[test]
fn what_was_given_up_wakes_nobody_and_moves_the_thread_once_in_a_while() {
    let (mut waits, now) = (Waits::default(), Instant::now());
    waits.put(now + MINUTE, 1, &noop(), now);
    waits.plan(now);
    assert!(waits.take(now + MINUTE, 1).is_some());
    assert!(waits.put(now + 2 * MINUTE, 2, &noop(), now), "it would wake in vain");
    assert_eq!(waits.plan(now), Some(2 * MINUTE + ALARM_GRAIN));
    for busy in 3..1000 {
        waits.take(now + 2 * MINUTE, busy - 1);
        assert!(!waits.put(now + 3 * MINUTE, busy, &noop(), now), "not again and again");
        waits.take(now + 3 * MINUTE, busy);
    }
    assert!(waits.put(now + 3 * MINUTE, 1000, &noop(), now + ALARM_REPLAN));
}

/// Waits until this is so; by its own time limit a test that waits for ever fails.
async fn becomes(so: impl Fn() -> bool) {
    let patient = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTE, patient).await.expect("it becomes so");
}

#[tokio::test]
async fn the_thread_wakes_who_waits_and_ends_when_it_is_told_to() {
    let bell = Arc::new(Bell::default());
    for _ in 0..3 {
        assert!(bell.is_manned());
        let at = Instant::now() + Duration::from_millis(20);
        Wait { bell: Arc::clone(&bell), at, number: None }.await;
        assert!(Instant::now() >= at);
        bell.end(false);
        becomes(|| !bell.lock().manned).await;
    }
}

#[tokio::test]
async fn the_thread_stays_while_somebody_waits_and_ends_with_the_last_alarm() {
    let alarm = Alarm::of(&crate::SystemClock);
    let bell = Arc::clone(&alarm.0.as_ref().unwrap().bell);
    let waiting = tokio::spawn({
        let alarm = alarm.clone();
        async move { alarm.sleep(MINUTE).await }
    });
    becomes(|| alarm.waiting() == 1).await;
    alarm.rest();
    assert!(!bell.lock().over, "somebody waits");
    waiting.abort();
    becomes(|| alarm.waiting() == 0).await;
    drop(alarm);
    becomes(|| Arc::strong_count(&bell) == 1).await;
}

#[tokio::test(start_paused = true)]
async fn by_a_clock_of_a_test_tokio_waits() {
    struct Still;
    impl Clock for Still {
        fn now(&self) -> tmtp_account::Now {
            crate::SystemClock.now()
        }
    }
    let alarm = Alarm::of(&Still);
    let began = tokio::time::Instant::now();
    alarm.sleep(60 * MINUTE).await;
    assert_eq!((began.elapsed(), alarm.waiting()), (60 * MINUTE, 0));
    let none = alarm.timeout_at(tokio::time::Instant::now() + MINUTE, std::future::pending::<()>()).await;
    assert!(none.is_none());
}
