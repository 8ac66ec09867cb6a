//! The orderly end of a stream (wire 18.1): everything queued, close_notify, FIN at a record boundary, then read
//! until the site closes too. Reading goes on all the while, for unread input would turn our FIN into a reset.

use std::io;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::Stream;
use crate::limits::{CLOSE, CLOSE_HALF_RECORD};

impl Stream {
    /// Ends the stream in order. Takes 2 s at most, or half a minute if the kernel has only a part of a record and
    /// the path is dead. What still arrives is thrown away. The future must be run to its end.
    pub async fn close(self) {
        self.close_and_tell(|| {}).await;
    }

    /// The same, and tells when the kernel has everything that we had to say, our FIN included. From then on only the
    /// site's side is waited for.
    pub(crate) async fn close_and_tell(mut self, said: impl FnOnce()) {
        let deadline = Instant::now() + CLOSE;
        self.tls.send_close_notify();
        self.records.collect(&mut self.tls);
        match timeout_at(deadline, self.flush_all()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => self.finish_record().await,
        }
        if socket2::SockRef::from(&self.tcp).shutdown(std::net::Shutdown::Write).is_err() {
            return;
        }
        said();
        if timeout_at(deadline, self.drain()).await.is_err() {
            tracing::info!("The site did not close its side in time.");
        }
    }

    /// Writes all records, reading meanwhile: a site that waits for us to read does not read either (wire 12.6).
    async fn flush_all(&mut self) -> io::Result<()> {
        let mut open = true;
        while !self.flush_some()? {
            tokio::select! {
                writable = self.tcp.writable() => writable?,
                more = discard(&self.tcp, &mut self.chunk), if open => open = more,
            }
        }
        Ok(())
    }

    /// Only the rest of a record that the kernel has in part; a FIN inside it would be the worst end.
    async fn finish_record(&mut self) {
        let rest = async {
            while self.records.is_inside() {
                if self.flush_some().is_err() {
                    return;
                }
                if self.records.is_inside() && self.tcp.writable().await.is_err() {
                    return;
                }
            }
        };
        let _ = timeout(CLOSE_HALF_RECORD, rest).await;
    }

    async fn drain(&mut self) {
        while discard(&self.tcp, &mut self.chunk).await {}
    }
}

/// Throws away what can be read. False at the end of the stream.
async fn discard(tcp: &TcpStream, chunk: &mut [u8]) -> bool {
    if tcp.readable().await.is_err() {
        return false;
    }
    match tcp.try_read(chunk) {
        Ok(length) => length > 0,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}
