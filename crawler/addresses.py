"""Which addresses may be asked: a stranger's feed must not make us knock inside the operator's network."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks written as ``127.0.0.0/8``; raises ValueError."""
    return tuple(ipaddress.ip_network(name) for name in names)


def may_ask(host: str, allowed: Sequence[Network]) -> bool:
    """Whether the IP address ``host`` is a public one or stands in an allowed network.

    An IPv6 address that wraps an IPv4 one is judged by both.
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    if any(address.version == network.version and address in network for network in allowed):
        return True
    inner = address.ipv4_mapped or address.sixtofour if isinstance(address, ipaddress.IPv6Address) else None
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


def is_literal(host: str) -> bool:
    """Whether ``host`` is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
