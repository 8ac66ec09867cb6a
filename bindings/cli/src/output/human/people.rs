//! How somebody is shown: by name if the site has checked it, and with what is known against the name if not.
//!
//! | shown | means |
//! |---|---|
//! | `Ben Lapwing` | the site has checked it, or it is the member's own |
//! | `“Ben Lapwing” (claimed)` | so they call themselves; nobody has checked it |
//! | `“Ben Lapwing” (NOT the checked Ben Lapwing)` | it is, or looks like, the name of somebody else |
//! | `“Ben Lapwing” (claimed by several)` | more than one write under it |
//! | `3F%BZ+K7… (no name)` | they give no name that can be seen; this is the beginning of the uid |
//! | `… (not in this thread)` | the thread's list does not have them |
//! | `… (cannot be reached)` | the list names them so that nothing can be sent to them |
//! | `… – “treasurer”` | the list's remark beside them, which its writer chose |
//! | `the group “Bird Club” (claimed)` | a group, as the list has it |
//!
//! In a table, where a cell may be cut, the word stands in front of the name, and the whole is said below the row.

use tmtp_client::Uid;

use super::super::shapes::{Cc, Sender};
use super::super::style;
use super::super::words::name;

/// Somebody on a line.
pub(super) fn sender(row: &Sender) -> String {
    let outside = if row.outside { " (not in this thread)" } else { "" };
    let said = known(&row.from, &row.uid, row.claimed.as_deref(), &row.trust, row.like.as_deref());
    let (name, doubt) = said;
    format!("{}{}", style::strong().apply_to(name), style::attention().apply_to(doubt + outside))
}

/// Somebody in a table.
pub(super) fn cell(row: &Sender) -> String {
    let shown = name(&row.from);
    match row.trust.as_str() {
        "conflict" => format!("{} “{shown}”", style::bad().apply_to("(conflict)")),
        "claimed" if is_uid(&row.from, &row.uid) => shown,
        "claimed" => format!("{} “{shown}”", style::attention().apply_to("(claimed)")),
        _ => shown,
    }
}

/// What must be said below the row of a table; nothing of what its cell says already.
pub(super) fn remark(row: &Sender) -> Option<String> {
    let told = row.trust == "conflict" || row.claimed.is_some() || row.outside;
    told.then(|| sender(row))
}

/// Somebody in a thread's list.
pub(super) fn recipient(row: &Cc) -> String {
    let (shown, doubt) = known(&row.alias, &row.uid, row.claimed.as_deref(), &row.trust, row.like.as_deref());
    let reach = if row.reachable { "" } else { " (cannot be reached)" };
    let group = if is_group(row) { "the group " } else { "" };
    format!("{group}{shown}{doubt}{reach}{}", note(&row.note))
}

/// A remark that the list makes beside a name, in quotes that it cannot leave: it may say anything.
fn note(note: &str) -> String {
    let quoted: String =
        name(note).chars().map(|c| if matches!(c, '“' | '”' | '"') { '\'' } else { c }).collect();
    if quoted.is_empty() { quoted } else { format!(" – “{quoted}”") }
}

/// Whether this is a group: its name stands where a member has a uid.
fn is_group(row: &Cc) -> bool {
    row.alias == row.uid && row.uid.parse::<Uid>().is_err()
}

/// The name, and what is to be known of it.
fn known(shown: &str, uid: &str, claimed: Option<&str>, trust: &str, like: Option<&str>) -> (String, String) {
    let not = like.map(|like| format!(" (NOT the checked {})", name(like)));
    if let Some(claimed) = claimed {
        let also = format!(", calling themselves “{}”{}", name(claimed), not.unwrap_or_default());
        return (name(shown), also);
    }
    match trust {
        "conflict" => {
            (format!("“{}”", name(shown)), not.unwrap_or_else(|| " (claimed by several)".to_owned()))
        }
        "claimed" if is_uid(shown, uid) && uid.parse::<Uid>().is_ok() => {
            (name(shown), " (no name)".to_owned())
        }
        "claimed" => (format!("“{}”", name(shown)), " (claimed)".to_owned()),
        _ => (name(shown), String::new()),
    }
}

/// Whether the name is the uid, or its beginning, for want of another.
fn is_uid(shown: &str, uid: &str) -> bool {
    shown == uid || shown.strip_suffix('…').is_some_and(|start| uid.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(trust: &str, claimed: Option<&str>, like: Option<&str>, outside: bool) -> Sender {
        Sender {
            from: "Ben Lapwing".to_owned(),
            uid: "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".to_owned(),
            trust: trust.to_owned(),
            claimed: claimed.map(str::to_owned),
            like: like.map(str::to_owned),
            outside,
        }
    }

    #[test]
    fn what_is_known_of_a_name_is_said_beside_it() {
        for (row, shown) in [
            (somebody("checked", None, None, false), "Ben Lapwing"),
            (somebody("own", None, None, false), "Ben Lapwing"),
            (somebody("claimed", None, None, true), "“Ben Lapwing” (claimed) (not in this thread)"),
            (
                somebody("conflict", None, Some("Ben Lapwing"), false),
                "“Ben Lapwing” (NOT the checked Ben Lapwing)",
            ),
            (somebody("conflict", None, None, false), "“Ben Lapwing” (claimed by several)"),
            (somebody("checked", Some("Benny"), None, false), "Ben Lapwing, calling themselves “Benny”"),
            (
                somebody("conflict", Some("Ada"), Some("Ada"), false),
                "Ben Lapwing, calling themselves “Ada” (NOT the checked Ada)",
            ),
        ] {
            assert_eq!(console::strip_ansi_codes(&sender(&row)), shown);
        }
        let nameless = Sender { from: "3F%BZ+K7…".to_owned(), ..somebody("claimed", None, None, false) };
        assert_eq!(console::strip_ansi_codes(&sender(&nameless)), "3F%BZ+K7… (no name)");
        assert_eq!(console::strip_ansi_codes(&cell(&nameless)), "3F%BZ+K7…");
    }

    #[test]
    fn a_list_cannot_make_up_people_by_its_remarks_or_hide_that_somebody_is_a_group() {
        let entry = |alias: &str, uid: &str, trust: &str, note: &str| Cc {
            alias: alias.to_owned(),
            uid: uid.to_owned(),
            trust: trust.to_owned(),
            claimed: None,
            like: None,
            reachable: true,
            note: note.to_owned(),
        };
        let uid = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";
        let shown = recipient(&entry("Ada Kittiwake", uid, "checked", "x”), Ben Lapwing – “y"));
        assert_eq!(console::strip_ansi_codes(&shown), "Ada Kittiwake – “x'), Ben Lapwing – 'y”");
        let shown = recipient(&entry("Bird Club", "Bird Club", "claimed", ""));
        assert_eq!(console::strip_ansi_codes(&shown), "the group “Bird Club” (claimed)");
    }

    #[test]
    fn in_a_table_the_word_stands_where_no_cut_takes_it_away() {
        let row = Sender { from: "x".repeat(300), ..somebody("claimed", None, None, false) };
        assert!(console::strip_ansi_codes(&cell(&row)).starts_with("(claimed) “xx"));
        assert_eq!(remark(&row), None);
        let row = somebody("conflict", None, Some("Ben Lapwing"), true);
        assert_eq!(console::strip_ansi_codes(&cell(&row)), "(conflict) “Ben Lapwing”");
        let said = remark(&row).unwrap();
        assert!(
            console::strip_ansi_codes(&said).ends_with("(NOT the checked Ben Lapwing) (not in this thread)")
        );
    }
}
