//! Every bill right: what independent checks of the whole program found. Each finding is a test over HTTP, named after its
//! number: `a…` for money, `b…` for one odd thing that stopped everybody.

#[path = "bills/accepted_difference.rs"]
mod accepted_difference;
#[path = "bills/adopting.rs"]
mod adopting;
#[path = "bills/agreements.rs"]
mod agreements;
#[path = "bills/causes.rs"]
mod causes;
#[path = "bills/currency.rs"]
mod currency;
#[path = "bills/environments.rs"]
mod environments;
#[path = "bills/excluded_month.rs"]
mod excluded_month;
#[path = "bills/guards.rs"]
mod guards;
#[path = "bills/kept_money.rs"]
mod kept_money;
#[path = "bills/late_look.rs"]
mod late_look;
#[path = "bills/lines_disagree.rs"]
mod lines_disagree;
#[path = "bills/mended.rs"]
mod mended;
#[path = "bills/month.rs"]
mod month;
#[path = "bills/not_attempted.rs"]
mod not_attempted;
#[path = "bills/not_sent.rs"]
mod not_sent;
#[path = "bills/odd_invoices.rs"]
mod odd_invoices;
#[path = "bills/one_odd_row.rs"]
mod one_odd_row;
#[path = "bills/opening_price.rs"]
mod opening_price;
#[path = "bills/owed_price.rs"]
mod owed_price;
#[path = "bills/part_of_plan.rs"]
mod part_of_plan;
#[path = "bills/plan_is_sync.rs"]
mod plan_is_sync;
#[path = "bills/refunds.rs"]
mod refunds;
#[path = "bills/renewal_under_new_id.rs"]
mod renewal_under_new_id;
#[path = "bills/rows_that_end.rs"]
mod rows_that_end;
#[path = "bills/sealed_plan.rs"]
mod sealed_plan;
#[path = "bills/shifts.rs"]
mod shifts;
#[path = "bills/switched_off.rs"]
mod switched_off;
#[path = "bills/term_by_product.rs"]
mod term_by_product;
#[path = "bills/two_readings.rs"]
mod two_readings;
#[path = "bills/unlisted_invoice.rs"]
mod unlisted_invoice;
