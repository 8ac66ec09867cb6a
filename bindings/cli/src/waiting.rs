//! What waits, and for what; what failed, and what to do: as sentences with the command to give.

use tmtp_client::{FailedWhy, OutgoingRow, Waits, WaitsWhy};

/// What an item of the outbox waits for, and what helps.
pub(crate) fn sentence(row: &OutgoingRow, waits: &Waits) -> String {
    let id = row.send_id;
    let other = waits.behind.map(|behind| format!(": {behind}")).unwrap_or_default();
    match waits.why {
        WaitsWhy::Link => "it leaves with the next link; `sync` makes one".to_owned(),
        WaitsWhy::Limit => {
            "there were too many links within the last hour; `sync` makes one all the same".to_owned()
        }
        WaitsWhy::Account => "the account can have no link now; `status` says why".to_owned(),
        WaitsWhy::Room => format!("another large one is on its way{other}"),
        WaitsWhy::Earlier => format!("an earlier message of its thread goes first{other}"),
        WaitsWhy::Beginning => format!("the beginning of its thread goes first{other}"),
        WaitsWhy::Alias => format!("the site has not given its alias yet{other}"),
        WaitsWhy::Alone => {
            "a link ended while it was being sent; it is tried again when all mail has come in, with `sync`"
                .to_owned()
        }
        WaitsWhy::Proof => "it may have been sent; the next link tells, `sync` makes one".to_owned(),
        WaitsWhy::Person => format!(
            "it may have been sent, and nothing will prove it: `settle {id} --sent`, or `settle {id} --send-again`"
        ),
    }
}

/// Why something failed: in the site's words, if it is the site that said no.
pub(crate) fn failed(why: FailedWhy, words: &str) -> String {
    let text = match why {
        FailedWhy::Refused => return words.to_owned(),
        FailedWhy::BeginningRefused => {
            "the beginning of its thread was not sent; `settle ID --send-again` on that takes it along"
        }
        FailedWhy::BeginningWithdrawn => "the beginning of its thread was taken back; `withdraw` it too",
        FailedWhy::EndsLinks => {
            "each link ended while it was being sent, perhaps it is larger than the site takes; \
             `settle ID --send-again` tries once more, `withdraw ID` gives it up"
        }
        FailedWhy::AliasRefused => "the site has refused the alias that it was written under",
        FailedWhy::FileUnreadable => "a file that belongs to it cannot be read any more",
        FailedWhy::TooLong => "recipients, notes and subject together are too long",
        FailedWhy::Incomplete => "a part of it is missing in the store",
    };
    if words.is_empty() { text.to_owned() } else { format!("{text} (the site said: {words})") }
}
