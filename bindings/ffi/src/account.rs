//! One account. Reading works always, also beside another process that is the account's writer; the first call that
//! writes or wants a link opens it for writing.

use std::sync::Arc;

use tmtp_client as core;

use crate::cancel::Cancel;
use crate::convert::{
    account_out, alias, delivery, known_uid, label, message, page, path, send_id, span, thread,
};
use crate::error::TmtpError;
use crate::hall::Hall;
use crate::ids::{AccountName, Alias, MessageId, NodeTicket, SendId, ThreadId, Uid};
use crate::options::{NewMessage, NewPing, Page, TooLargeAnswer};
use crate::rows::{
    AliasRow, ContactPage, DraftPage, MessageRow, NodeRow, OutboxPage, OutgoingRow, ParkedPage, PingPage,
    Pinged, SalvageReport, Sent, Status, ThreadPage, ThreadScreen, Withdrawn,
};
use crate::state::{AccountState, OutgoingState};

mod reading;
mod running;
mod writing;

pub use running::Stay;

/// One account. All objects of one name are the same account.
#[derive(uniffi::Object)]
pub struct Account {
    hall: Arc<Hall>,
    /// Taken out when this object is dropped.
    handle: Option<core::AccountHandle>,
}

#[uniffi::export]
impl Account {
    /// How it is called on this device.
    pub fn name(&self) -> Result<AccountName, TmtpError> {
        Ok(account_out(self.handle()?.name()))
    }

    /// How it stands with its site, as this process knows. Needs no waiting.
    pub fn state(&self) -> Result<AccountState, TmtpError> {
        let handle = self.handle()?;
        Ok(self.hall.now(|_| Ok(handle.state()))?.into())
    }
}

impl Account {
    pub(crate) fn new(hall: &Arc<Hall>, handle: core::AccountHandle) -> Arc<Account> {
        Arc::new(Account { hall: Arc::clone(hall), handle: Some(handle) })
    }

    fn handle(&self) -> Result<core::AccountHandle, TmtpError> {
        self.handle.clone().ok_or(TmtpError::Closed)
    }
}

impl Drop for Account {
    /// On whatever thread the other language likes.
    fn drop(&mut self) {
        self.hall.drop_inside(self.handle.take());
    }
}
