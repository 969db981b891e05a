//! Settling what an earlier process left open, before anything else is planned or sent.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use crate::{
    domain::{ContractId, Day, outcome::Finding, terms::Terms},
    engine::{
        protocol::Phase,
        sync::{
            application::Application,
            writing::{
                journal::{CATALOGUE, Entry, WriteResult},
                settle::ReadBack,
                writer::{Halt, Writer, nothing},
            },
        },
        tables::{JOURNAL, OPEN, of_connection},
    },
};

/// Gives every open intent of this target its result.
///
/// # Errors
/// Where the run must stop, also where the target cannot be read now: what is open stays so until it can.
pub(crate) async fn settle_open(desk: &Writer<'_>) -> Result<(), Halt> {
    let open = open(desk).await?;
    if open.is_empty() {
        return Ok(());
    }
    let text = "checking what was left open".to_owned();
    desk.tell(Phase::Resuming, text);
    // Each waits until what was sent is quiet: together they wait once.
    let side_by_side = desk.equipment.writers.max(1);
    let settled: Vec<Result<(), Halt>> = stream::iter(open)
        .map(|(contract, entries)| settle_one(desk, contract, entries))
        .buffer_unordered(side_by_side)
        .collect()
        .await;
    settled.into_iter().collect()
}

async fn settle_one(
    desk: &Writer<'_>,
    contract: ContractId,
    mut entries: Vec<Entry>,
) -> Result<(), Halt> {
    let settled = if contract == CATALOGUE {
        without_reading(desk.settle_catalogue(&mut entries).await?)
    } else {
        let name = Terms::of(desk.target.kind()).fill("contract {}", &[&contract]);
        let today = desk.equipment.clock.today();
        let application = application(contract, name, &entries, today);
        without_reading(desk.settle(&application, &mut entries).await?)
    };
    match settled {
        ReadBack::Known(()) => Ok(()),
        ReadBack::Unknown(finding) => unconfirmed(desk, &mut entries, &finding).await,
        ReadBack::Unread(finding) => Err(desk.stop(Halt::Read(finding))),
    }
}

fn without_reading<T>(settled: ReadBack<T>) -> ReadBack<()> {
    match settled {
        ReadBack::Known(_) => ReadBack::Known(()),
        ReadBack::Unknown(finding) => ReadBack::Unknown(finding),
        ReadBack::Unread(finding) => ReadBack::Unread(finding),
    }
}

async fn open(desk: &Writer<'_>) -> Result<BTreeMap<ContractId, Vec<Entry>>, Halt> {
    let store = &desk.equipment.store;
    let prefix = of_connection(&desk.connection);
    let mut open: BTreeMap<ContractId, Vec<Entry>> = BTreeMap::new();
    for (key, ()) in store.scan(OPEN, prefix).await? {
        if let Some(entry) = store.get(JOURNAL, key).await? {
            open.entry(entry.contract.unwrap_or(CATALOGUE)).or_default().push(entry);
        }
    }
    Ok(open)
}

/// What reading does not tell is planned anew from what is there.
async fn unconfirmed(
    desk: &Writer<'_>,
    entries: &mut [Entry],
    finding: &Finding,
) -> Result<(), Halt> {
    for entry in entries.iter_mut().filter(|entry| entry.result.is_none()) {
        let result = WriteResult::Unconfirmed { finding: finding.clone() };
        desk.conclude(entry, result, &nothing).await?;
    }
    Ok(())
}

/// Reads from the day from which the writes were planned, so that before and after can be compared.
fn application(contract: ContractId, name: String, entries: &[Entry], today: Day) -> Application {
    let first = entries.first();
    Application {
        contract,
        name,
        customers: Vec::new(),
        invoice: first.and_then(|entry| entry.invoice.clone()).unwrap_or_else(|| "".into()),
        invoice_number: first.map(|entry| entry.invoice_number.clone()).unwrap_or_default(),
        month: first.and_then(|entry| entry.month).unwrap_or(today.month()),
        from: entries.iter().filter_map(|entry| entry.read_from).min().unwrap_or(today),
    }
}
