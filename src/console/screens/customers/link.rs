//! The link form of one tenant (R42), and what its pickers offer.

use std::fmt::Write as _;

use crate::{
    console::{
        action::Action,
        advice::as_shown,
        dialog::{
            Confirm, Dialog, Form,
            confirm::Then,
            form::{About, Field, Picked, Value},
            picker::Choice,
        },
        purpose::Purpose,
        shell::Shell,
        widgets::text::{date, in_currency},
    },
    domain::{
        CompanyId, TenantId,
        mapping::{PricingStrategy, Start},
        terms::Terms,
    },
    engine::{
        protocol::command,
        views::{CompanyChoice, ContractChoice, CustomerView, SuggestionView, unlike},
    },
};

/// Opens the form on a row.
pub(crate) fn open(row: &CustomerView, shell: &mut Shell) {
    let mapping = row.mapping.as_ref();
    let company = mapping.map(|m| Picked::new(&m.company_id, &m.company));
    let contract = mapping.map(|m| Picked::new(&m.contract_id, &m.contract));
    let mut form = form(row, company, contract, shell);
    form.doubt =
        mapping.and_then(|mapping| unlike(&row.customer_name, &row.domain, &mapping.company));
    shell.open(form);
}

/// Opens the form on a row, with what was suggested for it; its contracts are read, to choose one of them.
pub(crate) fn open_suggested(row: &CustomerView, suggested: &SuggestionView, shell: &mut Shell) {
    let company = Picked::new(&suggested.company.id, &suggested.company.name);
    let contract = suggested.contract.as_ref().map(|one| Picked::new(&one.id, &one.name));
    let mut form = form(row, Some(company), contract, shell);
    form.doubt.clone_from(&suggested.doubt);
    form.focus_on("contract");
    shell.open(form);
    let company = suggested.company.id;
    shell.ask(Purpose::Contracts(company), command::Contracts { company });
}

fn form(
    row: &CustomerView,
    company: Option<Picked>,
    contract: Option<Picked>,
    shell: &Shell,
) -> Form {
    let mapping = row.mapping.as_ref();
    let from = mapping.map_or(Start::MostRecent, |m| m.start);
    let pricing = mapping.map_or(PricingStrategy::CostAndRetail, |m| m.pricing);
    let starts = vec![("most-recent", "the most recent invoice"), ("next", "the next invoice")];
    let strategies = vec![
        ("cost-and-retail", "quantities, cost and price"),
        ("cost-only", "quantities and cost; sell prices are mine"),
        ("quantities-only", "only quantities"),
    ];
    let amount = row.latest_amount.map_or_else(String::new, |amount| {
        format!("  (cost {})", in_currency(amount, row.currency.as_ref()))
    });
    let fields = vec![
        Field::new("customer", "PRISM customer", Value::Fixed(row.customer_name.clone() + &amount)),
        Field::new("tenant", "Tenant", Value::Fixed(row.domain.clone())),
        Field::new("company", "Company", Value::Pick(company)).required(),
        Field::new("contract", "Contract", Value::Pick(contract)).required(),
        Field::new("sync", "Sync", Value::Switch(mapping.is_some_and(|m| m.sync)))
            .hint("“Save and sync now” switches it on"),
        Field::new(
            "from",
            "First invoice to sync",
            Value::Choice(starts, usize::from(from == Start::Next)),
        ),
        Field::new("pricing", "Update", Value::Choice(strategies, place(pricing))),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("now", "Save and sync now", Value::Button(Action::SaveAndSync)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ];
    let title = shell.theme.terms.say("Link with Autotask");
    Form::new(About::Link(row.tenant.clone()), title, fields)
}

/// Where customer and company have nothing in common in their names that is asked before each save, whatever became of
/// the last one: the wrong company is billed as readily as the right one.
pub(crate) fn about_unlike_names(form: &Form, action: Action, terms: Terms) -> Option<Confirm> {
    let saves = matches!(action, Action::Save | Action::SaveAndSync);
    let doubt = form.doubt.as_ref().filter(|_| saves && form.links())?;
    let picked = |name: &str| form.picked_name(name).unwrap_or_default();
    let (company, contract) = (picked("company"), picked("contract"));
    let question = Confirm::new("Link these all the same?", "Link", Then::SaveForm(action));
    let shared = form.shared_told(terms).map(|told| format!("{told}."));
    let body = [format!("{doubt}."), format!("{company}, “{contract}”")];
    Some(question.with_body(body.into_iter().chain(shared)))
}

fn place(pricing: PricingStrategy) -> usize {
    match pricing {
        PricingStrategy::CostAndRetail => 0,
        PricingStrategy::CostOnly => 1,
        PricingStrategy::QuantitiesOnly => 2,
    }
}

/// A company in the picker, with what speaks for it and what against.
pub(crate) fn company_choice(choice: &CompanyChoice) -> Choice {
    let company = &choice.company;
    let why = choice.reasons.join(", ");
    let score = choice.score.map(|score| format!("{score:>3}  {why}"));
    let detail = score.unwrap_or_else(|| company.web.clone().unwrap_or_default());
    let doubt = choice.doubt.clone();
    Choice { doubt, ..Choice::new(&company.id, &company.name).with_detail(detail) }
}

/// A contract in the picker, with the reason why it cannot be chosen.
pub(crate) fn contract_choice(choice: &ContractChoice) -> Choice {
    let contract = &choice.contract;
    let end = contract.end.map_or_else(|| "open".to_owned(), date);
    let mut detail = format!("{} to {end}", date(contract.start));
    if let Some(why) = &choice.unfit {
        why.clone_into(&mut detail);
    } else if let Some(remark) = &choice.remark {
        remark.clone_into(&mut detail);
    } else if !choice.mapped.is_empty() {
        _ = write!(detail, ", also {}", choice.mapped.join(", "));
    }
    // Why it is greyed has what to do about it.
    let doubt = choice.remark.as_ref().map(|why| format!("“{}” {why}", contract.name));
    let doubt = choice.advice.clone().or(doubt);
    let unfit = choice.unfit.as_ref().map(|why| as_shown(why).into_owned());
    let choice = Choice { unfit, doubt, ..Choice::new(&contract.id, &contract.name) };
    choice.with_detail(as_shown(&detail))
}

/// The tenant of the link form, below whatever picker is open on it.
pub(crate) fn tenant_in_form(shell: &Shell) -> Option<&TenantId> {
    shell.dialogs.iter().rev().find_map(|dialog| match dialog {
        Dialog::Form(form) => match &form.about {
            About::Link(tenant) => Some(tenant),
            About::Prism | About::Autotask | About::Connectwise | About::Program => None,
        },
        Dialog::Picker(_) | Dialog::Confirm(_) | Dialog::Prompt(_) | Dialog::Overlay(_) => None,
    })
}

/// The company that the link form has now, below whatever picker is open on it.
pub(crate) fn company_in_form(shell: &Shell) -> Option<CompanyId> {
    let forms = shell.dialogs.iter().rev().filter_map(|dialog| match dialog {
        Dialog::Form(form) if form.links() => Some(form),
        _ => None,
    });
    forms.take(1).find_map(|form| form.picked("company")?.parse().ok())
}

/// Notes who else is linked to the contract that the link form has now.
pub(crate) fn note_shared(rows: &[ContractChoice], shell: &mut Shell) {
    let Some(Dialog::Form(form)) = shell.dialogs.last_mut() else { return };
    if !form.links() {
        return;
    }
    let contract = form.picked("contract");
    let row = rows.iter().find(|row| Some(row.contract.id.to_string().as_str()) == contract);
    let own = form.fixed("tenant");
    let others = row.iter().flat_map(|row| &row.mapped).filter(|one| Some(one.as_str()) != own);
    form.shared_with = others.cloned().collect();
}

/// Where exactly one contract can work, it is filled in.
pub(crate) fn choose_only(rows: &[ContractChoice], shell: &mut Shell) {
    let mut fit = rows.iter().filter(|row| row.unfit.is_none());
    let (Some(only), None) = (fit.next(), fit.next()) else { return };
    if let Some(Dialog::Form(form)) = shell.dialogs.last_mut()
        && form.links()
        && form.picked("contract").is_none()
    {
        let contract = &only.contract;
        form.pick("contract", Some(Picked::new(&contract.id, &contract.name)));
    }
}
