//! Lists of many pages (wire/connectwise 5), read to their end and never beyond: each page is asked for by our own address,
//! so that a `Link` that points elsewhere leads nowhere. It only tells whether there is more.
//!
//! It must not know what the rows are.

use std::collections::BTreeSet;

use super::{
    answers, assumed,
    conditions::Condition,
    session::{Question, Session},
    wire::{Row, Rows},
};
use crate::{
    domain::ReadError,
    http::{NextPage, Reply},
};

/// Pages of one list that are followed at most: ten million rows.
const MOST_PAGES: usize = 10_000;

/// A list.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// What its rows are called, in the server's words.
    pub(super) entity: &'static str,
    path: String,
    condition: Option<Condition>,
    /// Where a filter keeps it small, pages are counted; a whole table is read from id to id, so that a row that goes
    /// meanwhile makes none slip by.
    place: Place,
}

/// From where on the next page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    After(i64),
    Page(usize),
}

impl List {
    /// All of it.
    pub(super) fn whole(entity: &'static str, path: impl Into<String>) -> Self {
        Self { entity, path: path.into(), condition: None, place: Place::After(0) }
    }

    /// What the condition leaves of it.
    pub(super) fn filtered(
        entity: &'static str,
        path: impl Into<String>,
        condition: Condition,
    ) -> Self {
        Self { entity, path: path.into(), condition: Some(condition), place: Place::Page(1) }
    }

    /// All of it but what the condition takes away, which is little.
    pub(super) fn nearly_whole(
        entity: &'static str,
        path: impl Into<String>,
        condition: Condition,
    ) -> Self {
        Self { condition: Some(condition), ..Self::whole(entity, path) }
    }

    fn question(&self, place: Place) -> Question {
        let mut question = Question::new(self.path.as_str());
        if let Some(condition) = &self.condition {
            question = question.with("conditions", condition.text());
        }
        let question = question.with("pageSize", assumed::PAGE);
        match place {
            Place::After(0) => question.forward_only(),
            Place::After(id) => question.with("pageId", id).forward_only(),
            // The page stands last, as in the server's own links.
            Place::Page(page) => question.with("orderBy", "id asc").with("page", page),
        }
    }
}

impl Session {
    /// Every row of a list. A row that cannot be decoded is told beside the others and does not take them with it.
    pub(super) async fn rows<T: Row>(&self, list: &List) -> Result<Rows<T>, ReadError> {
        let (mut all, mut seen, mut place) = (Rows::default(), BTreeSet::new(), list.place);
        for _ in 0..MOST_PAGES {
            let (page, next) = self.page::<T>(&list.question(place)).await?;
            let length = page.len();
            if length == 0 {
                return Ok(all);
            }
            let fresh: BTreeSet<i64> = page.ids().filter(|id| !seen.contains(id)).collect();
            let more = match next {
                NextPage::At(_) => true,
                NextPage::Last => false,
                NextPage::Untold => length >= assumed::PAGE,
            };
            add(&mut all, page, &mut seen);
            place = match (fresh.last(), place) {
                _ if !more => return Ok(all),
                (Some(last), Place::After(_)) => Place::After(*last),
                (Some(_), Place::Page(page)) => Place::Page(page + 1),
                // The first page once more: this list does not know that way of paging (A9).
                (None, Place::After(after)) if after > 0 => Place::Page(2),
                (None, _) => return Err(answers::endless(list.entity)),
            };
        }
        Err(answers::endless(list.entity))
    }

    /// One page; where it cannot be decoded as a whole twice, its rows are looked at one by one.
    async fn page<T: Row>(&self, question: &Question) -> Result<(Rows<T>, NextPage), ReadError> {
        let reply = self.answer(question).await?;
        if let Ok(good) = reply.json() {
            return Ok((Rows { good, odd: Vec::new() }, reply.next_page()));
        }
        let reply = self.answer(question).await?;
        Ok((row_by_row(&reply)?, reply.next_page()))
    }
}

fn row_by_row<T: Row>(reply: &Reply) -> Result<Rows<T>, ReadError> {
    Ok(Rows::one_by_one(reply.json()?))
}

/// A row that comes twice, because one before it was taken away or added, counts once.
fn add<T: Row>(all: &mut Rows<T>, page: Rows<T>, seen: &mut BTreeSet<i64>) {
    all.good.extend(page.good.into_iter().filter(|row| seen.insert(row.id())));
    let is_new = |id: Option<i64>, seen: &mut BTreeSet<i64>| id.is_none_or(|id| seen.insert(id));
    all.odd.extend(page.odd.into_iter().filter(|odd| is_new(odd.id, seen)));
}
