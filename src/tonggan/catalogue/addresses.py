"""Which network addresses a stranger's URL may lead to: global unicast only, in whatever form it is written."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from tonggan.errors import InputError

Address: TypeAlias = IPv4Address | IPv6Address

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Host name and port to the addresses it has, as text."""

SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""IPv4 that is not global unicast [IANA special-purpose registry]; Python's own list varies by version."""

GLOBAL_UNICAST_IPV6 = ipaddress.IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
"""Inside 2000::/3 and yet not global unicast; 2001::/23 has Teredo, whose IPv4 target cannot be checked."""

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The well-known prefix; the network-local 64:ff9b:1::/48 lies outside 2000::/3 and is refused."""

NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return every address the system knows for a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(
    host: str, port: int, *, resolve: Resolver = system_resolver, allowed: Sequence[str] = ()
) -> list[Address]:
    """Return all addresses of a host, each global unicast or in `allowed`.

    Raises InputError when one of them is not, when there is none, or for a number that is no plain IPv4 address.
    """
    if _is_odd_number(host):
        raise InputError(
            f"The address {host!r} is a number in disguise.", remedy="Name the host, or give its plain IP."
        )
    try:
        addresses = [ipaddress.ip_address(text) for text in resolve(host, port)]
    except (OSError, UnicodeError, ValueError) as error:
        raise InputError(f"The host {host!r} is not known ({error}).", remedy="Correct the URL.") from error
    if not addresses:
        raise InputError(f"The host {host!r} has no address.", remedy="Correct the URL.")
    for address in addresses:
        if str(address) not in allowed and not is_public(address):
            raise InputError(
                f"The host {host!r} has the address {address}, which is not on the public internet.",
                remedy="Put the pictures on a public server, or in a folder beside the feed.",
            )
    return addresses


def is_public(address: Address) -> bool:
    """Tell whether an address is global unicast; an IPv4 address inside an IPv6 one decides for it.

    >>> is_public(ipaddress.ip_address("93.184.216.34")), is_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    (True, False)
    """
    inner = _inner_ipv4(address)
    if inner is not None:
        return not any(inner in network for network in SPECIAL_IPV4)
    return address in GLOBAL_UNICAST_IPV6 and not any(address in network for network in SPECIAL_IPV6)


def _inner_ipv4(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_odd_number(host: str) -> bool:
    """Tell whether a host is what `inet_aton` would read as an address, and nobody else: 2130706433, 0x7f.1, 127.1."""
    if ":" in host or not NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return False
    try:
        IPv4Address(host)
    except ValueError:
        return True
    return False
