//! The doctor: every connection, right, setting and mapping that can make the next sync fail. It mends nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        Code, ContractId, ServiceId, Thing,
        outcome::{Finding, Outcome},
        product::Service,
        target::{Contract, Doubt},
        terms::Terms,
    },
    engine::{
        connections,
        context::{Caller, Context},
        customers::{book::Book, choices, companies},
        history::retries,
        history::unfinished::unfinished_run,
        program::choices::offered,
        protocol::{Refusal, RefusalKind},
        tables::{LINKS, of_connection},
        views::{ConnectionState, DoctorCheck, DoctorView},
    },
    psa::Psa,
};

/// With less free than this, a full disk is near.
const LITTLE_SPACE_MIB: u64 = 512;

pub(crate) async fn look(context: &Arc<Context>, caller: &Caller) -> Result<DoctorView, Refusal> {
    let mut checks = vec![store(context).await, space(context), directory(context)];
    checks.push(vault(context).await?);
    checks.extend(tested(context, caller).await?);
    checks.extend(plain(context).await?);
    checks.extend(environments(context).await?);
    checks.push(agreement(context).await);
    checks.extend(target(context, caller).await?);
    checks.extend(past(context).await?);
    for check in &mut checks {
        in_terms(check, context.sides.terms());
    }
    Ok(DoctorView { checks })
}

/// In the words of the target that is looked at.
fn in_terms(check: &mut DoctorCheck, terms: Terms) {
    let texts = [&mut check.name, &mut check.text].into_iter();
    let texts = texts.chain(&mut check.advice).chain(&mut check.each);
    texts.for_each(|text| *text = terms.retell(text, &[]).into_owned());
}

fn check(name: &str, outcome: Outcome, text: impl Into<String>) -> DoctorCheck {
    DoctorCheck {
        name: name.to_owned(),
        outcome,
        text: text.into(),
        advice: None,
        each: Vec::new(),
    }
}

fn found(name: &str, outcome: Outcome, finding: &Finding) -> DoctorCheck {
    let advice = Some(finding.advice.clone()).filter(|advice| !advice.is_empty());
    DoctorCheck { advice, ..check(name, outcome, finding.text.clone()) }
}

async fn store(context: &Context) -> DoctorCheck {
    match context.store.verify().await {
        Ok(report) if report.problems.is_empty() => check(
            "store",
            Outcome::Success,
            format!("{} values, all readable; commit {}.", report.values, report.commit),
        ),
        Ok(report) => {
            let text = report.problems.join("; ");
            let finding = crate::store::StoreError::Damaged(text).into();
            found("store", Outcome::Failure, &finding)
        }
        Err(error) => found("store", Outcome::Failure, &error.into()),
    }
}

fn space(context: &Context) -> DoctorCheck {
    let dir = context.config.data_dir();
    let Ok(space) = rustix::fs::statvfs(&dir) else {
        return check("disk space", Outcome::Success, "The system does not tell.");
    };
    let free = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
    let text = format!("{free} MiB are free under {}.", dir.display());
    if free >= LITTLE_SPACE_MIB {
        return check("disk space", Outcome::Success, text);
    }
    let advice = "Free some space: on a full disk nothing is written any more.".to_owned();
    DoctorCheck { advice: Some(advice), ..check("disk space", Outcome::Warning, text) }
}

/// Whether others on this machine can enter the data directory, or see what is in it.
fn directory(context: &Context) -> DoctorCheck {
    let dir = context.config.data_dir();
    let shown = dir.display();
    let Some(mode) = crate::files::open_to_others(&dir) else {
        return check("data directory", Outcome::Success, format!("{shown} is its owner's alone."));
    };
    let text = format!("Others on this machine can get at {shown} (mode {mode:o}).");
    let advice = Some(format!("Take it from them: `chmod 700 {shown}`."));
    DoctorCheck { advice, ..check("data directory", Outcome::Warning, text) }
}

async fn vault(context: &Context) -> Result<DoctorCheck, Refusal> {
    let view = context.with_vault(|vault| Ok(vault.view())).await?;
    if view.unlocked {
        let text = format!("Unlocked by {}.", view.unlocked_by);
        return Ok(check("vault", Outcome::Success, text));
    }
    Ok(found("vault", Outcome::Failure, &crate::vault::VaultError::Locked.into()))
}

/// A refusal that is no finding of the doctor: the operator cancelled.
fn is_cancel(refusal: &Refusal) -> bool {
    refusal.kind == RefusalKind::Cancelled
}

/// Whether both sides are of one environment, or of two that belong together.
async fn environments(context: &Context) -> Result<Option<DoctorCheck>, Refusal> {
    let name = "environments";
    if let Some(finding) = connections::environments::finding(context).await? {
        return Ok(Some(found(name, Outcome::Failure, &finding)));
    }
    let view = connections::environments::view(context).await?;
    Ok(view.map(|view| {
        let confirmed = if view.confirmed { ", as confirmed" } else { "" };
        check(name, Outcome::Success, format!("{view}{confirmed}."))
    }))
}

/// Connections that anybody on the way can read, though that was allowed.
async fn plain(context: &Context) -> Result<Vec<DoctorCheck>, Refusal> {
    let views = connections::views(context).await?;
    let plain = views.into_iter().filter(|view| view.plain_http);
    let told = plain.map(|view| {
        let text =
            "It is reached by plain http: anybody on the way can read and change what is sent.";
        let advice = Some("Give it an https:// address with `prism-connect connect`.".to_owned());
        let name = format!("encryption of {}", view.name);
        DoctorCheck { advice, ..check(&name, Outcome::Warning, text) }
    });
    Ok(told.collect())
}

async fn tested(context: &Arc<Context>, caller: &Caller) -> Result<Vec<DoctorCheck>, Refusal> {
    let mut checks = Vec::new();
    for name in context.sides.both() {
        let title = format!("connection {name}");
        match connections::test(context, caller, Some(name), None).await {
            Ok(views) => {
                for view in views {
                    let note = view.probe.as_ref().and_then(|probe| probe.note.clone());
                    checks.push(match &view.finding {
                        None => DoctorCheck {
                            advice: note,
                            ..check(&title, Outcome::Success, view.text.clone())
                        },
                        Some(finding) => found(&title, Outcome::Failure, finding),
                    });
                    let rights = view.probe.into_iter().flat_map(|probe| probe.rights);
                    checks.extend(rights.map(|right| right_check(&right)));
                }
            }
            Err(refusal) if is_cancel(&refusal) => return Err(refusal),
            Err(refusal) => checks.push(found(&title, Outcome::Failure, &refusal.finding)),
        }
    }
    Ok(checks)
}

fn right_check(right: &crate::psa::Right) -> DoctorCheck {
    let name = format!("right {}", right.name);
    match right.granted {
        Some(true) => check(&name, Outcome::Success, "Granted."),
        Some(false) => {
            let finding = Finding::new(Code::MissingRight, "Missing.", right.advice.clone());
            found(&name, Outcome::Failure, &finding)
        }
        None => {
            let finding =
                Finding::new(Code::UnknownRight, "Could not be told.", right.advice.clone());
            found(&name, Outcome::Warning, &finding)
        }
    }
}

/// The target may have agreements of its own.
const AGREEMENT: &str = "PRISM agreement";

async fn agreement(context: &Context) -> DoctorCheck {
    match connections::chosen_called(context).await {
        Ok(called) if called.is_empty() => {
            check(AGREEMENT, Outcome::Warning, "None was read yet; the only one there is counts.")
        }
        Ok(called) => {
            check(AGREEMENT, Outcome::Success, format!("{} is synced.", called.join(", ")))
        }
        Err(refusal) => found(AGREEMENT, Outcome::Failure, &refusal.finding),
    }
}

/// What only the target can tell: what new services are made with, and every mapped contract.
async fn target(context: &Arc<Context>, caller: &Caller) -> Result<Vec<DoctorCheck>, Refusal> {
    let book = context.load_book().await?;
    let mut checks = vec![program(context).await?, mapped(&book)];
    if !reachable(context).await? {
        return Ok(checks);
    }
    let client = match context.target(caller).await {
        Ok((_, client)) => client,
        Err(refusal) => {
            checks.push(found("target", Outcome::Failure, &refusal.finding));
            return Ok(checks);
        }
    };
    checks.extend(chosen(context, &*client).await?);
    checks.extend(contracts(context, &*client, &book).await?);
    checks.extend(troubled(context, &*client, &book).await?);
    checks.extend(linked(context, &*client).await?);
    checks.extend(standing(context, &*client, &book).await?);
    let odd = client.odd().into_iter();
    checks.extend(odd.map(|row| found(&row.entity, Outcome::Warning, &row.finding)));
    Ok(checks)
}

async fn reachable(context: &Context) -> Result<bool, Refusal> {
    let record = context.connection(&context.sides.target).await?;
    Ok(record.is_some_and(|record| match record.state {
        ConnectionState::Failing { finding } => finding.code == Code::MissingRight,
        _ => true,
    }))
}

async fn program(context: &Context) -> Result<DoctorCheck, Refusal> {
    if context.options().await?.sync {
        return Ok(check("program", Outcome::Success, "Sync is on."));
    }
    let advice = Some("Switch it on with `prism-connect program set --sync on`.".to_owned());
    let text = "Sync is switched off for the whole program.";
    Ok(DoctorCheck { advice, ..check("program", Outcome::Failure, text) })
}

fn mapped(book: &Book) -> DoctorCheck {
    let listed = book.known.values().filter(|known| known.listed);
    let unmapped = listed.filter(|known| !book.mappings.contains_key(&known.id)).count();
    let on = book.mappings.values().filter(|mapping| mapping.sync).count();
    let text = format!("{on} customers are synced, {unmapped} are not linked to a contract.");
    let outcome = if on == 0 || unmapped > 0 { Outcome::Warning } else { Outcome::Success };
    let advice = (outcome == Outcome::Warning)
        .then(|| "`prism-connect customers suggest` proposes contracts.".to_owned());
    DoctorCheck { advice, ..check("customers", outcome, text) }
}

/// What new services are made with: whether it was chosen, and the target offers it still.
async fn chosen(context: &Context, client: &dyn Psa) -> Result<Vec<DoctorCheck>, Refusal> {
    let options = context.options().await?;
    let mut checks = Vec::new();
    for choice in offered(context) {
        let name = choice.what.noun();
        let Some(picked) = options.chosen.of(choice.what) else {
            if choice.required {
                checks.push(found(name, Outcome::Failure, &choice.missing()));
            }
            continue;
        };
        checks.push(match client.choices(choice.what).await {
            Ok(all) if all.iter().any(|one| one.id == picked.id) => {
                check(name, Outcome::Success, format!("“{}” is active.", picked.name))
            }
            Ok(_) => found(name, Outcome::Failure, &choice.gone(picked)),
            Err(crate::domain::ReadError::Cancelled) => {
                return Err(crate::domain::ReadError::Cancelled.into());
            }
            Err(error) => found(name, Outcome::Failure, &error.finding()),
        });
    }
    Ok(checks)
}

async fn contracts(
    context: &Context,
    client: &dyn Psa,
    book: &Book,
) -> Result<Vec<DoctorCheck>, Refusal> {
    let ids = synced(book);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ContractId> = ids.into_iter().collect();
    let read = match client.contracts_by_id(&ids).await {
        Ok(read) => read,
        Err(crate::domain::ReadError::Cancelled) => {
            return Err(crate::domain::ReadError::Cancelled.into());
        }
        Err(error) => return Ok(vec![found("contracts", Outcome::Failure, &error.finding())]),
    };
    choices::keep(context, &read).await?;
    let read: BTreeMap<ContractId, Contract> =
        read.into_iter().map(|contract| (contract.id, contract)).collect();
    let odd = client.odd();
    let unread = |id: &ContractId| odd.iter().find(|row| row.is(Thing::Contract, id.0));
    let mut checks = Vec::new();
    let mut troubles: BTreeMap<Trouble, Vec<Troubled>> = BTreeMap::new();
    for id in &ids {
        let read = read.get(id);
        if let (None, Some(row)) = (read, unread(id)) {
            // It is there all the same, and the next sync fails over it.
            checks.push(found("contract", Outcome::Failure, &row.finding));
            continue;
        }
        for (trouble, reason) in trouble(context, read) {
            let concerned = Troubled::new(book, *id, read, reason);
            troubles.entry(trouble).or_default().push(concerned);
        }
    }
    checks.extend(troubles.iter().map(|(trouble, all)| trouble.told(all)));
    if checks.is_empty() {
        let text = format!("All {} linked contracts can carry services.", ids.len());
        checks.push(check("contracts", Outcome::Success, text));
    }
    Ok(checks)
}

/// Contracts on which customers are synced.
fn synced(book: &Book) -> BTreeSet<ContractId> {
    let on = book.mappings.values().filter(|mapping| mapping.sync);
    on.map(|mapping| mapping.contract).collect()
}

/// Companies of synced customers that somebody set inactive or deleted: their contracts are billed all the same.
async fn troubled(
    context: &Context,
    client: &dyn Psa,
    book: &Book,
) -> Result<Vec<DoctorCheck>, Refusal> {
    let read = match client.companies().await {
        Ok(read) => read,
        Err(crate::domain::ReadError::Cancelled) => {
            return Err(crate::domain::ReadError::Cancelled.into());
        }
        Err(error) => return Ok(vec![found("companies", Outcome::Failure, &error.finding())]),
    };
    companies::remember(context, client, &read).await?;
    let trouble = companies::trouble_among(client, &read, book.mappings.values());
    let on = book.mappings.values().filter(|mapping| mapping.sync);
    let told = on.filter_map(|mapping| Some((mapping, *trouble.get(&mapping.company)?)));
    let told = told.map(|(mapping, trouble)| companies::troubled(mapping, trouble));
    Ok(told.map(|finding| found("company", Outcome::Warning, &finding)).collect())
}

/// Services that products are linked to, and that are gone or cannot be put on a contract: inactive ones, and bundles.
async fn linked(context: &Context, client: &dyn Psa) -> Result<Vec<DoctorCheck>, Refusal> {
    let links = context.store.scan(LINKS, of_connection(&context.sides.target)).await?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let services: BTreeMap<ServiceId, Service> = match client.services().await {
        Ok(read) => read.into_iter().map(|service| (service.id, service)).collect(),
        Err(crate::domain::ReadError::Cancelled) => {
            return Err(crate::domain::ReadError::Cancelled.into());
        }
        Err(error) => return Ok(vec![found("services", Outcome::Failure, &error.finding())]),
    };
    let unusable = links.into_iter().filter_map(|(_, link)| {
        let service = services.get(&link.service).filter(|service| !service.active)?;
        Some(format!("{} ({})", service.name, link.key))
    });
    let names: Vec<String> = unusable.collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![found("services", Outcome::Warning, &not_for_contracts(&names))])
}

/// What stands on the synced contracts, as far as rows of it cannot be understood: the next sync fails there.
async fn standing(
    context: &Context,
    client: &dyn Psa,
    book: &Book,
) -> Result<Vec<DoctorCheck>, Refusal> {
    let ids: Vec<ContractId> = synced(book).into_iter().collect();
    match client.present(&ids, context.clock.today()).await {
        Ok(read) => {
            let odd = read.into_iter().filter_map(|present| present.odd);
            Ok(odd.map(|finding| found("contract", Outcome::Failure, &finding)).collect())
        }
        Err(crate::domain::ReadError::Cancelled) => Err(crate::domain::ReadError::Cancelled.into()),
        Err(error) => Ok(vec![found("contract units", Outcome::Failure, &error.finding())]),
    }
}

/// What can be wrong with a mapped contract, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Gone,
    Unfit,
    Ends,
    NotProrated,
    NoNextInvoice,
    Behind,
}

/// What is wrong with one: each with the reason, as the rest of a sentence that begins with the contract's name.
fn trouble(context: &Context, read: Option<&Contract>) -> Vec<(Trouble, String)> {
    let today = context.clock.today();
    let days = i64::try_from(context.config.contract_end_days()).unwrap_or(i64::MAX);
    let Some(read) = read else {
        return vec![(Trouble::Gone, "is gone from the PSA".to_owned())];
    };
    if let Some(reason) = read.unfit(today) {
        return vec![(Trouble::Unfit, reason.to_string())];
    }
    let end = read.end.filter(|end| *end < today.plus(days));
    let ends = end.map(|end| (Trouble::Ends, format!("ends on {end}")));
    let doubts =
        read.doubts(today).into_iter().map(|doubt| (Trouble::of(doubt), doubt.to_string()));
    ends.into_iter().chain(doubts).collect()
}

impl Trouble {
    fn of(doubt: Doubt) -> Self {
        match doubt {
            Doubt::NotProrated => Self::NotProrated,
            Doubt::NoNextInvoice => Self::NoNextInvoice,
            Doubt::Behind(_) => Self::Behind,
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Gone | Self::Unfit => Outcome::Failure,
            Self::Ends | Self::NotProrated | Self::NoNextInvoice | Self::Behind => Outcome::Warning,
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Gone | Self::Unfit | Self::Ends => EXTEND,
            Self::NotProrated | Self::NoNextInvoice | Self::Behind => IN_PSA,
        }
    }

    /// What is said of several.
    fn of_several(self) -> &'static str {
        match self {
            Self::Gone => "contracts are gone from the PSA",
            Self::Unfit => "contracts cannot carry services",
            Self::Ends => "contracts end soon",
            Self::NotProrated => {
                "contracts do not prorate, so that a change inside a month bills the whole month"
            }
            Self::NoNextInvoice => {
                "contracts have no next invoice date, so that what is invoiced already cannot be told"
            }
            Self::Behind => "contracts were not invoiced for over a month",
        }
    }

    /// One line, however many have it; each of several is listed besides.
    fn told(self, all: &[Troubled]) -> DoctorCheck {
        let every: Vec<String> = all.iter().map(Troubled::told).collect();
        let text = match every.as_slice() {
            [one] => format!("{one}."),
            several => {
                let named = few(&all.iter().map(Troubled::named).collect::<Vec<_>>());
                format!("{} {}: {named}.", several.len(), self.of_several())
            }
        };
        let finding = Finding::new(Code::Unusable(Thing::Contract), text, self.advice());
        let each = if every.len() > 1 { every } else { Vec::new() };
        DoctorCheck { each, ..found("contract", self.outcome(), &finding) }
    }
}

/// A contract that has a trouble, and whose it is.
struct Troubled {
    name: String,
    tenants: String,
    reason: String,
}

impl Troubled {
    fn new(book: &Book, id: ContractId, read: Option<&Contract>, reason: String) -> Self {
        let mapped = book.mappings.values().filter(|one| one.sync && one.contract == id);
        let tenants: Vec<&str> = mapped.map(|mapping| mapping.domain.as_str()).collect();
        let name = read.map_or_else(|| id.to_string(), |contract| contract.name.clone());
        Self { name, tenants: tenants.join(", "), reason }
    }

    fn told(&self) -> String {
        format!("“{}” of {} {}", self.name, self.tenants, self.reason)
    }

    fn named(&self) -> String {
        format!("“{}” of {}", self.name, self.tenants)
    }
}

/// So many of several are named.
const NAMED: usize = 5;

/// The first few, and how many more there are.
fn few(names: &[String]) -> String {
    let rest = names.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let named = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("{named}{more}")
}

fn not_for_contracts(names: &[String]) -> Finding {
    let named = few(names);
    Finding::new(
        Code::ServiceInactive,
        format!(
            "Linked, but nothing more of it can be put on a contract, as it is inactive or a bundle: {named}."
        ),
        "Set it active in the PSA, or choose another with `prism-connect products pin SKU --service ID`.",
    )
}

const EXTEND: &str = "Extend the contract in the PSA, or link the customer to another one.";

const IN_PSA: &str = "Look at it in the PSA: what is synced may bill otherwise than the invoice.";

/// What earlier runs left behind.
async fn past(context: &Context) -> Result<Vec<DoctorCheck>, Refusal> {
    let mut checks = Vec::new();
    if let Some(run) = unfinished_run(context).await? {
        let text = format!(
            "Run {} was cut off; the next start of the console or the next sync finishes it first.",
            run.id
        );
        checks.push(check("runs", Outcome::Warning, text));
    }
    let retries = retries::views(context).await?;
    if retries.is_empty() {
        checks.push(check("retry list", Outcome::Success, "Empty."));
        return Ok(checks);
    }
    let finding = Finding::new(
        Code::Retries,
        format!("{} entries are tried again with the next sync.", retries.len()),
        "`prism-connect retries list` says why they failed.",
    );
    checks.push(found("retry list", Outcome::Warning, &finding));
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(number: usize) -> Troubled {
        Troubled {
            name: format!("Cloud {number}"),
            tenants: format!("t{number}.example"),
            reason: "was invoiced up to 2026-07-31 only: its invoices are behind".to_owned(),
        }
    }

    /// One cause is one line, however many contracts have it; each is there for who wants to see it.
    #[test]
    fn what_many_contracts_have_is_told_once() {
        let one = Trouble::Behind.told(&[behind(1)]);
        assert_eq!(
            one.text,
            "“Cloud 1” of t1.example was invoiced up to 2026-07-31 only: its invoices are behind."
        );
        assert_eq!(one.each, [""; 0]);
        let many = Trouble::Behind.told(&(0..77).map(behind).collect::<Vec<_>>());
        assert_eq!(
            many.text,
            "77 contracts were not invoiced for over a month: “Cloud 0” of t0.example, \
             “Cloud 1” of t1.example, “Cloud 2” of t2.example, “Cloud 3” of t3.example, “Cloud 4” of t4.example \
             and 72 more."
        );
        assert_eq!((many.each.len(), many.outcome), (77, Outcome::Warning));
    }
}
