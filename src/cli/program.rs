//! `program`: the options of Microsoft CSP.

use std::collections::BTreeMap;

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    words::{Mode, Switch, on_off},
};
use crate::{
    domain::{Thing, policy::ProductMode},
    engine::{
        protocol::command,
        views::{ProgramView, connection_title},
    },
};

/// What to do with the options.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show them
    Show {
        /// Without what can be chosen, which is asked of the PSA
        #[arg(long)]
        offline: bool,
    },
    /// Change some
    Set(OptionChanges),
}

/// What is not given stays.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub struct OptionChanges {
    /// Master switch
    #[arg(long, value_enum)]
    sync: Option<Switch>,
    /// Which products become services
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Whether Azure is synced
    #[arg(long, value_enum)]
    azure: Option<Switch>,
    /// What new services are made with, by the names of `program show`; empty for none
    #[arg(long, value_name = "NAME=VALUE", value_parser = choice)]
    choice: Vec<(String, String)>,
    /// Billing code of new services, as `--choice billing_code=…`
    #[arg(long, value_name = "NAME|ID")]
    billing_code: Option<String>,
    /// Vendor of new services, as `--choice vendor=…`; empty for none
    #[arg(long, value_name = "NAME|ID")]
    vendor: Option<String>,
    /// Who is told about runs; empty for nobody
    #[arg(long, value_name = "ADDR,…")]
    notify: Option<String>,
}

impl OptionChanges {
    /// What new services are made with, the short forms among it.
    fn choices(&self) -> BTreeMap<String, String> {
        let short = [(Thing::BillingCode, &self.billing_code), (Thing::Vendor, &self.vendor)];
        let short = short
            .into_iter()
            .filter_map(|(what, value)| value.clone().map(|value| (what.key().to_owned(), value)));
        self.choice.iter().cloned().chain(short).collect()
    }
}

/// `category=Cloud`: the name of a choice, and the name or id of what is chosen.
fn choice(typed: &str) -> Result<(String, String), String> {
    let (name, value) = typed.split_once('=').ok_or("write it like category=Cloud")?;
    let name = name.trim().to_lowercase().replace(['-', ' '], "_");
    Ok((name, value.trim().to_owned()))
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let program = match action {
        Action::Show { offline } => desk.ask(command::Program { choices: !offline }).await?,
        Action::Set(changes) => {
            let choices = changes.choices();
            desk.ask(command::SetProgram {
                sync: changes.sync.map(Switch::is_on),
                mode: changes.mode.map(Into::into),
                azure: changes.azure.map(Switch::is_on),
                choices,
                notify: changes.notify.map(|addresses| split(&addresses)),
            })
            .await?
        }
    };
    if desk.out.is_json() {
        desk.out.json(&program)?;
    } else {
        print(&program, desk)?;
    }
    Ok(Exit::Done)
}

fn split(addresses: &str) -> Vec<String> {
    let trimmed = addresses.split(',').map(str::trim);
    trimmed.filter(|address| !address.is_empty()).map(str::to_owned).collect()
}

fn print(program: &ProgramView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let options = &program.options;
    let mode = match options.mode {
        ProductMode::All => "all",
        ProductMode::InUse => "in-use",
    };
    let notify = match options.notify.as_slice() {
        [] => "nobody".to_owned(),
        addresses => addresses.join(", "),
    };
    let out = &mut *desk.out;
    out.line(format!("{} on {}", program.program, connection_title(&program.target)))?;
    let labels = program.choices.iter().map(|choice| choice.label.len());
    let wide = labels.max().unwrap_or(0).max("billing code".len());
    let mut line = |name: &str, value: &str| out.line(format!("{name:wide$}  {value}"));
    line("sync", on_off(options.sync))?;
    line("mode", mode)?;
    line("azure", on_off(options.azure))?;
    for choice in &program.choices {
        let picked = choice.what().and_then(|what| options.chosen.of(what));
        let none = if choice.required { "none chosen" } else { "none" };
        let value =
            picked.map_or_else(|| none.to_owned(), |one| format!("{} ({})", one.name, one.id));
        line(&choice.label.to_lowercase(), &value)?;
    }
    line("notify", &notify)?;
    choices(program, desk)
}

fn choices(program: &ProgramView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    for choice in &program.choices {
        let label = choice.label.to_lowercase();
        for option in choice.options.iter().flatten() {
            desk.out.line(format!("{label} {}  {}", option.id, option.full_name()))?;
        }
    }
    match &program.finding {
        Some(finding) => desk.out.remark(&format!("{} {}", finding.text, finding.advice)),
        None => Ok(()),
    }
}
