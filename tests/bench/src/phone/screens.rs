//! From nothing open to the first page of threads: through the façade, and the same statements raw, in turns in one
//! process, the files warm.

use std::path::Path;
use std::time::Instant;

use tmtp_client::{AccountName, Client, Config, Page};

use super::{Answer, folder, raw};
use crate::count::quartile;
use crate::error::{BenchError, Outcome};
use crate::limits::FAREWELL;

pub(super) async fn run(home: &Path, name: &str, times: usize) -> Outcome<Answer> {
    let database = folder(home, name).join("mail.db");
    let account: AccountName = name.parse()?;
    let (mut ours, mut bare, mut rows) = (Vec::new(), Vec::new(), 0);
    // The first round only warms up.
    for round in 0..=times {
        let began = Instant::now();
        let client = Client::open(Config::new(home)).await?;
        let page = client.account(&account).await?.threads(false, Page::default()).await?;
        let through = began.elapsed();
        client.stop(FAREWELL).await?;
        let began = Instant::now();
        rows = raw::first_page(&database)?;
        let below = began.elapsed();
        if page.items.len() != rows {
            return Err(BenchError::Expected("the same rows from both"));
        }
        if round > 0 {
            ours.push(through.as_secs_f64() * 1000.0);
            bare.push(below.as_secs_f64() * 1000.0);
        }
    }
    Ok(Answer::Screens { ours: quartile(ours), raw: quartile(bare), rows })
}
