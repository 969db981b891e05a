//! A plan: a tree of contracts with their changes and money, of which all or what is marked is applied.

mod changes;
mod question;
mod rows;
mod standing;
mod tree;

use std::{collections::BTreeSet, sync::Arc};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect, Size},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        action::{Action, Tab},
        advice::as_shown,
        dialog::Overlay,
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing},
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        screens::causes::{Acted, Causes, SMALL},
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::{below_lines, rows_with_detail, with_detail},
            frame,
            table::Table,
            text::{ago, counted, cut, separated, signed, wrapped},
        },
    },
    domain::{
        Code, Currency, Day, Money, currency::told as told_in, outcome::Finding, terms::Terms,
    },
    engine::{
        protocol::{PlanSeen, SyncRequest, command},
        views::{
            ChartView, PlanMoney, PlanView, PlannedView,
            causes::{of_blocked, tenants_told},
        },
    },
};

use self::{
    rows::{COLUMNS, PlanRow, details},
    standing::Standing,
    tree::Group,
};

#[derive(Debug, Default)]
pub(crate) struct PlanScreen {
    request: Option<SyncRequest>,
    /// Without its rows, which are in the groups.
    plan: Option<PlanView>,
    /// The question to apply follows at once (*save and sync now*).
    at_once: bool,
    /// Whether the question is asked before anybody could go through it: no look that a guard accepts.
    seen: PlanSeen,
    groups: Vec<Arc<Group>>,
    /// Groups by their places: those that alone are to be applied, and those that are unfolded.
    marked: BTreeSet<usize>,
    open: BTreeSet<usize>,
    list: Listing<PlanRow>,
    /// What blocks several contracts.
    causes: Causes,
    /// Whether nothing of it is applied on its own.
    as_a_whole: bool,
    /// How the last plan of the same request was left, until this one is there.
    left: Option<Standing>,
    /// The plan that this one is a part of: leaving it leads back there.
    whole: Option<Box<PlanScreen>>,
    /// Whether it is being applied, or was: nothing is lost with it, and something of it may be sent.
    in_use: bool,
}

impl PlanScreen {
    /// For one of which nothing is applied on its own.
    pub(super) fn of_whole_plan() -> Self {
        Self { as_a_whole: true, ..Self::default() }
    }

    /// What the operator did to a plan of the same holds for the next.
    pub(crate) fn ask(&mut self, request: SyncRequest, shell: &mut Shell) {
        let again = self.request.as_ref() == Some(&request);
        let left = again.then(|| self.standing()).flatten();
        let whole = self.whole.take().filter(|_| again);
        *self = Self { request: Some(request.clone()), left, whole, ..Self::default() };
        shell.ask(Purpose::Plan, command::Plan { request });
    }

    /// Plans anew only what the cause in front holds back; what is shown now comes back with Esc.
    pub(crate) fn narrow(&mut self, shell: &mut Shell) {
        let all = self.request();
        let request = self.causes.only(all.clone());
        if request == all {
            _ = self.ask_again(shell);
            return;
        }
        self.causes.leave();
        let whole = match self.whole.take() {
            Some(whole) => whole,
            None => Box::new(std::mem::take(self)),
        };
        self.ask(request, shell);
        self.whole = Some(whole);
    }

    /// Back to the plan that this one is a part of; tells whether there is one.
    fn widen(&mut self) -> bool {
        let whole = self.whole.take();
        let is_part = whole.is_some();
        if let Some(whole) = whole {
            *self = *whole;
        }
        is_part
    }

    /// What it is only about, for the place in its title.
    fn only_of(&self) -> String {
        let Some(request) = &self.request else { return String::new() };
        let failed = request.retry_failed.then(|| "what failed".to_owned());
        let asked = request.tenants.len() as u64;
        let tenants = (asked > 0).then(|| counted(asked, "customer", "customers"));
        let only: Vec<String> = failed.into_iter().chain(tenants).collect();
        if only.is_empty() { String::new() } else { format!(", only {}", only.join(" of ")) }
    }

    /// Asks for one, and whether to apply it as soon as it is there.
    pub(crate) fn ask_and_apply(&mut self, request: SyncRequest, shell: &mut Shell) {
        self.ask(request, shell);
        self.at_once = true;
        self.left = None;
    }

    /// The same again, but for one that is being made; tells whether any was asked for before.
    pub(crate) fn ask_again(&mut self, shell: &mut Shell) -> bool {
        let Some(request) = self.request.clone() else { return false };
        if shell.awaits(&Purpose::Plan) {
            return true;
        }
        let at_once = self.at_once;
        self.ask(request, shell);
        self.at_once = at_once;
        true
    }

    /// Goes on to the question, if that was asked for.
    pub(crate) fn ask_to_apply(&mut self, shell: &mut Shell) {
        if std::mem::take(&mut self.at_once) {
            self.seen = PlanSeen::Unseen;
            self.apply(shell);
            self.seen = PlanSeen::Seen;
        }
    }

    /// Tells how many marks are gone because their contracts have other changes now.
    pub(crate) fn set(&mut self, mut plan: PlanView, namesakes: &Namesakes) -> usize {
        let shared = of_blocked(&plan.refused).into_iter().filter(|cause| cause.count > 1);
        self.causes.set_planned(shared.collect());
        self.groups = tree::groups(&mut plan, namesakes);
        if self.as_a_whole {
            self.groups.iter_mut().for_each(|group| Arc::make_mut(group).whole = true);
        }
        self.plan = Some(plan);
        self.in_use = false;
        self.marked.clear();
        self.open.clear();
        if let Some(left) = self.left.take() {
            return self.stand_as(left);
        }
        self.arrange();
        0
    }

    /// A run carries it out from now on.
    pub(crate) fn applying(&mut self) {
        self.in_use = true;
        // What is written of a part makes the whole another one.
        self.whole = None;
    }

    /// No run came of it: it can be applied as before.
    pub(crate) fn not_applied(&mut self) {
        self.in_use = false;
    }

    /// What was marked was written, or tried: the next plan begins with nothing marked.
    pub(crate) fn applied(&mut self) {
        self.marked.clear();
        self.left = None;
        self.show_marks();
    }

    /// Whether there is one to look at.
    pub(crate) fn is_there(&self) -> bool {
        self.plan.is_some()
    }

    /// Whether one that no run carries out is there, or being worked out: it is only for the target that is looked at.
    pub(crate) fn is_wanted(&self, shell: &Shell) -> bool {
        self.is_there() && !self.in_use || shell.awaits(&Purpose::Plan)
    }

    /// What it was asked for with.
    pub(crate) fn request(&self) -> SyncRequest {
        self.request.clone().unwrap_or_default()
    }

    pub(crate) fn causes(&self) -> &Causes {
        &self.causes
    }

    /// What it is only about, if it is about less than all that is due, and whether it is of others too.
    fn note(&self, terms: Terms) -> Option<String> {
        let request = self.request.as_ref()?;
        let note = request.note.clone()?;
        let asked = &request.tenants;
        let others = question::customers(self.all()) > asked.len()
            || self.all().any(|group| has_others(group, asked));
        if others && !asked.is_empty() {
            return Some(format!("{}{}", note.trim_end_matches('.'), terms.say(OTHERS)));
        }
        Some(note)
    }

    /// Why there is nothing in it, and the keys that lead on.
    fn nothing_due(&self) -> String {
        let asked = self.request.as_ref();
        let none = self.plan.as_ref().is_some_and(|plan| plan.unchanged == 0);
        let due = "Esc goes back, p there plans what is due.";
        if none && asked.is_some_and(|request| request.retry_failed) {
            return format!("Nothing failed that could be tried again. {due}");
        }
        if none && asked.is_some_and(|request| request.recheck) {
            return format!("Nothing was synced yet that could be compared. {due}");
        }
        if let Some(held) = self.held() {
            return format!("Nothing can be written: {held}. i shows why, Esc goes back.");
        }
        let left_out = |one: &&Finding| matches!(one.code, Code::SyncOff | Code::NotMapped);
        let findings = self.plan.iter().flat_map(|plan| &plan.findings);
        let left: Vec<&str> = findings.filter(left_out).map(|one| one.text.as_str()).collect();
        let groups = self.all().filter(|group| !group.off.is_empty()).map(Group::name);
        let left: Vec<String> = left.into_iter().map(str::to_owned).chain(groups).collect();
        if left.is_empty() {
            return "Nothing to change: all is already correct. Esc goes back.".to_owned();
        }
        let left = left.join("; ");
        let left = left.trim_end_matches('.');
        format!(
            "Nothing to change for those whose sync is on; {left}. 3 shows them, Esc goes back."
        )
    }

    /// How many invoices are held, if any is: nothing of them is written.
    fn held(&self) -> Option<String> {
        let held = self.plan.iter().flat_map(|plan| &plan.findings);
        let count = held.filter(|finding| holds_an_invoice(&finding.code)).count();
        (count > 0).then(|| counted(count as u64, "invoice is held", "invoices are held"))
    }

    /// The service of the selected change over its month: what is invoiced, what the contract says now, what is planned.
    pub(crate) fn chart(&self) -> Option<ChartView> {
        let PlanRow::Change { group, change, .. } = self.list.selected()? else { return None };
        let quantity = self.plan.as_ref()?.quantities.of(change)?;
        let is_of_it = |one: &PlannedView| {
            (&one.target, &one.tenants, &one.invoice)
                == (&change.target, &change.tenants, &change.invoice)
        };
        let of_it: Vec<PlannedView> = group.changes.iter().filter(is_of_it).collect();
        let planned = rows::planned_steps(&quantity.present, &of_it);
        Some(ChartView {
            service: rows::subject(change).to_owned(),
            customer: group.name(),
            contract: group.contract.clone().unwrap_or_default(),
            month: quantity.month,
            invoice: quantity.invoiced,
            fractions: Vec::new(),
            contract_units: Some(quantity.present),
            rows: Vec::new(),
            amounts_a_month: false,
            writes: Vec::new(),
            planned,
        })
    }

    /// From when the selected change holds.
    pub(crate) fn selected_day(&self) -> Option<Day> {
        match self.list.selected()? {
            PlanRow::Change { change, .. } => change.effective,
            PlanRow::Group { .. } | PlanRow::Blocked { .. } | PlanRow::Off { .. } => None,
        }
    }

    /// Puts the rows of the tree into the list; the selection stays.
    fn arrange(&mut self) {
        let members = self.causes.members();
        let is_of = |group: &Group| {
            members.as_ref().is_none_or(|all| all.contains(&*tenants_told(&group.tenants)))
        };
        let groups = self.groups.iter().enumerate().filter(|(_, group)| is_of(group));
        let rows = groups.flat_map(|(at, group)| {
            rows::rows(group, at, self.marked.contains(&at), self.open.contains(&at))
        });
        let rows = rows.collect();
        self.list.set(rows);
    }

    fn act_in_causes(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match self.causes.act(action, shell) {
            Acted::Chose => {
                self.arrange();
                None
            }
            Acted::Led(jump) => jump,
        }
    }

    /// The currency of all its amounts.
    fn amounts(&self) -> Option<&Currency> {
        self.plan.as_ref()?.currency.as_ref()
    }

    /// Of whom the list shows contracts, where something narrows it: customers, as all that is told of a plan, and not rows,
    /// of which more come with each contract that is unfolded.
    fn shown_told(&self) -> Option<String> {
        if !self.list.is_narrowed() {
            return None;
        }
        let shown: BTreeSet<usize> = self.list.shown().map(PlanRow::at).collect();
        let shown = shown.into_iter().filter_map(|at| Some(&**self.groups.get(at)?));
        let (shown, all) = (question::concerned(shown), question::concerned(self.all()));
        let similar = if self.list.is_similar() { "similar spelling: " } else { "" };
        Some(format!("{similar}{shown} of {}", counted(all as u64, "customer", "customers")))
    }

    fn all(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|group| &**group)
    }

    /// What is marked, with the price list, which goes before any contract; all where nothing is marked.
    fn chosen(&self) -> impl Iterator<Item = &Group> {
        let is_chosen =
            |at: usize, group: &Group| self.marked.contains(&at) || group.tenants.is_empty();
        let all = self.groups.iter().enumerate();
        let chosen = all.filter(move |(at, group)| self.marked.is_empty() || is_chosen(*at, group));
        chosen.map(|(_, group)| &**group)
    }

    fn mark(&mut self, shell: &mut Shell) {
        let Some(at) = self.list.selected().map(PlanRow::at) else { return };
        if !self.can_be_marked(at) {
            return shell.decline("Nothing of it can be applied on its own");
        }
        if !self.marked.remove(&at) {
            self.marked.insert(at);
        }
        self.show_marks();
        self.list.select(self.list.position() + 1);
    }

    /// Every contract that is shown, or none of these; a mark that a filter hides stays as it is.
    fn mark_all(&mut self) {
        let shown = self.list.shown().map(PlanRow::at);
        let shown: BTreeSet<usize> = shown.filter(|at| self.can_be_marked(*at)).collect();
        if shown.is_subset(&self.marked) {
            self.marked.retain(|at| !shown.contains(at));
        } else {
            self.marked.extend(shown);
        }
        self.show_marks();
    }

    /// The rows say which are marked; nothing else of them moves.
    fn show_marks(&mut self) {
        let marked = &self.marked;
        self.list.touch(|row| row.show_mark(marked));
    }

    /// What was left behind on contracts is applied whole.
    fn can_be_marked(&self, at: usize) -> bool {
        let whole = self.request.as_ref().is_some_and(|request| request.left_behind);
        !whole && self.groups.get(at).is_some_and(|group| group.can_be_marked())
    }

    fn unfold(&mut self, at: usize) {
        if !self.open.remove(&at) {
            self.open.insert(at);
        }
        let Some(group) = self.groups.get(at) else { return };
        let (marked, open) = (self.marked.contains(&at), self.open.contains(&at));
        let of_it = |row: &PlanRow| row.at() == at;
        let all = self.list.all();
        let Some(first) = all.iter().position(of_it) else { return };
        let count = all[first..].iter().take_while(|row| of_it(row)).count();
        self.list.put(first..first + count, rows::rows(group, at, marked, open));
    }

    /// To the next row that wants a second look; the contract that it is on is unfolded.
    fn next_to_check(&mut self, back: bool) {
        self.list.select_next(back, PlanRow::wants_look);
        let Some(PlanRow::Group { at, open: false, .. }) = self.list.selected() else { return };
        let at = *at;
        self.unfold(at);
        let wanted = |row: &PlanRow| row.at() == at && row.wants_look();
        let within = self.list.shown().enumerate().filter(|(_, row)| wanted(row));
        let places: Vec<usize> = within.map(|(place, _)| place).collect();
        if let Some(place) = if back { places.last() } else { places.first() } {
            self.list.select(*place);
        }
    }

    /// Lines above the table: what it comes to, and what is marked. Where it is narrow the facts take two lines each; where
    /// there is little room no line stays blank.
    fn totals(&self, room: Size) -> u16 {
        let whole = if room.width >= 100 { 4 } else { 5 };
        let width = usize::from(room.width);
        let said = self.said(width).map(|(text, _)| wrapped(&text, width).len());
        match said.unwrap_or_default().min(SAID) {
            0 if room.height < SMALL => whole - 1,
            lines => whole - 1 + u16::try_from(lines).unwrap_or(1).max(1),
        }
    }

    fn draw_totals(&self, frame: &mut Frame, area: Rect, plan: &PlanView, theme: &Theme) {
        let width = usize::from(area.width);
        let separator = theme.glyphs.separator;
        let mut facts = flowed(&self.facts(plan, theme), width, separator);
        let mut money = self.money_lines(width, theme);
        let said = self.said_lines(width, theme);
        // What has no room goes as a whole line: the margin, then of the facts what matters least.
        let rows = usize::from(area.height).saturating_sub(said.len());
        money.truncate(rows.saturating_sub(facts.len()).max(1));
        facts.truncate(rows.saturating_sub(money.len()).max(1));
        frame::draw_lines(frame, area, facts.into_iter().chain(money).chain(said));
    }

    /// Price and margin a month, each as much of it as there is room for: what it changes by before all else.
    fn money_lines(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let separator = theme.glyphs.separator;
        let sums = self.sums();
        let (prices, margins): (Vec<_>, Vec<_>) = sums.iter().map(in_one).unzip();
        if sums.is_empty() {
            return Vec::new();
        }
        let told = |leads: [&str; 2], sums: &[Moved]| {
            let whole = joined(sums, separator, |sum| sum.whole(theme));
            let ways = leads.map(|lead| format!("{lead} {whole}"));
            let [_, short] = leads;
            let by = joined(sums, separator, Moved::by);
            let by = format!("{short} {by}");
            let fits = |way: &String| way.width() <= width;
            ways.into_iter().find(fits).unwrap_or_else(|| cut(&by, width, theme))
        };
        let price = told([&theme.terms.say(MONEY), MONEY_IN_SHORT], &prices);
        let margin = told(["Margin", "Margin"], &margins);
        flowed(&[price, margin].map(Span::raw), width, "   ")
    }

    /// What is said of the plan as a whole, over as many lines as it may take.
    fn said_lines(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let Some((text, by)) = self.said(width) else { return Vec::new() };
        let whole = wrapped(&text, width);
        let mut said: Vec<String> = whole.iter().take(SAID).cloned().collect();
        if let (Some(last), true) = (said.last_mut(), whole.len() > SAID) {
            *last = cut(&whole[SAID - 1..].join(" "), width, theme);
        }
        let style = match by {
            Said::Marks => theme.accent(),
            Said::Finding => theme.warn(),
            Said::Note => theme.muted(),
        };
        said.into_iter().map(|line| Line::styled(line, style)).collect()
    }

    /// What is marked, what is to be said of the plan as a whole, or what it is only about.
    fn said(&self, width: usize) -> Option<(String, Said)> {
        let plan = self.plan.as_ref()?;
        let finding = || {
            let more = match plan.findings.len() {
                0 | 1 => String::new(),
                all => format!(" (and {} more)", all - 1),
            };
            let first = plan.findings.first()?;
            Some((format!("{}{more}", as_shown(&first.text)), Said::Finding))
        };
        let marks = self.marks_told(width).map(|text| (text, Said::Marks));
        // How to get back to the whole of it comes before what is to be said of a part.
        let part = || {
            let note = self.note(plan.terms()).filter(|_| self.whole.is_some())?;
            let note = note.trim_end_matches('.');
            Some((format!("{note}. Esc shows the whole plan again"), Said::Note))
        };
        marks
            .or_else(part)
            .or_else(finding)
            .or_else(|| Some((self.note(plan.terms())?, Said::Note)))
    }

    /// What a plan comes to, fact by fact.
    fn facts(&self, plan: &PlanView, theme: &Theme) -> Vec<Span<'static>> {
        let whom = question::to(" for ", self.all(), Some(question::concerned(self.all())));
        let blocked: usize = self.all().map(|group| group.blocked.len()).sum();
        let checks: usize = self.all().map(|group| group.changes.checks()).sum();
        let changes = format!("{}{whom}", question::changes(self.all()));
        let mut facts = vec![Span::styled(changes, theme.strong())];
        if blocked > 0 {
            let text = format!("{} {blocked} blocked", theme.glyphs.failure);
            facts.push(Span::styled(text, theme.bad()));
        }
        if checks > 0 {
            let text = format!("{} {checks} to check", theme.glyphs.warning);
            facts.push(Span::styled(text, theme.warn()));
        }
        facts.push(Span::raw(format!("{} already correct", plan.unchanged)));
        let requests = question::requests(plan.requests);
        facts.push(match question::time(plan, plan.requests) {
            Some(time) => Span::styled(format!("{requests}, {time}"), theme.warn()),
            None => Span::raw(requests),
        });
        facts
    }

    /// What is marked, in words.
    fn marks_told(&self, width: usize) -> Option<String> {
        let (whom, changes) =
            (question::to("", self.chosen(), None), question::changes(self.chosen()));
        let marked = format!("[x] marked: {whom}, {changes}");
        let whole = format!("{marked}; the money above is theirs");
        let told = if whole.width() <= width { whole } else { marked };
        (!self.marked.is_empty()).then_some(told)
    }

    /// What is to be applied comes to a month, in each currency; none where no contract is concerned.
    fn sums(&self) -> Vec<PlanMoney> {
        let Some(plan) = &self.plan else { return Vec::new() };
        let sums: Vec<PlanMoney> = if self.marked.is_empty() {
            std::iter::once(&plan.money).chain(&plan.other_money).cloned().collect()
        } else {
            tree::money(self.chosen())
        };
        sums.into_iter().filter(is_any).collect()
    }

    /// Price and margin a month of that, before and after, with what they change by.
    fn money(&self, theme: &Theme) -> Option<[String; 2]> {
        let sums = self.sums();
        let (prices, margins): (Vec<_>, Vec<_>) = sums.iter().map(in_one).unzip();
        let told = |sums: Vec<Moved>| joined(&sums, theme.glyphs.separator, |sum| sum.whole(theme));
        (!sums.is_empty()).then(|| [prices, margins].map(told))
    }
}

/// What a line under the money comes from.
enum Said {
    Marks,
    Finding,
    Note,
}

/// What the money of a plan is of: a contract can have services that no invoice in it is about.
const MONEY: &str = "Monthly, services planned:";

/// The same where there is little room.
const MONEY_IN_SHORT: &str = "Monthly";

/// What is added to whom a plan is about, where a contract is shared.
const OTHERS: &str = "; others on the same contract go with them";

/// Whether that is why nothing of an invoice is written.
fn holds_an_invoice(code: &Code) -> bool {
    matches!(
        code,
        Code::Doubled
            | Code::FutureMonth
            | Code::NoRows
            | Code::OddInvoice
            | Code::OlderThanApplied
            | Code::OtherCurrency
            | Code::Unlisted
            | Code::UnreadableInvoice
            | Code::Unsettled
            | Code::Waits
    )
}

/// Whether a contract that has changes is of some who were asked for by their domains, and of others.
fn has_others(group: &Group, asked: &[String]) -> bool {
    let of_them = group.tenants.iter().filter(|tenant| asked.contains(tenant)).count();
    !group.changes.is_empty() && (1..group.tenants.len()).contains(&of_them)
}

/// Facts one after the other over as many lines as they take.
fn flowed(facts: &[Span<'static>], width: usize, separator: &'static str) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    for fact in facts {
        let Some(line) = lines.last_mut() else { break };
        let taken = line.width();
        if taken == 0 {
            line.push_span(fact.clone());
        } else if taken + separator.width() + fact.width() <= width {
            line.push_span(Span::raw(separator));
            line.push_span(fact.clone());
        } else {
            lines.push(Line::from(fact.clone()));
        }
    }
    lines
}

/// Whether there is any: a plan that only blocks, or sets prices of the list, moves none.
fn is_any(money: &PlanMoney) -> bool {
    let PlanMoney { monthly_before, monthly_after, cost_before, cost_after, .. } = money;
    [monthly_before, monthly_after, cost_before, cost_after].iter().any(|sum| !sum.is_zero())
}

/// A sum a month, before and after.
struct Moved {
    before: Money,
    after: Money,
    currency: Option<Currency>,
}

impl Moved {
    /// `14,210.40 → 13,918.20 AUD (−292.20)`
    fn whole(&self, theme: &Theme) -> String {
        let (before, after) = (separated(self.before), separated(self.after));
        let after = told_in(after, self.currency.as_ref());
        format!("{before} {} {after} ({})", theme.glyphs.arrow, signed(self.after - self.before))
    }

    /// What it changes by alone.
    fn by(&self) -> String {
        told_in(signed(self.after - self.before), self.currency.as_ref())
    }
}

/// Price and margin.
fn in_one(money: &PlanMoney) -> (Moved, Moved) {
    let moved = |before, after| Moved { before, after, currency: money.currency.clone() };
    let [before, after] =
        [money.monthly_before - money.cost_before, money.monthly_after - money.cost_after];
    (moved(money.monthly_before, money.monthly_after), moved(before, after))
}

fn joined(sums: &[Moved], separator: &str, told: impl Fn(&Moved) -> String) -> String {
    sums.iter().map(told).collect::<Vec<_>>().join(separator)
}

impl Pane for PlanScreen {
    fn section(&self) -> Section {
        if self.causes.is_in_front() { self.causes.section() } else { Section::Plan }
    }

    keys_move_in!(self, self.causes.is_in_front(), {
        true => causes.list,
        false => list,
    });

    fn fit(&mut self, room: Rect) {
        let below = below_lines(room, self.totals(room.as_size()));
        let head = self.causes.fit(below, room.height);
        self.list.fit(rows_with_detail(below_lines(below, head), DETAIL));
    }

    fn stands_still(&self) -> bool {
        true
    }

    fn go_to_part(&mut self, at: Position) {
        self.causes.go_to_part(at, &self.list);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        if self.causes.is_in_front() {
            return self.act_in_causes(action, shell);
        }
        match (action, self.list.selected()) {
            (Action::OtherSide, _) if self.causes.is_empty() => {
                return Some(Jump::Tab(Tab::Sync.moved(1)));
            }
            (Action::OtherSide, _) => self.causes.turn(),
            (Action::Apply, _) => self.apply(shell),
            (Action::Mark, _) => self.mark(shell),
            (Action::MarkAll, _) => self.mark_all(),
            (Action::NextMatch, _) => self.next_to_check(false),
            (Action::PreviousMatch, _) => self.next_to_check(true),
            (Action::Open, Some(PlanRow::Group { at, .. })) => {
                let at = *at;
                self.unfold(at);
            }
            (Action::Open, Some(row)) => {
                let text = details(row, self.amounts(), &shell.theme);
                shell.open(Overlay::text("Planned", &text));
            }
            (Action::Copy, Some(row)) => {
                list_tools::copy(shell, details(row, self.amounts(), &shell.theme));
            }
            (Action::Export, _) => {
                if let Some(plan) = &self.plan {
                    list_tools::save(shell, "plan", "json", plan.saved.text());
                }
            }
            (action, _) => _ = self.list.act(action, 0),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            _ if self.causes.is_in_front() => self.causes.offers(action),
            Action::OtherSide => !self.causes.is_empty(),
            Action::Plan => self.plan.is_some(),
            Action::Apply => self.has_changes(),
            Action::Open => self.list.selected().is_some_and(PlanRow::opens),
            Action::Mark => self.list.selected().is_some_and(|row| self.can_be_marked(row.at())),
            Action::MarkAll => self.list.shown().any(|row| self.can_be_marked(row.at())),
            Action::NextMatch => self.list.shown().any(PlanRow::wants_look),
            Action::Chart => self.chart().is_some(),
            Action::Invoices => self.held().is_some(),
            _ => true,
        }
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        if self.causes.leave() || self.clear_filter() {
            return None;
        }
        if self.causes.clear() {
            self.arrange();
            return None;
        }
        shell.forget(&Purpose::Plan);
        (!self.widen()).then_some(Jump::Back)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = self.titled(&format!("Sync{}Plan{}", theme.glyphs.crumb, self.only_of()));
        let made = self.plan.as_ref().map_or_else(String::new, |plan| {
            let is_of_run = |one: &Finding| one.code == Code::PlanDuringRun;
            let during = plan.findings.iter().any(is_of_run);
            let during = if during { " during a run" } else { "" };
            format!("made {}{during}, nothing is sent yet", ago(plan.planned_at, shell.now))
        });
        let inside = frame::body(frame, area, &title, &made, theme);
        if self.plan.is_none() {
            let spin = theme.glyphs.throbber[shell.frame % theme.glyphs.throbber.len()];
            let wait = shell.waits.longest().filter(|_| shell.awaits(&Purpose::Plan));
            let text = if let Some(wait) = wait {
                format!(
                    "{spin} {}{}Esc leaves it",
                    wait.sentence(shell.now),
                    theme.glyphs.separator
                )
            } else if shell.awaits(&Purpose::Plan) {
                let doing = Some(&shell.doing).filter(|doing| !doing.is_empty());
                let doing = doing.map_or_else(String::new, |doing| format!(": {doing}"));
                format!("{spin} Working out what a sync would write{doing}… Esc leaves it")
            } else {
                "No plan. F5 tries again, ! shows why, Esc goes back.".to_owned()
            };
            return frame::draw_notice(frame, inside, text, theme);
        }
        self.draw_inside(frame, inside, shell);
    }
}

impl PlanScreen {
    /// The place, with what narrows the list.
    pub(super) fn titled(&self, place: &str) -> String {
        list_tools::title_telling(place, &self.list, self.shown_told())
    }

    /// What it comes to, and its rows.
    pub(super) fn draw_inside(&self, frame: &mut Frame, inside: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let Some(plan) = &self.plan else { return };
        let [totals, causes, rest] = Layout::vertical([
            Constraint::Length(self.totals(inside.as_size())),
            Constraint::Length(self.causes.height(inside.height)),
            Constraint::Min(2),
        ])
        .areas(inside);
        let rows = Table::new(&self.list, COLUMNS);
        // What is told of a change is prose: its room is not the table's.
        let need = rows.need(theme).min(rest.width.saturating_sub(PROSE));
        let (table, detail) = with_detail(rest, DETAIL, &self.list, need);
        self.draw_totals(frame, totals, plan, theme);
        self.causes.draw(frame, causes, theme);
        if self.list.is_empty() {
            let width = usize::from(table.width);
            let lines = wrapped(&self.nothing_due(), width).into_iter();
            frame::draw_lines(frame, table, lines.map(|line| Line::styled(line, theme.good())));
        } else {
            let lit = !self.causes.is_in_front();
            rows.lit(lit).draw(frame, table, theme);
        }
        let of_cause =
            self.causes.finding(theme).map(|one| format!("{}\n{}", one.text, one.advice));
        let of_row = || {
            let row = self.list.selected()?;
            let mut text = details(row, self.amounts(), theme);
            if detail.is_beside() {
                text.push_str(&rows::changes_told(row, theme));
            }
            Some(text)
        };
        let Some(text) = of_cause.or_else(of_row) else { return };
        let lines = text.lines().enumerate().map(|(at, line)| {
            let style = if at == 0 { theme.strong() } else { theme.text() };
            Line::styled(line, style)
        });
        detail.draw(frame, lines, theme);
    }
}

/// So many lines what is said of the plan as a whole may take.
const SAID: usize = 3;
/// Lines below the table: the selected row whole.
const DETAIL: u16 = 4;
/// Columns beside the table that the detail keeps.
const PROSE: u16 = 56;
