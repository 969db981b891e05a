//! Roles of style and glyphs. The only place that names colours; screens name roles.

use ratatui::style::{Color, Modifier, Style};

use super::{advice::Keys, colour::Depth};
use crate::domain::outcome::Outcome;
use crate::domain::terms::Terms;

/// What a terminal paints behind the letters: nothing here does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Nothing is known of it.
    Any,
    /// White, or nearly.
    Light,
}

/// How everything looks on this terminal.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    pub(crate) depth: Depth,
    pub(crate) glyphs: &'static Glyphs,
    /// Which keys its texts may name.
    pub(crate) keys: Keys,
    /// What the target's users call things.
    pub(crate) terms: Terms,
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    muted: Color,
    selected: (Color, Color),
    /// Whether what is dim can still be read.
    dims: bool,
}

impl Theme {
    /// The theme for a terminal of this depth, with or without Unicode.
    pub fn new(depth: Depth, unicode: bool) -> Self {
        let glyphs = if unicode { &Glyphs::UNICODE } else { &Glyphs::ASCII };
        let rich = depth >= Depth::Indexed;
        let pick = |plain, full| if rich { full } else { plain };
        let selected = if rich {
            (Color::Rgb(255, 255, 255), Color::Rgb(45, 74, 96))
        } else {
            (Color::Black, Color::Cyan)
        };
        Self {
            depth,
            glyphs,
            keys: Keys::All,
            terms: Terms::default(),
            accent: pick(Color::Cyan, Color::Rgb(86, 182, 194)),
            good: pick(Color::Green, Color::Rgb(152, 195, 121)),
            warn: pick(Color::Yellow, Color::Rgb(229, 192, 123)),
            bad: pick(Color::Red, Color::Rgb(224, 108, 117)),
            muted: pick(Color::Reset, Color::Rgb(130, 138, 150)),
            selected,
            dims: true,
        }
    }

    /// The same for a terminal with a light ground: on white neither yellow nor cyan nor what is dim can be read.
    pub fn light(depth: Depth, unicode: bool) -> Self {
        let dark = Self::new(depth, unicode);
        if depth == Depth::None {
            return dark;
        }
        let rich = depth >= Depth::Indexed;
        let pick = |plain, full| if rich { full } else { plain };
        let selected = (Color::Rgb(0, 0, 0), Color::Rgb(175, 215, 255));
        Self {
            accent: pick(Color::Blue, Color::Rgb(0, 95, 135)),
            good: pick(Color::Green, Color::Rgb(0, 95, 0)),
            warn: pick(Color::Magenta, Color::Rgb(135, 75, 0)),
            bad: pick(Color::Red, Color::Rgb(175, 0, 0)),
            muted: pick(Color::DarkGray, Color::Rgb(95, 95, 95)),
            selected: if rich { selected } else { dark.selected },
            dims: false,
            ..dark
        }
    }

    /// Ordinary text.
    pub fn text(&self) -> Style {
        Style::new()
    }

    /// What the eye should find first.
    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM)
    }

    /// Headings, the active tab, keys.
    pub(crate) fn accent(&self) -> Style {
        bright(self.accent)
    }

    /// Headings of tables and forms.
    pub(crate) fn heading(&self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// What matters less. Of sixteen colours none is both pale and legible on every ground (Solarized paints the
    /// bright black as its dark background), so there it is the terminal's own text, dimmed.
    pub(crate) fn muted(&self) -> Style {
        let style = Style::new().fg(self.muted);
        if self.muted == Color::Reset { style.add_modifier(Modifier::DIM) } else { style }
    }

    /// What cannot be chosen now.
    pub(crate) fn disabled(&self) -> Style {
        if self.dims { self.muted().add_modifier(Modifier::DIM) } else { self.muted() }
    }

    /// The selected row: foreground and background for the whole row, so that a status keeps no block of its own.
    pub(crate) fn selected(&self) -> Style {
        let pair = Style::new().fg(self.selected.0).bg(self.selected.1);
        pair.add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM)
    }

    /// Letters that a filter matched.
    pub fn matched(&self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// Something went well.
    pub(crate) fn good(&self) -> Style {
        bright(self.good)
    }

    /// Something wants a look.
    pub(crate) fn warn(&self) -> Style {
        bright(self.warn)
    }

    /// Something failed.
    pub(crate) fn bad(&self) -> Style {
        bright(self.bad)
    }

    /// The production environment, never to be overlooked.
    pub(crate) fn production(&self) -> Style {
        self.bad().add_modifier(Modifier::BOLD)
    }

    pub(crate) fn focused_button(&self) -> Style {
        self.selected()
    }

    pub(crate) fn outcome(&self, outcome: Outcome) -> Style {
        match outcome {
            Outcome::NoChange | Outcome::NotAttempted => self.muted(),
            Outcome::Success => self.good(),
            Outcome::Warning => self.warn(),
            Outcome::Failure => self.bad().add_modifier(Modifier::BOLD),
        }
    }
}

/// In a colour, and not dimmed where it stands in a dimmed border.
fn bright(colour: Color) -> Style {
    Style::new().fg(colour).remove_modifier(Modifier::DIM)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyphs {
    /// Whether these are beyond ASCII.
    pub(crate) unicode: bool,
    pub(crate) success: &'static str,
    pub(crate) no_change: &'static str,
    pub(crate) warning: &'static str,
    pub(crate) failure: &'static str,
    /// Waiting its turn.
    pub(crate) queued: &'static str,
    /// At the left of the selected row.
    pub(crate) pointer: &'static str,
    pub(crate) marked: &'static str,
    pub(crate) unmarked: &'static str,
    /// Sorted upwards.
    pub(crate) ascending: &'static str,
    /// Sorted downwards.
    pub(crate) descending: &'static str,
    pub(crate) ellipsis: &'static str,
    /// Between places.
    pub(crate) crumb: &'static str,
    /// From one value to another.
    pub(crate) arrow: &'static str,
    /// Something changes.
    pub(crate) change: &'static str,
    /// A connection that works.
    pub(crate) dot: &'static str,
    /// A connection that is not there.
    pub(crate) hollow: &'static str,
    pub(crate) bar: &'static str,
    pub(crate) bar_empty: &'static str,
    pub(crate) throbber: &'static [&'static str],
    /// Between facts in one line.
    pub(crate) separator: &'static str,
    /// The moving part of a scroll bar.
    pub(crate) thumb: &'static str,
}

impl Glyphs {
    /// For terminals that speak UTF-8.
    pub(crate) const UNICODE: Self = Self {
        unicode: true,
        success: "✓",
        no_change: "·",
        warning: "!",
        failure: "✗",
        queued: "○",
        pointer: "▌",
        marked: "■",
        unmarked: "□",
        ascending: "↑",
        descending: "↓",
        ellipsis: "…",
        crumb: " › ",
        arrow: "→",
        change: "±",
        dot: "●",
        hollow: "○",
        bar: "█",
        bar_empty: "░",
        throbber: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
        separator: " · ",
        thumb: "▐",
    };
    /// For all others. None of them is a letter that frames and rules are drawn with.
    pub(crate) const ASCII: Self = Self {
        unicode: false,
        success: "v",
        no_change: ".",
        warning: "!",
        failure: "x",
        queued: "o",
        pointer: ">",
        marked: "*",
        unmarked: " ",
        ascending: "^",
        descending: "v",
        ellipsis: "~",
        crumb: " > ",
        arrow: "->",
        change: "~",
        dot: "*",
        hollow: "o",
        bar: "#",
        bar_empty: ".",
        throbber: &["/", "\\"],
        separator: "; ",
        thumb: "#",
    };

    /// The glyph of an outcome; always shown with its word.
    pub(crate) fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::NoChange => self.no_change,
            Outcome::Success => self.success,
            Outcome::Warning => self.warning,
            Outcome::NotAttempted => self.queued,
            Outcome::Failure => self.failure,
        }
    }

    /// Whether the environment says UTF-8: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set decides.
    pub(crate) fn unicode_in(environment: impl Fn(&str) -> Option<String>) -> bool {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        locale.is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"))
    }
}
