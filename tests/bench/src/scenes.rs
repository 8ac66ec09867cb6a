//! The scenes of a run. Each makes its own members, lets both sides do the same work in turns, and comes to
//! figures.

mod attachments;
mod bytes;
mod counts;
mod drain;
mod flush;
mod idle;
mod pages;
mod posts;
mod size;
mod trips;
mod wake;

use crate::error::Outcome;
use crate::figure::{Figure, Options, Target};
use crate::stage::Stage;

/// Plays the scenes that are wanted.
pub(crate) async fn run(options: &Options) -> Outcome<()> {
    let mut stage = Stage::raise().await?;
    let mut figures = Vec::new();
    options.print_head()?;
    if options.wants("counts") {
        show(options, &mut figures, counts::run(&mut stage).await?)?;
    }
    if options.wants("trips") {
        show(options, &mut figures, trips::run(&mut stage).await?)?;
    }
    if options.wants("drain") {
        show(options, &mut figures, drain::run(&mut stage).await?)?;
    }
    if options.wants("posts") {
        show(options, &mut figures, posts::run(&mut stage).await?)?;
    }
    if options.wants("flush") {
        show(options, &mut figures, flush::run(&mut stage).await?)?;
    }
    if options.wants("bytes") {
        show(options, &mut figures, bytes::run(&mut stage).await?)?;
    }
    if options.wants("attachments") {
        show(options, &mut figures, attachments::run(&mut stage).await?)?;
    }
    if options.wants("size") {
        show(options, &mut figures, size::run(options)?)?;
    }
    if options.wants("wake") {
        show(options, &mut figures, wake::run(&mut stage).await?)?;
    }
    if options.wants("pages") {
        show(options, &mut figures, pages::run(&mut stage).await?)?;
    }
    if options.wants("idle") {
        show(options, &mut figures, idle::run(&mut stage).await?)?;
    }
    if options.wants("awake") {
        show(options, &mut figures, idle::awake(&mut stage).await?)?;
    }
    let violations = stage.seen().await?.violations as f64;
    let judged = Figure::count(
        "violations of the protocol that the site has seen",
        "",
        violations,
        Target::Exactly(0.0),
    );
    show(options, &mut figures, vec![judged])?;
    judge(options, &figures)
}

fn show(options: &Options, figures: &mut Vec<Figure>, new: Vec<Figure>) -> Outcome<()> {
    for figure in new {
        options.print(&figure)?;
        figures.push(figure);
    }
    Ok(())
}

fn judge(options: &Options, figures: &[Figure]) -> Outcome<()> {
    if figures.iter().any(|figure| figure.is_of_baseline() && figure.met() == Some(false)) {
        options.remark("VOID: the base line does more than a base line may.")?;
    }
    let missed = figures.iter().filter(|figure| figure.met() == Some(false)).count();
    let met = figures.iter().filter(|figure| figure.met() == Some(true)).count();
    options.remark(&format!("{met} met, {missed} missed. Causes of misses: tests/bench/README.md."))
}
