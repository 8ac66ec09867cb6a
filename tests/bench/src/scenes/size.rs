//! How large the library is that an app takes in, and whose bytes they are.

mod elf;
mod owner;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{BenchError, Outcome};
use crate::figure::{Figure, Options, Target};
use crate::product;

use elf::Elf;

const MB: f64 = 1e6;

/// Owners that are shown by name; the rest is added up.
const SHOWN: usize = 24;

pub(super) fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let library = product::library()?;
    let (size, packed) = (std::fs::metadata(&library.shipped)?.len(), gzipped(&library.shipped)?);
    let elf = Elf::read(std::fs::read(&library.with_symbols)?)?;
    report(&elf, options)?;
    Ok(vec![
        Figure::count("library, stripped", "MB", size as f64 / MB, Target::AtMost(4.0)),
        Figure::count("library, stripped, gzip -9", "MB", packed as f64 / MB, Target::AtMost(2.0)),
        Figure::count(
            "alignment of its segments (here, not on Android)",
            "KiB",
            elf.alignment() as f64 / 1024.0,
            Target::Shown,
        ),
    ])
}

fn gzipped(file: &Path) -> Outcome<usize> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(file).stderr(Stdio::inherit()).output()?;
    if output.status.success() { Ok(output.stdout.len()) } else { Err(BenchError::Child(output.status)) }
}

/// Prints the sections, and the symbols by owner.
fn report(elf: &Elf, options: &Options) -> Outcome<()> {
    let line =
        |bytes: u64, name: &str| options.remark(&format!("  {:>9.1} KB  {name}", bytes as f64 / 1000.0));
    options.remark("Sections that are in the file:")?;
    let mut sections = elf.sections()?;
    sections.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    for (name, bytes) in sections.iter().filter(|(_, bytes)| *bytes >= 1000) {
        line(*bytes, name)?;
    }
    let mut owners: BTreeMap<String, u64> = BTreeMap::new();
    let symbols = elf.symbols()?;
    for symbol in &symbols {
        *owners.entry(owner::of(symbol)).or_default() += symbol.bytes;
    }
    let mut owners: Vec<(String, u64)> = owners.into_iter().collect();
    owners.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    options.remark("Code and data that has a symbol, by the crate whose name it bears (generic code: whose type or trait it is):")?;
    for (name, bytes) in owners.iter().take(SHOWN) {
        line(*bytes, name)?;
    }
    line(owners.iter().skip(SHOWN).map(|(_, bytes)| bytes).sum(), "others")
}
