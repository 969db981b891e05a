//! The ratatui console: `app` is the state, `update` turns messages into state and effects, `draw` shows it.
//!
//! It must not call the store, HTTP or tasks directly: what it wants is an effect, a value that `runtime`
//! carries out. State changes only in `update`; `draw` takes `&App`.

pub mod action;
pub mod colour;
pub mod fold;
pub mod keymap;
pub mod listing;
pub mod terminal;
pub mod theme;
