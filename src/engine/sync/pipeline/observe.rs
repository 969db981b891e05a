//! Observing the contracts of a group: what stands there, what is remembered, how far an earlier attempt came.
//!
//! It must not decide what is wanted.

use std::collections::BTreeMap;

use crate::{
    domain::{ContractId, terms::Terms},
    engine::{
        protocol::Phase,
        sync::{
            pipeline::{
                invoice::{InvoiceWork, Observation},
                sink::{Foreseen, Sink},
            },
            snapshot::contract_memory,
            writing::{price_readings::settle_shown, writer::Halt},
        },
    },
    planning::{ContractGroup, contract::read_from},
};

/// Reads the contracts of a group in one list, but for those of which is foreseen what they will be. Gives them in the
/// order of the groups.
pub(crate) async fn observe<S: Sink>(
    invoice: &InvoiceWork<'_>,
    sink: &mut S,
    groups: &[ContractGroup],
) -> Result<Vec<Observation>, Halt> {
    let terms = Terms::of(invoice.desk.target.kind());
    sink.phase(Phase::Observing, invoice.telling(&terms.say("reading contracts")));
    let (equipment, month) = (invoice.desk.equipment, invoice.item.month);
    let from = groups.iter().map(|group| read_from(group, month)).min();
    let from = from.unwrap_or(month.first_day());
    let contracts = || groups.iter().map(|group| group.contract);
    let mut foreseen: BTreeMap<ContractId, Foreseen> =
        contracts().filter_map(|contract| Some((contract, sink.foreseen(contract)?))).collect();
    let unread: Vec<_> = contracts().filter(|contract| !foreseen.contains_key(contract)).collect();
    let (mut read, troubled) =
        tokio::try_join!(invoice.read(&unread, from), invoice.troubled_companies(groups))?;
    sink.phase(Phase::Planning, invoice.telling("planning"));
    let mut observed = Vec::with_capacity(groups.len());
    for group in groups {
        let application = invoice.application(group, from);
        let mut companies = group.tenants.iter().filter(|tenant| tenant.due);
        let trouble = companies.find_map(|tenant| troubled.get(&tenant.company)).copied();
        let mut progress = contract_memory::progress(equipment, &application).await?;
        if let Some(Foreseen { present, memory }) = foreseen.remove(&group.contract) {
            // What is only planned is no reading: nothing is told from it of what came late.
            let (present, memory) = (Some(present), invoice.item.remembered(memory));
            observed.push(Observation { application, present, memory, progress, trouble });
            continue;
        }
        let present = read.remove(&group.contract);
        let memory = contract_memory::of(equipment, group.contract, month).await?;
        let mut memory = invoice.item.remembered(memory);
        if let Some(present) = present.as_ref().filter(|present| present.odd.is_none()) {
            settle_shown(&mut memory, present, invoice.desk.target.rules());
            sink.recognise(invoice.desk, group.contract, &mut progress, present, from).await?;
            sink.seen(invoice.desk, present, &mut memory.written).await?;
            let since = from.max(month.first_day());
            memory.ours = contract_memory::written(equipment, present, since, month).await?;
        }
        observed.push(Observation { application, present, memory, progress, trouble });
    }
    Ok(observed)
}
