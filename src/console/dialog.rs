//! What lies over a screen: forms, pickers, questions, prompts, help, palette, past errors.

pub(crate) mod confirm;
pub(crate) mod form;
pub(crate) mod overlay;
pub(crate) mod picker;
pub(crate) mod prompt;
pub(crate) mod seen;

pub(crate) use confirm::Confirm;
pub(crate) use form::Form;
pub(crate) use overlay::Overlay;
pub(crate) use picker::Picker;
pub(crate) use prompt::Prompt;

use chrono::{DateTime, Utc};
use ratatui::layout::Position;

use self::seen::{Early, Seen};
use super::{action::Action, keymap::Section, listing::AnyList as _};

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
    /// Its sections in the key table.
    pub(crate) fn sections(&self) -> &'static [Section] {
        match self {
            Self::Form(form) => form.sections(),
            Self::Picker(_) => &[Section::Picker],
            Self::Confirm(_) => &[Section::Confirm],
            Self::Prompt(_) => &[Section::Prompt],
            Self::Overlay(_) => &[Section::Overlay],
        }
    }

    /// Since when it is to be seen, of one that can store something.
    pub(crate) fn seen_mut(&mut self) -> Option<&mut Seen> {
        match self {
            Self::Confirm(confirm) => Some(&mut confirm.seen),
            Self::Form(form) => Some(&mut form.seen),
            Self::Prompt(prompt) => Some(&mut prompt.seen),
            Self::Picker(_) | Self::Overlay(_) => None,
        }
    }

    /// Why a key that was pressed at this frame, and comes now, does nothing here: it would store, or answer, what nobody
    /// has read. Text may come ahead of the field that it is for.
    pub(crate) fn why_early(
        &self,
        action: Option<Action>,
        frame: u64,
        now: DateTime<Utc>,
    ) -> Option<&'static str> {
        let question = |early: Early| match early {
            Early::Unseen => "Keys that came before this question was shown were dropped",
            Early::Unread => "Keys that came as this question appeared were dropped",
        };
        match self {
            Self::Confirm(confirm) => confirm.seen.is_early(frame, now).map(question),
            Self::Form(form) if form.stores(action) => {
                form.seen.is_early(frame, now).map(|early| match early {
                    Early::Unseen => "Keys that came before this form was shown were dropped",
                    Early::Unread => "Keys that came as this form appeared were dropped",
                })
            }
            Self::Prompt(prompt) if !prompt.is_filter() => {
                let early = prompt.seen.is_early(frame, now);
                let takes =
                    |early: &Early| *early == Early::Unread || action == Some(Action::Submit);
                early.filter(takes).map(question)
            }
            Self::Form(_) | Self::Picker(_) | Self::Prompt(_) | Self::Overlay(_) => None,
        }
    }

    /// It was clicked at a place of the screen: the row there is selected, where it is a list.
    pub(crate) fn click(&mut self, at: Position) {
        match self {
            Self::Picker(picker) => picker.click(at),
            Self::Overlay(overlay) => overlay.entries.select_at(at),
            Self::Form(_) | Self::Confirm(_) | Self::Prompt(_) => {}
        }
    }

    /// Whether an action has anything to act on now: the footer offers no other.
    pub(crate) fn offers(&self, action: Action) -> bool {
        match (self, action) {
            (Self::Form(form), action) => form.offers(action),
            (Self::Picker(picker), Action::Submit) => {
                picker.choices.selected().is_some_and(|choice| choice.unfit.is_none())
            }
            (Self::Prompt(prompt), Action::Submit) => prompt.lacks().is_none(),
            (Self::Confirm(confirm), Action::Confirm) => confirm.word.is_none(),
            (Self::Overlay(overlay), Action::Submit) => {
                !overlay.is_text() && overlay.entries.selected().is_none_or(|entry| !entry.dimmed)
            }
            (Self::Overlay(overlay), Action::Copy) => {
                overlay.copied().is_some_and(|text| !text.is_empty())
            }
            (Self::Picker(_) | Self::Prompt(_) | Self::Confirm(_) | Self::Overlay(_), _) => true,
        }
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
