"""Which addresses may be asked."""

import pytest

from crawler.addresses import is_literal, may_ask, networks

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "fe80::1%eth0", "ff02::1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "::127.0.0.1", "::10.0.0.1", "2001:0:7f00:1::1",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused(host):
    assert not may_ask(host, ())


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_may_be_asked(host):
    assert may_ask(host, ())


def test_an_allowed_network_may_be_asked():
    assert may_ask("127.0.0.5", networks(["127.0.0.0/8"]))
    assert not may_ask("10.0.0.1", networks(["127.0.0.0/8"]))


def test_a_name_is_no_literal():
    assert is_literal("127.0.0.1")
    assert is_literal("::1")
    assert not is_literal("alif.example")
