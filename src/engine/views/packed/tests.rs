use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{
    quantities::PlannedQuantities,
    rows::{Glance, PlannedRows, RowsGathered},
};
use crate::{
    domain::{
        Code, ContractId, ContractServiceId, Currency, Day, Money, ServiceId,
        operation::{Operation, OperationKind},
        outcome::Finding,
        timeline::{Step, Timeline},
    },
    engine::views::plan::{Mark, PlannedQuantity, PlannedView},
};

fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "Business Basic",
        "Business Basic on Alpine Radio, Cloud 2026",
        "Add on on Alpine Radio on Tuesdays",
        " on ",
    ])
}

/// 8.5 and 8.50 are two figures here: they are shown as they were given.
fn money() -> impl Strategy<Value = Money> {
    (-900_i64..900, 0_u32..5).prop_map(|(digits, scale)| Money(Decimal::new(digits, scale)))
}

fn day() -> impl Strategy<Value = Day> {
    (1_u32..29).prop_map(|day| Day::new(2026, 9, day).expect("a day"))
}

fn finding() -> impl Strategy<Value = Finding> {
    text().prop_map(|text| Finding::new(Code::Guard, text.to_owned(), "Look at it."))
}

/// As a plan has them, and such that say something else than their row.
fn operation() -> impl Strategy<Value = Operation> {
    let id = 1_i64..4;
    prop_oneof![
        4 => (id.clone(), id.clone(), prop::option::of(id.clone()), day(), -2_i64..2, prop::option::of(money()))
            .prop_map(|(contract, service, row, effective, units, unit_price)| Operation::AdjustUnits {
                contract: ContractId(contract),
                service: ServiceId(service),
                contract_service: row.map(ContractServiceId),
                effective,
                units,
                unit_price,
                unit_cost: None,
            }),
        1 => (id.clone(), id).prop_map(|(contract, service)| Operation::CreateContractService {
            contract: ContractId(contract),
            service: ServiceId(service),
            unit_price: None,
            unit_cost: None,
        }),
    ]
}

prop_compose! {
    fn row()(
        operation in operation(),
        says_the_same in any::<bool>(),
        kind in prop::option::of(Just(OperationKind::from("of_another_version"))),
        texts in (text(), prop::option::of(text()), prop::option::of(text()), prop::option::of(text()), text()),
        tenants in prop::collection::vec(text().prop_map(str::to_owned), 0..3),
        days in prop::option::of(day()),
        units in -2_i64..2,
        quantity in prop::option::of((0_i64..9, 0_i64..9)),
        prices in prop::array::uniform5(prop::option::of(money())),
        monthly_effect in money(),
        currency in prop::option::of(prop::sample::select(vec!["AUD", "NZD"])),
        mark in prop::option::of(prop::sample::select(vec![Mark::DropToZero, Mark::Doubling])),
        guard in prop::option::of(finding()),
        warnings in prop::collection::vec(finding(), 0..3),
    ) -> PlannedView {
        let (target, product, customer, invoice, reason) = texts;
        let [unit_price, unit_cost, price_before, cost_before, effect_while] = prices;
        let mut row = PlannedView {
            kind: kind.unwrap_or_else(|| operation.kind()),
            target: target.into(),
            product: product.map(Into::into),
            customer: customer.map(Into::into),
            tenants: tenants.into(),
            invoice: invoice.map(Into::into),
            effective: days,
            units,
            quantity,
            unit_price,
            unit_cost,
            price_before,
            cost_before,
            currency: currency.map(Currency::new),
            reason: reason.into(),
            monthly_effect,
            effect_while,
            mark,
            guard: guard.map(Box::new),
            warnings,
            operation,
        };
        if let (true, Operation::AdjustUnits { effective, units, .. }) = (says_the_same, &row.operation) {
            (row.effective, row.units) = (Some(*effective), *units);
            (row.unit_price, row.unit_cost) = row.operation.prices();
        }
        row
    }
}

/// As a service would be asked for them: figures to their last decimal.
fn told(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

proptest! {
    #[test]
    fn rows_come_out_as_they_were_put_in(rows in prop::collection::vec(row(), 0..20)) {
        let packed: PlannedRows = rows.iter().cloned().collect();
        prop_assert_eq!(packed.len(), rows.len());
        prop_assert_eq!(told(&packed), told(&rows));
        let read: PlannedRows = serde_json::from_str(&told(&packed)).expect("reads back");
        prop_assert_eq!(told(&read), told(&rows));
        let currencies: Vec<_> = rows.iter().map(|row| row.currency.as_ref()).collect();
        prop_assert!(packed.currencies().eq(currencies));
        prop_assert!(packed.tenants().eq(rows.iter().map(|row| &row.tenants)));
        for (at, row) in rows.iter().enumerate() {
            let glance = Glance {
                kind: row.kind.clone(),
                effective: row.effective,
                monthly_effect: row.monthly_effect,
                mark: row.mark,
                is_guarded: row.guard.is_some(),
            };
            prop_assert_eq!(packed.glance(at), Some(glance));
        }
        let made = |row: &&PlannedView| rows.iter().any(|one| one.fills(row));
        let made: Vec<usize> = rows.iter().enumerate().filter(|(_, row)| made(row)).map(|(at, _)| at).collect();
        prop_assert!(packed.made_for_seats(&(0..rows.len())).into_iter().eq(made));
    }

    #[test]
    fn the_largest_effect_goes_first_and_equal_ones_stay_as_they_came(rows in prop::collection::vec(row(), 0..20)) {
        let mut packed: PlannedRows = rows.iter().cloned().collect();
        packed.largest_first();
        let mut sorted = rows;
        sorted.sort_by_key(|row| std::cmp::Reverse(row.monthly_effect.abs()));
        prop_assert_eq!(told(&packed), told(&sorted));
        prop_assert!(packed.tenants().eq(sorted.iter().map(|row| &row.tenants)));
    }

    #[test]
    fn a_guard_holds_those_that_came_last(rows in prop::collection::vec(row(), 1..20), first in 0_usize..20, finding in finding()) {
        let mut gathered = RowsGathered::default();
        rows.iter().cloned().for_each(|row| gathered.push(row));
        gathered.hold_from(first, &finding);
        let expected = rows.into_iter().enumerate().map(|(at, row)| {
            let guard = if at < first { row.guard } else { Some(Box::new(finding.clone())) };
            PlannedView { guard, ..row }
        });
        prop_assert_eq!(told(&gathered.all()), told(&expected.collect::<Vec<_>>()));
    }

    #[test]
    fn quantities_come_out_as_they_were_put_in_and_are_found_by_a_change(
        of in row(),
        texts in prop::collection::vec((text(), text()), 0..20),
        units in prop::collection::vec(0_i64..4, 3),
    ) {
        let timeline = |units: i64| Timeline::new([Step { from: Day::new(2026, 9, 4).expect("a day"), units }]);
        let quantity = |(target, invoice): &(&str, &str)| PlannedQuantity {
            target: (*target).into(),
            tenants: of.tenants.clone(),
            invoice: (*invoice).into(),
            month: Day::new(2026, 9, 1).expect("a day").month(),
            invoiced: timeline(units[0]),
            present: timeline(units[1]),
        };
        let all: Vec<PlannedQuantity> = texts.iter().map(quantity).collect();
        let packed: PlannedQuantities = all.iter().cloned().collect();
        prop_assert_eq!(told(&packed), told(&all));
        prop_assert_eq!(&serde_json::from_str::<PlannedQuantities>(&told(&all)).expect("reads back"), &packed);
        let is_of_it = |one: &&PlannedQuantity| one.target == of.target && Some(&one.invoice) == of.invoice.as_ref();
        prop_assert_eq!(packed.of(&of), all.iter().find(is_of_it).cloned());
    }
}
