//! From nothing open to the first page of threads, in a store of a million messages and in one of ten thousand: through
//! the façade, and by the same statements run raw.

use crate::child::Process;
use crate::error::{BenchError, Outcome};
use crate::figure::{Figure, Target};
use crate::limits::{FEW, MANY, SCREENS};
use crate::order::Order;
use crate::phone::{Answer, Task};
use crate::stage::Stage;

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let (few, few_raw) = screens(stage, FEW).await?;
    let (many, many_raw) = screens(stage, MANY).await?;
    Ok(vec![
        Figure::new("open and first page of threads, 10 000 messages", "ms", few, few_raw, Target::Shown),
        Figure::new("open and first page of threads, a million", "ms", many, many_raw, Target::AtMost(3.0)),
        Figure::count("the same beyond the statements run raw", "ms", many - many_raw, Target::AtMost(0.3)),
        Figure::count("a million beside 10 000", "times", many / few, Target::AtMost(1.3)),
    ])
}

/// Milliseconds, ours and raw, in a store of so many messages.
async fn screens(stage: &mut Stage, messages: usize) -> Outcome<(f64, f64)> {
    let pair = stage.large(messages).await?;
    let task = Task::Screens { name: pair.name(), times: SCREENS };
    let mut worker = Process::worker(&Order::Phone { home: pair.home(), task }, None)?;
    match worker.hear("how long a screen takes").await? {
        Answer::Screens { ours, raw, rows: 50 } => Ok((ours, raw)),
        _ => Err(BenchError::Expected("a page of 50 threads")),
    }
}
