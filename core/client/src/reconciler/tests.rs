//! Random sequences of facts, in every order, rate and contradiction, against what is promised of the plan.

use super::*;

/// A small generator: the same numbers in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }
}

fn names() -> BTreeSet<AccountName> {
    ["a", "b", "c"].iter().map(|name| name.parse().unwrap()).collect()
}

fn any_name(numbers: &mut Numbers) -> AccountName {
    names().into_iter().nth(numbers.below(3) as usize).unwrap()
}

fn any_hint(numbers: &mut Numbers) -> NetworkHint {
    NetworkHint {
        path: numbers.below(3),
        available: numbers.yes(),
        validated: numbers.yes(),
        captive_portal: numbers.yes(),
        metered: numbers.yes(),
        blocked: numbers.yes(),
    }
}

/// What a shell may say.
fn any_word(numbers: &mut Numbers, now: Mono) -> Fact {
    match numbers.below(9) {
        0 => Fact::Foreground,
        1 => Fact::Background { until: now + Duration::from_millis(numbers.below(20_000)) },
        2 => Fact::WillSuspend,
        3 => Fact::Resumed,
        4 => Fact::Unlocked,
        5 => Fact::MemoryPressure,
        6 => Fact::Power { saver: numbers.yes() },
        7 => Fact::Tick,
        _ => Fact::Network(any_hint(numbers)),
    }
}

/// A reconciler in a world in which openings succeed or fail, and time passes.
struct World {
    reconciler: Reconciler,
    numbers: Numbers,
    now: Moment,
    plan: Plan,
    /// How often each account was tried to be opened, and when last.
    tries: BTreeMap<AccountName, Vec<Mono>>,
    stays: BTreeMap<AccountName, usize>,
    opens: bool,
}

impl World {
    fn new(seed: u64) -> World {
        let now = Moment { mono: Mono(5_000_000), wall: Wall(1_700_000_000_000), awake: Duration::ZERO };
        let mut world = World {
            reconciler: Reconciler::default(),
            numbers: Numbers(seed | 1),
            now,
            plan: Plan::default(),
            tries: BTreeMap::new(),
            stays: BTreeMap::new(),
            opens: true,
        };
        world.tell(Fact::Accounts(names()));
        world
    }

    fn tell(&mut self, fact: Fact) {
        self.plan = self.reconciler.tell(self.now, fact);
        let Plan { files, links, open, next, .. } = &self.plan;
        assert!(*files == Files::Open || links.is_empty() && open.is_empty(), "{:?}", self.plan);
        assert!(open.iter().all(|name| links.contains_key(name)), "{:?}", self.plan);
        assert!(next.is_none_or(|at| at > self.now.mono), "a loop without a pause: {:?}", self.plan);
    }

    fn pass(&mut self, span: Duration) {
        self.now.mono = self.now.mono + span;
        self.now.awake += span;
        self.now.wall.0 += i64::try_from(span.as_millis()).unwrap();
    }

    /// Opens what the plan wants opened, as far as this world lets it.
    fn carry_out(&mut self) {
        for name in self.plan.open.clone() {
            self.tries.entry(name.clone()).or_default().push(self.now.mono);
            self.tell(if self.opens { Fact::Opened(name) } else { Fact::NotOpened(name) });
        }
    }

    /// Somebody says something, or something happens.
    fn one_step(&mut self) {
        let span = self.numbers.below(3000);
        self.pass(Duration::from_millis(span));
        let fact = match self.numbers.below(8) {
            0 => {
                let (account, held) = (any_name(&mut self.numbers), self.numbers.yes());
                let stays = self.stays.entry(account.clone()).or_default();
                let more = held || *stays == 0;
                *stays = if more { *stays + 1 } else { *stays - 1 };
                Fact::Stay { account, more }
            }
            1 => Fact::Ended(any_name(&mut self.numbers)),
            2 => Fact::Drained(any_name(&mut self.numbers)),
            3 => Fact::PutDown(any_name(&mut self.numbers)),
            _ => any_word(&mut self.numbers, self.now.mono),
        };
        self.tell(fact);
        if self.numbers.below(3) > 0 {
            self.carry_out();
        }
    }

    /// Lets the world go on by itself until nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..50 {
            self.carry_out();
            let Some(next) = self.plan.next else { return };
            self.pass(next.since(self.now.mono));
            self.tell(Fact::Tick);
        }
        panic!("it never comes to rest: {:?}", self.plan);
    }

    fn held(&self) -> BTreeSet<AccountName> {
        self.plan.links.keys().cloned().collect()
    }

    fn stayed(&self) -> BTreeSet<AccountName> {
        self.stays.iter().filter(|(_, stays)| **stays > 0).map(|(name, _)| name.clone()).collect()
    }

    /// Somebody asks again for whatever was put down.
    fn pick_up(&mut self) {
        for name in names() {
            self.tell(Fact::Opened(name.clone()));
            self.tell(Fact::Ended(name));
        }
    }
}

#[test]
fn whatever_was_said_before_the_last_word_decides() {
    for seed in 1..400 {
        let mut world = World::new(seed * 7919);
        for _ in 0..60 {
            world.one_step();
        }
        world.tell(Fact::Resumed);
        match seed % 5 {
            0 => {
                world.tell(Fact::Foreground);
                world.settle();
                assert_eq!(world.held(), names(), "seed {seed}");
                assert!(world.plan.links.values().all(|link| *link == Link::Held), "seed {seed}");
            }
            1 => {
                world.pick_up();
                world.tell(Fact::Background { until: world.now.mono + Duration::from_secs(5) });
                world.settle();
                assert_eq!(world.held(), world.stayed(), "seed {seed}");
            }
            2 => {
                world.tell(Fact::Foreground);
                world.tell(Fact::WillSuspend);
                world.settle();
                assert_eq!((world.plan.files, world.held()), (Files::Suspended, BTreeSet::new()));
            }
            3 => {
                world.tell(Fact::Stop);
                for _ in 0..20 {
                    world.one_step();
                }
                world.settle();
                assert_eq!((world.plan.files, world.held()), (Files::Stopped, BTreeSet::new()));
            }
            _ => {
                // What was said while suspended holds from `resumed` on.
                world.tell(Fact::WillSuspend);
                world.tell(Fact::Foreground);
                assert_eq!(world.held(), BTreeSet::new(), "seed {seed}");
                world.tell(Fact::Resumed);
                world.settle();
                assert_eq!(world.held(), names(), "seed {seed}");
            }
        }
        assert!(world.plan.open.is_empty(), "seed {seed}: {:?}", world.plan);
    }
}

#[test]
fn saying_it_again_changes_nothing() {
    for seed in 1..200 {
        let mut world = World::new(seed * 104_729);
        for _ in 0..40 {
            world.one_step();
            let word = any_word(&mut world.numbers, world.now.mono);
            world.tell(word.clone());
            let before = world.plan.clone();
            for _ in 0..3 {
                world.tell(word.clone());
            }
            let after = &world.plan;
            assert_eq!((&before.files, &before.links), (&after.files, &after.links), "{word:?}");
        }
    }
}

#[test]
fn a_hint_forbids_nothing_and_delays_nothing() {
    for seed in 1..300 {
        let mut with = World::new(seed * 31);
        let mut without = World::new(seed * 31);
        with.opens = !seed.is_multiple_of(3);
        without.opens = with.opens;
        for _ in 0..40 {
            with.one_step();
            without.one_step();
            let hint = Fact::Network(any_hint(&mut Numbers(seed)));
            with.tell(hint);
            without.tell(Fact::Tick);
            assert_eq!(with.plan.links, without.plan.links);
            assert!(with.plan.open.is_superset(&without.plan.open));
            let (hinted, plain) = (with.plan.next, without.plan.next);
            assert!(plain.is_none_or(|plain| hinted.is_some_and(|hinted| hinted <= plain)));
        }
    }
}

#[test]
fn nothing_that_is_said_makes_a_storm() {
    for seed in 1..60 {
        let mut world = World::new(seed * 17);
        world.opens = false;
        world.tell(Fact::Foreground);
        let began = world.now.mono;
        let mut probes = vec![(world.now.mono, world.plan.networks)];
        for _ in 0..3000 {
            let span = world.numbers.below(200);
            world.pass(Duration::from_millis(span));
            let word = any_word(&mut world.numbers, world.now.mono);
            world.tell(word);
            world.carry_out();
            probes.push((world.now.mono, world.plan.networks));
        }
        for tries in world.tries.values() {
            for pair in tries.windows(2) {
                assert!(pair[1].since(pair[0]) >= OPEN_AGAIN_SOON, "seed {seed}: {pair:?}");
            }
        }
        let rises: Vec<Mono> =
            probes.windows(2).filter(|pair| pair[1].1 > pair[0].1).map(|pair| pair[1].0).collect();
        for pair in rises.windows(2) {
            assert!(pair[1].since(pair[0]) >= NETWORK_SETTLES, "seed {seed}: {pair:?}");
        }
        assert!(world.now.mono.since(began) > Duration::from_secs(200));
    }
}

#[test]
fn an_account_that_never_opens_is_tried_more_and_more_rarely() {
    let mut world = World::new(3);
    world.opens = false;
    world.tell(Fact::Foreground);
    let end = world.now.mono + Duration::from_secs(3600);
    while world.now.mono < end {
        world.carry_out();
        let next = world.plan.next.expect("it is tried again");
        world.pass(next.since(world.now.mono));
        world.tell(Fact::Tick);
    }
    for tries in world.tries.values() {
        assert!((12..24).contains(&tries.len()), "{} tries within an hour", tries.len());
    }
}

#[test]
fn a_loss_of_the_network_probes_nothing_and_its_return_does() {
    let mut world = World::new(5);
    world.tell(Fact::Foreground);
    let hint = |path, available| Fact::Network(NetworkHint { path, available, ..NetworkHint::default() });
    let probes = |world: &mut World, fact| {
        let before = world.plan.networks;
        world.pass(Duration::from_secs(2));
        world.tell(fact);
        world.plan.networks - before
    };
    assert_eq!(probes(&mut world, hint(0, true)), 0, "nothing new");
    assert_eq!(probes(&mut world, hint(0, false)), 0);
    assert_eq!(probes(&mut world, hint(0, true)), 1);
    assert_eq!(probes(&mut world, hint(7, true)), 1);
    assert_eq!(probes(&mut world, hint(7, true)), 0);
}

#[test]
fn whether_bytes_cost_money_is_passed_on_without_a_probe() {
    let mut world = World::new(6);
    world.tell(Fact::Foreground);
    for metered in [true, false] {
        let before = world.plan.networks;
        world.tell(Fact::Network(NetworkHint { metered, ..NetworkHint::default() }));
        assert_eq!((world.plan.metered, world.plan.networks), (metered, before));
    }
}

#[test]
fn a_clock_that_went_on_alone_means_that_the_device_slept() {
    let mut world = World::new(5);
    let before = world.plan.sleeps;
    world.pass(Duration::from_secs(600));
    world.tell(Fact::Tick);
    assert_eq!(world.plan.sleeps, before, "time has only passed");
    world.now.wall.0 += 600_000;
    world.tell(Fact::Tick);
    world.tell(Fact::Tick);
    assert_eq!(world.plan.sleeps, before + 1, "once");
    world.now.mono = world.now.mono + Duration::from_secs(600);
    world.tell(Fact::Tick);
    assert_eq!(world.plan.sleeps, before + 2, "seen by the clock that counts sleep");
    world.now.wall.0 -= 3_600_000;
    world.tell(Fact::Tick);
    assert_eq!(world.plan.sleeps, before + 2, "a clock that was set back");
}

#[test]
fn an_account_that_was_put_down_stays_down_until_it_is_asked_for() {
    let a: AccountName = "a".parse().unwrap();
    let mut world = World::new(9);
    world.tell(Fact::Foreground);
    world.settle();
    world.tell(Fact::PutDown(a.clone()));
    world.tell(Fact::Ended(a.clone()));
    world.tell(Fact::Tick);
    assert!(!world.plan.links.contains_key(&a) && world.plan.open.is_empty());
    world.tell(Fact::Opened(a.clone()));
    assert_eq!(world.plan.links.get(&a), Some(&Link::Held));
}
