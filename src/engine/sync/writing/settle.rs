//! Settling writes without an answer: wait until the target is quiet, read until two readings agree, and
//! put down what came of them (sync-rules 8.2). Nothing is sent from here.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    domain::{
        Code, ContractId, ContractServiceId, Day, ServiceId, outcome::Finding, product::Service,
        target::PresentContract, terms::Terms,
    },
    engine::{
        crash_point::crash_point,
        protocol::Happening,
        sync::{
            application::Application,
            snapshot::standing::long_before,
            writing::{
                journal::{Entry, WriteResult},
                product_links,
                progress::Progress,
                writer::{Halt, Writer, nothing},
            },
        },
        tables::{CHOICES, of_contract_service},
    },
    store::Batch,
};

/// What reading back gave.
#[derive(Clone, Debug)]
pub(crate) enum ReadBack<T> {
    /// What is there now; every entry has its result.
    Known(T),
    /// Reading does not tell: the contract is gone, or never reads twice the same. The entries are still open.
    Unknown(Finding),
    /// It could not be read now, and may be another time. The entries are still open.
    Unread(Finding),
}

const READINGS: u32 = 12;
const BETWEEN: Duration = Duration::from_secs(2);

impl Writer<'_> {
    /// Settles a contract's open writes, and gives what is there now: read from the day from which they were planned,
    /// so that before and after can be compared.
    ///
    /// # Errors
    /// Where the run must stop; the entries stay open.
    pub(crate) async fn settle(
        &self,
        application: &Application,
        open: &mut [Entry],
    ) -> Result<ReadBack<PresentContract>, Halt> {
        self.announce(&application.name);
        self.quiet(open).await?;
        let (contract, from) = (application.contract, application.from);
        let rules = self.target.rules();
        let settled = self
            .agreed(
                || self.read_contract(contract, from),
                |now: &Option<PresentContract>| {
                    rules.tells_own_writes()
                        && now.as_ref().is_some_and(|now| {
                            let shows = |entry: &Entry| rules.found_on_contract(&entry.sent(), now);
                            open.iter().all(|entry| shows(entry).is_some())
                        })
                },
            )
            .await?;
        let ReadBack::Known(now) = &settled else { return Ok(settled) };
        crash_point("before-settling");
        for entry in open {
            let found = self.target.rules().found_on_contract(&entry.sent(), now);
            let result = WriteResult::settled(found);
            self.conclude(entry, result, &nothing).await?;
            self.amend(entry).await?;
            crash_point("settled");
        }
        Ok(settled)
    }

    /// Settles open writes to the catalogue of services.
    ///
    /// # Errors
    /// Where the run must stop; the entries stay open.
    pub(crate) async fn settle_catalogue(
        &self,
        open: &mut [Entry],
    ) -> Result<ReadBack<Vec<Service>>, Halt> {
        self.announce(&Terms::of(self.target.kind()).say("services"));
        self.quiet(open).await?;
        let settled = self.agreed(|| self.target.services(), |_| false).await?;
        let ReadBack::Known(now) = &settled else { return Ok(settled) };
        crash_point("before-settling");
        for entry in open {
            let before = product_links::kept_before(self, entry).await?;
            let found = self.target.rules().found_in_catalogue(&entry.sent(), now);
            let result = WriteResult::settled(found);
            let linked = product_links::linked(entry, before);
            self.conclude(entry, result, &linked).await?;
            self.amend(entry).await?;
            crash_point("settled");
        }
        Ok(settled)
    }

    /// Puts down which writes that were taken as lost have come after all, by what is there now, read from that day on; the
    /// plan made from it puts them right (sync-rules 8.2). Gives the services concerned.
    pub(crate) async fn recognise_late(
        &self,
        contract: ContractId,
        progress: &mut Progress,
        present: &PresentContract,
        from: Day,
    ) -> Result<BTreeSet<ServiceId>, Halt> {
        let found = progress.recognise(present, from, self.target.rules());
        for mut entry in found.entries {
            let Some(result) = entry.result.clone() else { continue };
            self.conclude(&mut entry, result, &nothing).await?;
            self.amend(&entry).await?;
        }
        for (service, row) in found.twice {
            let key = of_contract_service(&self.connection, contract, service);
            if self.equipment.store.get(CHOICES, key.clone()).await? != Some(row) {
                let mut batch = Batch::new();
                batch.put(CHOICES, &key, &row);
                self.commit(batch).await?;
                progress.warn(service, &[there_twice(row)]);
            }
        }
        Ok(found.services)
    }

    fn announce(&self, name: &str) {
        let text =
            format!("Checking whether the last change reached {}: {name}", self.target.kind());
        self.equipment.emit(Happening::Settling { run: self.run, text });
    }

    /// What was sent before this moment is not under way any more.
    pub(crate) fn long_ago(&self) -> chrono::DateTime<chrono::Utc> {
        long_before(self.equipment.clock.now(), self.equipment.quiet)
    }

    /// Lets a request that may still be under way arrive; one that was sent long ago needs no wait.
    async fn quiet(&self, open: &[Entry]) -> Result<(), Halt> {
        let newest = open.iter().map(|entry| entry.at).max();
        // An intent's time is from before a time-out: only one from long ago is known to be quiet.
        if newest.is_none_or(|newest| newest < self.long_ago()) {
            return Ok(());
        }
        let quiet = self.equipment.quiet.max(self.target.lag());
        self.wait(quiet, &format!("word whether the last change reached {}", self.target.kind()))
            .await
    }

    async fn read_contract(
        &self,
        contract: ContractId,
        from: Day,
    ) -> Result<Option<PresentContract>, Halt> {
        Ok(self.present(&[contract], from).await?.into_iter().next())
    }

    /// Reads until two readings in a row are the same, or one shows all that is looked for. The two lie as far apart as a
    /// list may be behind (sync-rules 10.11).
    async fn agreed<T, F, R, E>(
        &self,
        read: F,
        shows_all: impl Fn(&T) -> bool,
    ) -> Result<ReadBack<T::Agreed>, Halt>
    where
        T: ReadTwice,
        F: Fn() -> R,
        R: Future<Output = Result<T, E>>,
        Halt: From<E>,
    {
        let mut last: Option<T> = None;
        for _ in 0..READINGS {
            let now = match read().await {
                Ok(now) => now,
                Err(error) => match Halt::from(error) {
                    Halt::Read(finding) => return Ok(ReadBack::Unread(finding)),
                    halt => return Err(self.stop(halt)),
                },
            };
            if last.as_ref() == Some(&now) || shows_all(&now) {
                return Ok(now.read().map_or_else(ReadBack::Unknown, ReadBack::Known));
            }
            let lag = self.target.lag();
            if last.is_some() || !lag.is_zero() {
                self.wait(BETWEEN.max(lag), "two readings that agree").await?;
            }
            last = Some(now);
        }
        Ok(ReadBack::Unknown(unconfirmed("Its readings kept changing.")))
    }
}

/// What can be read twice and compared.
trait ReadTwice: PartialEq {
    /// What it is once two agree.
    type Agreed;

    /// Gives it.
    fn read(self) -> Result<Self::Agreed, Finding>;
}

impl ReadTwice for Option<PresentContract> {
    type Agreed = PresentContract;

    fn read(self) -> Result<PresentContract, Finding> {
        let present = self.ok_or_else(|| unconfirmed("The contract is gone."))?;
        match &present.odd {
            Some(finding) => Err(unconfirmed(&finding.text)),
            None => Ok(present),
        }
    }
}

impl ReadTwice for Vec<Service> {
    type Agreed = Self;

    fn read(self) -> Result<Self, Finding> {
        Ok(self)
    }
}

fn there_twice(row: ContractServiceId) -> Finding {
    Finding::new(
        Code::MadeTwice,
        format!(
            "Putting the service on the contract got no answer, was repeated, and came late: it is there twice, and row {row} is used."
        ),
        "Take the empty row off the contract in the PSA.",
    )
}

/// What cannot be settled (sync-rules 8.2).
pub(crate) fn unconfirmed(what: &str) -> Finding {
    Finding::new(
        Code::Unconfirmed,
        format!("The target gave no answer to a change, and reading back did not tell. {what}"),
        "Look at the contract in the PSA; the next sync reads it again and writes what is missing.",
    )
}
