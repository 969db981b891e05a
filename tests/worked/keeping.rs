//! What is kept: old runs go, what they did stays known; a backup a day.

use prism_connect::{
    domain::{RunId, outcome::Outcome, run::RunHeader},
    engine::protocol::{About, Answer, SyncRequest, command},
};

use crate::{
    checks::{BASIC, SEPTEMBER, customers, ended, ready_with, settled, world},
    rig::{Rig, Setup},
};

async fn five_seats(config: &'static str) -> Rig {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
    });
    ready_with(scenario, Setup { config, month: SEPTEMBER, ..Setup::default() }).await
}

async fn runs(rig: &Rig) -> Vec<RunHeader> {
    let Answer::Runs(runs) = rig.ask(command::Runs { limit: 100 }).await else { panic!("runs") };
    runs
}

fn backups(rig: &Rig) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(rig.data_dir().join("backups")) else { return Vec::new() };
    let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn old_runs_go_and_what_they_wrote_stays_known() {
    let rig = five_seats("[retention]\nruns = 10\n").await;
    let first = rig.sync().await;
    ended(&first, Outcome::Success);
    for _ in 0..12 {
        rig.sync().await;
    }
    let idle =
        |run: &RunHeader| run.counts.customers.attempted + run.counts.products.attempted == 0;
    let kept = runs(&rig).await;
    assert_eq!(kept.iter().filter(|run| idle(run)).count(), 10, "{kept:#?}");
    assert!(kept.iter().any(|run| run.id == first.header.id && run.message.is_none()));
    for _ in 0..11 {
        rig.sync_as(SyncRequest { recheck: true, ..customers() }).await;
    }
    let Answer::Run(old) = rig.ask(command::Run { id: Some(first.header.id) }).await else {
        panic!("a run")
    };
    assert_eq!((old.customers.len(), old.ledgers.len()), (0, 0));
    assert_eq!(old.header.message.expect("says so").code.as_str(), "rows_pruned");
    let tenant = "harbour.onmicrosoft.com".to_owned();
    let Answer::History(About { found: history, .. }) =
        rig.ask(command::History { tenant, service: None }).await
    else {
        panic!("a history")
    };
    assert_eq!(history.len(), 2, "{history:#?}");
    assert!(history.iter().all(|one| one.run == first.header.id && one.actor == "tester"));
    let newest = runs(&rig).await[0].id;
    assert_eq!(newest, RunId(first.header.id.0 + 23), "numbers go on");
    settled(&rig).await;
}

#[tokio::test]
async fn the_first_sync_of_a_day_makes_a_backup_and_the_oldest_goes() {
    let mut rig = five_seats("[retention]\nbackups = 2\n").await;
    rig.sync().await;
    rig.sync().await;
    assert_eq!(backups(&rig), ["2026-10-05.backup"]);
    for _ in 0..2 {
        rig.month_passes().await;
        rig.sync().await;
    }
    assert_eq!(backups(&rig), ["2026-11-05.backup", "2026-12-05.backup"]);
    let place = tempfile::tempdir().expect("a directory");
    let file = rig.data_dir().join("backups/2026-12-05.backup");
    let restored = prism_connect::store::Store::restore(&file, place.path()).expect("a store");
    assert!(restored.values > 0);
}

#[tokio::test]
async fn daily_backups_can_be_switched_off() {
    let rig = five_seats("[retention]\nbackups = 0\n").await;
    rig.sync().await;
    assert_eq!(backups(&rig), Vec::<String>::new());
}
