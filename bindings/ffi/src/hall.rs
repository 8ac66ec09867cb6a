//! What all objects of one open client share, and the one way in which their calls are done: checked, begun on our
//! threads, waited for, given up when the caller cancels, and cleared of panics.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tmtp_client::{Client as Core, Error};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cancel::Cancel;
use crate::error::TmtpError;
use crate::limits::QUIT_UNASKED;
use crate::log::Registration;
use crate::runtime::{THREAD, Threads};

/// What came out of a call, of whatever type.
type Anything = Box<dyn Any + Send>;

/// Something to be done on our threads. In a box, and of one type for all calls: each type of task would bring some
/// kilobytes of tokio into the library.
type Work = Pin<Box<dyn Future<Output = Anything> + Send>>;

/// The wait for it.
type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Anything, TmtpError>> + Send + 'a>>;

/// A call that waits for its result. What is in it is the same for all calls; its type is only said at the end.
pub(crate) struct Call<'a, T> {
    waiting: Waiting<'a>,
    result: PhantomData<fn() -> T>,
}

impl<T: 'static> Future for Call<'_, T> {
    type Output = Result<T, TmtpError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, TmtpError>> {
        self.waiting.as_mut().poll(context).map(|done| match done?.downcast::<Result<T, TmtpError>>() {
            Ok(outcome) => *outcome,
            // Never: it is what the work of this call has put there.
            Err(_) => Err(TmtpError::Broken),
        })
    }
}

/// How a stopping has ended, when it has.
type Stopping = watch::Receiver<Option<Result<(), TmtpError>>>;

/// What all objects of one open client share.
pub(crate) struct Hall {
    core: Core,
    threads: Threads,
    stopped: AtomicBool,
    /// How the stopping has ended, once it has begun.
    stopping: Mutex<Option<Stopping>>,
    broken: AtomicBool,
    /// Held so that the log sink lives as long as the client.
    _log: Option<Registration>,
}

impl Hall {
    pub(crate) fn new(core: Core, threads: Threads, log: Option<Registration>) -> Arc<Hall> {
        let (stopped, broken) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Hall { core, threads, stopped, stopping: Mutex::default(), broken, _log: log })
    }

    /// The façade, for work that [`Hall::run`] is given; whether calls may still be made is asked there.
    pub(crate) fn core(&self) -> Core {
        self.core.clone()
    }

    /// Whether a call may be made at all.
    fn check(&self) -> Result<(), TmtpError> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(TmtpError::Closed);
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(TmtpError::Broken);
        }
        Ok(())
    }

    /// Does this on our threads and waits for it; drops it when the caller goes away or cancels. What is compiled anew
    /// for each call is kept small here, and so should be what calls do beside their work.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        cancel: Option<Arc<Cancel>>,
        work: impl Future<Output = Result<T, TmtpError>> + Send + 'static,
    ) -> Call<'_, T> {
        let work = Box::pin(async move { Box::new(work.await) as Anything });
        Call { waiting: self.wait(cancel, work), result: PhantomData }
    }

    /// Begins work on our threads and waits for its end.
    fn wait(&self, cancel: Option<Arc<Cancel>>, work: Work) -> Waiting<'_> {
        Box::pin(async move {
            let allowed = match &cancel {
                Some(cancel) if cancel.is_cancelled() => Err(TmtpError::Cancelled),
                _ => self.check(),
            };
            if let Err(error) = allowed {
                self.drop_inside(work);
                return Err(error);
            }
            let mut task = Task(self.threads.spawn(work));
            let ended = match cancel {
                None => (&mut task.0).await,
                Some(cancel) => tokio::select! {
                    biased;
                    ended = &mut task.0 => ended,
                    () = cancel.cancelled() => return Err(TmtpError::Cancelled),
                },
            };
            match ended {
                Ok(outcome) => Ok(outcome),
                Err(error) if error.is_panic() => Err(self.is_broken()),
                // The threads have ended under it.
                Err(_) => Err(TmtpError::Closed),
            }
        })
    }

    /// Does something of the façade's that needs no waiting, on the caller's thread.
    pub(crate) fn now<T>(&self, work: impl FnOnce(&Core) -> Result<T, Error>) -> Result<T, TmtpError> {
        self.check()?;
        let _inside = self.threads.enter();
        match catch_unwind(AssertUnwindSafe(|| work(&self.core))) {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(self.is_broken()),
        }
    }

    /// Stops the façade and ends the threads. Works on a broken client, too. All callers wait for the one end; who comes
    /// behind it has nothing to do. A caller that goes away does not stop the stopping.
    pub(crate) async fn stop(self: &Arc<Hall>, deadline: std::time::Duration) -> Result<(), TmtpError> {
        let mut stopping = {
            let mut begun = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
            match &*begun {
                Some(stopping) if stopping.borrow().is_some() => return Ok(()),
                Some(stopping) => stopping.clone(),
                None => begun.insert(self.begin_to_stop(deadline)).clone(),
            }
        };
        match stopping.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or(Err(TmtpError::Broken)),
            Err(_) => Err(TmtpError::Broken),
        }
    }

    fn begin_to_stop(self: &Arc<Hall>, deadline: std::time::Duration) -> Stopping {
        self.stopped.store(true, Ordering::SeqCst);
        let (end, stopping) = watch::channel(None);
        let (hall, core) = (Arc::clone(self), self.core.clone());
        self.threads.spawn(Box::pin(async move {
            let ended = hall.threads.spawn(Box::pin(async move { core.stop(deadline).await })).await;
            hall.threads.end();
            let outcome = ended.map_or(Err(TmtpError::Broken), |outcome| Ok(outcome?));
            end.send_replace(Some(outcome));
        }));
        stopping
    }

    /// Drops something that belongs to the runtime, on whatever thread this is.
    pub(crate) fn drop_inside<T>(&self, thing: T) {
        let _inside = self.threads.enter();
        drop(thing);
    }

    fn is_broken(&self) -> TmtpError {
        tracing::error!("A call has panicked; the client must be opened again.");
        self.broken.store(true, Ordering::SeqCst);
        TmtpError::Broken
    }
}

impl Drop for Hall {
    /// Nobody holds the client any more. If it was not stopped to the end, its links are quit on a thread of their own:
    /// this one belongs to somebody else.
    fn drop(&mut self) {
        let Some(runtime) = self.threads.take() else { return };
        let core = self.core.clone();
        let quit = move || {
            let stopped = runtime.block_on(core.stop(QUIT_UNASKED));
            if stopped.is_err() {
                tracing::info!("A client that was dropped had to be cut short.");
            }
            runtime.shutdown_background();
        };
        // Without a thread the process is at its end anyway; what was accepted is in the stores.
        let _ = std::thread::Builder::new().name(THREAD.to_owned()).spawn(quit);
    }
}

/// A task that ends with its caller.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use std::time::Duration;

    use tmtp_client::Config;

    use super::*;
    use crate::options::Profile;

    async fn hall(folder: &tempfile::TempDir) -> Arc<Hall> {
        let threads = Threads::start(Profile::App).unwrap();
        let core = threads.spawn(Box::pin(Core::open(Config::new(folder.path())))).await.unwrap().unwrap();
        Hall::new(core, threads, None)
    }

    #[tokio::test]
    async fn a_panic_in_work_is_caught_and_remembered_until_the_client_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let hall = hall(&folder).await;
        let panicked = hall.run(None, async { panic!("planted") as Result<(), TmtpError> }).await;
        assert_eq!(panicked.err(), Some(TmtpError::Broken));
        assert_eq!(hall.run(None, async { Ok(()) }).await, Err(TmtpError::Broken));
        hall.stop(Duration::from_secs(5)).await.unwrap();
        assert_eq!(hall.run(None, async { Ok(()) }).await, Err(TmtpError::Closed));
    }

    #[tokio::test]
    async fn all_who_stop_wait_for_the_end_and_the_first_may_go_away() {
        let folder = tempfile::tempdir().unwrap();
        let hall = hall(&folder).await;
        let ended = |hall: &Arc<Hall>| hall.threads.take().is_none();
        // The first begins, and gives up at once.
        let mut first = Box::pin(hall.stop(Duration::from_secs(5)));
        let _ = std::future::poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_ready())).await;
        drop(first);
        assert_eq!(hall.run(None, async { Ok(()) }).await, Err(TmtpError::Closed));
        let (one, other) = tokio::join!(hall.stop(Duration::from_secs(5)), hall.stop(Duration::from_secs(5)));
        assert_eq!((one, other), (Ok(()), Ok(())));
        assert!(ended(&hall), "the threads have ended when a stop returns");
        assert_eq!(hall.stop(Duration::from_secs(5)).await, Ok(()));
    }

    #[tokio::test]
    async fn work_is_dropped_with_its_caller() {
        let folder = tempfile::tempdir().unwrap();
        let hall = hall(&folder).await;
        let (began, begun) = tokio::sync::oneshot::channel();
        let (held, dropped) = tokio::sync::oneshot::channel::<()>();
        let calling = {
            let hall = Arc::clone(&hall);
            tokio::spawn(async move {
                hall.run(None, async move {
                    let _held = held;
                    began.send(()).unwrap();
                    std::future::pending::<Result<(), TmtpError>>().await
                })
                .await
            })
        };
        begun.await.unwrap();
        calling.abort();
        assert!(dropped.await.is_err(), "the work goes on without its caller");
    }

    #[tokio::test]
    async fn the_last_holder_ends_the_threads_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let hall = hall(&folder).await;
        let handle = tokio::runtime::Handle::current();
        // On a thread of a runtime, where a runtime that ended by waiting would panic.
        handle.spawn(async move { drop(hall) }).await.unwrap();
    }
}
