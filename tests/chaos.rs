//! Seeded chaos: random small worlds, months, faults, manual edits, cancels, deaths and restarts, with and without guards
//! and saved plans; then calm, in which every contract must stand exactly as its invoices say.
//!
//! `SEEDS=10000` runs so many seeds instead of 300, `SEED=4711` that one alone, `FROM` begins elsewhere than at 1.

#[path = "chaos/cases.rs"]
mod cases;
#[path = "chaos/faults.rs"]
mod faults;
#[path = "chaos/hands.rs"]
mod hands;
#[path = "chaos/hook.rs"]
mod hook;
#[path = "chaos/line_cases.rs"]
mod line_cases;
#[path = "chaos/looks.rs"]
mod looks;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "chaos/oracle.rs"]
mod oracle;
#[path = "chaos/others.rs"]
mod others;
#[expect(dead_code, reason = "other tests look at other sides of the rig")]
#[path = "support/rig.rs"]
mod rig;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "support/scenario.rs"]
mod scenario;
#[path = "chaos/site.rs"]
mod site;
#[path = "chaos/story.rs"]
mod story;
#[path = "chaos/verdict.rs"]
mod verdict;
#[path = "chaos/worlds.rs"]
mod worlds;

use rig::Target;
use rstest::rstest;
use story::Story;

/// So many at once: they wait more than they work.
const AT_ONCE: usize = 6;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Seeds beyond the first ones that found something once.
const FOUND: [u64; 8] = [384, 894, 1588, 1857, 4478, 10_515, 11_652, 50_866];

/// The same since stories look at plans and have guards.
const FOUND_SINCE: [u64; 5] = [565, 2395, 2593, 2974, 6232];

/// The same on ConnectWise.
const FOUND_IN_LINES: [u64; 9] = [384, 394, 693, 851, 924, 1462, 1509, 1770, 1902];

fn seeds(target: Target) -> Vec<u64> {
    if let Some(seed) = number("SEED") {
        return vec![seed];
    }
    let (from, many) = (number("FROM").unwrap_or(1), number("SEEDS").unwrap_or(300));
    let mut seeds: Vec<u64> = (from..from + many).collect();
    let found = match target {
        Target::Autotask => [&FOUND[..], &FOUND_SINCE].concat(),
        Target::Connectwise => FOUND_IN_LINES.to_vec(),
    };
    seeds.extend(found.into_iter().filter(|seed| *seed >= from + many));
    seeds
}

#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_the_calm_finds_every_contract_as_its_invoices_say(
    #[case] target: Target,
) {
    let mut under_way = tokio::task::JoinSet::new();
    let (mut failed, mut done) = (Vec::new(), 0_u64);
    for seed in seeds(target) {
        if under_way.len() >= AT_ONCE {
            failed.extend(under_way.join_next().await.and_then(told));
        }
        under_way.spawn(async move {
            let story = tokio::spawn(async move { Story::begin(seed, target).await.tell().await });
            (seed, story.await.is_ok())
        });
        done += 1;
    }
    while let Some(ended) = under_way.join_next().await {
        failed.extend(told(ended));
    }
    failed.sort_unstable();
    assert!(failed.is_empty(), "of {done} seeds these failed, replay with SEED=n: {failed:?}");
}

/// The seed, if it failed; why was printed by its panic.
fn told(ended: Result<(u64, bool), tokio::task::JoinError>) -> Option<u64> {
    let (seed, good) = ended.expect("only the story itself can panic");
    (!good).then_some(seed)
}
