//! A demo world that is set up while the console is open already: what it tells.
//!
//! It must know neither who sets it up nor what the console makes of it.

use futures_util::{Stream, stream::poll_fn};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{domain::outcome::Finding, engine::views::SystemKind};

/// What a demo world asks to be typed: its forms show it, so that nobody need remember it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub(crate) system: SystemKind,
    pub(crate) field: &'static str,
    /// What to type there.
    pub(crate) value: String,
}

/// How far the set-up is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoStep {
    /// Such as `linking customers`.
    pub text: String,
    /// So many are done.
    pub done: u64,
    /// Of so many; 0 where nothing is counted.
    pub of: u64,
}

impl DemoStep {
    /// One that counts nothing.
    pub fn uncounted(text: &str) -> Self {
        Self { text: text.to_owned(), done: 0, of: 0 }
    }
}

/// What a demo world tells while it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DemoNews {
    /// Nothing of it is there yet.
    Starting,
    /// Its systems answer: what to say of them, and in a fresh one what its forms ask to be typed.
    Up {
        /// Lines of the welcome.
        lines: Vec<String>,
        /// What the forms show.
        given: Vec<Given>,
    },
    /// It went on.
    Step(DemoStep),
    /// Something beside.
    Remark(String),
    /// All is set up.
    Ready(String),
    /// It stopped halfway; what is there can be looked at.
    Stopped(Finding),
    /// There is no world to look at.
    Gone,
}

/// The news as they come.
pub(crate) fn stream(mut news: UnboundedReceiver<DemoNews>) -> impl Stream<Item = DemoNews> {
    poll_fn(move |task| news.poll_recv(task))
}
