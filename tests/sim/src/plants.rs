//! Planted defects, by name. Each is one way in which the product could be wrong; the tests show that the
//! world or one of the matrices finds it.

use tmtp_account::plant::Plant;

/// Plants one defect in this thread, or none.
pub fn plant(defect: Option<Plant>) {
    tmtp_account::plant::plant(defect);
}

/// The defect of a name.
pub fn by_name(name: &str) -> Option<Plant> {
    Plant::ALL.into_iter().find(|defect| name_of(*defect) == name)
}

/// All names.
pub fn names() -> Vec<String> {
    Plant::ALL.into_iter().map(name_of).collect()
}

/// The name of a defect: its variant, in small letters with hyphens.
pub fn name_of(defect: Plant) -> String {
    let mut name = String::new();
    for letter in format!("{defect:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
