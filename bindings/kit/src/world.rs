//! The world below an app under test: clocks that jump, a disk that is full and has room again, a panic in the middle
//! of the core.
//!
//! It is given to `open_client`. Timers of the runtime go on with real time; what jumps is what the core reads as the
//! time of the day and as the time that passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tmtp_client::{Clock, Instance, Mono, Settings, SystemClock, Wall};
use tmtp_ffi::World;

use crate::error::KitError;

mod fs;
#[allow(unsafe_code, reason = "SQLite's VFS is an interface of C; each use says what SQLite promises")]
mod vfs;

/// Times and budgets of a client, shorter than a phone would want them. None: as an app has it.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct WorldTimes {
    /// The first wait after a failure; it doubles from there.
    #[uniffi(default)]
    pub backoff_first_ms: Option<i64>,
    /// The longest wait after failures.
    #[uniffi(default)]
    pub backoff_max_ms: Option<i64>,
    /// How long a link must hold to count as success.
    #[uniffi(default)]
    pub stable_after_ms: Option<i64>,
    /// How long a site holds a vanished link for alive: as the site's silence was set.
    #[uniffi(default)]
    pub busy_bound_ms: Option<i64>,
    /// Dials and logins within an hour.
    #[uniffi(default)]
    pub links_per_hour: Option<i64>,
}

/// What a world is told.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    wall_ahead: AtomicI64,
    mono_ahead: AtomicU64,
    full: AtomicBool,
    panics: AtomicBool,
}

impl Controls {
    /// Whether the disk takes nothing more.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }
}

/// A world for one client.
#[derive(uniffi::Object)]
pub struct KitWorld {
    controls: Arc<Controls>,
    vfs: Option<String>,
    world: Arc<World>,
}

#[uniffi::export]
impl KitWorld {
    /// Clocks that can jump, over the real disk, with a client's usual times.
    #[uniffi::constructor]
    pub fn new() -> Arc<KitWorld> {
        let controls = Arc::<Controls>::default();
        let instance =
            Instance { clock: Arc::new(JumpingClock(Arc::clone(&controls))), ..Instance::default() };
        Arc::new(KitWorld { controls, vfs: None, world: World::new(instance, None) })
    }

    /// The same with other times, and with a disk that can be full if that is wanted. With such a disk there is no lock
    /// against other processes.
    ///
    /// Errors: `Wrong`, a time is negative; `System`, SQLite does not take the disk.
    #[uniffi::constructor]
    pub fn make(times: WorldTimes, own_disk: bool) -> Result<Arc<KitWorld>, KitError> {
        let controls = Arc::<Controls>::default();
        let mut instance =
            Instance { clock: Arc::new(JumpingClock(Arc::clone(&controls))), ..Instance::default() };
        if own_disk {
            instance.fs = Arc::new(fs::LimitedFs::new(Arc::clone(&controls)));
            instance.vfs = Some(vfs::register(Arc::clone(&controls))?);
        }
        let settings = settings(&times)?;
        let vfs = instance.vfs.clone();
        Ok(Arc::new(KitWorld { controls, vfs, world: World::new(instance, Some(settings)) }))
    }

    /// What `open_client` is given.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// Both clocks jump ahead: the device has slept.
    pub fn sleep(&self, ms: i64) -> Result<(), KitError> {
        let ahead = u64::try_from(ms).map_err(|_| KitError::Wrong { what: "the time".to_owned() })?;
        self.controls.wall_ahead.fetch_add(ms, Ordering::SeqCst);
        self.controls.mono_ahead.fetch_add(ahead, Ordering::SeqCst);
        Ok(())
    }

    /// Only the time of the day jumps, ahead or back: somebody has set the clock.
    pub fn set_back_or_ahead(&self, ms: i64) {
        self.controls.wall_ahead.fetch_add(ms, Ordering::SeqCst);
    }

    /// The disk takes nothing more, or has room again. Without effect on a world without a disk of its own.
    pub fn disk_full(&self, full: bool) {
        self.controls.full.store(full, Ordering::SeqCst);
    }

    /// The next time that the core reads a clock it panics, once: a planted defect.
    pub fn panic_next(&self) {
        self.controls.panics.store(true, Ordering::SeqCst);
    }
}

impl KitWorld {
    /// The name under which SQLite knows the world's own disk.
    pub fn vfs(&self) -> Option<&str> {
        self.vfs.as_deref()
    }
}

fn settings(times: &WorldTimes) -> Result<Settings, KitError> {
    let mut settings = Settings::default();
    set(&mut settings.backoff_first, times.backoff_first_ms)?;
    set(&mut settings.backoff_max, times.backoff_max_ms)?;
    set(&mut settings.stable_after, times.stable_after_ms)?;
    set(&mut settings.busy_bound, times.busy_bound_ms)?;
    if let Some(links) = times.links_per_hour {
        let links = usize::try_from(links).map_err(|_| KitError::wrong("the links per hour"))?;
        (settings.dials_per_hour, settings.logins_per_hour) = (links, links);
    }
    Ok(settings)
}

fn set(time: &mut Duration, given_ms: Option<i64>) -> Result<(), KitError> {
    if let Some(given) = given_ms {
        *time = Duration::from_millis(u64::try_from(given).map_err(|_| KitError::wrong("a time"))?);
    }
    Ok(())
}

/// The device's clocks, ahead by what the test says.
struct JumpingClock(Arc<Controls>);

impl Clock for JumpingClock {
    #[allow(clippy::panic, reason = "a planted defect, which the border has to catch")]
    fn now(&self) -> tmtp_client::Now {
        if self.0.panics.swap(false, Ordering::SeqCst) {
            panic!("a planted defect");
        }
        let mut now = SystemClock.now();
        now.wall = Wall(now.wall.0.saturating_add(self.0.wall_ahead.load(Ordering::SeqCst)));
        now.mono = Mono(now.mono.0.saturating_add(self.0.mono_ahead.load(Ordering::SeqCst)));
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_jumps_as_it_is_told() {
        let controls = Arc::<Controls>::default();
        let clock = JumpingClock(Arc::clone(&controls));
        let before = clock.now();
        controls.wall_ahead.store(-3_600_000, Ordering::SeqCst);
        controls.mono_ahead.store(60_000, Ordering::SeqCst);
        let after = clock.now();
        assert!(after.wall.0 <= before.wall.0 - 3_590_000);
        assert!(after.mono.0 >= before.mono.0 + 60_000);
    }
}
