//! What a person sees while a command takes its time: a spinner, or a bar for a large message. Nothing when the
//! output is piped or is JSON.

use std::sync::Arc;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};
use tmtp_client::Event;
use tokio::task::JoinHandle;

use crate::local::Local;
use crate::output::Out;

/// Turns of the spinner.
const TICK: Duration = Duration::from_millis(120);
/// Events taken at a time.
const EVENTS: usize = 64;
/// How long one look for events waits.
const LOOK: Duration = Duration::from_secs(30);

/// Something that is shown while one waits. Gone when dropped.
pub(super) struct Working {
    bar: Option<ProgressBar>,
    following: Option<JoinHandle<()>>,
}

impl Working {
    /// Takes it away.
    pub(super) fn finish(self) {}
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(following) = &self.following {
            following.abort();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A spinner with a word.
pub(super) fn spinner(out: Out, what: &'static str) -> Working {
    let bar = (!out.json && Term::stderr().is_term()).then(|| {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(TICK);
        bar
    });
    Working { bar, following: None }
}

/// A spinner that becomes a bar when a large message is under way, as far as this process sees it.
pub(super) fn sending(out: Out, local: Option<&Arc<Local>>, send_id: &str) -> Working {
    let mut working = spinner(out, "sending");
    if let (Some(bar), Some(local)) = (&working.bar, local) {
        let (bar, local, send_id) = (bar.clone(), Arc::clone(local), send_id.to_owned());
        working.following = Some(tokio::spawn(async move { follow(&bar, &local, &send_id).await }));
    }
    working
}

async fn follow(bar: &ProgressBar, local: &Local, item: &str) {
    let template = "{spinner} sending {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}";
    let mut cursor = local.client().event_cursor();
    loop {
        let Ok(batch) = local.client().next_events(cursor, EVENTS, LOOK).await else { return };
        cursor = batch.cursor;
        for one in batch.events {
            if let Event::Progress { send_id, sent, of } = one.event
                && send_id.to_string() == item
            {
                if bar.length().is_none()
                    && let Ok(style) = ProgressStyle::with_template(template)
                {
                    bar.set_style(style.progress_chars("━╸─"));
                }
                bar.set_length(of);
                bar.set_position(sent);
            }
        }
    }
}
