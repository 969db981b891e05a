//! Turns the seed into rows. What is left out there gets the plain value a user would have left.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::cell::Cell;
use super::contract_services::Opening;
use super::entities::{BILLING_CODES, COMPANIES, CONTRACTS, SERVICES};
use super::schema::Row;
use super::steps::Change;
use super::tenant::Tenant;
use crate::behaviour::Behaviour;
use crate::seed::{
    AutotaskSeed, BillingCodeSeed, CompanySeed, ContractSeed, ContractServiceSeed, ServiceSeed,
};

/// The resource that made all this by hand.
const RESOURCE: i64 = 29_682_885;

/// When it was made: the same world has the same rows, whenever it is started.
fn long_ago() -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2019, 7, 1).expect("a fixed date");
    day.and_time(NaiveTime::MIN)
}

impl Tenant {
    pub(crate) fn new(seed: &AutotaskSeed, behaviour: Behaviour) -> Self {
        let mut tenant = Self { behaviour, ..Self::default() };
        seed.companies.iter().for_each(|company| tenant.seed_company(company));
        seed.billing_codes.iter().for_each(|code| tenant.seed_code(code));
        seed.services.iter().for_each(|service| tenant.seed_service(service));
        seed.contracts.iter().for_each(|contract| tenant.seed_contract(contract));
        seed.contract_services.iter().for_each(|on| tenant.seed_contract_service(on));
        tenant
    }

    fn seed_company(&mut self, seed: &CompanySeed) {
        let entity = &COMPANIES;
        let row = Row::new(entity, seed.id)
            .with(entity, "companyName", Cell::text(&seed.name))
            .with(entity, "companyType", Cell::Whole(seed.company_type))
            .with(entity, "isActive", Cell::Flag(seed.active))
            .with(entity, "ownerResourceID", Cell::Whole(RESOURCE))
            .with(entity, "phone", Cell::text("+61 2 5550 0100"))
            .with(entity, "webAddress", Cell::text(&seed.web));
        self.table(entity).insert(row);
    }

    fn seed_code(&mut self, seed: &BillingCodeSeed) {
        let entity = &BILLING_CODES;
        let row = Row::new(entity, seed.id)
            .with(entity, "name", Cell::text(&seed.name))
            .with(entity, "isActive", Cell::Flag(seed.active))
            .with(entity, "useType", Cell::Whole(seed.use_type))
            .with(entity, "billingCodeType", Cell::Whole(0))
            .with(entity, "unitCost", Cell::Amount(0.into()))
            .with(entity, "unitPrice", Cell::Amount(0.into()))
            .with(entity, "isExcludedFromNewContracts", Cell::Flag(false));
        self.table(entity).insert(row);
    }

    fn seed_service(&mut self, seed: &ServiceSeed) {
        let entity = &SERVICES;
        let row = Row::new(entity, seed.id)
            .with(entity, "name", Cell::text(&seed.name))
            .with(entity, "billingCodeID", Cell::Whole(seed.billing_code))
            .with(entity, "periodType", Cell::Whole(2))
            .with(entity, "unitPrice", Cell::Amount(seed.price))
            .with(entity, "unitCost", Cell::Amount(seed.cost))
            .with(entity, "isActive", Cell::Flag(seed.active))
            .with(entity, "creatorResourceID", Cell::Whole(RESOURCE))
            .with(entity, "createDate", Cell::Moment(long_ago()));
        self.service_names.insert(seed.name.to_lowercase(), seed.id);
        self.table(entity).insert(row);
    }

    fn seed_contract(&mut self, seed: &ContractSeed) {
        let entity = &CONTRACTS;
        let row = Row::new(entity, seed.id)
            .with(entity, "companyID", Cell::Whole(seed.company))
            .with(entity, "contractName", Cell::text(&seed.name))
            .with(entity, "contractType", Cell::Whole(seed.contract_type))
            .with(entity, "status", Cell::Whole(seed.status))
            .with(entity, "startDate", Cell::day(seed.start))
            .with(entity, "endDate", Cell::day(seed.end))
            .with(entity, "contractPeriodType", Cell::Whole(seed.period_type))
            .with(entity, "timeReportingRequiresStartAndStopTimes", Cell::Whole(0))
            .with(entity, "isDefaultContract", Cell::Flag(false));
        self.table(entity).insert(row);
    }

    fn seed_contract_service(&mut self, seed: &ContractServiceSeed) {
        let opening = Opening { price: seed.price, cost: seed.cost };
        let id = self.put_on_contract(seed.contract, seed.service, opening);
        let mut before = 0;
        let mut steps: Vec<(NaiveDate, i64)> = seed.steps.clone();
        steps.sort_unstable();
        for (day, units) in steps {
            let change = Change { units: units - before, ..Change::default() };
            if let Some(on) = self.on_contracts.get_mut(&id) {
                on.steps.change(day, &change);
            }
            before = units;
        }
    }
}
