//! What a list or a count asks for, read from its query, and the part of the records that answers it (wire sections 4 to 6).
//! It knows nothing of what records mean.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::condition::{Grammar, parse};
use super::matching::{Filter, Scope, compare, path};
use super::member::Model;
use super::refusal::Refusal;
use crate::assumptions::{
    Assumptions, CwFields, CwForwardLink, CwForwardOnly, CwLinks, CwPageSize,
};

const USUAL_PAGE: usize = 25;
const LARGEST_PAGE: usize = 1_000;

/// A record as it is shown.
pub(super) type Shown = Map<String, Value>;

/// The parameters of a query in the order in which they came; their names without case.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let number = |text: &str| {
            text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| {
                Refusal::Request(format!("The value '{text}' is not valid for {name}."))
            })
        };
        self.get(name).map(number).transpose()
    }
}

/// Which of the members are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Option<Vec<Vec<String>>>);

impl Fields {
    pub(super) fn of(parameters: &Parameters, assumed: &Assumptions) -> Self {
        let wanted = parameters.get("fields").filter(|_| assumed.cw_fields == CwFields::Nested);
        let each = |text: &str| {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(|name| name.split('/').map(str::to_owned).collect()).collect()
        };
        Self(wanted.map(each))
    }

    /// A record cut to them; names that are not known are skipped silently.
    pub(super) fn cut(&self, record: Shown) -> Value {
        let Some(wanted) = &self.0 else { return Value::Object(record) };
        let mut cut = Map::new();
        for path in wanted {
            copy(&record, path, &mut cut);
        }
        Value::Object(cut)
    }
}

fn copy(from: &Shown, path: &[String], into: &mut Shown) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some((name, value)) = from.iter().find(|(name, _)| name.eq_ignore_ascii_case(first)) else {
        return;
    };
    match (rest, value) {
        ([], value) => {
            into.insert(name.clone(), value.clone());
        }
        (rest, Value::Object(inner)) => {
            let place = into.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(place) = place {
                copy(inner, rest, place);
            }
        }
        _ => {}
    }
}

/// Which records are meant.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    members: Option<Filter>,
    children: Option<Filter>,
    custom: Option<Filter>,
}

impl Conditions {
    pub(super) fn of(
        parameters: &Parameters,
        model: &Model,
        assumed: &Assumptions,
    ) -> Result<Self, Refusal> {
        let grammar =
            Grammar { order: assumed.cw_condition_order, escapes: assumed.cw_text_escapes };
        let filter = |name: &str, scope: Scope| -> Result<Option<Filter>, Refusal> {
            let text = parameters.get(name).unwrap_or_default();
            let expression = parse(text, grammar).map_err(Refusal::Condition)?;
            expression
                .map(|expression| Filter::new(expression, model, scope, assumed.cw_text_case))
                .transpose()
                .map_err(Refusal::Condition)
        };
        Ok(Self {
            members: filter("conditions", Scope::Members)?,
            children: filter("childConditions", Scope::Children)?,
            custom: filter("customFieldConditions", Scope::CustomFields)?,
        })
    }

    /// Whether all records are meant.
    pub(super) fn are_none(&self) -> bool {
        self.members.is_none() && self.children.is_none() && self.custom.is_none()
    }

    pub(super) fn hold(&self, record: &Shown) -> bool {
        self.members.as_ref().is_none_or(|filter| filter.holds(record))
            && self.children.as_ref().is_none_or(|filter| filter.holds(record))
            && self.custom.as_ref().is_none_or(|filter| filter.holds_for_custom_fields(record))
    }
}

/// The order of a list: paths, and whether each goes down.
#[derive(Debug)]
struct Ordered(Vec<(Vec<String>, bool)>);

impl Ordered {
    fn of(parameters: &Parameters, model: &Model) -> Result<Self, Refusal> {
        let terms = parameters.get("orderBy").unwrap_or_default().split(',');
        let term = |text: &str| {
            let mut words = text.split_whitespace();
            let name = words.next().unwrap_or_default();
            let path = path(model, name).map_err(Refusal::Condition)?;
            match words.next().map(str::to_ascii_lowercase).as_deref() {
                None | Some("asc") => Ok((path, false)),
                Some("desc") => Ok((path, true)),
                Some(word) => Err(Refusal::Condition(format!("{word} is not a recognized order."))),
            }
        };
        let wanted = terms.map(str::trim).filter(|text| !text.is_empty());
        wanted.map(term).collect::<Result<_, _>>().map(Self)
    }

    fn order(&self, left: &Shown, right: &Shown) -> Ordering {
        for (path, down) in &self.0 {
            let order = compare(left, right, path);
            let order = if *down { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// How a list is read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paging {
    /// By numbers of pages, from 1.
    Navigable(usize),
    /// From an id on.
    Forward(i64),
}

/// A list that is asked for.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) conditions: Conditions,
    pub(super) fields: Fields,
    order: Ordered,
    size: usize,
    paging: Paging,
    links: CwLinks,
    forward_link: CwForwardLink,
}

/// A page of records, with where to read on.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) records: Vec<T>,
    pub(super) link: Option<String>,
}

impl Listing {
    pub(super) fn of(
        parameters: &Parameters,
        pagination_type: &str,
        model: &Model,
        assumed: &Assumptions,
    ) -> Result<Self, Refusal> {
        let forward = pagination_type.eq_ignore_ascii_case("forward-only")
            && assumed.cw_forward_only == CwForwardOnly::Everywhere;
        let paging = if forward {
            if parameters.get("orderBy").is_some() {
                let text = "orderBy is not allowed with forward-only pagination.";
                return Err(Refusal::Request(text.to_owned()));
            }
            Paging::Forward(parameters.number("pageId")?.unwrap_or_default())
        } else {
            let page = parameters.number("page")?.unwrap_or(1).max(1);
            Paging::Navigable(usize::try_from(page).unwrap_or(usize::MAX))
        };
        Ok(Self {
            conditions: Conditions::of(parameters, model, assumed)?,
            fields: Fields::of(parameters, assumed),
            order: Ordered::of(parameters, model)?,
            size: size(parameters, assumed)?,
            paging,
            links: assumed.cw_links,
            forward_link: assumed.cw_forward_link,
        })
    }

    /// Whether every record is meant, by id: then the page can be cut before anything is shown.
    pub(super) fn takes_all_by_id(&self) -> bool {
        self.conditions.are_none() && self.order.0.is_empty()
    }

    /// Puts records that come by id in the order that is asked for.
    pub(super) fn sort(&self, records: &mut [Shown]) {
        records.sort_by(|left, right| self.order.order(left, right));
    }

    /// The page of all that answers, in its order.
    pub(super) fn page<T>(&self, mut all: Vec<T>, id: fn(&T) -> i64, url: &ListUrl) -> Page<T> {
        match self.paging {
            Paging::Navigable(number) => {
                let last = all.len().div_ceil(self.size).max(1);
                let link = self.numbered_link(number, last, url);
                let past = number.saturating_sub(1).saturating_mul(self.size);
                let records = all.into_iter().skip(past).take(self.size).collect();
                Page { records, link }
            }
            Paging::Forward(after) => {
                all.retain(|record| id(record) > after);
                let more = all.len() > self.size;
                all.truncate(self.size);
                let last = all.last().filter(|_| more).map(id);
                Page { link: self.forward_link(last, url), records: all }
            }
        }
    }

    fn numbered_link(&self, number: usize, last: usize, url: &ListUrl) -> Option<String> {
        let single = last == 1 && number == 1;
        if self.links == CwLinks::Absent || single && self.links != CwLinks::Always {
            return None;
        }
        let mut relations = Vec::new();
        if number < last {
            relations.push(url.relation("page", number + 1, "next"));
        }
        if number > 1 {
            relations.push(url.relation("page", (number - 1).min(last), "prev"));
        }
        if number > 1 || self.links == CwLinks::Always {
            relations.push(url.relation("page", 1, "first"));
        }
        relations.push(url.relation("page", last, "last"));
        Some(relations.join(", "))
    }

    fn forward_link(&self, last: Option<i64>, url: &ListUrl) -> Option<String> {
        match (self.links, last, self.forward_link) {
            (CwLinks::Absent, ..) => None,
            (_, Some(last), _) => Some(url.relation("pageId", last, "next")),
            (_, None, CwForwardLink::Empty) => Some(String::new()),
            (_, None, CwForwardLink::EmptyUrl) => Some("<>; rel=\"next\"".to_owned()),
        }
    }
}

fn size(parameters: &Parameters, assumed: &Assumptions) -> Result<usize, Refusal> {
    let wanted = parameters.number("pageSize")?.filter(|size| *size > 0);
    let wanted = wanted.map_or(USUAL_PAGE, |size| usize::try_from(size).unwrap_or(usize::MAX));
    if wanted > LARGEST_PAGE && assumed.cw_page_size == CwPageSize::Refused {
        return Err(Refusal::Request(format!("pageSize must not exceed {LARGEST_PAGE}.")));
    }
    Ok(wanted.min(LARGEST_PAGE))
}

pub(super) fn id(record: &Shown) -> i64 {
    record.get("id").and_then(Value::as_i64).unwrap_or_default()
}

/// The URL of a list without the parameter that counts its pages, which links put last.
#[derive(Debug)]
pub(super) struct ListUrl {
    stem: String,
}

impl ListUrl {
    pub(super) fn new(origin: &str, path: &str, query: &str) -> Self {
        let counts = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default();
            !name.eq_ignore_ascii_case("page") && !name.eq_ignore_ascii_case("pageId")
        };
        let kept = query.split('&').filter(|pair| !pair.is_empty()).filter(counts);
        let others: String = kept.flat_map(|pair| [pair, "&"]).collect();
        Self { stem: format!("{origin}{path}?{others}") }
    }

    fn relation(&self, name: &str, value: impl std::fmt::Display, relation: &str) -> String {
        format!("<{}{name}={value}>; rel=\"{relation}\"", self.stem)
    }
}
