//! How wide the columns of a table are: by what they have to say, names first. Pure; it knows no row.

/// What a column asks of the room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Claim {
    /// What its heading takes: it is never cut.
    pub(super) heading: u16,
    /// What it has before any other gets more.
    pub(super) least: u16,
    /// What its widest cell takes.
    pub(super) need: u16,
    /// Its part of the room that nobody needs, up to its most: what belongs together stays near.
    pub(super) share: u16,
    pub(super) most: u16,
    /// Whether the others get what they need first.
    pub(super) last: bool,
    /// By so many columns it stays behind the others as long as they lack room.
    pub(super) behind: u16,
}

/// A width for each, which together take no more than the room as long as it holds the headings.
pub(super) fn widths(claims: &[Claim], room: u16) -> Vec<u16> {
    let mut widths: Vec<u16> = claims.iter().map(|claim| claim.least).collect();
    narrow(&mut widths, claims, room);
    for last in [false, true] {
        fill(&mut widths, claims, last, room);
    }
    let spare = room.saturating_sub(widths.iter().sum());
    let shares: u16 = claims.iter().map(|claim| claim.share).sum();
    for (width, claim) in widths.iter_mut().zip(claims) {
        let more = (spare * claim.share).checked_div(shares).unwrap_or(0);
        *width = (*width + more).min(claim.most.max(*width));
    }
    widths
}

/// Takes from the columns that have more than their heading needs, the widest first, until all fit.
fn narrow(widths: &mut [u16], claims: &[Claim], room: u16) {
    while widths.iter().sum::<u16>() > room {
        let spare = |at: &usize| widths[*at].saturating_sub(claims[*at].heading);
        let Some(at) = (0..widths.len()).max_by_key(spare).filter(|at| spare(at) > 0) else {
            break;
        };
        widths[at] -= 1;
    }
}

/// Gives them what they need, always to the narrowest of those that lack room: only the long ones are cut.
fn fill(widths: &mut [u16], claims: &[Claim], last: bool, room: u16) {
    while widths.iter().sum::<u16>() < room {
        let lacks = |at: &usize| claims[*at].last == last && widths[*at] < claims[*at].need;
        let turn = |at: &usize| widths[*at] + claims[*at].behind;
        let Some(at) = (0..widths.len()).filter(lacks).min_by_key(turn) else {
            break;
        };
        widths[at] += 1;
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NAME: Claim =
        Claim { heading: 8, least: 10, need: 30, share: 1, most: 60, last: false, behind: 0 };
    const REASON: Claim = Claim { need: 90, most: 110, ..NAME };
    const LONG_NAME: Claim = Claim { need: 70, ..NAME };
    const YIELDING: Claim = Claim { behind: 20, ..REASON };
    const CODE: Claim = Claim { need: 20, share: 0, last: true, ..NAME };
    const AMOUNT: Claim = Claim { heading: 6, least: 12, need: 12, share: 0, ..NAME };

    #[rstest]
    #[case::all_have_what_they_need(&[NAME, AMOUNT], 42, &[30, 12])]
    #[case::what_nobody_needs_goes_by_share(&[NAME, AMOUNT, REASON], 152, &[40, 12, 100])]
    #[case::and_no_more_than_its_most(&[NAME, AMOUNT], 152, &[60, 12])]
    #[case::only_the_long_one_is_cut(&[NAME, AMOUNT, REASON], 82, &[30, 12, 40])]
    #[case::a_reason_stays_behind_a_name(&[LONG_NAME, YIELDING], 80, &[50, 30])]
    #[case::and_has_its_least(&[LONG_NAME, YIELDING], 26, &[16, 10])]
    #[case::and_what_no_name_needs(&[NAME, YIELDING], 80, &[30, 50])]
    #[case::names_come_before_codes(&[CODE, NAME], 42, &[12, 30])]
    #[case::two_of_equal_need_share_what_there_is(&[NAME, NAME], 40, &[20, 20])]
    #[case::too_little_room_for_all(&[NAME, AMOUNT], 18, &[10, 8])]
    #[case::headings_are_never_cut(&[NAME, AMOUNT], 5, &[8, 6])]
    fn room_goes_to_who_needs_it(
        #[case] claims: &[Claim],
        #[case] room: u16,
        #[case] expected: &[u16],
    ) {
        assert_eq!(widths(claims, room), expected);
    }
}
