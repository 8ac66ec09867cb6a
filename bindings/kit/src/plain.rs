//! A member that folds nothing: it keeps every delivery under its id, as the stock client does, so that what a site
//! has accepted twice is seen twice. Built on the bare protocol, not on the client that a test judges.
//!
//! It registers once, then holds a link, comes back when that breaks, and answers to nobody. It has no alias; write to
//! its uid. What it has is in memory, and is confirmed when it is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tmtp_client::{Clock, MemoryTrustStore, Mono, NodeSecret, Proxy, SiteAddress, SystemClock, Uid};
use tmtp_link::stream::Taken;
use tmtp_link::{Dialer, Stream};
use tmtp_session::{Command, Config, Event, Input, Opening, Session, StreamEnd, Transmit};
use tmtp_wire::datahead;
use tmtp_wire::message::{Queued, QueuedOp};
use tmtp_wire::request::Token;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::KitError;
use crate::limits::{PLAIN_AGAIN, PLAIN_DIAL, PLAIN_LARGE, PLAIN_LOOK};
use crate::runtime::{run, until};

/// Something that was delivered.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PlainDelivery {
    /// The site's id of it.
    pub message: String,
    /// Its thread; its own id if it begins one.
    pub thread: String,
    /// Who sent it.
    pub from_uid: String,
    /// Its text.
    pub text: String,
    /// Bytes of each attachment.
    pub attached: Vec<i64>,
}

/// A member that folds nothing. Letting it go ends it.
#[derive(uniffi::Object)]
pub struct KitPlain {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
}

#[derive(Default)]
struct Shared(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    key: Option<(Uid, NodeSecret)>,
    deliveries: BTreeMap<String, PlainDelivery>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Becomes a member of a site, and holds a link from then on.
///
/// Errors: `Wrong`, that is no address; `TimedOut`, the site has not taken the registration.
#[uniffi::export]
pub async fn start_plain(site_address: String, deadline_ms: i64) -> Result<Arc<KitPlain>, KitError> {
    let site = site_address.parse().map_err(|_| KitError::wrong("the address of the site"))?;
    let shared = Arc::<Shared>::default();
    let (stop, stopped) = watch::channel(false);
    let running = Arc::clone(&shared);
    run(async move {
        tokio::spawn(serve(site, running, stopped));
        Ok(())
    })
    .await?;
    let plain = Arc::new(KitPlain { shared: Arc::clone(&shared), stop });
    until("the registration", deadline_ms, move || shared.lock().key.is_some().then_some(())).await?;
    Ok(plain)
}

#[uniffi::export]
impl KitPlain {
    /// The member's id.
    pub fn uid(&self) -> String {
        self.shared.lock().key.as_ref().map(|(uid, _)| uid.to_string()).unwrap_or_default()
    }

    /// Everything that was delivered, by the site's ids.
    pub fn deliveries(&self) -> Vec<PlainDelivery> {
        self.shared.lock().deliveries.values().cloned().collect()
    }

    /// Waits until at least so many have been delivered; all of them.
    pub async fn await_deliveries(
        &self,
        at_least: i64,
        deadline_ms: i64,
    ) -> Result<Vec<PlainDelivery>, KitError> {
        let at_least = usize::try_from(at_least).map_err(|_| KitError::wrong("the number of deliveries"))?;
        let shared = Arc::clone(&self.shared);
        let look = move || {
            let kept = shared.lock();
            (kept.deliveries.len() >= at_least).then(|| kept.deliveries.values().cloned().collect())
        };
        until("deliveries", deadline_ms, look).await
    }
}

impl Drop for KitPlain {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Links, one after the other, until it is stopped.
async fn serve(site: SiteAddress, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let dialer = Dialer::new(Arc::new(MemoryTrustStore::default()), Proxy::None);
    while !*stopped.borrow() {
        if let Ok(stream) = dialer.dial(&site, PLAIN_DIAL).await {
            link(stream, &shared, &mut stopped).await;
        }
        tokio::select! {
            () = sleep(PLAIN_AGAIN) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }
}

/// One link, from its login to its end.
async fn link(mut stream: Stream, shared: &Shared, stopped: &mut watch::Receiver<bool>) {
    let key = shared.lock().key.clone();
    let opening = match key {
        Some((uid, secret)) => Opening::Login { uid, secret, tag: tag() },
        None => Opening::Register { label: "plain".to_owned() },
    };
    let mut session = Session::new(now(), Config::new(opening));
    let mut large: Option<(Queued, Vec<u8>)> = None;
    loop {
        while let Some(event) = session.poll_event() {
            if matches!(event, Event::Ended(_)) {
                stream.close().await;
                return;
            }
            take(event, &mut large, &mut session, shared);
        }
        if let Err(end) = write(&mut session, &mut stream) {
            // The session says that it has ended, in the next round.
            let _ = session.handle_input(now(), Input::End(end));
            continue;
        }
        wait(&mut session, &mut stream, stopped).await;
    }
}

/// One login for each link: that they differ is enough.
fn tag() -> Token {
    Token::from_random(now().0)
}

fn take(event: Event, large: &mut Option<(Queued, Vec<u8>)>, session: &mut Session, shared: &Shared) {
    let whole = match event {
        Event::Registered { uid, secret, .. } => {
            shared.lock().key = Some((uid, secret));
            None
        }
        Event::Message { head, data } => Some((head, data)),
        Event::LargeBegan(head) => {
            *large = Some((head, Vec::new()));
            None
        }
        Event::LargeData(data) => {
            if let Some((_, all)) = large.as_mut().filter(|(_, all)| all.len() + data.len() <= PLAIN_LARGE) {
                all.extend_from_slice(&data);
            }
            None
        }
        Event::LargeEnded => large.take(),
        _ => None,
    };
    let Some((head, data)) = whole else { return };
    if head.op == (QueuedOp::Delivery { notify: None })
        && let Some(delivery) = read(&head, &data)
    {
        shared.lock().deliveries.insert(delivery.message.clone(), delivery);
    }
    // A session that is ending takes no confirmation; the site will repeat the message.
    let _ = session.handle_input(now(), Input::Command(Command::Confirm(head.id.to_string())));
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

async fn wait(session: &mut Session, stream: &mut Stream, stopped: &mut watch::Receiver<bool>) {
    let timer = session.poll_timeout().map_or(PLAIN_LOOK, |at| at.since(now()));
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

fn read(head: &Queued, data: &[u8]) -> Option<PlainDelivery> {
    let (datahead, rest) = data.split_at_checked(usize::try_from(head.datahead).ok()?)?;
    let post = datahead::parse(datahead).ok()?;
    let text_len = usize::try_from(post.text_len(head.datalen, head.datahead).ok()?).ok()?;
    let (text, _) = rest.split_at_checked(text_len)?;
    Some(PlainDelivery {
        message: head.id.to_string(),
        thread: post.thread_id.unwrap_or_else(|| head.id.to_string()),
        from_uid: head.from.to_string(),
        text: String::from_utf8_lossy(text).into_owned(),
        attached: post.attach.iter().map(|attach| crate::runtime::count(attach.size)).collect(),
    })
}

fn now() -> Mono {
    SystemClock.now().mono
}
