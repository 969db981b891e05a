//! What the operator can do about each kind of trouble with ConnectWise (R64–R69), in one place.
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
            "The change lies before the agreement's billing start. In ConnectWise open the agreement and set its billing \
             start date to the first day that is to be billed, then sync again."
        }
        Code::PostedPeriod => {
            "This period is invoiced already and the agreement does not prorate. In ConnectWise tick Prorate on the \
             agreement, then sync again."
        }
        Code::DuplicateService => {
            "Another catalog item in ConnectWise has this product ID already. Link the product to it, or rename it, then \
             sync products again."
        }
        Code::Permission => {
            "The security role of the API member lacks a right. In ConnectWise open System > Security Roles and compare it \
             with the list that the connection test shows."
        }
        Code::ContractKind => {
            "Link the customer to an agreement with a monthly billing cycle; no other can be synced."
        }
        Code::ContractInactive => {
            "In ConnectWise look at the agreement's status and end date and extend it, or link the customer to an active \
             agreement."
        }
        Code::ServiceInactive => {
            "Set the catalog item active in ConnectWise, or link the product to another one that is no bundle, then sync again."
        }
        Code::CreditExpected => {
            "Look at the next agreement invoice: it must credit this amount. If it does not, credit it by hand and report it. \
             Once you have seen such a credit, `prism-connect ack ID` of this warning ends it for good."
        }
        Code::NoCredit => "Credit it by hand if the customer was billed for it.",
        Code::NotBilled => "Bill or credit the difference by hand if it matters.",
        Code::BilledAsEdited => "Correct it by hand on the next agreement invoice.",
        Code::WholePeriod => {
            "Tick Prorate on the agreement in ConnectWise, or bill the difference as agreed with the customer."
        }
        Code::ReplyDiffers => {
            "Look at the addition in ConnectWise: a workflow rule or a default changed what was sent."
        }
        Code::OddRow => {
            "Look the record up in ConnectWise and correct it. Whatever does not depend on it goes on; what does is tried \
             again with the next sync."
        }
        Code::NotFound => {
            "The record is gone, or the API member may not see it. Look it up in ConnectWise."
        }
        Code::Unauthorized => {
            "Check the company id, the public and the private key, and the client id. In ConnectWise open System > Members > \
             API Members and see that the member is active and has this key. What was written so far stays; start the sync \
             again to write the rest."
        }
        Code::Route => {
            "It did not get through to the company: no record is missing. The client id is wrong, or the company id, or a code \
             base that was set by hand. Check them, and a proxy on the way."
        }
        Code::RateLimited | Code::TooManyRequests => {
            "ConnectWise turns requests away where all integrations together send too many. Wait a minute, then try again."
        }
        Code::Unreachable => "Check the network, the proxy settings and the site, then try again.",
        Code::Unconfirmed => {
            "Whether ConnectWise carried this out is not known. It is read back before anything is sent again."
        }
        Code::Unreadable => {
            "Something between here and ConnectWise answered, or ConnectWise changed its answers. Try again; if it stays, \
             send a support bundle."
        }
        _ => {
            "ConnectWise gave this answer itself. Look the record up in ConnectWise, correct what it names, and sync again."
        }
    }
}
