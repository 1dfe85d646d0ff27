//! Tests of fields that hold addresses or numbers: their values are no texts there, so no pattern and no part of one is
//! compared.

use std::net::{IpAddr, Ipv4Addr};

use super::condition::negated;
use super::{Result, refuse};
use crate::ir::{CompareOp, StringTest};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::elastic::tables::StoredType;
use crate::target::eql::tree::{Condition, Operand, Value};

/// A field of addresses or numbers is tested for one of several texts.
pub(super) fn texts(
    field: String,
    ty: StoredType,
    test: StringTest,
    texts: &[String],
    want: bool,
    span: Span,
) -> Result<Condition> {
    let is_address = ty == StoredType::Ip;
    let whole = match test {
        StringTest::Equals => true,
        // A whole address as a term can be nothing else in a text that is an address.
        StringTest::HasTerm => is_address && texts.iter().all(|text| text.parse::<IpAddr>().is_ok()),
        _ => false,
    };
    let condition = if whole {
        let mut parts = Vec::new();
        if texts.iter().any(String::is_empty) {
            parts.push(Condition::Missing(field.clone(), true));
        }
        // What is no address, or no number, is equal to none.
        let value = |text: &String| if is_address { Value::Text(text.clone()) } else { Value::Number(text.clone()) };
        let mut values: Vec<Value> = texts.iter().filter(|text| ty.holds(text)).map(value).collect();
        match values.len() {
            0 => {}
            1 => parts.push(Condition::Compare(Operand::Field(field), CompareOp::Equal, values.remove(0))),
            _ => parts.push(Condition::In(field, values, false)),
        }
        Condition::any(parts)
    } else {
        let networks: Option<Vec<String>> = match test {
            StringTest::StartsWith | StringTest::HasPrefix if is_address => {
                texts.iter().map(|text| network(text)).collect()
            }
            _ => None,
        };
        let Some(networks) = networks else {
            let message = if is_address {
                format!(
                    "`{field}` holds an address, of which a part cannot be compared; compare whole addresses or networks (`ipv4_is_in_range`), or use ES|QL"
                )
            } else {
                format!(
                    "`{field}` holds a number, of which a part cannot be compared; compare whole values, or use ES|QL"
                )
            };
            return refuse(LossKind::UnsupportedExpression, span, message);
        };
        Condition::Cidr(field, networks)
    };
    Ok(negated(condition, want))
}

/// The network of all addresses whose text begins so: whole numbers, up to a dot.
fn network(start: &str) -> Option<String> {
    let numbers: Vec<&str> = start.strip_suffix('.')?.split('.').collect();
    if numbers.len() > 3 {
        return None;
    }
    let mut octets = [0_u8; 4];
    for (octet, number) in octets.iter_mut().zip(&numbers) {
        *octet = number.parse().ok().filter(|value: &u8| value.to_string() == **number)?;
    }
    Some(format!("{}/{}", Ipv4Addr::from(octets), numbers.len() * 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_addresses_are_networks() {
        for (start, want) in [
            ("10.", Some("10.0.0.0/8")),
            ("192.168.", Some("192.168.0.0/16")),
            ("1.2.3.", Some("1.2.3.0/24")),
            // As many again begin with a longer number.
            ("10", None),
            ("192.168.1", None),
            ("1.2.3.4.", None),
            ("300.", None),
            ("01.", None),
            (".", None),
            ("fe80:", None),
        ] {
            assert_eq!(network(start).as_deref(), want, "{start}");
        }
    }
}
