//! What belongs to a contract: neighbours, rows, relinked services, retries.

use prism_connect::{
    domain::{
        Money, SubscriptionId, TenantId,
        invoice::LineMotion,
        outcome::{Disposition, Outcome},
        target::ContractKind,
    },
    planning::{PlannedOperation, contract::Retry, triage::Standing},
};

use super::world::*;

const FULL: (&str, &str) = ("09-01", "09-30");
const PRICES: (&str, &str) = ("6.90", "8.00");

#[test]
fn a_service_that_is_there_twice_asks_for_a_choice_once() {
    let twice = World::september()
        .has('a', &[("08-01", 5)])
        .has('a', &[("08-01", 2)])
        .with(|world| world.present.services[1].contract_service.0 = 999)
        .bills("a1", "6", "09-01", "09-30");
    let plan = twice.plan();
    assert_eq!(
        (told(&plan), codes(&plan), outcome(&plan)),
        (vec![], vec!["ambiguous"], Outcome::Failure)
    );
    let chosen = twice.with(|world| {
        let row = world.present.services[1].contract_service;
        world.memory.chosen.insert(service('a'), row);
    });
    assert_eq!(told(&chosen.plan()), ["1: +4@09-01"]);
}

#[test]
fn a_relinked_subscription_empties_its_old_service_from_the_first() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .closed("2026-08", "a1", 6)
        .bills("a1", "6", "09-01", "09-30")
        .with(|world| world.links[0].service = service('c'));
    let plan = world.plan();
    // Where the new service is refused, the seats are to stay where they are billed now: it goes first.
    assert_eq!(told(&plan), ["3: create 8.00/6.90", "3: +6@09-01 8.00/6.90", "1: -6@09-01"]);
    assert_eq!(
        (plan.services[1].notes[0].code.as_str(), outcome(&plan)),
        ("relinked", Outcome::Success)
    );
    let october = world.after(&plan).next_month().bills("a1", "6", "10-01", "10-31").plan();
    assert_eq!((told(&october), outcome(&october)), (vec![], Outcome::NoChange));
}

#[test]
fn an_old_service_that_we_never_wrote_to_is_left_alone() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills("a1", "6", "09-01", "09-30")
        .with(|world| {
            world.links[0].previous = vec![service('a')];
            world.links[0].service = service('c');
        });
    assert_eq!(told(&world.plan()), ["3: create 8.00/6.90", "3: +6@09-01 8.00/6.90"]);
}

#[test]
fn mappings_that_differ_refuse_the_contract_and_name_each_other() {
    let world = World::september()
        .bills_for("harbour", "a1", "4", FULL, PRICES)
        .bills_for("marina", "a2", "4", FULL, PRICES);
    let mut group = world.triage().groups.remove(0);
    assert_eq!(group.refused, None);
    let mut mappings = world.mappings();
    mappings[1].sync = false;
    group = triaged(&world, &mappings).groups.remove(0);
    let refused = group.refused.expect("a refusal");
    assert_eq!(refused.code.as_str(), "mappings_differ");
    assert!(refused.text.contains("harbour.onmicrosoft.com and marina.onmicrosoft.com"));
}

fn triaged(
    world: &World,
    mappings: &[prism_connect::domain::mapping::Mapping],
) -> prism_connect::planning::triage::Triage {
    use prism_connect::planning::triage::{Catalogue, MappedTenant, TriageRequest, triage};
    let mapped: Vec<_> =
        mappings.iter().map(|mapping| MappedTenant { mapping, standing: Standing::Due }).collect();
    let catalogue = Catalogue::new(&world.products, &world.links);
    triage(&TriageRequest {
        month: world.month,
        lines: &world.lines.clone().into(),
        tenants: &[],
        catalogue: &catalogue,
        mappings: &mapped,
        contracts: &[CONTRACT].into(),
        failed: &[].into(),
        azure: false,
        policies: &world.policies,
    })
}

#[test]
fn a_neighbour_that_is_done_is_planned_and_counted_as_done() {
    let world = World::september()
        .has('a', &[("08-01", 4)])
        .bills_for("harbour", "a1", "4", FULL, PRICES)
        .bills_for("marina", "a2", "3", FULL, PRICES)
        .with(|world| world.tenants.get_mut("harbour").expect("it").0 = Standing::Applied);
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: +3@09-01"]);
    let counted: Vec<&Disposition> =
        plan.subscriptions.iter().map(|bought| &bought.lines[0].disposition).collect();
    assert_eq!(counted, [&Disposition::SyncedEarlier, &Disposition::Synced]);
    assert_eq!(plan.tenants.iter().map(|tenant| tenant.due).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_recheck_of_what_was_warned_about_is_no_change() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills_at("a1", "6", ("09-01", "09-15"), ("6.90", "8.00"))
        .bills_at("a1", "6", ("09-16", "09-30"), ("7.40", "8.50"));
    let plan = world.plan();
    assert_eq!(outcome(&plan), Outcome::Warning);
    let recheck = world
        .after(&plan)
        .with(|world| world.tenants.get_mut("harbour").expect("it").0 = Standing::Applied);
    assert_eq!(outcome(&recheck.plan()), Outcome::NoChange);
}

#[test]
fn a_retry_plans_only_what_is_on_the_list() {
    let world = World::september()
        .has('a', &[("08-01", 2)])
        .has('b', &[("08-01", 2), ("09-10", 9)])
        .bills("a1", "5", "09-01", "09-30")
        .bills("b1", "2", "09-01", "09-30")
        .with(|world| {
            world.tenants.get_mut("harbour").expect("it").0 = Standing::Applied;
            world.retry = Some(Retry { services: [service('a')].into(), ..Retry::default() });
        });
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: +3@09-01"]);
    assert_eq!(plan.services.len(), 1);
    let counted: Vec<&Disposition> =
        plan.subscriptions.iter().map(|bought| &bought.lines[0].disposition).collect();
    assert_eq!(counted, [&Disposition::Synced, &Disposition::SyncedEarlier]);
    let by_subscription = world.with(|world| {
        let subscriptions = [SubscriptionId::new("a1")].into();
        world.retry = Some(Retry { subscriptions, ..Retry::default() });
    });
    assert_eq!(told(&by_subscription.plan()), ["1: +3@09-01"]);
}

#[test]
fn a_tenant_without_any_line_left_is_still_planned() {
    let world =
        World::september().has('a', &[("08-01", 6)]).closed("2026-08", "a1", 6).maps("harbour");
    let plan = world.plan();
    assert_eq!(
        (told(&plan), codes(&plan)),
        (vec!["1: -6@09-01".to_owned()], vec!["missing_subscription"])
    );
}

#[test]
fn a_tenant_mapped_elsewhere_is_not_missed_here() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .closed("2026-08", "a1", 6)
        .with(|world| world.memory.closings[0].tenant = TenantId::new("gone"))
        .maps("harbour");
    assert_eq!(told(&world.plan()), Vec::<String>::new());
}

#[test]
fn a_month_that_an_absent_service_was_left_out_of_counts_as_applied() {
    // New in September and failed; October was applied without it: September's seats end with September.
    let world = World::september().bills("a1", "8", "09-05", "09-30").with(|world| {
        world.memory.applied.insert(month("2026-09"), [service('a')].into());
        world.memory.applied.insert(month("2026-10"), [].into());
    });
    assert_eq!(
        told(&world.plan()),
        ["1: create 8.00/6.90", "1: +8@09-05 8.00/6.90", "1: -8@10-01"]
    );
}

#[test]
fn a_contract_of_another_kind_refuses_all() {
    let world = World::september().bills("a1", "5", "09-01", "09-30").with(|world| {
        world.present.contract.kind = ContractKind::Other("Time & Materials".to_owned());
    });
    let plan = world.plan();
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["contract_kind"], Outcome::Failure));
}

#[test]
fn two_products_pinned_to_one_service_are_summed_by_service() {
    let world = World::september()
        .bills("a1", "5", "09-01", "09-30")
        .bills("b1", "2", "09-10", "09-30")
        .with(|world| world.links[1].service = service('a'));
    assert_eq!(
        told(&world.plan()),
        ["1: create 8.00/6.90", "1: +5@09-01 8.00/6.90", "1: +2@09-10"]
    );
}

#[test]
fn doublings_and_drops_are_marked() {
    let world = World::september()
        .has('a', &[("08-01", 3)])
        .has('b', &[("08-01", 3)])
        .bills("a1", "6", "09-01", "09-30")
        .bills("b1", "3", "09-01", "09-10");
    let plan = world.plan();
    let marks: Vec<_> =
        plan.operations().map(|planned| (planned.doubles(), planned.drops_to_zero())).collect();
    assert_eq!(marks, [(true, false), (false, true)]);
    let effects: Vec<_> = plan.operations().map(|planned| planned.monthly_effect).collect();
    assert_eq!(effects, [money("24.00"), money("-24.00")]);
}

/// Of a target that keeps lines a part of the seats is ended and the rest is added again.
#[test]
fn a_line_that_is_ended_and_added_again_in_part_is_neither_a_drop_nor_a_doubling() {
    let world = World::september()
        .has_lines('a', &[("08-01", 27)])
        .bills("a1", "27", "09-01", "09-09")
        .bills("a1", "25", "09-10", "09-30");
    let plan = world.plan_by(&lined());
    assert_eq!(told(&plan).len(), 2, "{:?}", told(&plan));
    let marked = |planned: &PlannedOperation| planned.doubles() || planned.drops_to_zero();
    assert!(!plan.operations().any(marked));
    let gone = World::september()
        .has_lines('a', &[("07-01", 3), ("08-01", 3)])
        .bills("a1", "6", "09-01", "09-09")
        .plan_by(&lined());
    let marks: Vec<_> = gone.operations().map(PlannedOperation::drops_to_zero).collect();
    assert_eq!(marks, [false, true], "all of a day's writes together take the last seats");
}

#[test]
fn what_ends_inside_the_month_moves_no_sum_and_the_rows_add_up() {
    let plan = World::september()
        .has_lines('a', &[("08-01", 18)])
        .bills("a1", "20", "09-01", "09-11")
        .bills("a1", "19", "09-12", "09-30")
        .plan_by(&lined());
    let effects: Vec<_> =
        plan.operations().map(|planned| (planned.monthly_effect, planned.effect_while)).collect();
    let passing = (money("0.00"), Some(money("8.00")));
    assert!(effects.contains(&passing), "{effects:?}");
    let sum: Money = effects.iter().map(|(remains, _)| *remains).sum();
    let total = plan.money();
    assert_eq!(sum, total.price_after - total.price_before);
    assert_eq!(sum, money("8.00"));
    let until = plan.operations().filter_map(|planned| planned.operation.until());
    assert_eq!(until.collect::<Vec<_>>(), [day("09-11")]);
}

fn lined() -> prism_connect::psa::connectwise::Rules {
    prism_connect::psa::connectwise::Rules::default()
}

/// `a1` is an annual term billed monthly, closed at 6, billed with 8, and not synced since.
fn left_out() -> World {
    World::september()
        .has('a', &[("08-01", 6)])
        .closed("2026-08", "a1", 6)
        .bills("a1", "8", "09-01", "09-30")
        .with(|world| {
            world.lines[0].motion = LineMotion::AnnualTermMonthlyBill;
            world.policies.annual_term_monthly_bill = false;
        })
}

#[test]
fn an_annual_term_is_excluded_by_the_setting_and_its_seats_are_left_alone() {
    let world = left_out();
    let placed = world.triage().placed;
    let reason = "annual term billed monthly".to_owned();
    assert_eq!(placed[0].disposition, Disposition::Excluded { reason });
    let plan = world.plan();
    assert_eq!((told(&plan), codes(&plan), outcome(&plan)), (vec![], vec![], Outcome::NoChange));
    let october = world.after(&plan).next_month().bills("a1", "9", "10-01", "10-31");
    let synced = october.with(|world| world.lines[0].motion = LineMotion::AnnualTermMonthlyBill);
    assert_eq!(told(&synced.clone().plan()), Vec::<String>::new());
    let again = synced.with(|world| world.policies.annual_term_monthly_bill = true);
    assert_eq!(told(&again.plan()), ["1: +3@10-01"]);
}

#[test]
fn an_annual_term_that_a_setting_excludes_and_the_invoice_no_longer_bills_is_missing() {
    let plan = left_out().with(|world| world.lines.clear()).plan();
    assert_eq!(
        (told(&plan), codes(&plan), outcome(&plan)),
        (vec!["1: -6@09-01".to_owned()], vec!["missing_subscription"], Outcome::Warning)
    );
}

#[test]
fn an_annual_term_that_a_setting_excludes_keeps_its_seats_beside_others_on_one_service() {
    let world = left_out().has('b', &[]).bills("b1", "3", "09-01", "09-30").with(|world| {
        world.present.services.pop();
        world.links[1].service = service('a');
    });
    assert_eq!(told(&world.plan()), ["1: +3@09-01"]);
}

#[test]
fn seats_of_a_customer_that_left_go_with_the_neighbours_invoice_and_that_is_said() {
    let world = World::september()
        .has('a', &[("08-01", 11)])
        .closed("2026-08", "a1", 6)
        .closed("2026-08", "a2", 5)
        .with(|world| world.memory.closings[1].tenant = TenantId::new("gone"))
        .bills("a1", "6", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!(
        (told(&plan), codes(&plan), outcome(&plan)),
        (vec!["1: -5@09-01".to_owned()], vec!["left_seats_taken"], Outcome::Warning)
    );
    let october = world.after(&plan).next_month().bills("a1", "6", "10-01", "10-31").plan();
    assert_eq!((told(&october), outcome(&october)), (vec![], Outcome::NoChange));
}

#[test]
fn a_line_without_a_price_is_synced_like_any_other() {
    let free = ("0.00", "0.00");
    let plan = World::september().bills_at("a1", "5", FULL, free).plan();
    assert_eq!(told(&plan), ["1: create 0.00/0.00", "1: +5@09-01 0.00/0.00"]);
    assert_eq!(outcome(&plan), Outcome::Success);
    let had = World::september().has('a', &[("08-01", 5)]).bills_at("a1", "5", FULL, free).plan();
    assert_eq!(told(&had), ["1: +0@09-01 0.00/0.00"]);
}

/// `a1` was billed by service 1 and is by service 3 now; one of them is on the contract twice.
fn relinked_with_one_twice(twice: char) -> World {
    World::september()
        .has('a', &[("08-01", 6)])
        .has(twice, &[("08-01", 2)])
        .has(twice, &[("08-01", 2)])
        .with(|world| world.present.services[2].contract_service.0 = 999)
        .closed("2026-08", "a1", 6)
        .bills("a1", "6", "09-01", "09-30")
        .bills("b1", "1", "09-01", "09-30")
        .with(|world| world.links[0].service = service('c'))
}

#[test]
fn seats_that_their_new_service_cannot_take_stay_on_the_old_one() {
    let plan = relinked_with_one_twice('c').plan();
    assert_eq!(told(&plan), ["2: create 8.00/6.90", "2: +1@09-01 8.00/6.90"]);
    assert_eq!(
        (codes(&plan), outcome(&plan)),
        (vec!["ambiguous", "partner_failed", "ambiguous"], Outcome::Failure)
    );
}

#[test]
fn seats_that_cannot_be_taken_from_their_old_service_are_not_counted_on_the_new_one_too() {
    let plan = relinked_with_one_twice('a').plan();
    assert_eq!(told(&plan), ["2: create 8.00/6.90", "2: +1@09-01 8.00/6.90"]);
    let failed = plan.subscriptions.iter().filter(|bought| bought.problem.is_some());
    let failed: Vec<_> = failed.map(|bought| bought.subscription.text()).collect();
    assert_eq!((failed, outcome(&plan)), (vec!["a1".into()], Outcome::Failure));
}

#[test]
fn a_retry_of_a_relinked_subscription_empties_its_old_service_too() {
    let plan = World::september()
        .has('a', &[("08-01", 6)])
        .closed("2026-08", "a1", 6)
        .bills("a1", "6", "09-01", "09-30")
        .with(|world| {
            world.links[0].service = service('c');
            let services = [service('c')].into();
            world.retry = Some(Retry { services, ..Retry::default() });
        })
        .plan();
    assert_eq!(told(&plan), ["3: create 8.00/6.90", "3: +6@09-01 8.00/6.90", "1: -6@09-01"]);
}

/// September was applied to service 1, and `a1` was pinned to service 3 since; it is planned again.
fn applied_and_pinned_since(standing: Standing) -> World {
    World::september()
        .has('a', &[("09-01", 6)])
        .closed("2026-09", "a1", 6)
        .bills("a1", "6", "09-01", "09-30")
        .with(|world| {
            world.links[0].previous = vec![service('a')];
            world.links[0].service = service('c');
            world.tenants.get_mut("harbour").expect("a tenant").0 = standing;
        })
}

#[test]
fn a_pin_moves_no_seats_in_a_month_that_was_applied_before_it() {
    assert_eq!(told(&applied_and_pinned_since(Standing::Applied).plan()), Vec::<String>::new());
}

#[test]
fn a_pin_moves_seats_where_the_invoice_is_due_or_the_operator_asks_for_the_month() {
    let moves = ["3: create 8.00/6.90", "3: +6@09-01 8.00/6.90", "1: -6@09-01"];
    assert_eq!(told(&applied_and_pinned_since(Standing::Due).plan()), moves);
    let asked = applied_and_pinned_since(Standing::Applied).with(|world| world.recheck = true);
    assert_eq!(told(&asked.plan()), moves);
}

#[test]
fn an_unpinned_subscription_without_a_service_yet_keeps_its_seats_where_they_are() {
    let plan = World::september()
        .has('c', &[("08-01", 6)])
        .closed("2026-08", "c1", 6)
        .bills("a1", "6", "09-01", "09-30")
        .with(|world| {
            world.memory.closings[0].subscription = SubscriptionId::new("a1");
            world.links[0].service.0 = 0;
            world.links[0].previous = vec![service('c')];
        })
        .plan();
    let codes: Vec<_> = plan.subscriptions.iter().filter_map(|one| one.problem.as_ref()).collect();
    assert_eq!(told(&plan), Vec::<String>::new());
    assert_eq!(
        codes.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(),
        ["product_not_synced"]
    );
}
