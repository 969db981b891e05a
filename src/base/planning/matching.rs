//! Which company a tenant is, with a score and reasons in words. A suggestion, never a decision.
//!
//! It must not map anything, and must not compare everybody with everybody: candidates come from indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::{CompanyId, CustomerId, TenantId, target::Company};

mod contracts;
mod likeness;
mod names;
mod trigrams;

pub use contracts::{ContractMatch, ContractRequest};
pub use likeness::{ServiceNames, doubt, service_doubt};

use names::{Name, domain_stem};
use trigrams::Trigrams;

/// A tenant to be matched.
#[derive(Clone, Copy, Debug)]
pub struct Unmapped<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// Its domain.
    pub domain: &'a str,
    /// Whose it is.
    pub customer: &'a CustomerId,
    /// What PRISM calls that customer.
    pub customer_name: &'a str,
}

/// That a tenant of this customer is mapped, or was mapped once, to this company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastLink {
    /// Of PRISM.
    pub customer: CustomerId,
    /// Of the PSA.
    pub company: CompanyId,
}

/// A suggested company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The tenant that was to be matched.
    pub tenant: TenantId,
    /// The company that it seems to be.
    pub company: CompanyId,
    /// 0 to 100; from 85 on the name or the domain agrees and nothing speaks against it.
    pub score: u8,
    /// Why, in words, the strongest first.
    pub reasons: Vec<String>,
    /// Why it cannot simply be accepted, if so.
    pub caveat: Option<String>,
}

/// At most this where another company fits as well.
const AMBIGUOUS: u8 = 55;
/// At most this where the company is not active.
const INACTIVE: u8 = 40;
/// So much more for each further kind of evidence.
const FURTHER: u8 = 4;

/// The best company for each tenant for which there is one, in the order given.
pub fn suggest(tenants: &[Unmapped<'_>], companies: &[Company], past: &[PastLink]) -> Vec<Match> {
    let index = Index::new(companies, past);
    tenants.iter().filter_map(|tenant| index.best(tenant)).collect()
}

/// Every company that anything speaks for, the likeliest first.
pub fn ranked(tenant: &Unmapped<'_>, companies: &[Company], past: &[PastLink]) -> Vec<Match> {
    Index::new(companies, past).ranked(tenant)
}

/// Names that look most like what was typed, for a look-up that failed.
pub fn closest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
    at_most: usize,
) -> Vec<&'a str> {
    let wanted = names::folded(typed);
    let scored = names.into_iter().map(|name| {
        let folded = names::folded(name);
        let inside = !wanted.is_empty() && folded.contains(&wanted);
        let alike = strsim::jaro_winkler(&wanted, &folded);
        (if inside { alike + 1.0 } else { alike }, name)
    });
    let mut scored: Vec<_> = scored.filter(|(alike, _)| *alike >= 0.7).collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    scored.dedup_by(|one, other| one.1 == other.1);
    scored.into_iter().take(at_most).map(|(_, name)| name).collect()
}

/// What speaks for a company, and how much.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    score: u8,
    reason: String,
}

/// A company with all that speaks for it.
struct ScoredCompany {
    /// Its place in the list.
    at: usize,
    score: u8,
    evidence: Vec<Likeness>,
}

struct Index<'a> {
    companies: &'a [Company],
    names: Vec<Name>,
    by_core: HashMap<String, Vec<usize>>,
    by_whole: HashMap<String, Vec<usize>>,
    by_web: HashMap<String, Vec<usize>>,
    trigrams: Trigrams,
    past: HashMap<&'a CustomerId, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn new(companies: &'a [Company], past: &'a [PastLink]) -> Self {
        let names: Vec<Name> = companies.iter().map(|company| Name::new(&company.name)).collect();
        let mut index = Self {
            companies,
            trigrams: Trigrams::new(names.iter().map(Name::core)),
            by_core: HashMap::new(),
            by_whole: HashMap::new(),
            by_web: HashMap::new(),
            past: HashMap::new(),
            names,
        };
        let at: HashMap<CompanyId, usize> =
            companies.iter().enumerate().map(|(at, company)| (company.id, at)).collect();
        for link in past {
            if let Some(&at) = at.get(&link.company) {
                index.past.entry(&link.customer).or_default().push(at);
            }
        }
        for (at, (name, company)) in index.names.iter().zip(companies).enumerate() {
            index.by_core.entry(name.core().to_owned()).or_default().push(at);
            index.by_whole.entry(name.whole().to_owned()).or_default().push(at);
            let stem = company.web.as_deref().and_then(domain_stem);
            if let Some(stem) = stem {
                index.by_web.entry(stem).or_default().push(at);
            }
        }
        index
    }

    fn best(&self, tenant: &Unmapped<'_>) -> Option<Match> {
        self.ranked(tenant).into_iter().next()
    }

    /// The likeliest first. Where two are as likely, that is said of the first: it alone is ever suggested.
    fn ranked(&self, tenant: &Unmapped<'_>) -> Vec<Match> {
        let found = self.candidates(tenant).into_iter().map(|(at, mut evidence)| {
            evidence.sort_by(|one, other| other.cmp(one));
            let further = u8::try_from(evidence.len().saturating_sub(1)).unwrap_or(0);
            let base = evidence.first().map_or(0, |best| best.score);
            let score = base.saturating_add(further.saturating_mul(FURTHER)).min(100);
            ScoredCompany { at, score, evidence }
        });
        let mut ranked: Vec<_> = found.collect();
        let order = |at: usize| (!self.companies[at].active, self.companies[at].id);
        ranked.sort_by(|one, other| {
            other.score.cmp(&one.score).then_with(|| order(one.at).cmp(&order(other.at)))
        });
        let rival = ranked.get(1).filter(|rival| self.companies[rival.at].active);
        let told = |(place, found): (usize, &ScoredCompany)| {
            let rival =
                rival.filter(|rival| place == 0 && rival.score.saturating_add(3) >= found.score);
            self.matched(tenant, found, rival)
        };
        ranked.iter().enumerate().map(told).collect()
    }

    fn matched(
        &self,
        tenant: &Unmapped<'_>,
        found: &ScoredCompany,
        rival: Option<&ScoredCompany>,
    ) -> Match {
        let company = &self.companies[found.at];
        let (score, caveat) = match rival {
            _ if !company.active => {
                (found.score.min(INACTIVE), Some("the company is not active in the PSA".to_owned()))
            }
            Some(rival) => {
                let name = &self.companies[rival.at].name;
                (found.score.min(AMBIGUOUS), Some(format!("“{name}” fits as well")))
            }
            None => (found.score, None),
        };
        Match {
            tenant: tenant.tenant.clone(),
            company: company.id,
            score,
            reasons: found.evidence.iter().map(|one| one.reason.clone()).collect(),
            caveat,
        }
    }

    /// Companies that anything speaks for, by their place in the list.
    fn candidates(&self, tenant: &Unmapped<'_>) -> BTreeMap<usize, Vec<Likeness>> {
        let name = Name::new(tenant.customer_name);
        let mut found = BTreeMap::<usize, Vec<Likeness>>::new();
        let none = Vec::new();
        let mapped = self.past.get(tenant.customer).unwrap_or(&none);
        for at in mapped.iter().collect::<BTreeSet<_>>() {
            let reason = "another tenant of this customer is linked to it".to_owned();
            found.entry(*at).or_default().push(Likeness { score: 96, reason });
        }
        let same = self.by_core.get(name.core()).filter(|_| !name.core().is_empty());
        for at in same.unwrap_or(&none) {
            found.entry(*at).or_default().push(name.same_as(&self.names[*at]));
        }
        for (at, evidence) in self.by_domain(tenant.domain) {
            found.entry(at).or_default().push(evidence);
        }
        if found.is_empty() {
            for (at, evidence) in self.near(&name) {
                found.entry(at).or_default().push(evidence);
            }
        }
        found
    }

    fn by_domain(&self, domain: &str) -> Vec<(usize, Likeness)> {
        let Some(stem) = domain_stem(domain).filter(|stem| stem.chars().count() >= 3) else {
            return Vec::new();
        };
        let none = Vec::new();
        let web = self.by_web.get(&stem).unwrap_or(&none);
        let told = |score, what: &str| Likeness {
            score,
            reason: format!("domain “{stem}” is its {what}"),
        };
        let web = web.iter().map(|at| (*at, told(88, "web address")));
        let mut named: Vec<usize> = self.by_core.get(&stem).unwrap_or(&none).clone();
        named.extend(self.by_whole.get(&stem).unwrap_or(&none));
        named.sort_unstable();
        named.dedup();
        let named = named.into_iter().map(|at| (at, told(85, "name")));
        web.chain(named).collect()
    }

    /// Where nothing agrees outright: all words of one in the other, or a slip of the pen.
    fn near(&self, name: &Name) -> Vec<(usize, Likeness)> {
        let mut near = Vec::new();
        for at in self.trigrams.like(name.core()) {
            let other = &self.names[at];
            let alike = strsim::normalized_damerau_levenshtein(name.core(), other.core());
            if let Some(score) = slip(alike) {
                let reason = format!("spelt almost like “{}”", self.companies[at].name);
                near.push((at, Likeness { score, reason }));
            } else if name.shares_words_with(other) {
                let reason = format!("all words of “{}”", name.shorter_of(other));
                near.push((at, Likeness { score: 65, reason }));
            }
        }
        near
    }
}

/// From 80 parts in a hundred alike: 50 to 84.
fn slip(alike: f64) -> Option<u8> {
    let hundredths = (0..=100u8).rev().find(|part| alike * 100.0 >= f64::from(*part))?;
    let above = hundredths.checked_sub(80)?;
    Some((50 + above.saturating_mul(2)).min(84))
}

#[cfg(test)]
mod tests;
