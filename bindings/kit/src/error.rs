//! What can go wrong in a test's surroundings.

use tmtp_client::Error;

/// Why the kit did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KitError {
    /// What was waited for did not come in time.
    #[error("waited in vain for {what}")]
    TimedOut {
        /// What.
        what: String,
    },
    /// A value makes no sense.
    #[error("{what} makes no sense")]
    Wrong {
        /// Which.
        what: String,
    },
    /// The site, relay or member is not there, or has ended.
    #[error("{what} is not there")]
    NotThere {
        /// What.
        what: String,
    },
    /// The system refuses.
    #[error("the system refuses: {reason}")]
    System {
        /// What it says.
        reason: String,
    },
    /// A member's client has answered with an error.
    #[error("the member's client says: {code}")]
    Client {
        /// Its stable code.
        code: String,
    },
    /// A defect of the kit.
    #[error("the kit is broken")]
    Broken,
}

impl KitError {
    pub(crate) fn not_there(what: &str) -> KitError {
        KitError::NotThere { what: what.to_owned() }
    }

    pub(crate) fn wrong(what: &str) -> KitError {
        KitError::Wrong { what: what.to_owned() }
    }

    pub(crate) fn timed_out(what: &str) -> KitError {
        KitError::TimedOut { what: what.to_owned() }
    }
}

impl From<std::io::Error> for KitError {
    fn from(error: std::io::Error) -> KitError {
        KitError::System { reason: error.to_string() }
    }
}

impl From<Error> for KitError {
    fn from(error: Error) -> KitError {
        KitError::Client { code: error.code().to_owned() }
    }
}

impl From<tmtp_store::StoreError> for KitError {
    fn from(error: tmtp_store::StoreError) -> KitError {
        KitError::System { reason: error.to_string() }
    }
}
