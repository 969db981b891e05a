//! Cells as bytes, in as few as will do: a screen over SSH is felt by every one of them.
//!
//! Knows where the terminal shows nothing but blanks, so that a row is cleared at one go. Sends nothing itself.

use std::io::{self, Write};

use crossterm::{
    cursor::{MoveTo, MoveToColumn},
    queue,
};
use ratatui::{
    buffer::Cell,
    layout::Position,
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

use crate::console::colour::write_number;

/// From so many blanks on, erasing and moving on is shorter than writing them.
const ERASED: u16 = 12;

/// Up to so many bytes, writing again what stands between two changes is no longer than moving past it.
const BRIDGED: usize = 5;

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
    /// Row by row; beyond what was drawn nothing is. A wide character stands in both its columns.
    rows: Vec<Vec<Cell>>,
}

/// Foreground, background and the rest of a style.
type InkStyle = (Color, Color, Modifier);

/// One frame being written: where the pen is and how it writes.
struct Pen<'a> {
    out: &'a mut Vec<u8>,
    at: Option<Position>,
    style: Option<InkStyle>,
}

impl Ink {
    pub(super) fn cleared(&mut self) {
        self.rows.clear();
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
            let at = Position::new(x, y);
            let empty = is_blank(cell);
            gap = match gap {
                Some(gap) if empty && self.reaches(gap, at) => {
                    Some(Gap { count: x + 1 - gap.x, ..gap })
                }
                waiting => {
                    waiting.map_or(Ok(()), |gap| pen.erase(gap))?;
                    empty.then_some(Gap { x, y, count: 1 })
                }
            };
            if !empty {
                self.bridge(&mut pen, at)?;
                pen.write(at, cell)?;
            }
            self.note(at, cell);
        }
        gap.map_or(Ok(()), |gap| pen.erase(gap))?;
        pen.out.write_all(b"\x1b[0m")
    }

    /// What the terminal shows from one column to another.
    fn between(&self, y: u16, from: u16, to: u16) -> impl Iterator<Item = &Cell> {
        let row = self.rows.get(usize::from(y)).map_or(&[][..], Vec::as_slice);
        (from..to).map(|x| row.get(usize::from(x)).unwrap_or(&Cell::EMPTY))
    }

    /// Whether nothing but blanks lies between a gap and a cell.
    fn reaches(&self, gap: Gap, at: Position) -> bool {
        gap.y == at.y && self.between(at.y, gap.x + gap.count, at.x).all(is_blank)
    }

    /// Brings the pen on by writing what stands there already, where that is no longer than to move.
    fn bridge(&self, pen: &mut Pen, at: Position) -> io::Result<()> {
        let Position { x, y } = at;
        let Some(Position { x: from, y: row }) = pen.at else { return Ok(()) };
        if row != y || from >= x || usize::from(x - from) > BRIDGED {
            return Ok(());
        }
        let same = |cell: &Cell| pen.style == Some(look(cell)) && cell.symbol().width() == 1;
        let bytes: usize = self.between(y, from, x).map(|cell| cell.symbol().len()).sum();
        if bytes > BRIDGED || !self.between(y, from, x).all(same) {
            return Ok(());
        }
        pen.at = Some(at);
        self.between(y, from, x).try_for_each(|cell| pen.out.write_all(cell.symbol().as_bytes()))
    }

    fn note(&mut self, at: Position, cell: &Cell) {
        let (x, y) = (usize::from(at.x), usize::from(at.y));
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        let row = &mut self.rows[y];
        let end = x + cell.symbol().width().max(1);
        if row.len() < end {
            row.resize(end, Cell::EMPTY);
        }
        row[x..end].fill(cell.clone());
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && look(cell) == plain()
}

fn look(cell: &Cell) -> InkStyle {
    (cell.fg, cell.bg, cell.modifier)
}

fn plain() -> InkStyle {
    look(&Cell::EMPTY)
}

impl Pen<'_> {
    fn go(&mut self, to: Position) -> io::Result<()> {
        match self.at {
            Some(at) if at == to => Ok(()),
            Some(at) if at.y == to.y => queue!(self.out, MoveToColumn(to.x)),
            _ => queue!(self.out, MoveTo(to.x, to.y)),
        }
    }

    fn write(&mut self, at: Position, cell: &Cell) -> io::Result<()> {
        self.go(at)?;
        self.take(look(cell))?;
        self.at = Some(Position { x: at.x + 1, ..at });
        self.out.write_all(cell.symbol().as_bytes())
    }

    fn erase(&mut self, Gap { x, y, count }: Gap) -> io::Result<()> {
        self.go(Position { x, y })?;
        self.take(plain())?;
        if count < ERASED {
            self.at = Some(Position { x: x + count, y });
            return write!(self.out, "{:1$}", "", usize::from(count));
        }
        self.at = Some(Position { x, y });
        write!(self.out, "\x1b[{count}X")
    }

    /// Sets a style: only what it adds, where it takes nothing away. The sixteen colours go by the numbers that
    /// every terminal knows.
    fn take(&mut self, style: InkStyle) -> io::Result<()> {
        let Some(before) = self.style.replace(style) else { return self.set(plain(), style, true) };
        if before == style {
            return Ok(());
        }
        let adds = style.2.contains(before.2)
            && (style.0 == before.0 || style.0 != plain().0)
            && (style.1 == before.1 || style.1 != plain().1);
        if adds { self.set(before, style, false) } else { self.set(plain(), style, true) }
    }

    fn set(&mut self, before: InkStyle, style: InkStyle, anew: bool) -> io::Result<()> {
        let start = self.out.len();
        if anew {
            self.out.write_all(b";0")?;
        }
        for (name, number) in MODIFIERS {
            if (style.2 - before.2).contains(name) {
                write!(self.out, ";{number}")?;
            }
        }
        if style.0 != before.0 {
            write_number(style.0, 0, self.out)?;
        }
        if style.1 != before.1 {
            write_number(style.1, 10, self.out)?;
        }
        // The separator before the first is where the sequence begins.
        self.out.splice(start..=start, *b"\x1b[");
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
        assert_eq!(sent(&mut ink, &before, &after), "\x1b[1;1H\x1b[0m \x1b[3G \x1b[0m");
    }

    #[test]
    fn what_stands_between_two_changes_is_written_again_where_that_is_shorter() {
        let mut ink = Ink::default();
        let lines = |text: &str| Buffer::with_lines([text]);
        sent(&mut ink, &lines(&" ".repeat(24)), &lines("one two-three four-fives"));
        let told =
            sent(&mut ink, &lines("one two-three four-fives"), &lines("ONE two-three FOUR-FIVES"));
        assert_eq!(told, "\x1b[1;1H\x1b[0mONE\x1b[15GFOUR-FIVES\x1b[0m");
    }

    #[test]
    fn a_style_that_only_adds_says_only_what_it_adds() {
        let mut ink = Ink::default();
        let mut after = Buffer::with_lines(["abcd"]);
        after[(1, 0)].set_style(Style::new().green());
        after[(2, 0)].set_style(Style::new().green().bold());
        let told = sent(&mut ink, &Buffer::with_lines(["    "]), &after);
        assert_eq!(told, "\x1b[1;1H\x1b[0ma\x1b[32mb\x1b[1mc\x1b[0md\x1b[0m");
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
