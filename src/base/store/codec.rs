//! How a value lies on the disk: `[form][CRC32 of name, form and payload][payload]`, never more than
//! 4 KiB a record. It must not know what is in a payload.
//!
//! No database has to be good at large records (`store/disk.rs` says what ours does with them), so a larger value is
//! a *head* and *parts* of at most 4 KiB, written in the same commit.

use super::{
    error::StoreError,
    key::{describe, part_name},
};

/// The largest record that is ever given to the database, in bytes.
pub(super) const LARGEST_RECORD: usize = 4 << 10;

const ENVELOPE_BYTES: usize = 5;
const LARGEST_PAYLOAD: usize = LARGEST_RECORD - ENVELOPE_BYTES;

/// What a record is: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum RecordForm {
    /// A whole value, as JSON.
    Whole = 1,
    /// How many parts a value has, their total length and checksum.
    Head = 2,
    Part = 3,
}

/// What the head of a split value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub parts: u32,
    length: u32,
    checksum: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    Whole(Vec<u8>),
    Head(Head),
    Part(Vec<u8>),
}

impl Head {
    fn of(payload: &[u8], parts: usize) -> Self {
        let size = |bytes: usize| u32::try_from(bytes).expect("a value is at most 64 MiB");
        Self { parts: size(parts), length: size(payload.len()), checksum: crc32fast::hash(payload) }
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.parts, self.length, self.checksum].iter().flat_map(|n| n.to_be_bytes()).collect()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 12] = bytes.try_into().ok()?;
        let number = |at: usize| bytes[at..at + 4].iter().fold(0, |n, b| n << 8 | u32::from(*b));
        Some(Self { parts: number(0), length: number(4), checksum: number(8) })
    }

    /// Whether the parts put together are what was split.
    pub(super) fn fits(self, payload: &[u8]) -> bool {
        payload.len() == self.length as usize && crc32fast::hash(payload) == self.checksum
    }
}

/// The records that a value at this name is: one, or a head and its parts.
pub(super) fn records(name: &[u8], payload: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    if payload.len() <= LARGEST_PAYLOAD {
        return vec![(name.to_vec(), seal(RecordForm::Whole, name, payload))];
    }
    let parts = payload.chunks(LARGEST_PAYLOAD);
    let head = Head::of(payload, parts.len());
    let mut records = vec![(name.to_vec(), seal(RecordForm::Head, name, &head.to_bytes()))];
    records.extend((0..).zip(parts).map(|(number, part)| {
        let name = part_name(name, number);
        let record = seal(RecordForm::Part, &name, part);
        (name, record)
    }));
    records
}

/// A record with its envelope.
pub(super) fn seal(form: RecordForm, name: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(ENVELOPE_BYTES + payload.len());
    record.push(form as u8);
    record.extend(checksum(form as u8, name, payload).to_be_bytes());
    record.extend(payload);
    record
}

/// Whether a record is all of its value.
pub(super) fn is_whole(record: &[u8]) -> bool {
    record.first() == Some(&(RecordForm::Whole as u8))
}

/// What a record at this name holds, if it is what was written there.
pub(super) fn unseal(name: &[u8], mut record: Vec<u8>) -> Result<Record, StoreError> {
    let damaged = |what| StoreError::Damaged(format!("{} {what}", describe(name)));
    let (envelope, payload) =
        record.split_first_chunk::<ENVELOPE_BYTES>().ok_or_else(|| damaged("is cut short"))?;
    let [form, stored @ ..] = *envelope;
    if u32::from_be_bytes(stored) != checksum(form, name, payload) {
        return Err(damaged("does not match its checksum"));
    }
    record.drain(..ENVELOPE_BYTES);
    let record = match form {
        1 => Some(Record::Whole(record)),
        2 => Head::from_bytes(&record).map(Record::Head),
        3 => Some(Record::Part(record)),
        _ => None,
    };
    record.ok_or_else(|| damaged("has a form that is not known"))
}

fn checksum(form: u8, name: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(name);
    hasher.update(&[form]);
    hasher.update(payload);
    hasher.finalize()
}
