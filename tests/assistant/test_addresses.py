"""The network that a client is counted by."""

import pytest

from assistant.addresses import client_address


@pytest.mark.parametrize(
    ("client", "found"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3::9", 1), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (None, ""),
        (("/run/socket", 0), "/run/socket"),
    ],
)
def test_it_is_an_address_or_the_half_of_one(client, found):
    assert client_address({"client": client, "headers": []}) == found


def test_a_header_counts_only_as_far_as_proxies_are_trusted(settings):
    headers = [(b"x-forwarded-for", b"6.6.6.6, 192.0.2.1"), (b"x-forwarded-for", b"192.0.2.2")]
    scope = {"client": ("10.0.0.1", 1), "headers": headers}
    for count, found in ((0, "10.0.0.1"), (1, "192.0.2.2"), (2, "192.0.2.1"), (5, "6.6.6.6")):
        settings.TRUSTED_PROXY_COUNT = count
        assert client_address(scope) == found
    settings.TRUSTED_PROXY_COUNT = 1
    assert client_address({"client": ("10.0.0.1", 1), "headers": []}) == "10.0.0.1"
