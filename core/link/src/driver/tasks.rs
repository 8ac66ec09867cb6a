//! What the driver has running beside itself: a dial, links that are closing, file jobs. They end with it.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;

use tmtp_account::{Job, JobDone, JobError, JobId};
use tmtp_wire::address::SiteAddress;
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::sleep;

use crate::dial::{DialError, Dialer};
use crate::limits::{DIAL, LAST_WORD};
use crate::stream::Stream;

/// What has come to its end.
pub(super) enum Done {
    Dialed(u64, Result<Box<Stream>, DialError>),
    Closed {
        /// The account had asked for it and waits to hear of it.
        asked: bool,
    },
    Job(JobId, Result<JobDone, JobError>),
    /// A dial that was given up. Nothing follows from it but that nothing runs any more.
    GivenUp,
}

/// A dial that runs.
pub(super) struct Dialing {
    pub(super) number: u64,
    pub(super) task: AbortHandle,
}

/// The running tasks.
pub(super) struct Tasks {
    running: JoinSet<Done>,
    dials: u64,
    /// Raised when the driver is to end soon.
    hurried: watch::Sender<bool>,
}

impl Tasks {
    pub(super) fn new() -> Tasks {
        Tasks { running: JoinSet::new(), dials: 0, hurried: watch::Sender::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn dial(&mut self, dialer: Arc<Dialer>, site: SiteAddress) -> Dialing {
        self.dials += 1;
        let number = self.dials;
        let task = self
            .running
            .spawn(boxed(async move { Done::Dialed(number, dialer.dial(&site, DIAL).await.map(Box::new)) }));
        Dialing { number, task }
    }

    /// From now on a link that closes is waited for only until everything is said, and a moment more: a long path can
    /// take half a minute to carry our FIN to the site and its own back, and the process may be about to be frozen.
    pub(super) fn hurry(&self) {
        self.hurried.send_replace(true);
    }

    pub(super) fn close(&mut self, stream: Stream, asked: bool) {
        let (tell, said) = oneshot::channel();
        let mut hurried = self.hurried.subscribe();
        // A task of its own, ended by the time limits of closing: it must not be cut short with the driver, for a
        // socket that is dropped while a post uploads can end inside a record (wire 18.1).
        let closing = tokio::spawn(boxed(stream.close_and_tell(move || tell.send(()).unwrap_or_default())));
        let enough = async move {
            let hurried = said.await.is_ok() && hurried.wait_for(|hurried| *hurried).await.is_ok();
            if !hurried {
                // It has come to its end another way.
                return std::future::pending().await;
            }
            sleep(LAST_WORD).await;
        };
        self.running.spawn(boxed(async move {
            tokio::select! {
                closed = closing => match closed {
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    _ => {}
                },
                // It goes on reading by itself: unread input would turn our FIN into a reset (wire 18.1).
                () = enough => {}
            }
            Done::Closed { asked }
        }));
    }

    pub(super) fn job(&mut self, id: JobId, job: Job) {
        self.running.spawn_blocking(move || Done::Job(id, job.run()));
    }

    /// Waits for the next end, for ever if nothing runs. Cancel-safe.
    pub(super) async fn next(&mut self) -> Done {
        match self.running.join_next().await {
            Some(ended) => done(ended),
            None => std::future::pending().await,
        }
    }

    /// The next end that has already come.
    pub(super) fn try_next(&mut self) -> Option<Done> {
        self.running.try_join_next().map(done)
    }
}

/// Work for a task, in a box: there is one kind of task for each type of result, and not for each piece of work. Each
/// kind brings some kilobytes of tokio into the library.
fn boxed<T>(work: impl Future<Output = T> + Send + 'static) -> Pin<Box<dyn Future<Output = T> + Send>> {
    Box::pin(work)
}

/// A panic is one of the driver's own: whoever watches it shall see it.
fn done(ended: Result<Done, JoinError>) -> Done {
    match ended {
        Ok(done) => done,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Done::GivenUp,
    }
}
