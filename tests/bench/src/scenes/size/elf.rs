//! As much of a 64-bit ELF file as a report of sizes needs: sections, symbols, alignment. Everything is looked up with
//! its bounds; a file that is damaged is an error.

use crate::error::{BenchError, Outcome};

/// A symbol with a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// The source file that it is local to, if the linker has noted one.
    pub(super) file: String,
}

/// A file in memory.
pub(super) struct Elf {
    bytes: Vec<u8>,
    sections: Vec<Section>,
    alignment: u64,
}

#[derive(Clone, Copy)]
struct Section {
    name: u64,
    kind: u32,
    flags: u64,
    offset: u64,
    size: u64,
    link: u32,
}

/// Values of the format.
const LOAD: u32 = 1;
const SYMBOLS: u32 = 2;
const NO_BYTES: u32 = 8;
const IN_MEMORY: u64 = 2;
const OBJECT: u8 = 1;
const FUNCTION: u8 = 2;
const FILE: u8 = 4;

const DAMAGED: BenchError = BenchError::Expected("a sound ELF file");

impl Elf {
    /// Reads the headers.
    pub(super) fn read(bytes: Vec<u8>) -> Outcome<Elf> {
        if bytes.get(..6) != Some(b"\x7fELF\x02\x01") {
            return Err(BenchError::Expected("a 64-bit little-endian ELF file"));
        }
        let mut elf = Elf { bytes, sections: Vec::new(), alignment: 0 };
        let (segments, table) = (elf.number(0x20, 8)?, elf.number(0x28, 8)?);
        for at in 0..elf.number(0x38, 2)? {
            let header = segments + at * 56;
            if elf.number(header, 4)? == u64::from(LOAD) {
                let alignment = elf.number(header + 48, 8)?;
                elf.alignment = if elf.alignment == 0 { alignment } else { elf.alignment.min(alignment) };
            }
        }
        for at in 0..elf.number(0x3c, 2)? {
            let header = table + at * 64;
            let section = Section {
                name: elf.number(header, 4)?,
                kind: elf.number(header + 4, 4)? as u32,
                flags: elf.number(header + 8, 8)?,
                offset: elf.number(header + 24, 8)?,
                size: elf.number(header + 32, 8)?,
                link: elf.number(header + 40, 4)? as u32,
            };
            elf.sections.push(section);
        }
        Ok(elf)
    }

    /// The smallest alignment of a loaded segment: the largest page size on which the file can be loaded.
    pub(super) fn alignment(&self) -> u64 {
        self.alignment
    }

    /// The sections that are loaded from the file, with their sizes.
    pub(super) fn sections(&self) -> Outcome<Vec<(String, u64)>> {
        let names = self.section(self.number(0x3e, 2)? as u32)?;
        let loaded = |section: &&Section| {
            section.flags & IN_MEMORY != 0 && section.kind != NO_BYTES && section.size > 0
        };
        self.sections
            .iter()
            .filter(loaded)
            .map(|section| Ok((self.text(names.offset + section.name)?, section.size)))
            .collect()
    }

    /// The symbols of code and data.
    pub(super) fn symbols(&self) -> Outcome<Vec<Symbol>> {
        let table = self.sections.iter().find(|section| section.kind == SYMBOLS);
        let table = table.ok_or(BenchError::Expected("a file with symbols"))?;
        let names = self.section(table.link)?;
        let (mut file, mut found) = (String::new(), Vec::new());
        for at in 0..table.size / 24 {
            let entry = table.offset + at * 24;
            let (info, bytes) = (self.number(entry + 4, 1)? as u8, self.number(entry + 16, 8)?);
            let (kind, local) = (info & 0xf, info >> 4 == 0);
            let name = names.offset + self.number(entry, 4)?;
            match kind {
                FILE => file = self.text(name)?,
                OBJECT | FUNCTION if bytes > 0 => {
                    let file = if local { file.clone() } else { String::new() };
                    found.push(Symbol { name: self.text(name)?, bytes, file });
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn section(&self, at: u32) -> Outcome<Section> {
        self.sections.get(at as usize).copied().ok_or(DAMAGED)
    }

    fn number(&self, at: u64, width: usize) -> Outcome<u64> {
        let at = usize::try_from(at).map_err(|_| DAMAGED)?;
        let bytes = at.checked_add(width).and_then(|end| self.bytes.get(at..end)).ok_or(DAMAGED)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn text(&self, at: u64) -> Outcome<String> {
        let rest = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)).ok_or(DAMAGED)?;
        let end = rest.iter().position(|byte| *byte == 0).ok_or(DAMAGED)?;
        Ok(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_has_itself_among_its_symbols() {
        let elf = Elf::read(std::fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
        assert!(elf.alignment() >= 4096);
        assert!(elf.sections().unwrap().iter().any(|(name, bytes)| name == ".text" && *bytes > 10_000));
        assert!(elf.symbols().unwrap().iter().any(|symbol| symbol.name.contains("tmtp_bench")));
    }

    #[test]
    fn a_file_that_is_cut_short_is_an_error() {
        let whole = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for length in [0, 5, 0x30, 100] {
            assert!(Elf::read(whole[..length].to_vec()).is_err(), "{length}");
        }
    }
}
