//! The kit's own threads, apart from those of the app under test: one runtime for the whole process, because sites
//! come and go with tests.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::time::{Instant, sleep};

use crate::error::KitError;
use crate::limits::{DEADLINE_MAX, LOOK, WORKERS};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

fn runtime() -> Result<&'static Runtime, KitError> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made =
        Builder::new_multi_thread().worker_threads(WORKERS).thread_name("tmtp-kit").enable_all().build()?;
    // A second one that was made at the same moment has nothing to do, and ends without being waited for.
    if let Err(second) = RUNTIME.set(made) {
        second.shutdown_background();
    }
    RUNTIME.get().ok_or(KitError::Broken)
}

/// Does something on the kit's threads. If the caller goes away, it goes on to its end.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, KitError>> + Send + 'static,
) -> Result<T, KitError> {
    runtime()?.spawn(work).await.map_err(|_| KitError::Broken)?
}

/// Does something that blocks on a thread for that.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KitError> + Send + 'static,
) -> Result<T, KitError> {
    runtime()?.spawn_blocking(work).await.map_err(|_| KitError::Broken)?
}

/// For what has to be made or dropped inside the runtime.
pub(crate) fn enter() -> Result<EnterGuard<'static>, KitError> {
    Ok(runtime()?.enter())
}

/// Looks until there is an answer, or the deadline is over.
pub(crate) async fn until<T: Send + 'static>(
    what: &'static str,
    deadline_ms: i64,
    look: impl Fn() -> Option<T> + Send + 'static,
) -> Result<T, KitError> {
    let deadline = span(deadline_ms)?;
    run(async move {
        let end = Instant::now() + deadline;
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if Instant::now() >= end {
                return Err(KitError::timed_out(what));
            }
            sleep(LOOK).await;
        }
    })
    .await
}

/// A deadline.
pub(crate) fn span(given_ms: i64) -> Result<Duration, KitError> {
    let span = u64::try_from(given_ms).ok().map(Duration::from_millis);
    span.filter(|span| *span <= DEADLINE_MAX).ok_or_else(|| KitError::wrong("the deadline"))
}

/// A count as it crosses.
pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
