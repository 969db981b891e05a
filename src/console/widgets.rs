//! Pieces that several screens draw with. They get state and theme, and change nothing.

pub mod chart;
pub mod dialogs;
pub mod frame;
pub mod table;
pub mod text;
