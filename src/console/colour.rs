//! What the terminal can show, and one pass over a finished frame that brings every cell down to it.
//!
//! crossterm 0.29 prints `CSI ;m` for every colour change under `NO_COLOR`, which resets all attributes;
//! so colours are forced on there and taken out here, and widgets need no variants.

use std::io::{self, Write as _};

use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, reverse, underline, glyph and word carry all meaning.
    None,
    /// The 16 ANSI names, as the terminal's own theme paints them.
    #[default]
    Sixteen,
    /// 256 by index.
    Indexed,
    /// 24 bits.
    Full,
}

impl Depth {
    /// From the environment: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub(crate) fn of(environment: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() || environment("TERM").as_deref() == Some("dumb") {
            return Self::None;
        }
        match set("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Self::Full,
            _ if set("TERM").is_some_and(|term| term.contains("256color")) => Self::Indexed,
            _ => Self::Sixteen,
        }
    }

    pub(crate) fn apply(self, buffer: &mut Buffer) {
        if self == Self::Full {
            return;
        }
        for cell in &mut buffer.content {
            let highlighted = self == Self::None && cell.bg != Color::Reset;
            cell.fg = self.nearest(cell.fg);
            cell.bg = self.nearest(cell.bg);
            if highlighted {
                cell.modifier.insert(Modifier::REVERSED);
            }
        }
    }

    fn nearest(self, colour: Color) -> Color {
        match (self, colour) {
            (Self::None, _) => Color::Reset,
            (Self::Sixteen, Color::Rgb(red, green, blue)) => sixteen(red, green, blue),
            (Self::Sixteen, Color::Indexed(index)) if index >= 16 => {
                let (red, green, blue) = parts(index);
                sixteen(red, green, blue)
            }
            (Self::Indexed, Color::Rgb(red, green, blue)) => Color::Indexed(cube(red, green, blue)),
            (_, colour) => colour,
        }
    }
}

fn sixteen(red: u8, green: u8, blue: u8) -> Color {
    let high = red.max(green).max(blue);
    let low = red.min(green).min(blue);
    if high - low < 32 {
        return match high {
            0..=63 => Color::Black,
            64..=127 => Color::DarkGray,
            128..=207 => Color::Gray,
            _ => Color::White,
        };
    }
    let on = |part: u8| u16::from(part) * 2 > u16::from(high);
    let pair = match (on(red), on(green), on(blue)) {
        (true, true, false) => (Color::Yellow, Color::LightYellow),
        (true, false, true) => (Color::Magenta, Color::LightMagenta),
        (true, false, false) => (Color::Red, Color::LightRed),
        (false, true, true) => (Color::Cyan, Color::LightCyan),
        (false, true, false) => (Color::Green, Color::LightGreen),
        (false, false, true) => (Color::Blue, Color::LightBlue),
        _ => (Color::Gray, Color::White),
    };
    if high > 207 { pair.1 } else { pair.0 }
}

fn cube(red: u8, green: u8, blue: u8) -> u8 {
    let level = |part: u8| part.saturating_sub(35) / 40;
    16 + 36 * level(red) + 6 * level(green) + level(blue)
}

fn parts(index: u8) -> (u8, u8, u8) {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let index = index - 16;
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    (level(index / 36), level(index / 6 % 6), level(index % 6))
}

/// Writes a colour as a terminal knows it, with the `;` before it; `ground` is 0 for letters and 10 for what lies
/// behind them. The sixteen go by the numbers that every terminal has.
pub(crate) fn write_number(colour: Color, ground: u8, out: &mut Vec<u8>) -> io::Result<()> {
    match colour {
        Color::Reset => Ok(()),
        Color::Rgb(red, green, blue) => write!(out, ";{};2;{red};{green};{blue}", 38 + ground),
        Color::Indexed(index) => write!(out, ";{};5;{index}", 38 + ground),
        named => {
            let at = NAMED.iter().position(|name| *name == named).unwrap_or_default();
            let base = if at < 8 { 30 } else { 90 - 8 };
            write!(out, ";{}", at + base + usize::from(ground))
        }
    }
}

/// The sixteen, in the order of their numbers.
const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::None)]
    #[case(&[("NO_COLOR", ""), ("COLORTERM", "truecolor")], Depth::Full)]
    #[case(&[("TERM", "xterm-256color")], Depth::Indexed)]
    #[case(&[("TERM", "vt100")], Depth::Sixteen)]
    #[case(&[("TERM", "dumb")], Depth::None)]
    fn the_environment_tells_the_depth(#[case] set: &[(&str, &str)], #[case] depth: Depth) {
        let look =
            |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
        assert_eq!(Depth::of(look), depth);
    }

    #[test]
    fn without_colour_a_highlight_is_reversed_and_nothing_keeps_a_colour() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        buffer[(0, 0)].fg = Color::Rgb(1, 2, 3);
        buffer[(1, 0)].bg = Color::Cyan;
        Depth::None.apply(&mut buffer);
        assert_eq!(buffer[(0, 0)].fg, Color::Reset);
        assert_eq!(buffer[(1, 0)].bg, Color::Reset);
        assert!(buffer[(1, 0)].modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn sixteen_colours_hold_no_others() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        buffer[(0, 0)].fg = Color::Rgb(86, 182, 194);
        buffer[(1, 0)].fg = Color::Indexed(196);
        Depth::Sixteen.apply(&mut buffer);
        assert_eq!(buffer[(0, 0)].fg, Color::Cyan);
        assert_eq!(buffer[(1, 0)].fg, Color::LightRed);
    }
}
