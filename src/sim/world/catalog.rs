//! Products and their dated prices.

use std::collections::HashSet;

use chrono::NaiveDate;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use uuid::Uuid;

use super::calendar::Month;
use super::chance::{Purpose, guid, mix, stream};
use super::settings::WorldKind;

/// Term and billing cycle of a product (wire section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Motion {
    /// Monthly term, billed monthly.
    MonthMonth,
    /// Annual term, billed monthly.
    YearMonth,
    /// Annual term, billed for the whole year.
    YearYear,
}

impl Motion {
    /// `P1M:M`, `P1Y:M` or `P1Y:A`.
    pub fn text(self) -> &'static str {
        match self {
            Self::MonthMonth => "P1M:M",
            Self::YearMonth => "P1Y:M",
            Self::YearYear => "P1Y:A",
        }
    }
}

/// A partner price and its recommended retail twin, for one unit and one month (or one term).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What the partner pays.
    pub cost: Decimal,
    /// What the distributor recommends to ask.
    pub rrp: Decimal,
}

/// An offer in one motion.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its GUID in PRISM.
    pub id: Uuid,
    /// As the price list spells it.
    pub sku: String,
    /// Without the mark that invoices add to it.
    pub name: String,
    /// Its product group.
    pub group: &'static str,
    /// One motion; the same SKU in another is another product.
    pub motion: Motion,
    /// New Commerce: the invoice marks its name.
    pub nce: bool,
    /// Billed by what is used.
    pub azure: bool,
    /// Each price with its first day, oldest first; never empty.
    pub prices: Vec<(NaiveDate, Price)>,
    /// The first day on which the price list no longer has it.
    pub retired: Option<NaiveDate>,
}

impl Product {
    /// The price on a day.
    pub fn price_on(&self, date: NaiveDate) -> Price {
        let dated = self.prices.iter().rev().find(|(since, _)| *since <= date);
        dated.or(self.prices.first()).map_or(FREE, |(_, price)| *price)
    }

    /// Whether the price list of a day has it.
    pub fn listed_on(&self, date: NaiveDate) -> bool {
        self.retired.is_none_or(|retired| date < retired)
    }

    /// The name as an invoice gives it.
    pub fn offer_name(&self) -> String {
        let suffix = if self.nce { " (NCE Product)" } else { "" };
        format!("{}{suffix}", self.name)
    }

    /// Whether its price ever changes.
    pub fn repriced(&self) -> bool {
        self.prices.len() > 1
    }
}

/// The price of what costs nothing.
pub(crate) const FREE: Price = Price { cost: Decimal::ZERO, rrp: Decimal::ZERO };

/// Names and groups of New Commerce offers, each sold in three motions, with a rough retail price in cents.
const NCE: &[(&str, &str, i64)] = &[
    ("Microsoft 365 Business Basic", "Microsoft 365", 900),
    ("Microsoft 365 Business Standard", "Microsoft 365", 1880),
    ("Microsoft 365 Business Premium", "Microsoft 365", 3290),
    ("Microsoft 365 Apps for Business", "Microsoft 365", 1240),
    ("Microsoft 365 Apps for Enterprise", "Microsoft 365", 1790),
    ("Microsoft 365 E3", "Microsoft 365", 5690),
    ("Microsoft 365 E5", "Microsoft 365", 8680),
    ("Microsoft 365 E5 Security", "Microsoft 365", 1810),
    ("Microsoft 365 E5 Compliance", "Microsoft 365", 1810),
    ("Microsoft 365 F1", "Microsoft 365", 340),
    ("Microsoft 365 F3", "Microsoft 365", 1210),
    ("Office 365 E1", "Office 365", 1510),
    ("Office 365 E3", "Office 365", 3460),
    ("Office 365 E5", "Office 365", 5720),
    ("Office 365 F3", "Office 365", 600),
    ("Exchange Online (Plan 1)", "Exchange", 600),
    ("Exchange Online (Plan 2)", "Exchange", 1210),
    ("Exchange Online Kiosk", "Exchange", 300),
    ("Exchange Online Archiving for Exchange Online", "Exchange", 450),
    ("SharePoint (Plan 1)", "SharePoint", 750),
    ("SharePoint (Plan 2)", "SharePoint", 1510),
    ("OneDrive for business (Plan 1)", "SharePoint", 750),
    ("Teams Phone Standard", "Teams", 1210),
    ("Teams Rooms Pro", "Teams", 6030),
    ("Teams Premium", "Teams", 1050),
    ("Audio Conferencing Select Dial-Out", "Teams", 0),
    ("Visio Plan 1", "Project and Visio", 750),
    ("Visio Plan 2", "Project and Visio", 2260),
    ("Project Plan 1", "Project and Visio", 1510),
    ("Planner and Project Plan 3", "Project and Visio", 4520),
    ("Power BI Pro", "Power Platform", 2110),
    ("Power BI Premium Per User", "Power Platform", 3620),
    ("Power Automate Premium", "Power Platform", 2260),
    ("Microsoft Entra ID P1", "Security", 900),
    ("Microsoft Entra ID P2", "Security", 1360),
    ("Microsoft Intune Plan 1", "Security", 1210),
    ("Microsoft Defender for Business", "Security", 450),
    ("Microsoft Defender for Office 365 (Plan 1)", "Security", 300),
    ("Dynamics 365 Sales Professional", "Dynamics 365", 9800),
    ("Dynamics 365 Business Central Essentials", "Dynamics 365", 10560),
    ("Windows 365 Business 2 vCPU, 8 GB, 128 GB", "Windows 365", 6780),
];

/// Names of legacy offers with a GUID for SKU.
const LEGACY: &[(&str, &str, i64)] = &[
    ("Microsoft 365 Business (Nonprofit Staff Pricing)", "Microsoft 365", 750),
    ("Office 365 E1 (Nonprofit Staff Pricing)", "Office 365", 0),
    ("Office 365 E3 (Nonprofit Staff Pricing)", "Office 365", 680),
    ("Office 365 A3 for faculty", "Office 365", 490),
    ("Office 365 A1 for students", "Office 365", 0),
    ("Exchange Online Protection", "Exchange", 150),
    ("Azure Information Protection Premium P1", "Security", 300),
    ("Azure Active Directory Premium P1 (Government)", "Security", 900),
    ("Enterprise Mobility + Security E3", "Security", 1600),
    ("Dynamics 365 Remote Assist, \"field\" edition", "Dynamics 365", 9800),
    ("Project Online Essentials", "Project and Visio", 1050),
    ("Common Area Phone", "Teams", 1210),
];

struct Making {
    seed: u64,
    first: NaiveDate,
    codes: HashSet<String>,
    products: Vec<Product>,
}

/// The products of a world; the price list begins long before the first month.
pub(crate) fn catalogue(seed: u64) -> Vec<Product> {
    let first = NaiveDate::from_ymd_opt(2019, 1, 1).expect("a fixed date");
    let mut making = Making { seed, first, codes: HashSet::new(), products: Vec::new() };
    for (name, group, retail) in NCE {
        making.nce(name, group, *retail);
    }
    for (name, group, retail) in LEGACY {
        making.legacy(name, group, *retail);
    }
    making.azure();
    making.products
}

/// Changes prices on the first of months, and in troubled worlds inside them; retires a few products there. All motions of an
/// offer (they come first, three by three) fare alike.
pub(crate) fn unsettle(products: &mut [Product], kind: WorldKind, seed: u64, usage: Month) {
    for (index, product) in products.iter_mut().enumerate() {
        let offer = if product.nce { index / 3 } else { index };
        let turn = mix(&[seed, Purpose::Product as u64, offer as u64, 7]);
        let lot = turn % 12;
        let shift = u32::try_from(turn / 12 % 4).expect("a number below 4");
        if product.azure || product.price_on(usage.first()) == FREE {
            continue;
        }
        let troubled = kind == WorldKind::Troubled;
        if lot < 3 {
            // And again every year: histories go on.
            for year in 0..5 {
                reprice(product, usage.minus(1).plus(shift + 12 * year).first(), 104);
            }
        } else if troubled && lot < 5 {
            reprice(product, usage.minus(1).plus(shift).day(16), 107);
        } else if troubled && lot == 5 {
            product.retired = Some(usage.first());
        }
    }
}

fn reprice(product: &mut Product, from: NaiveDate, percent: i64) {
    let old = product.price_on(from);
    let factor = Decimal::new(percent, 2);
    let price = Price {
        cost: (old.cost * factor).round_dp(2).normalize(),
        rrp: (old.rrp * factor).round_dp(2).normalize(),
    };
    product.prices.push((from, price));
}

impl Making {
    fn add(&mut self, sku: &str, name: &str, group: &'static str, price: Price) -> &mut Product {
        let product = Product {
            id: guid(self.seed, Purpose::Product, self.products.len()),
            sku: sku.to_owned(),
            name: name.to_owned(),
            group,
            motion: Motion::MonthMonth,
            nce: false,
            azure: false,
            prices: vec![(self.first, price)],
            retired: None,
        };
        self.products.push(product);
        self.products.last_mut().expect("just pushed")
    }

    fn nce(&mut self, name: &str, group: &'static str, retail: i64) {
        let sku = self.code();
        let (monthly, year) = (self.price(retail * 6 / 5), self.price(retail));
        let whole =
            Price { cost: year.cost * Decimal::from(12), rrp: year.rrp * Decimal::from(12) };
        let motions =
            [(Motion::MonthMonth, monthly), (Motion::YearMonth, year), (Motion::YearYear, whole)];
        for (motion, price) in motions {
            let product = self.add(&sku, name, group, price);
            product.nce = true;
            product.motion = motion;
        }
    }

    fn legacy(&mut self, name: &str, group: &'static str, retail: i64) {
        let offer = guid(self.seed, Purpose::Product, 100_000 + self.products.len());
        let price = self.price(retail);
        self.add(&offer.to_string().to_uppercase(), name, group, price);
    }

    fn azure(&mut self) {
        let legacy = guid(self.seed, Purpose::Product, 200_000).to_string().to_uppercase();
        let plan = self.add("DZH318Z0BPS6:0001", "Azure plan", "Azure", FREE);
        plan.azure = true;
        plan.nce = true;
        self.add(&legacy, "Microsoft Azure", "Azure", FREE).azure = true;
    }

    /// A retail price near the given cents with its partner price; every fourth in converted, unrounded form.
    fn price(&self, retail: i64) -> Price {
        let mut random = stream(self.seed, Purpose::Product, self.products.len(), 3);
        if retail == 0 {
            return FREE;
        }
        let rrp = Decimal::new(retail + random.i64(-30..=30), 2);
        let margin = Decimal::new(random.i64(78..=88), 2);
        let rate = if random.u8(0..4) == 0 {
            Decimal::new(15_234_567 + random.i64(0..9999), 7)
        } else {
            Decimal::ONE
        };
        let digits = if rate == Decimal::ONE { 2 } else { 10 };
        Price {
            cost: (rrp * margin * rate).round_dp(digits).normalize(),
            rrp: (rrp * rate).round_dp(digits).normalize(),
        }
    }

    /// An NCE SKU that no other product has.
    fn code(&mut self) -> String {
        const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ0123456789";
        let mut turn = self.codes.len() as u64;
        loop {
            let number = mix(&[self.seed, Purpose::Product as u64, turn, 5]);
            let letters = (0..4).map(|place| {
                let letter = (number >> (place * 8)) % LETTERS.len() as u64;
                char::from(LETTERS[letter.to_usize().unwrap_or(0)])
            });
            let code = format!("CFQ7TTC0{}:{:04X}", letters.collect::<String>(), number % 4 + 1);
            if self.codes.insert(code.clone()) {
                return code;
            }
            turn += 1_000;
        }
    }
}
