//! Writing what is planned of a group of contracts, side by side, and reading it back.
//!
//! It must not plan: a contract that reads otherwise than it was written is planned anew by its own planner.

use std::cmp::Reverse;

use futures_util::{StreamExt, stream::FuturesUnordered};

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

/// So many contracts are read back in one list while others are written: reading has endpoints of its own.
const READ_TOGETHER: usize = 24;
/// Towards the end lists are shorter, so that there is little left to read when the last write is answered; but no list is
/// shorter than this for that alone.
const SHORTEST_LIST: usize = 10;

impl InvoiceWork<'_> {
    /// Writes what is planned, and reads it back.
    ///
    /// # Errors
    /// Where the run stops: what was done by then is in the contracts all the same.
    pub(crate) async fn write(&self, prepared: &mut [Prepared<'_>]) -> Result<(), Halt> {
        self.desk.tell(Phase::Applying, self.telling("writing"));
        // What an earlier attempt wrote was read when this was planned.
        works(prepared)
            .filter(|work| work.wrote() && !work.is_due())
            .for_each(|work| work.tell_verified());
        if let Err(halt) = self.send(prepared).await {
            self.finish_what_is_complete(prepared);
            return Err(halt);
        }
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

    /// Writes contracts side by side, and reads back those that are written while others are not yet.
    async fn send(&self, prepared: &mut [Prepared<'_>]) -> Result<(), Halt> {
        let mut due: Vec<_> = works(prepared).filter(|work| work.is_due()).collect();
        // Writes of one contract come one after the other: the longest of them must not begin last.
        due.sort_by_key(|work| Reverse(work.to_send()));
        let side_by_side = self.desk.equipment.writers.max(1);
        let (mut due, mut unread, mut ended) = (due.into_iter(), Vec::new(), Ok(()));
        let (mut writing, mut reading) = (FuturesUnordered::new(), FuturesUnordered::new());
        loop {
            while writing.len() < side_by_side
                && let Some(work) = due.next()
            {
                writing.push(written(work));
            }
            let unwritten = writing.len() + due.len();
            let enough = match unwritten {
                0 => 1,
                left => left.clamp(SHORTEST_LIST, READ_TOGETHER),
            };
            if ended.is_ok() && unread.len() >= enough {
                if unwritten == 0 {
                    self.desk.tell(Phase::Verifying, self.telling("checking"));
                }
                reading.push(self.read_back(std::mem::take(&mut unread)));
            }
            tokio::select! {
                Some((work, written)) = writing.next() => match written {
                    Ok(()) if work.must_be_read() => unread.push(work),
                    Ok(()) if work.wrote() => work.tell_verified(),
                    Ok(()) => {}
                    stopped => ended = ended.and(stopped),
                },
                Some(read) = reading.next() => ended = ended.and(read),
                else => return ended,
            }
        }
    }

    /// Reads contracts back in one list, and puts right what reads otherwise than it was written.
    async fn read_back(&self, works: Vec<&mut ContractWork<'_>>) -> Result<(), Halt> {
        let Some(from) = works.first().map(|work| work.application.from) else { return Ok(()) };
        let wrote: Vec<ContractId> = works.iter().map(|work| work.application.contract).collect();
        let mut now = self.read(&wrote, from).await?;
        for work in works {
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
}

/// A contract with how its writing ended.
async fn written<'b, 'a>(
    work: &'b mut ContractWork<'a>,
) -> (&'b mut ContractWork<'a>, Result<(), Halt>) {
    let written = work.write().await;
    (work, written)
}

/// The contracts of a group that can be worked on.
fn works<'b, 'a>(prepared: &'b mut [Prepared<'a>]) -> impl Iterator<Item = &'b mut ContractWork<'a>>
where
    'a: 'b,
{
    prepared.iter_mut().filter_map(|prepared| prepared.state.work())
}
