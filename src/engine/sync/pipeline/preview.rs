//! The sink of a plan: what a sync would write is put on a sheet, and nothing is sent.
//!
//! Several months of one contract are chained: each starts from what the one before leaves. It must not write anything to
//! the store either.

use std::{collections::BTreeMap, sync::Arc};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        ContractId, Day, Money, ServiceId,
        invoice::Lines,
        outcome::Finding,
        product::{Link, LinkKey, Service},
        target::PresentContract,
    },
    engine::{
        protocol::{Phase, Scope, SyncRequest},
        sync::{
            due::{Stored, remarks::Remark},
            equipment::Equipment,
            pipeline::{
                Walk,
                invoice::{ContractState, InvoiceWork, Prepared, written_lines},
                sink::{Foreseen, Sink, Taken},
            },
            plan_rows::Sheet,
            product_run,
            saved_plan::{Saved, SavedRequest},
            snapshot::{Snapshot, currencies::Currencies},
            work_list::WorkItem,
            writing::{
                progress::Progress,
                writer::{Halt, ONLY_PLANNED, Writer},
            },
        },
    },
    planning::{
        Closing, ContractGroup, ContractMemory, Stands,
        contract::read_from,
        ledger::{Places, accepting},
        products::{Action, ProductPlan},
        triage::SortedLines,
        used_lines::used_lines,
    },
};

/// Plans, writes nothing.
pub(crate) async fn plan(
    equipment: &Equipment,
    request: &SyncRequest,
    cancel: &CancellationToken,
) -> Result<Sheet, Halt> {
    let desk = Writer::new(equipment, ONLY_PLANNED, 0, cancel.clone());
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
        made = product_run::plan(&desk).await?;
        for plan in &made {
            sheet.product(plan);
        }
    }
    if request.scope != Scope::Products {
        let mut sink = Preview::new(&desk, &made, &mut sheet);
        Walk::new(&desk, request, &mut sink).run().await?;
        sink.put_remarks();
    }
    Ok(sheet)
}

/// Services that the product stream would make first, under ids that no service has.
fn foresee(observed: &mut Snapshot, made: &[ProductPlan]) {
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
                Arc::make_mut(&mut observed.surroundings.services).insert(service.id, service);
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

/// A plan while it is made.
struct Preview<'a> {
    desk: &'a Writer<'a>,
    /// What the product stream would make first.
    made: &'a [ProductPlan],
    chained: BTreeMap<ContractId, Foreseen>,
    /// Whether later months may be to come: what contracts will be is kept for them alone.
    more: bool,
    /// What is to be said of the invoice list, as far as is known by now; it comes last.
    of_due: Vec<Remark>,
    besides: Vec<Remark>,
    sheet: &'a mut Sheet,
}

impl<'a> Preview<'a> {
    fn new(desk: &'a Writer<'a>, made: &'a [ProductPlan], sheet: &'a mut Sheet) -> Self {
        let (of_due, besides) = (Vec::new(), Vec::new());
        Self { desk, made, chained: BTreeMap::new(), more: true, of_due, besides, sheet }
    }

    fn put_remarks(self) {
        let remarks = self.of_due.into_iter().chain(self.besides);
        self.sheet.findings.extend(remarks.map(|(_, finding)| finding));
    }

    /// Puts one contract on the sheet. What a guard has found is what a sync that nobody has looked at would not write.
    fn put(&mut self, invoice: &InvoiceWork<'_>, prepared: &Prepared<'_>) {
        let group = prepared.group;
        let application = invoice.application(group, read_from(group, invoice.item.month));
        let plan = prepared.state.plan();
        let used = match &prepared.state {
            ContractState::Open(work) => used_lines(plan, &work.present, &prepared.memory),
            ContractState::Closed(..) | ContractState::Unreached(..) => Vec::new(),
        };
        self.sheet.contract(invoice.observed, invoice.item, &application, plan, used);
        if let Some(suspect) = &prepared.suspect {
            self.sheet.suspect(&application, plan, &suspect.finding);
        }
    }

    /// A later month of the contract starts from what this one leaves.
    fn chain(&mut self, invoice: &InvoiceWork<'_>, prepared: Prepared<'_>) {
        let Prepared { group, memory, mut state, .. } = prepared;
        if let Some(work) = state.work() {
            let written = written_lines(&memory.written, &work.progress.entries);
            let stands = Stands { present: work.present.clone(), written };
            let Stands { present, written } = work.plan.leaves(stands, invoice.desk.target.rules());
            let baselines = work.progress.baselines();
            let memory = ContractMemory { baselines, written, ..memory }.after(&work.plan);
            self.chained.insert(group.contract, Foreseen { present, memory });
        }
    }
}

impl Sink for Preview<'_> {
    fn phase(&self, phase: Phase, text: String) {
        self.desk.tell(phase, text);
    }

    fn remark(&mut self, of_due: Vec<Remark>, besides: Vec<Remark>) {
        (self.of_due, self.besides) = (of_due, besides);
    }

    fn held_behind(&mut self, of_due: Vec<Remark>) {
        self.of_due = of_due;
    }

    fn say(&mut self, remarks: Vec<Remark>) {
        self.sheet.findings.extend(remarks.into_iter().map(|(_, finding)| finding));
    }

    fn comes_before(&mut self, later: usize) {
        self.more = later > 0;
    }

    fn observed(&self, observed: &mut Snapshot) {
        foresee(observed, self.made);
    }

    async fn hold(
        &mut self,
        _stored: &mut Stored,
        _item: &WorkItem,
        _lines: &Lines,
        finding: Finding,
    ) -> Result<(), Halt> {
        self.sheet.findings.push(finding);
        Ok(())
    }

    fn closings(&self, contract: ContractId) -> Option<Vec<Closing>> {
        self.chained.get(&contract).map(|foreseen| foreseen.memory.closings.clone())
    }

    fn foreseen(&mut self, contract: ContractId) -> Option<Foreseen> {
        self.chained.remove(&contract)
    }

    async fn recognise(
        &self,
        desk: &Writer<'_>,
        _contract: ContractId,
        progress: &mut Progress,
        present: &PresentContract,
        from: Day,
    ) -> Result<(), Halt> {
        let rules = desk.target.rules();
        progress.foresee_settled(present, rules);
        progress.recognise(present, from, rules);
        Ok(())
    }

    async fn take<'g>(
        &mut self,
        invoice: &InvoiceWork<'g>,
        _groups: &'g [ContractGroup],
        planned: Option<Vec<Prepared<'g>>>,
    ) -> Taken {
        let (mut blocked, mut places) = (Vec::new(), Places::default());
        for prepared in planned.into_iter().flatten() {
            self.put(invoice, &prepared);
            let plan = prepared.state.plan();
            let lines = plan.subscriptions.iter().flat_map(|bought| &bought.lines);
            lines.for_each(|line| places.count(line.line.subtotal, &line.disposition));
            blocked.extend(plan.refused.is_some().then_some(plan.contract));
            if self.more {
                self.chain(invoice, prepared);
            }
        }
        Taken { blocked, places, ended: Ok(()) }
    }

    async fn close_invoice(
        &mut self,
        invoice: &InvoiceWork<'_>,
        sorted: &SortedLines<'_>,
        mut places: Places,
        accepted: Money,
    ) -> Result<(), Halt> {
        self.sheet.rest(&invoice.item.invoice, sorted.placed());
        sorted.placed().for_each(|spot| places.count(spot.line.subtotal, &spot.disposition));
        self.sheet.ledgers.push(accepting(places.ledger(&invoice.item.invoice), accepted));
        Ok(())
    }
}
