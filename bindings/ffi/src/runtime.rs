//! The threads that the core works on: a runtime of our own for each client, in two sizes. It ends with its client,
//! and ending it never blocks: objects are dropped on whatever thread the other language likes.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::limits;
use crate::options::Profile;

/// What our threads are called.
pub(crate) const THREAD: &str = "tmtp";

/// A runtime that can be ended early.
pub(crate) struct Threads {
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
}

impl Threads {
    pub(crate) fn start(profile: Profile) -> std::io::Result<Threads> {
        let (workers, blocking) = match profile {
            Profile::App => (limits::APP_WORKERS, limits::APP_BLOCKING),
            Profile::Extension => (limits::EXTENSION_WORKERS, limits::EXTENSION_BLOCKING),
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .max_blocking_threads(blocking)
            .thread_keep_alive(limits::THREAD_IDLE)
            .thread_stack_size(limits::STACK)
            .thread_name(THREAD)
            .enable_all()
            .build()?;
        Ok(Threads { handle: runtime.handle().clone(), runtime: Mutex::new(Some(runtime)) })
    }

    /// Begins work, in a box: each kind of task would bring some kilobytes of tokio into the library. Once the threads
    /// have ended, work is dropped unbegun.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: Pin<Box<dyn Future<Output = T> + Send>>,
    ) -> JoinHandle<T> {
        self.handle.spawn(work)
    }

    /// For work that builds or drops things of the runtime on a thread that is not ours.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Takes the runtime out, to be ended by whoever gets it.
    pub(crate) fn take(&self) -> Option<Runtime> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Ends the threads, without waiting for them.
    pub(crate) fn end(&self) {
        if let Some(runtime) = self.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}
