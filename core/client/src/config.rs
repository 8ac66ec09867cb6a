//! What a client is opened with.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tmtp_account::{Random, Settings, SystemRandom};
use tmtp_link::{Clock, Proxy, SystemClock, TrustStore};
use tmtp_store::FileSystem;
use tmtp_store::fs::RealFs;
use tmtp_store::keys::KeyStore;
use tmtp_wire::address::SiteAddress;
use tmtp_wire::names::Alias;

use crate::home::AccountName;

/// What a client is opened with. [`Config::new`] is enough for a program on a computer; phones give their own
/// key store.
#[derive(Clone)]
pub struct Config {
    /// The folder that holds everything. Made if it is not there. Its file `install` must not get into
    /// backups: by it a copied home is noticed.
    pub home: PathBuf,
    /// Where node secrets are; files in the home if `None`.
    pub keys: Option<Arc<dyn KeyStore>>,
    /// Which sites to believe; files in the home and the platform's roots if `None`.
    pub trust: Option<Arc<dyn TrustStore>>,
    /// Whether a home that was copied on this device, its file `install` included, is noticed: by that file, which is
    /// another one then. Not for platforms that move an app's folder to another disk by themselves; their key stores do
    /// not go with a copy. What is taken for a copy reads and does not connect, until [`AccountHandle::adopt`].
    ///
    /// [`AccountHandle::adopt`]: crate::AccountHandle::adopt
    pub notice_copies: bool,
    /// The way out into the network.
    pub proxy: Proxy,
    /// How each account is set.
    pub settings: Settings,
    /// What kind of process this is.
    pub profile: Profile,
    /// The world below; the real one unless this is a test.
    pub instance: Instance,
}

impl Config {
    /// Everything in this folder, straight into the network.
    pub fn new(home: impl AsRef<Path>) -> Config {
        Config {
            home: home.as_ref().to_owned(),
            keys: None,
            trust: None,
            notice_copies: true,
            proxy: Proxy::None,
            settings: Settings::default(),
            profile: Profile::App,
            instance: Instance::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("proxy", &self.proxy)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What kind of process a client lives in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// An app, or a program on a computer.
    #[default]
    App,
    /// An extension of an app, which the platform kills above some megabytes (R21): small caches, a short ring of
    /// events. Give it a runtime of one thread.
    Extension,
}

/// The world below a client.
#[derive(Clone)]
pub struct Instance {
    /// The file system under the accounts.
    pub fs: Arc<dyn FileSystem>,
    /// The SQLite VFS under their databases, if not the operating system's; it must see the same files. With one
    /// there is no lock against other processes.
    pub vfs: Option<String>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Makes a source of random numbers; each account gets one of its own.
    pub random: Arc<dyn Fn() -> Box<dyn Random> + Send + Sync>,
}

impl Default for Instance {
    fn default() -> Self {
        Instance {
            fs: Arc::new(RealFs),
            vfs: None,
            clock: Arc::new(SystemClock),
            random: Arc::new(|| Box::new(SystemRandom)),
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instance(…)")
    }
}

/// How to become a member.
#[derive(Clone, Debug)]
pub struct Join {
    /// Where. How its certificate is trusted follows from its first character.
    pub address: SiteAddress,
    /// Under which name others may find the new member. It must be free at that site.
    pub alias: Alias,
    /// How to call the account on this device; made of the site's host if `None`. An account that this join finds
    /// begun, or finished, keeps its name.
    pub name: Option<AccountName>,
    /// How long it may take.
    pub deadline: Duration,
}
