//! The entities that alerts can carry, and how each is identified.

/// A type of entity.
#[derive(Debug)]
pub(in crate::lint) struct Entity {
    /// Its name.
    pub(in crate::lint) name: &'static str,
    /// Its identifiers.
    pub(in crate::lint) identifiers: &'static [&'static str],
    /// What must be mapped to identify it.
    pub(in crate::lint) required: Required,
}

/// What must be mapped to identify an entity.
#[derive(Clone, Copy, Debug)]
pub(in crate::lint) enum Required {
    /// One of these.
    One(&'static [&'static str]),
    /// All of these.
    All(&'static [&'static str]),
}

use Required::{All, One};

/// Every type of entity that a rule can map.
pub(in crate::lint) const ENTITIES: &[Entity] = &[
    Entity {
        name: "Account",
        identifiers: &[
            "Name",
            "FullName",
            "NTDomain",
            "DnsDomain",
            "UPNSuffix",
            "Sid",
            "AadTenantId",
            "AadUserId",
            "PUID",
            "IsDomainJoined",
            "DisplayName",
            "ObjectGuid",
        ],
        required: One(&["FullName", "Sid", "Name", "AadUserId", "PUID", "ObjectGuid"]),
    },
    Entity { name: "AzureResource", identifiers: &["ResourceId"], required: One(&["ResourceId"]) },
    Entity {
        name: "CloudApplication",
        identifiers: &["AppId", "Name", "InstanceName"],
        required: One(&["AppId", "Name"]),
    },
    Entity { name: "DNS", identifiers: &["DomainName"], required: One(&["DomainName"]) },
    Entity { name: "File", identifiers: &["Directory", "Name"], required: One(&["Name"]) },
    Entity { name: "FileHash", identifiers: &["Algorithm", "Value"], required: All(&["Algorithm", "Value"]) },
    Entity {
        name: "Host",
        identifiers: &[
            "DnsDomain",
            "NTDomain",
            "HostName",
            "FullName",
            "NetBiosName",
            "AzureID",
            "OMSAgentID",
            "OSFamily",
            "OSVersion",
            "IsDomainJoined",
        ],
        required: One(&["FullName", "HostName", "NetBiosName", "AzureID", "OMSAgentID"]),
    },
    Entity {
        name: "IoTDevice",
        identifiers: &[
            "DeviceId",
            "DeviceName",
            "Manufacturer",
            "Model",
            "FirmwareVersion",
            "OperatingSystem",
            "MacAddress",
            "Protocols",
            "SerialNumber",
            "Source",
            "IoTSecurityAgentId",
            "DeviceType",
        ],
        required: One(&["DeviceId"]),
    },
    Entity { name: "IP", identifiers: &["Address", "AddressScope"], required: One(&["Address"]) },
    Entity {
        name: "Mailbox",
        identifiers: &["MailboxPrimaryAddress", "DisplayName", "Upn", "ExternalDirectoryObjectId", "RiskLevel"],
        required: One(&["MailboxPrimaryAddress"]),
    },
    Entity {
        name: "MailCluster",
        identifiers: &[
            "NetworkMessageIds",
            "CountByDeliveryStatus",
            "CountByThreatType",
            "CountByProtectionStatus",
            "Threats",
            "Query",
            "QueryTime",
            "MailCount",
            "IsVolumeAnomaly",
            "Source",
            "ClusterSourceIdentifier",
            "ClusterSourceType",
            "ClusterQueryStartTime",
            "ClusterQueryEndTime",
            "ClusterGroup",
        ],
        required: One(&["Query", "Source"]),
    },
    Entity {
        name: "MailMessage",
        identifiers: &[
            "Recipient",
            "Urls",
            "Threats",
            "Sender",
            "P1Sender",
            "P1SenderDisplayName",
            "P1SenderDomain",
            "SenderIP",
            "P2Sender",
            "P2SenderDisplayName",
            "P2SenderDomain",
            "ReceivedDate",
            "NetworkMessageId",
            "InternetMessageId",
            "Subject",
            "BodyFingerprintBin1",
            "BodyFingerprintBin2",
            "BodyFingerprintBin3",
            "BodyFingerprintBin4",
            "BodyFingerprintBin5",
            "AntispamDirection",
            "DeliveryAction",
            "DeliveryLocation",
            "Language",
            "ThreatDetectionMethods",
        ],
        required: One(&["NetworkMessageId", "Recipient"]),
    },
    Entity { name: "Malware", identifiers: &["Name", "Category"], required: One(&["Name"]) },
    Entity {
        name: "Process",
        identifiers: &["ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"],
        required: One(&["CommandLine", "ProcessId"]),
    },
    Entity { name: "RegistryKey", identifiers: &["Hive", "Key"], required: One(&["Key", "Hive"]) },
    Entity { name: "RegistryValue", identifiers: &["Name", "Value", "ValueType"], required: One(&["Name"]) },
    Entity {
        name: "SecurityGroup",
        identifiers: &["DistinguishedName", "SID", "ObjectGuid"],
        required: One(&["DistinguishedName", "SID", "ObjectGuid"]),
    },
    Entity {
        name: "SubmissionMail",
        identifiers: &[
            "NetworkMessageId",
            "Timestamp",
            "Recipient",
            "Sender",
            "SenderIp",
            "Subject",
            "ReportType",
            "SubmissionId",
            "SubmissionDate",
            "Submitter",
        ],
        required: One(&["SubmissionId", "NetworkMessageId", "Recipient", "Submitter"]),
    },
    Entity { name: "URL", identifiers: &["Url"], required: One(&["Url"]) },
];

/// The entity of a name, to the letter.
pub(in crate::lint) fn entity(name: &str) -> Option<&'static Entity> {
    ENTITIES.iter().find(|entity| entity.name == name)
}

/// Columns by whose names alerts were given entities before rules mapped them, and the entity each stands for.
pub(in crate::lint) const LEGACY_COLUMNS: &[(&str, &str)] = &[
    ("AccountCustomEntity", "Account"),
    ("HostCustomEntity", "Host"),
    ("IPCustomEntity", "IP"),
    ("URLCustomEntity", "URL"),
    ("ProcessCustomEntity", "Process"),
    ("FileHashCustomEntity", "FileHash"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_an_identifier() {
        for entity in ENTITIES {
            let (One(required) | All(required)) = entity.required;
            assert!(!required.is_empty() && required.iter().all(|name| entity.identifiers.contains(name)));
            assert!(ENTITIES.iter().filter(|other| other.name == entity.name).count() == 1);
        }
        for (_, name) in LEGACY_COLUMNS {
            assert!(entity(name).is_some(), "{name}");
        }
    }
}
