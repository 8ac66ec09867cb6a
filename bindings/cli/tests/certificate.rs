//! `+host:port`: a site that is known by its certificate, judged by the roots of the platform. On Linux these can be
//! named by the environment, so each `tmtp` here is given roots of its own: a CA made by the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod common;

use std::path::PathBuf;
use std::process::Output;

use common::tmtp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tmtp_site::{Certificate, Server, ServerConfig};

/// Who vouches for sites.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, as platforms keep them.
    root: PathBuf,
    dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "a CA of this test");
        let key = KeyPair::generate().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root.pem");
        std::fs::write(&root, params.self_signed(&key).unwrap().pem()).unwrap();
        Authority { issuer: Issuer::new(params, key), root, dir }
    }

    /// A certificate for a site.
    fn vouches(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Certificate { chain: vec![made.der().to_vec()], key: key.serialize_der() }
    }
}

/// A site on `localhost`, and the runtime that it lives on.
struct Site {
    server: Option<Server>,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    fn with(certificate: Certificate) -> Site {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = ServerConfig { certificate: Some(certificate), ..ServerConfig::default() };
        let server = runtime.block_on(Server::start(config)).unwrap();
        Site { server: Some(server), runtime }
    }

    fn address(&self) -> String {
        format!("+localhost:{}", self.server.as_ref().unwrap().local_addr().port())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        drop(self.server.take());
    }
}

/// Somebody on a device whose platform trusts these roots and no others.
struct Person {
    home: tempfile::TempDir,
    variable: &'static str,
    roots: PathBuf,
}

impl Person {
    fn trusting(variable: &'static str, roots: PathBuf) -> Person {
        Person { home: tempfile::tempdir().unwrap(), variable, roots }
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = tmtp();
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").env(self.variable, &self.roots);
        command.arg("--home").arg(self.home.path()).args(words).output().unwrap()
    }

    fn ok(&self, words: &[&str]) -> Value {
        let output = self.run(&[&["--json"], words].concat());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a join comes to that must not succeed: its stable word, and its sentence.
    fn refused(&self, address: &str) -> (String, String) {
        let words = ["join", address, "--alias", "Ada Kittiwake", "--wait", "3"];
        let document = self.run(&[&["--json"], &words[..]].concat());
        assert_eq!(document.status.code(), Some(1), "{document:?}");
        let document: Value = serde_json::from_slice(&document.stdout).unwrap();
        let people = self.run(&words);
        let sentence = String::from_utf8(people.stderr).unwrap();
        assert_eq!(sentence, format!("tmtp: {}\n", document["reason"].as_str().unwrap()));
        assert_eq!(self.ok(&["accounts"])["items"], serde_json::json!([]), "nothing is left of it");
        (document["error"].as_str().unwrap().to_owned(), sentence)
    }
}

#[test]
fn a_site_with_a_certificate_that_the_platform_trusts_is_joined_and_mail_goes_through() {
    let authority = Authority::new();
    let site = Site::with(authority.vouches("localhost", |_| {}));
    let ada = Person::trusting("SSL_CERT_FILE", authority.root.clone());
    let ben = Person::trusting("SSL_CERT_DIR", authority.dir.path().to_owned());
    let joined = ada.ok(&["join", &site.address(), "--alias", "Ada Kittiwake"]);
    assert_eq!(joined["site"], site.address());
    let uid = ben.ok(&["join", &site.address(), "--alias", "Ben Lapwing"])["uid"].clone();
    ada.ok(&["send", "--to", uid.as_str().unwrap(), "--subject", "Nest count", "--text", "Three."]);
    let synced = ben.ok(&["sync"]);
    assert_eq!(synced["items"][0]["messages"][0]["text"], "Three.", "{synced}");
    assert!(site.server.as_ref().unwrap().handle().record().violations.is_empty());
}

#[test]
fn a_certificate_for_another_name_or_of_an_unknown_issuer_makes_one_think_of_a_portal() {
    let authority = Authority::new();
    let elsewhere = Site::with(authority.vouches("elsewhere.example", |_| {}));
    let ada = Person::trusting("SSL_CERT_FILE", authority.root.clone());
    let (code, sentence) = ada.refused(&elsewhere.address());
    assert_eq!(code, "untrusted");
    assert!(sentence.contains("nobody vouches") && sentence.contains("portal"), "{sentence}");

    let site = Site::with(authority.vouches("localhost", |_| {}));
    let another = Authority::new();
    let stranger = Person::trusting("SSL_CERT_FILE", another.root.clone());
    assert_eq!(stranger.refused(&site.address()).0, "untrusted");
}

#[test]
fn an_expired_certificate_makes_one_look_at_the_clock() {
    let authority = Authority::new();
    let site = Site::with(authority.vouches("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    }));
    let ada = Person::trusting("SSL_CERT_FILE", authority.root.clone());
    let (code, sentence) = ada.refused(&site.address());
    assert_eq!(code, "clock_wrong");
    assert!(sentence.contains("clock") && !sentence.contains("portal"), "{sentence}");
}

#[test]
fn a_device_without_any_roots_says_that_no_encrypted_link_comes_about() {
    let authority = Authority::new();
    let site = Site::with(authority.vouches("localhost", |_| {}));
    let empty = authority.dir.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let (code, sentence) = Person::trusting("SSL_CERT_FILE", empty).refused(&site.address());
    assert_eq!(code, "network");
    assert!(sentence.contains("no encrypted link"), "{sentence}");
}
