//! A plain member: it takes every delivery under the site's id and folds nothing, as the stock client does, so that
//! what a site has accepted twice is seen twice. Built on the bare protocol, not on the client that a test judges.
//!
//! It registers once, then holds a link, comes back when that breaks, and answers to nobody. It has no alias; write to
//! its uid. What happens to a delivery is the business of its [`Mailbox`]; a delivery is confirmed once that has it.
//!
//! | part | holds |
//! |---|---|
//! | this file | links, one after the other: dial, log in, move bytes, say what came |
//! | [`Delivery`] | a delivery, taken apart |

#![forbid(unsafe_code)]

mod delivery;

use std::sync::Arc;
use std::time::Duration;

use tmtp_link::clock::{Clock, SystemClock};
use tmtp_link::stream::Taken;
use tmtp_link::{Dialer, Proxy, Stream, TrustStore};
use tmtp_session::{Command, Config, Event, Input, Opening, Session, StreamEnd, Transmit};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::message::{Queued, QueuedOp};
use tmtp_wire::request::Token;
use tmtp_wire::time::Mono;
use tokio::sync::watch;
use tokio::time::sleep;

pub use delivery::Delivery;

/// Between two links. The node is busy for a while after its link has vanished.
const AGAIN: Duration = Duration::from_millis(200);
/// What a dial may take.
const DIAL: Duration = Duration::from_secs(10);
/// How long anything is waited for when the session has no timer.
const LOOK: Duration = Duration::from_secs(30);
/// Bytes of a delivery that are kept: above the largest that anybody sends to it.
const LARGE_MAX: usize = 64 << 20;

/// What a member lets it log in with.
pub type Key = (Uid, NodeSecret);

/// What a plain member does with what it gets. What a call fails with ends the member.
pub trait Mailbox: Send {
    /// Why it cannot go on.
    type Error;

    /// It is a member now; what it will log in with.
    fn joined(&mut self, key: &Key) -> Result<(), Self::Error>;

    /// Something came, perhaps for the second time under one id. It is confirmed when this returns.
    fn delivered(&mut self, delivery: Delivery) -> Result<(), Self::Error>;

    /// Something came that is no post. It is confirmed when this returns.
    fn unreadable(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// The link stands, or not any more.
    fn online(&mut self, _online: bool) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A member of a site, from its registration or from an earlier key on.
pub struct Member<M> {
    /// What it does with what it gets.
    pub mailbox: M,
    /// What it logs in with; registers if there is none.
    pub key: Option<Key>,
}

impl<M: Mailbox> Member<M> {
    /// Holds links, one after the other, until it is stopped or its mailbox fails.
    pub async fn serve(
        mut self,
        site: &SiteAddress,
        trust: Arc<dyn TrustStore>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), M::Error> {
        let dialer = Dialer::new(trust, Proxy::None);
        while !*stopped.borrow() {
            if let Ok(stream) = dialer.dial(site, DIAL).await {
                self.link(stream, &mut stopped).await?;
            }
            tokio::select! {
                () = sleep(AGAIN) => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        }
        Ok(())
    }

    /// One link, from its login to its end.
    async fn link(
        &mut self,
        mut stream: Stream,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), M::Error> {
        let opening = match self.key.clone() {
            // That the tags of its logins differ is enough.
            Some((uid, secret)) => Opening::Login { uid, secret, tag: Token::from_random(now().0) },
            None => Opening::Register { label: "plain".to_owned() },
        };
        let mut session = Session::new(now(), Config::new(opening));
        let mut large = None;
        loop {
            while let Some(event) = session.poll_event() {
                if matches!(event, Event::Ended(_)) {
                    stream.close().await;
                    return self.mailbox.online(false);
                }
                if let Some((head, data)) = self.take(event, &mut large)? {
                    self.keep(&head, data)?;
                    // A session that is ending takes no confirmation; the site will repeat the message.
                    let confirmation = Command::Confirm(head.id.to_string());
                    let _ = session.handle_input(now(), Input::Command(confirmation));
                }
            }
            if let Err(end) = write(&mut session, &mut stream) {
                // The session says that it has ended, in the next round.
                let _ = session.handle_input(now(), Input::End(end));
                continue;
            }
            wait(&mut session, &mut stream, stopped).await;
        }
    }

    /// What an event brings: a whole message, or nothing yet.
    fn take(
        &mut self,
        event: Event,
        large: &mut Option<(Queued, Vec<u8>)>,
    ) -> Result<Option<(Queued, Vec<u8>)>, M::Error> {
        match event {
            Event::Registered { uid, secret, .. } => {
                let key = (uid, secret);
                self.mailbox.joined(&key)?;
                self.key = Some(key);
            }
            Event::LoggedIn { .. } => self.mailbox.online(true)?,
            Event::Message { head, data } => return Ok(Some((head, data))),
            Event::LargeBegan(head) => *large = Some((head, Vec::new())),
            Event::LargeData(data) => {
                if let Some((_, all)) = large.as_mut().filter(|(_, all)| all.len() + data.len() <= LARGE_MAX)
                {
                    all.extend_from_slice(&data);
                }
            }
            Event::LargeEnded => return Ok(large.take()),
            _ => {}
        }
        Ok(None)
    }

    fn keep(&mut self, head: &Queued, data: Vec<u8>) -> Result<(), M::Error> {
        if head.op != (QueuedOp::Delivery { notify: None }) {
            return Ok(());
        }
        match Delivery::read(head, &data) {
            Some(delivery) => self.mailbox.delivered(delivery),
            None => self.mailbox.unreadable(),
        }
    }
}

/// What is written next, as long as the kernel takes it.
fn write(session: &mut Session, stream: &mut Stream) -> Result<(), StreamEnd> {
    loop {
        if !stream.try_flush()? {
            return Ok(());
        }
        match session.poll_transmit(now()) {
            Some(Transmit::Bytes(bytes)) => stream.push(&bytes).map_err(|_| StreamEnd::Local)?,
            // Nothing is streamed by this member.
            Some(Transmit::Stream { .. }) | None => return Ok(()),
        }
    }
}

/// Until something can be read, written, is due, or the member is to stop.
async fn wait(session: &mut Session, stream: &mut Stream, stopped: &mut watch::Receiver<bool>) {
    let timer = session.poll_timeout().map_or(LOOK, |at| at.since(now()));
    let leaving = *stopped.borrow();
    tokio::select! {
        () = stream.readable() => {
            let mut plaintext = Vec::new();
            let input = match stream.try_read(&mut plaintext) {
                Ok(Taken::Some(_)) => Input::Bytes(&plaintext),
                Ok(Taken::Nothing) => return,
                Err(end) => Input::End(end),
            };
            // Only commands are ever rejected.
            let _ = session.handle_input(now(), input);
        }
        () = stream.writable(), if stream.unflushed() > 0 => {}
        () = sleep(timer) => session.handle_timeout(now()),
        _ = stopped.wait_for(|stopped| *stopped), if !leaving => {
            // A session that has ended needs no quit.
            let _ = session.handle_input(now(), Input::Command(Command::Quit));
        }
    }
}

fn now() -> Mono {
    SystemClock.now().mono
}
