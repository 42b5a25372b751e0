"""What is posted is nobody else's: over the internet it goes by TLS, or not at all."""

import pytest

from brokers.adapter.http import tls
from lib.outbound.addresses import AddressRules
from lib.outbound.post import Poster, PostError
from tests.support.receivers import Receiver


async def public(host: str, port: int) -> list[str]:
    return ["93.184.216.34"]


async def private(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def test_a_public_address_without_tls_is_not_dialled():
    poster = Poster(AddressRules(resolve=public), "tapedeck", tls(), total_s=2.0)
    with pytest.raises(PostError, match="over https only"):
        await poster.post("http://hooks.example/", b"", {})


async def test_a_private_address_that_is_listed_may_be_asked_without_tls():
    async with Receiver() as hook:
        poster = Poster(AddressRules(["127.0.0.0/8"], resolve=private), "tapedeck", tls(), total_s=2.0)
        answer = await poster.post(f"http://hooks.example:{hook.port}/x", b"text", {})
        assert (answer.status, hook.received[0].body) == (200, b"text")
        assert hook.received[0].headers["host"] == f"hooks.example:{hook.port}"
