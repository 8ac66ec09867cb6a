//! The world below a client, when it is not the real one.

use std::sync::Arc;

use tmtp_client::{Config, Instance, Settings};

/// A disk, clocks and times for tests. Only the test kit makes one; an app passes none.
#[derive(uniffi::Object)]
pub struct World {
    instance: Instance,
    settings: Option<Settings>,
}

impl World {
    /// A world of this disk, these clocks and this chance; with these times and budgets, if they are not an app's.
    pub fn new(instance: Instance, settings: Option<Settings>) -> Arc<World> {
        Arc::new(World { instance, settings })
    }

    /// Puts it below a client that is about to be opened.
    pub(crate) fn below(&self, opening: &mut Config) {
        opening.instance = self.instance.clone();
        if let Some(settings) = &self.settings {
            opening.settings = settings.clone();
        }
    }
}
