//! A distributor and a target in memory: what both hold, which a test can change under the engine's feet, and the two
//! clients that read and write it.

#[path = "in_memory/source.rs"]
pub mod source;
#[path = "in_memory/target.rs"]
pub mod target;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use prism_connect::{
    domain::{
        ContractServiceId, Day, Money, ReadError,
        choice::ChoiceOption,
        invoice::{Invoice, Line, Tenant},
        operation::Operation,
        product::{Product, Service},
        target::{Company, Contract},
    },
    prism::Agreement,
    psa::Right,
};
use tokio_util::sync::CancellationToken;

use target::{Fault, Row};

/// What both systems hold.
#[derive(Default)]
pub struct World {
    pub agreements: Vec<Agreement>,
    pub tenants: Vec<Tenant>,
    pub products: Vec<Product>,
    pub invoices: Vec<(Invoice, Vec<Line>)>,
    pub source_fault: Option<ReadError>,
    pub companies: Vec<Company>,
    pub vendors: Vec<ChoiceOption>,
    pub contracts: Vec<Contract>,
    pub codes: Vec<ChoiceOption>,
    pub services: Vec<Service>,
    pub rows: BTreeMap<ContractServiceId, Row>,
    pub rights: Vec<Right>,
    pub target_fault: Option<ReadError>,
    /// The secrets that clients were made with.
    pub secrets: Vec<String>,
    /// The integration codes that clients were made with.
    pub codes_given: Vec<String>,
    /// Reading the invoice list, and a sign-in, wait until they are cancelled.
    pub hangs: bool,
    /// Every write that arrived, carried out or not.
    pub sent: Vec<Operation>,
    /// How many writes changed something.
    pub carried_out: u64,
    /// Every write is refused, with this text.
    pub refuses: Option<&'static str>,
    /// What happens to a write, by its number from 1.
    pub faults: BTreeMap<u64, Fault>,
    pub locked: bool,
    /// How many readings of contracts from now on until one hangs.
    pub hang_on_read: Option<u64>,
    /// Cancelled as soon as so many writes arrived.
    pub cancel: Option<(u64, CancellationToken)>,
    /// The highest id given out.
    pub last_id: i64,
}

pub type Shared = Arc<Mutex<World>>;

pub fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().expect("no test panics while it holds this")
}

pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}
