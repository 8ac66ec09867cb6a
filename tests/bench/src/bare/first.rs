//! Several links side by side, each to its first message.

use std::path::Path;

use tokio::task::JoinSet;

use super::{Bare, Shelf, dialer, drain};
use crate::error::{BenchError, Outcome};
use crate::order::{Key, Say};
use crate::{ended, say, wait_for_line};

/// Drains all members at once, as often as told, with one dialer: from the second time on handshakes are resumed.
pub(crate) async fn run(dir: &Path, sites: &[String], keys: &[Key], times: usize) -> Outcome<()> {
    let dialer = dialer();
    for time in 0..times {
        if time > 0 {
            say(&Say::Ready)?;
            wait_for_line().await?;
        }
        let mut links = JoinSet::new();
        for (account, (site, key)) in sites.iter().zip(keys).enumerate() {
            let (dialer, site, key) = (dialer.clone(), site.parse()?, key.clone());
            let dir = dir.join(account.to_string());
            std::fs::create_dir_all(&dir)?;
            links.spawn(async move {
                let mut shelf = Shelf::open(&dir)?;
                let mut link = Bare::login(&dialer, &site, &key, &[]).await?;
                let stored = |count| if count == 1 { say(&Say::Stored { account }) } else { Ok(()) };
                drain(&mut link, &mut shelf, stored).await?;
                link.quit().await
            });
        }
        while let Some(ended) = links.join_next().await {
            ended.map_err(|_| BenchError::Expected("a link that does not panic"))??;
        }
    }
    ended()
}
