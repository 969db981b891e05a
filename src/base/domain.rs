//! The words of the trade: identifiers, money, days, invoices, timelines, operations and outcomes.
//!
//! Everything here is a plain value. Nothing here does input or output, knows a vendor's JSON, or asks
//! the clock; what happened *when* always arrives as a parameter.

pub mod approval;
pub mod cause;
pub mod choice;
pub mod code;
pub mod currency;
pub mod day;
pub mod id;
pub mod invoice;
pub mod line;
pub mod mapping;
pub mod money;
pub mod namesakes;
pub mod notify;
pub mod operation;
pub mod outcome;
pub mod packed_text;
pub mod policy;
pub mod pool;
pub mod product;
pub mod quantity;
pub mod read_error;
pub mod role;
pub mod run;
#[cfg(test)]
pub mod sample;
pub mod schedule;
pub mod secret;
pub mod shared_text;
mod stored_word;
pub mod subscription_id;
pub mod target;
pub mod terms;
pub mod text;
pub mod thousands;
pub mod timeline;

pub use code::{Code, Thing};
pub use currency::Currency;
pub use day::{Day, UsageMonth};
pub use id::*;
pub use money::Money;
pub use read_error::{ReadError, Side};
pub use role::{Right, Role};
pub use subscription_id::SubscriptionId;
