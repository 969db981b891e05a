//! Options of the program.

use crate::{domain::policy::ProductMode, engine::views::ProgramView};

/// A company or contract by name or id.
pub type NameOrId = String;

family! {
    /// About the options of the program.
    ProgramCommand in Program {
        /// Program options, with what can be chosen (`choices`: loads billing codes and vendors from the target).
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
            /// Billing code by name or id.
            billing_code: Option<NameOrId>,
            /// Vendor by name or id; empty text clears it.
            vendor: Option<NameOrId>,
            /// Addresses; an empty list clears them.
            notify: Option<Vec<String>>,
        } => Program(Box<ProgramView>),
    }
}
