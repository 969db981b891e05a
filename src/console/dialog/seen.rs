//! Whether what is open was on the screen before a key went down that answers it.

use chrono::{DateTime, TimeDelta, Utc};

/// Nobody reads what came by itself, and answers it, in less.
const REACTION: TimeDelta = TimeDelta::milliseconds(500);

/// Since when a dialog is to be seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// The first frame that has shown it, and when that was.
    first: Option<(u64, DateTime<Utc>)>,
    /// Whether no key opened it, but an answer or something that happened: keys may be under way to what was there before.
    by_itself: bool,
}

/// Why a key is none for a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Early {
    /// It was pressed before a frame has shown it.
    Unseen,
    /// It was pressed before anybody can have read it.
    Unread,
}

impl Seen {
    /// Of one that nobody asked for with a key.
    pub(crate) fn by_itself() -> Self {
        Self { by_itself: true, ..Self::default() }
    }

    /// A frame shows it.
    pub(crate) fn shown(&mut self, frame: u64, now: DateTime<Utc>) {
        self.first.get_or_insert((frame, now));
    }

    /// Why a key that was pressed at this frame, and comes now, is none for it.
    pub(crate) fn is_early(&self, frame: u64, now: DateTime<Utc>) -> Option<Early> {
        match self.first {
            Some((first, _)) if first > frame => Some(Early::Unseen),
            None => Some(Early::Unseen),
            Some((_, at)) if self.by_itself && now - at < REACTION => Some(Early::Unread),
            Some(_) => None,
        }
    }
}
