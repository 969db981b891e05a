//! What is shown of the outbox: how it is set up, what waits, and what nobody took.
//!
//! It must not change anything.

use chrono::TimeDelta;

use super::{
    courier::{MAIL_PASSWORD, secret_of},
    message::{Delivery, DeliveryState, Message, Recipient},
};
use crate::{
    domain::{
        notify::{HookSecret, MailWay, Topic},
        outcome::Outcome,
    },
    engine::{
        context::Context,
        protocol::Refusal,
        schedule,
        tables::{MESSAGES, OPTIONS, SECRETS, of_connection, of_secret},
        views::{AttentionView, DeliveryView, HookView, MailView, MessageView, Place, RouteView},
    },
    store::Key,
};

/// So many of the newest messages are shown.
const SHOWN: usize = 50;

/// What was given up so long ago wants nobody any more.
const RECENT: TimeDelta = TimeDelta::days(14);

/// What waits so long wants somebody.
const LONG: TimeDelta = TimeDelta::hours(1);

pub(super) async fn show(context: &Context) -> Result<Box<MailView>, Refusal> {
    let settings = context.config.notify();
    let words = |on: &std::collections::BTreeSet<Topic>| {
        on.iter().map(|one| one.word().to_owned()).collect()
    };
    let mut routes = Vec::new();
    for target in schedule::targets_of(context).await {
        let options = context.store.get(OPTIONS, of_connection(&target)).await?;
        let to = options.map(|options| options.notify).unwrap_or_default();
        if !to.is_empty() {
            let on = Topic::ALL.iter().map(|one| one.word().to_owned()).collect();
            routes.push(RouteView { to, on, whence: format!("program on {target}") });
        }
    }
    routes.extend(settings.routes.iter().map(|route| RouteView {
        to: route.to.clone(),
        on: words(&route.on),
        whence: "settings".to_owned(),
    }));
    let mut hooks = Vec::new();
    for hook in &settings.hooks {
        let (secret, has_secret) = match &hook.secret {
            None => (None, true),
            Some(HookSecret::File(path)) => {
                (Some(format!("file {}", path.display())), path.exists())
            }
            Some(HookSecret::Vault) => {
                (Some("vault".to_owned()), is_stored(context, &secret_of(hook)).await?)
            }
        };
        hooks.push(HookView {
            origin: hook.origin(),
            on: words(&hook.on),
            style: hook.style.word().to_owned(),
            secret,
            has_secret,
        });
    }
    let user = match &settings.way {
        Some(MailWay::Server(server)) => server.user.clone(),
        Some(MailWay::Program(_)) | None => None,
    };
    let messages = context.store.scan_back(MESSAGES, Key::new(), SHOWN).await?;
    let all: Vec<Message> =
        context.store.scan(MESSAGES, Key::new()).await?.into_iter().map(|(_, one)| one).collect();
    let waiting = all.iter().flat_map(|one| &one.deliveries).filter(|one| one.is_waiting()).count();
    Ok(Box::new(MailView {
        way: settings.way.as_ref().map(ToString::to_string),
        from: Some(settings.from).filter(|from| !from.is_empty()),
        has_password: match &user {
            Some(_) => Some(is_stored(context, MAIL_PASSWORD).await?),
            None => None,
        },
        user,
        kept: context.post.is_kept(),
        routes,
        hooks,
        waiting: waiting as u64,
        oldest: all.iter().filter(|one| !one.is_over()).map(|one| one.made_at).min(),
        messages: messages.into_iter().map(|(_, one)| view(one)).collect(),
    }))
}

async fn is_stored(context: &Context, name: &str) -> Result<bool, Refusal> {
    Ok(context.store.get(SECRETS, of_secret(name)).await?.is_some())
}

fn view(message: Message) -> MessageView {
    let Message { number, outcome, made_at, run, subject, text, deliveries, .. } = message;
    let deliveries = deliveries.into_iter().map(delivery).collect();
    MessageView { number, made_at, outcome, run, subject, text, deliveries }
}

fn delivery(of: Delivery) -> DeliveryView {
    DeliveryView {
        to: of.to.to_string(),
        web: matches!(of.to, Recipient::Hook { .. }),
        id: of.id,
        next_try: (of.state == DeliveryState::Waiting).then_some(of.next_try),
        state: of.state,
        tries: of.tries,
        error: of.last_error,
        ended_at: of.ended_at,
    }
}

/// What nobody took, and what waits too long for that: one entry each.
pub(crate) async fn unsent(context: &Context) -> Result<Vec<AttentionView>, Refusal> {
    let now = context.clock.now();
    let messages = context.store.scan(MESSAGES, Key::new()).await?;
    let all: Vec<(Message, Delivery)> = messages
        .into_iter()
        .flat_map(|(_, one)| one.deliveries.clone().into_iter().map(move |of| (one.clone(), of)))
        .collect();
    let given_up = all.iter().filter(|(_, of)| {
        of.state == DeliveryState::GivenUp && of.ended_at.is_some_and(|at| now - at < RECENT)
    });
    let waiting = all
        .iter()
        .filter(|(message, of)| of.is_waiting() && of.tries > 0 && now - message.made_at >= LONG);
    let entries = [
        entry("was taken by nobody", "unsent", &given_up.collect::<Vec<_>>()),
        entry("waits to be taken", "waiting-mail", &waiting.collect::<Vec<_>>()),
    ];
    Ok(entries.into_iter().flatten().collect())
}

fn entry(what: &str, id: &str, some: &[&(Message, Delivery)]) -> Option<AttentionView> {
    let (message, delivery) = some.last()?;
    let error = delivery.last_error.as_ref()?;
    let text = match some.len() {
        1 => format!("“{}” to {} {what}: {}", message.subject, delivery.to, error.text),
        more => {
            let what = what.replace("was ", "were ").replace("waits ", "wait ");
            format!("{more} messages {what}. The last, to {}: {}", delivery.to, error.text)
        }
    };
    Some(AttentionView {
        id: format!("{id}-{}", message.number),
        outcome: Outcome::Warning,
        text,
        advice: format!("{} `prism-connect mail show` lists them.", error.advice),
        amount: None,
        currency: None,
        place: Place::Program,
    })
}
