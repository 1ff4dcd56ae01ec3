//! What an auditor asks for, as events of the target `audit`: refused tokens, limits that were hit, permissions that were used or
//! refused. They hold no address, subject or token: callers are told apart by a digest, strangers by their network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use auth::Role;

use crate::error::ErrorCode;

const TARGET: &str = "audit";

/// A network that many share: the first 24 bits of an IPv4 address, 48 of an IPv6 one.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !0xff)),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !(u128::MAX >> 48);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

pub(crate) fn token_refused(code: ErrorCode, network: IpAddr) {
    let code = code.as_str();
    tracing::warn!(target: TARGET, event = "token_refused", code, %network, "a token was refused");
}

/// Once a minute for each caller, however often it asks.
pub(crate) fn limit_exceeded(class: &str, caller: &str, network: IpAddr) {
    tracing::warn!(target: TARGET, event = "limit_exceeded", class, caller, %network, "a limit was exceeded");
}

pub(crate) fn permission_used(permission: &str, role: Role, caller: &str) {
    let role = role.as_str();
    tracing::info!(target: TARGET, event = "permission_used", permission, role, caller, "a permission was used");
}

pub(crate) fn permission_refused(permission: &str, role: Role, caller: &str) {
    let role = role.as_str();
    tracing::warn!(target: TARGET, event = "permission_refused", permission, role, caller, "a permission was refused");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_shared_by_many() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("198.51.100.77"), "198.51.100.0");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    }
}
