//! W1–W18 under every reversal of what the wire contracts only assume: each switch of the simulator at each position but its
//! usual one. The cases live beside each other in one world, a tenant for each, so that a reversal costs one run of it; what a
//! reversal may change stands in one table, and everything else must end as if nothing were reversed.

#[path = "reversed/cut_off.rs"]
mod cut_off;
#[path = "reversed/odd_lines.rs"]
mod odd_lines;
#[path = "reversed/otherwise.rs"]
mod otherwise;
#[path = "reversed/street.rs"]
mod street;

use std::collections::BTreeSet;

use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::protocol::SyncRequest,
    sim::assumptions::Assumptions,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{bill, customers, units},
    rig::{Rig, Units},
};

use otherwise::{Otherwise, otherwise};
use street::{End, House};

/// Into how many tests the list is cut.
const PARTS: usize = 4;

/// A switch and a position of it, as `POST /assumptions` takes them; none for the usual world.
pub type Reversal = Option<(String, Value)>;

/// The reversal as the table names it.
fn name(reversal: &Reversal) -> String {
    let Some((switch, value)) = reversal else { return "as usual".to_owned() };
    format!("{switch}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn assumptions(reversal: &Reversal) -> Assumptions {
    let members = match reversal {
        // Whoever refuses them says so in the metadata; where that says nothing, see `bills/opening_price.rs`.
        Some((switch, value)) if name(reversal) == "opening_price=refuse" => {
            json!({ switch: value, "opening_price_metadata": "read_only" })
        }
        Some((switch, value)) => json!({ switch: value }),
        None => json!({}),
    };
    Assumptions::default().turned(&members).expect("a switch takes the values it lists")
}

/// Every position that is not the usual one, as the simulator lists them.
fn reversals() -> Vec<Reversal> {
    let mut all = vec![None];
    for switch in Assumptions::default().list() {
        let takes = |value: &&Value| {
            **value != switch.usual
                && Assumptions::default().turned(&json!({ switch.name: value })).is_ok()
        };
        // Rows so many months ahead: none and one stand for all numbers.
        let few = switch.allowed.iter().filter(takes).take(2);
        all.extend(few.map(|value| Some((switch.name.to_owned(), value.clone()))));
    }
    all
}

/// How it ended for one tenant: the worst of its rows, and the codes of whatever was told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    outcome: Outcome,
    codes: BTreeSet<String>,
}

fn told(report: &RunReport, tenant: &str) -> Told {
    let domain = format!("{tenant}.onmicrosoft.com");
    let rows: Vec<_> = report.customers.iter().filter(|row| row.tenant == domain).collect();
    let of_rows = rows.iter().flat_map(|row| &row.subscriptions);
    let findings = of_rows.flat_map(|row| row.error.iter().chain(&row.warnings));
    let whole = rows.iter().filter_map(|row| row.error.as_ref());
    Told {
        outcome: rows.iter().map(|row| row.status).max().unwrap_or_default(),
        codes: findings.chain(whole).map(|finding| finding.code.to_string()).collect(),
    }
}

/// Where one tenant stands.
#[derive(Debug, PartialEq, Eq)]
struct Stands {
    units: Units,
    bill: String,
}

async fn stands(rig: &Rig, house: &House, month: &str) -> Stands {
    Stands {
        units: units(rig, house.tenant, house.sku).await,
        bill: bill(rig, house.tenant, month).await,
    }
}

/// What is not as it should be for one tenant after a month's run; nothing where all is well.
fn judge(
    place: &str,
    (end, otherwise): (&End, Option<&Otherwise>),
    (told, stands): (&Told, &Stands),
) -> Vec<String> {
    let wanted = Stands {
        units: crate::checks::steps(otherwise.and_then(|one| one.units).unwrap_or(end.units)),
        bill: otherwise.and_then(|one| one.bill).unwrap_or(end.bill).to_owned(),
    };
    let outcome = otherwise.map_or(end.outcome, |one| one.outcome);
    let mut wrong = Vec::new();
    if *stands != wanted {
        wrong.push(format!("{place}: {stands:?} stands, not {wanted:?}"));
    }
    if told.outcome != outcome {
        wrong.push(format!("{place}: it ended as {told:?}, not as {outcome:?}"));
    }
    if let Some(code) =
        otherwise.map(|one| one.code).filter(|code| !code.is_empty() && !told.codes.contains(*code))
    {
        wrong.push(format!("{place}: {told:?} does not tell {code}"));
    }
    wrong
}

/// What is not as it should be for tenants after a month's run.
async fn judged(
    rig: &Rig,
    reversal: &Reversal,
    houses: &[House],
    of: (&str, &RunReport),
) -> Vec<String> {
    let mut wrong = Vec::new();
    let (month, report) = of;
    for house in houses {
        let place = format!("{} {} {month}", name(reversal), house.tenant);
        let exception = otherwise(&name(reversal), house.tenant, month);
        let seen = (told(report, house.tenant), stands(rig, house, month).await);
        wrong.extend(judge(&place, (house.end(month), exception), (&seen.0, &seen.1)));
    }
    rig.simulation.journal().reset();
    rig.sync().await;
    let again: Vec<String> = rig.changes().into_iter().map(|entry| entry.path).collect();
    if !again.is_empty() {
        wrong.push(format!("{} {month}: the same again writes {again:?}", name(reversal)));
    }
    wrong
}

/// The whole street under one reversal, month by month, and the neighbours with odd lines.
async fn walk(reversal: &Reversal) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut rig = street::open(assumptions(reversal)).await;
    for month in ["2026-09", "2026-10"] {
        rig.month_passes().await;
        if month == "2026-09" {
            street::between(&rig, reversal).await;
        }
        let report = rig.sync().await;
        wrong.extend(judged(&rig, reversal, street::HOUSES, (month, &report)).await);
    }
    let rig = odd_lines::open(assumptions(reversal)).await;
    let report = rig.sync().await;
    let of = (cut_off::OCTOBER, &report);
    wrong.extend(judged(&rig, reversal, odd_lines::HOUSES, of).await);
    wrong
}

/// The cases that are cut off, under one reversal: what is there after the retry, and that nothing was written twice.
async fn resume(reversal: &Reversal) -> Vec<String> {
    let mut wrong = Vec::new();
    let rig = cut_off::open(assumptions(reversal)).await;
    let broken = rig.sync().await;
    if broken.header.status != Outcome::Failure {
        wrong.push(format!("{}: a locked user is no failure", name(reversal)));
    }
    cut_off::mend(&rig).await;
    let retry = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    for house in cut_off::HOUSES {
        let place = format!("{} {}", name(reversal), house.tenant);
        let exception = otherwise(&name(reversal), house.tenant, cut_off::OCTOBER);
        let [mut seen, last] = [&broken, &retry].map(|report| told(report, house.tenant));
        let end = house.end(cut_off::OCTOBER);
        // What the first run had written whole, the retry finds there.
        seen.outcome = if last.outcome == Outcome::NoChange { end.outcome } else { last.outcome };
        seen.codes.extend(last.codes);
        let stands = stands(&rig, house, cut_off::OCTOBER).await;
        wrong.extend(judge(&place, (end, exception), (&seen, &stands)));
    }
    let written = rig.changes().len();
    if written != cut_off::WRITES {
        wrong.push(format!("{}: {written} writes", name(reversal)));
    }
    rig.sync().await;
    if rig.changes().len() != written {
        wrong.push(format!("{}: the same again writes", name(reversal)));
    }
    wrong
}

/// What is wrong under each reversal of a part of the list, so that the parts run side by side; a panic is one of them.
async fn all_wrong<Walk>(part: usize, walk: fn(Reversal) -> Walk) -> Vec<String>
where
    Walk: Future<Output = Vec<String>> + Send + 'static,
{
    let mut wrong = Vec::new();
    for reversal in reversals().into_iter().skip(part).step_by(PARTS) {
        let place = name(&reversal);
        match tokio::spawn(walk(reversal)).await {
            Ok(found) => wrong.extend(found),
            Err(panic) => wrong.push(format!("{place}: {panic}")),
        }
    }
    wrong
}

#[rstest]
#[tokio::test]
async fn the_worked_cases_end_right_or_say_what_is_not(#[values(0, 1, 2, 3)] part: usize) {
    let wrong = all_wrong(part, |reversal| async move { walk(&reversal).await }).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rstest]
#[tokio::test]
async fn the_worked_cases_that_are_cut_off_end_right_or_say_what_is_not(
    #[values(0, 1, 2, 3)] part: usize,
) {
    let wrong = all_wrong(part, |reversal| async move { resume(&reversal).await }).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_speaks_of_reversals_and_houses_that_there_are() {
    let reversals: BTreeSet<String> = reversals().iter().map(name).collect();
    for one in otherwise::TABLE {
        assert!(reversals.contains(one.reversal), "{}", one.reversal);
        let mut houses = street::HOUSES.iter().chain(cut_off::HOUSES).chain(odd_lines::HOUSES);
        assert!(houses.any(|house| house.tenant == one.case), "{}", one.case);
    }
}
