//! Texts of others that would disturb a screen: escape sequences, bidi and zero-width controls, very long and very
//! wide ones, whole columns of combining marks, right-to-left alphabets. In names, services, errors, notices, files.

use prism_connect::{
    console::effect::Effect,
    domain::outcome::Finding,
    engine::{
        protocol::{
            About, Answer, Command, Happening, ItemState, Refusal, RefusalKind,
            command::ProductCommand,
        },
        views::Invoiced,
    },
};
use ratatui::buffer::Buffer;
use rstest::rstest;

use crate::{fixtures, harness::Harness};

/// Each with a name for the message of a failing test.
const TEXTS: &[(&str, &str)] = &[
    ("escapes", "\u{1b}[2J\u{1b}[31m\u{1b}]52;c;AAAA\u{7}\u{9b}5mEvil"),
    ("bidi", "\u{202e}drowssap\u{2066}\u{200f}"),
    ("zero width", "Har\u{200b}bour\u{feff}\u{2060}\u{200d}\u{ad}"),
    ("wide", "日本語の会社名がとても長いのでどこかで切らなければならない株式会社"),
    ("marks", "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"),
    ("lines", "line one\nline two\r\ttabbed\u{2028}\u{85}"),
    (
        "long",
        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    ),
    ("right to left", "مرحبا بالعالم שלום"),
    ("emoji", "👩‍👩‍👧‍👦🇦🇺 Family"),
];

/// The frame around a screen stands, and nothing that steers a terminal is in a cell.
fn undisturbed(buffer: &Buffer, what: &str) {
    let (width, height) = (buffer.area.width, buffer.area.height);
    for cell in &buffer.content {
        let steers = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        assert!(!cell.symbol().contains(steers), "{what}: {:?}", cell.symbol());
    }
    for row in 2..height - 1 {
        let (left, right) = (buffer[(0, row)].symbol(), buffer[(width - 1, row)].symbol());
        assert!("╭│╰".contains(left) && "╮│╯".contains(right), "{what}: row {row}: {left}{right}");
    }
}

fn consoles() -> impl Iterator<Item = Harness> {
    [(80, 24), (120, 36)].into_iter().map(|(columns, rows)| Harness::new(columns, rows))
}

#[test]
fn a_customers_name_disturbs_no_screen_that_shows_it() {
    for (what, name) in TEXTS {
        for mut console in consoles() {
            console.press("3");
            let mut rows = fixtures::customers();
            for row in &mut rows {
                row.customer_name = (*name).to_owned();
                if let Some(mapping) = &mut row.mapping {
                    mapping.company = (*name).to_owned();
                    mapping.contract = (*name).to_owned();
                    mapping.note = (*name).to_owned();
                }
            }
            console.answer(Ok(Answer::Customers(rows)));
            for keys in ["j", "U", "Esc", "c", "Esc", "Space", "s", "Esc", "H", "Esc"] {
                console.press(keys);
                console.serve_but_customers();
                undisturbed(&console.buffer(), what);
            }
        }
    }
}

#[test]
fn a_service_and_a_subscription_disturb_no_screen_that_shows_them() {
    for (what, name) in TEXTS {
        for mut console in consoles() {
            console.go("5");
            console.press("Enter");
            let mut report = fixtures::report();
            for row in &mut report.customers {
                row.customer = (*name).to_owned();
                for subscription in &mut row.subscriptions {
                    subscription.name = (*name).to_owned();
                    subscription.sku = Some((*name).to_owned());
                    let finding = Finding::new("server".into(), *name, *name);
                    subscription.error = Some(finding);
                }
            }
            console.answer(Ok(Answer::Run(Box::new(report))));
            for keys in ["Enter", "Enter", "Enter"] {
                undisturbed(&console.buffer(), what);
                console.press(keys);
            }
            undisturbed(&console.buffer(), what);
            let mut chart = fixtures::chart();
            chart.service = (*name).to_owned();
            chart.writes[0].actor = (*name).to_owned();
            console.press("Esc c");
            console.answer_chart(chart);
            undisturbed(&console.buffer(), what);
        }
    }
}

#[test]
fn a_product_disturbs_neither_table_nor_picker_nor_plan() {
    for (what, name) in TEXTS {
        for mut console in consoles() {
            console.press("4");
            let mut rows = fixtures::products();
            for row in &mut rows {
                row.name = (*name).to_owned();
                row.service_name = Some((*name).to_owned());
                row.remark = Some((*name).to_owned());
            }
            console.answer(Ok(Answer::Products(rows)));
            undisturbed(&console.buffer(), what);
            console.press("Enter");
            undisturbed(&console.buffer(), what);
            console.press("Esc P");
            let mut services = fixtures::services();
            services[0].name = (*name).to_owned();
            console.answer(Ok(Answer::Services(services)));
            undisturbed(&console.buffer(), what);
            console.answer_by(|asked| {
                let Command::Product(ProductCommand::InvoicedPrices(asked)) = asked else {
                    panic!("{asked:?}")
                };
                let all = fixtures::invoiced("Microsoft 365 Business Basic").into_iter();
                let found = all.map(|one| Invoiced { name: (*name).to_owned(), ..one }).next();
                Answer::InvoicedPrices(About { asked, found })
            });
            console.press("Enter");
            undisturbed(&console.buffer(), what);
            console.press("Esc p");
            let mut plan = fixtures::with_rows(fixtures::plan(), |rows| {
                rows[0].product = Some((*name).into());
                rows[0].customer = Some((*name).into());
                rows[0].reason = (*name).into();
            });
            plan.contracts[0].customers[0] = (*name).to_owned();
            console.answer_plan(plan);
            undisturbed(&console.buffer(), what);
            console.press("j Enter j");
            undisturbed(&console.buffer(), what);
        }
    }
}

#[test]
fn a_servers_error_disturbs_neither_the_notice_nor_the_list_of_errors() {
    for (what, text) in TEXTS {
        for mut console in consoles() {
            console.go("3");
            console.press("F5");
            let finding = Finding::new("server".into(), *text, *text);
            console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
            undisturbed(&console.buffer(), what);
            console.press("!");
            undisturbed(&console.buffer(), what);
            console.press("Enter");
            undisturbed(&console.buffer(), what);
        }
    }
}

#[test]
fn a_running_sync_is_not_disturbed_by_whom_it_is_about() {
    for (what, name) in TEXTS {
        for mut console in consoles() {
            crate::harness::live(&mut console);
            console.happened(Happening::Item {
                run: prism_connect::domain::RunId(44),
                kind: prism_connect::domain::run::RunKind::Customers,
                key: "hostile".to_owned(),
                name: (*name).to_owned(),
                domain: (*name).to_owned(),
                invoice: (*name).to_owned(),
                state: ItemState::Done {
                    outcome: prism_connect::domain::outcome::Outcome::Failure,
                    writes: 0,
                    text: Some((*name).to_owned()),
                },
            });
            console.app.fit();
            undisturbed(&console.buffer(), what);
        }
    }
}

#[rstest]
#[case("=HYPERLINK(\"http://evil\")", "'=HYPERLINK")]
#[case("+61 400 000 000 Pty", "'+61 400")]
#[case("@SUM(A1)", "'@SUM")]
fn an_exported_name_is_no_formula(#[case] name: &str, #[case] saved: &str) {
    let mut console = Harness::new(80, 24);
    console.press("3");
    let mut rows = fixtures::customers();
    rows[0].customer_name = name.to_owned();
    rows[0].latest_amount = Some("-12.50".parse().expect("an amount"));
    console.answer(Ok(Answer::Customers(rows)));
    let effects = console.press("e");
    let [Effect::Save { text, name: file }] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains(saved), "{text}");
    assert!(text.contains(",-12.50,"), "figures stay figures: {text}");
    assert_eq!(file, "prism-connect-customers-20261005-090000.csv");
}
