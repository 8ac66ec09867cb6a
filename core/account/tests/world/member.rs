//! One member of the world: a store on a simulated disk, a key store in memory, perhaps an open account. A
//! kill loses what was not synced.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::keys::Keys;
use rusqlite::{Connection, OpenFlags};
use tmtp_account::{Account, Env, Event, Now, Random, Refused, Reply, Settings, Ticket};
use tmtp_disk::{Disk, VFS_NAME};
use tmtp_site::LinkId;
use tmtp_store::files::Staged;
use tmtp_store::fs::read_full;
use tmtp_store::values::id_out;
use tmtp_store::{InstallId, KeyAnswer, KeyStore, NewAccount, Place, StoreError, Writer};
use tmtp_wire::ids::{MessageRef, ThreadRef, Uid};
use tmtp_wire::request::Request;

pub struct Member {
    pub disk: Disk,
    pub keys: Arc<Keys>,
    pub account: Option<Account>,
    pub link: Option<LinkId>,
    pub events: Vec<Event>,
    pub replies: Vec<(Ticket, Result<Reply, Refused>)>,
    /// Takes nothing from the site.
    pub deaf: bool,
    /// What the site gives to it is lost on the way.
    pub unheard: bool,
    /// Gives nothing to the site.
    pub mute: bool,
    /// Finds no way to the site.
    pub unreachable: bool,
    /// What it gives to the site is lost on the way.
    pub lossy: bool,
    /// The site ends the link with an error when it meets these bytes.
    pub disliked: Option<Vec<u8>>,
    /// Everything that it has given to the site.
    pub given: Vec<u8>,
    /// It takes them all the same.
    pub disliked_late: bool,
    /// Gives only so many bytes more to the site.
    pub quota: Option<usize>,
    /// Takes only so many bytes more from the site.
    pub appetite: Option<usize>,
    /// Dials that it has begun.
    pub dials: u64,
    pub settings: Settings,
    starts: u64,
    /// Changes of the disk while the store was made.
    pub made: u64,
    staged: u64,
    number: usize,
}

struct Sequence(u64);

impl Random for Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Member {
    pub fn new(number: usize, now: Now) -> Member {
        Member::with(number, now, None, Arc::new(Keys::default()))
    }

    pub fn with(number: usize, now: Now, uid: Option<Uid>, keys: Arc<Keys>) -> Member {
        let disk = Disk::new(number as u64);
        let settings = Settings { backoff_max: Duration::from_secs(2), ..Settings::default() };
        let mut member = Member {
            disk,
            keys,
            account: None,
            link: None,
            events: Vec::new(),
            replies: Vec::new(),
            deaf: false,
            unheard: false,
            mute: false,
            unreachable: false,
            lossy: false,
            disliked: None,
            given: Vec::new(),
            disliked_late: false,
            quota: None,
            appetite: None,
            dials: 0,
            settings,
            starts: 0,
            made: 0,
            staged: 0,
            number,
        };
        let new = NewAccount {
            site: "=site:1".parse().unwrap(),
            key_name: format!("key{number}"),
            uid,
            created: now.wall,
        };
        let writer = Writer::create(member.place(), &new).unwrap();
        member.open_with(writer, now);
        member.made = member.disk.writes();
        member
    }

    pub fn dir(&self) -> PathBuf {
        self.disk.root().join("account")
    }

    pub fn place(&self) -> Place {
        Place {
            dir: self.dir(),
            install: InstallId([7; 16]),
            fs: self.disk.fs(),
            vfs: Some(VFS_NAME.to_owned()),
        }
    }

    /// Opens the account, unless the disk fails.
    pub fn try_open(&mut self, now: Now) -> bool {
        let Ok(writer) = Writer::open(self.place()) else { return false };
        self.open_with(writer, now);
        true
    }

    /// The bytes of all files of the store.
    pub fn bytes(&self) -> Vec<u8> {
        let fs = self.disk.fs();
        let mut all = Vec::new();
        for name in fs.list(&self.dir()).unwrap() {
            let path = self.dir().join(name);
            let mut bytes = vec![0; usize::try_from(fs.size(&path).unwrap()).unwrap()];
            read_full(&*fs.open(&path).unwrap(), 0, &mut bytes).unwrap();
            all.extend(bytes);
        }
        all
    }

    /// Bytes of a file beside the database.
    pub fn file_size(&self, file: &str) -> Option<u64> {
        self.disk.fs().size(&self.dir().join("files").join(file)).ok()
    }

    /// Pages in the database's log. It only grows, until a few thousand have gathered.
    pub fn log_pages(&self) -> u64 {
        // A head of 32 bytes; each page of 4 KiB has a head of 24.
        (self.disk.fs().size(&self.dir().join("mail.db-wal")).unwrap() - 32) / (4096 + 24)
    }

    /// How many files stand beside the database.
    pub fn files(&self) -> usize {
        self.disk.fs().list(&self.dir().join("files")).unwrap().len()
    }

    pub fn open(&mut self, now: Now) {
        let writer = Writer::open(self.place()).unwrap();
        self.open_with(writer, now);
    }

    fn open_with(&mut self, writer: Writer, now: Now) {
        self.starts += 1;
        let keys: Arc<dyn KeyStore> = self.keys.clone();
        let random = Box::new(Sequence((self.number as u64 + 1) << 32 | self.starts << 16));
        let env = Env { keys, random, settings: self.settings.clone() };
        self.account = Some(Account::open(writer, env, now).unwrap());
    }

    pub fn key_name(&self) -> String {
        format!("key{}", self.number)
    }

    pub fn secret(&self) -> String {
        match self.keys.get(&self.key_name()).unwrap() {
            KeyAnswer::Value(secret) => secret.expose().to_owned(),
            _ => panic!("no secret"),
        }
    }

    pub fn stage(&mut self, bytes: &[u8]) -> Staged {
        self.try_stage(bytes).unwrap()
    }

    pub fn try_stage(&mut self, bytes: &[u8]) -> Result<Staged, StoreError> {
        self.staged += 1;
        let name = format!("{:032x}", self.staged);
        let fs = self.disk.fs();
        let path: PathBuf = self.disk.root().join(format!("source{}", self.staged));
        fs.create(&path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|error| StoreError::io("a test", error))?;
        let staged = self.account.as_ref().unwrap().files().stage(&path, &name);
        fs.remove(&path).map_err(|error| StoreError::io("a test", error))?;
        staged
    }

    /// A read-only look into the store.
    pub fn look<T: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<T> {
        let path = self.dir().join("mail.db");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let conn = Connection::open_with_flags_and_vfs(path, flags, VFS_NAME).unwrap();
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Whether it has confirmed a message to the site.
    pub fn has_confirmed(&self, id: &str) -> bool {
        let confirmation = Request::Confirm { id: id.to_owned() }.encode("").unwrap();
        self.given.windows(confirmation.len()).any(|window| window == confirmation)
    }

    /// Changes the store of a process that does not run.
    pub fn change(&self, sql: &str) {
        let mut writer = Writer::open(self.place()).unwrap();
        writer.connection().execute(sql, []).unwrap();
        writer.close().unwrap();
    }

    /// The only thread.
    pub fn thread(&self) -> ThreadRef {
        MessageRef::Site(id_out(self.number("SELECT msgid FROM thread")))
    }

    pub fn number(&self, sql: &str) -> i64 {
        self.look::<i64>(sql)[0]
    }

    /// The texts of all shown messages, in the order of their places.
    pub fn texts(&self) -> Vec<String> {
        self.look("SELECT text FROM message WHERE deleted = 0 ORDER BY place, id")
    }

    pub fn pings(&self) -> Vec<String> {
        self.look("SELECT text FROM ping ORDER BY id")
    }

    pub fn outbox(&self) -> Vec<String> {
        self.look("SELECT state FROM outbox ORDER BY id")
    }

    pub fn counter(&self, name: &str) -> i64 {
        self.look::<i64>(&format!("SELECT value FROM counter WHERE name = '{name}'"))
            .first()
            .copied()
            .unwrap_or(0)
    }
}
