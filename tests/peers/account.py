"""One membership in the desktop client: what its page can do, as calls.

Methods that send wait until the site has acknowledged and raise `Refused` if it, or the client, says no; with
wait=False they return as soon as the item is in the client's send queue. Recipients are aliases the account has
heard from or gids it belongs to; a pair (name, uid) is taken as it is.
"""

import contextlib
import itertools
import json
import threading
import time
import urllib.parse
from pathlib import Path

import websocket

from process import HOST, PeerError

SEEN, TAG, UNTAG = 115, 116, 117          # actions of a "touch"
NODE_ACTIVE = 97
LINK_TROUBLE = ("dial ", "read ", "write ", "EOF", "tls: ", "remote error", "x509")


class Refused(PeerError):
    """The site or the client refused what was asked; the text is theirs."""


def quote(text):
    return urllib.parse.quote(text, safe="")


class Account:
    """One membership. All calls may come from any thread; one is served at a time."""

    def __init__(self, hammer, title):
        self.hammer, self.title = hammer, title
        self._lock = threading.RLock()
        self._news = threading.Condition()
        self._pushes, self._socket = [], None             # [(monotonic time, [codes])]
        self._deaf = True                                 # no socket open, or the client closed it
        self._serial = itertools.count(1)

    # ---- what the site knows

    def config(self):
        return self.fetch("cf")

    @property
    def uid(self):
        return self.config()["Uid"]

    @property
    def alias(self):
        return self.config()["Alias"]

    def online(self):
        """Uids of those who announce themselves to this account; None while there is no link to the site."""
        there = self.fetch("of")
        return None if there is None else [one["Uid"] for one in there]

    def wait_linked(self, timeout=20.0):
        """Wait until the account is logged in at its site."""
        self._until(lambda: self.online() is not None, timeout, "link to the site")

    def wait_online(self, uid, timeout=20.0):
        """Wait until somebody announces himself to this account."""
        self._until(lambda: uid in (self.online() or []), timeout, f"presence of {uid}")

    def lookup(self, name):
        """The uid behind an alias, or the gid itself; None if the account has not heard of it."""
        with self._lock:
            at = self.command("adrsbk_search", adrsbk={"type": 3, "term": name})
            found = self.await_push(at, lambda p: p[0] == "_n", 10, "search result")[1:]
        return dict(zip(found[::2], found[1::2])).get(name)

    # ---- pings, groups, presence

    def ping(self, to_alias, text="", wait=True, timeout=20.0):
        """Send a ping: introduces this account to somebody whose alias one knows."""
        self._ping(to_alias, text, "", wait, timeout)

    def invite(self, gid, to_alias, text="", wait=True, timeout=20.0):
        """Invite to a group; founds it if nobody has."""
        self._ping(to_alias, text, gid, wait, timeout)

    def _ping(self, to, text, gid, wait, timeout):
        with self._lock:
            ping = {"alias": self.alias, "to": to, "text": text, "gid": gid}
            self.await_push(self.command("ping_save", ping=ping), lambda p: "ps" in p, timeout, "draft of a ping")
            qid = next(d["Qid"] for d in self.fetch("ps") if d["Alias"] == to and d.get("Gid", "") == gid)
            at = self.command("ping_send", ping={"qid": qid})
            if wait:
                self.await_push(at, lambda p: "pt" in p and "ps" in p, timeout, f"acknowledgement of the ping to {to}")

    def pings(self):
        """Pings and invitations received, newest first; contacts learned from recipient lists are among them."""
        return self.fetch("pf")

    def pings_sent(self):
        return self.fetch("pt")

    def wait_ping(self, alias=None, gid=None, timeout=20.0):
        """Wait for a ping, or with `gid` an invitation, from `alias` (anybody if None)."""
        return self._until(lambda: next((p for p in self.pings()
                                         if alias in (None, p["Alias"]) and (gid or "") == p.get("Gid", "")), None),
                           timeout, f"ping from {alias or 'anybody'}")

    def accept(self, gid, timeout=20.0):
        """Join the group one was invited to; waits until the site has told everybody."""
        invitation = self._until(lambda: next((p for p in self.pings() if p.get("Gid") == gid and p.get("Qid")), None),
                                 timeout, f"invitation to {gid}")
        with self._lock:
            at = self.command("accept_send", accept={"qid": invitation["Qid"]})
            self.await_push(at, lambda p: "gl" in p, timeout, f"membership of {gid}")

    def groups(self):
        return [group["Gid"] for group in self.fetch("gl")]

    def ohi(self, alias, on=True, timeout=20.0):
        """Announce one's presence to somebody, or no more."""
        uid = self._who(alias)[1]
        with self._lock:
            self.command("ohi_add" if on else "ohi_drop", ohi={"alias": alias, "uid": uid})
        self._until(lambda: on == any(o["Uid"] == uid and o["Date"] != "pending" for o in self.fetch("ot")),
                    timeout, f"presence towards {alias}")

    # ---- sending

    def send_thread(self, subject, to, body="", attach=(), forms=(), wait=True, timeout=60.0):
        """Start a thread; returns its id (a local id starting with "_" if wait=False).

        to: recipients as above, each also (name, uid, note); none makes a note to oneself.
        attach: files, as paths or (name, bytes).
        forms: (family.revision, blank form, filled form or None)."""
        with self._lock:
            draft = self.draft_thread(subject, to, body, attach, forms)
            return self.send_draft(draft, wait, timeout)

    def draft_thread(self, subject, to, body="", attach=(), forms=()):
        """Save a new thread as a draft and select it; returns its local id."""
        with self._lock:
            cc = [dict(who=who, whouid=uid, note=note) for who, uid, note in map(self._recipient, to)]
            files, fill = self._attach(attach, forms)
            at = self.command("thread_save", thread={"new": 1, "alias": self.alias, "subject": subject, "cc": cc,
                                                      "data": body, "attach": files, "formfill": fill})
            self.await_push(at, lambda p: "_T" in p, 30, "draft of a thread")
            return self.fetch("cs")["Thread"]

    def reply(self, thread, body="", subject="", attach=(), forms=(), wait=True, timeout=60.0):
        """Answer to all in a thread; returns the message id."""
        with self._lock:
            return self.send_draft(self.draft_reply(thread, body, subject, attach, forms), wait, timeout)

    def draft_reply(self, thread, body="", subject="", attach=(), forms=()):
        """Save a reply as a draft; returns its local id."""
        with self._lock:
            self.select(thread)
            files, fill = self._attach(attach, forms)
            at = self.command("thread_save", thread={"new": 2, "alias": self.alias, "subject": subject,
                                                      "data": body, "attach": files, "formfill": fill})
            pushed = self.await_push(at, lambda p: "mn" in p and p[-1].startswith(thread + "_"), 30, "draft of a reply")
            return pushed[-1]

    def send_draft(self, draft, wait=True, timeout=60.0):
        """Send a draft; returns the message id that the site gave it."""
        with self._lock:
            self.select(draft[:16] if not draft.startswith("_") else draft)
            at = self.command("thread_send", thread={"id": draft})
            self.await_push(at, lambda p: "ml" in p, timeout, "draft to be queued")
            if not wait:
                return draft
            done = self.await_push(at, lambda p: p[-3:-1] == ["_m", draft], timeout, f"acknowledgement of {draft}")
            return done[-1]

    def forward(self, thread, to, wait=True, timeout=60.0):
        """Send the whole thread to more people, who join it."""
        with self._lock:
            self.select(thread)
            cc = [dict(who=who, whouid=uid, note=note) for who, uid, note in map(self._recipient, to)]
            at = self.command("forward_save", forward={"threadid": thread, "cc": cc})
            self.await_push(at, lambda p: p == ["cl"], 30, "draft of a forward")
            entries = self.fetch("cl")[0]
            if not entries:
                raise Refused("all of them are in the thread already")
            at = self.command("forward_send", forward={"threadid": thread, "qid": entries[0]["Qid"]})
            if wait:
                self.await_push(at, lambda p: p in (["pf", "cl"], ["pf"]), timeout, "acknowledgement of the forward")

    # ---- reading

    def threads(self):
        """The thread list, latest first (at most 1024)."""
        return self.fetch("tl")

    def messages(self, thread):
        """The messages of a thread, oldest first, drafts included (their `From` is empty)."""
        with self._lock:
            self.select(thread)
            return self.fetch("ml")[::-1]

    def recipients(self, thread):
        """Everybody in the thread, forwards that wait in the send queue included."""
        with self._lock:
            self.select(thread)
            return self.fetch("cl")[1]

    def message(self, thread, message):
        """The stored message: its header, with the text as "Body"."""
        with self._lock:
            self.select(thread)
            data = self.hammer.get(f"/{quote(self.title)}?mn={quote(message)}")
        if not data:
            raise Refused(f"no message {message} in {thread}")
        size = int(data[:4], 16)
        header = json.loads(data[4:4 + size])
        header["Body"] = data[5 + size:5 + size + header["Size"]].decode(errors="replace")
        return header

    def body(self, thread, message):
        return self.message(thread, message)["Body"]

    def attachments(self, thread):
        """Attachments of a thread: dicts with Id, File, MsgId, Who, Size."""
        with self._lock:
            self.select(thread)
            return self.fetch("al")

    def attachment(self, thread, id):
        """Content of the attachment with that Id."""
        with self._lock:
            self.select(thread)
            return self.hammer.get(f"/{quote(self.title)}?an={quote(id)}")

    def filled_forms(self, ffn):
        """Rows of the received results of a form type."""
        with self._lock:
            self.await_push(self.command("tab_add", tab={"type": 1, "term": f"ffn:{ffn}_recv"}),
                        lambda p: "tl" in p, 10, "table")
            try:
                return self.fetch("tl")["Table"]
            finally:
                self.await_push(self.command("tab_drop", tab={"type": 1}), lambda p: "tl" in p, 10, "list")

    def search(self, term):
        """Threads that match: `+word`, `-word`, `=phrase`, `#tag`."""
        with self._lock:
            self.await_push(self.command("tab_add", tab={"type": 1, "term": term}), lambda p: "tl" in p, 10, "result")
            try:
                return self.fetch("tl")
            finally:
                self.await_push(self.command("tab_drop", tab={"type": 1}), lambda p: "tl" in p, 10, "list")

    def wait_thread(self, subject, timeout=30.0):
        """Wait for a thread (not a draft) with that subject; returns its id."""
        return self._until(lambda: next((t["Id"] for t in self.threads() if t["Id"][0] != "_"
                                         and subject in (t["Subject"], t.get("SubjectWas"))), None),
                           timeout, f"thread {subject!r}")

    def wait_message(self, thread, author=None, count=1, timeout=30.0):
        """Wait until a thread has `count` messages (by `author`); returns the last of them."""
        def look():
            found = [m for m in self.messages(thread) if m["From"] and author in (None, m["Alias"])]
            return found[-1] if len(found) >= count else None
        return self._until(look, timeout, f"{count} messages by {author or 'anybody'}")

    def wait_verified(self, thread, timeout=30.0):
        """Wait until the authors have confirmed every message of a forwarded thread."""
        self._until(lambda: not any(m.get("ForwardBy") for m in self.messages(thread)), timeout, "confirmation")

    def notices(self):
        return self.fetch("nl")

    # ---- marks

    def mark_read(self, thread, message):
        """Mark a message as read."""
        self._touch(thread, message, SEEN, "thread_open")
        self._until(lambda: next(m for m in self.messages(thread) if m["Id"] == message)["Seen"], 10, "read mark")

    def tag(self, thread, message, name, on=True):
        """Set a tag on a message, or take it off; a new name defines the tag."""
        if name not in self.hammer.tags():
            with self._lock:
                self.command("tag_add", tag={"name": name})
            self._until(lambda: name in self.hammer.tags(), 10, f"tag {name}")
        tag = self.hammer.tags()[name]
        self._touch(thread, message, TAG if on else UNTAG, "thread_tag", tagid=tag)
        self._until(lambda: on == (tag in (next(m for m in self.messages(thread) if m["Id"] == message)
                                           .get("Tags") or [])), 10, f"tag {name} on {message}")

    def _touch(self, thread, message, act, op, **more):
        with self._lock:
            if not any(m["Id"] == message for m in self.messages(thread)):
                raise Refused(f"no message {message} in {thread}")
            self.command(op, touch={"act": act, "threadid": thread, "msgid": message, **more})

    # ---- nodes

    def node_add(self, other, name, timeout=60.0):
        """Replicate this account to the client `other`; returns the account there."""
        address, pin = other.listen()
        with self._lock:
            at = self.command("node_add", node={"addr": address, "pin": pin, "newnode": name})
            self.await_push(at, lambda p: "cn" in p, timeout, "replication to begin")
        self._until(lambda: any(n["Name"] == name and n["Status"] == NODE_ACTIVE for n in self.config()["NodeSet"]),
                    timeout, f"node {name}")
        return other.adopt_account(f"{self.title}.{name}")

    # ---- plumbing

    def fetch(self, code):
        """What the page would fetch for one of the client's two-letter codes."""
        return json.loads(self.hammer.get(f"/{quote(self.title)}?{code}"))

    def select(self, thread):
        """Select a thread, as a click on it would; most reads are about the selected one."""
        with self._lock:
            if self.fetch("cs")["Thread"] == thread:
                return
            if not any(t["Id"] == thread for t in self.threads()):        # an unknown id would end the process
                raise Refused(f"no thread {thread}")
            at = self.command("navigate_thread", navigate={"threadid": thread})
            self.await_push(at, lambda p: "cs" in p and "ml" in p, 10, f"thread {thread}")

    def errors(self, since=0):
        """Error texts that the client has pushed, those about the link to the site included."""
        return [push[-1] for _, push in self.pushes(since) if "_e" in push]

    def pushes(self, since=0):
        """What the client has pushed: [(monotonic time, [codes])]."""
        with self._news:
            return self._pushes[since:]

    def command(self, op, **argument):
        """Send a command; returns the place in the pushes from which its answer may come."""
        with self._news:
            at = len(self._pushes)
        try:
            self._socket.send(json.dumps({"op": op, **argument}))
        except (OSError, websocket.WebSocketException):
            self.hammer.check()
            raise
        return at

    def await_push(self, at, match, timeout, what):
        """Wait for a push from place `at` on; an error pushed meanwhile is raised, unless it is about the link
        to the site: then the client goes on trying."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                for _, push in self._pushes[at:]:
                    if match(push):
                        return push
                    if "_e" in push and not push[-1].startswith(LINK_TROUBLE):
                        raise Refused(push[-1])
                    at += 1
                if (left := end - time.monotonic()) <= 0:
                    raise TimeoutError(f"{self.title}: no {what} within {timeout:g} s")
                if self._deaf:
                    self.hammer.check()
                    raise PeerError(f"{self.title}: the client dropped its page; see {self.hammer.process.log}")
                self._news.wait(min(left, 0.5))
                self.hammer.check()

    def _who(self, name):
        uid = self.lookup(name)
        if uid is None:
            raise Refused(f"{self.title} has not heard of {name}")
        return name, uid

    def _recipient(self, to):
        if isinstance(to, str):
            return *self._who(to), ""
        return (*to, "")[:3]

    def _attach(self, attach, forms):
        files, fill = [], {}
        for item in attach:
            name, content = item if isinstance(item, tuple) else (Path(item).name, Path(item).read_bytes())
            self.hammer.upload(name, content)
            files.append({"name": "upload/" + name})
        for name, blank, filled in forms:
            self.hammer.blank_form(name, blank)
            files.append({"name": "form/" + name})
            if filled is not None:
                key = f"{next(self._serial):012x}_f:{name}"
                files.append({"name": "form_fill/" + name, "ffkey": key})
                fill[key] = filled if isinstance(filled, str) else json.dumps(filled, separators=(",", ":"))
        return files, fill

    def _open(self):
        self._socket = websocket.create_connection(f"ws://{HOST}:{self.hammer.port}/s/{quote(self.title)}",
                                                   cookie="clientid=driver", timeout=30)
        self._socket.settimeout(None)
        self._deaf = False
        threading.Thread(target=self._listen, args=(self._socket,), daemon=True).start()
        self.await_push(self.command("open"), lambda p: "cs" in p, 20, "account to open")

    def _close(self):
        if self._socket:
            with contextlib.suppress(OSError, websocket.WebSocketException):
                self._socket.shutdown()

    def _listen(self, socket):
        with contextlib.suppress(OSError, websocket.WebSocketException):
            while text := socket.recv():
                with self._news:
                    self._pushes.append((time.monotonic(), json.loads(text)))
                    self._news.notify_all()
        with self._news:
            self._deaf = self._deaf or socket is self._socket
            self._news.notify_all()

    def _until(self, look, timeout, what):
        """Call `look` until it gives something true, at once after each push and every half second."""
        end = time.monotonic() + timeout
        while True:
            with self._news:
                seen = len(self._pushes)
            if found := look():
                return found
            with self._news:
                if (left := end - time.monotonic()) <= 0:
                    raise TimeoutError(f"{self.title}: no {what} within {timeout:g} s")
                self._news.wait_for(lambda: len(self._pushes) > seen, min(left, 0.5))
            self.hammer.check()
