//! Our side: a worker that uses the client as an app does, through the façade and nothing else, and takes its
//! events as they come.

use std::path::Path;
use std::time::{Duration, Instant};

use tmtp_client::{
    AccountHandle, AccountName, Client, Config, Event, EventCursor, Join, NewMessage, OutgoingState,
    Recipient, SendId, State, To,
};
use tokio::task::{JoinHandle, JoinSet};

use crate::bare::Span;
use crate::error::{BenchError, Outcome};
use crate::limits::{FAREWELL, WAKE};
use crate::order::{OursTask, Say, Seat};
use crate::text::{SUBJECT, text};
use crate::{ended, micros, say, took, wait_for_line};

/// Does one task with the accounts of a home.
pub(crate) async fn run(home: &Path, task: OursTask) -> Outcome<()> {
    let client = Client::open(Config::new(home)).await?;
    match task {
        OursTask::Join { seats } => join(&client, seats).await?,
        OursTask::Drain { name } => drain(&client, &name).await?,
        OursTask::First { names, times } => first(&client, &names, times).await?,
        OursTask::Flush { name, thread, count } => flush(&client, &name, &thread, count).await?,
        OursTask::SendEach { name, thread, count } => send_each(&client, &name, &thread, count).await?,
        OursTask::SendFile { name, to, file } => send_file(&client, &name, &to, &file).await?,
    }
    client.stop(FAREWELL).await?;
    ended()
}

async fn account(client: &Client, name: &str) -> Outcome<AccountHandle> {
    Ok(client.account(&name.parse::<AccountName>()?).await?)
}

async fn join(client: &Client, seats: Vec<Seat>) -> Outcome<()> {
    let mut joining = JoinSet::new();
    for (place, seat) in seats.into_iter().enumerate() {
        let join = Join {
            address: seat.site.parse()?,
            alias: format!("bench ours {}", seat.name).parse()?,
            name: Some(seat.name.parse()?),
            deadline: WAKE,
        };
        let client = client.clone();
        joining.spawn(async move {
            let status = client.join(join).await?.status().await?;
            let uid = status.uid.ok_or(BenchError::Expected("a uid"))?;
            Ok::<_, BenchError>((place, uid.to_string()))
        });
    }
    let mut uids = Vec::new();
    while let Some(joined) = joining.join_next().await {
        uids.push(joined.map_err(|_| BenchError::Expected("a join that does not panic"))??);
    }
    uids.sort();
    say(&Say::Joined { uids: uids.into_iter().map(|(_, uid)| uid).collect() })
}

/// Takes events as an app does, each batch as soon as it is there.
struct Watcher {
    client: Client,
    cursor: EventCursor,
}

impl Watcher {
    fn new(client: &Client) -> Watcher {
        Watcher { client: client.clone(), cursor: client.event_cursor() }
    }

    async fn next(&mut self) -> Outcome<Vec<(AccountName, Event)>> {
        let batch = self.client.next_events(self.cursor, 256, Duration::from_secs(60)).await?;
        if batch.missed > 0 {
            return Err(BenchError::Expected("all events"));
        }
        self.cursor = batch.cursor;
        Ok(batch.events.into_iter().map(|event| (event.account, event.event)).collect())
    }
}

/// Takes events until this returns true.
fn watch(
    client: &Client,
    mut until: impl FnMut(&AccountName, &Event) -> Outcome<bool> + Send + 'static,
) -> JoinHandle<Outcome<()>> {
    let mut watcher = Watcher::new(client);
    tokio::spawn(async move {
        loop {
            for (account, event) in watcher.next().await? {
                if until(&account, &event)? {
                    return Ok(());
                }
            }
        }
    })
}

async fn finished(watch: JoinHandle<Outcome<()>>) -> Outcome<()> {
    watch.await.map_err(|_| BenchError::Expected("a watch that does not panic"))?
}

async fn drain(client: &Client, name: &str) -> Outcome<()> {
    let account = account(client, name).await?;
    let (mut span, mut messages, began) = (Span::default(), 0, Instant::now());
    let watch = watch(client, move |_, event| {
        match event {
            Event::MessageArrived { .. } => {
                messages += 1;
                span.mark();
            }
            Event::WakeEnded(_) => {
                let (seconds, whole) = (span.length().as_secs_f64(), began.elapsed().as_secs_f64());
                say(&Say::Took { seconds, messages, whole })?;
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    });
    account.wake(WAKE).await?;
    finished(watch).await
}

async fn first(client: &Client, names: &[String], times: usize) -> Outcome<()> {
    for time in 0..times {
        if time > 0 {
            say(&Say::Ready)?;
            wait_for_line().await?;
        }
        let (mut missing, mut running) = (names.to_vec(), names.len());
        let places = names.to_vec();
        let watch = watch(client, move |account, event| {
            match event {
                Event::MessageArrived { .. } if missing.iter().any(|name| name == account.as_str()) => {
                    missing.retain(|name| name != account.as_str());
                    let place = places.iter().position(|name| name == account.as_str());
                    say(&Say::Stored { account: place.unwrap_or_default() })?;
                }
                Event::WakeEnded(_) => running -= 1,
                _ => {}
            }
            Ok(running == 0)
        });
        let mut wakes = JoinSet::new();
        for name in names {
            let account = account(client, name).await?;
            wakes.spawn(async move { account.wake(WAKE).await });
        }
        while let Some(woken) = wakes.join_next().await {
            woken.map_err(|_| BenchError::Expected("a wake that does not panic"))??;
        }
        finished(watch).await?;
    }
    Ok(())
}

fn reply(thread: &str, number: usize) -> Outcome<NewMessage> {
    Ok(NewMessage {
        draft: format!("{:016x} {number}", crate::bare::fresh()),
        to: To::Reply(thread.parse()?),
        subject: String::new(),
        text: text(),
        attachments: Vec::new(),
    })
}

/// Ends when so many items are sent. Tells of messages that arrive meanwhile.
fn sent(client: &Client, count: usize) -> JoinHandle<Outcome<()>> {
    let mut left = count;
    watch(client, move |_, event| {
        if let Event::OutgoingChanged { state: OutgoingState::Sent, .. } = event {
            left -= 1;
        }
        Ok(left == 0)
    })
}

async fn flush(client: &Client, name: &str, thread: &str, count: usize) -> Outcome<()> {
    let account = account(client, name).await?;
    for number in 0..count {
        account.send(reply(thread, number)?).await?;
    }
    say(&Say::Ready)?;
    wait_for_line().await?;
    let arrivals = watch(client, |_, event| {
        if let Event::MessageArrived { .. } = event {
            say(&Say::Arrived { at: micros() })?;
        }
        Ok(false)
    });
    let sent = sent(client, count);
    let began = Instant::now();
    let stay = account.stay().await?;
    if count > 0 {
        finished(sent).await?;
    }
    took(began, count)?;
    wait_for_line().await?;
    arrivals.abort();
    Ok(stay.stop(FAREWELL).await?)
}

async fn online(account: &AccountHandle) -> Outcome<()> {
    let mut standing = account.watch_state();
    let online = standing.wait_for(|standing| standing.state == State::Online).await;
    online.map(|_| ()).map_err(|_| BenchError::Expected("a link"))
}

async fn send_each(client: &Client, name: &str, thread: &str, count: usize) -> Outcome<()> {
    let account = account(client, name).await?;
    let stay = account.stay().await?;
    online(&account).await?;
    let began = Instant::now();
    for number in 0..count {
        let sent = account.send(reply(thread, number)?).await?;
        settled(&account, sent.send_id).await?;
    }
    took(began, count)?;
    wait_for_line().await?;
    Ok(stay.stop(FAREWELL).await?)
}

async fn settled(account: &AccountHandle, send_id: SendId) -> Outcome<()> {
    match account.wait_sent(send_id, WAKE).await? {
        OutgoingState::Sent => Ok(()),
        _ => Err(BenchError::Expected("a message that is sent")),
    }
}

async fn send_file(client: &Client, name: &str, to: &str, file: &Path) -> Outcome<()> {
    let account = account(client, name).await?;
    let stay = account.stay().await?;
    online(&account).await?;
    say(&Say::Ready)?;
    wait_for_line().await?;
    let began = Instant::now();
    let recipient = Recipient { who: to.to_owned(), note: String::new() };
    let sent = account
        .send(NewMessage {
            draft: format!("{:016x}", crate::bare::fresh()),
            to: To::NewThread { recipients: vec![recipient], from_alias: None },
            subject: SUBJECT.to_owned(),
            text: String::new(),
            attachments: vec![file.to_owned()],
        })
        .await?;
    settled(&account, sent.send_id).await?;
    took(began, 1)?;
    Ok(stay.stop(FAREWELL).await?)
}
