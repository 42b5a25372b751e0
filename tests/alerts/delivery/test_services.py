"""ntfy and Pushover get what their documentation asks for, and their refusals are told apart."""

import json
import urllib.parse

import pytest

from alerts.delivery.contract import Message, Refused, Undelivered
from alerts.delivery.services import NtfySender, PushoverSender
from brokers.adapter.http import tls
from lib.outbound.addresses import AddressRules
from lib.outbound.post import Poster
from tests.support.receivers import Receiver

FIRED = Message(
    id="7", number=3, title="QQQ crosses up 450.50", body="ü" * 5_000, at=1_795_000_000_000, symbols=("QQQ",),
    url="https://desk.example/alerts/",
)  # fmt: skip


@pytest.fixture
def poster():
    return Poster(AddressRules(["127.0.0.0/8"]), "tapedeck", tls(), total_s=2.0)


async def test_ntfy_gets_json_with_a_name_that_a_second_try_repeats(poster):
    async with Receiver() as server:
        await NtfySender(poster, server.url, "alice-9f2", "tk_secret").send(FIRED)
        (came,) = server.received
    told = json.loads(came.body)
    assert came.headers["authorization"] == "Bearer tk_secret"
    assert (told["topic"], told["title"], told["click"]) == ("alice-9f2", FIRED.title, FIRED.url)
    assert (told["sequence_id"], told["tags"]) == ("alert-7", ["QQQ"])
    assert len(told["message"].encode()) <= 4_096


async def test_without_a_token_none_is_shown(poster):
    async with Receiver(403) as server:
        with pytest.raises(Undelivered, match="403"):
            await NtfySender(poster, server.url, "topic").send(FIRED)
    assert "authorization" not in server.received[0].headers


async def test_pushover_gets_a_form(poster):
    async with Receiver() as server:
        await PushoverSender(poster, server.url, "app", "user").send(FIRED)
        (came,) = server.received
    told = dict(urllib.parse.parse_qsl(came.body.decode()))
    assert (told["token"], told["user"], told["title"], told["timestamp"]) == ("app", "user", FIRED.title, "1795000000")
    assert len(told["message"]) == 1_024


async def test_pushover_is_not_asked_again_what_it_refused(poster):
    async with Receiver(400) as server:
        with pytest.raises(Refused, match="HTTP 400"):
            await PushoverSender(poster, server.url, "app", "user").send(FIRED)
    async with Receiver(429) as server:
        with pytest.raises(Undelivered) as busy:
            await PushoverSender(poster, server.url, "app", "user").send(FIRED)
        assert not isinstance(busy.value, Refused)
