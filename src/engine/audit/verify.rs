//! Whether the chain of the trail is whole.

use super::trail::seal;
use crate::{
    engine::{
        tables::{AUDIT, AuditEntry, change_number},
        views::AuditVerdict,
    },
    store::{Key, Store, StoreError},
};

/// Looks at every entry, oldest first.
pub(super) async fn whole(store: &Store) -> Result<AuditVerdict, StoreError> {
    let entries = store.scan(AUDIT, Key::new()).await?;
    let numbered = entries.into_iter().map(|(key, entry)| (change_number(&key), entry));
    Ok(verdict(numbered))
}

fn verdict(entries: impl Iterator<Item = (Option<u64>, AuditEntry)>) -> AuditVerdict {
    let mut found = AuditVerdict { entries: 0, unchained: 0, broken_at: None, head: None };
    for (number, entry) in entries {
        let number = number.unwrap_or_default();
        found.entries += 1;
        let (follows, before) = match &found.head {
            Some((last, seal)) => (number == last + 1, Some(seal)),
            None => (number == 1, None),
        };
        // Those of an older version have no chain; once it began, each has its link.
        let is_old = entry.role.is_none();
        let only_old_before = found.unchained + 1 == found.entries;
        let holds = if is_old {
            entry.prev.is_none() && only_old_before
        } else {
            entry.prev.as_ref() == before
        };
        found.unchained += u64::from(is_old);
        if !(follows && holds) && found.broken_at.is_none() {
            found.broken_at = Some(number);
        }
        found.head = Some((number, seal(number, &entry)));
    }
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::{Role, run::Trigger};

    fn entry(what: &str) -> AuditEntry {
        let at = "2026-10-05T09:00:00Z";
        let text =
            format!(r#"{{"at":"{at}","actor":"dana","trigger":"operator","what":"{what}"}}"#);
        serde_json::from_str(&text).expect("an entry as an older version wrote it")
    }

    /// Two of an older version, then three that are chained.
    fn trail() -> Vec<(Option<u64>, AuditEntry)> {
        let mut made: Vec<(Option<u64>, AuditEntry)> = Vec::new();
        for number in 1..=5_u64 {
            let before = made.last().map(|(number, entry)| seal(number.unwrap_or(0), entry));
            let plain = entry(&format!("change {number}"));
            let entry = if number <= 2 {
                plain
            } else {
                AuditEntry { role: Some(Role::Owner), prev: before, ..plain }
            };
            made.push((Some(number), entry));
        }
        made
    }

    fn broken(trail: Vec<(Option<u64>, AuditEntry)>) -> Option<u64> {
        verdict(trail.into_iter()).broken_at
    }

    #[test]
    fn a_whole_trail_is_whole_and_says_what_is_unchained() {
        let found = verdict(trail().into_iter());
        assert_eq!((found.entries, found.unchained, found.broken_at), (5, 2, None));
        let (number, entry) = trail().pop().expect("the newest");
        assert_eq!(found.head, number.map(|number| (number, seal(number, &entry))));
    }

    #[rstest]
    // The entry after what was changed tells it: its own hash is in no other but that.
    #[case::changed(3, Some(4))]
    #[case::the_last_unchained_one_changed(2, Some(3))]
    #[case::the_newest_shows_in_the_head_alone(5, None)]
    fn a_changed_entry_breaks_the_chain_behind_it(
        #[case] number: usize,
        #[case] expected: Option<u64>,
    ) {
        let mut trail = trail();
        trail[number - 1].1.what = "something else".to_owned();
        assert_eq!(broken(trail), expected);
    }

    #[test]
    fn a_left_out_entry_and_one_put_in_break_it() {
        let mut gone = trail();
        gone.remove(3);
        assert_eq!(broken(gone), Some(5));
        let mut more = trail();
        more.push((Some(6), AuditEntry { trigger: Trigger::Signal, ..entry("put in") }));
        assert_eq!(broken(more), Some(6), "without a link");
        let mut first = trail();
        first.remove(0);
        assert_eq!(broken(first), Some(2));
    }
}
