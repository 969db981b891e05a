//! Pages by id cursor: the `paging` parameter, and next and previous URLs built from the request's own
//! origin (wire section 4.3).

use std::collections::VecDeque;
use std::ops::ControlFlow;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::filter::Condition;
use super::reply::Refusal;
use super::schema::{Entity, Row};
use super::tenant::Tenant;
use crate::assumptions::{NextPageUrl, Presence};

/// Which rows of a query a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    First,
    After(i64),
    Before(i64),
}

/// Which page, and how many rows it may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paging {
    pub(super) size: usize,
    pub(super) cursor: Cursor,
}

/// A page of rows and whether there are rows on either side.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    pub(super) more: bool,
    pub(super) earlier: bool,
}

/// The page size and place of a `paging` parameter.
pub(super) fn parse(text: &str, back: bool) -> Result<Paging, Refusal> {
    let bad = || Refusal::invalid("The paging parameter is not valid.");
    let paging: Value = serde_json::from_str(text).map_err(|_| bad())?;
    let first = |name: &str| paging.get(name)?.as_array()?.first()?.as_i64();
    let size = paging.get("pageSize").and_then(Value::as_u64).filter(|n| (1..=500).contains(n));
    let size = size.and_then(|size| usize::try_from(size).ok()).ok_or_else(bad)?;
    let cursor = if back {
        Cursor::Before(first("previousIds").ok_or_else(bad)?)
    } else {
        Cursor::After(first("nextIds").ok_or_else(bad)?)
    };
    Ok(Paging { size, cursor })
}

pub(super) fn read(
    tenant: &Tenant,
    entity: &Entity,
    condition: &Condition,
    Paging { size, cursor }: Paging,
) -> Page {
    match cursor {
        Cursor::First => Page { earlier: false, ..after(tenant, entity, condition, size, -1) },
        Cursor::After(id) => after(tenant, entity, condition, size, id),
        Cursor::Before(id) => before(tenant, entity, condition, size, id),
    }
}

fn after(tenant: &Tenant, entity: &Entity, condition: &Condition, size: usize, id: i64) -> Page {
    let mut rows = Vec::new();
    let mut more = false;
    tenant.scan(entity, condition, id, &mut |row| {
        if rows.len() == size {
            more = true;
            return ControlFlow::Break(());
        }
        rows.push(row.clone());
        ControlFlow::Continue(())
    });
    Page { rows, more, earlier: true }
}

fn before(tenant: &Tenant, entity: &Entity, condition: &Condition, size: usize, id: i64) -> Page {
    let mut rows = VecDeque::new();
    let mut earlier = false;
    tenant.scan(entity, condition, -1, &mut |row| {
        if row.id() >= id {
            return ControlFlow::Break(());
        }
        if rows.len() == size {
            rows.pop_front();
            earlier = true;
        }
        rows.push_back(row.clone());
        ControlFlow::Continue(())
    });
    Page { rows: rows.into(), more: true, earlier }
}

/// What next and previous URLs are made of.
#[derive(Debug)]
pub(super) struct Links<'a> {
    /// Scheme and host of the request.
    pub(super) origin: &'a str,
    /// The entity as the path spells it.
    pub(super) entity: &'a str,
    /// The `search` parameter of a GET; a POST repeats its body instead.
    pub(super) search: Option<&'a str>,
    /// How the last page is told.
    pub(super) end: NextPageUrl,
    /// Whether the page before is told.
    pub(super) previous: Presence,
}

impl Links<'_> {
    fn url(&self, step: &str, paging: &Value) -> Value {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (origin, entity) = (self.origin, self.entity);
        let paging = encode(&paging.to_string());
        let search = self.search.map(|text| format!("&search={}", encode(text)));
        let search = search.unwrap_or_default();
        Value::from(format!(
            "{origin}/ATServicesRest/V1.0/{entity}/query/{step}?paging={paging}{search}"
        ))
    }

    /// The `pageDetails` of a page.
    pub(super) fn details(&self, page: &Page, count: usize, size: usize) -> Value {
        let first = page.rows.first().map_or(-1, Row::id);
        let last = page.rows.last().map_or(-1, Row::id);
        let paging = |previous: i64, next: i64| json!({"pageSize": size, "previousIds": [previous], "nextIds": [next]});
        let next = page.more.then(|| {
            let previous = if page.earlier { first } else { -1 };
            self.url("next", &paging(previous, last))
        });
        let next = next.unwrap_or(match self.end {
            NextPageUrl::Null => Value::Null,
            NextPageUrl::Empty => Value::from(""),
        });
        let previous = (page.earlier && !page.rows.is_empty() && self.previous == Presence::Given)
            .then(|| self.url("previous", &paging(first, last)));
        json!({
            "count": count,
            "requestCount": size,
            "prevPageUrl": previous,
            "nextPageUrl": next,
        })
    }
}
