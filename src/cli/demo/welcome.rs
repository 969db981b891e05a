//! What the console of a demo world shows first: where the world is, and in a fresh one what to type.

use std::path::Path;

use crate::{
    console::demo_world::{DemoNews, Given},
    engine::views::SystemKind,
    sim::Addresses,
};

/// A world lives as long as the process that made it; what was stored about it does not fit the next one.
pub(super) fn another_world(dir: &Path) -> [String; 4] {
    [
        format!("This world is new, but {} remembers an earlier one.", dir.display()),
        "Its contracts are gone; its runs and links are still shown,".to_owned(),
        "and invoices that were applied there are not applied again.".to_owned(),
        "For a clean start give another --data-dir.".to_owned(),
    ]
}

/// Told once the systems answer.
pub(super) fn welcome(addresses: Addresses, fresh: bool, earlier: Option<[String; 4]>) -> DemoNews {
    let mut lines = vec![format!("Control endpoint: {}", addresses.control_url)];
    if !fresh {
        lines.push("What is told by mail arrives there: GET /mail".to_owned());
    }
    lines.extend(earlier.into_iter().flatten());
    let given = if fresh { credentials(addresses) } else { Vec::new() };
    if fresh {
        lines.extend([
            String::new(),
            "Nothing is set up yet: the dashboard leads through it, step by step.".to_owned(),
            "These are the credentials; each form shows its own again:".to_owned(),
        ]);
        lines.extend(
            [SystemKind::Prism, SystemKind::Autotask, SystemKind::Connectwise]
                .into_iter()
                .filter(|system| given.iter().any(|given| given.system == *system))
                .flat_map(|system| told(system, &given)),
        );
    }
    DemoNews::Up { lines, given }
}

/// What to type into the forms of both systems.
fn credentials(addresses: Addresses) -> Vec<Given> {
    let (prism, autotask) = (addresses.prism, addresses.autotask);
    let connectwise = addresses.connectwise.into_iter().flat_map(|at| {
        [
            (SystemKind::Connectwise, "site", at.site),
            (SystemKind::Connectwise, "company", at.company),
            (SystemKind::Connectwise, "public_key", at.public_key),
            (SystemKind::Connectwise, "private_key", at.private_key),
            (SystemKind::Connectwise, "client_id", at.client_id),
        ]
    });
    let others = [
        (SystemKind::Prism, "api_url", prism.api_url),
        (SystemKind::Prism, "identity_url", prism.identity_url),
        (SystemKind::Prism, "client_id", prism.client_id),
        (SystemKind::Prism, "client_secret", prism.client_secret),
        (SystemKind::Autotask, "base_url", autotask.base_url),
        (SystemKind::Autotask, "username", autotask.username),
        (SystemKind::Autotask, "integration_code", autotask.integration_code),
        (SystemKind::Autotask, "secret", autotask.secret),
    ];
    let all = others.into_iter().chain(connectwise).filter(|(_, _, value)| !value.is_empty());
    all.map(|(system, field, value)| Given { system, field, value }).collect()
}

/// One system's credentials, under the names that its form has for them.
fn told(system: SystemKind, given: &[Given]) -> Vec<String> {
    let name = system.to_string();
    let of_it = given.iter().filter(|given| given.system == system).enumerate();
    let line = |(at, given): (usize, &Given)| {
        let label = match given.field {
            "api_url" => "API URL",
            "identity_url" => "Identity URL",
            "client_id" => "Client id",
            "client_secret" => "Client secret",
            "base_url" => "Base URL",
            "username" => "API username",
            "integration_code" => "Tracking identifier",
            "site" => "Site",
            "company" => "Company id",
            "public_key" => "Public key",
            "private_key" => "Private key",
            _ => "Password",
        };
        format!("{:<11} {label:<19} {}", if at == 0 { &name } else { "" }, given.value)
    };
    std::iter::once(String::new()).chain(of_it.map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_typed_stands_in_one_column_for_all_systems() {
        let fields = [
            (SystemKind::Prism, "api_url"),
            (SystemKind::Autotask, "integration_code"),
            (SystemKind::Connectwise, "site"),
        ];
        let given = fields.map(|(system, field)| Given { system, field, value: "◆".to_owned() });
        let lines = fields.iter().flat_map(|(system, _)| told(*system, &given));
        let places: Vec<_> = lines.filter_map(|line| line.find('◆')).collect();
        assert_eq!(places, [32; 3]);
    }
}
