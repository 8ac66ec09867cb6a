//! One link's task: socket to TLS to site and back, as much as each of them takes. It reads only while the
//! site reads (wire 12.6), and takes from the site only what it can hand on.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use tmtp_wire::time::Mono;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep_until, timeout};

use super::shared::Shared;
use super::tls::{Fed, Tls};
use crate::limits::{LINGER, SOCKET_READ, SOCKET_WRITE};
use crate::logic::{LinkEnd, LinkId};

/// What the site wants of the link at the moment.
struct Turn {
    output: Vec<u8>,
    reads: bool,
    over: bool,
    bare: bool,
    deadline: Option<Mono>,
}

/// A socket with its TLS.
pub(super) struct Connection {
    socket: TcpStream,
    tls: Tls,
    shared: Arc<Shared>,
    link: LinkId,
    wake: Arc<Notify>,
    /// Ciphertext for the socket, from `sent` on.
    out: Vec<u8>,
    sent: usize,
    buffer: Vec<u8>,
    plain: Vec<u8>,
    /// The client's side has ended.
    ended: bool,
}

impl Connection {
    /// Opens the link at the site: its time limit for the login runs from here, handshake included.
    pub(super) fn new(socket: TcpStream, tls: Tls, shared: Arc<Shared>) -> Connection {
        let (link, wake) = shared.open();
        Connection {
            socket,
            tls,
            shared,
            link,
            wake,
            out: Vec::new(),
            sent: 0,
            buffer: vec![0; SOCKET_READ],
            plain: Vec::new(),
            ended: false,
        }
    }

    /// Runs the link to its end.
    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let bare = tokio::select! {
            () = shared.stopped() => true,
            outcome = self.exchange() => match outcome {
                Ok(bare) => bare,
                Err(_) => {
                    self.end(LinkEnd::Reset);
                    true
                }
            },
        };
        self.shared.closed(self.link);
        self.outlive_stalls().await;
        if !bare {
            self.say_goodbye().await;
        }
    }

    /// A link that went away while the site was not reading it ends when that is over (wire 12.4).
    async fn outlive_stalls(&self) {
        let link = self.link;
        while let Some(at) = self.shared.with(|site, _, _| site.next_timeout_of(link)) {
            sleep_until(self.shared.instant(at)).await;
            self.shared.with(|site, now, wall| site.timeout(now, wall));
        }
    }

    /// Until the site is done with the link: whether it ends bare. Errors are the socket's.
    async fn exchange(&mut self) -> io::Result<bool> {
        loop {
            let turn = self.pump()?;
            if turn.over && self.is_flushed() {
                return Ok(turn.bare);
            }
            self.wait(&turn).await?;
        }
    }

    /// Moves what can be moved towards the client.
    fn pump(&mut self) -> io::Result<Turn> {
        loop {
            self.tls.drain(&mut self.out)?;
            let flushed = self.flush()?;
            let max = if flushed && self.tls.is_up() { SOCKET_WRITE } else { 0 };
            let link = self.link;
            let turn = self.shared.with_link(link, |site, now, wall| Turn {
                output: site.take_output(now, wall, link, max),
                reads: site.takes_input(link),
                over: site.wants_close(link),
                bare: site.closes_bare(link),
                deadline: site.next_timeout_of(link),
            });
            if turn.output.is_empty() {
                return Ok(turn);
            }
            self.tls.push(&turn.output)?;
        }
    }

    fn is_flushed(&self) -> bool {
        self.sent >= self.out.len()
    }

    /// Hands ciphertext to the kernel until it takes no more; `true` if it took everything.
    fn flush(&mut self) -> io::Result<bool> {
        while let Some(rest @ [_, ..]) = self.out.get(self.sent..) {
            match self.socket.try_write(rest) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(true)
    }

    /// Waits for whatever comes next and takes it in.
    async fn wait(&mut self, turn: &Turn) -> io::Result<()> {
        let reads = (turn.reads || !self.tls.is_up()) && !self.ended && !turn.over;
        let due = turn.deadline.map(|at| self.shared.instant(at));
        tokio::select! {
            readable = self.socket.readable(), if reads => {
                readable?;
                self.read()
            }
            writable = self.socket.writable(), if !self.is_flushed() => writable,
            () = self.wake.notified() => Ok(()),
            () = async { sleep_until(due.unwrap_or_else(tokio::time::Instant::now)).await }, if due.is_some() => {
                self.shared.with_link(self.link, |site, now, wall| site.timeout(now, wall));
                Ok(())
            }
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let count = match self.socket.try_read(&mut self.buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        if count == 0 {
            let whole = self.tls.at_boundary();
            self.end(if whole { LinkEnd::Fin } else { LinkEnd::FinInsideRecord });
            return Ok(());
        }
        self.plain.clear();
        let fed = self.tls.feed(self.buffer.get(..count).unwrap_or_default(), &mut self.plain);
        if !self.plain.is_empty() {
            let (link, plain) = (self.link, &self.plain);
            self.shared.with_link(link, |site, now, wall| site.receive(now, wall, link, plain));
        }
        match fed {
            Fed::Open => {}
            Fed::Closed => self.end(LinkEnd::CloseNotify),
            // The alert that says so goes out with the rest.
            Fed::Broken => self.end(LinkEnd::Fin),
        }
        Ok(())
    }

    fn end(&mut self, end: LinkEnd) {
        self.ended = true;
        let link = self.link;
        self.shared.with_link(link, |site, now, wall| site.receive_end(now, wall, link, end));
    }

    /// close_notify, FIN, and a moment for what the client still sends.
    async fn say_goodbye(mut self) {
        let goodbye = async {
            self.tls.close();
            self.tls.drain(&mut self.out)?;
            self.socket.write_all(self.out.get(self.sent..).unwrap_or_default()).await?;
            self.socket.shutdown().await?;
            loop {
                self.socket.readable().await?;
                match self.socket.try_read(&mut self.buffer) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        };
        // However this ends, the link is over.
        let _: Result<io::Result<()>, _> = timeout(LINGER, goodbye).await;
    }
}
