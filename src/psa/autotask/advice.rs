//! What the operator can do about each kind of trouble with Autotask (R64–R69), in one place.
//!
//! Texts only: it must not decide which kind of trouble it is.

use crate::domain::outcome::Finding;

/// A finding with the advice that belongs to its code.
#[must_use]
pub fn finding(code: &str, text: impl Into<String>) -> Finding {
    Finding::new(code, text, advice(code))
}

/// What to do about trouble of this code.
#[must_use]
pub fn advice(code: &str) -> &'static str {
    match code {
        "effective_date" => {
            "The change lies outside the contract's dates. Choose an active Recurring Service contract \
             whose start and end cover the invoice's month, or change the contract's dates in Autotask."
        }
        "contract_kind" => {
            "Map the customer to a contract of type Recurring Service; no other type can carry services."
        }
        "contract_inactive" => {
            "Set the contract active in Autotask, or map the customer to an active one."
        }
        "service_inactive" => {
            "Set the service active in Autotask, or link the product to an active service, then sync again."
        }
        "billing_code_inactive" => {
            "Set the service's billing code active in Autotask, or give the service another one, then sync again."
        }
        "ambiguous" => "Choose which row of the contract the sync is to keep, then sync again.",
        "negative" => {
            "A later change by hand leaves fewer units than the sync has to take away. Look at the \
             service's units on the contract in Autotask, correct the later change, and sync again."
        }
        "same_day" => {
            "Autotask takes one adjustment of a service a day. Check the days named here on the \
             customer's next invoice; correct the money by hand if it matters."
        }
        "posted" => {
            "Expect a separate billing item for the difference in Autotask's Approve & Post; post it \
             together with the next invoice."
        }
        "duplicate_service" => {
            "Another service in Autotask has this name already. Adopt it, rename it or delete it, then \
             sync products again. Afterwards the name may be changed freely."
        }
        "permission" => {
            "The API user's security level lacks a right. In Autotask open Admin > Resources (Users) > \
             Security Levels and compare it with the list that the connection test shows."
        }
        "odd_row" => {
            "Look the row up in Autotask and correct it. Whatever does not depend on it goes on; what does is tried again \
             with the next sync."
        }
        "picklist" => {
            "In Autotask's administration, give each of these values a label of its own or set the unused ones inactive."
        }
        _ => advice_of_the_connection(code),
    }
}

fn advice_of_the_connection(code: &str) -> &'static str {
    match code {
        "unauthorized" => {
            "Check the API user's name, secret and tracking identifier. In Autotask open Admin > \
             Resources (Users), edit the API user, untick Locked, see that it is active and has an \
             API-only security level, and Save & Close. What was written so far stays; start the sync \
             again to write the rest."
        }
        "zone" => {
            "Autotask does not know this API user name in any zone. Check its spelling, or set the \
             zone's URL by hand."
        }
        "integration_code" => {
            "Check the tracking identifier (API integration code) of the connection against the API \
             user's record in Autotask."
        }
        "route" => {
            "Nothing answers at this address: no record is missing. Check the zone's URL with \
             `prism-connect connect test autotask`, and a proxy on the way."
        }
        "other_origin" => {
            "The server names pages at another address than the connection's. Set the connection's URL \
             to the zone's own, or let it be discovered."
        }
        "rate_limited" => {
            "Autotask limits all integrations of a tenant together. Wait, or lower the share of the \
             hourly budget in the settings."
        }
        "unreachable" => "Check the network, the proxy settings and the zone URL, then try again.",
        "unconfirmed" => {
            "Whether Autotask carried this out is not known. It is read back before anything is sent again."
        }
        "unreadable" => {
            "Something between here and Autotask answered, or Autotask changed its answers. Try again; \
             if it stays, send a support bundle."
        }
        _ => {
            "Autotask gave this answer itself. Look the record up in Autotask, correct what it names, \
             and sync again."
        }
    }
}
