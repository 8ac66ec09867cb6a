//! What people want: deeds of the plan become errands at a device, which are asked of its account until
//! they are answered. A person who was not answered, because the process died, asks again.

use tmtp_account::{
    Attachment, Command, Input, NotNow, Ping, Recipient, Refused, Reply, Send, Ticket, To, Wish, Withdrawn,
};
use tmtp_store::StoreError;
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef};
use tmtp_wire::names::{Alias, Label};

use super::{Due, Party, World};
use crate::device::{Errand, Task};
use crate::journal::{Fate, File, Kind};
use crate::judge::Finding;
use crate::limits::ASK_AGAIN;
use crate::plan::Act;
use crate::stock::{Letter, Post};

/// A reply that finds no thread it could go to is given up after so many tries.
const REPLY_TRIES: u32 = 8;

impl World {
    pub(super) fn deed(&mut self, number: usize, times: u32) {
        let Some(deed) = self.plan.deeds.get(number).cloned() else { return };
        let client = deed.client;
        match deed.act {
            Act::Wrong(fault) => self.wrong(number, times, client, &fault),
            Act::Begin { to, file } => self.wish(client, Kind::Begin(to), file, number),
            Act::Reply { pick, file } => self.wish(client, Kind::Reply { pick, thread: None }, file, number),
            Act::Ping(to) => self.wish(client, Kind::Ping(to), None, number),
            Act::Invite(to) => self.wish(client, Kind::Invitation(to), None, number),
            Act::MakeNode(of) => self.errand(client, Task::Node(of)),
            Act::Look(span) => self.look_once(client, span),
            Act::Stay(stays) => self.set_stay(client, stays),
            Act::Withdraw(pick) => self.pick_item(client, pick, Task::Withdraw),
            Act::Decide(pick, again) => self.pick_item(client, pick, |item| Task::Decide(item, again)),
            Act::Read(pick) => self.pick_shown(client, pick, |name, _| Some(Task::Read(name))),
            Act::DeleteMessage(pick) => {
                self.pick_shown(client, pick, |name, _| Some(Task::DeleteMessage(name)));
            }
            Act::DeleteThread(pick) => {
                self.pick_shown(client, pick, |_, thread| thread.map(Task::DeleteThread));
            }
        }
    }

    fn wish(&mut self, client: usize, kind: Kind, file: Option<u64>, number: usize) {
        let seed = self.plan.seed ^ (number as u64) << 20;
        let file = file.map(|size| File { name: format!("file {number}.bin"), seed, size, staged: None });
        let item = self.journal.add(client, kind, file);
        match self.slots.get(client).map(|slot| &slot.party) {
            Some(Party::Ours(_)) => self.errand(client, Task::Send(item)),
            Some(Party::Stock(_)) => self.stock_wish(client, item),
            None => {}
        }
    }

    fn errand(&mut self, client: usize, task: Task) {
        let now = self.now;
        if let Some(device) = self.device(client) {
            device.send_for(task, now);
        }
        self.run_errands(client);
    }

    fn pick_item(&mut self, client: usize, pick: u64, task: impl Fn(usize) -> Task) {
        let items = self.journal.items.iter().enumerate();
        let own: Vec<usize> = items
            .filter(|(_, item)| item.client == client && item.send_id().is_some())
            .map(|(n, _)| n)
            .collect();
        // Something recent: what was sent long ago cannot be taken back.
        let recent = own.len().min(3);
        if recent > 0 {
            let at = own.len() - 1 - (pick % recent as u64) as usize;
            self.errand(client, task(own[at]));
        }
    }

    fn pick_shown(
        &mut self,
        client: usize,
        pick: u64,
        task: impl Fn(MessageRef, Option<ThreadRef>) -> Option<Task>,
    ) {
        let Some(device) = self.device(client).filter(|device| !device.shown.is_empty()) else { return };
        let at = (pick % device.shown.len() as u64) as usize;
        let task = device.shown.get(at).and_then(|shown| task(shown.name, shown.thread));
        if let Some(task) = task {
            self.errand(client, task);
        }
    }

    fn look_once(&mut self, client: usize, span: u64) {
        let now = self.now;
        let Some(device) = self.device(client) else { return };
        let deadline = device.clock.at(now + span).mono;
        self.put(client, Input::Wish(Wish::Wake { deadline }));
        self.turn(client);
    }

    fn set_stay(&mut self, client: usize, stays: bool) {
        if let Some(slot) = self.slots.get_mut(client) {
            slot.stays = stays;
        }
        self.put(client, Input::Wish(if stays { Wish::Stay } else { Wish::Off }));
        self.turn(client);
    }

    /// After the calm everybody holds a link, so that everything can come to rest.
    pub(super) fn everybody_stays(&mut self) {
        for client in 0..self.slots.len() {
            if !self.slots[client].stays {
                self.set_stay(client, true);
            }
        }
    }

    /// Asks for whatever may be asked for now. Posts and pings are asked for one after the other.
    pub(super) fn run_errands(&mut self, client: usize) {
        let now = self.now;
        if self.slots.get(client).is_none_or(|slot| slot.asleep) || self.process(client).is_none() {
            return;
        }
        let mut sending = false;
        let mut at = 0;
        while let Some(device) = self.device(client) {
            let Some(errand) = device.errands.get_mut(at) else { break };
            let is_send = matches!(errand.task, Task::Send(_));
            let blocked = is_send && sending;
            sending |= is_send;
            if errand.asked.is_some() || errand.not_before > now || blocked {
                at += 1;
                continue;
            }
            errand.tries += 1;
            errand.not_before = now + ASK_AGAIN;
            let task = errand.task.clone();
            match self.command(client, &task) {
                Asked::Now(command) => {
                    let Some(process) = self.process(client) else { return };
                    let ticket = process.ticket();
                    process.asked.insert(ticket, task.clone());
                    process.account.put(Input::Command(Ticket(ticket), command));
                    if let Some(errand) = self.device(client).and_then(|device| device.errands.get_mut(at)) {
                        errand.asked = Some(ticket);
                    }
                    at += 1;
                }
                Asked::Later => {
                    self.at(now + ASK_AGAIN, Due::Errands(client));
                    at += 1;
                }
                Asked::Never => {
                    if let Some(device) = self.device(client) {
                        device.errands.remove(at);
                    }
                    sending &= !is_send;
                }
            }
        }
        if self.process(client).is_some_and(|process| process.account.wants_step()) {
            self.turn(client);
        }
    }

    fn command(&mut self, client: usize, task: &Task) -> Asked {
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
                if let Some(item) = self.journal.items.get_mut(*item) {
                    item.called_back = true;
                }
                self.about(*item, Command::Withdraw)
            }
            Task::Decide(item, true) => self.about(*item, Command::SendAgain),
            Task::Decide(item, false) => self.about(*item, Command::TakeAsSent),
            Task::Read(name) => Asked::Now(Command::MarkRead(*name)),
            Task::DeleteMessage(_) | Task::DeleteThread(_) => self.deletion(client, task),
        }
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
            Kind::Invitation(_) => return Asked::Never,
            Kind::Ping(to) => return self.ping_command(*to, &item.draft, &item.text),
            Kind::Begin(_) => {
                let known = self.settle_recipients(number);
                let recipients = known.iter().filter_map(|who| {
                    let uid = self.members.get(who)?.uid.as_ref()?;
                    Some(Recipient { who: uid.to_string(), note: String::new() })
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
    fn settle_recipients(&mut self, number: usize) -> Vec<usize> {
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

    fn give_up_after(&mut self, client: usize, number: usize) -> Asked {
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

    pub(super) fn answered(&mut self, client: usize, ticket: Ticket, outcome: Result<Reply, Refused>) {
        let now = self.now;
        let Some(device) = self.device(client) else { return };
        let Some(process) = &mut device.process else { return };
        let Some(task) = process.asked.remove(&ticket.0) else {
            self.find(Finding::AnsweredTwice { client });
            return;
        };
        let place = device.errands.iter().position(|errand| errand.asked == Some(ticket.0));
        if let Some(errand) = place.and_then(|at| device.errands.get_mut(at)) {
            errand.asked = None;
        }
        if let (Some(errand), Err(refused)) = (place.and_then(|at| device.errands.get_mut(at)), &outcome) {
            errand.refused = refused.to_string();
        }
        let done = match outcome {
            Ok(reply) => self.succeeded(client, &task, reply),
            Err(refused) => self.refused(client, &task, &refused),
        };
        if let (true, Some(at), Some(device)) = (done, place, self.device(client)) {
            device.errands.remove(at);
            self.at(now, Due::Errands(client));
        } else {
            self.at(now + ASK_AGAIN, Due::Errands(client));
        }
    }

    /// Returns whether the errand is done.
    fn succeeded(&mut self, client: usize, task: &Task, reply: Reply) -> bool {
        let now = self.now;
        match (task, reply) {
            (Task::Send(item), Reply::Sent { send_id, message, .. }) => {
                self.taken(client, *item, send_id, Some(message));
            }
            (Task::Send(item), Reply::Pinged { send_id, .. }) => self.taken(client, *item, send_id, None),
            (Task::Node(of), Reply::Done) => {
                if let Some(device) = self.device(client) {
                    device.send_for(Task::Ticket(*of), now);
                }
            }
            (Task::Ticket(of), Reply::NodeTicket { uid, secret, .. }) => {
                let alias = self.members.get(&client).map(|member| member.alias.clone());
                if let Some(further) = self.device(*of) {
                    further.ticket = Some((uid, secret));
                    // What the first node was told about aliases is not told again to a later one.
                    further.errands.extend(alias.map(|alias| Errand::new(Task::Alias(alias), 0)));
                }
                self.at(now + 500, Due::Start(*of));
                if let Some(device) = self.device(client) {
                    device.send_for(Task::Forget(*of), now);
                }
            }
            (Task::Withdraw(item), Reply::Withdrawn(outcome)) => {
                if let Some(item) = self.journal.items.get_mut(*item) {
                    item.withdrawn =
                        item.withdrawn.filter(|_| outcome == Withdrawn::AlreadySent).or(Some(outcome));
                }
            }
            (Task::Decide(item, _), Reply::Done) => {
                if let Some(item) = self.journal.items.get_mut(*item) {
                    item.by_hand = true;
                }
            }
            (Task::Alias(_) | Task::Forget(_) | Task::Read(_), Reply::Done) => {}
            (Task::DeleteMessage(_) | Task::DeleteThread(_), Reply::Done) => {}
            (task, reply) => {
                let what = format!("{task:?} was answered {reply:?}");
                self.find(Finding::StrangeAnswer { client, what });
            }
        }
        true
    }

    fn taken(&mut self, client: usize, item: usize, send_id: SendId, message: Option<MessageRef>) {
        if !self.journal.taken(item, send_id, message) {
            self.find(Finding::NotIdempotent { client, item });
        }
        crate::judge::arrived(self, client);
    }

    /// Returns whether the errand is done, that is, need not be tried again.
    fn refused(&mut self, client: usize, task: &Task, refused: &Refused) -> bool {
        let passing = matches!(
            refused,
            Refused::StorageFull { .. } | Refused::State(_) | Refused::KeyStore | Refused::Storage
        );
        let not_yet = matches!(
            refused,
            Refused::NotNow(NotNow::NoAlias | NotNow::NotRegistered | NotNow::NodeNotMade | NotNow::NoLink)
        );
        if passing || not_yet {
            return false;
        }
        match (task, refused) {
            (Task::Send(item), Refused::NotFound | Refused::NotNow(NotNow::BeginningMissing)) => {
                // Deleted meanwhile, or not yet whole: another thread.
                match self.journal.items.get_mut(*item).map(|item| &mut item.kind) {
                    Some(Kind::Reply { pick, thread }) => {
                        *pick = pick.wrapping_mul(31).wrapping_add(7);
                        *thread = None;
                        return matches!(self.give_up_after(client, *item), Asked::Never);
                    }
                    _ => self.strange(client, task, refused),
                }
            }
            (Task::Node(of), Refused::NotNow(NotNow::AlreadyHad)) => {
                let now = self.now;
                if let Some(device) = self.device(client) {
                    device.send_for(Task::Ticket(*of), now);
                }
            }
            (Task::Alias(_), Refused::NotNow(NotNow::AlreadyHad)) => {}
            (Task::Withdraw(_) | Task::Decide(..), Refused::NotFound | Refused::NotNow(_)) => {}
            (
                Task::Read(_) | Task::DeleteMessage(_) | Task::DeleteThread(_),
                Refused::NotFound | Refused::NotNow(_),
            ) => {}
            _ => self.strange(client, task, refused),
        }
        true
    }

    fn strange(&mut self, client: usize, task: &Task, refused: &Refused) {
        let what = format!("{task:?} was refused: {refused}");
        self.find(Finding::StrangeAnswer { client, what });
    }

    fn stock_wish(&mut self, client: usize, number: usize) {
        self.settle_recipients(number);
        let Some(item) = self.journal.items.get(number).cloned() else { return };
        let uids = |members: &[usize]| {
            let known = members.iter().filter_map(|who| self.members.get(who));
            known.filter_map(|member| Some((member.uid.clone()?, member.alias.clone()))).collect::<Vec<_>>()
        };
        let post = |to, thread| Letter::Post(Post { item: number, to, thread, text: item.text.clone() });
        let letter = match &item.kind {
            Kind::Begin(members) => Some(post(uids(members), None)),
            Kind::Reply { pick, .. } => {
                let threads =
                    self.slots.get(client).and_then(|slot| slot.stock()).map(|stock| stock.threads());
                let all: Vec<_> = threads.into_iter().flatten().collect();
                let chosen = all.get((pick % all.len().max(1) as u64) as usize);
                chosen.map(|(id, to)| post((*to).clone(), Some(*id)))
            }
            Kind::Invitation(to) => {
                let member = self.members.get(to).filter(|member| member.named);
                member.and_then(|member| {
                    Some(Letter::Invitation { item: number, to: member.alias.parse().ok()? })
                })
            }
            Kind::Ping(_) => None,
        };
        let (Some(letter), Some(send_id)) = (letter, SendId::new(number as u64 + 1)) else {
            self.journal.items[number].fate = Fate::Impossible;
            return;
        };
        self.journal.taken(number, send_id, None);
        if let Some(stock) = self.stock(client) {
            stock.write(letter);
        }
        self.turn(client);
    }

    /// Notes what was answered to a stock client.
    pub(super) fn stock_answers(&mut self, client: usize) {
        let Some(stock) = self.stock(client) else { return };
        for (number, msgid) in std::mem::take(&mut stock.answered) {
            if let Some(Fate::Taken { message, .. }) =
                self.journal.items.get_mut(number).map(|item| &mut item.fate)
            {
                *message = Some(MessageRef::Site(msgid));
            }
        }
    }
}

enum Asked {
    Now(Command),
    Later,
    Never,
}

fn label(of: usize) -> Option<Label> {
    format!("node {of}").parse().ok()
}
