//! Whatever PRISM answers: lists, price list, invoice headers, the invoice file, tokens.

use prism_connect::{
    domain::{AgreementId, Day, InvoiceId, secret::Secret},
    prism::{Prism, PrismSettings, Source, begin_sign_in},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    mutation::{Bytes, config, corpus, hostile, torn},
    server::{Server, assert_decent, panics},
};

const TOKEN: &str = r#"{"access_token":"token-one-1","expires_in":3600,"token_type":"Bearer"}"#;

const FILE: &str = "\u{feff}ResellerName,PrimaryDomainName,SubscriptionId,OfferName,ChargeStartDate,ChargeEndDate,\
LineDescription,UnitPrice,UnitPriceRrp,Quantity,BillableRatio,SubTotal,SubTotalRrp,AgreementNumber,PurchaseOrderNumber,\
CustomerName,BillingCycle,TermDurationNumber,TermDurationUnit\r\n\
Northwind IT,harbourdental.onmicrosoft.com,3d0c8a52-6f1e-4b7c-8c21-5a9be2d4f710,Microsoft 365 Business Basic (NCE Product),\
2022-04-03T00:00:00.0000000+00:00,2022-04-15T00:00:00.0000000+00:00,Actual usage for period,12,14.5,10,0.433333333,52,62.83,\
1040217,,\"Harbour, \"\"Dental\"\" Pty Ltd\",Monthly,1,MONTHS\r\n\
Northwind IT,,,Credit,2022-04-01,2022-04-30,Credit,,,,,-12.50,,1040217,,,Monthly,1,MONTHS\r\n";

fn good(path: &str) -> Option<&'static str> {
    (path == "/core/connect/token").then_some(TOKEN)
}

fn subscription() -> Value {
    json!({"SubscriptionId": "3d0c8a52-6f1e-4b7c-8c21-5a9be2d4f710", "Status": "Active",
        "FriendlyName": "Microsoft 365 Business Basic", "ProductId": "9d2e", "ProductName": null,
        "Quantity": 15, "Unit": "Licenses", "UnitPrice": 12.0, "DisplayTemplate": "Default",
        "FirstPurchased": "2022-04-03T04:12:55.1270000+00:00", "BillingCycle": "Monthly",
        "BillingCycleDuration": 1, "AddonSubscriptions": [{"SubscriptionId": "a", "Quantity": 1}]})
}

/// One value that every list could be: each decoder takes what is its own.
fn answer() -> Value {
    json!({"CustomerName": "Northwind IT", "ClientName": "x", "TotalRecords": 2, "Records": [
        {"InvoiceId": "5b8f", "InvoiceNumber": "INV0104233", "ProgramName": "Microsoft CSP Indirect",
         "BillingPeriodStart": "2022-04-01T00:00:00+00:00", "UsageYear": 2022, "UsageMonth": 3,
         "InvoiceDate": "2022-04-01T00:00:00+00:00", "ContractAgreementId": "1040217",
         "AgreementNumber": 1_040_217, "InvoiceType": "Standard", "Status": "Issued",
         "CurrencyCode": "AUD", "SubTotal": 142.00, "TaxAmount": 14.20, "Total": 156.20}],
      "ProductGroups": [{"Products": [{"ProductId": "9d2e", "ProductSku": "CFQ7TTC0LH18:0001",
         "ProductName": "Microsoft 365 Business Basic", "ProductDescription": "d", "Price": 12.123_456_789_1,
         "UnitPrice": 12.123_456_789_1, "RetailPrice": 14.5, "RetailUnitPrice": 14.5, "Qty": 1,
         "ProductFrequencies": ["Monthly"], "BillingCycleOptions": 1}]}]})
}

fn list() -> Value {
    json!([{"TenantId": "0c1a", "TenantDomain": "harbourdental.onmicrosoft.com",
        "TenantStatus": "Active", "CustomerId": "7f3b", "CustomerName": "Harbour Dental Pty Ltd",
        "IsActive": true, "CustomerActingRole": "EndCustomer", "IsRhipeEndCustomer": null,
        "CustomerProgramAgreements": [{"Id": "0c1a", "ContractAgreementId": "1c83",
            "ProgramName": "Microsoft CSP Indirect"}],
        "Subscriptions": [subscription(), subscription()]}])
}

fn client(server: &Server) -> Prism {
    let url: url::Url = server.origin.parse().unwrap();
    Prism::new(
        server.http.clone(),
        PrismSettings {
            api_url: url.clone(),
            identity_url: url,
            client_id: "b0c1".to_owned(),
            client_secret: Secret::new("very-secret-secret"),
        },
    )
}

/// Every read of the source, one after the other.
fn read_all(server: &Server, prism: &Prism) {
    let before = panics();
    server.runtime.block_on(async {
        let agreement = AgreementId::new("AG-1");
        assert_decent(prism.probe().await);
        assert_decent(prism.agreements().await);
        assert_decent(prism.tenants(&agreement).await);
        assert_decent(prism.price_list(&agreement, Day::new(2026, 9, 1).unwrap()).await);
        assert_decent(prism.invoices().await);
        assert_decent(prism.lines(&InvoiceId::new("i")).await);
    });
    assert_eq!(panics(), before);
}

#[test]
fn no_answer_makes_the_source_panic() {
    let server = Server::start(good);
    let prism = client(&server);
    let answers = prop_oneof![hostile(answer()), hostile(list())];
    let status = prop_oneof![8 => Just(200_u16), 1 => Just(404), 1 => Just(500), 1 => Just(400)];
    let cases = (status, answers);
    proptest!(config(150), |((status, Bytes(body)) in cases)| {
        server.say(status, body);
        read_all(&server, &prism);
    });
}

#[test]
fn no_invoice_file_makes_the_source_panic() {
    let server = Server::start(good);
    let prism = client(&server);
    proptest!(config(300), |(Bytes(file) in torn(FILE.as_bytes().to_vec()))| {
        let before = panics();
        server.say(200, file);
        assert_decent(server.runtime.block_on(prism.lines(&InvoiceId::new("i"))));
        prop_assert_eq!(panics(), before);
    });
}

#[test]
fn no_token_makes_the_source_panic() {
    let server = Server::start(|_| None);
    let token = json!({"access_token": "t", "expires_in": 3600, "error": "invalid_client",
        "error_description": "d", "device_code": "d", "user_code": "U", "interval": 5,
        "verification_uri": "https://identity.example/device"});
    let status = prop_oneof![2 => Just(200_u16), 1 => Just(400), 1 => Just(401)];
    proptest!(config(100), |((status, Bytes(body)) in (status, hostile(token)))| {
        let before = panics();
        server.say(status, body);
        // A new client: nobody keeps a token from the case before.
        assert_decent(server.runtime.block_on(client(&server).probe()));
        let identity = server.origin.parse().unwrap();
        assert_decent(server.runtime.block_on(begin_sign_in(&server.http, &identity)));
        prop_assert_eq!(panics(), before);
    });
}

#[test]
fn the_corpus_is_read_or_refused_by_the_source() {
    let server = Server::start(good);
    let prism = client(&server);
    for (name, body) in [corpus("csv"), corpus("json")].concat() {
        server.say(200, body);
        println!("{name}");
        read_all(&server, &prism);
    }
    let strange = Server::start(|_| None);
    for (_, body) in corpus("json") {
        strange.say(400, body);
        read_all(&strange, &client(&strange));
    }
}
