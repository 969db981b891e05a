//! What new services are made with: what the target offers, and what of it is meant by a typed name or id.
//!
//! It must not store anything, or know what a choice means.

use std::{collections::BTreeMap, sync::Arc};

use super::alike;
use crate::{
    domain::{
        Code, ConnectionId, ReadError, Thing,
        choice::{ChoiceOption, Chosen, Picked, ServiceChoice},
        policy::ProgramOptions,
        target::TargetKind,
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        factory::service_choices,
        protocol::{Refusal, RefusalKind, command::NameOrId},
        refusals::{ambiguous, malformed, unknown},
        views::{ChoiceView, ProgramView},
    },
    psa::Psa,
};

/// What is typed for each choice, by its name.
pub(super) type Typed = BTreeMap<String, NameOrId>;

/// What the target in use makes new services with; of one that is not stored yet, of the usual kind.
pub(crate) fn offered(context: &Context) -> &'static [ServiceChoice] {
    let system = context.sides.system(&context.sides.target);
    service_choices(system.target().unwrap_or(TargetKind::Autotask))
}

/// Refused, where something was not chosen without which nothing new can be made.
pub(crate) fn all_chosen(context: &Context, options: &ProgramOptions) -> Result<(), Refusal> {
    match options.chosen.missing(offered(context)) {
        Some(choice) => Err(Refusal::new(RefusalKind::Failed, choice.missing())),
        None => Ok(()),
    }
}

/// Choices as they are shown, without what can be chosen.
pub(super) fn views(context: &Context) -> Vec<ChoiceView> {
    let view = |choice: &ServiceChoice| ChoiceView {
        name: choice.name().to_owned(),
        label: choice.label().to_owned(),
        required: choice.required,
        within: choice.within.map(|whole| whole.key().to_owned()),
        options: None,
    };
    offered(context).iter().map(view).collect()
}

/// Loads what can be chosen. What is optional may be missing, and so may be the right to see it (R3).
pub(super) async fn load(
    context: &Arc<Context>,
    caller: &Caller,
    view: &mut ProgramView,
) -> Result<(), Refusal> {
    let (name, client) = context.target(caller).await?;
    for (choice, shown) in offered(context).iter().zip(&mut view.choices) {
        let read = client.choices(choice.what).await;
        if choice.required {
            shown.options = Some(heard(context, &name, read).await?);
            continue;
        }
        match read {
            Ok(options) => shown.options = Some(options),
            Err(ReadError::Cancelled) => return Err(ReadError::Cancelled.into()),
            Err(error) => view.finding = Some(error.finding()),
        }
    }
    Ok(())
}

/// What was chosen, with what is typed now, and with the usual ones where sync is on and nothing was chosen.
pub(super) async fn choose(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &Typed,
    options: &ProgramOptions,
) -> Result<Chosen, Refusal> {
    let offered = offered(context);
    let names = || offered.iter().map(ServiceChoice::name);
    if let Some(odd) = typed.keys().find(|name| names().all(|known| known != *name)) {
        let advice = format!("There are: {}.", names().collect::<Vec<_>>().join(", "));
        return Err(unknown(Thing::Choice, odd, names(), &advice));
    }
    let mut lists = Lists { context, caller, client: None, read: BTreeMap::new() };
    let mut chosen = options.chosen.clone();
    for choice in offered {
        lists.make(choice, typed, &mut chosen).await?;
    }
    let open = |choice: &&ServiceChoice, chosen: &Chosen| {
        choice.required && choice.has_usual && chosen.of(choice.what).is_none()
    };
    for choice in offered.iter().filter(|_| options.sync) {
        if open(&choice, &chosen)
            && let Some(usual) = usual(&lists.of(choice.what).await?)
        {
            take(*choice, &usual, &mut chosen);
        }
    }
    Ok(chosen)
}

/// The lists of the target, each read once, and only if it is needed.
struct Lists<'a> {
    context: &'a Arc<Context>,
    caller: &'a Caller,
    client: Option<(ConnectionId, Arc<dyn Psa>)>,
    read: BTreeMap<&'static str, Vec<ChoiceOption>>,
}

impl Lists<'_> {
    async fn of(&mut self, what: Thing) -> Result<Vec<ChoiceOption>, Refusal> {
        if let Some(read) = self.read.get(what.key()) {
            return Ok(read.clone());
        }
        if self.client.is_none() {
            self.client = Some(self.context.target(self.caller).await?);
        }
        let Some((name, client)) = &self.client else { return Ok(Vec::new()) };
        let read = heard(self.context, name, client.choices(what).await).await?;
        self.read.insert(what.key(), read.clone());
        Ok(read)
    }

    async fn make(
        &mut self,
        choice: &ServiceChoice,
        typed: &Typed,
        chosen: &mut Chosen,
    ) -> Result<(), Refusal> {
        let whole_typed = choice.within.is_some_and(|whole| typed.contains_key(whole.key()));
        let whole = choice.within.and_then(|whole| chosen.of(whole)).cloned();
        match typed.get(choice.name()).map(|text| text.trim()) {
            Some("") if choice.required => {
                let text = format!("The {} is empty.", choice.what.noun());
                Err(malformed(Code::Unusable(choice.what), text, "Give its name or id."))
            }
            Some("") => {
                chosen.set(choice.what, None);
                Ok(())
            }
            Some(text) => {
                let options = self.of(choice.what).await?;
                let only = whole.as_ref().filter(|_| whole_typed);
                let within = |option: &&ChoiceOption| only.is_none_or(|whole| is_of(option, whole));
                let options: Vec<&ChoiceOption> = options.iter().filter(within).collect();
                let option = pick(choice.what, text, &options, whole.as_ref())?;
                take(*choice, option, chosen);
                Ok(())
            }
            None if whole_typed => self.stay_within(choice, whole, chosen).await,
            None => Ok(()),
        }
    }

    /// Another whole was chosen: what is no part of it gives way to its usual or only part.
    async fn stay_within(
        &mut self,
        choice: &ServiceChoice,
        whole: Option<Picked>,
        chosen: &mut Chosen,
    ) -> Result<(), Refusal> {
        let Some(whole) = whole else { return Ok(()) };
        let mut options = self.of(choice.what).await?;
        options.retain(|option| is_of(option, &whole));
        let stored = chosen.of(choice.what).map(|picked| picked.id);
        if options.iter().any(|option| stored == Some(option.id)) {
            return Ok(());
        }
        let other = usual(&options).or_else(|| options.pop().filter(|_| options.is_empty()));
        chosen.set(choice.what, other.map(|option| option.picked()));
        Ok(())
    }
}

fn is_of(option: &ChoiceOption, whole: &Picked) -> bool {
    option.within.as_ref().is_some_and(|within| within.id == whole.id)
}

fn usual(options: &[ChoiceOption]) -> Option<ChoiceOption> {
    options.iter().find(|option| option.usual).cloned()
}

/// It, and with it what it is a part of.
fn take(choice: ServiceChoice, option: &ChoiceOption, chosen: &mut Chosen) {
    if let Some(whole) = choice.within {
        chosen.set(whole, option.within.clone());
    }
    chosen.set(choice.what, Some(option.picked()));
}

/// The one that is meant; of several of one name, that in the whole that is chosen already.
fn pick<'a>(
    what: Thing,
    typed: &str,
    options: &[&'a ChoiceOption],
    whole: Option<&Picked>,
) -> Result<&'a ChoiceOption, Refusal> {
    if let Ok(id) = typed.parse::<i64>()
        && let Some(option) = options.iter().find(|option| option.id == id)
    {
        return Ok(option);
    }
    let is_meant = |option: &&&ChoiceOption| {
        let whole = option.within.as_ref();
        let full = whole.map(|whole| format!("{}: {}", whole.name, option.name));
        alike(&option.name, typed) || full.is_some_and(|full| alike(&full, typed))
    };
    let mut same: Vec<&ChoiceOption> = options.iter().filter(is_meant).copied().collect();
    if let (true, Some(whole)) = (same.len() > 1, whole) {
        let of_it: Vec<_> = same.iter().filter(|option| is_of(option, whole)).copied().collect();
        same = if of_it.is_empty() { same } else { of_it };
    }
    match same.as_slice() {
        [option] => Ok(option),
        [] => {
            let names = options.iter().map(|option| option.name.as_str());
            Err(unknown(what, typed, names, advice(what)))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|option| option.id.to_string()).collect();
            Err(ambiguous(what, typed, &ids))
        }
    }
}

fn advice(what: Thing) -> &'static str {
    match what {
        Thing::BillingCode => {
            "It must be active and of use type Recurring Contract Service; \
             `prism-connect program show` lists those."
        }
        _ => "It must be active in the PSA; `prism-connect program show` lists those.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: i64, name: &str, within: &str) -> ChoiceOption {
        let whole = Picked::new(id * 10, within);
        ChoiceOption { within: Some(whole), ..ChoiceOption::new(id, name) }
    }

    #[test]
    fn a_name_that_two_carry_is_ambiguous_but_for_the_whole_it_stands_in() {
        let (cloud, hard) = (of(1, "Misc", "Cloud"), of(2, "Misc", "Hardware"));
        let options = [&cloud, &hard];
        let id = |typed, whole: Option<&Picked>| {
            pick(Thing::Subcategory, typed, &options, whole).map(|option| option.id)
        };
        assert_eq!(id("misc", None).expect_err("ambiguous").suggestions, ["1", "2"]);
        assert_eq!(id("2", None), Ok(2));
        assert_eq!(id("hardware: misc", None), Ok(2));
        assert_eq!(id("misc", Some(&Picked::new(10, "Cloud"))), Ok(1));
    }
}
