//! The same rules with a target that takes everything: quantity differences by date, no conflicts.

use super::outcomes::worst;
use crate::domain::outcome::Outcome;

#[test]
fn the_worst_counts() {
    assert_eq!(worst([]), Outcome::NoChange);
    assert_eq!(worst([Outcome::Success, Outcome::NoChange]), Outcome::Success);
    assert_eq!(worst([Outcome::Success, Outcome::Warning]), Outcome::Warning);
    assert_eq!(worst([Outcome::Failure, Outcome::Warning]), Outcome::Failure);
}
