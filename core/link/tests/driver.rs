//! The driver between a scripted account and sites over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc as threads};
use std::time::Duration;

use support::{Identity, SOON, Site, Sniffer, address, dialer};
use tmtp_account::{DialFailure, Event, Input, Now, Output, Refused, Reply, State, Ticket, Wish};
use tmtp_link::driver::{Engine, Order, Outlet};
use tmtp_link::{Alarm, Clock, DialError, Driver, SystemClock};
use tmtp_session::StreamEnd;
use tmtp_wire::address::SiteAddress;
use tmtp_wire::time::{Mono, Wall};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// What the account was given, told to the test as it comes. A step with nothing new is `Stepped(0)`.
#[derive(Debug, PartialEq)]
enum Seen {
    Stepped(usize),
    LinkUp,
    DialFailed(DialFailure),
    Received(Vec<u8>),
    LinkEnded(StreamEnd),
    LinkClosed,
    Off,
    Resumed,
}

/// Does what the test tells it on its next step, and nothing else.
struct Scripted {
    told: mpsc::UnboundedReceiver<Tell>,
    seen: mpsc::UnboundedSender<Seen>,
    inputs: Vec<Input>,
    outputs: VecDeque<Output>,
    transmits: VecDeque<Vec<u8>>,
    timeout: Option<Mono>,
}

enum Tell {
    Say(Output),
    Transmit(Vec<u8>),
    Timeout(Option<Mono>),
}

impl Engine for Scripted {
    fn put(&mut self, input: Input) {
        self.inputs.push(input);
    }

    fn step(&mut self, now: Now) {
        self.timeout = self.timeout.filter(|at| *at > now.mono);
        let _ = self.seen.send(Seen::Stepped(self.inputs.len()));
        for input in self.inputs.drain(..) {
            let _ = self.seen.send(match input {
                Input::LinkUp => Seen::LinkUp,
                Input::DialFailed(why) => Seen::DialFailed(why),
                Input::Received(bytes) => Seen::Received(bytes),
                Input::LinkEnded(end) => Seen::LinkEnded(end),
                Input::LinkClosed => Seen::LinkClosed,
                Input::Wish(Wish::Off) => Seen::Off,
                _ => Seen::Resumed,
            });
        }
        while let Ok(tell) = self.told.try_recv() {
            match tell {
                Tell::Say(output) => self.outputs.push_back(output),
                Tell::Transmit(bytes) => self.transmits.push_back(bytes),
                Tell::Timeout(at) => self.timeout = at,
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_transmit(&mut self, _now: Now) -> Option<Vec<u8>> {
        self.transmits.pop_front()
    }

    fn wants_step(&self) -> bool {
        !self.inputs.is_empty()
    }

    fn poll_timeout(&self) -> Option<Mono> {
        self.timeout
    }
}

/// tokio's clock, which tests can pause, and the time that the device has slept, in milliseconds.
struct TestClock(Instant, Arc<AtomicU64>);

impl Clock for TestClock {
    fn now(&self) -> Now {
        let slept = self.1.load(Ordering::SeqCst);
        Now { mono: Mono(1000 + slept + self.0.elapsed().as_millis() as u64), wall: Wall(0) }
    }
}

/// Keeps what went out to the façade.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Outlet for Kept {
    fn reply(&mut self, ticket: Ticket, outcome: Result<Reply, Refused>) {
        self.0.lock().unwrap().push(format!("{} {}", ticket.0, outcome.is_ok()));
    }
    fn event(&mut self, event: Event) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
    fn dial_failed(&mut self, error: &DialError) {
        self.0.lock().unwrap().push(error.code().to_owned());
    }
}

/// A running driver, its account and its outlet as the test sees them.
struct World {
    tell: mpsc::UnboundedSender<Tell>,
    seen: mpsc::UnboundedReceiver<Seen>,
    orders: mpsc::Sender<Order>,
    kept: Kept,
    slept: Arc<AtomicU64>,
    run: JoinHandle<Scripted>,
}

impl World {
    fn start(site: SiteAddress) -> World {
        World::start_with(site, Alarm::default(), |_| {})
    }

    /// `before` gives orders that are there when the driver starts.
    fn start_with(site: SiteAddress, alarm: Alarm, before: impl FnOnce(&mpsc::Sender<Order>)) -> World {
        let (tell, told) = mpsc::unbounded_channel();
        let (tell_seen, seen) = mpsc::unbounded_channel();
        let (orders, taken) = mpsc::channel(100);
        before(&orders);
        let engine = Scripted {
            told,
            seen: tell_seen,
            inputs: Vec::new(),
            outputs: VecDeque::new(),
            transmits: VecDeque::new(),
            timeout: None,
        };
        let kept = Kept::default();
        let slept = Arc::<AtomicU64>::default();
        let clock = Arc::new(TestClock(Instant::now(), Arc::clone(&slept)));
        let driver = Driver::new(engine, site, Arc::new(dialer().0), clock, taken, Box::new(kept.clone()));
        let run = tokio::spawn(driver.with_alarm(alarm).run());
        World { tell, seen, orders, kept, slept, run }
    }

    /// Has the account say something, in a step of its own.
    async fn say(&self, tell: impl IntoIterator<Item = Tell>) {
        tell.into_iter()
            .for_each(|tell| self.tell.send(tell).unwrap_or_else(|_| panic!("the driver has ended")));
        let nudge = Order::Input(Input::Hint(tmtp_account::Hint::Resumed));
        self.orders.send(nudge).await.unwrap_or_else(|_| panic!("the driver has ended"));
    }

    /// The next thing of interest that the account was given.
    async fn next(&mut self) -> Seen {
        loop {
            match timeout(SOON, self.seen.recv()).await.unwrap().unwrap() {
                Seen::Stepped(_) | Seen::Resumed => {}
                seen => return seen,
            }
        }
    }

    async fn link_up(site: SiteAddress) -> World {
        let mut world = World::start(site);
        world.say([Tell::Say(Output::Dial)]).await;
        assert_eq!(world.next().await, Seen::LinkUp);
        world
    }

    /// Plaintext until there are `length` bytes.
    async fn receives(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            match self.next().await {
                Seen::Received(more) => bytes.extend(more),
                other => panic!("{other:?}"),
            }
        }
        bytes
    }
}

#[tokio::test]
async fn a_dial_leads_to_a_link_that_carries_bytes_both_ways() {
    let site = Site::echo(&Identity::new());
    let mut world = World::link_up(site.address()).await;
    world.say([Tell::Transmit(b"hello ".to_vec()), Tell::Transmit(b"site".to_vec())]).await;
    assert_eq!(world.receives(10).await, b"hello site");
}

#[tokio::test]
async fn a_failed_dial_is_told_to_the_account_and_in_detail_to_the_facade() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut world = World::start(address('=', gone));
    world.say([Tell::Say(Output::Dial)]).await;
    assert_eq!(world.next().await, Seen::DialFailed(DialFailure::Unreachable));
    assert_eq!(*world.kept.0.lock().unwrap(), ["link.refused"]);
}

#[tokio::test]
async fn replies_and_events_go_out_in_order() {
    let mut world = World::start("=127.0.0.1:1".parse().unwrap());
    world
        .say([
            Tell::Say(Output::Reply(Ticket(7), Err(Refused::NotFound))),
            Tell::Say(Output::Event(Event::StateChanged(State::Off))),
            Tell::Say(Output::Close),
        ])
        .await;
    assert_eq!(world.next().await, Seen::LinkClosed, "there was nothing to close");
    assert_eq!(*world.kept.0.lock().unwrap(), ["7 false", "StateChanged(Off)"]);
}

#[tokio::test]
async fn orders_that_wait_together_share_one_step() {
    let mut world = World::start_with("=127.0.0.1:1".parse().unwrap(), Alarm::default(), |orders| {
        for _ in 0..10 {
            orders
                .try_send(Order::Input(Input::Hint(tmtp_account::Hint::Resumed)))
                .unwrap_or_else(|_| panic!("full"));
        }
    });
    assert_eq!(world.seen.recv().await, Some(Seen::Stepped(0)), "the first step, for timers");
    assert_eq!(world.seen.recv().await, Some(Seen::Stepped(10)));
}

#[tokio::test]
async fn a_sleep_of_the_device_is_told_once_with_whatever_comes_next() {
    let mut world = World::start("=127.0.0.1:1".parse().unwrap());
    assert_eq!(world.seen.recv().await, Some(Seen::Stepped(0)));
    let mut told = async |slept| {
        world.slept.fetch_add(slept, Ordering::SeqCst);
        let order = Order::Input(Input::Wish(Wish::Off));
        world.orders.send(order).await.unwrap_or_else(|_| panic!("the driver has ended"));
        let mut told = Vec::new();
        while told.last() != Some(&Seen::Off) {
            told.push(timeout(SOON, world.seen.recv()).await.unwrap().unwrap());
        }
        told
    };
    assert_eq!(told(9_000).await, [Seen::Stepped(1), Seen::Off], "a clock that was corrected");
    assert_eq!(told(600_000).await, [Seen::Stepped(2), Seen::Resumed, Seen::Off]);
    assert_eq!(told(0).await, [Seen::Stepped(1), Seen::Off]);
}

#[tokio::test]
async fn a_link_that_the_site_ends_is_told_after_its_last_bytes() {
    let site = Site::tls(&Identity::new(), |mut link| {
        let _ = link.read(&mut [0; 10]);
        link.write_all(b"quit").unwrap();
        link.conn.send_close_notify();
        link.flush().unwrap();
    });
    let mut world = World::link_up(site.address()).await;
    world.say([Tell::Transmit(b"x".to_vec())]).await;
    assert_eq!(world.next().await, Seen::Received(b"quit".to_vec()));
    assert_eq!(world.next().await, Seen::LinkEnded(StreamEnd::CloseNotify));
}

#[tokio::test]
async fn a_close_ends_the_link_in_order_and_says_so() {
    let (tell, told) = threads::channel();
    let site = Site::tls(&Identity::new(), move |mut link| {
        let _ = link.read(&mut [0; 10]);
        link.write_all(b"quit").unwrap();
        tell.send(link.read_to_end(&mut Vec::new()).is_ok()).unwrap();
    });
    let mut world = World::link_up(site.address()).await;
    world.say([Tell::Transmit(b"quit".to_vec())]).await;
    world.receives(4).await;
    world.say([Tell::Say(Output::Close)]).await;
    assert_eq!(world.next().await, Seen::LinkClosed);
    assert_eq!(told.recv_timeout(SOON), Ok(true), "close_notify came");
}

#[tokio::test]
async fn a_dial_that_is_given_up_is_closed_and_never_comes_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut world = World::start(address('=', silent.local_addr().unwrap()));
    world.say([Tell::Say(Output::Dial)]).await;
    world.say([Tell::Say(Output::Close)]).await;
    assert_eq!(world.next().await, Seen::LinkClosed);
}

#[tokio::test]
async fn reading_goes_on_while_the_site_does_not_read() {
    const MUCH: usize = 4 << 20;
    let (go, wait) = threads::channel::<()>();
    let site = Site::tls(&Identity::new(), move |mut link| {
        let _ = link.read(&mut [0; 10]);
        for _ in 0..MUCH >> 14 {
            link.write_all(&[1; 1 << 14]).unwrap();
        }
        link.flush().unwrap();
        let _ = wait.recv();
    });
    let mut world = World::link_up(site.address()).await;
    // Far more than the path holds.
    world.say((0..1000).map(|_| Tell::Transmit(vec![0; 16384]))).await;
    assert_eq!(world.receives(MUCH).await.len(), MUCH);
    drop(go);
}

#[tokio::test]
async fn a_write_that_stalls_for_half_a_minute_ends_the_link() {
    let site = Site::echo(&Identity::new());
    let sniffer = Sniffer::new(site.local);
    let mut world = World::link_up(address('=', sniffer.local)).await;
    world.say([Tell::Transmit(b"hello".to_vec())]).await;
    world.receives(5).await;
    sniffer.shut(true);
    world.say((0..2000).map(|_| Tell::Transmit(vec![0; 16384]))).await;
    let began = Instant::now();
    tokio::time::pause();
    loop {
        match world.seen.recv().await.unwrap() {
            Seen::LinkEnded(end) => break assert_eq!(end, StreamEnd::Stalled),
            _ => assert!(began.elapsed() < Duration::from_secs(3600), "it goes on for ever"),
        }
    }
    assert!(began.elapsed() >= Duration::from_secs(29));
}

#[tokio::test(start_paused = true)]
async fn a_timer_of_the_account_brings_a_step_when_it_is_due() {
    let mut world = World::start("=127.0.0.1:1".parse().unwrap());
    let began = Instant::now();
    world.say([Tell::Timeout(Some(Mono(1000 + 90_000)))]).await;
    assert_eq!(world.seen.recv().await, Some(Seen::Stepped(0)), "the first step");
    assert_eq!(world.seen.recv().await, Some(Seen::Stepped(1)), "the nudge");
    assert_eq!(world.seen.recv().await, Some(Seen::Resumed));
    assert_eq!(world.seen.recv().await, Some(Seen::Stepped(0)), "the timer");
    assert_eq!(began.elapsed().as_secs(), 90);
}

#[tokio::test]
async fn a_long_wait_is_the_alarms_and_is_over_with_the_driver() {
    let alarm = Alarm::of(&SystemClock);
    let world = World::start_with("=127.0.0.1:1".parse().unwrap(), alarm.clone(), |_| {});
    let waits = async |count| {
        while alarm.waiting() != count {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, waits(1)).await.expect("it is not tokio's");
    assert!(world.orders.send(Order::Stop { within: SOON }).await.is_ok());
    timeout(SOON, world.run).await.unwrap().unwrap();
    timeout(SOON, waits(0)).await.unwrap();
}

#[tokio::test]
async fn a_stop_with_an_idle_account_is_over_at_once() {
    let mut world = World::start("=127.0.0.1:1".parse().unwrap());
    assert!(world.orders.send(Order::Stop { within: SOON }).await.is_ok());
    assert_eq!(world.next().await, Seen::Off);
    timeout(SOON, world.run).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_facade_that_is_gone_stops_the_driver() {
    let World { orders, run, mut seen, .. } = World::start("=127.0.0.1:1".parse().unwrap());
    drop(orders);
    drop(timeout(SOON, run).await.unwrap().unwrap());
    let mut all = Vec::new();
    while let Some(next) = seen.recv().await {
        all.push(next);
    }
    assert!(all.contains(&Seen::Off));
}

#[tokio::test]
async fn a_stop_closes_the_link_in_order_even_if_the_account_does_not() {
    let (tell, told) = threads::channel();
    let site = Site::tls(&Identity::new(), move |mut link| {
        tell.send(link.read_to_end(&mut Vec::new()).is_ok()).unwrap();
    });
    let mut world = World::link_up(site.address()).await;
    assert!(world.orders.send(Order::Stop { within: Duration::from_millis(200) }).await.is_ok());
    assert_eq!(world.next().await, Seen::Off);
    assert_eq!(world.next().await, Seen::LinkEnded(StreamEnd::Local));
    timeout(SOON, world.run).await.unwrap().unwrap();
    assert_eq!(told.recv_timeout(SOON), Ok(true));
}

#[tokio::test]
async fn a_stop_waits_for_the_end_of_a_slow_site_only_a_moment() {
    let (_end, wait) = threads::channel::<()>();
    let (tell, told) = threads::channel();
    let site = Site::tls(&Identity::new(), move |mut link| {
        tell.send(link.read_to_end(&mut Vec::new()).is_ok()).unwrap();
        let _ = wait.recv();
    });
    let world = World::link_up(site.address()).await;
    world.say([Tell::Say(Output::Close)]).await;
    let began = Instant::now();
    assert!(world.orders.send(Order::Stop { within: Duration::from_secs(5) }).await.is_ok());
    timeout(SOON, world.run).await.unwrap().unwrap();
    // Whoever waits for the site's end waits for two seconds.
    assert!(began.elapsed() < Duration::from_millis(1900), "{:?}", began.elapsed());
    // All the same it was told in order.
    assert_eq!(told.recv_timeout(SOON), Ok(true));
}

#[tokio::test]
async fn a_stop_is_over_in_time_whatever_the_site_does() {
    let (_end, wait) = threads::channel::<()>();
    let site = Site::tls(&Identity::new(), move |mut link| {
        let _ = link.read_to_end(&mut Vec::new());
        let _ = wait.recv();
    });
    let world = World::link_up(site.address()).await;
    let began = Instant::now();
    assert!(world.orders.send(Order::Stop { within: Duration::from_millis(300) }).await.is_ok());
    timeout(SOON, world.run).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300) && began.elapsed() < Duration::from_secs(5));
}
