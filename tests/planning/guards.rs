//! When a bill is so unlike last month's that nobody should write it unseen (sync-rules 2.8).

use std::collections::BTreeSet;

use prism_connect::{
    domain::{TenantId, policy::Guards},
    planning::guards::{
        ContractSeats, CustomerSeats, InvoiceSeats, Suspicion, odd_contract, odd_invoice,
    },
};
use proptest::prelude::*;
use rstest::rstest;

use super::world::*;

/// What is odd about a world's plan for customers past their first month, in words.
fn odd(world: &World, customers: &[&str]) -> Vec<String> {
    let (plan, triage) = (world.plan(), world.triage());
    let group = triage.groups.first().expect("a group for the contract");
    let last = world.memory.closings_before(world.month);
    let customers: BTreeSet<TenantId> = customers.iter().map(|one| TenantId::new(*one)).collect();
    let seats = ContractSeats { plan: &plan, group, last: &last, customers: &customers };
    odd_contract(&world.policies, &seats).odd.iter().map(Suspicion::words).collect()
}

/// August closed with so many seats, which stand on the contract.
fn august(seats: i64) -> World {
    let world = if seats > 0 {
        World::september().has('a', &[("08-01", seats)])
    } else {
        World::september()
    };
    world.closed("2026-08", "a1", seats)
}

/// September bills so many from the 1st to the 30th.
fn september(last: i64, now: i64) -> World {
    let units = now.to_string();
    let world = august(last);
    if now == 0 { world.maps("harbour") } else { world.bills("a1", &units, "09-01", "09-30") }
}

#[rstest]
#[case::nothing_changes(40, 40, &[])]
#[case::twenty_go_is_not_more_than_twenty(30, 10, &[])]
#[case::half_is_not_more_than_half(60, 30, &[])]
#[case::more_than_half(61, 30, &["“Licence a1” goes from 61 to 30 seats"])]
#[case::many_but_a_small_share(200, 170, &[])]
#[case::twenty_gained(10, 30, &[])]
#[case::more_gained(9, 90, &["“Licence a1” goes from 9 to 90 seats"])]
#[case::gained_from_nothing(0, 25, &["“Licence a1” goes from 0 to 25 seats"])]
#[case::a_small_customer_leaves(20, 0, &[])]
#[case::a_large_one_leaves(21, 0, &["all 21 seats of Customer harbour go", "“Licence a1” goes from 21 to 0 seats"])]
fn a_customer_or_service_that_loses_or_gains_too_much_is_odd(
    #[case] last: i64,
    #[case] now: i64,
    #[case] expected: &[&str],
) {
    assert_eq!(odd(&september(last, now), &["harbour"]), expected);
}

#[test]
fn nothing_is_odd_in_a_first_month() {
    assert_eq!(odd(&september(61, 0), &[]), [""; 0]);
}

#[test]
fn seats_that_come_and_go_inside_the_month_are_odd_too() {
    let spike = august(9)
        .bills("a1", "9", "09-01", "09-09")
        .bills("a1", "900", "09-10", "09-12")
        .bills("a1", "9", "09-13", "09-30");
    assert_eq!(odd(&spike, &["harbour"]), ["“Licence a1” goes from 9 to 900 seats"]);
    let dip = august(40).bills("a1", "40", "09-01", "09-09").bills("a1", "40", "09-21", "09-30");
    assert_eq!(odd(&dip, &["harbour"]), ["“Licence a1” goes from 40 to 0 seats"]);
}

#[test]
fn a_renewal_under_another_id_is_not_odd() {
    let renewed =
        august(40).bills("a1", "40", "09-01", "09-14").bills("a2", "41", "09-15", "09-30");
    assert_eq!(odd(&renewed, &["harbour"]), [""; 0]);
}

#[test]
fn seats_that_the_operator_moved_to_another_service_are_not_odd() {
    let moved = september(40, 40).with(|world| {
        world.links[0].service = service('c');
        world.links[0].previous = vec![service('a')];
    });
    assert!(!moved.plan().operations().collect::<Vec<_>>().is_empty(), "they move");
    assert_eq!(odd(&moved, &["harbour"]), [""; 0]);
}

#[test]
fn what_stands_there_already_is_in_no_danger() {
    let done = World::september()
        .has('a', &[("08-01", 40), ("09-01", 0)])
        .closed("2026-08", "a1", 40)
        .maps("harbour");
    assert_eq!(odd(&done, &["harbour"]), [""; 0]);
}

#[test]
fn a_service_that_is_refused_loses_nothing() {
    let refused = august(40).bills("a1", "19.5", "09-01", "09-30");
    assert_eq!(odd(&refused, &["harbour"]), [""; 0]);
}

fn customer(name: &str, last: i64, now: i64) -> CustomerSeats {
    CustomerSeats { name: name.to_owned(), last, now, listed: now > 0 }
}

#[rstest]
#[case::no_line(false, true, &[(5, 0)], &["the invoice has no line, and its customers had 5 seats last month"])]
#[case::no_line_and_no_seats(false, true, &[(0, 0)], &[])]
#[case::a_fifth_goes(true, true, &[(100, 79), (5, 5)], &[])]
#[case::more_than_a_fifth_goes(true, true, &[(100, 78), (5, 5)], &["22 of the 105 seats of all its customers would go"])]
#[case::a_large_share_of_few(true, true, &[(20, 0), (5, 5)], &[])]
#[case::others_gain(true, true, &[(70, 40), (70, 100)], &["30 of the 140 seats of all its customers would go"])]
#[case::a_customer_is_missing(true, false, &[(21, 0), (500, 500)], &["its header tells no sum, and c0 with 21 seats last month is not on it"])]
#[case::a_small_one_is_missing(true, false, &[(20, 0), (500, 500)], &[])]
#[case::its_header_tells_a_sum(true, true, &[(21, 0), (500, 500)], &[])]
fn an_invoice_from_which_too_much_is_gone_is_odd_as_a_whole(
    #[case] lines: bool,
    #[case] subtotal: bool,
    #[case] customers: &[(i64, i64)],
    #[case] expected: &[&str],
) {
    let named = |(at, (last, now)): (usize, &(i64, i64))| customer(&format!("c{at}"), *last, *now);
    let customers = customers.iter().enumerate().map(named).collect();
    let invoice = InvoiceSeats { lines, subtotal, customers };
    let told: Vec<String> =
        odd_invoice(Guards::default(), &invoice).iter().map(Suspicion::words).collect();
    assert_eq!(told, expected);
}

proptest! {
    /// Whatever is odd about a service is more than the threshold, and wider thresholds find less.
    #[test]
    fn wider_thresholds_find_less(
        last in 0i64..200, now in 0i64..200, seats in 0u32..100, percent in 0u8..100,
        more in 0u32..100, wider in 0u8..=100,
    ) {
        let with = |seats, service_percent| {
            let world = september(last, now).with(|world| {
                world.policies.guards = Guards { seats, service_percent, ..Guards::default() };
            });
            odd(&world, &["harbour"])
        };
        let (tight, wide) = (with(seats, percent), with(seats + more, percent.max(wider)));
        prop_assert!(wide.iter().all(|one| tight.contains(one)), "{wide:?} of {tight:?}");
        let change = (last - now).abs();
        prop_assert_eq!(tight.is_empty(), change <= i64::from(seats)
            || (now > 0 || last <= i64::from(seats)) && change * 100 <= i64::from(percent) * last);
    }
}
