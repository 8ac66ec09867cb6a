//! A measured figure, and how figures are printed.

use std::io::Write;

use serde::Serialize;

use crate::error::{BenchError, Outcome};

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// Our value divided by the base line's is at least this.
    RatioAtLeast(f64),
    /// Our value divided by the base line's is at most this.
    RatioAtMost(f64),
    /// Our value is at most this.
    AtMost(f64),
    /// Our value lies between these.
    Between(f64, f64),
    /// Our value is this.
    Exactly(f64),
    /// Our value is at most the base line's and this much more.
    AboveBaselineAtMost(f64),
    /// The base line's value is at most this, or it is no base line.
    BaselineAtMost(f64),
    /// It is only shown.
    Shown,
}

/// A measured figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: Option<f64>,
    pub(crate) baseline: Option<f64>,
    ratio: Option<f64>,
    pub(crate) target: Target,
}

impl Figure {
    /// A figure with a base line.
    pub(crate) fn new(
        name: &'static str,
        unit: &'static str,
        ours: f64,
        baseline: f64,
        target: Target,
    ) -> Figure {
        Figure {
            name,
            unit,
            ours: Some(ours),
            baseline: Some(baseline),
            ratio: Some(ours / baseline),
            target,
        }
    }

    /// A count that needs none.
    pub(crate) fn count(name: &'static str, unit: &'static str, ours: f64, target: Target) -> Figure {
        Figure { name, unit, ours: Some(ours), baseline: None, ratio: None, target }
    }

    /// A condition that the base line itself must fulfil.
    pub(crate) fn of_baseline(name: &'static str, unit: &'static str, baseline: f64, most: f64) -> Figure {
        Figure {
            name,
            unit,
            ours: None,
            baseline: Some(baseline),
            ratio: None,
            target: Target::BaselineAtMost(most),
        }
    }

    /// One that could not be measured here.
    pub(crate) fn not_measured(name: &'static str, unit: &'static str, target: Target) -> Figure {
        Figure { name, unit, ours: None, baseline: None, ratio: None, target }
    }

    /// The same with a ratio that is known better than from the two values.
    pub(crate) fn with_ratio(self, ratio: f64) -> Figure {
        Figure { ratio: Some(ratio), ..self }
    }

    /// The same without a ratio, where it would mean nothing.
    pub(crate) fn without_ratio(self) -> Figure {
        Figure { ratio: None, ..self }
    }

    /// Whether the target is met; `None` if there is none, or nothing was measured.
    pub(crate) fn met(&self) -> Option<bool> {
        let (ours, baseline, ratio) = (self.ours, self.baseline, self.ratio);
        match self.target {
            Target::RatioAtLeast(least) => ratio.map(|ratio| ratio >= least),
            Target::RatioAtMost(most) => ratio.map(|ratio| ratio <= most),
            Target::AtMost(most) => ours.map(|ours| ours <= most),
            Target::Between(least, most) => ours.map(|ours| (least..=most).contains(&ours)),
            Target::Exactly(wanted) => ours.map(|ours| (ours - wanted).abs() < 1e-9),
            Target::AboveBaselineAtMost(more) => ours.zip(baseline).map(|(ours, base)| ours <= base + more),
            Target::BaselineAtMost(most) => baseline.map(|baseline| baseline <= most),
            Target::Shown => None,
        }
    }

    /// Whether this is a condition that the base line must fulfil.
    pub(crate) fn is_of_baseline(&self) -> bool {
        matches!(self.target, Target::BaselineAtMost(_))
    }

    fn target(&self) -> Option<String> {
        Some(match self.target {
            Target::RatioAtLeast(least) => format!("ratio >= {least}"),
            Target::RatioAtMost(most) => format!("ratio <= {most}"),
            Target::AtMost(most) => format!("<= {most}"),
            Target::Between(least, most) => format!("{least} to {most}"),
            Target::Exactly(wanted) => format!("= {wanted}"),
            Target::AboveBaselineAtMost(more) => format!("<= baseline + {more}"),
            Target::BaselineAtMost(most) => format!("baseline <= {most}"),
            Target::Shown => return None,
        })
    }

    fn json(&self) -> Outcome<String> {
        Ok(serde_json::to_string(&Line {
            name: format!("{} [{}]", self.name, self.unit),
            ours: self.ours.map(rounded),
            baseline: self.baseline.map(rounded),
            ratio: self.ratio.map(rounded),
            target: self.target(),
            met: self.met(),
        })?)
    }

    fn row(&self) -> String {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shown);
        let verdict = match (self.met(), self.target) {
            (Some(true), _) => "met",
            (Some(false), _) => "MISSED",
            (None, Target::Shown) => "",
            (None, _) => "not measured",
        };
        format!(
            "{:<52} {:<9} {:>10} {:>10} {:>7}  {:<15} {verdict}",
            self.name,
            self.unit,
            number(self.ours),
            number(self.baseline),
            number(self.ratio),
            self.target().unwrap_or_default()
        )
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn shown(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

/// A figure for scripts, which rely on these names.
#[derive(Serialize)]
struct Line {
    name: String,
    ours: Option<f64>,
    baseline: Option<f64>,
    ratio: Option<f64>,
    target: Option<String>,
    met: Option<bool>,
}

/// What to run, and how to print it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    json: bool,
    only: Vec<String>,
}

impl Options {
    /// Reads the arguments.
    pub(crate) fn parse(words: &[&str]) -> Outcome<Options> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match (*word, words.clone().next()) {
                ("--json", _) => options.json = true,
                ("--only", Some(scene)) => {
                    options.only.push((*scene).to_owned());
                    words.next();
                }
                (word, _) => return Err(BenchError::Usage(word.to_owned())),
            }
        }
        Ok(options)
    }

    /// Whether this scene is to be run.
    pub(crate) fn wants(&self, scene: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == scene)
    }

    /// Prints what stands above the figures.
    pub(crate) fn print_head(&self) -> Outcome<()> {
        if self.json {
            return Ok(());
        }
        let (name, unit, ours, baseline, ratio, target) = ("", "", "ours", "baseline", "ratio", "target");
        line(&format!("{name:<52} {unit:<9} {ours:>10} {baseline:>10} {ratio:>7}  {target}"))
    }

    /// Prints a figure as soon as it is there.
    pub(crate) fn print(&self, figure: &Figure) -> Outcome<()> {
        line(&if self.json { figure.json()? } else { figure.row() })
    }

    /// Prints a sentence to people; scripts have the figures.
    pub(crate) fn remark(&self, text: &str) -> Outcome<()> {
        if self.json { Ok(()) } else { line(text) }
    }
}

fn line(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(ours: f64, baseline: f64, target: Target) -> Option<bool> {
        Figure::new("x", "y", ours, baseline, target).met()
    }

    #[test]
    fn each_target_is_met_on_its_side_and_missed_beyond() {
        for (target, good, bad) in [
            (Target::RatioAtLeast(0.85), 8.5, 8.4),
            (Target::RatioAtMost(1.03), 10.3, 10.4),
            (Target::AtMost(2.0), 2.0, 2.1),
            (Target::Between(1.0, 1.02), 1.02, 0.99),
            (Target::Exactly(3.0), 3.0, 4.0),
            (Target::AboveBaselineAtMost(3.0), 13.0, 13.1),
        ] {
            assert_eq!(
                (met(good, 10.0, target), met(bad, 10.0, target)),
                (Some(true), Some(false)),
                "{target:?}"
            );
        }
        assert_eq!(met(1.0, 1.0, Target::Shown), None);
        assert_eq!(Figure::not_measured("x", "y", Target::AtMost(1.0)).met(), None);
    }

    #[test]
    fn a_line_of_json_has_the_six_members_that_scripts_rely_on() {
        let figure = Figure::count("syncs", "each", 1.0, Target::AtMost(1.02));
        let text = figure.json().unwrap();
        assert_eq!(
            text,
            r#"{"name":"syncs [each]","ours":1.0,"baseline":null,"ratio":null,"target":"<= 1.02","met":true}"#
        );
    }

    #[test]
    fn arguments_choose_scenes_and_form() {
        let options = Options::parse(&["--only", "drain", "--json"]).unwrap();
        assert!(options.wants("drain") && !options.wants("posts") && options.json);
        assert!(Options::parse(&[]).unwrap().wants("posts"));
        assert!(Options::parse(&["--only"]).is_err());
    }
}
