"""Only global unicast addresses are public, in whatever form they are written."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest

from tonggan.catalogue.addresses import checked_addresses, is_public
from tonggan.catalogue.fetch import read_source
from tonggan.errors import InputError

LOCAL_NAMES = {"localhost": ["127.0.0.1", "::1"], "localhost.": ["127.0.0.1"], "intranet": ["10.0.0.8"]}


def local_names(host: str, port: int) -> Sequence[str]:
    """Knows a few names and every plain address."""
    return LOCAL_NAMES.get(host) or [host]


PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::1"]

NOT_PUBLIC = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "fe80::1",
    "fe80::1%1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:5ef5:79fd::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_global_unicast_address_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_address_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_with_such_an_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="not on the public internet"):
        checked_addresses("shop.test", 80, resolve=lambda *_: ["93.184.216.34", address])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "intranet",
        "10.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
    ],
)
def test_a_url_into_our_own_network_is_refused(host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(InputError, match="not on the public internet"):
            read_source(f"{scheme}://{host}/picture.jpg", folder=None, resolve=local_names)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0x",
        "1.2.3.4.5",
    ],
)
def test_a_number_in_disguise_is_refused_before_it_is_resolved(host: str) -> None:
    with pytest.raises(InputError, match="a number in disguise"):
        read_source(f"http://{host}/", folder=None, resolve=lambda *_: pytest.fail("resolved"))
