//! How a simulated PRISM is set up when it starts. It says nothing of what may change while it runs.

/// How this PRISM behaves (wire section 11), besides what [`Assumptions`](crate::assumptions::Assumptions) says.
#[derive(Clone, Debug)]
pub struct PrismSettings {
    /// Most records on a page, whatever the client asks.
    pub page_size_limit: usize,
    /// How long a token is good.
    pub token_lifetime_seconds: u64,
    /// Whether the invoice CSV begins with a byte-order mark.
    pub csv_bom: bool,
    /// Whether the invoice CSV ends its rows with CRLF.
    pub csv_crlf: bool,
    /// Days for which Azure usage is not known yet.
    pub usage_lag_days: u64,
    /// How long a client is told to wait between two looks at a sign-in.
    pub sign_in_interval_seconds: u64,
}

impl Default for PrismSettings {
    fn default() -> Self {
        Self {
            page_size_limit: 500,
            token_lifetime_seconds: 3600,
            csv_bom: true,
            csv_crlf: false,
            usage_lag_days: 0,
            sign_in_interval_seconds: 1,
        }
    }
}
