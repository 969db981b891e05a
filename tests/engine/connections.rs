//! Connections, agreements and program options.

use prism_connect::{
    domain::{
        AgreementId, ConnectionId, ReadError, Side, Thing,
        choice::{ChoiceOption, Picked},
        mapping::{PricingStrategy, Start},
        outcome::Finding,
        secret::Secret,
    },
    engine::{
        protocol::{Answer, Command, ConnectionDraft, RefusalKind, Scope, SyncRequest, command},
        tables::{CONNECTIONS, ConnectionRecord, ConnectionSettings, TARGET, of_connection},
        views::{AgreementView, ConnectionState, TestView},
    },
    psa::Right,
    store::{Batch, Store},
};
use rstest::rstest;

use crate::{
    desk::{Desk, autotask, draft, engine as engine_at, map_with, prism, set_program},
    world::{agreement, refused},
};

fn tested(answer: Answer) -> Vec<TestView> {
    match answer {
        Answer::Tested(views) => views,
        other => panic!("{other:?}"),
    }
}

async fn state(desk: &Desk, name: &str) -> ConnectionState {
    match desk.done(command::Connections).await {
        Answer::Connections(views) => {
            views.into_iter().find(|one| one.name.as_str() == name).expect("a card").state
        }
        other => panic!("{other:?}"),
    }
}

fn test(name: &str) -> Command {
    Command::from(command::TestConnection { name: Some(name.into()), draft: None })
}

fn switched_on(tenant: &str) -> Command {
    map_with(draft(tenant, "1", "1"), true, Start::MostRecent, PricingStrategy::CostAndRetail)
}

#[tokio::test]
async fn what_is_not_given_keeps_its_stored_value() {
    let desk = Desk::connected().await;
    let draft = ConnectionDraft::Prism {
        environment: Some("UAT".to_owned()),
        api_url: None,
        identity_url: None,
        client_id: None,
        client_secret: None,
        plain_http: None,
    };
    desk.done(command::SaveConnection { draft }).await;
    let Answer::Connections(views) = desk.done(command::Connections).await else { panic!() };
    let card = &views[0];
    assert_eq!((card.environment.as_str(), card.user.as_deref()), ("UAT", Some("client")));
    assert_eq!(card.url.as_deref(), Some("https://api.example/"));
    assert!(card.has_secret);
}

#[tokio::test]
async fn a_url_without_a_scheme_is_refused_and_nothing_is_stored() {
    let desk = Desk::empty().await;
    let ConnectionDraft::Prism { environment, identity_url, client_id, client_secret, .. } =
        prism()
    else {
        panic!()
    };
    let api_url = Some("api.example".to_owned());
    let draft = ConnectionDraft::Prism {
        environment,
        api_url,
        identity_url,
        client_id,
        client_secret,
        plain_http: None,
    };
    let save = Command::from(command::SaveConnection { draft });
    desk.refused_as(save, RefusalKind::Malformed, "url").await;
    assert_eq!(state(&desk, "prism").await, ConnectionState::NotConfigured);
}

#[tokio::test]
async fn a_test_stores_that_it_went_well_and_the_only_agreement_is_chosen() {
    let desk = Desk::connected().await;
    assert_eq!(state(&desk, "prism").await, ConnectionState::Untested);
    assert!(tested(desk.done(test("prism")).await)[0].ok);
    let Answer::Connections(views) = desk.done(command::Connections).await else { panic!() };
    assert_eq!(views[0].state, ConnectionState::Connected);
    let only = AgreementView {
        id: AgreementId::new("1"),
        number: Some("1040217".to_owned()),
        name: "Microsoft CSP Indirect".to_owned(),
        chosen: true,
    };
    assert_eq!(views[0].agreements, [only]);
}

#[rstest]
#[case::wrong_secret(refused(Side::Source, "PRISM refused."))]
#[case::unreachable(ReadError::Unreachable(Finding::new("connect".into(), "No host.", "Check.")))]
#[tokio::test]
async fn a_test_that_fails_says_why_and_is_remembered(#[case] fault: ReadError) {
    let desk = Desk::connected().await;
    desk.world().source_fault = Some(fault.clone());
    let views = tested(desk.done(test("prism")).await);
    assert_eq!((views[0].ok, views[0].finding.clone()), (false, Some(fault.finding())));
    let failing = ConnectionState::Failing { finding: fault.finding() };
    assert_eq!(state(&desk, "prism").await, failing);
}

/// What was refused in a sync, or while it was planned, and whose it is according to its text.
#[rstest]
#[case::source_that_speaks_of_the_target(Side::Source, "Autotask said no.")]
#[case::target_that_speaks_of_the_source(Side::Target, "PRISM-Sync is locked.")]
#[tokio::test]
async fn refused_credentials_mark_the_card_whose_they_are_whatever_the_text_says(
    #[case] side: Side,
    #[case] text: &str,
    #[values(true, false)] sync: bool,
) {
    let desk = Desk::ready().await;
    desk.done(switched_on("alpha.onmicrosoft.com")).await;
    let fault = refused(side, text);
    match side {
        Side::Source => desk.world().source_fault = Some(fault.clone()),
        Side::Target => desk.world().target_fault = Some(fault.clone()),
    }
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    if sync {
        let Answer::Synced(reports) = desk.done(command::Sync { request }).await else { panic!() };
        assert_eq!(reports[0].header.refused_by, Some(side));
    } else {
        let plan = Command::from(command::Plan { request });
        let refusal = desk.refused_as(plan, RefusalKind::Failed, "unauthorized").await;
        assert_eq!(refusal.refused_by, Some(side));
    }
    let (theirs, others) = match side {
        Side::Source => ("prism", "autotask"),
        Side::Target => ("autotask", "prism"),
    };
    let failing = ConnectionState::Failing { finding: fault.finding() };
    assert_eq!(state(&desk, theirs).await, failing);
    assert!(!matches!(state(&desk, others).await, ConnectionState::Failing { .. }));
}

#[tokio::test]
async fn a_missing_right_fails_the_test_by_name() {
    let desk = Desk::connected().await;
    desk.world().rights.push(Right {
        name: "Services: create".to_owned(),
        granted: Some(false),
        advice: "Grant it.".to_owned(),
    });
    let views = tested(desk.done(test("autotask")).await);
    assert!(!views[0].ok);
    let finding = views[0].finding.clone().expect("a finding");
    assert!(finding.text.contains("Services: create"), "{finding:?}");
}

#[tokio::test]
async fn a_draft_is_tried_without_being_stored() {
    let desk = Desk::empty().await;
    let command = Command::from(command::TestConnection { name: None, draft: Some(autotask()) });
    assert!(tested(desk.done(command).await)[0].ok);
    assert_eq!(state(&desk, "autotask").await, ConnectionState::NotConfigured);
}

#[tokio::test]
async fn an_unknown_connection_is_refused_with_the_closest() {
    let desk = Desk::connected().await;
    let refusal =
        desk.refused_as(test("autotasc"), RefusalKind::Failed, "unknown_connection").await;
    assert_eq!(refusal.suggestions, ["autotask"]);
}

#[tokio::test]
async fn several_agreements_need_a_choice() {
    let desk = Desk::connected().await;
    desk.world().agreements.push(agreement("2"));
    desk.done(test("prism")).await;
    let refresh = Command::from(command::Customers { refresh: true });
    desk.refused_as(refresh.clone(), RefusalKind::Failed, "choose_agreement").await;
    let strange = Command::from(command::ChooseAgreements { agreements: vec!["9".into()] });
    desk.refused_as(strange, RefusalKind::Failed, "unknown_agreement").await;
    desk.done(command::ChooseAgreements { agreements: vec!["2".into()] }).await;
    desk.done(refresh).await;
}

#[tokio::test]
async fn an_agreement_is_chosen_by_the_number_on_its_invoices_as_well() {
    let desk = Desk::connected().await;
    desk.world().agreements.push(agreement("2"));
    desk.done(test("prism")).await;
    let by_number = Command::from(command::ChooseAgreements { agreements: vec!["1040217".into()] });
    let Answer::Done(told) = desk.done(by_number).await else { panic!() };
    assert_eq!(told, "Invoices of agreement 1040217 Microsoft CSP Indirect are synced.");
    let Answer::Connections(views) = desk.done(command::Connections).await else { panic!() };
    let chosen: Vec<_> =
        views[0].agreements.iter().map(|one| (one.id.as_str(), one.chosen)).collect();
    assert_eq!(chosen, [("1", true), ("2", false)]);
}

#[tokio::test]
async fn the_program_is_not_switched_on_without_a_billing_code() {
    let desk = Desk::connected().await;
    let on = set_program(Some(true), None);
    desk.refused_as(on.clone(), RefusalKind::Failed, "no_billing_code").await;
    desk.done(set_program(None, Some("cloud services"))).await;
    desk.done(on).await;
}

#[tokio::test]
async fn an_unknown_billing_code_is_refused_with_the_closest() {
    let desk = Desk::connected().await;
    let set = set_program(None, Some("Cloud servces"));
    let refusal = desk.refused_as(set, RefusalKind::Failed, "unknown_billing_code").await;
    assert_eq!(refusal.suggestions, ["Cloud services"]);
}

#[tokio::test]
async fn a_vendor_is_found_by_name_and_cleared_by_empty_text() {
    let desk = Desk::connected().await;
    desk.world().vendors.push(ChoiceOption::new(9, "Crayon"));
    let set = |vendor: &str| {
        Command::from(command::SetProgram {
            sync: None,
            mode: None,
            azure: None,
            choices: [("vendor".to_owned(), vendor.to_owned())].into(),
            notify: None,
        })
    };
    let Answer::Program(view) = desk.done(set("crayon")).await else { panic!() };
    assert_eq!(view.options.chosen.of(Thing::Vendor), Some(&Picked::new(9, "Crayon")));
    let Answer::Program(view) = desk.done(set("")).await else { panic!() };
    assert_eq!(view.options.chosen.of(Thing::Vendor), None);
}

#[tokio::test]
async fn an_address_without_a_host_is_malformed_and_nothing_of_the_rest_is_set() {
    let desk = Desk::connected().await;
    let set = Command::from(command::SetProgram {
        sync: None,
        mode: None,
        azure: Some(true),
        choices: std::collections::BTreeMap::new(),
        notify: Some(vec!["good@example.com".to_owned(), "bad".to_owned()]),
    });
    desk.refused_as(set, RefusalKind::Malformed, "mail_address").await;
    let Answer::Program(view) = desk.done(command::Program { choices: false }).await else {
        panic!()
    };
    assert!(!view.options.azure);
}

#[tokio::test]
async fn generated_credentials_are_stored_and_used() {
    let desk = Desk::empty().await;
    let generate = Command::from(command::GenerateCredentials {
        email: "me@example.com".to_owned(),
        draft: Some(prism()),
    });
    let Answer::DeviceSignIn(sign_in) = desk.done(generate).await else { panic!() };
    desk.done(command::AwaitCredentials { sign_in }).await;
    assert!(tested(desk.done(test("prism")).await)[0].ok);
    assert_eq!(desk.world().secrets, ["made-for-us"]);
}

/// Beside a run that goes on: only the sign-in is given up, and it says that nothing came of it.
#[tokio::test]
async fn a_sign_in_that_is_given_up_says_so_and_nothing_is_stored() {
    let desk = Desk::empty().await;
    let generate = Command::from(command::GenerateCredentials {
        email: "me@example.com".to_owned(),
        draft: Some(prism()),
    });
    let Answer::DeviceSignIn(sign_in) = desk.done(generate).await else { panic!() };
    desk.world().hangs = true;
    for give_up in [Command::from(command::GiveUpSignIn), Command::from(command::Cancel)] {
        let waiting =
            desk.handle.ask(Command::from(command::AwaitCredentials { sign_in: sign_in.clone() }));
        desk.done(give_up).await;
        let refusal = waiting.await.expect_err("given up");
        assert_eq!(refusal.kind, RefusalKind::Cancelled);
        assert!(refusal.finding.text.contains("sign-in to PRISM was given up"), "{refusal:?}");
        assert!(refusal.finding.text.contains("what is saved is as it was"), "{refusal:?}");
        assert_eq!(state(&desk, "prism").await, ConnectionState::NotConfigured);
    }
}

/// As an earlier version stored it: in clear, in the connection's record.
async fn with_the_code_in_clear(desk: Desk) -> Desk {
    let Desk { engine, handle, world, dir } = desk;
    drop(handle);
    engine.shutdown().await;
    let store = Store::open(dir.path()).expect("the store");
    let place = of_connection(&ConnectionId::new(TARGET));
    let record = store.get(CONNECTIONS, place.clone()).await.expect("read");
    let mut record: ConnectionRecord = record.expect("a connection");
    let ConnectionSettings::Autotask { integration_code, sealed_code, .. } = &mut record.settings
    else {
        panic!("{record:?}")
    };
    (*integration_code, *sealed_code) = (Some("CODE-IN-CLEAR".to_owned()), None);
    let mut batch = Batch::new();
    batch.put(CONNECTIONS, &place, &record);
    store.commit(batch).await.expect("written");
    drop(store);
    let engine = engine_at(&dir, &world, false).await;
    Desk { handle: engine.handle(), world, dir, engine }
}

/// What the record holds: the code in clear, and whether there is a sealed one.
async fn stored_code(desk: Desk) -> (Option<String>, bool) {
    let Desk { engine, handle, dir, .. } = desk;
    drop(handle);
    engine.shutdown().await;
    let store = Store::open(dir.path()).expect("the store");
    let record =
        store.get(CONNECTIONS, of_connection(&ConnectionId::new(TARGET))).await.expect("read");
    let record: ConnectionRecord = record.expect("a connection");
    let ConnectionSettings::Autotask { integration_code, sealed_code, .. } = record.settings else {
        panic!()
    };
    (integration_code, sealed_code.is_some())
}

#[rstest]
#[case::at_the_start(false)]
#[case::once_the_vault_is_open(true)]
#[tokio::test]
async fn an_integration_code_that_was_stored_in_clear_is_sealed_and_goes_on_working(
    #[case] locked: bool,
) {
    let desk = Desk::connected().await;
    let passphrase = || Secret::new("a passphrase of words");
    if locked {
        desk.done(command::SetPassphrase { passphrase: Some(passphrase()) }).await;
    }
    let desk = with_the_code_in_clear(desk).await;
    if locked {
        let Answer::Connections(views) = desk.done(command::Connections).await else { panic!() };
        assert!(views[1].has_integration_code, "{views:?}");
        desk.done(command::Unlock { passphrase: passphrase() }).await;
    }
    assert!(tested(desk.done(test("autotask")).await)[0].ok);
    assert_eq!(desk.world().codes_given.last().map(String::as_str), Some("CODE-IN-CLEAR"));
    assert_eq!(stored_code(desk).await, (None, true));
}

#[tokio::test]
async fn nothing_that_needs_a_connection_goes_without_one() {
    let desk = Desk::empty().await;
    for command in [
        Command::from(command::Companies),
        Command::from(command::Customers { refresh: true }),
        Command::from(command::Sync {
            request: prism_connect::engine::protocol::SyncRequest::default(),
        }),
    ] {
        desk.refused_as(command, RefusalKind::Failed, "not_connected").await;
    }
}

fn moved(api: Option<&str>, identity: Option<&str>) -> ConnectionDraft {
    ConnectionDraft::Prism {
        environment: None,
        api_url: api.map(str::to_owned),
        identity_url: identity.map(str::to_owned),
        client_id: None,
        client_secret: None,
        plain_http: None,
    }
}

#[rstest]
#[case::host(Some("https://evil.example"), None)]
#[case::scheme(Some("http://api.example"), None)]
#[case::port(Some("https://api.example:8443"), None)]
#[case::identity(None, Some("https://evil.example"))]
#[tokio::test]
async fn a_draft_for_another_place_takes_no_stored_secret_along(
    #[case] api: Option<&str>,
    #[case] identity: Option<&str>,
) {
    let desk = Desk::connected().await;
    let (draft, code) = match api {
        Some(api) if api.starts_with("http:") => (moved(Some(api), identity), "plain_http"),
        api => (moved(api, identity), "secret_again"),
    };
    let try_it = Command::from(command::TestConnection { name: None, draft: Some(draft.clone()) });
    desk.refused_as(try_it, RefusalKind::Malformed, code).await;
    desk.refused_as(command::SaveConnection { draft }, RefusalKind::Malformed, code).await;
    assert_eq!(desk.world().secrets, Vec::<String>::new(), "no client was made");
    let path = moved(Some("https://API.example:443/v2"), Some("https://identity.example/core"));
    desk.done(command::SaveConnection { draft: path }).await;
    assert!(tested(desk.done(test("prism")).await)[0].ok);
}

#[tokio::test]
async fn a_zone_that_was_discovered_may_be_written_down_and_no_other() {
    let desk = Desk::connected().await;
    desk.done(test("autotask")).await;
    let zone = |url: &str| ConnectionDraft::Autotask {
        environment: None,
        base_url: Some(url.to_owned()),
        username: None,
        integration_code: None,
        secret: None,
        plain_http: None,
    };
    let Answer::Connections(views) = desk.done(command::Connections).await else { panic!() };
    let found = views[1].url.clone().expect("where discovery led");
    let other = Command::from(command::SaveConnection {
        draft: zone("https://evil.example/ATServicesRest/"),
    });
    desk.refused_as(other, RefusalKind::Malformed, "secret_again").await;
    desk.done(command::SaveConnection { draft: zone(&found) }).await;
    let back = Command::from(command::SaveConnection { draft: zone("") });
    desk.refused_as(back, RefusalKind::Malformed, "secret_again").await;
}

#[tokio::test]
async fn whoever_only_looks_leaves_no_trace_of_a_test() {
    let desk = Desk::connected().await.restarted(true).await;
    assert!(tested(desk.done(test("prism")).await)[0].ok);
    assert_eq!(state(&desk, "prism").await, ConnectionState::Untested);
    desk.refused_as(command::Lock, RefusalKind::ReadOnly, "read_only").await;
}
