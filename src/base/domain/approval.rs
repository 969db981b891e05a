//! Who may let a plan pass that waits, and when one waits at all.
//!
//! It must not know a plan, or who somebody is to the installation: the role is asked for where commands are let pass.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// So long a plan waits, and so long one that was approved may still be applied.
pub const WAITS: TimeDelta = TimeDelta::hours(72);

/// So long an approval without the right to it is told of.
pub const MARKED: TimeDelta = TimeDelta::days(90);

/// What waits until somebody else has looked at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalMode {
    /// Nothing: whoever syncs has looked.
    #[default]
    None,
    /// What guards hold back.
    Guards,
    /// Whatever writes.
    EveryRun,
}

impl ApprovalMode {
    /// As settings have it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "guards" => Some(Self::Guards),
            "every-run" => Some(Self::EveryRun),
            _ => None,
        }
    }

    /// Whether the plan of one is looked at by another.
    #[must_use]
    pub fn takes_two(self) -> bool {
        self != Self::None
    }
}

/// Somebody, as the kernel knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The login name.
    pub name: String,
    /// None where nobody asked the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

impl Person {
    /// By the number; a name may be anybody's. Where one of the two has none, the names tell.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self.uid, other.uid) {
            (Some(one), Some(another)) => one == another,
            _ => self.name == other.name,
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// Who wants a plan applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Author {
    /// Nobody: it was due.
    Schedule,
    /// Somebody who asked.
    Person(Person),
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule => f.pad("schedule"),
            Self::Person(person) => person.fmt(f),
        }
    }
}

/// Who changed something last that a plan goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Who.
    pub who: Person,
    /// What, such as `linked contoso.onmicrosoft.com`.
    pub what: String,
}

/// Why somebody may not let a plan pass, though their role may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It is their own.
    Author,
    /// They changed what it goes by.
    Changed {
        /// What they did.
        what: String,
    },
}

impl Bar {
    /// As `You … yourself`, or `alice …`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Author => "made this plan".to_owned(),
            Self::Changed { what } => what.clone(),
        }
    }
}

/// Whether somebody is another than those whose work a plan is: its author, and whoever last changed a mapping, a pin or a
/// strategy in it.
///
/// # Errors
/// Whose it is.
pub fn may_approve(who: &Person, author: &Author, changes: &[Change]) -> Result<(), Bar> {
    if matches!(author, Author::Person(author) if author.is(who)) {
        return Err(Bar::Author);
    }
    match changes.iter().find(|change| change.who.is(who)) {
        Some(change) => Err(Bar::Changed { what: change.what.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, uid: impl Into<Option<u32>>) -> Person {
        Person { name: name.to_owned(), uid: uid.into() }
    }

    #[test]
    fn whose_work_a_plan_is_may_not_approve_it() {
        let alice = person("alice", 1001);
        let by_alice = Author::Person(alice.clone());
        let linked = |who: Person| vec![Change { who, what: "linked contoso".to_owned() }];
        let changed = || Err(Bar::Changed { what: "linked contoso".to_owned() });
        let bob = || person("bob", 1002);
        let cases = [
            ("another", bob(), by_alice.clone(), Vec::new(), Ok(())),
            ("the author", alice.clone(), by_alice.clone(), Vec::new(), Err(Bar::Author)),
            (
                "one under another name",
                person("al", 1001),
                by_alice.clone(),
                vec![],
                Err(Bar::Author),
            ),
            ("another of one name", person("alice", 1003), by_alice.clone(), vec![], Ok(())),
            ("a name alone", person("alice", None), by_alice.clone(), vec![], Err(Bar::Author)),
            ("of the schedule's", bob(), Author::Schedule, Vec::new(), Ok(())),
            ("who is called schedule", person("schedule", 7), Author::Schedule, vec![], Ok(())),
            ("who changed a link", bob(), by_alice.clone(), linked(bob()), changed()),
            (
                "who changed one of the schedule's",
                bob(),
                Author::Schedule,
                linked(bob()),
                changed(),
            ),
            ("where another changed it", bob(), by_alice, linked(alice), Ok(())),
        ];
        for (what, who, author, changes, expected) in cases {
            assert_eq!(may_approve(&who, &author, &changes), expected, "{what}");
        }
    }
}
