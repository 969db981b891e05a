//! The daemon killed between the mail server's “taken” and its own note of that: the letter comes once more, under the
//! same Message-ID, and never again.

use serde_json::{Value, json};

use crate::{
    daemon::serve,
    program::{Stage, w1, was_killed},
    rig::Target,
};

/// All that the mail server took, once they are so many.
async fn letters(stage: &Stage, number: usize) -> Vec<Value> {
    loop {
        let letters = stage.rig.look("mail").await;
        let letters = letters.as_array().expect("letters");
        if letters.len() >= number {
            return letters.clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_was_taken_as_the_daemon_died_comes_once_more_under_the_same_id() {
    let mut stage = Stage::set_on(Target::Autotask, w1()).await;
    let server = stage.rig.simulation.addresses().mail.smtp;
    stage.settings(&format!(
        "[mail]\nserver = \"smtp://{server}\"\nfrom = \"prism-connect@example.com\"\n\
         [[notify]]\nto = [\"ops@example.com\"]\non = [\"failure\"]\n"
    ));
    stage.rig.fault(json!({"system": "autotask", "writes": true, "fault": {"status": 403}})).await;
    let serving = serve(&mut stage, Some("message-taken")).await;
    // Whether it still answers before it dies is a race that nobody has to win.
    let _failed = stage.sync(None).await;
    assert!(was_killed(serving.ended().await.status), "a letter is taken");
    assert_eq!(letters(&stage, 1).await.len(), 1);
    for _start in 0..2 {
        let serving = serve(&mut stage, None).await;
        letters(&stage, 2).await;
        serving.stopped().await;
    }
    let letters = letters(&stage, 2).await;
    assert_eq!(letters.len(), 2, "{letters:#?}");
    assert_eq!(letters[0]["message_id"], letters[1]["message_id"]);
    assert_eq!(letters[0]["data"], letters[1]["data"]);
    let mail = stage.json(&["mail", "show"]).await;
    assert_eq!(mail["messages"][0]["deliveries"][0]["state"], "sent", "{mail:#}");
}
