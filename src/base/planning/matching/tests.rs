use rstest::rstest;

use super::*;

fn company(id: i64, name: &str) -> Company {
    Company { id: CompanyId(id), name: name.to_owned(), active: true, web: None }
}

fn best(domain: &str, name: &str, companies: &[Company]) -> Option<Match> {
    let (tenant, customer) = (TenantId::new("t"), CustomerId::new("c"));
    let unmapped = Unmapped { tenant: &tenant, domain, customer: &customer, customer_name: name };
    suggest(&[unmapped], companies, &[]).pop()
}

#[rstest]
#[case::the_same("Harbour Dental", "harbour dental", 96, "same name")]
#[case::legal_form("Harbour Dental", "Harbour Dental Pty Ltd", 92, "same name less “Pty Ltd”")]
#[case::ampersand("Smith & Sons", "Smith and Sons", 92, "same name with “&” as “and”")]
#[case::accents("Café Zoë", "Cafe Zoe", 92, "similar spelling")]
#[case::punctuation("O'Brien, Lee", "OBrien Lee", 92, "similar spelling")]
#[case::sharp_s("Großmann GmbH", "Grossmann", 92, "same name less “Gmbh”")]
#[case::a_typo(
    "Harbuor Dental",
    "Harbour Dental Pty Ltd",
    74,
    "spelt almost like “Harbour Dental Pty Ltd”"
)]
#[case::words(
    "Harbour Dental",
    "Harbour Dental Surgery Group",
    65,
    "all words of “Harbour Dental”"
)]
fn a_name_is_found_with_its_reason(
    #[case] customer: &str,
    #[case] name: &str,
    #[case] at_least: u8,
    #[case] reason: &str,
) {
    let companies = [company(1, "Northwind Traders"), company(2, name)];
    let found = best("x1.onmicrosoft.com", customer, &companies).expect("a suggestion");
    assert_eq!((found.company, found.reasons.as_slice()), (CompanyId(2), &[reason.to_owned()][..]));
    assert!(found.score >= at_least && found.score <= at_least + 4, "{found:?}");
}

#[test]
fn a_tenant_domain_finds_the_name_and_the_web_address() {
    let web = Some("https://www.harbour-dental.com.au/contact".to_owned());
    let companies = [company(1, "Northwind"), Company { web, ..company(2, "HD Clinics") }];
    let found = best("harbourdental.onmicrosoft.com", "Somebody Else", &companies);
    let found = found.expect("a suggestion");
    assert_eq!((found.company, found.score), (CompanyId(2), 88));
    let found = best("northwind.onmicrosoft.com", "", &companies).expect("a suggestion");
    assert_eq!((found.company, found.score), (CompanyId(1), 85));
}

#[test]
fn more_evidence_makes_it_surer() {
    let companies = [company(2, "Harbour Dental Pty Ltd")];
    let found = best("harbourdental.onmicrosoft.com", "Harbour Dental", &companies);
    let found = found.expect("a suggestion");
    assert_eq!((found.score, found.reasons.len()), (96, 2));
}

#[test]
fn two_that_fit_alike_are_not_sure() {
    let companies = [company(1, "Harbour Dental Pty Ltd"), company(2, "Harbour Dental Ltd")];
    let found = best("x1.onmicrosoft.com", "Harbour Dental", &companies).expect("a suggestion");
    assert_eq!((found.company, found.score), (CompanyId(1), 55));
    assert_eq!(found.caveat.as_deref(), Some("“Harbour Dental Ltd” fits as well"));
}

#[test]
fn an_inactive_company_is_only_mentioned() {
    let companies = [Company { active: false, ..company(1, "Harbour Dental") }];
    let found = best("x1.onmicrosoft.com", "Harbour Dental", &companies).expect("a suggestion");
    assert_eq!(
        (found.score, found.caveat.as_deref()),
        (40, Some("the company is not active in the PSA"))
    );
}

#[test]
fn a_customer_without_counterpart_gets_none() {
    let companies = [company(1, "Northwind Traders"), company(2, "Contoso")];
    assert_eq!(best("zebra.onmicrosoft.com", "Zebra Logistics", &companies), None);
    assert_eq!(best("", "", &companies), None);
}

#[test]
fn another_tenant_of_the_same_customer_counts() {
    let companies = [company(1, "Acme Holdings"), company(2, "Contoso")];
    let (tenant, customer) = (TenantId::new("t"), CustomerId::new("c"));
    let past = [PastLink { customer: customer.clone(), company: CompanyId(2) }];
    let unmapped = Unmapped {
        tenant: &tenant,
        domain: "x1.onmicrosoft.com",
        customer: &customer,
        customer_name: "Zebra",
    };
    let found = suggest(&[unmapped], &companies, &past).pop().expect("a suggestion");
    assert_eq!((found.company, found.score), (CompanyId(2), 96));
}

#[test]
fn ten_thousand_against_ten_thousand_finds_each_its_own() {
    let word =
        |n: usize| format!("{}{}", ["alpine", "harbour", "granite", "cedar"][n % 4], n * 7919);
    let companies: Vec<Company> = (0..10_000)
        .map(|n| company(i64::try_from(n).expect("small"), &format!("{} Pty Ltd", word(n))))
        .collect();
    let tenants: Vec<(TenantId, String)> =
        (0..10_000).map(|n| (TenantId::new(n.to_string()), word(n))).collect();
    let customer = CustomerId::new("c");
    let unmapped: Vec<Unmapped<'_>> = tenants
        .iter()
        .map(|(tenant, name)| Unmapped {
            tenant,
            domain: "x1.onmicrosoft.com",
            customer: &customer,
            customer_name: name,
        })
        .collect();
    let found = suggest(&unmapped, &companies, &[]);
    let right = |found: &Match| found.company.to_string() == found.tenant.as_str();
    assert_eq!((found.len(), found.iter().filter(|found| right(found)).count()), (10_000, 10_000));
}

#[test]
fn the_closest_names_are_offered() {
    let names = ["Harbour Dental Pty Ltd", "Northwind", "Harbour Lights"];
    assert_eq!(closest("harbor dental", names, 2).first(), Some(&"Harbour Dental Pty Ltd"));
    assert_eq!(closest("north", names, 2), ["Northwind"]);
    assert_eq!(closest("zzz", names, 2), Vec::<&str>::new());
}

#[rstest]
#[case("Harbour Dental", "harbourdental.onmicrosoft.com", "Harbour Dental Pty Ltd", true)]
#[case("Riverside Vets", "riversidevets.onmicrosoft.com", "Riverside Veterinary Pty Ltd", true)]
#[case("Zephyr Architects", "zephyrarch.onmicrosoft.com", "Zefyr & Partners", true)]
#[case("KL", "kaurilegal.onmicrosoft.com", "Kauri Legal", true)]
#[case("Kauri Legal", "kl.onmicrosoft.com", "KL Pty Ltd", true)]
#[case("Blue Gum Nursery", "bluegum.onmicrosoft.com", "Northwind Freight Pty Ltd", false)]
#[case("Smith Pty Ltd", "smith.onmicrosoft.com", "Jones Pty Ltd", false)]
fn names_with_nothing_in_common_are_told(
    #[case] customer: &str,
    #[case] domain: &str,
    #[case] company: &str,
    #[case] common: bool,
) {
    assert_eq!(doubt(customer, domain, company).is_none(), common);
}
