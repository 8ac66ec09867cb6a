//! Several processes on one home: one of them holds it, the others ask that one.
//!
//! Whoever needs the accounts' writer takes the home's seat: a file lock that dies with its process. The holder
//! listens on a local socket in the home and does what the others order; so a `send` beside a running `watch`
//! goes out over the link that is there, and no node ever has two links. A guest sends one order a line and gets
//! one result a line, after the order's commit. When the holder ends in the middle, a guest takes the seat and
//! does its order itself: orders can be repeated (see [`crate::orders`]). The home is its owner's alone, and so
//! is the socket.

use std::fs::{File, TryLockError};
use std::io;
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
/// What is being committed when the holder ends gets this long.
const FINISH: Duration = Duration::from_secs(3);
/// The longest path of a local socket is about 104 bytes; longer homes are reached by a short name.
const SOCKET_PATH_MAX: usize = 100;

/// A line to the holder. A process of another version says so instead of guessing.
#[derive(Serialize, Deserialize)]
struct Ask {
    version: String,
    order: Order,
}

/// A line back.
type Reply = Outcome<Done>;

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
            Ok(stream) => return Ok(Place::Guest(Guest::new(stream))),
            Err(_) if Instant::now() < give_up => sleep(GAP).await,
            Err(error) => {
                let sentence =
                    format!("another program holds {} and does not answer; end it", home.display());
                return Err(Failure::new("in_use", format!("{sentence} ({error})")));
            }
        }
    }
}

/// The holder, if there is one; does not become it.
pub(crate) async fn find_holder(home: &Path) -> Option<Guest> {
    connect(home).await.ok().map(Guest::new)
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
        let lock =
            File::options().create(true).truncate(false).write(true).open(home.join(LOCK)).map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        match std::fs::remove_file(home.join(SOCKET)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        let listener = by_short_path(home, |path| UnixListener::bind(path)).map_err(fail)?;
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
        let reply = match serde_json::from_slice::<Ask>(&line) {
            Ok(ask) if ask.version != env!("CARGO_PKG_VERSION") => Err(other_version(&ask.version)),
            Ok(ask) if ask.order.only_waits() => tokio::select! {
                reply = doer.perform(ask.order) => reply,
                // The guest is gone, or this process ends: nobody waits for it any more.
                () = is_over(&mut end) => return,
                () = lines.closed() => return,
            },
            Ok(ask) => doer.perform(ask.order).await,
            Err(_) => Err(other_version("unknown")),
        };
        if write_line(&mut write, &reply).await.is_err() {
            return;
        }
    }
}

fn other_version(version: &str) -> Failure {
    let own = env!("CARGO_PKG_VERSION");
    Failure::new(
        "other_version",
        format!("tmtp {own} is running on this home, this one is {version}; end that one first"),
    )
}

/// A process that asks the holder.
pub(crate) struct Guest {
    lines: Lines,
    write: OwnedWriteHalf,
}

impl Guest {
    fn new(stream: UnixStream) -> Self {
        let (read, write) = stream.into_split();
        Guest { lines: Lines::new(read), write }
    }

    /// Asks for one order; `None` when the holder has gone: it may or may not be done.
    pub(crate) async fn ask(&mut self, order: Order) -> Option<Reply> {
        let ask = Ask { version: env!("CARGO_PKG_VERSION").to_owned(), order };
        write_line(&mut self.write, &ask).await.ok()?;
        let line = self.lines.next().await.ok()??;
        serde_json::from_slice(&line).ok()
    }

    /// Returns when the holder has ended.
    pub(crate) async fn gone(&mut self) {
        self.lines.closed().await;
    }
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
    let stream = by_short_path(home, |path| std::os::unix::net::UnixStream::connect(path))?;
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Does something with the socket's path; a path that is too long for a socket goes by a link that exists only
/// for this moment.
fn by_short_path<T>(home: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = home.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return act(&path);
    }
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let link = std::env::temp_dir().join(format!("tmtp-{:016x}", u64::from_ne_bytes(random)));
    std::os::unix::fs::symlink(home, &link)?;
    let done = act(&link.join(SOCKET));
    std::fs::remove_file(&link)?;
    done
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

    #[tokio::test]
    async fn the_second_process_asks_the_first() {
        let home = home("second");
        let doer = Arc::new(Counting::default());
        let (end, over) = watch::channel(false);
        let serving = tokio::spawn(holder(&home).await.serve(Arc::clone(&doer), over));
        let mut guest = guest(&home).await;
        assert!(guest.ask(order()).await.unwrap().is_ok());
        assert!(guest.ask(order()).await.unwrap().is_ok());
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
        assert!(asking.await.unwrap().is_none());
        serving.await.unwrap();
        std::fs::remove_dir_all(home).unwrap();
    }

    #[tokio::test]
    async fn a_home_with_a_long_path_has_its_socket_inside() {
        let home = home("long").join("x".repeat(120));
        std::fs::create_dir_all(&home).unwrap();
        let (_end, over) = watch::channel(false);
        let serving = tokio::spawn(holder(&home).await.serve(Arc::new(Counting::default()), over));
        assert!(guest(&home).await.ask(order()).await.unwrap().is_ok());
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
        assert!(guest(&home).await.ask(order()).await.unwrap().is_ok());
        serving.abort();
        std::fs::remove_dir_all(home).unwrap();
    }
}
