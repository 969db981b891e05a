//! Pieces that several screens draw with. They get state and theme, and change nothing.

pub(crate) mod chart;
pub(crate) mod detail;
pub(crate) mod dialogs;
pub(crate) mod frame;
pub(crate) mod table;
pub(crate) mod text;
