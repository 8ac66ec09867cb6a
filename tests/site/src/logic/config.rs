//! What a site is told when it is made.

use std::time::Duration;

use super::gap::Gaps;
use crate::limits;

/// The site's times. The defaults are those of the public server; tests and demos may shorten them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timers {
    /// From accept to login.
    pub login: Duration,
    /// Without a byte from the client.
    pub silence: Duration,
    /// Until an unconfirmed message is sent again; as long is a gap (see [`Gaps`]).
    pub repeat: Duration,
    /// How long a confirmation blocks its link when its buffer is full.
    pub confirmation_wait: Duration,
    /// How long a presence message blocks its sender when the receiver's buffer is full.
    pub presence_wait: Duration,
    /// How long a write may make no progress before the link counts as broken. `None`: the caller's
    /// sockets decide.
    pub write_stall: Option<Duration>,
    /// How long after the login of its link a user edit is a violation (wire 18.3).
    pub edit_after_login: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Timers {
            login: limits::LOGIN_LIMIT,
            silence: limits::SILENCE_LIMIT,
            repeat: limits::REPEAT_AFTER,
            confirmation_wait: limits::CONFIRMATION_WAIT,
            presence_wait: limits::PRESENCE_WAIT,
            write_stall: Some(limits::WRITE_STALL),
            edit_after_login: limits::EDIT_AFTER_LOGIN,
        }
    }
}

/// What a site is told when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name in `tmtprev`.
    pub name: String,
    /// Whether registration needs a sign-in with OpenID Connect. Tokens are not verified: every
    /// registration is refused with "authentication required", and `tmtprev` names a provider.
    pub demand_sign_in: bool,
    /// Whether the `datasum` of a login stands in the `login` messages that it makes, as at the public server
    /// (wire 14.3). No document promises it.
    pub echo_login_tag: bool,
    /// The site's times.
    pub timers: Timers,
    /// Whether now and then nothing is delivered for a while after a login (wire 12.3), and how often. `None`:
    /// only when [`crate::Site::gap_at_next_login`] asks for it.
    pub gaps: Option<Gaps>,
    /// The counter behind the ids of messages. The public server takes the nanoseconds of its start.
    pub first_id: u64,
    /// What uids and node secrets are made from. The same seed and the same calls give the same ones, so
    /// take a random one where the secrets have to be secret.
    pub seed: u64,
    /// Whether effects wait until [`crate::Site::stored`] says that their facts are kept.
    pub durable: bool,
    /// Data bytes of the largest message; a larger one ends its link as a violation.
    pub message_max: u64,
    /// Whether the record keeps a line for each accepted post and knows those accepted twice. Grows with
    /// every post.
    pub record_posts: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            name: "site".to_owned(),
            demand_sign_in: false,
            echo_login_tag: true,
            timers: Timers::default(),
            gaps: None,
            first_id: 0x18ea_c40f_98d5_0000,
            seed: 1,
            durable: false,
            message_max: limits::MESSAGE_MAX,
            record_posts: true,
        }
    }
}
