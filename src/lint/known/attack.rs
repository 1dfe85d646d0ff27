//! MITRE ATT&CK: the tactics that Sentinel knows, and which techniques serve them.
//!
//! Source: the enterprise matrix of ATT&CK 18 (<https://attack.mitre.org>), tactics by technique; a sub-technique
//! serves what its technique serves. Tactics that a technique served in an older version are kept, because the
//! service's own table is older than the matrix.

/// Sentinel's names of the tactics, with ATT&CK's identifiers; those of the matrix for industrial control systems too.
pub(in crate::lint) const TACTICS: &[(&str, &str)] = &[
    ("Reconnaissance", "TA0043"),
    ("ResourceDevelopment", "TA0042"),
    ("InitialAccess", "TA0001"),
    ("Execution", "TA0002"),
    ("Persistence", "TA0003"),
    ("PrivilegeEscalation", "TA0004"),
    ("DefenseEvasion", "TA0005"),
    ("CredentialAccess", "TA0006"),
    ("Discovery", "TA0007"),
    ("LateralMovement", "TA0008"),
    ("Collection", "TA0009"),
    ("Exfiltration", "TA0010"),
    ("CommandAndControl", "TA0011"),
    ("Impact", "TA0040"),
    ("ImpairProcessControl", "TA0106"),
    ("InhibitResponseFunction", "TA0107"),
    // The service still takes the matrix of preparations that ATT&CK has given up.
    ("PreAttack", ""),
];

/// What the public repository's own table has besides (`KillChainTechniquesHelper` of its checks): taken as it is there, and
/// never proposed.
const TAKEN: &[(&str, &[u16])] = &[
    ("PreAttack", &[1583, 1584, 1585, 1586, 1587, 1588, 1589, 1590, 1591, 1592, 1593, 1594, 1595, 1596, 1597, 1598]),
    ("CredentialAccess", &[1613, 1614]),
    ("Collection", &[1609, 1610]),
];

/// The techniques of each tactic, by the digits behind `T`.
const TECHNIQUES: &[(&str, &[u16])] = &[
    ("Reconnaissance", &[1589, 1590, 1591, 1592, 1593, 1594, 1595, 1596, 1597, 1598, 1681]),
    ("ResourceDevelopment", &[1583, 1584, 1585, 1586, 1587, 1588, 1608, 1650]),
    ("InitialAccess", &[1078, 1091, 1133, 1189, 1190, 1195, 1199, 1200, 1566, 1659, 1669]),
    (
        "Execution",
        &[
            1047, 1053, 1059, 1072, 1106, 1127, 1129, 1203, 1204, 1216, 1218, 1220, 1559, 1569, 1609, 1610, 1648, 1651,
            1674, 1675, 1677,
        ],
    ),
    (
        "Persistence",
        &[
            1037, 1053, 1078, 1098, 1112, 1133, 1136, 1137, 1176, 1197, 1205, 1505, 1525, 1542, 1543, 1546, 1547, 1554,
            1556, 1574, 1653, 1668, 1671,
        ],
    ),
    ("PrivilegeEscalation", &[1037, 1053, 1055, 1068, 1078, 1098, 1134, 1484, 1543, 1546, 1547, 1548, 1574, 1611]),
    (
        "DefenseEvasion",
        &[
            1006, 1014, 1027, 1036, 1055, 1070, 1078, 1090, 1112, 1127, 1134, 1140, 1197, 1202, 1205, 1207, 1211, 1216,
            1218, 1220, 1221, 1222, 1480, 1484, 1497, 1535, 1542, 1548, 1550, 1553, 1556, 1562, 1564, 1574, 1578, 1599,
            1600, 1601, 1610, 1612, 1620, 1622, 1647, 1656, 1666, 1672, 1678, 1679,
        ],
    ),
    (
        "CredentialAccess",
        &[1003, 1040, 1056, 1098, 1110, 1111, 1187, 1212, 1528, 1539, 1552, 1555, 1556, 1557, 1558, 1606, 1621, 1649],
    ),
    (
        "Discovery",
        &[
            1007, 1010, 1012, 1016, 1018, 1033, 1040, 1046, 1049, 1057, 1069, 1082, 1083, 1087, 1120, 1124, 1135, 1201,
            1217, 1482, 1497, 1518, 1526, 1538, 1580, 1613, 1614, 1615, 1619, 1622, 1652, 1654, 1673, 1680,
        ],
    ),
    ("LateralMovement", &[1021, 1072, 1080, 1091, 1210, 1534, 1550, 1563, 1570]),
    (
        "Collection",
        &[1005, 1025, 1039, 1056, 1074, 1113, 1114, 1115, 1119, 1123, 1125, 1185, 1213, 1530, 1557, 1560, 1602],
    ),
    ("Exfiltration", &[1011, 1020, 1029, 1030, 1041, 1048, 1052, 1537, 1567]),
    (
        "CommandAndControl",
        &[1001, 1008, 1071, 1090, 1092, 1095, 1102, 1104, 1105, 1132, 1205, 1219, 1568, 1571, 1572, 1573, 1659, 1665],
    ),
    ("Impact", &[1485, 1486, 1489, 1490, 1491, 1495, 1496, 1498, 1499, 1529, 1531, 1561, 1565, 1657, 1667]),
];

/// The highest number of a technique in the matrix that the table was made from. What is above may be newer.
pub(in crate::lint) const NEWEST: u16 = 1681;

/// Techniques that ATT&CK has withdrawn, and what took their place; nothing where ATT&CK names nothing.
const WITHDRAWN: &[(u16, &str)] = &[
    (1002, "T1560"),
    (1004, "T1547.004"),
    (1009, "T1027.001"),
    (1013, "T1547.010"),
    (1015, "T1546.008"),
    (1017, "T1072"),
    (1019, "T1542.001"),
    (1022, "T1560"),
    (1023, "T1547.009"),
    (1024, "T1573"),
    (1026, ""),
    (1028, "T1021.006"),
    (1031, "T1543.003"),
    (1032, "T1573"),
    (1034, ""),
    (1035, "T1569.002"),
    (1038, "T1574.001"),
    (1042, "T1546.001"),
    (1043, ""),
    (1044, "T1574.010"),
    (1045, "T1027.002"),
    (1050, "T1543.003"),
    (1051, ""),
    (1054, "T1562.006"),
    (1058, "T1574.011"),
    (1060, "T1547.001"),
    (1061, ""),
    (1062, ""),
    (1063, "T1518.001"),
    (1064, ""),
    (1065, "T1571"),
    (1066, "T1027.005"),
    (1067, "T1542.003"),
    (1073, "T1574.001"),
    (1075, "T1550.002"),
    (1076, "T1021.001"),
    (1077, "T1021.002"),
    (1079, "T1573"),
    (1081, "T1552.001"),
    (1084, "T1546.003"),
    (1085, "T1218.011"),
    (1086, "T1059.001"),
    (1088, "T1548.002"),
    (1089, "T1562.001"),
    (1093, "T1055.012"),
    (1094, "T1095"),
    (1096, "T1564.004"),
    (1097, "T1550.003"),
    (1099, "T1070.006"),
    (1100, "T1505.003"),
    (1101, "T1547.005"),
    (1103, "T1546.010"),
    (1107, "T1070.004"),
    (1108, ""),
    (1109, "T1542.002"),
    (1116, "T1553.002"),
    (1117, "T1218.010"),
    (1118, "T1218.004"),
    (1121, "T1218.009"),
    (1122, "T1546.015"),
    (1126, "T1070.005"),
    (1128, "T1546.007"),
    (1130, "T1553.004"),
    (1131, "T1547.002"),
    (1138, "T1546.011"),
    (1139, "T1552.003"),
    (1141, "T1056.002"),
    (1142, "T1555.001"),
    (1143, "T1564.003"),
    (1144, "T1553.001"),
    (1145, "T1552.004"),
    (1146, "T1070.003"),
    (1147, "T1564.002"),
    (1148, "T1562.003"),
    (1149, ""),
    (1150, "T1647"),
    (1151, "T1036.006"),
    (1152, "T1569.001"),
    (1153, ""),
    (1154, "T1546.005"),
    (1155, "T1059.002"),
    (1156, "T1546.004"),
    (1157, "T1574.004"),
    (1158, "T1564.001"),
    (1159, "T1543.001"),
    (1160, "T1543.004"),
    (1161, "T1546.006"),
    (1162, "T1547.015"),
    (1163, "T1037.004"),
    (1164, "T1547.007"),
    (1165, "T1037.005"),
    (1166, "T1548.001"),
    (1167, "T1555.002"),
    (1168, "T1053"),
    (1169, "T1548.003"),
    (1170, "T1218.005"),
    (1171, "T1557.001"),
    (1172, "T1090.004"),
    (1173, "T1559.002"),
    (1174, "T1556.002"),
    (1175, ""),
    (1177, "T1547.008"),
    (1178, "T1134.005"),
    (1179, "T1056.004"),
    (1180, "T1546.002"),
    (1181, "T1055.011"),
    (1182, "T1546.009"),
    (1183, "T1546.012"),
    (1184, "T1563.001"),
    (1186, "T1055.013"),
    (1188, "T1090.003"),
    (1191, "T1218.003"),
    (1192, "T1566.002"),
    (1193, "T1566.001"),
    (1194, "T1566.003"),
    (1196, "T1218.002"),
    (1198, "T1553.003"),
    (1206, "T1548.003"),
    (1208, "T1558.003"),
    (1209, "T1547.003"),
    (1214, "T1552.002"),
    (1215, "T1547.006"),
    (1223, "T1218.001"),
    (1483, "T1568.002"),
    (1487, "T1561.002"),
    (1488, "T1561.001"),
    (1492, "T1565.001"),
    (1493, "T1565.002"),
    (1494, "T1565.003"),
    (1500, "T1027.004"),
    (1501, "T1543.002"),
    (1502, "T1134.004"),
    (1503, "T1555.003"),
    (1504, "T1546.013"),
    (1506, "T1550.004"),
    (1514, "T1548.004"),
    (1519, "T1546.014"),
    (1522, "T1552.005"),
    (1527, "T1550.001"),
    (1536, "T1578.004"),
];

/// Whether a text is one of Sentinel's tactics, to the letter.
pub(in crate::lint) fn is_tactic(text: &str) -> bool {
    TACTICS.iter().any(|(name, _)| *name == text)
}

/// Sentinel's name for a tactic that is written otherwise: in another case, with blanks, or as `TA0001`.
pub(in crate::lint) fn tactic_spelled(text: &str) -> Option<&'static str> {
    let names = TACTICS.iter().map(|&(name, _)| name);
    let by_id = || {
        let id = text.trim().to_ascii_uppercase();
        TACTICS.iter().find(|(_, known)| !known.is_empty() && *known == id).map(|&(name, _)| name)
    };
    super::same_letters(text, names).or_else(by_id)
}

/// The digits of a technique's number, `None` where the text is none: `T` in either case, four digits, and perhaps `.`
/// and three digits.
pub(in crate::lint) fn technique(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(['T', 't'])?;
    let (number, sub) = digits.split_once('.').map_or((digits, None), |(number, sub)| (number, Some(sub)));
    let all = |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all(number, 4) || sub.is_some_and(|sub| !all(sub, 3)) {
        return None;
    }
    number.parse().ok()
}

/// Whether a technique may stand beside a tactic.
pub(in crate::lint) fn serves(technique: u16, tactic: &str) -> bool {
    TECHNIQUES.iter().chain(TAKEN).any(|(name, techniques)| *name == tactic && techniques.contains(&technique))
}

/// The tactics that a technique serves; none where the technique is not known.
pub(in crate::lint) fn tactics_of(technique: u16) -> Vec<&'static str> {
    TECHNIQUES.iter().filter(|(_, numbers)| numbers.contains(&technique)).map(|&(tactic, _)| tactic).collect()
}

/// The techniques that serve any of these tactics, all where there is none, in the order of their numbers.
pub(in crate::lint) fn techniques_of(tactics: &[&str]) -> Vec<u16> {
    let wanted = TECHNIQUES.iter().filter(|(tactic, _)| tactics.is_empty() || tactics.contains(tactic));
    let mut numbers: Vec<u16> = wanted.flat_map(|(_, numbers)| numbers.iter().copied()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// What took the place of a technique that was withdrawn; empty where ATT&CK names nothing.
pub(in crate::lint) fn withdrawn(technique: u16) -> Option<&'static str> {
    WITHDRAWN.iter().find(|(number, _)| *number == technique).map(|&(_, now)| now)
}

/// Whether a number belongs to the matrix for industrial control systems, of which there is no table here.
pub(in crate::lint) const fn is_ics(technique: u16) -> bool {
    technique < 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree_with_each_other() {
        for (tactic, numbers) in TECHNIQUES {
            assert!(is_tactic(tactic), "{tactic}");
            assert!(numbers.is_sorted_by(|a, b| a < b), "{tactic}");
            for &number in *numbers {
                assert!(withdrawn(number).is_none() && number <= NEWEST, "T{number}");
            }
        }
        assert!(WITHDRAWN.is_sorted_by(|a, b| a.0 < b.0));
        for (number, now) in WITHDRAWN {
            if !now.is_empty() {
                let now = technique(now).unwrap_or_else(|| panic!("T{number} -> {now}"));
                assert!(!tactics_of(now).is_empty(), "T{number} -> T{now}");
            }
        }
    }

    #[test]
    fn techniques_are_read_as_att_ck_writes_them() {
        assert_eq!(technique("T1059"), Some(1059));
        assert_eq!(technique("t1059.001"), Some(1059));
        for text in ["T105", "T10178", "T1059.1", "1059", "T1059.", "TA0001", ""] {
            assert_eq!(technique(text), None, "{text}");
        }
        assert_eq!(tactics_of(1078), ["InitialAccess", "Persistence", "PrivilegeEscalation", "DefenseEvasion"]);
    }

    #[test]
    fn tactics_are_known_however_they_are_spelled() {
        assert_eq!(tactic_spelled("Command and control"), Some("CommandAndControl"));
        assert_eq!(tactic_spelled("ta0010"), Some("Exfiltration"));
        assert_eq!(tactic_spelled("Ransomware"), None);
        assert_eq!(tactic_spelled(""), None);
    }
}
