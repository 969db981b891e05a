//! Random faults of every kind of the control endpoint.

use serde_json::{Value, json};

use crate::rig::Target;

const AUTOTASK_PATHS: [&str; 7] = [
    "",
    "ServiceAdjustments$",
    "Contracts/\\d+/Services$",
    "/Services$",
    "ContractServiceUnits/query",
    "ContractServices/query",
    "Contracts/query",
];

const CONNECTWISE_PATHS: [&str; 8] = [
    "",
    "additions$",
    "additions/\\d+$",
    "additions",
    "procurement/catalog",
    "finance/agreements/\\d+$",
    "finance/agreements$",
    "procurement/types",
];

const PRISM_PATHS: [&str; 5] = ["", "invoices", "token", "tenants", "price"];

/// The time after which a request is given up, where a seed is about that.
pub const TIME_OUT_SECONDS: u64 = 1;

/// No request is carried out later than so long after it was sent.
pub const LATEST_MILLIS: u64 = 1_700;

/// A rule; `slow` seeds also have answers and executions that come after our time-out.
pub fn rule(rng: &mut fastrand::Rng, slow: bool, target: Target) -> Value {
    let prism = rng.u8(..5) == 0;
    let fault = fault(rng, slow && !prism);
    // A row that is made a second time cannot be taken away again: only adjustments come late. A line can.
    let (system, late_path) = match target {
        Target::Autotask => ("autotask", "ServiceAdjustments$"),
        Target::Connectwise => ("connectwise", "additions"),
    };
    let path = match target {
        _ if prism => rng.choice(PRISM_PATHS),
        Target::Autotask => rng.choice(AUTOTASK_PATHS),
        Target::Connectwise => rng.choice(CONNECTWISE_PATHS),
    };
    let late = fault.get("delay_ms").and_then(Value::as_u64).is_some_and(|delay| delay > 1_000);
    let writes = !prism && (late || rng.u8(..5) < 3);
    json!({
        "system": if prism { "prism" } else { system },
        "writes": writes,
        "path": if late { late_path } else { path.unwrap_or_default() },
        "after": rng.u64(..12),
        "times": rng.u64(1..=3),
        "fault": fault,
    })
}

fn fault(rng: &mut fastrand::Rng, slow: bool) -> Value {
    if slow && rng.bool() {
        let millis = TIME_OUT_SECONDS * 1_000;
        let executed_late = rng.bool();
        return if executed_late {
            json!({ "delay_ms": rng.u64(millis + 20..LATEST_MILLIS) })
        } else {
            json!({ "delay_reply_ms": millis + 60_000 })
        };
    }
    match rng.u8(..12) {
        0 => json!("cut_before"),
        1..=3 => json!("cut_after"),
        4 => json!("truncate"),
        5 => json!("garble"),
        6 => json!({ "delay_ms": rng.u64(1..25) }),
        7 => json!({ "delay_reply_ms": rng.u64(1..25) }),
        8 => json!({ "lock_user": true }),
        9 => too_many(rng),
        _ => server_fault(rng),
    }
}

fn too_many(rng: &mut fastrand::Rng) -> Value {
    match rng.u8(..3) {
        0 => json!({ "status": 429 }),
        1 => json!({ "status": 429, "retry_after": rng.u64(1..20).to_string() }),
        _ => json!({ "status": 500, "body": "{\"errors\":[\"Itgenatr005: API thread threshold of \
            3 threads has been exceeded for this integration and endpoint.\"]}" }),
    }
}

fn server_fault(rng: &mut fastrand::Rng) -> Value {
    let status = rng.choice([500, 500, 502, 503, 504, 401]).unwrap_or(500);
    let body = rng.choice([
        None,
        Some("<html><h1>Bad Gateway</h1></html>"),
        Some("{\"errors\":[\"Something is wrong at our end.\"]}"),
        Some("{\"Message\":\"An error has occurred.\"}"),
        Some("{\"errors\":[]}"),
    ]);
    let retry_after = (rng.u8(..3) == 0).then(|| rng.u64(1..10).to_string());
    json!({ "status": status, "body": body.flatten(), "retry_after": retry_after })
}
