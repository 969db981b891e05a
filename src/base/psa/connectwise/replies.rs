//! What the answer to a write shows, beside what was sent (sync-rules 10.12, 10.16): both answers hold the whole record, so that
//! no further reading is needed.
//!
//! It must not send anything.

use serde_json::Value;

use super::{
    advice::finding,
    answers::Sent,
    keys::KeyPlace,
    operations::keeps,
    wire::{Addition, CatalogItem},
    writes,
};
use crate::{
    domain::{
        Code, Money, ServiceId,
        line::{LineSpan, LineTerms, NewLine},
        operation::Operation,
        outcome::Finding,
        product::{ProductKey, ServiceDraft},
    },
    psa::Written,
};

/// A member that is shown otherwise than it was sent.
struct Difference {
    member: &'static str,
    sent: String,
    shown: String,
    /// Whether what stands is not what was planned; else it is only worth a word.
    bills: bool,
}

/// The members of a record, one by one.
#[derive(Default)]
struct Comparison(Vec<Difference>);

impl Comparison {
    fn member(&mut self, member: &'static str, bills: bool, sent: String, shown: String) {
        if sent != shown {
            self.0.push(Difference { member, sent, shown, bills });
        }
    }

    fn money(
        &mut self,
        member: &'static str,
        bills: bool,
        sent: Option<Money>,
        shown: Option<Money>,
    ) {
        let (Some(sent), Some(shown)) = (sent.map(keeps), shown) else { return };
        if !sent.reads(shown) {
            self.member(member, bills, sent.separated(), shown.separated());
        }
    }

    fn span(&mut self, sent: LineSpan, shown: &Addition) {
        let quantity = |text: String| text;
        self.member(
            "quantity",
            true,
            quantity(sent.quantity.to_string()),
            shown.quantity.normalize().to_string(),
        );
        let first = (writes::shown(Some(sent.first)), writes::shown(Some(shown.effective_date)));
        self.member("effectiveDate", true, first.0, first.1);
        let last = (writes::shown(sent.last), writes::shown(shown.cancelled_date));
        self.member("cancelledDate", true, last.0, last.1);
    }
}

/// How a write ended that was answered with a record.
pub(super) fn verified(operation: &Operation, sent: Sent, keys: KeyPlace) -> Written {
    let (Written::Done { id, .. }, Some(record)) = (&sent.written, &sent.record) else {
        return sent.written;
    };
    match compared(operation, record, keys) {
        None => {
            let text = "ConnectWise answered with a record that cannot be understood.";
            Written::Unknown { finding: finding(Code::Unconfirmed, text) }
        }
        Some(comparison) => judged(*id, &comparison, operation),
    }
}

fn judged(id: Option<i64>, comparison: &Comparison, operation: &Operation) -> Written {
    let words = |difference: &Difference| {
        let Difference { member, sent, shown, .. } = difference;
        format!("{member} is {shown} in the place of {sent}")
    };
    let (bills, others): (Vec<_>, Vec<_>) = comparison.0.iter().partition(|one| one.bills);
    if bills.is_empty() {
        let remarks = others.into_iter().map(|one| told(&words(one), Code::ReplyDiffers)).collect();
        return Written::Done { id, remarks };
    }
    let code = match operation {
        // Somebody else's item has the identifier: ours is a copy beside it.
        Operation::CreateService { .. } => Code::DuplicateService,
        _ => Code::ReplyDiffers,
    };
    let all: Vec<String> = bills.into_iter().chain(others).map(words).collect();
    Written::Otherwise { id, finding: told(&all.join("; "), code) }
}

fn told(what: &str, code: Code) -> Finding {
    finding(code, format!("ConnectWise carried it out otherwise than it was sent: {what}."))
}

fn compared(operation: &Operation, record: &Value, keys: KeyPlace) -> Option<Comparison> {
    let mut comparison = Comparison::default();
    match operation {
        Operation::AddLine { service, line, .. } => {
            comparison.added(*service, line, &read(record)?, keys);
        }
        Operation::EndLine { was, last, .. } => {
            comparison.span(LineSpan { last: Some(*last), ..*was }, &read(record)?);
        }
        Operation::AmendLine { was, quantity, unit_price, unit_cost, .. } => {
            let shown: Addition = read(record)?;
            comparison.span(LineSpan { quantity: *quantity, ..*was }, &shown);
            comparison.money("unitPrice", true, *unit_price, shown.unit_price);
            comparison.money("unitCost", false, *unit_cost, shown.unit_cost);
        }
        Operation::CreateService { product, draft } => {
            comparison.item(product, draft, &read(record)?);
        }
        Operation::UpdateService { price, cost, .. } => {
            let shown: CatalogItem = read(record)?;
            comparison.money("price", false, *price, shown.price);
            comparison.money("cost", false, *cost, shown.cost);
        }
        Operation::CreateContractService { .. } | Operation::AdjustUnits { .. } => {}
    }
    Some(comparison)
}

fn read<T: serde::de::DeserializeOwned>(record: &Value) -> Option<T> {
    serde_json::from_value(record.clone()).ok()
}

impl Comparison {
    fn added(&mut self, item: ServiceId, line: &NewLine, shown: &Addition, keys: KeyPlace) {
        self.member("product", true, item.to_string(), shown.product.id.to_string());
        self.span(line.span, shown);
        self.money("unitPrice", true, line.price, shown.unit_price);
        self.money("unitCost", false, line.cost, shown.unit_cost);
        let key = keys.shown(shown).unwrap_or("none").to_owned();
        self.member(keys.member(&line.key).0, false, line.key.clone(), key);
        let standard = LineTerms::default();
        let terms = line.terms.as_ref().unwrap_or(&standard);
        let billing = writes::billing_word(terms.billing).to_owned();
        self.member("billCustomer", true, billing, shown.bill_customer.word().to_owned());
        let free = terms.less_included.normalize().to_string();
        self.member("lessIncluded", true, free, shown.less_included.normalize().to_string());
        if let Some(taxable) = terms.taxable {
            let own = shown.taxable_flag.unwrap_or(false);
            self.member("taxableFlag", false, taxable.to_string(), own.to_string());
        }
    }

    fn item(&mut self, product: &ProductKey, draft: &ServiceDraft, shown: &CatalogItem) {
        let sent = writes::identifier(product, draft);
        if !sent.eq_ignore_ascii_case(&shown.identifier) {
            self.member("identifier", true, sent, shown.identifier.clone());
        }
        self.money("price", false, Some(draft.price), shown.price);
        self.money("cost", false, Some(draft.cost), shown.cost);
    }
}
