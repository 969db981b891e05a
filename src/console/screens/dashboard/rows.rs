//! The lines of the dashboard's list: steps of first use, causes, whom an unfolded cause befell, and what of the month is
//! not for syncing.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
};

use crate::{
    console::{
        advice::{Keys, as_shown},
        keymap::Section,
        listing::Row,
        namesakes::Namesakes,
        screens::causes::{advice, mend_told},
        theme::Theme,
        widgets::{
            table::{self, Cell, Column, Columns},
            text::{amounts, counted, separated},
        },
    },
    domain::{
        Currency, currency::told, namesakes::ShownName, outcome::Outcome, run::why_not_synced,
        text::thousands,
    },
    engine::views::{CauseMember, CauseView, Mend, MonthLeftOut, Place, SetupStep, StatusView},
};

/// A line of the list.
#[derive(Clone, Debug)]
pub(crate) enum DashboardRow {
    Step {
        at: usize,
        step: SetupStep,
    },
    Cause {
        cause: Box<CauseView>,
        unfolded: bool,
    },
    /// One whom a cause befell.
    Member {
        at: usize,
        member: CauseMember,
        cause: Box<CauseView>,
    },
    /// What of the month is not for syncing, for one reason: nothing to mend, and a part of what the month comes to.
    LeftOut {
        left_out: MonthLeftOut,
        currency: Option<Currency>,
        place: Option<Place>,
    },
}

/// Customers of one name get their domains; where a cause names one twice, each line says its invoice, where that is the
/// same too, what of it is meant, and at last which subscription.
pub(crate) fn tell_members_apart(causes: &mut [CauseView], namesakes: &Namesakes) {
    let members = causes.iter_mut().flat_map(|cause| &mut cause.members);
    let named = members.filter_map(|member| {
        let (name, domain) = (member.customer.as_mut()?, member.domain.as_deref()?);
        Some(ShownName { name, domain })
    });
    namesakes.tell_apart(named);
    for cause in causes {
        tell_lines_apart(&mut cause.members, |member| member.invoice.clone());
        tell_lines_apart(&mut cause.members, |member| member.service.clone());
        tell_lines_apart(&mut cause.members, |member| {
            // As the retry list has it.
            Some(member.subscription.as_ref()?.text().split('-').next()?.to_owned())
        });
    }
}

/// Where all amounts are in one currency the heading's sum says it, and no line does.
pub(crate) fn say_currency_once(causes: &mut [CauseView], left_out: &mut [DashboardRow]) {
    let of_causes = causes.iter().flat_map(|cause| &cause.amounts);
    let of_causes = of_causes.map(|one| one.currency.as_ref());
    let of_month = left_out.iter().filter_map(|row| match row {
        DashboardRow::LeftOut { currency, .. } => Some(currency.as_ref()),
        _ => None,
    });
    let has_sum = causes.iter().any(|cause| !cause.amounts.is_empty());
    if !has_sum || Currency::one_of(of_causes.chain(of_month)).is_none() {
        return;
    }
    for cause in causes {
        cause.amounts.iter_mut().for_each(|one| one.currency = None);
        cause.members.iter_mut().for_each(|one| one.currency = None);
    }
    for row in left_out {
        if let DashboardRow::LeftOut { currency, .. } = row {
            *currency = None;
        }
    }
}

/// Of lines that say the same each says this too, where it tells any of them from another.
fn tell_lines_apart(members: &mut [CauseMember], by: fn(&CauseMember) -> Option<String>) {
    let mut said: HashMap<String, BTreeSet<String>> = HashMap::new();
    for member in members.iter() {
        if let Some((name, told)) = member.customer.as_ref().zip(by(member)) {
            said.entry(name.clone()).or_default().insert(told);
        }
    }
    for member in members {
        let Some((name, told)) = member.customer.as_ref().zip(by(member)) else { continue };
        if said.get(name).is_some_and(|told| told.len() > 1) {
            member.customer = Some(format!("{name}, {told}"));
        }
    }
}

impl DashboardRow {
    /// Causes in their order, the members of those that are unfolded below them.
    pub(crate) fn of_causes(
        causes: &[CauseView],
        unfolded: &BTreeSet<String>,
    ) -> impl Iterator<Item = Self> {
        causes.iter().flat_map(|cause| {
            let open = cause.members.len() > 1 && unfolded.contains(&cause.text);
            let members = cause.members.iter().enumerate().filter(move |_| open);
            let members = members.map(|(at, member)| Self::Member {
                at,
                member: member.clone(),
                cause: Box::new(cause.clone()),
            });
            std::iter::once(Self::Cause { cause: Box::new(cause.clone()), unfolded: open })
                .chain(members)
        })
    }

    /// What of the newest month is not for syncing, reason by reason.
    pub(crate) fn of_month(status: &StatusView) -> impl Iterator<Item = Self> {
        let sums = status.cards.iter().filter_map(|card| card.progress.as_ref());
        let sums = sums.flat_map(|progress| &progress.month_sums);
        sums.flat_map(|sum| {
            sum.left_out.iter().map(|left_out| Self::LeftOut {
                left_out: left_out.clone(),
                currency: sum.currency.clone(),
                place: left_out.invoices.first().cloned().map(|invoice| Place::Invoice { invoice }),
            })
        })
    }

    /// Whether it wants the operator.
    pub(crate) fn is_urgent(&self) -> bool {
        !matches!(self, Self::LeftOut { .. })
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Step { step, .. } if step.done)
    }

    pub(crate) fn cause(&self) -> Option<&CauseView> {
        match self {
            Self::Step { .. } | Self::LeftOut { .. } => None,
            Self::Cause { cause, .. } | Self::Member { cause, .. } => Some(cause),
        }
    }

    /// What mends it, from where it stands.
    pub(crate) fn mend(&self) -> &Mend {
        self.cause().map_or(&Mend::Look, |cause| &cause.mend)
    }

    /// Where it leads; a cause of several unfolds instead.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::Step { step, .. } => Some(&step.place),
            Self::LeftOut { place, .. } => place.as_ref(),
            Self::Member { member, .. } => Some(&member.place),
            Self::Cause { cause, .. } => match &cause.members[..] {
                [member] => Some(&member.place),
                _ => None,
            },
        }
    }

    /// What `ack` calls it.
    pub(crate) fn entry(&self) -> Option<&str> {
        match self {
            Self::Step { .. } | Self::LeftOut { .. } => None,
            Self::Cause { cause, .. } => Some(&cause.id),
            Self::Member { member, .. } => Some(&member.id),
        }
    }

    pub(crate) fn what(&self) -> String {
        match self {
            Self::Step { at, step } => format!("{}. {}", at + 1, step.text),
            Self::Cause { cause, unfolded } => match &cause.members[..] {
                [CauseMember { customer: Some(whom), .. }] => {
                    format!("{whom}: {}", as_shown(&cause.text))
                }
                [member] => as_shown(&member.text).into_owned(),
                listed => {
                    let text = as_shown(&cause.text);
                    let (first, all) = (listed.len() as u64, cause.count);
                    if *unfolded && first < all {
                        format!("{text} (the first {first} of {})", thousands(all))
                    } else {
                        text.into_owned()
                    }
                }
            },
            Self::Member { member, .. } => {
                let whom = member.customer.clone().unwrap_or_else(|| member.text.clone());
                format!("  {whom}")
            }
            Self::LeftOut { left_out, .. } => {
                let why = why_not_synced(&left_out.reason);
                format!("Not synced: {why}, {}", counted(left_out.lines, "line", "lines"))
            }
        }
    }

    /// All there is to say of it, for its detail and for the clipboard.
    pub(crate) fn whole(&self) -> String {
        match self {
            Self::Member { member, .. } => as_shown(&member.text).into_owned(),
            Self::Cause { cause, .. } => match &cause.members[..] {
                [member] => as_shown(&member.text).into_owned(),
                _ => as_shown(&cause.text).into_owned(),
            },
            Self::Step { .. } => self.what(),
            Self::LeftOut { left_out, .. } => {
                format!("{} on {}", self.what(), left_out.invoices.join(", "))
            }
        }
    }

    pub(crate) fn advice(&self, theme: &Theme) -> String {
        let keys = theme.keys;
        let lead = |place: &Place| theme.terms.say(lead(place, keys)).into_owned();
        match self {
            Self::Step { step, .. } if step.done => String::new(),
            Self::Step { step, .. } => lead(&step.place),
            Self::LeftOut { left_out, .. } => match left_out.invoices.first() {
                Some(invoice) => {
                    format!("Enter opens {invoice}: its page names whose lines these are.")
                }
                None => String::new(),
            },
            Self::Cause { cause, .. } | Self::Member { cause, .. } => match self.place() {
                Some(place @ Place::LeftBehind { .. }) => lead(place),
                _ => advice(cause, Section::Dashboard, keys),
            },
        }
    }

    fn customers(&self) -> String {
        match self {
            Self::Cause { cause, .. } if cause.customers > 0 => cause.customers.to_string(),
            _ => String::new(),
        }
    }

    fn amount(&self) -> String {
        match self {
            Self::Step { .. } => String::new(),
            Self::Cause { cause, .. } => amounts(&cause.amounts),
            Self::Member { member, .. } => member.amount.map_or_else(String::new, |amount| {
                told(separated(amount), member.currency.as_ref())
            }),
            Self::LeftOut { left_out, currency, .. } => {
                told(separated(left_out.amount), currency.as_ref())
            }
        }
    }

    /// The keys that mend it: `P choose a service`.
    fn keys(&self, theme: &Theme) -> String {
        if let Self::LeftOut { .. } = self {
            return "Enter open".to_owned();
        }
        let Self::Cause { cause, unfolded } = self else { return String::new() };
        match (&cause.mend, cause.members.len() > 1) {
            (Mend::Look, false) => "Enter open".to_owned(),
            (Mend::Look, true) if *unfolded => "Enter fold".to_owned(),
            (Mend::Look, true) => "Enter unfold".to_owned(),
            (mend, _) => mend_told(mend, Section::Dashboard, theme),
        }
    }
}

/// What to press at a step's place.
fn lead(place: &Place, keys: Keys) -> &'static str {
    match place {
        Place::Connections => keys.hint_to_set_up(
            "Enter goes to Connections: c types credentials, n generates PRISM's, t tests.",
            "Enter goes to Connections: t tests.",
        ),
        Place::Program => {
            "Enter opens the options: what new services are made with, then the master switch."
        }
        Place::Products => keys.hint(
            "Enter shows what would be created: p plans it, A applies the plan.",
            "Enter shows what would be created: p plans it.",
        ),
        Place::Customer { .. } => keys.hint(
            "Enter goes to Customers: u suggests matches, c links by hand, s switches sync on.",
            "Enter goes to Customers: u suggests matches.",
        ),
        Place::LeftBehind { .. } => keys.hint(
            "Enter plans what takes these seats away: A there applies it after a question.",
            "Enter plans what takes these seats away.",
        ),
        Place::Plan => keys.hint(
            "Enter works the plan out: look at it, A applies it after a question.",
            "Enter works the plan out.",
        ),
        Place::Approval { .. } => "Enter opens the plan that waits.",
        Place::Run { .. } => "Enter opens the run.",
        Place::Invoice { .. } => "Enter opens the invoice.",
    }
}

impl Row for DashboardRow {
    fn key(&self) -> String {
        match self {
            Self::Step { at, .. } => format!("setup-{at}"),
            Self::Cause { cause, .. } => cause.text.clone(),
            Self::Member { at, member, cause } => {
                format!("{}\u{1f}{}\u{1f}{at}", cause.text, member.id)
            }
            Self::LeftOut { left_out, currency, .. } => {
                let currency = currency.as_ref().map_or("", Currency::as_str);
                format!("left-out\u{1f}{}\u{1f}{currency}", left_out.reason)
            }
        }
    }

    fn text(&self) -> String {
        self.whole()
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        table::told(COLUMNS, self)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.key().cmp(&other.key())
    }
}

fn state(row: &DashboardRow, theme: &Theme) -> Cell {
    match row {
        DashboardRow::Step { step, .. } if step.done => {
            Cell::styled(format!("{} done", theme.glyphs.success), theme.good())
        }
        DashboardRow::Step { .. } => {
            Cell::styled(format!("{} to do", theme.glyphs.queued), theme.accent())
        }
        DashboardRow::Cause { cause, .. } => Cell::outcome(cause.outcome, theme),
        DashboardRow::Member { cause, .. } => Cell::styled(
            format!("  {}", theme.glyphs.outcome(cause.outcome)),
            theme.outcome(cause.outcome),
        ),
        DashboardRow::LeftOut { .. } => Cell::styled(theme.glyphs.no_change, theme.muted()),
    }
}

fn is_a_failure(row: &DashboardRow) -> bool {
    row.cause().is_some_and(|cause| cause.outcome == Outcome::Failure)
}

pub(crate) const COLUMNS: &Columns<DashboardRow> = &[
    Column::new("State", 9).cell(state),
    Column::new("What", 24).grows(1).runs_on().cell(|row, theme| {
        let style = match row {
            DashboardRow::Member { .. } | DashboardRow::LeftOut { .. } => theme.muted(),
            DashboardRow::Step { step, .. } if step.done => theme.muted(),
            DashboardRow::Cause { .. } if is_a_failure(row) => theme.strong(),
            DashboardRow::Step { .. } | DashboardRow::Cause { .. } => theme.text(),
        };
        Cell::styled(row.what(), style)
    }),
    Column::new("Customers", 9).right().drops(3).text(DashboardRow::customers),
    Column::new("Amount", 12).right().drops(1).text(DashboardRow::amount),
    Column::new("Mends it", 18)
        .drops(2)
        .cell(|row, theme| Cell::styled(row.keys(theme), theme.accent())),
];
