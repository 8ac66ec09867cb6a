//! Several processes on one home: one of them holds it, the others ask that one.
//!
//! Whoever needs the accounts' writer takes the home's seat: a file lock that dies with its process. The holder
//! listens on a local socket in the home and does what the others order; so a `send` beside a running `watch`
//! goes out over the link that is there, and no node ever has two links. When the holder ends in the middle, a guest
//! takes the seat and does its order itself: orders can be repeated (see [`crate::orders`]). The home is its owner's
//! alone, and so is the socket.
//!
//! A holder may be stopped (Ctrl-Z), and a guest may be gone before it goes on. So nothing is done that its guest has
//! given up, and no guest waits for a holder that does not answer:
//!
//! | guest | holder |
//! |---|---|
//! | the order | |
//! | | *ready*, within some seconds; else the guest gives up, and nothing is done |
//! | *go* | |
//! | | *alive*, every second; else the guest says that it does not know how far it came |
//! | | what came of it, after its commit |

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::failure::{Failure, Outcome};
use crate::orders::{Done, Order};

/// The socket in the home.
const SOCKET: &str = "ctl.sock";
/// The lock beside it.
const LOCK: &str = "ctl.lock";
/// An order has at most this many bytes: a text of 1 MiB, escaped, and room.
const LINE_MAX: u64 = 16 << 20;
/// Orders that are done at the same time. Guests are processes that a person starts.
const GUESTS_MAX: usize = 64;
/// Between taking the lock and listening, and between closing and unlocking, a holder can be neither asked nor
/// replaced; both take milliseconds.
const GAP: Duration = Duration::from_millis(20);
/// A seat that is neither free nor answering for this long is somebody else's.
const GAP_MAX: Duration = Duration::from_secs(10);
/// A holder that runs takes an order within milliseconds; one that does not within this time is stopped, or ill.
const TAKE_MAX: Duration = Duration::from_secs(5);
/// Between two signs of life of a holder that is doing an order.
const BEAT: Duration = Duration::from_secs(1);
/// A holder whose signs of life do not come for so long does not answer any more. Longer than it takes to say *ready*:
/// who gives up here does not know what was done.
const SILENT_MAX: Duration = Duration::from_secs(10);
/// What is being committed when the holder ends gets this long.
const FINISH: Duration = Duration::from_secs(3);
/// The longest path of a local socket is about 104 bytes; longer homes are reached by a short name.
const SOCKET_PATH_MAX: usize = 100;

/// The version of these lines and of what is in them. A process of another version says so instead of guessing.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (2)");
/// What a guest says when the holder is ready: do it.
const GO: &[u8] = b"go";

/// A line to the holder.
#[derive(Serialize, Deserialize)]
struct Ask {
    version: String,
    order: Order,
}

/// A line back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// The order was read, and waits for *go*.
    Ready,
    /// It is being done.
    Alive,
    /// What came of it.
    Done(Reply),
}

/// What comes of an order. Alone on its line it is what every version understands.
type Reply = Outcome<Done>;

/// What became of asking.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The holder has answered.
    Answered(Reply),
    /// The holder has ended: it may or may not be done.
    Gone,
    /// The holder is there and does not answer.
    Silent(Failure),
}

/// What a process is on its home.
pub(crate) enum Place {
    /// It does everything itself, and serves the others.
    Holder(Seat),
    /// It asks the holder.
    Guest(Guest),
}

/// Finds the holder, or becomes it.
pub(crate) async fn find_place(home: &Path) -> Outcome<Place> {
    let give_up = Instant::now() + GAP_MAX;
    loop {
        if let Some(seat) = Seat::take(home)? {
            return Ok(Place::Holder(seat));
        }
        match connect(home).await {
            Ok(stream) => return Ok(Place::Guest(Guest::new(stream, home))),
            Err(_) if Instant::now() < give_up => sleep(GAP).await,
            Err(_) => return Err(silent(holder_of(home), NOTHING_DONE)),
        }
    }
}

/// The holder, if there is one; does not become it.
pub(crate) async fn find_holder(home: &Path) -> Option<Guest> {
    connect(home).await.ok().map(|stream| Guest::new(stream, home))
}

/// The seat of a home: while this lives, no other process takes it.
pub(crate) struct Seat {
    listener: UnixListener,
    home: PathBuf,
    taken: Taken,
}

/// A seat that is not served any more, but not free yet.
pub(crate) struct Taken {
    _lock: File,
}

impl Seat {
    fn take(home: &Path) -> Outcome<Option<Seat>> {
        let fail = |error: io::Error| Failure::io("the home folder cannot be used", &error);
        let mut lock =
            File::options().create(true).truncate(false).write(true).open(home.join(LOCK)).map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // For those who find nobody listening. On a full disk they do not get to know who it is.
        let _ = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        match std::fs::remove_file(home.join(SOCKET)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        let listener = ShortPath::of(home).and_then(|path| UnixListener::bind(&path.path)).map_err(fail)?;
        Ok(Some(Seat { listener, home: home.to_owned(), taken: Taken { _lock: lock } }))
    }

    /// Serves guests until `end` changes; then lets what is being committed finish, breaks off what only waits,
    /// and returns the seat, which is free when that is dropped.
    pub(crate) async fn serve<D>(self, doer: Arc<D>, end: watch::Receiver<bool>) -> Taken
    where
        D: Doer,
    {
        let mut guests = JoinSet::new();
        let mut over = end.clone();
        loop {
            tokio::select! {
                () = is_over(&mut over) => break,
                Some(_) = guests.join_next() => {}
                accepted = self.listener.accept(), if guests.len() < GUESTS_MAX => match accepted {
                    Ok((stream, _)) => {
                        guests.spawn(serve_guest(stream, Arc::clone(&doer), end.clone()));
                    }
                    Err(_) => sleep(GAP).await,
                },
            }
        }
        // From here on guests find no socket, and wait for the lock.
        let _ = std::fs::remove_file(self.home.join(SOCKET));
        let _ = timeout(FINISH, async { while guests.join_next().await.is_some() {} }).await;
        self.taken
    }
}

/// Returns when the holder is to end; also when whoever would say so is gone.
async fn is_over(end: &mut watch::Receiver<bool>) {
    let _ = end.wait_for(|over| *over).await;
}

/// Whoever can do orders.
pub(crate) trait Doer: Send + Sync + 'static {
    /// Does one, and returns when it is durable.
    fn perform(&self, order: Order) -> impl Future<Output = Reply> + Send;
}

async fn serve_guest<D: Doer>(stream: UnixStream, doer: Arc<D>, mut end: watch::Receiver<bool>) {
    let (read, mut write) = stream.into_split();
    let mut lines = Lines::new(read);
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            () = is_over(&mut end) => return,
        };
        let Ok(Some(line)) = line else { return };
        let order = match serde_json::from_slice::<Ask>(&line) {
            Ok(ask) if ask.version == VERSION => ask.order,
            other => {
                let version = other.map_or_else(|_| "unknown".to_owned(), |ask| ask.version);
                let reply: Reply = Err(other_version(&version));
                if write_line(&mut write, &reply).await.is_err() {
                    return;
                }
                continue;
            }
        };
        // Before *go* nothing is done: who was stopped until here finds its guest gone.
        if write_line(&mut write, &Word::Ready).await.is_err() {
            return;
        }
        let go = tokio::select! {
            go = lines.next() => go,
            () = is_over(&mut end) => return,
        };
        if !matches!(go, Ok(Some(go)) if go == GO) || lines.is_closed().await {
            return;
        }
        let breakable = order.may_be_given_up();
        let reply = tokio::select! {
            reply = doer.perform(order) => reply,
            // The guest is gone, or this process ends: nobody waits for it any more.
            () = is_over(&mut end), if breakable => return,
            () = lines.closed(), if breakable => return,
            () = beat(&mut write) => return,
        };
        if write_line(&mut write, &Word::Done(reply)).await.is_err() {
            return;
        }
    }
}

/// Says that the order is being done, as long as somebody listens. Never ends.
async fn beat(write: &mut OwnedWriteHalf) {
    loop {
        sleep(BEAT).await;
        if write_line(write, &Word::Alive).await.is_err() {
            // What has begun goes on without its guest.
            std::future::pending::<()>().await;
        }
    }
}

fn other_version(version: &str) -> Failure {
    let sentence =
        format!("tmtp {VERSION} is running on this home, this one is {version}; end that one first");
    Failure::new("other_version", sentence)
}

/// What is said of an order that was not taken.
const NOTHING_DONE: &str = "nothing was done";

/// What is said of a holder that does not answer.
fn silent(holder: Option<u32>, so_far: &str) -> Failure {
    let sentence = match holder {
        Some(pid) => {
            let does = if is_stopped(pid) { "is stopped" } else { "does not answer" };
            format!(
                "another tmtp (process {pid}) holds this home and {does}; let it go on (`fg` there, or `kill -CONT \
                 {pid}`) or end it (`kill -9 {pid}` loses nothing); {so_far}"
            )
        }
        None => format!("another program holds this home and does not answer; end it; {so_far}"),
    };
    Failure::new("not_answering", sentence)
}

/// Whether a process was stopped by its terminal, where the system tells.
fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name before it may hold anything, brackets too.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

/// Who has the seat, as that one has noted.
fn holder_of(home: &Path) -> Option<u32> {
    std::fs::read_to_string(home.join(LOCK)).ok()?.trim().parse().ok()
}

/// A process that asks the holder.
pub(crate) struct Guest {
    lines: Lines,
    write: OwnedWriteHalf,
    holder: Option<u32>,
}

impl Guest {
    fn new(stream: UnixStream, home: &Path) -> Self {
        let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
        let holder = pid.and_then(|pid| u32::try_from(pid).ok()).or_else(|| holder_of(home));
        let (read, write) = stream.into_split();
        Guest { lines: Lines::new(read), write, holder }
    }

    /// Asks for one order.
    pub(crate) async fn ask(&mut self, order: Order) -> Asked {
        let only_waits = order.only_waits();
        let ask = Ask { version: VERSION.to_owned(), order };
        let taking = async {
            write_line(&mut self.write, &ask).await.ok()?;
            let word = word_of(&mut self.lines).await?;
            self.write.write_all(&[GO, b"\n"].concat()).await.ok()?;
            Some(word)
        };
        match timeout(TAKE_MAX, taking).await {
            Err(_) => return Asked::Silent(silent(self.holder, NOTHING_DONE)),
            Ok(None) => return Asked::Gone,
            Ok(Some(Word::Done(reply))) => return Asked::Answered(reply),
            Ok(Some(Word::Ready | Word::Alive)) => {}
        }
        loop {
            match timeout(SILENT_MAX, word_of(&mut self.lines)).await {
                Ok(Some(Word::Done(reply))) => return Asked::Answered(reply),
                Ok(Some(Word::Ready | Word::Alive)) => {}
                Ok(None) => return Asked::Gone,
                Err(_) => {
                    let so_far = match only_waits {
                        true => "what was accepted is not lost",
                        false => "it may have done this already: look before you ask for it again",
                    };
                    let Failure { code, sentence, .. } = silent(self.holder, so_far);
                    return Asked::Silent(Failure::not_yet(&code, sentence));
                }
            }
        }
    }

    /// Returns when the holder has ended.
    pub(crate) async fn gone(&mut self) {
        self.lines.closed().await;
    }
}

/// The next line of the holder; `None` when it has gone, or speaks in tongues.
async fn word_of(lines: &mut Lines) -> Option<Word> {
    let line = lines.next().await.ok()??;
    let word = serde_json::from_slice(&line);
    word.or_else(|_| serde_json::from_slice(&line).map(Word::Done)).ok()
}

/// Lines of bounded length.
struct Lines {
    read: BufReader<OwnedReadHalf>,
}

impl Lines {
    fn new(read: OwnedReadHalf) -> Self {
        Lines { read: BufReader::new(read) }
    }

    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        (&mut self.read).take(LINE_MAX).read_until(b'\n', &mut line).await?;
        match line.pop() {
            Some(b'\n') => Ok(Some(line)),
            None => Ok(None),
            Some(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Whether the other side has gone already.
    async fn is_closed(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.closed() => true,
            () = std::future::ready(()) => false,
        }
    }

    /// Returns when the other side has gone, or says something more.
    async fn closed(&mut self) {
        let _ = self.read.fill_buf().await;
    }
}

async fn write_line<T: Serialize>(write: &mut OwnedWriteHalf, value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    write.write_all(&line).await
}

async fn connect(home: &Path) -> io::Result<UnixStream> {
    // It does not wait: a holder that is stopped takes only so many.
    let path = ShortPath::of(home)?;
    UnixStream::connect(&path.path).await
}

/// The socket's path. One that is too long for a socket goes by a link that exists only as long as this.
struct ShortPath {
    path: PathBuf,
    link: Option<PathBuf>,
}

impl ShortPath {
    fn of(home: &Path) -> io::Result<ShortPath> {
        let path = home.join(SOCKET);
        if path.as_os_str().len() <= SOCKET_PATH_MAX {
            return Ok(ShortPath { path, link: None });
        }
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let link = std::env::temp_dir().join(format!("tmtp-{:016x}", u64::from_ne_bytes(random)));
        std::os::unix::fs::symlink(home, &link)?;
        Ok(ShortPath { path: link.join(SOCKET), link: Some(link) })
    }
}

impl Drop for ShortPath {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            // A link that stays leads nowhere that its owner could not go without it.
            let _ = std::fs::remove_file(link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    /// Counts what it is asked; waits for ever when it is asked to wait.
    #[derive(Default)]
    struct Counting {
        done: AtomicU32,
        waiting: Notify,
    }

    impl Doer for Counting {
        async fn perform(&self, order: Order) -> Reply {
            if order.only_waits() {
                self.waiting.notify_one();
                std::future::pending::<()>().await;
            }
            self.done.fetch_add(1, Ordering::SeqCst);
            Ok(Done::Nothing)
        }
    }

    fn home(name: &str) -> PathBuf {
        let home = std::env::temp_dir().join(format!("tmtp-handoff-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        home
    }

    fn order() -> Order {
        Order::MarkRead { account: "a".into(), message: "m".into() }
    }

    async fn holder(home: &Path) -> Seat {
        match find_place(home).await.unwrap() {
            Place::Holder(seat) => seat,
            Place::Guest(_) => panic!("the seat was free"),
        }
    }

    async fn guest(home: &Path) -> Guest {
        match find_place(home).await.unwrap() {
            Place::Guest(guest) => guest,
            Place::Holder(_) => panic!("the seat was taken"),
        }
    }

    fn is_done(asked: Asked) -> bool {
        matches!(asked, Asked::Answered(Ok(_)))
    }

    #[tokio::test]
    async fn the_second_process_asks_the_first() {
        let home = home("second");
        let doer = Arc::new(Counting::default());
        let (end, over) = watch::channel(false);
        let serving = tokio::spawn(holder(&home).await.serve(Arc::clone(&doer), over));
        let mut guest = guest(&home).await;
        assert!(is_done(guest.ask(order()).await));
        assert!(is_done(guest.ask(order()).await));
        assert_eq!(doer.done.load(Ordering::SeqCst), 2);
        end.send(true).unwrap();
        serving.await.unwrap();
        holder(&home).await;
        std::fs::remove_dir_all(home).unwrap();
    }

    #[tokio::test]
    async fn a_guest_that_waits_is_released_when_the_holder_ends() {
        let home = home("released");
        let doer = Arc::new(Counting::default());
        let (end, over) = watch::channel(false);
        let serving = tokio::spawn(holder(&home).await.serve(Arc::clone(&doer), over));
        let mut guest = guest(&home).await;
        let waits = Order::Await { account: "a".into(), send_id: "s".into(), wait: GAP_MAX };
        let asking = tokio::spawn(async move { guest.ask(waits).await });
        doer.waiting.notified().await;
        end.send(true).unwrap();
        assert!(matches!(asking.await.unwrap(), Asked::Gone));
        serving.await.unwrap();
        std::fs::remove_dir_all(home).unwrap();
    }

    #[tokio::test]
    async fn what_its_guest_has_given_up_is_not_done() {
        let home = home("given-up");
        let doer = Arc::new(Counting::default());
        let (_end, over) = watch::channel(false);
        // It takes the seat, and does not run yet.
        let seat = holder(&home).await;
        let ask = Ask { version: VERSION.to_owned(), order: order() };
        // Gone before it could be heard, and gone right behind its word.
        let mut before = guest(&home).await;
        write_line(&mut before.write, &ask).await.unwrap();
        drop(before);
        let mut behind = guest(&home).await;
        write_line(&mut behind.write, &ask).await.unwrap();
        behind.write.write_all(b"go\n").await.unwrap();
        drop(behind);
        let serving = tokio::spawn(seat.serve(Arc::clone(&doer), over));
        // Those were first in the queue; when this one is done, they were looked at.
        assert!(is_done(guest(&home).await.ask(order()).await));
        assert_eq!(doer.done.load(Ordering::SeqCst), 1);
        serving.abort();
        std::fs::remove_dir_all(home).unwrap();
    }

    #[tokio::test]
    async fn a_home_with_a_long_path_has_its_socket_inside() {
        let home = home("long").join("x".repeat(120));
        std::fs::create_dir_all(&home).unwrap();
        let (_end, over) = watch::channel(false);
        let serving = tokio::spawn(holder(&home).await.serve(Arc::new(Counting::default()), over));
        assert!(is_done(guest(&home).await.ask(order()).await));
        assert!(home.join(SOCKET).exists());
        serving.abort();
        std::fs::remove_dir_all(home.parent().unwrap()).unwrap();
    }

    #[tokio::test]
    async fn garbage_from_a_guest_is_answered_and_ends_nothing() {
        let home = home("garbage");
        let (_end, over) = watch::channel(false);
        let serving = tokio::spawn(holder(&home).await.serve(Arc::new(Counting::default()), over));
        let mut odd = guest(&home).await;
        odd.write.write_all(b"what?\n").await.unwrap();
        assert!(odd.lines.next().await.unwrap().is_some());
        assert!(is_done(guest(&home).await.ask(order()).await));
        serving.abort();
        std::fs::remove_dir_all(home).unwrap();
    }
}
