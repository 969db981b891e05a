//! How much a JSON answer holds, told before it is decoded: what is short on the wire can be huge in memory.

use std::io::{self, BufReader, Read};

/// Values of one JSON answer beyond which it is not decoded: in memory each takes more room than on the wire. Ten times what
/// the largest list of 10,000 customers needs.
const MOST_VALUES: usize = 10_000_000;

/// The same for objects.
const MOST_OBJECTS: usize = 2_000_000;

/// The first bytes of some texts, which stand for nothing.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How much of an answer was seen so far. Counts without decoding, so it costs nothing but time.
#[derive(Default)]
pub(super) struct Riches {
    pub(super) objects: usize,
    pub(super) values: usize,
    quoted: bool,
    escaped: bool,
}

impl Riches {
    fn count(&mut self, json: &[u8]) {
        for byte in json {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                _ if self.quoted => {}
                b'{' => self.objects += 1,
                b',' => self.values += 1,
                _ => {}
            }
        }
    }

    pub(super) fn too_many(&self) -> Option<String> {
        let Self { objects, values, .. } = self;
        (*objects > MOST_OBJECTS || *values > MOST_VALUES)
            .then(|| format!("it has {objects} objects and {values} values, which is too many"))
    }
}

/// Why an answer holds more than can be kept in memory.
pub(super) fn too_rich(json: &[u8]) -> Option<String> {
    let mut riches = Riches::default();
    riches.count(json);
    riches.too_many()
}

/// JSON that is decoded while it arrives; reading ends where it holds more than can be kept.
///
/// # Errors
/// Where its beginning does not arrive.
pub fn json_of<R: Read>(
    body: R,
) -> io::Result<serde_json::Deserializer<serde_json::de::IoRead<impl Read>>> {
    let counted = Counted { body: without_mark(body)?, riches: Riches::default() };
    Ok(serde_json::Deserializer::from_reader(BufReader::new(counted)))
}

/// A text without the bytes that it may begin with and that stand for nothing.
pub(super) fn without_mark<R: Read>(mut body: R) -> io::Result<impl Read> {
    let mut beginning = Vec::new();
    body.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut beginning)?;
    if beginning == BYTE_ORDER_MARK {
        beginning.clear();
    }
    Ok(io::Cursor::new(beginning).chain(body))
}

struct Counted<R> {
    body: R,
    riches: Riches,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(into)?;
        self.riches.count(&into[..count]);
        self.riches.too_many().map_or(Ok(count), |why| Err(io::Error::other(why)))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn only_what_stands_outside_of_texts_counts() {
        let text = format!(r#"{{"a":"{}\\\"{{,"}}"#, "{,".repeat(MOST_VALUES + 1));
        assert_eq!(too_rich(text.as_bytes()), None);
    }

    #[test]
    fn what_arrives_piece_by_piece_is_counted_as_a_whole() {
        let text = format!("\u{feff}[{}1]", "0,".repeat(MOST_VALUES + 1));
        let mut json = json_of(text.as_bytes()).expect("it begins");
        let error = serde::de::IgnoredAny::deserialize(&mut json).expect_err("too many");
        assert!(error.to_string().contains("too many"), "{error}");
    }

    #[test]
    fn too_many_objects_and_too_many_values_are_refused() {
        let objects = "{},".repeat(MOST_OBJECTS + 1);
        assert!(too_rich(objects.as_bytes()).is_some());
        assert!(too_rich("0,".repeat(MOST_VALUES + 1).as_bytes()).is_some());
        assert_eq!(too_rich("0,".repeat(MOST_VALUES).as_bytes()), None);
    }
}
