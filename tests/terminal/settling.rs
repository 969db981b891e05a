//! What a troubled world has for whoever practises: an invoice that does not add up.

use crate::{pty::Console, walking::demo_of};

/// The amount that a ledger line gives.
fn amount<'a>(line: &str, screen: &'a str) -> &'a str {
    let found = screen.lines().find(|shown| shown.contains(line)).unwrap_or_default();
    found.trim_end_matches([' ', '│', '▐', '▌']).rsplit(' ').next().unwrap_or_default()
}

#[test]
fn an_invoice_that_does_not_add_up_is_found_accepted_with_a_reason_and_synced() {
    let (mut console, _home) = demo_of("24", &["--world", "troubled"], (120, 36));
    let apply = |console: &mut Console| {
        console.send("p").until("nothing is sent yet").send("A").until("Apply ").answer("y");
        console.until("Sync ended");
    };
    apply(&mut console);
    // The largest amount that failed: the cursor stands on it.
    console.send("1").until("▌✗ Failure Invoice INV").send("\r").until("balance").until("held");
    assert_eq!(amount("balance", &console.text()), "−12.50", "{}", console.text());
    console.send("a").until("accept the difference of −12.50?").answer("y").until("Reason to");
    console.send("a credit without a line").until("without a line").send("\r");
    console.until("accepted difference").until("○ due");
    assert_eq!(amount("balance", &console.text()), "0.00", "{}", console.text());
    apply(&mut console);
    console.until("balance 0.00: synced 1,842.67").until("accepted difference −12.50");
    console.send("1").until("Needs attention");
    assert!(!console.text().contains("does not add up"), "{}", console.text());
    console.send("q");
    assert_eq!(console.end(), 0);
}
