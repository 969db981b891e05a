//! Makes the Autotask side of a generated world: companies, contracts of every kind, billing codes, vendors, services made by hand.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calendar::Month;
use super::chance::{Purpose, mix, stream};
use super::common_rows::{common_rows, company, service};
use super::names;
use super::party::{Counterpart, Era};
use super::{World, WorldKind};
use crate::seed::{AutotaskSeed, CompanySeed, ContractSeed, ContractServiceSeed};

const RECURRING: i64 = 7;
const TIME_AND_MATERIALS: i64 = 1;
const MONTHLY: i64 = 2;
const QUARTERLY: i64 = 3;
const FIRST_COMPANY: i64 = 29_683_000;
const FIRST_CONTRACT: i64 = 29_800_000;
/// What is special about a customer's main contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContractForm {
    Ordinary,
    TwoTenants,
    Quarterly,
    FromThe15th,
    Expired,
    Inactive,
    NotYetStarted,
    TimeAndMaterials,
    NoCompany,
    /// Ends inside the newest month (troubled worlds).
    EndsInside,
}

impl ContractForm {
    /// The form for a customer: every one occurs early, so that small worlds have some.
    pub(super) fn of(kind: WorldKind, seed: u64, number: usize) -> Self {
        let shift = usize::try_from(seed % 23).expect("below 23");
        let lot = (number + shift) % 23;
        let troubled = kind == WorldKind::Troubled;
        match lot {
            2 | 13 => Self::TwoTenants,
            0 | 11 if troubled => Self::TwoTenants,
            4 => Self::Quarterly,
            6 => Self::FromThe15th,
            8 => Self::Expired,
            10 => Self::NoCompany,
            15 => Self::Inactive,
            17 => Self::NotYetStarted,
            19 => Self::TimeAndMaterials,
            21 if troubled => Self::EndsInside,
            _ => Self::Ordinary,
        }
    }

    /// Whether the customer has two tenants on the contract.
    pub(super) fn two_tenants(self) -> bool {
        self == Self::TwoTenants
    }

    /// Whether the periods are months from the 1st.
    pub(super) fn monthly(self) -> bool {
        !matches!(self, Self::Quarterly | Self::FromThe15th)
    }

    fn usable(self) -> bool {
        let broken = [Self::Expired, Self::Inactive, Self::NotYetStarted, Self::TimeAndMaterials];
        !broken.contains(&self)
    }

    /// First and last day of the contract.
    fn dates(self, era: Era, back: u32) -> (NaiveDate, NaiveDate) {
        let far = Month { year: era.newest.year + 2, number: 12 }.last();
        let start = era.first.minus(back);
        match self {
            Self::Quarterly => (Month { year: start.year, number: 1 }.first(), far),
            Self::FromThe15th => (start.day(15), far),
            Self::Expired => (start.minus(14).first(), start.minus(2).last()),
            Self::NotYetStarted => (era.newest.plus(9).first(), far),
            Self::EndsInside => (start.first(), era.newest.day(15)),
            Self::Ordinary
            | Self::TwoTenants
            | Self::Inactive
            | Self::TimeAndMaterials
            | Self::NoCompany => (start.first(), far),
        }
    }
}

/// Gives a generated world its Autotask rows and the true counterparts.
pub(super) fn settle(world: &mut World) {
    let mut seed = common_rows();
    let mut truths = Vec::new();
    let customers = 1..world.customers.len();
    for index in customers.filter(|index| world.customers[*index].active) {
        add_customer(world, index, &mut seed, &mut truths);
    }
    if world.kind == WorldKind::Troubled {
        hand_made_collisions(world, &mut seed);
    }
    world.autotask = seed;
    world.truths = truths;
}

fn number(index: usize) -> i64 {
    i64::try_from(index).expect("worlds are smaller than this")
}

fn add_customer(
    world: &World,
    index: usize,
    seed: &mut AutotaskSeed,
    truths: &mut Vec<Counterpart>,
) {
    let place = index - 1;
    let form = ContractForm::of(world.kind, world.seed, place);
    if form == ContractForm::NoCompany {
        return;
    }
    let mut random = stream(world.seed, Purpose::Contract, place, 0);
    let customer = &world.customers[index];
    let way = usize::try_from(mix(&[world.seed, place as u64]) % 10).expect("below 10");
    let company_id = FIRST_COMPANY + number(place);
    let domain = &world.tenants[customer.tenants[0]].domain;
    let web = domain.split('.').next().filter(|_| way > 2);
    seed.companies.push(CompanySeed {
        web: web.map_or(String::new(), |slug| format!("www.{slug}.com.au")),
        ..company(company_id, &names::as_typed(&customer.name, way), 1)
    });
    let contract = FIRST_CONTRACT + number(place) * 10;
    seed.contracts.push(main_contract(world, form, contract, company_id, random.u32(0..6)));
    decoys(world, place, company_id, seed);
    if place % 3 == 1 && form != ContractForm::TimeAndMaterials {
        seed.contract_services.push(managed(seed, contract, random.i64(2..30)));
    }
    let made = customer.tenants.iter().map(|tenant| Counterpart {
        tenant: *tenant,
        company: company_id,
        contract,
        usable: form.usable(),
    });
    truths.extend(made);
}

fn main_contract(
    world: &World,
    form: ContractForm,
    id: i64,
    company: i64,
    back: u32,
) -> ContractSeed {
    let era = Era { newest: world.target, ..world.era };
    let (start, end) = form.dates(era, back);
    let timed = form == ContractForm::TimeAndMaterials;
    ContractSeed {
        id,
        company,
        name: if timed { "Support, time & materials" } else { "Microsoft cloud services" }
            .to_owned(),
        contract_type: if timed { TIME_AND_MATERIALS } else { RECURRING },
        status: i64::from(form != ContractForm::Inactive),
        start,
        end,
        period_type: if form == ContractForm::Quarterly { QUARTERLY } else { MONTHLY },
    }
}

/// Other contracts of the company, none of which is the right one.
fn decoys(world: &World, place: usize, company: i64, seed: &mut AutotaskSeed) {
    let era = Era { newest: world.target, ..world.era };
    let first = FIRST_CONTRACT + number(place) * 10;
    let mut add = |offset: i64, name: &str, form: ContractForm| {
        let made = main_contract(world, form, first + offset, company, 2);
        seed.contracts.push(ContractSeed { name: name.to_owned(), ..made });
    };
    if place.is_multiple_of(3) {
        add(1, "Ad hoc support", ContractForm::TimeAndMaterials);
    }
    if place.is_multiple_of(4) {
        let name = format!("Cloud services {}", era.first.year - 1);
        add(2, &name, ContractForm::Expired);
    }
    if place.is_multiple_of(5) {
        add(3, "Cloud services renewal", ContractForm::NotYetStarted);
    }
    if place.is_multiple_of(7) {
        add(4, "Cloud services (do not use)", ContractForm::Inactive);
    }
    if place.is_multiple_of(6) {
        add(5, "Hardware as a service", ContractForm::Quarterly);
    }
}

/// A service made by hand that stands on a contract and is none of the sync's business.
fn managed(seed: &AutotaskSeed, contract: i64, units: i64) -> ContractServiceSeed {
    let start = seed.contracts.iter().rev().find(|row| row.id == contract).map(|row| row.start);
    let service = &seed.services[0];
    ContractServiceSeed {
        contract,
        service: service.id,
        price: service.price,
        cost: service.cost,
        steps: start.map(|start| (start, units)).into_iter().collect(),
    }
}

/// Services whose names the product sync would like to use, one of them already standing on a contract with manual edits.
fn hand_made_collisions(world: &World, seed: &mut AutotaskSeed) {
    let mut used = world.subscriptions.iter().map(|subscription| subscription.product);
    let licence = |index: &usize| {
        let product = &world.products[*index];
        !product.azure && product.motion == super::catalog::Motion::MonthMonth
    };
    let Some(first) = used.find(licence) else { return };
    let second = used.find(|index| licence(index) && *index != first);
    seed.services.push(service(29_682_711, &format!("PC_{}", world.products[first].sku), 1_100));
    let Some(second) = second else { return };
    seed.services.push(service(29_682_712, &format!("CP_{}", world.products[second].sku), 1_200));
    edited_by_hand(world, second, seed);
}

fn edited_by_hand(world: &World, product: usize, seed: &mut AutotaskSeed) {
    let holders = world.truths_of(product, &seed.contracts);
    let Some(contract) = holders else { return };
    let month = world.target;
    seed.contract_services.push(ContractServiceSeed {
        contract,
        service: 29_682_712,
        price: Decimal::new(1_200, 2),
        cost: Decimal::new(600, 2),
        steps: vec![(month.minus(1).first(), 4), (month.day(10), 9)],
    });
}

impl World {
    /// An ordinary contract of somebody who holds a product.
    fn truths_of(&self, product: usize, contracts: &[ContractSeed]) -> Option<i64> {
        let holders = self.subscriptions.iter().filter(|held| held.product == product);
        let places = holders.map(|held| self.tenants[held.tenant].customer - 1);
        let mut ordinary = places.filter(|place| {
            let form = ContractForm::of(self.kind, self.seed, *place);
            form == ContractForm::Ordinary || form.two_tenants()
        });
        let contract = FIRST_CONTRACT + number(ordinary.next()?) * 10;
        contracts.iter().any(|row| row.id == contract).then_some(contract)
    }
}
