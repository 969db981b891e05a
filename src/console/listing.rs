//! A list that filters as one types, sorts by any column, keeps marks, and scrolls. It knows no widget.

mod order;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr as _;

use super::{
    action::Action,
    fold::{fold, meant, near},
    query::{Query, State},
};
use crate::domain::text::thousands;

/// Nothing needs more columns of the screen.
const WIDEST: u16 = 500;

/// Of so many rows the columns of a list are measured.
const MEASURED: usize = 300;

/// Of so many letters it is kept what was shown before them.
const WIDER_KEPT: usize = 12;

/// Where more than one of so many rows moved, all are sorted.
const FEW: usize = 8;

pub(crate) trait Row {
    /// Which states a word of a filter can mean, and a key goes through.
    const STATES: &'static [State] = &[];

    /// What identifies it across reloads.
    fn key(&self) -> String;

    /// What it is known by: similar spelling and the nearest match look at this alone.
    fn text(&self) -> String;

    /// What its columns say, by their headings: a filter looks at all of it.
    fn cells(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What its columns take, by their headings.
    fn needs(&self) -> Vec<(&'static str, Need)> {
        self.cells().iter().map(|(heading, text)| (*heading, Need::of(text))).collect()
    }

    fn is(&self, _: State) -> bool {
        false
    }

    /// Columns that are said once, in the title, where all rows say the same: heading, and the words for the title.
    fn repeated(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What tells it from others of its name where the column that says so has no room: heading and words, in the order in
    /// which they are tried.
    fn apart(&self) -> Option<Apart> {
        None
    }

    /// The order by a column, upwards.
    fn compare(&self, other: &Self, column: usize) -> Ordering;
}

/// A name that another row may have too, and what differs then: what is preferred first.
pub(crate) struct Apart {
    pub(crate) name: String,
    pub(crate) by: Vec<(&'static str, String)>,
}

/// A list, whatever its rows are: what a pane and its title need of it.
pub(crate) trait AnyList {
    fn filter(&self) -> &str;

    /// Narrows the list; the selection stays with its row where it is still shown.
    fn set_filter(&mut self, text: &str);

    /// The state whose rows alone are shown.
    fn only(&self) -> Option<State>;

    /// The state whose rows alone are shown next; none where all are.
    fn next_state(&self) -> Option<State>;

    /// Whether its rows stand at this place of the screen.
    fn is_at(&self, at: Position) -> bool;

    /// Selects the row at this place of the screen, if there is one.
    fn select_at(&mut self, at: Position);

    /// Whether no row has the words of the filter: those shown are of similar spelling.
    fn is_similar(&self) -> bool;

    /// Of a filter that leaves no row: which column it names that there is not.
    fn unknown_column(&self) -> Option<&str>;

    /// The columns that a filter can name.
    fn columns(&self) -> Vec<String>;

    /// Takes filter and state away.
    fn show_all(&mut self);

    fn count_shown(&self) -> usize;

    fn len(&self) -> usize;

    /// Tells a filter the texts of more rows, up to so many letters, before a letter needs them. Tells whether there were any.
    fn fold_ahead(&mut self, letters: usize) -> bool;

    /// What all rows say, in words for a title.
    fn said_once(&self) -> Vec<&str>;

    /// Whether there is a state that rows can be in.
    fn has_states(&self) -> bool;

    /// Whether it has the rows that an action is for.
    fn offers(&self, action: Action) -> bool {
        let has_rows = self.len() > 0 || !OF_ROWS.contains(&action);
        let shows_rows = self.count_shown() > 0 || !OF_ROWS_SHOWN.contains(&action);
        has_rows && shows_rows && (self.has_states() || action != Action::NextState)
    }

    /// Of a list that shows none of its rows: what found nothing, and which key shows all.
    fn nothing_found(&self) -> Option<String> {
        if self.len() == 0 || self.count_shown() > 0 {
            return None;
        }
        let state = self.only().map(|state| format!("is “{}”", state.name()));
        let words = Some(self.filter()).filter(|typed| !typed.trim().is_empty());
        let words = words.map(|typed| format!("has “{}”", typed.trim()));
        let what: Vec<String> = state.into_iter().chain(words).collect();
        let what = if what.is_empty() { "is shown".to_owned() } else { what.join(" and ") };
        let none = format!("None of these {what}: Esc shows all {}", self.len());
        let columns = self.columns();
        Some(match self.unknown_column().filter(|_| !columns.is_empty()) {
            Some(unknown) => {
                let known = columns.join(", ");
                format!("No column is called “{unknown}”; columns: {known}. {none}")
            }
            None => none,
        })
    }

    /// Whether a filter or a state narrows it.
    fn is_narrowed(&self) -> bool {
        !self.filter().is_empty() || self.only().is_some()
    }

    /// How many rows it has, and how many of them it shows; that they are of similar spelling, where none has the words.
    fn rows_told(&self) -> Option<String> {
        self.rows_told_of(self.len())
    }

    /// The same of a list that has a part of so many rows.
    fn rows_told_of(&self, all: usize) -> Option<String> {
        let told = |count: usize| thousands(count as u64);
        let shown = told(self.count_shown());
        match (self.is_narrowed() || self.len() < all, all) {
            (false, 0) => None,
            (false, all) => Some(told(all)),
            (true, all) if self.is_similar() => {
                Some(format!("similar spelling: {shown} of {}", told(all)))
            }
            (true, all) => Some(format!("{shown} of {}", told(all))),
        }
    }
}

/// What there is nothing to do to in a list without rows, and in one that shows none of them.
const OF_ROWS: [Action; 5] =
    [Action::NextState, Action::Filter, Action::Sort, Action::Reverse, Action::Export];
const OF_ROWS_SHOWN: [Action; 3] = [Action::Open, Action::Mark, Action::MarkAll];

/// What a text takes on the screen, in columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// Where there is Unicode.
    pub(crate) unicode: u16,
    /// Where there is none: an arrow takes two.
    pub(crate) ascii: u16,
}

impl Need {
    pub(crate) fn of(text: &str) -> Self {
        let columns = |count: usize| u16::try_from(count).unwrap_or(WIDEST).min(WIDEST);
        let width = text.width();
        Self { unicode: columns(width), ascii: columns(width + text.matches('→').count()) }
    }

    /// Enough for both.
    fn or(self, other: Self) -> Self {
        Self { unicode: self.unicode.max(other.unicode), ascii: self.ascii.max(other.ascii) }
    }
}

impl<T: Row> AnyList for Listing<T> {
    fn filter(&self) -> &str {
        self.filter()
    }

    fn set_filter(&mut self, text: &str) {
        self.set_filter(text);
    }

    fn only(&self) -> Option<State> {
        self.only
    }

    fn next_state(&self) -> Option<State> {
        State::next(self.only, T::STATES)
    }

    fn is_at(&self, at: Position) -> bool {
        self.area.contains(at)
    }

    fn select_at(&mut self, at: Position) {
        let place = self.offset + usize::from(at.y.saturating_sub(self.area.y));
        if self.area.contains(at) && place < self.shown.len() {
            self.select(place);
        }
    }

    fn has_states(&self) -> bool {
        !T::STATES.is_empty()
    }

    fn is_similar(&self) -> bool {
        self.similar
    }

    fn unknown_column(&self) -> Option<&str> {
        self.query.unknown_column(&self.headings()).filter(|_| self.shown.is_empty())
    }

    fn columns(&self) -> Vec<String> {
        self.headings().into_iter().filter(|heading| !heading.is_empty()).collect()
    }

    fn show_all(&mut self) {
        self.show_only(None);
        self.set_filter("");
    }

    fn count_shown(&self) -> usize {
        self.shown.len()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn fold_ahead(&mut self, letters: usize) -> bool {
        let is_behind = self.folded_to < self.rows.len();
        self.fold_rows(letters);
        is_behind
    }

    fn said_once(&self) -> Vec<&str> {
        self.once.iter().map(|(_, told)| told.as_str()).filter(|told| !told.is_empty()).collect()
    }
}

/// By which column a list is sorted, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) column: usize,
    pub(crate) down: bool,
}

impl Sort {
    pub(crate) const fn up(column: usize) -> Self {
        Self { column, down: false }
    }
}

/// Rows with everything the operator did to them.
#[derive(Clone, Debug)]
pub(crate) struct Listing<T> {
    rows: Vec<T>,
    /// What a filter looks at, of each row; told when it is first looked at.
    folded: Vec<Option<String>>,
    /// All rows before this one are.
    folded_to: usize,
    shown: Vec<u32>,
    filter: String,
    query: Query,
    /// What was shown before the letters that narrowed it, the last before the last: a letter taken away looks at no row again.
    wider: Vec<(Query, Vec<u32>)>,
    only: Option<State>,
    similar: bool,
    /// The rows that these letters are near to: a letter more looks at no other.
    near: Option<(String, Vec<u32>)>,
    /// Whether the nearest match stands first.
    nearest_first: bool,
    /// Columns in which all rows say the same, and what.
    once: Vec<(&'static str, String)>,
    /// What the widest cell of each column takes, by heading.
    needs: Vec<(&'static str, Need)>,
    /// Names that several rows have, with which of the words tells them apart.
    namesakes: BTreeMap<String, usize>,
    sort: Option<Sort>,
    selected: usize,
    offset: usize,
    /// Where its rows stand on the screen, and how many fit there.
    area: Rect,
    height: usize,
    marked: BTreeSet<String>,
    late: bool,
    /// Among so many rows the namesakes are known; others came one by one since.
    named: usize,
    /// The rows that moved since all were put in order; none where they are to be put in order as a whole.
    moved: Option<Vec<u32>>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            folded: Vec::new(),
            folded_to: 0,
            shown: Vec::new(),
            filter: String::new(),
            query: Query::default(),
            wider: Vec::new(),
            only: None,
            similar: false,
            near: None,
            nearest_first: false,
            once: Vec::new(),
            needs: Vec::new(),
            namesakes: BTreeMap::new(),
            sort: None,
            selected: 0,
            offset: 0,
            area: Rect::ZERO,
            height: 1,
            marked: BTreeSet::new(),
            late: false,
            named: 0,
            moved: None,
        }
    }
}

impl<T: Row> Listing<T> {
    /// New rows; the selection stays with the row of the same key, or else at its place.
    pub(crate) fn set(&mut self, rows: Vec<T>) {
        let selected = self.selected().map(Row::key);
        self.folded = vec![None; rows.len()];
        self.folded_to = 0;
        self.once = said_by_all(&rows);
        self.rows = rows;
        self.name();
        self.measure();
        self.arrange();
        self.select_key(selected.as_deref());
        let keys: BTreeSet<String> = if self.marked.is_empty() {
            BTreeSet::new()
        } else {
            self.rows.iter().map(Row::key).collect()
        };
        self.marked.retain(|key| keys.contains(key));
    }

    /// New rows in the place of some: what a row unfolds into, or folds away. What a filter looks at is told anew of these
    /// alone; no column gets narrower.
    pub(crate) fn put(&mut self, at: Range<usize>, rows: Vec<T>) {
        let selected = self.selected().map(Row::key);
        for row in &rows {
            widen(&mut self.needs, row);
        }
        self.folded.splice(at.clone(), rows.iter().map(|_| None));
        self.folded_to = self.folded_to.min(at.start);
        self.rows.splice(at, rows);
        self.once = said_by_all(&self.rows);
        self.name();
        self.arrange();
        self.select_key(selected.as_deref());
    }

    /// Takes rows in place of those with the same keys; the list is arranged anew when it is next fitted.
    pub(crate) fn renew(&mut self, rows: Vec<T>) {
        let mut fresh: BTreeMap<String, T> = rows.into_iter().map(|row| (row.key(), row)).collect();
        for (row, folded) in self.rows.iter_mut().zip(&mut self.folded) {
            if let Some(new) = fresh.remove(&row.key()) {
                *folded = None;
                *row = new;
            }
        }
        self.folded_to = 0;
        self.once = said_by_all(&self.rows);
        self.measure();
        (self.late, self.moved) = (true, None);
    }

    /// Works out which names several rows have.
    fn name(&mut self) {
        self.namesakes = namesakes(&self.rows);
        self.named = self.rows.len();
    }

    /// Of a long list a part tells what its columns take, spread over all of it and the same whatever is shown: no column
    /// moves while one scrolls or filters.
    fn measure(&mut self) {
        self.needs.clear();
        let step = self.rows.len().div_ceil(MEASURED).max(1);
        for row in self.rows.iter().step_by(step) {
            widen(&mut self.needs, row);
        }
    }

    /// Changes rows in place without arranging them anew: a live run's states move, its rows do not.
    pub(crate) fn change(&mut self, at: usize, change: impl FnOnce(&mut T)) {
        if let (Some(row), Some(folded)) = (self.rows.get_mut(at), self.folded.get_mut(at)) {
            change(row);
            *folded = None;
            (self.near, self.wider) = (None, Vec::new());
            self.folded_to = self.folded_to.min(at);
            widen(&mut self.needs, row);
            self.moves(at);
        }
    }

    /// Changes rows in what neither a filter nor an order nor the width of a column goes by: a mark.
    pub(crate) fn touch(&mut self, change: impl FnMut(&mut T)) {
        self.rows.iter_mut().for_each(change);
    }

    /// One more row. Cheap: a filtered or sorted list is arranged when it is next fitted, not row by row.
    pub(crate) fn push(&mut self, row: T) {
        self.forget_found();
        self.folded.push(None);
        self.say_once_with(&row);
        if self.is_whole() && self.sort.is_none() {
            self.shown.push(place(self.rows.len()));
        } else {
            self.late = true;
            self.moves(self.rows.len());
        }
        widen(&mut self.needs, &row);
        self.rows.push(row);
    }

    /// A row may belong elsewhere. Once many do, they are not told apart any more.
    fn moves(&mut self, at: usize) {
        let most = self.rows.len() / FEW;
        self.moved = self.moved.take().filter(|moved| moved.len() < most);
        if let Some(moved) = &mut self.moved {
            moved.push(place(at));
        }
    }

    /// What all rows say, this one too.
    fn say_once_with(&mut self, row: &T) {
        if let [first] = &self.rows[..] {
            self.once = first.repeated();
        }
        if !self.once.is_empty() {
            let told = row.repeated();
            self.once.retain(|one| told.contains(one));
        }
    }

    /// Rows changed in place: a sorted or narrowed list is arranged anew when it is next fitted.
    pub(crate) fn rearrange(&mut self) {
        self.late |= self.sort.is_some() || !self.is_whole();
    }

    /// Whether neither filter nor state narrows it.
    fn is_whole(&self) -> bool {
        self.filter.is_empty() && self.only.is_none()
    }

    /// With what answers the filter best first.
    pub(crate) fn nearest_first(mut self) -> Self {
        self.nearest_first = true;
        self
    }

    /// All rows, in the order they came.
    pub(crate) fn all(&self) -> &[T] {
        &self.rows
    }

    /// Whether all rows say the same under this heading.
    pub(crate) fn says_once(&self, heading: &str) -> bool {
        self.once.iter().any(|(of, _)| *of == heading)
    }

    /// What tells a row from others of its name: the heading of the column that says it, and the words.
    pub(crate) fn apart(&self, row: &T) -> Option<(&'static str, String)> {
        let Apart { name, by } = row.apart().filter(|_| !self.namesakes.is_empty())?;
        let at = self.namesakes.get(&name)?;
        by.into_iter().nth(*at)
    }

    /// What the widest cell under this heading takes; nothing where its rows do not tell.
    pub(crate) fn need(&self, heading: &str) -> Option<Need> {
        self.needs.iter().find(|(of, _)| *of == heading).map(|(_, need)| *need)
    }

    /// Whether every row was measured.
    pub(crate) fn is_measured_whole(&self) -> bool {
        self.rows.len() <= MEASURED
    }

    /// Whether there are no rows, whatever the filter.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows on the screen: place in the shown order, row.
    pub(crate) fn visible(&self) -> impl Iterator<Item = (usize, &T)> {
        let end = (self.offset + self.height).min(self.shown.len());
        (self.offset..end).filter_map(|at| Some((at, self.rows.get(self.shown[at] as usize)?)))
    }

    /// Every row that passes the filter, in order.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &T> {
        self.shown.iter().filter_map(|at| self.rows.get(*at as usize))
    }

    pub(crate) fn selected(&self) -> Option<&T> {
        self.rows.get(*self.shown.get(self.selected)? as usize)
    }

    /// Its place in the shown order.
    pub(crate) fn position(&self) -> usize {
        self.selected
    }

    /// The first place on the screen.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    /// Narrows the list; the selection stays with its row where it is still shown.
    pub(crate) fn set_filter(&mut self, text: &str) {
        let selected = self.selected_row();
        let query = self.query_of(text);
        text.clone_into(&mut self.filter);
        if self.late || self.nearest_first || !self.go_from_what_is_shown(&query) {
            self.arrange();
        }
        // Where the best match stands first, that is what Enter takes.
        if self.nearest_first {
            self.select(0);
        } else {
            self.select_row(selected);
        }
    }

    /// Looks only at rows that can be among those found: what was shown before a letter more, or less. Tells whether any such is
    /// known.
    fn go_from_what_is_shown(&mut self, query: &Query) -> bool {
        if query.narrows(&self.query) {
            if !self.similar {
                self.keep_wider();
            }
        } else {
            while self.wider.last().is_some_and(|(wider, _)| !query.narrows(wider)) {
                self.wider.pop();
            }
        }
        let Some((wider, shown)) = self.wider.last() else { return false };
        self.shown.clone_from(shown);
        let is_it = wider == query;
        self.query = query.clone();
        if is_it {
            self.wider.pop();
            self.similar = false;
            return true;
        }
        self.narrow();
        self.similar = false;
        if self.shown.is_empty() && !self.query.is_empty() {
            self.show_similar();
            self.put_in_order();
        }
        true
    }

    /// What is shown was shown before a letter more.
    fn keep_wider(&mut self) {
        if self.wider.last().is_some_and(|(wider, _)| *wider == self.query) {
            return;
        }
        if self.wider.len() == WIDER_KEPT {
            self.wider.remove(0);
        }
        self.wider.push((self.query.clone(), self.shown.clone()));
    }

    /// Rows are others now: what was found of them says nothing any more.
    fn forget_found(&mut self) {
        self.wider.clear();
        self.near = None;
    }

    /// Of these states a word, and a key, means one.
    fn query_of(&self, filter: &str) -> Query {
        Query::new(filter, T::STATES, &self.headings())
    }

    /// What its columns are called, as a filter names them.
    fn headings(&self) -> Vec<String> {
        let cells = self.rows.first().map(Row::cells).unwrap_or_default();
        cells.iter().map(|(heading, _)| fold(heading)).collect()
    }

    /// Shows only the rows of a state, or all.
    pub(crate) fn show_only(&mut self, state: Option<State>) {
        let selected = self.selected_row();
        self.only = state;
        self.arrange();
        self.select_row(selected);
    }

    /// How it is sorted; none is the order in which the rows came.
    pub(crate) fn sort(&self) -> Option<Sort> {
        self.sort
    }

    pub(crate) fn set_sort(&mut self, sort: Option<Sort>) {
        let selected = self.selected_row();
        self.sort = sort;
        self.arrange();
        self.select_row(selected);
    }

    /// Where its rows stand, without their heading: so many fit, and a click there is on one of them. Keeps the selected
    /// one in sight.
    pub(crate) fn fit(&mut self, area: Rect) {
        self.area = area;
        self.height = usize::from(area.height).max(1);
        if self.named < self.rows.len() {
            self.name();
        }
        if std::mem::take(&mut self.late) {
            let selected = self.selected_row();
            self.arrange_what_moved();
            self.select_row(selected);
        }
        self.keep_in_sight();
    }

    /// Which of all rows is selected.
    fn selected_row(&self) -> Option<u32> {
        self.shown.get(self.selected).copied()
    }

    /// Selects this of all rows where it is shown.
    fn select_row(&mut self, row: Option<u32>) {
        let place = row.and_then(|row| self.shown.iter().position(|at| *at == row));
        self.select(place.unwrap_or(self.selected));
    }

    /// Selects the row with this key, if it is shown.
    pub(crate) fn select_key(&mut self, key: Option<&str>) {
        let last = self.shown.len().saturating_sub(1);
        let place = key
            .and_then(|key| self.shown.iter().position(|at| self.rows[*at as usize].key() == key));
        self.selected = place.unwrap_or(self.selected).min(last);
        self.keep_in_sight();
    }

    pub(crate) fn select(&mut self, place: usize) {
        self.selected = place.min(self.shown.len().saturating_sub(1));
        self.keep_in_sight();
    }

    /// To the next row shown that is `wanted`, round and round; `back` to the one before.
    pub(crate) fn select_next(&mut self, back: bool, wanted: impl Fn(&T) -> bool) {
        let from = self.selected;
        let places: Vec<usize> =
            self.shown().enumerate().filter(|(_, row)| wanted(row)).map(|(at, _)| at).collect();
        let next = if back {
            places.iter().rev().find(|at| **at < from).or(places.last())
        } else {
            places.iter().find(|at| **at > from).or(places.first())
        };
        if let Some(at) = next {
            self.select(*at);
        }
    }

    /// Whether a row other than the selected one is shown that is `wanted`.
    pub(crate) fn has_other(&self, wanted: impl Fn(&T) -> bool) -> bool {
        self.shown().enumerate().any(|(at, row)| at != self.selected && wanted(row))
    }

    pub(crate) fn is_marked(&self, row: &T) -> bool {
        !self.marked.is_empty() && self.marked.contains(&row.key())
    }

    pub(crate) fn marks(&self) -> usize {
        self.marked.len()
    }

    /// The marked rows, or the selected one where none is marked.
    pub(crate) fn chosen(&self) -> Vec<&T> {
        if self.marked.is_empty() {
            return self.selected().into_iter().collect();
        }
        self.rows.iter().filter(|row| self.marked.contains(&row.key())).collect()
    }

    /// How many of the marked rows a filter hides.
    pub(crate) fn marks_hidden(&self) -> usize {
        if self.marked.is_empty() || self.is_whole() {
            return 0;
        }
        self.marked.len() - self.shown().filter(|row| self.is_marked(row)).count()
    }

    pub(crate) fn clear_marks(&mut self) {
        self.marked.clear();
    }

    /// Moves, marks and sorts. `columns` is how many there are. Tells whether the action was one of these.
    pub(crate) fn act(&mut self, action: Action, columns: usize) -> bool {
        let (page, half) = (self.height, self.height.div_ceil(2));
        match action {
            Action::Up => self.select(self.selected.saturating_sub(1)),
            Action::Down => self.select(self.selected + 1),
            Action::PageUp => self.select(self.selected.saturating_sub(page)),
            Action::PageDown => self.select(self.selected + page),
            Action::HalfUp => self.select(self.selected.saturating_sub(half)),
            Action::HalfDown => self.select(self.selected + half),
            Action::Top => self.select(0),
            Action::Bottom => self.select(self.shown.len()),
            Action::Mark => self.mark(),
            Action::MarkAll => self.mark_all(),
            Action::NextState => {
                self.show_only(State::next(self.only, T::STATES));
                self.select(0);
            }
            Action::Sort => self.set_sort(next_sort(self.sort, columns)),
            Action::Left => self.set_sort(previous_sort(self.sort, columns)),
            Action::Reverse => {
                let Sort { column, down } = self.sort.unwrap_or(Sort::up(0));
                self.set_sort(Some(Sort { column, down: !down }));
            }
            _ => return false,
        }
        true
    }

    fn mark(&mut self) {
        if let Some(key) = self.selected().map(Row::key) {
            if !self.marked.remove(&key) {
                self.marked.insert(key);
            }
            self.select(self.selected + 1);
        }
    }

    /// Every row shown, or none of these; a mark that a filter hides stays as it is.
    fn mark_all(&mut self) {
        let keys: BTreeSet<String> = self.shown().map(Row::key).collect();
        if keys.is_subset(&self.marked) {
            self.marked.retain(|key| !keys.contains(key));
        } else {
            self.marked.extend(keys);
        }
    }

    /// The same as arranging everything, where only some rows moved in a whole list.
    fn arrange_what_moved(&mut self) {
        let Some((moved, sort)) = self.moved.take().zip(self.sort).filter(|_| self.is_whole())
        else {
            return self.arrange();
        };
        order::put_in(&mut self.shown, moved, in_order(&self.rows, sort));
        self.moved = Some(Vec::new());
    }

    fn arrange(&mut self) {
        self.forget_found();
        self.moved = Some(Vec::new());
        self.query = self.query_of(&self.filter);
        self.shown = (0..self.rows.len()).map(place).collect();
        self.narrow();
        self.similar = false;
        if self.shown.is_empty() && !self.query.is_empty() {
            self.show_similar();
        }
        self.put_in_order();
    }

    fn put_in_order(&mut self) {
        if let Some(sort) = self.sort {
            let order = in_order(&self.rows, sort);
            self.shown.sort_by(|a, b| order(*a, *b));
        } else if self.only == Some(State::NeedsReview) {
            let rows = &self.rows;
            self.shown.sort_by_key(|at| !rows[*at as usize].is(State::Failed));
        } else if self.nearest_first && !self.query.is_empty() {
            let (folded, query) = (&self.folded, &self.query);
            self.shown.sort_by_cached_key(|at| {
                let whole = folded[*at as usize].as_ref();
                query.distance(name(whole), whole.map_or("", String::as_str))
            });
        }
    }

    /// Keeps those of the rows shown that have the words and the state.
    fn narrow(&mut self) {
        if !self.query.is_empty() {
            self.fold_rows(usize::MAX);
        }
        let Self { rows, folded, shown, query, only, .. } = self;
        shown.retain(|at| {
            let row = &rows[*at as usize];
            let text = folded[*at as usize].as_deref().unwrap_or_default();
            only.is_none_or(|state| row.is(state)) && query.is_in(text, |state| row.is(state))
        });
    }

    /// Shows what is spelled like the filter, where no row has its words.
    fn show_similar(&mut self) {
        // What names a column that there is not is no name that was misspelled.
        if self.query.unknown_column(&self.headings()).is_some() {
            return;
        }
        let Some(letters) = self.query.letters() else { return };
        let known = self.near.take().filter(|(before, _)| letters.starts_with(before.as_str()));
        let folded = &self.folded;
        let text = |at: u32| name(folded[at as usize].as_ref());
        let found = match known {
            Some((_, found)) => near(&letters, found.into_iter(), text),
            None => near(&letters, (0..self.rows.len()).map(place), text),
        };
        let of_state = |at: &u32| self.only.is_none_or(|state| self.rows[*at as usize].is(state));
        self.shown = meant(&letters, &found, text).into_iter().filter(of_state).collect();
        self.similar = !self.shown.is_empty();
        self.near = Some((letters, found));
    }

    /// Folds more rows, up to so many letters and each once: column by column, and last what it is known by.
    fn fold_rows(&mut self, mut most: usize) {
        while most > 0
            && let Some((row, folded)) =
                self.rows.get(self.folded_to).zip(self.folded.get_mut(self.folded_to))
        {
            if folded.is_none() {
                let text = folded_text(row);
                most = most.saturating_sub(text.len().max(1));
                *folded = Some(text);
            }
            self.folded_to += 1;
        }
    }

    fn keep_in_sight(&mut self) {
        let most = self.shown.len().saturating_sub(self.height);
        self.offset = self.offset.min(most);
        if self.selected < self.offset {
            self.offset = self.selected;
        } else if self.selected >= self.offset + self.height {
            self.offset = self.selected + 1 - self.height;
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The order of two rows by a column; of equal ones as they came.
fn in_order<T: Row>(rows: &[T], Sort { column, down }: Sort) -> impl Fn(u32, u32) -> Ordering {
    move |a, b| {
        let order = rows[a as usize].compare(&rows[b as usize], column);
        if down { order.reverse() } else { order }.then(a.cmp(&b))
    }
}

/// All that a filter looks at.
fn folded_text(row: &impl Row) -> String {
    let mut text = String::new();
    for (_, told) in row.cells() {
        text.extend(told.chars().map(|c| if c == '\n' { ' ' } else { c }));
        text.push('\n');
    }
    text.push_str(&row.text());
    fold(&text)
}

/// Of what may be said once, what all rows say alike; nothing where there is only one row.
fn said_by_all<T: Row>(rows: &[T]) -> Vec<(&'static str, String)> {
    let Some((first, others)) = rows.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let mut once = first.repeated();
    for row in others {
        if once.is_empty() {
            break;
        }
        let told = row.repeated();
        once.retain(|one| told.contains(one));
    }
    once
}

/// Names that several of these have, with the first of their words that differs in all of them, or else the last.
fn namesakes<T: Row>(rows: &[T]) -> BTreeMap<String, usize> {
    let mut named: BTreeMap<String, Vec<Vec<(&'static str, String)>>> = BTreeMap::new();
    for Apart { name, by } in rows.iter().filter_map(Row::apart) {
        named.entry(name).or_default().push(by);
    }
    named.retain(|_, of_name| of_name.len() > 1);
    let differ = |of_name: &[Vec<(&'static str, String)>], at: usize| {
        let words = of_name.iter().filter_map(|by| by.get(at)).map(|(_, words)| words.as_str());
        words.collect::<BTreeSet<_>>().len() == of_name.len()
    };
    let first = |of_name: &[Vec<_>]| {
        let last = of_name.first().map_or(0, Vec::len).saturating_sub(1);
        (0..last).find(|at| differ(of_name, *at)).unwrap_or(last)
    };
    let is_same = |of_name: &[Vec<(&'static str, String)>], at: usize| {
        let mut words = of_name.iter().map(|by| by.get(at).map(|(_, words)| words));
        let one = words.next();
        words.all(|other| Some(other) == one)
    };
    let by = named.into_iter().map(|(name, of_name)| (name, first(&of_name), of_name));
    // What is the same of all of them tells none apart.
    let by = by.filter(|(_, at, of_name)| !is_same(of_name, *at));
    by.map(|(name, at, _)| (name, at)).collect()
}

fn widen(needs: &mut Vec<(&'static str, Need)>, row: &impl Row) {
    for (heading, need) in row.needs() {
        match needs.iter_mut().find(|(of, _)| *of == heading) {
            Some((_, known)) => *known = need.or(*known),
            None => needs.push((heading, need)),
        }
    }
}

/// What a row is known by, of all that a filter looks at.
fn name(folded: Option<&String>) -> &str {
    let told = folded.map(String::as_str).unwrap_or_default();
    told.rsplit('\n').next().unwrap_or_default()
}

/// Column by column upwards, then as the rows came.
fn next_sort(sort: Option<Sort>, columns: usize) -> Option<Sort> {
    match sort {
        None if columns > 0 => Some(Sort::up(0)),
        Some(Sort { column, .. }) if column + 1 < columns => Some(Sort::up(column + 1)),
        _ => None,
    }
}

/// The same the other way round.
fn previous_sort(sort: Option<Sort>, columns: usize) -> Option<Sort> {
    match sort {
        None if columns > 0 => Some(Sort::up(columns - 1)),
        Some(Sort { column, .. }) if column > 0 => Some(Sort::up(column - 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for &'static str {
        fn key(&self) -> String {
            (*self).to_owned()
        }

        fn text(&self) -> String {
            (*self).to_owned()
        }

        fn compare(&self, other: &Self, _: usize) -> Ordering {
            self.cmp(other)
        }
    }

    fn list(rows: &[&'static str]) -> Listing<&'static str> {
        let mut list = Listing::default();
        list.set(rows.to_vec());
        list.fit(Rect::new(0, 0, 80, 2));
        list
    }

    fn screen(list: &Listing<&'static str>) -> Vec<&'static str> {
        list.visible().map(|(_, row)| *row).collect()
    }

    #[test]
    fn the_selected_row_stays_in_sight() {
        let mut list = list(&["a", "b", "c", "d"]);
        list.act(Action::Bottom, 1);
        assert_eq!((screen(&list), list.selected()), (vec!["c", "d"], Some(&"d")));
        list.act(Action::Top, 1);
        assert_eq!((screen(&list), list.selected()), (vec!["a", "b"], Some(&"a")));
    }

    #[test]
    fn a_filter_keeps_the_selection_where_its_row_still_shows() {
        let mut list = list(&["apple", "banana", "cherry"]);
        list.act(Action::Bottom, 1);
        list.set_filter("err");
        assert_eq!(list.selected(), Some(&"cherry"));
        list.set_filter("");
        assert_eq!(list.selected(), Some(&"cherry"));
    }

    #[test]
    fn a_reload_keeps_the_selection_by_key_and_drops_marks_of_rows_that_are_gone() {
        let mut list = list(&["a", "b", "c"]);
        list.act(Action::Mark, 1);
        list.set(vec!["z", "b", "c"]);
        assert_eq!((list.selected(), list.marks()), (Some(&"b"), 0));
    }

    #[test]
    fn rows_that_are_folded_ahead_are_not_folded_by_the_first_letter() {
        let mut list = list(&["a", "B", "c"]);
        assert!(list.fold_ahead(2));
        assert_eq!(list.folded, [Some("a".to_owned()), Some("b".to_owned()), None]);
        assert!(list.fold_ahead(2));
        assert!(!list.fold_ahead(2));
        list.change(1, |row| *row = "D");
        list.push("e");
        while list.fold_ahead(1) {}
        assert!(list.folded.iter().all(Option::is_some));
        list.set_filter("d");
        assert_eq!(screen(&list), ["D"]);
    }

    /// Whatever is typed and taken away again: what is shown is what all rows would be narrowed to.
    #[test]
    fn what_letters_narrow_step_by_step_is_what_they_find_at_once() {
        let rows =
            ["harbour dental", "old harbour", "hotel d", "her broken bar", "kauri", "dental"];
        let typed = [
            "h", "ha", "har", "harx", "har", "harb", "har", "ha", "h", "", "hd", "hdt", "hdtl",
            "hdt", "hd", "h", "hrbr", "hrb", "hr", "d", "de", "den", "dent h", "dent", "", "zz",
            "zzz", "zz", "", "off", "o", "ol h",
        ];
        for sort in [None, Some(Sort { column: 0, down: true })] {
            let mut step_by_step = list(&rows);
            step_by_step.set_sort(sort);
            for text in typed {
                step_by_step.set_filter(text);
                let mut at_once = list(&rows);
                at_once.set_sort(sort);
                at_once.filter = text.to_owned();
                at_once.arrange();
                let told = |list: &Listing<&'static str>| {
                    (list.shown().copied().collect::<Vec<_>>(), list.similar, list.query.clone())
                };
                assert_eq!(told(&step_by_step), told(&at_once), "{text}");
            }
        }
    }

    #[test]
    fn a_letter_taken_away_looks_at_no_row_again_unless_one_changed() {
        let mut list = list(&["apple", "banana", "cherry"]);
        list.set_filter("a");
        list.set_filter("an");
        // Any text that is looked at anew would be found to be another one.
        list.folded = vec![Some("x".to_owned()); 3];
        list.set_filter("a");
        assert_eq!(screen(&list), ["apple", "banana"]);
        list.change(0, |row| *row = "kiwi");
        list.rearrange();
        list.fit(Rect::new(0, 0, 80, 2));
        assert_eq!(list.shown().count(), 0, "{:?}", list.folded);
    }

    #[test]
    fn a_mark_folds_no_row_again() {
        let mut list = list(&["a", "B"]);
        list.set_filter("b");
        list.touch(|row| *row = if *row == "a" { "a" } else { "[x] B" });
        assert_eq!(list.folded, [Some("a".to_owned()), Some("b".to_owned())]);
        assert_eq!(screen(&list), ["[x] B"]);
    }

    #[test]
    fn what_unfolds_is_all_that_a_filter_looks_at_anew() {
        let mut list = list(&["a1", "b1", "c1"]);
        list.set_filter("1");
        list.act(Action::Bottom, 1);
        let before = list.folded.clone();
        list.put(1..2, vec!["b1", "b11", "b2"]);
        assert_eq!((&list.folded[0], &list.folded[4]), (&before[0], &before[2]));
        assert_eq!((screen(&list), list.selected()), (vec!["b11", "c1"], Some(&"c1")));
        // What is told already is not told again: a text that is another one now would be found.
        list.folded[4] = Some("other 1".to_owned());
        list.put(1..4, vec!["b1"]);
        assert_eq!(list.folded[2], Some("other 1".to_owned()));
        assert_eq!((list.rows.len(), list.selected()), (3, Some(&"c1")));
    }

    #[test]
    fn an_arrow_takes_two_columns_only_where_there_is_no_unicode() {
        assert_eq!(Need::of("8.00 → 8.40"), Need { unicode: 11, ascii: 12 });
    }

    #[test]
    fn sorting_goes_through_the_columns_and_back_to_the_order_of_arrival() {
        let mut list = list(&["b", "a"]);
        list.act(Action::Sort, 1);
        assert_eq!(screen(&list), ["a", "b"]);
        list.act(Action::Reverse, 1);
        assert_eq!(screen(&list), ["b", "a"]);
        list.act(Action::Sort, 1);
        assert_eq!(list.sort(), None);
        list.act(Action::Left, 2);
        assert_eq!(list.sort(), Some(Sort::up(1)));
        list.act(Action::Left, 2);
        list.act(Action::Left, 2);
        assert_eq!(list.sort(), None);
    }

    #[test]
    fn with_nothing_marked_the_selected_row_is_the_chosen_one() {
        let mut list = list(&["a", "b"]);
        assert_eq!(list.chosen(), [&"a"]);
        list.act(Action::MarkAll, 1);
        assert_eq!(list.chosen(), [&"a", &"b"]);
    }

    #[test]
    fn marking_all_under_a_filter_touches_no_row_that_is_hidden() {
        let mut list = list(&["apple", "banana", "cherry"]);
        list.act(Action::MarkAll, 1);
        list.set_filter("an");
        list.act(Action::MarkAll, 1);
        assert_eq!((list.marks(), list.marks_hidden()), (2, 2));
        list.act(Action::MarkAll, 1);
        assert_eq!((list.marks(), list.marks_hidden()), (3, 2));
        list.set_filter("nothing at all");
        list.act(Action::MarkAll, 1);
        assert_eq!((list.marks(), list.marks_hidden()), (3, 3));
    }
}
