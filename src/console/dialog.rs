//! What lies over a screen: forms, pickers, questions, prompts, help, palette, past errors.

pub mod confirm;
pub mod form;
pub mod overlay;
pub mod picker;
pub mod prompt;

pub use confirm::Confirm;
pub use form::Form;
pub use overlay::Overlay;
pub use picker::Picker;
pub use prompt::Prompt;

use super::keymap::Place;

/// One of them.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// Fields to fill in.
    Form(Box<Form>),
    /// A list to choose from by typing.
    Picker(Box<Picker>),
    /// A question before a write.
    Confirm(Box<Confirm>),
    /// One line of text.
    Prompt(Box<Prompt>),
    /// Help, palette, past errors, long texts.
    Overlay(Box<Overlay>),
}

impl Dialog {
    /// Its places in the key table.
    pub fn places(&self) -> &'static [Place] {
        match self {
            Self::Form(form) if form.links() => &[Place::LinkForm, Place::Form],
            Self::Form(form) if form.connects() => &[Place::ConnectionForm, Place::Form],
            Self::Form(_) => &[Place::Form],
            Self::Picker(_) => &[Place::Picker],
            Self::Confirm(_) => &[Place::Confirm],
            Self::Prompt(_) => &[Place::Prompt],
            Self::Overlay(_) => &[Place::Overlay],
        }
    }

    /// Whether letters are text here.
    pub fn types(&self) -> bool {
        !matches!(self, Self::Confirm(_))
    }
}

macro_rules! into_dialog {
    ($($kind:ident),+) => {$(
        impl From<$kind> for Dialog {
            fn from(dialog: $kind) -> Self {
                Self::$kind(Box::new(dialog))
            }
        }
    )+};
}

into_dialog!(Form, Picker, Confirm, Prompt, Overlay);
