//! Where the two uses of the walk part: what becomes of what was read, planned and found.
//!
//! A sink that overrides nothing writes nothing and says nothing.

use crate::{
    domain::{
        ContractId, Day, Money,
        invoice::{Invoice, Lines},
        line::WrittenLine,
        outcome::Finding,
        target::PresentContract,
    },
    engine::{
        protocol::Phase,
        sync::{
            due::{Stored, remarks::Remark},
            guards::Watch,
            pipeline::invoice::{InvoiceWork, Prepared},
            snapshot::Snapshot,
            work_list::WorkItem,
            writing::{
                progress::Progress,
                writer::{Halt, Writer},
            },
        },
    },
    planning::{
        Closing, ContractGroup, ContractMemory, GroupTenant, invoices::Due, ledger::Places,
        triage::SortedLines,
    },
};

/// What a contract will be, and what will be remembered of it, once earlier months are applied that are only planned.
pub(crate) struct Foreseen {
    pub(crate) present: PresentContract,
    pub(crate) memory: ContractMemory,
}

/// What became of the contracts of a group.
pub(crate) struct Taken {
    /// Contracts to which the invoice could not be applied: their later ones wait.
    pub(crate) blocked: Vec<ContractId>,
    /// Where their lines went.
    pub(crate) places: Places,
    /// Why nothing more is to be taken, if so.
    pub(crate) ended: Result<(), Halt>,
}

/// Takes what the walk comes to, in the order of these methods.
pub(crate) trait Sink {
    /// Something begins that whoever watches is told.
    fn phase(&self, _phase: Phase, _text: String) {}

    /// The invoice list was read, and this is due by it.
    async fn listed(
        &mut self,
        _stored: &mut Stored,
        _headers: &[Invoice],
        _due: &Due,
    ) -> Result<(), Halt> {
        Ok(())
    }

    /// What is to be said of the list: of what is due, and besides.
    fn remark(&mut self, of_due: Vec<Remark>, besides: Vec<Remark>);

    /// What is to be said of what is due has grown: invoices wait behind one that is held.
    fn held_behind(&mut self, of_due: Vec<Remark>);

    /// What else there is to say, when it is found.
    fn say(&mut self, remarks: Vec<Remark>);

    /// Services and links were read.
    fn observed(&self, _observed: &mut Snapshot) {}

    /// An invoice is next, and so many come after it.
    fn comes_before(&mut self, _later: usize) {}

    /// An invoice does not add up, or cannot be read.
    async fn hold(
        &mut self,
        stored: &mut Stored,
        item: &WorkItem,
        lines: &Lines,
        finding: Finding,
    ) -> Result<(), Halt>;

    /// An invoice adds up.
    async fn let_go(&mut self, _stored: &mut Stored, _item: &WorkItem) -> Result<(), Halt> {
        Ok(())
    }

    /// The lines of an invoice are sorted, and its contracts are to be planned.
    async fn begin_invoice(
        &mut self,
        _item: &WorkItem,
        _accepted: Money,
        _sorted: &SortedLines<'_>,
    ) -> Result<(), Halt> {
        Ok(())
    }

    /// Closings of a contract that are not stored, because its earlier months are only planned.
    fn closings(&self, _contract: ContractId) -> Option<Vec<Closing>> {
        None
    }

    /// Guards were set on an invoice.
    fn guarded(&mut self, _item: &WorkItem, _watch: &Watch) {}

    /// The contracts of these customers are next, with an invoice.
    fn announce(&mut self, _item: &WorkItem, _tenants: &[&GroupTenant]) {}

    /// These of them are read and planned now.
    fn begin_group(&mut self, _item: &WorkItem, _groups: &[ContractGroup]) {}

    /// What stands in the place of reading a contract whose earlier months are only planned.
    fn foreseen(&mut self, _contract: ContractId) -> Option<Foreseen> {
        None
    }

    /// A contract was read, from that day on: its writes that were taken as lost may show.
    async fn recognise(
        &self,
        desk: &Writer<'_>,
        contract: ContractId,
        progress: &mut Progress,
        present: &PresentContract,
        from: Day,
    ) -> Result<(), Halt>;

    /// Takes note of lines that read as they were written.
    async fn seen(
        &self,
        _desk: &Writer<'_>,
        _present: &PresentContract,
        _written: &mut [WrittenLine],
    ) -> Result<(), Halt> {
        Ok(())
    }

    /// The contracts of a group are planned; `None` where the walk was stopped before that.
    async fn take<'g>(
        &mut self,
        invoice: &InvoiceWork<'g>,
        groups: &'g [ContractGroup],
        planned: Option<Vec<Prepared<'g>>>,
    ) -> Taken;

    /// All contracts of an invoice were taken, to these places; the rest of its lines stands where it was put.
    async fn close_invoice(
        &mut self,
        invoice: &InvoiceWork<'_>,
        sorted: &SortedLines<'_>,
        places: Places,
        accepted: Money,
    ) -> Result<(), Halt>;
}
