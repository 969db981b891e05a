//! What is told of a run while it is on, and what its record says afterwards, are the same rows with the same figures.

use std::collections::BTreeMap;

use prism_connect::{
    domain::{RunId, outcome::Outcome, run::RunReport},
    engine::{
        protocol::{
            Happening, ItemState, Scope, SyncRequest,
            live_run::{Ahead, LiveItem, LiveRun},
        },
        sync,
    },
};

use crate::{desk::Desk, in_memory::target::Fault};

/// A run as whoever watches it has it after each of its events.
fn moments(desk: &Desk, run: RunId) -> Vec<LiveRun> {
    let mut live = LiveRun::default();
    let happened = desk.happened.lock().expect("lock");
    let of_it = happened.iter().filter(|happening| happening.run() == Some(run));
    let moment = |happening: &Happening| {
        live.take(happening);
        live.clone()
    };
    of_it.map(moment).collect()
}

/// Changes that stand, by the rows.
fn standing(items: &[LiveItem]) -> u64 {
    let of_each = items.iter().map(|item| match item.state {
        ItemState::Done { writes, .. } | ItemState::PartWritten { writes, .. } => writes,
        ItemState::Writing { done, .. }
        | ItemState::Verifying { done, .. }
        | ItemState::Verified { done, .. } => done,
        ItemState::Queued | ItemState::Planning | ItemState::Planned { .. } => 0,
    });
    of_each.map(u64::from).sum()
}

fn by_row(items: &[LiveItem]) -> BTreeMap<(String, String), LiveItem> {
    let key = |item: &LiveItem| (item.key.clone(), item.invoice.clone());
    items.iter().map(|item| (key(item), item.clone())).collect()
}

/// Two tenants on one contract, who share the service of BASIC; EXTRA is dental's own.
async fn shared_contract() -> Desk {
    let desk = Desk::new();
    desk.source.product("BASIC", "6.90", "8.00");
    desk.source.product("EXTRA", "6.00", "7.00");
    desk.source.tenant("harbour", &[("a", "BASIC"), ("b", "BASIC")]);
    desk.source.tenant("dental", &[("c", "BASIC"), ("d", "EXTRA")]);
    desk.target.contract(1);
    for sku in ["BASIC", "EXTRA"] {
        let service = desk.target.add_service(&format!("PC_{sku}"), "8.00", "6.90");
        desk.link(sku, service).await;
    }
    desk.map("harbour", 1, "2026-09").await;
    desk.map("dental", 1, "2026-09").await;
    for (month, last, seats) in [("2026-09", "30", 5), ("2026-10", "31", 7)] {
        let (first, last) = (format!("{month}-01"), format!("{month}-{last}"));
        let lines = ["a", "b", "c", "d"].map(|bought| (bought, &*first, &*last, seats));
        desk.source.invoice(month, &lines);
    }
    desk
}

fn assert_same(moments: &[LiveRun], report: &RunReport) {
    let last = moments.last().expect("it was told of");
    let recorded: Vec<LiveItem> = LiveItem::of_customers(&report.customers)
        .into_iter()
        .chain(report.products.iter().map(LiveItem::of_product))
        .collect();
    assert_eq!(by_row(&last.items), by_row(&recorded));
    assert_eq!(standing(&last.items), report.header.counts.writes, "{report:#?}");
    // Never more than what is confirmed, and a contract's all before it is recorded.
    for moment in moments {
        assert!(standing(&moment.items) <= moment.totals.confirmed, "{moment:#?}");
    }
}

#[tokio::test]
async fn what_two_tenants_share_counts_once_while_it_is_written_and_in_the_record() {
    let desk = shared_contract().await;
    let report = desk.customers().await;
    assert_eq!((report.header.status, report.customers.len()), (Outcome::Success, 4));
    let moments = moments(&desk, report.header.id);
    assert_same(&moments, &report);
    // While September is written, its rows come to what the run has planned, sent and confirmed.
    let september = |moment: &&LiveRun| moment.items.len() == 2 && moment.totals.sent > 0;
    let writing: Vec<&LiveRun> = moments.iter().filter(september).collect();
    let planned_by = |moment: &LiveRun| -> u64 {
        let of_each = moment.items.iter().map(|item| match item.state {
            ItemState::Writing { of, .. }
            | ItemState::Verifying { of, .. }
            | ItemState::Verified { of, .. }
            | ItemState::Planned { of } => u64::from(of),
            _ => 0,
        });
        of_each.sum()
    };
    let all = writing.iter().filter(|moment| planned_by(moment) == moment.totals.planned);
    assert!(all.count() > 3, "{writing:#?}");
    // Who shares a service and counts none of its changes is at work all the same.
    let shares = |moment: &&LiveRun| {
        let of = |name: &str| moment.items.iter().find(|item| item.key == name);
        of("harbour").is_some_and(|item| item.state == ItemState::Writing { done: 0, of: 0 })
            && of("dental").is_some_and(|item| matches!(item.state, ItemState::Writing { .. }))
    };
    assert!(moments.iter().any(|moment| shares(&moment)), "{moments:#?}");
}

#[tokio::test]
async fn what_fails_of_a_shared_service_is_told_of_each_subscription_once() {
    let desk = shared_contract().await;
    desk.target.fault(2, Fault::Refuse("effectiveDate is outside the contract."));
    let report = desk.customers().await;
    let moments = moments(&desk, report.header.id);
    assert_same(&moments, &report);
    let mut told: Vec<_> = moments
        .last()
        .expect("it was told of")
        .outcomes
        .iter()
        .map(|told| (told.of.tenants.clone(), told.of.name.clone(), told.of.invoice.clone()))
        .collect();
    told.sort();
    let rows = report.customers.iter();
    let mut failed: Vec<_> = rows
        .flat_map(|row| {
            // What concerns the customer as a whole is told once.
            let whole = row.error.iter().map(|_| String::new());
            let each = row.subscriptions.iter().filter(|_| row.error.is_none());
            let each = each.filter(|one| one.status == Outcome::Failure);
            let names = whole.chain(each.map(|one| one.name.clone()));
            names.map(|name| (vec![row.tenant_id.clone()], name, row.invoice.clone()))
        })
        .collect();
    failed.sort();
    failed.dedup();
    assert!(!failed.is_empty());
    assert_eq!(told, failed);
}

/// Warnings count as they become known, as failures do: who will be warned of is at no moment told to be well.
#[tokio::test]
async fn who_is_warned_of_is_never_among_those_who_are_well() {
    let desk = shared_contract().await;
    // What was billed for September is missing from October's.
    desk.source.change_last(|invoice, lines| {
        lines.pop();
        invoice.subtotal = Some(lines.iter().map(|line| line.subtotal).sum());
    });
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Warning, "{report:#?}");
    let moments = moments(&desk, report.header.id);
    assert_same(&moments, &report);
    let warned = report.customers.iter().filter(|row| row.status == Outcome::Warning);
    let warned: Vec<_> = warned.map(|row| (row.tenant_id.as_str(), &row.invoice)).collect();
    let of_them = |moment: &LiveRun| -> Vec<Option<Outcome>> {
        let items = moment.items.iter();
        let theirs = items.filter(|item| warned.contains(&(item.key.as_str(), &item.invoice)));
        theirs.map(LiveItem::outcome).collect()
    };
    for moment in &moments {
        let told = of_them(moment);
        assert!(told.iter().all(|one| one.is_none_or(Outcome::wants_a_look)), "{moment:#?}");
    }
    let early = moments.iter().find(|moment| of_them(moment).contains(&Some(Outcome::Warning)));
    let early = early.expect("it was told while the run was on");
    assert!(early.totals.sent < report.header.counts.writes, "{early:#?}");
}

/// What is planned and sent is of the invoices so far: how many are to come is told with it.
#[tokio::test]
async fn what_comes_after_the_invoice_that_is_on_is_told_while_it_is_on() {
    let desk = shared_contract().await;
    let report = desk.customers().await;
    let moments = moments(&desk, report.header.id);
    for (rows, ahead) in [(2, Ahead::Invoices(1)), (4, Ahead::Nothing)] {
        let on = moments.iter().filter(|moment| moment.items.len() == rows);
        let on: Vec<Ahead> =
            on.filter(|moment| moment.totals.sent > 0).map(|moment| moment.totals.ahead).collect();
        assert!(on.len() > 3, "{moments:#?}");
        // A row of the next invoice turns up before what is told with it.
        assert!(on[1..].iter().all(|told| *told == ahead), "{on:?}");
    }
}

/// What a plan lists of later invoices is known before they are planned.
#[tokio::test]
async fn a_plan_that_is_carried_out_tells_how_many_changes_are_to_come() {
    let desk = shared_contract().await;
    let customers = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = sync::plan(&desk.equipment, &customers, &desk.cancel).await.expect("a plan");
    let all = plan.operations.len() as u64;
    let report = desk.sync(SyncRequest { plan: Some(plan.saved), ..customers }).await.remove(0);
    let told = moments(&desk, report.header.id).into_iter().map(|moment| moment.totals);
    let amid: Vec<_> = told.filter(|totals| totals.ahead == Ahead::Invoices(1)).collect();
    assert!(!amid.is_empty());
    for totals in amid {
        assert_eq!(totals.changes_ahead.map(|more| totals.planned + more), Some(all), "{totals:?}");
    }
}

#[tokio::test]
async fn products_that_customers_come_after_say_so() {
    let desk = shared_contract().await;
    desk.source.product("NEW", "6.90", "8.00");
    let both = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let reports = desk.sync(both).await;
    let last = |report: &RunReport| {
        let moments = moments(&desk, report.header.id);
        let counted = moments.iter().rfind(|moment| moment.totals.ahead != Ahead::Nothing);
        counted.map(|moment| moment.totals.ahead)
    };
    assert_eq!(last(&reports[0]), Some(Ahead::Customers));
    assert_ne!(last(&reports[1]), Some(Ahead::Customers));
}

#[tokio::test]
async fn a_run_that_another_attempt_ends_has_all_rows_in_its_record() {
    let desk = shared_contract().await;
    desk.target.fault(3, Fault::HangAfter);
    desk.killed().await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let report = desk.sync(request).await.remove(0);
    assert_eq!(report.header.attempt, 2);
    assert_eq!(standing(&LiveItem::of_customers(&report.customers)), report.header.counts.writes);
}

#[tokio::test]
async fn products_are_told_with_the_rows_of_their_record() {
    let desk = Desk::new();
    for sku in ["BASIC", "EXTRA", "OTHER"] {
        desk.source.product(sku, "6.90", "8.00");
    }
    let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let report = desk.one(products.clone()).await;
    assert_same(&moments(&desk, report.header.id), &report);
    assert_eq!(report.header.counts.writes, 3);
    // One is priced anew, one is refused, one is left as it is.
    desk.source.reprice("BASIC", "7.00", "9.00");
    desk.source.reprice("EXTRA", "7.00", "9.00");
    desk.target.fault(2, Fault::Refuse("The service is locked."));
    let report = desk.one(products).await;
    let moments = moments(&desk, report.header.id);
    assert_same(&moments, &report);
    assert_eq!((report.header.counts.writes, report.header.counts.products.failed), (1, 1));
    let last = moments.last().expect("it was told of");
    assert_eq!((last.totals.planned, last.totals.sent, last.totals.confirmed), (2, 2, 1));
    assert_eq!(last.outcomes.len(), 1);
    let at_work = |state: &ItemState| matches!(state, ItemState::Writing { done: 0, of: 1 });
    let seen = moments.iter().flat_map(|moment| &moment.items).any(|item| at_work(&item.state));
    assert!(seen, "{moments:#?}");
    assert!(report.products.iter().all(|row| row.product == row.shown_key().to_lowercase()));
}
