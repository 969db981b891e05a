//! Whole syncs against limits: 429, the thread limit and the hourly budget are waited for, visibly and not for ever,
//! and nothing is written twice because of them.

#[path = "limits/budget.rs"]
mod budget;
#[path = "limits/cancelled.rs"]
mod cancelled;
#[path = "limits/endless.rs"]
mod endless;
#[path = "limits/in_flight.rs"]
mod in_flight;
#[path = "support/loopback.rs"]
mod loopback;
#[expect(dead_code, reason = "other tests look at other sides of the rig")]
#[path = "support/rig.rs"]
mod rig;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "support/scenario.rs"]
mod scenario;
#[path = "limits/scene.rs"]
mod scene;
#[path = "limits/turned_away.rs"]
mod turned_away;
