//! Values as PRISM may give them: null or absent, a number or its text. Bounded, so that arithmetic cannot overflow.

use std::{borrow::Cow, fmt, io, marker::PhantomData};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Value, value::RawValue};

use crate::{
    domain::{Day, Money},
    http::{JsonRow, RowParts, clean, first_characters, is_deeper_than, json_of, json_rows},
};

/// Longest text kept of a member; descriptions are the longest.
const LONGEST: usize = 4_000;

/// So many lists and records within each other are read; add-ons of add-ons have some six.
const DEEPEST: usize = 100;

/// Largest amount or quantity that is believed: 10^12.
const LARGEST: i64 = 1_000_000_000_000;

/// What `serde_json`, which keeps numbers as they are written, gives a number as: an object with this one member, its digits.
const NUMBER: &str = "$serde_json::private::Number";

/// A member of any type, read straight into what it is: a price list has some seventy thousand.
pub(super) type Loose = LooseOf<String>;

/// The same with its texts as `T`, which may be lent by what it is read from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum LooseOf<T> {
    #[default]
    Nothing,
    Truth(bool),
    /// As it is written.
    Number(T),
    Text(T),
    /// A list or an object.
    Many(Value),
}

impl<'de, T: From<String> + From<&'de str>> Deserialize<'de> for LooseOf<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OfAnyType(PhantomData))
    }
}

struct OfAnyType<T>(PhantomData<T>);

impl<'de, T: From<String> + From<&'de str>> Visitor<'de> for OfAnyType<T> {
    type Value = LooseOf<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Nothing)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Truth(truth))
    }

    fn visit_str<E>(self, text: &str) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Text(text.to_owned().into()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Text(text.into()))
    }

    /// From whatever does not keep numbers as they are written.
    fn visit_i64<E>(self, number: i64) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Number(number.to_string().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Number(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<LooseOf<T>, E> {
        Ok(LooseOf::Number(number.to_string().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<LooseOf<T>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(LooseOf::Many)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LooseOf<T>, A::Error> {
        let mut members = serde_json::Map::new();
        match map.next_key()? {
            Some(Key::Number) => {
                return map.next_value().map(|number: String| LooseOf::Number(number.into()));
            }
            Some(Key::Other(name)) => members.insert(name, map.next_value()?),
            None => None,
        };
        while let Some((name, value)) = map.next_entry()? {
            members.insert(name, value);
        }
        Ok(LooseOf::Many(Value::Object(members)))
    }
}

/// The first key of an object.
enum Key {
    Number,
    Other(String),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(OfKey)
    }
}

struct OfKey;

impl Visitor<'_> for OfKey {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(if key == NUMBER { Key::Number } else { Key::Other(key.to_owned()) })
    }
}

impl<T: AsRef<str> + Into<String>> LooseOf<T> {
    /// The text, cleaned; a number as its digits. None where there is nothing.
    pub(super) fn text(&self) -> Option<String> {
        self.lent_text().map(Cow::into_owned)
    }

    /// The same, borrowed where there is nothing to clean.
    pub(super) fn lent_text(&self) -> Option<Cow<'_, str>> {
        let (Self::Text(text) | Self::Number(text)) = self else { return None };
        Some(tidied(text.as_ref())).filter(|text| !text.is_empty())
    }

    /// The same of a member that is not needed any more.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) if is_tidy(text.as_ref()) => {
                Some(text.into()).filter(|text| !text.is_empty())
            }
            other => other.text(),
        }
    }

    /// The texts of a list; one alone is a list of one.
    pub(super) fn into_texts(self) -> Vec<String> {
        match self {
            Self::Many(Value::Array(all)) => {
                all.into_iter().filter_map(|one| Loose::from(one).into_text()).collect()
            }
            other => other.into_text().into_iter().collect(),
        }
    }

    /// The decimal; none where there is nothing, an error where it is no number or an absurd one.
    pub(super) fn decimal(&self) -> Result<Option<Decimal>, String> {
        let none = |shown: &dyn fmt::Display| {
            Err(format!("“{}” is no number", first_characters(&shown.to_string(), 40)))
        };
        match self {
            Self::Nothing => Ok(None),
            Self::Text(text) if text.as_ref().trim().is_empty() => Ok(None),
            Self::Number(text) | Self::Text(text) => decimal(text.as_ref()).map(Some),
            Self::Truth(truth) => none(truth),
            Self::Many(many) => none(many),
        }
    }

    /// The amount.
    pub(super) fn money(&self) -> Result<Option<Money>, String> {
        Ok(self.decimal()?.map(Money))
    }

    /// The whole number; none where it is none.
    pub(super) fn whole(&self) -> Option<i64> {
        let number = self.decimal().ok()??;
        number.to_i64()
    }

    /// The truth value, in any letter case.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(*truth),
            Self::Text(text) if text.as_ref().eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.as_ref().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The day; none where there is none that can be understood.
    pub(super) fn day(&self) -> Option<Day> {
        let Self::Text(text) = self else { return None };
        day(text.as_ref())
    }
}

impl From<Value> for Loose {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(truth) => Self::Truth(truth),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text),
            many => Self::Many(many),
        }
    }
}

/// A list, row by row: one that cannot be read is odd, and no other (sync-rules 4.2).
#[derive(Debug)]
pub(super) struct LooseRows<T> {
    /// Each with why it cannot be read, where it cannot.
    pub(super) all: Vec<Result<T, String>>,
    /// Why there is nothing in it, where it is no list at all.
    pub(super) fault: Option<String>,
}

impl<T> Default for LooseRows<T> {
    fn default() -> Self {
        Self { all: Vec::new(), fault: None }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for LooseRows<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut all = Vec::new();
        let fault = from.deserialize_any(RowByRow::new(|row| all.push(row)))?;
        Ok(Self { all, fault })
    }
}

/// Takes the rows of a list while it arrives, as much of them as is asked for: neither its text nor its values ever lie in
/// memory as a whole.
///
/// # Errors
/// Why it cannot be read, or is no list.
pub(super) fn for_each_row<T: DeserializeOwned>(
    list: impl io::Read,
    parts: RowParts,
    mut each: impl FnMut(Result<T, String>),
) -> Result<(), String> {
    let mut rows = json_rows(list).map_err(|error| error.to_string())?;
    if rows.is_list().map_err(|error| error.to_string())? {
        return rows.for_each(parts, |row| {
            each(row_of_list(row)?);
            Ok(())
        });
    }
    let mut json = json_of(rows.into_body()).map_err(|error| error.to_string())?;
    let fault = json.deserialize_any(RowByRow::new(each)).map_err(|error| error.to_string())?;
    json.end().map_err(|_| FOLLOWED.to_owned())?;
    fault.map_or(Ok(()), Err)
}

const FOLLOWED: &str = "something follows the JSON";

/// A row of a list that arrives; the outer error is one of the whole list, which is no JSON then.
fn row_of_list<T: DeserializeOwned>(row: JsonRow<'_>) -> Result<Result<T, String>, String> {
    let JsonRow { text, depth } = row;
    if !text.starts_with('{') {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| error.to_string())?;
        return Ok(Err(no_record(text)));
    }
    if depth > DEEPEST {
        return Ok(Err(TOO_DEEP.to_owned()));
    }
    match serde_json::from_str(text) {
        Ok(row) => Ok(Ok(row)),
        Err(why) if why.is_data() => Ok(Err(what_is_wrong(&why))),
        Err(why) => Err(why.to_string()),
    }
}

/// Gives each row away as it comes, and comes to why there is none, where it is no list.
struct RowByRow<T, F> {
    each: F,
    row: PhantomData<fn() -> T>,
}

impl<T, F> RowByRow<T, F> {
    fn new(each: F) -> Self {
        Self { each, row: PhantomData }
    }
}

fn no_list(other: &Value) -> String {
    format!("“{}” is no list", first_characters(&clean(&other.to_string()), 40))
}

impl<'de, T, F> Visitor<'de> for RowByRow<T, F>
where
    T: DeserializeOwned,
    F: FnMut(Result<T, String>),
{
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<Self::Value, A::Error> {
        while let Some(text) = rows.next_element::<Box<RawValue>>()? {
            (self.each)(row(text.get()));
        }
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// An object, or a number, which the decoder gives as one.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(|other| Some(no_list(&other)))
    }

    fn visit_bool<E>(self, other: bool) -> Result<Self::Value, E> {
        Ok(Some(no_list(&other.into())))
    }

    fn visit_i64<E>(self, other: i64) -> Result<Self::Value, E> {
        Ok(Some(no_list(&other.into())))
    }

    fn visit_u64<E>(self, other: u64) -> Result<Self::Value, E> {
        Ok(Some(no_list(&other.into())))
    }

    fn visit_f64<E>(self, other: f64) -> Result<Self::Value, E> {
        Ok(Some(no_list(&other.into())))
    }

    fn visit_str<E>(self, other: &str) -> Result<Self::Value, E> {
        Ok(Some(no_list(&other.into())))
    }
}

/// A row from its text: its members are read once, into what they are to be.
fn row<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    if !text.starts_with('{') {
        return Err(no_record(text));
    }
    // Rows are read within rows, each by a decoder of its own, so none of these sees how deep it stands altogether.
    if is_deeper_than(text.as_bytes(), DEEPEST) {
        return Err(TOO_DEEP.to_owned());
    }
    serde_json::from_str(text).map_err(|why| what_is_wrong(&why))
}

const TOO_DEEP: &str = "it has too many lists in lists";

fn no_record(text: &str) -> String {
    format!("“{}” is no record", first_characters(&clean(text), 40))
}

fn what_is_wrong(why: &serde_json::Error) -> String {
    let why = why.to_string();
    // Its place within the row helps nobody: the row itself is named.
    let what = why.split(" at line ").next().unwrap_or_default();
    first_characters(&clean(what), 80)
}

/// Cleaned, trimmed and bounded.
pub(super) fn tidy(text: &str) -> String {
    first_characters(clean(text).trim(), LONGEST)
}

/// The same, borrowed where there is nothing to clean: almost always.
pub(super) fn tidied(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if is_tidy(trimmed) { Cow::Borrowed(trimmed) } else { Cow::Owned(tidy(text)) }
}

/// Whether there is surely nothing to clean.
fn is_tidy(text: &str) -> bool {
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    text.len() <= LONGEST && !ends.contains(&Some(b' ')) && text.bytes().all(is_plain)
}

/// A decimal of believable size.
pub(super) fn decimal(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    let wrong = || format!("“{}” is no number", first_characters(&clean(text), 40));
    if text.len() > 64 {
        return Err(wrong());
    }
    let number: Decimal =
        text.parse().or_else(|_| Decimal::from_scientific(text)).map_err(|_| wrong())?;
    if number.abs() > Decimal::from(LARGEST) {
        return Err(format!("{} is absurdly large", first_characters(&clean(text), 40)));
    }
    Ok(number)
}

/// The day of a time with or without fraction and offset. Times are UTC; a midnight of another offset means the
/// day that is written.
pub(super) fn day(text: &str) -> Option<Day> {
    moment(text).map(|moment| moment.day)
}

/// What is wrong with the day of a charge.
pub(super) struct NoMidnight {
    pub why: String,
    /// The day in whose course the time lies, if it is one.
    pub day: Option<Day>,
}

/// The day of a charge, which is promised as a midnight: any other time leaves open which day is meant (sync-rules 2.9).
pub(super) fn midnight(text: &str) -> Result<Day, NoMidnight> {
    let shown = || first_characters(&tidy(text), 40);
    match moment(text) {
        Some(DayStamp { day, midnight: true }) => Ok(day),
        Some(DayStamp { day, midnight: false }) => Err(NoMidnight {
            why: format!("“{}” has a time of day where a midnight is promised", shown()),
            day: Some(day),
        }),
        None => Err(NoMidnight { why: format!("“{}” is no day", shown()), day: None }),
    }
}

/// A time, as far as days go.
#[derive(Clone, Copy)]
struct DayStamp {
    day: Day,
    midnight: bool,
}

fn moment(text: &str) -> Option<DayStamp> {
    let text = text.trim();
    let moment =
        plain_midnight(text).or_else(|| with_offset(text)).or_else(|| without_offset(text))?;
    (1990..=2200).contains(&moment.day.0.year()).then_some(moment)
}

impl DayStamp {
    fn midnight_of(date: NaiveDate) -> Self {
        Self { day: Day(date), midnight: true }
    }

    fn of(time: NaiveDateTime) -> Self {
        Self { day: Day(time.date()), midnight: time.time() == NaiveTime::MIN }
    }
}

/// The form that PRISM writes, `2026-09-01T00:00:00` with `Z` or without: of two hundred thousand lines nearly all have it, and
/// to try every other form first costs more than the rest of a line.
fn plain_midnight(text: &str) -> Option<DayStamp> {
    let date = text.strip_suffix('Z').unwrap_or(text).strip_suffix("T00:00:00")?;
    let (year, rest) = date.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let digits = |text: &str, count| {
        let are = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        are.then(|| text.parse().ok()).flatten()
    };
    let year = digits(year, 4).and_then(|year: u32| i32::try_from(year).ok())?;
    let date = NaiveDate::from_ymd_opt(year, digits(month, 2)?, digits(day, 2)?)?;
    Some(DayStamp::midnight_of(date))
}

fn with_offset(text: &str) -> Option<DayStamp> {
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()?;
    let written = DayStamp::of(time.naive_local());
    Some(if written.midnight { written } else { DayStamp::of(time.naive_utc()) })
}

fn without_offset(text: &str) -> Option<DayStamp> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(DayStamp::of);
    let date = |_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(DayStamp::midnight_of);
    time.or_else(date).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-09-01T00:00:00", "2026-09-01")]
    #[case("2026-09-01T00:00:00Z", "2026-09-01")]
    #[case("2028-02-29T00:00:00", "2028-02-29")]
    fn the_usual_form_of_a_day_is_read_like_any_other(#[case] text: &str, #[case] day: &str) {
        let plain = plain_midnight(text).expect("the usual form");
        let other = with_offset(text).or_else(|| without_offset(text)).expect("a day");
        assert_eq!((plain.day, plain.midnight), (other.day, other.midnight));
        assert_eq!(plain.day.to_string(), day);
    }

    #[rstest]
    #[case("2027-02-29T00:00:00")]
    #[case("26-09-01T00:00:00")]
    #[case("2026-09-+1T00:00:00")]
    #[case("2026-09-01T00:00:01")]
    #[case("2026-09-01T00:00:00+10:00")]
    #[case("2026-09-01")]
    fn no_other_form_is_taken_for_it(#[case] text: &str) {
        assert!(plain_midnight(text).is_none());
    }

    #[rstest]
    #[case("  Café\u{202e}  ")]
    #[case("a\tb")]
    #[case(" plain  text ")]
    #[case("")]
    fn a_text_is_tidy_whether_it_is_borrowed_or_not(#[case] text: &str) {
        assert_eq!(tidied(text), tidy(text));
    }

    #[derive(Deserialize)]
    struct Holder {
        #[serde(default)]
        member: Loose,
    }

    #[rstest]
    #[case::absent("{}", None, &[], Ok(None), None)]
    #[case::null("{\"member\":null}", None, &[], Ok(None), None)]
    #[case::an_empty_text("{\"member\":\" \"}", None, &[], Ok(None), None)]
    #[case::a_text(
        "{\"member\":\" Caf\u{e9} \\u0041 \"}",
        Some("Café A"), &["Café A"], Err("“Café A” is no number"), None
    )]
    #[case::a_number_as_text("{\"member\":\"1.50\"}", Some("1.50"), &["1.50"], Ok(Some("1.50")), None)]
    #[case::a_number("{\"member\":1.50}", Some("1.50"), &["1.50"], Ok(Some("1.50")), None)]
    #[case::a_negative_number("{\"member\":-7}", Some("-7"), &["-7"], Ok(Some("-7")), None)]
    #[case::more_digits_than_fit_elsewhere(
        "{\"member\":123456789.01234567890123}",
        Some("123456789.01234567890123"), &["123456789.01234567890123"],
        Ok(Some("123456789.01234567890123")), None
    )]
    #[case::a_truth("{\"member\":true}", None, &[], Err("“true” is no number"), Some(true))]
    #[case::a_truth_as_text(
        "{\"member\":\"False\"}",
        Some("False"), &["False"], Err("“False” is no number"), Some(false)
    )]
    #[case::a_list(
        "{\"member\":[\"a\",1.0,null,[\"b\"],\"\"]}",
        None, &["a", "1.0"], Err("“[\"a\",1.0,null,[\"b\"],\"\"]” is no number"), None
    )]
    #[case::an_empty_list("{\"member\":[]}", None, &[], Err("“[]” is no number"), None)]
    #[case::a_record(
        "{\"member\":{\"a\":{\"b\":1.0},\"c\":2}}",
        None, &[], Err("“{\"a\":{\"b\":1.0},\"c\":2}” is no number"), None
    )]
    #[case::an_empty_record("{\"member\":{}}", None, &[], Err("“{}” is no number"), None)]
    fn a_member_may_be_of_any_kind(
        #[case] json: &str,
        #[case] text: Option<&str>,
        #[case] texts: &[&str],
        #[case] number: Result<Option<&str>, &str>,
        #[case] truth: Option<bool>,
    ) {
        let whole: Holder = serde_json::from_str(json).expect("any kind will do");
        let arriving = serde_json::from_reader(json.as_bytes()).expect("any kind will do");
        let value: Value = serde_json::from_str(json).expect("a value");
        let understood = serde_json::from_value(value).expect("any kind will do");
        for Holder { member } in [whole, arriving, understood] {
            assert_eq!(member.text().as_deref(), text);
            let decimal = member.decimal().map(|number| number.map(|number| number.to_string()));
            assert_eq!(decimal, number.map(|one| one.map(str::to_owned)).map_err(str::to_owned));
            assert_eq!(member.truth(), truth);
            assert_eq!(member.clone().into_text().as_deref(), text);
            assert_eq!(member.into_texts(), texts);
        }
    }

    #[rstest]
    #[case::a_text("\" Azure plan \"", true)]
    #[case::a_text_with_an_escape("\"Azure \\u0041\"", false)]
    #[case::a_number("1.50", false)]
    #[case::a_list("[\"a\"]", false)]
    #[case::null("null", false)]
    fn a_member_whose_text_is_lent_is_read_like_any_other(#[case] json: &str, #[case] lent: bool) {
        let member: LooseOf<Cow<'_, str>> = serde_json::from_str(json).expect("any kind will do");
        let own: Loose = serde_json::from_str(json).expect("any kind will do");
        assert_eq!(matches!(member, LooseOf::Text(Cow::Borrowed(_))), lent);
        assert_eq!((member.text(), member.decimal()), (own.text(), own.decimal()));
        assert_eq!(member.into_texts(), own.into_texts());
    }

    #[rstest]
    #[case::with_a_power("1e2", Ok(Some("100")))]
    #[case::absurdly_large("1e20", Err("is absurdly large"))]
    fn a_number_may_be_written_otherwise(
        #[case] number: &str,
        #[case] read: Result<Option<&str>, &str>,
    ) {
        let json = format!("{{\"member\":{number}}}");
        let holder: Holder = serde_json::from_str(&json).expect("a number");
        match (holder.member.decimal(), read) {
            (Ok(number), Ok(read)) => {
                assert_eq!(number.map(|one| one.to_string()).as_deref(), read);
            }
            (Err(why), Err(read)) => assert!(why.ends_with(read), "{why}"),
            (number, _) => panic!("{number:?}"),
        }
    }

    #[rstest]
    #[case::a_text_that_does_not_end("{\"member\":\"a}")]
    #[case::no_number("{\"member\":1.}")]
    #[case::no_word("{\"member\":nul}")]
    #[case::a_list_that_does_not_end("{\"member\":[1,}")]
    fn what_is_no_json_is_no_member(#[case] json: &str) {
        assert!(serde_json::from_str::<Holder>(json).is_err());
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Record {
        name: String,
    }

    fn read(list: &str) -> Result<Vec<Result<Record, String>>, String> {
        let mut rows = Vec::new();
        for_each_row(list.as_bytes(), RowParts::All, |row| rows.push(row)).map(|()| rows)
    }

    #[rstest]
    #[case::null("null", &[])]
    #[case::behind_a_byte_order_mark("\u{feff}[{\"name\":\"a\"}]", &["a"])]
    #[case::several("[{\"name\":\"a\"}, {\"name\":\"b\"}] ", &["a", "b"])]
    fn a_list_is_read_row_by_row(#[case] list: &str, #[case] expected: &[&str]) {
        let rows: Result<Vec<Record>, _> = read(list).expect("a list").into_iter().collect();
        let names: Vec<_> = rows.expect("records").into_iter().map(|row| row.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_row_that_is_odd_costs_no_other() {
        let rows =
            read("[{\"name\":\"a\"}, 7, {\"name\":1.50}, {\"name\":\"b\"}]").expect("a list");
        let good = rows.iter().flatten().count();
        assert_eq!((rows.len(), good), (4, 2), "{rows:?}");
    }

    #[test]
    fn rows_within_rows_end_somewhere() {
        #[derive(Debug, Deserialize)]
        struct Nested {
            #[serde(default)]
            rows: LooseRows<Nested>,
        }
        let nested =
            |depth: usize| format!("[{}{}]", "{\"rows\":[".repeat(depth), "]}".repeat(depth));
        let read = |depth: usize| {
            let mut all = Vec::<Result<Nested, String>>::new();
            for_each_row(nested(depth).as_bytes(), RowParts::All, |row| all.push(row))
                .expect("a list");
            all.pop().expect("a row")
        };
        assert!(read(DEEPEST / 2).is_ok_and(|row| row.rows.all.len() == 1));
        assert!(read(100_000).is_err_and(|why| why.contains("too many")));
    }

    #[rstest]
    #[case::a_number("7.50", "“7.50” is no list")]
    #[case::a_text("\"none\"", "“\"none\"” is no list")]
    #[case::an_object("{\"a\":[]}", "“{\"a\":[]}” is no list")]
    #[case::cut_off("[{\"name\":\"a\"}, {", "EOF")]
    #[case::followed_by_something("[] []", "something follows")]
    fn what_is_no_list_is_said(#[case] list: &str, #[case] why: &str) {
        let error = read(list).expect_err("no list");
        assert!(error.contains(why), "{error}");
        let whole: Result<LooseRows<Record>, _> = serde_json::from_str(list);
        assert!(
            whole.is_ok_and(|rows| rows.fault.is_some_and(|fault| fault.contains(why)))
                || why == "EOF"
                || why.starts_with("something")
        );
    }
}
