use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::{
    domain::Role,
    engine::protocol::{Actor, ConnectionDraft, RefusalKind, SyncRequest, Trigger, command},
};

/// Every command, with the right that the table of unattended operation says.
fn examples() -> Vec<(Command, Right)> {
    let all = view().into_iter().chain(operate()).chain(administer());
    all.flatten().collect()
}

type Examples = Vec<Vec<(Command, Right)>>;

fn request() -> Value {
    json!({ "request": SyncRequest::default() })
}

fn invoice() -> Value {
    json!({"invoice": "x", "reason": "x"})
}

fn row() -> Value {
    json!({"tenant": "x", "service": "1", "contract_service": "1"})
}

fn view() -> Examples {
    let nothing = Value::Null;
    vec![
        of(
            "connection",
            Right::View,
            vec![("connections", nothing.clone()), ("use_target", json!({"name": "x"}))],
        ),
        of("program", Right::View, vec![("program", json!({"choices": true}))]),
        of(
            "customer",
            Right::View,
            vec![
                ("customers", json!({"refresh": true})),
                ("suggest", nothing.clone()),
                ("companies", nothing.clone()),
                ("rank_companies", json!({"tenant": "x"})),
                ("contracts", json!({"company": "1"})),
                ("contract_services", row()),
            ],
        ),
        of(
            "product",
            Right::View,
            vec![
                ("products", nothing.clone()),
                ("services", nothing.clone()),
                ("invoiced_prices", json!({"product": "x", "name": "x"})),
            ],
        ),
        of("plan", Right::View, vec![("plan", request())]),
        of(
            "history",
            Right::View,
            vec![
                ("runs", json!({"limit": 1})),
                ("run", json!({"id": 1})),
                ("history", json!({"tenant": "x", "service": null})),
                ("chart", json!({"run": 1, "tenant": "x", "service": "1"})),
                ("customer_page", json!({"tenant": "x", "contract": true})),
                ("retries", nothing.clone()),
            ],
        ),
        of("invoice", Right::View, vec![("invoices", nothing.clone()), ("invoice", invoice())]),
        of("dashboard", Right::View, vec![("status", nothing.clone())]),
        of(
            "maintenance",
            Right::View,
            vec![
                ("doctor", nothing.clone()),
                ("settings", nothing.clone()),
                ("export_runs", nothing.clone()),
                ("export_customers", nothing.clone()),
                ("export_ledger", nothing.clone()),
                ("vault", nothing.clone()),
            ],
        ),
        of(
            "audit",
            Right::View,
            vec![
                ("audit", json!({"subject": null, "limit": null})),
                ("verify_audit", nothing.clone()),
            ],
        ),
        of("schedule", Right::View, vec![("schedule", nothing.clone())]),
    ]
}

fn operate() -> Examples {
    let nothing = Value::Null;
    let draft = json!({"tenant": "x", "company": "x", "contract": "x", "sync": null, "from": null,
        "pricing": null});
    vec![
        of("connection", Right::Operate, vec![("test_connection", json!({"name": null}))]),
        of(
            "customer",
            Right::Operate,
            vec![
                ("map", json!({"draft": draft})),
                ("auto_map", json!({"min_score": 90, "sync": null})),
                ("unmap", json!({"tenant": "x"})),
                ("set_sync", json!({"tenants": ["x"], "on": true, "skip_missed": null})),
                ("note", json!({"tenant": "x", "text": "x"})),
                ("choose_service", json!({"tenant": "x", "product": "x", "contract_service": "1"})),
                ("choose_row", row()),
                ("import_customers", json!({"csv": "x"})),
            ],
        ),
        of(
            "product",
            Right::Operate,
            vec![
                ("pin", json!({"product": "x", "service": "1"})),
                ("unpin", json!({"product": "x"})),
                ("adopt", json!({"product": "x"})),
            ],
        ),
        of("run", Right::Operate, vec![("sync", request()), ("resume", nothing.clone())]),
        of("stop", Right::Operate, vec![("cancel", nothing.clone())]),
        of(
            "history",
            Right::Operate,
            vec![
                ("dismiss_retry", json!({"id": "x", "reason": "x"})),
                ("restore_retry", json!({"id": "x"})),
            ],
        ),
        of(
            "invoice",
            Right::Operate,
            vec![
                ("accept_difference", json!({"invoice": "x", "difference": "0.01", "reason": "x"})),
                ("accept_currency", json!({"invoice": "x", "currency": "AUD", "reason": "x"})),
                ("treat_invoice", json!({"invoice": "x", "treatment": "standard", "reason": "x"})),
                ("dismiss_invoice", invoice()),
            ],
        ),
        of(
            "dashboard",
            Right::Operate,
            vec![("acknowledge", json!({"id": "x"})), ("show_again", json!({"id": "x"}))],
        ),
        of("maintenance", Right::Operate, vec![("support_bundle", nothing.clone())]),
    ]
}

fn administer() -> Examples {
    let nothing = Value::Null;
    let environments = json!({"source": "x", "target": "y", "mixed": true, "confirmed": false});
    let sign_in = json!({"verification_url": "x", "user_code": "x", "device_code": "x",
        "interval_seconds": 5, "expires_at": "2026-10-05T09:00:00Z", "email": "x", "api_url": "x",
        "identity_url": "x"});
    let typed = json!({ "draft": typed() });
    vec![
        of(
            "connection",
            Right::Administer,
            vec![
                ("save_connection", typed.clone()),
                ("test_connection", typed),
                ("generate_credentials", json!({"email": "x"})),
                ("confirm_environments", json!({"seen": environments})),
                ("choose_agreements", json!({"agreements": ["x"]})),
            ],
        ),
        of("sign_in", Right::Administer, vec![("await_credentials", json!({"sign_in": sign_in}))]),
        of("program", Right::Administer, vec![("set_program", json!({"choices": {}}))]),
        of("stop", Right::Administer, vec![("give_up_sign_in", nothing.clone())]),
        of(
            "schedule",
            Right::Administer,
            vec![
                ("pause_schedule", json!({"until": null})),
                ("resume_schedule", nothing.clone()),
                ("run_now", json!({})),
            ],
        ),
        of(
            "maintenance",
            Right::Administer,
            vec![
                ("set_passphrase", json!({"passphrase": null})),
                ("lock", nothing),
                ("unlock", json!({"passphrase": "x"})),
                ("backup", json!({"file": "x"})),
            ],
        ),
    ]
}

/// Commands of one family, by name and members as they are sent.
fn of(family: &str, right: Right, all: Vec<(&str, Value)>) -> Vec<(Command, Right)> {
    let command = |(name, members): (&str, Value)| {
        let text = json!({ family: { name: members } });
        let command = serde_json::from_value(text).unwrap_or_else(|why| panic!("{name}: {why}"));
        (command, right)
    };
    all.into_iter().map(command).collect()
}

fn typed() -> ConnectionDraft {
    ConnectionDraft::Prism {
        environment: None,
        api_url: None,
        identity_url: None,
        client_id: None,
        client_secret: None,
        plain_http: None,
    }
}

fn admitted(role: Role, command: &Command) -> bool {
    let actor = Actor { role, ..Actor::owner("tester") };
    let request = Request { actor, trigger: Trigger::Operator, command: command.clone() };
    match admit(&request) {
        Ok(()) => true,
        Err(refusal) => {
            assert_eq!(refusal.kind, RefusalKind::NoRight);
            false
        }
    }
}

#[test]
fn each_role_may_what_the_table_says() {
    let held: BTreeMap<Right, Vec<Role>> = [
        (Right::View, Role::ALL.to_vec()),
        (Right::Operate, vec![Role::Operate, Role::Approve, Role::Admin, Role::Owner]),
        (Right::Approve, vec![Role::Approve, Role::Owner]),
        (Right::Administer, vec![Role::Admin, Role::Owner]),
    ]
    .into();
    for (right, roles) in held {
        let may: Vec<Role> = Role::ALL.into_iter().filter(|role| role.may(right)).collect();
        assert_eq!(may, roles, "{right:?}");
    }
}

#[test]
fn every_command_passes_the_table() {
    for (command, right) in examples() {
        for role in Role::ALL {
            let passes = admitted(role, &command);
            assert_eq!(passes, role.may(right), "{} as {role}", command.name());
        }
    }
}

#[test]
fn a_refusal_says_who_may() {
    let actor = Actor { role: Role::View, ..Actor::owner("tester") };
    let command = command::Resume.into();
    let refusal = admit(&Request { actor, trigger: Trigger::Operator, command }).expect_err("no");
    let text = refusal.finding.text;
    assert_eq!(text, "The role “view” may not do this: it needs “operate”.");
}

#[test]
fn no_command_is_missing_from_what_is_tested_here() {
    let tested: BTreeSet<&str> = examples().iter().map(|(command, _)| command.name()).collect();
    let all: Vec<&str> = Command::names().collect();
    assert_eq!(tested, all.iter().copied().collect());
    assert_eq!(tested.len(), all.len(), "no two have one name");
}
