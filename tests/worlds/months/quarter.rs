//! A quarter while nobody looks, in minutes: a look every morning, three invoices, a mail server that is down for two days,
//! a customer whose agreement cannot be written to, guards whose plans wait for a second person, and two deaths in mid-run.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use prism_connect::{
    clock::Clock,
    domain::Role,
    engine::{
        protocol::{Actor, Event, Happening},
        views::Standing,
    },
    sim::mail::AUTHORITY,
};

use super::{
    FIRST, Journey, Outcome, Rig, RunReport, Setup, Target, World, WorldKind, WorldSettings,
    command, json, text,
};

/// A second of this clock takes so many: a day in 1.3 s.
const PACE: f64 = 0.000_015;

const SETTINGS: &str = "
[guards]
seats = 2
service_percent = 30
[schedule]
look = [\"06:30\"]
on_new_invoice = false
zone = \"UTC\"
jitter_minutes = 0
";

/// Whoever lets plans pass: not who linked, and not the schedule.
fn bob() -> Actor {
    Actor { role: Role::Approve, uid: Some(1002), ..Actor::owner("bob") }
}

struct Quarter {
    journey: Journey,
    clock: Clock,
    approved: BTreeSet<u64>,
}

impl Quarter {
    async fn begin() -> Self {
        let settings = WorldSettings {
            kind: WorldKind::Clean,
            seed: 3,
            customers: 10,
            subscriptions: 4,
            usage_month: FIRST,
        };
        let setup =
            Setup { azure: true, config: "", month: (2026, 8), target: Target::Connectwise };
        let mut rig = Rig::ready(World::generate(&settings), setup).await;
        let mapped = rig.map_all(|_| {}).await;
        let failing = mapped.first().expect("a customer").contract_id;
        let at = rig.simulation.addresses().mail.smtp;
        let authority = rig.data_dir().join("authority.pem");
        std::fs::write(&authority, AUTHORITY).expect("written");
        let mail = format!(
            "[mail]\nserver = \"smtp://{at}\"\nfrom = \"prism-connect@example.com\"\n\
             [[notify]]\nto = [\"ops@example.com\"]\n"
        );
        let start: DateTime<Utc> = "2026-10-05T00:00:00Z".parse().expect("a time");
        let clock = Clock::starting_at(start).hastened(PACE);
        rig.live_unattended(Box::leak(format!("{SETTINGS}{mail}").into_boxed_str()), clock).await;
        let mut journey = Journey::new(rig, mapped, setup, WorldKind::Clean, "a quarter");
        journey.used = journey.standing().await;
        journey.rig.fault(json!({"path": format!("/finance/agreements/{failing}/additions"),
            "writes": true, "fault": {"status": 400, "body": {"code": "InvalidObject", "message": "locked by the month's end"}}})).await;
        Self { journey, clock, approved: BTreeSet::new() }
    }

    /// Days go by; whatever waits is let pass by a second person.
    async fn until(&mut self, day: &str) {
        let end: DateTime<Utc> = format!("{day}T12:00:00Z").parse().expect("a day");
        while self.clock.now() < end {
            self.clock.sleep(TimeDelta::hours(3).to_std().expect("a while")).await;
            self.approve().await;
        }
    }

    /// Mornings go by until all has been well for some: each of three months may wait for the second person.
    async fn until_all_is_well(&mut self) -> RunReport {
        let mut well = 0;
        for days in 1..60 {
            let day = NaiveDate::from_ymd_opt(2026, 12, 28).expect("a day");
            self.until(&(day + chrono::Days::new(days)).to_string()).await;
            let report = self.journey.last_run().await;
            well = if report.header.status <= Outcome::Success { well + 1 } else { 0 };
            if well == 5 {
                return report;
            }
        }
        panic!("{}", crate::rig::pretty(&self.journey.last_run().await))
    }

    async fn approve(&mut self) {
        let handle = self.journey.rig.handle();
        let plans = handle.ask(command::Approvals { all: false }).await.expect("plans");
        for plan in plans.into_iter().filter(|plan| plan.standing == Standing::Waiting) {
            let approve = command::Approve {
                number: plan.number,
                seal: None,
                reason: None,
                break_glass: false,
            };
            let handle = self.journey.rig.handle().of(bob());
            if handle.ask(approve).await.is_ok() {
                self.approved.insert(plan.number);
            }
        }
    }

    /// An invoice is issued, and the daemon is killed within the run that finds it.
    async fn killed_in_its_run(&mut self) {
        let mut events = self.journey.rig.handle().events();
        self.journey.rig.control("month/advance", &json!({})).await;
        self.journey.rig.simulation.journal().reset();
        loop {
            let Event { happening, .. } = events.recv().await.expect("an event");
            if matches!(happening, Happening::RunStarted { .. }) {
                break;
            }
        }
        while self.journey.rig.changes().is_empty() {
            tokio::task::yield_now().await;
        }
        self.journey.rig.kill().await;
        self.journey.rig.revive().await;
    }

    /// Every week once; every plan that waited once; of a month of mornings that failed alike, and of each stretch in which none
    /// succeeded, one letter, though the server was down for two days of it; and no letter twice.
    async fn told_what_there_was_to_tell(&self) {
        let letters = self.journey.rig.look("mail").await;
        let letters = letters.as_array().expect("letters");
        let member = |name: &str| -> Vec<&str> {
            letters.iter().map(|letter| letter[name].as_str().expect("a text")).collect()
        };
        let subjects = member("subject");
        let about = |what: &str| -> Vec<&str> {
            subjects
                .iter()
                .filter_map(|subject| subject.split_once(what))
                .map(|(_, rest)| rest)
                .collect()
        };
        let weeks: Vec<&str> = about(": Week to ").iter().map(|rest| &rest[..10]).collect();
        let sundays = (0..weeks.len() as u64).map(|week| {
            let first = NaiveDate::from_ymd_opt(2026, 10, 4).expect("a Sunday");
            (first + chrono::Days::new(7 * week)).to_string()
        });
        assert_eq!(weeks, sundays.collect::<Vec<_>>());
        assert!(weeks.len() >= 13, "{weeks:?}");
        let plans: Vec<u64> = about(": Plan ")
            .iter()
            .map(|rest| {
                rest.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
            })
            .collect();
        // One that a newer plan took the place of was told as well.
        assert_eq!(plans, (1..=plans.len() as u64).collect::<Vec<_>>());
        assert!(!self.approved.is_empty() && self.approved.iter().all(|one| plans.contains(one)));
        assert_eq!(about(": Failure, 1 of 8 customers").len(), 1, "{subjects:#?}");
        // Since the last one that did, once.
        let since = about("no look succeeded since");
        let stretches: BTreeSet<&str> = since.iter().copied().collect();
        assert!(!since.is_empty() && stretches.len() == since.len(), "{subjects:#?}");
        let ids: BTreeSet<&str> = member("message_id").into_iter().collect();
        assert_eq!(ids.len(), letters.len(), "{subjects:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test --test worlds quarter -- --ignored"]
async fn a_quarter_while_nobody_looks() {
    let mut quarter = Quarter::begin().await;
    quarter.journey.months.push(text(FIRST));
    quarter.until("2026-10-06").await;
    quarter.journey.rig.control("mail/troubles", &json!({"trouble": "down"})).await;
    quarter.until("2026-10-08").await;
    quarter.journey.rig.erase("mail/troubles").await;
    quarter.until("2026-11-05").await;
    for (month, day) in [((2026, 10), "2026-12-05"), ((2026, 11), "2026-12-28")] {
        quarter.journey.months.push(text(month));
        quarter.killed_in_its_run().await;
        quarter.until(day).await;
    }
    // What stood in the way is gone: the next mornings make up for it.
    quarter.journey.rig.no_faults().await;
    let report = quarter.until_all_is_well().await;
    quarter.journey.compare(&report).await;

    let trail = quarter.journey.rig.handle().ask(command::VerifyAudit).await.expect("a verdict");
    assert_eq!((trail.unchained, trail.broken_at), (0, None));
    quarter.told_what_there_was_to_tell().await;
}
