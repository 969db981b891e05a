//! Whether two things that are to belong together have anything in common in their names: a warning, never a refusal.

use super::names::{Name, domain_stem, folded};

/// That nothing a tenant is called is like what a company is called, in words; none where they have anything in common.
pub fn doubt(customer: &str, domain: &str, company: &str) -> Option<String> {
    let (one, other) = (Name::new(customer), Name::new(company));
    let alike = one.has_anything_of(&other, domain_stem(domain).as_deref());
    (!alike).then(|| nothing_in_common(customer, company))
}

/// A service that a product is to be billed as.
#[derive(Clone, Copy, Debug)]
pub struct ServiceNames<'a> {
    /// Its own name.
    pub service: &'a str,
    /// What else is billed as it: a service that we made is named by a SKU.
    pub product: Option<&'a str>,
}

/// The same of a product and the service that it is to be billed as. A service that carries the product's SKU is its own.
pub fn service_doubt(product: &str, sku: &str, names: ServiceNames<'_>) -> Option<String> {
    let (own, sku) = (folded(names.service), folded(sku));
    let carries_sku = !sku.is_empty() && own.contains(&sku);
    let one = Name::new(product);
    let mut others = names.product.into_iter().chain([names.service]);
    let alike = carries_sku || others.any(|other| one.has_anything_of(&Name::new(other), None));
    (!alike).then(|| nothing_in_common(product, names.product.unwrap_or(names.service)))
}

fn nothing_in_common(one: &str, other: &str) -> String {
    format!("“{one}” and “{other}” have nothing in common in their names")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_word("M365 Visio", None, true)]
    #[case::its_sku("PC_CFQ7TTC0HD9Z:0001", None, true)]
    #[case::another_sku("PC_CFQ7TTC0LH18:0001", None, false)]
    #[case::of_a_product_alike("PC_CFQ7TTC0LH18:0001", Some("Visio Plan 1"), true)]
    #[case::of_another_product("PC_CFQ7TTC0LH18:0001", Some("Microsoft 365 Business Basic"), false)]
    #[case::nothing("Managed firewall", None, false)]
    fn a_product_and_a_service_with_nothing_in_common_are_told(
        #[case] service: &str,
        #[case] product: Option<&str>,
        #[case] common: bool,
    ) {
        let names = ServiceNames { service, product };
        let doubt = service_doubt("Visio Plan 2", "CFQ7TTC0HD9Z:0001", names);
        assert_eq!(doubt.is_none(), common, "{doubt:?}");
    }
}
