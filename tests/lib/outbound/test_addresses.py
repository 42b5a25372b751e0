"""No address inside is fetched from, however it is written, but those that the operator lists."""

import ipaddress

import pytest

from lib.outbound.addresses import AddressRules, PrivateAddress, UnknownHost, is_public, read_target, resolve_host

INSIDE = """
127.0.0.1 127.8.8.8 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3
224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.0.0.8
:: ::1 fe80::1 fec0::1 fc00::1 fd12::1 ff02::1 2001:db8::1 2001::1 100::1 ::7f00:1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101::
64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1
"""
OUTSIDE = """
8.8.8.8 1.1.1.1 93.184.215.14 172.32.0.1 2606:4700::1111 2a00:1450:4001:80b::200e ::ffff:8.8.8.8 2002:808:808::
64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_address_inside_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_an_address_outside_is_public(address):
    assert is_public(ipaddress.ip_address(address))


def answering(*addresses):
    async def resolve(host, port):
        return list(addresses)

    return resolve


async def test_one_answer_inside_among_others_refuses_a_name():
    with pytest.raises(PrivateAddress, match=r"news\.example is inside this network"):
        await AddressRules(resolve=answering("8.8.8.8", "10.0.0.1")).check_host("news.example", 443)


async def test_all_answers_outside_are_returned_in_their_order():
    rules = AddressRules(resolve=answering("8.8.8.8", "2606:4700::1111"))
    assert await rules.check_host("news.example", 443) == ["8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize(
    ("target", "host", "answer", "port"),
    [
        ("10.0.0.0/8", "a.lan", "10.1.1.1", 80),
        ("10.1.1.1", "a.lan", "10.1.1.1", 80),
        ("10.1.1.1:8080", "a.lan", "10.1.1.1", 8080),
        ("a.lan", "A.lan.", "10.1.1.1", 80),
        ("a.lan:8080", "a.lan", "10.1.1.1", 8080),
        ("fd12::/16", "a.lan", "fd12::7", 80),
        ("[fd12::7]:8080", "a.lan", "fd12::7", 8080),
        ("127.0.0.0/8", "a.lan", "::ffff:127.0.0.1", 80),
    ],
)
async def test_a_target_that_the_operator_lists_is_allowed(target, host, answer, port):
    assert await AddressRules([target], answering(answer)).check_host(host, port) == [str(ipaddress.ip_address(answer))]


@pytest.mark.parametrize(
    ("target", "host", "answer", "port"),
    [
        ("10.0.0.0/8", "a.lan", "192.168.1.1", 80),
        ("10.1.1.1:8080", "a.lan", "10.1.1.1", 80),
        ("a.lan", "b.lan", "10.1.1.1", 80),
        ("a.lan", "evil.a.lan", "10.1.1.1", 80),
        ("a.lan:8080", "a.lan", "10.1.1.1", 8081),
    ],
)
async def test_what_is_beside_a_listed_target_is_not(target, host, answer, port):
    with pytest.raises(PrivateAddress):
        await AddressRules([target], answering(answer)).check_host(host, port)


@pytest.mark.parametrize("text", ["", "a b", "http://a.lan", "a.lan/8", "u@a.lan", "a.lan:port", "a.lan?x"])
def test_a_target_that_cannot_be_read_is_refused_by_its_text(text):
    with pytest.raises(ValueError, match="is neither a network, an address nor a host"):
        read_target(text)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"])
async def test_this_machine_is_inside_however_it_is_written(host):
    with pytest.raises(PrivateAddress):
        await AddressRules().check_host(host, 80)


async def test_a_name_that_does_not_exist_is_a_lost_source():
    with pytest.raises(UnknownHost, match="cannot be resolved"):
        await AddressRules().check_host("x" * 300, 80)
    with pytest.raises(UnknownHost, match="cannot be resolved"):
        await AddressRules(resolve=answering()).check_host("news.example", 80)


async def test_this_machine_resolves_to_its_addresses():
    assert "127.0.0.1" in await resolve_host("localhost", 80)
