//! Options of the program on the target (R17–R24).

use std::{collections::HashMap, sync::Arc};

use crate::{
    domain::{
        Code, CompanyId, Thing,
        policy::{ProductMode, ProgramOptions},
        target::Company,
    },
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        family::Family,
        protocol::{
            Ask, Changed, Refusal, Reply,
            command::SetProgram,
            command::{Program, ProgramCommand},
        },
        refusals::{ambiguous, malformed, shortened, unknown},
        tables::{OPTIONS, PROGRAM, of_connection},
        views::ProgramView,
    },
    store::Batch,
};

pub(crate) mod choices;

impl Family for ProgramCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Program(Program { choices }) => {
                show(context, caller, choices).await.map(Program::put)
            }
            Self::SetProgram(draft) => set(context, caller, draft).await.map(SetProgram::put),
        }
    }
}

/// The options, with what can be chosen if it is asked for.
pub(super) async fn show(
    context: &Arc<Context>,
    caller: &Caller,
    with_choices: bool,
) -> Result<Box<ProgramView>, Refusal> {
    let mut view = view(context).await?;
    if with_choices {
        choices::load(context, caller, &mut view).await?;
    }
    Ok(Box::new(view))
}

async fn view(context: &Context) -> Result<ProgramView, Refusal> {
    let record = context.connection(&context.sides.target).await?;
    let target_url = record.and_then(|record| {
        let probed = record.probe.map(|probe| probe.url);
        probed.or_else(|| record.settings.target_url().map(ToString::to_string))
    });
    Ok(ProgramView {
        program: PROGRAM.to_owned(),
        target: context.sides.target.clone(),
        target_url,
        options: context.options().await?,
        choices: choices::views(context),
        finding: None,
    })
}

/// Changes options: all that is given, or nothing.
pub(super) async fn set(
    context: &Arc<Context>,
    caller: &Caller,
    draft: SetProgram,
) -> Result<Box<ProgramView>, Refusal> {
    let _pen = context.pen.lock().await;
    let old = context.options().await?;
    let mut new = old.clone();
    if let Some(addresses) = &draft.notify {
        new.notify = addresses.iter().map(|one| mail_address(one)).collect::<Result<_, _>>()?;
        new.notify.sort();
        new.notify.dedup();
    }
    new.sync = draft.sync.unwrap_or(new.sync);
    new.mode = draft.mode.unwrap_or(new.mode);
    new.azure = draft.azure.unwrap_or(new.azure);
    new.chosen = choices::choose(context, caller, &draft.choices, &new).await?;
    if new.sync {
        choices::all_chosen(context, &new)?;
    }
    if new != old {
        let mut batch = Batch::new();
        batch.put(OPTIONS, &of_connection(&context.sides.target), &new);
        let deed = Deed::from(told(context, &new)).about(context.sides.target.as_str());
        let deed = deed.moved(Some(told(context, &old)), Some(told(context, &new)));
        context.change(caller, batch, deed, Changed::Program).await?;
    }
    Ok(Box::new(view(context).await?))
}

/// A name as it is compared: without case and surrounding blanks.
pub(super) fn compared(name: &str) -> String {
    name.trim().to_lowercase()
}

pub(super) fn alike(name: &str, typed: &str) -> bool {
    compared(name) == compared(typed)
}

/// A company by id or name.
pub(super) fn pick_company<'a>(
    what: Thing,
    typed: &str,
    companies: &'a [Company],
) -> Result<&'a Company, Refusal> {
    CompanyNames::of(companies).pick(what, typed)
}

/// Companies by what an operator calls them, for whoever looks up many.
pub(super) struct CompanyNames<'a> {
    all: &'a [Company],
    by_id: HashMap<CompanyId, &'a Company>,
    by_name: HashMap<String, Vec<&'a Company>>,
}

impl<'a> CompanyNames<'a> {
    pub(super) fn of(all: &'a [Company]) -> Self {
        let by_id = all.iter().map(|company| (company.id, company)).collect();
        let mut by_name: HashMap<String, Vec<&Company>> = HashMap::new();
        for company in all {
            by_name.entry(compared(&company.name)).or_default().push(company);
        }
        Self { all, by_id, by_name }
    }

    fn by_id(&self, typed: &str) -> Option<&'a Company> {
        self.by_id.get(&typed.trim().parse().ok()?).copied()
    }

    /// Whether anything is called so.
    pub(super) fn knows(&self, typed: &str) -> bool {
        self.by_id(typed).is_some() || self.by_name.contains_key(&compared(typed))
    }

    /// The company that is meant.
    pub(super) fn pick(&self, what: Thing, typed: &str) -> Result<&'a Company, Refusal> {
        let typed = typed.trim();
        if typed.is_empty() {
            let text = format!("No {} is named.", what.noun());
            return Err(malformed(Code::Unusable(what), text, "Give its name or id."));
        }
        if let Some(company) = self.by_id(typed) {
            return Ok(company);
        }
        match self.by_name.get(&compared(typed)).map_or(&[][..], Vec::as_slice) {
            [company] => Ok(company),
            [] => {
                let names = self.all.iter().map(|company| company.name.as_str());
                Err(unknown(what, typed, names, "Names and ids are those of the PSA."))
            }
            several => {
                let ids: Vec<_> = several.iter().map(|company| company.id.to_string()).collect();
                Err(ambiguous(what, typed, &ids))
            }
        }
    }
}

/// An e-mail address as an operator types it.
pub(super) fn mail_address(typed: &str) -> Result<String, Refusal> {
    let text = typed.trim();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"()".contains(c);
    let good = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.split('.').count() > 1
            && host.split('.').all(|label| !label.is_empty())
            && !host.contains('@')
    });
    if good && text.len() <= 254 && !text.chars().any(odd) {
        return Ok(text.to_owned());
    }
    Err(malformed(
        Code::MailAddress,
        format!("“{}” is no e-mail address.", shortened(typed)),
        "Write it like name@example.com.",
    ))
}

fn told(context: &Context, options: &ProgramOptions) -> String {
    let chosen = choices::offered(context).iter().map(|choice| {
        let name = options.chosen.of(choice.what).map_or("none", |picked| picked.name.as_str());
        format!("{} {name}", choice.what.noun())
    });
    let on = |flag: bool| if flag { "on" } else { "off" };
    format!(
        "set options: sync {}, products {}, Azure {}, {}, told {}",
        on(options.sync),
        if options.mode == ProductMode::All { "all" } else { "in use" },
        on(options.azure),
        chosen.collect::<Vec<_>>().join(", "),
        options.notify.len(),
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("billing@example.com", true)]
    #[case(" billing@mail.example.com ", true)]
    #[case("billing", false)]
    #[case("billing@example", false)]
    #[case("billing@@example.com", false)]
    #[case("bill ing@example.com", false)]
    #[case("billing@example..com", false)]
    #[case("a@example.com\r\nBcc: b@example.com", false)]
    fn an_address_has_a_name_and_a_host(#[case] typed: &str, #[case] good: bool) {
        assert_eq!(mail_address(typed).is_ok(), good);
    }
}
