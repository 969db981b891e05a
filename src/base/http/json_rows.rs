//! The rows of a JSON list while it arrives: one look at each byte tells where a row ends, how deep it goes, and how much the
//! list holds. A list of ten thousand customers with what they bought is a hundred megabytes.
//!
//! It must not decode a row: what is wrong within one shows to whoever does.

use std::io::{self, BufRead, BufReader, Read};

use super::json::{Quotes, Riches, without_mark};

/// So much is taken from the body at once.
const AT_ONCE: usize = 64 << 10;

/// A row is an object in a list; what it holds in lists and objects of its own lies this deep.
const WITHIN_A_ROW: usize = 3;

/// How much of its rows a list is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowParts {
    /// All there is in them.
    All,
    /// Without what is in lists and objects within them: those arrive empty.
    Shallow,
}

/// The text of a row.
#[derive(Clone, Copy, Debug)]
pub struct JsonRow<'a> {
    /// As it arrived, without what is around it.
    pub text: &'a str,
    /// So many lists and objects stand within each other in it, the row itself among them.
    pub depth: usize,
}

/// A body that has begun.
pub struct JsonRows<R> {
    body: BufReader<R>,
}

/// The body of an answer, to be taken row by row where it is a list.
///
/// # Errors
/// Where its beginning does not arrive.
pub fn json_rows<R: Read>(body: R) -> io::Result<JsonRows<impl Read>> {
    Ok(JsonRows { body: BufReader::with_capacity(AT_ONCE, without_mark(body)?) })
}

impl<R: Read> JsonRows<R> {
    /// Whether it is a list.
    ///
    /// # Errors
    /// Where its beginning does not arrive.
    pub fn is_list(&mut self) -> io::Result<bool> {
        loop {
            let begun = self.body.fill_buf()?;
            let blank = begun.iter().take_while(|byte| is_blank(**byte)).count();
            let first = begun.get(blank).copied();
            let over = begun.is_empty();
            self.body.consume(blank);
            if first.is_some() || over {
                return Ok(first == Some(b'['));
            }
        }
    }

    /// What there is, where it is no list.
    pub fn into_body(self) -> impl Read {
        self.body
    }

    /// Gives away the rows of the list.
    ///
    /// # Errors
    /// Why it does not arrive, is no JSON, or holds more than can be kept; or what `each` says against a row.
    pub fn for_each(
        mut self,
        parts: RowParts,
        mut each: impl FnMut(JsonRow<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut cutter = Cutter::new(parts);
        loop {
            let chunk = self.body.fill_buf().map_err(|error| error.to_string())?;
            if chunk.is_empty() {
                return cutter.end();
            }
            cutter.take(chunk, &mut each)?;
            let taken = chunk.len();
            self.body.consume(taken);
            if let Some(why) = cutter.riches.too_many() {
                return Err(why);
            }
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    /// A row, or the end of an empty list.
    First,
    Row,
    AfterRow,
    /// A row: a comma stands before it.
    Next,
    After,
}

struct Cutter {
    parts: RowParts,
    place: Place,
    /// Lists and objects that are open.
    depth: usize,
    /// The most of them in this row.
    deepest: usize,
    quotes: Quotes,
    row: Vec<u8>,
    riches: Riches,
}

impl Cutter {
    fn new(parts: RowParts) -> Self {
        Self {
            parts,
            place: Place::Before,
            depth: 0,
            deepest: 0,
            quotes: Quotes::default(),
            row: Vec::new(),
            riches: Riches::default(),
        }
    }

    fn end(self) -> Result<(), String> {
        match self.place {
            Place::After => Ok(()),
            _ => Err("EOF while parsing a list".to_owned()),
        }
    }

    fn take(
        &mut self,
        chunk: &[u8],
        each: &mut impl FnMut(JsonRow<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut at = 0;
        while at < chunk.len() {
            if self.place != Place::Row {
                if is_blank(chunk[at]) || self.between(chunk[at])? {
                    at += 1;
                    continue;
                }
                (self.place, self.deepest) = (Place::Row, self.depth);
            }
            at = self.within(chunk, at)?;
            if self.place != Place::Row {
                self.give(each)?;
            }
        }
        Ok(())
    }

    /// Takes a byte between two rows; whether it was none of the next one.
    fn between(&mut self, byte: u8) -> Result<bool, String> {
        self.place = match (self.place, byte) {
            (Place::Before, b'[') => {
                self.depth = 1;
                Place::First
            }
            (Place::First | Place::AfterRow, b']') => Place::After,
            (Place::AfterRow, b',') => {
                self.riches.values += 1;
                Place::Next
            }
            (Place::First | Place::Next, b',' | b']') => return Err("expected value".to_owned()),
            (Place::First | Place::Next, _) => return Ok(false),
            (Place::AfterRow, _) => return Err("expected `,` or `]`".to_owned()),
            _ => return Err("something follows the JSON".to_owned()),
        };
        Ok(true)
    }

    /// Takes bytes of a row, to its end or that of the chunk; where to go on.
    fn within(&mut self, chunk: &[u8], from: usize) -> Result<usize, String> {
        // Where what is to be kept and was not yet begins.
        let mut kept = (!self.is_hidden()).then_some(from);
        let mut at = from;
        while at < chunk.len() {
            if self.quotes.open {
                at = self.quotes.pass(chunk, at);
                continue;
            }
            match chunk[at] {
                b'"' => self.quotes.open = true,
                open @ (b'{' | b'[') => {
                    self.riches.objects += usize::from(open == b'{');
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                    if self.is_hidden() {
                        self.keep(chunk, kept.take(), at + 1);
                    }
                }
                b'}' | b']' if self.depth == 1 => {
                    // The row was neither an object nor a list: this is the end of all.
                    self.keep(chunk, kept, at);
                    self.place = Place::After;
                    return if chunk[at] == b']' { Ok(at + 1) } else { Err(unexpected()) };
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 1 {
                        self.keep(chunk, kept, at + 1);
                        self.place = Place::AfterRow;
                        return Ok(at + 1);
                    }
                    if kept.is_none() && !self.is_hidden() {
                        kept = Some(at);
                    }
                }
                b',' => {
                    self.riches.values += 1;
                    if self.depth == 1 {
                        self.keep(chunk, kept, at);
                        self.place = Place::Next;
                        return Ok(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.keep(chunk, kept, chunk.len());
        Ok(at)
    }

    fn is_hidden(&self) -> bool {
        self.parts == RowParts::Shallow && self.depth >= WITHIN_A_ROW
    }

    fn keep(&mut self, chunk: &[u8], from: Option<usize>, to: usize) {
        if let Some(from) = from {
            self.row.extend_from_slice(&chunk[from..to]);
        }
    }

    fn give(
        &mut self,
        each: &mut impl FnMut(JsonRow<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let text = std::str::from_utf8(&self.row).map_err(|_| "it is no UTF-8".to_owned())?;
        let text = text.trim_end_matches([' ', '\n', '\r', '\t']);
        each(JsonRow { text, depth: self.deepest.saturating_sub(1) })?;
        self.row.clear();
        Ok(())
    }
}

fn unexpected() -> String {
    "expected `,` or `]`".to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(place)) = (self.0.split_first(), into.first_mut())
            else {
                return Ok(0);
            };
            (*place, self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn rows(list: &str, parts: RowParts) -> Result<Vec<(String, usize)>, String> {
        let cut = |body: Box<dyn Read + '_>| {
            let mut found = Vec::new();
            let mut list = json_rows(body).expect("it begins");
            assert!(list.is_list().expect("it begins"));
            let note = |row: JsonRow<'_>| {
                found.push((row.text.to_owned(), row.depth));
                Ok(())
            };
            list.for_each(parts, note).map(|()| found)
        };
        let whole = cut(Box::new(list.as_bytes()));
        assert_eq!(whole, cut(Box::new(Slow(list.as_bytes()))), "{list}");
        whole
    }

    #[rstest]
    #[case::none("[ ]", &[])]
    #[case::behind_a_mark("\u{feff} [{\"a\":1}]", &[("{\"a\":1}", 1)])]
    #[case::of_every_kind("[{}, 7 ,\"a,]\\\"\" ,[[]], null]\n", &[
        ("{}", 1), ("7", 0), ("\"a,]\\\"\"", 0), ("[[]]", 2), ("null", 0),
    ])]
    #[case::within_each_other("[{\"a\":[{\"b\":\"}\"}]},{}]", &[("{\"a\":[{\"b\":\"}\"}]}", 3), ("{}", 1)])]
    fn rows_are_given_as_they_arrived(#[case] list: &str, #[case] expected: &[(&str, usize)]) {
        let expected: Vec<_> =
            expected.iter().map(|(text, depth)| ((*text).to_owned(), *depth)).collect();
        assert_eq!(rows(list, RowParts::All), Ok(expected));
    }

    #[test]
    fn a_shallow_row_has_its_lists_and_objects_empty() {
        let list = "[{\"a\":[1,{\"b\":\"]\"},[2]],\"c\":{\"d\":{}},\"e\":\"[\"},{\"a\":null}]";
        let expected = [("{\"a\":[],\"c\":{},\"e\":\"[\"}", 3), ("{\"a\":null}", 1)];
        let expected = expected.map(|(text, depth)| (text.to_owned(), depth));
        assert_eq!(rows(list, RowParts::Shallow), Ok(expected.to_vec()));
    }

    #[rstest]
    #[case::cut_off("[{\"a\":1}, {", "EOF")]
    #[case::cut_off_in_a_text("[\"a", "EOF")]
    #[case::never_ended("[1", "EOF")]
    #[case::no_row_after_a_comma("[1,]", "expected value")]
    #[case::no_row_before_a_comma("[,1]", "expected value")]
    #[case::no_comma("[{} {}]", "expected `,` or `]`")]
    #[case::ended_as_an_object("[1}", "expected `,` or `]`")]
    #[case::followed_by_something("[] []", "something follows")]
    fn what_is_no_list_is_said(#[case] list: &str, #[case] why: &str) {
        let told = rows(list, RowParts::All).expect_err("no list");
        assert!(told.contains(why), "{told}");
    }

    #[test]
    fn more_than_can_be_kept_is_refused_while_it_arrives() {
        let list = format!("[[{}1]]", "0,".repeat(10_000_001));
        let list = json_rows(list.as_bytes()).expect("it begins");
        let told = list.for_each(RowParts::Shallow, |_| Ok(())).expect_err("too many");
        assert!(told.contains("too many"), "{told}");
    }
}
