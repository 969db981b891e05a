//! The fields of tab 2's forms, with what is stored in them.

use crate::{
    console::{
        action::Action,
        dialog::{
            Form,
            form::{Field, Picked, Value},
        },
    },
    domain::{
        Thing,
        choice::{self, ChoiceOption},
        policy::ProductMode,
    },
    engine::views::{ChoiceView, ConnectionView, ProgramView},
};

fn text(value: Option<&String>) -> Value {
    Value::Text(value.cloned().unwrap_or_default().into())
}

/// A secret is never put into its field: it is kept by leaving that empty.
fn secret(stored: bool, name: &'static str, label: &'static str) -> Field {
    let field = Field::new(name, label, Value::Secret(String::new().into()));
    if stored { field.hint("saved; leave empty to keep it") } else { field.required() }
}

pub(crate) fn prism_fields(row: &ConnectionView) -> Vec<Field> {
    let api = row.url.clone().unwrap_or_else(|| "https://api.prismportal.online".to_owned());
    let identity = row
        .identity_url
        .clone()
        .unwrap_or_else(|| "https://identity.prismportal.online".to_owned());
    vec![
        environment(row),
        Field::new("api_url", "API URL", text(Some(&api))).required(),
        Field::new("identity_url", "Identity URL", text(Some(&identity))).required(),
        Field::new("client_id", "Client id", text(row.user.as_ref())).required(),
        secret(row.has_secret, "client_secret", "Client secret"),
        Field::new("test", "Test", Value::Button(Action::Test)),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

pub(crate) fn autotask_fields(row: &ConnectionView) -> Vec<Field> {
    vec![
        environment(row),
        Field::new("base_url", "Base URL", text(row.url.as_ref()))
            .hint("empty: the zone is looked up"),
        Field::new("username", "API username", text(row.user.as_ref())).required(),
        secret(row.has_integration_code, "integration_code", "Tracking identifier"),
        secret(row.has_secret, "secret", "Password (Secret)"),
        Field::new("test", "Test", Value::Button(Action::Test)),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

pub(crate) fn connectwise_fields(row: &ConnectionView) -> Vec<Field> {
    vec![
        environment(row),
        Field::new("site", "Site", text(row.url.as_ref()))
            .hint("where you sign in, such as na.myconnectwise.net")
            .required(),
        Field::new("company", "Company id", text(row.company.as_ref())).required(),
        Field::new("public_key", "Public key", text(row.user.as_ref())).required(),
        secret(row.has_secret, "private_key", "Private key"),
        Field::new("client_id", "Client id", text(row.client_id.as_ref()))
            .hint("from ConnectWise's developer pages")
            .required(),
        Field::new("test", "Test", Value::Button(Action::Test)),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

fn environment(row: &ConnectionView) -> Field {
    let stored = Some(row.environment.as_str()).filter(|word| !word.is_empty());
    let value = Value::Text(stored.unwrap_or("PROD").to_owned().into());
    Field::new("environment", "Environment", value)
        .hint("PROD, UAT or a word of your own")
        .required()
}

/// The options of a program (R17–R24).
pub(crate) fn program_fields() -> Vec<Field> {
    let modes = vec![("all", "All products"), ("in-use", "In use products only")];
    vec![
        Field::new("url", "Target", Value::Fixed(String::new())),
        Field::new("sync", "Sync Microsoft CSP", Value::Switch(false)).hint("the master switch"),
        Field::new("mode", "Products", Value::Choice(modes, 0)),
        Field::new("azure", "Azure", Value::Switch(false)).hint("sync Azure subscriptions"),
        Field::new("notify", "Notify", Value::Text(String::new().into()))
            .hint("e-mail addresses, separated by commas"),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

/// Puts stored options in, unless something was typed already.
pub(crate) fn fill_program(form: &mut Form, view: &ProgramView) {
    let options = &view.options;
    let target = view.target_url.clone().unwrap_or_else(|| view.target.to_string());
    set(form, "url", Value::Fixed(target));
    offer(form, view);
    if form.changed {
        return;
    }
    set(form, "sync", Value::Switch(options.sync));
    set(form, "azure", Value::Switch(options.azure));
    if let Some(Value::Choice(_, at)) = form.field_mut("mode").map(|field| &mut field.value) {
        *at = usize::from(options.mode == ProductMode::InUse);
    }
    for (choice, what) in choices(view) {
        set(form, what.key(), picked(view, choice, what));
    }
    set(form, "notify", Value::Text(options.notify.join(", ").into()));
}

/// What new services are made with, as far as this version knows what that is.
fn choices(view: &ProgramView) -> impl Iterator<Item = (&ChoiceView, Thing)> {
    view.choices.iter().filter_map(|choice| Some((choice, choice.what()?)))
}

/// What stands in a field that must be filled as long as nothing was chosen: what the target means for it.
fn usual(choice: &ChoiceView) -> Option<&ChoiceOption> {
    let options = choice.options.iter().flatten();
    options.filter(|_| choice.required).find(|option| option.usual)
}

/// What was chosen, else what is usual.
fn picked(view: &ProgramView, choice: &ChoiceView, what: Thing) -> Value {
    let chosen = view.options.chosen.of(what).map(|one| Picked::new(&one.id, &one.name));
    let usual = || usual(choice).map(|one| Picked::new(&one.id, &one.name));
    Value::Pick(chosen.or_else(usual))
}

/// A field for each thing that the target makes new services with, and none for those of another target. One that comes
/// late has its value at once, whatever was typed elsewhere meanwhile.
fn offer(form: &mut Form, view: &ProgramView) {
    form.keep(|field| {
        let is_choice = matches!(field.value, Value::Pick(_));
        !is_choice || view.choices.iter().any(|choice| choice.name == field.name)
    });
    for (choice, what) in choices(view) {
        if form.field_mut(what.key()).is_none() {
            let value = picked(view, choice, what);
            let field = Field::new(what.key(), choice::label(what), value);
            let field = if choice.required { field.required() } else { field.hint("optional") };
            form.insert_before("notify", field);
        }
    }
}

fn set(form: &mut Form, name: &str, value: Value) {
    if let Some(field) = form.field_mut(name) {
        field.value = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        console::dialog::form::About,
        domain::{ConnectionId, choice::Chosen, policy::ProgramOptions},
    };

    fn view(what: &[Thing], chosen: Chosen) -> ProgramView {
        let usual = ChoiceOption { usual: true, ..ChoiceOption::new(1, "Miscellaneous") };
        let choice = |what: &Thing| ChoiceView {
            name: what.key().to_owned(),
            label: choice::label(*what).to_owned(),
            required: *what != Thing::Vendor,
            within: None,
            options: Some(vec![usual.clone()]),
        };
        ProgramView {
            program: "Microsoft CSP".to_owned(),
            target: ConnectionId::new("target"),
            target_url: None,
            options: ProgramOptions { chosen, ..ProgramOptions::default() },
            choices: what.iter().map(choice).collect(),
            finding: None,
        }
    }

    #[test]
    fn choices_that_come_late_have_their_values_and_those_of_another_target_go() {
        let mut form = Form::new(About::Program, "Options", program_fields());
        form.changed = true;
        let vendor = Chosen::default().with(Thing::Vendor, choice::Picked::new(9, "rhipe"));
        fill_program(&mut form, &view(&[Thing::BillingCode, Thing::Vendor], vendor));
        assert_eq!(form.picked("vendor"), Some("9"), "what was chosen stays, whatever is typed");
        fill_program(&mut form, &view(&[Thing::Subcategory, Thing::Vendor], Chosen::default()));
        assert_eq!(form.picked("subcategory"), Some("1"), "what is usual stands ready");
        let of_other = form.fields.iter().filter(|field| field.name == "billing_code");
        assert_eq!(of_other.count(), 0);
    }
}
