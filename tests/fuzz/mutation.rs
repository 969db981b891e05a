//! Good input turned bad: members replaced, left out and doubled, text cut and spoiled.

use std::{fs, path::PathBuf};

use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use serde_json::{Value, json};

/// How many cases, and where what failed is kept: beside the file with the test.
pub fn config(cases: u32) -> Config {
    let asked = std::env::var("FUZZ_CASES").ok().and_then(|text| text.parse().ok());
    Config {
        cases: asked.unwrap_or(cases),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

/// The files of one folder of the corpus.
pub fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(folder);
    let files = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let mut read: Vec<_> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    read.sort();
    assert!(!read.is_empty(), "{folder} has files");
    read
}

/// What a member may be instead.
fn nasty() -> impl Strategy<Value = Value> {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    prop_oneof![
        prop::sample::select(vec![
            Value::Null,
            json!(true),
            json!([]),
            json!({}),
            json!([[[[{"a": [null]}]]]]),
            json!(""),
            json!(" "),
            number("1e999999999"),
            number("-1e-999999999"),
            number("99999999999999999999999999999999999999999999"),
            number("0.0000000000000000000000000000000001"),
            number("-0"),
            number("9223372036854775808"),
            json!("79228162514264337593543950335"),
            json!("1e28"),
            json!("NaN"),
            json!("+262142-12-31T00:00:00Z"),
            json!("-0001-01-01T00:00:00+00:00"),
            json!("0001-01-01T00:00:00"),
            json!("2026-02-30T00:00:00Z"),
            json!("2026-09-01T24:61:61.99999999999Z"),
            json!("2026-09-01T00:00:00+99:99"),
            json!("\u{1b}[31m\u{202e}\u{0}\u{feff}"),
            json!("../../etc/passwd"),
            json!("=cmd|' /C calc'!A0"),
            json!("x".repeat(70_000)),
        ]),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[-+0-9eE.TZ: ]{0,40}".prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ]
}

/// A change to one place of a JSON value.
#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Double,
}

fn change() -> impl Strategy<Value = (prop::sample::Index, Change)> {
    let change = prop_oneof![
        6 => nasty().prop_map(Change::Replace),
        1 => Just(Change::Remove),
        1 => Just(Change::Double),
    ];
    (any::<prop::sample::Index>(), change)
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Carries the change out at the place with this number; what is left of the number goes back.
fn at(value: &mut Value, mut place: usize, change: &Change) -> Option<usize> {
    if place == 0 {
        *value = match change {
            Change::Replace(other) => other.clone(),
            Change::Remove => Value::Null,
            Change::Double => json!([value.clone(), value.clone()]),
        };
        return None;
    }
    place -= 1;
    match value {
        Value::Array(items) => {
            for index in 0..items.len() {
                if place == 0 && matches!(change, Change::Remove | Change::Double) {
                    match change {
                        Change::Remove => drop(items.remove(index)),
                        _ => items.insert(index, items[index].clone()),
                    }
                    return None;
                }
                place = at(&mut items[index], place, change)?;
            }
        }
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                if place == 0 && matches!(change, Change::Remove) {
                    members.remove(&name);
                    return None;
                }
                place = at(members.get_mut(&name).unwrap(), place, change)?;
            }
        }
        _ => {}
    }
    Some(place)
}

/// The value with up to six changes.
pub fn spoiled(good: Value) -> impl Strategy<Value = Value> {
    prop::collection::vec(change(), 0..6).prop_map(move |changes| {
        let mut value = good.clone();
        for (place, change) in changes {
            let places = count(&value);
            at(&mut value, place.index(places), &change);
        }
        value
    })
}

/// The bytes cut, or with some of them replaced, inserted or taken out.
pub fn torn(good: Vec<u8>) -> impl Strategy<Value = Bytes> {
    let splinter = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        prop::sample::select(vec![
            b"\"".to_vec(),
            b"\n".to_vec(),
            b"\r".to_vec(),
            b",".to_vec(),
            b"\xff\xfe".to_vec(),
            b"\0".to_vec(),
            b"{[".to_vec(),
            b"\\u0000".to_vec(),
            b"1e400".to_vec(),
        ]),
    ];
    let edit = (any::<prop::sample::Index>(), 0..9_usize, splinter);
    let edits = prop::collection::vec(edit, 0..5);
    (edits, prop::option::weighted(0.3, any::<prop::sample::Index>())).prop_map(
        move |(edits, cut)| {
            let mut bytes = good.clone();
            for (place, taken, put) in edits {
                let start = place.index(bytes.len() + 1);
                let end = (start + taken).min(bytes.len());
                bytes.splice(start..end, put);
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len() + 1));
            }
            Bytes(bytes)
        },
    )
}

/// Bytes that are shown as text, and not all of them.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        write!(f, "{:?} ({} bytes)", text.chars().take(2_000).collect::<String>(), self.0.len())
    }
}

/// A good answer spoiled as a value, torn as bytes, or nothing like one.
pub fn hostile(good: Value) -> impl Strategy<Value = Bytes> {
    let bytes = good.to_string().into_bytes();
    prop_oneof![
        6 => spoiled(good).prop_map(|value| Bytes(value.to_string().into_bytes())),
        3 => torn(bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes),
    ]
}
