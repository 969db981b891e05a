//! Turns the seed into records, beside the setup that every site has. What is left out there gets the plain value a user would have
//! left.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::json;

use super::record::{Record, Stamp, Values};
use super::site::Site;
use super::table::Table;
use crate::behaviour::Behaviour;
use crate::seed::{ConnectwiseSeed, CwAdditionSeed, CwAgreementSeed, CwCompanySeed, CwItemSeed};

/// Who set the site up.
const ADMINISTRATOR: &str = "admin1";

/// When: the same world has the same records, whenever it is started.
fn long_ago() -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2019, 7, 1).expect("a fixed date");
    day.and_time(NaiveTime::MIN)
}

const CYCLES: [(i64, &str, &str, &str); 8] = [
    (1, "W", "Weekly", "Weekly"),
    (2, "M", "Monthly", "Monthly"),
    (3, "Q", "Quarterly", "Quarterly"),
    (4, "Y", "Annual", "Yearly"),
    (5, "1", "One-Time", "NotRecurring"),
    (6, "BM", "Bi-Monthly", "BiMonthly"),
    (7, "SA", "Semi-Annual", "SemiAnnual"),
    (8, "BW", "Bi-Weekly", "BiWeekly"),
];

const AGREEMENT_TYPES: [(i64, &str, bool); 3] =
    [(1, "Managed Services", false), (2, "O365", true), (3, "Time & Materials", false)];

const COMPANY_TYPES: [(i64, &str); 3] = [(1, "Customer"), (2, "Prospect"), (3, "Vendor")];

/// Categories, each with a subcategory of its number; the last is no longer in use.
const CATEGORIES: [(i64, &str, &str, bool); 4] = [
    (1, "Miscellaneous", "Miscellaneous", false),
    (2, "Cloud", "Subscriptions", false),
    (3, "Hardware", "Workstations", false),
    (4, "Fax", "Fax Lines", true),
];

const PRODUCT_TYPES: [(i64, &str, &str); 4] = [
    (1, "Miscellaneous", "OtherCharge"),
    (2, "Agreement", "Service"),
    (3, "Inventory Part", "InventoryPart"),
    (4, "Non-Inventory Part", "NonInventoryPart"),
];

/// Under which the partner keeps what it made by hand.
const CLOUD: i64 = 2;

fn number_of(found: Option<i64>) -> i64 {
    found.unwrap_or(1)
}

impl Site {
    pub(crate) fn new(seed: &ConnectwiseSeed, today: NaiveDate, behaviour: Behaviour) -> Self {
        let mut site = Self::empty(today, behaviour);
        site.set_up();
        seed.companies.iter().for_each(|company| site.seed_company(company));
        seed.items.iter().for_each(|item| site.seed_item(item));
        seed.agreements.iter().for_each(|agreement| site.seed_agreement(agreement));
        seed.additions.iter().for_each(|addition| site.seed_addition(addition));
        seed.agreements.iter().for_each(|agreement| site.settle_past(agreement.id));
        site
    }

    fn seed(&mut self, table: Table, id: i64, values: Values, by: &str) {
        let stamp = Stamp { at: long_ago(), by: by.into() };
        self.keep(table, Record { id, values, entered: stamp.clone(), updated: stamp });
    }

    /// The tables of the setup.
    fn set_up(&mut self) {
        let named = |name: &str| Values::default().with("name", name);
        let mut put = |table, id, values| self.seed(table, id, values, ADMINISTRATOR);
        for (id, name, usual, inactive) in [
            (1, "Active", true, false),
            (2, "Inactive", false, true),
            (3, "Not Approved", false, false),
        ] {
            let values = named(name).with("defaultFlag", usual).with("inactiveFlag", inactive);
            put(Table::CompanyStatuses, id, values);
        }
        for (id, name) in COMPANY_TYPES {
            let values = named(name).with("defaultFlag", id == 1).with("vendorFlag", id == 3);
            put(Table::CompanyTypes, id, values);
        }
        for (id, identifier, name, option) in CYCLES {
            let values = named(name).with("identifier", identifier).with("billingOptions", option);
            put(Table::BillingCycles, id, values.with("defaultFlag", id == 2));
        }
        for (id, name, prorated) in AGREEMENT_TYPES {
            put(Table::AgreementTypes, id, agreement_type(name, prorated));
        }
        for (id, name, sub, inactive) in CATEGORIES {
            let values = |name: &str| named(name).with("inactiveFlag", inactive);
            put(Table::Categories, id, values(name).with("defaultFlag", id == 1));
            let sub = values(sub).with("defaultFlag", id == 1).with_reference("category", id);
            put(Table::Subcategories, id, sub);
        }
        for (id, name, meant) in PRODUCT_TYPES {
            let values = named(name).with("inactiveFlag", false).with("typeXref", meant);
            put(Table::ProductTypes, id, values.with("defaultFlag", id == 1));
        }
        for (id, name) in [(1, "Each"), (2, "Hour")] {
            let values = named(name).with("inactiveFlag", false).with("defaultFlag", id == 1);
            put(Table::Units, id, values);
        }
    }

    fn seed_company(&mut self, seed: &CwCompanySeed) {
        let kind = COMPANY_TYPES.iter().find(|(_, name)| *name == seed.kind);
        let kind = number_of(kind.map(|(id, _)| *id));
        let types = json!([{"id": kind, "name": seed.kind}]);
        let values = Values::default()
            .with("identifier", seed.identifier.as_str())
            .with("name", seed.name.as_str())
            .with_reference("status", if seed.active { 1 } else { 2 })
            .with("city", "Sydney")
            .with("phoneNumber", "+61 2 5550 0100")
            .with_text("website", &seed.web)
            .with("deletedFlag", seed.deleted)
            .with("isVendorFlag", seed.kind == "Vendor")
            .with("types", types);
        self.seed(Table::Companies, seed.id, values, ADMINISTRATOR);
    }

    fn seed_item(&mut self, seed: &CwItemSeed) {
        let values = Values::default()
            .with("identifier", seed.identifier.as_str())
            .with("description", seed.description.as_str())
            .with("inactiveFlag", !seed.active)
            .with_reference("subcategory", CLOUD)
            .with_reference("type", 2)
            .with("productClass", seed.class.as_str())
            .with("serializedFlag", false)
            .with_reference("unitOfMeasure", 1)
            .with_number("price", seed.price)
            .with_number("cost", seed.cost)
            .with("taxableFlag", true)
            .with("customerDescription", seed.description.as_str())
            .with_text("vendorSku", &seed.vendor_sku)
            .with("recurringFlag", true);
        self.seed(Table::Catalog, seed.id, values, ADMINISTRATOR);
    }

    fn seed_agreement(&mut self, seed: &CwAgreementSeed) {
        let kind = AGREEMENT_TYPES.iter().find(|(_, name, _)| *name == seed.kind);
        let cycle = CYCLES.iter().find(|(.., option)| *option == seed.cycle);
        let values = agreement_defaults()
            .with("name", seed.name.as_str())
            .with_reference("type", number_of(kind.map(|(id, ..)| *id)))
            .with_reference("company", seed.company)
            .with("contact", json!({"id": seed.company * 10 + 1, "name": "Front Desk"}))
            .with_day("startDate", Some(seed.start))
            .with_day("endDate", seed.end)
            .with("noEndingDateFlag", seed.end.is_none())
            .with("cancelledFlag", seed.cancelled.is_some())
            .with_day("dateCancelled", seed.cancelled)
            .with_reference("billingCycle", number_of(cycle.map(|(id, ..)| *id)))
            .with_day("billStartDate", Some(seed.bill_start))
            .with_day("nextInvoiceDate", Some(seed.next_invoice))
            .with("prorateFlag", seed.prorated)
            .with("invoiceProratedAdditionsFlag", seed.at_once);
        self.seed(Table::Agreements, seed.id, values, ADMINISTRATOR);
    }

    fn seed_addition(&mut self, seed: &CwAdditionSeed) {
        let mut values = Values::default()
            .with("agreementId", seed.agreement)
            .with_reference("product", seed.item)
            .with_number("quantity", seed.quantity)
            .with_number("unitPrice", seed.price)
            .with_number("unitCost", seed.cost)
            .with("billCustomer", "Billable")
            .with_day("effectiveDate", Some(seed.from))
            .with_day("cancelledDate", seed.to)
            .with_text("serialNumber", &seed.serial_number);
        self.complete_addition(&mut values);
        self.seed(Table::Additions, seed.id, values, &seed.by);
    }
}

fn agreement_defaults() -> Values {
    Values::default()
        .with("employeeCompRate", "Hourly")
        .with("employeeCompNotExceed", "Billing")
        .with("invoicingCycle", "CalendarYear")
        .with("billTime", "NoDefault")
        .with("billExpenses", "NoDefault")
        .with("billProducts", "NoDefault")
}

fn agreement_type(name: &str, prorated: bool) -> Values {
    let values = agreement_defaults().with("name", name).with("inactiveFlag", false);
    values
        .with("defaultFlag", false)
        .with("prorateFlag", prorated)
        .with_reference("billingCycle", 2)
}
