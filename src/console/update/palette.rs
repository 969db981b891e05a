//! The palette: every command of every place, found by label, description and other words for it; and customers, products,
//! invoices and runs by name. What it finds is done, or leads to where it is.
//!
//! It must not hold what the screens show: names are asked for when it opens.

use std::collections::BTreeSet;

use crate::{
    console::{
        action::{Action, Tab},
        app::App,
        dialog::{
            Dialog, Overlay,
            overlay::{Lead, OverlayEntry, OverlayKind},
        },
        keymap::{BINDINGS, Binding, Section, working},
        pane::Jump,
        purpose::{Named, Purpose},
        screens::{customers::shown_name, help, support, sync::runs},
    },
    domain::{namesakes::tell_apart, run::RunHeader},
    engine::{
        protocol::{Answer, command},
        views::{CustomerView, Place, ProductView, SystemKind},
    },
};

/// How many runs are found by name.
const RUNS: usize = 500;

/// Words that operators use for what has another name here.
const SYNONYMS: &[(Action, &str)] = &[
    (Action::Accept, "confirm approve link map"),
    (Action::AcceptAll, "automap bulk link map"),
    (Action::Adopt, "adopt collision claim existing service"),
    (Action::Apply, "run send write execute commit sync now"),
    (Action::CancelRun, "abort cancel halt interrupt"),
    (Action::Chart, "graph quantity timeline plot licences licenses seats"),
    (Action::Checklist, "rights permissions requirements prepare"),
    (Action::ChooseRow, "contract service row duplicate"),
    (Action::Copy, "yank clipboard"),
    (Action::Dismiss, "acknowledge ack ignore hide remove"),
    (Action::Edit, "map mapping company contract set up change edit settings"),
    (Action::Errors, "messages notices log problems"),
    (Action::Export, "csv json download save file"),
    (Action::Filter, "search find narrow grep"),
    (Action::Go(Tab::Products), "licences licenses subscriptions seats skus services price list"),
    (Action::Generate, "create credentials api device sign-in"),
    (Action::Help, "keys shortcuts bindings"),
    (Action::History, "changes audit who when why bill licences licenses seats subscriptions"),
    (Action::LogOut, "lock unlock vault passphrase sign out"),
    (Action::NextState, "failing failed errors unlinked off problems only"),
    (Action::OtherTarget, "switch psa autotask connectwise"),
    (Action::Note, "comment remark annotate"),
    (Action::Pin, "pin bind assign service licence license subscription"),
    (Action::Plan, "preview dry run what would change sync licences licenses seats subscriptions"),
    (Action::PlanThese, "preview dry run sync selected licences licenses seats subscriptions"),
    (
        Action::Program,
        "settings azure billing code vendor category subcategory product type unit taxable mail notification options",
    ),
    (Action::Quit, "exit close leave"),
    (Action::Recheck, "recheck drift verify compare"),
    (Action::Refresh, "reload update again"),
    (Action::Retries, "retries failed waiting errors"),
    (Action::RetryFailed, "again repeat rerun"),
    (Action::Suggest, "match automap proposals"),
    (Action::SupportBundle, "diagnostics logs ticket zip"),
    (Action::Test, "check ping verify connection"),
    (Action::ToggleSync, "enable disable activate pause"),
    (Action::Undo, "restore revert put back"),
    (Action::Unmap, "unmap remove delete link mapping"),
    (Action::Unpin, "unpin give back release"),
];

/// What the Sync tab does whatever run is selected.
const OF_NO_RUN: [Action; 6] = [
    Action::Plan,
    Action::Recheck,
    Action::RetryFailed,
    Action::Retries,
    Action::Invoices,
    Action::Approvals,
];

pub(crate) fn open(app: &mut App) {
    ask_for_names(app);
    let entries = entries(app);
    app.shell.open(Overlay::new(OverlayKind::Palette, "Commands and names", entries));
}

/// Customers and runs lie in the store; the price list has to be read, so that is done once.
fn ask_for_names(app: &mut App) {
    let connected = |system| app.shell.status.is_some() && app.shell.is_configured(system);
    if let Some(rows) = app.products.rows() {
        app.names.insert(Named::Products, products(rows));
    } else if !app.names.contains_key(&Named::Products)
        && connected(SystemKind::Prism)
        && app.shell.has_target()
    {
        app.shell.ask(Purpose::Names(Named::Products), command::Products);
    }
    let customers = command::Customers { refresh: false };
    app.shell.ask(Purpose::Names(Named::Customers), customers);
    app.shell.ask(Purpose::Names(Named::Runs), command::Runs { limit: RUNS });
}

/// Names arrived: an open palette finds them from now on.
pub(crate) fn named(app: &mut App, answer: Answer) {
    let (of, found) = match answer {
        Answer::Customers(rows) => (Named::Customers, customers(rows)),
        Answer::Products(rows) => (Named::Products, products(&rows)),
        Answer::Runs(rows) => (Named::Runs, runs_and_invoices(&rows, app)),
        _ => return,
    };
    app.names.insert(of, found);
    let entries = entries(app);
    if let Some(Dialog::Overlay(overlay)) = app.shell.dialogs.last_mut()
        && overlay.kind == OverlayKind::Palette
    {
        overlay.entries.set(entries);
    }
}

/// The commands of this place, those of all others, then names.
fn entries(app: &App) -> Vec<OverlayEntry> {
    let sections = vec![app.pane().section(), Section::List, Section::Everywhere];
    let moves = |binding: &&Binding| binding.rank == 0 && binding.sections == [Section::List];
    // What is refused is no more offered here than in the footer.
    let is_offered = |binding: &Binding| app.shell.has(binding) && app.shell.may(binding);
    let mut here = working(&sections);
    here.retain(|binding| !moves(binding) && is_offered(binding));
    let same =
        |one: &Binding, other: &Binding| one.action == other.action && one.help == other.help;
    let elsewhere = BINDINGS.iter().enumerate().filter_map(|(at, binding)| {
        let section = *binding.sections.iter().find(|section| door(**section).is_some())?;
        let mut known = here.iter().copied().chain(&BINDINGS[..at]);
        if !is_offered(binding) {
            return None;
        }
        (!known.any(|one| same(one, binding))).then(|| command(binding, Some(section), app))
    });
    let commands = here.iter().map(|binding| command(binding, None, app));
    let names = app.names.values().flatten().cloned();
    let terms = app.shell.theme.terms;
    let help = support::questions(terms.target()).map(|(kind, question)| {
        let shown = terms.retell(question, &[]).into_owned();
        name(kind, shown, String::new(), Lead::Question(question))
    });
    commands.chain(elsewhere).chain(names).chain(help).collect()
}

fn command(binding: &Binding, elsewhere: Option<Section>, app: &App) -> OverlayEntry {
    let mut entry = help::entry(binding, &app.shell);
    let terms = app.shell.theme.terms;
    entry.text = format!("{}: {}", terms.say(binding.label), terms.say(binding.help));
    let synonyms = SYNONYMS.iter().find(|(action, _)| *action == binding.action);
    entry.also = synonyms.map_or_else(String::new, |(_, words)| (*words).to_owned());
    if let Some(section) = elsewhere {
        entry.text.push_str(&format!(" ({})", terms.say(section.title())));
        entry.lead = Some(Lead::Elsewhere(section, binding.action));
    }
    entry
}

fn name(kind: &str, name: String, also: String, lead: Lead) -> OverlayEntry {
    OverlayEntry {
        left: kind.to_owned(),
        text: name,
        whole: String::new(),
        also,
        lead: Some(lead),
        dimmed: false,
    }
}

fn customers(mut rows: Vec<CustomerView>) -> Vec<OverlayEntry> {
    tell_apart(rows.iter_mut().map(shown_name));
    let one = |row: &CustomerView| {
        let linked = row.mapping.as_ref();
        let linked = linked.map_or_else(String::new, |m| format!("{} {}", m.company, m.contract));
        let also = format!("{} {linked}", row.domain);
        name("customer", row.customer_name.clone(), also, Lead::Customer(row.tenant.clone()))
    };
    rows.iter().map(one).collect()
}

fn products(rows: &[ProductView]) -> Vec<OverlayEntry> {
    let one = |row: &ProductView| {
        let also = row.service_name.clone().unwrap_or_default();
        let told = format!("{} {}", row.name, row.key);
        name("product", told, also, Lead::Product(row.key.clone()))
    };
    rows.iter().map(one).collect()
}

/// Runs, the newest first as they come, and the invoices that they were for.
fn runs_and_invoices(rows: &[RunHeader], app: &App) -> Vec<OverlayEntry> {
    let invoices: BTreeSet<&String> = rows.iter().flat_map(|run| &run.invoices).collect();
    let invoices = invoices.into_iter().rev().map(|invoice| {
        name("invoice", invoice.clone(), String::new(), Lead::Invoice(invoice.clone()))
    });
    let runs = rows.iter().map(|run| {
        let when = run.started_at.format("%-d %b %Y %H:%M");
        let on = app.shell.is_on(run.id) || app.sync.live.is(run.id);
        let told = runs::one_line(run, on);
        name("run", format!("{told} {when}"), String::new(), Lead::Run(run.id))
    });
    runs.chain(invoices).collect()
}

/// Does what was chosen, or goes there.
pub(crate) fn lead(app: &mut App, lead: Lead) {
    match lead {
        Lead::Act(action) => super::act(app, action),
        Lead::Elsewhere(section, action) => go_and_act(app, section, action),
        Lead::Customer(tenant) => {
            let place = Place::Customer { tenant: Some(tenant) };
            super::follow(app, Jump::Act(place, Action::Open));
        }
        Lead::Product(key) => {
            app.products.show(&key);
            super::go(app, Tab::Products);
        }
        Lead::Question(question) => {
            app.support.show(question);
            super::go(app, Tab::Support);
        }
        Lead::Invoice(invoice) => super::follow(app, Jump::To(Place::Invoice { invoice })),
        Lead::Run(run) => super::follow(app, Jump::To(Place::Run { run, tenant: None })),
    }
}

/// To where a command works, and there it is done if there is anything to do it to.
fn go_and_act(app: &mut App, section: Section, action: Action) {
    let Some((tab, door)) = door(section) else { return };
    super::go(app, tab);
    if tab == Tab::Customers && door.is_none() {
        app.customers.then(action);
        return super::follow_up(app);
    }
    if let Some(door) = door {
        super::act(app, door);
    }
    let is_there = app.pane().section() == section || section == Section::Runs;
    // The list of runs may not be there yet; what is no matter of one run does not wait for it.
    let of_no_row = section == Section::Runs && OF_NO_RUN.contains(&action);
    let has_rows = app.pane().list().is_none_or(|list| list.len() > 0);
    if is_there && (has_rows || of_no_row) && door.is_none() {
        return super::act(app, action);
    }
    let binding =
        BINDINGS.iter().find(|one| one.action == action && one.sections.contains(&section));
    if let Some(binding) = binding {
        let key = binding.keys[0].name(app.shell.theme.glyphs.unicode);
        let terms = app.shell.theme.terms;
        let place = terms.say(section.title()).to_lowercase();
        let label = terms.say(binding.label);
        app.shell.inform(format!("“{label}” is {key}, in this place: {place}"));
    }
}

/// The tab that a place is on, and what opens the place there. Dialogs and what works everywhere have none.
fn door(section: Section) -> Option<(Tab, Option<Action>)> {
    match section {
        Section::Dashboard => Some((Tab::Dashboard, None)),
        Section::Connections => Some((Tab::Connections, None)),
        Section::Customers => Some((Tab::Customers, None)),
        Section::Suggestions => Some((Tab::Customers, Some(Action::Suggest))),
        Section::CustomerPage => Some((Tab::Customers, Some(Action::Open))),
        Section::ContractHistory => Some((Tab::Customers, Some(Action::History))),
        Section::Products => Some((Tab::Products, None)),
        Section::Runs
        | Section::Run
        | Section::RunCustomer
        | Section::RunSubscription
        | Section::Live
        | Section::Plan
        | Section::Causes
        | Section::PlanCauses
        | Section::Invoice
        | Section::Chart => Some((Tab::Sync, None)),
        Section::Invoices => Some((Tab::Sync, Some(Action::Invoices))),
        Section::Retries => Some((Tab::Sync, Some(Action::Retries))),
        Section::Approvals | Section::WaitingPlan => Some((Tab::Sync, Some(Action::Approvals))),
        Section::Support => Some((Tab::Support, None)),
        Section::Everywhere
        | Section::List
        | Section::Form
        | Section::ConnectionForm
        | Section::LinkForm
        | Section::Picker
        | Section::Confirm
        | Section::Prompt
        | Section::Overlay => None,
    }
}
