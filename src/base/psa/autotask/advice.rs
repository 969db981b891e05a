//! What the operator can do about each kind of trouble with Autotask (R64–R69), in one place.
//!
//! Texts only: it must not decide which kind of trouble it is.

use crate::domain::{Code, outcome::Finding};

/// A finding with the advice that belongs to its code.
pub(crate) fn finding(code: Code, text: impl Into<String>) -> Finding {
    let advice = advice(&code);
    Finding::new(code, text, advice)
}

/// What to do about trouble of this code.
pub(crate) fn advice(code: &Code) -> &'static str {
    match code {
        Code::EffectiveDate => {
            "The change lies outside the contract's dates. Choose an active Recurring Service contract \
             whose start and end cover the invoice's month, or change the contract's dates in Autotask."
        }
        Code::ContractKind => {
            "Link the customer to a contract of type Recurring Service; no other type can carry services."
        }
        Code::ContractInactive => {
            "Set the contract active in Autotask, or link the customer to an active one."
        }
        Code::ServiceInactive => {
            "Set the service active in Autotask, or link the product to an active service, then sync again."
        }
        Code::BillingCodeInactive => {
            "Set the service's billing code active in Autotask, or give the service another one, then sync again."
        }
        Code::AmbiguousRow => {
            "Choose contract line: which one the sync is to keep, then sync again."
        }
        Code::Negative => {
            "A later change by hand leaves fewer units than the sync has to take away. Look at the \
             service's units on the contract in Autotask, correct the later change, and sync again."
        }
        Code::SameDay => {
            "Autotask takes one adjustment of a service a day. Check the days named here on the \
             customer's next invoice; correct the money by hand if it matters."
        }
        Code::Posted => {
            "Expect a separate billing item for the difference in Autotask's Approve & Post; post it \
             together with the next invoice."
        }
        Code::DuplicateService => {
            "Another service in Autotask has this name already. Take it over, rename it or delete it, then \
             sync products again. Afterwards the name may be changed freely."
        }
        Code::Permission => {
            "The API user's security level lacks a right. In Autotask open Admin > Resources (Users) > \
             Security Levels and compare it with the list that the connection test shows."
        }
        Code::OddRow => {
            "Look the row up in Autotask and correct it. Whatever does not depend on it goes on; what does is tried again \
             with the next sync."
        }
        Code::Picklist => {
            "In Autotask's administration, give each of these values a label of its own or set the unused ones inactive."
        }
        _ => advice_of_the_connection(code),
    }
}

fn advice_of_the_connection(code: &Code) -> &'static str {
    match code {
        Code::Unauthorized => {
            "Check the API user's name, secret and tracking identifier. In Autotask open Admin > \
             Resources (Users), edit the API user, untick Locked, see that it is active and has an \
             API-only security level, and Save & Close. What was written so far stays; start the sync \
             again to write the rest."
        }
        Code::Zone => {
            "Autotask does not know this API user name in any zone. Check its spelling, or set the \
             zone's URL by hand."
        }
        Code::IntegrationCode => {
            "Check the tracking identifier (API integration code) of the connection against the API \
             user's record in Autotask."
        }
        Code::Route => {
            "Nothing answers at this address: no record is missing. Check the zone's URL with \
             `prism-connect connect test autotask`, and a proxy on the way."
        }
        Code::OtherOrigin => {
            "The server names pages at another address than the connection's. Set the connection's URL \
             to the zone's own, or let it be discovered."
        }
        Code::RateLimited => {
            "Autotask limits all integrations of a tenant together. Wait, or lower the share of the \
             hourly budget in the settings."
        }
        Code::Unreachable => {
            "Check the network, the proxy settings and the zone URL, then try again."
        }
        Code::Unconfirmed => {
            "Whether Autotask carried this out is not known. It is read back before anything is sent again."
        }
        Code::Unreadable => {
            "Something between here and Autotask answered, or Autotask changed its answers. Try again; \
             if it stays, send a support bundle."
        }
        _ => {
            "Autotask gave this answer itself. Look the record up in Autotask, correct what it names, \
             and sync again."
        }
    }
}
