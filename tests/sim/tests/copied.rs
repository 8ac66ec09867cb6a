//! A post that its person took back before it left, while a copy of the device still has it in its outbox: the copy
//! sends it, and what comes back to the original is shown there once more. That is not shown twice: what was taken back
//! was gone before.

use tmtp_sim::{Act, Client, Deed, Fault, Plan, Role, run_plan};

const WRITER: usize = 0;
const FRIEND: usize = 1;

fn client(member: usize) -> Client {
    Client { site: 0, member, role: Role::First, latency: 20, stays: true }
}

/// What happens, in order. People take the original into the hand in deeds with an even number.
fn plan() -> Plan {
    let hold = Fault::Hold(60_000);
    let acts = [
        (5_000, WRITER, Act::Begin { to: vec![FRIEND], file: None }),
        // The copy of what it sends will wait at the site, until the copy of the device is not used any more.
        (20_000, WRITER, Act::Wrong(hold)),
        (20_100, WRITER, Act::Stay(false)),
        (25_000, FRIEND, Act::Look(1_000)),
        (30_000, WRITER, Act::Begin { to: vec![FRIEND], file: None }),
        (30_100, WRITER, Act::Wrong(Fault::CloneInParallel(10_000))),
        (30_101, WRITER, Act::Withdraw(0)),
    ];
    let deed = |(at, client, act)| Deed { at, client, act };
    Plan {
        seed: 1,
        sites: 1,
        cast: vec![client(WRITER), client(FRIEND)],
        deeds: acts.into_iter().map(deed).collect(),
        calm: 100_000,
        low_limits: false,
    }
}

#[test]
fn taken_back_here_and_sent_by_a_copy_it_is_shown_once() {
    let outcome = run_plan(plan());
    assert_eq!(outcome.findings, []);
    assert_eq!(outcome.done.of("withdrawn"), 1);
    assert_eq!(outcome.remainders.of("removed_but_sent_by_a_parallel_clone"), 1);
    assert_eq!(outcome.done.of("taken_back_and_back_again"), 1);
}
