//! Networks as `CIDR_MATCH` and `cidrMatch` take them.
//!
//! Elasticsearch reads none without the length of its prefix (`InetAddresses.parseCidr`), and keeps addresses of IPv4 among
//! those of IPv6, so that one network holds all of them.

/// All addresses of IPv4.
pub(in crate::target) const ALL_OF_V4: &str = "0.0.0.0/0";

/// A network with the length of its prefix: an address is one of its own.
pub(in crate::target) fn block(range: String) -> String {
    match (range.contains('/'), range.contains(':')) {
        (true, _) => range,
        (false, true) => range + "/128",
        (false, false) => range + "/32",
    }
}
