//! A member that folds nothing: it keeps every delivery under its id, as the stock client does, so that what a site
//! has accepted twice is seen twice (`tmtp_member`).
//!
//! It has no alias; write to its uid. What it has is in memory, and is confirmed when it is there.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tmtp_client::{MemoryTrustStore, SiteAddress};
use tmtp_member::{Delivery, Key, Mailbox, Member};
use tokio::sync::watch;

use crate::error::KitError;
use crate::runtime::{count, run, until};

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
    uid: Option<String>,
    deliveries: BTreeMap<String, PlainDelivery>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps what comes where the test looks.
struct Memory(Arc<Shared>);

impl Mailbox for Memory {
    type Error = Infallible;

    fn joined(&mut self, (uid, _): &Key) -> Result<(), Infallible> {
        self.0.lock().uid = Some(uid.to_string());
        Ok(())
    }

    fn delivered(&mut self, delivery: Delivery) -> Result<(), Infallible> {
        let delivery = PlainDelivery {
            message: delivery.message,
            thread: delivery.thread,
            from_uid: delivery.from.to_string(),
            text: delivery.text,
            attached: delivery.attachments.iter().map(|content| count(content.len() as u64)).collect(),
        };
        self.0.lock().deliveries.insert(delivery.message.clone(), delivery);
        Ok(())
    }
}

/// Becomes a member of a site, and holds a link from then on.
///
/// Errors: `Wrong`, that is no address; `TimedOut`, the site has not taken the registration.
#[uniffi::export]
pub async fn start_plain(site_address: String, deadline_ms: i64) -> Result<Arc<KitPlain>, KitError> {
    let site: SiteAddress = site_address.parse().map_err(|_| KitError::wrong("the address of the site"))?;
    let shared = Arc::<Shared>::default();
    let (stop, stopped) = watch::channel(false);
    let member = Member { mailbox: Memory(Arc::clone(&shared)), key: None };
    run(async move {
        let trust = Arc::new(MemoryTrustStore::default());
        tokio::spawn(async move { member.serve(&site, trust, stopped).await });
        Ok(())
    })
    .await?;
    let plain = Arc::new(KitPlain { shared: Arc::clone(&shared), stop });
    until("the registration", deadline_ms, move || shared.lock().uid.is_some().then_some(())).await?;
    Ok(plain)
}

#[uniffi::export]
impl KitPlain {
    /// The member's id.
    pub fn uid(&self) -> String {
        self.shared.lock().uid.clone().unwrap_or_default()
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
