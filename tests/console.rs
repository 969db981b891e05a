//! The console as an operator meets it: keys in, screens and effects out. No runtime, no terminal.

#[path = "console/ahead.rs"]
mod ahead;
#[path = "console/approving.rs"]
mod approving;
#[path = "console/attention.rs"]
mod attention;
#[path = "console/causes.rs"]
mod causes;
#[path = "console/connectwise.rs"]
mod connectwise;
#[path = "console/counts.rs"]
mod counts;
#[path = "console/customer_page.rs"]
mod customer_page;
#[path = "console/demo_world.rs"]
mod demo_world;
#[path = "console/details.rs"]
mod details;
#[path = "console/events.rs"]
mod events;
#[path = "console/finding.rs"]
mod finding;
#[path = "console/fixtures.rs"]
mod fixtures;
#[path = "console/footer.rs"]
mod footer;
#[path = "console/harness.rs"]
mod harness;
#[path = "console/hostile.rs"]
mod hostile;
#[path = "console/invoices.rs"]
mod invoices;
#[path = "console/keys.rs"]
mod keys;
#[path = "console/light_theme.rs"]
mod light_theme;
#[path = "console/linking.rs"]
mod linking;
#[path = "console/live_record.rs"]
mod live_record;
#[path = "console/manners.rs"]
mod manners;
#[path = "console/mending.rs"]
mod mending;
#[path = "console/namesakes.rs"]
mod namesakes;
#[path = "console/nothing_due.rs"]
mod nothing_due;
#[path = "console/on_connectwise.rs"]
mod on_connectwise;
#[path = "console/pictures.rs"]
mod pictures;
#[path = "console/planned.rs"]
mod planned;
#[path = "console/resuming.rs"]
mod resuming;
#[path = "console/same_money.rs"]
mod same_money;
#[path = "console/screens.rs"]
mod screens;
#[path = "console/seen.rs"]
mod seen;
#[path = "console/sizes.rs"]
mod sizes;
#[path = "console/states.rs"]
mod states;
#[path = "console/texts.rs"]
mod texts;
#[path = "console/vocabulary.rs"]
mod vocabulary;
#[path = "console/watching.rs"]
mod watching;
#[path = "console/ways.rs"]
mod ways;
