//! The loop without opinions: it carries what happens to an account and what the account says to the world, for
//! one account, for as long as it is open.
//!
//! In: orders of the façade, plaintext from the site, ends of links, results of dials and file jobs, the clock. Out:
//! plaintext for the site, replies and events. Whatever is ready is gathered before one step, so that many
//! things share one commit; nothing leaves before the step that it follows from has committed. Reading goes on while
//! there is something to write, always: a site that waits for us to read does not read either (wire 12.6).
//!
//! It never decides: when to dial, what to send, when to give up are the account's. What it does by itself is to
//! call a write stalled that the kernel does not take, and to keep the time limit of a stop.
//!
//! | link | there is | leads to |
//! |---|---|---|
//! | `None` | nothing | `Dialing` when asked |
//! | `Dialing` | a task that dials | `Up`, or `None` |
//! | `Up` | a stream | `None` when it ends or is to be closed; a task closes it |
//!
//! A step writes to the store and syncs, so `run` blocks its thread for milliseconds at a time: give it one that can
//! spare them.

mod engine;
mod link;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use tmtp_account::{Account, Event, Hint, Input, Now, Output, Refused, Reply, Ticket, Wish};
use tmtp_session::StreamEnd;
use tmtp_wire::address::SiteAddress;
use tmtp_wire::time::Mono;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::clock::Clock;
use crate::dial::{DialError, Dialer};
use crate::limits::{CLOSE, DUE_AGAIN, INPUT_BATCH, LONGEST_SLEEP, SLEPT, STOP};
use crate::stream::Stream;

pub use engine::Engine;

use link::{Link, Read};
use tasks::{Done, Tasks};

/// Where replies and events go. Called on the driver's task, right after the commit that they follow from; must
/// not block.
pub trait Outlet: Send + 'static {
    /// The answer to a command.
    fn reply(&mut self, ticket: Ticket, outcome: Result<Reply, Refused>);

    /// Something has changed.
    fn event(&mut self, event: Event);

    /// A dial failed, in more detail than the account needs: which key a site showed, for instance.
    fn dial_failed(&mut self, _error: &DialError) {}
}

/// What a driver can be told.
pub enum Order {
    /// Something for the account.
    Input(Input),
    /// Quit, close, and end. No more orders are taken.
    Stop {
        /// When it must be over, whatever the site does.
        within: Duration,
    },
}

/// Drives one account. [`Driver::run`] is all there is to do with it.
pub struct Driver<E = Account> {
    engine: E,
    site: SiteAddress,
    dialer: Arc<Dialer>,
    clock: Arc<dyn Clock>,
    alarm: Alarm,
    /// `None` once no more orders are taken.
    orders: Option<mpsc::Receiver<Order>>,
    outlet: Box<dyn Outlet>,
    link: Link,
    tasks: Tasks,
    stop: Option<Stop>,
    /// When the last step was.
    stepped: Option<Mono>,
    /// When it last looked at all clocks.
    seen: (Instant, Now),
}

/// Two limits of a stop: until the first the site may answer our farewell, until the second the link may close.
#[derive(Clone, Copy)]
struct Stop {
    quit: Instant,
    end: Instant,
}

/// What ended a wait.
enum Woken {
    Order(Option<Order>),
    Done(Done),
    /// The link can be read or written, or a time has come.
    Other,
}

impl<E: Engine> Driver<E> {
    /// A driver for one account. A closed channel of orders is an order to stop.
    pub fn new(
        engine: E,
        site: SiteAddress,
        dialer: Arc<Dialer>,
        clock: Arc<dyn Clock>,
        orders: mpsc::Receiver<Order>,
        outlet: Box<dyn Outlet>,
    ) -> Driver<E> {
        let seen = (Instant::now(), clock.now());
        Driver {
            engine,
            site,
            dialer,
            clock,
            alarm: Alarm::default(),
            orders: Some(orders),
            outlet,
            link: Link::None,
            tasks: Tasks::new(),
            stop: None,
            stepped: None,
            seen,
        }
    }

    /// Has it wait by this alarm; without, tokio's timers do.
    #[must_use]
    pub fn with_alarm(mut self, alarm: Alarm) -> Driver<E> {
        self.alarm = alarm;
        self
    }

    /// Drives until told to stop, and gives the account back. Dropping the future leaves the store valid, for it
    /// is so after every step, but the link without a farewell: the node stays locked for a while (wire 20.2).
    pub async fn run(mut self) -> E {
        self.turn();
        while !self.is_over() {
            let woken = self.wait().await;
            self.look_for_sleep();
            self.take(woken);
            self.gather();
            self.turn();
        }
        self.engine
    }

    fn is_over(&self) -> bool {
        let Some(stop) = self.stop else { return false };
        let idle = matches!(self.link, Link::None) && self.tasks.is_empty() && !self.engine.wants_step();
        idle || Instant::now() >= stop.end
    }

    /// Waits for something to do. Cancel-safe in all its parts, so nothing is lost of what lost the race.
    async fn wait(&mut self) -> Woken {
        let until = self.next_time();
        let orders = async {
            match &mut self.orders {
                Some(orders) => orders.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders => Woken::Order(order),
            done = self.tasks.next() => Woken::Done(done),
            () = self.link.ready() => Woken::Other,
            () = self.alarm.sleep_until(until) => Woken::Other,
        }
    }

    /// Time that tokio's clock has not seen is time that the device slept, or that somebody set a clock: the link
    /// may be gone (R43). Timers need no word: they stand on the account's clock, and are due by now.
    fn look_for_sleep(&mut self) {
        let (instant, now) = (Instant::now(), self.clock.now());
        let (before, then) = std::mem::replace(&mut self.seen, (instant, now));
        let wall = u64::try_from(now.wall.0.saturating_sub(then.wall.0)).unwrap_or(0);
        let passed = now.mono.since(then.mono).max(Duration::from_millis(wall));
        if passed > instant.saturating_duration_since(before).saturating_add(SLEPT) {
            self.engine.put(Input::Hint(Hint::Resumed));
        }
    }

    /// The next moment at which something is due by itself.
    fn next_time(&self) -> Instant {
        let now = Instant::now();
        let mut next = now + LONGEST_SLEEP;
        if let Some(at) = self.engine.poll_timeout() {
            let wait = at.since(self.clock.now().mono);
            let left_due = self.stepped.is_some_and(|stepped| at <= stepped);
            next = next.min(now + if left_due { DUE_AGAIN } else { wait });
        }
        if let Some(stop) = self.stop {
            next = next.min(if now < stop.quit { stop.quit } else { stop.end });
        }
        self.link.stalls_at().map_or(next, |at| next.min(at))
    }

    /// Everything else that is ready without waiting.
    fn gather(&mut self) {
        for _ in 0..INPUT_BATCH {
            let Some(orders) = &mut self.orders else { break };
            match orders.try_recv() {
                Ok(order) => self.take(Woken::Order(Some(order))),
                Err(TryRecvError::Disconnected) => self.take(Woken::Order(None)),
                Err(TryRecvError::Empty) => break,
            }
        }
        while let Some(done) = self.tasks.try_next() {
            self.take(Woken::Done(done));
        }
        let Read { plaintext, end } = self.link.read();
        if !plaintext.is_empty() {
            self.engine.put(Input::Received(plaintext));
        }
        let now = Instant::now();
        let stalled = self.link.stalls_at().is_some_and(|at| at <= now).then_some(StreamEnd::Stalled);
        let given_up = self.stop.is_some_and(|stop| stop.quit <= now).then_some(StreamEnd::Local);
        if let Some(end) = end.or(stalled).or(given_up) {
            self.link_ended(end);
        }
    }

    fn take(&mut self, woken: Woken) {
        match woken {
            Woken::Other | Woken::Done(Done::GivenUp) => {}
            Woken::Order(Some(Order::Input(input))) => {
                if matches!(input, Input::Hint(Hint::NetworkChanged)) {
                    self.dialer.network_changed();
                }
                self.engine.put(input);
            }
            Woken::Order(Some(Order::Stop { within })) => self.stop(within),
            Woken::Order(None) => self.stop(STOP),
            Woken::Done(Done::Job(id, outcome)) => self.engine.put(Input::JobDone(id, outcome)),
            Woken::Done(Done::Closed { asked }) => {
                if asked {
                    self.engine.put(Input::LinkClosed);
                }
            }
            Woken::Done(Done::Dialed(dial, outcome)) => {
                // Another than the one that runs was given up when it had just ended.
                if matches!(&self.link, Link::Dialing(running) if running.number == dial) {
                    self.dialed(outcome);
                }
            }
        }
    }

    fn stop(&mut self, within: Duration) {
        let now = Instant::now();
        // The later half, but not more than a close can take, is for closing.
        let end = now + within;
        let quit = now + within.saturating_sub(CLOSE).max(within / 2);
        self.stop = Some(Stop { quit, end });
        self.orders = None;
        self.tasks.hurry();
        self.engine.put(Input::Wish(Wish::Off));
    }

    fn dialed(&mut self, outcome: Result<Box<Stream>, DialError>) {
        self.link = Link::None;
        match outcome {
            Ok(stream) => {
                self.link = Link::up(*stream);
                self.engine.put(Input::LinkUp);
            }
            Err(error) => {
                tracing::info!(code = tmtp_wire::code::Code(error.code()).field(), "A dial has failed.");
                self.outlet.dial_failed(&error);
                self.engine.put(Input::DialFailed(error.failure()));
            }
        }
    }

    /// The link has ended without the account's asking. What is left of it is closed as well as can be.
    fn link_ended(&mut self, end: StreamEnd) {
        match std::mem::replace(&mut self.link, Link::None) {
            Link::None => return,
            Link::Dialing(dial) => dial.task.abort(),
            // Nothing can be said any more, in either direction.
            Link::Up(_) if end == StreamEnd::Reset => {}
            Link::Up(up) => self.tasks.close(up.stream, false),
        }
        self.engine.put(Input::LinkEnded(end));
    }

    /// Steps if there is reason to, and writes, until neither gives the other more to do.
    fn turn(&mut self) {
        loop {
            let now = self.clock.now();
            let due = self.engine.poll_timeout().is_some_and(|at| at <= now.mono);
            if self.stepped.is_none() || due || self.engine.wants_step() {
                self.step(now);
            }
            if let Some(end) = self.link.write(&mut self.engine, now) {
                self.link_ended(end);
            }
            if !self.engine.wants_step() {
                return;
            }
        }
    }

    fn step(&mut self, now: Now) {
        self.engine.step(now);
        self.stepped = Some(now.mono);
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Reply(ticket, outcome) => self.outlet.reply(ticket, outcome),
                Output::Event(event) => self.outlet.event(event),
                Output::Job(id, job) => self.tasks.job(id, job),
                Output::Dial => self.dial(),
                Output::Close => self.close(),
            }
        }
    }

    fn dial(&mut self) {
        if matches!(self.link, Link::None) {
            self.link = Link::Dialing(self.tasks.dial(Arc::clone(&self.dialer), self.site.clone()));
        }
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.link, Link::None) {
            Link::Up(up) => self.tasks.close(up.stream, true),
            Link::Dialing(dial) => {
                dial.task.abort();
                self.engine.put(Input::LinkClosed);
            }
            Link::None => self.engine.put(Input::LinkClosed),
        }
    }
}
