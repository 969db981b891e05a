//! E1 to E3, programs, and client credentials made by a signed-in user.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::{Caller, Parameters, members, text_member};
use super::replies::{Refusal, append, json_array, midnight, served};
use super::state::Prism;
use crate::assumptions::{ActingRole, Assumptions, Offer};
use crate::world::World;
use crate::world::access::Holder;
use crate::world::calendar::day;

type Reply = Result<Json<Value>, Refusal>;

/// E1.
pub(super) async fn me(State(prism): State<Prism>, Caller(holder): Caller) -> Json<Value> {
    let world = prism.read();
    let partner = &world.customers[0];
    let client = match holder {
        Holder::Client(name) => name,
        Holder::User => "Portal user".to_owned(),
    };
    Json(json!({
        "CustomerId": partner.id.to_string(),
        "CustomerName": partner.name,
        "ClientName": client,
    }))
}

/// E2.
pub(super) async fn list(
    State(prism): State<Prism>,
    _: Caller,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    let all = parameters.flag("includedeactivatedcustomers")?.unwrap_or(false);
    let world = prism.read();
    let shown = (0..world.customers.len()).filter(|index| all || world.customers[*index].active);
    let items = shown.collect();
    drop(world);
    let (behaviour, assumed) = (prism.behaviour.clone(), prism.assumed());
    Ok(json_array(prism.world, items, move |world, index, bytes| {
        append(bytes, &served(&behaviour, "customers", customer(world, index, assumed)));
    }))
}

/// E3.
pub(super) async fn create(State(prism): State<Prism>, _: Caller, body: Bytes) -> Reply {
    let body = members(&body)?;
    let name = text_member(&body, "customerName")?;
    text_member(&body, "email")?;
    if name.trim().is_empty() {
        return Err(Refusal::bad("customerName", "The name must not be empty."));
    }
    let mut world = prism.write();
    let index = world.create_customer(name);
    Ok(Json(customer(&world, index, prism.assumed())))
}

/// The list of programs (E18).
pub(super) async fn programs(State(prism): State<Prism>, _: Caller) -> Json<Value> {
    let world = prism.read();
    let listed = world.agreements.iter().map(|agreement| {
        json!({
            "ProgramId": agreement.program.to_string(),
            "ProgramName": agreement.program_name,
        })
    });
    Json(Value::Array(listed.collect()))
}

/// Client credentials for a signed-in user (A18).
pub(super) async fn credentials(State(prism): State<Prism>, caller: Caller, body: Bytes) -> Reply {
    if prism.assumed().device_sign_in == Offer::Absent {
        return Err(Refusal::unknown("The resource was not found."));
    }
    if caller.0 != Holder::User {
        let message = "Only a signed-in user may create client credentials.";
        return Err(Refusal::with(StatusCode::FORBIDDEN, message));
    }
    let body = members(&body)?;
    let name = text_member(&body, "clientName")?;
    let email = text_member(&body, "email")?;
    if !email.contains('@') {
        return Err(Refusal::bad("email", "The value is not an e-mail address."));
    }
    let (id, secret) = prism.read().access().add_client(name);
    Ok(Json(json!({ "ClientId": id, "ClientSecret": secret })))
}

fn customer(world: &World, index: usize, assumed: Assumptions) -> Value {
    let found = &world.customers[index];
    let role = match (assumed.acting_role, found.partner) {
        (ActingRole::Text, true) => json!("Partner"),
        (ActingRole::Text, false) => json!("EndCustomer"),
        (ActingRole::Number, partner) => json!(i32::from(!partner)),
    };
    let mail = format!("accounts@customer{index}.example");
    let mut made = json!({
        "CustomerId": found.id.to_string(),
        "CustomerName": found.name,
        "CrmAccountId": null,
        "CrmId": null,
        "FinanceAccountId": null,
        "ParentCustomerId": (!found.partner).then(|| world.customers[0].id.to_string()),
        "RegistrationNumber": null,
        "FinanceAccounts": [],
        "Contacts": [],
        "CreditCard": null,
        "PaymentMethodDetails": null,
        "IsPartnerCustomer": found.partner,
        "IsActive": found.active,
        "HasContractAgreement": !found.tenants.is_empty(),
        "DirectDebitWholeAccount": false,
        "SignedWithRhipe": null,
        "Email": mail,
        "CustomerNotificationEmail": mail,
        "City": found.city,
        "Country": "Australia",
        "CountryIsoCode": found.country,
        "CustomerActingRole": role,
    });
    made["CustomerProgramAgreements"] = agreements(world, index);
    made
}

fn agreements(world: &World, index: usize) -> Value {
    let found = &world.customers[index];
    let csp = found.tenants.iter().map(|tenant| {
        let tenant = &world.tenants[*tenant];
        (tenant.id, tenant.agreement, tenant.domain.as_str(), "Primary domain")
    });
    let other = found.other_program.iter().map(|id| (*id, 1, "", "Account number"));
    let listed = csp.chain(other).map(|(id, agreement, reference, label)| {
        let agreement = &world.agreements[agreement];
        json!({
            "Id": id.to_string(),
            "ContractAgreementId": agreement.id.to_string(),
            "ProgramId": agreement.program.to_string(),
            "ProgramName": agreement.program_name,
            "AgreementStartDate": midnight(day("2019-07-01")),
            "AgreementEndDate": null,
            "ProgramReferenceId": reference,
            "ProgramReferenceLabel": label,
            "BillingPeriod": "Monthly",
            "Customer": null,
            "IsConsumptionProgram": agreement.is_csp(),
        })
    });
    Value::Array(listed.collect())
}
