//! What happened to the console: keys, answers, events, time.

use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};

use super::{demo_world::DemoNews, effect::Ticket};
use crate::engine::protocol::{Event, Reply};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Pressed(KeyEvent),
    /// One that was pressed at this frame, and that was held back while others were drawn.
    PressedAt(KeyEvent, u64),
    /// So many keys were pressed at once that nobody typed them: one that is held down, or a paste.
    Burst(Vec<KeyEvent>),
    /// A text was pasted.
    Pasted(String),
    /// The mouse was used (only with `--mouse`).
    Pointed(MouseEvent),
    /// The terminal has a new size: columns, rows.
    Resized(u16, u16),
    /// The engine answered.
    Answered(Ticket, Box<Reply>),
    /// The engine told something: all that waited, in order.
    Happened(Vec<Event>),
    /// Events were missed: everything shown is asked for again.
    Missed,
    /// Time went on; sent only while something runs or a notice is to vanish.
    Ticked(DateTime<Utc>),
    /// A file was written, or not.
    Saved(Result<String, String>),
    /// A demo world told how far its set-up is.
    Demo(Box<DemoNews>),
    /// A signal asks to end, or the terminal is gone.
    Terminated,
    /// The process goes on after it was stopped: the shell may have used the terminal.
    Continued,
}

impl Message {
    /// Whether the operator did it.
    pub(crate) fn is_of_a_key(&self) -> bool {
        matches!(
            self,
            Self::Pressed(_)
                | Self::PressedAt(..)
                | Self::Burst(_)
                | Self::Pasted(_)
                | Self::Pointed(_)
        )
    }

    /// Whether somebody waits for a frame that shows what it did.
    pub(crate) fn is_waited_for(&self) -> bool {
        !matches!(self, Self::Demo(_) | Self::Happened(_) | Self::Missed | Self::Ticked(_))
    }
}
