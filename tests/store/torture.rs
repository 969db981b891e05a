//! Killed in the middle, cut short, and flipped: the store opens with everything confirmed, or says so.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Stdio,
};

use prism_connect::store::is_on_its_thread;

use super::{
    Batch, Key, NOTES, NUMBERS, Store, StoreError, Table, all, child, folder, sound, wait,
};

const STEP: Table<u64> = Table::new("step");
/// So few keys that each is overwritten often.
pub const SLOTS: u64 = 60;
/// So many that hardly any is.
pub const NO_SLOT_TWICE: u64 = 1 << 40;

/// What the writes up to a step come to: overwrites and removals of few keys, split values among them,
/// and one new record a step.
pub struct Model {
    slots: u64,
    notes: BTreeMap<Key, String>,
    numbers: BTreeMap<Key, u64>,
}

fn length(step: u64) -> usize {
    usize::try_from(step * 7_919 % 400 + if step.is_multiple_of(13) { 9_000 } else { 0 }).unwrap()
}

impl Model {
    fn new(slots: u64) -> Self {
        Self { slots, notes: BTreeMap::new(), numbers: BTreeMap::new() }
    }

    pub fn at(step: u64, slots: u64) -> Self {
        let mut model = Self::new(slots);
        for step in 1..=step {
            model.take(step, &mut Batch::new());
        }
        model
    }

    /// One step, in the model and in a batch.
    fn take(&mut self, step: u64, batch: &mut Batch) {
        let slot = Key::new().text("slot").number(step * 31 % self.slots);
        let text = format!("{step} {}", "x".repeat(length(step)));
        batch.put(NOTES, &slot, &text);
        self.notes.insert(slot, text);
        let gone = Key::new().text("slot").number(step * 17 % self.slots);
        if step.is_multiple_of(3) {
            batch.remove(NOTES, &gone);
            self.notes.remove(&gone);
        }
        batch.put(NUMBERS, &Key::new().number(step), &step);
        self.numbers.insert(Key::new().number(step), step);
        batch.put(STEP, &Key::new(), &step);
    }

    pub fn is_in(&self, store: &Store) -> bool {
        let same = |there: Vec<(Key, String)>| there.into_iter().eq(self.notes.clone());
        same(all(store, NOTES)) && all(store, NUMBERS).into_iter().eq(self.numbers.clone())
    }
}

pub fn last_step(store: &Store) -> u64 {
    wait(store.get(STEP, Key::new())).unwrap().unwrap_or(0)
}

/// Goes on from the last step for so many, and says which were confirmed. Ends without closing the store.
pub fn churn(dir: &Path, slots: u64, steps: usize) {
    let mut out = std::io::stdout();
    writeln!(out, "opening").unwrap();
    let store = Store::open(dir).unwrap();
    for step in (last_step(&store) + 1..).take(steps) {
        let mut batch = Batch::new();
        Model::new(slots).take(step, &mut batch);
        wait(store.commit(batch)).unwrap();
        writeln!(out, "confirmed {step}").unwrap();
    }
    std::process::exit(0);
}

/// Kills the writing process after so many confirmed steps; 0 is while it opens. The last one confirmed.
fn killed_after(steps: usize, dir: &Path) -> u64 {
    let program = std::env::current_exe().unwrap();
    let mut command = child::command(&program, "churn", dir);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let opening = lines.find(|line| line.ends_with("opening"));
    assert!(opening.is_some(), "the other process did not begin");
    let confirmed = |line: &String| line.strip_prefix("confirmed ")?.parse().ok();
    let before = lines.by_ref().take(steps).filter_map(|line| confirmed(&line)).last();
    child.kill().unwrap();
    let after = lines.filter_map(|line| confirmed(&line)).last();
    child.wait().unwrap();
    after.or(before).unwrap_or(0)
}

/// Kills it 25 times in one directory, at random points, every fourth time while it opens.
fn killed_again_and_again(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let dir = folder();
    let mut confirmed = 0;
    for round in 0..25 {
        let steps = if round % 4 == 0 { 0 } else { random.usize(1..40) };
        confirmed = killed_after(steps, dir.path()).max(confirmed);
        let store = Store::open(dir.path()).unwrap();
        let step = last_step(&store);
        assert!(step >= confirmed, "step {confirmed} was confirmed, {step} is there");
        assert!(Model::at(step, SLOTS).is_in(&store), "step {step} is not there as a whole");
        sound(&store);
    }
    assert!(confirmed > 0);
}

#[test]
fn killed_two_hundred_times_it_opens_with_everything_confirmed() {
    std::thread::scope(|scope| {
        let rounds: Vec<_> =
            (0..8).map(|seed| scope.spawn(move || killed_again_and_again(seed))).collect();
        for round in rounds {
            round.join().unwrap();
        }
    });
}

/// The files of a store that was opened several times and closed after its last commit.
struct Image {
    files: Vec<(PathBuf, Vec<u8>)>,
    step: u64,
}

fn image() -> Image {
    let dir = folder();
    let mut step = 0;
    for _ in 0..3 {
        let store = Store::open(dir.path()).unwrap();
        for _ in 0..70 {
            step += 1;
            let mut batch = Batch::new();
            Model::new(SLOTS).take(step, &mut batch);
            wait(store.commit(batch)).unwrap();
        }
    }
    let mut files = Vec::new();
    for name in ["store/commit.mark", "store/sled/db", "store/sled/conf"] {
        files.push((PathBuf::from(name), std::fs::read(dir.path().join(name)).unwrap()));
    }
    for entry in std::fs::read_dir(dir.path().join("store/sled")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("snap") {
            let bytes = std::fs::read(&path).unwrap();
            files.push((PathBuf::from("store/sled").join(name), bytes));
        }
    }
    Image { files, step }
}

impl Image {
    fn copy(&self, dir: &Path, spoil: impl Fn(&Path, &mut Vec<u8>)) {
        for (path, bytes) in &self.files {
            let mut bytes = bytes.clone();
            spoil(path, &mut bytes);
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// Whether a spoiled copy is intact; if not, it has to say so, in whichever way it is read.
    fn is_intact(&self, spoil: impl Fn(&Path, &mut Vec<u8>)) -> bool {
        let dir = folder();
        self.copy(dir.path(), spoil);
        let store = match Store::open(dir.path()) {
            Ok(store) => store,
            Err(error) => return expected(&error),
        };
        let checked = wait(store.verify());
        let notes = wait(store.scan(NOTES, Key::new()));
        let numbers = wait(store.scan(NUMBERS, Key::new()));
        let (Ok(checked), Ok(notes), Ok(numbers)) = (checked, notes, numbers) else {
            return false;
        };
        let model = Model::at(self.step, SLOTS);
        let same = notes.into_iter().eq(model.notes) && numbers.into_iter().eq(model.numbers);
        assert!(same || !checked.problems.is_empty(), "something was lost without a word");
        same
    }
}

fn expected(error: &StoreError) -> bool {
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    false
}

/// The database panics on some damage; that is answered, and the message of it is of no interest here.
pub fn keep_quiet_about_the_database() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !is_on_its_thread() {
                usual(panic);
            }
        }));
    });
}

const DATABASE: &str = "store/sled/db";

#[test]
fn a_flipped_bit_is_noticed_or_does_no_harm() {
    keep_quiet_about_the_database();
    let image = image();
    let mut random = fastrand::Rng::with_seed(11);
    let mut intact = 0;
    for _ in 0..120 {
        let seed = random.u64(..);
        intact += u32::from(image.is_intact(|path, bytes| {
            let mut random = fastrand::Rng::with_seed(seed);
            if path == Path::new(DATABASE) {
                let at = random.usize(..bytes.len());
                bytes[at] ^= 1 << random.u8(..8);
            }
        }));
    }
    assert!(intact < 120, "no flip hit anything");
}

#[test]
fn a_torn_off_end_is_noticed_or_does_no_harm() {
    keep_quiet_about_the_database();
    let image = image();
    let mut random = fastrand::Rng::with_seed(12);
    let mut intact = 0;
    for _ in 0..120 {
        let seed = random.u64(..);
        intact += u32::from(image.is_intact(|path, bytes| {
            if path == Path::new(DATABASE) {
                bytes.truncate(fastrand::Rng::with_seed(seed).usize(..bytes.len()));
            }
        }));
    }
    assert!(intact < 120, "no cut hit anything");
}

#[test]
fn whatever_file_is_spoiled_nothing_is_lost_without_a_word() {
    keep_quiet_about_the_database();
    let image = image();
    for (spoiled, _) in &image.files {
        for share in [0, 1, 2, 3] {
            image.is_intact(|path, bytes| {
                if path == spoiled {
                    bytes.truncate(bytes.len() * share / 4);
                }
            });
        }
    }
}

#[test]
fn a_database_that_vanished_beside_its_mark_is_noticed() {
    let image = image();
    let dir = folder();
    image.copy(dir.path(), |_, _| {});
    std::fs::remove_dir_all(dir.path().join("store/sled")).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(error.to_string().contains("was acknowledged"), "{error}");
}

#[test]
fn an_unfinished_snapshot_of_a_crash_does_no_harm() {
    let image = image();
    let dir = folder();
    image.copy(dir.path(), |_, _| {});
    let stray = dir.path().join("store/sled/snap.FFFFFFFFFFFFFFFF.generating");
    std::fs::write(&stray, b"").unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(Model::at(image.step, SLOTS).is_in(&store));
    assert!(!stray.exists());
}

#[test]
fn a_snapshot_that_cannot_be_read_is_put_together_from_the_log() {
    keep_quiet_about_the_database();
    let image = image();
    let is_snapshot = |path: &Path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))
    };
    assert!(image.files.iter().any(|(path, _)| is_snapshot(path)), "there is a snapshot");
    for share in [0, 1, 2, 3] {
        let dir = folder();
        image.copy(dir.path(), |path, bytes| {
            if is_snapshot(path) {
                bytes.truncate(bytes.len() * share / 4);
            }
        });
        let store = Store::open(dir.path()).unwrap();
        assert!(Model::at(image.step, SLOTS).is_in(&store), "cut to {share} quarters");
        assert!(wait(store.verify()).unwrap().problems.is_empty());
        wait(store.close());
        assert!(Model::at(image.step, SLOTS).is_in(&Store::open(dir.path()).unwrap()));
    }
}
