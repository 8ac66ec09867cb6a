//! What is stored of the words of others: labels are harmless lines, the files of a message are told apart, and one sender
//! fills the address book only up to a bound.

use std::collections::BTreeSet;

use super::Finding;
use crate::limits::CLAIMS_MAX;
use crate::view::View;
use crate::world::World;

/// Labels, and how many there are.
pub(super) fn labels(world: &mut World) {
    let mut found = Vec::new();
    for (client, slot) in world.slots.iter().enumerate() {
        let Some(device) = slot.device().filter(|device| !device.disk.dead()) else { continue };
        let Some(process) = &device.process else { continue };
        match judged(&process.view, client) {
            Ok(list) => found.extend(list),
            Err(error) => found.push(Finding::Unreadable { client, why: error.to_string() }),
        }
    }
    found.into_iter().for_each(|finding| world.find(finding));
}

fn judged(view: &View, client: usize) -> rusqlite::Result<Vec<Finding>> {
    let unclean = view.labels()?.into_iter().find(|(_, text)| !is_clean(text));
    let unclean = unclean.map(|(place, text)| Finding::Unclean { client, place, text });
    let bad = bad_name(&view.file_names()?).map(|name| Finding::BadFileName { client, name });
    let count = view.claims()?;
    let too_many = (count > CLAIMS_MAX).then_some(Finding::TooManyClaims { client, count });
    Ok([unclean, bad, too_many].into_iter().flatten().collect())
}

/// Whether nothing in a label steers a screen, turns the direction of writing, ends a line, or cannot be seen.
fn is_clean(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    })
}

/// A file name, with the row of its message, that could leave a folder, is no name, or stands there twice.
fn bad_name(names: &[(i64, String)]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let is_bad = |name: &str| {
        let label = name.strip_prefix("u:").or(name.strip_prefix("f:")).or(name.strip_prefix("r:"));
        let label = label.unwrap_or(name);
        label.is_empty() || label.starts_with('.') || label.contains(['/', '\\']) || !is_clean(label)
    };
    let bad = names.iter().find(|(row, name)| is_bad(name) || !seen.insert((*row, name.as_str())));
    bad.map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_not_clean() {
        assert!(is_clean("Änne 🏳️‍🌈 ok"));
        assert!(["\u{1b}[2J", "a\nb", "\u{202e}x", "x\u{200b}"].iter().all(|text| !is_clean(text)));
    }

    #[test]
    fn names_that_leave_a_folder_or_are_there_twice_are_bad() {
        let names = |list: &[&str]| list.iter().map(|name| (1, (*name).to_owned())).collect::<Vec<_>>();
        assert_eq!(bad_name(&names(&["u:a", "f:a", "r:b.txt"])), None);
        assert!(["u:../x", "r:..", "r:", "u:a\\b"].iter().all(|name| bad_name(&names(&[name])).is_some()));
        assert!(bad_name(&names(&["u:a", "u:a"])).is_some());
    }
}
