"""The rules of the simulated Alpaca: who may ask and how often, and what streams may be asked for."""

import asyncio
import base64
import decimal
import typing

import hypothesis
import msgspec
import pytest
import websockets.asyncio.client as websockets
from hypothesis import strategies

from simulator.alpaca import sockets
from simulator.alpaca.format import SimAlpacaRefusal
from simulator.alpaca.streams import sse
from simulator.alpaca.streams.event_log import Record
from simulator.alpaca.streams.sse import SimAlpacaFeed
from tests.simulator.alpaca.conftest import Desk, Events, Json, Updates
from tests.simulator.alpaca.test_orders import BUY
from tests.support.eventually import aeventually

ULID = "01HCMKKNRK7S5C1JYP50QGDECQ"
ALICE = "PA0000000001"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"until": "2026-01-01"}, "since is required if until is specified"),
        ({"until_id": ULID}, "since_id is required if until_id is specified"),
        ({"since": "2026-01-01", "until_id": ULID}, "since_id is required"),
        ({"since_ulid": ULID, "until": "2026-01-01"}, "since is required"),
        ({"since": "2026-01-01", "since_id": ULID}, "since and since_id cannot be specified at the same time"),
        ({"since_id": ULID, "since_ulid": ULID}, "since_id and since_ulid cannot"),
        ({"since": "yesterday"}, "since must be a date or an RFC 3339 time"),
        ({"since": "2026-01-01T00:00:00"}, "since must be a date or an RFC 3339 time"),
        ({"since": "2026-01-01T00:00:00 02:00"}, "since must be a date or an RFC 3339 time"),
        ({"since_id": "12627517"}, "since_id must be a valid ULID"),
    ],
)
async def test_a_stream_that_is_asked_for_wrongly_is_refused(desk: Desk, given: dict[str, str], words: str):
    refused = await desk.ask("/v2/events/trades", params=given)
    assert (refused.status_code, refused.json()["code"]) == (422, 42210000)
    assert refused.json()["message"].startswith(words)


def test_streams_of_the_first_version_are_asked_for_with_whole_numbers():
    assert sse.read({"since_id": "7", "until_id": "9"}, is_old=True).after == 7
    assert sse.read({"since_ulid": ULID}, is_old=True).after == ULID
    with pytest.raises(SimAlpacaRefusal, match="since_id must be an integer"):
        sse.read({"since_id": ULID}, is_old=True)


@hypothesis.given(
    gaps=strategies.lists(strategies.integers(0, 2), min_size=1, max_size=30),
    cut=strategies.integers(0, 30),
    by=strategies.sampled_from(["since", "since_id"]),
)
def test_the_past_then_the_present_has_every_event_once(gaps: list[int], cut: int, by: str):
    record, at, texts = Record("seed", 0), 1_700_000_000_000, list[str]()
    entries = []
    for gap in [0, *gaps[:cut]]:
        at += gap
        entries.append(record.enter("A", "a", {"event": "new"}, at))
    begin = entries[len(entries) // 2]
    given = {"since": begin.payload(of_account=False)["at"]} if by == "since" else {"since_id": begin.ulid}
    post = lambda said: texts.extend([said] if isinstance(said, str) else said())  # noqa: E731 it is one line
    feed = SimAlpacaFeed(sse.read(given, is_old=False), frozenset({"A"}), post, lambda: None, of_account=False)
    feed.start(record, 0.0)
    for gap in gaps[cut:]:
        at += gap
        entries.append(record.enter("A", "a", {"event": "new"}, at))
        feed.send_event(entries[-1])
    told = [msgspec.json.decode(text[6:])["event_id"] for text in texts if text.startswith("data: ")]
    wanted = [entry.ulid for entry in entries if entry.ulid > begin.ulid or (by == "since" and entry is begin)]
    assert told == wanted


async def test_two_hundred_requests_a_minute_pass_for_a_pair_of_keys(desk: Desk):
    answer = await desk.ask("/v2/clock")
    headers = {name: int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset")}
    assert (headers["limit"], headers["remaining"]) == (200, 199)
    assert 0 < headers["reset"] - desk.venue.alpaca.wall_ms() / 1000 <= 61, "in seconds"
    desk.venue.alpaca.keys[desk.grant["key_id"]].bucket.used = 200
    limited = await desk.ask("/v2/clock")
    assert (limited.status_code, limited.json()) == (429, {"code": 42910000, "message": "too many requests"})


async def test_both_forms_of_signing_in_are_known_and_messagepack_is_spoken(desk: Desk):
    desk.venue.alpaca.gate.reconnect_s = 0.0
    async with asyncio.timeout(20):
        async with desk.updates(signed_in=False) as updates:
            await updates.say("listen", streams=["trade_updates"])
            assert (await updates.hear())["data"] == {"status": "unauthorized", "action": "listen"}
            await updates.say("authenticate", key_id=desk.grant["key_id"], secret_key="wrong")
            refused = (await updates.hear())["data"]
            assert (refused["status"], refused["message"]) == ("unauthorized", "access key verification failed")
            keys = {"key": desk.grant["key_id"], "secret": desk.grant["secret_key"]}
            await updates.socket.send(msgspec.json.encode({"action": "auth", **keys}).decode())
            assert (await updates.hear())["data"] == {"status": "authorized", "action": "authenticate"}
            await updates.say("listen", streams=["trade_updates", "account_updates"])
            assert (await updates.hear()) == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
            await updates.say("listen", streams=[])
            assert (await updates.hear())["data"] == {"streams": []}
        await aeventually(lambda: not desk.venue.alpaca.listeners)
        packed = {"Content-Type": "application/msgpack"}
        url = desk.told["account_stream"]
        async with websockets.connect(url, proxy=None, additional_headers=packed) as socket:
            data = {"key_id": desk.grant["key_id"], "secret_key": desk.grant["secret_key"]}
            await socket.send(msgspec.msgpack.encode({"action": "authenticate", "data": data}))
            assert msgspec.msgpack.decode(typing.cast(bytes, await socket.recv()))["data"]["status"] == "authorized"
        await aeventually(lambda: not desk.venue.alpaca.listeners)
        desk.venue.alpaca_fault("text_frames")
        async with websockets.connect(url, proxy=None) as socket:
            await Updates(socket).say("listen")
            assert isinstance(await socket.recv(), str)


async def test_twenty_five_streams_are_open_and_a_slow_reader_is_told_what_it_missed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sockets, "MOST_FEEDS", 2)
    async with asyncio.timeout(20), desk.events() as events, desk.events():
        refused = await desk.ask("/v2/events/trades")
        assert (refused.status_code, refused.json()["code"]) == (429, 42910000)
        (flow, *_) = (socket for _, socket in desk.venue.alpaca.feeds.values())
        assert isinstance(flow, sockets.EventFlow)
        assert await events.line() == sse.WELCOME.strip()
        for number in range(5_001):
            flow.post(f"data: {number}\n\n")  # in one step, so that nothing is read meanwhile
        assert await events.line() == sse.dropped(5_001).strip()
        await desk.place(**BUY)
        await events.until("fill")


async def test_the_broker_hears_of_all_accounts_in_both_versions(desk: Desk):
    broker: Json = desk.told["broker"]
    keys = base64.b64encode(f"{broker['key_id']}:{broker['secret_key']}".encode()).decode()
    url = broker["rest"]
    assert (await desk.http.get(url + "/v2/events/trades", headers=desk.headers)).status_code == 401
    headers = {"Authorization": f"Basic {keys}"}
    async with (
        asyncio.timeout(20),
        desk.http.stream("GET", url + "/v2/events/trades", headers=headers) as new,
        desk.http.stream("GET", url + "/v1/events/trades", headers=headers) as old,
        desk.http.stream("GET", url + "/v1/events/accounts/status", headers=headers) as standing,
        desk.http.stream("GET", url + "/v1/events/nta", headers=headers) as activities,
    ):
        sale: Json = {"symbol": "AAPL", "side": "sell", "qty": "60", "type": "market", "time_in_force": "day"}
        placed = await desk.place(**sale)
        ours, theirs = await Events(new).until("fill"), await Events(old).until("fill")
        assert ours["order"]["id"] == theirs["order"]["id"] == placed["id"]
        assert isinstance(theirs["event_id"], int)
        assert theirs["event_ulid"] == ours["event_id"]
        assert ours["account_id"] == (await desk.get("/v2/account"))["id"]
        change = {"account": ALICE, "change": {"is_closed": True}}
        await desk.http.post(desk.venue.rest + "/_sim/alpaca/standing", json=change)
        said = await Events(standing).hear()
        assert said is not None
        assert (said["status_from"], said["status_to"], said["account_blocked"]) == ("ACTIVE", "ACCOUNT_CLOSED", True)
        owed = decimal.Decimal((await desk.get("/v2/account"))["pending_reg_taf_fees"])
        await desk.http.post(desk.venue.rest + "/_sim/alpaca/fees", json={})
        said = await Events(activities).hear()
        assert said is not None
        assert (said["entry_type"], said["net_amount"]) == ("FEE", -float(owed))
        assert owed > 0
        assert (await desk.get("/v2/account"))["pending_reg_taf_fees"] == "0"
        pages = [await desk.get("/v2/account/activities", page_size=1)]
        pages.append(await desk.get("/v2/account/activities", page_size=1, page_token=pages[0][0]["id"]))
        assert [page[0]["activity_type"] for page in pages] == ["FEE", "FILL"]
        assert pages[1][0]["id"].endswith(f"::{ours['execution_id']}")
