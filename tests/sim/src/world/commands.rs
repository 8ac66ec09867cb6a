//! How an errand is put to an account: as a command, not yet, or never.

use tmtp_account::{Attachment, Command, Ping, Recipient, Send, To, TooLargeAnswer};
use tmtp_store::StoreError;
use tmtp_wire::ids::{MsgId, SendId, ThreadRef};
use tmtp_wire::names::{Alias, Label};

use super::World;
use crate::device::Task;
use crate::journal::{Fate, Kind};
use crate::judge::Finding;

/// A reply that finds no thread it could go to is given up after so many tries.
const REPLY_TRIES: u32 = 8;

/// What becomes of an errand now.
pub(super) enum Asked {
    /// This is asked.
    Now(Command),
    /// It has to wait.
    Later,
    /// There is nothing to ask.
    Never,
}

impl World {
    pub(super) fn command(&mut self, client: usize, task: &Task) -> Asked {
        match task {
            Task::Send(item) => self.send_command(client, *item),
            Task::Alias(alias) => {
                alias.parse().map_or(Asked::Never, |alias| Asked::Now(Command::AddAlias(alias)))
            }
            Task::Node(of) => label(*of).map_or(Asked::Never, |label| Asked::Now(Command::AddNode(label))),
            Task::Ticket(of) => {
                label(*of).map_or(Asked::Never, |label| Asked::Now(Command::NodeTicket(label)))
            }
            Task::Forget(of) => {
                label(*of).map_or(Asked::Never, |label| Asked::Now(Command::ForgetNodeSecret(label)))
            }
            Task::Withdraw(item) => {
                // Whoever takes something back sees how it stands.
                self.look_at_lists(client);
                if let Some(item) = self.journal.items.get_mut(*item) {
                    item.called_back = true;
                }
                self.about(*item, Command::Withdraw)
            }
            Task::Retry(item) => self.about(*item, Command::SendAgain),
            Task::Decide(item, again) => {
                if let Some(item) = self.journal.items.get_mut(*item) {
                    item.by_hand = true;
                    item.taken_as_sent |= !again;
                }
                self.about(*item, if *again { Command::SendAgain } else { Command::TakeAsSent })
            }
            Task::TooLarge(msgid, fetch) => self.too_large_command(client, *msgid, *fetch),
            Task::Read(name) => Asked::Now(Command::MarkRead(*name)),
            Task::DeleteMessage(_) | Task::DeleteThread(_) => self.deletion(client, task),
        }
    }

    /// What is discarded is noted when it is asked for: it may be done without being answered.
    fn too_large_command(&mut self, client: usize, msgid: MsgId, fetch: bool) -> Asked {
        if let Some(device) = self.device(client).filter(|_| !fetch) {
            device.discarded.entry(msgid).or_insert(false);
        }
        let answer = if fetch { TooLargeAnswer::Accept } else { TooLargeAnswer::Discard };
        Asked::Now(Command::AnswerTooLarge(msgid, answer))
    }

    /// Counted when it is asked for: it may be done without being answered.
    fn deletion(&mut self, client: usize, task: &Task) -> Asked {
        if let Some(device) = self.device(client) {
            device.deletions += 1;
        }
        match task {
            Task::DeleteMessage(name) => Asked::Now(Command::DeleteMessage(*name)),
            Task::DeleteThread(thread) => Asked::Now(Command::DeleteThread(*thread)),
            _ => Asked::Never,
        }
    }

    fn about(&self, item: usize, command: impl Fn(SendId) -> Command) -> Asked {
        let send_id = self.journal.items.get(item).and_then(|item| item.send_id());
        send_id.map_or(Asked::Never, |send_id| Asked::Now(command(send_id)))
    }

    fn send_command(&mut self, client: usize, number: usize) -> Asked {
        let Some(item) = self.journal.items.get(number).cloned() else { return Asked::Never };
        let to = match &item.kind {
            Kind::Invitation(_) | Kind::Lie(_) => return Asked::Never,
            Kind::Ping(to) => return self.ping_command(*to, &item.draft, &item.text),
            Kind::Begin(_) => {
                let known = self.settle_recipients(number);
                let recipients = known.iter().filter_map(|who| {
                    let member = self.members.get(who)?;
                    let uid = member.uid.as_ref()?.to_string();
                    let who = if item.by_name { member.alias.clone() } else { uid };
                    Some(Recipient { who, note: String::new() })
                });
                To::NewThread { recipients: recipients.collect(), from_alias: None }
            }
            Kind::Reply { pick, thread } => match thread.or_else(|| self.choose_thread(client, *pick)) {
                Some(thread) => {
                    if let Some(item) = self.journal.items.get_mut(number) {
                        item.kind = Kind::Reply { pick: *pick, thread: Some(thread) };
                    }
                    To::Reply(thread)
                }
                None => return self.give_up_after(client, number),
            },
        };
        let attachments = match self.stage(client, number) {
            Ok(attachments) => attachments,
            Err(why) => {
                let passing = matches!(why, StoreError::Full { .. })
                    || self.device(client).is_some_and(|d| d.disk.dead());
                if !passing {
                    self.find(Finding::StrangeAnswer { client, what: format!("staging: {why}") });
                }
                return Asked::Later;
            }
        };
        let (draft, text) = (item.draft, item.text);
        Asked::Now(Command::Send(Send { draft, to, subject: format!("about {number}"), text, attachments }))
    }

    /// Who is no member yet cannot be written to: the list is settled when it is first tried.
    pub(super) fn settle_recipients(&mut self, number: usize) -> Vec<usize> {
        let members = &self.members;
        let Some(Kind::Begin(to)) = self.journal.items.get_mut(number).map(|item| &mut item.kind) else {
            return Vec::new();
        };
        to.retain(|who| members.get(who).is_some_and(|member| member.uid.is_some()));
        to.clone()
    }

    fn choose_thread(&mut self, client: usize, pick: u64) -> Option<ThreadRef> {
        let shown = &self.device(client)?.shown;
        // Mostly recent threads: conversations.
        let window = shown.len().min(12) as u64;
        let back = (pick.checked_rem(window)?) as usize;
        let at = shown.len() - 1 - back;
        shown.get(at)?.thread
    }

    pub(super) fn give_up_after(&mut self, client: usize, number: usize) -> Asked {
        let errands = self.device(client).map(|device| &device.errands);
        let tries = errands.and_then(|all| all.iter().find(|errand| errand.task == Task::Send(number)));
        if tries.is_none_or(|errand| errand.tries > REPLY_TRIES) {
            if let Some(item) = self.journal.items.get_mut(number) {
                item.fate = Fate::Impossible;
            }
            return Asked::Never;
        }
        Asked::Later
    }

    fn ping_command(&self, to: usize, draft: &str, text: &str) -> Asked {
        let Some(member) = self.members.get(&to).filter(|member| member.named) else { return Asked::Later };
        let Ok(to) = member.alias.parse::<Alias>() else { return Asked::Never };
        Asked::Now(Command::Ping(Ping { draft: draft.to_owned(), from: None, to, text: text.to_owned() }))
    }

    /// Takes an item's file into the store, as the façade does before it asks the account.
    fn stage(&mut self, client: usize, number: usize) -> Result<Vec<Attachment>, StoreError> {
        let Some(file) = self.journal.items.get(number).and_then(|item| item.file.clone()) else {
            return Ok(Vec::new());
        };
        let name = file.name.clone();
        if let Some(staged) = file.staged {
            return Ok(vec![Attachment { name, staged }]);
        }
        let Some(device) = self.device(client) else { return Ok(Vec::new()) };
        let Some(process) = &device.process else { return Ok(Vec::new()) };
        let source = device.disk.root().join(format!("source-{number}"));
        let fs = device.disk.fs();
        let failed = |error| StoreError::io("the source", error);
        if fs.exists(&source).map_err(failed)? {
            fs.remove(&source).map_err(failed)?;
        }
        fs.create(&source).and_then(|mut out| out.write_all(&file.bytes())).map_err(failed)?;
        let staged = process.account.files().stage(&source, &format!("item-{number}"));
        let _gone = fs.remove(&source);
        let staged = staged?;
        if let Some(file) = self.journal.items.get_mut(number).and_then(|item| item.file.as_mut()) {
            file.staged = Some(staged.clone());
        }
        Ok(vec![Attachment { name, staged }])
    }
}

fn label(of: usize) -> Option<Label> {
    format!("node {of}").parse().ok()
}
