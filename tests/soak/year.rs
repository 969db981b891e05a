//! `cargo run --release --example soak year DIRECTORY [CUSTOMERS] [MONTHS]`: a data directory with a history as runs
//! leave it, put into the store in seconds and without any system behind it. For measuring how long a start takes and
//! how screens bear it; nothing can be synced with it.

use std::path::Path;

use chrono::{DateTime, Utc};
use prism_connect::{
    domain::CompanyId, domain::ConnectionId, domain::ContractId, domain::CustomerId,
    domain::InvoiceId, domain::Money, domain::RunId, domain::ServiceId, domain::SubscriptionId,
    domain::TenantId, domain::UsageMonth, domain::invoice::Line, domain::invoice::LineMotion,
    domain::mapping::Applied, domain::mapping::Mapping, domain::mapping::PricingStrategy,
    domain::mapping::Start, domain::operation::Operation, domain::outcome::Disposition,
    domain::outcome::Outcome, domain::run::Counts, domain::run::CustomerRow, domain::run::Ledger,
    domain::run::RunHeader, domain::run::RunKind, domain::run::SubscriptionRow, domain::run::Tally,
    domain::run::UsageRow, domain::run::WriteRow, domain::secret::Secret,
    engine::sync::records::AppliedMonth, engine::sync::records::LineState,
    engine::sync::writing::journal::Entry, engine::sync::writing::journal::WriteResult,
    engine::tables::CLOSINGS, engine::tables::CONNECTIONS, engine::tables::CURSORS,
    engine::tables::CUSTOMER_ROWS, engine::tables::ConnectionRecord,
    engine::tables::ConnectionSettings, engine::tables::JOURNAL, engine::tables::KnownTenant,
    engine::tables::LEDGERS, engine::tables::LINES, engine::tables::MAPPINGS,
    engine::tables::MONTHS, engine::tables::NEWEST, engine::tables::NewestInvoice,
    engine::tables::RUNS, engine::tables::SOURCE, engine::tables::TARGET, engine::tables::TENANTS,
    engine::tables::WRITES, engine::tables::of_closing, engine::tables::of_connection,
    engine::tables::of_contract_month, engine::tables::of_customer_row, engine::tables::of_entry,
    engine::tables::of_ledger, engine::tables::of_line, engine::tables::of_run,
    engine::tables::of_run_write, engine::tables::of_tenant, engine::tables::of_tenant_month,
    engine::views::ConnectionState, planning::Closing, planning::triage::Bill, psa::RowState,
    store::Batch, store::Store, vault::Vault,
};
use rust_decimal::Decimal;

/// Subscriptions of each customer, each on one invoice line.
const SUBSCRIPTIONS: u32 = 8;

/// So many customers become durable at once.
const TOGETHER: u32 = 50;

/// One month's invoice and the run that applied it.
struct Turn {
    run: RunId,
    month: UsageMonth,
    invoice: InvoiceId,
    number: String,
    at: DateTime<Utc>,
    first: bool,
}

/// Fills a data directory.
pub async fn fill(directory: &Path, customers: u32, months: u32) {
    let store = Store::open(directory).expect("a store");
    let vault = Vault::open(directory, None).expect("a vault");
    store.commit(connections(&vault)).await.expect("it is written");
    let mut month = UsageMonth::new(2025, 9).expect("a month");
    for number in 0..months {
        let turn = Turn {
            run: RunId(u64::from(number) + 1),
            month,
            invoice: InvoiceId::new(format!("5c0a0000-0000-4000-8000-{number:012}")),
            number: format!("INV{:07}", 100_000 + number),
            at: month.next().first_day().0.and_hms_opt(4, 0, 0).expect("an hour").and_utc(),
            first: number == 0,
        };
        let mut batch = Batch::new();
        for customer in 0..customers {
            put_customer(&mut batch, &turn, customer);
            if customer % TOGETHER == TOGETHER - 1 {
                store.commit(std::mem::take(&mut batch)).await.expect("it is written");
            }
        }
        put_run(&mut batch, &turn, customers);
        store.commit(batch).await.expect("it is written");
        month = month.next();
    }
    store.close().await;
}

fn source() -> ConnectionId {
    ConnectionId::new(SOURCE)
}

fn target() -> ConnectionId {
    ConnectionId::new(TARGET)
}

fn connections(vault: &Vault) -> Batch {
    let sealed = |name: &str| {
        vault
            .seal(&format!("connection {name}"), &Secret::new("none".to_owned()))
            .expect("the vault is open")
    };
    let prism = ConnectionSettings::Prism {
        environment: "PROD".to_owned(),
        api_url: "http://127.0.0.1:9/".parse().expect("a URL"),
        identity_url: "http://127.0.0.1:9/".parse().expect("a URL"),
        client_id: "year".to_owned(),
        secret: sealed("prism"),
        plain_http: false,
    };
    let autotask = ConnectionSettings::Autotask {
        environment: "PROD".to_owned(),
        base_url: Some("http://127.0.0.1:9/".parse().expect("a URL")),
        username: "year@example.com".to_owned(),
        integration_code: Some("YEAR".to_owned()),
        sealed_code: None,
        secret: sealed("autotask"),
        plain_http: false,
    };
    let mut batch = Batch::new();
    for (name, settings) in [(source(), prism), (target(), autotask)] {
        let state = ConnectionState::Connected;
        let record = ConnectionRecord {
            settings,
            state,
            checked_at: None,
            probe: None,
            agreements: Vec::new(),
        };
        batch.put(CONNECTIONS, &of_connection(&name), &record);
    }
    batch
}

fn tenant(customer: u32) -> TenantId {
    TenantId::new(format!("7e000000-0000-4000-8000-{customer:012}"))
}

fn contract(customer: u32) -> ContractId {
    ContractId(29_000_000 + i64::from(customer))
}

fn price(place: u32) -> (Money, Money) {
    (
        Money(Decimal::new(i64::from(place) * 310 + 345, 2)),
        Money(Decimal::new(i64::from(place) * 360 + 410, 2)),
    )
}

fn put_customer(batch: &mut Batch, turn: &Turn, customer: u32) {
    let (connection, tenant, contract) = (target(), tenant(customer), contract(customer));
    if turn.first {
        put_known(batch, turn, customer);
    }
    let mut row = CustomerRow {
        customer: format!("Customer number {customer} Pty Ltd"),
        tenant: format!("customer{customer}.onmicrosoft.com"),
        tenant_id: tenant.clone(),
        source_agreement: "AG-1".to_owned(),
        target_company: format!("Customer number {customer}"),
        target_contract: "Microsoft cloud services".to_owned(),
        invoice: turn.number.clone(),
        month: Some(turn.month),
        currency: None,
        status: Outcome::Success,
        error: None,
        warnings: Vec::new(),
        subscriptions: Vec::new(),
    };
    for place in 0..SUBSCRIPTIONS {
        row.subscriptions.push(put_subscription(batch, turn, (customer, place)));
    }
    batch.put(CUSTOMER_ROWS, &of_customer_row(turn.run, &row), &row);
    let applied = Applied {
        month: turn.month,
        invoice: turn.invoice.clone(),
        invoice_number: turn.number.clone(),
        contract,
        at: turn.at,
    };
    batch.put(CURSORS, &of_tenant_month(&connection, &tenant, turn.month), &applied);
    let applied = AppliedMonth {
        invoice: turn.invoice.clone(),
        invoice_number: turn.number.clone(),
        failed: std::collections::BTreeSet::new(),
        run: turn.run,
    };
    batch.put(MONTHS, &of_contract_month(&connection, contract, turn.month), &applied);
}

fn put_known(batch: &mut Batch, turn: &Turn, customer: u32) {
    let tenant = tenant(customer);
    let (domain, name) =
        (format!("customer{customer}.onmicrosoft.com"), format!("Customer number {customer}"));
    let owner = CustomerId::new(format!("c-{customer}"));
    let known = KnownTenant {
        id: tenant.clone(),
        domain: domain.clone(),
        customer: owner.clone(),
        customer_name: format!("{name} Pty Ltd"),
        agreement: "ag-1".into(),
        listed: true,
        first_seen: turn.at,
    };
    batch.put(TENANTS, &of_tenant(&source(), &tenant), &known);
    let mapping = Mapping {
        tenant: tenant.clone(),
        domain,
        customer: owner,
        customer_name: format!("{name} Pty Ltd"),
        company: CompanyId(i64::from(customer) + 1),
        company_name: name,
        contract: contract(customer),
        contract_name: "Microsoft cloud services".to_owned(),
        sync: true,
        start: Start::MostRecent,
        first_month: Some(turn.month),
        begun: false,
        pricing: PricingStrategy::CostAndRetail,
        note: String::new(),
        changed_at: turn.at,
    };
    batch.put(MAPPINGS, &of_tenant(&target(), &tenant), &mapping);
}

/// A subscription's line, closing and, once in a while, its write.
fn put_subscription(
    batch: &mut Batch,
    turn: &Turn,
    (customer, place): (u32, u32),
) -> SubscriptionRow {
    let number = customer * SUBSCRIPTIONS + place + 1;
    let subscription = SubscriptionId::new(format!("5b000000-0000-4000-8000-{number:012}"));
    let service = ServiceId(i64::from(place) + 100);
    let (cost, retail) = price(place);
    let (units, name) = (i64::from(customer % 40) + 1, format!("Microsoft 365 product {place}"));
    let (start, end) = (turn.month.first_day(), turn.month.last_day());
    let line = Line {
        number,
        subscription: Some(subscription.clone()),
        offer_name: format!("{name} (NCE Product)").into(),
        start,
        end,
        description: "Cycle fee".into(),
        cost_price: cost,
        retail_price: retail,
        quantity: Decimal::from(units),
        ratio: Decimal::ONE,
        subtotal: cost.times(units),
        subtotal_retail: retail.times(units),
        domain: Some(format!("customer{customer}.onmicrosoft.com").into()),
        customer_name: Some(format!("Customer number {customer} Pty Ltd").into()),
        agreement_number: Some("AG-1".into()),
        motion: LineMotion::Monthly,
        currency: None,
        fault: None,
    };
    let usage = UsageRow {
        line: number,
        start,
        end,
        quantity: line.quantity,
        cost_price: cost,
        retail_price: retail,
        subtotal: line.subtotal,
        outcome: Outcome::Success,
        disposition: Disposition::Synced,
    };
    let state = LineState {
        line,
        invoice_number: turn.number.clone(),
        month: Some(turn.month),
        tenant: Some(tenant(customer)),
        contract: Some(contract(customer)),
        service: Some(service),
        disposition: Disposition::Synced,
        outcome: Outcome::Success,
        run: turn.run,
    };
    batch.put(LINES, &of_line(&target(), &turn.invoice, number), &state);
    let closing = Closing {
        month: turn.month,
        subscription: subscription.clone(),
        name: name.clone(),
        tenant: tenant(customer),
        service,
        units,
    };
    batch.put(CLOSINGS, &of_closing(&target(), contract(customer), &closing), &closing);
    let written = turn.first || (number + u32::try_from(turn.run.0).unwrap_or(0)).is_multiple_of(5);
    let writes = if written {
        vec![put_write(batch, turn, (number, customer, service))]
    } else {
        Vec::new()
    };
    SubscriptionRow {
        subscription_id: Some(subscription),
        name,
        sku: Some(format!("CFQ7TTC0LH{place:02}:0001")),
        service_id: Some(service),
        contract_service_id: None,
        product: None,
        status: if written { Outcome::Success } else { Outcome::NoChange },
        error: None,
        warnings: Vec::new(),
        notes: Vec::new(),
        writes,
        usage: vec![usage],
    }
}

fn put_write(
    batch: &mut Batch,
    turn: &Turn,
    (number, customer, service): (u32, u32, ServiceId),
) -> WriteRow {
    let (contract, number) = (contract(customer), u64::from(number));
    let entry = Entry {
        run: turn.run,
        number,
        attempt: 1,
        connection: target(),
        contract: Some(contract),
        contract_service: None,
        service: Some(service),
        invoice: Some(turn.invoice.clone()),
        invoice_number: turn.number.clone(),
        month: Some(turn.month),
        before: RowState::default(),
        read_from: Some(turn.month.first_day()),
        operation: Operation::CreateContractService {
            contract,
            service,
            unit_price: None,
            unit_cost: None,
        },
        shifts: Vec::new(),
        first_open: None,
        body: serde_json::json!({"contractID": contract.0, "serviceID": service.0, "unitChange": 1}),
        at: turn.at,
        result: Some(WriteResult::Written { id: Some(i64::try_from(number).unwrap_or(1)) }),
        remarks: Vec::new(),
    };
    batch.put(JOURNAL, &of_entry(&entry), &entry);
    batch.put(WRITES, &of_run_write(turn.run, number), &Some(contract));
    WriteRow {
        kind: "adjust_units".into(),
        effective: Some(turn.month.first_day()),
        until: None,
        units: 1,
        unit_price: None,
        unit_cost: None,
        attempt: 1,
        result: "written".into(),
    }
}

fn put_run(batch: &mut Batch, turn: &Turn, customers: u32) {
    let each: Money = (0..SUBSCRIPTIONS).map(|place| price(place).0).sum();
    let amounts: Vec<Money> = (0..customers).map(|at| each.times(i64::from(at % 40) + 1)).collect();
    let total: Money = amounts.iter().copied().sum();
    let all = |count: u32| Tally { attempted: count.into(), ok: count.into(), ..Tally::default() };
    let counts = Counts {
        customers: all(customers),
        subscriptions: all(customers * SUBSCRIPTIONS),
        writes: u64::from(customers),
        requests: u64::from(customers) * 4,
        ..Counts::default()
    };
    let header = RunHeader {
        id: turn.run,
        kind: RunKind::Customers,
        target: target(),
        started_at: turn.at,
        finished_at: Some(turn.at + chrono::TimeDelta::minutes(40)),
        status: Outcome::Success,
        message: None,
        refused_by: None,
        counts,
        invoices: vec![turn.number.clone()],
        currency: None,
        actor: "year".to_owned(),
        trigger: "schedule".into(),
        note: None,
        approved: None,
        attempt: 1,
    };
    batch.put(RUNS, &of_run(turn.run), &header);
    let zero = Money::ZERO;
    let ledger = Ledger {
        invoice: turn.number.clone(),
        currency: None,
        subtotal: total,
        synced: total,
        earlier_runs: zero,
        excluded: Vec::new(),
        unmapped: zero,
        off: zero,
        not_in_scope: zero,
        not_attempted: zero,
        held: zero,
        failed: zero,
        accepted_difference: zero,
        balance: zero,
    };
    batch.put(LEDGERS, &of_ledger(turn.run, &turn.invoice), &ledger);
    let newest = NewestInvoice {
        invoice: turn.invoice.clone(),
        number: turn.number.clone(),
        currency: None,
        month: Some(turn.month),
        bills: Some(
            (0..customers)
                .map(tenant)
                .zip(amounts)
                .map(|(tenant, to_sync)| (tenant, Bill { to_sync, ..Bill::default() }))
                .collect(),
        ),
        offers: (0..SUBSCRIPTIONS).map(|place| format!("Microsoft 365 product {place}")).collect(),
    };
    batch.put(NEWEST, &of_connection(&source()), &newest);
}
