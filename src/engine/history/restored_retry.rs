//! What was taken off the retry list is put back, as long as no run has gone by without it.
//!
//! A run that comes to a contract takes what is not on the list for done, and builds on that: from then on nothing is put
//! back.

use crate::{
    domain::{Code, RunId, Thing},
    engine::{
        context::{Caller, Context},
        protocol::{Changed, Refusal, command::RestoreRetry},
        refusals::{busy, failed, unknown},
        sync::{
            outcome::rows::newest,
            records::{Dismissed, DismissedEntry},
        },
        tables::{
            DISMISSED, INVOICES, MONTHS, RETRIES, WATCHED, of_application, of_connection,
            of_contract_month, of_dismissed, of_invoice, of_retry, text_below_connection,
        },
    },
    store::{Batch, StoreError},
};

/// Keeps what leaves the list, with the newest run; what an earlier run has gone by is forgotten.
pub(crate) async fn keep(
    context: &Context,
    batch: &mut Batch,
    id: &str,
    what: DismissedEntry,
) -> Result<(), StoreError> {
    let newest_run = newest_run(context).await?;
    for (key, old) in context.store.scan(DISMISSED, of_connection(&context.sides.target)).await? {
        if old.newest_run != newest_run {
            batch.remove(DISMISSED, &key);
        }
    }
    let dismissed = Dismissed { newest_run, what };
    batch.put(DISMISSED, &of_dismissed(&context.sides.target, id), &dismissed);
    Ok(())
}

async fn newest_run(context: &Context) -> Result<RunId, StoreError> {
    Ok(newest(&context.store, 1).await?.first().map_or(RunId(0), |run| run.id))
}

/// Puts back on the retry list what was dismissed.
pub(crate) async fn restore(
    context: &Context,
    caller: &Caller,
    RestoreRetry { id: typed }: RestoreRetry,
) -> Result<String, Refusal> {
    let _pen = context.pen.lock().await;
    if context.flight.is_taken() {
        return Err(busy(context.flight.run()));
    }
    let typed = typed.trim();
    let kept = context.store.scan(DISMISSED, of_connection(&context.sides.target)).await?;
    let ids: Vec<String> = kept.iter().filter_map(|(key, _)| text_below_connection(key)).collect();
    let found = kept.into_iter().zip(&ids).find(|(_, id)| id.eq_ignore_ascii_case(typed));
    let Some(((key, Dismissed { newest_run: then, what }), id)) = found else {
        let advice = "Only what was dismissed since the last run can be put back.";
        return Err(unknown(Thing::Retry, typed, ids.iter().map(String::as_str), advice));
    };
    let now = newest_run(context).await?;
    if now != then {
        return Err(failed(
            Code::Dismissed,
            format!("{} stays dismissed: run {now} has gone by without it.", what.told()),
            "What differs since then: `prism-connect plan customers --recheck`.",
        ));
    }
    let mut batch = Batch::new();
    batch.remove(DISMISSED, &key);
    put_back(context, &mut batch, &what).await?;
    let told = what.told();
    let audited = format!("put {id} back on the retry list: {told}");
    context.change(caller, batch, audited, Changed::Runs).await?;
    Ok(format!("On the retry list again: {told}"))
}

async fn put_back(
    context: &Context,
    batch: &mut Batch,
    what: &DismissedEntry,
) -> Result<(), StoreError> {
    let target = &context.sides.target;
    match what {
        DismissedEntry::Retry { retry, released } => {
            batch.put(RETRIES, &of_retry(target, retry), retry);
            let place = of_contract_month(target, retry.contract, retry.month);
            if let Some(service) = retry.service.filter(|_| *released)
                && let Some(mut applied) = context.store.get(MONTHS, place.clone()).await?
            {
                applied.failed.insert(service);
                batch.put(MONTHS, &place, &applied);
            }
        }
        DismissedEntry::Watched(watched) => {
            let key = of_application(target, watched.contract, &watched.invoice);
            batch.put(WATCHED, &key, watched);
        }
        DismissedEntry::Invoice { invoice, .. } => {
            let place = of_invoice(target, invoice);
            if let Some(mut state) = context.store.get(INVOICES, place.clone()).await? {
                state.dismissed = None;
                batch.put(INVOICES, &place, &state);
            }
        }
    }
    Ok(())
}
