//! Which right of the API member's security role a request needs (wire/connectwise 12.1), as the role's screen names it.
//!
//! Texts only: whether it is missing is the server's to say.

use crate::http::Method;

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
}
