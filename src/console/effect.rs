//! What `update` wants done. Values, so that a test reads them; `runtime` carries them out.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::path::PathBuf;

use crate::engine::protocol::Command;

/// Which question an answer belongs to.
pub type Ticket = u64;

/// One thing to do outside the console's state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the engine; its reply comes back as a message with this ticket.
    Ask {
        ticket: Ticket,
        command: Box<Command>,
    },
    /// Put a text on the terminal's clipboard (OSC 52).
    Copy(String),
    /// Write a file in the place of what is there.
    Keep {
        path: PathBuf,
        text: String,
    },
    /// Write a new file in the working directory.
    Save {
        name: String,
        text: String,
    },
    /// To the shell until `fg`.
    Suspend,
    /// Take the terminal over again, and draw every cell anew.
    Redraw,
    Quit,
}
