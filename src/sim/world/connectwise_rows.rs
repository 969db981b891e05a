//! The ConnectWise side of a world, made from its Autotask side: the same companies, an agreement for each contract, an item for each
//! service, lines for the quantities that stand there. Which agreement is right for a tenant follows from the true counterparts.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calendar::{after, before};
use super::{TrueMapping, World, WorldKind};
use crate::seed::{
    AutotaskSeed, CompanySeed, ConnectwiseSeed, ContractSeed, ContractServiceSeed, CwAdditionSeed,
    CwAgreementSeed, CwCompanySeed, CwItemSeed, ServiceSeed,
};

const FIRST_COMPANY: usize = 2;
const FIRST_AGREEMENT: usize = 10;
const FIRST_ITEM: usize = 100;
const FIRST_ADDITION: usize = 1_000;
/// Ids of agreements that no contract stands for.
const FIRST_OTHER: usize = 500_000;

const RECURRING: i64 = 7;
const QUARTERLY: i64 = 3;
const VENDOR: i64 = 7;
const PROSPECT: i64 = 3;

/// Ids there by ids here.
#[derive(Debug)]
struct Numbers {
    companies: HashMap<i64, i64>,
    agreements: HashMap<i64, i64>,
    items: HashMap<i64, i64>,
}

fn numbered(first: usize, ids: impl Iterator<Item = i64>) -> HashMap<i64, i64> {
    let number = |at: usize| i64::try_from(first + at).unwrap_or(i64::MAX);
    ids.enumerate().map(|(at, id)| (id, number(at))).collect()
}

impl Numbers {
    fn of(rows: &AutotaskSeed) -> Self {
        Self {
            companies: numbered(FIRST_COMPANY, rows.companies.iter().map(|row| row.id)),
            agreements: numbered(FIRST_AGREEMENT, rows.contracts.iter().map(|row| row.id)),
            items: numbered(FIRST_ITEM, rows.services.iter().map(|row| row.id)),
        }
    }
}

impl World {
    /// The records a ConnectWise site of this world starts with.
    pub fn connectwise_seed(&self) -> ConnectwiseSeed {
        let rows = &self.autotask;
        let numbers = Numbers::of(rows);
        let main: HashSet<i64> = self.truths.iter().map(|truth| truth.contract).collect();
        let mut taken = HashSet::new();
        let companies = rows.companies.iter().map(|row| company(row, &numbers, &mut taken));
        let companies = companies.collect();
        let agreements =
            rows.contracts.iter().enumerate().flat_map(|(at, row)| {
                self.agreements_for(at, row, &numbers, main.contains(&row.id))
            });
        let mut seed = ConnectwiseSeed {
            companies,
            agreements: agreements.collect(),
            items: items(rows, &numbers),
            additions: Vec::new(),
        };
        seed.additions = additions(rows, &numbers, &seed.agreements);
        seed
    }

    /// The counterparts in ConnectWise that an operator who knows would choose: company and agreement.
    pub fn connectwise_mappings(&self) -> Vec<TrueMapping> {
        let numbers = Numbers::of(&self.autotask);
        let there = |ids: &HashMap<i64, i64>, id: i64| ids.get(&id).copied();
        let made = self.true_mappings().into_iter().filter_map(|truth| {
            Some(TrueMapping {
                company_id: there(&numbers.companies, truth.company_id)?,
                contract_id: there(&numbers.agreements, truth.contract_id)?,
                ..truth
            })
        });
        made.collect()
    }

    /// The agreement that a tenant belongs to, by the tenant's domain, its first label, or id.
    pub fn agreement_of(&self, tenant: &str) -> Option<i64> {
        Numbers::of(&self.autotask).agreements.get(&self.contract_of(tenant)?).copied()
    }

    /// What stands for a contract, and at times another beside it that would not do.
    fn agreements_for(
        &self,
        at: usize,
        row: &ContractSeed,
        numbers: &Numbers,
        main: bool,
    ) -> Vec<CwAgreementSeed> {
        let agreement = self.agreement_for(at, row, numbers, main);
        let other = i64::try_from(FIRST_OTHER + at).unwrap_or(i64::MAX);
        let beside = match at % 8 {
            2 if main => Some(CwAgreementSeed {
                id: other,
                name: "Cloud backup".to_owned(),
                kind: "Managed Services".to_owned(),
                prorated: false,
                ..agreement.clone()
            }),
            6 if main => Some(CwAgreementSeed {
                id: other,
                name: "Microsoft annual licences".to_owned(),
                kind: "Managed Services".to_owned(),
                cycle: "NotRecurring".to_owned(),
                ..agreement.clone()
            }),
            _ => None,
        };
        std::iter::once(agreement).chain(beside).collect()
    }

    fn agreement_for(
        &self,
        at: usize,
        row: &ContractSeed,
        numbers: &Numbers,
        main: bool,
    ) -> CwAgreementSeed {
        let recurs = row.contract_type == RECURRING;
        let month = super::Month::of(row.start);
        let start = if main { month.first() } else { row.start };
        let troubled = self.kind == WorldKind::Troubled && main;
        let in_advance = troubled && at % 4 == 3;
        let open = self.target.plus(if in_advance { 2 } else { 0 }).first();
        CwAgreementSeed {
            id: numbers.agreements[&row.id],
            company: numbers.companies.get(&row.company).copied().unwrap_or_default(),
            name: row.name.clone(),
            kind: match (recurs, main) {
                (false, _) => "Time & Materials",
                (true, true) => "O365",
                (true, false) => "Managed Services",
            }
            .to_owned(),
            cycle: match (recurs, row.period_type) {
                (false, _) => "NotRecurring",
                (true, QUARTERLY) if !main => "Quarterly",
                (true, _) => "Monthly",
            }
            .to_owned(),
            start,
            end: Some(row.end),
            bill_start: start,
            next_invoice: open.min(after(row.end)).max(start),
            prorated: recurs && !(troubled && at % 9 == 5),
            at_once: false,
            cancelled: (row.status == 0).then(|| before(self.target.first()).max(start)),
        }
    }
}

fn company(row: &CompanySeed, numbers: &Numbers, taken: &mut HashSet<String>) -> CwCompanySeed {
    CwCompanySeed {
        id: numbers.companies[&row.id],
        identifier: short_id(&row.name, taken),
        name: row.name.clone(),
        active: row.active,
        deleted: false,
        kind: match row.company_type {
            VENDOR => "Vendor",
            PROSPECT => "Prospect",
            _ => "Customer",
        }
        .to_owned(),
        web: row.web.clone(),
    }
}

/// A short id that nobody has yet: the letters of the name, and a number where there is one such already.
fn short_id(name: &str, taken: &mut HashSet<String>) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    let letters = if letters.is_empty() { "Company".to_owned() } else { letters };
    let mut wanted = letters.clone();
    let mut turn = 2;
    while !taken.insert(wanted.to_lowercase()) {
        wanted = format!("{letters}{turn}");
        turn += 1;
    }
    wanted
}

fn items(rows: &AutotaskSeed, numbers: &Numbers) -> Vec<CwItemSeed> {
    let mut items: Vec<CwItemSeed> =
        rows.services.iter().map(|row| item(row, numbers.items[&row.id])).collect();
    // One SKU that two items carry: which of them is meant is for the operator to say.
    let doubled = items.iter().find(|item| !item.vendor_sku.is_empty()).cloned();
    items.extend(doubled.map(|item| CwItemSeed {
        id: 99,
        identifier: format!("{}-OLD", item.identifier),
        ..item
    }));
    items
}

/// A service named after a SKU becomes an item that is linked by it.
fn item(row: &ServiceSeed, id: i64) -> CwItemSeed {
    let sku = row.name.strip_prefix("PC_").or_else(|| row.name.strip_prefix("CP_"));
    let identifier = match sku {
        Some(sku) => sku.to_owned(),
        None => row.name.chars().filter(char::is_ascii_alphanumeric).take(60).collect(),
    };
    CwItemSeed {
        id,
        identifier,
        description: row.name.chars().take(50).collect(),
        vendor_sku: sku.unwrap_or_default().to_owned(),
        price: row.price,
        cost: row.cost,
        active: row.active,
        class: "NonInventory".to_owned(),
    }
}

fn additions(
    rows: &AutotaskSeed,
    numbers: &Numbers,
    agreements: &[CwAgreementSeed],
) -> Vec<CwAdditionSeed> {
    let mut made: Vec<CwAdditionSeed> = Vec::new();
    for row in &rows.contract_services {
        let agreement = numbers.agreements.get(&row.contract);
        let known = agreement.and_then(|id| agreements.iter().find(|one| one.id == *id));
        let (Some(agreement), Some(item)) = (known, numbers.items.get(&row.service)) else {
            continue;
        };
        for (from, to, units) in spans(row, agreement.bill_start) {
            made.push(CwAdditionSeed {
                id: i64::try_from(FIRST_ADDITION + made.len()).unwrap_or(i64::MAX),
                agreement: agreement.id,
                item: *item,
                quantity: Decimal::from(units),
                price: row.price,
                cost: row.cost,
                from,
                to,
                serial_number: String::new(),
                by: "jdoe".to_owned(),
            });
        }
    }
    made
}

type Span = (NaiveDate, Option<NaiveDate>, i64);

/// Steps as stretches of one quantity, none before the agreement is billed.
fn spans(row: &ContractServiceSeed, floor: NaiveDate) -> Vec<Span> {
    let mut steps: Vec<(NaiveDate, i64)> =
        row.steps.iter().map(|(day, units)| ((*day).max(floor), *units)).collect();
    steps.sort_unstable();
    let ends = steps.iter().skip(1).map(|(day, _)| Some(before(*day))).chain([None]);
    let spans = steps.iter().zip(ends).map(|((day, units), end)| (*day, end, *units));
    spans.filter(|(from, to, units)| *units > 0 && to.is_none_or(|to| to >= *from)).collect()
}
