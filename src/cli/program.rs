//! `program`: the options of Microsoft CSP.

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    words::{Mode, Switch, on_off},
};
use crate::{
    domain::policy::ProductMode,
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
        /// Without the billing codes and vendors there are, which are asked of the PSA
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
    /// Billing code of new services
    #[arg(long, value_name = "NAME|ID")]
    billing_code: Option<String>,
    /// Vendor of new services; empty for none
    #[arg(long, value_name = "NAME|ID")]
    vendor: Option<String>,
    /// Who is told about runs; empty for nobody
    #[arg(long, value_name = "ADDR,…")]
    notify: Option<String>,
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let program = match action {
        Action::Show { offline } => desk.ask(command::Program { choices: !offline }).await?,
        Action::Set(changes) => {
            desk.ask(command::SetProgram {
                sync: changes.sync.map(Switch::is_on),
                mode: changes.mode.map(Into::into),
                azure: changes.azure.map(Switch::is_on),
                billing_code: changes.billing_code,
                vendor: changes.vendor,
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
    let code = options.billing_code.as_ref();
    let code = code.map_or("none chosen".to_owned(), |code| format!("{} ({})", code.name, code.id));
    let vendor = options.vendor.as_ref();
    let vendor = vendor.map_or("none".to_owned(), |(id, name)| format!("{name} ({id})"));
    let notify = match options.notify.as_slice() {
        [] => "nobody".to_owned(),
        addresses => addresses.join(", "),
    };
    let out = &mut *desk.out;
    out.line(format!("{} on {}", program.program, connection_title(&program.target)))?;
    out.line(format!("sync          {}", on_off(options.sync)))?;
    out.line(format!("mode          {mode}"))?;
    out.line(format!("azure         {}", on_off(options.azure)))?;
    out.line(format!("billing code  {code}"))?;
    out.line(format!("vendor        {vendor}"))?;
    out.line(format!("notify        {notify}"))?;
    choices(program, desk)
}

fn choices(program: &ProgramView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    for code in program.billing_codes.iter().flatten() {
        desk.out.line(format!("billing code {}  {}", code.id, code.name))?;
    }
    for vendor in program.vendors.iter().flatten() {
        desk.out.line(format!("vendor {}  {}", vendor.id, vendor.name))?;
    }
    match &program.finding {
        Some(finding) => desk.out.remark(&format!("{} {}", finding.text, finding.advice)),
        None => Ok(()),
    }
}
