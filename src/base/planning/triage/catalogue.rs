//! Which product and which service a line is for (sync-rules 3.5, wire/prism 9).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::{
    Code, Money, ProductId, ServiceId, Sku,
    invoice::{Line, LineMotion, Subscription},
    outcome::Finding,
    product::{Link, LinkKey, Motion, Product, ProductKey},
};

/// Products and links, indexed once per invoice. Looked up by key only, so that its order does not matter.
#[derive(Debug)]
pub struct Catalogue<'a> {
    by_id: HashMap<&'a ProductId, Vec<&'a Product>>,
    by_sku: HashMap<&'a Sku, Vec<&'a Product>>,
    by_name: HashMap<String, Vec<&'a Product>>,
    /// Names of products that have left the list, where no listed one bears them.
    by_old_name: HashMap<String, Vec<&'a Product>>,
    /// What has left the list.
    old: HashSet<&'a ProductKey>,
    links: HashMap<&'a LinkKey, &'a Link>,
    /// Why the product sync could not bring products in step, where it could not.
    failed: Option<&'a BTreeMap<ProductKey, Finding>>,
}

/// What a line's product and service came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The product, if it is one.
    pub product: Option<ProductKey>,
    /// Its SKU as PRISM writes it, if known.
    pub sku: Option<String>,
    /// The service, if it is linked.
    pub service: Option<ServiceId>,
    /// Services it was linked to before.
    pub previous: Vec<ServiceId>,
    /// Services of all products it may be, where there is none or more than one.
    pub suspects: Vec<ServiceId>,
    /// The recommended price of its product on the price list, if it stands there.
    pub listed: Option<Money>,
    /// Why the product sync could not make a service for it, if it tried.
    pub not_made: Option<Finding>,
}

impl Resolved {
    /// Tells products of one subscription apart.
    pub(super) fn key(&self) -> String {
        match (&self.product, self.service) {
            (Some(product), _) => product.to_string(),
            (None, Some(service)) => format!("service {service}"),
            (None, None) => String::new(),
        }
    }

    /// Why it cannot be billed, if so.
    pub(super) fn problem(&self, line: &Line) -> Option<Finding> {
        if self.service.is_some() {
            return None;
        }
        Some(match (&self.product, &self.not_made) {
            // What failed first is what there is to mend: another product sync would fail in the same way.
            (Some(_), Some(cause)) => {
                let code = match cause.code {
                    Code::NameTaken | Code::NameGiven | Code::DuplicateService => {
                        cause.code.clone()
                    }
                    _ => Code::ProductNotSynced,
                };
                Finding::new(code, cause.text.clone(), cause.advice.clone())
            }
            (Some(product), None) => Finding::new(
                Code::ProductNotSynced,
                format!("Product {product} (“{}”) is not in the PSA yet.", line.offer()),
                "Sync products first, or choose what it is billed as.",
            ),
            (None, _) => Finding::new(
                Code::SourceProduct,
                "Could not find source product or multiple matches",
                format!(
                    "Choose what “{}” is billed as, by its SKU, product id or offer name; then retry.",
                    line.offer()
                ),
            ),
        })
    }
}

/// An offer or product name as it is compared: without the NCE suffix, without case.
#[must_use]
pub fn offer_key(name: &str) -> String {
    const SUFFIX: &str = "(nce product)";
    let lower = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    lower.strip_suffix(SUFFIX).map_or(lower.as_str(), str::trim_end).to_owned()
}

/// A product that was unpinned points at no service, 0, until the next product sync gives it one. (Services that a plan
/// is to make first have numbers below 0.)
fn real(service: ServiceId) -> Option<ServiceId> {
    (service.0 != 0).then_some(service)
}

impl<'a> Catalogue<'a> {
    /// From today's price list, followed by those of the months that are synced, and all links.
    #[must_use]
    pub fn new(products: &'a [Product], links: &'a [Link]) -> Self {
        let mut catalogue = Self {
            by_id: HashMap::new(),
            by_sku: HashMap::new(),
            by_name: HashMap::new(),
            by_old_name: HashMap::new(),
            old: HashSet::new(),
            links: links.iter().map(|link| (&link.key, link)).collect(),
            failed: None,
        };
        let mut seen = HashSet::new();
        for product in products {
            catalogue.by_id.entry(&product.id).or_default().push(product);
            if seen.insert(&product.key) {
                catalogue.by_sku.entry(&product.key.sku).or_default().push(product);
                catalogue.by_name.entry(offer_key(&product.name)).or_default().push(product);
            }
        }
        catalogue
    }

    /// With products that have left the list: found by id and SKU like any other, by name only where no listed product
    /// bears it.
    #[must_use]
    pub fn remembering(mut self, products: &'a [Product]) -> Self {
        let listed: HashSet<&ProductKey> =
            self.by_sku.values().flatten().map(|product| &product.key).collect();
        for product in products {
            self.by_id.entry(&product.id).or_insert_with(|| vec![product]);
            if !listed.contains(&product.key) && self.old.insert(&product.key) {
                self.by_sku.entry(&product.key.sku).or_default().push(product);
                self.by_old_name.entry(offer_key(&product.name)).or_default().push(product);
            }
        }
        self
    }

    /// With what the product sync could not bring in step, and why.
    #[must_use]
    pub fn knowing_failures(self, failed: &'a BTreeMap<ProductKey, Finding>) -> Self {
        Self { failed: Some(failed), ..self }
    }

    /// The product and service of a line: a pin, else the subscription's product, else the offer name.
    #[must_use]
    pub fn resolve(&self, bought: Option<&Subscription>, line: &Line) -> Resolved {
        let pinned = || self.pinned(bought, line);
        let by_product = || bought.and_then(|bought| self.by_product(bought, line));
        pinned().or_else(by_product).unwrap_or_else(|| self.by_offer(bought, line))
    }

    /// The motion a line is billed in. Where its file has no term columns: that of the product, if the subscription names
    /// exactly one, else the subscription's own, else monthly (sync-rules 3.5).
    #[must_use]
    pub fn motion(&self, bought: Option<&Subscription>, line: &Line) -> Motion {
        match line.motion {
            LineMotion::Monthly => Motion::Monthly,
            LineMotion::AnnualTermMonthlyBill => Motion::AnnualTermMonthlyBill,
            LineMotion::AnnualBill => Motion::AnnualBill,
            LineMotion::Untold => {
                let named = || self.only_named(bought?).map(|product| product.key.motion);
                named().or_else(|| bought?.term).unwrap_or(Motion::Monthly)
            }
        }
    }

    /// The one product that a subscription names, by product id or by a SKU that is sold in one motion.
    fn only_named(&self, bought: &Subscription) -> Option<&'a Product> {
        let as_sku = Sku::new(bought.product.as_str());
        let found = self.by_id.get(&bought.product).or_else(|| self.by_sku.get(&as_sku))?;
        let (first, others) = found.split_first()?;
        others.iter().all(|other| other.key == first.key).then_some(*first)
    }

    fn pinned(&self, bought: Option<&Subscription>, line: &Line) -> Option<Resolved> {
        let id = bought.map(|bought| LinkKey::ProductId(bought.product.clone()));
        let name = LinkKey::OfferName(offer_key(&line.offer_name));
        let found = id.and_then(|key| self.links.get(&key)).or_else(|| self.links.get(&name))?;
        let sku = bought.and_then(|bought| self.by_id.get(&bought.product)?.first().copied());
        let sold = bought.and_then(|bought| self.only_named(bought));
        Some(Resolved {
            sku: sku.map(|product| product.sku_text.clone()),
            listed: sold.and_then(|product| self.listed(product)),
            service: real(found.service),
            previous: found.previous.clone(),
            ..Resolved::default()
        })
    }

    /// By the subscription's product, which is a product id or a SKU; none where the list knows neither.
    fn by_product(&self, bought: &Subscription, line: &Line) -> Option<Resolved> {
        let motion = self.motion(Some(bought), line);
        let as_sku = Sku::new(bought.product.as_str());
        let sku = match self.by_id.get(&bought.product).and_then(|found| found.first()) {
            Some(product) => &product.key.sku,
            None => &as_sku,
        };
        if let Some(family) = self.by_sku.get(sku) {
            let found = self.one_of(family, motion);
            // The product sync makes no service for what is off the list.
            if found.service.is_some() || family.iter().any(|product| !self.is_old(product)) {
                return Some(found);
            }
        }
        let key = ProductKey { sku: sku.clone(), motion };
        let retired = self.links.contains_key(&LinkKey::Product(key.clone()));
        retired.then(|| self.linked(key, sku.to_string()))
    }

    fn is_old(&self, product: &Product) -> bool {
        self.old.contains(&product.key)
    }

    fn by_offer(&self, bought: Option<&Subscription>, line: &Line) -> Resolved {
        let (name, motion) = (offer_key(&line.offer_name), self.motion(bought, line));
        if let Some(namesakes) = self.by_name.get(&name) {
            return self.one_of(namesakes, motion);
        }
        let old = self.by_old_name.get(&name).map(|namesakes| self.one_of(namesakes, motion));
        old.filter(|found| found.service.is_some()).unwrap_or_default()
    }

    /// The one product in the line's motion; where none has it, the only one that is billed monthly at all.
    fn one_of(&self, products: &[&Product], motion: Motion) -> Resolved {
        let exact: Vec<_> =
            products.iter().filter(|product| product.key.motion == motion).collect();
        let monthly: Vec<_> =
            products.iter().filter(|product| product.key.motion != Motion::AnnualBill).collect();
        let retired =
            products.first().map(|product| ProductKey { sku: product.key.sku.clone(), motion });
        match (exact.as_slice(), monthly.as_slice()) {
            ([one], _) => self.of_product(one),
            ([], [one]) => match retired.filter(|key| self.has_link(key)) {
                Some(key) => self.linked(key, one.sku_text.clone()),
                None => self.of_product(one),
            },
            (several, _) => Resolved {
                suspects: several
                    .iter()
                    .filter_map(|product| self.service_of(&product.key))
                    .collect(),
                ..Resolved::default()
            },
        }
    }

    fn has_link(&self, key: &ProductKey) -> bool {
        self.links.contains_key(&LinkKey::Product(key.clone()))
    }

    fn service_of(&self, key: &ProductKey) -> Option<ServiceId> {
        self.links.get(&LinkKey::Product(key.clone())).and_then(|link| real(link.service))
    }

    /// What the price list of today says that it costs, if it says it.
    fn listed(&self, product: &Product) -> Option<Money> {
        let told = product.fault.is_none() && !self.is_old(product);
        told.then_some(product.retail)
    }

    fn of_product(&self, product: &Product) -> Resolved {
        let listed = self.listed(product);
        Resolved { listed, ..self.linked(product.key.clone(), product.sku_text.clone()) }
    }

    fn linked(&self, key: ProductKey, sku: String) -> Resolved {
        let link = self.links.get(&LinkKey::Product(key.clone()));
        Resolved {
            not_made: self.failed.and_then(|failed| failed.get(&key)).cloned(),
            product: Some(key),
            sku: Some(sku),
            service: link.and_then(|link| real(link.service)),
            previous: link.map(|link| link.previous.clone()).unwrap_or_default(),
            suspects: Vec::new(),
            listed: None,
        }
    }
}
