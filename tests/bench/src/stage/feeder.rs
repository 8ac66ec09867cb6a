//! Who fills the queues of the others.

use std::path::PathBuf;
use std::sync::Arc;

use tmtp_link::Dialer;
use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::MsgId;

use crate::bare::{Bare, Letter, Pipeline, Shelf};
use crate::error::Outcome;
use crate::limits::THREADS;
use crate::order::Key;

/// A member without a client of its own, who writes to others.
pub(crate) struct Feeder {
    pub(crate) key: Key,
    /// Whether its posts say that it folds repetitions.
    pub(super) folds: bool,
    pub(super) dialer: Arc<Dialer>,
    pub(super) site: SiteAddress,
    pub(crate) dir: PathBuf,
    pub(super) shelf: Shelf,
}

impl Feeder {
    /// Logs in.
    pub(crate) async fn link(&self) -> Outcome<Bare> {
        Bare::login(&self.dialer, &self.site, &self.key, &[]).await
    }

    /// The pattern of a post that begins a thread with this member.
    pub(crate) fn start(&self, to: &str) -> Outcome<Letter> {
        Ok(Letter::start(&self.key.uid()?, &to.parse()?, "bench feeder", self.folds))
    }

    /// Posts so many messages in some threads. Gives the threads and the bytes behind all first headers.
    pub(crate) async fn feed(&mut self, to: &str, count: usize) -> Outcome<(Vec<String>, u64)> {
        let mut link = self.link().await?;
        let start = self.start(to)?;
        let begun = count.min(THREADS);
        let mut bytes = start.data_len()? * begun as u64;
        let threads: Vec<String> =
            self.post(&mut link, vec![start], begun).await?.iter().map(ToString::to_string).collect();
        let (from, to) = (self.key.uid()?, to.parse()?);
        let folds = self.folds;
        let replies = |thread: &String| Letter::reply(&from, &to, thread, "bench feeder").folding(folds);
        let replies: Vec<Letter> = threads.iter().map(replies).collect();
        if let Some(reply) = replies.first() {
            bytes += reply.data_len()? * (count - begun) as u64;
        }
        self.post(&mut link, replies, count - begun).await?;
        link.quit().await?;
        Ok((threads, bytes))
    }

    /// Posts on a link, and waits for the answers. Gives the ids.
    pub(crate) async fn post(
        &mut self,
        link: &mut Bare,
        letters: Vec<Letter>,
        count: usize,
    ) -> Outcome<Vec<MsgId>> {
        let mut pipeline = Pipeline::new(letters, count, 0);
        let posts = pipeline.first()?;
        link.write(&posts).await?;
        pipeline.run(link, &mut self.shelf).await?;
        Ok(pipeline.ids)
    }
}
