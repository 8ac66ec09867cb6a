//! Every recorded exchange, replayed against the embedded site: what the recorded clients sent goes in with
//! its recorded timing under virtual time, and what comes out must be what the public server sent then.
//!
//! Compared for each connection: the frames in their order, answers and queued messages each for themselves
//! (between them the order is free, wire 13), byte by byte but for uids, node secrets, ids, times and checksums;
//! uids, secrets and ids must correspond one to one, checksums be right, times repeat where they repeated;
//! error texts; who ended the connection, and when. The table at the end says what was compared, and what
//! could not be and why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail as tests do")]

mod compare;
mod network;
mod replay;

use replay::Report;

#[test]
fn the_site_answers_every_recording_as_the_public_server_did() {
    let names = tmtp_recorded::files().unwrap();
    let reports: Vec<Report> = names.iter().map(|name| replay::replay(name)).collect();
    println!(
        "{:<24}{:>6}{:>7}{:>10}{:>8}  not comparable",
        "recording", "conns", "sent", "compared", "unread"
    );
    for report in &reports {
        println!(
            "{:<24}{:>6}{:>7}{:>10}{:>8}  {}",
            report.name, report.connections, report.sent, report.compared, report.unread, report.remark
        );
    }
    let total: usize = reports.iter().map(|report| report.compared).sum();
    println!("{} recordings, {total} frames compared", reports.len());
    let failures: Vec<_> = reports.iter().flat_map(|report| &report.failures).collect();
    assert!(failures.is_empty(), "{} failures\n{failures:#?}", failures.len());
    assert_eq!(reports.len(), 35);
    let recorded: usize = reports.iter().map(|report| report.recorded).sum();
    assert_eq!(total, recorded, "every recorded frame has been compared");
    assert!(total > 1000, "{total}");
}
