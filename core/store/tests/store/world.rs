//! A store in a folder that vanishes, and members who write into it.

use std::path::Path;

use tempfile::TempDir;
use tmtp_store::write::inbox::{self, Attached, Bytes, NewMessage};
use tmtp_store::write::{names, threads};
use tmtp_store::{InstallId, NewAccount, Place, Reader, StoreError, Writer};
use tmtp_wire::datahead::Cc;
use tmtp_wire::ids::{MsgId, SendId, Uid};
use tmtp_wire::time::Wall;

pub(crate) const INSTALL: InstallId = InstallId([1; 16]);
pub(crate) const ALICE: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";
pub(crate) const BOB: &str = "4F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";

/// Alice's store.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) writer: Writer,
}

pub(crate) fn place(dir: &Path) -> Place {
    Place::new(dir.join("alice"), INSTALL)
}

pub(crate) fn new_account(uid: Option<&str>) -> NewAccount {
    NewAccount {
        site: "=127.0.0.1:443".parse().unwrap(),
        key_name: "alice".to_owned(),
        uid: uid.map(|uid| uid.parse().unwrap()),
        created: Wall(1),
    }
}

pub(crate) fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::create(place(dir.path()), &new_account(Some(ALICE))).unwrap();
    World { dir, writer }
}

pub(crate) fn uid(text: &str) -> Uid {
    text.parse().unwrap()
}

impl World {
    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.dir.path().join("alice")).unwrap()
    }

    pub(crate) fn reopen(self) -> (TempDir, Result<Writer, StoreError>) {
        let World { dir, writer } = self;
        drop(writer);
        let place = place(dir.path());
        (dir, Writer::open(place))
    }

    /// Bob begins a thread under this id; its row.
    pub(crate) fn bob_begins(&mut self, msgid: u64, subject: &str) -> i64 {
        let conn = self.writer.connection();
        let thread = threads::create(conn, MsgId(msgid), subject, true).unwrap();
        let to = Cc { who: "Alice in W".to_owned(), who_uid: ALICE.to_owned(), ..Cc::default() };
        threads::set_recipients(conn, thread, &[to]).unwrap();
        self.bob_writes(thread, msgid, subject, &format!("text {msgid}"));
        thread
    }

    /// Bob writes in a thread, unread; the message's row.
    pub(crate) fn bob_writes(&mut self, thread: i64, msgid: u64, subject: &str, text: &str) -> i64 {
        let conn = self.writer.connection();
        let message = NewMessage {
            thread,
            msgid: Some(MsgId(msgid)),
            send_id: SendId::new(msgid & 0xffff | 1),
            own: false,
            from_uid: BOB,
            from_alias: "Bob Builder",
            subject,
            text,
            posted: Some(Wall(msgid as i64)),
            written: None,
            content: &[1; 32],
            header_head: Some(b"{}"),
            data_head: Some(b"{}"),
            unread: true,
        };
        let id = inbox::insert(conn, &message).unwrap();
        names::name_message(conn, id, MsgId(msgid), message.posted, &[2; 32]).unwrap();
        let place = tmtp_store::values::id_in(MsgId(msgid));
        threads::shown(conn, thread, place, true).unwrap();
        id
    }

    /// Alice writes in a thread, or begins one; it is not sent yet. The rows of thread and message.
    pub(crate) fn alice_writes(&mut self, thread: Option<i64>, send_id: u64, text: &str) -> (i64, i64) {
        let conn = self.writer.connection();
        let send_id = SendId::new(send_id).unwrap();
        let thread = thread.unwrap_or_else(|| threads::begin_own(conn, send_id, "Alice's").unwrap());
        let message = NewMessage {
            thread,
            msgid: None,
            send_id: Some(send_id),
            own: true,
            from_uid: ALICE,
            from_alias: "Alice in W",
            subject: "",
            text,
            posted: None,
            written: Some(Wall(5)),
            content: &[],
            header_head: None,
            data_head: None,
            unread: false,
        };
        let id = inbox::insert(conn, &message).unwrap();
        threads::shown(conn, thread, tmtp_store::write::PLACE_UNSENT, false).unwrap();
        (thread, id)
    }

    /// A small attachment and a part of a file.
    pub(crate) fn attach(&mut self, message: i64, file: &str) {
        let list = [
            Attached {
                name: "u:note.txt".to_owned(),
                size: 5,
                place: Bytes::Here(b"words".to_vec()),
                ..Attached::default()
            },
            Attached {
                name: "r:note.txt".to_owned(),
                size: 7,
                ffn: "survey".to_owned(),
                damaged: true,
                place: Bytes::File { file: file.to_owned(), start: 3 },
                ..Attached::default()
            },
        ];
        inbox::attach(self.writer.connection(), message, &list).unwrap();
    }
}
