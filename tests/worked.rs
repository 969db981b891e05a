//! The worked cases of the sync rules, each over HTTP against the simulated PRISM and a simulated target: W1–W18 and X1–X13 on
//! Autotask and, where they apply, on ConnectWise; CW1–CW20 on ConnectWise.

#[path = "worked/bills.rs"]
mod bills;
#[path = "worked/checks.rs"]
mod checks;
#[path = "worked/connectwise.rs"]
mod connectwise;
#[path = "worked/corners.rs"]
mod corners;
#[path = "worked/interruptions.rs"]
mod interruptions;
#[path = "worked/keeping.rs"]
mod keeping;
#[path = "worked/leaving.rs"]
mod leaving;
#[path = "worked/lines.rs"]
mod lines;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "worked/moves.rs"]
mod moves;
#[path = "worked/prices.rs"]
mod prices;
#[path = "worked/quantities.rs"]
mod quantities;
#[path = "worked/resuming.rs"]
mod resuming;
#[path = "worked/reversed.rs"]
mod reversed;
#[expect(dead_code, reason = "other tests look at other sides of the rig")]
#[path = "support/rig.rs"]
mod rig;
#[path = "worked/rules.rs"]
mod rules;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "support/scenario.rs"]
mod scenario;
