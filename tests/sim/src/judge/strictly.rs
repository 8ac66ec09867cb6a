//! What is stored of the words of those who lie: see [`crate::strict`].

use std::collections::BTreeSet;

use super::Finding;
use crate::limits::CLAIMS_MAX;
use crate::strict;
use crate::world::World;

/// Labels, and how many there are.
pub(super) fn strictly(world: &mut World) {
    let mut found = Vec::new();
    for (client, slot) in world.slots.iter().enumerate() {
        let Some(device) = slot.device().filter(|device| !device.disk.dead()) else { continue };
        let Some(process) = &device.process else { continue };
        if strict::LABELS {
            let unclean =
                process.view.labels().unwrap_or_default().into_iter().find(|(_, text)| !is_clean(text));
            found.extend(unclean.map(|(place, text)| Finding::Unclean { client, place, text }));
            let names = process.view.file_names().unwrap_or_default();
            found.extend(bad_name(&names).map(|name| Finding::BadFileName { client, name }));
        }
        if strict::CLAIMS {
            let most = process.view.claims().unwrap_or_default();
            found.extend((most > CLAIMS_MAX).then_some(Finding::TooManyClaims { client, count: most }));
        }
    }
    found.into_iter().for_each(|finding| world.find(finding));
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
