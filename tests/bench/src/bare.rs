//! The base line: the smallest client that this protocol allows. The same TLS and the same headers as ours, one
//! row and one commit for each message before it is confirmed, and nothing else: no session, no account, no
//! threads, no events, no way to go on after anything unexpected.

mod first;
mod link;
mod post;
mod receive;
mod shelf;

pub(crate) use first::run as first;
pub(crate) use link::{Bare, dialer, fresh, register};
pub(crate) use post::{Letter, Pipeline, send_file};
pub(crate) use receive::{Span, drain};
pub(crate) use shelf::Shelf;

use std::path::Path;
use std::time::Instant;

use crate::error::Outcome;
use crate::order::{BareTask, Key, Say};
use crate::{ended, say, took, wait_for_line};

/// Does one task as one member, in a folder of its own.
pub(crate) async fn run(dir: &Path, site: &str, key: &Key, task: BareTask) -> Outcome<()> {
    let site = site.parse()?;
    let dialer = dialer();
    match task {
        BareTask::Drain => {
            let mut shelf = Shelf::open(dir)?;
            let began = Instant::now();
            let mut link = Bare::login(&dialer, &site, key, &[]).await?;
            let (seconds, messages) = drain(&mut link, &mut shelf, |_| Ok(())).await?;
            link.quit().await?;
            say(&Say::Took { seconds, messages, whole: began.elapsed().as_secs_f64() })?;
        }
        BareTask::Flush { to, thread, alias, count, copies } => {
            let mut shelf = Shelf::open(dir)?;
            let letter = Letter::reply(&key.uid()?, &to.parse()?, &thread, &alias);
            let mut pipeline = Pipeline::new(vec![letter], count, copies);
            say(&Say::Ready)?;
            wait_for_line().await?;
            let began = Instant::now();
            let mut link = Bare::login(&dialer, &site, key, &pipeline.first()?).await?;
            pipeline.run(&mut link, &mut shelf).await?;
            took(began, count)?;
            pipeline.hold(&mut link, &mut shelf).await?;
            link.quit().await?;
        }
        BareTask::SendFile { to, alias, file } => {
            let mut shelf = Shelf::open(dir)?;
            let mut link = Bare::login(&dialer, &site, key, &[]).await?;
            drain(&mut link, &mut shelf, |_| Ok(())).await?;
            say(&Say::Ready)?;
            wait_for_line().await?;
            let began = Instant::now();
            let letter = Letter::start(&key.uid()?, &to.parse()?, &alias, true);
            send_file(&mut link, dir, &letter, &file, None).await?;
            took(began, 1)?;
            link.quit().await?;
        }
    }
    ended()
}
