//! `connect`: store, generate, choose, test and list connections.

use super::{desk::Desk, exit::Exit, failure::Failure, secrets, table::Table};
use crate::{
    domain::{AgreementId, Code, ConnectionId, Thing, outcome::Finding, secret::Secret},
    engine::{
        protocol::{Ask, ConnectionDraft, Refusal, RefusalKind, command},
        views::{ConnectionState, ConnectionView, EnvironmentsView, SystemKind, TestView},
    },
};

/// What is said of a connection that is not encrypted, wherever it is shown.
const PLAIN_HTTP: &str = "not encrypted, anybody on the way can read and change it.";

/// What to do with connections.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Save the connection to PRISM
    Prism(PrismArguments),
    /// Save the connection to Autotask
    Autotask(AutotaskArguments),
    /// Save the connection to ConnectWise
    Connectwise(ConnectwiseArguments),
    /// Have PRISM make credentials, after a sign-in in a browser
    Generate(GenerateArguments),
    /// Choose the agreement, or several, to sync
    Agreement {
        /// Their numbers or ids, as `connect list` shows them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Try a connection, or all of them
    Test {
        /// Which
        name: Option<String>,
    },
    /// List connections
    List,
    /// Show from which environment to which is synced, and confirm a pair of two different ones
    Environments {
        /// Sync between the two although they differ
        #[arg(long)]
        confirm: bool,
    },
}

/// The connection to PRISM; what is not given stays.
#[derive(Debug, clap::Args)]
pub struct PrismArguments {
    /// A word that is always on the screen, such as PROD or UAT
    #[arg(long)]
    environment: Option<String>,
    /// API URL
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Identity URL
    #[arg(long, value_name = "URL")]
    identity_url: Option<String>,
    /// Client id
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
    #[command(flatten)]
    plain: PlainArguments,
}

/// The connection to Autotask; what is not given stays.
#[derive(Debug, clap::Args)]
pub struct AutotaskArguments {
    /// A word that is always on the screen, such as PROD or UAT
    #[arg(long)]
    environment: Option<String>,
    /// The zone's URL; found by itself where it is empty
    #[arg(
        long,
        value_name = "URL",
        help = "Zone URL, ending /ATServicesRest/; found by itself where it is empty"
    )]
    base_url: Option<String>,
    /// API user name
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Tracking identifier (API integration code)
    #[arg(long, value_name = "CODE")]
    integration_code: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
    #[command(flatten)]
    plain: PlainArguments,
}

/// The connection to ConnectWise; what is not given stays.
#[derive(Debug, clap::Args)]
pub struct ConnectwiseArguments {
    /// A word that is always on the screen, such as PROD or UAT
    #[arg(long)]
    environment: Option<String>,
    /// Site that you sign in at, such as na.myconnectwise.net
    #[arg(long, value_name = "HOST")]
    site: Option<String>,
    /// Company that you sign in to
    #[arg(long, value_name = "ID")]
    company: Option<String>,
    /// Public key of the API member
    #[arg(long, value_name = "KEY")]
    public_key: Option<String>,
    /// The integration's client id, from ConnectWise's developer pages
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
}

/// Whether it may be unencrypted.
#[derive(Debug, clap::Args)]
struct PlainArguments {
    /// Let secrets and invoices go unencrypted to an http:// address that is not this machine
    #[arg(long)]
    allow_plain_http: bool,
}

impl PlainArguments {
    /// Nothing is taken back by leaving the flag away: an https:// address does that.
    fn said(&self) -> Option<bool> {
        self.allow_plain_http.then_some(true)
    }
}

/// Where the secret comes from.
#[derive(Debug, clap::Args)]
struct SecretArguments {
    /// Read the secret from the first line of stdin
    #[arg(long)]
    secret_stdin: bool,
    /// Ask for the secret although one is saved
    #[arg(long, conflicts_with = "secret_stdin")]
    new_secret: bool,
}

/// How to sign in.
#[derive(Debug, clap::Args)]
pub struct GenerateArguments {
    /// Of which system
    #[arg(value_parser = ["prism"])]
    system: String,
    /// Where PRISM tells of the new credentials
    #[arg(long, value_name = "ADDR")]
    email: String,
    /// API URL, if no connection is saved
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Identity URL, if no connection is saved
    #[arg(long, value_name = "URL")]
    identity_url: Option<String>,
    #[command(flatten)]
    plain: PlainArguments,
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::Prism(arguments) => prism(arguments, desk).await,
        Action::Autotask(arguments) => autotask(arguments, desk).await,
        Action::Connectwise(arguments) => connectwise(arguments, desk).await,
        Action::Generate(arguments) => generate(arguments, desk).await,
        Action::Agreement { ids } => {
            let agreements = ids.into_iter().map(AgreementId::new).collect();
            done(desk, command::ChooseAgreements { agreements }).await
        }
        Action::Test { name } => test(name, desk).await,
        Action::List => list(desk).await,
        Action::Environments { confirm } => environments(confirm, desk).await,
    }
}

async fn prism(arguments: PrismArguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let client_secret = secret(&arguments.secret, SystemKind::Prism, "Client secret", desk).await?;
    let draft = ConnectionDraft::Prism {
        environment: arguments.environment,
        api_url: arguments.api_url,
        identity_url: arguments.identity_url,
        client_id: arguments.client_id,
        client_secret,
        plain_http: arguments.plain.said(),
    };
    save(draft, "Client secret", desk).await
}

async fn autotask(arguments: AutotaskArguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let secret = secret(&arguments.secret, SystemKind::Autotask, "Password (secret)", desk).await?;
    let draft = ConnectionDraft::Autotask {
        environment: arguments.environment,
        base_url: arguments.base_url,
        username: arguments.username,
        integration_code: arguments.integration_code.map(Secret::new),
        secret,
        plain_http: arguments.plain.said(),
    };
    save(draft, "Password (secret)", desk).await
}

async fn connectwise(
    arguments: ConnectwiseArguments,
    desk: &mut Desk<'_>,
) -> Result<Exit, Failure> {
    let private_key =
        secret(&arguments.secret, SystemKind::Connectwise, "Private key", desk).await?;
    let draft = ConnectionDraft::Connectwise {
        environment: arguments.environment,
        site: arguments.site,
        company: arguments.company,
        public_key: arguments.public_key,
        client_id: arguments.client_id,
        private_key,
    };
    save(draft, "Private key", desk).await
}

/// Stores a connection; asks for the secret again where it moves to another place and somebody is there to be asked.
async fn save(
    mut draft: ConnectionDraft,
    label: &str,
    desk: &mut Desk<'_>,
) -> Result<Exit, Failure> {
    let asked = desk.ask(command::SaveConnection { draft: draft.clone() }).await;
    let moved = matches!(&asked, Err(Failure::Refused(refusal)) if refusal.finding.code == Code::SecretAgain);
    let (ConnectionDraft::Prism { client_secret: secret, .. }
    | ConnectionDraft::Autotask { secret, .. }
    | ConnectionDraft::Connectwise { private_key: secret, .. }) = &mut draft;
    if !moved || secret.is_some() || !secrets::can_prompt() {
        return desk.out.done(&asked?);
    }
    if let Err(Failure::Refused(refusal)) = &asked {
        desk.out.remark(&refusal.finding.text)?;
    }
    *secret = Some(secrets::prompt(label)?);
    done(desk, command::SaveConnection { draft }).await
}

/// From stdin or a prompt; none where one is stored and stays.
async fn secret(
    arguments: &SecretArguments,
    system: SystemKind,
    label: &str,
    desk: &mut Desk<'_>,
) -> Result<Option<Secret>, Failure> {
    if arguments.secret_stdin {
        return secrets::from_stdin().map(Some);
    }
    let stored = connections(desk).await?.iter().any(|one| one.system == system && one.has_secret);
    if stored && !arguments.new_secret {
        return Ok(None);
    }
    if secrets::can_prompt() {
        return secrets::prompt(label).map(Some);
    }
    Err(Failure::typed(
        "The secret is missing, and there is no terminal to ask for it: give it with --secret-stdin.",
    ))
}

async fn generate(arguments: GenerateArguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let typed = arguments.api_url.is_some()
        || arguments.identity_url.is_some()
        || arguments.plain.allow_plain_http;
    let draft = typed.then_some(ConnectionDraft::Prism {
        environment: None,
        api_url: arguments.api_url,
        identity_url: arguments.identity_url,
        client_id: None,
        client_secret: None,
        plain_http: arguments.plain.said(),
    });
    let sign_in = desk.ask(command::GenerateCredentials { email: arguments.email, draft }).await?;
    desk.out.remark(&format!("Open {} on any machine", sign_in.verification_url))?;
    desk.out.remark(&format!("and type {}", sign_in.user_code))?;
    desk.out.remark("Waiting for the approval; Ctrl-C gives up.")?;
    done(desk, command::AwaitCredentials { sign_in }).await
}

async fn test(name: Option<String>, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let name = name.map(ConnectionId::new);
    let tests = desk.ask(command::TestConnection { name, draft: None }).await?;
    if desk.out.is_json() {
        desk.out.json(&tests)?;
    } else {
        for test in &tests {
            tested(test, desk)?;
        }
    }
    Ok(if tests.iter().all(|test| test.ok) { Exit::Done } else { Exit::Failed })
}

fn tested(test: &TestView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let word = if test.ok { "works" } else { "does not work" };
    desk.out.line(format!("{}: {word}. {}", test.name, test.text))?;
    if let Some(finding) = &test.finding {
        let texts = [&finding.text, &finding.advice].into_iter();
        let mut new = texts.filter(|text| **text != test.text);
        new.try_for_each(|text| desk.out.line(format!("  {text}")))?;
    }
    let Some(probe) = &test.probe else { return Ok(()) };
    let version = probe.version.as_ref().map(|version| format!(" ({version})"));
    desk.out.line(format!("  at {}{}", probe.url, version.unwrap_or_default()))?;
    if let Some((left, whole)) = probe.budget {
        desk.out.line(format!("  {left} of {whole} requests left this hour"))?;
    }
    for right in &probe.rights {
        let mark = match right.granted {
            Some(true) => "ok     ",
            Some(false) => "missing",
            None => "unknown",
        };
        desk.out.line(format!("  {mark}  {}  {}", right.name, right.advice).trim_end())?;
    }
    if let Some(note) = &probe.note {
        desk.out.line(format!("  {note}"))?;
    }
    Ok(())
}

async fn connections(desk: &mut Desk<'_>) -> Result<Vec<ConnectionView>, Failure> {
    let asked = desk.ask(command::Connections).await?;
    Ok(asked)
}

async fn list(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let connections = connections(desk).await?;
    if desk.out.is_json() {
        desk.out.json(&connections)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["NAME", "SYSTEM", "ENVIRONMENT", "URL", "USER", "STATE"], "None.");
    for one in &connections {
        table.row([
            one.name.to_string().into(),
            one.system.word().into(),
            one.environment.as_str().into(),
            one.url.clone().into(),
            one.user.clone().into(),
            state(&one.state).into(),
        ]);
    }
    desk.out.table(&table)?;
    for one in connections.iter().filter(|one| one.plain_http) {
        desk.out.line(format!("{} is reached by plain http: {PLAIN_HTTP}", one.name))?;
    }
    let agreements: Vec<_> = connections.iter().flat_map(|one| &one.agreements).collect();
    if agreements.is_empty() {
        return Ok(Exit::Done);
    }
    desk.out.line("")?;
    let mut table = Table::new(&["SYNCED", "AGREEMENT", "PROGRAM", "ID"], "None.");
    for one in agreements {
        table.row([
            if one.chosen { "yes" } else { "no" }.into(),
            one.number.clone().into(),
            one.name.as_str().into(),
            one.id.to_string().into(),
        ]);
    }
    desk.out.table(&table)?;
    Ok(Exit::Done)
}

async fn environments(confirm: bool, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let status = desk.ask(command::Status).await?;
    let Some(view) = status.environments else {
        let text = "There is no pair of environments while PRISM or the PSA is not connected.";
        return Err(Failure::because(
            Code::NotConnected,
            text,
            "Connect both first: `connect list` shows them.",
        ));
    };
    if confirm {
        return done(desk, command::ConfirmEnvironments { seen: view }).await;
    }
    if desk.out.is_json() {
        desk.out.json(&view)?;
    } else {
        desk.out.line(told(&view))?;
    }
    Ok(Exit::Done)
}

/// The environments, and whether anything is synced between them.
pub(super) fn told(view: &EnvironmentsView) -> String {
    match (view.mixed, view.confirmed) {
        (false, _) => view.to_string(),
        (true, true) => format!("{view}, confirmed"),
        (true, false) => {
            format!("{view}: not confirmed, nothing is synced (`connect environments --confirm`)")
        }
    }
}

/// Has what follows be about the target that is named. Where there are two and none is named, whatever changes something is
/// refused: which of them was meant cannot be guessed, and what is only looked at is said.
pub(super) async fn target(
    name: Option<&str>,
    changes: bool,
    desk: &mut Desk<'_>,
) -> Result<(), Failure> {
    let Some(name) = name else { return unnamed(changes, desk).await };
    let targets =
        connections(desk).await?.into_iter().filter(|one| one.system != SystemKind::Prism);
    let names: Vec<ConnectionId> = targets.map(|one| one.name).collect();
    if let Some(known) = names.iter().find(|known| known.as_str().eq_ignore_ascii_case(name.trim()))
    {
        desk.ask(command::UseTarget { name: known.clone() }).await?;
        return Ok(());
    }
    let names: Vec<&str> = names.iter().map(ConnectionId::as_str).collect();
    let finding = Finding::new(
        Code::UnknownName(Thing::Target),
        format!("There is no target “{name}”."),
        format!("There is: {}.", names.join(", ")),
    );
    Err(Refusal::new(RefusalKind::Failed, finding).into())
}

async fn unnamed(changes: bool, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let all = connections(desk).await?;
    let set_up = |one: &&ConnectionView| {
        one.system != SystemKind::Prism && one.state != ConnectionState::NotConfigured
    };
    let names: Vec<&str> = all.iter().filter(set_up).map(|one| one.name.as_str()).collect();
    if names.len() < 2 {
        return Ok(());
    }
    if changes {
        let text = format!("There are two targets: {}.", names.join(" and "));
        let advice = "Say which is meant: --target NAME.";
        let finding = Finding::new(Code::Unusable(Thing::Target), text, advice);
        return Err(Refusal::new(RefusalKind::Malformed, finding).into());
    }
    let first = desk.ask(command::Status).await?.target;
    desk.out.remark(&format!("About {first}; --target NAME chooses among {}.", names.join(" and ")))
}

/// A connection's state in words.
pub(super) fn state(state: &ConnectionState) -> String {
    match state {
        ConnectionState::NotConfigured => "not configured".to_owned(),
        ConnectionState::Untested => "not tried yet".to_owned(),
        ConnectionState::Connected => "connected".to_owned(),
        ConnectionState::Failing { finding } => format!("failing: {}", finding.text),
    }
}

/// Asks, and prints what was done.
pub(super) async fn done(
    desk: &mut Desk<'_>,
    asked: impl Ask<Answer = String> + Clone,
) -> Result<Exit, Failure> {
    let text = desk.ask(asked).await?;
    desk.out.done(&text)
}
