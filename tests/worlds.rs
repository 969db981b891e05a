//! Whole generated worlds, month after month: what stands in the simulated Autotask is what ought to stand by the
//! histories, and what it bills is what the invoices say. `SEEDS` raises the number of worlds.

#[path = "worlds/bills.rs"]
mod bills;
#[path = "worlds/budget.rs"]
mod budget;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "worlds/months.rs"]
mod months;
#[expect(dead_code, reason = "other tests look at other sides of the rig")]
#[path = "support/rig.rs"]
mod rig;
#[path = "worlds/set_up.rs"]
mod set_up;
