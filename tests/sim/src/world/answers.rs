//! What an account answers to what was asked of it, and what a person makes of that.

use tmtp_account::{NotNow, Refused, Reply, Ticket, Withdrawn};
use tmtp_wire::ids::{MessageRef, SendId};

use super::commands::Asked;
use super::{Due, World};
use crate::device::{Errand, Task};
use crate::journal::Kind;
use crate::judge::Finding;
use crate::limits::ASK_AGAIN;

impl World {
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
                if self.is_by_name(*item) {
                    self.done.add("written_to_by_name");
                }
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
                let mono = self.mono();
                if let Some(stock) = self.stock(*of) {
                    stock.born(mono, uid.clone(), secret.clone());
                    self.at(now, Due::Client(*of));
                }
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
                self.done.add(match outcome {
                    Withdrawn::Removed => "withdrawn",
                    Withdrawn::WillNotResend => "withdrawn_while_in_doubt",
                    Withdrawn::AlreadySent => "withdrawn_too_late",
                });
                if let Some(item) = self.journal.items.get_mut(*item) {
                    item.withdrawn =
                        item.withdrawn.filter(|_| outcome == Withdrawn::AlreadySent).or(Some(outcome));
                }
            }
            (Task::Decide(_, true), Reply::Done) => self.done.add("sent_again_by_hand"),
            (Task::Decide(_, false), Reply::Done) => self.done.add("taken_as_sent_by_hand"),
            (Task::Retry(_), Reply::Done) => self.done.add("sent_again_after_a_rude_refusal"),
            (Task::TooLarge(_, true), Reply::Done) => self.done.add("too_large_fetched"),
            (Task::TooLarge(msgid, false), Reply::Done) => {
                self.done.add("too_large_discarded");
                if let Some(device) = self.device(client) {
                    device.discarded.insert(*msgid, true);
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
            Refused::StorageFull { .. }
                | Refused::State(_)
                | Refused::KeyStore
                | Refused::ReadOnly
                | Refused::Damaged
                | Refused::Storage
        );
        let not_yet = matches!(
            refused,
            Refused::NotNow(NotNow::NoAlias | NotNow::NotRegistered | NotNow::NodeNotMade | NotNow::NoLink)
        );
        if passing || not_yet {
            return false;
        }
        match (task, refused) {
            // Names that the site has not checked are nobody's: by uid then.
            (Task::Send(number), _) if self.is_by_name(*number) => {
                self.done.add("name_of_nobody");
                self.journal.items.get_mut(*number).into_iter().for_each(|item| item.by_name = false);
                return false;
            }
            // Whatever is wrong with the list of one who lies.
            (Task::Send(item), _) if self.answers_a_lie(*item) => {
                self.done.add("refused_to_answer_a_lie");
                return self.another_thread(client, *item);
            }
            (Task::Send(item), Refused::NotFound | Refused::NotNow(_)) => {
                // Deleted meanwhile, or not yet whole: another thread.
                let kind = self.journal.items.get(*item).map(|item| &item.kind);
                if matches!(kind, Some(Kind::Reply { .. })) {
                    return self.another_thread(client, *item);
                }
                self.strange(client, task, refused);
            }
            (Task::Node(of), Refused::NotNow(NotNow::AlreadyHad)) => {
                let now = self.now;
                if let Some(device) = self.device(client) {
                    device.send_for(Task::Ticket(*of), now);
                }
            }
            (Task::Alias(_), Refused::NotNow(NotNow::AlreadyHad)) => {}
            (
                Task::Withdraw(_) | Task::Decide(..) | Task::Retry(_) | Task::TooLarge(..),
                Refused::NotFound | Refused::NotNow(_),
            ) => {}
            (
                Task::Read(_) | Task::DeleteMessage(_) | Task::DeleteThread(_),
                Refused::NotFound | Refused::NotNow(_),
            ) => {}
            _ => self.strange(client, task, refused),
        }
        true
    }

    /// Whether an item is a new thread whose recipients were written to by their names.
    fn is_by_name(&self, number: usize) -> bool {
        let item = self.journal.items.get(number);
        item.is_some_and(|item| item.by_name && matches!(&item.kind, Kind::Begin(to) if !to.is_empty()))
    }

    /// A reply looks for another thread. Returns whether it is given up.
    fn another_thread(&mut self, client: usize, item: usize) -> bool {
        if let Some(Kind::Reply { pick, thread }) =
            self.journal.items.get_mut(item).map(|item| &mut item.kind)
        {
            *pick = pick.wrapping_mul(31).wrapping_add(7);
            *thread = None;
        }
        matches!(self.give_up_after(client, item), Asked::Never)
    }

    fn strange(&mut self, client: usize, task: &Task, refused: &Refused) {
        let what = format!("{task:?} was refused: {refused}");
        self.find(Finding::StrangeAnswer { client, what });
    }
}
