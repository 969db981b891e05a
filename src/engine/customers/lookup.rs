//! Which tenant is meant: by domain or id.

use std::{collections::HashMap, sync::Arc};

use crate::{
    domain::{AgreementId, Code, CustomerId, TenantId, Thing},
    engine::{
        context::{Caller, Context},
        customers::{book::Book, tenants},
        program::compared,
        protocol::{Refusal, RefusalKind},
        refusals::{ambiguous, malformed, unknown},
    },
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub tenant: TenantId,
    pub domain: String,
    pub customer: CustomerId,
    pub customer_name: String,
    /// Its agreement, if PRISM ever listed it.
    pub agreement: Option<AgreementId>,
}

impl Book {
    /// What is known of a tenant.
    pub(crate) fn of(&self, tenant: &TenantId) -> Option<Found> {
        let known = self.known.get(tenant).map(|known| Found {
            tenant: known.id.clone(),
            domain: known.domain.clone(),
            customer: known.customer.clone(),
            customer_name: known.customer_name.clone(),
            agreement: Some(known.agreement.clone()),
        });
        known.or_else(|| {
            self.mappings.get(tenant).map(|mapping| Found {
                tenant: mapping.tenant.clone(),
                domain: mapping.domain.clone(),
                customer: mapping.customer.clone(),
                customer_name: mapping.customer_name.clone(),
                agreement: None,
            })
        })
    }

    /// The tenant that is meant.
    pub(crate) fn find(&self, typed: &str) -> Result<Found, Refusal> {
        TenantNames::of(self).find(typed)
    }
}

/// Tenants by what an operator calls them, for whoever looks up many.
pub(crate) struct TenantNames<'a> {
    book: &'a Book,
    /// By domain, with whether they are listed still.
    known: HashMap<String, Vec<(bool, &'a TenantId)>>,
    mapped: HashMap<String, Vec<(bool, &'a TenantId)>>,
}

impl<'a> TenantNames<'a> {
    pub(crate) fn of(book: &'a Book) -> Self {
        let (mut known, mut mapped) = (HashMap::new(), HashMap::new());
        for one in book.known.values() {
            let same: &mut Vec<_> = known.entry(compared(&one.domain)).or_default();
            same.push((one.listed, &one.id));
        }
        for one in book.mappings.values() {
            let same: &mut Vec<_> = mapped.entry(compared(&one.domain)).or_default();
            same.push((false, &one.tenant));
        }
        Self { book, known, mapped }
    }

    /// The tenant that is meant.
    pub(crate) fn find(&self, typed: &str) -> Result<Found, Refusal> {
        if typed.trim().is_empty() {
            let advice = "Give its domain or id; `prism-connect customers list` shows both.";
            return Err(malformed(Code::Unusable(Thing::Tenant), "No tenant is named.", advice));
        }
        if let Some(found) = self.book.of(&TenantId::new(typed)) {
            return Ok(found);
        }
        let name = compared(typed);
        let same = self.known.get(&name).or_else(|| self.mapped.get(&name));
        let mut same = same.cloned().unwrap_or_default();
        if same.iter().any(|(listed, _)| *listed) {
            same.retain(|(listed, _)| *listed);
        }
        match same.as_slice() {
            [(_, only)] => self.book.of(only).ok_or_else(|| self.unknown(typed)),
            [] => Err(self.unknown(typed)),
            several => {
                let ids: Vec<_> = several.iter().map(|(_, id)| id.to_string()).collect();
                Err(ambiguous(Thing::Tenant, typed, &ids))
            }
        }
    }

    fn unknown(&self, typed: &str) -> Refusal {
        let known = self.book.known.values().map(|known| known.domain.as_str());
        let mapped = self.book.mappings.values().map(|mapping| mapping.domain.as_str());
        let advice = "`prism-connect customers list` shows all.";
        unknown(Thing::Tenant, typed, known.chain(mapped), advice)
    }
}

/// The tenants that are meant; PRISM is asked again for one that is not known yet.
pub(crate) async fn tenants(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &[String],
) -> Result<(Book, Vec<Found>), Refusal> {
    let all = |book: &Book| {
        let names = TenantNames::of(book);
        typed.iter().map(|one| names.find(one)).collect::<Result<Vec<_>, _>>()
    };
    let book = context.load_book().await?;
    let refusal = match all(&book) {
        Ok(found) => return Ok((book, found)),
        Err(refusal) => refusal,
    };
    if refusal.finding.code != Code::UnknownName(Thing::Tenant) {
        return Err(refusal);
    }
    match tenants::refresh(context, caller).await {
        Ok(()) => {}
        Err(cancelled) if cancelled.kind == RefusalKind::Cancelled => return Err(cancelled),
        // Where nothing was ever listed, what is in the way of listing is what the operator must know.
        Err(other) if book.known.is_empty() => return Err(other),
        Err(_) => return Err(refusal),
    }
    let book = context.load_book().await?;
    let found = all(&book)?;
    Ok((book, found))
}
