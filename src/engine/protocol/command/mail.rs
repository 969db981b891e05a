//! What is told outside.

use crate::{domain::secret::Secret, engine::views::MailView};

family! {
    /// About mail and web addresses that are told.
    MailCommand in Mail {
        /// How it is set up, and what waits.
        Mail => Mail(Box<MailView>),

        /// Stores the password of the mail server's user, or the secret of a web address, in the vault.
        SetMailSecret {
            /// The address as the settings have it; none for the mail server's.
            hook: Option<String>,
            /// The new one.
            secret: Secret,
        } => Done(String),

        /// Sends a letter at once, and says what the server said.
        TestMail {
            /// To whom.
            to: String,
        } => Done(String),
    }
}
