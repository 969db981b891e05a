//! Lists over everything: the keys of a place, all commands, past errors, a long text.

use std::cmp::Ordering;

use ratatui::layout::Size;
use tui_input::Input;

use crate::{
    console::{
        action::Action,
        keymap::Section,
        listing::{Listing, Row},
        widgets::text::wrapped,
    },
    domain::{RunId, TenantId},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverlayKind {
    /// Keys that work in the place below.
    Help,
    /// All enabled commands.
    Palette,
    /// Past errors and notices.
    Errors,
    Text,
    /// The same, for as long as a sign-in waits for its approval.
    SignIn,
}

/// Where an entry leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// This is done here.
    Act(Action),
    /// This is done in another place.
    Elsewhere(Section, Action),
    Customer(TenantId),
    /// By its key on the price list.
    Product(String),
    Run(RunId),
    /// By its number.
    Invoice(String),
    /// Of the help on tab 6.
    Question(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OverlayEntry {
    /// Keys, or the hour.
    pub(crate) left: String,
    /// What it does or says.
    pub(crate) text: String,
    /// The whole of it, where the line says only how it begins.
    pub(crate) whole: String,
    /// Other words that find it.
    pub(crate) also: String,
    pub(crate) lead: Option<Lead>,
    /// Cannot be run now (`--read-only`).
    pub(crate) dimmed: bool,
}

impl Row for OverlayEntry {
    fn key(&self) -> String {
        format!("{}\u{1f}{}", self.left, self.text)
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![("", self.left.clone()), ("", self.also.clone())]
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.text.cmp(&other.text)
    }
}

#[derive(Clone, Debug)]
pub struct Overlay {
    pub(crate) kind: OverlayKind,
    pub(crate) title: String,
    pub(crate) input: Input,
    pub(crate) entries: Listing<OverlayEntry>,
    /// Of a text: the first line on the screen.
    pub(crate) top: usize,
    /// A text in each of its layouts, the widest first; none where it has but one.
    pub(crate) layouts: Vec<Laid>,
}

/// A text as it is laid out for so many columns, and more.
#[derive(Clone, Debug)]
pub(crate) struct Laid {
    pub(crate) columns: usize,
    pub(crate) text: String,
}

/// Columns of a text or list at most.
const WIDEST: u16 = 90;

/// The room inside, on a screen of this size.
pub(crate) fn room(screen: Size) -> Size {
    Size::new(
        screen.width.saturating_sub(6).clamp(1, WIDEST),
        screen.height.saturating_sub(7).max(3),
    )
}

impl Overlay {
    pub(crate) fn new(
        kind: OverlayKind,
        title: impl Into<String>,
        entries: Vec<OverlayEntry>,
    ) -> Self {
        let mut list = Listing::default();
        if matches!(kind, OverlayKind::Help | OverlayKind::Palette) {
            list = list.nearest_first();
        }
        list.set(entries);
        Self {
            kind,
            title: title.into(),
            input: Input::default(),
            entries: list,
            top: 0,
            layouts: Vec::new(),
        }
    }

    /// The lines of a text as they are shown at a width.
    pub(crate) fn lines(&self, width: u16) -> Vec<String> {
        let columns = usize::from(width);
        let laid = self.layouts.iter().find(|laid| laid.columns <= columns);
        if let Some(laid) = laid.or(self.layouts.last()) {
            return laid.text.lines().flat_map(|line| wrapped_or_blank(line, width)).collect();
        }
        let lines = self.entries.all().iter();
        lines.flat_map(|entry| wrapped_or_blank(&entry.text, width)).collect()
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.kind, OverlayKind::Text | OverlayKind::SignIn)
    }

    /// All of a text, or the selected line of a list.
    pub(crate) fn copied(&self) -> Option<String> {
        if self.is_text() {
            let lines: Vec<&str> = self.entries.all().iter().map(|e| e.text.as_str()).collect();
            return Some(lines.join("\n"));
        }
        self.entries.selected().map(|entry| format!("{} {}", entry.left, entry.text))
    }

    /// Moves: of a list the selection, of a text what is on the screen.
    pub(crate) fn act(&mut self, action: Action, screen: Size) {
        if !self.is_text() {
            self.entries.act(action, 0);
            return;
        }
        let Size { width, height } = room(screen);
        let page = usize::from(height);
        let last = self.lines(width).len().saturating_sub(page);
        let top = match action {
            Action::Up => self.top.saturating_sub(1),
            Action::Down => self.top + 1,
            Action::PageUp => self.top.saturating_sub(page),
            Action::PageDown => self.top + page,
            Action::HalfUp => self.top.saturating_sub(page / 2),
            Action::HalfDown => self.top + page / 2,
            _ => self.top,
        };
        self.top = top.min(last);
    }

    /// A text that is laid out by the room it has, the widest first; that is the one that is copied.
    pub(crate) fn laid_out(title: impl Into<String>, texts: Vec<Laid>) -> Self {
        let widest = texts.first().map(|laid| laid.text.clone()).unwrap_or_default();
        Self { layouts: texts, ..Self::text(title, &widest) }
    }

    /// A text, line by line.
    pub(crate) fn text(title: impl Into<String>, text: &str) -> Self {
        let line = |text: &str| OverlayEntry {
            left: String::new(),
            text: text.to_owned(),
            whole: String::new(),
            also: String::new(),
            lead: None,
            dimmed: false,
        };
        Self::new(OverlayKind::Text, title, text.lines().map(line).collect())
    }
}

fn wrapped_or_blank(text: &str, width: u16) -> Vec<String> {
    let lines = wrapped(text, width.into());
    if lines.is_empty() { vec![String::new()] } else { lines }
}
