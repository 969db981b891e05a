//! Seats that customers left behind, as work: each leaving stands in the place of an invoice (sync-rules 1.8).
//!
//! It must not touch a service that a mapped neighbour has seats on: the next invoice of that contract sets it right.

use std::collections::BTreeSet;

use crate::{
    domain::{InvoiceId, ServiceId, TenantId, invoice::Invoice},
    engine::sync::{
        due::Stored,
        equipment::Equipment,
        left_behind::{all, standing},
        records::Left,
        snapshot::contract_memory,
        work_list::WorkItem,
    },
    planning::{Closing, ContractGroup, ContractMemory},
    store::StoreError,
};

/// A customer's leaving, ready to be planned.
pub(crate) struct Leaving {
    /// In the place of an invoice.
    pub item: WorkItem,
    /// Its services on the contract that no neighbour shares, with nothing billed on them.
    pub group: ContractGroup,
}

/// What is to be planned: of these tenants, or of all.
pub(crate) async fn leavings(
    equipment: &Equipment,
    stored: &Stored,
    tenants: &[String],
) -> Result<Vec<Leaving>, StoreError> {
    let mut leavings = Vec::new();
    for left in all(&equipment.store, &equipment.connection).await? {
        let named = tenants.iter().any(|text| left.tenant.tenant == TenantId::new(text));
        if tenants.is_empty() || named {
            let memory = contract_memory::of(equipment, left.contract, left.month).await?;
            leavings.push(leaving(left, &memory, stored));
        }
    }
    Ok(leavings)
}

fn leaving(left: Left, memory: &ContractMemory, stored: &Stored) -> Leaving {
    let mapped = |tenant: &TenantId| {
        stored.mappings.get(tenant).is_some_and(|mapping| mapping.contract == left.contract)
    };
    let shared: BTreeSet<ServiceId> = standing(memory, left.month)
        .filter(|one| mapped(&one.tenant))
        .map(|one| one.service)
        .collect();
    let own = standing(memory, left.month)
        .filter(|one| one.tenant == left.tenant.tenant && !shared.contains(&one.service));
    let group = ContractGroup {
        contract: left.contract,
        tenants: vec![left.tenant.clone()],
        pricing: left.pricing,
        subscriptions: own.map(Closing::without_lines).collect(),
        refused: None,
        leaving: true,
        left_alone: BTreeSet::new(),
        left_out: Vec::new(),
    };
    let mut item = WorkItem::new(header(&left), left.month, true);
    item.left = Some(left);
    Leaving { item, group }
}

/// Stands where an invoice's header would.
fn header(left: &Left) -> Invoice {
    Invoice {
        id: InvoiceId::new(format!("left-behind {}", left.tenant.tenant)),
        number: "left behind".to_owned(),
        program: String::new(),
        usage_month: Some(left.month),
        billing_period_start: None,
        issued: None,
        agreement: None,
        agreement_number: None,
        kind_text: None,
        status_text: None,
        currency: None,
        fault: None,
        subtotal: None,
    }
}

impl WorkItem {
    /// What of a contract's memory counts for it. Where a customer left, neighbours' later months say nothing of services
    /// that none of them has.
    #[must_use]
    pub fn remembered(&self, memory: ContractMemory) -> ContractMemory {
        if self.left.is_none() {
            return memory;
        }
        let mut memory = memory;
        memory.applied.retain(|month, _| *month < self.month);
        memory.closings.clear();
        memory
    }
}
