//! The store: what it keeps, and what it says about everything that happens to its files.

#![expect(clippy::unwrap_used, reason = "a test may panic in its helpers, too")]

use std::path::Path;

use place::{Place, in_memory, on_disk};
use prism_connect::store::{
    Batch, Key, Migration, Options, Rewrite, Store, StoreError, StoreReport, Table,
};
use proptest::prelude::*;
use rstest::rstest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[path = "store/backup.rs"]
mod backup;
#[path = "store/child.rs"]
mod child;
#[path = "store/place.rs"]
mod place;
#[path = "store/power_cut.rs"]
mod power_cut;
#[path = "store/torture.rs"]
mod torture;

const NOTES: Table<String> = Table::new("notes");
const NUMBERS: Table<u64> = Table::new("numbers");
const ANYTHING: Table<Value> = Table::new("anything");

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put<T: Serialize>(store: &Store, table: Table<T>, key: &Key, value: &T) {
    let mut batch = Batch::new();
    batch.put(table, key, value);
    wait(store.commit(batch)).unwrap();
}

fn remove<T>(store: &Store, table: Table<T>, key: &Key) {
    let mut batch = Batch::new();
    batch.remove(table, key);
    wait(store.commit(batch)).unwrap();
}

fn all<T: serde::de::DeserializeOwned + Send + 'static>(
    store: &Store,
    table: Table<T>,
) -> Vec<(Key, T)> {
    wait(store.scan(table, Key::new())).unwrap()
}

fn sound(store: &Store) -> StoreReport {
    let report = wait(store.verify()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    report
}

fn blob_files(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("store/sled/blobs")).map_or(0, Iterator::count)
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Signed(i64),
    Text(String),
}

fn key_of(parts: &[Part]) -> Key {
    parts.iter().fold(Key::new(), |key, part| match part {
        Part::Number(number) => key.number(*number),
        Part::Signed(number) => key.signed(*number),
        Part::Text(text) => key.text(text),
    })
}

fn shape() -> impl Strategy<Value = (Vec<Part>, Vec<Part>)> {
    let text = || "[\u{0}\u{1}a\u{7f}ÿ\u{10ffff}]{0,4}";
    let pair = prop_oneof![
        (any::<u64>(), any::<u64>()).prop_map(|(a, b)| (Part::Number(a), Part::Number(b))),
        (0..3_u64, 0..3_u64).prop_map(|(a, b)| (Part::Number(a), Part::Number(b))),
        (-2..2_i64, any::<i64>()).prop_map(|(a, b)| (Part::Signed(a), Part::Signed(b))),
        (text(), text()).prop_map(|(a, b)| (Part::Text(a), Part::Text(b))),
    ];
    prop::collection::vec(pair, 1..4).prop_map(|pairs| pairs.into_iter().unzip())
}

proptest! {
    #[test]
    fn keys_sort_as_their_parts_do((left, right) in shape()) {
        prop_assert_eq!(key_of(&left).cmp(&key_of(&right)), left.cmp(&right));
    }

    #[test]
    fn a_key_gives_its_parts_back((parts, _) in shape()) {
        let key = key_of(&parts);
        let mut read = key.parts();
        for part in parts {
            let back = match part {
                Part::Number(_) => read.number().map(Part::Number),
                Part::Signed(_) => read.signed().map(Part::Signed),
                Part::Text(_) => read.text().map(Part::Text),
            };
            prop_assert_eq!(back, Some(part));
        }
        prop_assert!(read.is_empty());
        prop_assert_eq!(read.number(), None);
    }

    #[test]
    fn no_key_lies_between_a_key_and_the_one_after((left, right) in shape()) {
        let (left, right) = (key_of(&left), key_of(&right));
        prop_assert_eq!(right > left, right >= left.clone().after());
    }
}

#[rstest]
fn what_was_committed_is_there_after_opening_again(#[values(on_disk(), in_memory())] place: Place) {
    let store = place.open();
    let installation = store.installation();
    put(&store, NOTES, &Key::new().text("a"), &"first".to_owned());
    drop(store);

    let store = place.open();
    let found = wait(store.get(NOTES, Key::new().text("a"))).unwrap();
    assert_eq!(found.as_deref(), Some("first"));
    assert_eq!(wait(store.get(NOTES, Key::new().text("b"))).unwrap(), None);
    assert_eq!(store.installation(), installation);
    assert_eq!(sound(&store).values, 1);
}

#[rstest]
fn a_removed_value_is_gone_and_not_counted(#[values(on_disk(), in_memory())] place: Place) {
    let store = place.open();
    put(&store, NUMBERS, &Key::new().number(1), &1);
    put(&store, NUMBERS, &Key::new().number(2), &2);
    remove(&store, NUMBERS, &Key::new().number(1));
    remove(&store, NUMBERS, &Key::new().number(9));
    assert_eq!(all(&store, NUMBERS), [(Key::new().number(2), 2)]);
    assert_eq!(sound(&store).tables.into_iter().collect::<Vec<_>>(), [("numbers".to_owned(), 1)]);
}

#[rstest]
fn of_several_writes_to_one_key_the_last_one_counts(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let store = place.open();
    let mut batch = Batch::new();
    let key = Key::new().number(1);
    batch.put(NUMBERS, &key, &1);
    batch.remove(NUMBERS, &key);
    let mut later = Batch::new();
    later.put(NUMBERS, &key, &3);
    batch.extend(later);
    assert_eq!(batch.len(), 1);
    wait(store.commit(batch)).unwrap();
    assert_eq!(all(&store, NUMBERS), [(key, 3)]);
}

#[rstest]
fn tables_and_prefixes_do_not_mix(#[values(on_disk(), in_memory())] place: Place) {
    let store = place.open();
    let other: Table<u64> = Table::new("numbers2");
    for (customer, month) in [("a", 1), ("a", 2), ("ab", 1), ("b", 1)] {
        put(&store, NUMBERS, &Key::new().text(customer).number(month), &month);
        put(&store, other, &Key::new().text(customer).number(month), &99);
    }
    let of_a = wait(store.scan(NUMBERS, Key::new().text("a"))).unwrap();
    assert_eq!(of_a.iter().map(|(_, month)| *month).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(wait(store.count(NUMBERS, Key::new().text("a"))).unwrap(), 2);
    assert_eq!(wait(store.count(NUMBERS, Key::new())).unwrap(), 4);
}

#[rstest]
fn scans_go_up_back_and_page_by_page(#[values(on_disk(), in_memory())] place: Place) {
    let store = place.open();
    let mut batch = Batch::new();
    for number in [300, 2, 1, 256, 255] {
        batch.put(NUMBERS, &Key::new().text("x").number(number), &number);
    }
    batch.put(NUMBERS, &Key::new().text("y").number(0), &0);
    wait(store.commit(batch)).unwrap();
    let prefix = || Key::new().text("x");
    let values = |rows: Vec<(Key, u64)>| rows.into_iter().map(|(_, v)| v).collect::<Vec<_>>();

    assert_eq!(values(wait(store.scan(NUMBERS, prefix())).unwrap()), [1, 2, 255, 256, 300]);
    assert_eq!(values(wait(store.scan_back(NUMBERS, prefix(), 2)).unwrap()), [300, 256]);
    let page = wait(store.scan_from(NUMBERS, prefix(), prefix(), 2)).unwrap();
    let next = page[1].0.clone().after();
    assert_eq!(values(page), [1, 2]);
    let page = wait(store.scan_from(NUMBERS, prefix(), next, 10)).unwrap();
    let mut parts = page[0].0.parts();
    assert_eq!((parts.text(), parts.number()), (Some("x".to_owned()), Some(255)));
    assert_eq!(values(page), [255, 256, 300]);
}

#[rstest]
fn a_large_value_is_split_and_comes_back(
    #[values(0, 1, 4_089, 4_090, 4_091, 8_182, 8_183, 40_000, 300_000)] length: usize,
    #[values(on_disk(), in_memory())] place: Place,
) {
    let key = Key::new().text("large");
    let text = "ü7".repeat(length / 3 + 1)[..length - length % 3].to_owned();
    let store = place.open();
    put(&store, NOTES, &key, &text);
    drop(store);
    let store = place.open();
    assert_eq!(all(&store, NOTES), [(key, text)]);
    assert_eq!(sound(&store).values, 1);
    assert_eq!(blob_files(place.path()), 0);
}

#[rstest]
#[case(20_000, 5_000)]
#[case(5_000, 20_000)]
#[case(20_000, 10)]
#[case(10, 20_000)]
fn an_overwritten_large_value_leaves_no_part_behind(
    #[case] before: usize,
    #[case] after: usize,
    #[values(on_disk(), in_memory())] place: Place,
) {
    let store = place.open();
    let key = Key::new().text("large");
    put(&store, NOTES, &key, &"a".repeat(before));
    put(&store, NOTES, &key, &"b".repeat(after));
    assert_eq!(all(&store, NOTES), [(key.clone(), "b".repeat(after))]);
    assert_eq!(sound(&store).values, 1);
    remove(&store, NOTES, &key);
    assert_eq!(all(&store, NOTES), []);
    assert_eq!(sound(&store).values, 0);
}

#[test]
fn many_large_overwrites_make_no_files_beside_the_database() {
    let dir = folder();
    let store = Store::open(dir.path()).unwrap();
    for round in 0..30_u8 {
        let mut batch = Batch::new();
        for number in 0..4 {
            let text = char::from(b'a' + round % 26).to_string().repeat(60_000);
            batch.put(NOTES, &Key::new().number(number), &text);
        }
        wait(store.commit(batch)).unwrap();
    }
    assert_eq!(sound(&store).values, 4);
    assert_eq!(blob_files(dir.path()), 0);
}

#[rstest]
fn a_value_that_cannot_be_written_makes_its_batch_fail_whole(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let store = place.open();
    let unwritable: Table<std::collections::BTreeMap<(u8, u8), u8>> = Table::new("odd");
    let mut batch = Batch::new();
    batch.put(NUMBERS, &Key::new().number(1), &1);
    batch.put(unwritable, &Key::new(), &[((1, 2), 3)].into());
    let error = wait(store.commit(batch)).unwrap_err();
    assert!(matches!(&error, StoreError::Other(what) if what.contains("odd")), "{error}");
    assert_eq!(all(&store, NUMBERS), []);

    let mut batch = Batch::new();
    batch.put(NUMBERS, &Key::new().text(&"k".repeat(2_000)), &1);
    assert!(wait(store.commit(batch)).is_err());
    put(&store, NUMBERS, &Key::new().number(1), &1);
}

#[rstest]
fn a_value_of_another_shape_is_an_error_that_names_table_and_key(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let store = place.open();
    put(&store, ANYTHING, &Key::new().text("k"), &json!("text"));
    let as_number: Table<u64> = Table::new("anything");
    let error = wait(store.get(as_number, Key::new().text("k"))).unwrap_err();
    assert!(error.to_string().contains("table anything, key k"), "{error}");
    assert!(wait(store.scan(as_number, Key::new())).is_err());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Count { number: u64, signed: i64, amount: rust_decimal::Decimal },
}

#[rstest]
fn numbers_in_tagged_values_come_back_exact(#[values(on_disk(), in_memory())] place: Place) {
    let store = place.open();
    let table: Table<Tagged> = Table::new("tagged");
    let amount = "12345678901234567890.0123456".parse().unwrap();
    let value = Tagged::Count { number: u64::MAX, signed: i64::MIN, amount };
    put(&store, table, &Key::new(), &value);
    assert_eq!(all(&store, table), [(Key::new(), value)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn commits_of_many_tasks_at_once_are_all_there(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let store = place.open();
    let write = |task: u64| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..20 {
                let mut batch = Batch::new();
                batch.put(NUMBERS, &Key::new().number(task).number(number), &number);
                batch.put(NUMBERS, &Key::new().number(1_000), &task);
                store.commit(batch).await.unwrap();
                let own = store.count(NUMBERS, Key::new().number(task)).await.unwrap();
                assert_eq!(own, number + 1, "a commit is there as soon as it is confirmed");
            }
        })
    };
    for task in (0..50).map(write).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let report = store.verify().await.unwrap();
    assert_eq!((report.values, report.problems), (1_001, vec![]));
    assert_eq!(report.noted, Some(report.commit));
    assert!(report.commit <= 1_001, "{} commits were not grouped", report.commit);
}

#[rstest]
#[tokio::test]
async fn a_closed_store_gives_its_directory_back_and_refuses_its_clones(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let store = place.open();
    let clone = store.clone();
    store.close().await;
    let late = clone.count(NUMBERS, Key::new()).await;
    assert!(matches!(late, Err(StoreError::Other(_))), "{late:?}");
    drop(clone);
    place.open();
}

#[test]
fn a_second_opening_says_which_process_holds_the_store() {
    let dir = folder();
    let store = Store::open(dir.path()).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    let pid = Some(std::process::id());
    assert_eq!(error, StoreError::Held { dir: dir.path().display().to_string(), pid });
    let other = child::output("open", dir.path());
    assert!(other.contains(&format!("(process {})", std::process::id())), "{other}");
    drop(store);
    assert!(child::output("open", dir.path()).contains("opened"));
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let dir = folder();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("data")).unwrap_err();
    assert!(matches!(&error, StoreError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");

    let shut = child::in_read_only_folder(dir.path());
    assert!(shut.contains("cannot be written"), "{shut}");
}

#[test]
fn with_little_space_left_nothing_is_written_and_reading_goes_on() {
    let dir = folder();
    let store = Store::open(dir.path()).unwrap();
    put(&store, NUMBERS, &Key::new().number(1), &1);
    drop(store);
    let options = Options { least_free_bytes: u64::MAX, ..Options::default() };
    let store = Store::open_with(dir.path(), options).unwrap();
    let mut batch = Batch::new();
    batch.put(NUMBERS, &Key::new().number(2), &2);
    let error = wait(store.commit(batch)).unwrap_err();
    assert!(matches!(error, StoreError::LowSpace { .. }), "{error}");
    assert_eq!(all(&store, NUMBERS), [(Key::new().number(1), 1)]);
    drop(store);
    put(&Store::open(dir.path()).unwrap(), NUMBERS, &Key::new().number(2), &2);
}

#[test]
fn after_a_full_disk_all_commits_are_refused_until_it_is_opened_again() {
    let dir = folder();
    let options = Options { fail_after_bytes: Some(100), ..Options::default() };
    let store = Store::open_with(dir.path(), options).unwrap();
    let write = |number: u64, text: &str| {
        let mut batch = Batch::new();
        batch.put(NOTES, &Key::new().number(number), &text.to_owned());
        wait(store.commit(batch))
    };
    // The store's own first records count, too.
    let confirmed: Vec<u64> = (0..40).take_while(|number| write(*number, "x").is_ok()).collect();
    assert!(confirmed.len() < 20);
    let full = StoreError::Full { dir: dir.path().display().to_string() };
    assert_eq!(write(100, "much too long for what is left").unwrap_err(), full);
    assert_eq!(write(101, "").unwrap_err(), full);
    assert!(all(&store, NOTES).len() >= confirmed.len());
    drop(store);

    let store = Store::open(dir.path()).unwrap();
    let there = all(&store, NOTES);
    for number in confirmed {
        assert!(there.contains(&(Key::new().number(number), "x".to_owned())));
    }
    put(&store, NOTES, &Key::new().number(200), &"again".to_owned());
    sound(&store);
}

#[expect(clippy::unnecessary_wraps, reason = "a migration may fail")]
fn to_object(table: &str, _: &Key, value: Value) -> Result<Rewrite, String> {
    Ok(match value {
        Value::Number(number) if table == "numbers" => {
            Rewrite::Replace(json!({ "number": number }))
        }
        Value::String(text) if text == "old" => Rewrite::Remove,
        _ => Rewrite::Keep,
    })
}

fn fails_at_the_end(table: &str, key: &Key, value: Value) -> Result<Rewrite, String> {
    if key.parts().number() == Some(2_499) {
        return Err("not this one".to_owned());
    }
    to_object(table, key, value)
}

fn an_older_store(place: &Place) {
    let store = place.try_open(&FIRST).unwrap();
    let mut batch = Batch::new();
    for number in 0..2_500 {
        batch.put(NUMBERS, &Key::new().number(number), &number);
    }
    batch.put(NOTES, &Key::new().number(1), &"old".to_owned());
    batch.put(NOTES, &Key::new().number(2), &"new".to_owned());
    wait(store.commit(batch)).unwrap();
}

/// The schema that no migration has changed.
static FIRST: [Migration; 0] = [];
static TO_OBJECTS: [Migration; 1] = [Migration { to: 2, rewrite: to_object }];
static FAILING: [Migration; 1] = [Migration { to: 2, rewrite: fails_at_the_end }];

#[rstest]
fn an_older_schema_is_brought_up_to_date_after_a_backup(
    #[values(on_disk(), in_memory())] place: Place,
) {
    an_older_store(&place);
    for _ in 0..2 {
        let store = place.try_open(&TO_OBJECTS).unwrap();
        let numbers: Table<Value> = Table::new("numbers");
        let rows = all(&store, numbers);
        assert_eq!(rows.len(), 2_500);
        assert!(rows.iter().zip(0..).all(|((_, value), n)| value == &json!({ "number": n })));
        assert_eq!(all(&store, NOTES), [(Key::new().number(2), "new".to_owned())]);
        assert_eq!(sound(&store).schema, 2);
    }
    assert_eq!(std::fs::read_dir(place.path().join("backups")).unwrap().count(), 1);
}

#[rstest]
fn a_migration_that_was_cut_off_is_finished_by_the_next_opening(
    #[values(on_disk(), in_memory())] place: Place,
) {
    an_older_store(&place);
    let error = place.try_open(&FAILING).unwrap_err();
    assert!(error.to_string().contains("not this one"), "{error}");
    let store = place.try_open(&TO_OBJECTS).unwrap();
    assert_eq!(sound(&store).values, 2_501);
    let numbers: Table<Value> = Table::new("numbers");
    assert!(all(&store, numbers).iter().all(|(_, value)| value.is_object()));
}

#[rstest]
fn a_store_of_a_newer_version_is_left_alone(#[values(on_disk(), in_memory())] place: Place) {
    an_older_store(&place);
    drop(place.try_open(&TO_OBJECTS).unwrap());
    let error = place.try_open(&FIRST).unwrap_err();
    let dir_text = place.path().display().to_string();
    assert_eq!(error, StoreError::Newer { dir: dir_text, found: 2, known: 1 });
    drop(place.try_open(&TO_OBJECTS).unwrap());
}

#[rstest]
fn taken_days_are_found_in_the_journal_from_schema_2_on(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let (journal, shifted): (Table<Value>, Table<()>) =
        (Table::new("journal"), Table::new("journal_shifted"));
    let taken: Table<Value> = Table::new("taken_days");
    let write = |result: Value| json!({ "number": 1, "result": result });
    let refused = |code: &str| write(json!({ "is": "refused", "finding": { "code": code } }));
    let store = place.try_open(&FIRST).unwrap();
    put(&store, journal, &Key::new().number(1), &refused("same_day"));
    put(&store, journal, &Key::new().number(2), &refused("locked"));
    put(&store, journal, &Key::new().number(3), &write(json!({ "is": "written", "id": 7 })));
    put(&store, journal, &Key::new().number(4), &write(Value::Null));
    put(&store, shifted, &Key::new().number(3), &());
    put(&store, taken, &Key::new().number(9), &json!(["2025-09-15"]));
    drop(store);

    let store = place.open();
    assert_eq!(all(&store, shifted), [(Key::new().number(1), ()), (Key::new().number(3), ())]);
    assert_eq!(all(&store, taken), []);
    assert_eq!(all(&store, journal).len(), 4);
    assert_eq!(all(&store, journal)[0].1, refused("same_day"));
    assert_eq!(sound(&store).schema, 2);
}

#[test]
fn one_file_of_the_room_knows_which_database_it_is() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/base/store");
    let files = std::fs::read_dir(room).unwrap().map(|file| file.unwrap().path());
    let naming = files.filter(|file| std::fs::read_to_string(file).unwrap().contains("sled::"));
    let names: Vec<_> = naming.map(|file| file.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["disk.rs"]);
}

/// What follows from the contents of a store is not worked out again for as long as nothing is written.
mod derived {
    use super::*;

    fn keep(store: &Store, value: &str) {
        let last = wait(store.last_commit()).unwrap();
        wait(store.keep(NOTES, Key::new().text("shown"), &value.to_owned(), last)).unwrap();
    }

    fn kept(store: &Store) -> Option<String> {
        wait(store.kept(NOTES, Key::new().text("shown"))).unwrap()
    }

    #[test]
    fn it_holds_until_the_next_commit_also_in_another_process() {
        let dir = folder();
        let store = Store::open(dir.path()).unwrap();
        put(&store, NUMBERS, &Key::new(), &1);
        assert_eq!(kept(&store), None);
        keep(&store, "of 1");
        assert_eq!(kept(&store).as_deref(), Some("of 1"));
        wait(store.close());
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(kept(&store).as_deref(), Some("of 1"));
        assert_eq!(sound(&store).values, 1, "it is none of the store's values");
        put(&store, NUMBERS, &Key::new(), &2);
        assert_eq!(kept(&store), None);
    }

    #[test]
    fn what_was_worked_out_before_the_last_commit_is_not_kept() {
        let dir = folder();
        let store = Store::open(dir.path()).unwrap();
        let before = wait(store.last_commit()).unwrap();
        put(&store, NUMBERS, &Key::new(), &1);
        wait(store.keep(NOTES, Key::new().text("shown"), &"of 0".to_owned(), before)).unwrap();
        assert_eq!(kept(&store), None);
    }

    #[test]
    fn whoever_looks_at_a_copy_has_it_too() {
        let dir = folder();
        let store = Store::open(dir.path()).unwrap();
        keep(&store, "whole");
        wait(store.close());
        let copy = Store::open_copy(dir.path()).unwrap();
        assert_eq!(kept(&copy).as_deref(), Some("whole"));
    }

    #[test]
    fn a_spoiled_one_is_as_if_it_were_not_there() {
        let dir = folder();
        let store = Store::open(dir.path()).unwrap();
        keep(&store, "whole");
        let mut files = std::fs::read_dir(dir.path().join("store/derived")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[1] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(kept(&store), None);
        std::fs::write(&file, "short").unwrap();
        assert_eq!(kept(&store), None);
    }

    #[test]
    fn a_restored_store_begins_without() {
        let dir = folder();
        let store = Store::open(dir.path()).unwrap();
        put(&store, NUMBERS, &Key::new(), &1);
        let file = dir.path().join("backup.jsonl");
        wait(store.backup(file.clone(), prism_connect::files::Existing::Kept)).unwrap();
        keep(&store, "of 1");
        wait(store.close());
        Store::restore(&file, dir.path()).unwrap();
        let store = Store::open(dir.path()).unwrap();
        for number in 0..200 {
            assert_eq!(kept(&store), None);
            put(&store, NUMBERS, &Key::new(), &number);
        }
    }
}
