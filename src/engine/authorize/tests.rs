use std::collections::BTreeMap;

use super::*;
use crate::{
    domain::{ConnectionId, Role, RunId, ServiceId, secret::Secret},
    engine::protocol::{
        Actor, RefusalKind, Trigger,
        command::{self, ConnectionDraft, SyncRequest},
    },
};

/// One of each command that the table of unattended operation names, with the right that it says.
fn examples() -> Vec<(Command, Right)> {
    use Right::{Administer, Operate, View};
    let text = || "x".to_owned();
    let passphrase = || Secret::new("x");
    vec![
        (command::Status.into(), View),
        (command::Runs { limit: 1 }.into(), View),
        (command::Run { id: Some(RunId(1)) }.into(), View),
        (command::Retries.into(), View),
        (command::ExportRuns.into(), View),
        (command::ExportCustomers.into(), View),
        (command::ExportLedger.into(), View),
        (command::Audit { subject: None, limit: None }.into(), View),
        (command::VerifyAudit.into(), View),
        (command::Vault.into(), View),
        (command::Doctor.into(), View),
        (command::Settings.into(), View),
        (command::Note { tenant: text(), text: text() }.into(), Operate),
        (command::Unmap { tenant: text() }.into(), Operate),
        (command::Pin { product: text(), service: ServiceId(1) }.into(), Operate),
        (command::Unpin { product: text() }.into(), Operate),
        (command::Acknowledge { id: text() }.into(), Operate),
        (command::Sync { request: SyncRequest::default() }.into(), Operate),
        (command::Resume.into(), Operate),
        (command::Cancel.into(), Operate),
        (command::GiveUpSignIn.into(), Administer),
        (command::Lock.into(), Administer),
        (command::Unlock { passphrase: passphrase() }.into(), Administer),
        (command::SetPassphrase { passphrase: None }.into(), Administer),
        (command::Backup { file: "x".into(), force: false }.into(), Administer),
        (command::ChooseAgreements { agreements: vec![] }.into(), Administer),
        (command::UseTarget { name: ConnectionId::new("x") }.into(), View),
    ]
}

fn admitted(role: Role, command: &Command) -> bool {
    let actor = Actor { role, ..Actor::owner("tester") };
    let request = Request { actor, trigger: Trigger::Operator, command: command.clone() };
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
        (Right::Operate, vec![Role::Operate, Role::Approve, Role::Admin, Role::Owner]),
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
fn what_is_typed_is_tried_only_by_who_may_save_it() {
    let of = |draft| command::TestConnection { name: None, draft }.into();
    let typed: Command = of(Some(ConnectionDraft::Prism {
        environment: None,
        api_url: None,
        identity_url: None,
        client_id: None,
        client_secret: None,
        plain_http: None,
    }));
    let stored: Command = of(None);
    assert!(admitted(Role::Operate, &stored) && !admitted(Role::Operate, &typed));
    assert!(admitted(Role::Admin, &typed));
}

#[test]
fn a_refusal_says_who_may() {
    let actor = Actor { role: Role::View, ..Actor::owner("tester") };
    let command = command::Resume.into();
    let refusal = admit(&Request { actor, trigger: Trigger::Operator, command }).expect_err("no");
    let text = refusal.finding.text;
    assert_eq!(text, "The role “view” may not do this: it needs “operate”.");
}

#[test]
fn no_two_commands_have_one_name() {
    let mut names: Vec<&str> = Command::names().collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
