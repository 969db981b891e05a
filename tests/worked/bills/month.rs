//! The month on the dashboard: to the cent it is what was invoiced, and its lists and the invoice's page say the same of it,
//! by the links of today.

use prism_connect::{
    domain::{Money, outcome::Outcome, run::LedgerPlace},
    engine::{
        protocol::{About, Answer, Command, MapDraft, RefusalKind, SyncRequest, command},
        views::{CustomerPageView, CustomerView, InvoiceDetail, MonthSum, StatusView},
    },
};

use serde_json::json;

use crate::{
    checks::{BASIC, OTHER, SEPTEMBER, contract, customers, ended, september_after_august, world},
    rig::{Rig, Setup},
};

const ANNUAL: &str = "CFQ7TTC0LH16:0001";
const AZURE: &str = "DZH318Z0BPS6:0001";

/// `harbour` is linked, `kiama`, which buys something annual and Azure too, and `quarry` are not.
async fn one_of_three() -> Rig {
    let scenario = world("2026-09")
        .annual(ANNUAL, "Exchange Online (Plan 1)", "48.00", "60.00")
        .azure_product(AZURE, "Azure plan")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
        })
        .tenant("kiama", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.from("2026-09-11", 4))
                .subscription(ANNUAL, |bought| bought.annual().from("2026-09-01", 2))
                .subscription(AZURE, |bought| bought.used("2026-09", "30.00", "36.00"))
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(OTHER, |bought| bought.from("2026-09-01", 3))
        });
    let rig = Rig::ready(scenario.world(), Setup { month: SEPTEMBER, ..Setup::default() }).await;
    rig.map_all(|_| {}).await;
    for tenant in ["kiama", "quarry"] {
        rig.ask(command::Unmap { tenant: domain(tenant) }).await;
    }
    rig
}

fn domain(tenant: &str) -> String {
    format!("{tenant}.onmicrosoft.com")
}

async fn link(rig: &Rig, tenant: &str, sync: bool) {
    let all = rig.simulation.true_mappings();
    let found = all.iter().find(|one| one.domain == domain(tenant)).expect("it has a contract");
    let draft = MapDraft {
        tenant: domain(tenant),
        company: found.company_id.to_string(),
        contract: found.contract_id.to_string(),
        sync: Some(sync),
        from: None,
        pricing: None,
    };
    rig.ask(command::Map { draft }).await;
}

async fn status(rig: &Rig) -> StatusView {
    match rig.ask(command::Status).await {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

async fn invoice(rig: &Rig) -> InvoiceDetail {
    let Answer::Invoices(all) = rig.ask(command::Invoices).await else { panic!("invoices") };
    let invoice = all.first().expect("one").number.clone();
    match rig.ask(command::Invoice { invoice }).await {
        Answer::Invoice(detail) => *detail,
        other => panic!("{other:?}"),
    }
}

/// The month's sum line.
fn sums(status: &StatusView) -> MonthSum {
    let sums = status.cards.iter().filter_map(|card| card.progress.as_ref());
    sums.flat_map(|progress| &progress.month_sums).next().expect("a month").clone()
}

/// The same; it must add up.
fn month(status: &StatusView) -> MonthSum {
    let sum = sums(status);
    let parts: Money = sum.parts.iter().map(|part| part.amount).sum();
    assert_eq!((parts, sum.balance), (sum.invoiced, Money::ZERO), "{sum:?}");
    sum
}

fn part(sum: &MonthSum, place: LedgerPlace) -> Money {
    sum.parts.iter().find(|part| part.place == place).map_or(Money::ZERO, |part| part.amount)
}

/// What a cause of the dashboard amounts to.
fn listed(status: &StatusView, cause: &str) -> Money {
    let cause = status.causes.iter().find(|one| one.text == cause);
    cause.map_or(Money::ZERO, |one| one.amounts.iter().map(|amount| amount.amount).sum())
}

/// Sum line, lists and the invoice's page say the same: not linked, and off.
async fn agree(rig: &Rig) -> (Money, Money) {
    let (status, detail) = (status(rig).await, invoice(rig).await);
    let sum = month(&status);
    let (unlinked, off) = (part(&sum, LedgerPlace::Unmapped), part(&sum, LedgerPlace::Off));
    assert_eq!(listed(&status, "Not linked to a contract"), unlinked, "{:#?}", status.causes);
    assert_eq!(listed(&status, "Linked, and sync is off"), off, "{:#?}", status.causes);
    assert_eq!((detail.ledger.unmapped, detail.ledger.off), (unlinked, off), "the invoice's page");
    assert_eq!(detail.ledger.balance, Money::ZERO);
    (unlinked, off)
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

#[tokio::test]
async fn what_is_not_linked_or_off_is_in_the_month_and_on_the_list_with_one_amount() {
    let rig = one_of_three().await;
    ended(&rig.sync().await, Outcome::Success);
    // 4 × 6.90 × 20/30, and 3 × 12.50; what is annual, or Azure, is not synced, whoever buys it.
    assert_eq!(agree(&rig).await, (money("55.90"), Money::ZERO));
    link(&rig, "kiama", false).await;
    assert_eq!(agree(&rig).await, (money("37.50"), money("18.40")));
    link(&rig, "quarry", true).await;
    assert_eq!(agree(&rig).await, (Money::ZERO, money("18.40")));
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(agree(&rig).await, (Money::ZERO, money("18.40")));
    rig.ask(command::Unmap { tenant: domain("kiama") }).await;
    assert_eq!(agree(&rig).await, (money("18.40"), Money::ZERO));
}

#[tokio::test]
async fn a_void_invoice_is_no_part_of_what_was_invoiced() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
        })
        .extra_invoice("2026-09", "Standard", |invoice| invoice.status("Void").with_all_lines());
    let rig = Rig::ready(scenario.world(), Setup { month: SEPTEMBER, ..Setup::default() }).await;
    rig.map_all(|_| {}).await;
    ended(&rig.sync().await, Outcome::Success);
    let sum = month(&status(&rig).await);
    // 6 × 6.90, once.
    assert_eq!(sum.invoiced, money("41.40"), "{sum:?}");
}

#[tokio::test]
async fn an_invoice_that_does_not_add_up_is_invoiced_and_its_page_says_the_same_r2_3() {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
        })
        .invoice("2026-09", |invoice| invoice.off_by("-1.40"));
    let rig = september_after_august(scenario, Setup::default()).await;
    ended(&rig.sync().await, Outcome::Failure);
    // 6 × 6.90, and a header that says less.
    let held = sums(&status(&rig).await);
    assert_eq!((held.invoiced, held.balance), (money("40.00"), money("-1.40")), "{held:?}");
    assert_eq!(part(&held, LedgerPlace::Failed), money("41.40"));
    let page = invoice(&rig).await;
    assert_eq!(page.ledger.parts(), held.parts);
    let (invoice, reason) = (page.invoice.number, "a credit without a line".to_owned());
    rig.ask(command::AcceptDifference { invoice, difference: money("-1.40"), reason }).await;
    // Not written yet, and not lost sight of.
    let due = month(&status(&rig).await);
    assert_eq!(
        (due.invoiced, part(&due, LedgerPlace::NotInScope)),
        (money("40.00"), money("41.40"))
    );
    ended(&rig.sync().await, Outcome::NoChange);
    let sum = month(&status(&rig).await);
    assert_eq!((sum.invoiced, part(&sum, LedgerPlace::Synced)), (money("40.00"), money("41.40")));
}

#[tokio::test]
async fn who_is_linked_off_before_any_run_is_on_the_list() {
    let rig = one_of_three().await;
    link(&rig, "quarry", false).await;
    let status = status(&rig).await;
    assert_eq!(listed(&status, "Linked, and sync is off"), money("37.50"), "{:#?}", status.causes);
}

#[tokio::test]
async fn an_invoice_that_was_applied_is_not_dropped() {
    let rig = one_of_three().await;
    ended(&rig.sync().await, Outcome::Success);
    let dismissal = |number: String| {
        Command::from(command::DismissInvoice { invoice: number, reason: "x".to_owned() })
    };
    let detail = invoice(&rig).await;
    assert_eq!(detail.can, [], "{:?}", detail.invoice.state);
    let refusal = rig.try_ask(dismissal(detail.invoice.number)).await.expect_err("applied");
    assert_eq!((refusal.kind, refusal.finding.code.as_str()), (RefusalKind::Failed, "applied"));
    // One who is linked later is still to get it; it was applied to another all the same.
    link(&rig, "quarry", true).await;
    let detail = invoice(&rig).await;
    assert_eq!((detail.invoice.due, detail.invoice.applied), (1, 1));
    assert_eq!(detail.can, [], "{:?}", detail.invoice.state);
    let refusal = rig.try_ask(dismissal(detail.invoice.number)).await.expect_err("applied in part");
    assert!(
        refusal.finding.text.contains("was applied to 1 customer:"),
        "{}",
        refusal.finding.text
    );
}

/// `harbour`'s rows are posted already when it grows: that is worth a warning. `quarry` is all right.
async fn one_warned() -> Rig {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
            })
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 3))
        });
    let rig = september_after_august(scenario, Setup::default()).await;
    let posting = json!({"contract_id": contract(&rig, "harbour"), "through": "2026-09-30"});
    rig.control("autotask/post", &posting).await;
    ended(&rig.sync().await, Outcome::Warning);
    rig
}

fn warned(status: &StatusView) -> u64 {
    let progress = status.cards.iter().find_map(|card| card.progress.as_ref());
    progress.expect("an invoice was begun").warned
}

#[tokio::test]
async fn what_was_warned_of_stays_on_the_card_when_a_few_are_tried_again() {
    let rig = one_warned().await;
    assert_eq!(warned(&status(&rig).await), 1);
    let tenants = vec![domain("quarry")];
    let request = SyncRequest { tenants, recheck: true, ..customers() };
    ended(&rig.sync_as(request).await, Outcome::NoChange);
    let now = status(&rig).await;
    assert_eq!(warned(&now), 1, "nobody has seen it: {:#?}", now.causes);
    let id =
        now.attention.iter().find(|one| one.id.starts_with("warning-")).expect("it").id.clone();
    rig.ask(command::Acknowledge { id }).await;
    assert_eq!(warned(&status(&rig).await), 0);
}

async fn listed_customer(rig: &Rig, tenant: &str) -> CustomerView {
    let refresh = true;
    let Answer::Customers(all) = rig.ask(command::Customers { refresh }).await else {
        panic!("customers")
    };
    all.into_iter().find(|one| one.domain == domain(tenant)).expect("it is listed")
}

async fn page(rig: &Rig, tenant: &str) -> CustomerPageView {
    let asked = command::CustomerPage { tenant: domain(tenant), contract: false };
    match rig.ask(asked).await {
        Answer::CustomerPage(About { found, .. }) => *found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_linked_has_the_amount_before_the_first_run_that_it_has_after_it() {
    let rig = one_of_three().await;
    rig.ask(command::Customers { refresh: true }).await;
    let before = listed(&status(&rig).await, "Not linked to a contract");
    ended(&rig.sync().await, Outcome::Success);
    let after = listed(&status(&rig).await, "Not linked to a contract");
    assert_eq!((before, after), (money("55.90"), money("55.90")));
}

#[tokio::test]
async fn one_customers_money_is_one_number_on_list_page_dashboard_and_invoice() {
    let rig = one_of_three().await;
    ended(&rig.sync().await, Outcome::Success);
    let list = listed_customer(&rig, "kiama").await;
    let left_out: Vec<_> =
        list.left_out.iter().map(|one| (one.reason.as_str(), one.amount)).collect();
    assert_eq!(list.latest_amount, Some(money("18.40")));
    assert_eq!(left_out, [("Azure is not synced", money("30.00"))]);
    let status = status(&rig).await;
    let cause = status.causes.iter().find(|one| one.text == "Not linked to a contract");
    let mut members = cause.expect("it is listed").members.iter();
    let on_dashboard = members.find(|one| one.customer.as_ref() == Some(&list.customer_name));
    assert_eq!(on_dashboard.and_then(|one| one.amount), list.latest_amount, "dashboard");
    let of_month = month(&status).left_out;
    let told: Vec<_> = of_month.iter().map(|one| (one.reason.as_str(), one.amount)).collect();
    let annual = ("annual invoice", money("96.00"));
    assert_eq!(told, [annual, ("Azure is not synced", money("30.00"))]);

    link(&rig, "kiama", true).await;
    ended(&rig.sync().await, Outcome::Success);
    let (list, page) = (listed_customer(&rig, "kiama").await, page(&rig, "kiama").await);
    let this = page.this.as_ref().expect("it was synced");
    assert_eq!((Some(this.amount), &page.customer), (list.latest_amount, &list), "page and list");
    assert!(list.latest_invoice.is_some_and(|invoice| this.invoices.contains(&invoice)));
    // What is annual is on an invoice of its own; each names whose lines are not synced.
    for reason in of_month {
        let asked = command::Invoice { invoice: reason.invoices[0].clone() };
        let Answer::Invoice(detail) = rig.ask(asked).await else { panic!("an invoice") };
        let [whose] = &detail.left_out[..] else { panic!("{:?}", detail.left_out) };
        assert_eq!((&whose.customer, whose.amount), (&list.customer_name, reason.amount));
        let excluded: Money = detail.ledger.excluded.iter().map(|sum| sum.amount).sum();
        assert_eq!(excluded, reason.amount, "invoice");
    }
}

#[tokio::test]
async fn an_invoices_amounts_are_not_told_before_what_sorts_its_lines_can_be_read() {
    let mut rig = one_of_three().await;
    rig.month_passes().await;
    // Lines that do not tell their term are sorted by the price list.
    let untold = json!({"system": "prism", "kind": "lines",
        "without": ["BillingCycle", "TermDurationNumber", "TermDurationUnit"]});
    rig.control("odd", &json!({ "rows": [untold] })).await;
    rig.fault(json!({"system": "prism", "path": "/pricelist/", "fault": {"status": 500}})).await;
    let before = listed_customer(&rig, "kiama").await;
    assert_eq!(before.latest_amount, Some(money("18.40")), "September's still");
    rig.no_faults().await;
    assert_eq!(listed_customer(&rig, "kiama").await.latest_amount, Some(money("27.60")));
}
