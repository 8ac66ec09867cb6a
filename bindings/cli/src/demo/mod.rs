//! The main job of the project, played before one's eyes: three people exchange mail at two sites over links that are
//! cut, stall and vanish, from processes that are killed; at the end everything has arrived once.
//!
//! | file | holds |
//! |---|---|
//! | [`cast`] | who plays: people, clients (processes), nodes (accounts at a site) |
//! | [`plan`], [`faults`] | what is written and what goes wrong, drawn from a seed ([`rng`]) |
//! | [`net`] | the two sites, and a relay on each link |
//! | [`child`], [`troupe`], [`protocol`] | the client processes and the lines between them and the demo |
//! | [`member`], [`stock`] | what runs inside a client process: the façade, or a receiver that folds nothing |
//! | [`stage`], [`play`] | getting acquainted; the play |
//! | [`read`], [`judge`](mod@judge), [`report`] | stores as a fresh process reads them, the judgement, the table |
//! | [`screen`] | what one sees meanwhile |
//!
//! The judgement is made from outside: what was handed to `send` against the stores, and the sites' own record.

mod cast;
mod child;
mod faults;
mod judge;
mod member;
mod net;
mod plan;
mod play;
mod protocol;
mod read;
mod report;
mod rng;
mod screen;
mod stage;
mod stock;
mod troupe;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::args;
use crate::demo::cast::{Client, Node, site_name};
use crate::demo::child::lines_of;
use crate::demo::judge::judge;
use crate::demo::net::Net;
use crate::demo::play::{Play, Played};
use crate::demo::protocol::{Held, Read, Said, Totals};
use crate::demo::report::{Report, percentile};
use crate::demo::rng::Rng;
use crate::demo::screen::Screen;
use crate::demo::stage::Stage;
use crate::failure::{DONE, Failure, Outcome, REFUSED};
use crate::output::{Out, style};
use crate::random::random;

/// Seeds that are drawn are short enough to be typed.
const SEED_END: u64 = 1_000_000;

/// Plays; the exit code is 0 if every promise was kept.
pub(crate) async fn run(args: &args::Demo, out: Out) -> Outcome<u8> {
    let began = Instant::now();
    let seed = match args.seed {
        Some(seed) => seed,
        None => random()? % SEED_END,
    };
    let folder = Folder::make(args.keep.as_deref())?;
    let rng = Rng::new(seed);
    let net = Net::start(&rng).await?;
    let mut screen = Screen::new(out, u64::from(args.messages), &heading(seed));
    let time = Duration::from_secs_f64(args.minutes * 60.0);
    let Stage { mut troupe, uids } = stage::set(&net, &mut screen, folder.path()).await?;
    let files = folder.path().join("files");
    let stock_uid = uids.get(&Node { client: Client::Stock, site: 0 }).cloned().unwrap_or_default();
    let parts = (&net, &mut troupe, &mut screen);
    let played = Play::new(parts, (files, stock_uid), &rng, time).run(args.messages, time).await?;
    troupe.stop().await?;
    screen.finish();
    let mut report = Report { seed, timers: Net::timers(), ..Report::default() };
    net.count(&mut report);
    net.stop().await;
    judged(&mut report, &played, folder.path()).await?;
    report.seconds = began.elapsed().as_secs_f64();
    report.kept = args.keep.as_ref().map(|_| folder.path().display().to_string());
    out.report(&report, Report::human);
    Ok(if report.is_good() { DONE } else { REFUSED })
}

/// A process of the demo: a client on the façade.
pub(crate) async fn run_member(home: &Path) -> Outcome<u8> {
    member::run(home).await.map(|()| DONE)
}

/// A process of the demo: the receiver that folds nothing.
pub(crate) async fn run_stock(args: &args::DemoStock) -> Outcome<u8> {
    stock::run(&args.site, &args.dir).await.map(|()| DONE)
}

/// A process of the demo: prints what the stores of a home hold.
pub(crate) async fn run_read(home: &Path) -> Outcome<u8> {
    read::run(home).await.map(|()| DONE)
}

fn heading(seed: u64) -> Vec<String> {
    let timers = Net::timers();
    vec![
        format!("{} seed {seed}", style::strong().for_stderr().apply_to("tmtp demo,")),
        "Three people, two sites, eight links, one receiver of the old kind that folds nothing.".to_owned(),
        "These sites have shortened timers, so that a minute shows what takes many at the public server:"
            .to_owned(),
        format!(
            "a vanished link locks its node for {} s (there: 120 s), a repetition comes after {} s (30 s).",
            timers.silence_s, timers.repeat_s
        ),
        String::new(),
    ]
}

async fn judged(report: &mut Report, played: &Played, folder: &Path) -> Outcome<()> {
    let (stores, totals) = read_stores(folder).await?;
    let verdict = judge(&played.handed, &stores);
    report.sent = played.handed.len() as u64;
    report.arrived = verdict.arrived;
    report.copies = verdict.copies;
    report.doubled = verdict.doubled;
    report.lost = verdict.lost;
    report.reordered = verdict.reordered;
    report.wrong = verdict.wrong;
    report.in_doubt_sent = totals.iter().map(|total| total.in_doubt_sent).sum();
    report.in_doubt_not_sent = totals.iter().map(|total| total.in_doubt_not_sent).sum();
    report.folded = totals.iter().map(|total| total.folded).sum();
    report.kills = played.kills;
    report.attached_bytes = played.attached;
    report.p50_ms = percentile(&played.latencies, 50);
    report.p95_ms = percentile(&played.latencies, 95);
    Ok(())
}

/// Everything that the stores hold, read by processes that have not written it.
async fn read_stores(folder: &Path) -> Outcome<(BTreeMap<Node, Vec<Held>>, Vec<Totals>)> {
    let mut stores: BTreeMap<Node, Vec<Held>> = BTreeMap::new();
    let mut totals = Vec::new();
    for client in Client::ALL {
        let home = folder.join(client.name());
        if client == Client::Stock {
            stores.insert(Node { client, site: 0 }, stock::held(&home)?);
            continue;
        }
        for line in lines_of(&home, &["demo-read"]).await? {
            let read = serde_json::from_str(&line);
            match read.map_err(|error| Failure::new("demo", format!("a store's line: {error}")))? {
                Read::Totals(total) => totals.push(total),
                Read::Held(held) => {
                    let site = client.sites().iter().copied().find(|site| site_name(*site) == held.account);
                    let site = site.ok_or_else(|| Failure::new("demo", "a store of an unknown account"))?;
                    stores.entry(Node { client, site }).or_default().push(held);
                }
            }
        }
    }
    Ok((stores, totals))
}

/// Where the homes are: kept where one asked for, or gone at the end.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn make(keep: Option<&Path>) -> Outcome<Self> {
        let fail = |error: std::io::Error| Failure::io("the demo's folder cannot be made", &error);
        let path = match keep {
            Some(path) => std::path::absolute(path).map_err(fail)?,
            None => std::env::temp_dir().join(format!("tmtp-demo-{:016x}", random()?)),
        };
        if path.exists() && std::fs::read_dir(&path).map_err(fail)?.next().is_some() {
            let sentence = format!("{} is not empty; name a new folder with --keep", path.display());
            return Err(Failure::usage(sentence));
        }
        std::fs::create_dir_all(path.join("files")).map_err(fail)?;
        Ok(Folder { path, keep: keep.is_some() })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // A folder of a temporary place that cannot be removed is the system's to clean.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// A client's line to the demo.
fn say(said: &Said) -> Outcome<()> {
    line(said)
}

/// A line of JSON to standard output.
fn line<T: serde::Serialize>(value: &T) -> Outcome<()> {
    let fail = |error: std::io::Error| Failure::io("the demo does not listen", &error);
    let mut text = serde_json::to_vec(value).map_err(|error| fail(error.into()))?;
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&text).and_then(|()| out.flush()).map_err(fail)
}
