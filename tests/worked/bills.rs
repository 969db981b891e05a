//! Every bill right: what independent checks of the whole program found. Each finding is a test over HTTP, named after its
//! number: `a…` for money, `b…` for one odd thing that stopped everybody.

#[path = "bills/environments.rs"]
mod environments;
#[path = "bills/shifts.rs"]
mod shifts;
#[path = "bills/switched_off.rs"]
mod switched_off;
