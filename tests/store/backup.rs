//! Backup of a living store, and its restoration.

use std::path::{Path, PathBuf};

use prism_connect::files::Existing;

use rstest::rstest;

use super::{
    Batch, Key, Migration, NOTES, NUMBERS, Place, Rewrite, Store, StoreError, all, folder,
    in_memory, on_disk, put, sound, wait,
};

fn filled(store: Store) -> Store {
    let mut batch = Batch::new();
    for number in 0..2_300_u64 {
        batch.put(NUMBERS, &Key::new().text("ü\0").number(number), &number);
    }
    batch.put(NOTES, &Key::new().text("large"), &"a \"line\"\n".repeat(3_000));
    wait(store.commit(batch)).unwrap();
    store
}

fn backed_up(dir: &Path) -> (Store, PathBuf) {
    backed_up_of(Store::open(&dir.join("data")).unwrap(), dir)
}

fn backed_up_of(store: Store, dir: &Path) -> (Store, PathBuf) {
    let store = filled(store);
    let file = dir.join("backup.jsonl");
    let report = wait(store.backup(file.clone(), Existing::Kept)).unwrap();
    assert_eq!(report.values, 2_301);
    assert_eq!(report.bytes, std::fs::metadata(&file).unwrap().len());
    (store, file)
}

#[rstest]
fn a_restored_backup_equals_the_store_it_was_made_of(
    #[values(on_disk(), in_memory())] place: Place,
) {
    let (store, file) = backed_up_of(place.open(), place.path());
    let elsewhere = place.path().join("elsewhere");
    let report = Store::restore(&file, &elsewhere).unwrap();
    assert_eq!((report.values, report.replaced), (2_301, None));
    let restored = Store::open(&elsewhere).unwrap();
    assert_eq!(restored.installation(), store.installation());
    assert_eq!(all(&restored, NUMBERS), all(&store, NUMBERS));
    assert_eq!(all(&restored, NOTES), all(&store, NOTES));
    assert_eq!(sound(&restored).values, 2_301);
}

#[rstest]
fn a_backup_is_taken_while_others_write(#[values(on_disk(), in_memory())] place: Place) {
    let store = filled(place.open());
    let file = place.path().join("backup.jsonl");
    let work = async {
        let write = async {
            for number in 0..50_u64 {
                let mut batch = Batch::new();
                batch.put(NUMBERS, &Key::new().text("late").number(number), &number);
                store.commit(batch).await.unwrap();
            }
        };
        tokio::join!(write, store.backup(file.clone(), Existing::Kept)).1
    };
    let report = wait(work).unwrap();
    assert!((2_301..=2_351).contains(&report.values));
    let elsewhere = place.path().join("elsewhere");
    assert_eq!(Store::restore(&file, &elsewhere).unwrap().values, report.values);
}

#[test]
fn what_a_restore_replaces_is_kept_beside_it() {
    let dir = folder();
    let (store, file) = backed_up(dir.path());
    let data = dir.path().join("data");
    put(&store, NUMBERS, &Key::new().text("later"), &1);
    let held = Store::restore(&file, &data).unwrap_err();
    assert!(matches!(held, StoreError::Held { .. }), "{held}");
    drop(store);
    let report = Store::restore(&file, &data).unwrap();
    assert!(report.replaced.unwrap().join("sled/db").exists());
    let store = Store::open(&data).unwrap();
    assert_eq!(wait(store.get(NUMBERS, Key::new().text("later"))).unwrap(), None);
    assert_eq!(sound(&store).values, 2_301);
}

#[test]
fn a_spoiled_backup_is_refused_and_changes_nothing() {
    let dir = folder();
    let (store, file) = backed_up(dir.path());
    drop(store);
    let whole = std::fs::read(&file).unwrap();
    let data = dir.path().join("data");
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..40 {
        let mut bytes = whole.clone();
        let at = random.usize(..bytes.len());
        match round % 4 {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => drop(bytes.drain(at..(at + 40).min(whole.len()))),
            _ => bytes.extend_from_slice(b"{}\n"),
        }
        std::fs::write(&file, &bytes).unwrap();
        let error = Store::restore(&file, &data).unwrap_err();
        assert!(error.to_string().contains("backup.jsonl"), "{error}");
    }
    let store = Store::open(&data).unwrap();
    assert_eq!(sound(&store).values, 2_301);
}

/// A step that this program does not know.
static NEWER: [Migration; 1] = [Migration { to: 3, rewrite: |_, _, _| Ok(Rewrite::Keep) }];

#[rstest]
fn a_backup_of_a_newer_version_is_refused(#[values(on_disk(), in_memory())] place: Place) {
    drop(filled(place.open()));
    let store = place.try_open(&NEWER).unwrap();
    let file = place.path().join("backup.jsonl");
    wait(store.backup(file.clone(), Existing::Kept)).unwrap();
    let error = Store::restore(&file, &place.path().join("elsewhere")).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 3, known: 2, .. }), "{error}");
}

#[test]
fn a_restore_that_was_cut_off_between_its_renames_is_finished() {
    let dir = folder();
    let store = filled(Store::open(dir.path()).unwrap());
    drop(store);
    let (store, ready) = (dir.path().join("store"), dir.path().join("store.restored"));
    std::fs::rename(&store, &ready).unwrap();
    assert_eq!(sound(&Store::open(dir.path()).unwrap()).values, 2_301);
    assert!(!ready.exists());
}

#[rstest]
fn a_backup_that_cannot_be_written_names_its_file(#[values(on_disk(), in_memory())] place: Place) {
    let store = filled(place.open());
    let file = place.path().join("not there/backup.jsonl");
    let error = wait(store.backup(file, Existing::Kept)).unwrap_err();
    assert!(error.to_string().contains("not there"), "{error}");
    sound(&store);
}
