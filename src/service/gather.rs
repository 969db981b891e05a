//! Requests and replies that are too large for a frame: cut into pieces by who says them, put together by who hears them.
//!
//! It must not keep what never ends: whoever announces much and sends little costs little.

use super::frame::FrameError;

/// What is longer goes in pieces of this length.
pub(super) const PIECE: usize = 1 << 20;
/// The longest request: a saved plan of the largest size that is read, with what JSON makes of its quotation marks.
pub(super) const LARGEST_REQUEST: usize = 512 << 20;

/// The pieces of a text, none of which ends within a character.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, more) = rest.split_at(boundary(rest));
        rest = more;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Where a piece ends.
fn boundary(text: &str) -> usize {
    let mut at = PIECE.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A request as far as it has come: one at a time, as a client sends them.
#[derive(Debug)]
pub(super) struct Gathered {
    of: Option<u64>,
    text: String,
    most: usize,
}

impl Gathered {
    /// Of one that is at most so long.
    pub(super) fn of_at_most(most: usize) -> Self {
        Self { of: None, text: String::new(), most }
    }

    /// Takes the next piece.
    pub(super) fn take(&mut self, id: u64, piece: &str) -> Result<(), FrameError> {
        if *self.of.get_or_insert(id) != id {
            return Err(FrameError::Garbage("pieces of two requests at once".to_owned()));
        }
        let length = self.text.len() + piece.len();
        if length > self.most {
            return Err(FrameError::TooLarge(length as u64));
        }
        self.text.push_str(piece);
        Ok(())
    }

    /// The whole text.
    pub(super) fn end(&mut self, id: u64) -> Result<String, FrameError> {
        let text = std::mem::take(&mut self.text);
        match self.of.take() {
            Some(of) if of == id => Ok(text),
            _ => Err(FrameError::Garbage("the end of a request that never began".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_never_ends_within_a_character() {
        let text = format!("{}é{}", "a".repeat(PIECE - 1), "b".repeat(PIECE));
        let lengths: Vec<usize> = pieces(&text).map(str::len).collect();
        assert_eq!(lengths, [PIECE - 1, PIECE, 2]);
        assert_eq!(pieces("short").collect::<Vec<_>>(), ["short"]);
        assert_eq!(pieces("").count(), 0);
    }

    #[test]
    fn pieces_of_two_requests_at_once_and_an_end_without_a_beginning_are_none_of_ours() {
        let mut gathered = Gathered::of_at_most(PIECE);
        assert!(gathered.end(1).is_err());
        gathered.take(1, "{\"a\"").expect("the first");
        assert!(gathered.take(2, ":").is_err());
        gathered.take(1, ":1}").expect("the next");
        assert_eq!(gathered.end(1).expect("whole"), "{\"a\":1}");
        assert!(gathered.end(1).is_err(), "it is over");
    }

    #[test]
    fn what_grows_beyond_the_largest_request_is_left() {
        let mut gathered = Gathered::of_at_most(10);
        let taken = (0..200).take_while(|_| gathered.take(1, "abc").is_ok()).count();
        assert_eq!(taken, 3);
    }
}
