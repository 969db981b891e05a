//! What happened to the console: keys, answers, events, time.

use chrono::{DateTime, Utc};
use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Ticket;
use crate::engine::{Reply, protocol::Event};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Pressed(KeyEvent),
    /// A text was pasted.
    Pasted(String),
    /// The mouse was used (only with `--mouse`).
    Pointed(MouseEvent),
    /// The terminal has a new size: columns, rows.
    Resized(u16, u16),
    /// The engine answered.
    Answered(Ticket, Box<Reply>),
    /// The engine told something.
    Happened(Box<Event>),
    /// Events were missed: everything shown is asked for again.
    Missed,
    /// Time went on; sent only while something runs or a notice is to vanish.
    Ticked(DateTime<Utc>),
    /// A file was written, or not.
    Saved(Result<String, String>),
    /// SIGTERM or SIGHUP.
    Terminated,
}
