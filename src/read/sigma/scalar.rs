//! What a value is by itself: YAML's scalars, networks, regular expressions.

use crate::ir::Value;

/// The scalars of YAML's core schema (1.2.2, section 10.3.2), which the specification refers to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(Value),
    Text,
}

/// What a scalar is in YAML's core schema.
pub(super) fn resolve(text: &str, plain: bool) -> Result<Scalar, &'static str> {
    if !plain {
        return Ok(Scalar::Text);
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => number(text)?.map_or(Scalar::Text, Scalar::Number),
    })
}

fn number(text: &str) -> Result<Option<Value>, &'static str> {
    const TOO_LARGE: &str = "a number beyond 64 bits";
    let digits = |text: &str, radix| text.chars().all(|c| char::is_digit(c, radix)) && !text.is_empty();
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(rest) = text.strip_prefix(prefix)
            && digits(rest, radix)
        {
            return i64::from_str_radix(rest, radix).map(|value| Some(Value::Long(value))).map_err(|_| TOO_LARGE);
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits(unsigned, 10) {
        return text.parse().map(|value| Some(Value::Long(value))).map_err(|_| TOO_LARGE);
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Ok(Some(Value::Real(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let fits = (digits(whole, 10) && (fraction.is_empty() || digits(fraction, 10)))
        || (whole.is_empty() && mantissa.starts_with('.') && digits(fraction, 10));
    let exponent_fits =
        exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent), 10));
    if fits && exponent_fits { Ok(text.parse().ok().map(Value::Real)) } else { Ok(None) }
}

/// Whether a pattern is a regular expression at all. Look-around and back-references, which PCRE has and the crate does
/// not, are let pass.
pub(super) fn check_regex(pattern: &str) -> Result<(), String> {
    match regex::Regex::new(pattern) {
        Ok(_) | Err(regex::Error::CompiledTooBig(_)) => Ok(()),
        Err(error) => {
            let text = error.to_string();
            let foreign =
                ["look-around", "backreferences", "unrecognized escape", "unrecognized flag", "repetition operator"];
            if foreign.iter().any(|word| text.contains(word)) {
                return Ok(());
            }
            Err(text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
        }
    }
}

/// What kind of network a text in CIDR notation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    V4,
    V6,
}

impl Network {
    /// Reads an address and a length that fits it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let length: u8 = length.parse().ok()?;
        match address.parse().ok()? {
            std::net::IpAddr::V4(_) if length <= 32 => Some(Self::V4),
            std::net::IpAddr::V6(_) if length <= 128 => Some(Self::V6),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_by_the_core_schema() {
        for (text, value) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("True", Scalar::Bool(true)),
            ("yes", Scalar::Text),
            ("4688", Scalar::Number(Value::Long(4688))),
            ("-0777", Scalar::Number(Value::Long(-777))),
            ("0x1F", Scalar::Number(Value::Long(31))),
            ("0o17", Scalar::Number(Value::Long(15))),
            ("0xZ", Scalar::Text),
            ("1.5e3", Scalar::Number(Value::Real(1500.0))),
            ("1.", Scalar::Number(Value::Real(1.0))),
            (".5", Scalar::Number(Value::Real(0.5))),
            (".", Scalar::Text),
            ("-", Scalar::Text),
            ("1.2.3", Scalar::Text),
            ("10.0.0.1", Scalar::Text),
            ("1_000", Scalar::Text),
            ("e5", Scalar::Text),
            ("2024-01-01", Scalar::Text),
        ] {
            assert_eq!(resolve(text, true).unwrap(), value, "{text}");
            assert_eq!(resolve(text, false).unwrap(), Scalar::Text);
        }
        assert!(resolve("9223372036854775808", true).is_err());
    }

    #[test]
    fn networks_have_a_length_that_fits() {
        assert!(matches!(Network::read("10.0.0.0/8"), Some(Network::V4)));
        assert!(matches!(Network::read("fe80::/10"), Some(Network::V6)));
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fe80::/129", "/8", "10.0.0.0/"] {
            assert!(Network::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_pcre_has_more_is_let_pass() {
        for good in ["a+", "(?=a)b", r"(a)\1", r"\d{1,3}", "(?i)x", r"\/", "(?<name>x)"] {
            assert_eq!(check_regex(good), Ok(()), "{good}");
        }
        assert!(check_regex("(a").unwrap_err().contains("unclosed group"));
        assert!(check_regex("[a").is_err());
    }
}
