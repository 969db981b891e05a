//! `mail`: how it leaves, what waits, its password, and whether it arrives.

use super::{desk::Desk, exit::Exit, failure::Failure, secrets, table::Table, words::time};
use crate::engine::{
    outbox::message::DeliveryState,
    protocol::command,
    views::{DeliveryView, MailView, MessageView},
};

/// What to do with it.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show how mail and webhooks are set up, what was told, and what waits
    Show {
        /// One message with its text, by its number
        #[arg(value_name = "N")]
        number: Option<u64>,
    },
    /// Store the password of the mail server's user in the vault
    Set {
        /// The secret of this webhook instead, by its url in the settings
        #[arg(long, value_name = "URL")]
        webhook: Option<String>,
        /// Read it from the first line of stdin
        #[arg(long)]
        secret_stdin: bool,
    },
    /// Send a letter at once, and say what the server said
    Test {
        /// To whom
        #[arg(value_name = "ADDRESS", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        to: String,
    },
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::Show { number } => {
            let view = desk.ask(command::Mail).await?;
            match number {
                None => show(&view, desk),
                Some(number) => show_one(&view, number, desk),
            }
        }
        Action::Set { webhook, secret_stdin } => {
            desk.open_vault().await?;
            let secret = if secret_stdin || !secrets::can_prompt() {
                secrets::from_stdin()?
            } else {
                secrets::prompt(if webhook.is_some() { "Secret" } else { "Password" })?
            };
            let said = desk.ask(command::SetMailSecret { hook: webhook, secret }).await?;
            desk.out.done(&said)
        }
        Action::Test { to } => {
            desk.open_vault().await?;
            let said = desk.ask(command::TestMail { to }).await?;
            desk.out.done(&said)
        }
    }
}

fn show(view: &MailView, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    if desk.out.is_json() {
        desk.out.json(view)?;
        return Ok(Exit::Done);
    }
    for (name, text) in lines(view) {
        desk.out.line(format!("{name:<9} {text}"))?;
    }
    if !view.messages.is_empty() {
        desk.out.line("")?;
        desk.out.table(&table(view))?;
    }
    Ok(Exit::Done)
}

fn lines(view: &MailView) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let from = view.from.as_ref().map(|from| format!(", from {from}")).unwrap_or_default();
    lines.push(match &view.way {
        None => ("mail", "not set up: say how it leaves below [mail] in the settings".to_owned()),
        Some(way) => ("mail", format!("by {way}{from}")),
    });
    if let Some(user) = &view.user {
        let password = match view.has_password {
            Some(true) => "password in the vault",
            _ => "no password in the vault: `prism-connect mail set`",
        };
        lines.push(("user", format!("{user}, {password}")));
    }
    for route in &view.routes {
        let (to, on) = (route.to.join(", "), route.on.join(", "));
        lines.push(("to", format!("{to} on {on} ({})", route.whence)));
    }
    for hook in &view.hooks {
        let signed = match (&hook.secret, hook.has_secret) {
            (None, _) => "not signed".to_owned(),
            (Some(whence), true) => format!("signed, secret in {whence}"),
            (Some(whence), false) => format!("its secret is not in {whence}"),
        };
        lines.push((
            "webhook",
            format!("{} on {}, {}, {signed}", hook.origin, hook.on.join(", "), hook.style),
        ));
    }
    let waits = match (view.waiting, view.oldest) {
        (0, _) | (_, None) => "nothing".to_owned(),
        (waiting, Some(oldest)) => format!("{waiting}, the oldest since {}", time(oldest)),
    };
    lines.push(("waits", waits));
    if !view.kept {
        lines.push((
            "",
            "without `prism-connect serve` it is tried once, after each run".to_owned(),
        ));
    }
    lines
}

fn table(view: &MailView) -> Table {
    let mut table = Table::new(&["NO", "MADE", "TO", "STATE", "SUBJECT"], "");
    for message in &view.messages {
        for one in &message.deliveries {
            table.row([
                message.number.to_string().as_str().into(),
                time(message.made_at).as_str().into(),
                one.to.as_str().into(),
                state(one).as_str().into(),
                message.subject.as_str().into(),
            ]);
        }
    }
    table
}

fn state(one: &DeliveryView) -> String {
    match (one.state, one.next_try) {
        (DeliveryState::Sent, _) => "sent".to_owned(),
        (DeliveryState::GivenUp, _) => "given up".to_owned(),
        (DeliveryState::Waiting, Some(next)) if one.tries > 0 => {
            format!("again at {}", time(next))
        }
        (DeliveryState::Waiting, _) => "waits".to_owned(),
    }
}

fn show_one(view: &MailView, number: u64, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let found = view.messages.iter().find(|message| message.number == number);
    let Some(message) = found else {
        return Err(Failure::typed(&format!("There is no message {number} among the newest.")));
    };
    if desk.out.is_json() {
        desk.out.json(message)?;
        return Ok(Exit::Done);
    }
    whole(message, desk)?;
    Ok(Exit::Done)
}

fn whole(message: &MessageView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    for one in &message.deliveries {
        let tries = match one.tries {
            1 => "1 try".to_owned(),
            more => format!("{more} tries"),
        };
        desk.out.line(format!("{}: {}, {tries}, <{}>", one.to, state(one), one.id))?;
        if let Some(error) = &one.error {
            desk.out.line(format!("  {} {}", error.text, error.advice))?;
        }
    }
    desk.out.line(format!("\n{}\n", message.subject))?;
    message.text.lines().try_for_each(|line| desk.out.line(line))
}
