//! The rows of a plan.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Target, as_a_list};
use crate::{
    domain::{
        ContractId, ContractServiceId, Currency, Day, Money, ServiceId,
        operation::{Operation, OperationKind},
        outcome::Finding,
        pool::{Filling, Place, Pool, Segments},
        shared_text::{SharedText, SharedTexts},
    },
    engine::views::plan::{Mark, PlannedView},
};

/// The rows of a plan, in their order. A row is put together when somebody looks at it.
#[derive(Clone, Default)]
pub struct PlannedRows {
    rows: Segments<Row>,
    /// Where the rows stand, one after the other; empty where they are in order as they stand.
    order: Vec<u32>,
    texts: Pool<SharedText>,
    tenants: Pool<SharedTexts>,
    figures: Pool<Decimal>,
    currencies: Pool<Currency>,
    quantities: Pool<(i64, i64)>,
    kinds: Pool<OperationKind>,
    operations: Pool<Operation>,
    guards: Pool<Finding>,
    warnings: Pool<Vec<Finding>>,
}

/// What is told of many rows at once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glance {
    pub(crate) kind: OperationKind,
    pub(crate) effective: Option<Day>,
    pub(crate) monthly_effect: Money,
    pub(crate) mark: Option<Mark>,
    pub(crate) is_guarded: bool,
}

/// A row by places.
#[derive(Clone, Debug)]
struct Row {
    write: Write,
    /// Where it is not that of the operation.
    kind: Option<Place<OperationKind>>,
    target: Target,
    product: Option<Place<SharedText>>,
    customer: Option<Place<SharedText>>,
    tenants: Place<SharedTexts>,
    invoice: Option<Place<SharedText>>,
    effective: Option<Day>,
    units: i64,
    quantity: Option<Place<(i64, i64)>>,
    unit_price: Option<Place<Decimal>>,
    unit_cost: Option<Place<Decimal>>,
    price_before: Option<Place<Decimal>>,
    cost_before: Option<Place<Decimal>>,
    currency: Option<Place<Currency>>,
    reason: Place<SharedText>,
    monthly_effect: Place<Decimal>,
    effect_while: Option<Place<Decimal>>,
    mark: Option<Mark>,
    guard: Option<Place<Finding>>,
    warnings: Option<Place<Vec<Finding>>>,
}

/// A write. Of most of them the row says all but what they go to.
#[derive(Clone, Copy, Debug)]
enum Write {
    Adjust(ContractId, ServiceId, Option<ContractServiceId>),
    PutOn(ContractId, ServiceId),
    Other(Place<Operation>),
}

impl PlannedRows {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row in that place, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<PlannedView> {
        self.view(self.row(at)?)
    }

    /// All of them, one by one.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = PlannedView> + Clone + '_ {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// The currency of each.
    pub(crate) fn currencies(&self) -> impl Iterator<Item = Option<&Currency>> {
        self.rows.iter().map(|row| row.currency.and_then(|place| self.currencies.get(place)))
    }

    /// The tenants of each.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &SharedTexts> {
        (0..self.len()).filter_map(|at| self.tenants.get(self.row(at)?.tenants))
    }

    /// What sums are made of, without putting the row in that place together.
    pub(crate) fn glance(&self, at: usize) -> Option<Glance> {
        let row = self.row(at)?;
        let other = row.kind.and_then(|place| self.kinds.get(place));
        let kind = other.cloned().or_else(|| match row.write {
            Write::Adjust(..) => Some(OperationKind::AdjustUnits),
            Write::PutOn(..) => Some(OperationKind::CreateContractService),
            Write::Other(place) => self.operations.get(place).map(Operation::kind),
        });
        Some(Glance {
            kind: kind?,
            effective: row.effective,
            monthly_effect: Money(self.figures.of(row.monthly_effect)),
            mark: row.mark,
            is_guarded: row.guard.is_some(),
        })
    }

    /// Which of these, by their places, only make a row of the contract for seats that another one adds to it: that moves no
    /// money, and is part of adding them.
    pub(crate) fn made_for_seats(
        &self,
        places: &(impl Iterator<Item = usize> + Clone),
    ) -> BTreeSet<usize> {
        let of = |kind: OperationKind| {
            let all = places
                .clone()
                .filter(move |at| self.glance(*at).is_some_and(|change| change.kind == kind));
            all.filter_map(|at| self.row(at).map(|row| (at, (row.target, row.tenants))))
        };
        let seats: BTreeSet<_> = of(OperationKind::AdjustUnits).map(|(_, of)| of).collect();
        let made = of(OperationKind::CreateContractService);
        made.filter(|(_, of)| seats.contains(of)).map(|(at, _)| at).collect()
    }

    /// What their amounts are in is told elsewhere.
    pub(crate) fn name_no_currency(&mut self) {
        self.currencies = Pool::default();
    }

    /// Puts them in order: the largest effect first.
    pub fn largest_first(&mut self) {
        let effect = |at: &u32| {
            let row = usize::try_from(*at).ok().and_then(|at| self.rows.get(at));
            row.map(|row| std::cmp::Reverse(self.figures.of(row.monthly_effect).abs()))
        };
        let mut order: Vec<u32> = (0..self.len()).filter_map(|at| u32::try_from(at).ok()).collect();
        order.sort_by_cached_key(effect);
        self.order = order;
    }

    fn row(&self, at: usize) -> Option<&Row> {
        let at =
            if self.order.is_empty() { at } else { usize::try_from(*self.order.get(at)?).ok()? };
        self.rows.get(at)
    }

    fn view(&self, row: &Row) -> Option<PlannedView> {
        let text = |place| self.texts.of(place);
        let money = |place| Money(self.figures.of(place));
        let (unit_price, unit_cost) = (row.unit_price.map(money), row.unit_cost.map(money));
        let operation = match row.write {
            Write::Adjust(contract, service, contract_service) => Operation::AdjustUnits {
                contract,
                service,
                contract_service,
                effective: row.effective?,
                units: row.units,
                unit_price,
                unit_cost,
            },
            Write::PutOn(contract, service) => {
                Operation::CreateContractService { contract, service, unit_price, unit_cost }
            }
            Write::Other(place) => self.operations.get(place)?.clone(),
        };
        let kind = row.kind.and_then(|place| self.kinds.get(place)).cloned();
        Some(PlannedView {
            kind: kind.unwrap_or_else(|| operation.kind()),
            target: row.target.text(&self.texts),
            product: row.product.map(text),
            customer: row.customer.map(text),
            tenants: self.tenants.of(row.tenants),
            invoice: row.invoice.map(text),
            effective: row.effective,
            units: row.units,
            quantity: row.quantity.map(|place| self.quantities.of(place)),
            unit_price,
            unit_cost,
            price_before: row.price_before.map(money),
            cost_before: row.cost_before.map(money),
            currency: row.currency.and_then(|place| self.currencies.get(place)).cloned(),
            reason: text(row.reason),
            monthly_effect: money(row.monthly_effect),
            effect_while: row.effect_while.map(money),
            mark: row.mark,
            guard: row.guard.and_then(|place| self.guards.get(place)).cloned().map(Box::new),
            warnings: row.warnings.map(|place| self.warnings.of(place)).unwrap_or_default(),
            operation,
        })
    }
}

/// Rows while they are planned, or read.
#[derive(Default)]
pub(crate) struct RowsGathered {
    rows: Segments<Row>,
    texts: Filling<SharedText>,
    tenants: Filling<SharedTexts>,
    figures: Filling<Decimal>,
    currencies: Filling<Currency>,
    quantities: Filling<(i64, i64)>,
    kinds: Pool<OperationKind>,
    operations: Pool<Operation>,
    guards: Pool<Finding>,
    warnings: Pool<Vec<Finding>>,
}

impl RowsGathered {
    /// Puts one more behind those that are there.
    pub(crate) fn push(&mut self, view: PlannedView) {
        let write = Write::of(&view);
        let Self { texts, figures, .. } = self;
        let mut figure = |money: Money| figures.put(money.0);
        self.rows.push(Row {
            kind: (view.kind != view.operation.kind()).then(|| self.kinds.put(view.kind)),
            target: Target::of(view.target, texts),
            product: view.product.map(|text| texts.put(text)),
            customer: view.customer.map(|text| texts.put(text)),
            tenants: self.tenants.put(view.tenants),
            invoice: view.invoice.map(|text| texts.put(text)),
            effective: view.effective,
            units: view.units,
            quantity: view.quantity.map(|quantity| self.quantities.put(quantity)),
            unit_price: view.unit_price.map(&mut figure),
            unit_cost: view.unit_cost.map(&mut figure),
            price_before: view.price_before.map(&mut figure),
            cost_before: view.cost_before.map(&mut figure),
            currency: view.currency.map(|currency| self.currencies.put(currency)),
            reason: texts.put(view.reason),
            monthly_effect: figure(view.monthly_effect),
            effect_while: view.effect_while.map(&mut figure),
            mark: view.mark,
            guard: view.guard.map(|finding| self.guards.put(*finding)),
            warnings: Some(view.warnings)
                .filter(|warnings| !warnings.is_empty())
                .map(|warnings| self.warnings.put(warnings)),
            write: write.unwrap_or_else(|| Write::Other(self.operations.put(view.operation))),
        });
    }

    /// So many were put in.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A guard holds the last ones, from that place on.
    pub(crate) fn hold_from(&mut self, first: usize, finding: &Finding) {
        let guard = self.guards.put(finding.clone());
        for at in first..self.rows.len() {
            self.rows.get_mut(at).into_iter().for_each(|row| row.guard = Some(guard));
        }
    }

    /// All that were put in.
    pub(crate) fn all(self) -> PlannedRows {
        PlannedRows {
            rows: self.rows.closed(),
            order: Vec::new(),
            texts: self.texts.filled(),
            tenants: self.tenants.filled(),
            figures: self.figures.filled(),
            currencies: self.currencies.filled(),
            quantities: self.quantities.filled(),
            kinds: self.kinds,
            operations: self.operations,
            guards: self.guards,
            warnings: self.warnings,
        }
    }
}

impl Write {
    /// To what it goes, where the row says all the rest of it.
    fn of(view: &PlannedView) -> Option<Self> {
        let prices = (view.unit_price, view.unit_cost) == view.operation.prices();
        match view.operation {
            Operation::AdjustUnits {
                contract,
                service,
                contract_service,
                effective,
                units,
                ..
            } => {
                let days = (view.effective, view.units) == (Some(effective), units);
                (days && prices).then_some(Self::Adjust(contract, service, contract_service))
            }
            Operation::CreateContractService { contract, service, .. } => {
                prices.then_some(Self::PutOn(contract, service))
            }
            _ => None,
        }
    }
}

as_a_list!(PlannedRows of PlannedView, RowsGathered);
