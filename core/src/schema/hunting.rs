//! What advanced hunting in Microsoft Defender has besides the columns that Log Analytics has of the same table.
//!
//! Source: the pages "… table in the advanced hunting schema" of Microsoft Defender XDR's documentation, against the built-in
//! list, which is that of Log Analytics.

use std::sync::Arc;

use super::{Column, Table, builtin};
use crate::types::Type;

/// The time of an event.
const TIME: &[(&str, Type)] = &[("Timestamp", Type::DateTime)];

/// Tables, and the columns that only advanced hunting has.
const COLUMNS: &[(&str, &[(&str, Type)])] = &[
    ("CampaignInfo", TIME),
    ("CloudAuditEvents", &[("Timestamp", Type::DateTime), ("ResourceId", Type::String)]),
    ("CloudProcessEvents", TIME),
    ("CloudStorageAggregatedEvents", TIME),
    ("DisruptionAndResponseEvents", TIME),
    ("FileMaliciousContentInfo", TIME),
    (
        "IdentityInfo",
        &[
            ("AccountUpn", Type::String),
            ("Address", Type::String),
            ("CloudSid", Type::String),
            ("CreatedDateTime", Type::DateTime),
            ("CriticalityLevel", Type::Int),
            ("DistinguishedName", Type::String),
            ("EmailAddress", Type::String),
            ("IdentityEnvironment", Type::String),
            ("OnPremObjectId", Type::String),
            ("OnPremSid", Type::String),
            ("OtherMailAddresses", Type::Dynamic),
            ("PrivilegedEntraPimRoles", Type::Dynamic),
            ("ReportId", Type::String),
            ("RiskStatus", Type::String),
            ("SipProxyAddress", Type::String),
            ("SourceProviders", Type::Dynamic),
            ("TenantMembershipType", Type::String),
        ],
    ),
    ("MessageEvents", TIME),
    ("MessagePostDeliveryEvents", TIME),
    ("MessageUrlInfo", TIME),
    ("OAuthAppInfo", &[("Timestamp", Type::DateTime), ("RiskScore", Type::Int), ("AssignedRoles", Type::Dynamic)]),
];

/// The table of that exact name as advanced hunting has it.
pub(super) fn table(name: &str) -> Option<Arc<Table>> {
    let listed = builtin::table(name)?;
    let Some((_, added)) = COLUMNS.iter().find(|(table, _)| *table == name) else { return Some(listed) };
    let mut table = Table::clone(&listed);
    table.columns.extend(added.iter().map(|(name, ty)| Column::new(*name, *ty)));
    Some(Arc::new(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_not_there_already() {
        for (name, added) in COLUMNS {
            let listed = builtin::table(name).expect("a table that is built in");
            let hunted = table(name).expect("the same");
            assert_eq!(hunted.columns.len(), listed.columns.len() + added.len());
            for (column, ty) in *added {
                assert_eq!(listed.column(column), None, "{name}");
                assert_eq!(hunted.column(column).map(|column| column.ty), Some(*ty), "{name}");
            }
        }
        assert_eq!(table("SigninLogs"), builtin::table("SigninLogs"));
        assert_eq!(table("NoSuchTable"), None);
    }
}
