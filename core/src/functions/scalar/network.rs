//! Functions of IP addresses. Masks are written `/24`; what is no address gives null.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Turns an IPv4 address into a number, after its mask.
    parse_ipv4: [foldable]
        (ip: String) -> Long
        => "print x = parse_ipv4('1.2.3.4')" gives "16909060";
    /// Turns an IPv4 address into a number, after a mask of so many bits.
    parse_ipv4_mask: [foldable]
        (ip: String, prefix: Long) -> Long
        => "print x = parse_ipv4_mask('1.2.3.4', 24)" gives "16909056";
    /// Writes an IPv4 or IPv6 address as a full IPv6 address; empty where it is none.
    parse_ipv6: [foldable]
        (ip: String) -> String
        => "print x = parse_ipv6('127.0.0.1')" gives "0000:0000:0000:0000:0000:ffff:7f00:0001";
    /// Writes an IPv4 or IPv6 address as a full IPv6 address, after a mask of so many bits.
    parse_ipv6_mask: [foldable]
        (ip: String, prefix: Long) -> String
        => "print x = parse_ipv6_mask('fe80::1', 64)" gives "fe80:0000:0000:0000:0000:0000:0000:0000";
    /// Compares two IPv4 addresses, after the shorter mask: -1, 0 or 1.
    ipv4_compare: [foldable]
        (ip1: String, ip2: String, prefix: Long?) -> Long
        => "print x = ipv4_compare('10.0.0.1', '10.0.0.2')" gives "-1";
    /// Tells whether two IPv4 addresses are the same after the shorter mask.
    ipv4_is_match: [foldable]
        (ip1: String, ip2: String, prefix: Long?) -> Bool
        => "print x = ipv4_is_match('10.0.0.5', '10.0.0.0/24')" gives "true";
    /// Compares two IPv6 or IPv4 addresses, after the shorter mask: -1, 0 or 1.
    ipv6_compare: [foldable]
        (ip1: String, ip2: String, prefix: Long?) -> Long
        => "print x = ipv6_compare('::ffff:127.0.0.1', '127.0.0.1')" gives "0";
    /// Tells whether an IPv4 address is of a private network: 10/8, 172.16/12 or 192.168/16.
    ipv4_is_private: [foldable]
        (ip: String) -> Bool
        => "print x = ipv4_is_private('192.168.1.1')" gives "true"
        => "print x = ipv4_is_private('8.8.8.8')" gives "false";
    /// Tells whether two IPv6 or IPv4 addresses are the same after the shorter mask.
    ipv6_is_match: [foldable]
        (ip1: String, ip2: String, prefix: Long?) -> Bool
        => "print x = ipv6_is_match('::ffff:7f00:1', '127.0.0.1')" gives "true";
    /// Tells whether an IPv6 address lies in a range.
    ipv6_is_in_range: [foldable]
        (ip: String, ip_range: String) -> Bool
        => "print x = ipv6_is_in_range('fe80::1', 'fe80::/10')" gives "true";
    /// Tells whether an IPv6 address lies in at least one of several ranges.
    ipv6_is_in_any_range:
        (ip: StringOrDynamic, ranges: String+) -> Bool
        (ip: StringOrDynamic, ranges: Array) -> Bool
        => "print x = ipv6_is_in_any_range('fe80::1', '2001::/16', 'fe80::/10')" gives "true";
    /// Tells whether an IPv4 address lies in a range.
    ipv4_is_in_range: [foldable]
        (ip: String, ip_range: String) -> Bool
        => "print x = ipv4_is_in_range('10.1.2.3', '10.0.0.0/8')" gives "true";
    /// Tells whether an IPv4 address lies in at least one of several ranges.
    ipv4_is_in_any_range:
        (ip: StringOrDynamic, ranges: String+) -> Bool
        (ip: StringOrDynamic, ranges: Array) -> Bool
        => "print x = ipv4_is_in_any_range('10.1.2.3', dynamic(['192.168.0.0/16', '10.0.0.0/8']))" gives "true";
    /// Gives the number of bits of the mask of an IPv4 address, 32 without a mask.
    ipv4_netmask_suffix: [foldable]
        (ip: String) -> Long
        => "print x = ipv4_netmask_suffix('10.0.0.0/8')" gives "8";
    /// Finds the ranges that an IPv6 address lies in; internal.
    __ipv6_lookup_ranges: [hidden]
        (ip: StringOrDynamic, ranges: Array) -> Array;
    /// Writes a number as an IPv4 address, after a mask of so many bits.
    format_ipv4: [foldable]
        (ip: Scalar, prefix: Long?) -> String
        => "print x = format_ipv4('192.168.1.255', 24)" gives "192.168.1.0";
    /// Writes a number as an IPv4 address with its mask.
    format_ipv4_mask: [foldable]
        (ip: Scalar, prefix: Long) -> String
        => "print x = format_ipv4_mask('192.168.1.255', 24)" gives "192.168.1.0/24";
    /// Tells whether a text holds an IPv4 address, no digit or letter touching it.
    has_ipv4:
        (source: StringOrDynamic, ip: String) -> Bool
        => "print x = has_ipv4('src=10.0.0.1;', '10.0.0.1')" gives "true";
    /// Tells whether a text holds an IPv4 address that begins so; the beginning ends in a dot or is a whole
    /// address.
    has_ipv4_prefix:
        (source: StringOrDynamic, ip_prefix: String) -> Bool
        => "print x = has_ipv4_prefix('src=10.0.0.1;', '10.0.')" gives "true";
    /// Tells whether a text holds at least one of several IPv4 addresses.
    has_any_ipv4:
        (source: StringOrDynamic, ips: String+) -> Bool
        (source: StringOrDynamic, ips: Array) -> Bool
        => "print x = has_any_ipv4('src=10.0.0.1;', '1.1.1.1', '10.0.0.1')" gives "true";
    /// Tells whether a text holds an IPv4 address that begins in one of several ways.
    has_any_ipv4_prefix:
        (source: StringOrDynamic, ip_prefixes: String+) -> Bool
        (source: StringOrDynamic, ip_prefixes: Array) -> Bool
        => "print x = has_any_ipv4_prefix('src=10.0.0.1;', '1.1.', '10.0.')" gives "true";
    /// Covers the IPv4 addresses from one to another with as few ranges as can be.
    ipv4_range_to_cidr_list: [foldable]
        (start_ip: String, end_ip: String) -> Array
        => "print x = ipv4_range_to_cidr_list('10.0.0.0', '10.0.0.3')" gives r#"["10.0.0.0/30"]"#;
}
