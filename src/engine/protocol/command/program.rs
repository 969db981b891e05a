//! Options of the program.

use std::collections::BTreeMap;

use crate::{domain::policy::ProductMode, engine::views::ProgramView};

/// A company or contract by name or id.
pub type NameOrId = String;

family! {
    /// About the options of the program.
    ProgramCommand in Program {
        /// Program options, with what can be chosen (`choices`: loads it from the target).
        Program {
            /// Whether to load the choices.
            choices: bool,
        } => Program(Box<ProgramView>),

        /// Changes options; what is not given stays.
        SetProgram {
            /// Master switch.
            sync: Option<bool>,
            /// Product mode.
            mode: Option<ProductMode>,
            /// Azure.
            azure: Option<bool>,
            /// What new services are made with, by the name of the choice: a name or id; empty text clears what is optional.
            choices: BTreeMap<String, NameOrId>,
            /// Addresses; an empty list clears them.
            notify: Option<Vec<String>>,
        } => Program(Box<ProgramView>),
    }
}
