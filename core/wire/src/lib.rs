//! The words of TMTP: bytes to types and back.
//!
//! What comes in are bytes from a site or values from a caller; what goes out are types, or bytes to
//! put on a link. Nothing here does I/O, knows a clock, draws a random number or decides anything.

#![forbid(unsafe_code)]

pub mod address;
pub mod check;
pub mod code;
pub mod datahead;
pub mod filename;
pub mod frame;
pub mod headsum;
pub mod ids;
pub mod json;
pub mod limits;
pub mod message;
pub mod names;
pub mod plain;
mod printable;
pub mod request;
pub mod time;
