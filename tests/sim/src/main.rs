//! `tmtp-sim`: runs simulated worlds from seeds, and shrinks one that fails.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::process::ExitCode;
use std::time::Instant;

use tmtp_sim::{Climate, DONE, KINDS, Plan, Sum, run_logged, run_plan, run_seeds, shrink};

const HELP: &str = "\
tmtp-sim: simulated worlds of TMTP members, sites, links, disks and clocks

Usage: tmtp-sim [--seeds N] [--from S] [--json] [--shrink] [--log] [--floors] [--plant NAME]

  --seeds N     how many worlds to run (100)
  --from S      the first seed (1)
  --json        one JSON document instead of text
  --shrink      shrinks the first world that fails and prints what is left of it
  --log         prints everything that happens in the first seed's world
  --floors      fails if a kind of fault, posts, or what people do came too seldom: 2000 seeds, 100000 posts,
                1000 of each fault
  --plant NAME  switches on one planted defect (only if built with --features plant); `list` names them

One seed is one world: run a failing one again by --from S --seeds 1.
Exit status: 0 all promises kept, 1 not, 2 usage.";

struct Args {
    seeds: u64,
    from: u64,
    json: bool,
    shrink: bool,
    log: bool,
    floors: bool,
    plant: Option<String>,
}

fn args() -> Result<Args, String> {
    let mut args =
        Args { seeds: 100, from: 1, json: false, shrink: false, log: false, floors: false, plant: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => args.seeds = number(&value()?)?,
            "--from" => args.from = number(&value()?)?,
            "--plant" => args.plant = Some(value()?),
            "--json" => args.json = true,
            "--shrink" => args.shrink = true,
            "--log" => args.log = true,
            "--floors" => args.floors = true,
            "--help" | "-h" => return Err(HELP.to_owned()),
            _ => return Err(format!("unknown argument {word}\n\n{HELP}")),
        }
    }
    Ok(args)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

fn main() -> ExitCode {
    let args = match args() {
        Ok(args) => args,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    let Ok(each) = planting(args.plant.as_deref()) else { return ExitCode::from(2) };
    if args.log {
        each();
        let outcome = run_logged(Plan::of(args.from, &Climate::default()), None);
        outcome.log.iter().for_each(|line| println!("{line}"));
        return ExitCode::SUCCESS;
    }
    let begun = Instant::now();
    let sum = run_seeds(args.from, args.seeds, &Climate::default(), &each, |_| {});
    let seconds = begun.elapsed().as_secs_f64();
    if args.json {
        println!("{}", serde_json::json!({ "sum": sum, "seconds": seconds }));
    } else {
        print(&sum, seconds);
    }
    if args.shrink
        && let Some((seed, _)) = sum.violations.first()
    {
        each();
        shrunk(*seed);
    }
    let low = if args.floors { too_few(&sum) } else { Vec::new() };
    for line in &low {
        eprintln!("too few: {line}");
    }
    if sum.violations.is_empty() && low.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(sum: &Sum, seconds: f64) {
    for (seed, findings) in sum.violations.iter().take(20) {
        println!("seed {seed}:");
        for finding in findings.iter().take(5) {
            println!("    {finding}");
        }
    }
    for (kind, count) in sum.remainders.iter() {
        println!("allowed remainder  {kind:32} {count:>8}");
    }
    for (kind, count) in sum.done.iter() {
        println!("done or told       {kind:32} {count:>8}");
    }
    let faults: Vec<String> = sum.faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!(
        "seeds {}, steps {}, posts {}, faults: {}, violations {}, in {seconds:.1} s",
        sum.seeds,
        sum.steps,
        sum.posts,
        faults.join(", "),
        sum.violations.len(),
    );
}

fn too_few(sum: &Sum) -> Vec<String> {
    let mut low = Vec::new();
    let mut floor = |what: &str, count: u64, least: u64| {
        if count < least {
            low.push(format!("{what}: {count} of {least}"));
        }
    };
    floor("seeds", sum.seeds, 2_000);
    floor("posts", sum.posts, 100_000);
    for kind in KINDS {
        floor(kind, sum.faults.of(kind), 1_000);
    }
    for (kind, least) in DONE {
        floor(kind, sum.done.of(kind), least);
    }
    low
}

fn shrunk(seed: u64) {
    let plan = shrink(Plan::of(seed, &Climate::default()), 300);
    println!("seed {seed}, shrunk to {} deeds:", plan.deeds.len());
    for (number, client) in plan.cast.iter().enumerate() {
        println!("    client {number}: {client:?}");
    }
    for deed in &plan.deeds {
        println!("    {:>9} ms  client {}  {:?}", deed.at, deed.client, deed.act);
    }
    for finding in run_plan(plan).findings {
        println!("    => {finding}");
    }
}

#[cfg(feature = "plant")]
fn planting(name: Option<&str>) -> Result<impl Fn() + Sync, ()> {
    let defect = match name {
        None => None,
        Some(name) => match tmtp_sim::plants::by_name(name) {
            Some(defect) => Some(defect),
            None => {
                eprintln!("planted defects: {}", tmtp_sim::plants::names().join(" "));
                return Err(());
            }
        },
    };
    Ok(move || tmtp_sim::plants::plant(defect))
}

#[cfg(not(feature = "plant"))]
fn planting(name: Option<&str>) -> Result<impl Fn() + Sync, ()> {
    if name.is_some() {
        eprintln!("built without planted defects: cargo run -p tmtp-sim --features plant -- --plant NAME");
        return Err(());
    }
    Ok(|| {})
}
