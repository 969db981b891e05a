//! Every bill right: what independent checks of the whole program found. Each finding is a test over HTTP, named after its
//! number: `a…` for money, `b…` for one odd thing that stopped everybody.

#[path = "bills/adopting.rs"]
mod adopting;
#[path = "bills/not_attempted.rs"]
mod not_attempted;
#[path = "bills/not_sent.rs"]
mod not_sent;
#[path = "bills/opening_price.rs"]
mod opening_price;
#[path = "bills/owed_price.rs"]
mod owed_price;
#[path = "bills/sealed_plan.rs"]
mod sealed_plan;
#[path = "bills/shifts.rs"]
mod shifts;
#[path = "bills/switched_off.rs"]
mod switched_off;
