use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn text() -> impl Strategy<Value = SharedText> {
    prop::sample::select(vec![
        "",
        "Business Basic",
        "alpha.example",
        "Business Basic (NCE Product)",
    ])
    .prop_map(SharedText::from)
}

/// 8.5 and 8.50 are two figures here: a digest of the lines tells them apart.
fn figure() -> impl Strategy<Value = Decimal> {
    (-900_i64..900, 0_u32..5).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn day() -> impl Strategy<Value = Day> {
    (1_u32..29).prop_map(|day| Day(NaiveDate::from_ymd_opt(2026, 9, day).expect("a day")))
}

prop_compose! {
    fn line()(
        number in 1_u32..99,
        id in prop::option::of(prop::sample::select(vec![
            "0a1b2c3d-0000-4000-8000-00000000000f", "no guid", "",
        ])),
        texts in (text(), text(), prop::option::of(text()), prop::option::of(text()), prop::option::of(text())),
        figures in prop::array::uniform6(figure()),
        days in (day(), day()),
        currency in prop::option::of(prop::sample::select(vec!["AUD", "NZD"])),
        motion in prop::sample::select(vec![LineMotion::Monthly, LineMotion::AnnualBill, LineMotion::Untold]),
        fault in prop::option::of(any::<bool>()),
    ) -> Line {
        let (offer_name, description, domain, customer_name, agreement_number) = texts;
        let [cost_price, retail_price, quantity, ratio, subtotal, subtotal_retail] = figures;
        Line {
            number,
            subscription: id.map(SubscriptionId::new),
            offer_name,
            start: days.0,
            end: days.1,
            description,
            cost_price: Money(cost_price),
            retail_price: Money(retail_price),
            quantity,
            ratio,
            subtotal: Money(subtotal),
            subtotal_retail: Money(subtotal_retail),
            domain,
            customer_name,
            agreement_number,
            currency: currency.map(Currency::new),
            motion,
            fault: fault.map(|amount_is_sure| LineFault { text: format!("row {number}"), amount_is_sure }),
        }
    }
}

proptest! {
    /// Byte for byte, since a digest of an invoice's lines is kept over years.
    #[test]
    fn what_comes_out_is_what_was_put_in(lines in prop::collection::vec(line(), 0..40)) {
        let kept: Lines = lines.clone().into();
        let json = |lines: Vec<Line>| serde_json::to_string(&lines).expect("JSON");
        prop_assert_eq!(kept.len(), lines.len());
        prop_assert_eq!(kept.get(lines.len()), None);
        for (at, line) in lines.iter().enumerate() {
            prop_assert_eq!(kept.get(at), Some(line.clone()));
        }
        prop_assert_eq!(json(kept.iter().collect()), json(lines));
    }
}

/// What an invoice of 200,000 lines takes: less than a third of the lines themselves.
#[test]
fn a_line_takes_little_room() {
    assert!(size_of::<Row>() <= 96, "{}", size_of::<Row>());
    assert!(size_of::<Line>() >= 3 * 88, "{}", size_of::<Line>());
}
