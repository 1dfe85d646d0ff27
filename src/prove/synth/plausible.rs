//! Values that a column may hold where a rule asks nothing of it.

use crate::ir::Value;
use crate::literal::TICKS_PER_MINUTE;
use crate::types::Type;

/// What ends the name of a column, and how its values look; `#` stands for a number. The first that fits.
const SHAPES: &[(&str, &str)] = &[
    ("tenantid", "00000000-0000-4000-8000-00000000aaaa"),
    ("correlationid", "11111111-1111-4111-8111-############"),
    ("sourcesystem", "Azure AD"),
    ("operatingsystem", "Windows"),
    ("osplatform", "Windows11"),
    ("logonprocessname", "Advapi"),
    ("authenticationpackagename", "NTLM"),
    ("principalname", "user#@contoso.example"),
    ("userupn", "user#@contoso.example"),
    ("accountupn", "user#@contoso.example"),
    ("upn", "user#@contoso.example"),
    ("emailaddress", "user#@contoso.example"),
    ("fromaddress", "user#@contoso.example"),
    ("senderaddress", "user#@contoso.example"),
    ("mailfrom", "user#@contoso.example"),
    ("recipient", "user#@contoso.example"),
    ("commandline", "tool# /run"),
    ("folderpath", "C:\\Users\\Public\\tool#.exe"),
    ("processname", "C:\\Users\\Public\\tool#.exe"),
    ("path", "C:\\Users\\Public\\tool#.exe"),
    ("filename", "tool#.exe"),
    ("sha256", "################################################################"),
    ("sha1", "########################################"),
    ("md5", "################################"),
    ("subject", "Report #"),
    ("useragent", "Mozilla/5.0 (Windows NT 10.0) Agent/#"),
    ("url", "https://host#.example/page"),
    ("uri", "https://host#.example/page"),
    ("domainname", "host#.example"),
    ("domain", "CONTOSO"),
    ("devicename", "host#.contoso.example"),
    ("computer", "host#.contoso.example"),
    ("hostname", "host#"),
    ("dvc", "host#"),
    ("ipaddress", "%"),
    ("ipaddr", "%"),
    ("remoteip", "%"),
    ("clientip", "%"),
    ("sourceip", "%"),
    ("destinationip", "%"),
    ("srcip", "%"),
    ("dstip", "%"),
    ("localip", "%"),
    ("callerip", "%"),
    ("ip", "%"),
    ("location", "NL"),
    ("country", "NL"),
    ("accountname", "user#"),
    ("username", "user#"),
    ("account", "CONTOSO\\user#"),
    ("sid", "S-1-5-21-1000-2000-3000-#"),
    ("resourceid", "/subscriptions/s#/resourcegroups/rg/providers/p/r#"),
    ("id", "id-#"),
    ("name", "name#"),
];

/// A text for a column.
pub(super) fn text(label: &str, number: usize) -> String {
    let lower = label.to_ascii_lowercase();
    let shape = SHAPES.iter().find(|(ending, _)| lower.ends_with(ending)).map_or("value#", |(_, shape)| shape);
    if shape == "%" {
        // Addresses kept for measuring networks: neither private nor anybody's.
        let number = number % 120_000;
        return format!("198.{}.{}.{}", 18 + number / 62_500, number / 250 % 250, 1 + number % 250);
    }
    let hashes = shape.chars().filter(|c| *c == '#').count();
    if hashes > 1 {
        let start = shape.find('#').unwrap_or_default();
        return format!("{}{number:0hashes$}", &shape[..start]);
    }
    shape.replace('#', &number.to_string())
}

/// A value of a type for a column; `time` is an instant that nothing speaks against.
pub(super) fn value(ty: Type, label: &str, number: usize, time: i64) -> Value {
    let small = i64::try_from(number % 1000).unwrap_or_default();
    match ty {
        Type::Bool => Value::Bool(number.is_multiple_of(2)),
        Type::Int => Value::Int(i32::try_from(small).unwrap_or_default() + 1),
        Type::Long => Value::Long(small + 1),
        Type::Real | Type::Decimal => {
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let value = small as f64 + 0.5;
            Value::Real(value)
        }
        Type::DateTime => Value::DateTime(time),
        Type::TimeSpan => Value::TimeSpan(TICKS_PER_MINUTE * (small + 1)),
        Type::Guid => Value::Guid(0x0001_0000_0000_4000_8000_0000_0000_0000 + number as u128),
        Type::String | Type::Dynamic | Type::Unknown => Value::string(text(label, number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_like_their_columns() {
        assert_eq!(text("InitiatingProcessFileName", 3), "tool3.exe");
        assert_eq!(text("IPAddress", 3), "198.18.0.4");
        assert_eq!(text("SHA1", 3).len(), 40);
        assert_ne!(text("Whatever", 1), text("Whatever", 2));
    }

    #[test]
    fn a_value_has_the_type_asked_for() {
        for ty in [Type::Bool, Type::Int, Type::Long, Type::Real, Type::DateTime, Type::TimeSpan, Type::Guid] {
            assert_eq!(value(ty, "x", 7, 0).ty(), ty);
        }
    }
}
