//! Who changed what.

use crate::engine::views::{AuditVerdict, AuditView};

family! {
    /// About the audit trail.
    AuditCommand in Audit {
        /// Changes and refused rights, newest first.
        Audit {
            /// Only those about what has this in its name.
            subject: Option<String>,
            /// At most so many; all where none is said.
            limit: Option<usize>,
        } => Audit(Vec<AuditView>),

        /// Whether the chain of the trail is whole.
        VerifyAudit => AuditVerified(AuditVerdict),
    }
}
