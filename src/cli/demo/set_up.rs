//! Sets a demo world up as an operator would: connections, options, links.
//!
//! It must not know whether a console shows it or lines on a terminal.

use tokio::sync::mpsc::UnboundedSender;

use crate::{
    cli::{desk::Desk, failure::Failure},
    console::demo_world::{DemoNews, DemoStep},
    domain::{
        Code, ConnectionId, Thing,
        policy::{ProductMode, ProgramOptions},
        secret::Secret,
    },
    engine::{
        Handle,
        protocol::{Ask, ConnectionDraft, MapDraft, RefusalKind, command},
        views::{ChoiceView, SystemKind, connection_title},
    },
    sim::{Simulation, world::TrueMapping},
};

/// Who carries the set-up out, and tells of it.
pub(super) trait Operator {
    async fn ask<A: Ask>(&mut self, asked: A) -> Result<A::Answer, Failure>;
    fn step(&mut self, step: DemoStep);
    fn remark(&mut self, text: &str) -> Result<(), Failure>;
}

/// At a terminal without a console: an interrupt stops it.
impl Operator for Desk<'_> {
    async fn ask<A: Ask>(&mut self, asked: A) -> Result<A::Answer, Failure> {
        Desk::ask(self, asked).await
    }

    fn step(&mut self, _: DemoStep) {}

    fn remark(&mut self, text: &str) -> Result<(), Failure> {
        self.out.remark(text)
    }
}

/// Beside a console, which is told of it.
pub(super) struct BesideConsole {
    pub(super) engine: Handle,
    pub(super) news: UnboundedSender<DemoNews>,
}

impl BesideConsole {
    /// Nobody listens any more once the console is closed.
    pub(super) fn tell(&self, news: DemoNews) {
        let _ = self.news.send(news);
    }
}

impl Operator for BesideConsole {
    async fn ask<A: Ask>(&mut self, asked: A) -> Result<A::Answer, Failure> {
        Ok(self.engine.ask(asked).await?)
    }

    fn step(&mut self, step: DemoStep) {
        self.tell(DemoNews::Step(step));
    }

    fn remark(&mut self, text: &str) -> Result<(), Failure> {
        self.tell(DemoNews::Remark(text.to_owned()));
        Ok(())
    }
}

/// All of it; tells how many customers are linked. Of two targets the first one stays in use.
pub(super) async fn set_up(
    simulation: &Simulation,
    operator: &mut impl Operator,
) -> Result<u64, Failure> {
    let targets = connect(simulation, operator).await?;
    choose_agreements(operator).await?;
    let mut linked = 0;
    for target in targets.iter().rev() {
        if targets.len() > 1 {
            operator.ask(command::UseTarget { name: target.name.clone() }).await?;
        }
        choose_options(operator).await?;
        linked = link(&target.mappings, operator).await?;
    }
    Ok(linked)
}

/// A target of the world, with the counterparts of its customers there.
struct DemoTarget {
    name: ConnectionId,
    draft: ConnectionDraft,
    mappings: Vec<TrueMapping>,
}

/// The targets that are served.
fn targets(simulation: &Simulation) -> Vec<DemoTarget> {
    let environment = Some("DEMO".to_owned());
    let addresses = simulation.addresses();
    let autotask = Some(addresses.autotask).filter(|at| !at.base_url.is_empty());
    let autotask = autotask.map(|at| DemoTarget {
        name: ConnectionId::new(SystemKind::Autotask.word()),
        draft: ConnectionDraft::Autotask {
            environment: environment.clone(),
            base_url: Some(at.base_url),
            username: Some(at.username),
            integration_code: Some(Secret::new(at.integration_code)),
            secret: Some(Secret::new(at.secret)),
            plain_http: None,
        },
        mappings: simulation.true_mappings(),
    });
    let connectwise = addresses.connectwise.map(|at| DemoTarget {
        name: ConnectionId::new(SystemKind::Connectwise.word()),
        draft: ConnectionDraft::Connectwise {
            environment,
            site: Some(at.site),
            company: Some(at.company),
            public_key: Some(at.public_key),
            client_id: Some(at.client_id),
            private_key: Some(Secret::new(at.private_key)),
        },
        mappings: simulation.connectwise_mappings(),
    });
    autotask.into_iter().chain(connectwise).collect()
}

/// Stores all connections and tries them.
async fn connect(
    simulation: &Simulation,
    operator: &mut impl Operator,
) -> Result<Vec<DemoTarget>, Failure> {
    let targets = targets(simulation);
    let names: Vec<String> = targets.iter().map(|target| connection_title(&target.name)).collect();
    let names = names.join(" and ");
    operator.step(DemoStep::uncounted(&format!("connecting PRISM and {names}")));
    let prism = simulation.addresses().prism;
    let prism = ConnectionDraft::Prism {
        environment: Some("DEMO".to_owned()),
        api_url: Some(prism.api_url),
        identity_url: Some(prism.identity_url),
        client_id: Some(prism.client_id),
        client_secret: Some(Secret::new(prism.client_secret)),
        plain_http: None,
    };
    let drafts = targets.iter().map(|target| target.draft.clone());
    for draft in std::iter::once(prism).chain(drafts) {
        operator.ask(command::SaveConnection { draft }).await?;
    }
    let tests = operator.ask(command::TestConnection { name: None, draft: None }).await?;
    match tests.into_iter().find(|test| !test.ok) {
        Some(test) => {
            Err(Failure::because(Code::Unusable(Thing::Connection), test.text, "See the log."))
        }
        None => Ok(targets),
    }
}

/// Takes the invoices of all agreements there are, unless it was chosen already which.
async fn choose_agreements(operator: &mut impl Operator) -> Result<(), Failure> {
    let connections = operator.ask(command::Connections).await?;
    let all: Vec<_> = connections.into_iter().flat_map(|one| one.agreements).collect();
    if all.is_empty() || all.iter().any(|one| one.chosen) {
        return Ok(());
    }
    let agreements = all.into_iter().map(|one| one.id).collect();
    operator.ask(command::ChooseAgreements { agreements }).await.map(|_| ())
}

/// The name of a choice, and the id of what is chosen or usual, else of the first there is.
fn first(options: &ProgramOptions, choice: &ChoiceView) -> Result<(String, String), Failure> {
    let chosen = choice.what().and_then(|what| options.chosen.of(what)).map(|picked| picked.id);
    let offered = choice.options.as_deref().unwrap_or_default();
    let usual = offered.iter().find(|option| option.usual).or_else(|| offered.first());
    let id = chosen.or_else(|| usual.map(|option| option.id)).ok_or_else(|| {
        let text = format!("The world has no {}.", choice.label.to_lowercase());
        Failure::because(Code::NotChosen, text, "Try another seed.")
    })?;
    Ok((choice.name.clone(), id.to_string()))
}

/// Everything on, new services made with what is usual.
async fn choose_options(operator: &mut impl Operator) -> Result<(), Failure> {
    operator.step(DemoStep::uncounted("choosing options"));
    let program = operator.ask(command::Program { choices: true }).await?;
    let choices = program.choices.iter().filter(|choice| choice.required);
    let choices =
        choices.map(|choice| first(&program.options, choice)).collect::<Result<_, _>>()?;
    let options = command::SetProgram {
        sync: Some(true),
        mode: Some(ProductMode::All),
        azure: None,
        choices,
        notify: None,
    };
    operator.ask(options).await.map(|_| ())
}

/// Links whoever can be linked, and tells how many that were.
async fn link(mappings: &[TrueMapping], operator: &mut impl Operator) -> Result<u64, Failure> {
    operator.step(DemoStep::uncounted("reading customers"));
    operator.ask(command::Customers { refresh: true }).await?;
    let usable: Vec<TrueMapping> =
        mappings.iter().filter(|mapping| mapping.usable).cloned().collect();
    let of = count(usable.len());
    let mut linked = 0;
    for some in usable.chunks((usable.len() / STEPS).max(1)) {
        operator.step(DemoStep { text: "customers linked".to_owned(), done: linked, of });
        linked += link_at_once(some, operator).await?;
    }
    Ok(linked)
}

/// In so many requests all customers are linked, however many there are: a line may be slow.
const STEPS: usize = 20;

/// Links by the file that a customer import takes. It is taken whole or not at all: where one of them cannot be linked any
/// more, each is tried by itself.
async fn link_at_once(some: &[TrueMapping], operator: &mut impl Operator) -> Result<u64, Failure> {
    let row = |mapping: &TrueMapping| {
        let TrueMapping { tenant_id, company_id, contract_id, .. } = mapping;
        format!("{tenant_id},{company_id},{contract_id},on\n")
    };
    let head = "tenant_id,company_id,contract_id,sync\n".to_owned();
    let csv = std::iter::once(head).chain(some.iter().map(row)).collect();
    match operator.ask(command::ImportCustomers { csv }).await {
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::Failed => {
            link_one_by_one(some, operator).await
        }
        reply => reply.map(|report| report.stored + report.unchanged),
    }
}

/// A contract may have ended by now; the others go on.
async fn link_one_by_one(
    some: &[TrueMapping],
    operator: &mut impl Operator,
) -> Result<u64, Failure> {
    let mut linked = 0;
    for mapping in some.iter().cloned() {
        let draft = MapDraft {
            tenant: mapping.tenant_id,
            company: mapping.company_id.to_string(),
            contract: mapping.contract_id.to_string(),
            sync: Some(true),
            from: None,
            pricing: None,
        };
        match operator.ask(command::Map { draft }).await {
            Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::Failed => {
                let (who, why) = (mapping.customer_name, refusal.finding.text);
                operator.remark(&format!("not linked: {who}: {why}"))?;
            }
            reply => {
                reply?;
                linked += 1;
            }
        }
    }
    Ok(linked)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
