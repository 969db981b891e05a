//! The ratatui console: `app` is the state, `update` turns messages into state and effects, `draw` shows it.
//!
//! It must not call the store, HTTP or tasks directly: what it wants is an effect, a value that `runtime`
//! carries out. State changes only in `update`; `draw` takes `&App`.

pub mod action;
pub mod app;
pub mod colour;
pub mod dialog;
pub mod draw;
pub mod effect;
pub mod fold;
pub mod keymap;
pub mod listing;
pub mod message;
pub mod runtime;
pub mod screens;
pub mod shell;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod widgets;
