use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use self::every_command::every_command;
use super::*;
use crate::{
    domain::Role,
    engine::protocol::{Actor, ClientId, RefusalKind, Trigger, command},
};

#[path = "../../../tests/support/every_command.rs"]
mod every_command;

/// Every command, with the right that the table of unattended operation says.
fn examples() -> Vec<(Command, Right)> {
    let all = every_command().into_iter().map(|(family, name, members, role)| {
        let command = serde_json::from_value(json!({ family: { name: members } }));
        let right = match role {
            "view" => Right::View,
            "operate" => Right::Operate,
            "approve" => Right::Approve,
            _ => Right::Administer,
        };
        (command.unwrap_or_else(|why| panic!("{name}: {why}")), right)
    });
    all.collect()
}

fn admitted(role: Role, command: &Command) -> bool {
    let actor = Actor { role, ..Actor::owner("tester") };
    let request = Request {
        actor,
        client: ClientId(0),
        trigger: Trigger::Operator,
        command: command.clone(),
    };
    match admit(&request) {
        Ok(()) => true,
        Err(refusal) => {
            assert_eq!(refusal.kind, RefusalKind::NoRight);
            false
        }
    }
}

#[test]
fn each_role_may_what_the_table_says() {
    let held: BTreeMap<Right, Vec<Role>> = [
        (Right::View, Role::ALL.to_vec()),
        (Right::Operate, vec![Role::Operate, Role::Admin, Role::Owner]),
        (Right::Approve, vec![Role::Approve, Role::Owner]),
        (Right::Administer, vec![Role::Admin, Role::Owner]),
    ]
    .into();
    for (right, roles) in held {
        let may: Vec<Role> = Role::ALL.into_iter().filter(|role| role.may(right)).collect();
        assert_eq!(may, roles, "{right:?}");
    }
}

#[test]
fn every_command_passes_the_table() {
    for (command, right) in examples() {
        for role in Role::ALL {
            let passes = admitted(role, &command);
            assert_eq!(passes, role.may(right), "{} as {role}", command.name());
        }
    }
}

#[test]
fn a_refusal_says_who_may() {
    let actor = Actor { role: Role::View, ..Actor::owner("tester") };
    let command = command::Resume.into();
    let refusal =
        admit(&Request { actor, client: ClientId(0), trigger: Trigger::Operator, command })
            .expect_err("no");
    let text = refusal.finding.text;
    assert_eq!(text, "The role “view” may not do this: it needs “operate”.");
}

#[test]
fn no_command_is_missing_from_what_is_tested_here() {
    let tested: BTreeSet<&str> = examples().iter().map(|(command, _)| command.name()).collect();
    let all: Vec<&str> = Command::names().collect();
    assert_eq!(tested, all.iter().copied().collect());
    assert_eq!(tested.len(), all.len(), "no two have one name");
}
