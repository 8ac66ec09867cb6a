//! A home in which nothing can be written, met by a process without the right to.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use tmtp_client::{Client, Config, Error, State, WakeEnd};

use crate::world::{LONG, World, letter, page};

const HOME: &str = "TMTP_CLIENT_NARROW_HOME";
/// A user without rights.
const NOBODY: u32 = 65_534;

/// Not a test of its own: the process that can write nothing.
#[tokio::test]
#[ignore = "started by another test"]
async fn the_process_that_can_write_nothing() {
    let Ok(home) = std::env::var(HOME) else { return };
    assert!(fs::write(Path::new(&home).join("probe"), "x").is_err(), "it is meant to be unable to write");
    let client = Client::open(Config::new(&home)).await.unwrap();
    let accounts = client.accounts().await.unwrap();
    assert!(accounts[0].problem.is_none(), "{accounts:?}");
    assert!(accounts[0].uid.is_some());
    assert_eq!(accounts[0].state, State::ReadOnly, "why nothing will be sent");

    let here = client.account(&accounts[0].name).await.unwrap();
    assert_eq!(here.status().await.unwrap().state, State::ReadOnly);
    let threads = here.threads(false, page(10)).await.unwrap().items;
    assert_eq!(threads[0].subject, "Kept");
    let refused = here.send(letter("new", &[], "New")).await;
    assert!(matches!(refused, Err(Error::ReadOnly)), "{refused:?}");
    assert_eq!(here.state(), State::ReadOnly);
    let looked = here.wake(LONG).await;
    assert!(matches!(looked, Err(Error::ReadOnly)), "{looked:?}");
    client.stop(LONG).await.unwrap();
}

fn allow(path: &Path, dirs: u32, files: u32) {
    let is_dir = path.is_dir();
    if is_dir && dirs & 0o200 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(dirs)).unwrap();
    }
    if is_dir {
        fs::read_dir(path).unwrap().for_each(|entry| allow(&entry.unwrap().path(), dirs, files));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(if is_dir { dirs } else { files })).unwrap();
}

#[tokio::test]
async fn a_home_that_can_only_be_read_is_read_and_says_why_nothing_is_sent() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    ada.here.send(letter("kept", &[], "Kept")).await.unwrap();
    assert_eq!(ada.here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
    ada.client.stop(LONG).await.unwrap();

    let home = world.path("ada lovelace");
    // Where the test itself lies may be closed to a user without rights.
    let program = world.path("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(home.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    allow(&home, 0o555, 0o444);
    let mut command = Command::new(&program);
    command.args(["narrow::the_process_that_can_write_nothing", "--exact", "--ignored", "--nocapture"]);
    if fs::metadata(&home).unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let outcome = command.env(HOME, &home).output().unwrap();
    allow(&home, 0o755, 0o644);
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
}
