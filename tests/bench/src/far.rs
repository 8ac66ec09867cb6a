//! The far side, a process of its own: the site, in memory, and the relays that make the distance. It does what
//! it is told line by line and ends with its input.

use std::net::SocketAddr;
use std::time::Duration;

use tmtp_relay::Relay;
use tmtp_site::{AcceptedPost, Server, ServerConfig};

use crate::error::{BenchError, Outcome};
use crate::order::{Answer, Ask};
use crate::{next_line, say};

/// Runs the far side with so many relays.
pub(crate) async fn run(relays: usize) -> Outcome<()> {
    let server = Server::start(ServerConfig::default()).await?;
    let site = server.address().clone();
    let target: SocketAddr =
        SocketAddr::new(site.host.parse().map_err(|_| BenchError::Expected("an IP address"))?, site.port);
    let mut before = Vec::new();
    for seed in 0..relays {
        before.push(Relay::start(target, seed as u64).await?);
    }
    let relays = before.iter().map(|relay| format!("={}", relay.address())).collect();
    say(&Answer::Listening { site: site.to_string(), relays })?;
    while let Some(line) = next_line().await? {
        let answer = answer(&server, &before, serde_json::from_str(&line)?)?;
        say(&answer)?;
    }
    Ok(())
}

fn answer(server: &Server, relays: &[Relay], ask: Ask) -> Outcome<Answer> {
    let relay = |at: usize| relays.get(at).map(Relay::handle).ok_or(BenchError::Expected("a relay"));
    Ok(match ask {
        Ask::Latency { relay: at, millis } => {
            relay(at)?.latency(Duration::from_millis(millis));
            Answer::Done
        }
        Ask::Counters { relay: at } => {
            let counters = relay(at)?.counters();
            Answer::Counters {
                round_trips: counters.round_trips,
                bytes: counters.bytes_up + counters.bytes_down,
            }
        }
        Ask::Site => server.handle().with(|site, _, _| {
            let record = site.record();
            Answer::Site {
                posts: record.posts_accepted,
                logins: record.logins,
                violations: record.violations.len(),
            }
        }),
        Ask::Queued { uid } => Answer::Number(server.handle().queued(&uid)),
        Ask::OwnCopies { uid } => server.handle().with(|site, _, _| {
            let own = |post: &&AcceptedPost| post.own_copy && post.from == uid;
            Answer::Number(site.record().posts.iter().filter(own).count())
        }),
    })
}
