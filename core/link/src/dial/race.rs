//! The address race: several attempts with staggered starts, the first that succeeds wins and the others are
//! dropped (RFC 8305). IPv6 and IPv4 take turns, beginning with the family that worked last.
//!
//! A loser may have got as far as TLS; it has said nothing to the site, so it cannot hold the node (wire 7).

use std::net::SocketAddr;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::DialError;
use crate::limits::{ADDRESSES_MAX, NEXT_ADDRESS, NEXT_ADDRESS_CONNECTED};

/// Of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) fn of(address: &SocketAddr) -> Family {
        if address.is_ipv6() { Family::V6 } else { Family::V4 }
    }
}

/// The families in turns, `first` in front, each in the order given; at most [`ADDRESSES_MAX`].
pub(super) fn order(found: Vec<SocketAddr>, first: Family) -> Vec<SocketAddr> {
    let (front, back): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| Family::of(address) == first);
    let (mut front, mut back) = (front.into_iter(), back.into_iter());
    let mut ordered: Vec<SocketAddr> = Vec::new();
    loop {
        let pair = [front.next(), back.next()];
        if pair == [None, None] {
            return ordered;
        }
        for address in pair.into_iter().flatten() {
            if ordered.len() < ADDRESSES_MAX && !ordered.contains(&address) {
                ordered.push(address);
            }
        }
    }
}

/// Runs `attempt` for the addresses until one succeeds, all have failed, or one fails in a way that the others
/// would too. Each attempt says on its channel when TCP stands.
pub(super) async fn race<T, F, Fut>(
    addresses: Vec<SocketAddr>,
    attempt: F,
) -> Result<(T, SocketAddr), DialError>
where
    F: Fn(SocketAddr, mpsc::UnboundedSender<()>) -> Fut,
    Fut: Future<Output = Result<T, DialError>> + Send + 'static,
    T: Send + 'static,
{
    let mut waiting = addresses.into_iter().peekable();
    // Dropped at every way out, and the attempts with it.
    let mut running = JoinSet::new();
    let (connected, mut connects) = mpsc::unbounded_channel();
    let mut next_start = Instant::now();
    let mut failure: Option<DialError> = None;
    loop {
        if next_start <= Instant::now()
            && let Some(address) = waiting.next()
        {
            let trying = attempt(address, connected.clone());
            running.spawn(async move { (trying.await, address) });
            next_start = Instant::now() + NEXT_ADDRESS;
        }
        if running.is_empty() && waiting.peek().is_none() {
            return Err(failure.unwrap_or(DialError::TimedOut));
        }
        tokio::select! {
            Some(ended) = running.join_next() => match ended {
                Ok((Ok(stream), address)) => return Ok((stream, address)),
                Ok((Err(error), _)) if error.is_verdict() => return Err(error),
                Ok((Err(error), _)) => {
                    failure = Some(match failure { Some(former) => former.or(error), None => error });
                    next_start = Instant::now();
                }
                Err(ended) => {
                    // A defect that one address meets: another may be spared it.
                    if ended.is_panic() {
                        tracing::error!("An attempt to make a link has panicked.");
                        failure = Some(DialError::Broken);
                    }
                    next_start = Instant::now();
                }
            },
            Some(()) = connects.recv() => next_start = next_start.max(Instant::now() + NEXT_ADDRESS_CONNECTED),
            () = sleep_until(next_start), if waiting.peek().is_some() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    fn v4(last: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], 1))
    }

    fn v6(last: u16) -> SocketAddr {
        SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, last], 1))
    }

    /// What one address does in a test: whether and when TCP stands, when it ends and how.
    #[derive(Clone, Copy)]
    struct Fake(SocketAddr, Option<u64>, u64, bool);

    /// Runs a race over fakes. Gives the winner and the start of each attempt in ms.
    async fn run(fakes: &[Fake]) -> (Result<SocketAddr, DialError>, Vec<(SocketAddr, u128)>) {
        let (began, starts) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let addresses = fakes.iter().map(|fake| fake.0).collect();
        let outcome = race(addresses, |address, connected| {
            let fake = *fakes.iter().find(|fake| fake.0 == address).unwrap();
            starts.lock().unwrap().push((address, began.elapsed().as_millis()));
            async move {
                if let Some(at) = fake.1 {
                    sleep(Duration::from_millis(at)).await;
                    connected.send(()).unwrap();
                }
                sleep(Duration::from_millis(fake.2 - fake.1.unwrap_or(0))).await;
                if fake.3 { Ok(()) } else { Err(DialError::Refused) }
            }
        })
        .await;
        let starts = starts.lock().unwrap().clone();
        (outcome.map(|((), address)| address), starts)
    }

    #[test]
    fn families_take_turns_and_the_one_that_worked_comes_first() {
        let found = vec![v4(1), v4(2), v6(1), v4(1), v4(3)];
        assert_eq!(order(found.clone(), Family::V6), [v6(1), v4(1), v4(2), v4(3)]);
        assert_eq!(order(found, Family::V4), [v4(1), v6(1), v4(2), v4(3)]);
        assert_eq!(order((0..100).map(v4).collect(), Family::V6).len(), ADDRESSES_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_first_address_is_the_only_one_tried() {
        let (won, starts) = run(&[Fake(v6(1), Some(100), 200, true), Fake(v4(1), Some(1), 2, true)]).await;
        assert_eq!((won.unwrap(), starts), (v6(1), vec![(v6(1), 0)]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_first_address_loses_to_the_second() {
        let (won, starts) = run(&[Fake(v6(1), None, 9000, false), Fake(v4(1), Some(30), 60, true)]).await;
        assert_eq!((won.unwrap(), starts), (v4(1), vec![(v6(1), 0), (v4(1), 250)]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_address_makes_room_for_the_next_at_once() {
        let (won, starts) = run(&[Fake(v6(1), None, 3, false), Fake(v4(1), Some(30), 60, true)]).await;
        assert_eq!((won.unwrap(), starts), (v4(1), vec![(v6(1), 0), (v4(1), 3)]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connected_address_gets_more_time_for_its_handshake() {
        let (won, starts) = run(&[Fake(v6(1), Some(200), 1600, true), Fake(v4(1), Some(1), 2, true)]).await;
        assert_eq!((won.unwrap(), starts.len()), (v6(1), 1));
        let (won, starts) = run(&[Fake(v6(1), Some(200), 4000, true), Fake(v4(1), Some(1), 2, true)]).await;
        assert_eq!((won.unwrap(), starts), (v4(1), vec![(v6(1), 0), (v4(1), 1700)]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_panics_is_a_defect_and_not_a_silent_site() {
        let addresses = vec![v6(1), v4(1)];
        let outcome = race(addresses, |address, _| async move {
            assert!(address != v6(1), "a defect, made on purpose");
            sleep(Duration::from_secs(1)).await;
            Err::<(), _>(DialError::TimedOut)
        });
        assert!(matches!(outcome.await, Err(DialError::Broken)));
        let other = race(vec![v6(1), v4(1)], |address, _| async move {
            assert!(address != v6(1), "a defect, made on purpose");
            Ok(())
        });
        assert_eq!(other.await.unwrap().1, v4(1), "another address may be spared it");
    }

    #[tokio::test(start_paused = true)]
    async fn all_addresses_failing_is_a_failure_with_the_most_telling_reason() {
        let (won, starts) = run(&[Fake(v6(1), None, 10, false), Fake(v4(1), None, 10, false)]).await;
        assert!(matches!(won, Err(DialError::Refused)));
        assert_eq!(starts.len(), 2);
        assert!(matches!(DialError::TimedOut.or(DialError::Refused), DialError::Refused));
        assert!(matches!(DialError::Refused.or(DialError::TimedOut), DialError::Refused));
    }
}
