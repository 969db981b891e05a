//! Keeping a long list in order while a few of its rows move. A running sync of thousands of customers moves some of them in
//! every frame; to sort all of them each time would take the processor from the sync.
//!
//! It must not know what a row is.

use std::cmp::Ordering;

/// Puts these rows where they belong; all others stand in order. The order tells any two rows apart.
pub(super) fn put_in(
    shown: &mut Vec<u32>,
    mut moved: Vec<u32>,
    order: impl Fn(u32, u32) -> Ordering,
) {
    moved.sort_unstable();
    moved.dedup();
    shown.retain(|row| moved.binary_search(row).is_err());
    moved.sort_unstable_by(|one, other| order(*one, *other));
    let mut all = Vec::with_capacity(shown.len() + moved.len());
    let mut rest = shown.as_slice();
    for row in moved {
        let (before, after) = rest.split_at(rest.partition_point(|at| order(*at, row).is_lt()));
        all.extend_from_slice(before);
        all.push(row);
        rest = after;
    }
    all.extend_from_slice(rest);
    *shown = all;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_that_move_a_few_at_a_time_stand_as_if_all_were_sorted(
            mut ranks in prop::collection::vec(0..4_u8, 0..40),
            steps in prop::collection::vec(prop::collection::vec((0..40_usize, 0..4_u8), 0..6), 0..6),
            added in prop::collection::vec(0..4_u8, 0..6),
        ) {
            let sorted = |ranks: &[u8]| {
                let mut all: Vec<u32> = (0..).take(ranks.len()).collect();
                all.sort_by_key(|at| ranks[*at as usize]);
                all
            };
            let mut shown = sorted(&ranks);
            for (step, changes) in steps.iter().enumerate() {
                let mut moved = Vec::new();
                for (at, rank) in changes {
                    let Some(known) = ranks.get_mut(*at) else { continue };
                    *known = *rank;
                    moved.push(u32::try_from(*at).expect("a small number"));
                }
                if let Some(rank) = added.get(step) {
                    moved.push(u32::try_from(ranks.len()).expect("a small number"));
                    ranks.push(*rank);
                }
                let by_rank = |at: u32| (ranks[at as usize], at);
                put_in(&mut shown, moved, |a, b| by_rank(a).cmp(&by_rank(b)));
                prop_assert_eq!(&shown, &sorted(&ranks));
            }
        }
    }
}
