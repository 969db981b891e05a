//! Fields to fill in: text, secrets, switches, choices, picks, buttons. What a form means is decided in
//! `screens`; here is only how one is filled.

use tui_input::Input;

use super::seen::Seen;
use crate::{
    console::{action::Action, keymap::Section},
    domain::{TenantId, outcome::Finding, terms::Terms},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Prism,
    Autotask,
    Connectwise,
    Program,
    Link(TenantId),
}

/// What can stand in a field.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Input),
    /// A secret: shown masked, sent only where something was typed.
    Secret(Input),
    Switch(bool),
    /// One of a few: names, place.
    Choice(Vec<(&'static str, &'static str)>, usize),
    /// One of many, chosen in a picker.
    Pick(Option<Picked>),
    /// Only shown.
    Fixed(String),
    /// Does something.
    Button(Action),
}

#[derive(Clone, Debug)]
pub(crate) struct Picked {
    pub(crate) key: String,
    pub(crate) name: String,
}

impl Picked {
    pub(crate) fn new(key: &impl ToString, name: &str) -> Self {
        Self { key: key.to_string(), name: name.to_owned() }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// What stands before it.
    pub(crate) label: &'static str,
    pub(crate) value: Value,
    pub(crate) required: bool,
    /// A few words below or beside it.
    pub(crate) hint: String,
    pub(crate) error: Option<String>,
}

impl Field {
    pub(crate) fn new(name: &'static str, label: &'static str, value: Value) -> Self {
        Self { name, label, value, required: false, hint: String::new(), error: None }
    }

    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn can_focus(&self) -> bool {
        !matches!(self.value, Value::Fixed(_))
    }

    fn is_empty(&self) -> bool {
        match &self.value {
            Value::Text(input) | Value::Secret(input) => input.value().trim().is_empty(),
            Value::Pick(picked) => picked.is_none(),
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Form {
    pub(crate) about: About,
    pub(crate) title: String,
    /// Its fields, top to bottom.
    pub(crate) fields: Vec<Field>,
    pub(crate) focus: usize,
    /// What the last test or save said, whether it went well or not.
    pub(crate) result: Option<Result<Finding, Finding>>,
    /// What speaks against what stands in it, although it can be stored.
    pub(crate) doubt: Option<String>,
    /// Who else is linked to the contract that stands in it: all of them are billed together.
    pub(crate) shared_with: Vec<String>,
    /// Whether something was changed since it was opened.
    pub(crate) changed: bool,
    /// Whether it is only there to be looked at: what stands in it cannot be stored from here.
    pub(crate) only_shown: bool,
    /// Whether an answer is waited for.
    pub(crate) busy: Option<&'static str>,
    /// Since when it is to be seen: nothing of it is stored unseen.
    pub(crate) seen: Seen,
}

impl Form {
    /// Which keys work in it, innermost first.
    pub(crate) fn sections(&self) -> &'static [Section] {
        match self.about {
            About::Link(_) => &[Section::LinkForm, Section::Form],
            About::Prism | About::Autotask | About::Connectwise => {
                &[Section::ConnectionForm, Section::Form]
            }
            About::Program => &[Section::Form],
        }
    }

    /// Without the buttons for these; where none is left that stores it, nothing of it is changed either.
    pub(crate) fn drop_buttons(&mut self, refused: &[Action]) {
        self.only_shown = refused.contains(&Action::Save);
        let is_refused =
            |field: &Field| matches!(field.value, Value::Button(one) if refused.contains(&one));
        self.fields.retain(|field| !is_refused(field));
    }

    /// Whether it is about what the installation is set up with, which no operator changes.
    pub(crate) fn is_of_set_up(&self) -> bool {
        match self.about {
            About::Prism | About::Autotask | About::Connectwise | About::Program => true,
            About::Link(_) => false,
        }
    }

    /// A form with the focus on its first field that takes it.
    pub(crate) fn new(about: About, title: impl Into<String>, fields: Vec<Field>) -> Self {
        let focus = fields.iter().position(Field::can_focus).unwrap_or(0);
        let title = title.into();
        let seen = Seen::default();
        Self {
            about,
            title,
            fields,
            focus,
            result: None,
            doubt: None,
            shared_with: Vec::new(),
            changed: false,
            only_shown: false,
            busy: None,
            seen,
        }
    }

    /// Whether it links a customer, where saving can sync at once.
    pub(crate) fn links(&self) -> bool {
        matches!(self.about, About::Link(_))
    }

    /// Whether an action has anything to act on now.
    pub(crate) fn offers(&self, action: Action) -> bool {
        let focused = self.focused().map(|field| (field.name, &field.value));
        match action {
            Action::Save | Action::SaveAndSync | Action::Test => self.can_press(),
            Action::Open => match focused {
                Some((_, value)) if self.only_shown && !matches!(value, Value::Button(_)) => false,
                Some(("contract", Value::Pick(_))) => self.picked("company").is_some(),
                Some((_, Value::Button(_))) => self.can_press(),
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether an action stores what stands in it, or tries it.
    pub(crate) fn stores(&self, action: Option<Action>) -> bool {
        match action {
            Some(Action::Save | Action::SaveAndSync | Action::Test) => true,
            Some(Action::Open) => matches!(
                self.focused().map(|field| &field.value),
                Some(Value::Button(button)) if *button != Action::Back
            ),
            _ => false,
        }
    }

    /// Whether its buttons work: not while an answer is waited for. Options can be saved while what can be chosen is on
    /// its way.
    pub(crate) fn can_press(&self) -> bool {
        self.busy.is_none() || self.about == About::Program
    }

    /// The focus goes to the field of this name.
    pub(crate) fn focus_on(&mut self, name: &str) {
        let at = self.fields.iter().position(|field| field.name == name);
        self.focus = at.unwrap_or(self.focus);
    }

    pub(crate) fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    pub(crate) fn focused_mut(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// What to type into a field: an address stands in it already, anything else below it.
    pub(crate) fn give(&mut self, name: &str, value: &str) {
        let Some(at) = self.fields.iter().position(|field| field.name == name) else { return };
        if name.ends_with("_url") {
            self.fields[at].value = Value::Text(value.to_owned().into());
            return;
        }
        let below = Field::new("given", "  type", Value::Fixed(value.to_owned()));
        self.fields.insert(at + 1, below);
    }

    /// Only these fields; the focus stays where it is, or goes to the first.
    pub(crate) fn keep(&mut self, of: impl Fn(&Field) -> bool) {
        let focused = self.focused().map(|field| field.name);
        self.fields.retain(of);
        let at = self.fields.iter().position(|field| Some(field.name) == focused);
        self.focus = at.or_else(|| self.fields.iter().position(Field::can_focus)).unwrap_or(0);
    }

    /// One more field; the focus stays where it is.
    pub(crate) fn insert_before(&mut self, name: &str, field: Field) {
        let at = self.fields.iter().position(|field| field.name == name);
        let at = at.unwrap_or(self.fields.len());
        self.fields.insert(at, field);
        self.focus += usize::from(self.focus >= at);
    }

    pub(crate) fn field_mut(&mut self, name: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.name == name)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// A text as typed, without blanks around it; none where the field is empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Text(input) | Value::Secret(input) => {
                Some(input.value().trim().to_owned()).filter(|text| !text.is_empty())
            }
            _ => None,
        }
    }

    pub(crate) fn switch(&self, name: &str) -> bool {
        matches!(self.value(name), Some(Value::Switch(true)))
    }

    pub(crate) fn choice(&self, name: &str) -> Option<&'static str> {
        match self.value(name)? {
            Value::Choice(options, at) => options.get(*at).map(|(key, _)| *key),
            _ => None,
        }
    }

    pub(crate) fn picked(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Pick(picked) => picked.as_ref().map(|picked| picked.key.as_str()),
            _ => None,
        }
    }

    /// What stands there and cannot be changed.
    pub(crate) fn fixed(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Fixed(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn picked_name(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Pick(picked) => picked.as_ref().map(|picked| picked.name.as_str()),
            _ => None,
        }
    }

    pub(crate) fn pick(&mut self, name: &str, picked: Option<Picked>) {
        if let Some(field) = self.field_mut(name) {
            field.value = Value::Pick(picked);
            field.error = None;
            self.changed = true;
        }
    }

    /// That others are on the contract that stands in it, if so.
    pub(crate) fn shared_told(&self, terms: Terms) -> Option<String> {
        let (first, more) = self.shared_with.split_first()?;
        let more = match more {
            [] => String::new(),
            [second] => format!(" and {second}"),
            more => format!(" and {} more", more.len()),
        };
        let all = format!("{first}{more}");
        Some(terms.fill("Already on this contract: {}. All are billed there together", &[&all]))
    }

    /// To another field, round and round.
    pub(crate) fn move_focus(&mut self, steps: isize) {
        let places: Vec<usize> =
            (0..self.fields.len()).filter(|at| self.fields[*at].can_focus()).collect();
        let Some(at) = places.iter().position(|place| *place == self.focus) else { return };
        let count = places.len();
        let moved = at.saturating_add_signed(steps + isize::try_from(count).unwrap_or(0)) % count;
        self.focus = places[moved];
    }

    /// The text that has the focus, where it can be typed into.
    pub(crate) fn typed_into(&mut self) -> Option<&mut Input> {
        if self.only_shown {
            return None;
        }
        match &mut self.focused_mut()?.value {
            Value::Text(input) | Value::Secret(input) => Some(input),
            _ => None,
        }
    }

    /// Turns the switch or moves the choice that has the focus. Tells whether there was one.
    pub(crate) fn turn(&mut self, steps: isize) -> bool {
        if self.only_shown {
            return false;
        }
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        match &mut field.value {
            Value::Switch(on) => *on = !*on,
            Value::Choice(options, at) => {
                let count = options.len().max(1);
                *at = at.saturating_add_signed(steps + isize::try_from(count).unwrap_or(0)) % count;
            }
            _ => return false,
        }
        self.changed = true;
        true
    }

    /// What is stored is not kept for the addresses that stand here now: every secret must be typed, and the first that
    /// is not gets the focus.
    pub(crate) fn ask_secrets_again(&mut self) {
        for field in self.fields.iter_mut().filter(|f| matches!(f.value, Value::Secret(_))) {
            field.required = true;
            field.hint.clear();
        }
        self.complete();
    }

    /// Marks what is missing; the focus goes to the first. Tells whether all is there.
    pub(crate) fn complete(&mut self) -> bool {
        let mut first = None;
        for (at, field) in self.fields.iter_mut().enumerate() {
            let missing = field.required && field.is_empty();
            field.error = missing.then(|| "is needed".to_owned());
            if missing && first.is_none() {
                first = Some(at);
            }
        }
        if let Some(at) = first {
            self.focus = at;
        }
        first.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new(
            About::Program,
            "Options",
            vec![
                Field::new("url", "Zone", Value::Fixed("https://".into())),
                Field::new("sync", "Sync", Value::Switch(false)),
                Field::new("code", "Billing code", Value::Pick(None)).required(),
            ],
        )
    }

    #[test]
    fn the_focus_skips_what_is_only_shown_and_goes_round() {
        let mut form = form();
        assert_eq!(form.focus, 1);
        form.move_focus(1);
        form.move_focus(1);
        assert_eq!(form.focus, 1);
        form.move_focus(-1);
        assert_eq!(form.focus, 2);
    }

    #[test]
    fn what_is_missing_is_marked_and_gets_the_focus() {
        let mut form = form();
        assert!(!form.complete());
        assert_eq!((form.focus, form.fields[2].error.as_deref()), (2, Some("is needed")));
        form.pick("code", Some(Picked::new(&7, "CSP")));
        assert!(form.complete());
    }
}
