//! What each request does (wire 8), except posts, pings and group requests, which have modules of their own.

use std::collections::BTreeSet;

use super::api::Site;
use super::link::{Handler, LinkId, Seat, Upload};
use super::post::{Draft, Part};
use super::queue::Confirmed;
use super::record::{FatalInput, QueuedMessage, ViolationKind};
use super::reply::{self, Head, TooLong};
use super::request::{Op, Request};
use super::secrets::secret_hash;
use super::users::{NodeNo, Refusal};
use tmtp_wire::limits::ALIAS_BYTES_MIN;

/// Why a request does not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The answer says so; the link goes on.
    Said(String),
    /// The link ends with this reason.
    Quit(&'static str),
    /// The link ends: the public server would have crashed, or might have hung.
    Violation(ViolationKind),
    /// The site died in the middle of it, on a test's demand.
    Died,
}

impl Stop {
    pub(super) fn said(text: impl Into<String>) -> Stop {
        Stop::Said(text.into())
    }

    pub(super) fn fatal(kind: FatalInput) -> Stop {
        Stop::Violation(ViolationKind::FatalInput(kind))
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        match refusal {
            Refusal::Text(text) => Stop::Said(text),
            Refusal::Fatal(kind) => Stop::fatal(kind),
        }
    }
}

impl From<TooLong> for Stop {
    fn from(_: TooLong) -> Stop {
        Stop::fatal(FatalInput::EchoTooLong)
    }
}

/// Id and time of a message that a request has caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) id: u64,
    pub(super) posted: String,
}

/// What a request that is answered has come to.
pub(super) type Sent = Result<Option<Receipt>, Stop>;

impl Site {
    /// Which requests are allowed when (wire 7).
    pub(super) fn check_order(&self, id: LinkId, request: &Request) -> Result<(), Stop> {
        let Some(link) = self.links.get(&id) else { return Ok(()) };
        match request.op {
            Op::TmtpRev if link.greeted => Err(Stop::Quit("disallowed op repetition")),
            Op::TmtpRev => Ok(()),
            Op::Register | Op::Login if !link.greeted => Err(Stop::Quit("tmtprev was omitted")),
            Op::Register | Op::Login if link.seat.is_some() => {
                Err(Stop::Quit("disallowed op on connected link"))
            }
            Op::Register | Op::Login => Ok(()),
            _ if link.seat.is_none() => Err(Stop::Quit("disallowed op on unauthenticated link")),
            _ => Ok(()),
        }
    }

    /// Carries out a request whose data is complete.
    pub(super) fn execute(&mut self, id: LinkId, upload: Upload) -> Result<(), Stop> {
        let Upload { request, data, at, post } = upload;
        match request.op {
            Op::TmtpRev => return self.tmtp_rev(id),
            Op::Register => return self.register(id, &request),
            Op::Login => return self.login(id, &request),
            Op::Quit => return Err(Stop::Quit("logout ok")),
            Op::Pulse => return Ok(()),
            _ => {}
        }
        let Some(seat) = self.links.get(&id).and_then(|link| link.seat) else { return Ok(()) };
        match request.op {
            Op::UserEdit => self.user_edit(id, seat, &request, at),
            Op::OhiEdit => self.ohi_edit(id, seat, &request),
            Op::GroupInvite => self.group_edit(id, seat, &request, "invite", data),
            Op::GroupEdit => self.group_edit(id, seat, &request, &request.act, data),
            Op::Ping => self.ping(id, seat, &request, data),
            Op::Confirm => self.confirm(id, seat, request.id),
            _ => match post {
                Some(begun) => {
                    let request_id = request.id.clone();
                    let outcome = self.posting(id, seat, request, begun, data);
                    self.answer(id, &request_id, outcome.map(Some))
                }
                None => Ok(()),
            },
        }
    }

    fn tmtp_rev(&mut self, id: LinkId) -> Result<(), Stop> {
        let mut head = Head::new("tmtprev");
        head.text("id", "1").text("name", &self.config.name);
        if self.config.demand_sign_in {
            let provider = r#"[{"label":"sign-in","login":["https://sign-in.invalid/authorize","response_type=code"],"token":["https://sign-in.invalid/token","grant_type=authorization_code"]}]"#;
            head.number("auth", 1).raw("authby", provider.to_owned());
        }
        let frame = head.direct()?;
        if let Some(link) = self.links.get_mut(&id) {
            link.greeted = true;
        }
        self.reply(id, frame, 0);
        Ok(())
    }

    fn register(&mut self, id: LinkId, request: &Request) -> Result<(), Stop> {
        if self.config.demand_sign_in {
            return Err(Stop::Quit("authentication required"));
        }
        // The public server makes the uid of an id (wire 6).
        self.next_id();
        let (uid, secret) = (self.generator.uid(), self.generator.secret());
        let hash = secret_hash(&secret).unwrap_or_default();
        let (user, node) = self.directory.add_user(&uid, hash);
        self.facts.user(&uid, hash);
        self.record.registrations += 1;
        let mut head = Head::new("registered");
        head.text("uid", &uid).text("nodeid", &secret);
        if request.newalias != "_" {
            match self.add_alias(Seat { user, node }, &request.newalias) {
                Ok(()) => {}
                Err(Stop::Said(error)) => {
                    head.text("error", &error);
                }
                Err(stop) => return Err(stop),
            }
        }
        let mut frames = head.direct()?;
        frames.extend(self.take_seat(id, Seat { user, node })?);
        self.reply(id, frames, self.facts.pushed());
        Ok(())
    }

    fn login(&mut self, id: LinkId, request: &Request) -> Result<(), Stop> {
        let Some(hash) = secret_hash(&request.node) else {
            return Err(Stop::Quit("corrupt base32 value"));
        };
        let (user, node) = match self.directory.verify(&request.uid, &hash) {
            Ok(found) => found,
            Err(Refusal::Text(_)) => return Err(Stop::Quit("login failed")),
            Err(fatal) => return Err(fatal.into()),
        };
        if self.queue(node).link.is_some() {
            self.record.nodes_busy += 1;
            return Err(Stop::Quit("node already connected"));
        }
        let seat = Seat { user, node };
        let info = self.take_seat(id, seat)?;
        self.reply(id, info, 0);
        self.record.logins += 1;
        if let Some(link) = self.links.get_mut(&id) {
            link.logged_in = Some(self.now);
        }
        let mut draft =
            if self.config.echo_login_tag { Draft::new("login", request) } else { Draft::bare("login") };
        draft.head.text("node", "tbd");
        self.post(id, seat, draft, Vec::new(), &[Part::Named(user)])?;
        Ok(())
    }

    /// Locks the node for the link; messages follow once the link has got the greeting returned here.
    fn take_seat(&mut self, id: LinkId, seat: Seat) -> Result<Vec<u8>, Stop> {
        let present = self.presence.announcing_to(seat.user);
        let mut head = Head::new("info");
        head.text("info", "login ok");
        if !present.is_empty() {
            let uids = present.iter().map(|user| self.directory.uid(*user));
            head.raw("ohi", reply::quoted_list(uids));
        }
        let frame = head.direct().map_err(|TooLong| Stop::fatal(FatalInput::PresenceTooLong))?;
        self.begin_gap(seat.node);
        let queue = self.queue(seat.node);
        queue.link = Some(id);
        queue.started = true;
        if let Some(link) = self.links.get_mut(&id) {
            link.seat = Some(seat);
        }
        Ok(frame)
    }

    fn user_edit(&mut self, id: LinkId, seat: Seat, request: &Request, at: u64) -> Result<(), Stop> {
        if request.newnode.is_empty() == request.newalias.is_empty() {
            return Err(Stop::Quit("invalid header"));
        }
        if !request.newnode.is_empty() || request.newalias.len() >= ALIAS_BYTES_MIN {
            self.check_edit(id, at)?;
        }
        let outcome = self.edit_user(id, seat, request);
        self.answer(id, &request.id, outcome)
    }

    /// An edit that has an effect must keep its distance from what could hang the public server (wire 18.3).
    fn check_edit(&mut self, id: LinkId, at: u64) -> Result<(), Stop> {
        let (now, distance) = (self.now, self.config.timers.edit_after_login);
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        if link.logged_in.is_some_and(|login| now.since(login) < distance) {
            return Err(Stop::Violation(ViolationKind::EditBesideLogin));
        }
        if at < link.edit_horizon {
            return Err(Stop::Violation(ViolationKind::EditBesideEdit));
        }
        link.edit_open = true;
        Ok(())
    }

    fn edit_user(&mut self, id: LinkId, seat: Seat, request: &Request) -> Sent {
        let mut draft = Draft::new("user", request);
        draft.urgent = true;
        if request.newnode.is_empty() {
            self.add_alias(seat, &request.newalias)?;
            draft.head.text("newalias", &request.newalias);
        } else {
            let secret = self.generator.secret();
            let hash = secret_hash(&secret).unwrap_or_default();
            let node = self.directory.add_node(seat.user, hash)?;
            self.facts.node(seat, hash);
            // The new node starts with what waits for the one that asked (wire 12.7).
            let stored = self.facts.pushed();
            let waiting: Vec<_> = self.queue(seat.node).messages().cloned().collect();
            self.record_copied(seat.node, node, waiting.iter().map(|message| message.id));
            for message in waiting {
                self.queue(node).push(message, stored);
            }
            draft.head.text("newnode", &request.newnode).text("nodeid", &secret);
        }
        self.post(id, seat, draft, Vec::new(), &[Part::Named(seat.user)])?;
        Ok(None)
    }

    /// Notes with what a new node starts.
    fn record_copied(&mut self, from: NodeNo, to: NodeNo, waiting: impl Iterator<Item = u64>) {
        if !self.config.record_posts {
            return;
        }
        let ids: BTreeSet<String> = waiting.map(|id| format!("{id:016x}")).collect();
        let from = self.record.queued.get(&self.directory.node_name(from));
        let waits = from.into_iter().flatten().filter(|queued| ids.contains(&queued.msgid));
        let copies = waits.map(|queued| QueuedMessage { copied: true, ..queued.clone() }).collect();
        self.record.queued.insert(self.directory.node_name(to), copies);
    }

    fn add_alias(&mut self, seat: Seat, alias: &str) -> Result<(), Stop> {
        if alias.len() < ALIAS_BYTES_MIN {
            return Err(Stop::said("newalias must be 8+ characters"));
        }
        if self.directory.add_alias(seat.user, alias)? {
            self.facts.alias(seat.user, alias);
        }
        Ok(())
    }

    fn ohi_edit(&mut self, id: LinkId, seat: Seat, request: &Request) -> Result<(), Stop> {
        let on = match request.kind.as_str() {
            "init" | "add" => true,
            "drop" => false,
            _ => return Err(Stop::Quit("invalid header")),
        };
        let mut dropped = 0;
        let outcome = self.edit_presence(id, seat, request, on, &mut dropped);
        self.answer_later(id, &request.id, outcome, dropped)
    }

    fn edit_presence(
        &mut self,
        id: LinkId,
        seat: Seat,
        request: &Request,
        on: bool,
        dropped: &mut u32,
    ) -> Sent {
        let found: Result<Vec<_>, _> =
            request.targets.iter().map(|target| self.directory.find(&target.id)).collect();
        let found = found?;
        if let Some(link) = self.links.get_mut(&id)
            && !link.uses_presence
        {
            link.uses_presence = true;
            self.presence.join(seat.user);
        }
        // An init is answered at once, and a message to oneself loses the race for the writer against the
        // answer (recorded in `ohi`); otherwise the `ohiedit` message is stored in between.
        let but = (request.kind == "init").then_some(id);
        for user in found {
            if self.presence.edit(seat.user, user, on) {
                *dropped += self.announce(seat.user, user, on, but);
            }
        }
        if request.kind != "init" {
            let mut draft = Draft::bare("ohiedit");
            draft.head.raw("for", reply::echoed(&request.targets)).text("type", &request.kind);
            self.post(id, seat, draft, Vec::new(), &[Part::Named(seat.user)])?;
        }
        Ok(None)
    }

    fn confirm(&mut self, id: LinkId, seat: Seat, confirmation: String) -> Result<(), Stop> {
        match self.queue(seat.node).confirm(&confirmation) {
            Confirmed::Removed(key) => self.confirmed(seat.node, key),
            Confirmed::Stray => self.record.stray_confirmations += 1,
            Confirmed::Kept => {}
            Confirmed::NoRoom => {
                let until = self.now + self.config.timers.confirmation_wait;
                if let Some(link) = self.links.get_mut(&id) {
                    link.handler = Handler::Stalled { until, confirmation };
                }
            }
        }
        Ok(())
    }

    /// Answers a request by what it has come to.
    pub(super) fn answer(&mut self, id: LinkId, request_id: &str, outcome: Sent) -> Result<(), Stop> {
        self.answer_later(id, request_id, outcome, 0)
    }

    /// The same, after having been blocked by presence messages that found no room.
    fn answer_later(
        &mut self,
        id: LinkId,
        request_id: &str,
        outcome: Sent,
        dropped: u32,
    ) -> Result<(), Stop> {
        match outcome {
            Ok(receipt) => self.answer_with(id, request_id, receipt, None, dropped),
            Err(Stop::Said(error)) => self.answer_with(id, request_id, None, Some(&error), dropped),
            Err(stop) => Err(stop),
        }
    }

    /// Answers with any of receipt and error.
    pub(super) fn answer_with(
        &mut self,
        id: LinkId,
        request_id: &str,
        receipt: Option<Receipt>,
        error: Option<&str>,
        dropped: u32,
    ) -> Result<(), Stop> {
        let mut head = Head::new("ack");
        head.text("id", request_id);
        if let Some(receipt) = receipt {
            head.text("msgid", &format!("{:016x}", receipt.id)).text("posted", &receipt.posted);
        }
        if let Some(error) = error {
            head.text("error", error);
        }
        let frame = head.direct()?;
        self.reply(id, frame, self.facts.pushed());
        if let Some(link) = self.links.get_mut(&id)
            && let Handler::Holding { until, .. } = &mut link.handler
        {
            *until = self.now + self.config.timers.presence_wait * dropped;
        }
        Ok(())
    }

    /// Replies once fact number `stored` is stored.
    fn reply(&mut self, id: LinkId, reply: Vec<u8>, stored: u64) {
        let until = self.now;
        if let Some(link) = self.links.get_mut(&id)
            && !link.is_over()
        {
            link.handler = Handler::Holding { until, stored, reply };
        }
    }
}
