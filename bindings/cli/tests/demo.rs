//! The demo with a fixed seed, over real sockets, processes that are killed and a bad network: every promise is kept,
//! and the faults were really there.

mod common;

use common::tmtp;
use serde_json::Value;

/// What the issue of the demo fixes.
const NAMES: [&str; 14] = [
    "sent",
    "arrived",
    "doubled",
    "lost",
    "reordered",
    "accepted_twice",
    "in_doubt_sent",
    "in_doubt_not_sent",
    "cuts",
    "kills",
    "logins",
    "violations",
    "p50_ms",
    "p95_ms",
];

#[test]
fn the_demo_keeps_every_promise_and_leaves_homes_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().join("kept");
    let words = ["--json", "demo", "--seed", "7", "--messages", "150", "--minutes", "0.3", "--keep"];
    let output = tmtp().args(words).arg(&keep).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
    let number = |name: &str| report[name].as_u64().unwrap_or_else(|| panic!("no {name} in {report}"));
    for name in NAMES {
        number(name);
    }
    assert_eq!((number("sent"), number("arrived")), (150, 150), "{report}");
    for zero in ["doubled", "lost", "reordered", "wrong", "accepted_twice", "violations"] {
        assert_eq!(number(zero), 0, "{zero}: {report}");
    }
    assert!(
        number("cuts") >= 10 && number("kills") >= 3 && number("logins") >= 20,
        "too little happened: {report}"
    );
    assert_eq!(output.status.code(), Some(0));

    let list = tmtp()
        .arg("--home")
        .arg(keep.join("ben"))
        .args(["--json", "--account", "harbour", "threads"])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert!(!list["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_folder_that_is_in_use_is_not_taken_for_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "x").unwrap();
    let output = tmtp().args(["demo", "--keep"]).arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(folder.path().join("mine")).unwrap(), "x");
}
