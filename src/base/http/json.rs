//! How much a JSON answer holds, told before it is decoded: what is short on the wire can be huge in memory.

use std::io::{self, BufReader, Read};

use memchr::{memchr2, memchr2_iter};
use serde::de::DeserializeOwned;

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
    quotes: Quotes,
}

/// Whether what comes next stands in a text, where it means nothing.
#[derive(Default)]
pub(super) struct Quotes {
    pub(super) open: bool,
    escaped: bool,
}

impl Quotes {
    /// Passes over a text, to its end or that of what is there; where to go on.
    pub(super) fn pass(&mut self, json: &[u8], at: usize) -> usize {
        if self.escaped {
            self.escaped = false;
            return at + 1;
        }
        let Some(next) = memchr2(b'"', b'\\', &json[at..]) else { return json.len() };
        self.escaped = json[at + next] == b'\\';
        self.open = self.escaped;
        at + next + 1
    }
}

impl Riches {
    fn count(&mut self, json: &[u8]) {
        let mut at = 0;
        while at < json.len() {
            if self.quotes.open {
                at = self.quotes.pass(json, at);
                continue;
            }
            match json[at] {
                b'"' => self.quotes.open = true,
                b'{' => self.objects += 1,
                b',' => self.values += 1,
                _ => {}
            }
            at += 1;
        }
    }

    pub(super) fn too_many(&self) -> Option<String> {
        let Self { objects, values, .. } = self;
        (*objects > MOST_OBJECTS || *values > MOST_VALUES)
            .then(|| format!("it has {objects} objects and {values} values, which is too many"))
    }
}

/// Decodes an answer that is there as a whole.
///
/// # Errors
/// What is wrong with it, and where.
pub fn decoded<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    if let Some(why) = too_rich(json) {
        return Err(why);
    }
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    // To know the way to each member costs, and is worth it only where one is to be told of.
    serde_json::from_slice(json).or_else(|_| decoded_telling_where(json))
}

/// The same once more, so that an error names the member it is about.
fn decoded_telling_where<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string())?;
    json.end().map_err(|_| "something follows the JSON".to_owned())?;
    Ok(value)
}

/// Why an answer holds more than can be kept in memory.
fn too_rich(json: &[u8]) -> Option<String> {
    // Each object but the first has three bytes of its own, `,{}`, and each value one: nothing so short holds too many.
    if json.len() <= (3 * MOST_OBJECTS).min(MOST_VALUES) {
        return None;
    }
    let mut riches = Riches::default();
    riches.count(json);
    riches.too_many()
}

/// Whether more than so many lists and objects stand within each other.
pub fn is_deeper_than(json: &[u8], most: usize) -> bool {
    // Where fewer begin, whether in a text or not, there is nothing to count.
    if memchr2_iter(b'{', b'[', json).nth(most).is_none() {
        return false;
    }
    let (mut at, mut depth, mut quotes) = (0, 0_usize, Quotes::default());
    while at < json.len() && depth <= most {
        if quotes.open {
            at = quotes.pass(json, at);
            continue;
        }
        match json[at] {
            b'"' => quotes.open = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    depth > most
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
    use rstest::rstest;
    use serde::Deserialize;

    use super::*;

    #[test]
    fn only_what_stands_outside_of_texts_counts() {
        let text = format!(r#"{{"a":"{}\\\"{{,"}}"#, "{,".repeat(MOST_VALUES + 1));
        assert_eq!(too_rich(text.as_bytes()), None);
    }

    #[rstest]
    #[case::as_deep_as_may_be("[{}]", false)]
    #[case::deeper("[{\"a\":[]}]", true)]
    #[case::one_after_the_other("[{},{},[],{}]", false)]
    #[case::in_a_text("[\"{[{\\\"[{\",{}]", false)]
    #[case::cut_off("[[[", true)]
    fn only_what_stands_within_each_other_is_deep(#[case] json: &str, #[case] deeper: bool) {
        assert_eq!(is_deeper_than(json.as_bytes(), 2), deeper);
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
