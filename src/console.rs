//! The ratatui console: state, `update`, `draw`.
