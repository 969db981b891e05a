//! Cells as bytes, in as few as will do: a screen over SSH is felt by every one of them.
//!
//! Knows where the terminal shows nothing but blanks, so that a row is cleared at one go. Sends nothing itself.

use std::io::{self, Write};

use crossterm::{cursor::MoveTo, queue};
use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

use crate::console::colour::write_number;

/// From so many blanks on, erasing and moving on is shorter than writing them.
const ERASED: u16 = 12;

/// Blanks that wait, so that one sequence can erase them: column, row, how many.
#[derive(Clone, Copy, Debug)]
struct Gap {
    x: u16,
    y: u16,
    count: u16,
}

/// What the terminal shows, as far as that saves bytes.
#[derive(Debug, Default)]
pub(super) struct Ink {
    /// Column by column of each row, whether nothing is there; beyond what was drawn nothing is.
    blank: Vec<Vec<bool>>,
}

/// One frame being written: where the pen is and how it writes.
struct Pen<'a> {
    out: &'a mut Vec<u8>,
    at: Option<(u16, u16)>,
    style: Option<(Color, Color, Modifier)>,
}

impl Ink {
    /// The terminal was cleared.
    pub(super) fn cleared(&mut self) {
        self.blank.clear();
    }

    /// Writes cells that changed, row by row from left to right; leaves the pen without any style.
    pub(super) fn write<'a>(
        &mut self,
        cells: impl Iterator<Item = (u16, u16, &'a Cell)>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut pen = Pen { out, at: None, style: None };
        let mut gap: Option<Gap> = None;
        for (x, y, cell) in cells {
            let empty = is_blank(cell);
            gap = match gap {
                Some(gap) if empty && self.reaches(gap, (x, y)) => {
                    Some(Gap { count: x + 1 - gap.x, ..gap })
                }
                waiting => {
                    waiting.map_or(Ok(()), |gap| pen.erase(gap))?;
                    empty.then_some(Gap { x, y, count: 1 })
                }
            };
            if !empty {
                pen.write((x, y), cell)?;
            }
            self.note((x, y), cell);
        }
        gap.map_or(Ok(()), |gap| pen.erase(gap))?;
        pen.out.write_all(b"\x1b[0m")
    }

    /// Whether nothing but blanks lies between a gap and a cell.
    fn reaches(&self, gap: Gap, (x, y): (u16, u16)) -> bool {
        let row = self.blank.get(usize::from(y)).map_or(&[][..], Vec::as_slice);
        let between = (gap.x + gap.count..x).map(usize::from);
        gap.y == y && between.into_iter().all(|at| row.get(at).copied().unwrap_or(true))
    }

    fn note(&mut self, (x, y): (u16, u16), cell: &Cell) {
        let (x, y) = (usize::from(x), usize::from(y));
        if self.blank.len() <= y {
            self.blank.resize(y + 1, Vec::new());
        }
        let row = &mut self.blank[y];
        // A wide character stands in the next column as well.
        let end = x + cell.symbol().width().max(1);
        if row.len() < end {
            row.resize(end, true);
        }
        row[x..end].fill(is_blank(cell));
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && (cell.fg, cell.bg, cell.modifier) == plain()
}

fn plain() -> (Color, Color, Modifier) {
    (Cell::EMPTY.fg, Cell::EMPTY.bg, Cell::EMPTY.modifier)
}

impl Pen<'_> {
    fn go(&mut self, (x, y): (u16, u16)) -> io::Result<()> {
        if self.at == Some((x, y)) { Ok(()) } else { queue!(self.out, MoveTo(x, y)) }
    }

    fn write(&mut self, (x, y): (u16, u16), cell: &Cell) -> io::Result<()> {
        self.go((x, y))?;
        self.take((cell.fg, cell.bg, cell.modifier))?;
        self.at = Some((x + 1, y));
        self.out.write_all(cell.symbol().as_bytes())
    }

    fn erase(&mut self, Gap { x, y, count }: Gap) -> io::Result<()> {
        self.go((x, y))?;
        self.take(plain())?;
        if count < ERASED {
            self.at = Some((x + count, y));
            return write!(self.out, "{:1$}", "", usize::from(count));
        }
        self.at = Some((x, y));
        write!(self.out, "\x1b[{count}X")
    }

    /// Sets a style, whatever was set before. The sixteen colours go by the numbers that every terminal knows.
    fn take(&mut self, style: (Color, Color, Modifier)) -> io::Result<()> {
        if self.style.replace(style) == Some(style) {
            return Ok(());
        }
        let (foreground, background, modifier) = style;
        write!(self.out, "\x1b[0")?;
        for (name, number) in MODIFIERS {
            if modifier.contains(name) {
                write!(self.out, ";{number}")?;
            }
        }
        write_number(foreground, 0, self.out)?;
        write_number(background, 10, self.out)?;
        self.out.write_all(b"m")
    }
}

const MODIFIERS: [(Modifier, u8); 7] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

#[cfg(test)]
mod tests {
    use ratatui::{buffer::Buffer, style::Style};

    use super::*;

    fn sent(ink: &mut Ink, before: &Buffer, after: &Buffer) -> String {
        let mut out = Vec::new();
        ink.write(before.diff(after).into_iter(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_that_go_away_are_erased_at_one_go_with_the_blanks_between() {
        let mut ink = Ink::default();
        let (empty, words) =
            (Buffer::with_lines([" ".repeat(20)]), Buffer::with_lines(["some words that go  "]));
        sent(&mut ink, &Buffer::with_lines(["x".repeat(20)]), &empty);
        sent(&mut ink, &empty, &words);
        assert_eq!(sent(&mut ink, &words, &empty), "\x1b[1;1H\x1b[0m\x1b[18X\x1b[0m");
    }

    #[test]
    fn what_lies_between_is_left_alone_where_it_is_not_blank() {
        let mut ink = Ink::default();
        let (before, after) = (Buffer::with_lines(["axb"]), Buffer::with_lines([" x "]));
        sent(&mut ink, &Buffer::with_lines(["   "]), &before);
        assert_eq!(sent(&mut ink, &before, &after), "\x1b[1;1H\x1b[0m \x1b[1;3H \x1b[0m");
    }

    #[test]
    fn the_second_half_of_a_wide_character_is_never_written_over() {
        let mut ink = Ink::default();
        let empty = Buffer::with_lines(["      "]);
        let wide = Buffer::with_lines(["語    "]);
        sent(&mut ink, &Buffer::with_lines(["xxxxxx"]), &empty);
        sent(&mut ink, &empty, &wide);
        let mut marked = wide.clone();
        marked[(3, 0)].set_symbol("x");
        sent(&mut ink, &wide, &marked);
        let told = sent(&mut ink, &marked, &wide);
        assert_eq!(told, "\x1b[1;4H\x1b[0m \x1b[0m");
    }

    #[test]
    fn a_style_is_one_sequence_and_the_sixteen_colours_go_by_their_own_numbers() {
        let mut ink = Ink::default();
        let empty = Buffer::with_lines(["  "]);
        let mut after = Buffer::with_lines(["ab"]);
        after.set_style(after.area, Style::new().cyan().on_dark_gray().bold());
        assert_eq!(sent(&mut ink, &empty, &after), "\x1b[1;1H\x1b[0;1;36;100mab\x1b[0m");
    }
}
