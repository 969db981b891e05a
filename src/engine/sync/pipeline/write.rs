//! Writing what is planned of a group of contracts, side by side, and reading it back.
//!
//! It must not plan: a contract that reads otherwise than it was written is planned anew by its own planner.

use futures_util::{StreamExt, stream};

use crate::{
    domain::ContractId,
    engine::{
        protocol::Phase,
        sync::{
            pipeline::{
                contract_writes::ContractWork,
                invoice::{InvoiceWork, Prepared},
            },
            writing::writer::Halt,
        },
    },
};

impl InvoiceWork<'_> {
    /// Writes what is planned, and reads it back.
    ///
    /// # Errors
    /// Where the run stops: what was done by then is in the contracts all the same.
    pub(crate) async fn write(&self, prepared: &mut [Prepared<'_>]) -> Result<(), Halt> {
        self.desk.tell(Phase::Applying, self.telling("writing"));
        if let Err(halt) = self.send(prepared).await {
            self.finish_what_is_complete(prepared);
            return Err(halt);
        }
        let wrote: Vec<ContractId> = works(prepared)
            .filter(|work| work.wrote() && work.must_be_read())
            .map(|work| work.application.contract)
            .collect();
        if !wrote.is_empty() {
            self.read_back(prepared, &wrote).await?;
        }
        works(prepared)
            .filter(|work| work.wrote() && !work.must_be_read())
            .for_each(|work| work.tell_verified());
        for prepared in prepared {
            self.verify_prices(prepared);
        }
        Ok(())
    }

    /// A contract of which all is written and answered is done with, whatever stopped the run at another one.
    fn finish_what_is_complete(&self, prepared: &mut [Prepared<'_>]) {
        for prepared in prepared {
            if prepared.account(self, true).stopped {
                continue;
            }
            if let Some(work) = prepared.state.work().filter(|work| work.wrote()) {
                work.tell_verified();
            }
            self.verify_prices(prepared);
        }
    }

    fn verify_prices(&self, prepared: &mut Prepared<'_>) {
        let contract = prepared.group.contract;
        let due = prepared.group.tenants.iter().any(|tenant| tenant.due);
        if let Some(work) = prepared.state.work() {
            work.verify_prices(due || self.item.retries.contains_key(&contract));
        }
    }

    async fn read_back(
        &self,
        prepared: &mut [Prepared<'_>],
        wrote: &[ContractId],
    ) -> Result<(), Halt> {
        self.desk.tell(Phase::Verifying, self.telling("checking"));
        let from = works(prepared).map(|work| work.application.from).next();
        let Some(from) = from else { return Ok(()) };
        let mut now = self.read(wrote, from).await?;
        for work in works(prepared) {
            let Some(now) = now.remove(&work.application.contract) else { continue };
            if work.verify(now).await? {
                work.write().await?;
                work.reread().await?;
                let reading = work.present.clone();
                if work.verify(reading).await? {
                    work.give_up();
                }
            }
            work.tell_verified();
        }
        Ok(())
    }

    async fn send(&self, prepared: &mut [Prepared<'_>]) -> Result<(), Halt> {
        let side_by_side = self.desk.equipment.writers.max(1);
        let due = works(prepared).filter(|work| work.is_due());
        let written: Vec<Result<(), Halt>> = stream::iter(due)
            .map(ContractWork::write)
            .buffer_unordered(side_by_side)
            .collect()
            .await;
        written.into_iter().collect()
    }
}

/// The contracts of a group that can be worked on.
fn works<'b, 'a>(prepared: &'b mut [Prepared<'a>]) -> impl Iterator<Item = &'b mut ContractWork<'a>>
where
    'a: 'b,
{
    prepared.iter_mut().filter_map(|prepared| prepared.state.work())
}
