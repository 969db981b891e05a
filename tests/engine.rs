//! The engine's commands, between a distributor and a target in memory.

#[path = "engine/desk.rs"]
mod desk;
#[path = "engine/world.rs"]
mod world;

#[path = "engine/approvals.rs"]
mod approvals;
#[path = "engine/connections.rs"]
mod connections;
#[path = "engine/customer_list.rs"]
mod customer_list;
#[expect(dead_code, reason = "the tests of runs look at other sides of it")]
#[path = "support/in_memory.rs"]
mod in_memory;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "engine/mail.rs"]
mod mail;
#[path = "engine/mapping.rs"]
mod mapping;
#[path = "engine/past.rs"]
mod past;
#[path = "engine/products.rs"]
mod products;
#[path = "engine/running.rs"]
mod running;
#[path = "engine/schedule.rs"]
mod schedule;
#[path = "support/scratch.rs"]
mod scratch;
#[path = "engine/secrets.rs"]
mod secrets;
#[path = "engine/two_targets.rs"]
mod two_targets;
