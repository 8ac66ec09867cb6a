//! Other members, with whom an app under test exchanges mail. Each is a client of its own, in a folder that vanishes
//! with it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tmtp_client::{
    AccountHandle, Client, Config, Join, NewMessage, NewPing, Page, Recipient, Settings, Stay, ThreadRef, To,
};

use crate::error::KitError;
use crate::limits::{LOOK, MEMBER_CALL, MEMBER_STOP};
use crate::runtime::{count, enter, run, span};

/// A message that a member has.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct MemberMessage {
    /// Its thread.
    pub thread: String,
    /// The message.
    pub message: String,
    /// Whether this member wrote it.
    pub own: bool,
    /// Who wrote it.
    pub from_uid: String,
    /// The thread's subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Names of what is attached.
    pub attachments: Vec<String>,
    /// Bytes of what is attached.
    pub attached_bytes: i64,
}

/// Another member.
#[derive(uniffi::Object)]
pub struct KitMember {
    inside: Arc<Inside>,
}

struct Inside {
    client: Client,
    account: AccountHandle,
    uid: String,
    alias: String,
    link: Mutex<Option<Stay>>,
    drafts: AtomicU64,
    // Removed last: the client has files in it.
    home: TempDir,
}

/// Becomes a member of a site, under this alias. It holds no link then.
///
/// Errors: `Client`, the site refuses, or cannot be reached.
#[uniffi::export]
pub async fn join_member(site_address: String, alias: String) -> Result<Arc<KitMember>, KitError> {
    let address = site_address.parse().map_err(|_| KitError::wrong("the address of the site"))?;
    let named = alias.parse().map_err(|_| KitError::wrong("the alias"))?;
    run(async move {
        let home = tempfile::tempdir()?;
        let client = Client::open(Config { settings: settings(), ..Config::new(home.path()) }).await?;
        let join = Join { address, alias: named, name: None, deadline: MEMBER_CALL };
        let account = client.join(join).await?;
        let uid = account.status().await?.uid.ok_or(KitError::Broken)?.to_string();
        let (link, drafts) = (Mutex::default(), AtomicU64::new(0));
        Ok(Arc::new(KitMember {
            inside: Arc::new(Inside { client, account, uid, alias, link, drafts, home }),
        }))
    })
    .await
}

/// Members come and go as a test wants, not as a site would like.
fn settings() -> Settings {
    Settings {
        backoff_first: Duration::from_millis(50),
        backoff_max: Duration::from_secs(1),
        stable_after: Duration::from_secs(1),
        dials_per_hour: 1_000_000,
        logins_per_hour: 1_000_000,
        ..Settings::default()
    }
}

#[uniffi::export]
impl KitMember {
    /// The member's id.
    pub fn uid(&self) -> String {
        self.inside.uid.clone()
    }

    /// The alias under which it has joined.
    pub fn alias(&self) -> String {
        self.inside.alias.clone()
    }

    /// Its folder, for `read_store`.
    pub fn home(&self) -> String {
        self.inside.home.path().to_string_lossy().into_owned()
    }

    /// Holds a link from now on: what comes is stored, what is queued leaves.
    pub async fn online(&self) -> Result<(), KitError> {
        self.does(|inside| async move {
            let link = inside.account.stay().await?;
            let before = inside.link().replace(link);
            drop(before);
            Ok(())
        })
        .await
    }

    /// Lets the link go, and waits until the site has been told.
    pub async fn offline(&self) -> Result<(), KitError> {
        self.does(|inside| async move {
            let link = inside.link().take();
            match link {
                Some(link) => Ok(link.stop(MEMBER_STOP).await?),
                None => Ok(()),
            }
        })
        .await
    }

    /// Looks once: connects, takes what waits, sends what is queued, quits. How that ended, as a stable word.
    pub async fn wake(&self, deadline_ms: i64) -> Result<String, KitError> {
        let deadline = span(deadline_ms)?;
        self.does(move |inside| async move {
            let report = inside.account.wake(deadline).await?;
            Ok(match report.end {
                tmtp_client::WakeEnd::New => "new",
                tmtp_client::WakeEnd::NothingNew => "nothing_new",
                tmtp_client::WakeEnd::Live => "live",
                tmtp_client::WakeEnd::NotKnown(_) => "not_known",
            }
            .to_owned())
        })
        .await
    }

    /// Pings an alias; waits until the site has taken it, over a link of its own if none is held. Whoever has that
    /// alias can then write to this member.
    pub async fn ping(&self, to: String, text: String, deadline_ms: i64) -> Result<(), KitError> {
        let (to, deadline) = (to.parse().map_err(|_| KitError::wrong("the alias"))?, span(deadline_ms)?);
        self.does(move |inside| async move {
            let (send_id, _) =
                inside.account.ping(NewPing { draft: inside.draft(), from: None, to, text }).await?;
            inside.leaves(send_id, deadline).await
        })
        .await
    }

    /// Begins a thread with these people, named by alias or uid, with files given as absolute paths. Its id, for
    /// `reply`; the message is queued then, and leaves when a link is held or looked for.
    pub async fn send(
        &self,
        to: Vec<String>,
        subject: String,
        text: String,
        attachments: Vec<String>,
    ) -> Result<String, KitError> {
        let recipients = to.into_iter().map(|who| Recipient { who, note: String::new() }).collect();
        self.write(To::NewThread { recipients, from_alias: None }, subject, text, attachments).await
    }

    /// Replies to everybody in a thread, named as the site or this member names it. The message is queued then.
    pub async fn reply(&self, thread: String, text: String) -> Result<(), KitError> {
        let thread = thread.parse::<ThreadRef>().map_err(|_| KitError::wrong("the thread"))?;
        self.write(To::Reply(thread), String::new(), text, Vec::new()).await.map(drop)
    }

    /// Waits until its outbox is empty, over a link of its own if none is held.
    pub async fn await_sent(&self, deadline_ms: i64) -> Result<(), KitError> {
        let deadline = span(deadline_ms)?;
        self.does(move |inside| async move {
            let _link = inside.account.stay().await?;
            inside
                .until("an empty outbox", deadline, |inside| async move {
                    let status = inside.account.status().await?;
                    Ok((status.queued + status.in_doubt + status.failed == 0).then_some(()))
                })
                .await
        })
        .await
    }

    /// All messages that it has, thread by thread, each in the order in which it is shown.
    pub async fn messages(&self) -> Result<Vec<MemberMessage>, KitError> {
        self.does(|inside| async move { inside.messages().await }).await
    }

    /// Waits until it has at least so many messages of others, over a link of its own if none is held; all that it has.
    pub async fn await_messages(
        &self,
        at_least: i64,
        deadline_ms: i64,
    ) -> Result<Vec<MemberMessage>, KitError> {
        let at_least = usize::try_from(at_least).map_err(|_| KitError::wrong("the number of messages"))?;
        let deadline = span(deadline_ms)?;
        self.does(move |inside| async move {
            let _link = inside.account.stay().await?;
            inside
                .until("messages", deadline, |inside| async move {
                    let messages = inside.messages().await?;
                    let others = messages.iter().filter(|message| !message.own).count();
                    Ok((others >= at_least).then_some(messages))
                })
                .await
        })
        .await
    }

    /// Waits until it can write to this alias, over a link of its own if none is held; who that is.
    pub async fn await_contact(&self, alias: String, deadline_ms: i64) -> Result<String, KitError> {
        let deadline = span(deadline_ms)?;
        self.does(move |inside| async move {
            let _link = inside.account.stay().await?;
            inside
                .until("a contact", deadline, move |inside| {
                    let alias = alias.clone();
                    async move { inside.contact(&alias).await }
                })
                .await
        })
        .await
    }

    /// Texts of the pings that it has, the newest first.
    pub async fn pings(&self) -> Result<Vec<String>, KitError> {
        self.does(|inside| async move {
            let rows = inside.account.pings(Page { limit: 100, after: None }).await?.items;
            Ok(rows.into_iter().map(|ping| ping.text).collect())
        })
        .await
    }

    /// Quits and closes; later calls fail.
    pub async fn stop(&self) -> Result<(), KitError> {
        self.does(|inside| async move {
            let link = inside.link().take();
            drop(link);
            Ok(inside.client.stop(MEMBER_STOP).await?)
        })
        .await
    }
}

impl KitMember {
    async fn does<T, F>(&self, work: impl FnOnce(Arc<Inside>) -> F) -> Result<T, KitError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, KitError>> + Send + 'static,
    {
        run(work(Arc::clone(&self.inside))).await
    }

    async fn write(
        &self,
        to: To,
        subject: String,
        text: String,
        attachments: Vec<String>,
    ) -> Result<String, KitError> {
        let attachments = attachments.into_iter().map(PathBuf::from).collect();
        self.does(move |inside| async move {
            let message = NewMessage { draft: inside.draft(), to, subject, text, attachments };
            Ok(inside.account.send(message).await?.thread.to_string())
        })
        .await
    }
}

impl Inside {
    fn link(&self) -> std::sync::MutexGuard<'_, Option<Stay>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draft(&self) -> String {
        format!("kit-{}", self.drafts.fetch_add(1, Ordering::Relaxed))
    }

    async fn leaves(&self, send_id: tmtp_client::SendId, deadline: Duration) -> Result<(), KitError> {
        let _link = self.account.stay().await?;
        match self.account.wait_sent(send_id, deadline).await? {
            tmtp_client::OutgoingState::Sent => Ok(()),
            _ => Err(KitError::timed_out("the site's answer")),
        }
    }

    async fn messages(&self) -> Result<Vec<MemberMessage>, KitError> {
        let mut messages = Vec::new();
        let mut threads = Page { limit: 100, after: None };
        loop {
            let list = self.account.threads(false, threads).await?;
            for thread in list.items {
                self.messages_of(&thread, &mut messages).await?;
            }
            match list.next {
                Some(next) => threads = Page { limit: 100, after: Some(next) },
                None => return Ok(messages),
            }
        }
    }

    async fn messages_of(
        &self,
        thread: &tmtp_client::ThreadRow,
        into: &mut Vec<MemberMessage>,
    ) -> Result<(), KitError> {
        let mut page = Page { limit: 100, after: None };
        loop {
            let list = self.account.thread(thread.thread, page).await?;
            into.extend(list.items.into_iter().map(|message| MemberMessage {
                thread: thread.thread.to_string(),
                message: message.msgid.to_string(),
                own: message.own,
                from_uid: message.from.uid,
                subject: thread.subject.clone(),
                text: message.text,
                attached_bytes: count(message.attachments.iter().map(|file| file.size).sum()),
                attachments: message.attachments.into_iter().map(|file| file.name).collect(),
            }));
            match list.next {
                Some(next) => page = Page { limit: 100, after: Some(next) },
                None => return Ok(()),
            }
        }
    }

    async fn contact(&self, alias: &str) -> Result<Option<String>, KitError> {
        let mut page = Page { limit: 100, after: None };
        loop {
            let list = self.account.contacts(page).await?;
            if let Some(row) = list.items.into_iter().find(|row| row.alias == alias && !row.claimed) {
                return Ok(Some(row.uid));
            }
            match list.next {
                Some(next) => page = Page { limit: 100, after: Some(next) },
                None => return Ok(None),
            }
        }
    }

    /// Looks until there is an answer, or the deadline is over.
    async fn until<T, F: Future<Output = Result<Option<T>, KitError>>>(
        self: &Arc<Self>,
        what: &'static str,
        deadline: Duration,
        look: impl Fn(Arc<Inside>) -> F,
    ) -> Result<T, KitError> {
        let end = tokio::time::Instant::now() + deadline;
        loop {
            if let Some(found) = look(Arc::clone(self)).await? {
                return Ok(found);
            }
            if tokio::time::Instant::now() >= end {
                return Err(KitError::timed_out(what));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for KitMember {
    /// A client that is let go quits in the background, for which it needs the runtime.
    fn drop(&mut self) {
        if let Ok(_inside) = enter() {
            drop(self.inside.link().take());
        }
    }
}
