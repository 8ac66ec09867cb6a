//! Names and ids as they cross: texts with a type each, so that a thread never stands where a message belongs.
//!
//! They cross as they are. Whether a text is one is checked by the call that gets it, which answers with an error of
//! its own: [`NotFound`](crate::TmtpError::NotFound) for an id that cannot exist, the rule that is broken for what
//! a person types.

use std::fmt;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        uniffi::custom_newtype!($name, String);

        impl fmt::Debug for $name {
            /// People chose some of these and others name people: logs do not show them.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}

texts! {
    /// How an account is called on this device: 1 to 64 lower-case letters, digits, `.`, `-` and `_`.
    AccountName;
    /// A thread: like its first message.
    ThreadId;
    /// A message or ping: by the site's id (16 hex digits), before there is one by its sender's (`_` and 14). Both go
    /// on to work for ever.
    MessageId;
    /// Something that this member sends: 14 hex digits.
    SendId;
    /// A member at a site, for ever.
    Uid;
    /// A name by which a member can be found.
    Alias;
    /// A site: `=host:port`, trusted by its key, or `+host:port`, trusted by its certificate.
    SiteAddress;
    /// The key of a site: 64 hex digits, for a person to compare.
    SitePin;
    /// What another device needs to become a node of a member, as one line to copy. It is a secret.
    NodeTicket;
    /// A place in a list; only good for the list that it came from.
    PageCursor;
}
