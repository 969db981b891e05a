//! What all screens share: questions under way, notices, dialogs, the header's facts. Screens get it to act on.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::layout::Size;

use super::{
    action::Action,
    advice::{Keys, in_keys},
    demo_world::{DemoStep, Given},
    dialog::{Dialog, seen::Seen},
    effect::{Effect, Ticket},
    keymap::{Binding, working},
    namesakes::Namesakes,
    purpose::Purpose,
    theme::Theme,
    widgets::frame,
};
use crate::{
    domain::{
        Code, Right, Role, RunId,
        outcome::{Finding, Outcome},
    },
    engine::{
        protocol::{Command, Event, Waits},
        views::{ConnectionState, ConnectionView, StatusView, SystemKind},
    },
};

/// How long an informing notice stays.
const NOTICE: TimeDelta = TimeDelta::seconds(5);

/// The daemon that a console is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttachedTo {
    /// What one may do there.
    pub(crate) role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Vanishes by itself.
    Info,
    /// Why nothing was done. Vanishes by itself.
    Declined,
    /// Something was done, and ended so. Vanishes by itself.
    Ended(Outcome),
    /// Stays until dismissed.
    Error,
}

/// Where a notice means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The screen that it was told on: it leaves with that.
    Screen,
    Everywhere,
}

/// Something told to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub(crate) at: DateTime<Utc>,
    pub(crate) level: Level,
    about: About,
    /// What, why, what next.
    pub finding: Finding,
}

impl Notice {
    /// Whether it says why nothing was done.
    pub fn refuses(&self) -> bool {
        matches!(self.level, Level::Declined | Level::Error)
    }
}

/// What all screens share.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about it")]
#[derive(Debug)]
pub struct Shell {
    pub(crate) theme: Theme,
    /// Whether nothing may be changed.
    pub(crate) read_only: bool,
    /// Whether a plan that waits may be let pass, or turned down: whoever approves changes nothing else.
    pub approves: bool,
    pub(crate) now: DateTime<Utc>,
    /// The whole screen.
    pub size: Size,
    /// Header and dashboard facts, once known.
    pub status: Option<StatusView>,
    /// Open dialogs, the last on top.
    pub dialogs: Vec<Dialog>,
    /// Everything told, oldest first.
    pub(crate) notices: Vec<Notice>,
    /// The notice in the footer, if one is shown.
    pub(crate) shown: Option<usize>,
    /// The last error that was not dismissed: it comes back once what was told over it is gone.
    error: Option<usize>,
    /// Which frame a throbber shows.
    pub(crate) frame: usize,
    /// Where the log is, for help.
    pub log_path: String,
    pub(crate) given: Vec<Given>,
    /// Where what is copied is kept besides: there is a program before the terminal that need not pass it on.
    pub copied_to: Option<PathBuf>,
    /// What is waited for while no run is on.
    pub(crate) waits: Waits,
    /// What is done for a plan, or before a run begins; empty where nobody told.
    pub(crate) doing: String,
    /// How far a demo world is that is being set up.
    pub(crate) demo: Option<DemoStep>,
    /// Whether events were missed and the status that makes up for them is still to come.
    pub(crate) behind: bool,
    /// What came about since the account of the run that is on was asked for: some of it is not in there.
    pub(crate) since_asked: Vec<Event>,
    /// Names that several customers have.
    pub(crate) namesakes: Namesakes,
    /// How many changes of the run that is on are sent, of how many, once any is planned.
    pub(crate) sent: Option<(u64, u64)>,
    /// Whose daemon the console is attached to, and as what; none with an engine of its own.
    pub(crate) attached: Option<AttachedTo>,
    /// Whether that daemon went away and is looked for.
    pub(crate) daemon_lost: bool,
    /// How many frames were drawn.
    pub(crate) frames: u64,
    /// Whether what is done now is done for a key: what opens without one nobody waits for.
    pub(crate) by_key: bool,
    effects: Vec<Effect>,
    waiting: BTreeMap<Ticket, Purpose>,
    next: Ticket,
}

impl Shell {
    pub(crate) fn new(theme: Theme, read_only: bool, now: DateTime<Utc>) -> Self {
        let mut shell = Self {
            theme,
            read_only: false,
            approves: !read_only,
            now,
            size: Size::new(80, 24),
            status: None,
            dialogs: Vec::new(),
            notices: Vec::new(),
            shown: None,
            error: None,
            frame: 0,
            log_path: String::new(),
            given: Vec::new(),
            copied_to: None,
            waits: Waits::default(),
            doing: String::new(),
            demo: None,
            behind: false,
            since_asked: Vec::new(),
            namesakes: Namesakes::default(),
            sent: None,
            attached: None,
            daemon_lost: false,
            frames: 0,
            by_key: false,
            effects: Vec::new(),
            waiting: BTreeMap::new(),
            next: 1,
        };
        if read_only {
            shell.refuse_changes();
        }
        shell
    }

    /// Nothing may be changed from now on, and no text names a key that would.
    pub fn refuse_changes(&mut self) {
        self.read_only = true;
        if self.theme.keys != Keys::Viewing {
            self.theme.keys = Keys::Reading;
        }
    }

    /// Whether what a key means may be done.
    pub(crate) fn may(&self, binding: &Binding) -> bool {
        if !self.has_right(self.right(binding)) {
            return false;
        }
        if !binding.writes {
            return true;
        }
        match binding.action {
            Action::Approve | Action::Reject => self.approves,
            Action::Confirm => !self.read_only || self.approves && self.decides(),
            _ => !self.read_only,
        }
    }

    /// Whether the daemon lets this console do what takes a right; everything where the engine is its own.
    pub(crate) fn has_right(&self, right: Right) -> bool {
        self.attached.as_ref().is_none_or(|to| to.role.may(right))
    }

    /// The right that it takes: to save is what the form on top is about.
    fn right(&self, binding: &Binding) -> Right {
        match (binding.action, self.dialogs.last()) {
            (Action::Save, Some(Dialog::Form(form))) if form.is_of_set_up() => Right::Administer,
            _ => binding.right,
        }
    }

    /// The engine is a daemon's, and this is what one may do there: no text names a key that would be refused.
    pub(crate) fn attach(&mut self, role: Role) {
        self.attached = Some(AttachedTo { role });
        let [operates, administers] = [Right::Operate, Right::Administer].map(|one| role.may(one));
        self.theme.keys = match self.theme.keys {
            _ if !operates => Keys::Viewing,
            Keys::All if !administers => Keys::Operating,
            keys => keys,
        };
    }

    /// Whether the question on top is whether a plan passes.
    fn decides(&self) -> bool {
        match self.dialogs.last() {
            Some(Dialog::Confirm(confirm)) => confirm.decides(),
            _ => false,
        }
    }

    /// Asks the engine. An older question for the same purpose is no longer wanted, unless it changes something:
    /// how that went is told whatever comes after it.
    pub(crate) fn ask(&mut self, purpose: Purpose, command: impl Into<Command>) -> Ticket {
        if !purpose.changes() {
            self.forget(&purpose);
        }
        if matches!(purpose, Purpose::Plan | Purpose::Sync | Purpose::Resume) {
            self.doing.clear();
        }
        let ticket = self.next;
        self.next += 1;
        self.waiting.insert(ticket, purpose);
        self.effects.push(Effect::Ask { ticket, command: Box::new(command.into()) });
        ticket
    }

    /// What was asked of one target is no longer wanted where another one is shown.
    pub(crate) fn forget_what_was_read(&mut self) {
        self.waiting.retain(|_, purpose| purpose.changes());
    }

    /// The targets that are connected; all that is shown is about one of them.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &ConnectionView> {
        let all = self.status.iter().flat_map(|status| &status.connections);
        all.filter(|one| one.system != SystemKind::Prism)
            .filter(|one| one.state != ConnectionState::NotConfigured)
    }

    /// The one that a key leads to: the next of them, round and round; none where there is only one.
    pub(crate) fn other_target(&self) -> Option<&ConnectionView> {
        let used = &self.status.as_ref()?.target;
        let mut names: Vec<&ConnectionView> = self.targets().collect();
        names.sort_by(|one, other| one.name.cmp(&other.name));
        let after = names.iter().find(|one| one.name > *used);
        after.or(names.first()).copied().filter(|other| other.name != *used)
    }

    /// Whether there is what a key is about.
    pub(crate) fn has(&self, binding: &Binding) -> bool {
        binding.action != Action::OtherTarget || self.other_target().is_some()
    }

    /// The purpose of an answer; none where it is no longer wanted.
    pub(crate) fn take(&mut self, ticket: Ticket) -> Option<Purpose> {
        self.waiting.remove(&ticket)
    }

    /// Whether an answer for this purpose is still to come.
    pub(crate) fn awaits(&self, purpose: &Purpose) -> bool {
        self.waiting.values().any(|waiting| waiting == purpose)
    }

    /// Whether an answer for any purpose of this kind is still to come.
    pub(crate) fn awaits_any(&self, kind: impl Fn(&Purpose) -> bool) -> bool {
        self.waiting.values().any(kind)
    }

    /// Whether a sync is on, or was asked for.
    pub(crate) fn is_syncing(&self) -> bool {
        let asked = |purpose: &Purpose| matches!(purpose, Purpose::Sync | Purpose::Resume);
        let running = self.status.as_ref().is_some_and(|status| status.running.is_some());
        running || self.awaits_any(asked)
    }

    /// Whether this run is on: it has no outcome yet.
    pub(crate) fn is_on(&self, id: RunId) -> bool {
        let running = self.status.as_ref().and_then(|status| status.running.as_ref());
        running.is_some_and(|running| running.run.id == id)
    }

    /// Whether anything is under way that can be stopped.
    pub(crate) fn busy(&self) -> bool {
        !self.waiting.is_empty() || self.status.as_ref().is_some_and(|s| s.running.is_some())
    }

    /// Whether anything on the screen moves by itself, so that time must be told.
    pub(crate) fn needs_time(&self) -> bool {
        self.busy() || self.notice().is_some() || self.demo.is_some()
    }

    /// Whether a system's credentials are stored, as far as is known.
    pub(crate) fn is_configured(&self, system: SystemKind) -> bool {
        self.status.as_ref().is_none_or(|status| {
            let of_it = |one: &&ConnectionView| one.system == system;
            let stored = |one: &ConnectionView| one.state != ConnectionState::NotConfigured;
            status.connections.iter().filter(of_it).any(stored)
        })
    }

    /// Whether credentials of any target are stored, as far as is known.
    pub(crate) fn has_target(&self) -> bool {
        [SystemKind::Autotask, SystemKind::Connectwise]
            .into_iter()
            .any(|one| self.is_configured(one))
    }

    /// The answer is no longer wanted; a question that has not left yet never does.
    pub(crate) fn forget(&mut self, purpose: &Purpose) {
        self.waiting.retain(|_, waiting| waiting != purpose);
        let waiting = &self.waiting;
        self.effects.retain(|effect| match effect {
            Effect::Ask { ticket, .. } => waiting.contains_key(ticket),
            _ => true,
        });
    }

    /// Anything else to do outside.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// What has gathered, to be carried out.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Tells something that vanishes by itself.
    pub fn inform(&mut self, text: impl Into<String>) {
        self.tell(Level::Info, About::Screen, Finding::new(Code::Info, text, ""));
    }

    /// Tells why nothing is done. The footer offers no key that leads here.
    pub(crate) fn decline(&mut self, why: impl Into<String>) {
        self.tell(Level::Declined, About::Screen, Finding::new(Code::Info, why, ""));
    }

    /// Keeps something among what was told; it is on the screen already.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let finding = Finding::new(Code::Info, text, "");
        let (level, about) = (Level::Info, About::Screen);
        self.notices.push(Notice { at: self.now, level, about, finding });
    }

    /// Tells that something was done.
    pub(crate) fn done(&mut self, text: impl Into<String>) {
        self.ended(Outcome::Success, text);
    }

    /// Tells how something ended.
    pub(crate) fn ended(&mut self, outcome: Outcome, text: impl Into<String>) {
        let finding = Finding::new(Code::Info, text, "");
        self.tell(Level::Ended(outcome), About::Screen, finding);
    }

    /// The same of what matters on every screen.
    pub(crate) fn announce(&mut self, outcome: Outcome, text: impl Into<String>) {
        let finding = Finding::new(Code::Info, text, "");
        self.tell(Level::Ended(outcome), About::Everywhere, finding);
    }

    /// Tells something that stays until dismissed.
    pub(crate) fn fail(&mut self, finding: Finding) {
        self.tell(Level::Error, About::Everywhere, finding);
    }

    fn tell(&mut self, level: Level, about: About, mut finding: Finding) {
        let keys = self.theme.keys;
        finding.text = in_keys(&finding.text, keys);
        finding.advice = in_keys(&finding.advice, keys);
        // An error stays until it is dismissed: what merely informs goes to the list behind it. What became of a key since
        // is told over it, for a while.
        let kept = !matches!(level, Level::Error | Level::Ended(_))
            && self.notice().is_some_and(|notice| notice.level == Level::Error);
        let at = self.notices.len();
        self.notices.push(Notice { at: self.now, level, about, finding });
        if level == Level::Error {
            self.error = Some(at);
        }
        if !kept {
            self.shown = Some(at);
        }
    }

    /// The error that is shown has been read.
    pub(crate) fn dismiss(&mut self) {
        (self.shown, self.error) = (None, None);
    }

    /// Time went on: informing notices vanish.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>) {
        self.now = now;
        self.frame = self.frame.wrapping_add(1);
        let stale = |notice: &Notice| notice.level != Level::Error && now - notice.at >= NOTICE;
        if self.shown.and_then(|at| self.notices.get(at)).is_some_and(stale) {
            self.shown = self.error;
        }
    }

    /// The notice to show, if any.
    pub fn notice(&self) -> Option<&Notice> {
        self.shown.and_then(|at| self.notices.get(at))
    }

    /// The screen was left: what was told of it leaves too. It stays among what was told.
    pub(crate) fn leave_screen(&mut self) {
        if self.notice().is_some_and(|notice| notice.about == About::Screen) {
            self.shown = self.error;
        }
    }

    /// What was informed of is on the screen now.
    pub(crate) fn clear_info(&mut self) {
        if self.notice().is_some_and(|notice| notice.level == Level::Info) {
            self.shown = self.error;
        }
    }

    /// A frame was drawn: a question, or a form, that stands on top of it is to be seen from now on.
    pub fn drawn(&mut self) {
        self.frames += 1;
        if frame::has_room(self.size)
            && let Some(seen) = self.dialogs.last_mut().and_then(Dialog::seen_mut)
        {
            seen.shown(self.frames, self.now);
        }
    }

    /// Why a key of this frame does nothing that is no key of the program as a whole: it was pressed without a sight of what
    /// it would do.
    pub(crate) fn why_blind(&self, action: Option<Action>, at: u64) -> Option<&'static str> {
        if !frame::has_room(self.size) {
            return Some("Keys that came while the screen was too small were dropped");
        }
        self.dialogs.last()?.why_early(action, at, self.now)
    }

    /// Tells once that keys are dropped.
    pub(crate) fn drop_key(&mut self, why: &'static str) {
        if self.notice().is_none_or(|notice| notice.finding.text != why) {
            self.decline(why);
        }
    }

    pub(crate) fn open(&mut self, dialog: impl Into<Dialog>) {
        let mut dialog = dialog.into();
        if let Some(seen) = dialog.seen_mut().filter(|_| !self.by_key) {
            *seen = Seen::by_itself();
        }
        self.dialogs.push(dialog);
        self.drop_refused_buttons();
    }

    /// A form has no button for what is refused.
    fn drop_refused_buttons(&mut self) {
        let Some(Dialog::Form(form)) = self.dialogs.last() else { return };
        let of_form = working(form.sections());
        let refused = of_form.into_iter().filter(|binding| !self.may(binding));
        let refused: Vec<Action> = refused.map(|binding| binding.action).collect();
        if let Some(Dialog::Form(form)) = self.dialogs.last_mut() {
            form.drop_buttons(&refused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{console::colour::Depth, engine::protocol::command};

    fn shell() -> Shell {
        Shell::new(Theme::new(Depth::None, true), false, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_is_asked_anew_before_it_left_leaves_once_and_is_answered_once() {
        let mut shell = shell();
        let first = shell.ask(Purpose::Status, command::Status);
        let second = shell.ask(Purpose::Status, command::Status);
        assert_eq!(shell.take_effects().len(), 1);
        assert_eq!((shell.take(first), shell.take(second)), (None, Some(Purpose::Status)));
    }

    #[test]
    fn what_was_done_is_told_over_an_error_that_comes_back_until_it_is_dismissed() {
        let mut shell = shell();
        let told = |shell: &Shell| shell.notice().map(|notice| notice.finding.text.clone());
        shell.fail(Finding::new(Code::Info, "it failed", ""));
        shell.inform("reading");
        assert_eq!(told(&shell).as_deref(), Some("it failed"));
        shell.done("saved");
        assert_eq!(told(&shell).as_deref(), Some("saved"));
        shell.tick(shell.now + NOTICE);
        assert_eq!(told(&shell).as_deref(), Some("it failed"));
        shell.dismiss();
        shell.done("saved again");
        shell.tick(shell.now + NOTICE);
        assert_eq!(told(&shell), None);
    }

    #[test]
    fn how_a_change_went_is_told_though_another_was_asked_for_since() {
        let mut shell = shell();
        let first = shell.ask(Purpose::Change, command::Lock);
        let second = shell.ask(Purpose::Change, command::Cancel);
        assert_eq!(shell.take_effects().len(), 2);
        assert_eq!(shell.take(first), Some(Purpose::Change));
        assert_eq!(shell.take(second), Some(Purpose::Change));
    }
}
