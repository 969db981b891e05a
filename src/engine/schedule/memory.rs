//! Reading and changing the record of the schedule.
//!
//! It must not decide what is due.

use crate::{
    domain::schedule::course::Course,
    engine::{
        context::Context, protocol::Refusal, schedule::record::ScheduleRecord, tables::SCHEDULE,
    },
    store::{Batch, Key},
};

/// As it stands; one that begins now where there is none.
pub(super) async fn read(context: &Context) -> Result<ScheduleRecord, Refusal> {
    let known = context.store.get(SCHEDULE, Key::new()).await?;
    let new = || ScheduleRecord::new(Course::new(context.clock.now(), fastrand::u64(..)));
    Ok(known.unwrap_or_else(new))
}

/// Changes it, one after the other.
pub(super) async fn change<T>(
    context: &Context,
    change: impl FnOnce(&mut ScheduleRecord) -> T,
) -> Result<T, Refusal> {
    let _pen = context.schedule.pen.lock().await;
    let mut record = read(context).await?;
    let changed = change(&mut record);
    let mut batch = Batch::new();
    batch.put(SCHEDULE, &Key::new(), &record);
    context.store.commit(batch).await?;
    Ok(changed)
}
