//! An engine over a world in memory, in a directory of its own.

use std::{collections::BTreeMap, sync::MutexGuard};

use prism_connect::{
    clock::Clock,
    config::{Config, Homes, Overrides},
    domain::{ConnectionId, mapping::PricingStrategy, mapping::Start, secret::Secret},
    engine::{
        Engine, EngineSettings, Handle,
        protocol::{
            Actor, Answer, Command, ConnectionDraft, MapDraft, Refusal, RefusalKind, command,
        },
        start,
        views::CustomerView,
    },
};

use crate::{
    in_memory,
    world::{Fakes, Shared, World, ordinary},
};

/// What no file and no line may ever show.
pub const MARKER: &str = "MARKER-7f3d9a-secret";
pub const CODE: &str = "MARKER-7f3d9a-code";

pub struct Desk {
    pub world: Shared,
    pub dir: tempfile::TempDir,
    pub engine: Engine,
    pub handle: Handle,
}

pub fn prism() -> ConnectionDraft {
    ConnectionDraft::Prism {
        environment: None,
        api_url: Some("https://api.example".to_owned()),
        identity_url: Some("https://identity.example".to_owned()),
        client_id: Some("client".to_owned()),
        client_secret: Some(Secret::new(MARKER)),
        plain_http: None,
    }
}

pub fn autotask() -> ConnectionDraft {
    ConnectionDraft::Autotask {
        environment: None,
        base_url: None,
        username: Some("api@example.com".to_owned()),
        integration_code: Some(Secret::new(CODE)),
        secret: Some(Secret::new(MARKER)),
        plain_http: None,
    }
}

pub async fn engine(dir: &tempfile::TempDir, world: &Shared, read_only: bool) -> Engine {
    let config = Config::below(dir.path()).expect("settings");
    engine_at(dir, config, read_only, None, Fakes::over(world)).await
}

/// An engine that works with one of several targets.
async fn engine_at(
    dir: &tempfile::TempDir,
    config: Config,
    read_only: bool,
    target: Option<ConnectionId>,
    fakes: Fakes,
) -> Engine {
    let now = "2026-10-05T12:00:00Z".parse().expect("a time");
    let settings = EngineSettings {
        data_dir: dir.path().to_owned(),
        config,
        clock: Clock::starting_at(now).scaled(0.0),
        actor: Actor { read_only, ..Actor::owner("tester") },
        target,
        factory: Some(std::sync::Arc::new(fakes)),
    };
    start(settings).await.expect("an engine")
}

impl Desk {
    /// Nothing is configured.
    pub async fn empty() -> Self {
        Self::over(ordinary()).await
    }

    async fn over(world: World) -> Self {
        let (dir, world) =
            (crate::scratch::directory(), std::sync::Arc::new(std::sync::Mutex::new(world)));
        let engine = engine(&dir, &world, false).await;
        Self { handle: engine.handle(), world, dir, engine }
    }

    /// Both connections are stored.
    pub async fn connected() -> Self {
        Self::connected_over(ordinary()).await
    }

    /// Likewise, over another world.
    pub async fn connected_over(world: World) -> Self {
        let desk = Self::over(world).await;
        desk.done(command::SaveConnection { draft: prism() }).await;
        desk.done(command::SaveConnection { draft: autotask() }).await;
        desk
    }

    /// Likewise, and the program is on.
    pub async fn ready() -> Self {
        let desk = Self::connected().await;
        desk.done(set_program(Some(true), Some("7"))).await;
        desk
    }

    /// The world, to be looked at or changed.
    pub fn world(&self) -> MutexGuard<'_, World> {
        in_memory::lock(&self.world)
    }

    /// Asks for what must be done.
    pub async fn done(&self, command: impl Into<Command>) -> Answer {
        let command = command.into();
        let asked = format!("{command:?}");
        self.handle.ask(command).await.unwrap_or_else(|refusal| panic!("{asked}: {refusal:?}"))
    }

    /// Asks for what must be refused.
    pub async fn refused(&self, command: impl Into<Command>) -> Refusal {
        match self.handle.ask(command.into()).await {
            Err(refusal) => refusal,
            Ok(answer) => panic!("not refused: {answer:?}"),
        }
    }

    /// Asks for what must be refused as this kind, with this code.
    pub async fn refused_as(
        &self,
        command: impl Into<Command>,
        kind: RefusalKind,
        code: &str,
    ) -> Refusal {
        let refusal = self.refused(command).await;
        assert_eq!((refusal.kind, refusal.finding.code.as_str()), (kind, code), "{refusal:?}");
        assert!(!refusal.finding.advice.is_empty(), "says what to do: {refusal:?}");
        refusal
    }

    pub async fn customers(&self) -> Vec<CustomerView> {
        match self.done(command::Customers { refresh: false }).await {
            Answer::Customers(customers) => customers,
            other => panic!("{other:?}"),
        }
    }

    /// The customer of this name.
    pub async fn customer(&self, name: &str) -> CustomerView {
        let all = self.customers().await;
        all.into_iter().find(|one| one.customer_name == name).expect("a customer of this name")
    }

    /// Stops the engine, and begins anew in the same directory.
    pub async fn restarted(self, read_only: bool) -> Self {
        self.engine.shutdown().await;
        let engine = engine(&self.dir, &self.world, read_only).await;
        Self { handle: engine.handle(), world: self.world, dir: self.dir, engine }
    }

    /// The same with these lines in the settings file.
    pub async fn restarted_with(self, settings: &str) -> Self {
        self.engine.shutdown().await;
        let (flags, nothing, path) = (Overrides::default(), BTreeMap::new(), self.dir.path());
        let config = Config::resolve(&flags, &nothing, path, settings, &Homes::below(path));
        let config = config.expect("settings");
        let engine = engine_at(&self.dir, config, false, None, Fakes::over(&self.world)).await;
        Self { handle: engine.handle(), world: self.world, dir: self.dir, engine }
    }

    /// An engine in a directory that is there already, which works with one of several targets; the others' worlds beside it.
    pub async fn at(dir: tempfile::TempDir, target: &str, fakes: Fakes) -> Self {
        let world = fakes.world.clone();
        let config = Config::below(dir.path()).expect("settings");
        let target = Some(ConnectionId::new(target));
        let engine = engine_at(&dir, config, false, target, fakes).await;
        Self { handle: engine.handle(), world, dir, engine }
    }
}

pub fn set_program(sync: Option<bool>, code: Option<&str>) -> Command {
    Command::from(command::SetProgram {
        sync,
        mode: None,
        azure: None,
        choices: code
            .map(|code| ("billing_code".to_owned(), code.to_owned()))
            .into_iter()
            .collect(),
        notify: None,
    })
}

/// `alpha` to contract 1, and so on.
pub fn draft(tenant: &str, company: &str, contract: &str) -> MapDraft {
    MapDraft {
        tenant: tenant.to_owned(),
        company: company.to_owned(),
        contract: contract.to_owned(),
        sync: None,
        from: None,
        pricing: None,
    }
}

pub fn map(tenant: &str, company: &str, contract: &str) -> Command {
    Command::from(command::Map { draft: draft(tenant, company, contract) })
}

pub fn map_with(draft: MapDraft, sync: bool, from: Start, pricing: PricingStrategy) -> Command {
    let draft = MapDraft { sync: Some(sync), from: Some(from), pricing: Some(pricing), ..draft };
    Command::from(command::Map { draft })
}

pub fn switch(tenants: &[&str], on: bool) -> Command {
    Command::from(command::SetSync {
        tenants: tenants.iter().map(|&one| one.to_owned()).collect(),
        on,
        skip_missed: None,
    })
}
