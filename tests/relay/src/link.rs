//! One link: two sockets, two directions, each a reader and a writer with a queue between them that plays the part
//! of the path.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::control::{Direction, Fate, LinkControl, Shared};
use crate::limits::{CUT, IN_FLIGHT, PIECE};
use crate::pace::Pace;
use crate::records::Records;

/// Sockets of a link that has ended in silence. Held, because closing them would tell the ends.
pub(crate) type Silent =
    (Option<OwnedReadHalf>, Option<OwnedWriteHalf>, Option<OwnedReadHalf>, Option<OwnedWriteHalf>);

struct Piece {
    came: Instant,
    bytes: Vec<u8>,
}

/// Runs a link to its end. What comes back must be held as long as both ends shall see silence.
pub(crate) async fn run(client: TcpStream, target: SocketAddr, shared: Arc<Shared>) -> Silent {
    let accepted = Instant::now();
    let link = shared.add();
    let _ = client.set_nodelay(true);
    let ends = match TcpStream::connect(target).await {
        Ok(site) => {
            let _ = site.set_nodelay(true);
            let parts = Parts { shared: Arc::clone(&shared), link: Arc::clone(&link) };
            parts.run(client, site, accepted).await
        }
        // The client sees its connection end, as through any middle box.
        Err(_) => (None, None, None, None),
    };
    shared.remove(&link);
    ends
}

struct Parts {
    shared: Arc<Shared>,
    link: Arc<LinkControl>,
}

impl Parts {
    async fn run(&self, client: TcpStream, site: TcpStream, accepted: Instant) -> Silent {
        let (from_client, to_client) = client.into_split();
        let (from_site, to_site) = site.into_split();
        let (up, up_queue) = mpsc::channel(IN_FLIGHT);
        let (down, down_queue) = mpsc::channel(IN_FLIGHT);
        // Making the connection takes a round trip, which loopback does not: what the client says first comes later
        // by that much.
        let first = accepted + 2 * self.shared.settings.borrow().latency;
        tokio::join!(
            self.read_client(from_client, up, first),
            self.write_client(to_client, down_queue),
            self.read_site(from_site, down),
            self.write_site(to_site, up_queue),
        )
    }

    async fn read_client(
        &self,
        mut from: OwnedReadHalf,
        to: mpsc::Sender<Piece>,
        first: Instant,
    ) -> Option<OwnedReadHalf> {
        let (mut fate, mut records, mut chunk) =
            (self.link.fate.subscribe(), Records::default(), vec![0; PIECE]);
        loop {
            let read = tokio::select! {
                biased;
                fate = ended(&mut fate) => return (fate == Fate::Dead).then_some(from),
                read = from.read(&mut chunk) => read,
            };
            let length = match read {
                Ok(0) => {
                    self.shared.count(|counters| counters.torn += u64::from(records.is_inside()));
                    return None;
                }
                Ok(length) => length,
                Err(_) => {
                    self.shared.count(|counters| counters.reset_inside += u64::from(records.is_inside()));
                    return None;
                }
            };
            self.shared.heard(&self.link, Direction::Up, length);
            records.push(chunk.get(..length).unwrap_or_default());
            while let Some(bytes) = records.next() {
                let piece = Piece { came: Instant::now().max(first), bytes };
                tokio::select! {
                    biased;
                    fate = ended(&mut fate) => return (fate == Fate::Dead).then_some(from),
                    sent = to.send(piece) => if sent.is_err() { return self.if_dead(from).ok() },
                }
            }
        }
    }

    async fn read_site(&self, mut from: OwnedReadHalf, to: mpsc::Sender<Piece>) -> Option<OwnedReadHalf> {
        let (mut fate, mut chunk) = (self.link.fate.subscribe(), vec![0; PIECE]);
        let fate = loop {
            let read = tokio::select! {
                biased;
                fate = ended(&mut fate) => break fate,
                read = from.read(&mut chunk) => read,
            };
            let length = match read {
                Ok(0) | Err(_) => return None,
                Ok(length) => length,
            };
            self.shared.heard(&self.link, Direction::Down, length);
            let piece =
                Piece { came: Instant::now(), bytes: chunk.get(..length).unwrap_or_default().to_vec() };
            tokio::select! {
                biased;
                fate = ended(&mut fate) => break fate,
                sent = to.send(piece) => if sent.is_err() { return self.if_dead(from).ok() },
            }
        };
        if fate == Fate::Dead {
            return Some(from);
        }
        // After the FIN of `write_site`: unread input would turn the end into a reset.
        let drain = async { while from.read(&mut chunk).await.is_ok_and(|length| length > 0) {} };
        match timeout(CUT, drain).await {
            Ok(()) => None,
            Err(_) => Some(from),
        }
    }

    async fn write_client(
        &self,
        mut to: OwnedWriteHalf,
        mut queue: mpsc::Receiver<Piece>,
    ) -> Option<OwnedWriteHalf> {
        let (mut fate, mut pace) = (self.link.fate.subscribe(), self.pace());
        loop {
            let work = async {
                let Some(piece) = queue.recv().await else { return false };
                pace.wait(piece.came, piece.bytes.len()).await;
                let (allowed, cut) = self.shared.allowed(&self.link, Direction::Down, piece.bytes.len());
                let written = to.write_all(piece.bytes.get(..allowed).unwrap_or_default()).await;
                if cut {
                    self.shared.end(&self.link, Fate::Cut);
                }
                written.is_ok()
            };
            tokio::select! {
                biased;
                fate = ended(&mut fate) => return (fate == Fate::Dead).then_some(to),
                goes_on = work => if !goes_on { break },
            }
        }
        self.say_end(to).await
    }

    /// Unlike the others it never stops inside a piece: what it has begun, the site gets whole.
    async fn write_site(
        &self,
        mut to: OwnedWriteHalf,
        mut queue: mpsc::Receiver<Piece>,
    ) -> Option<OwnedWriteHalf> {
        let (mut fate, mut pace) = (self.link.fate.subscribe(), self.pace());
        loop {
            let due = async {
                let piece = queue.recv().await?;
                pace.wait(piece.came, piece.bytes.len()).await;
                Some(piece)
            };
            let piece = tokio::select! {
                biased;
                fate = ended(&mut fate) => if fate == Fate::Dead { return Some(to) } else { break },
                piece = due => piece,
            };
            let Some(piece) = piece else { break };
            let (allowed, cut) = self.shared.allowed(&self.link, Direction::Up, piece.bytes.len());
            if cut {
                self.shared.end(&self.link, Fate::Cut);
            }
            if allowed < piece.bytes.len() {
                break;
            }
            match write_whole(&mut to, &piece.bytes, &mut fate).await {
                Ok(true) => {}
                Ok(false) => return Some(to),
                Err(_) => return None,
            }
        }
        self.say_end(to).await
    }

    /// Ends a direction in order, but for a link that is dead: its end is told to nobody.
    async fn say_end(&self, to: OwnedWriteHalf) -> Option<OwnedWriteHalf> {
        let mut to = match self.if_dead(to) {
            Ok(to) => return Some(to),
            Err(to) => to,
        };
        let _ = to.shutdown().await;
        None
    }

    /// Keeps a half of a link that is dead. The parts of a link learn of its end one after the other: the first that
    /// goes takes a queue from under another, which must not take that for an end in order.
    fn if_dead<T>(&self, half: T) -> Result<T, T> {
        if *self.link.fate.borrow() == Fate::Dead { Ok(half) } else { Err(half) }
    }

    fn pace(&self) -> Pace {
        Pace::new(self.shared.settings.subscribe())
    }
}

/// False if the link has ended meanwhile and the site does not take the rest: then nothing but silence is left.
async fn write_whole(
    to: &mut OwnedWriteHalf,
    bytes: &[u8],
    fate: &mut watch::Receiver<Fate>,
) -> io::Result<bool> {
    let patience = async {
        ended(fate).await;
        tokio::time::sleep(CUT).await;
    };
    tokio::select! {
        biased;
        written = to.write_all(bytes) => written.map(|()| true),
        () = patience => Ok(false),
    }
}

/// Waits for the end of the link.
async fn ended(fate: &mut watch::Receiver<Fate>) -> Fate {
    match fate.wait_for(|fate| *fate != Fate::Runs).await {
        Ok(fate) => *fate,
        Err(_) => Fate::Cut,
    }
}
