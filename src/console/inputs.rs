//! What comes from outside the program: keys, pastes, sizes, signals; each becomes a message.
//!
//! No state here.

mod bursts;

use std::{io, time::Duration};

use crossterm::event::{Event as Input, EventStream};
use futures_util::{
    FutureExt as _, Stream, StreamExt as _,
    stream::{once, select, select_all, unfold},
};
use tokio::signal::unix::{SignalKind, signal};

use self::bursts::in_bursts;
use super::{frames::Frames, message::Message};

/// Keys and signals of this process. Must be called before the terminal is taken, so that a signal never meets a
/// terminal that nobody gives back. It ends with the terminal. An Esc may be the beginning of another key for so long. A key
/// that waited while a frame was drawn says at which it was pressed.
pub(crate) fn inputs(
    esc_hold: Duration,
    frames: Frames,
) -> io::Result<impl Stream<Item = io::Result<Message>> + Unpin> {
    let signals = select_all([
        on_signal(SignalKind::terminate(), || Message::Terminated)?,
        on_signal(SignalKind::hangup(), || Message::Terminated)?,
        on_signal(SignalKind::interrupt(), || Message::Terminated)?,
        on_signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()), || {
            Message::Continued
        })?,
    ]);
    let gone = once(async { Ok(Message::Terminated) }.boxed());
    let keys = EventStream::new().filter_map(|input| async {
        match input {
            Ok(input) => translated(input).map(Ok),
            Err(error) => Some(Err(error)),
        }
    });
    Ok(select(in_bursts(keys.chain(gone).boxed(), esc_hold, frames), signals.map(Ok)))
}

fn on_signal(
    kind: SignalKind,
    message: fn() -> Message,
) -> io::Result<futures_util::stream::BoxStream<'static, Message>> {
    let signals = signal(kind)?;
    let next = move |mut signals: tokio::signal::unix::Signal| async move {
        signals.recv().await.map(|()| (message(), signals))
    };
    Ok(unfold(signals, next).boxed())
}

fn translated(input: Input) -> Option<Message> {
    match input {
        Input::Key(key) => Some(Message::Pressed(key)),
        Input::Paste(text) => Some(Message::Pasted(text)),
        Input::Mouse(mouse) => Some(Message::Pointed(mouse)),
        Input::Resize(columns, rows) => Some(Message::Resized(columns, rows)),
        Input::FocusGained | Input::FocusLost => None,
    }
}
