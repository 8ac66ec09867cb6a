//! The folder that holds everything of this installation, and which accounts are in it.
//!
//! ```text
//! HOME/install                  random id of this installation; keep it out of backups
//! HOME/keys/                    node secrets, if no other key store is given
//! HOME/trust/                   pinned keys of sites, if no other trust store is given
//! HOME/accounts/NAME/           one account: mail.db, files/, lock
//! HOME/accounts/.gone-NAME-N/   an account that is being removed; finished at the next open
//! ```
//!
//! Only names and folders are handled here; what is inside an account's folder is the store's.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use tmtp_wire::address::SiteAddress;

use crate::error::Error;
use crate::limits::{ACCOUNT_NAME_MAX, NAME_TRIES};

/// The database in an account's folder: an account is there when this is.
const DATABASE: &str = "mail.db";
/// Begins the name of a folder that is being removed. No account's name begins so.
const GONE: &str = ".gone-";

/// How an account is called on this device: 1 to 64 lower-case letters, digits, `.`, `-` and `_`, the first a
/// letter or digit. Nobody else sees it. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(Arc<str>);

impl AccountName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name made of a site's host, and of a number when that is taken.
    fn after(site: &SiteAddress, number: u32) -> Result<AccountName, Error> {
        let kept: String = site
            .host
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' })
            .take(ACCOUNT_NAME_MAX - 6)
            .collect();
        let kept = kept.trim_matches(['.', '-']);
        let kept = if kept.is_empty() { "site" } else { kept };
        if number == 1 { kept.parse() } else { format!("{kept}-{number}").parse() }
    }
}

impl FromStr for AccountName {
    type Err = Error;
    fn from_str(text: &str) -> Result<AccountName, Error> {
        let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '-' | '_');
        let good = text.len() <= ACCOUNT_NAME_MAX
            && text.chars().all(plain)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.ends_with('.');
        if good { Ok(AccountName(text.into())) } else { Err(Error::AccountName) }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountName {
    /// A person chose it, so logs do not show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountName(…)")
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    /// Makes the folder, for its owner only, if it is not there.
    pub(crate) fn open(root: &Path) -> Result<Home, Error> {
        make_private(root)?;
        let home = Home { root: std::path::absolute(root).map_err(storage)? };
        make_private(&home.accounts())?;
        Ok(home)
    }

    pub(crate) fn install(&self) -> PathBuf {
        self.root.join("install")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(crate) fn trust(&self) -> PathBuf {
        self.root.join("trust")
    }

    fn accounts(&self) -> PathBuf {
        self.root.join("accounts")
    }

    /// An account's folder, whether it is there or not.
    pub(crate) fn folder(&self, name: &AccountName) -> PathBuf {
        self.accounts().join(name.as_str())
    }

    /// Whether there is an account of this name.
    pub(crate) fn holds(&self, name: &AccountName) -> bool {
        self.folder(name).join(DATABASE).exists()
    }

    /// The accounts, by name.
    pub(crate) fn list(&self) -> Result<Vec<AccountName>, Error> {
        let mut names = BTreeSet::new();
        let entries = self.entries()?;
        names.extend(entries.iter().filter_map(|entry| entry.parse().ok()).filter(|name| self.holds(name)));
        Ok(names.into_iter().collect())
    }

    /// A name that is not taken, made of the site's.
    pub(crate) fn free_name(&self, site: &SiteAddress) -> Result<AccountName, Error> {
        for number in 1..=NAME_TRIES {
            let name = AccountName::after(site, number)?;
            if !self.holds(&name) {
                return Ok(name);
            }
        }
        Err(Error::NameTaken)
    }

    /// Makes the folder of an account that is to be.
    pub(crate) fn make_folder(&self, name: &AccountName) -> Result<PathBuf, Error> {
        let folder = self.folder(name);
        make_private(&folder)?;
        Ok(folder)
    }

    /// Takes an account out of the list, in one step. Returns where its folder is now.
    pub(crate) fn set_aside(&self, name: &AccountName) -> Result<PathBuf, Error> {
        for number in 1..=NAME_TRIES {
            let aside = self.accounts().join(format!("{GONE}{name}-{number}"));
            if !aside.exists() {
                fs::rename(self.folder(name), &aside).map_err(storage)?;
                // Only when this is durable may the secrets go.
                sync_folder(&self.accounts()).map_err(storage)?;
                return Ok(aside);
            }
        }
        Err(Error::NameTaken)
    }

    /// What was set aside and is not removed yet.
    pub(crate) fn set_asides(&self) -> Result<Vec<PathBuf>, Error> {
        let gone = self.entries()?.into_iter().filter(|entry| entry.starts_with(GONE));
        Ok(gone.map(|entry| self.accounts().join(entry)).collect())
    }

    fn entries(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.accounts()).map_err(storage)? {
            names.extend(entry.map_err(storage)?.file_name().into_string());
        }
        Ok(names)
    }
}

fn make_private(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(storage)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened; the file system keeps names in order by itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Trouble with our own folders, as the store would say it.
pub(crate) fn storage(error: io::Error) -> Error {
    tmtp_store::StoreError::io("the folder of the accounts", error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folders_everywhere() {
        for good in ["a", "alice.at.home", "site-2", "0_0", &"x".repeat(64)] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a.", ".gone-a-1", "-a", "A", "a/b", "a\\b", "é", "a b", &"x".repeat(65)]
        {
            assert!(matches!(bad.parse::<AccountName>(), Err(Error::AccountName)), "{bad}");
        }
    }

    #[test]
    fn a_name_is_made_of_the_site_and_counted_up_while_taken() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        for (site, name) in [("=[::1]:7", "1"), ("+Mail.example.org:7", "mail.example.org"), ("=_:7", "site")]
        {
            let free = home.free_name(&site.parse().unwrap()).unwrap();
            assert_eq!(free.as_str(), name);
            fs::write(home.make_folder(&free).unwrap().join(DATABASE), "").unwrap();
        }
        let second = home.free_name(&"=mail.example.org:8".parse().unwrap()).unwrap();
        assert_eq!(second.as_str(), "mail.example.org-2");
        assert_eq!(home.list().unwrap().len(), 3);
    }

    #[test]
    fn an_account_set_aside_is_not_listed_and_can_be_found_to_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        for _ in 0..2 {
            let name: AccountName = "alice".parse().unwrap();
            fs::write(home.make_folder(&name).unwrap().join(DATABASE), "").unwrap();
            let aside = home.set_aside(&name).unwrap();
            assert!(aside.exists() && !home.holds(&name));
        }
        assert_eq!(home.list().unwrap(), []);
        assert_eq!(home.set_asides().unwrap().len(), 2);
    }
}
