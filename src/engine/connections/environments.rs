//! The environments on both sides: what one of them invoices is not written into another one, unless an operator said once
//! that these two belong together.
//!
//! It must not know which words there are: they are the operator's own.

use crate::{
    domain::{Code, ConnectionId, outcome::Finding},
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        protocol::{Changed, Refusal, RefusalKind},
        refusals::failed,
        tables::{CONFIRMED, EnvironmentPair, of_connection},
        views::EnvironmentsView,
    },
    store::Batch,
};

/// What both sides are called; none while one of them is not connected.
pub(crate) async fn view(context: &Context) -> Result<Option<EnvironmentsView>, Refusal> {
    let (from, to) =
        (word(context, &context.sides.source).await?, word(context, &context.sides.target).await?);
    let (Some(from), Some(to)) = (from, to) else { return Ok(None) };
    let confirmed = context.store.get(CONFIRMED, of_connection(&context.sides.target)).await?;
    let confirmed =
        confirmed.is_some_and(|pair| same(&pair.source, &from) && same(&pair.target, &to));
    let mixed = !same(&from, &to);
    Ok(Some(EnvironmentsView {
        source: format!("{} {from}", context.sides.system(&context.sides.source)),
        target: format!("{} {to}", context.sides.system(&context.sides.target)),
        mixed,
        confirmed: mixed && confirmed,
    }))
}

async fn word(context: &Context, name: &ConnectionId) -> Result<Option<String>, Refusal> {
    let record = context.connection(name).await?;
    Ok(record.map(|record| record.settings.environment().to_owned()))
}

/// In which environment this installation is: the operator's word for it, or that of the source.
pub(crate) async fn of_installation(context: &Context) -> Result<String, Refusal> {
    if let Some(word) = context.config.environment() {
        return Ok(word.to_owned());
    }
    let of_source = word(context, &context.sides.source).await?;
    Ok(of_source.unwrap_or_else(|| "PROD".to_owned()))
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Lets a sync begin, unless it would mix environments and nobody confirmed that.
pub(crate) async fn admit(context: &Context) -> Result<(), Refusal> {
    match finding(context).await? {
        None => Ok(()),
        Some(finding) => Err(Refusal::new(RefusalKind::Failed, finding)),
    }
}

/// Why no sync can begin between these environments, if so.
pub(crate) async fn finding(context: &Context) -> Result<Option<Finding>, Refusal> {
    let view = view(context).await?.filter(|view| view.mixed && !view.confirmed);
    Ok(view.map(|view| {
        let text = format!(
            "{view}: what one environment invoices would be written into another one. Nothing is synced."
        );
        let advice = "Correct the environment of a connection, or, if this pair is meant, confirm it once: \
                      `prism-connect connect environments --confirm`.";
        Finding::new(Code::MixedEnvironments, text, advice)
    }))
}

/// Remembers that these two belong together: `from` and `to` are what the operator saw.
pub(crate) async fn confirm(
    context: &Context,
    caller: &Caller,
    seen: &EnvironmentsView,
) -> Result<String, Refusal> {
    let _wiring = context.wiring.lock().await;
    let now = view(context).await?;
    let Some(now) = now.filter(|now| now.source == seen.source && now.target == seen.target) else {
        let text = format!("The environments are not {seen} any more.");
        return Err(failed(Code::EnvironmentsChanged, text, "Look at them again, then confirm."));
    };
    if !now.mixed {
        return Ok(format!("{now}: there is nothing to confirm."));
    }
    let (from, to) =
        (word(context, &context.sides.source).await?, word(context, &context.sides.target).await?);
    let pair = EnvironmentPair {
        source: from.unwrap_or_default(),
        target: to.unwrap_or_default(),
        at: context.clock.now(),
    };
    let mut batch = Batch::new();
    batch.put(CONFIRMED, &of_connection(&context.sides.target), &pair);
    let deed = Deed::from(format!("confirmed {now}")).about(context.sides.target.as_str());
    context.change(caller, batch, deed, Changed::Connections).await?;
    Ok(format!("{now} is confirmed: syncs go from one to the other."))
}
