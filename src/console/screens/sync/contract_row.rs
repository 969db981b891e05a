//! Which row of a contract bills a service that stands on it several times (sync-rules 4.7): a choice made once.

use crate::{
    console::{
        dialog::{
            Confirm, Dialog, Picker,
            confirm::Then,
            picker::{Choice, Choosing},
        },
        purpose::Purpose,
        shell::Shell,
        widgets::text::{date, separated},
    },
    domain::{ServiceId, TenantId},
    engine::{
        protocol::{command, command::ContractServices},
        views::RowChoice,
    },
};

/// A picker of the rows that the target has; they are read first.
pub(crate) fn open(tenant: &TenantId, service: Option<ServiceId>, name: &str, shell: &mut Shell) {
    let Some(service) = service else {
        return shell.decline(
            shell.theme.terms.say("No service is known for this subscription: P chooses one"),
        );
    };
    let (tenant, name) = (tenant.clone(), name.to_owned());
    let ask = command::ContractServices { tenant: tenant.to_string(), service };
    let title = format!("{} for {name}", shell.theme.terms.say("Choose contract line"));
    let choosing = Choosing::ContractService { tenant, service, name };
    shell.open(Picker::new(choosing, &title, Vec::new(), None).loading());
    shell.ask(Purpose::ContractServices, ask);
}

/// Whatever came of asking; another picker may be open by now.
pub(crate) fn fill(asked: &ContractServices, rows: &[RowChoice], shell: &mut Shell) {
    let Some(Dialog::Picker(picker)) = shell.dialogs.last_mut() else { return };
    let Choosing::ContractService { tenant, service, .. } = &picker.choosing else { return };
    if tenant.as_str() != asked.tenant || *service != asked.service {
        return;
    }
    if rows.is_empty() {
        shell.dialogs.pop();
        return shell.decline(shell.theme.terms.say("The contract has no row of this service"));
    }
    picker.fill(rows.iter().map(choice).collect());
    let chosen = rows.iter().find(|row| row.chosen);
    picker.choices.select_key(chosen.map(|row| row.contract_service.to_string()).as_deref());
}

fn choice(row: &RowChoice) -> Choice {
    let price = row.price.map_or_else(String::new, |price| format!(" at {}", separated(price)));
    let chosen = if row.chosen { " (chosen)" } else { "" };
    let cost = row.cost.map(|cost| format!("cost {}", separated(cost)));
    let since = row.since.map(|day| format!("from {}", date(day)));
    let detail: Vec<String> = cost.into_iter().chain(since).collect();
    let name = format!("Row {}: {} units{price}{chosen}", row.contract_service, row.units);
    Choice::new(&row.contract_service, name).with_detail(detail.join(", "))
}

/// Asks before the row is chosen.
pub(crate) fn ask(
    tenant: &TenantId,
    service: ServiceId,
    name: &str,
    choice: &Choice,
    shell: &mut Shell,
) {
    let Ok(contract_service) = choice.key.parse() else { return };
    let command = command::ChooseRow { tenant: tenant.to_string(), service, contract_service };
    let then = Then::mend(command);
    let question = format!("Bill {name} on row {contract_service}?");
    let body = [
        format!("{}, {}", choice.name, choice.detail),
        "The sync writes to this row from then on; the others are left as they are.".to_owned(),
    ];
    shell.open(Confirm::new(question, "Choose", then).with_body(body));
}
