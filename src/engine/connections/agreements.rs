//! Which agreements' invoices are synced (sync-rules 2.5).

use std::sync::Arc;

use crate::{
    domain::{AgreementId, Code, Thing},
    engine::{
        audit::trail::Deed,
        connections::heard::heard,
        context::{Caller, Context},
        protocol::{Changed, Refusal},
        refusals::{failed, malformed, unknown},
        tables::{CONNECTIONS, ConnectionRecord, KnownAgreement, PROGRAM, of_connection},
    },
    store::Batch,
};

/// Chooses the agreements whose invoices are synced (sync-rules 2.5).
pub(crate) async fn choose(
    context: &Arc<Context>,
    caller: &Caller,
    wanted: Vec<AgreementId>,
) -> Result<String, Refusal> {
    if wanted.is_empty() {
        let advice = "Name at least one: `prism-connect connect agreement ID`.";
        return Err(malformed(Code::NoAgreement, "No agreement is named.", advice));
    }
    let client = context.source(caller).await?;
    let found = heard(context, &context.sides.source, client.agreements().await).await?;
    let ours = found.into_iter().filter(|agreement| agreement.csp);
    let ours = ours.map(|one| KnownAgreement {
        id: one.id,
        number: None,
        name: one.program,
        chosen: false,
    });
    let stored = context.connection(&context.sides.source).await?.map(|record| record.agreements);
    let mut found = with_numbers(&stored.unwrap_or_default(), ours.collect());
    for one in &mut found {
        one.chosen = wanted.iter().any(|wanted| is_called(one, wanted));
    }
    let strange = wanted.iter().find(|wanted| !found.iter().any(|one| is_called(one, wanted)));
    if let Some(strange) = strange {
        let names = found.iter().map(|known| known.number.as_deref().unwrap_or(known.id.as_str()));
        let advice = "`prism-connect connect list` shows them.";
        return Err(unknown(Thing::Agreement, strange.as_str(), names, advice));
    }
    let _wiring = context.wiring.lock().await;
    let Some(record) = context.connection(&context.sides.source).await? else {
        return Err(failed(Code::NotConnected, "PRISM is not connected yet.", "Connect it first."));
    };
    let mut batch = Batch::new();
    let chosen = found.iter().filter(|one| one.chosen);
    let called: Vec<String> = chosen.map(|one| one.clone().view().called()).collect();
    let called = called.join(", ");
    let record = ConnectionRecord { agreements: found, ..record };
    batch.put(CONNECTIONS, &of_connection(&context.sides.source), &record);
    let what = format!("chose agreement {called}");
    let deed = Deed::from(what).about(context.sides.source.as_str());
    context.change(caller, batch, deed, Changed::Connections).await?;
    Ok(format!("Invoices of agreement {called} are synced."))
}

/// The agreements to sync; several without a choice are refused.
pub(crate) async fn chosen(context: &Context) -> Result<Vec<AgreementId>, Refusal> {
    Ok(known_chosen(context).await?.into_iter().map(|one| one.id).collect())
}

/// The same as operators know them: by number, or id where no invoice told that yet, and name.
pub(crate) async fn chosen_called(context: &Context) -> Result<Vec<String>, Refusal> {
    Ok(known_chosen(context).await?.into_iter().map(|one| one.view().called()).collect())
}

async fn known_chosen(context: &Context) -> Result<Vec<KnownAgreement>, Refusal> {
    let record = context.connection(&context.sides.source).await?;
    let known = record.map(|record| record.agreements).unwrap_or_default();
    let all = known.len();
    let chosen: Vec<_> = known.into_iter().filter(|one| one.chosen).collect();
    if chosen.is_empty() && all > 1 {
        let text = format!("There are {all} agreements for {PROGRAM}, and none is chosen.");
        let advice = "Choose with `prism-connect connect agreement ID`; `connect list` shows them.";
        return Err(failed(Code::ChooseAgreement, text, advice));
    }
    Ok(chosen)
}

/// By id, or by the number that stands on its invoices.
fn is_called(agreement: &KnownAgreement, wanted: &AgreementId) -> bool {
    agreement.id == *wanted || agreement.number.as_deref() == Some(wanted.as_str())
}

/// A number that was seen once stays known.
fn with_numbers(old: &[KnownAgreement], mut found: Vec<KnownAgreement>) -> Vec<KnownAgreement> {
    for agreement in found.iter_mut().filter(|one| one.number.is_none()) {
        let known = old.iter().find(|old| old.id == agreement.id);
        agreement.number = known.and_then(|old| old.number.clone());
    }
    found
}

/// What was chosen stays chosen; the only one there is needs no choice (sync-rules 2.5).
pub(super) fn merged(old: &[KnownAgreement], found: Vec<KnownAgreement>) -> Vec<KnownAgreement> {
    let mut found = with_numbers(old, found);
    for agreement in &mut found {
        agreement.chosen = old.iter().any(|old| old.chosen && old.id == agreement.id);
    }
    if let [only] = found.as_mut_slice() {
        only.chosen = true;
    }
    found
}
