//! What stands on agreements (wire/connectwise 11.4, 12.6): all lines of each, as there is no list across agreements; then the
//! agreements, so that how far they are invoiced is read last (sync-rules 10.14).
//!
//! It must not write.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    Connectwise, assumed,
    lines::{self, ADDITION},
    odd,
    paging::List,
    wire::{Addition, Odd, Rows},
};
use crate::domain::{
    Code, ContractId, LineId, ReadError,
    outcome::Finding,
    target::{Contract, PresentContract},
};

/// What was read of one agreement's lines.
enum ReadLines {
    Read(Rows<Addition>),
    /// The agreement is gone.
    Gone,
    /// Refused, or not to be understood: nothing is known of this agreement, and of no other.
    Failed(Finding),
}

impl Connectwise {
    pub(super) async fn read_present(
        &self,
        contracts: &[ContractId],
    ) -> Result<Vec<PresentContract>, ReadError> {
        let reading = stream::iter(contracts.iter().copied());
        let reading = reading.map(|id| async move { Ok((id, self.lines_of(id).await?)) });
        let read: BTreeMap<ContractId, ReadLines> =
            reading.buffer_unordered(assumed::PACE.in_flight).try_collect().await?;
        let mut agreements: BTreeMap<ContractId, Contract> = self
            .read_agreements_by_id(contracts)
            .await?
            .into_iter()
            .map(|contract| (contract.id, contract))
            .collect();
        let both =
            read.into_iter().filter_map(|(id, lines)| Some((agreements.remove(&id)?, lines)));
        Ok(both.filter_map(|(contract, lines)| self.present(contract, lines)).collect())
    }

    /// Reads lines by their ids and puts those that are there beside the others.
    pub(super) async fn read_lines_into(
        &self,
        mut present: PresentContract,
        ids: &[LineId],
    ) -> Result<PresentContract, ReadError> {
        let contract = present.contract.id;
        for id in ids {
            let path = format!("finance/agreements/{contract}/additions/{id}");
            let read = self.session.record::<Addition>(&path).await;
            match read {
                Ok(Some(addition)) => lines::put(&mut present, addition, self.keys),
                Ok(None) => {}
                Err(ReadError::Refused(finding) | ReadError::Unreadable(finding)) => {
                    present.odd = Some(finding);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(present)
    }

    async fn lines_of(&self, contract: ContractId) -> Result<ReadLines, ReadError> {
        let path = format!("finance/agreements/{contract}/additions");
        match self.session.rows(&List::whole(ADDITION, path)).await {
            Ok(rows) => Ok(ReadLines::Read(rows)),
            Err(ReadError::Refused(finding)) if finding.code == Code::NotFound => {
                Ok(ReadLines::Gone)
            }
            Err(ReadError::Refused(finding) | ReadError::Unreadable(finding)) => {
                Ok(ReadLines::Failed(finding))
            }
            Err(error) => Err(error),
        }
    }

    fn present(&self, contract: Contract, lines: ReadLines) -> Option<PresentContract> {
        match lines {
            ReadLines::Gone => None,
            ReadLines::Failed(finding) => {
                Some(PresentContract { contract, services: Vec::new(), odd: Some(finding) })
            }
            ReadLines::Read(rows) => {
                self.odd.remember(ADDITION, &rows.odd);
                let services = lines::services(&contract, rows.good, &rows.odd, self.keys);
                Some(PresentContract { odd: nobodys(&rows.odd), contract, services })
            }
        }
    }
}

/// A row that does not even name its item may belong to any of them.
fn nobodys(odd_rows: &[Odd]) -> Option<Finding> {
    odd_rows.iter().find(|row| row.product.is_none()).map(|row| odd::told(ADDITION, row))
}
