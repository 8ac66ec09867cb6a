//! The scenarios of `bindings/scenarios`, one test each, as an app would live through them: on the calls that cross
//! to Kotlin and Swift, against a real site over TLS. The same list is run there, under the same names; this is the
//! model of both.
//!
//! What came of it is judged from outside: by the record of the site, and by a fresh reader of the store.
//!
//! | file | its scenarios |
//! |---|---|
//! | `sending` | what becomes of something that is sent |
//! | `waking` | wake-ups by a push |
//! | `lifecycle` | suspension, networks that change, events |
//! | `trouble` | a hostile site, a full disk |
//! | `stage` | what all of them stand on |

mod lifecycle;
mod sending;
mod stage;
mod trouble;
mod waking;
