use super::*;
use crate::{
    domain::{
        ConnectionId, Money,
        run::{Counts, Trigger},
    },
    engine::samples::begun_run,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn frame() -> Frame {
    Frame {
        environment: "PROD".to_owned(),
        installation: "0193a5e2-0000-7000-8000-000000000000".to_owned(),
        ssh: Some("jump1".to_owned()),
        web: Some("https://portal.example.com/runs/{run}".to_owned()),
        anchor: Some((57, "0123456789abcdef0123456789abcdef".to_owned())),
    }
}

fn header(status: Outcome) -> RunHeader {
    let customers = Tally { attempted: 41, ok: 38, warned: 1, failed: 2, ..Tally::default() };
    RunHeader {
        started_at: at("2026-10-05T06:30:00Z"),
        finished_at: Some(at("2026-10-05T06:41:00Z")),
        status,
        counts: Counts { customers, writes: 1234, ..Counts::default() },
        invoices: vec!["INV0104233".to_owned()],
        actor: "schedule".to_owned(),
        trigger: Trigger::Schedule,
        ..begun_run(42)
    }
}

fn named(who: &str, text: &str) -> Named {
    Named { who: who.to_owned(), text: text.to_owned() }
}

fn failure() -> RunFacts {
    let ledger = serde_json::json!({
        "invoice": "INV0104233", "currency": "AUD", "subtotal": "12345.5", "synced": "12000.5",
        "earlier_runs": "0", "excluded": [], "unmapped": "0", "off": "0", "not_in_scope": "0",
        "failed": "345", "balance": "0",
    });
    RunFacts {
        header: header(Outcome::Failure),
        target: "Autotask".to_owned(),
        failed: vec![
            named(
                "Harbour Dental (harbour.onmicrosoft.com)",
                "The contract “Cloud” ended on 2026-09-30.",
            ),
            named(
                "Zebra (zebra.com)",
                "Autotask refused the change: the period is posted already.",
            ),
        ],
        warned: vec![named("Alpha (alpha.com)", "A price was kept that was set by hand.")],
        ledgers: vec![serde_json::from_value(ledger).expect("a ledger")],
        advice: Some("Extend the contract, then `prism-connect retries run`.".to_owned()),
    }
}

#[test]
fn a_failed_run_is_told_with_what_to_do_first_and_the_link_alone() {
    let words = of_run(&frame(), &failure());
    assert_eq!(words.subject, "[PROD] prism-connect: Failure, 2 of 41 customers, INV0104233");
    let expected = "\
Run 42 on Autotask ended with Failure. Of 41 customers: 38 ok, 1 warned,
2 failed. 1,234 changes were written.

What to do first: Extend the contract, then `prism-connect retries run`.

Failed (2):
  - Harbour Dental (harbour.onmicrosoft.com): The contract “Cloud” ended
    on 2026-09-30.
  - Zebra (zebra.com): Autotask refused the change: the period is posted
    already.

To be looked at (1):
  - Alpha (alpha.com): A price was kept that was set by hand.

Ledger of INV0104233: 12,345.50 AUD billed; synced 12,000.50, failed
345.00.

ssh jump1 -t prism-connect open run 42

https://portal.example.com/runs/42

-- 
prism-connect VERSION, installation 0193a5e2-0000-7000-8000-000000000000
audit 57 0123456789abcdef
";
    let text = words.text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_eq!(text, expected);
}

#[test]
fn twenty_are_named_and_the_rest_is_counted() {
    let mut facts = failure();
    facts.header.counts.customers.failed = 33;
    facts.failed = (0..20).map(|n| named(&format!("Customer {n}"), "failed")).collect();
    let text = of_run(&frame(), &facts).text;
    assert!(text.contains("Failed (33):") && text.contains("and 13 more"), "{text}");
    assert_eq!(text.matches("  - Customer").count(), 20);
    assert!(!text.contains("Alpha"), "{text}");
}

#[test]
fn no_line_is_wider_than_a_letter_but_the_link() {
    let mut facts = failure();
    facts.failed =
        vec![named(&"x".repeat(300), &"wide ".repeat(60)), named("漢字".repeat(60).as_str(), "")];
    let mut frame = frame();
    frame.ssh = Some(
        "a-very-long-host-name-of-a-jump-host.somewhere.in.a.deep.domain.example.com".to_owned(),
    );
    let text = of_run(&frame, &facts).text;
    let wide: Vec<&str> = text.lines().filter(|line| line.width() > WIDTH).collect();
    assert_eq!(wide.len(), 1, "{wide:?}");
    assert!(wide[0].starts_with("ssh ") && wide[0].ends_with("open run 42"), "{wide:?}");
}

#[test]
fn no_name_makes_a_line_of_a_head_or_a_link_of_its_own() {
    let mut facts = failure();
    let evil = "Evil\r\nBcc: all@example.com\r\n\r\nssh evil -t rm";
    facts.failed = vec![named(evil, "a\u{202e}b\u{0}c")];
    facts.header.invoices = vec![format!("INV1\r\nBcc: all@example.com")];
    facts.advice = Some("do\n-- \nthis".to_owned());
    let words = of_run(&frame(), &facts);
    assert!(!words.subject.contains(['\r', '\n']), "{}", words.subject);
    for line in words.text.lines() {
        assert!(!line.starts_with("Bcc:") && !line.starts_with("ssh evil"), "{line}");
    }
    assert_eq!(words.text.matches("\n-- \n").count(), 1);
    assert!(!words.text.contains(['\r', '\u{202e}', '\u{0}']));
}

#[test]
fn a_run_that_came_to_nobody_is_named_by_its_number() {
    let mut facts = failure();
    facts.header.counts = Counts::default();
    facts.header.invoices.clear();
    facts.header.message = Some(crate::domain::outcome::Finding::new(
        crate::domain::Code::Unreachable,
        "PRISM cannot be reached.",
        "Wait.",
    ));
    (facts.failed, facts.warned, facts.ledgers) = (Vec::new(), Vec::new(), Vec::new());
    let words = of_run(&frame(), &facts);
    assert_eq!(words.subject, "[PROD] prism-connect: Failure, run 42");
    assert!(
        words.text.contains("Nothing was written.\n\nPRISM cannot be reached.\n"),
        "{}",
        words.text
    );
}

#[test]
fn a_plan_that_waits_is_told_with_money_and_expiry() {
    let plan = PlanWaits {
        number: 7,
        target: ConnectionId::new("autotask"),
        invoices: vec!["INV1".to_owned(), "INV2".to_owned(), "INV3".to_owned(), "INV4".to_owned()],
        author: "schedule".to_owned(),
        contracts: 2,
        money: vec![crate::engine::outbox::occasion::BillChange {
            currency: Some(crate::domain::Currency::new("AUD")),
            change: Money("-1234.5".parse().expect("an amount")),
        }],
        reasons: vec!["Harbour Dental: 40 of 50 seats go.".to_owned()],
        expires: at("2026-10-08T06:30:00Z"),
    };
    let words = of_plan(&frame(), &plan, "Autotask");
    assert_eq!(
        words.subject,
        "[PROD] prism-connect: Plan 7 waits for approval, INV1, INV2, INV3 and 1 more"
    );
    for part in [
        "-1,234.50 AUD",
        "2026-10-08 06:30 UTC",
        "40 of 50 seats",
        "\nssh jump1 -t prism-connect open approval 7\n",
    ] {
        assert!(words.text.contains(part), "{part}: {}", words.text);
    }
}

#[test]
fn a_week_is_told_with_what_stays_the_same() {
    let facts = WeekFacts {
        runs: vec![(Outcome::Failure, 3), (Outcome::Success, 4)],
        writes: 12,
        last_success: Some(at("2026-10-10T06:31:00Z")),
        next_look: Some("2026-10-12 06:30".to_owned()),
        again: vec!["Zebra: the period is posted already. (3 runs since 2026-10-06)".to_owned()],
        more_again: 2,
        unsent: 1,
    };
    let words = of_week(&frame(), NaiveDate::from_ymd_opt(2026, 10, 11).expect("a day"), &facts);
    assert_eq!(words.subject, "[PROD] prism-connect: Week to 2026-10-11, 7 runs");
    for part in [
        "From 2026-10-05 to 2026-10-11.",
        "7 runs: 3 Failure, 4 Success.",
        "Still the same (3):",
        "and 2 more",
        "1 message was taken by nobody",
    ] {
        assert!(words.text.contains(part), "{part}: {}", words.text);
    }
}
