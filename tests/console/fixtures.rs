//! A small, frozen world for screens: the same for snapshots, pictures and benchmarks.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use prism_connect::{
    domain::{
        AgreementId, CompanyId, ConnectionId, ContractId, ContractServiceId, Currency, CustomerId,
        Day, InvoiceId, Money, RunId, ServiceId, SubscriptionId, TenantId, Thing, UsageMonth,
        approval::{Author, Change, Person},
        choice::{ChoiceOption, Chosen, Picked, ServiceChoice},
        mapping::{PricingStrategy, Start},
        operation::Operation,
        outcome::{Disposition, Finding, Outcome},
        policy::{ProductMode, ProgramOptions},
        product::{LinkOrigin, ProductKey, Service},
        run::{
            Counts, CustomerRow, ExcludedSum, Ledger, ProductOutcome, RunHeader, RunKind,
            RunReport, SubscriptionRow, Tally, UsageRow, WriteRow,
        },
        schedule::{
            Apply, LookKind,
            course::{PassedOver, Why},
        },
        target::{Company, Contract, ContractKind, UnitRow},
        timeline::{Step, Timeline},
    },
    engine::views::{
        AgreementView, AmountView, ApprovalsView, ApprovedBy, AttentionView, BillChangeView,
        BillReason, BrokenGlassView, CardView, CauseMember, CauseView, ChartView, ChoiceView,
        CompanyChoice, ConnectionState, ConnectionView, ContractChoice, CustomerPageView,
        CustomerView, DeviceSignIn, EnvironmentsView, HeldView, HistoryView, InvoiceAct,
        InvoiceDecision, InvoiceDetail, InvoiceProgress, InvoiceStanding, InvoiceView, Invoiced,
        LeftOutCustomer, LeftOutView, LookView, MappingView, Mark, Mend, Moment, MonthBill,
        MonthSum, MovedView, NextLook, OpenView, PassedOverView, PauseView, Place, PlanContract,
        PlanMoney, PlanView, PlannedQuantities, PlannedView, PricedService, ProductAction,
        ProductView, ProgramView, Quantity, RefusedView, RetryView, RowChoice, ScheduleView,
        ServiceChart, Standing, StatusView, SubscriptionBill, SuggestionView, SystemKind, TestView,
        VaultView, WaitingPlan, WaitingPlanDetail, WaitsBecause,
    },
    psa::{Probe, Right},
};

/// The hour on every picture.
pub fn now() -> DateTime<Utc> {
    "2026-10-05T09:00:00Z".parse().expect("a time")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

fn month() -> UsageMonth {
    "2026-09".parse().expect("a month")
}

fn ago(minutes: i64) -> DateTime<Utc> {
    now() - TimeDelta::minutes(minutes)
}

/// Customers with names as they come: legal forms, ampersands, other alphabets, commas.
const CUSTOMERS: &[(&str, &str, &str, &str, Option<Outcome>)] = &[
    (
        "Harbour Dental Pty Ltd",
        "harbourdental",
        "Harbour Dental",
        "Cloud 2026",
        Some(Outcome::Success),
    ),
    (
        "Müller & Söhne GmbH",
        "muellersoehne",
        "Mueller and Soehne",
        "Managed services",
        Some(Outcome::Warning),
    ),
    (
        "Anna's Bakery, Cafés",
        "annasbakery",
        "Annas Bakery Cafes",
        "Microsoft 365",
        Some(Outcome::NoChange),
    ),
    (
        "Northwind Freight",
        "northwindfreight",
        "Northwind Freight Pty Ltd",
        "Cloud",
        Some(Outcome::Failure),
    ),
    ("Kauri Legal", "kaurilegal", "Kauri Legal", "Cloud services", Some(Outcome::Success)),
    ("Blue Gum Nursery", "bluegum", "Blue Gum Nursery", "Licences", Some(Outcome::Success)),
    (
        "St. Brigid's School",
        "stbrigids",
        "Saint Brigids School",
        "Education 2026",
        Some(Outcome::Success),
    ),
    ("Ōtāhuhu Motors", "otahuhumotors", "Otahuhu Motors Ltd", "Cloud", Some(Outcome::NoChange)),
    ("Peak Physio Group", "peakphysio", "Peak Physio Group", "Cloud", None),
    ("Riverside Vets", "riversidevets", "", "", None),
    ("Zephyr Architects", "zephyrarch", "", "", None),
    ("Old Mill Brewing Co", "oldmill", "Old Mill Brewing", "Cloud 2025", Some(Outcome::Success)),
];

/// Rows of tab 3.
pub fn customers() -> Vec<CustomerView> {
    CUSTOMERS.iter().enumerate().map(|(at, row)| customer(at, *row)).collect()
}

fn customer(
    at: usize,
    (name, domain, company, contract, outcome): (&str, &str, &str, &str, Option<Outcome>),
) -> CustomerView {
    let id = i64::try_from(at).expect("small");
    let mapping = (!company.is_empty()).then(|| MappingView {
        company: company.to_owned(),
        company_id: CompanyId(100 + id),
        contract: contract.to_owned(),
        contract_id: ContractId(900 + id),
        sync: outcome.is_some(),
        start: Start::MostRecent,
        first_month: Some(month()),
        pricing: PricingStrategy::CostAndRetail,
        note: String::new(),
        remark: None,
        missed: Vec::new(),
    });
    CustomerView {
        tenant: TenantId::new(format!("tenant-{at:04}")),
        domain: format!("{domain}.onmicrosoft.com"),
        customer: CustomerId::new(format!("customer-{at:04}")),
        customer_name: name.to_owned(),
        listed: true,
        new: name == "Zephyr Architects",
        mapping,
        currency: None,
        latest_amount: Some(match at {
            // As on its page.
            0 => money("1262.37"),
            _ => money(&format!("{}.{:02}", 120 + at * 137, at * 7 % 100)),
        }),
        left_out: left_out_of(at),
        latest_invoice: Some("INV0104233".to_owned()),
        invoice: outcome.map(|_| "INV0104233".to_owned()),
        invoice_month: outcome.map(|_| month()),
        outcome,
        outcome_at: outcome.map(|_| ago(120)),
        retries: u32::from(outcome == Some(Outcome::Failure)),
    }
}

/// What of the newest invoice is not for syncing, of the first two.
fn left_out_of(at: usize) -> Vec<LeftOutView> {
    let one = |reason: &str, amount: &str| LeftOutView {
        reason: reason.to_owned(),
        amount: money(amount),
    };
    match at {
        0 => vec![one("Azure is not synced", "872.92")],
        1 => vec![one("Azure is not synced", "96.11"), one("annual billing", "64.17")],
        _ => Vec::new(),
    }
}

/// Ten thousand of them, for benchmarks.
pub fn many_customers(count: usize) -> Vec<CustomerView> {
    (0..count)
        .map(|at| {
            let (name, domain, company, contract, outcome) = CUSTOMERS[at % CUSTOMERS.len()];
            let name = format!("{name} {at}");
            let domain = format!("{domain}{at}");
            customer(at, (&name, &domain, company, contract, outcome))
        })
        .collect()
}

/// The connections of tab 2, one of them with a right missing.
pub fn connections() -> Vec<ConnectionView> {
    let card = |system: SystemKind, url: Option<&str>, state: ConnectionState| ConnectionView {
        company: None,
        client_id: None,
        in_use: false,
        name: ConnectionId::new(system.word()),
        system,
        environment: "PROD".to_owned(),
        url: url.map(str::to_owned),
        identity_url: None,
        user: url.map(|_| "apiuser@northwind.example".to_owned()),
        has_integration_code: url.is_some(),
        has_secret: url.is_some(),
        plain_http: false,
        checked_at: url.map(|_| ago(42)),
        state,
        agreements: vec![
            agreement("1040217", "Microsoft CSP Indirect", true),
            agreement("1040399", "Microsoft CSP Indirect NZ", false),
        ],
        probe: None,
    };
    let url = "https://webservices2.autotask.net/ATServicesRest/";
    let mut autotask = card(SystemKind::Autotask, Some(url), ConnectionState::Connected);
    autotask.probe = Some(probe());
    vec![
        card(SystemKind::Prism, Some("https://api.prismportal.online"), ConnectionState::Connected),
        autotask,
        ConnectionView {
            agreements: Vec::new(),
            ..card(SystemKind::Connectwise, None, ConnectionState::NotConfigured)
        },
    ]
}

/// A run of the history.
pub fn header(id: u64, status: Outcome, minutes: i64) -> RunHeader {
    let failed = u64::from(status == Outcome::Failure);
    let warned = u64::from(matches!(status, Outcome::Warning | Outcome::Failure));
    RunHeader {
        id: RunId(id),
        kind: if id.is_multiple_of(2) { RunKind::Customers } else { RunKind::Products },
        target: ConnectionId::new("autotask"),
        started_at: ago(minutes),
        finished_at: Some(ago(minutes - 2)),
        status,
        message: None,
        refused_by: None,
        counts: Counts {
            customers: Tally {
                attempted: 9,
                ok: 9 - failed - warned,
                warned,
                failed,
                ..Tally::default()
            },
            subscriptions: Tally {
                attempted: 27,
                ok: 27 - failed - warned,
                warned,
                failed,
                ..Tally::default()
            },
            products: Tally { attempted: 120, ok: 120, ..Tally::default() },
            writes: if status == Outcome::NoChange { 0 } else { 40 + id },
            writes_earlier: 0,
            requests: 58 + id,
        },
        invoices: vec!["INV0104233".to_owned()],
        currency: None,
        actor: "dana".to_owned(),
        trigger: "operator".into(),
        note: None,
        approved: None,
        attempt: 1,
    }
}

/// The history.
pub fn runs() -> Vec<RunHeader> {
    vec![
        header(42, Outcome::Failure, 130),
        header(41, Outcome::Success, 140),
        header(40, Outcome::NoChange, 1_570),
        header(38, Outcome::NoChange, 3_010),
        header(36, Outcome::Warning, 44_000),
        header(35, Outcome::Success, 44_010),
    ]
}

/// Header and dashboard.
pub fn status() -> StatusView {
    let card = |kind: RunKind, run: RunHeader, good: RunHeader, of: u64| CardView {
        kind,
        program: "Microsoft CSP".to_owned(),
        target: ConnectionId::new("autotask"),
        last_success: good.finished_at,
        last_good: Some(good.id),
        synced: if kind == RunKind::Customers { run.counts.customers } else { run.counts.products },
        invoice: (kind == RunKind::Customers).then(|| "INV0104233".to_owned()),
        progress: (kind == RunKind::Customers).then(progress),
        currency: None,
        last_run: Some(run),
        of,
    };
    StatusView {
        namesakes: BTreeMap::new(),
        target: ConnectionId::new("autotask"),
        connections: connections(),
        environments: Some(EnvironmentsView {
            source: "PRISM PROD".to_owned(),
            target: "Autotask PROD".to_owned(),
            mixed: false,
            confirmed: false,
        }),
        cards: vec![
            card(
                RunKind::Customers,
                header(42, Outcome::Failure, 130),
                header(40, Outcome::NoChange, 1_570),
                9,
            ),
            card(
                RunKind::Products,
                header(41, Outcome::Success, 140),
                header(41, Outcome::Success, 140),
                120,
            ),
        ],
        attention: attention(),
        causes: causes(),
        concerned: concerned(),
        recent: runs(),
        running: None,
        unfinished: None,
        customers: (12, 10, 9),
        ending: 1,
        setup: Vec::new(),
        schedule: None,
        approvals: None,
        event: 0,
    }
}

/// Plans that wait for approval, or did, newest first.
pub fn waiting_plans() -> Vec<WaitingPlan> {
    let schedule = Author::Schedule;
    let hana = || Author::Person(Person { name: "hana".to_owned(), uid: Some(1001) });
    let who = || Person { name: "ruth".to_owned(), uid: Some(1002) };
    let approved = |minutes, break_glass, reason: Option<&str>| ApprovedBy {
        who: who(),
        at: ago(minutes),
        reason: reason.map(str::to_owned),
        break_glass,
    };
    let stale = Standing::Stale {
        approved: approved(1_500, false, None),
        at: ago(1_500),
        text: "Plan 6 is stale, and nothing of it was written.".to_owned(),
        moved: vec![MovedView {
            what: "Microsoft 365 Business Premium on Cloud 2026, on the contract".to_owned(),
            from: "40 on 2026-09-10".to_owned(),
            to: "42 on 2026-09-10".to_owned(),
        }],
    };
    let rejected = Standing::Rejected {
        who: who(),
        at: ago(4_000),
        reason: "The distributor bills it again.".to_owned(),
    };
    let applied = Standing::Applied {
        approved: approved(6_000, true, Some("Nobody else was there.")),
        run: RunId(38),
    };
    let plan = |number: u64, author: &Author, minutes, standing| {
        let plan = plan();
        WaitingPlan {
            number,
            program: "Microsoft CSP".to_owned(),
            target: ConnectionId::new("autotask"),
            invoices: vec!["INV0104233".to_owned()],
            author: author.clone(),
            made_at: ago(minutes),
            expires_at: ago(minutes) + TimeDelta::hours(72),
            seal: "5f2c9a71d04b".repeat(5),
            because: WaitsBecause::Guards,
            run: Some(RunId(42)),
            changes: plan.operations.len() as u64,
            contracts: plan.contracts.len() as u64,
            money: vec![BillChangeView {
                currency: None,
                before: plan.money.monthly_before,
                after: plan.money.monthly_after,
            }],
            held: vec![HeldView {
                contract: "Harbour Dental Pty Ltd, Cloud 2026".to_owned(),
                customers: vec!["Harbour Dental Pty Ltd".to_owned()],
                text: "“Microsoft 365 Business Premium” goes from 60 to 12 seats. Monthly price \
                       2,146.80 → 429.36."
                    .to_owned(),
                money: BillChangeView {
                    currency: None,
                    before: money("2146.80"),
                    after: money("429.36"),
                },
            }],
            supersedes: Vec::new(),
            standing,
        }
    };
    vec![
        plan(8, &hana(), 25, Standing::Waiting),
        plan(7, &schedule, 150, Standing::Waiting),
        plan(6, &schedule, 1_600, stale),
        plan(5, &hana(), 4_100, rejected),
        plan(4, &schedule, 6_100, applied),
    ]
}

/// One of them, as somebody sees it who did nothing for it.
pub fn waiting_plan(number: u64) -> WaitingPlanDetail {
    let all = waiting_plans().into_iter();
    let waiting = all.clone().find(|plan| plan.number == number).expect("one of them");
    let barred = vec![
        Change {
            who: Person { name: "hana".to_owned(), uid: Some(1001) },
            what: "made this plan".to_owned(),
        },
        Change {
            who: Person { name: "sam".to_owned(), uid: Some(1004) },
            what: "linked harbourdental.onmicrosoft.com".to_owned(),
        },
    ];
    let may_approve = waiting.standing == Standing::Waiting;
    let plan = Some(Box::new(plan()));
    WaitingPlanDetail { waiting, plan, barred, may_approve, may_break_glass: false }
}

/// What the dashboard says of them.
pub fn approvals() -> ApprovalsView {
    ApprovalsView {
        waiting: 2,
        due: 1,
        first_expires: Some(ago(150) + TimeDelta::hours(72)),
        broken_glass: vec![BrokenGlassView {
            number: 4,
            who: Person { name: "ruth".to_owned(), uid: Some(1002) },
            at: ago(6_000),
            reason: "Nobody else was there.".to_owned(),
        }],
    }
}

fn moment(minutes_ago: i64) -> Moment {
    let at = ago(minutes_ago);
    let local = (at + TimeDelta::hours(11)).format("%Y-%m-%d %H:%M").to_string();
    Moment { at, local }
}

/// A schedule that is kept, with a look in the morning.
pub fn schedule() -> ScheduleView {
    ScheduleView {
        set: true,
        kept: true,
        waiting: false,
        zone: "Australia/Sydney".to_owned(),
        looks: vec!["06:30".to_owned()],
        weekdays: "every day".to_owned(),
        jitter_minutes: 10,
        on_new_invoice: true,
        quiet: vec!["01 00:00-12:00".to_owned()],
        apply: Apply::WithinGuards,
        apply_to: BTreeMap::new(),
        next: Some(NextLook { when: moment(-634), kind: LookKind::Sync, why: Why::Due }),
        last: Some(LookView {
            due: Some(moment(810)),
            kind: LookKind::Sync,
            why: Why::Due,
            began: moment(806),
            ended_at: ago(801),
            outcome: Outcome::Success,
            text: "run 41 Success (12 changes), run 42 Success (3 changes)".to_owned(),
            runs: vec![RunId(41), RunId(42)],
            held: 0,
            waiting: 0,
        }),
        passed_over: None,
        paused: None,
        due_times: Vec::new(),
    }
}

/// The same after a failure, with a day in a quiet window before it; paused since.
pub fn paused_schedule() -> ScheduleView {
    let kept = schedule();
    let last = kept.last.clone().map(|last| LookView {
        why: Why::Retry { failed: 1 },
        outcome: Outcome::Failure,
        text: "run 42 Failure, guards hold 2 contracts".to_owned(),
        held: 2,
        ..last
    });
    ScheduleView {
        next: kept.next.clone().map(|next| NextLook { when: moment(-2_074), ..next }),
        last,
        passed_over: Some(PassedOverView { due: moment(6_570), why: PassedOver::Quiet }),
        paused: Some(PauseView { until: Some(moment(-720)), by: "jdoe".to_owned() }),
        ..kept
    }
}

/// How far the newest invoice is.
fn progress() -> InvoiceProgress {
    InvoiceProgress {
        invoice: "INV0104233".to_owned(),
        others: Vec::new(),
        month: month(),
        currency: Some(aud()),
        synced: 8,
        of: 10 + WAITING as u64,
        failed: (0..=WAITING).map(|at| TenantId::new(format!("failed-{at:04}"))).collect(),
        warned: 1,
        unreached: 0,
        month_sums: MonthSum::of(&[Ledger { currency: Some(aud()), ..ledger() }]),
    }
}

fn attention() -> Vec<AttentionView> {
    let row = |id: &str, outcome, text: &str, amount: &str, place| AttentionView {
        id: id.to_owned(),
        outcome,
        text: text.to_owned(),
        advice: match outcome {
            Outcome::Failure => "Extend the contract “Cloud”, then retry with r on the run.",
            _ => "Link it: c on tab 3, or u for suggestions.",
        }
        .to_owned(),
        amount: Some(money(amount)).filter(|amount| !amount.is_zero()),
        currency: None,
        place,
    };
    let tenant = |at: usize| Some(TenantId::new(format!("tenant-{at:04}")));
    vec![
        row(
            "a1",
            Outcome::Failure,
            "Northwind Freight: 1 subscription failed (effective date outside the contract)",
            "531.21",
            Place::Run { run: RunId(42), tenant: tenant(3) },
        ),
        row(
            "a2",
            Outcome::Warning,
            "Riverside Vets (riversidevets.onmicrosoft.com) is not linked to a contract.",
            "1353.63",
            Place::Customer { tenant: tenant(9) },
        ),
        row(
            "a3",
            Outcome::Warning,
            "Old Mill Brewing Co: contract “Cloud 2025” ends on 2026-10-31",
            "1627.77",
            Place::Customer { tenant: tenant(11) },
        ),
        row(
            "a4",
            Outcome::Warning,
            "Clarity Optical is not linked to “Cloud 2025” any more: its 4 seats stand there from 2026-09 on.",
            "0.00",
            Place::LeftBehind { tenant: TenantId::new("tenant-0004") },
        ),
    ]
}

/// How many customers wait for the product that has no service.
pub const WAITING: usize = 14;

/// What needs attention, by what it comes from.
/// What the causes concern: no two of them the same.
pub fn concerned() -> Vec<AmountView> {
    in_aud(Some(causes().iter().flat_map(|cause| &cause.amounts).map(|one| one.amount).sum()))
}

pub fn causes() -> Vec<CauseView> {
    let tenant = |at: usize| Some(TenantId::new(format!("tenant-{at:04}")));
    let alone = |one: AttentionView, customer: &str, cause: &str, mend| CauseView {
        id: one.id.clone(),
        outcome: one.outcome,
        text: cause.to_owned(),
        told: None,
        advice: one.advice,
        customers: 1,
        count: 1,
        amounts: in_aud(one.amount),
        mend,
        tenants: Vec::new(),
        members: vec![CauseMember {
            subscription: None,
            id: one.id,
            text: one.text,
            customer: Some(customer.to_owned()),
            tenant: None,
            domain: None,
            invoice: None,
            service: None,
            amount: one.amount,
            currency: Some(aud()),
            place: one.place,
        }],
    };
    let [failed, unlinked, ending, left] = <[AttentionView; 4]>::try_from(attention()).expect("4");
    let mut failed_alone =
        alone(failed.clone(), "Northwind Freight", "1 Sep is before “Cloud” begins", Mend::Retry);
    failed_alone.tenants = vec!["northwindfreight.onmicrosoft.com".to_owned()];
    let held = AttentionView {
        id: "held".to_owned(),
        text: "Tide & Co, invoice INV0104233: all 30 seats go to 0".to_owned(),
        advice: "Look at the plan: applying it writes this.".to_owned(),
        amount: Some(money("528.58")),
        place: Place::Run { run: RunId(42), tenant: tenant(5) },
        ..failed.clone()
    };
    let warned = AttentionView {
        id: "warning".to_owned(),
        outcome: Outcome::Warning,
        text: format!("Müller & Söhne GmbH, invoice INV0104233: {}", price_changed().text),
        advice: price_changed().advice,
        amount: Some(money("37.26")),
        place: Place::Run { run: RunId(42), tenant: tenant(1) },
        ..failed
    };
    let plan = Mend::Plan { tenants: vec!["tenant-0005".to_owned()] };
    let mut not_linked = alone(unlinked, "Riverside Vets", "Not linked to a contract", Mend::Link);
    "all-unlinked".clone_into(&mut not_linked.id);
    let second = CauseMember {
        customer: Some("Zephyr Architects".to_owned()),
        id: "a7".to_owned(),
        amount: Some(money("1490.70")),
        place: Place::Customer { tenant: tenant(10) },
        ..not_linked.members[0].clone()
    };
    not_linked.members.push(second);
    (not_linked.customers, not_linked.count) = (2, 2);
    not_linked.amounts = in_aud(Some(money("2844.33")));
    vec![
        no_service(),
        failed_alone,
        alone(held, "Tide & Co", "Held: all 30 seats go to 0", plan),
        not_linked,
        alone(ending, "Old Mill Brewing Co", "Contract ends before the next invoice", Mend::Link),
        alone(warned, "Müller & Söhne GmbH", &price_changed().text, Mend::Look),
        alone(
            left,
            "Clarity Optical",
            "Not linked any more, its seats still stand on the contract",
            Mend::Look,
        ),
    ]
}

fn in_aud(amount: Option<Money>) -> Vec<AmountView> {
    amount.map(|amount| AmountView { currency: Some(aud()), amount }).into_iter().collect()
}

/// A product without a service, and all who wait for it.
fn no_service() -> CauseView {
    let member = |at: usize| CauseMember {
        subscription: None,
        id: "no-service".to_owned(),
        text: format!("Waiting Room {at:02}, Exchange Online (Plan 2), invoice INV0104233"),
        customer: Some(format!("Waiting Room {at:02}")),
        tenant: Some(format!("waitingroom{at:02}.onmicrosoft.com")),
        domain: None,
        invoice: None,
        service: None,
        amount: Some(money("277.50")),
        currency: Some(aud()),
        place: Place::Run { run: RunId(42), tenant: None },
    };
    CauseView {
        id: "no-service".to_owned(),
        outcome: Outcome::Failure,
        text: "“Exchange Online (Plan 2)” has no service".to_owned(),
        told: None,
        advice: "Choose the service that it is billed as, then try again.".to_owned(),
        customers: WAITING as u64,
        count: WAITING as u64,
        amounts: in_aud(Some(money("3885.00"))),
        mend: Mend::ChooseService {
            product: "CFQ7TTC0LH1P:0001".to_owned(),
            name: "Exchange Online (Plan 2)".to_owned(),
        },
        tenants: (1..=WAITING).map(|at| format!("waitingroom{at:02}.onmicrosoft.com")).collect(),
        members: (1..=WAITING).map(member).collect(),
    }
}

/// Rows of tab 4.
pub fn products() -> Vec<ProductView> {
    let row = |sku: &str,
               name: &str,
               service: Option<(&str, i64)>,
               prices: (&str, &str),
               action| {
        ProductView {
                key: sku.to_owned(),
                sku: sku.to_owned(),
                name: name.to_owned(),
                motion: sku.parse::<ProductKey>().map_or_else(|never| match never {}, |key| key.motion.to_string()),
                currency: None,
                service_name: service.map(|(name, _)| name.to_owned()),
                service: service.map(|(_, id)| ServiceId(id)),
                service_active: service.map(|_| true),
                origin: service.map(|_| LinkOrigin::Created),
                cost: Some(money(prices.0)),
                retail: Some(money(prices.1)),
                present_cost: service.map(|_| money(prices.0)),
                present_price: service.map(|_| {
                    money(if action == ProductAction::Reprice { "8.00" } else { prices.1 })
                }),
                action,
                remark: match action {
                    ProductAction::Collision => Some(
                        "Service 377 “PC_CFQ7TTC0LHSF:0001” has the name and was not created by prism-connect"
                            .to_owned(),
                    ),
                    ProductAction::Retired => {
                        Some("off the price list: its service is left as it is".to_owned())
                    }
                    ProductAction::Excluded => Some("annual billing gets no service".to_owned()),
                    _ => None,
                },
                collides_with: (action == ProductAction::Collision).then_some(ServiceId(377)),
                taken_by: (action == ProductAction::Collision).then(|| PricedService {
                    id: ServiceId(377),
                    name: "Cloud bundle".to_owned(),
                    price: "11.00".parse().expect("money"),
                    cost: Some("5.50".parse().expect("money")),
                }),
            }
    };
    vec![
        row(
            "CFQ7TTC0LH18:0001",
            "Microsoft 365 Business Basic",
            Some(("M365 Business Basic", 412)),
            ("6.90", "8.40"),
            ProductAction::Reprice,
        ),
        row(
            "CFQ7TTC0LCHC:0002",
            "Microsoft 365 Business Premium",
            Some(("M365 Business Premium", 413)),
            ("25.30", "30.20"),
            ProductAction::Unchanged,
        ),
        row(
            "CFQ7TTC0LHSF:0001",
            "Microsoft Defender for Business",
            None,
            ("3.45", "4.10"),
            ProductAction::Collision,
        ),
        row("CFQ7TTC0HD9Z:0001", "Visio Plan 2", None, ("17.10", "20.40"), ProductAction::Create),
        row(
            "P1Y:M_CFQ7TTC0LH16:0001",
            "Exchange Online (Plan 1)",
            Some(("Exchange Online 1", 415)),
            ("4.6035", "5.50"),
            ProductAction::Unchanged,
        ),
        row(
            "778A4DCE-2B63-4C02-9A45-0A5F2A1C4D10",
            "Power BI Pro",
            Some(("Power BI Pro", 420)),
            ("11.50", "13.70"),
            ProductAction::Unchanged,
        ),
        row(
            "CFQ7TTC0LHS9:0002",
            "Skype for Business Online",
            Some(("Skype for Business", 421)),
            ("2.10", "2.60"),
            ProductAction::Retired,
        ),
        row(
            "P1Y:A_CFQ7TTC0LH18:0001",
            "Microsoft 365 Business Basic",
            None,
            ("82.80", "96.00"),
            ProductAction::Excluded,
        ),
    ]
}

/// Services to pin to.
pub fn services() -> Vec<Service> {
    [
        (377, "Defender for Business", "4.00", true),
        (412, "M365 Business Basic", "8.00", true),
        (415, "Exchange Online 1", "5.50", true),
        (420, "Managed firewall", "95.00", true),
        (398, "Visio (old)", "19.00", false),
    ]
    .into_iter()
    .map(|(id, name, price, active)| Service {
        id: ServiceId(id),
        name: name.to_owned(),
        sku: None,
        external_id: None,
        price: money(price),
        cost: None,
        active,
        billing_code_active: Some(true),
    })
    .collect()
}

/// What the newest invoice asks for a product.
pub fn invoiced(product: &str) -> Option<Invoiced> {
    let all = [
        ("Exchange Online (Plan 2)", "11.20", "9.65"),
        ("Microsoft 365 Business Basic", "8.00", "6.90"),
    ];
    let (name, retail, cost) = all.into_iter().find(|(name, ..)| *name == product)?;
    Some(Invoiced {
        name: name.to_owned(),
        retail: money(retail),
        cost: money(cost),
        currency: Some(aud()),
        invoice: "INV0104233".to_owned(),
        until: day("2026-09-30"),
    })
}

/// What changed on a customer's contract.
pub fn history() -> Vec<HistoryView> {
    let row = |effective: &str, units, effect: &str, run, invoice: &str| HistoryView {
        at: ago(130),
        run: RunId(run),
        actor: "dana".to_owned(),
        invoice: invoice.to_owned(),
        contract: "Cloud 2026".to_owned(),
        service: "PC_CFQ7TTC0LH18:0001".to_owned(),
        product: Some("Microsoft 365 Business Basic".to_owned()),
        service_id: ServiceId(412),
        contract_service: Some(ContractServiceId(903)),
        effective: Some(day(effective)),
        until: None,
        units,
        unit_price: None,
        unit_cost: None,
        price_before: None,
        cost_before: None,
        monthly_effect: money(effect),
        currency: Some(aud()),
        result: "written".into(),
        others: Vec::new(),
    };
    vec![
        row("2026-09-19", (5, 6), "8.00", 42, "INV0104233"),
        row("2026-09-01", (0, 5), "40.00", 42, "INV0104233"),
        row("2026-08-12", (7, 0), "-56.00", 36, "INV0103977"),
    ]
}

/// What a test of the target finds.
pub fn probe() -> Probe {
    let right = |name: &str, granted, advice: &str| Right {
        name: name.to_owned(),
        granted,
        advice: advice.to_owned(),
    };
    let admin =
        "In the security level of the API user, Admin: allow Products, Services & Inventory.";
    Probe {
        url: "https://webservices2.autotask.net/ATServicesRest/".to_owned(),
        version: Some("2026.2".to_owned()),
        rights: vec![
            right("Companies: read", Some(true), ""),
            right("Contracts: read", Some(true), ""),
            right("Services: create", Some(false), admin),
            right("ContractServiceAdjustments: create", Some(true), ""),
            right("Companies: read vendors", None, "Only needed to choose a vendor."),
        ],
        budget: Some((9_214, 10_000)),
        note: None,
    }
}

/// What a connection test answers.
pub fn tested() -> TestView {
    TestView {
        name: ConnectionId::new("autotask"),
        ok: true,
        text: "Autotask answers as apiuser@northwind.example.".to_owned(),
        finding: None,
        probe: Some(probe()),
    }
}

/// Rows of a contract that bill the same service.
pub fn row_choices() -> Vec<RowChoice> {
    let row = |id, units, since: &str, chosen| RowChoice {
        contract_service: ContractServiceId(id),
        units,
        price: Some(money("8.00")),
        cost: Some(money("6.90")),
        since: Some(day(since)),
        chosen,
    };
    vec![row(903, 5, "2026-01-01", true), row(917, 2, "2026-08-12", false)]
}

/// The vault, open.
pub fn vault() -> VaultView {
    VaultView {
        unlocked: true,
        unlocked_by: "passphrase".to_owned(),
        has_passphrase: true,
        key_file: None,
    }
}

fn agreement(number: &str, name: &str, chosen: bool) -> AgreementView {
    AgreementView {
        id: AgreementId::new(format!("a-{number}")),
        number: Some(number.to_owned()),
        name: name.to_owned(),
        chosen,
    }
}

/// A device sign-in.
pub fn sign_in() -> DeviceSignIn {
    DeviceSignIn {
        verification_url: "https://identity.prismportal.online/device".to_owned(),
        user_code: "WDJB-MJHT".to_owned(),
        device_code: "d".to_owned(),
        interval_seconds: 5,
        expires_at: now() + TimeDelta::minutes(10),
        email: "billing@northwind.example".to_owned(),
        api_url: "https://api.prismportal.online".to_owned(),
        identity_url: "https://identity.prismportal.online".to_owned(),
        plain_http: false,
    }
}

/// A run of products with all its rows.
pub fn product_report() -> RunReport {
    let outcome = |row: ProductView| {
        ProductOutcome {
        product: row.key.to_lowercase(),
        sku: row.key,
        name: row.name,
        action: match row.action {
            ProductAction::Create => "create",
            ProductAction::Reprice => "reprice",
            ProductAction::Collision => "collision",
            _ => "unchanged",
        }
        .into(),
        service_id: row.service,
        status: match row.action {
            ProductAction::Collision => Outcome::Failure,
            ProductAction::Create | ProductAction::Reprice => Outcome::Success,
            _ => Outcome::NoChange,
        },
        error: (row.action == ProductAction::Collision).then(|| {
            Finding::new(
                "name_taken".into(),
                "Service “PC_CFQ7TTC0LHSF:0001” has this product's name and was not created by prism-connect.",
                "Take it over, or rename it in the PSA and sync products again.",
            )
        }),
        price: (row.action == ProductAction::Reprice).then(|| (money("8.00"), money("8.40"))),
        cost: None,
    }
    };
    RunReport {
        header: header(41, Outcome::Failure, 140),
        customers: Vec::new(),
        left_out: 0,
        products: products().into_iter().map(outcome).collect(),
        ledgers: Vec::new(),
    }
}

/// Suggestions.
pub fn suggestions() -> Vec<SuggestionView> {
    let row =
        |at: usize, domain: &str, name: &str, company: &str, score, reasons: &[&str], one: bool| {
            let id = i64::try_from(at).expect("small");
            SuggestionView {
                tenant: TenantId::new(format!("tenant-{at:04}")),
                domain: format!("{domain}.onmicrosoft.com"),
                customer_name: name.to_owned(),
                company: Company {
                    id: CompanyId(300 + id),
                    name: company.to_owned(),
                    active: true,
                    web: None,
                },
                contract: one
                    .then(|| contract(700 + id, "Cloud services", "2026-01-01", "2027-12-31")),
                contracts: if one { 1 } else { 2 },
                score,
                reasons: reasons.iter().map(|text| (*text).to_owned()).collect(),
                caveat: (!one)
                    .then(|| "Two contracts can carry services: choose by hand".to_owned()),
                doubt: None,
            }
        };
    vec![
        row(
            9,
            "riversidevets",
            "Riverside Vets",
            "Riverside Veterinary Pty Ltd",
            88,
            &[
                "first word is the same",
                "tenant domain begins like the company's name",
                "“Pty Ltd” left aside",
            ],
            true,
        ),
        row(
            10,
            "zephyrarch",
            "Zephyr Architects",
            "Zefyr Architects & Partners",
            71,
            &["one letter differs", "“& Partners” left aside"],
            false,
        ),
    ]
}

fn contract(id: i64, name: &str, start: &str, end: &str) -> Contract {
    Contract {
        id: ContractId(id),
        company: CompanyId(109),
        name: name.to_owned(),
        kind: ContractKind::Recurring,
        active: true,
        start: day(start),
        end: Some(day(end)),
        period_months: 1,
        invoicing: None,
        currency: None,
    }
}

/// Companies for the picker.
pub fn companies() -> Vec<Company> {
    [
        "Northwind Traders (us)",
        "Riverside Veterinary Pty Ltd",
        "Riverstone Dental",
        "Zefyr Architects & Partners",
    ]
    .iter()
    .enumerate()
    .map(|(at, name)| Company {
        id: CompanyId(i64::try_from(at).expect("small") + 105),
        name: (*name).to_owned(),
        active: true,
        web: None,
    })
    .collect()
}

/// The same for Riverside Vets, the likeliest first.
pub fn ranked_companies() -> Vec<CompanyChoice> {
    let mut companies = companies();
    companies.swap(0, 1);
    companies
        .into_iter()
        .enumerate()
        .map(|(at, company)| {
            let likely = at == 0;
            let doubt = format!(
                "“Riverside Vets” and “{}” have nothing in common in their names",
                company.name
            );
            CompanyChoice {
                score: likely.then_some(88),
                reasons: likely
                    .then(|| "domain “riversidevets” is its web address".to_owned())
                    .into_iter()
                    .collect(),
                doubt: (!likely && company.name != "Riverstone Dental").then_some(doubt),
                company,
            }
        })
        .collect()
}

/// Contracts for the picker, one of which cannot work.
pub fn contracts() -> Vec<ContractChoice> {
    let ended = contract(711, "Cloud 2025", "2025-01-01", "2025-12-31");
    let fit = contract(712, "Cloud services", "2026-01-01", "2027-12-31");
    let other = contract(713, "Second site", "2026-03-01", "2027-02-28");
    vec![
        ContractChoice {
            unfit: None,
            advice: None,
            remark: None,
            contract: fit,
            mapped: Vec::new(),
        },
        ContractChoice {
            unfit: None,
            advice: None,
            remark: None,
            contract: other,
            mapped: vec!["Riverside Pets".to_owned()],
        },
        ContractChoice {
            unfit: ended.unfit(Day(now().date_naive())).map(|why| why.to_string()),
            advice: ended.unfit(Day(now().date_naive())).map(|why| why.advice().to_owned()),
            remark: None,
            contract: ended,
            mapped: Vec::new(),
        },
    ]
}

/// Program options with their choices.
pub fn program() -> ProgramView {
    ProgramView {
        program: "Microsoft CSP".to_owned(),
        target: ConnectionId::new("autotask"),
        target_url: Some("https://webservices2.autotask.net/ATServicesRest/".to_owned()),
        options: ProgramOptions {
            sync: true,
            mode: ProductMode::All,
            azure: false,
            chosen: Chosen::default()
                .with(Thing::BillingCode, Picked::new(29_683_461, "Cloud licences"))
                .with(Thing::Vendor, Picked::new(187, "rhipe")),
            notify: vec!["billing@northwind.example".to_owned()],
        },
        choices: vec![
            choice(
                ServiceChoice::required(Thing::BillingCode),
                vec![
                    ChoiceOption::new(29_683_461, "Cloud licences"),
                    ChoiceOption::new(29_683_462, "Managed services"),
                ],
            ),
            choice(ServiceChoice::optional(Thing::Vendor), Vec::new()),
        ],
        finding: None,
    }
}

fn choice(of: ServiceChoice, options: Vec<ChoiceOption>) -> ChoiceView {
    ChoiceView {
        name: of.name().to_owned(),
        label: of.label().to_owned(),
        required: of.required,
        within: of.within.map(|whole| whole.key().to_owned()),
        options: Some(options),
    }
}

pub fn effective_date() -> Finding {
    Finding::new(
        "effective_date".into(),
        "ContractServiceAdjustment effectiveDate must be between the start date and end date of the Contract referenced by contractID.",
        "Extend the contract “Cloud”, or link the customer with one that covers September, then retry.",
    )
}

/// A run with all its rows.
pub fn report() -> RunReport {
    let rows = customers();
    let synced = rows.iter().filter(|row| row.outcome.is_some());
    RunReport {
        header: header(42, Outcome::Failure, 130),
        customers: synced.map(customer_row).collect(),
        left_out: 0,
        products: Vec::new(),
        ledgers: vec![ledger_of_run()],
    }
}

/// The newest invoice over all runs: what failed, is held and is not linked is what the causes of the dashboard come to.
fn ledger() -> Ledger {
    Ledger {
        invoice: "INV0104233".to_owned(),
        currency: None,
        subtotal: money("16406.74"),
        synced: money("7036.89"),
        earlier_runs: Money::ZERO,
        excluded: vec![ExcludedSum {
            reason: "annual billing".to_owned(),
            lines: 3,
            amount: money("364.17"),
        }],
        unmapped: money("2844.33"),
        off: money("1216.56"),
        not_in_scope: Money::ZERO,
        not_attempted: Money::ZERO,
        held: money("528.58"),
        failed: money("4416.21"),
        accepted_difference: Money::ZERO,
        balance: Money::ZERO,
    }
}

/// The same of the last run, which was asked for some customers alone: who waits for a service, and who is held, was none of
/// them.
fn ledger_of_run() -> Ledger {
    let ledger = ledger();
    let failed = money("531.21");
    Ledger {
        not_in_scope: ledger.failed - failed + ledger.held,
        held: Money::ZERO,
        failed,
        ..ledger
    }
}

/// An invoice that was applied months ago, of which one customer is to be tried again.
fn ledger_applied() -> Ledger {
    Ledger {
        subtotal: money("12450.07"),
        synced: money("8711.36"),
        unmapped: money("2843.33"),
        off: Money::ZERO,
        ..ledger_of_run()
    }
}

pub fn customer_row(row: &CustomerView) -> CustomerRow {
    let outcome = row.outcome.expect("synced");
    let mapping = row.mapping.as_ref().expect("mapped");
    CustomerRow {
        customer: row.customer_name.clone(),
        tenant: row.domain.clone(),
        tenant_id: row.tenant.clone(),
        source_agreement: "1040217".to_owned(),
        target_company: mapping.company.clone(),
        target_contract: mapping.contract.clone(),
        invoice: "INV0104233".to_owned(),
        month: Some(month()),
        currency: None,
        status: outcome,
        error: None,
        warnings: Vec::new(),
        subscriptions: billed(subscriptions(outcome), row.latest_amount.expect("billed")),
    }
}

/// The same, for which the invoice bills so much: of a customer who failed it is all of one.
fn billed(mut bought: Vec<SubscriptionRow>, amount: Money) -> Vec<SubscriptionRow> {
    if bought[0].status == Outcome::Failure {
        bought[1..].iter_mut().for_each(|one| one.usage.clear());
        let parts = [(50, "290.81"), (62, "240.40")];
        for (line, (quantity, subtotal)) in bought[0].usage.iter_mut().zip(parts) {
            line.quantity = i64::from(quantity).into();
            (line.cost_price, line.subtotal) = (money("9.6936"), money(subtotal));
        }
        return bought;
    }
    let of = |one: &SubscriptionRow| one.usage.iter().map(|line| line.subtotal).sum::<Money>();
    let rest = amount - bought[..2].iter().map(of).sum::<Money>();
    let last = &mut bought[2].usage;
    last.truncate(1);
    last[0].end = day("2026-09-30");
    (last[0].quantity, last[0].cost_price, last[0].subtotal) = (1.into(), rest, rest);
    bought
}

fn subscriptions(outcome: Outcome) -> Vec<SubscriptionRow> {
    let row = |name: &str, sku: &str, status: Outcome| SubscriptionRow {
        subscription_id: Some(SubscriptionId::new("3d0c8a52-6f1e-4b7c-8c21-5a9be2d4f710")),
        name: name.to_owned(),
        sku: Some(sku.to_owned()),
        product: Some(sku.to_lowercase()),
        service_id: Some(ServiceId(412)),
        contract_service_id: Some(ContractServiceId(903)),
        status,
        error: (status == Outcome::Failure).then(effective_date),
        warnings: if status == Outcome::Warning { vec![price_changed()] } else { Vec::new() },
        notes: Vec::new(),
        writes: writes(status),
        usage: usage(status),
    };
    vec![
        row("Microsoft 365 Business Basic", "CFQ7TTC0LH18:0001", outcome),
        row("Exchange Online (Plan 1)", "CFQ7TTC0LH16:0001", Outcome::Success),
        row("Power BI Pro", "778A4DCE-2B63-4C02-9A45-0A5F2A1C4D10", Outcome::NoChange),
    ]
}

fn price_changed() -> Finding {
    Finding::new(
        "price_changed".into(),
        "Subscription cost unit price changed from [6.90] to [7.40] on [16 Sep 2026]",
        "Quantities were synced. Look at this month's bill before it goes out.",
    )
}

fn writes(status: Outcome) -> Vec<WriteRow> {
    if matches!(status, Outcome::NoChange | Outcome::Failure) {
        return Vec::new();
    }
    let write = |effective: &str, units| WriteRow {
        kind: "adjust_units".into(),
        effective: Some(day(effective)),
        until: None,
        units,
        unit_price: None,
        unit_cost: None,
        attempt: 1,
        result: "written".into(),
    };
    vec![write("2026-09-01", 5), write("2026-09-19", 1)]
}

fn usage(outcome: Outcome) -> Vec<UsageRow> {
    let row = |start: &str, end: &str, quantity: i64, subtotal: &str| UsageRow {
        line: 1,
        start: day(start),
        end: day(end),
        quantity: quantity.into(),
        cost_price: money("6.90"),
        retail_price: money("8.00"),
        subtotal: money(subtotal),
        outcome,
        disposition: if outcome == Outcome::Failure {
            Disposition::Failed
        } else {
            Disposition::Synced
        },
    };
    vec![row("2026-09-01", "2026-09-18", 5, "20.70"), row("2026-09-19", "2026-09-30", 6, "16.56")]
}

/// A plan with a drop, a doubling and a refusal.
pub fn plan() -> PlanView {
    let rows = [
        (
            "Microsoft 365 Business Premium on Cloud 2026",
            "Harbour Dental Pty Ltd",
            "2026-09-12",
            (12, 0),
            "-362.40",
            Some(Mark::DropToZero),
        ),
        (
            "Microsoft 365 Business Basic on Managed services",
            "Müller & Söhne GmbH",
            "2026-09-19",
            (4, 9),
            "40.00",
            Some(Mark::Doubling),
        ),
        (
            "Exchange Online (Plan 1) on Licences",
            "Blue Gum Nursery",
            "2026-09-01",
            (0, 3),
            "16.50",
            None,
        ),
        ("Power BI Pro on Cloud services", "Kauri Legal", "2026-09-24", (7, 8), "13.70", None),
    ];
    PlanView {
        target: "autotask".to_owned(),
        planned_at: now(),
        operations: rows.into_iter().map(planned).collect(),
        refused: vec![RefusedView {
            product: None,
            target: "Visio Plan 2 (PC_CFQ7TTC0HD32:0002)".to_owned(),
            customer: Some("Northwind Freight".to_owned()),
            contract: Some("Northwind Freight Pty Ltd, Cloud 2026".to_owned()),
            tenants: vec![domain("Northwind Freight")],
            invoice: Some("INV0104233".to_owned()),
            finding: effective_date(),
        }],
        contracts: vec![
            planned_contract(
                "Harbour Dental Pty Ltd",
                "Cloud 2026",
                [421_040, -36_240, 355_035, -31_080],
            ),
            planned_contract(
                "Müller & Söhne GmbH",
                "Managed services",
                [500_000, 4000, 421_000, 3150],
            ),
            planned_contract("Blue Gum Nursery", "Licences", [200_000, 1650, 170_000, 1260]),
            planned_contract("Kauri Legal", "Cloud services", [300_000, 1370, 250_000, 1040]),
            planned_contract("Northwind Freight", "Cloud 2026", [0; 4]),
        ],
        unchanged: 52,
        currency: Some(aud()),
        other_money: Vec::new(),
        quantities: PlannedQuantities::default(),
        switched_off: Vec::new(),
        money: PlanMoney {
            currency: Some(aud()),
            monthly_before: money("14210.40"),
            monthly_after: money("13918.20"),
            cost_before: money("11960.35"),
            cost_after: money("11704.05"),
        },
        requests: 21,
        hourly_requests: Some(5000),
        ledgers: vec![ledger_of_run()],
        findings: Vec::new(),
        saved: "{}".into(),
    }
}

/// The domain of a customer's tenant.
fn domain(customer: &str) -> String {
    let letters: String = customer.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}.onmicrosoft.com", letters.to_lowercase())
}

/// Price, its change, cost, its change, in cents.
fn planned_contract(
    customer: &str,
    contract: &str,
    [price, more, cost, more_cost]: [i64; 4],
) -> PlanContract {
    let amount = |cents: i64| money(&format!("{}.{:02}", cents / 100, cents % 100));
    PlanContract {
        contract: format!("{customer}, {contract}"),
        customers: vec![customer.to_owned()],
        tenants: vec![domain(customer)],
        money: PlanMoney {
            currency: Some(aud()),
            monthly_before: amount(price),
            monthly_after: amount(price + more),
            cost_before: amount(cost),
            cost_after: amount(cost + more_cost),
        },
    }
}

fn planned(
    (target, customer, effective, (before, after), effect, mark): (
        &str,
        &str,
        &str,
        (i64, i64),
        &str,
        Option<Mark>,
    ),
) -> PlannedView {
    PlannedView {
        kind: "adjust_units".into(),
        target: target.into(),
        product: target.split(" on ").next().map(Into::into),
        customer: Some(customer.into()),
        tenants: vec![domain(customer)].into(),
        invoice: Some("INV0104233".into()),
        effective: Some(day(effective)),
        units: after - before,
        quantity: Some((before, after)),
        unit_price: None,
        unit_cost: None,
        reason: format!("INV0104233 has {after} from {effective}, the contract {before}").into(),
        monthly_effect: money(effect),
        effect_while: None,
        price_before: None,
        cost_before: None,
        currency: Some(aud()),
        mark,
        guard: None,
        warnings: Vec::new(),
        operation: Operation::AdjustUnits {
            contract: ContractId(900),
            service: ServiceId(412),
            contract_service: Some(ContractServiceId(903)),
            effective: day(effective),
            units: after - before,
            unit_price: None,
            unit_cost: None,
        },
    }
}

/// The currency of what a screen shows amounts of.
pub fn aud() -> Currency {
    Currency::new("AUD")
}

/// The retry list.
pub fn retries() -> Vec<RetryView> {
    vec![RetryView {
        id: "r1".to_owned(),
        customer: "Northwind Freight".to_owned(),
        tenant: "northwindfreight.onmicrosoft.com".to_owned(),
        contract: "Cloud".to_owned(),
        service: "Visio Plan 2".to_owned(),
        sku: Some("CFQ7TTC0HD32:0002".to_owned()),
        subscriptions: vec![SubscriptionId::new("5f0d2c6e-1111-4a2b-9c3d-000000000001")],
        invoice: "INV0104233".to_owned(),
        month: month(),
        amount: money("531.21"),
        currency: Some(aud()),
        finding: effective_date(),
        run: RunId(42),
    }]
}

/// Fourteen customers wait for one product, one for a contract.
pub fn many_retries() -> Vec<RetryView> {
    let waiting = (1..=WAITING).map(|at| RetryView {
        id: format!("w{at}"),
        customer: format!("Waiting Room {at:02}"),
        service: "Exchange Online (Plan 2)".to_owned(),
        amount: money("277.50"),
        finding: Finding::new(
            "source_product".into(),
            "Could not find source product or multiple matches",
            "Choose the service that it is billed as, then try again.",
        ),
        ..retries().remove(0)
    });
    waiting.chain(retries()).collect()
}

/// A plan in which three contracts are blocked by one thing.
pub fn blocked_plan() -> PlanView {
    let mut plan = plan();
    let blocked = |customer: &str| RefusedView {
        product: None,
        target: "Exchange Online (Plan 2)".to_owned(),
        customer: Some(customer.to_owned()),
        contract: Some(format!("{customer}, Cloud")),
        tenants: vec![domain(customer)],
        invoice: Some("INV0104233".to_owned()),
        finding: many_retries().remove(0).finding,
    };
    plan.refused
        .extend(["Harbour Dental Pty Ltd", "Kauri Legal", "Peak Physio Group"].map(blocked));
    plan
}

/// Every invoice there is.
pub fn invoices() -> Vec<InvoiceView> {
    let row = |number: &str, class: &str, state, subtotal: &str| InvoiceView {
        id: InvoiceId::new(number.to_lowercase()),
        number: number.to_owned(),
        month: Some(month()),
        class: class.to_owned(),
        state,
        undecided: false,
        decisions: Vec::new(),
        subtotal: Some(money(subtotal)),
        currency: Some(aud()),
        difference: Some(Money::ZERO),
        due: 0,
        applied: 0,
        failed: 0,
        failures: Vec::new(),
        finding: None,
    };
    vec![
        held_invoice(),
        InvoiceView {
            undecided: true,
            finding: Some(Finding::new(
                "only_excluded".into(),
                "2026-09 has no other invoice of this agreement than INV0104251, which is left out: annual billing.",
                "Say what it is: `prism-connect invoices treat INV0104251 --as standard --reason TEXT`.",
            )),
            ..row("INV0104251", "annual billing", InvoiceStanding::Excluded, "1256.09")
        },
        InvoiceView {
            difference: None,
            ..row("INV0104252", "credit invoice", InvoiceStanding::Excluded, "-13253.30")
        },
        InvoiceView {
            month: Some("2026-08".parse().expect("a month")),
            applied: 86,
            failed: 1,
            failures: vec![
                "Northwind Freight, Visio Plan 2: effective date outside the contract".to_owned(),
            ],
            ..row("INV0103977", "standard", InvoiceStanding::Applied, "12450.07")
        },
        InvoiceView {
            month: Some("2026-07".parse().expect("a month")),
            decisions: vec!["difference -0.01 accepted on 2026-08-03 by dana: rounding".to_owned()],
            applied: 85,
            ..row("INV0103811", "standard", InvoiceStanding::Applied, "12398.51")
        },
    ]
}

fn held_invoice() -> InvoiceView {
    InvoiceView {
        id: InvoiceId::new("inv-104233"),
        number: "INV0104233".to_owned(),
        month: Some(month()),
        class: "standard".to_owned(),
        state: InvoiceStanding::Held,
        undecided: false,
        decisions: Vec::new(),
        subtotal: Some(money("16406.75")),
        currency: Some(aud()),
        difference: Some(money("0.01")),
        due: 88,
        applied: 0,
        failed: 0,
        failures: Vec::new(),
        finding: Some(Finding::new(
            "unsettled".into(),
            "Invoice INV0104233: its header says 16,406.75, its 312 lines sum to 16,406.74.",
            "Ask your distributor; if it is right like that: `prism-connect invoices accept INV0104233 --difference 0.01 --reason TEXT`.",
        )),
    }
}

/// What a decision on an invoice is called, and does.
pub fn act(decision: InvoiceDecision, effect: &str) -> InvoiceAct {
    InvoiceAct { command: "prism-connect invoices".to_owned(), effect: effect.to_owned(), decision }
}

/// The invoice that is held for a difference.
pub fn invoice() -> InvoiceDetail {
    let failed = money("12345.85");
    let ledger = Ledger {
        currency: Some(aud()),
        subtotal: money("16406.75"),
        synced: Money::ZERO,
        excluded: vec![
            ExcludedSum { reason: "annual billing".to_owned(), lines: 3, amount: money("364.17") },
            ExcludedSum { reason: "credit".to_owned(), lines: 1, amount: money("-364.17") },
        ],
        failed,
        held: Money::ZERO,
        balance: money("0.01"),
        ..ledger()
    };
    InvoiceDetail {
        invoice: held_invoice(),
        lines: Some(312),
        sum: Some(money("16406.74")),
        ledger,
        part_written: 0,
        left_out: vec![
            left_out("annual billing", "Kauri Legal", 2, "300.00"),
            left_out("annual billing", "Peak Physio Group", 1, "64.17"),
            left_out("credit", "Kauri Legal", 1, "-364.17"),
        ],
        retries: Vec::new(),
        can: vec![
            act(
                InvoiceDecision::AcceptDifference { difference: money("0.01") },
                "syncs it in spite of the difference, which has its own place in the ledger",
            ),
            act(
                InvoiceDecision::Dismiss,
                "drops it: nothing of it is written, and later months do not wait for it",
            ),
        ],
    }
}

fn left_out(reason: &str, customer: &str, lines: u64, amount: &str) -> LeftOutCustomer {
    let domain = customer.to_lowercase().replace(' ', "");
    LeftOutCustomer {
        reason: reason.to_owned(),
        customer: customer.to_owned(),
        tenant: Some(TenantId::new(format!("tenant-{domain}"))),
        domain: format!("{domain}.onmicrosoft.com"),
        lines,
        amount: money(amount),
    }
}

/// An invoice that was applied, of which something is to be tried again.
pub fn applied_invoice() -> InvoiceDetail {
    let invoice = invoices().swap_remove(3);
    let sum = invoice.subtotal;
    InvoiceDetail {
        lines: Some(312),
        sum,
        ledger: Ledger {
            currency: Some(aud()),
            not_in_scope: Money::ZERO,
            invoice: invoice.number.clone(),
            ..ledger_applied()
        },
        part_written: 0,
        left_out: vec![left_out("annual billing", "Kauri Legal", 3, "364.17")],
        retries: retries(),
        can: Vec::new(),
        invoice,
    }
}

/// A month in which a step was written.
pub fn chart() -> ChartView {
    let step = |from: &str, units| Step { from: day(from), units };
    let timeline = Timeline::new([step("2026-09-01", 5), step("2026-09-19", 6)]);
    let row = |start: &str, end: &str, units, price: &str| UnitRow {
        start: day(start),
        end: day(end),
        units,
        price: money(price),
        cost: None,
        posted: false,
    };
    ChartView {
        service: "M365 Business Basic".to_owned(),
        customer: "Harbour Dental Pty Ltd".to_owned(),
        contract: "Cloud 2026".to_owned(),
        month: month(),
        invoice: timeline.clone(),
        fractions: Vec::new(),
        contract_units: Some(timeline),
        rows: vec![
            row("2026-09-01", "2026-09-18", 5, "24.00"),
            row("2026-09-19", "2026-09-30", 6, "19.20"),
        ],
        amounts_a_month: false,
        writes: history().into_iter().rev().skip(1).collect(),
        planned: Vec::new(),
    }
}

/// The page of a customer: of this row of tab 3, else of the first.
pub fn customer_page(tenant: &str) -> CustomerPageView {
    let rows = customers();
    let row = rows.iter().find(|row| row.tenant.as_str() == tenant).unwrap_or(&rows[0]);
    let bill = |month: &str, invoice: &str, amount: &str| MonthBill {
        month: month.parse().expect("a month"),
        invoices: vec![invoice.to_owned()],
        currency: Some(aud()),
        amount: money(amount),
    };
    let failed = row.outcome == Some(Outcome::Failure);
    let open = OpenView {
        what: "Visio Plan 2".to_owned(),
        invoice: "INV0104233".to_owned(),
        month: month(),
        amount: money("531.21"),
        currency: Some(aud()),
        outcome: Outcome::Failure,
        finding: effective_date(),
    };
    let synced = row.outcome.is_some();
    CustomerPageView {
        customer: row.clone(),
        open: failed.then_some(open).into_iter().collect(),
        this: synced.then(|| bill("2026-09", "INV0104233", "1262.37")),
        last: synced.then(|| bill("2026-08", "INV0103977", "1240.10")),
        subscriptions: if synced { subscription_bills(failed) } else { Vec::new() },
        charts: if synced { page_charts() } else { Vec::new() },
        changes: if synced { page_changes() } else { Vec::new() },
    }
}

fn page_charts() -> Vec<ServiceChart> {
    let step = |from: &str, units| Step { from: day(from), units };
    let steps = [step("2026-09-01", 3), step("2026-09-16", 4)];
    let visio = ChartView {
        service: "Visio Plan 2".to_owned(),
        invoice: Timeline::new(steps),
        contract_units: Some(Timeline::new([steps[0]])),
        writes: Vec::new(),
        rows: Vec::new(),
        ..chart()
    };
    let basic = ServiceChart { service: ServiceId(412), chart: chart() };
    vec![basic, ServiceChart { service: ServiceId(413), chart: visio }]
}

fn subscription_bills(failed: bool) -> Vec<SubscriptionBill> {
    let units = |number: i64| Quantity(number.into());
    let row = |name: &str, (before, after), (was, is), why, status| SubscriptionBill {
        name: name.to_owned(),
        subscription: Some(SubscriptionId::new(format!("3d0c8a52-{name}"))),
        product: Some("CFQ7TTC0LH18:0001".to_owned()),
        service: Some(ServiceId(if name.starts_with("Microsoft") { 412 } else { 413 })),
        before: Some(units(before)),
        after: units(after),
        amount_before: Some(money(was)),
        amount: money(is),
        why,
        status,
        finding: match status {
            Outcome::Failure => Some(effective_date()),
            Outcome::Warning => Some(price_changed()),
            _ => None,
        },
        run: RunId(42),
        invoice: "INV0104233".to_owned(),
        usage: usage(status),
    };
    let from = |text: &str| Some(BillReason::Quantity { from: Some(day(text)) });
    let price = BillReason::Price { before: money("5.40"), after: money("5.50") };
    let visio = if failed { Outcome::Failure } else { Outcome::Warning };
    vec![
        row("Visio Plan 2", (3, 4), ("74.00", "87.27"), from("2026-09-16"), visio),
        row(
            "Microsoft 365 Business Basic",
            (5, 6),
            ("34.50", "43.20"),
            from("2026-09-19"),
            Outcome::Success,
        ),
        row(
            "Exchange Online (Plan 1)",
            (12, 12),
            ("64.80", "65.10"),
            Some(price),
            Outcome::Success,
        ),
        row("Power BI Pro", (9, 9), ("1066.80", "1066.80"), None, Outcome::NoChange),
    ]
}

fn page_changes() -> Vec<HistoryView> {
    let mut all = history();
    let mut price = all[0].clone();
    (price.units, price.effective) = ((12, 12), Some(day("2026-09-01")));
    price.product = Some("Exchange Online (Plan 1)".to_owned());
    (price.unit_price, price.price_before) = (Some(money("5.50")), Some(money("5.40")));
    price.monthly_effect = money("1.20");
    all.insert(1, price);
    all
}

/// The plan with other rows.
pub fn with_rows(plan: PlanView, change: impl FnOnce(&mut Vec<PlannedView>)) -> PlanView {
    let mut rows = plan.operations.iter().collect();
    change(&mut rows);
    PlanView { operations: rows.into_iter().collect(), ..plan }
}
