//! The worked cases of ConnectWise (sync-rules 11), each over HTTP against the simulated PRISM and ConnectWise: what stands on
//! the agreement, how it ended and what it told, and the cents of the agreement's invoice.

#[path = "connectwise/agreement.rs"]
mod agreement;
#[path = "connectwise/by_others.rs"]
mod by_others;
#[path = "connectwise/falls.rs"]
mod falls;
#[path = "connectwise/free_lines.rs"]
mod free_lines;
#[path = "connectwise/lost.rs"]
mod lost;
#[path = "connectwise/odd.rs"]
mod odd;
#[path = "connectwise/prices.rs"]
mod prices;
#[path = "connectwise/refused.rs"]
mod refused;
#[path = "connectwise/rises.rs"]
mod rises;
