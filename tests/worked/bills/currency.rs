//! An invoice in another currency than its agreement: held back whole, until somebody says that it is meant (sync-rules 2.9).

use prism_connect::{
    domain::{Currency, outcome::Outcome},
    engine::{
        protocol::{About, Answer, Command, RefusalKind, command},
        views::{InvoiceStanding, InvoiceView, RetryView},
    },
};

use crate::{
    checks::{
        AUGUST, BASIC, Writes, attention, bill, customers, ended, plan_of, ready_with,
        september_after_august, settled, steps, units, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// Five seats in August, six in September, whose invoice is in yen.
fn september_in_yen() -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 5).from("2026-09-01", 6)
            })
        })
        .invoice("2026-09", |invoice| invoice.currency("JPY"))
}

async fn invoices(rig: &Rig) -> Vec<InvoiceView> {
    match rig.ask(command::Invoices).await {
        Answer::Invoices(invoices) => invoices,
        other => panic!("{other:?}"),
    }
}

async fn retries(rig: &Rig) -> Vec<RetryView> {
    match rig.ask(command::Retries).await {
        Answer::Retries(retries) => retries,
        other => panic!("{other:?}"),
    }
}

fn accept(invoice: &str, currency: &str, reason: &str) -> Command {
    let (invoice, reason) = (invoice.to_owned(), reason.to_owned());
    Command::from(command::AcceptCurrency { invoice, currency: Currency::new(currency), reason })
}

const NOTHING: Writes = Writes { rows: 0, adjustments: 0 };

#[tokio::test]
async fn a19_nothing_is_written_of_an_invoice_in_another_currency_and_both_are_named() {
    let rig = september_after_august(september_in_yen(), Setup::default()).await;
    let foretold = plan_of(&rig, customers()).await;
    assert!(foretold.operations.is_empty());
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    assert_eq!(writes(&rig), NOTHING);
    let message = report.header.message.as_ref().expect("why");
    assert_eq!(message.code.as_str(), "other_currency");
    assert_eq!(foretold.findings, std::slice::from_ref(message), "the plan says the same");
    let list = invoices(&rig).await;
    let [september, august] = &list[..] else { panic!("{list:?}") };
    for named in ["JPY", "AUD", &september.number, &august.number] {
        assert!(message.text.contains(named), "{named}: {message:?}");
    }
    assert_eq!(september.state, InvoiceStanding::Held);
    assert_eq!(september.currency, Some(Currency::new("JPY")));
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));

    let again = rig.sync().await;
    assert_eq!(again.header.message.as_ref(), Some(message), "told at every run");
    let [held] = &retries(&rig).await[..] else { panic!("one entry") };
    assert_eq!((held.run, held.tenant.as_str()), (report.header.id, "harbour.onmicrosoft.com"));
    let waits = attention(&rig).await;
    let about = waits.iter().filter(|one| one.text.contains(&september.number));
    let [one] = &about.collect::<Vec<_>>()[..] else { panic!("{waits:#?}") };
    assert_eq!((one.outcome, one.amount), (Outcome::Failure, september.subtotal));
}

#[tokio::test]
async fn a19_later_months_wait_until_it_is_dismissed() {
    let mut rig = september_after_august(september_in_yen(), Setup::default()).await;
    rig.month_passes().await;
    let report = rig.sync().await;
    assert_eq!(report.header.message.expect("why").code.as_str(), "other_currency");
    assert_eq!(writes(&rig), NOTHING);
    let list = invoices(&rig).await;
    let states: Vec<_> = list.iter().map(|one| one.state).collect();
    assert_eq!(states, [InvoiceStanding::Waiting, InvoiceStanding::Held, InvoiceStanding::Applied]);
    let (invoice, reason) = (list[1].number.clone(), "Issued anew in AUD".to_owned());
    rig.ask(command::DismissInvoice { invoice, reason }).await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-10-01", 6)]));
    settled(&rig).await;
}

#[tokio::test]
async fn a19_an_accepted_currency_is_that_of_the_agreement_from_then_on() {
    let scenario = september_in_yen().invoice("2026-10", |invoice| invoice.currency("JPY"));
    let mut rig = september_after_august(scenario, Setup::default()).await;
    rig.sync().await;
    let number = invoices(&rig).await[0].number.clone();
    let way = format!("prism-connect invoices accept {number} --currency JPY --reason TEXT");
    let Answer::Invoice(told) = rig.ask(command::Invoice { invoice: number.clone() }).await else {
        panic!("an invoice")
    };
    assert!(told.can.iter().any(|act| act.command == way), "{:?}", told.can);
    for (command, kind, code) in [
        (accept(&number, "AUD", "why"), RefusalKind::Failed, "other_currency"),
        (accept(&number, "JPY", " "), RefusalKind::Malformed, "reason"),
        (accept("INV0", "JPY", "why"), RefusalKind::Failed, "unknown_invoice"),
    ] {
        let refusal = rig.try_ask(command).await.expect_err(code);
        assert_eq!((refusal.kind, refusal.finding.code.as_str()), (kind, code));
    }
    assert_eq!(rig.sync().await.header.status, Outcome::Failure);

    rig.ask(accept(&number, "jpy", "Billed in yen from September on")).await;
    assert_eq!(retries(&rig).await, []);
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-01", 6)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "48.00", "as it stands, not rounded");
    let Answer::Invoice(told) = rig.ask(command::Invoice { invoice: number.clone() }).await else {
        panic!("an invoice")
    };
    let decisions = &told.invoice.decisions;
    assert!(decisions.iter().any(|one| one.contains("accepted in JPY")), "{decisions:?}");
    let refusal = rig.try_ask(accept(&number, "JPY", "again")).await.expect_err("it is applied");
    assert_eq!(refusal.finding.code.as_str(), "applied");

    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::NoChange);
    let october = &invoices(&rig).await[0];
    assert_eq!(october.state, InvoiceStanding::Applied);
    settled(&rig).await;
}

/// Two agreements of two currencies on one installation.
#[tokio::test]
async fn a19_two_agreements_have_a_currency_each_and_one_holds_nothing_of_the_other() {
    let scenario = world("2026-08")
        .second_agreement()
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 5))
        })
        .tenant("quarry", |tenant| {
            tenant.agreement(2).subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 3).from("2026-09-01", 4)
            })
        })
        .invoice("2026-08", |invoice| invoice.agreement(2).currency("NZD"))
        .invoice("2026-09", |invoice| invoice.currency("NZD"))
        .invoice("2026-09", |invoice| invoice.agreement(2).currency("NZD"));
    let mut rig = ready_with(scenario, Setup { month: AUGUST, ..Setup::default() }).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    let message = report.header.message.as_ref().expect("why");
    assert_eq!(message.code.as_str(), "other_currency", "the first agreement's was AUD");
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    let stands = units(&rig, "quarry", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 3), ("2026-09-01", 4)]));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
}

#[tokio::test]
async fn a19_headers_that_say_no_currency_hold_nothing_back() {
    let mut rig = ready_with(september_in_yen(), Setup { month: AUGUST, ..Setup::default() }).await;
    let absent = serde_json::json!({"invoice_currency": "absent"});
    rig.control("assumptions", &absent).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-01", 6)]));
    assert_eq!(invoices(&rig).await[0].currency, None);
}

/// Wherever an amount is told, its currency is told with it; amounts of two are never added.
#[tokio::test]
async fn a19_every_amount_names_its_currency_and_totals_are_kept_apart() {
    let scenario = world("2026-08")
        .second_agreement()
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 5))
        })
        .tenant("quarry", |tenant| {
            tenant.agreement(2).subscription(BASIC, |bought| bought.from("2026-08-01", 3))
        })
        .invoice("2026-08", |invoice| invoice.agreement(2).currency("NZD"));
    let rig = ready_with(scenario, Setup { month: AUGUST, ..Setup::default() }).await;
    let (aud, nzd) = (Some(Currency::new("AUD")), Some(Currency::new("NZD")));
    let plan = plan_of(&rig, customers()).await;
    assert_eq!(plan.currency, None, "there are two");
    let mut totals: Vec<_> = std::iter::once(&plan.money)
        .chain(&plan.other_money)
        .map(|money| (money.currency.clone(), money.monthly_after.to_string()))
        .collect();
    totals.sort();
    assert_eq!(totals, [(aud.clone(), "40.00".to_owned()), (nzd.clone(), "24.00".to_owned())]);
    let of = |tenant: &str| {
        let domain = format!("{tenant}.onmicrosoft.com");
        let mine = plan.operations.iter().filter(move |one| one.tenants.contains(&domain));
        mine.map(|one| one.currency.clone()).collect::<Vec<_>>()
    };
    assert_eq!((of("harbour"), of("quarry")), (vec![aud.clone(); 2], vec![nzd.clone(); 2]));

    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(report.header.currency, None, "{}", pretty(&report));
    let mut ledgers: Vec<_> = report.ledgers.iter().map(|one| one.currency.clone()).collect();
    ledgers.sort();
    assert_eq!(ledgers, [aud.clone(), nzd.clone()]);
    let row = |tenant: &str| {
        let rows = report.customers.iter().find(|row| row.tenant.starts_with(tenant));
        rows.expect("a row").currency.clone()
    };
    assert_eq!((row("harbour"), row("quarry")), (aud.clone(), nzd.clone()));
    for (tenant, currency) in [("harbour", aud), ("quarry", nzd)] {
        let tenant = format!("{tenant}.onmicrosoft.com");
        let asked = Command::from(command::History { tenant, service: None });
        let Answer::History(About { found: changes, .. }) = rig.ask(asked).await else {
            panic!("a history")
        };
        assert!(!changes.is_empty() && changes.iter().all(|one| one.currency == currency));
    }
}
