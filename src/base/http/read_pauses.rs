//! Waiting: between tries, for `Retry-After`, for the budget. Visible, bounded, and ended by a cancel.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::{Budget, Call, HttpSettings, Notices, Reply, UnderWay, WaitNotice, wire::Fault};
use crate::{
    clock::Clock,
    domain::{Code, ReadError, outcome::Finding, read_error::why_put_off},
};

/// While the budget is used up: how long until the next look, at first and after the first looks were in vain. A look
/// counts as a request itself, and what is left may be little.
const BETWEEN_LOOKS: Duration = Duration::from_secs(60);
const BETWEEN_LATER_LOOKS: Duration = Duration::from_secs(300);

/// The shortest such pause: whoever waits for a moment that has come does not spin.
const SHORTEST_FOR_BUDGET: Duration = Duration::from_millis(100);

/// The longest wait for the budget: others who leave nothing for so long will leave nothing for longer.
const LONGEST_FOR_BUDGET: Duration = Duration::from_secs(12 * 3600);

/// The longest back-off from answers that only turn away.
const LONGEST_TURNED_AWAY: u32 = 7;

/// What one read has been through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    /// Failed tries.
    pub(super) failed: u32,
    turned_away: u32,
    waited: Duration,
    /// What is still waited for an answer that only turned away; none where the last one was a failure.
    patience: Option<Duration>,
}

#[derive(Clone)]
pub(super) struct Pauses {
    clock: Clock,
    first: Duration,
    longest: Duration,
    jitter: Arc<Mutex<fastrand::Rng>>,
    cancel: CancellationToken,
    notices: Option<Notices>,
}

impl Tries {
    /// Counts what just happened; true where it is time to give up.
    pub(super) fn count(&mut self, call: &Call, over: Result<&Reply, &Fault>, most: u32) -> bool {
        self.patience = over.ok().and_then(|reply| {
            let (turns_away, in_all) = call.patient?;
            let left = in_all.checked_sub(self.waited).filter(|left| !left.is_zero())?;
            turns_away(reply).then_some(left)
        });
        if self.patience.is_some() {
            self.turned_away += 1;
            return false;
        }
        self.failed += 1;
        self.failed >= most
    }

    /// What to say of the last try, with how long it was waited for a better one where that was long.
    pub(super) fn given_up(&self, last: Finding) -> Finding {
        last.after_waiting(self.waited)
    }
}

impl Pauses {
    pub(super) fn new(settings: &HttpSettings, clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            first: settings.first_pause,
            longest: settings.longest_pause,
            jitter: Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))),
            cancel: CancellationToken::new(),
            notices: None,
        }
    }

    pub(super) fn with_cancel(&self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self.clone() }
    }

    pub(super) fn with_notices(&self, notices: Notices) -> Self {
        Self { notices: Some(notices), ..self.clone() }
    }

    pub(super) async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// The pause before the next try: what the server asked for, else back-off with jitter.
    pub(super) async fn before_next(
        &self,
        call: &Call,
        tries: &mut Tries,
        asked: Option<Duration>,
        finding: &Finding,
    ) -> Result<(), ReadError> {
        let longest = self.longest.max(tries.patience.unwrap_or_default());
        let asked = asked.map(|asked| self.believed(call, asked));
        if let Some(asked) = asked.filter(|asked| *asked > longest) {
            let minutes = asked.as_secs() / 60;
            let text = format!("{} (it asks to wait {minutes} minutes)", finding.text);
            return Err(ReadError::Unreachable(Finding { text, ..finding.clone() }));
        }
        // Whoever asks for nothing, again and again, is not asked without a pause.
        let back_off = self.back_off(tries.failed + tries.turned_away.min(LONGEST_TURNED_AWAY));
        // Jitter on top of what the server asked for, so that not all come back at the same instant.
        let pause = asked.map_or(back_off, |asked| back_off.max(asked) + self.jitter(self.first));
        tries.waited += pause;
        self.wait(&format!("{} ({})", call.system, why_put_off(&finding.code)), pause).await
    }

    fn believed(&self, call: &Call, asked: Duration) -> Duration {
        if call.believed.is_some_and(|longest| asked > longest) { self.longest } else { asked }
    }

    /// Waits until the budget has a request to spare: until what was counted has left the window, and less where a look
    /// finds room before. Where others go on to use it up it is waited for again, but not for ever.
    pub(super) async fn for_budget(
        &self,
        budget: &Arc<Budget>,
        call: &Call,
    ) -> Result<UnderWay, ReadError> {
        let mut waited = Duration::ZERO;
        loop {
            let until = match budget.take(self.clock) {
                Ok(counted) => return Ok(counted),
                Err(until) => until,
            };
            if waited >= LONGEST_FOR_BUDGET {
                return Err(ReadError::Unreachable(used_up(call)));
            }
            let _told = self.tell(&format!("{}'s hourly budget", call.system), until);
            while !budget.has_room(self.clock.now())
                && self.clock.now() < until
                && waited < LONGEST_FOR_BUDGET
            {
                waited += self.look_for_room(budget, call, waited, until).await?;
            }
        }
    }

    /// Sleeps, then looks; how long it slept. Never beyond the moment from which there is room without a look.
    async fn look_for_room(
        &self,
        budget: &Budget,
        call: &Call,
        waited: Duration,
        until: DateTime<Utc>,
    ) -> Result<Duration, ReadError> {
        let looks = budget.looks();
        let early = waited < BETWEEN_LATER_LOOKS;
        let pause = if early { BETWEEN_LOOKS } else { BETWEEN_LATER_LOOKS };
        let rest = (until - self.clock.now()).to_std().unwrap_or_default();
        let pause = pause.min(rest.max(SHORTEST_FOR_BUDGET));
        self.sleep(pause).await?;
        let ours = budget.is_our_share_used_up(self.clock.now());
        let Some(look) = call.look.as_ref().filter(|_| !ours) else { return Ok(pause) };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(ReadError::Cancelled),
            () = budget.look_after(looks, look) => Ok(pause),
        }
    }

    fn back_off(&self, tried: u32) -> Duration {
        let doubled = self.first.saturating_mul(1_u32 << tried.saturating_sub(1).min(16));
        let half = doubled.min(self.longest) / 2;
        half + self.jitter(half)
    }

    fn jitter(&self, most: Duration) -> Duration {
        let share = self.jitter.lock().unwrap_or_else(PoisonError::into_inner).f64();
        most.mul_f64(share)
    }

    pub(super) async fn wait(&self, for_what: &str, pause: Duration) -> Result<(), ReadError> {
        let until = self.clock.now() + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX);
        let _told = self.tell(for_what, until);
        self.sleep(pause).await
    }

    async fn sleep(&self, pause: Duration) -> Result<(), ReadError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(ReadError::Cancelled),
            () = self.clock.sleep(pause) => Ok(()),
        }
    }

    fn tell(&self, for_what: &str, until: DateTime<Utc>) -> ToldWait<'_> {
        let told = ToldWait(self.notices.as_ref());
        told.say(WaitNotice::Waiting { for_what: for_what.to_owned(), until: Some(until) });
        told
    }
}

fn used_up(call: &Call) -> Finding {
    let hours = LONGEST_FOR_BUDGET.as_secs() / 3600;
    let text = format!(
        "{}'s hourly budget was used up by other integrations for {hours} hours; {} was not sent.",
        call.system,
        call.place()
    );
    let advice = "Find out which integration sends so many requests and stop it. Then sync again: \
                  exactly the rest is written.";
    Finding::new(Code::BudgetUsedUp, text, advice)
}

/// Says that the wait is over when it is dropped, however it ended.
struct ToldWait<'a>(Option<&'a Notices>);

impl ToldWait<'_> {
    fn say(&self, notice: WaitNotice) {
        if let Some(notices) = self.0 {
            notices(notice);
        }
    }
}

impl Drop for ToldWait<'_> {
    fn drop(&mut self) {
        self.say(WaitNotice::WaitOver);
    }
}
