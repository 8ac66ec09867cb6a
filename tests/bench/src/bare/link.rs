//! A link without a protocol machine: frames out, frames in.

use std::sync::Arc;
use std::time::Duration;

use tmtp_link::limits::RECORD_PLAINTEXT_MAX;
use tmtp_link::{Dialer, MemoryTrustStore, Proxy, Stream};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::message::{self, Message, Queued};
use tmtp_wire::request::{Request, Token};

use crate::error::{BenchError, Outcome};
use crate::order::Key;

/// A dialer that forgets everything with its process.
pub(crate) fn dialer() -> Arc<Dialer> {
    Arc::new(Dialer::new(Arc::new(MemoryTrustStore::new()), Proxy::None))
}

/// A link that is logged in.
pub(crate) struct Bare {
    stream: Stream,
    reader: FrameReader,
    plaintext: Vec<u8>,
    /// The tag of its login.
    pub(crate) tag: u64,
}

impl Bare {
    /// Dials and logs in. `behind` leaves in the same flight.
    pub(crate) async fn login(
        dialer: &Dialer,
        site: &SiteAddress,
        key: &Key,
        behind: &[u8],
    ) -> Outcome<Bare> {
        let tag = Token::from_random(fresh());
        let login = Request::Login { uid: key.uid()?, secret: key.secret()?, tag };
        Bare::open(dialer, site, &login, tag.value(), behind).await
    }

    async fn open(
        dialer: &Dialer,
        site: &SiteAddress,
        first: &Request,
        tag: u64,
        behind: &[u8],
    ) -> Outcome<Bare> {
        let stream = dialer.dial(site, Duration::from_secs(30)).await?;
        let mut link = Bare { stream, reader: FrameReader::new(), plaintext: Vec::new(), tag };
        let opening = [Request::TmtpRev.encode("")?, first.encode("")?, behind.to_vec()].concat();
        link.write(&opening).await?;
        Ok(link)
    }

    /// Writes, in as few records as possible. Reads meanwhile, for the site may wait for that.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Outcome<()> {
        for record in bytes.chunks(RECORD_PLAINTEXT_MAX) {
            self.stream.push(record)?;
            while !self.stream.try_flush()? {
                tokio::select! {
                    () = self.stream.writable() => {}
                    () = self.stream.readable() => self.read()?,
                }
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Outcome<()> {
        self.plaintext.clear();
        self.stream.try_read(&mut self.plaintext)?;
        self.reader.push(&self.plaintext);
        Ok(())
    }

    /// The next piece of a frame.
    pub(crate) async fn piece(&mut self) -> Outcome<Piece> {
        loop {
            if let Some(piece) = self.reader.next()? {
                return Ok(piece);
            }
            // Reading counts tokio's budget of this task, waiting for readability does not: without this, a loop that
            // never has to wait would some time wait for ever.
            tokio::task::coop::consume_budget().await;
            self.stream.readable().await;
            self.read()?;
        }
    }

    /// The next message; its data passes by.
    pub(crate) async fn message(&mut self) -> Outcome<Message> {
        let (message, _) = self.header().await?;
        self.skip().await?;
        Ok(message)
    }

    /// Lets the data of a frame pass by.
    pub(crate) async fn skip(&mut self) -> Outcome<()> {
        while !matches!(self.piece().await?, Piece::End) {}
        Ok(())
    }

    /// The header of the next frame, and the length of its second header.
    pub(crate) async fn header(&mut self) -> Outcome<(Message, u64)> {
        match self.piece().await? {
            Piece::Header { raw, datahead, .. } => match message::parse(raw)? {
                Message::Quit { error } => Err(BenchError::Refused(error)),
                message => Ok((message, datahead)),
            },
            _ => Err(BenchError::Expected("a header")),
        }
    }

    /// Confirms a message.
    pub(crate) async fn confirm(&mut self, queued: &Queued) -> Outcome<()> {
        self.write(&Request::Confirm { id: queued.id.to_string() }.encode("")?).await
    }

    /// Logs out and closes.
    pub(crate) async fn quit(mut self) -> Outcome<()> {
        self.write(&Request::Quit.encode("")?).await?;
        loop {
            match self.message().await {
                Ok(_) => {}
                Err(BenchError::Refused(_)) => break,
                Err(error) => return Err(error),
            }
        }
        self.stream.close().await;
        Ok(())
    }
}

/// Makes a member.
pub(crate) async fn register(dialer: &Dialer, site: &SiteAddress) -> Outcome<Key> {
    let mut link = Bare::open(dialer, site, &Request::Register { label: "bench".to_owned() }, 0, &[]).await?;
    loop {
        if let Message::Registered { uid, secret, .. } = link.message().await? {
            let key = Key { uid: uid.to_string(), secret: secret.expose().to_owned() };
            link.quit().await?;
            return Ok(key);
        }
    }
}

/// Bits that differ from call to call and from run to run.
pub(crate) fn fresh() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
