//! Causes at the head of a page: what went wrong in what stands below, each once, with how many customers it befell, what
//! it amounts to and the key that mends it. One of them can be chosen: then only what comes from it stands below.
//!
//! It must not know what stands below.

use std::{cmp::Ordering, collections::BTreeSet};

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    console::{
        action::Action,
        advice::{Keys, as_shown, details, in_keys_at},
        keymap::{BINDINGS, Press, Section},
        list_tools,
        listing::{AnyList, Listing, Row},
        named_product::NamedProduct,
        pane::Jump,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::below_lines,
            frame,
            table::draw_scrollbar,
            text::{amounts, counted, cut},
        },
    },
    domain::{
        Code,
        outcome::{Finding, Outcome},
    },
    engine::{
        protocol::{Scope, SyncRequest},
        views::{CauseMember, CauseView, Mend, Place},
    },
};

/// Causes that are shown at once, at most; and of the rows of a page they have one part in so many.
const SHOWN: usize = 10;
const PART: u16 = 5;

/// With fewer rows than this on a page, which is a screen of 19, what stands below has them first.
pub(crate) const SMALL: u16 = 14;

#[derive(Debug, Default)]
pub(crate) struct Causes {
    pub(crate) list: Listing<CauseView>,
    /// Whether the keys go to it.
    front: bool,
    /// The cause of what stands below, by its text.
    chosen: Option<String>,
    /// Whether nothing of what stands below was tried yet: it is a plan.
    planned: bool,
}

/// What an action came to.
pub(crate) enum Acted {
    /// What stands below is another part of the whole.
    Chose,
    Led(Option<Jump>),
}

impl Causes {
    /// Of a plan.
    pub(crate) fn set_planned(&mut self, causes: Vec<CauseView>) {
        self.planned = true;
        self.set(causes);
    }

    /// Which keys work while it is in front.
    pub(crate) fn section(&self) -> Section {
        if self.planned { Section::PlanCauses } else { Section::Causes }
    }

    /// New ones; what was chosen stays so as long as it is among them.
    pub(crate) fn set(&mut self, causes: Vec<CauseView>) {
        self.list.set(causes);
        self.front &= !self.list.is_empty();
        let chosen = self.chosen.take();
        self.choose(chosen);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn is_in_front(&self) -> bool {
        self.front
    }

    /// The cause that was chosen.
    pub(crate) fn chosen(&self) -> Option<&CauseView> {
        let text = self.chosen.as_ref()?;
        self.list.all().iter().find(|cause| cause.text == *text)
    }

    /// What identifies the rows that come from it; none where all are shown.
    pub(crate) fn members(&self) -> Option<BTreeSet<&str>> {
        Some(self.chosen()?.members.iter().map(|member| member.id.as_str()).collect())
    }

    /// The one in front, or else the one that was chosen.
    fn meant(&self) -> Option<&CauseView> {
        self.list.selected().filter(|_| self.front).or_else(|| self.chosen())
    }

    /// Of a plan that which the cause in front, or the one that was chosen, holds back; all of it where there is none.
    pub(crate) fn only(&self, all: SyncRequest) -> SyncRequest {
        only(self.meant(), all)
    }

    /// Whether trying again can mend what is meant.
    pub(crate) fn can_be_retried(&self) -> bool {
        self.meant().is_none_or(CauseView::can_be_retried)
    }

    /// What trying again is of, in words, where a cause is meant that it can mend.
    pub(crate) fn tried_again(&self) -> Option<String> {
        self.meant().and_then(tried_again)
    }

    /// Only what comes from this one is shown, if it is among them; all where it is none.
    pub(crate) fn choose(&mut self, text: Option<String>) {
        let known = |text: &String| self.list.all().iter().any(|cause| cause.text == *text);
        self.chosen = text.filter(known);
    }

    /// All is shown again; tells whether it was not.
    pub(crate) fn clear(&mut self) -> bool {
        let was_chosen = self.chosen.take().is_some();
        if was_chosen {
            self.bring_to(self.front);
        }
        was_chosen
    }

    /// To the other part of the page.
    pub(crate) fn turn(&mut self) {
        self.bring_to(!self.front && !self.list.is_empty());
    }

    /// The keys go to what stands below again; tells whether they did not.
    pub(crate) fn leave(&mut self) -> bool {
        let was_in_front = self.front;
        self.bring_to(false);
        was_in_front
    }

    /// Whether the keys go to it from now on. Left, it shows the one that was chosen, or else the first again: those are the
    /// weightiest.
    fn bring_to(&mut self, front: bool) {
        if !front {
            self.list.select(0);
            self.list.select_key(self.chosen.as_deref());
        }
        self.front = front;
    }

    /// Lines that it takes of so many, with its heading.
    pub(crate) fn height(&self, rows: u16) -> u16 {
        // Where there is little room the rows below have it.
        let most = if rows < SMALL { 1 } else { usize::from(rows / PART).clamp(1, SHOWN) };
        match self.list.all().len() {
            0 => 0,
            count => u16::try_from(count.min(most)).unwrap_or(0) + 1,
        }
    }

    /// At the top of this room, on a page of so many rows; tells how many lines it takes.
    pub(crate) fn fit(&mut self, room: Rect, rows: u16) -> u16 {
        let height = self.height(rows);
        self.list.fit(below_lines(Rect { height: height.min(room.height), ..room }, 1));
        height
    }

    /// The keys go to the part of the page that stands at this place: to it, or to the rows below.
    pub(crate) fn go_to_part(&mut self, at: Position, below: &dyn AnyList) {
        self.bring_to(self.list.is_at(at) || self.front && !below.is_at(at));
    }

    /// What a key does while it is in front.
    pub(crate) fn act(&mut self, action: Action, shell: &mut Shell) -> Acted {
        let selected = self.list.selected().cloned();
        match (action, selected) {
            (Action::OtherSide, _) => self.turn(),
            (Action::Open, Some(cause)) => {
                if let [member] = &cause.members[..]
                    && matches!(member.place, Place::Invoice { .. })
                {
                    return Acted::Led(Some(Jump::To(member.place.clone())));
                }
                let again = self.chosen.as_ref() == Some(&cause.text);
                self.chosen = (!again).then_some(cause.text);
                self.bring_to(again);
                return Acted::Chose;
            }
            (Action::Copy, Some(cause)) => list_tools::copy(
                shell,
                details(&finding(&cause, self.section(), shell.theme.keys), shell.theme.keys),
            ),
            (Action::Pin, Some(cause)) => match cause.mend {
                Mend::ChooseService { product, name } => {
                    list_tools::pick_service(shell, product, name);
                }
                _ => mended_otherwise(shell),
            },
            (Action::Adopt, Some(cause)) => match cause.mend {
                Mend::TakeOver { product, name } => {
                    return Acted::Led(Some(Jump::TakeOver(NamedProduct { product, name })));
                }
                _ => mended_otherwise(shell),
            },
            (Action::Program, Some(_)) => return Acted::Led(Some(Jump::To(Place::Program))),
            (action, _) => _ = self.list.act(action, 0),
        }
        Acted::Led(None)
    }

    pub(crate) fn offers(&self, action: Action) -> bool {
        let mend = self.list.selected().map_or(&Mend::Look, |cause| &cause.mend);
        match action {
            Action::Pin => matches!(mend, Mend::ChooseService { .. }),
            Action::Adopt => matches!(mend, Mend::TakeOver { .. }),
            Action::Program => *mend == Mend::Options,
            Action::RetryFailed => self.can_be_retried(),
            _ => true,
        }
    }

    pub(crate) fn draw(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        if self.list.is_empty() || area.height == 0 {
            return;
        }
        // What blocks one contract alone stands with that and nowhere else.
        let nouns =
            if self.planned { ("shared cause", "shared causes") } else { ("cause", "causes") };
        let mut count = counted(self.list.len() as u64, nouns.0, nouns.1);
        let rows = below_lines(area, 1);
        let hides_some = self.list.len() > usize::from(rows.height);
        // Of one row a bar says nothing.
        let scrolls = hides_some && rows.height > 1;
        if hides_some && !scrolls {
            count = format!("{} of {count}", self.list.position() + 1);
        }
        let how = match (self.front, self.chosen()) {
            (true, _) => "Enter shows whom one befell, Tab goes back".to_owned(),
            (false, Some(cause)) => format!("Esc shows all; below only: {}", cause.text),
            (false, None) => "Tab goes there".to_owned(),
        };
        let width = usize::from(area.width);
        let how = format!("{}{how}", theme.glyphs.separator);
        let how = cut(&how, width.saturating_sub(count.width()), theme);
        let heading = Line::from(vec![
            Span::styled(count, theme.heading()),
            Span::styled(how, theme.muted()),
        ]);
        // Where the keys go to the list of rows, a letter here would mean something else there.
        let mends = if self.front { mend_told } else { mend_in_words };
        let mends = |cause: &CauseView| mends(&cause.mend, self.section(), theme);
        // A bar at the right has a column of its own.
        let width = width.saturating_sub(2 * usize::from(scrolls));
        let tails = Tails::of(self.list.all(), &mends, width);
        let lines = self.list.visible().map(|(place, cause)| {
            let lit = self.front && place == self.list.position();
            let tail = tails.told(&Tail::of(cause, &mends));
            line(cause, lit, tail, width, theme)
        });
        frame::draw_lines(frame, area, std::iter::once(heading).chain(lines));
        if scrolls {
            draw_scrollbar(frame, rows, &self.list, theme);
        }
    }

    /// What is to be said about the selected cause.
    pub(crate) fn finding(&self, theme: &Theme) -> Option<Finding> {
        let cause = self.list.selected().filter(|_| self.front)?;
        Some(finding(cause, self.section(), theme.keys))
    }
}

fn mended_otherwise(shell: &mut Shell) {
    shell.decline("What is selected is mended in another way");
}

/// A plan of all that failed.
pub(crate) fn failed() -> SyncRequest {
    SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() }
}

/// Of a plan only those whom this cause befell, where each of them can be named. Why it was asked for is said with the
/// question, and kept with the run.
pub(crate) fn only(cause: Option<&CauseView>, all: SyncRequest) -> SyncRequest {
    let Some(cause) = cause.filter(|cause| !cause.tenants.is_empty()) else { return all };
    let whom = counted(cause.customers, "customer", "customers");
    let note = Some(format!("Only the {whom} of: {}", cause.text));
    SyncRequest { tenants: cause.tenants.clone(), note, ..all }
}

/// What trying a cause again is of, in words: `its 14 changes`.
pub(crate) fn tried_again(cause: &CauseView) -> Option<String> {
    let it = match cause.count {
        1 => "it".to_owned(),
        count => format!("its {count} changes"),
    };
    cause.can_be_retried().then_some(it)
}

fn finding(cause: &CauseView, section: Section, keys: Keys) -> Finding {
    let advice = advice(cause, section, keys);
    let each: BTreeSet<&str> = cause.members.iter().map(|member| member.text.as_str()).collect();
    let advice = match each.len() {
        0 | 1 => advice,
        _ => each.into_iter().fold(advice, |told, each| format!("{told} {}", as_shown(each))),
    };
    Finding::new(Code::Info, told(cause), advice)
}

/// What a cause is called, and what its members say where that is one thing: the end is cut first, and tells none apart.
fn told(cause: &CauseView) -> String {
    let text = as_shown(&cause.text);
    match &cause.told {
        Some(told) => format!("{text}: {}", as_shown(told)),
        None => text.into_owned(),
    }
}

/// What is to be done about it, where it stands: where a key mends it, that is the key of its place.
pub(crate) fn advice(cause: &CauseView, section: Section, keys: Keys) -> String {
    let own: &[Action] = match cause.mend {
        Mend::ChooseService { .. } => &[Action::Pin, Action::RetryFailed],
        Mend::TakeOver { .. } => &[Action::Adopt, Action::RetryFailed],
        Mend::Link => &[Action::Edit, Action::Suggest],
        Mend::Plan { .. } => &[Action::Plan],
        Mend::Retry => &[Action::RetryFailed],
        Mend::Options => &[Action::Program, Action::RetryFailed],
        Mend::Look => &[],
    };
    in_keys_at(&cause.advice, keys, Some((section, own)))
}

/// What stands at the right of a cause.
struct Tail {
    whom: String,
    amounts: String,
    mends: String,
}

impl Tail {
    fn of(cause: &CauseView, mends: &impl Fn(&CauseView) -> String) -> Self {
        let is_of_price_list =
            |one: &CauseMember| one.place == Place::Plan && one.customer.is_none();
        let customers =
            (cause.customers > 0).then(|| counted(cause.customers, "customer", "customers"));
        let price_list = cause.members.iter().any(is_of_price_list);
        let price_list = price_list.then(|| "the price list".to_owned());
        let whom: Vec<String> = customers.into_iter().chain(price_list).collect();
        let whom = whom.join(" and ");
        Self { whom, amounts: amounts(&cause.amounts), mends: mends(cause) }
    }
}

/// What the longest of them take; nothing where names have the room.
struct Tails {
    whom: usize,
    amounts: usize,
    mends: usize,
}

impl Tails {
    fn of(causes: &[CauseView], mends: &impl Fn(&CauseView) -> String, width: usize) -> Self {
        let tails: Vec<Tail> = causes.iter().map(|cause| Tail::of(cause, mends)).collect();
        let longest = |part: fn(&Tail) -> &String| {
            tails.iter().map(|tail| part(tail).width()).max().unwrap_or(0)
        };
        let [whom, amounts, mends] = [
            longest(|tail| &tail.whom),
            longest(|tail| &tail.amounts),
            longest(|tail| &tail.mends),
        ];
        // The key is in the footer and the advice below: names get the room where there is little.
        let names = causes.iter().map(|cause| told(cause).width()).max().unwrap_or(0);
        let all =
            LEAD + names + [whom, amounts, mends].map(|part| part + GAP).iter().sum::<usize>();
        if all > width && width < 90 {
            return Self { whom, amounts: 0, mends: 0 };
        }
        Self { whom, amounts, mends }
    }

    fn told(&self, tail: &Tail) -> String {
        let Self { whom, amounts, mends } = *self;
        let gap = " ".repeat(GAP);
        let mut told = format!("{gap}{:>whom$}", tail.whom);
        if amounts > 0 {
            told.push_str(&format!("{gap}{:>amounts$}", tail.amounts));
        }
        if mends > 0 {
            told.push_str(&format!("{gap}{:<mends$}", tail.mends));
        }
        told
    }
}

/// Pointer and glyph at the left of a cause, and the blanks between its parts.
const LEAD: usize = 3;
const GAP: usize = 2;

fn line(cause: &CauseView, lit: bool, tail: String, width: usize, theme: &Theme) -> Line<'static> {
    let style = |style: Style| if lit { style.patch(theme.selected()) } else { style };
    let pointer = if lit { theme.glyphs.pointer } else { " " };
    let glyph = theme.glyphs.outcome(cause.outcome);
    let room = width.saturating_sub(LEAD + tail.width());
    let text = cut(&told(cause), room, theme);
    let gap = " ".repeat(room.saturating_sub(text.width()));
    let strong = if cause.outcome == Outcome::Failure { theme.strong() } else { theme.text() };
    Line::from(vec![
        Span::styled(format!("{pointer}{glyph} "), style(theme.outcome(cause.outcome))),
        Span::styled(format!("{text}{gap}"), style(strong)),
        Span::styled(tail, style(theme.muted())),
    ])
}

/// What mends something where it stands, of what this operator may do: each key with what it does.
fn ways(mend: &Mend, section: Section, keys: Keys) -> impl Iterator<Item = (Press, &'static str)> {
    let ways: &[(Action, &'static str)] = match mend {
        Mend::ChooseService { .. } => &[(Action::Pin, "choose a service")],
        Mend::TakeOver { .. } => &[(Action::Adopt, "take over")],
        Mend::Link => &[(Action::Edit, "link"), (Action::Suggest, "suggest")],
        Mend::Plan { .. } => &[(Action::Plan, "look at the plan")],
        // Nothing of a plan was tried yet.
        Mend::Retry if section == Section::PlanCauses => {
            &[(Action::RetryFailed, "plan only these")]
        }
        Mend::Retry => &[(Action::RetryFailed, "try again")],
        Mend::Options => &[(Action::Program, "options")],
        Mend::Look => &[],
    };
    ways.iter().filter_map(move |(action, words)| {
        let mut here = BINDINGS.iter().filter(|one| one.sections.contains(&section));
        let binding = here.find(|one| one.action == *action).filter(|one| keys.name(one))?;
        Some((*binding.keys.first()?, *words))
    })
}

/// The keys that mend something in a place: `P choose a service`; nothing where only somebody who looks can tell, or who may.
pub(crate) fn mend_told(mend: &Mend, section: Section, theme: &Theme) -> String {
    let told = ways(mend, section, theme.keys).map(|(press, words)| {
        format!("{} {}", press.name(theme.glyphs.unicode), theme.terms.say(words))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The same without its keys, which mean something else as long as the keys go elsewhere.
fn mend_in_words(mend: &Mend, section: Section, theme: &Theme) -> String {
    let told = ways(mend, section, theme.keys).map(|(_, words)| theme.terms.say(words));
    told.collect::<Vec<_>>().join(", ")
}

impl Row for CauseView {
    fn key(&self) -> String {
        self.text.clone()
    }

    fn text(&self) -> String {
        told(self)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.text.cmp(&other.text)
    }
}
