//! Every command as it is sent, with the weakest role that may give it: the table of unattended operation, for those who
//! test it by itself and those who test it over sockets.

use serde_json::{Value, json};

/// A command: its family, its name, its members, and the role.
pub(crate) type Example = (&'static str, &'static str, Value, &'static str);

/// All of them.
pub(crate) fn every_command() -> Vec<Example> {
    view().into_iter().chain(operate()).chain(approve()).chain(administer()).flatten().collect()
}

type Examples = Vec<Vec<Example>>;

/// A sync as it is asked for by default.
fn request() -> Value {
    json!({"request": {"scope": "all", "tenants": [], "recheck": false, "retry_failed": false}})
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
            "view",
            vec![("connections", nothing.clone()), ("use_target", json!({"name": "x"}))],
        ),
        of("program", "view", vec![("program", json!({"choices": true}))]),
        of(
            "customer",
            "view",
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
            "view",
            vec![
                ("products", nothing.clone()),
                ("services", nothing.clone()),
                ("invoiced_prices", json!({"product": "x", "name": "x"})),
            ],
        ),
        of("plan", "view", vec![("plan", request())]),
        of(
            "history",
            "view",
            vec![
                ("runs", json!({"limit": 1})),
                ("run", json!({"id": 1})),
                ("run_so_far", nothing.clone()),
                ("history", json!({"tenant": "x", "service": null})),
                ("chart", json!({"run": 1, "tenant": "x", "service": "1"})),
                ("customer_page", json!({"tenant": "x", "contract": true})),
                ("retries", nothing.clone()),
            ],
        ),
        of("invoice", "view", vec![("invoices", nothing.clone()), ("invoice", invoice())]),
        of("dashboard", "view", vec![("status", nothing.clone())]),
        of("stop", "view", vec![("leave", nothing.clone()), ("give_up", nothing.clone())]),
        of(
            "maintenance",
            "view",
            vec![
                ("doctor", nothing.clone()),
                ("metrics", nothing.clone()),
                ("settings", nothing.clone()),
                ("export_runs", nothing.clone()),
                ("export_customers", nothing.clone()),
                ("export_ledger", nothing.clone()),
                ("vault", nothing.clone()),
            ],
        ),
        of(
            "audit",
            "view",
            vec![
                ("audit", json!({"subject": null, "limit": null})),
                ("verify_audit", nothing.clone()),
            ],
        ),
        of("schedule", "view", vec![("schedule", nothing.clone())]),
        of(
            "approval",
            "view",
            vec![("approvals", json!({"all": true})), ("approval", json!({"number": 1}))],
        ),
        of("mail", "view", vec![("mail", nothing.clone())]),
    ]
}

fn operate() -> Examples {
    let nothing = Value::Null;
    let draft = json!({"tenant": "x", "company": "x", "contract": "x", "sync": null, "from": null,
        "pricing": null});
    vec![
        of("connection", "operate", vec![("test_connection", json!({"name": null}))]),
        of(
            "customer",
            "operate",
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
            "operate",
            vec![
                ("pin", json!({"product": "x", "service": "1"})),
                ("unpin", json!({"product": "x"})),
                ("adopt", json!({"product": "x"})),
            ],
        ),
        of("run", "operate", vec![("sync", request()), ("resume", nothing.clone())]),
        of("stop", "operate", vec![("cancel", nothing.clone())]),
        of(
            "history",
            "operate",
            vec![
                ("dismiss_retry", json!({"id": "x", "reason": "x"})),
                ("restore_retry", json!({"id": "x"})),
            ],
        ),
        of(
            "invoice",
            "operate",
            vec![
                ("accept_difference", json!({"invoice": "x", "difference": "0.01", "reason": "x"})),
                ("accept_currency", json!({"invoice": "x", "currency": "AUD", "reason": "x"})),
                ("treat_invoice", json!({"invoice": "x", "treatment": "standard", "reason": "x"})),
                ("dismiss_invoice", invoice()),
            ],
        ),
        of(
            "dashboard",
            "operate",
            vec![("acknowledge", json!({"id": "x"})), ("show_again", json!({"id": "x"}))],
        ),
        of("maintenance", "operate", vec![("support_bundle", nothing.clone())]),
    ]
}

fn approve() -> Examples {
    vec![of(
        "approval",
        "approve",
        vec![
            ("approve", json!({"number": 1, "seal": "x"})),
            ("reject", json!({"number": 1, "reason": "x"})),
        ],
    )]
}

fn administer() -> Examples {
    let nothing = Value::Null;
    let environments = json!({"source": "x", "target": "y", "mixed": true, "confirmed": false});
    let sign_in = json!({"verification_url": "x", "user_code": "x", "device_code": "x",
        "interval_seconds": 5, "expires_at": "2026-10-05T09:00:00Z", "email": "x", "api_url": "x",
        "identity_url": "x"});
    let typed = json!({"draft": {"system": "prism"}});
    vec![
        of(
            "connection",
            "admin",
            vec![
                ("save_connection", typed.clone()),
                ("test_connection", typed),
                ("generate_credentials", json!({"email": "x"})),
                ("confirm_environments", json!({"seen": environments})),
                ("choose_agreements", json!({"agreements": ["x"]})),
            ],
        ),
        of("sign_in", "admin", vec![("await_credentials", json!({"sign_in": sign_in}))]),
        of("program", "admin", vec![("set_program", json!({"choices": {}}))]),
        of(
            "approval",
            "admin",
            vec![
                ("approve", json!({"number": 1, "reason": "x", "break_glass": true})),
                ("carry_out_approved", nothing.clone()),
            ],
        ),
        of("stop", "admin", vec![("give_up_sign_in", nothing.clone())]),
        of(
            "schedule",
            "admin",
            vec![
                ("pause_schedule", json!({"until": null})),
                ("resume_schedule", nothing.clone()),
                ("run_now", json!({})),
            ],
        ),
        of(
            "mail",
            "admin",
            vec![
                ("set_mail_secret", json!({"hook": null, "secret": "x"})),
                ("test_mail", json!({"to": "x"})),
            ],
        ),
        of(
            "maintenance",
            "admin",
            vec![
                ("set_passphrase", json!({"passphrase": null})),
                ("lock", nothing.clone()),
                ("beat", nothing),
                ("unlock", json!({"passphrase": "x"})),
                ("backup", json!({"file": "x"})),
            ],
        ),
    ]
}

/// Commands of one family, by name and members.
fn of(family: &'static str, role: &'static str, all: Vec<(&'static str, Value)>) -> Vec<Example> {
    all.into_iter().map(|(name, members)| (family, name, members, role)).collect()
}
