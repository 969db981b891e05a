//! Which right of the API member's security role a request needs (wire/connectwise 12.1), as the role's screen names it.
//!
//! Texts only: whether it is missing is the server's to say.

use super::advice::finding;
use crate::{
    domain::{Code, outcome::Finding},
    http::Method,
};

/// The modules, by the beginning of their paths.
const MODULES: [(&str, &str); 5] = [
    ("company/", "Companies > Company Maintenance"),
    ("finance/agreements", "Finance > Agreements"),
    ("finance/billingCycles", "System > Table Setup"),
    ("procurement/catalog", "Procurement > Product Catalog"),
    ("procurement/", "System > Table Setup"),
];

/// Such as *Add on Finance > Agreements*; none of what needs no right.
pub(super) fn needed(method: &Method, path: &str) -> Option<String> {
    let (_, resource) = path.split_once("/apis/3.0/")?;
    let (_, module) = MODULES.iter().find(|(begins, _)| resource.starts_with(begins))?;
    let act = match *method {
        Method::POST => "Add",
        Method::PATCH => "Edit",
        _ => "Inquire",
    };
    Some(format!("{act} on {module}"))
}

/// A refusal for want of a right: without an id, so that one missing right is one cause, and with what is missing first.
pub(super) fn refused(method: &Method, path: &str, words: &str) -> Finding {
    if words.to_lowercase().contains("ssl") {
        let advice = "The site is at fault: a cloud site is typed as na.myconnectwise.net, say, and reached under \
                      api-na.myconnectwise.net.";
        return Finding::new(Code::Permission, format!("403, the site says: {words}"), advice);
    }
    let Some(right) = needed(method, path) else {
        return finding(Code::Permission, format!("403, the API member lacks a right: {words}"));
    };
    let text = format!("403, the API member lacks {right}. ConnectWise says: {words}");
    let told = finding(Code::Permission, text);
    Finding { advice: format!("This needs {right}. {}", told.advice), ..told }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ROOT: &str = "/v4_6_release/apis/3.0";

    #[rstest]
    #[case(Method::POST, "finance/agreements/5/additions", Some("Add on Finance > Agreements"))]
    #[case(
        Method::PATCH,
        "finance/agreements/5/additions/31",
        Some("Edit on Finance > Agreements")
    )]
    #[case(Method::GET, "finance/agreements", Some("Inquire on Finance > Agreements"))]
    #[case(Method::GET, "finance/billingCycles", Some("Inquire on System > Table Setup"))]
    #[case(Method::POST, "procurement/catalog", Some("Add on Procurement > Product Catalog"))]
    #[case(Method::GET, "procurement/subcategories", Some("Inquire on System > Table Setup"))]
    #[case(Method::GET, "company/companies", Some("Inquire on Companies > Company Maintenance"))]
    #[case(Method::GET, "system/info", None)]
    fn a_request_needs_the_right_of_its_module(
        #[case] method: Method,
        #[case] path: &str,
        #[case] right: Option<&str>,
    ) {
        assert_eq!(needed(&method, &format!("{ROOT}/{path}")).as_deref(), right);
    }

    #[test]
    fn what_is_refused_names_its_right_first_and_no_record_r8_2() {
        let path = format!("{ROOT}/finance/agreements/5/additions/31");
        let told = refused(&Method::PATCH, &path, "You do not have security permission.");
        let right = "Edit on Finance > Agreements.";
        assert!(told.text.starts_with(&format!("403, the API member lacks {right}")), "{told:?}");
        assert!(!told.text.contains("31") && told.advice.contains(right), "{told:?}");
        assert!(!told.advice.contains("SSL") && told.code == Code::Permission, "{told:?}");
    }

    #[test]
    fn where_the_site_wants_ssl_the_site_is_told_and_no_right() {
        let told = refused(&Method::GET, &format!("{ROOT}/finance/agreements"), "SSL is required.");
        assert!(told.advice.contains("api-na.myconnectwise.net"), "{told:?}");
        assert!(!told.advice.contains("Finance"), "{told:?}");
    }
}
