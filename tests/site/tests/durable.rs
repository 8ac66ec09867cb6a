//! A site in a folder, killed like a process is killed.
//!
//! The killed process is the binary of this crate, which serves a folder until it is killed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{Client, post};

struct SiteProcess {
    child: Child,
    address: SocketAddr,
}

impl SiteProcess {
    fn start(dir: &Path) -> SiteProcess {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_tmtp-site")).arg(dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix('=').expect("the site's address").parse().unwrap();
        SiteProcess { child, address }
    }

    /// SIGKILL: nothing of what is in memory is left.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for SiteProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tmtp-durable-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_was_answered_survives_a_kill_and_what_was_half_sent_leaves_nothing() {
    let folder = Folder::new("kill");
    let mut site = SiteProcess::start(&folder.0);
    let mut anna = Client::connect(site.address);
    let mut berta = Client::connect(site.address);
    let (anna_uid, anna_secret) = anna.register();
    let (uid, secret) = berta.register();
    anna.send(r#"{"op":3,"id":"a","newalias":"anna anna"}"#, b"");
    anna.next("ack");
    let mut ids = Vec::new();
    for round in 0..3 {
        for number in 0..20 {
            let data = format!("round {round} number {number}");
            anna.send(&post("p", &[&uid], data.len()), data.as_bytes());
            ids.push((anna.next("ack").text("msgid"), data));
        }
        anna.send(&post("half", &[&uid], 100), b"half of it");
        site.kill();
        site = SiteProcess::start(&folder.0);
        anna = Client::connect(site.address);
        anna.login(&anna_uid, &anna_secret);
    }
    anna.send(r#"{"op":9,"id":"p","from":"anna anna","to":"anna anna"}"#, b"");
    assert_eq!(anna.next("ack").text("error"), "");
    let mut berta = Client::connect(site.address);
    berta.login(&uid, &secret);
    for (id, data) in ids {
        let got = berta.next("delivery");
        assert_eq!((got.text("id"), got.data), (id, data.into_bytes()));
    }
    berta.next("login");
}

#[test]
fn the_certificate_of_a_lasting_site_stays_the_same() {
    let folder = Folder::new("certificate");
    let certificate = || {
        let site = SiteProcess::start(&folder.0);
        let mut client = Client::connect(site.address);
        client.send(r#"{"op":0,"id":"1"}"#, b"");
        client.next("tmtprev");
        client.tls.peer_certificates().unwrap()[0].to_vec()
    };
    assert_eq!(certificate(), certificate());
}
