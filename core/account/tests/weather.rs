//! Many short stories with bad weather, from seeds: members write in threads while links are cut, go mute or
//! deaf, processes die, a second node comes and goes. At the end everything is everywhere exactly once.

// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{Attachment, Command, Input, Reply, Send, To, Wish};
use tmtp_wire::ids::MessageRef;
use world::World;

/// A small generator of its own, so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What a story was like.
#[derive(Debug, Default)]
struct Told {
    posts: usize,
    proven_sent: i64,
    proven_not_sent: i64,
    lost_links: i64,
}

struct Story {
    world: World,
    dice: Dice,
    /// Member nodes: anna, berta, anna's tablet.
    nodes: [usize; 3],
    written: Vec<String>,
}

impl Story {
    fn begin(seed: u64) -> Story {
        let (mut world, anna, berta) = World::pair();
        let tablet = world.second_node(anna, "tablet");
        world.piece = 700;
        Story { world, dice: Dice(seed), nodes: [anna, berta, tablet], written: Vec::new() }
    }

    fn any(&mut self) -> usize {
        let at = self.dice.roll(3) as usize;
        self.nodes[at]
    }

    fn write(&mut self) {
        let who = self.any();
        let text = format!("{who} writes {:03}", self.written.len());
        let threads: Vec<i64> =
            self.world.members[who].look("SELECT msgid FROM thread WHERE begun = 1 AND msgid IS NOT NULL");
        let to = if threads.is_empty() || self.dice.roll(4) == 0 {
            let other = if who == self.nodes[1] { "anna alias" } else { "berta alias" };
            let who = other.to_owned();
            To::NewThread {
                recipients: vec![tmtp_account::Recipient { who, note: String::new() }],
                from_alias: None,
            }
        } else {
            let at = self.dice.roll(threads.len() as u64) as usize;
            To::Reply(MessageRef::Site(tmtp_store::values::id_out(threads[at])))
        };
        let size = match self.dice.roll(8) {
            0 => Some(80_000 + self.dice.roll(50_000) as usize),
            1 => Some(100),
            _ => None,
        };
        let attachments = size.map(|size| {
            let staged = self.world.members[who].stage(&vec![7; size]);
            Attachment { name: "a.bin".to_owned(), staged }
        });
        let send = Send {
            draft: text.clone(),
            to,
            subject: "s".to_owned(),
            text: text.clone(),
            attachments: attachments.into_iter().collect(),
        };
        let done = self.world.ask(who, Command::Send(send));
        match done {
            Ok(Reply::Sent { .. }) => self.written.push(text),
            // The tablet does not know berta until her ping has come; what a thread says of her is a claim.
            Err(
                tmtp_account::Refused::UnknownRecipient { .. } | tmtp_account::Refused::OnlyClaimed { .. },
            ) => {}
            other => panic!("{other:?}"),
        }
    }

    fn weather(&mut self) {
        let who = self.any();
        let span = Duration::from_millis(self.dice.roll(3000));
        match self.dice.roll(12) {
            0 => self.world.cut(who),
            1 => {
                self.world.members[who].deaf = true;
                self.write();
                self.world.run(span);
                self.world.cut(who);
                self.world.members[who].deaf = false;
            }
            2 => {
                self.world.members[who].lossy = true;
                self.write();
                self.world.run(span);
                self.world.cut(who);
                self.world.members[who].lossy = false;
            }
            3 => {
                self.world.members[who].quota = Some(self.dice.roll(60_000) as usize);
                self.write();
                self.world.run(span);
                self.world.cut(who);
                self.world.members[who].quota = None;
            }
            4 => {
                self.world.members[who].appetite = Some(self.dice.roll(20_000) as usize);
                self.world.run(span);
                self.world.kill(who);
                self.world.members[who].appetite = None;
                self.world.start(who);
            }
            5 => {
                self.world.kill(who);
                self.world.start(who);
            }
            6 => {
                self.world.vanish(who);
                self.world.start(who);
            }
            7 => {
                self.world.put(who, Input::Wish(Wish::Off));
                self.world.run(span);
                self.world.put(who, Input::Wish(Wish::Stay));
            }
            8 => self.world.members[who].mute = true,
            9 => {
                for node in self.nodes {
                    self.world.members[node].mute = false;
                }
            }
            10 => {
                let (now, wall) = (self.world.clock().mono, self.world.clock().wall);
                self.world.site.restart(now, wall);
            }
            _ => self.world.run(span),
        }
    }

    fn end(mut self, seed: u64) -> Told {
        for node in self.nodes {
            let member = &mut self.world.members[node];
            (member.mute, member.deaf, member.lossy) = (false, false, false);
        }
        self.world.run(Duration::from_secs(1800));
        let [anna, berta, tablet] = self.nodes;
        for node in self.nodes {
            let member = &self.world.members[node];
            assert_eq!(member.outbox(), Vec::<String>::new(), "seed {seed}: outbox of {node}");
            let mut texts = member.texts();
            texts.sort();
            let mut all = self.written.clone();
            all.sort();
            assert_eq!(texts, all, "seed {seed}: at {node}");
            assert_eq!(
                member.number("SELECT count(*) FROM thread WHERE begun = 0"),
                0,
                "seed {seed}: at {node}"
            );
            self.order(node, seed);
            self.files(node, seed);
        }
        let threads = "SELECT count(*) FROM thread";
        let counts = [anna, berta, tablet].map(|node| self.world.members[node].number(threads));
        assert!(counts.iter().all(|count| *count == counts[0]), "seed {seed}: threads {counts:?}");
        self.world.judge();
        let sum =
            |name: &str| self.nodes.iter().map(|node| self.world.members[*node].counter(name)).sum::<i64>();
        Told {
            posts: self.written.len(),
            proven_sent: sum("doubts_sent"),
            proven_not_sent: sum("doubts_not_sent"),
            lost_links: sum("session.lost"),
        }
    }

    /// Every file that a row names is there, as long as it must be.
    fn files(&self, node: usize, seed: u64) {
        let member = &self.world.members[node];
        let files: Vec<String> = member.look("SELECT file FROM attachment WHERE file IS NOT NULL ORDER BY 1");
        let ends: Vec<i64> =
            member.look("SELECT start + size FROM attachment WHERE file IS NOT NULL ORDER BY file");
        for (file, end) in files.iter().zip(ends) {
            let size = member.file_size(file);
            assert!(
                size.is_some_and(|size| size as i64 >= end),
                "seed {seed}: a file at {node}: {size:?} of {end}"
            );
        }
    }

    /// One writer's posts in one thread stand in the order of `send`, at every node.
    fn order(&self, node: usize, seed: u64) {
        let rows: Vec<String> = self.world.members[node]
            .look("SELECT thread || ' ' || text FROM message ORDER BY thread, place, id");
        for writer in self.nodes {
            let mark = format!(" {writer} writes ");
            let own: Vec<&String> = rows.iter().filter(|row| row.contains(&mark)).collect();
            let mut sorted = own.clone();
            sorted.sort_by_key(|row| {
                let (thread, text) = row.split_once(' ').unwrap();
                (thread.parse::<i64>().unwrap(), text.to_owned())
            });
            assert_eq!(own, sorted, "seed {seed}: order of {writer} at {node}");
        }
    }
}

fn story(seed: u64) -> Told {
    let mut story = Story::begin(seed);
    for _ in 0..25 {
        story.write();
        story.weather();
    }
    story.end(seed)
}

#[test]
fn everything_arrives_once_whatever_the_weather() {
    let first: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let mut all = Told::default();
    for seed in first..first + 60 {
        let told = std::panic::catch_unwind(|| story(seed));
        let Ok(told) = told else { panic!("seed {seed}") };
        all.posts += told.posts;
        all.proven_sent += told.proven_sent;
        all.proven_not_sent += told.proven_not_sent;
        all.lost_links += told.lost_links;
    }
    println!("{all:?}");
    assert!(
        all.posts > 1000 && all.proven_sent > 20 && all.proven_not_sent > 20 && all.lost_links > 200,
        "{all:?}"
    );
}
