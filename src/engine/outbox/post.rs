//! Keeping the post: messages are made of occasions, and each is taken to everybody it is for.
//!
//! ```text
//!   occasion ─→ message, in one commit ─→ try ─→ taken: a commit says so
//!                                          ↑        │ not taken
//!                                          └─ wait ─┘      … for three days, then it is given up
//! ```
//! A program that dies between “taken” and its commit tries again, under the same Message-ID. It must not run or plan
//! anything.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::{
    courier,
    gather::{self, ToBeTold},
    letter::{self, Frame, Words},
    message::{Delivery, DeliveryState, Message, PostRecord, Recipient, Told},
    occasion::Occasion,
    spool::is_no_news,
};
use crate::{
    config::Config,
    domain::{
        ConnectionId, RunId,
        notify::{NotifySettings, Topic},
        outcome::Outcome,
        run::{RunHeader, RunKind},
        schedule::first_moment,
    },
    engine::{
        connections,
        context::Context,
        crash_point::crash_point,
        protocol::{Changed, Happening, Refusal},
        schedule,
        tables::{
            MESSAGES, OCCASIONS, OPTIONS, POST, SpooledOccasion, TOLD, of_connection, of_message,
            of_told, of_told_of,
        },
        views::connection_title,
    },
    http::Redactor,
    store::{Batch, Key},
};

/// The longest sleep: by then a clock that was set, or a machine that slept, is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60 * 60);

/// So many messages are kept that are over.
const KEPT: usize = 500;

/// What is told no more is forgotten after so long, and told again if it comes again.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// When a week is told, on its Monday, in the zone of the schedule.
const DIGEST_AT: NaiveTime = NaiveTime::from_hms_opt(7, 0, 0).expect("a time of day");

/// Without a success for so long, somebody is told.
const NO_SUCCESS: TimeDelta = TimeDelta::hours(36);

/// What was due has had so long to succeed, with all its retries.
const TO_SUCCEED: TimeDelta = TimeDelta::hours(12);

/// Keeps it until the engine stops.
pub(crate) async fn keep(context: Arc<Context>, stop: CancellationToken) {
    stop.run_until_cancelled(Post { context }.run()).await;
}

/// Takes whatever is due to everybody once, if anything came about: for a process that does not stay.
pub(crate) async fn once(context: &Arc<Context>) -> Result<(), Refusal> {
    if context.store.count(OCCASIONS, Key::new()).await? == 0 {
        return Ok(());
    }
    let post = Post { context: context.clone() };
    post.make().await?;
    post.deliver().await
}

/// An occasion: by which it is told from others, and when it came about.
#[derive(Clone, Copy)]
struct Of<'a> {
    name: &'a str,
    at: DateTime<Utc>,
}

struct Post {
    context: Arc<Context>,
}

impl Post {
    async fn run(&self) {
        loop {
            let wait = match self.step().await {
                Ok(wait) => wait,
                Err(refusal) => {
                    tracing::warn!("the post cannot go on for now: {refusal}");
                    Some(LONGEST_SLEEP)
                }
            };
            self.context.clock.sleep_unless(wait, self.context.post.change()).await;
        }
    }

    /// As the settings say by now.
    fn config(&self) -> Config {
        self.context.post.replaced().unwrap_or_else(|| self.context.config.clone())
    }

    /// Does what is due, and says how long there is nothing to do; none for until something changes.
    async fn step(&self) -> Result<Option<Duration>, Refusal> {
        let looked_again = self.look_out().await?;
        self.make().await?;
        self.deliver().await?;
        let now = self.context.clock.now();
        let tries = self.messages().await?.iter().filter_map(Message::next_try).min();
        let next = [looked_again, tries].into_iter().flatten().min();
        Ok(next.map(|at| (at - now).to_std().unwrap_or_default().min(LONGEST_SLEEP)))
    }

    async fn messages(&self) -> Result<Vec<Message>, Refusal> {
        let all = self.context.store.scan(MESSAGES, Key::new()).await?;
        Ok(all.into_iter().map(|(_, message)| message).collect())
    }

    async fn record(&self) -> Result<PostRecord, Refusal> {
        Ok(self.context.store.get(POST, Key::new()).await?.unwrap_or_default())
    }

    /// What comes about by the hour alone; when it is to be looked at next.
    async fn look_out(&self) -> Result<Option<DateTime<Utc>>, Refusal> {
        let config = self.config();
        if self.everybody(&config).await?.is_empty() {
            return Ok(None);
        }
        let digest = self.digest(&config).await?;
        let no_success = self.no_success(&config).await?;
        Ok([digest, no_success].into_iter().flatten().min())
    }

    /// A week that is over; when the next one is.
    async fn digest(&self, config: &Config) -> Result<Option<DateTime<Utc>>, Refusal> {
        let (schedule, now) = (config.schedule(), self.context.clock.now());
        let due_at = |week: NaiveDate| {
            first_moment(schedule.zone, (week + chrono::Days::new(1)).and_time(DIGEST_AT))
        };
        let mut week = gather::last_sunday(schedule.local(now).date());
        if due_at(week) > now {
            week = week - chrono::Days::new(7);
        }
        let next = due_at(week + chrono::Days::new(7));
        let record = self.record().await?;
        let told = record.digest;
        if told.is_some_and(|told| told >= week) {
            return Ok(Some(next));
        }
        let mut batch = Batch::new();
        // Before the first one nobody waited for any.
        if told.is_some() {
            super::spool::tell(&mut batch, now, Occasion::Digest { week });
        }
        batch.put(POST, &Key::new(), &PostRecord { digest: Some(week), ..record });
        self.context.store.commit(batch).await?;
        Ok(Some(next))
    }

    /// Whether no look has succeeded for long; when that would be so.
    async fn no_success(&self, config: &Config) -> Result<Option<DateTime<Utc>>, Refusal> {
        let (schedule, now) = (config.schedule(), self.context.clock.now());
        if !schedule.is_set() || !self.context.schedule.is_kept() {
            return Ok(None);
        }
        let standing = schedule::standing(&self.context).await?;
        let mut record = self.record().await?;
        // Where none ever did, it is waited for since somebody waits.
        let since = standing.succeeded_at.or(record.watched_since).unwrap_or(now);
        if standing.succeeded_at.or(record.watched_since).is_none() {
            record.watched_since = Some(now);
            let mut batch = Batch::new();
            batch.put(POST, &Key::new(), &record);
            self.context.store.commit(batch).await?;
        }
        let Some(due) = schedule.first_after(since, |_| true) else { return Ok(None) };
        let at = (since + NO_SUCCESS).max(due.at + TO_SUCCEED);
        if standing.paused || record.no_success == Some(since) {
            return Ok(None);
        }
        if at > now {
            return Ok(Some(at));
        }
        let mut batch = Batch::new();
        super::spool::tell(&mut batch, now, Occasion::NoSuccess { since, last: standing.last });
        batch.put(POST, &Key::new(), &PostRecord { no_success: Some(since), ..record });
        self.context.store.commit(batch).await?;
        Ok(None)
    }

    /// Makes messages of occasions, one commit each.
    async fn make(&self) -> Result<(), Refusal> {
        let occasions = self.context.store.scan(OCCASIONS, Key::new()).await?;
        let mut occasions: Vec<SpooledOccasion> =
            occasions.into_iter().map(|(_, occasion)| occasion).collect();
        occasions.sort_by_key(|one| one.at);
        let any = !occasions.is_empty();
        for occasion in occasions {
            let mut batch = Batch::new();
            batch.remove(OCCASIONS, &super::spool::place(&occasion.occasion));
            if !is_no_news(&occasion, self.context.clock.now()) {
                self.make_one(occasion, &mut batch).await?;
            }
            self.context.store.commit(batch).await?;
        }
        if any {
            self.let_old_go().await?;
            self.context.emit(Happening::Changed { what: Changed::Outbox });
        }
        Ok(())
    }

    async fn make_one(&self, spooled: SpooledOccasion, batch: &mut Batch) -> Result<(), Refusal> {
        let config = self.config();
        let settings = config.notify();
        let frame = self.frame(&settings).await?;
        let SpooledOccasion { at, occasion } = spooled;
        let name = occasion.name();
        let all = |target: &ConnectionId| vec![target.clone()];
        let title = |target: &ConnectionId| connection_title(target);
        let made = match &occasion {
            Occasion::RunEnded { run, whole, .. } => {
                let of = Of { name: &name, at };
                return self.of_run(&config, &frame, of, *run, *whole, batch).await;
            }
            Occasion::PlanWaits(plan) => Made {
                topic: Some(Topic::Approval),
                outcome: Outcome::Warning,
                words: letter::of_plan(&frame, plan, &title(&plan.target)),
                facts: facts(&occasion),
                targets: all(&plan.target),
                run: None,
            },
            Occasion::BreakGlass(plan) => Made {
                topic: None,
                outcome: Outcome::Warning,
                words: letter::of_break_glass(&frame, plan, &title(&plan.target)),
                facts: facts(&occasion),
                targets: all(&plan.target),
                run: None,
            },
            Occasion::NoSuccess { since, last } => Made {
                topic: Some(Topic::Failure),
                outcome: Outcome::Failure,
                words: letter::of_no_success(&frame, *since, last.as_deref()),
                facts: facts(&occasion),
                targets: schedule::targets_of(&self.context).await,
                run: None,
            },
            Occasion::Digest { week } => {
                let zone = config.schedule().zone;
                let begin = |day: NaiveDate| first_moment(zone, day.and_time(NaiveTime::MIN));
                let (from, until) =
                    (begin(*week - chrono::Days::new(6)), begin(*week + chrono::Days::new(1)));
                let week_facts = gather::week(&self.context, from, until).await?;
                Made {
                    topic: Some(Topic::Digest),
                    outcome: Outcome::NoChange,
                    words: letter::of_week(&frame, *week, &week_facts),
                    facts: facts(&occasion),
                    targets: schedule::targets_of(&self.context).await,
                    run: None,
                }
            }
        };
        self.put(&config, Of { name: &name, at }, made, batch).await
    }

    /// A run that failed or warned is told, unless everything in it was told before and has not been well since.
    async fn of_run(
        &self,
        config: &Config,
        frame: &Frame,
        of: Of<'_>,
        run: RunId,
        whole: bool,
        batch: &mut Batch,
    ) -> Result<(), Refusal> {
        let Some(found) = gather::run(&self.context, run).await? else { return Ok(()) };
        let gather::RunTroubles { facts, troubles } = found;
        let header = &facts.header;
        let known = self.context.store.scan(TOLD, of_told_of(&header.target, header.kind)).await?;
        let (mut news, mut ailing, mut seen) = (false, BTreeSet::new(), BTreeSet::new());
        for ToBeTold { whom, key, named } in &troubles {
            let place = of_told(&header.target, header.kind, key);
            let before = self.context.store.get(TOLD, place.clone()).await?;
            let text = letter::one_line(&format!("{}: {}", named.who, named.text));
            news |= before.is_none();
            let since = before.as_ref().map_or(of.at, |told| told.since);
            let times = before.map_or(1, |told| told.times + 1);
            let told = Told { whom: whom.clone(), text, since, last: of.at, times };
            batch.put(TOLD, &place, &told);
            ailing.insert(whom.clone());
            seen.insert(place);
        }
        let came_to_all = whole && !broke_off(header);
        // What is held this morning and was refused the last one has not been well in between.
        let well_again = |told: &Told| came_to_all && !ailing.contains(&told.whom);
        for (place, told) in known {
            if !seen.contains(&place) && (well_again(&told) || of.at - told.last > REMEMBERED) {
                batch.remove(TOLD, &place);
            }
        }
        let topic = match header.status {
            Outcome::Failure => Topic::Failure,
            Outcome::Warning => Topic::Warning,
            Outcome::NoChange | Outcome::Success | Outcome::NotAttempted => return Ok(()),
        };
        if !news {
            return Ok(());
        }
        let made = Made {
            topic: Some(topic),
            outcome: header.status,
            words: letter::of_run(frame, &facts),
            facts: gather::json(&facts),
            targets: vec![header.target.clone()],
            run: Some(run),
        };
        self.put(config, of, made, batch).await
    }

    /// Puts a message for everybody it is for; none where it is for nobody.
    async fn put(
        &self,
        config: &Config,
        Of { name, at }: Of<'_>,
        made: Made,
        batch: &mut Batch,
    ) -> Result<(), Refusal> {
        let settings = config.notify();
        let now = self.context.clock.now();
        let installation = self.context.store.installation().to_string();
        let mut recipients = BTreeSet::new();
        for target in &made.targets {
            recipients.extend(self.recipients(&settings, made.topic, Some(target)).await?);
        }
        let deliveries: Vec<Delivery> = recipients
            .into_iter()
            .map(|to| {
                let id = courier::id(&installation, name, &to);
                Delivery::new(to, id, now)
            })
            .collect();
        if deliveries.is_empty() {
            return Ok(());
        }
        let secrets = courier::secrets(&self.context).await?;
        let Words { subject, text } = made.words;
        let record = self.record().await?;
        let number = record.newest + 1;
        let message = Message {
            number,
            name: name.to_owned(),
            topic: made.topic,
            outcome: made.outcome,
            made_at: at,
            run: made.run,
            subject: secrets.safe(&subject),
            text: lines_without(&secrets, &text),
            facts: without(&secrets, made.facts),
            deliveries,
        };
        batch.put(MESSAGES, &of_message(number), &message);
        batch.put(POST, &Key::new(), &PostRecord { newest: number, ..record });
        Ok(())
    }

    /// Everybody who is told of anything.
    async fn everybody(&self, config: &Config) -> Result<BTreeSet<Recipient>, Refusal> {
        let mut all = BTreeSet::new();
        for target in schedule::targets_of(&self.context).await {
            all.extend(self.recipients(&config.notify(), None, Some(&target)).await?);
        }
        Ok(all)
    }

    async fn recipients(
        &self,
        settings: &NotifySettings,
        topic: Option<Topic>,
        target: Option<&ConnectionId>,
    ) -> Result<BTreeSet<Recipient>, Refusal> {
        recipients(&self.context, settings, topic, target).await
    }

    async fn frame(&self, settings: &NotifySettings) -> Result<Frame, Refusal> {
        frame(&self.context, settings).await
    }

    /// Takes what is due to everybody, one after the other. What stands in the way of every letter is not run into again
    /// for each.
    async fn deliver(&self) -> Result<(), Refusal> {
        let config = self.config();
        let mut courier = courier::Courier::new(&self.context, &config).await;
        let mut any = false;
        for mut message in self.messages().await? {
            for at in 0..message.deliveries.len() {
                let now = self.context.clock.now();
                if !message.deliveries[at].is_due(now) {
                    continue;
                }
                let tried = courier.take(&message, &message.deliveries[at]).await;
                if tried.is_ok() {
                    crash_point("message-taken");
                }
                let now = self.context.clock.now();
                let made_at = message.made_at;
                let delivery = &mut message.deliveries[at];
                match tried {
                    Ok(()) => delivery.sent(now),
                    Err(untaken) => {
                        delivery.failed(untaken.finding, untaken.for_good, made_at, now);
                        if delivery.state == DeliveryState::GivenUp {
                            let (number, to) = (message.number, &delivery.to);
                            tracing::error!("message {number} to {to} is given up");
                        }
                    }
                }
                let mut batch = Batch::new();
                batch.put(MESSAGES, &of_message(message.number), &message);
                self.context.store.commit(batch).await?;
                any = true;
            }
        }
        if any {
            self.context.emit(Happening::Changed { what: Changed::Outbox });
        }
        Ok(())
    }

    async fn let_old_go(&self) -> Result<(), Refusal> {
        let mut over: Vec<Message> = self.messages().await?;
        over.retain(Message::is_over);
        let more = over.len().saturating_sub(KEPT);
        let mut batch = Batch::new();
        for message in over.iter().take(more) {
            batch.remove(MESSAGES, &of_message(message.number));
        }
        if batch.is_empty() { Ok(()) } else { Ok(self.context.store.commit(batch).await?) }
    }
}

/// A message before it has its number.
struct Made {
    topic: Option<Topic>,
    outcome: Outcome,
    words: Words,
    facts: serde_json::Value,
    /// Those whose program it is about: each has addresses of its own.
    targets: Vec<ConnectionId>,
    run: Option<RunId>,
}

fn facts(occasion: &Occasion) -> serde_json::Value {
    serde_json::to_value(occasion).unwrap_or_default()
}

/// What was not come to is not known to be well.
fn broke_off(header: &RunHeader) -> bool {
    let tally = match header.kind {
        RunKind::Customers => header.counts.customers,
        RunKind::Products => header.counts.products,
    };
    tally.not_attempted > 0 || (header.message.is_some() && header.status == Outcome::Failure)
}

/// Whom something is for: those of the settings who wish it, and the addresses of the program.
pub(super) async fn recipients(
    context: &Context,
    settings: &NotifySettings,
    topic: Option<Topic>,
    target: Option<&ConnectionId>,
) -> Result<BTreeSet<Recipient>, Refusal> {
    let mut all = BTreeSet::new();
    let wishes = |on: &BTreeSet<Topic>| topic.is_none_or(|topic| on.contains(&topic));
    if settings.way.is_some() {
        let routes = settings.routes.iter().filter(|route| wishes(&route.on));
        let mut addresses: Vec<String> = routes.flat_map(|route| route.to.clone()).collect();
        if let Some(target) = target {
            let options = context.store.get(OPTIONS, of_connection(target)).await?;
            addresses.extend(options.into_iter().flat_map(|options| options.notify));
        }
        all.extend(addresses.into_iter().map(|address| Recipient::Mail { address }));
    }
    all.extend(settings.hooks.iter().filter(|hook| wishes(&hook.on)).map(courier::recipient));
    Ok(all)
}

/// What every letter says beside what it is about.
pub(super) async fn frame(context: &Context, settings: &NotifySettings) -> Result<Frame, Refusal> {
    Ok(Frame {
        environment: connections::environments::of_installation(context).await?,
        installation: context.store.installation().to_string(),
        ssh: settings.ssh.clone(),
        web: settings.web.clone(),
        anchor: context.anchor().await,
    })
}

fn lines_without(secrets: &Redactor, text: &str) -> String {
    // Line by line: what is made safe is one line.
    let safe = |line: &str| if line == "-- " { line.to_owned() } else { secrets.safe(line) };
    let indent = |line: &str| -> String { line.chars().take_while(|c| *c == ' ').collect() };
    let whole = |line: &str| {
        let made = safe(line);
        if made.starts_with(' ') { made } else { indent(line) + &made }
    };
    text.split('\n').map(whole).collect::<Vec<_>>().join("\n")
}

fn without(secrets: &Redactor, value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(secrets.safe(&text)),
        Value::Array(all) => all.into_iter().map(|one| without(secrets, one)).collect(),
        Value::Object(all) => {
            all.into_iter().map(|(name, one)| (name, without(secrets, one))).collect()
        }
        other => other,
    }
}
