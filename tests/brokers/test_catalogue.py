"""What the catalogue says of each venue."""

import msgspec
import pytest

from brokers.catalogue import VENUES


@pytest.mark.parametrize("name", VENUES)
def test_every_address_of_a_venue_is_spoken_to_by_tls(name):
    venue = VENUES[name]
    pages = venue.redirect.pages.values() if venue.redirect else ()
    addresses = [*pages, *(one for where in venue.addresses.values() for one in msgspec.structs.astuple(where) if one)]
    assert len(addresses) >= 4
    assert [one for one in addresses if not one.startswith(("https://", "wss://"))] == []
