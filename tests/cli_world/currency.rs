//! The currency of what is printed: a member in JSON, once above or beside the amounts for people.

use serde_json::Value;

use crate::world::small;

#[test]
fn every_amount_that_is_printed_names_its_currency() {
    let world = small();
    world.set_up();
    world.ok(&["sync", "products"]);
    let plan = world.json(&["plan", "customers"]);
    let aud = Value::from("AUD");
    assert_eq!(plan["currency"], aud);
    assert_eq!((&plan["money"]["currency"], &plan["other_money"]), (&aud, &Value::Array(vec![])));
    let each = |list: &Value| -> Vec<Value> {
        let list = list.as_array().unwrap();
        assert!(!list.is_empty());
        list.iter().map(|one| one["currency"].clone()).collect()
    };
    assert!(each(&plan["operations"]).iter().all(|currency| *currency == aud));
    world.ok(&["sync"]);
    let run = world.json(&["runs", "show", "last"]);
    assert_eq!(run["currency"], aud);
    for part in ["ledgers", "customers"] {
        assert!(each(&run[part]).iter().all(|currency| *currency == aud), "{part}: {run}");
    }
    let invoices = world.json(&["invoices", "list"]);
    assert!(each(&invoices).iter().all(|currency| *currency == aud), "{invoices}");
    let number = run["customers"][0]["invoice"].as_str().unwrap();
    let shown = world.json(&["invoices", "show", number]);
    assert_eq!((&shown["currency"], &shown["ledger"]["currency"]), (&aud, &aud));
    let status = world.json(&["status"]);
    assert_eq!(status["cards"][0]["currency"], aud);

    let told = world.ok(&["runs", "show", "last"]);
    assert!(told.contains(&format!("{number} in AUD")) && told.contains(" AUD = "), "{told}");
    assert!(world.ok(&["plan", "customers", "--recheck"]).contains(" AUD."));
    assert!(world.ok(&["products", "list"]).contains("COST AUD"));
    assert!(world.ok(&["customers", "list"]).contains("COST AUD"));
    let tenant = run["customers"][0]["tenant"].as_str().unwrap();
    assert!(world.ok(&["history", tenant]).contains("EFFECT AUD"));
    for what in ["ledger", "runs"] {
        let file = world.ok(&["export", what]);
        assert!(file.lines().next().unwrap().ends_with(",currency"), "{what}");
        assert!(file.lines().skip(1).all(|line| line.ends_with(",AUD")), "{what}: {file}");
    }
}
