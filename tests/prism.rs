//! The PRISM client against a stub: one test per trap of wire/prism.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use prism_connect::{
    clock::Clock,
    domain::{
        AgreementId, Day, InvoiceId, ReadError, Side, UsageMonth, invoice::LineMotion,
        product::Motion, secret::Secret,
    },
    http::{Call, Http, HttpSettings, Method},
    prism::{Prism, PrismSettings, Source, await_credentials, begin_sign_in},
    sim::{
        self, SimSettings, Simulation,
        assumptions::{Assumptions, Offer},
        world::WorldSettings,
    },
};
use proptest::prelude::*;
use rstest::rstest;

#[path = "support/stub.rs"]
mod stub;

use stub::{Answer, Seen, Stub, json, text};

const TOKEN: &str = r#"{"access_token":"token-one-1","expires_in":3600,"token_type":"Bearer"}"#;
const HEADER: &str = "ResellerName,PrimaryDomainName,SubscriptionId,OfferName,ChargeStartDate,ChargeEndDate,LineDescription,UnitPrice,UnitPriceRrp,Quantity,BillableRatio,SubTotal,SubTotalRrp,AgreementNumber,PurchaseOrderNumber,CustomerName,BillingCycle,TermDurationNumber,TermDurationUnit";
const ROW: &str = "Northwind IT,HarbourDental.onmicrosoft.com,3D0C8A52-6f1e-4b7c-8c21-5a9be2d4f710,Microsoft 365 Business Basic (NCE Product),2022-04-03T00:00:00.0000000+00:00,2022-04-15T00:00:00.0000000+00:00,Actual usage for period,12,14.5,10,0.433333333,52,62.83,1040217,,\"Harbour, \"\"Dental\"\" Pty Ltd\",Monthly,1,MONTHS";

fn http_at(clock: Clock) -> Http {
    Http::new(&HttpSettings::default(), clock.scaled(0.001), 7).unwrap()
}

fn prism_with(stub: &Stub, http: Http) -> Prism {
    Prism::new(
        http,
        PrismSettings {
            api_url: stub.url.clone(),
            identity_url: stub.url.clone(),
            client_id: "b0c1".to_owned(),
            client_secret: Secret::new("very-secret-secret"),
        },
    )
}

fn prism(stub: &Stub) -> Prism {
    prism_with(stub, http_at(Clock::system()))
}

/// Answers the token, and everything else with this.
async fn answering(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Stub {
    Stub::start(move |seen, _| match seen.path.as_str() {
        "/core/connect/token" => json(200, TOKEN),
        _ => answer(seen),
    })
    .await
}

async fn always(body: impl Into<String>) -> Stub {
    let body = body.into();
    answering(move |_| json(200, &body)).await
}

fn asked(stub: &Stub, path: &str) -> usize {
    stub.seen().iter().filter(|seen| seen.path.starts_with(path)).count()
}

fn agreement() -> AgreementId {
    AgreementId::new("AG-1")
}

#[tokio::test]
async fn the_token_is_asked_for_as_the_contract_says_and_used_for_many_calls() {
    let stub = always(r#"{"CustomerName":"Northwind\u001b IT"}"#).await;
    let prism = prism(&stub);
    assert_eq!(prism.probe().await.unwrap(), "Northwind IT");
    prism.probe().await.unwrap();
    let seen = stub.seen();
    assert_eq!(asked(&stub, "/core/connect/token"), 1);
    assert_eq!(
        seen[0].body,
        "grant_type=client_credentials&client_id=b0c1&client_secret=very-secret-secret&scope=rhipeapi"
    );
    assert_eq!(seen[1].header("authorization"), Some("Bearer token-one-1"));
    assert_eq!((seen[1].method.as_str(), seen[1].path.as_str()), ("GET", "/api/v1/me"));
}

#[tokio::test]
async fn callers_at_once_share_one_token_request() {
    let stub = always("{}").await;
    let prism = prism(&stub);
    let (a, b, c) = tokio::join!(prism.probe(), prism.probe(), prism.probe());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(asked(&stub, "/core/connect/token"), 1);
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_early_by_the_clock() {
    let stub = always("{}").await;
    let prism = prism(&stub);
    prism.probe().await.unwrap();
    let at = |minutes| http_at(Clock::starting_at(Utc::now() + TimeDelta::minutes(minutes)));
    prism.over(at(50)).probe().await.unwrap();
    assert_eq!(asked(&stub, "/core/connect/token"), 1);
    prism.over(at(56)).probe().await.unwrap();
    assert_eq!(asked(&stub, "/core/connect/token"), 2);
}

#[tokio::test]
async fn a_401_fetches_one_new_token_and_repeats_once() {
    let stub = Stub::start(|seen, n| match seen.path.as_str() {
        "/core/connect/token" => json(200, &TOKEN.replace("one", &format!("n{n}"))),
        _ if n < 2 => text(401, ""),
        _ => json(200, "{}"),
    })
    .await;
    prism(&stub).probe().await.unwrap();
    assert_eq!(asked(&stub, "/core/connect/token"), 2);
    assert_eq!(stub.seen()[3].header("authorization"), Some("Bearer token-n2-1"));
}

#[tokio::test]
async fn a_second_401_is_the_end() {
    let stub = answering(|_| json(401, r#"{"Message":"token-one-1 is no good"}"#)).await;
    let error = prism(&stub).probe().await.unwrap_err();
    assert!(matches!(error, ReadError::Unauthorized { side: Side::Source, .. }), "{error:?}");
    assert!(!error.to_string().contains("token-one"), "{error}");
    assert_eq!(stub.count(), 4);
}

#[rstest]
#[case::secret(400, r#"{"error":"invalid_client"}"#, "client secret is wrong")]
#[case::status(401, r#"{"error":"invalid_client"}"#, "client secret is wrong")]
#[case::scope(400, r#"{"error":"invalid_scope"}"#, "rhipeapi")]
#[case::echo(400, r#"{"error":"x","error_description":"got very-secret-secret"}"#, "refused")]
#[case::page(400, "<html>bad</html>", "refused the credentials")]
#[tokio::test]
async fn wrong_credentials_are_said_and_not_tried_again(
    #[case] status: u16,
    #[case] body: &'static str,
    #[case] says: &str,
) {
    let stub = Stub::start(move |_, _| text(status, body)).await;
    let error = prism(&stub).probe().await.unwrap_err();
    assert!(matches!(error, ReadError::Unauthorized { side: Side::Source, .. }), "{error:?}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(!format!("{error:?}").contains("very-secret"), "{error:?}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn a_busy_identity_server_is_tried_again() {
    let stub = Stub::start(|seen, n| match (seen.path.as_str(), n) {
        ("/core/connect/token", 0) => text(503, ""),
        ("/core/connect/token", 1) => text(500, ""),
        ("/core/connect/token", _) => json(200, TOKEN),
        _ => json(200, "{}"),
    })
    .await;
    prism(&stub).probe().await.unwrap();
    assert_eq!(stub.count(), 4);
}

#[rstest]
#[case(403)]
#[case(404)]
#[case(400)]
#[tokio::test]
async fn a_no_is_told_in_the_servers_words(#[case] status: u16) {
    let stub = answering(move |_| json(status, r#"{"Message":"Not yours"}"#)).await;
    let error = prism(&stub).tenants(&agreement()).await.unwrap_err();
    let ReadError::Refused(finding) = error else { panic!("{error:?}") };
    assert!(finding.text.ends_with(&format!("answered {status}: Not yours")), "{}", finding.text);
}

#[tokio::test]
async fn agreements_are_gathered_from_customers_by_programme() {
    let stub = always(
        r#"[{"CustomerId":"C-1","CustomerName":"Harbour & Söhne","IsActive":true,"CustomerActingRole":"EndCustomer","SignedWithRhipe":true,
             "CustomerProgramAgreements":[{"Id":"T-1","ContractAgreementId":"AG-1","ProgramName":"MICROSOFT csp Indirect"},
                                          {"Id":"T-9","ContractAgreementId":"AG-2","ProgramName":"Microsoft SPLA"}]},
            {"CustomerId":"C-2","CustomerName":"Partner","CustomerActingRole":"partner","CustomerProgramAgreements":[{"ContractAgreementId":"ag-1","ProgramName":"Microsoft CSP Indirect"}]},
            {"CustomerId":"C-3","CustomerName":"Both","CustomerActingRole":2,"CustomerProgramAgreements":[{"ContractAgreementId":"ag-1","ProgramName":"Microsoft CSP Indirect"}]},
            {"CustomerId":"C-4","CustomerName":"Old","IsRhipeEndCustomer":false,"IsRhipePartnerCustomer":true,"CustomerProgramAgreements":[{"ContractAgreementId":"ag-1"}]},
            {"CustomerId":"C-5","CustomerName":null,"CustomerProgramAgreements":null}]"#,
    )
    .await;
    let agreements = prism(&stub).agreements().await.unwrap();
    assert_eq!(stub.seen()[1].path, "/api/v1/me/customers?includeDeactivatedCustomers=false");
    let names: Vec<_> = agreements[0].customers.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["Harbour & Söhne", "Both"]);
    assert_eq!((agreements.len(), agreements[0].csp, agreements[1].csp), (2, true, false));
}

#[tokio::test]
async fn add_ons_are_flattened_and_null_subscriptions_are_none() {
    let stub = always(
        r#"[{"TenantId":"0C1A","TenantDomain":"HarbourDental.onmicrosoft.com","TenantStatus":"Active","CustomerId":"C-1","CustomerName":"Harbour",
             "Subscriptions":[{"SubscriptionId":"S-1","Status":"Active","FriendlyName":"Basic","ProductId":"P-1","Quantity":15,"Unit":"Licenses","DisplayTemplate":"Default",
               "AddonSubscriptions":[{"SubscriptionId":"S-2","ProductName":"Add","Quantity":2.0,"AddonSubscriptions":[{"SubscriptionId":"S-3","Unit":"usage-based"}]}]},
              {"SubscriptionId":"S-4","DisplayTemplate":"Azure","AddonSubscriptions":null},{"SubscriptionId":"s-1"},{"SubscriptionId":null}]},
            {"TenantId":"t-2","Subscriptions":null}]"#,
    )
    .await;
    let tenants = prism(&stub).tenants(&agreement()).await.unwrap();
    assert_eq!(stub.seen()[1].path, "/api/v2/contractagreements/ag-1/tenants");
    let got: Vec<_> = tenants[0]
        .subscriptions
        .iter()
        .map(|one| (one.id.to_string(), one.quantity, one.usage_billed))
        .collect();
    let listed = [("s-1", 15, false), ("s-2", 2, false), ("s-3", 0, true), ("s-4", 0, true)];
    assert_eq!(got, listed.map(|(id, quantity, usage)| (id.to_owned(), quantity, usage)));
    assert_eq!(tenants[0].domain, "harbourdental.onmicrosoft.com");
    assert!(tenants[1].subscriptions.is_empty());
}

#[tokio::test]
async fn a_tenant_without_an_id_is_odd_and_no_other() {
    let stub = always(
        r#"[{"TenantId":"t"},{"TenantId":null,"TenantDomain":"x","Subscriptions":[{"SubscriptionId":"s"}]}]"#,
    )
    .await;
    let tenants = prism(&stub).tenants(&agreement()).await.unwrap();
    let faults: Vec<_> = tenants.iter().map(|tenant| tenant.fault.as_deref()).collect();
    assert_eq!(faults, [None, Some("tenant 2 of PRISM's list: it has no TenantId")]);
    assert_eq!(tenants[1].subscriptions.len(), 1, "lines that speak of it are known");
}

#[tokio::test]
async fn the_price_list_tells_motions_apart_and_keeps_every_decimal() {
    let product = |sku: &str, frequency: &str, option: u8, price: &str| {
        format!(
            r#"{{"ProductId":"P-{sku}","ProductSku":"{sku}","ProductName":"N","ProductDescription":null,"ProductShortDescription":"short","Price":120,"UnitPrice":{price},"RetailPrice":29.0,"RetailUnitPrice":null,"Qty":2,"ProductFrequencies":["{frequency}"],"BillingCycleOptions":{option}}}"#
        )
    };
    let products = [
        product("CFQ7:0001", "Monthly", 1, "6.9012345678"),
        product("CFQ7:0001", "1 Year", 1, "1e-7"),
        product("CFQ7:0001", "1 Year", 2, "70"),
        product("LEGACY", "6 Years", 2, "0"),
        r#"{"ProductSku":"NO-PRICE"}"#.to_owned(),
        product("CFQ7:0001", "Monthly", 1, "6.9012345678"),
    ];
    let stub = always(format!(
        r#"{{"ProductGroups":[{{"ProductGroup":"M","Products":[{}]}},{{"Products":null}}]}}"#,
        products.join(",")
    ))
    .await;
    let day = Day::new(2026, 9, 5).unwrap();
    let list = prism(&stub).price_list(&agreement(), day).await.unwrap();
    let path = "/api/v2/me/pricing/ag-1/pricelist/2026/9/5/?excludeTieredProducts=true";
    assert_eq!(stub.seen()[1].path, path);
    let motions: Vec<_> = list.iter().map(|product| product.key.motion).collect();
    assert_eq!(
        motions,
        [Motion::Monthly, Motion::AnnualTermMonthlyBill, Motion::AnnualBill, Motion::AnnualBill]
    );
    assert_eq!(list[0].cost.to_string(), "6.9012345678");
    assert_eq!(list[1].cost.to_string(), "0.0000001");
    assert_eq!(list[0].retail.to_string(), "14.50");
    assert_eq!((list[0].sku_text.as_str(), list[0].description.as_str()), ("CFQ7:0001", "short"));
}

#[rstest]
#[case("1e30")]
#[case("\"twelve\"")]
#[case("-99999999999999999999999999999999999999")]
#[case("true")]
#[tokio::test]
async fn a_product_whose_price_is_none_is_odd_and_no_other(#[case] price: &str) {
    let stub = always(format!(
        r#"{{"ProductGroups":[{{"Products":[{{"ProductSku":"S","UnitPrice":{price},"RetailUnitPrice":1}},{{"ProductSku":"T","UnitPrice":1,"RetailUnitPrice":2}}]}}]}}"#
    ))
    .await;
    let list = prism(&stub).price_list(&agreement(), Day::new(2026, 9, 5).unwrap()).await.unwrap();
    let odd: Vec<_> = list.iter().map(|one| (one.sku_text.as_str(), one.fault.is_some())).collect();
    assert_eq!(odd, [("S", true), ("T", false)]);
}

fn invoice(id: &str, month: u32) -> String {
    format!(
        r#"{{"InvoiceId":"{id}","ProgramName":"Microsoft CSP Indirect","BillingPeriodStart":"2026-{:02}-01T00:00:00+00:00","UsageYear":2026,"UsageMonth":{month},"SubTotal":142.00,"AgreementNumber":1040217}}"#,
        month + 1
    )
}

fn page_of(seen: &Seen) -> u32 {
    let at = seen.path.split("page=").nth(1).unwrap();
    at.split('&').next().unwrap().parse().unwrap()
}

#[rstest]
#[case::ignores_paging(false, false, 2)]
#[case::counts(true, true, 2)]
#[case::ends_with_an_empty_page(true, false, 3)]
#[tokio::test]
async fn the_invoice_list_ends_by_its_stop_rules(
    #[case] pages: bool,
    #[case] total: bool,
    #[case] requests: usize,
) {
    let stub = answering(move |seen| {
        let records = match (pages, page_of(seen)) {
            (false, _) => format!("{},{}", invoice("I-2", 8), invoice("I-1", 7)),
            (true, 1) => invoice("I-2", 8),
            (true, 2) => invoice("I-1", 7),
            (true, _) => String::new(),
        };
        let total = if total { r#","TotalRecords":2"# } else { "" };
        json(200, &format!(r#"{{"Records":[{records}]{total}}}"#))
    })
    .await;
    let invoices = prism(&stub).invoices().await.unwrap().invoices;
    let ids: Vec<_> = invoices.iter().map(|invoice| invoice.id.as_str()).collect();
    assert_eq!(ids, ["i-1", "i-2"], "newest last");
    assert_eq!(asked(&stub, "/api/v2/invoices"), requests);
    assert_eq!(invoices[0].agreement_number.as_deref(), Some("1040217"));
    assert_eq!(invoices[0].number, "I-1");
}

#[tokio::test]
async fn the_usage_month_never_comes_from_the_billing_period() {
    let stub = always(
        r#"{"Records":[{"InvoiceId":"a","BillingPeriodStart":"2026-09-01T02:11:09.1234567+00:00"},
                       {"InvoiceId":"b","UsageYear":"2026","UsageMonth":"8"},{"InvoiceId":"c","UsageYear":2026,"UsageMonth":13}]}"#,
    )
    .await;
    let invoices = prism(&stub).invoices().await.unwrap().invoices;
    let month = |id: &str| invoices.iter().find(|one| one.id.as_str() == id).unwrap().usage_month;
    assert_eq!(month("a"), None);
    assert_eq!(month("b"), Some(UsageMonth::new(2026, 8).unwrap()));
    assert_eq!(month("c"), None);
    let start = invoices.iter().find(|one| one.id.as_str() == "a").unwrap().billing_period_start;
    assert_eq!(start, Day::new(2026, 9, 1));
}

async fn lines_of(file: String) -> Result<Vec<prism_connect::domain::invoice::Line>, ReadError> {
    let stub = answering(move |_| text(200, &file)).await;
    let lines = prism(&stub).lines(&InvoiceId::new("INV/1 2")).await;
    assert_eq!(stub.seen()[1].path, "/api/v1/me/invoice/inv%2F1%202/csv");
    lines.map(|lines| lines.iter().collect())
}

#[rstest]
#[case::plain("", "\n")]
#[case::mark_and_crlf("\u{feff}", "\r\n")]
#[tokio::test]
async fn a_line_is_read_by_column_name(#[case] mark: &str, #[case] end: &str) {
    let lines = lines_of(format!("{mark}{HEADER}{end}{ROW}{end}")).await.unwrap();
    let line = &lines[0];
    assert_eq!(line.subscription.as_ref().unwrap().text(), "3d0c8a52-6f1e-4b7c-8c21-5a9be2d4f710");
    assert_eq!(
        (line.start, line.end),
        (Day::new(2022, 4, 3).unwrap(), Day::new(2022, 4, 15).unwrap())
    );
    assert_eq!(line.offer(), "Microsoft 365 Business Basic");
    assert_eq!(line.customer_name.as_deref(), Some("Harbour, \"Dental\" Pty Ltd"));
    assert_eq!(line.domain.as_deref(), Some("harbourdental.onmicrosoft.com"));
    assert_eq!(
        (line.ratio.to_string(), line.subtotal.to_string()),
        ("0.433333333".to_owned(), "52.00".to_owned())
    );
    assert_eq!((line.number, line.motion), (1, LineMotion::Monthly));
}

#[tokio::test]
async fn columns_may_come_in_any_order_with_others_among_them() {
    let turn = |row: &str| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
        let mut fields: Vec<String> =
            reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
        fields.reverse();
        fields.insert(3, "Extra".to_owned());
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(fields).unwrap();
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    };
    let turned = lines_of(format!("{}{}", turn(HEADER), turn(ROW))).await.unwrap();
    assert_eq!(turned, lines_of(format!("{HEADER}\n{ROW}\n")).await.unwrap());
}

#[rstest]
#[case("CurrencyCode", "aud", Some("AUD"))]
#[case("Currency", "NZD", Some("NZD"))]
#[case("CurrencyCode", "", None)]
#[tokio::test]
async fn a_line_may_name_a_currency_of_its_own(
    #[case] column: &str,
    #[case] cell: &str,
    #[case] currency: Option<&str>,
) {
    let lines = lines_of(format!("{HEADER},{column}\n{ROW},{cell}\n")).await.unwrap();
    assert_eq!(lines[0].currency.as_ref().map(prism_connect::domain::Currency::as_str), currency);
}

const TEN: &str = "SubscriptionId,OfferName,ChargeStartDate,ChargeEndDate,UnitPrice,UnitPriceRrp,Quantity,BillableRatio,SubTotal,SubTotalRrp";

#[tokio::test]
async fn the_ten_certain_columns_are_enough_and_the_span_tells_the_annual_bill() {
    let row = |end: &str| format!("s,O,2026-09-01T00:00:00+00:00,{end},1,2,3,1,3,6\n");
    let file = format!("{TEN}\n{}{}", row("2026-09-30T00:00:00+00:00"), row("2027-08-31"));
    let lines = lines_of(file).await.unwrap();
    assert_eq!(lines[0].motion, LineMotion::Untold);
    assert_eq!(lines[1].motion, LineMotion::AnnualBill);
    assert_eq!((&lines[0].domain, &lines[0].customer_name), (&None, &None));
}

#[tokio::test]
async fn each_certain_column_that_is_missing_is_named() {
    for name in TEN.split(',') {
        let header: Vec<_> = TEN.split(',').filter(|column| *column != name).collect();
        let error = lines_of(header.join(",")).await.unwrap_err().to_string();
        assert!(error.contains(&format!("the header has no column {name})")), "{error}");
    }
}

#[rstest]
#[case::monthly("Monthly,1,MONTHS", LineMotion::Monthly)]
#[case::annual_term("monthly,1,YEARS", LineMotion::AnnualTermMonthlyBill)]
#[case::twelve_months("Monthly,12,MONTHS", LineMotion::AnnualTermMonthlyBill)]
#[case::annual("Annual,1,YEARS", LineMotion::AnnualBill)]
#[case::three_years("Triennial,3,YEARS", LineMotion::AnnualBill)]
#[case::empty(",,", LineMotion::Untold)]
#[case::a_cycle_alone("Monthly,,", LineMotion::Untold)]
#[tokio::test]
async fn the_last_columns_tell_term_and_cycle(#[case] term: &str, #[case] motion: LineMotion) {
    let row = ROW.replace("Monthly,1,MONTHS", term);
    assert_eq!(lines_of(format!("{HEADER}\n{row}")).await.unwrap()[0].motion, motion);
}

#[tokio::test]
async fn a_line_without_subscription_may_leave_figures_out_but_not_the_amount() {
    let row = |amount: &str| format!("{TEN}\n,Credit,2026-09-01,2026-09-30,,,,,{amount},\n");
    let line = lines_of(row("-12.50")).await.unwrap().remove(0);
    assert_eq!((line.subscription, line.subtotal.to_string()), (None, "-12.50".to_owned()));
    let fault = lines_of(row("")).await.unwrap().remove(0).fault.unwrap();
    assert_eq!((fault.text.as_str(), fault.amount_is_sure), ("SubTotal: “” is no number", false));
}

#[rstest]
#[case::empty(String::new(), "is empty")]
#[case::page("<html><body>Sign in</body></html>".to_owned(), "no column SubscriptionId")]
#[case::short(format!("{HEADER}\n{ROW}\n{}", &ROW[..120]), "row 2 has")]
#[case::long(format!("{HEADER}\n{},more", ROW.replace("3D0C8A52-6f1e", "3D0C8A52")), "row 1 has 20 fields")]
#[case::twice(format!("{HEADER},Quantity\n{ROW},1"), "Quantity twice")]
#[case::open_quote(format!("{HEADER}\n\"{}", "a,".repeat(1 << 20)), "row 1: it is longer than")]
#[case::endless_header(format!("{HEADER}{}", ",x".repeat(1 << 20)), "row 0: it is longer than")]
#[case::binary("\u{0}\u{1}\u{2}\n\u{0}".to_owned(), "no column")]
#[tokio::test]
async fn a_damaged_file_is_refused_with_the_row(#[case] file: String, #[case] says: &str) {
    let error = lines_of(file).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().contains(says), "{error}");
}

/// What it bills is still summed, and whose it is is known (sync-rules 4.2).
#[rstest]
#[case::number("52,62.83", "five,62.83", "SubTotal: “five” is no number")]
#[case::grouping("52,62.83", "\"1,052\",62.83", "SubTotal: “1,052” is no number")]
#[case::nothing(",10,", ",,", "Quantity: “” is no number")]
#[case::absurd(",10,", ",9e20,", "Quantity: 9e20 is absurdly large")]
#[case::day(
    "2022-04-15",
    "2022-04-35",
    "ChargeEndDate: “2022-04-35T00:00:00.0000000+00:00” is no day"
)]
#[case::backwards("2022-04-15", "2022-04-01", "2022-04-01 lies before ChargeStartDate 2022-04-03")]
#[case::a_time_of_day(
    "2022-04-15T00:00",
    "2022-04-15T10:30",
    "has a time of day where a midnight is promised"
)]
#[case::the_last_second("15T00:00:00.0000000", "15T23:59:59.0000000", "has a time of day")]
#[tokio::test]
async fn a_row_that_cannot_be_read_is_odd_and_no_other(
    #[case] figure: &str,
    #[case] odd: &str,
    #[case] says: &str,
) {
    assert!(ROW.contains(figure), "{ROW}");
    let file = format!("{HEADER}\n{ROW}\n{}\n{ROW}", ROW.replacen(figure, odd, 1));
    let lines = lines_of(file).await.unwrap();
    let faults: Vec<_> = lines.iter().map(|line| line.fault.is_some()).collect();
    assert_eq!(faults, [false, true, false]);
    let fault = &lines[1].fault.as_ref().unwrap().text;
    assert!(fault.contains(says), "{fault}");
    assert_eq!(lines[1].subscription, lines[0].subscription);
    assert_eq!(lines[1].subtotal, lines[0].subtotal);
}

/// Enough is in place to say whose it is and what it bills; which field is which, nobody knows.
#[rstest]
#[case::a_comma_before(ROW.replace("Actual usage", "Actual, usage"), "20 fields where the header has 19")]
#[case::a_comma_behind(ROW.replace(",MONTHS", ",MONTHS,"), "20 fields where the header has 19")]
#[case::a_field_lost(ROW.replace(",MONTHS", ""), "18 fields where the header has 19")]
#[case::first_of_all(ROW.replacen("Northwind IT", "Northwind, IT", 1), "20 fields")]
#[tokio::test]
async fn a_row_of_other_fields_is_odd_and_its_amount_is_for_the_header_to_confirm(
    #[case] odd: String,
    #[case] says: &str,
) {
    let lines = lines_of(format!("{HEADER}\n{ROW}\n{odd}\n{ROW}")).await.unwrap();
    let faults: Vec<_> = lines.iter().map(|line| line.fault.is_some()).collect();
    assert_eq!(faults, [false, true, false]);
    let fault = lines[1].fault.as_ref().unwrap();
    assert!(fault.text.contains(says) && !fault.amount_is_sure, "{fault:?}");
    assert_eq!((lines[1].number, &lines[1].subscription), (2, &lines[0].subscription));
    assert_eq!(lines[1].motion, LineMotion::Untold, "of its columns none is believed");
    assert_eq!(lines[1].subtotal, lines[0].subtotal);
}

#[tokio::test]
async fn a_row_that_is_not_utf_8_is_odd_and_no_other() {
    let odd = ROW.replace("Dental\"\"", "D\u{1}ntal\"\"");
    let file = format!("{HEADER}\n{ROW}\n{odd}\n{ROW}\n");
    let bytes: Vec<u8> = file.bytes().map(|byte| if byte == 1 { 0xE9 } else { byte }).collect();
    let stub = answering(move |_| Answer::Whole(200, Vec::new(), bytes.clone())).await;
    let lines = prism(&stub).lines(&InvoiceId::new("i")).await.unwrap();
    let faults: Vec<_> = lines.iter().map(|line| line.fault.map(|fault| fault.text)).collect();
    assert_eq!(faults, [None, Some("it is not UTF-8".to_owned()), None]);
    let amounts: Vec<_> = lines.amounts().collect();
    assert_eq!(amounts[1], amounts[0]);
}

/// Whatever a list has in the place of a record, the records beside it are read.
#[rstest]
#[case::null("null")]
#[case::a_text("\"row\"")]
#[case::a_list("[1]")]
#[tokio::test]
async fn a_row_that_is_no_record_leaves_the_others_as_they_are(#[case] odd: &str) {
    let tenants =
        format!(r#"[{odd},{{"TenantId":"t","Subscriptions":[{odd},{{"SubscriptionId":"s"}}]}}]"#);
    let found = prism(&always(tenants).await).tenants(&agreement()).await.unwrap();
    let faults: Vec<_> = found.iter().map(|tenant| tenant.fault.is_some()).collect();
    assert_eq!((faults, found[1].subscriptions.len()), (vec![true, false], 1));
    let list = format!(
        r#"{{"ProductGroups":[{odd},{{"Products":[{odd},{{"ProductSku":"S","UnitPrice":1,"RetailUnitPrice":2}}]}}]}}"#
    );
    let day = Day::new(2026, 9, 5).unwrap();
    let found = prism(&always(list).await).price_list(&agreement(), day).await.unwrap();
    assert_eq!(found.len(), 1);
    let list = format!(r#"{{"Records":[{odd},{}]}}"#, invoice("I-1", 7));
    let found = prism(&always(list).await).invoices().await.unwrap();
    assert_eq!((found.invoices.len(), found.left_out.len()), (1, 1));
    let customers = format!(
        r#"[{odd},{{"CustomerProgramAgreements":[{odd},{{"ContractAgreementId":"AG-1","ProgramName":"Microsoft CSP"}}]}}]"#
    );
    let found = prism(&always(customers).await).agreements().await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_list_that_is_none_is_said_to_be_none() {
    let stub = always(r#"{"Records":"none"}"#).await;
    let error = prism(&stub).invoices().await.unwrap_err().to_string();
    assert!(error.contains("Records: “\"none\"” is no list"), "{error}");
}

#[rstest]
#[case::a_word("\"forty\"", "SubTotal: “forty” is no number")]
#[case::absurd("4140000000000000", "SubTotal: 4140000000000000 is absurdly large")]
#[case::a_record("{}", "SubTotal: “{}” is no number")]
#[tokio::test]
async fn a_header_whose_sum_cannot_be_read_is_odd_and_says_no_sum(
    #[case] sum: &str,
    #[case] says: &str,
) {
    let odd = invoice("I-1", 7).replace("142.00", sum);
    let list = format!(r#"{{"Records":[{odd},{}]}}"#, invoice("I-2", 8));
    let found = prism(&always(list).await).invoices().await.unwrap().invoices;
    let faults: Vec<_> =
        found.iter().map(|one| (one.fault.as_deref(), one.subtotal.is_some())).collect();
    assert_eq!(faults, [(Some(says), false), (None, true)]);
}

/// One of another program is none of this product's business.
#[rstest]
#[case::csp("Microsoft CSP Indirect", Some("invoice INV7 of 2026-07 (142.00) has no InvoiceId"))]
#[case::another_program("Citrix CSP", None)]
#[tokio::test]
async fn a_header_without_an_id_is_told_by_whatever_names_it(
    #[case] program: &str,
    #[case] says: Option<&str>,
) {
    let odd = invoice("x", 7)
        .replace(r#""InvoiceId":"x""#, r#""InvoiceNumber":"INV7""#)
        .replace("Microsoft CSP Indirect", program);
    let list = format!(r#"{{"Records":[{odd},{}],"TotalRecords":2}}"#, invoice("I-2", 8));
    let stub = always(list).await;
    let found = prism(&stub).invoices().await.unwrap();
    assert_eq!(found.invoices.len(), 1);
    assert_eq!(asked(&stub, "/api/v2/invoices"), 1, "all that it counts are there");
    let told: Vec<_> = found.left_out.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(told.len(), usize::from(says.is_some()));
    assert!(says.is_none_or(|says| told[0].contains(says)), "{told:?}");
}

#[rstest]
#[case::in_utc("2022-04-15T00:00:00Z", "2022-04-15")]
#[case::of_another_offset("2022-04-15T00:00:00+10:00", "2022-04-15")]
#[case::told_in_another_offset("2022-04-15T10:00:00+10:00", "2022-04-15")]
#[case::a_day("2022-04-15", "2022-04-15")]
#[tokio::test]
async fn a_charge_date_is_a_midnight(#[case] date: &str, #[case] day: &str) {
    let file = format!("{HEADER}\n{}", ROW.replace("2022-04-15T00:00:00.0000000+00:00", date));
    let lines = lines_of(file).await.unwrap();
    assert_eq!((lines[0].end.to_string().as_str(), &lines[0].fault), (day, &None));
}

/// A row without any day stands where most others do, so that it makes no other month.
#[tokio::test]
async fn a_row_without_days_stands_where_most_others_do() {
    let without = ROW.replace("2022-04-15", "soon").replace("2022-04-03", "now");
    let lines = lines_of(format!("{HEADER}\n{without}\n{ROW}")).await.unwrap();
    assert_eq!((lines[0].start, lines[0].end), (lines[1].start, lines[1].end));
}

#[rstest]
#[case::with_a_line_break("\n")]
#[case::without("")]
#[case::crlf("\r\n\r\n")]
#[tokio::test]
async fn a_header_alone_is_an_invoice_without_lines(#[case] end: &str) {
    assert_eq!(lines_of(format!("\u{feff}{HEADER}{end}")).await, Ok(Vec::new()));
}

#[rstest]
#[case::half(Answer::Half(format!("{HEADER}\n{ROW}\n{ROW}\n")))]
#[case::nothing(Answer::Cut)]
#[tokio::test]
async fn a_cut_file_is_read_again(#[case] cut: Answer) {
    let file = format!("{HEADER}\n{ROW}\n{ROW}\n");
    let stub = Stub::start(move |seen, n| match seen.path.as_str() {
        "/core/connect/token" => json(200, TOKEN),
        _ if n == 1 => cut.clone(),
        _ => text(200, &file),
    })
    .await;
    let lines = prism(&stub).lines(&InvoiceId::new("i")).await.unwrap();
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_row_without_an_end_is_refused_early() {
    let stub = Stub::start(|seen, _| match seen.path.as_str() {
        "/core/connect/token" => json(200, TOKEN),
        _ => Answer::Endless(b"\"Harbour".to_vec()),
    })
    .await;
    let error = prism(&stub).lines(&InvoiceId::new("i")).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().contains("row 0: it is longer than 1048576 bytes"), "{error}");
}

#[tokio::test]
async fn a_prism_that_never_answers_is_given_up() {
    let stub = Stub::start(|_, _| Answer::Silence).await;
    let timeout = Duration::from_millis(200);
    let hasty = HttpSettings { timeout, tries: 2, ..HttpSettings::default() };
    let http = Http::new(&hasty, Clock::system().scaled(0.001), 7).unwrap();
    let error = prism_with(&stub, http).probe().await.unwrap_err();
    assert_eq!((error.finding().code.as_str(), stub.count()), ("time_out", 2));
}

#[rstest]
#[case(".")]
#[case("..")]
#[case("")]
#[tokio::test]
async fn an_id_that_climbs_out_of_the_path_is_not_asked_for(#[case] id: &str) {
    let stub = always("").await;
    assert!(matches!(prism(&stub).lines(&InvoiceId::new(id)).await, Err(ReadError::Refused(_))));
    assert_eq!(stub.count(), 0);
}

const DEVICE: &str = r#"{"device_code":"device-code-9","user_code":"ABCD-EFGH","verification_uri":"https://login.example/device","expires_in":900,"interval":5}"#;

#[tokio::test]
async fn new_credentials_are_made_after_the_operator_approved() {
    let stub = Stub::start(|seen, n| match (seen.path.as_str(), n) {
        ("/core/connect/deviceauthorization", _) => json(200, DEVICE),
        ("/core/connect/token", 1) => json(400, r#"{"error":"authorization_pending"}"#),
        ("/core/connect/token", 2) => json(400, r#"{"error":"slow_down"}"#),
        ("/core/connect/token", _) => json(200, TOKEN),
        _ => json(200, r#"{"ClientId":"new-id","ClientSecret":"new-secret-1234"}"#),
    })
    .await;
    let http = http_at(Clock::system());
    let sign_in = begin_sign_in(&http, &stub.url).await.unwrap();
    assert_eq!(
        (sign_in.user_code.as_str(), sign_in.interval),
        ("ABCD-EFGH", Duration::from_secs(5))
    );
    let made = await_credentials(&http, &stub.url, &stub.url, &sign_in, "ops@example.com").await;
    let made = made.unwrap();
    assert_eq!(
        (made.client_id.as_str(), made.client_secret.expose()),
        ("new-id", "new-secret-1234")
    );
    let seen = stub.seen();
    assert_eq!(seen[0].body, "client_id=prism-connect&scope=rhipeapi");
    assert_eq!(seen[4].path, "/api/v2/me/clientcredentials");
    assert_eq!(seen[4].body, r#"{"clientName":"PRISM Connect","email":"ops@example.com"}"#);
    assert!(!http.safe("it was new-secret-1234").contains("new-secret"));
}

#[rstest]
#[case::path(404, "")]
#[case::client(400, r#"{"error":"unauthorized_client"}"#)]
#[tokio::test]
async fn a_prism_without_sign_in_is_told_with_the_manual_way(
    #[case] status: u16,
    #[case] body: &'static str,
) {
    let stub = Stub::start(move |_, _| text(status, body)).await;
    let error = begin_sign_in(&http_at(Clock::system()), &stub.url).await.unwrap_err();
    assert_eq!(error.finding().code.as_str(), "not_offered");
    assert!(error.finding().advice.contains("Manage Client Credentials"));
}

/// Whatever answers in the place of the identity server cannot fill the memory.
#[rstest]
#[case::token("/core/connect/token")]
#[case::sign_in("/core/connect/deviceauthorization")]
#[case::credentials("/api/v2/me/clientcredentials")]
#[tokio::test]
async fn an_answer_with_credentials_in_it_is_read_up_to_64_kib(#[case] endless: &'static str) {
    let padded = |body: &str, bytes: usize| {
        let body = body.trim_end_matches('}');
        let rest = bytes - body.len() - r#","x":""}"#.len();
        format!(r#"{body},"x":"{}"}}"#, "x".repeat(rest))
    };
    for (bytes, taken) in [(64 << 10, true), ((64 << 10) + 1, false)] {
        let stub = Stub::start(move |seen, _| {
            let body = match seen.path.as_str() {
                "/core/connect/token" => TOKEN,
                "/core/connect/deviceauthorization" => DEVICE,
                _ => r#"{"ClientId":"new-id","ClientSecret":"new-secret-1234"}"#,
            };
            let long = seen.path == endless;
            json(200, &if long { padded(body, bytes) } else { body.to_owned() })
        })
        .await;
        let http = http_at(Clock::system());
        let made = async {
            let sign_in = begin_sign_in(&http, &stub.url).await?;
            await_credentials(&http, &stub.url, &stub.url, &sign_in, "ops@example.com").await
        };
        let made = made.await;
        assert_eq!(made.is_ok(), taken, "{bytes}: {made:?}");
    }
}

#[tokio::test]
async fn the_operator_is_sent_to_web_pages_only() {
    let stub = Stub::start(|_, _| json(200, &DEVICE.replace("https:", "javascript:"))).await;
    let error = begin_sign_in(&http_at(Clock::system()), &stub.url).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
}

/// A small world on loopback, with this PRISM.
async fn simulated(prism: sim::prism::PrismSettings, assumptions: Assumptions) -> Simulation {
    let world = WorldSettings { customers: 6, subscriptions: 4, ..WorldSettings::default() };
    Simulation::start(SimSettings { world, prism, assumptions, ..SimSettings::default() })
        .await
        .unwrap()
}

fn settings_of(simulation: &Simulation) -> PrismSettings {
    let address = simulation.addresses().prism;
    PrismSettings {
        api_url: address.api_url.parse().unwrap(),
        identity_url: address.identity_url.parse().unwrap(),
        client_id: address.client_id,
        client_secret: Secret::new(address.client_secret),
    }
}

#[rstest]
#[case::as_usual(sim::prism::PrismSettings::default(), serde_json::json!({}))]
#[case::old_file(
    sim::prism::PrismSettings { csv_bom: false, ..Default::default() },
    serde_json::json!({"csv_columns": "without_last_six"})
)]
#[case::certain_columns(sim::prism::PrismSettings::default(), serde_json::json!({"csv_columns": "certain_ten"}))]
#[case::small_pages(
    sim::prism::PrismSettings { page_size_limit: 2, ..Default::default() }, serde_json::json!({})
)]
#[case::no_pages(sim::prism::PrismSettings::default(), serde_json::json!({"invoice_paging": "ignored"}))]
#[case::no_totals(
    sim::prism::PrismSettings { page_size_limit: 2, ..Default::default() },
    serde_json::json!({"page_totals": "absent"})
)]
#[case::no_nulls(sim::prism::PrismSettings::default(), serde_json::json!({"null_members": "absent"}))]
#[case::numbers_for_roles(sim::prism::PrismSettings::default(), serde_json::json!({"acting_role": "number"}))]
#[case::no_types(
    sim::prism::PrismSettings::default(),
    serde_json::json!({"invoice_type": "absent", "invoice_status": "absent", "invoice_currency": "absent"})
)]
#[tokio::test]
async fn a_simulated_prism_is_read_from_end_to_end(
    #[case] behaves: sim::prism::PrismSettings,
    #[case] assumed: serde_json::Value,
) {
    let assumptions = Assumptions::default().turned(&assumed).unwrap();
    let simulation = simulated(behaves, assumptions).await;
    let prism = Prism::new(http_at(Clock::system()), settings_of(&simulation));
    prism.probe().await.unwrap();
    let agreements = prism.agreements().await.unwrap();
    let agreement = &agreements.iter().find(|one| one.csp).unwrap().id;
    let tenants = prism.tenants(agreement).await.unwrap();
    let day = Day::new(2026, 10, 5).unwrap();
    let products = prism.price_list(agreement, day).await.unwrap();
    assert!(tenants.len() >= 6 && products.len() >= 120, "{} {}", tenants.len(), products.len());
    let invoices = prism.invoices().await.unwrap().invoices;
    let newest = invoices.iter().rfind(|one| one.agreement.as_ref() == Some(agreement)).unwrap();
    assert_eq!(newest.usage_month, Some(UsageMonth::new(2026, 9).unwrap()));
    for invoice in &invoices {
        let lines = prism.lines(&invoice.id).await.unwrap();
        let sum: prism_connect::domain::Money = lines.iter().map(|line| line.subtotal).sum();
        assert_eq!(Some(sum), invoice.subtotal, "{}", invoice.number);
    }
    simulation.stop().await;
}

#[tokio::test]
async fn a_simulated_prism_refuses_a_wrong_secret() {
    let simulation = simulated(sim::prism::PrismSettings::default(), Assumptions::default()).await;
    let settings =
        PrismSettings { client_secret: Secret::new("wrong-secret"), ..settings_of(&simulation) };
    let error = Prism::new(http_at(Clock::system()), settings).probe().await.unwrap_err();
    assert!(matches!(error, ReadError::Unauthorized { side: Side::Source, .. }), "{error:?}");
}

#[tokio::test]
async fn a_simulated_prism_makes_credentials_that_work() {
    let simulation = simulated(sim::prism::PrismSettings::default(), Assumptions::default()).await;
    let settings = settings_of(&simulation);
    let http = http_at(Clock::system());
    let sign_in = begin_sign_in(&http, &settings.identity_url).await.unwrap();
    let approval =
        Call::new("browser", "browser", Method::POST, sign_in.verification_url.parse().unwrap())
            .form(vec![
                ("user_code", sign_in.user_code.as_str().into()),
                ("answer", "approve".into()),
            ]);
    assert!(http.read(&approval).await.unwrap().is_success());
    let (api, identity) = (&settings.api_url, &settings.identity_url);
    let made = await_credentials(&http, api, identity, &sign_in, "ops@x.example").await.unwrap();
    let fresh = PrismSettings {
        client_id: made.client_id,
        client_secret: made.client_secret,
        ..settings.clone()
    };
    Prism::new(http, fresh).probe().await.unwrap();
}

#[tokio::test]
async fn a_simulated_prism_without_sign_in_is_told() {
    let without = Assumptions { device_sign_in: Offer::Absent, ..Default::default() };
    let simulation = simulated(sim::prism::PrismSettings::default(), without).await;
    let identity = settings_of(&simulation).identity_url;
    let error = begin_sign_in(&http_at(Clock::system()), &identity).await.unwrap_err();
    assert_eq!(error.finding().code.as_str(), "not_offered");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_decoder_panic(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            r#"[\[\]{}",:0-9eE.\-A-Za-z]{0,300}"#.prop_map(String::into_bytes),
            "[,\"\r\n0-9eE.:+TZ-]{0,120}".prop_map(|rows| format!("{TEN}\n{rows}").into_bytes()),
            "-?[0-9]{0,40}(\\.[0-9]{0,40})?(e[-+]?[0-9]{1,9})?".prop_map(|number| format!(
                r#"{{"Records":[{{"InvoiceId":{number}1,"SubTotal":{number}1,"UsageYear":{number}1,"UsageMonth":{number}1}}],"TotalRecords":{number}1}}"#
            ).into_bytes()),
            "-?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][-+]?[0-9]{1,9})?".prop_map(|number| format!(
                "{TEN}\ns,o,2026-09-01,2026-09-30,{number},{number},{number},{number},{number},{number}\n"
            ).into_bytes()),
        ],
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let stub = Stub::start(move |seen, _| match seen.path.as_str() {
                "/core/connect/token" => json(200, TOKEN),
                _ => Answer::Whole(200, Vec::new(), bytes.clone()),
            });
            let prism = prism(&stub.await);
            // Whatever they answer, they answer.
            let _ = prism.probe().await;
            let _ = prism.agreements().await;
            let _ = prism.tenants(&agreement()).await;
            let _ = prism.price_list(&agreement(), Day::new(2026, 9, 5).unwrap()).await;
            let _ = prism.invoices().await;
            let _ = prism.lines(&InvoiceId::new("i")).await;
        });
    }
}
