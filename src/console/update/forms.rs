//! What forms and prompts mean: which command a button sends, which choices a picker offers.

use crate::{
    console::{
        action::Action,
        app::App,
        dialog::{
            Dialog, Form, Picker, Prompt,
            form::{About, Picked, Value},
            picker::{Choice, Choosing},
            prompt::Asking,
        },
        keymap::working,
        purpose::Purpose,
        screens::customers::link,
    },
    domain::{
        Code, CompanyId,
        choice::ChoiceOption,
        mapping::{PricingStrategy, Start},
        outcome::Finding,
        policy::ProductMode,
        secret::Secret,
    },
    engine::protocol::{Command, ConnectionDraft, MapDraft, command},
};

/// A button, or the key that stands for it, was pressed in the form on top.
pub(crate) fn press(app: &mut App, action: Action) {
    if action == Action::Back {
        return super::dialogs::close(app);
    }
    let sections = app.sections();
    let refused = working(&sections)
        .into_iter()
        .find(|binding| binding.action == action && !app.shell.may(binding));
    if let Some(binding) = refused {
        return super::refuse(&mut app.shell, binding.label);
    }
    let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut() else { return };
    if !form.can_press() {
        return;
    }
    if !form.complete() {
        form.result = Some(Err(Finding::new(Code::Missing, "Something is missing.", "")));
        return;
    }
    if let Some(question) = link::about_unlike_names(form, action, app.shell.theme.terms) {
        return app.shell.open(question);
    }
    save(app, action);
}

/// What is to be asked about the form on top was: it is saved, or tried.
pub(crate) fn save(app: &mut App, action: Action) {
    let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut() else { return };
    let asked = match (&form.about, action) {
        (About::Prism | About::Autotask | About::Connectwise, Action::Test) => {
            let draft = Some(draft(form));
            let test = command::TestConnection { name: None, draft };
            Some((Purpose::Test, test.into(), "Testing"))
        }
        (About::Prism | About::Autotask | About::Connectwise, Action::Save) => {
            let save = command::SaveConnection { draft: draft(form) };
            Some((Purpose::Store, save.into(), "Storing"))
        }
        (About::Program, Action::Save) => Some((Purpose::Store, program(form).into(), "Storing")),
        (About::Link(_), Action::Save | Action::SaveAndSync) => Some(linked(form, action)),
        _ => None,
    };
    let Some((purpose, command, words)) = asked else { return };
    form.busy = Some(words);
    form.result = None;
    app.shell.ask(purpose, command);
}

fn draft(form: &Form) -> ConnectionDraft {
    let environment = form.text("environment");
    let secret = |name: &str| form.text(name).map(Secret::new);
    if form.about == About::Prism {
        return ConnectionDraft::Prism {
            environment,
            api_url: form.text("api_url"),
            identity_url: form.text("identity_url"),
            client_id: form.text("client_id"),
            client_secret: secret("client_secret"),
            plain_http: None,
        };
    }
    if form.about == About::Connectwise {
        return ConnectionDraft::Connectwise {
            environment,
            site: form.text("site"),
            company: form.text("company"),
            public_key: form.text("public_key"),
            client_id: form.text("client_id"),
            private_key: secret("private_key"),
        };
    }
    ConnectionDraft::Autotask {
        environment,
        base_url: Some(form.text("base_url").unwrap_or_default()),
        username: form.text("username"),
        integration_code: secret("integration_code"),
        secret: secret("secret"),
        plain_http: None,
    }
}

fn program(form: &Form) -> command::SetProgram {
    let notify = form.text("notify").unwrap_or_default();
    let addresses = notify.split([',', ' ', ';']).filter(|address| !address.is_empty());
    let mode =
        if form.choice("mode") == Some("in-use") { ProductMode::InUse } else { ProductMode::All };
    let choices = form.fields.iter().filter_map(|field| match &field.value {
        Value::Pick(picked) => {
            let key = picked.as_ref().map(|picked| picked.key.clone());
            Some((field.name.to_owned(), key.unwrap_or_default()))
        }
        _ => None,
    });
    let choices = choices.collect();
    command::SetProgram {
        sync: Some(form.switch("sync")),
        mode: Some(mode),
        azure: Some(form.switch("azure")),
        choices,
        notify: Some(addresses.map(str::to_owned).collect()),
    }
}

fn linked(form: &Form, action: Action) -> (Purpose, Command, &'static str) {
    let About::Link(tenant) = &form.about else {
        return (Purpose::Store, command::Status.into(), "");
    };
    let from = if form.choice("from") == Some("next") { Start::Next } else { Start::MostRecent };
    let pricing = match form.choice("pricing") {
        Some("cost-only") => PricingStrategy::CostOnly,
        Some("quantities-only") => PricingStrategy::QuantitiesOnly,
        _ => PricingStrategy::CostAndRetail,
    };
    let now = action == Action::SaveAndSync;
    let draft = MapDraft {
        tenant: tenant.to_string(),
        company: form.picked("company").unwrap_or_default().to_owned(),
        contract: form.picked("contract").unwrap_or_default().to_owned(),
        sync: Some(now || form.switch("sync")),
        from: Some(from),
        pricing: Some(pricing),
    };
    let purpose = if now { Purpose::StoreAndPlan(tenant.to_string()) } else { Purpose::Store };
    (purpose, command::Map { draft }.into(), "Storing")
}

/// Opens the picker of the field that has the focus.
pub(crate) fn open_picker(app: &mut App) {
    let Some(Dialog::Form(form)) = app.shell.dialogs.last() else { return };
    let Some(field) = form.focused() else { return };
    let (name, label) = (field.name, field.label);
    let at = form.picked(name).map(str::to_owned);
    let company = form.picked("company").and_then(|id| id.parse::<CompanyId>().ok());
    let tenant = match &form.about {
        About::Link(tenant) => tenant.to_string(),
        About::Prism | About::Autotask | About::Connectwise | About::Program => String::new(),
    };
    let choices = match name {
        _ if form.about == About::Program => program_choices(app, name),
        "company" => app.customers.company_choices(&tenant),
        "contract" => app.customers.contract_choices(company),
        _ => None,
    };
    let loading = choices.is_none();
    let choosing = Choosing::Field(name);
    let label = app.shell.theme.terms.say(label);
    let mut picker = Picker::new(choosing, &label, choices.unwrap_or_default(), at.as_deref());
    picker.loading = loading;
    if loading {
        match (name, company) {
            ("company", _) => {
                app.shell.ask(Purpose::Companies, command::RankCompanies { tenant });
            }
            ("contract", Some(company)) => {
                app.shell.ask(Purpose::Contracts(company), command::Contracts { company });
            }
            ("contract", None) => return app.shell.decline("Choose the company first"),
            _ => {}
        }
    }
    app.shell.open(picker);
}

fn program_choices(app: &App, name: &str) -> Option<Vec<Choice>> {
    let view = app.connections.program.as_ref()?;
    let choice = view.choices.iter().find(|choice| choice.name == name)?;
    let options = choice.options.as_ref()?;
    let Some(Dialog::Form(form)) = app.shell.dialogs.last() else { return None };
    // All of them stand there again once what they are parts of is cleared.
    let whole = choice.within.as_deref().and_then(|whole| form.picked(whole));
    let whole = whole.and_then(|id| id.parse::<i64>().ok());
    let within = |option: &&ChoiceOption| {
        whole.is_none() || option.within.as_ref().map(|within| within.id) == whole
    };
    let none = (!choice.required).then(|| Choice::new(&"", "none"));
    let all = options.iter().filter(within).map(|option| {
        let name = if whole.is_some() { option.name.clone() } else { option.full_name() };
        Choice::new(&option.id, name)
    });
    Some(none.into_iter().chain(all).collect())
}

/// What new services are made with was chosen: a part brings its whole, another whole has other parts.
fn choice_picked(app: &mut App, field: &str) {
    let Some(view) = &app.connections.program else { return };
    let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut() else { return };
    for choice in &view.choices {
        let (Some(part), Some(whole)) = (choice.what(), choice.within.as_deref()) else { continue };
        let id = |form: &Form, of: &str| form.picked(of).and_then(|id| id.parse::<i64>().ok());
        let options = choice.options.iter().flatten();
        let chosen = id(form, part.key());
        let within = options.clone().find(|one| Some(one.id) == chosen);
        let within = within.and_then(|one| one.within.clone());
        if field == part.key() {
            form.pick(whole, within.map(|one| Picked::new(&one.id, &one.name)));
        } else if field == whole && id(form, whole).is_some() {
            let whole = id(form, whole);
            let of_it = |one: &&ChoiceOption| one.within.as_ref().map(|within| within.id) == whole;
            if within.map(|within| within.id) != whole {
                let other = options.filter(of_it).find(|one| one.usual);
                form.pick(part.key(), other.map(|one| Picked::new(&one.id, &one.name)));
            }
        }
    }
}

/// A choice was taken: another company has other contracts.
pub(crate) fn picked(app: &mut App, field: &str, doubt: Option<String>) {
    match field {
        "company" => {}
        "contract" => return app.customers.contract_picked(&mut app.shell),
        _ => return choice_picked(app, field),
    }
    let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut() else { return };
    form.doubt = doubt;
    form.shared_with.clear();
    form.pick("contract", None);
    if let Some(company) = form.picked("company").and_then(|id| id.parse::<CompanyId>().ok()) {
        app.shell.ask(Purpose::Contracts(company), command::Contracts { company });
    }
}

/// The prompt on top was answered.
pub(crate) fn submit_prompt(app: &mut App) {
    let Some(Dialog::Prompt(prompt)) = app.shell.dialogs.last_mut() else { return };
    match meaning(prompt) {
        Ok(asked) => {
            app.shell.dialogs.pop();
            if let Some((purpose, command)) = asked {
                if purpose == Purpose::Sync {
                    app.sync.applying();
                }
                app.shell.ask(purpose, command);
            }
        }
        Err(wrong) => prompt.error = Some(wrong.to_owned()),
    }
}

fn meaning(prompt: &Prompt) -> Result<Option<(Purpose, Command)>, &'static str> {
    if let Some(lacks) = prompt.lacks() {
        return Err(lacks);
    }
    let text = prompt.input.value().trim().to_owned();
    let command = match &prompt.asking {
        Asking::Filter(_) => return Ok(None),
        Asking::Note(tenant) => command::Note { tenant: tenant.to_string(), text }.into(),
        Asking::Dismissal(id) => command::DismissRetry { id: id.clone(), reason: text }.into(),
        Asking::Decision { invoice, decision } => {
            decision.as_ref().clone().about(invoice.clone(), text)
        }
        Asking::Approval { number, seal } => {
            let (number, seal) = (*number, Some(seal.clone()));
            let reason = Some(text).filter(|text| !text.is_empty());
            let command = command::Approve { number, seal, reason, break_glass: false };
            return Ok(Some((Purpose::Sync, command.into())));
        }
        Asking::BrokenGlass { number, seal } => {
            let (number, seal) = (*number, Some(seal.clone()));
            let approve = command::Approve { number, seal, reason: Some(text), break_glass: true };
            return Ok(Some((Purpose::Sync, approve.into())));
        }
        Asking::Rejection(number) => command::Reject { number: *number, reason: text }.into(),
        Asking::Skipping(tenants) => command::SetSync {
            tenants: tenants.iter().map(ToString::to_string).collect(),
            on: true,
            skip_missed: Some(text),
        }
        .into(),
        Asking::Passphrase => {
            let passphrase = Secret::new(prompt.input.value().to_owned());
            return Ok(Some((Purpose::Unlock, command::Unlock { passphrase }.into())));
        }
        Asking::Email => {
            let command = command::GenerateCredentials { email: text, draft: None };
            return Ok(Some((Purpose::SignIn, command.into())));
        }
    };
    Ok(Some((Purpose::Change, command)))
}
