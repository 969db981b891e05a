//! What went wrong, grouped by what it comes from: a cause is told once, with whom it befell and what it amounts to.
//!
//! It must not know where the troubles come from, and never adds amounts of two currencies.

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Currency, Money, outcome::Finding, outcome::Outcome};

/// Somebody whom something befell. Two of one name are two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whom {
    /// The customer's name.
    pub name: String,
    /// A tenant of theirs, where it is known.
    pub tenant: Option<String>,
}

/// One thing that went wrong, as far as grouping looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How bad it is.
    pub outcome: Outcome,
    /// What it comes from, without whom it befell.
    pub cause: String,
    /// Whom it befell, if it is somebody's.
    pub customer: Option<Whom>,
    /// The invoice lines concerned, if that is known.
    pub amount: Option<Money>,
    /// The currency of that amount.
    pub currency: Option<Currency>,
}

/// All that comes from one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause<T> {
    /// The worst of its members.
    pub outcome: Outcome,
    /// What it comes from.
    pub text: String,
    /// Whom it befell, each once.
    pub customers: BTreeSet<Whom>,
    /// Sums, by currency.
    pub amounts: BTreeMap<Option<Currency>, Money>,
    /// In the order in which they came.
    pub members: Vec<T>,
}

impl<T> Cause<T> {
    /// Of nobody yet.
    pub fn none(text: String) -> Self {
        Self {
            outcome: Outcome::NoChange,
            text,
            customers: BTreeSet::new(),
            amounts: BTreeMap::new(),
            members: Vec::new(),
        }
    }

    fn add(&mut self, trouble: Trouble, member: T) {
        self.outcome = self.outcome.max(trouble.outcome);
        self.customers.extend(trouble.customer);
        if let Some(amount) = trouble.amount.filter(|amount| !amount.is_zero()) {
            let sum = self.amounts.entry(trouble.currency).or_default();
            *sum = [*sum, amount].into_iter().sum();
        }
        self.members.push(member);
    }

    /// For lists: what failed before what warns, then the largest amount, then the most customers.
    fn weight(&self) -> ((bool, Outcome), Option<Money>, usize) {
        let largest = self.amounts.values().copied().max();
        (self.outcome.urgency(), largest, self.customers.len())
    }
}

/// The causes of all these, the worst first; each member is under exactly one.
pub fn by_cause<T>(
    members: impl IntoIterator<Item = T>,
    trouble: impl Fn(&T) -> Trouble,
) -> Vec<Cause<T>> {
    let mut causes: Vec<Cause<T>> = Vec::new();
    let mut places = BTreeMap::<String, usize>::new();
    for member in members {
        let trouble = trouble(&member);
        let at = *places.entry(trouble.cause.clone()).or_insert(causes.len());
        if at == causes.len() {
            causes.push(Cause::none(trouble.cause.clone()));
        }
        causes[at].add(trouble, member);
    }
    causes.sort_by(|a, b| (b.weight(), &a.text).cmp(&(a.weight(), &b.text)));
    causes
}

/// All amounts of these, by currency.
pub fn amounts_of<'a, T: 'a>(
    causes: impl IntoIterator<Item = &'a Cause<T>>,
) -> BTreeMap<Option<Currency>, Money> {
    sums(causes.into_iter().flat_map(|cause| &cause.amounts))
}

/// Amounts added up, each currency for itself.
pub fn sums<'a>(
    amounts: impl IntoIterator<Item = (&'a Option<Currency>, &'a Money)>,
) -> BTreeMap<Option<Currency>, Money> {
    let mut sums = BTreeMap::<Option<Currency>, Money>::new();
    for (currency, amount) in amounts {
        let sum = sums.entry(currency.clone()).or_default();
        *sum = [*sum, *amount].into_iter().sum();
    }
    sums
}

/// What a finding on a product or service comes from: one that names lines, amounts or days that nobody else has is told by
/// its kind.
#[must_use]
pub fn cause_of(finding: &Finding, about: &str) -> String {
    kind(&finding.code).map_or_else(|| told_alone(finding, about), str::to_owned)
}

/// The same where it stands for itself. A text that names nothing is told with what it is about, so that two products without
/// a place on the price list are two causes.
pub fn told_alone(finding: &Finding, about: &str) -> String {
    if finding.code == Code::SourceProduct && !about.is_empty() {
        return format!("“{about}” is not on the price list");
    }
    finding.text.clone()
}

/// What findings have in common whose texts differ with each customer or subscription. They know no target: none of these
/// names what is called otherwise in another one.
fn kind(code: &Code) -> Option<&'static str> {
    Some(match code {
        Code::AzureProration => "Azure periods that are no calendar months",
        Code::BilledAsEdited => "Invoiced while a line of ours was edited by hand",
        Code::CompanyGone => "Company is gone",
        Code::CompanyInactive => "Company is inactive",
        Code::CostHidden => "A cost was written, and none can be read",
        Code::CostPriceChanged => "Subscription cost unit price changed",
        Code::CreditExpected => "Days that were invoiced are taken off: a credit must come",
        Code::DaysDoubled => "Two invoice lines bill the same days",
        Code::Drift => "Changed by hand, and the invoice wins",
        Code::FractionalQuantity => "Seats that are not a whole number",
        Code::LateWrite => "A change was carried out late",
        Code::LeftOut => "Credits and stray lines not synced",
        Code::LeftSeatsTaken => "Seats of customers not linked any more",
        Code::LineDisagrees => "Invoice lines that cannot be right",
        Code::LinesUsed => "Made by hand, and used",
        Code::MadeTwice => "Put on it twice: a change came late",
        Code::MissingSubscription => "Missing from this invoice: set to 0",
        Code::MonthsApplied => "Lines of months applied before",
        Code::NoCredit => "Fewer of what was invoiced: no credit comes by itself",
        Code::NotBilled => "Changed in a period that was invoiced: billed otherwise",
        Code::OddLine => "Invoice lines that cannot be read",
        Code::OddProduct => "Price list prices that cannot be read",
        Code::OutsideMonth => "Billed for days outside the usage month",
        Code::PartlyWritten => "Written in part: the run was stopped",
        Code::PartnerFailed => "Seats move to or from what failed",
        Code::Posted => "Approved and posted already: the difference is billed apart",
        Code::PostedPeriod => "In a period that was invoiced already",
        Code::PriceByHand => "A price set by hand is left",
        Code::PriceNotShown => "An accepted price does not show",
        Code::PriceWasNotShown => "An accepted price did not show before the next one",
        Code::RateLimited => "Too many requests: turned away",
        Code::RatioDiffers => "Lines whose days differ from what they bill",
        Code::RetailPriceChanged => "Subscription retail unit price changed",
        Code::SeatsTwice => "Seats stand twice: moving them failed",
        Code::SiblingFailed => "Billed together with one that failed",
        Code::TwoPrices => "More than one price at once",
        Code::TwoReadings => "Invoice lines that may be of two customers",
        Code::Unconfirmed => "It is not known whether a change stands",
        Code::UsageCredited => "Azure credit that is not synced",
        Code::WholePeriod => "Without proration a part is billed as a whole",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn money(cents: i64) -> Money {
        format!("{}.{:02}", cents / 100, cents % 100).parse().expect("an amount")
    }

    fn whom(name: &str, tenant: &str) -> Whom {
        Whom { name: name.to_owned(), tenant: Some(tenant.to_owned()) }
    }

    fn trouble(outcome: Outcome, cause: &str, customer: &str, cents: i64) -> Trouble {
        Trouble {
            outcome,
            cause: cause.to_owned(),
            customer: Some(whom(customer, customer)),
            amount: Some(money(cents)),
            currency: Some(Currency::new("AUD")),
        }
    }

    fn told(troubles: Vec<Trouble>) -> Vec<(String, usize, usize)> {
        let causes = by_cause(troubles, Clone::clone);
        let told = |cause: Cause<Trouble>| {
            let Cause { text, customers, members, .. } = cause;
            (text, customers.len(), members.len())
        };
        causes.into_iter().map(told).collect()
    }

    #[rstest]
    #[case::nothing(vec![], vec![])]
    #[case::one_cause_of_two_customers(
        vec![trouble(Outcome::Failure, "a", "one", 1), trouble(Outcome::Failure, "a", "two", 2)],
        vec![("a", 2, 2)]
    )]
    #[case::a_customer_counts_once(
        vec![trouble(Outcome::Failure, "a", "one", 1), trouble(Outcome::Failure, "a", "one", 2)],
        vec![("a", 1, 2)]
    )]
    #[case::a_failure_stands_above_a_warning_of_more(
        vec![trouble(Outcome::Warning, "w", "one", 900), trouble(Outcome::Failure, "f", "two", 1)],
        vec![("f", 1, 1), ("w", 1, 1)]
    )]
    #[case::the_larger_amount_first(
        vec![trouble(Outcome::Failure, "a", "one", 1), trouble(Outcome::Failure, "b", "two", 2)],
        vec![("b", 1, 1), ("a", 1, 1)]
    )]
    fn what_comes_from_one_thing_is_told_once(
        #[case] troubles: Vec<Trouble>,
        #[case] causes: Vec<(&str, usize, usize)>,
    ) {
        let causes: Vec<_> =
            causes.into_iter().map(|(text, a, b)| (text.to_owned(), a, b)).collect();
        assert_eq!(told(troubles), causes);
    }

    #[test]
    fn two_customers_of_one_name_are_two() {
        let of = |tenant: &str| Trouble {
            customer: Some(whom("Coastal Vets", tenant)),
            ..trouble(Outcome::Failure, "a", "", 1)
        };
        let causes = by_cause([of("one"), of("two"), of("one")], Clone::clone);
        assert_eq!(causes[0].customers.len(), 2);
    }

    #[test]
    fn amounts_of_two_currencies_stand_beside_each_other() {
        let euro = Trouble {
            currency: Some(Currency::new("EUR")),
            ..trouble(Outcome::Failure, "a", "one", 5)
        };
        let causes = by_cause([trouble(Outcome::Failure, "a", "two", 7), euro], Clone::clone);
        let amounts: Vec<Money> = causes[0].amounts.values().copied().collect();
        assert_eq!(amounts, [money(7), money(5)]);
    }

    #[test]
    fn two_products_that_are_not_on_the_price_list_are_two_causes() {
        let finding = Finding::new(Code::SourceProduct, "Could not find source product", "");
        assert_eq!(cause_of(&finding, "Visio"), "“Visio” is not on the price list");
        assert_eq!(cause_of(&finding, ""), finding.text);
    }

    #[test]
    fn what_differs_by_line_or_amount_alone_is_one_cause() {
        let of = |line: u32| {
            let text = format!("Invoice line {line} has {line}.5 seats of “Visio”");
            cause_of(&Finding::new(Code::FractionalQuantity, text, ""), "Visio")
        };
        assert_eq!(of(1), of(2));
        let sibling = |of: &str| {
            let text = format!("“{of}” of the same service failed ({of} is odd)");
            cause_of(&Finding::new(Code::SiblingFailed, text, ""), of)
        };
        assert_eq!(sibling("Visio"), sibling("Project"));
        let of_invoiced = [
            Code::BilledAsEdited,
            Code::CreditExpected,
            Code::NoCredit,
            Code::NotBilled,
            Code::Posted,
            Code::PostedPeriod,
            Code::WholePeriod,
        ];
        for code in of_invoiced {
            let of = |day: u32| {
                let text =
                    format!("This period is invoiced (from {day} Nov), and {day}.20 differs");
                cause_of(&Finding::new(code.clone(), text, ""), "Visio")
            };
            assert_eq!(of(1), of(20), "{code:?}");
        }
    }

    fn any_trouble() -> impl Strategy<Value = Trouble> {
        let outcome = prop_oneof![Just(Outcome::Warning), Just(Outcome::Failure)];
        let currency = prop::option::of(prop_oneof![Just("AUD"), Just("EUR")]);
        (outcome, "[a-c]", prop::option::of("[a-e]"), prop::option::of(0..100_000_i64), currency)
            .prop_map(|(outcome, cause, customer, cents, currency)| Trouble {
                outcome,
                cause,
                customer: customer.map(|name| whom(&name, &name)),
                amount: cents.map(money),
                currency: currency.map(Currency::new),
            })
    }

    proptest! {
        #[test]
        fn grouping_loses_no_member_and_no_cent(
            troubles in prop::collection::vec(any_trouble(), 0..40),
        ) {
            let ungrouped = troubles.iter().filter_map(|one| {
                one.amount.as_ref().filter(|amount| !amount.is_zero()).map(|amount| (&one.currency, amount))
            });
            let ungrouped = sums(ungrouped);
            let causes = by_cause(troubles.clone(), Clone::clone);
            prop_assert_eq!(amounts_of(&causes), ungrouped);
            let members: usize = causes.iter().map(|cause| cause.members.len()).sum();
            prop_assert_eq!(members, troubles.len());
            for cause in &causes {
                prop_assert!(cause.members.iter().all(|one| one.cause == cause.text));
                prop_assert!(cause.members.iter().all(|one| one.outcome <= cause.outcome));
            }
            let urgent: Vec<_> = causes.iter().map(|cause| cause.outcome.urgency()).collect();
            prop_assert!(urgent.is_sorted_by(|a, b| a >= b));
        }
    }
}
