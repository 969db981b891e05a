//! Settling what an earlier process left open, before anything else is planned or sent.

use std::collections::BTreeMap;

use crate::{
    domain::{ContractId, Day, outcome::Finding},
    engine::protocol::{Happening, Phase},
    store::Key,
};

use super::{
    contract::Errand,
    desk::{Desk, Halt, nothing},
    journal::{CATALOGUE, Entry, JOURNAL, OPEN, WriteResult},
    settle::Settled,
};

/// Gives every open intent of this target its result.
pub async fn settle_open(desk: &Desk<'_>) -> Result<(), Halt> {
    let open = open(desk).await?;
    if open.is_empty() {
        return Ok(());
    }
    let text = "settling what was left open".to_owned();
    desk.equipment.emit(Happening::Phase { run: Some(desk.run), phase: Phase::Resuming, text });
    let today = desk.equipment.clock.today();
    for (contract, mut entries) in open {
        let settled = if contract == CATALOGUE {
            desk.settle_catalogue(&mut entries).await?.map(|_| ())
        } else {
            match desk.settle(&errand(contract, &entries, today), &mut entries).await? {
                Settled::Known(_) => Ok(()),
                Settled::Unknown(finding) => Err(finding),
            }
        };
        if let Err(finding) = settled {
            unconfirmed(desk, &mut entries, &finding).await?;
        }
    }
    Ok(())
}

async fn open(desk: &Desk<'_>) -> Result<BTreeMap<ContractId, Vec<Entry>>, Halt> {
    let store = &desk.equipment.store;
    let prefix = Key::new().text(desk.connection.as_str());
    let mut open: BTreeMap<ContractId, Vec<Entry>> = BTreeMap::new();
    for (key, ()) in store.scan(OPEN, prefix).await? {
        if let Some(entry) = store.get(JOURNAL, key).await? {
            open.entry(entry.contract.unwrap_or(CATALOGUE)).or_default().push(entry);
        }
    }
    Ok(open)
}

/// What cannot be read back is planned anew from what is there when it can.
async fn unconfirmed(
    desk: &Desk<'_>,
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
fn errand(contract: ContractId, entries: &[Entry], today: Day) -> Errand {
    let first = entries.first();
    Errand {
        contract,
        name: format!("contract {contract}"),
        customers: Vec::new(),
        invoice: first.and_then(|entry| entry.invoice.clone()).unwrap_or_else(|| "".into()),
        invoice_number: first.map(|entry| entry.invoice_number.clone()).unwrap_or_default(),
        month: first.and_then(|entry| entry.month).unwrap_or(today.month()),
        from: entries.iter().filter_map(|entry| entry.read_from).min().unwrap_or(today),
    }
}
