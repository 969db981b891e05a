//! Whether a record meets a condition, by what is shown of it. Names that the model does not know are refused before any record
//! is looked at.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::condition::{Expression, Leaf, Literal, Operator};
use super::member::{Kind, Model, decimal, moment};
use crate::assumptions::LetterCase;

/// Members of `_info` that conditions name without it.
const INFO: [&str; 4] = ["lastUpdated", "updatedBy", "dateEntered", "enteredBy"];

/// Members that a reference may have.
const OF_REFERENCE: [&str; 4] = ["id", "name", "identifier", "serializedFlag"];

/// Which members conditions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Members,
    /// Those of lists in the record.
    Children,
    CustomFields,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Number,
    Text,
    Flag,
    Moment,
    /// Whatever is there.
    Any,
}

/// A condition against a model: paths as the records have them.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Leaf { path: Vec<String>, leaf: Leaf, case: LetterCase },
}

/// A path of the model by its name in a condition or an order, without case.
pub(super) fn path(model: &Model, name: &str) -> Result<Vec<String>, String> {
    let unknown = || format!("{} is not a recognized name.", name.to_lowercase());
    let mut segments = name.split('/');
    let first = segments.next().unwrap_or_default();
    let rest: Vec<&str> = segments.collect();
    let info = |name: &str| INFO.iter().find(|one| one.eq_ignore_ascii_case(name));
    match (model.alike(first), rest.as_slice()) {
        (None, []) => {
            let info = info(first).ok_or_else(unknown)?;
            Ok(vec!["_info".to_owned(), (*info).to_owned()])
        }
        (None, [one]) if first == "_info" => {
            let info = info(one).ok_or_else(unknown)?;
            Ok(vec!["_info".to_owned(), (*info).to_owned()])
        }
        (Some(member), []) if member.kind != Kind::List => Ok(vec![member.name.to_owned()]),
        (Some(member), [one]) if matches!(member.kind, Kind::Reference(_)) => {
            let one = OF_REFERENCE.iter().find(|known| known.eq_ignore_ascii_case(one));
            Ok(vec![member.name.to_owned(), (*one.ok_or_else(unknown)?).to_owned()])
        }
        _ => Err(unknown()),
    }
}

fn child_path(model: &Model, name: &str) -> Result<Vec<String>, String> {
    let unknown = || format!("{} is not a recognized name.", name.to_lowercase());
    let (first, rest) = name.split_once('/').ok_or_else(unknown)?;
    let member = model.alike(first).filter(|member| member.kind == Kind::List);
    let member = member.ok_or_else(unknown)?;
    Ok(std::iter::once(member.name).chain(rest.split('/')).map(str::to_owned).collect())
}

fn custom_path(name: &str) -> Result<Vec<String>, String> {
    let known = ["id", "caption", "type", "entryMethod", "value"];
    let known = known.iter().find(|known| known.eq_ignore_ascii_case(name));
    let member =
        known.ok_or_else(|| format!("{} is not a recognized name.", name.to_lowercase()))?;
    Ok(vec![(*member).to_owned()])
}

fn sort(model: &Model, path: &[String], scope: Scope) -> Sort {
    if scope != Scope::Members {
        return Sort::Any;
    }
    match (path[0].as_str(), path.get(1).map(String::as_str)) {
        ("_info", Some("lastUpdated" | "dateEntered")) => Sort::Moment,
        ("_info", _) => Sort::Text,
        (_, Some("id")) => Sort::Number,
        (_, Some("serializedFlag")) => Sort::Flag,
        (_, Some(_)) => Sort::Text,
        // A date in a text: both ways of comparing are in use.
        ("nextInvoiceDate", None) => Sort::Any,
        (name, None) => match model.member(name).map(|member| member.kind) {
            Some(Kind::Whole | Kind::Number) => Sort::Number,
            Some(Kind::Flag) => Sort::Flag,
            Some(Kind::Day) => Sort::Moment,
            Some(Kind::Text(_) | Kind::Word(_)) => Sort::Text,
            Some(Kind::Reference(_) | Kind::List) | None => Sort::Any,
        },
    }
}

impl Filter {
    pub(super) fn new(
        expression: Expression,
        model: &Model,
        scope: Scope,
        case: LetterCase,
    ) -> Result<Self, String> {
        let each = |parts: Vec<Expression>| {
            parts
                .into_iter()
                .map(|part| Self::new(part, model, scope, case))
                .collect::<Result<Vec<_>, _>>()
        };
        match expression {
            Expression::All(parts) => each(parts).map(Self::All),
            Expression::Any(parts) => each(parts).map(Self::Any),
            Expression::Leaf(leaf) => {
                let path = match scope {
                    Scope::Members => path(model, &leaf.name)?,
                    Scope::Children => child_path(model, &leaf.name)?,
                    Scope::CustomFields => custom_path(&leaf.name)?,
                };
                check(&leaf, sort(model, &path, scope))?;
                Ok(Self::Leaf { path, leaf, case })
            }
        }
    }

    /// Whether a record as it is shown meets it.
    pub(super) fn holds(&self, record: &Map<String, Value>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(record)),
            Self::Leaf { path, leaf, case } => match path.split_first() {
                Some((first, rest)) => holds_at(record.get(first), rest, leaf, *case),
                None => false,
            },
        }
    }

    /// Whether one of a record's custom fields meets it.
    pub(super) fn holds_for_custom_fields(&self, record: &Map<String, Value>) -> bool {
        let fields = record.get("customFields").and_then(Value::as_array);
        let mut objects = fields.into_iter().flatten().filter_map(Value::as_object);
        objects.any(|field| self.holds(field))
    }
}

/// Whether the values can be compared with what is there.
fn check(leaf: &Leaf, sort: Sort) -> Result<(), String> {
    let textual = matches!(leaf.operator, Operator::Contains | Operator::Like);
    let fits = |value: &Literal| {
        matches!(
            (sort, value),
            (Sort::Any, _)
                | (_, Literal::Null)
                | (Sort::Number, Literal::Number(_))
                | (Sort::Text, Literal::Text(_))
                | (Sort::Flag, Literal::Flag(_))
                | (Sort::Moment, Literal::Moment(_))
        )
    };
    if textual && !matches!(sort, Sort::Text | Sort::Any) || !leaf.values.iter().all(fits) {
        return Err(format!("The value given for {} is not valid.", leaf.name.to_lowercase()));
    }
    Ok(())
}

/// At a path below a value; in a list, anywhere.
fn holds_at(value: Option<&Value>, path: &[String], leaf: &Leaf, case: LetterCase) -> bool {
    if let Some(Value::Array(items)) = value {
        return items.iter().any(|item| holds_at(Some(item), path, leaf, case));
    }
    match path.split_first() {
        Some((first, rest)) => holds_at(value.and_then(|value| value.get(first)), rest, leaf, case),
        None => compared(value.filter(|value| !value.is_null()), leaf, case) != leaf.negated,
    }
}

/// As a database does: nothing but null compares with what is not there.
fn compared(value: Option<&Value>, leaf: &Leaf, case: LetterCase) -> bool {
    let Some(value) = value else {
        let asks = matches!(leaf.operator, Operator::Equal | Operator::In);
        let is_null = asks && leaf.values.contains(&Literal::Null);
        // Where the answer is turned round afterwards, a no has to stay one.
        return is_null || leaf.negated;
    };
    let order = |literal: &Literal| order(value, literal, case);
    let first = &leaf.values[0];
    match leaf.operator {
        Operator::Equal => equals(value, first, case),
        Operator::Other => !equals(value, first, case),
        Operator::Below => order(first).is_some_and(Ordering::is_lt),
        Operator::AtMost => order(first).is_some_and(Ordering::is_le),
        Operator::Above => order(first).is_some_and(Ordering::is_gt),
        Operator::AtLeast => order(first).is_some_and(Ordering::is_ge),
        Operator::In => leaf.values.iter().any(|literal| equals(value, literal, case)),
        Operator::Contains => pattern(first, case)
            .is_some_and(|(wanted, text)| wild(&format!("*{wanted}*"), &text(value))),
        Operator::Like => pattern(first, case)
            .is_some_and(|(wanted, text)| wild(&wanted.replace('%', "*"), &text(value))),
    }
}

type Reading = Box<dyn Fn(&Value) -> String>;

fn pattern(literal: &Literal, case: LetterCase) -> Option<(String, Reading)> {
    let Literal::Text(wanted) = literal else { return None };
    let read = move |value: &Value| cased(value.as_str().unwrap_or_default(), case);
    Some((cased(wanted, case), Box::new(read)))
}

fn cased(text: &str, case: LetterCase) -> String {
    match case {
        LetterCase::Blind => text.to_lowercase(),
        LetterCase::Exact => text.to_owned(),
    }
}

fn equals(value: &Value, literal: &Literal, case: LetterCase) -> bool {
    match literal {
        Literal::Text(wanted) => {
            value.as_str().is_some_and(|text| wild(&cased(wanted, case), &cased(text, case)))
        }
        Literal::Null => false,
        literal => order(value, literal, case).is_some_and(Ordering::is_eq),
    }
}

fn order(value: &Value, literal: &Literal, case: LetterCase) -> Option<Ordering> {
    match literal {
        Literal::Text(wanted) => Some(cased(value.as_str()?, case).cmp(&cased(wanted, case))),
        Literal::Number(wanted) => Some(decimal(value)?.cmp(wanted)),
        Literal::Flag(wanted) => Some(value.as_bool()?.cmp(wanted)),
        Literal::Moment(wanted) => Some(moment(value.as_str()?)?.cmp(wanted)),
        Literal::Null => None,
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn wild(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// How records stand to each other by one member of what is shown; one without a value comes first.
pub(super) fn compare(
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    path: &[String],
) -> Ordering {
    let at = |record: &Map<String, Value>| {
        let (first, rest) = path.split_first()?;
        let mut value = record.get(first)?;
        for segment in rest {
            value = value.get(segment)?;
        }
        Some(value.clone())
    };
    match (at(left), at(right)) {
        (Some(Value::String(left)), Some(Value::String(right))) => {
            left.to_lowercase().cmp(&right.to_lowercase())
        }
        (Some(Value::Bool(left)), Some(Value::Bool(right))) => left.cmp(&right),
        (Some(left), Some(right)) => decimal(&left).cmp(&decimal(&right)),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("abc", "abc", true)]
    #[case("a*", "abc", true)]
    #[case("*c", "abc", true)]
    #[case("a*c", "abbc", true)]
    #[case("a*b*c", "a-b-c", true)]
    #[case("ab*b", "ab", false)]
    #[case("*", "", true)]
    #[case("abc", "abcd", false)]
    fn a_star_stands_for_anything(#[case] pattern: &str, #[case] text: &str, #[case] fits: bool) {
        assert_eq!(wild(pattern, text), fits);
    }
}
