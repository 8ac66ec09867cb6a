//! Recorded exchanges with the public server, and their reader.
//!
//! Each file in `data/` is one scenario, a JSON object per line in the order seen by the recorder: a frame,
//! bytes that are no whole frame, or an event of a connection. [`load`] reads one, [`files`] names them
//! all. Nothing here judges what was recorded; the accounts in there are worthless.

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;

use tmtp_wire::json::{JsonError, Object, Value};

/// A line of a recording.
#[derive(Clone, Debug)]
pub struct Line {
    /// Milliseconds from the start of the scenario.
    pub t_ms: f64,
    /// Name of the connection, `-` for remarks about the scenario. Used again after a reconnect.
    pub conn: String,
    /// What happened.
    pub what: What,
}

/// What a line tells.
#[derive(Clone, Debug)]
pub enum What {
    /// A whole frame from the client.
    ToServer(Frame),
    /// A whole frame from the server.
    ToClient(Frame),
    /// Bytes from the client that are no whole or valid frame; none if only their number was recorded.
    Raw {
        /// The bytes.
        bytes: Option<Vec<u8>>,
        /// What they are, in words.
        note: String,
    },
    /// `open`, `closed by server (close_notify)`, `closed by client (RST)`, …, or a remark.
    Event(String),
}

/// A frame as it was on the wire.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The four length digits.
    pub hlen: String,
    /// The header's exact text.
    pub header: String,
    /// The data behind it.
    pub data: Data,
}

/// The data of a frame.
#[derive(Clone, Debug)]
pub enum Data {
    /// All of it.
    Bytes(Vec<u8>),
    /// Too long to be recorded whole.
    Digest {
        /// Bytes.
        len: usize,
        /// SHA-256 in hex.
        sha256: String,
    },
}

impl Data {
    /// Bytes of it.
    pub fn len(&self) -> usize {
        match self {
            Data::Bytes(bytes) => bytes.len(),
            Data::Digest { len, .. } => *len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Frame {
    /// The frame's bytes. Data that was too long to be recorded is made of zeros.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.hlen.as_bytes(), self.header.as_bytes()].concat();
        match &self.data {
            Data::Bytes(data) => bytes.extend_from_slice(data),
            Data::Digest { len, .. } => bytes.resize(bytes.len() + len, 0),
        }
        bytes
    }
}

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{name}: {source}")]
    Io {
        /// File name.
        name: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A line is no JSON object.
    #[error("line {line}: {source}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Cause.
        source: JsonError,
    },
    /// A line lacks something.
    #[error("line {line}: no usable {field}")]
    Field {
        /// Line, from 1.
        line: usize,
        /// What it lacks.
        field: &'static str,
    },
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data"))
}

/// The names of all recordings, sorted, without ending.
pub fn files() -> Result<Vec<String>, LoadError> {
    let io = |source| LoadError::Io { name: "data".into(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder()).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a recording by its name.
pub fn load(name: &str) -> Result<Vec<Line>, LoadError> {
    let path = folder().join(format!("{name}.jsonl"));
    let text = fs::read_to_string(path).map_err(|source| LoadError::Io { name: name.into(), source })?;
    text.lines().enumerate().map(|(index, text)| line(index + 1, text)).collect()
}

fn line(number: usize, text: &str) -> Result<Line, LoadError> {
    let object = Object::parse(text.as_bytes()).map_err(|source| LoadError::Json { line: number, source })?;
    let lacking = |field| LoadError::Field { line: number, field };
    let str = |field| object.str(field).ok().flatten();
    let need = |field| str(field).ok_or(lacking(field)).map(str::to_owned);
    let t_ms = match object.get("t") {
        Some(Value::Number(digits)) => digits.parse().map_err(|_| lacking("t"))?,
        _ => return Err(lacking("t")),
    };
    let what = match (str("dir"), str("header")) {
        (Some("event"), _) => What::Event(need("event")?),
        (Some(dir), Some(header)) => {
            let data = data(&object).ok_or(lacking("data"))?;
            let frame = Frame { hlen: need("hlen")?, header: header.to_owned(), data };
            if dir == "c2s" { What::ToServer(frame) } else { What::ToClient(frame) }
        }
        (Some("c2s"), None) => What::Raw {
            bytes: str("raw_b64").map(|text| base64(text).ok_or(lacking("raw_b64"))).transpose()?,
            note: need("note")?,
        },
        _ => return Err(lacking("dir")),
    };
    Ok(Line { t_ms, conn: need("conn")?, what })
}

fn data(object: &Object) -> Option<Data> {
    if let Some(len) = object.u64("data_len").ok()? {
        let sha256 = object.str("data_sha256").ok()??.to_owned();
        return Some(Data::Digest { len: usize::try_from(len).ok()?, sha256 });
    }
    base64(object.str("data_b64").ok()?.unwrap_or_default()).map(Data::Bytes)
}

/// Reads standard base64 with padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_every_padding() {
        for (text, bytes) in [("", ""), ("aA==", "h"), ("aGU=", "he"), ("aGVs", "hel"), ("aGVsbG8=", "hello")]
        {
            assert_eq!(base64(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(base64("a*"), None);
    }

    #[test]
    fn all_recordings_are_read_and_their_frames_are_as_long_as_they_say() {
        let names = files().unwrap();
        assert_eq!(names.len(), 35);
        let mut frames = 0;
        for name in names {
            for line in load(&name).unwrap() {
                if let What::ToServer(frame) | What::ToClient(frame) = line.what {
                    let length = usize::from_str_radix(&frame.hlen, 16).unwrap();
                    assert_eq!(length, frame.header.len(), "{name}: {}", frame.header);
                    frames += 1;
                }
            }
        }
        assert!(frames > 1000, "{frames}");
    }
}
