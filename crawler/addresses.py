"""Which addresses may be asked: a stranger's feed must not make us knock inside the operator's network."""

import ipaddress
from collections.abc import Sequence

# Their last four bytes are an IPv4 address: NAT64 (RFC 6052; the second of each network's own, RFC 8215), and the old
# "compatible" form (RFC 4291).
_LAST_FOUR = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))

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
    inner = _wrapped(address) if isinstance(address, ipaddress.IPv6Address) else None
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway or the kernel would ask in an IPv6 address's place."""
    if any(address in network for network in _LAST_FOUR):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def is_literal(host: str) -> bool:
    """Whether ``host`` is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
