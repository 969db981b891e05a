//! A plan of everything that a sync would do: the same reading and planning, and no write.
//!
//! It must not send anything. Several months of one contract are chained: each starts from what the one before leaves.

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        ContractId, Day, InvoiceId, Money, RunId, ServiceId,
        invoice::Line,
        outcome::Disposition,
        product::{Link, LinkKey, Service},
        run::Ledger,
        target::PresentContract,
    },
    engine::{
        protocol::{Scope, SyncRequest},
        sync::{
            contract_group::{Scene, TOGETHER, missing},
            due::{
                Stored,
                invoice_file::{InvoiceFile, invoice_file},
                look,
                remarks::{is_held, said_of},
                stored,
                unlisted::unlisted,
            },
            equipment::Equipment,
            guards::{Facts, LastApplied, Watch, watch},
            left_behind::{Leaving, leavings},
            plan_rows::Sheet,
            product_stream,
            records::InvoiceState,
            saved_plan::{Saved, SavedRequest},
            snapshot::{Observed, contract_memory, currencies::Currencies},
            work_list::{Item, Wanted, agenda},
            writing::{
                price_readings::settle_shown,
                writer::{Desk, Halt},
            },
        },
        views::PlanView,
    },
    planning::{
        ContractGroup, ContractMemory, ContractPlan,
        contract::read_from,
        invoices::settled,
        ledger::{accepting, ledger},
        products::{Action, ProductPlan},
        refuse_contract,
        triage::{Triage, TriageRequest, triage},
    },
    prism::InvoiceList,
};

/// What a contract will be once the months planned so far are applied.
type Chained = BTreeMap<ContractId, (PresentContract, ContractMemory)>;

/// Plans, writes nothing.
pub async fn plan(
    equipment: &Equipment,
    request: &SyncRequest,
    cancel: &CancellationToken,
) -> Result<(PlanView, Saved), Halt> {
    let desk = Desk::new(equipment, (RunId(0), 0), cancel.clone());
    let saved_request = SavedRequest {
        scope: request.scope,
        tenants: request.tenants.clone(),
        recheck: request.recheck,
        retry_failed: request.retry_failed,
        left_behind: request.left_behind,
    };
    let basis = (&equipment.policies, &equipment.options);
    let installation = equipment.store.installation().to_string();
    let saved = Saved::new(&installation, &equipment.connection, &basis, saved_request);
    let mut sheet = Sheet::new(saved);
    let mut made = Vec::new();
    if request.scope != Scope::Customers {
        let known = Currencies::read(&equipment.store, &equipment.connection).await?;
        sheet.price_lists = known.of_price_lists();
        made = product_stream::plan(&desk).await?;
        for plan in &made {
            sheet.product(plan);
        }
    }
    if request.scope != Scope::Products {
        customers(&desk, request, &made, &mut sheet).await?;
    }
    Ok(sheet.view(equipment))
}

async fn customers(
    desk: &Desk<'_>,
    request: &SyncRequest,
    made: &[ProductPlan],
    sheet: &mut Sheet,
) -> Result<(), Halt> {
    let equipment = desk.equipment;
    let mut known = stored(equipment).await?;
    if request.left_behind {
        return left_behind(desk, known, request, sheet).await;
    }
    let InvoiceList { invoices: headers, left_out } = equipment.source.invoices().await?;
    let mut due = look(equipment, &mut known, &headers).await?;
    let wanted = Wanted::new(request, &known);
    let items = agenda(&known, &headers, &due, request, &wanted);
    let unlisted = unlisted(&known, &headers, &wanted, request.recheck);
    if !items.is_empty() {
        let mut observed = Observed::new(equipment).await?;
        foresee(&mut observed, made);
        let (chained, blocked, applied) = (Chained::new(), BTreeSet::new(), LastApplied::new());
        let mut dry = Dry { desk, known, observed, wanted, chained, blocked, applied, sheet };
        for item in items {
            if !is_held(&due, &item)
                && let Some(unsettled) = dry.invoice(&item).await?
            {
                due.hold_behind(&unsettled);
            }
        }
    }
    let said = said_of(&due).into_iter().chain(unlisted);
    sheet.findings.extend(said.map(|(_, finding)| finding).chain(left_out));
    Ok(())
}

/// What would take away the seats that customers left behind.
async fn left_behind(
    desk: &Desk<'_>,
    known: Stored,
    request: &SyncRequest,
    sheet: &mut Sheet,
) -> Result<(), Halt> {
    let leavings = leavings(desk.equipment, &known, &request.tenants).await?;
    if leavings.is_empty() {
        return Ok(());
    }
    let observed = Observed::new(desk.equipment).await?;
    let (wanted, chained) = (Wanted::default(), Chained::new());
    let (blocked, applied) = (BTreeSet::new(), LastApplied::new());
    let mut dry = Dry { desk, known, observed, wanted, chained, blocked, applied, sheet };
    for Leaving { item, group } in leavings {
        dry.group((&item, None), std::slice::from_ref(&group), &mut Vec::new()).await?;
    }
    Ok(())
}

/// Services that the product stream would make first, under ids that no service has.
fn foresee(observed: &mut Observed, made: &[ProductPlan]) {
    for (plan, number) in made.iter().zip(1_i64..) {
        if let LinkKey::Product(key) = &plan.key {
            let fails = plan.is_stuck().then(|| plan.finding.clone()).flatten();
            observed.failed.remove(key);
            observed.failed.extend(fails.map(|finding| (key.clone(), finding)));
        }
        let link = match (&plan.operation, plan.action) {
            (Some(operation), Action::Create) => {
                let Some(service) = foreseen(operation, ServiceId(-number)) else { continue };
                let link = plan.created(service.id);
                observed.surroundings.services.insert(service.id, service);
                link
            }
            _ => match &plan.recognised {
                Some(link) => link.clone(),
                None => continue,
            },
        };
        observed.links.retain(|known: &Link| known.key != link.key);
        observed.links.push(link);
    }
}

fn foreseen(operation: &crate::domain::operation::Operation, id: ServiceId) -> Option<Service> {
    let crate::domain::operation::Operation::CreateService { draft, .. } = operation else {
        return None;
    };
    Some(Service {
        id,
        name: draft.name.clone(),
        sku: None,
        external_id: None,
        price: draft.price,
        cost: Some(draft.cost),
        active: true,
        billing_code_active: Some(true),
    })
}

struct Dry<'a, 'b> {
    desk: &'a Desk<'a>,
    known: Stored,
    observed: Observed,
    wanted: Wanted,
    chained: Chained,
    /// Contracts of which an invoice cannot be applied: their later ones wait, as in a sync.
    blocked: BTreeSet<ContractId>,
    /// What this plan applies so far.
    applied: LastApplied,
    sheet: &'b mut Sheet,
}

impl Dry<'_, '_> {
    async fn invoice(&mut self, item: &Item) -> Result<Option<InvoiceId>, Halt> {
        let equipment = self.desk.equipment;
        let lines = match invoice_file(&*equipment.source, &item.invoice).await? {
            InvoiceFile::Lines(lines) => lines,
            InvoiceFile::Unreadable(finding) => {
                self.sheet.findings.push(finding);
                return Ok(Some(item.invoice.id.clone()));
            }
        };
        let accepted = self.known.invoices.get(&item.invoice.id).and_then(InvoiceState::accepted);
        let settled = match settled(&item.invoice, &lines, accepted) {
            Ok(settled) => settled,
            Err(finding) => {
                self.sheet.findings.push(finding);
                return Ok(Some(item.invoice.id.clone()));
            }
        };
        let month_end = item.month.last_day();
        self.observed.add(equipment, &mut self.known, &item.invoice, month_end).await?;
        self.sheet.findings.extend(self.observed.odd_tenants());
        let mapped = item.standings(&self.known);
        let mut contracts = item.contracts(&mapped, &self.wanted);
        contracts.retain(|contract| !self.blocked.contains(contract));
        let sorted = triage(&TriageRequest {
            month: item.month,
            lines: &lines,
            tenants: &self.observed.tenants,
            catalogue: &self.observed.catalogue(),
            mappings: &mapped,
            contracts: &contracts,
            failed: &item.failed_lines(&self.known),
            azure: equipment.options.azure,
            policies: &equipment.policies,
        });
        let rest = sorted.placed.iter();
        let mut places: Vec<(Money, Disposition)> =
            rest.map(|line| (line.line.subtotal, line.disposition.clone())).collect();
        let watch = self.watch(item, &sorted, &lines).await?;
        for group in sorted.groups.chunks(TOGETHER) {
            self.group((item, watch.as_ref()), group, &mut places).await?;
        }
        let lines = places.iter().map(|(amount, place)| (*amount, place));
        let told: Ledger = accepting(ledger(&item.invoice, lines), settled.accepted);
        self.sheet.ledgers.push(told);
        Ok(None)
    }

    /// What a sync that nobody has looked at would not write.
    async fn watch(
        &mut self,
        item: &Item,
        triage: &Triage,
        lines: &[Line],
    ) -> Result<Option<Watch>, Halt> {
        let (equipment, since) = (self.desk.equipment, &self.applied);
        let (stored, observed) = (&self.known, &self.observed);
        let facts = Facts { equipment, stored, observed, item, lines, triage, since };
        let planned = |contract: ContractId| {
            self.chained.get(&contract).map(|(_, memory)| memory.closings.clone())
        };
        let watch = watch(&facts, planned).await?;
        Ok(watch.filter(|_| !triage.groups.is_empty()))
    }

    async fn group(
        &mut self,
        (item, watch): (&Item, Option<&Watch>),
        groups: &[ContractGroup],
        places: &mut Vec<(Money, Disposition)>,
    ) -> Result<(), Halt> {
        let from = groups.iter().map(|group| read_from(group, item.month)).min();
        let from = from.unwrap_or(item.month.first_day());
        let mut present = self.read(groups, from).await?;
        for group in groups {
            let read = present.remove(&group.contract);
            let plan = self.contract((item, watch), (group, from), read).await?;
            let lines = plan.subscriptions.iter().flat_map(|bought| &bought.lines);
            places.extend(lines.map(|line| (line.line.subtotal, line.disposition.clone())));
        }
        Ok(())
    }

    /// Contracts that no earlier month of this plan has touched.
    async fn read(
        &self,
        groups: &[ContractGroup],
        from: Day,
    ) -> Result<BTreeMap<ContractId, PresentContract>, Halt> {
        let contracts = groups.iter().map(|group| group.contract);
        let unread: Vec<ContractId> =
            contracts.filter(|contract| !self.chained.contains_key(contract)).collect();
        if unread.is_empty() {
            return Ok(BTreeMap::new());
        }
        let read = self.desk.present(&unread, from).await?;
        Ok(read.into_iter().map(|present| (present.contract.id, present)).collect())
    }

    async fn contract(
        &mut self,
        (item, watch): (&Item, Option<&Watch>),
        (group, from): (&ContractGroup, Day),
        read: Option<PresentContract>,
    ) -> Result<ContractPlan, Halt> {
        let equipment = self.desk.equipment;
        let (desk, observed) = (self.desk, &self.observed);
        let scene = Scene { desk, observed, item, guard: None, watch: None, looked_at: false };
        let errand = scene.errand(group, from);
        let chained = self.chained.remove(&group.contract);
        let is_read = chained.is_none();
        let (present, memory) = if let Some((present, memory)) = chained {
            (Some(present), memory)
        } else {
            let mut memory = contract_memory::of(equipment, group.contract, item.month).await?;
            if let Some(read) = &read {
                settle_shown(&mut memory, read, self.desk.target.rules());
            }
            (read, memory)
        };
        let mut memory = item.remembered(memory);
        let mut suspect = None;
        let plan = match &present {
            None => refuse_contract(group, item.month, &missing(self.desk, &errand)),
            Some(present) => {
                let mut progress = contract_memory::progress(equipment, &errand).await?;
                // What is only planned so far is no reading: nothing is told from it of what came late.
                if is_read && present.odd.is_none() {
                    let rules = self.desk.target.rules();
                    progress.foresee_settled(present, rules);
                    progress.recognise((present, from), rules);
                }
                let plan = scene.planner(group, memory.clone())(present, &progress);
                suspect = watch.and_then(|watch| {
                    watch.suspect(equipment, (group, item), (&plan, &memory, &progress))
                });
                memory.baselines = progress.baselines();
                plan
            }
        };
        self.sheet.contract(&self.observed, item, &errand, &plan);
        if let Some(suspect) = suspect {
            self.sheet.suspect((&errand, &plan), &suspect.finding);
        }
        if plan.refused.is_some() {
            self.blocked.insert(group.contract);
        } else {
            for tenant in group.tenants.iter().filter(|tenant| tenant.due) {
                self.applied.insert((group.contract, tenant.tenant.clone()), item.month);
            }
        }
        if let Some(present) = present {
            let after = (plan.present_after(&present), memory.after(&plan));
            self.chained.insert(group.contract, after);
        }
        Ok(plan)
    }
}
