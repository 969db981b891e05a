//! What is typed to narrow a list: words, all of which a row must have, in any order; `column:word`; and words that mean a
//! state rather than their letters. It knows no list and no screen.

use super::fold::fold;
use crate::domain::outcome::Outcome;

/// More letters than this are not looked for in similar spelling.
const SIMILAR: usize = 64;

/// A state of a row that a word means, and that a key goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Failed,
    Warning,
    /// Failed or warned, or anything else that an operator has to look at.
    NeedsReview,
    Unlinked,
    Off,
    New,
}

impl State {
    /// Of rows that ended somehow.
    pub(crate) const OF_OUTCOMES: &'static [Self] =
        &[Self::NeedsReview, Self::Failed, Self::Warning];

    /// Whether a row that ended so is in it.
    pub(crate) fn holds_of(self, outcome: Outcome) -> bool {
        match self {
            Self::Failed => outcome == Outcome::Failure,
            Self::Warning => outcome == Outcome::Warning,
            Self::NeedsReview => outcome.wants_a_look(),
            Self::Unlinked | Self::Off | Self::New => false,
        }
    }

    /// As it is typed, and as it stands in a title.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::NeedsReview => "needs review",
            Self::Unlinked => "unlinked",
            Self::Off => "off",
            Self::New => "new",
        }
    }

    /// Whether the key that goes from state to state stops at it.
    const fn has_key(self) -> bool {
        matches!(self, Self::NeedsReview | Self::Unlinked | Self::Off)
    }

    /// Where that key leads next, of these: from all rows to the first, from the last to all rows.
    pub(crate) fn next(now: Option<Self>, of: &[Self]) -> Option<Self> {
        let mut stops = of.iter().copied().filter(|state| state.has_key());
        match now {
            None => stops.next(),
            Some(now) => stops.skip_while(|state| *state != now).nth(1),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// It stands anywhere in the row.
    Anywhere(String),
    /// It stands in one of these columns.
    In(Vec<usize>, String),
    State(State),
}

/// Words that a row must all have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    words: Vec<Word>,
}

impl Query {
    /// What was typed over rows with these states and headings.
    pub(crate) fn new(typed: &str, states: &[State], headings: &[String]) -> Self {
        let typed = fold(typed);
        Self { words: typed.split_whitespace().map(|one| word(one, states, headings)).collect() }
    }

    /// Whether every row has it.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a row has every word. `text` is folded, column by column, each on a line of its own.
    pub(crate) fn is_in(&self, text: &str, is: impl Fn(State) -> bool) -> bool {
        self.words.iter().all(|word| match word {
            Word::Anywhere(word) => text.contains(word.as_str()),
            Word::In(columns, word) => text
                .split('\n')
                .enumerate()
                .any(|(at, told)| columns.contains(&at) && told.contains(word.as_str())),
            Word::State(state) => is(*state),
        })
    }

    /// Whether no row has this that has not what was typed before: a letter more in the same words.
    pub(crate) fn narrows(&self, before: &Self) -> bool {
        let narrower = |(now, before): (&Word, &Word)| match (now, before) {
            (Word::Anywhere(now), Word::Anywhere(before)) => now.contains(before.as_str()),
            (now, before) => now == before,
        };
        self.words.len() >= before.words.len() && self.words.iter().zip(&before.words).all(narrower)
    }

    /// The letters to look for in similar spelling, where it is of letters alone.
    pub(crate) fn letters(&self) -> Option<String> {
        let letters = self.words.iter().map(|word| match word {
            Word::Anywhere(word) => Some(word.as_str()),
            Word::In(..) | Word::State(_) => None,
        });
        letters.collect::<Option<String>>().filter(|letters| letters.len() <= SIMILAR)
    }

    /// What stands before a colon and is no column, of the first word of which that can be said.
    pub(crate) fn unknown_column(&self, headings: &[String]) -> Option<&str> {
        self.words.iter().find_map(|word| match word {
            Word::Anywhere(word) => {
                let (column, _) = word.split_once(':')?;
                let known = headings.iter().any(|heading| is_heading(heading, column));
                (!column.is_empty() && !known).then_some(column)
            }
            Word::In(..) | Word::State(_) => None,
        })
    }

    /// How well a name (folded) answers it, the best first: it is the name, it begins it, each of its words begins a word of
    /// it, or of all that finds it (`told`); it is in it, it is only beside it.
    pub(crate) fn distance(&self, name: &str, told: &str) -> u8 {
        let words = || {
            self.words.iter().filter_map(|word| match word {
                Word::Anywhere(word) => Some(word.as_str()),
                Word::In(..) | Word::State(_) => None,
            })
        };
        let whole = words().collect::<Vec<_>>().join(" ");
        let begins = |text: &str, word: &str| {
            text.split(|c: char| !c.is_alphanumeric()).any(|one| one.starts_with(word))
        };
        if name == whole {
            0
        } else if name.starts_with(&whole) {
            1
        } else if words().all(|word| begins(name, word)) {
            2
        } else if words().all(|word| begins(told, word)) {
            3
        } else if words().all(|word| name.contains(word)) {
            4
        } else {
            5
        }
    }
}

fn word(typed: &str, states: &[State], headings: &[String]) -> Word {
    if let Some(state) = states.iter().find(|state| state.name() == typed) {
        return Word::State(*state);
    }
    if let Some((column, word)) = typed.split_once(':') {
        let named = headings.iter().enumerate().filter(|(_, heading)| is_heading(heading, column));
        let columns: Vec<usize> = named.map(|(at, _)| at).collect();
        // A SKU has a colon as well: only what names a column is one.
        if !columns.is_empty() {
            return Word::In(columns, word.to_owned());
        }
    }
    Word::Anywhere(typed.to_owned())
}

/// Whether a word of a heading (folded) begins like this.
fn is_heading(heading: &str, typed: &str) -> bool {
    let mut words = heading.split(|c: char| !c.is_alphanumeric());
    !typed.is_empty() && words.any(|word| word.starts_with(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: &[State] = &[State::Off, State::NeedsReview, State::New];

    fn query(typed: &str) -> Query {
        Query::new(typed, STATES, &["prism customer", "company"].map(str::to_owned))
    }

    fn found(typed: &str, rows: &[&str]) -> Vec<usize> {
        let query = query(typed);
        let off = |text: &str| text.starts_with("kauri");
        let is = |text: &str, state: State| state == State::Off && off(text);
        let has =
            |(at, text): (usize, &&str)| query.is_in(text, |state| is(text, state)).then_some(at);
        rows.iter().enumerate().filter_map(has).collect()
    }

    #[test]
    fn every_word_must_be_there_in_any_order_and_without_accents() {
        let rows = ["harbour dental", "dental supplies", "old harbour"];
        assert_eq!(found("dént HARB", &rows), [0]);
        assert_eq!(found("dental", &rows), [0, 1]);
        assert_eq!(found("  ", &rows), [0, 1, 2]);
    }

    #[test]
    fn a_state_means_what_it_says_and_a_column_is_named_before_a_colon() {
        let rows = ["office hub\nnewcastle", "kauri\noffice ltd", "newton\ncfq7:0001"];
        assert_eq!(found("off", &rows), [1]);
        assert_eq!(found("offi", &rows), [0, 1]);
        assert_eq!(found("comp:offi", &rows), [1]);
        assert_eq!(found("company:new", &rows), [0]);
        assert_eq!(found("customer:newt", &rows), [2]);
        assert_eq!(found("cfq7:0001", &rows), [2]);
        assert!(query("off kauri").letters().is_none());
    }

    #[test]
    fn a_column_that_there_is_not_is_named() {
        let headings = ["prism customer", "company"].map(str::to_owned);
        let unknown = |typed| query(typed).unknown_column(&headings).map(str::to_owned);
        assert_eq!(unknown("harb foo:bar"), Some("foo".to_owned()));
        assert_eq!((unknown("comp:bar"), unknown(":bar"), unknown("off")), (None, None, None));
    }

    #[test]
    fn a_letter_more_narrows_unless_the_word_comes_to_mean_a_state() {
        assert!(query("harb").narrows(&query("har")));
        assert!(query("har den").narrows(&query("har")));
        assert!(!query("off").narrows(&query("of")));
        assert!(!query("har").narrows(&query("harb")));
    }

    #[test]
    fn what_begins_a_name_is_nearer_than_what_is_in_it() {
        let names = ["link", "link form", "unlink the link", "unlinked", "copy"];
        assert_eq!(names.map(|name| query("link").distance(name, name)), [0, 1, 2, 4, 5]);
        assert_eq!(query("lic").distance("products", "licences seats\nproducts"), 3);
        assert_eq!(query("lic").distance("publication", "publication"), 4);
    }

    #[test]
    fn the_key_goes_through_the_states_and_back_to_all_rows() {
        let next = |now| State::next(now, STATES);
        assert_eq!(next(None), Some(State::Off));
        assert_eq!(next(Some(State::Off)), Some(State::NeedsReview));
        assert_eq!(next(Some(State::NeedsReview)), None);
        assert_eq!(State::next(None, &[]), None);
    }
}
