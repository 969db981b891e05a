//! Causes that were mended since they befell: what waits for a product that has a service now only waits to be tried again.
//!
//! It must not change anything else of an entry than what mends it.

use std::collections::HashSet;

use super::Wanting;
use crate::{
    domain::product::LinkKey,
    engine::{
        context::Context,
        products::{lookup::link_keys, stored_links},
        protocol::Refusal,
        views::Mend,
    },
};

const SERVED: &str =
    "It has a service now: `prism-connect sync --retry-failed` tries again what waited for it.";

pub(super) async fn note(context: &Context, all: &mut [Wanting]) -> Result<(), Refusal> {
    if !all.iter().any(|one| product(&one.mend).is_some()) {
        return Ok(());
    }
    let links = stored_links(context).await?;
    // One that was unpinned points at no service, 0, until the next product sync gives it one.
    let linked = links.iter().filter(|link| link.service.0 != 0);
    let served: HashSet<&LinkKey> = linked.map(|link| &link.key).collect();
    for one in all {
        let names = product(&one.mend).into_iter().flatten();
        if names.flat_map(|name| link_keys(name)).any(|key| served.contains(&key)) {
            one.mend = Mend::Retry;
            one.view.advice = context.sides.terms().say(SERVED).into_owned();
        }
    }
    Ok(())
}

/// The product that wants a service, by what it is called.
fn product(mend: &Mend) -> Option<[&String; 2]> {
    match mend {
        Mend::ChooseService { product, name } | Mend::TakeOver { product, name } => {
            Some([product, name])
        }
        Mend::Look | Mend::Link | Mend::Plan { .. } | Mend::Retry | Mend::Options => None,
    }
}
