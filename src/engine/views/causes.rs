//! What went wrong in a run, waits on the retry list or is blocked in a plan, by what it comes from.
//!
//! It must not read anything.

use std::collections::HashMap;

use crate::{
    domain::{
        Code, Currency, Money, RunId, ServiceId, SubscriptionId,
        cause::{Cause, Trouble, Whom, by_cause, cause_of, told_alone},
        outcome::{Finding, Outcome},
        run::{CustomerRow, RunReport, SubscriptionRow},
    },
    engine::views::{
        AmountView, CauseMember, CauseView, Mend, Place, RefusedView, RetryView,
        status::tenants_of_all,
    },
};

/// One thing that went wrong, with what it is about.
struct Befallen<'a> {
    /// What identifies its row where it is listed.
    id: String,
    outcome: Outcome,
    finding: &'a Finding,
    /// What the finding is about, as a choice of its service names it.
    product: &'a str,
    /// The same for people.
    name: &'a str,
    customer: Option<&'a str>,
    /// Its tenants, as a request names them.
    tenants: Vec<&'a str>,
    domain: Option<&'a str>,
    invoice: Option<&'a str>,
    subscription: Option<&'a SubscriptionId>,
    amount: Option<Money>,
    currency: Option<&'a Currency>,
    place: Place,
}

impl Befallen<'_> {
    fn tenant(&self) -> Option<String> {
        self.tenants.first().map(|tenant| (*tenant).to_owned())
    }

    fn trouble(&self) -> Trouble {
        Trouble {
            outcome: self.outcome,
            cause: cause_of(self.finding, self.name),
            customer: self
                .customer
                .map(|name| Whom { name: name.to_owned(), tenant: self.tenant() }),
            amount: self.amount,
            currency: self.currency.cloned(),
        }
    }

    fn member(&self) -> CauseMember {
        CauseMember {
            id: self.id.clone(),
            text: self.finding.text.clone(),
            customer: self.customer.map(str::to_owned),
            tenant: self.tenant(),
            domain: self.domain.map(str::to_owned),
            invoice: self.invoice.map(str::to_owned),
            service: Some(self.name).filter(|name| !name.is_empty()).map(str::to_owned),
            subscription: self.subscription.cloned(),
            amount: self.amount,
            currency: self.currency.cloned(),
            place: self.place.clone(),
        }
    }
}

fn grouped(all: Vec<Befallen<'_>>) -> Vec<CauseView> {
    let causes = by_cause(all, Befallen::trouble).into_iter();
    let view = |cause: Cause<Befallen<'_>>| {
        let first = cause.members.first()?;
        let (product, name) = (first.product.to_owned(), first.name.to_owned());
        Some(CauseView {
            id: cause.text.clone(),
            outcome: cause.outcome,
            told: told_by_all(&cause.members).filter(|told| *told != cause.text),
            advice: advice_of_all(cause.members.iter().map(|one| one.finding.advice.as_str())),
            mend: match mend_of(first.finding, product, name) {
                // What only warns was sent: nothing of it is tried again.
                Mend::Retry if cause.outcome < Outcome::Failure => Mend::Look,
                mend => mend,
            },
            customers: cause.customers.len() as u64,
            count: cause.members.len() as u64,
            tenants: tenants_of_all(cause.members.iter().map(|one| one.tenants.clone())),
            members: cause.members.iter().map(Befallen::member).collect(),
            amounts: AmountView::list(cause.amounts),
            text: cause.text,
        })
    };
    causes.filter_map(view).collect()
}

/// What all of these say, if they say the same.
fn told_by_all(members: &[Befallen<'_>]) -> Option<String> {
    let told = |one: &Befallen<'_>| told_alone(one.finding, one.name);
    let (first, others) = members.split_first()?;
    let first = told(first);
    others.iter().all(|one| told(one) == first).then_some(first)
}

/// What each of several wants done, where that differs.
const EACH_SAYS: &str = "What to do differs: each of them says it.";

/// What is to be done about all that comes from one thing.
fn advice_of_all<'a>(mut each: impl Iterator<Item = &'a str>) -> String {
    let first = each.next().unwrap_or_default();
    if each.all(|one| one == first) { first } else { EACH_SAYS }.to_owned()
}

/// What mends what a finding tells of a product.
pub(crate) fn mend_of(finding: &Finding, product: String, name: String) -> Mend {
    match finding.code {
        Code::BillingCodeInactive
        | Code::NoBillingCode
        | Code::ChoiceInactive
        | Code::NotChosen => Mend::Options,
        Code::SourceProduct | Code::ProductNotSynced | Code::NameGiven => {
            Mend::ChooseService { product, name }
        }
        ref code if code.is_of_taken_name() => Mend::TakeOver { product, name },
        // It takes nothing however often it is tried; another one does.
        Code::CompanyGone | Code::CompanyInactive | Code::ContractInactive | Code::ContractKind => {
            Mend::Link
        }
        // Only the distributor mends its invoice or price list: trying again finds the same lines.
        Code::AbsurdAmount
        | Code::FractionalQuantity
        | Code::LineDisagrees
        | Code::MissingSubscription
        | Code::OddLine
        | Code::OddProduct
        | Code::OddTenant
        | Code::OutsideMonth
        // What is invoiced stays as it is billed.
        | Code::PostedPeriod
        // What failed beside it has a cause, and its mend, of its own.
        | Code::SiblingFailed
        | Code::TwoReadings
        // It is not listed any more, or a fault of this program: nobody's key mends that.
        | Code::Unlisted
        | Code::Unbalanced
        | Code::Fault => Mend::Look,
        _ => Mend::Retry,
    }
}

/// What a row of a run is known by while it is on and afterwards: tenant and invoice, or the product.
pub(crate) fn row_key(of: &str, invoice: &str) -> String {
    format!("{of}\u{1f}{invoice}")
}

/// One thing that is said of a customer of a run.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) outcome: Outcome,
    /// The subscription that it is said of; none where it is of the customer as a whole.
    bought: Option<&'a SubscriptionRow>,
    /// The one that it is about: where one failed only because another did, that other one.
    about: Option<&'a SubscriptionRow>,
}

impl<'a> Said<'a> {
    /// What it is about, for people.
    pub(crate) fn name(&self) -> &str {
        self.about.map_or("", |one| one.name.as_str())
    }

    /// The subscription that it is said of; none where it is of the customer as a whole.
    pub(crate) fn subscription(&self) -> Option<&'a SubscriptionRow> {
        self.bought
    }

    /// What the invoice bills for what it is said of.
    pub(crate) fn billed(&self, row: &CustomerRow) -> Money {
        self.bought(row).iter().map(SubscriptionRow::billed).sum()
    }

    /// The same where the other one, for which it failed, is another customer's who shares the contract: the retry list has
    /// both under one cause too.
    fn of_shared(
        self,
        row: &'a CustomerRow,
        failed: &HashMap<Together<'a>, (&'a SubscriptionRow, &'a Finding)>,
    ) -> Self {
        let waits = self.finding.code == Code::SiblingFailed;
        let of = self.bought.filter(|_| waits).and_then(|bought| together(row, bought));
        match of.and_then(|of| failed.get(&of)) {
            Some((about, finding)) => Self { about: Some(about), finding, ..self },
            None => self,
        }
    }

    /// What it is said of: that subscription, or all that the customer has bought.
    pub(crate) fn bought<'r>(&'r self, row: &'r CustomerRow) -> &'r [SubscriptionRow] {
        self.bought.map_or(&row.subscriptions, std::slice::from_ref)
    }
}

/// All that is said of a customer of a run: by this the run's page and the dashboard tell it. What is said of the customer as a
/// whole is not said again of what was bought.
pub(crate) fn said_of(row: &CustomerRow) -> impl Iterator<Item = Said<'_>> {
    let error = row.error.iter().map(|finding| (finding, row.status));
    let warnings = row.warnings.iter().map(|finding| (finding, Outcome::Warning));
    let own = error.chain(warnings).map(|(finding, outcome)| Said {
        finding,
        outcome,
        bought: None,
        about: None,
    });
    let bought = row.subscriptions.iter().flat_map(move |bought| {
        let error = bought.error.iter().map(|finding| (finding, bought.status));
        let warnings = bought.warnings.iter().map(|finding| (finding, Outcome::Warning));
        let new = |finding: &Finding| row.of_the_whole().all(|known| known != finding);
        error.chain(warnings).filter(move |(finding, _)| new(finding)).map(
            move |(finding, outcome)| {
                let first = failed_first(row, bought, finding);
                let (about, finding) = first.unwrap_or((bought, finding));
                Said { finding, outcome, bought: Some(bought), about: Some(about) }
            },
        )
    });
    own.chain(bought)
}

/// The causes of a run. Members are named by the keys of their rows: what befell a customer with one invoice says nothing of
/// another.
pub(crate) fn of_run(report: &RunReport) -> Vec<CauseView> {
    let run = report.header.id;
    let shared = failed_by_itself(&report.customers);
    let of_customers = report.customers.iter().flat_map(|row| {
        said_of(row).map(|said| of_customer(run, row, said.of_shared(row, &shared)))
    });
    let of_products = report.products.iter().filter_map(|row| {
        Some(Befallen {
            id: row_key(&row.product, ""),
            outcome: row.status,
            finding: row.error.as_ref()?,
            product: &row.product,
            name: &row.name,
            customer: None,
            tenants: Vec::new(),
            domain: None,
            invoice: None,
            subscription: None,
            amount: None,
            currency: None,
            place: Place::Run { run, tenant: None },
        })
    });
    grouped(of_customers.chain(of_products).filter(|one| one.outcome.wants_a_look()).collect())
}

/// What is billed together: a service on a contract with an invoice, by the names that rows have of them.
type Together<'a> = (&'a str, &'a str, &'a str, ServiceId);

fn together<'a>(row: &'a CustomerRow, bought: &SubscriptionRow) -> Option<Together<'a>> {
    Some((&row.target_company, &row.target_contract, &row.invoice, bought.service_id?))
}

/// What failed for a reason of its own, of each service the first.
fn failed_by_itself(rows: &[CustomerRow]) -> HashMap<Together<'_>, (&SubscriptionRow, &Finding)> {
    let mut failed = HashMap::new();
    for row in rows {
        for bought in &row.subscriptions {
            let own = bought.error.as_ref().filter(|error| error.code != Code::SiblingFailed);
            if let Some((of, own)) = together(row, bought).zip(own) {
                failed.entry(of).or_insert((bought, own));
            }
        }
    }
    failed
}

/// Of what failed only because another subscription of its service did: that one, and why.
fn failed_first<'a>(
    row: &'a CustomerRow,
    bought: &SubscriptionRow,
    finding: &Finding,
) -> Option<(&'a SubscriptionRow, &'a Finding)> {
    if finding.code != Code::SiblingFailed {
        return None;
    }
    let of_service = row.subscriptions.iter().filter(|one| one.service_id == bought.service_id);
    let mut failed = of_service.filter_map(|one| Some((one, one.error.as_ref()?)));
    // They stand in the order in which they were planned: of several that failed by themselves the first is meant.
    failed.find(|(_, own)| own.code != Code::SiblingFailed)
}

fn of_customer<'a>(run: RunId, row: &'a CustomerRow, said: Said<'a>) -> Befallen<'a> {
    let name = said.about.map_or("", |one| one.name.as_str());
    Befallen {
        id: row_key(row.tenant_id.as_str(), &row.invoice),
        outcome: said.outcome,
        finding: said.finding,
        product: said.about.and_then(|one| one.product.as_deref()).unwrap_or(name),
        name,
        customer: Some(&row.customer),
        tenants: vec![row.tenant_id.as_str()],
        domain: Some(row.tenant.as_str()),
        invoice: Some(row.invoice.as_str()),
        subscription: said.bought.and_then(|bought| bought.subscription_id.as_ref()),
        amount: Some(said.billed(row)),
        currency: row.currency.as_ref(),
        place: Place::Run { run, tenant: Some(row.tenant_id.clone()) },
    }
}

/// The causes of the retry list. Members are named as its entries are.
pub(crate) fn of_retries(retries: &[RetryView]) -> Vec<CauseView> {
    let mut causes = grouped(retries.iter().map(waiting).collect());
    let whole = |cause: &CauseView| {
        cause.members.iter().any(|one| matches!(one.place, Place::Invoice { .. }))
    };
    for cause in causes.iter_mut().filter(|cause| whole(cause)) {
        cause.mend = Mend::Look;
    }
    causes
}

fn waiting(one: &RetryView) -> Befallen<'_> {
    let RetryView { id, finding, service, customer, amount, currency, run, invoice, .. } = one;
    let place = if service.is_empty() {
        Place::Invoice { invoice: invoice.clone() }
    } else {
        Place::Run { run: *run, tenant: None }
    };
    Befallen {
        id: id.clone(),
        outcome: Outcome::Failure,
        finding,
        product: service,
        name: service,
        customer: Some(customer.as_str()).filter(|customer| !customer.is_empty()),
        tenants: one.tenants().collect(),
        domain: one.first_tenant(),
        invoice: Some(invoice.as_str()),
        subscription: one.subscriptions.first(),
        amount: Some(*amount),
        currency: currency.as_ref(),
        place,
    }
}

/// The causes of what is blocked in a plan. Members are named by the tenants of their contracts.
pub(crate) fn of_blocked(blocked: &[RefusedView]) -> Vec<CauseView> {
    grouped(blocked.iter().map(refused).collect())
}

fn refused(one: &RefusedView) -> Befallen<'_> {
    let RefusedView { target, product, customer, tenants, invoice, finding, .. } = one;
    Befallen {
        id: tenants_told(tenants),
        outcome: Outcome::Failure,
        finding,
        product: product.as_deref().unwrap_or(target),
        name: target,
        customer: customer.as_deref(),
        tenants: tenants.iter().map(String::as_str).collect(),
        domain: tenants.first().map(String::as_str),
        invoice: invoice.as_deref(),
        subscription: None,
        amount: None,
        currency: None,
        place: Place::Plan,
    }
}

/// What names a contract of a plan: its tenants.
pub(crate) fn tenants_told(tenants: &[String]) -> String {
    tenants.join("\u{1f}")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::UsageMonth;

    fn retry(customer: &str, service: &str, code: Code, text: &str) -> RetryView {
        RetryView {
            id: format!("{customer}-{service}"),
            customer: customer.to_owned(),
            tenant: String::new(),
            contract: String::new(),
            service: service.to_owned(),
            sku: None,
            subscriptions: Vec::new(),
            invoice: "INV1".to_owned(),
            month: "2026-09".parse::<UsageMonth>().expect("a month"),
            amount: "1.00".parse().expect("an amount"),
            currency: None,
            finding: Finding::new(code, text, "Do it."),
            run: RunId(1),
        }
    }

    #[test]
    fn one_cause_of_many_customers_is_told_once_with_what_mends_it() {
        let not_listed = |customer| retry(customer, "Visio", Code::SourceProduct, "no product");
        let all =
            [not_listed("a"), not_listed("b"), retry("a", "E5", Code::Other("x".into()), "x")];
        let causes = of_retries(&all);
        let told: Vec<_> = causes.iter().map(|one| (one.text.as_str(), one.customers)).collect();
        assert_eq!(told, [("“Visio” is not on the price list", 2), ("x", 1)]);
        assert!(matches!(causes[0].mend, Mend::ChooseService { .. }), "{:?}", causes[0].mend);
        assert_eq!(causes[1].mend, Mend::Retry);
    }

    #[test]
    fn what_only_one_customer_has_is_told_with_its_cause() {
        let of = |customer, line: u32| {
            let text = format!("Invoice line {line} has 19.5 seats");
            retry(customer, "E5", Code::FractionalQuantity, &text)
        };
        let alone = of_retries(&[of("a", 7)]);
        assert_eq!(alone[0].told.as_deref(), Some("Invoice line 7 has 19.5 seats"));
        let both = of_retries(&[of("a", 7), of("b", 8)]);
        assert_eq!((both.len(), both[0].count, both[0].customers), (1, 2, 2));
        assert_eq!((&both[0].text, &both[0].told), (&alone[0].text, &None));
    }

    #[rstest]
    #[case(Code::FractionalQuantity)]
    #[case(Code::SiblingFailed)]
    fn what_trying_again_cannot_mend_is_not_offered_to_be_tried_again(#[case] code: Code) {
        let causes = of_retries(&[retry("a", "E5", code, "19.5 seats")]);
        assert_eq!(causes[0].mend, Mend::Look);
    }

    #[rstest]
    #[case(Code::ContractInactive)]
    #[case(Code::ContractKind)]
    fn a_contract_that_takes_nothing_is_mended_by_linking_another(#[case] code: Code) {
        let causes = of_retries(&[retry("a", "E5", code, "ended on 2026-08-31")]);
        assert_eq!(causes[0].mend, Mend::Link);
    }

    #[test]
    fn an_invoice_as_a_whole_leads_to_its_page() {
        let causes = of_retries(&[retry("a", "", Code::Other("x".into()), "held")]);
        assert_eq!(causes[0].mend, Mend::Look);
        assert_eq!(causes[0].members[0].place, Place::Invoice { invoice: "INV1".to_owned() });
    }
}
