"""Watchlists: the venue's for everybody, a person's own for as long as the venue runs, and news of the public ones."""

import asyncio
import decimal
import typing

import pytest
from tastytrade import Account, Session
from tastytrade.order import InstrumentType
from tastytrade.utils import TastytradeError
from tastytrade.watchlists import PairsWatchlist, PrivateWatchlist, PublicWatchlist, Watchlist

from tests.simulator.conftest import Door
from tests.simulator.tastytrade.test_sdk import alerts

AAPL = {"symbol": "AAPL", "instrument-type": "Equity"}


def named(name: str, *symbols: str, **more: typing.Any) -> dict[str, typing.Any]:
    """A list as a client writes it."""
    return {"name": name, "watchlist-entries": [{"symbol": symbol} for symbol in symbols], **more}


async def test_the_sdk_reads_public_and_pairs_watchlists(session: Session):
    lists = await PublicWatchlist.get(session)
    assert [made.order_index for made in lists] == sorted(made.order_index for made in lists)
    hub = next(made for made in lists if made.name == "tasty default")
    assert {"symbol": "VIX", "instrument-type": "Index"} in (hub.watchlist_entries or [])
    for made in lists:  # names with spaces and slashes among them
        assert (await PublicWatchlist.get(session, made.name)).watchlist_entries == made.watchlist_entries
    counted = await PublicWatchlist.get(session, counts_only=True)
    assert [made.name for made in counted] == [made.name for made in lists]
    assert all(made.watchlist_entries is None for made in counted)
    pairs = await PairsWatchlist.get(session)
    assert pairs[0].pairs_equations[0].left_quantity == 100
    assert (await PairsWatchlist.get(session, "Stocks/Sectors")).name == "Stocks/Sectors"


async def test_the_sdk_keeps_a_watchlist_of_its_own(session: Session):
    assert await PrivateWatchlist.get(session) == []
    mine = PrivateWatchlist(name="My tech & co", group_name="Sectors", order_index=3)
    mine.add_symbol("AAPL", InstrumentType.EQUITY)
    await mine.upload(session)
    assert await PrivateWatchlist.get(session) == [mine]
    mine.add_symbol("BRK/B", InstrumentType.EQUITY)
    await mine.update(session)
    kept = await PrivateWatchlist.get(session, "My tech & co")
    assert [entry["symbol"] for entry in kept.watchlist_entries or []] == ["AAPL", "BRK/B"]
    assert (kept.group_name, kept.order_index) == ("Sectors", 3)
    with pytest.raises(TastytradeError, match="watchlist_already_exists"):
        await mine.upload(session)
    await PrivateWatchlist.remove(session, "My tech & co")
    with pytest.raises(TastytradeError, match="record_not_found"):
        await PrivateWatchlist.get(session, "My tech & co")


async def test_a_watchlist_is_replaced_whole_and_may_be_renamed(alice: Door):
    created = await alice.http.post("/watchlists", json=named("one/two", "SPY", "QQQ", **{"order-index": 7}))
    assert (created.status_code, created.json()["data"]["order-index"]) == (201, 7)
    for written in ("one%2Ftwo", "one/two"):
        assert (await alice.get(f"/watchlists/{written}"))["watchlist-entries"] == [
            {"symbol": "SPY"},
            {"symbol": "QQQ"},
        ]
    renamed = await alice.http.put("/watchlists/one%2Ftwo", json=named("three", "GLD"))
    assert renamed.json()["data"] == named("three", "GLD") | {"group-name": "default", "order-index": 9999}
    assert [made["name"] for made in (await alice.get("/watchlists"))["items"]] == ["three"]
    removed = await alice.http.delete("/watchlists/three")
    assert (removed.status_code, removed.json()["data"]["name"]) == (200, "three")


async def test_private_watchlists_are_private(alice: Door):
    await alice.http.post("/watchlists", json=named("mine", "SPY"))
    await alice.sign_in(1)
    assert (await alice.get("/watchlists"))["items"] == []
    assert (await alice.http.get("/watchlists/mine")).status_code == 404
    assert (await alice.http.post("/watchlists", json=named("mine", "QQQ"))).status_code == 201
    await alice.sign_in(0)
    assert (await alice.get("/watchlists/mine"))["watchlist-entries"] == [{"symbol": "SPY"}]


async def test_each_wrong_request_has_its_status_and_code(alice: Door):
    for name in ("a", "b"):
        await alice.http.post("/watchlists", json=named(name))
    wrong: tuple[tuple[str, str, object, int, str], ...] = (
        ("GET", "/public-watchlists/nope", None, 404, "record_not_found"),
        ("GET", "/pairs-watchlists/nope", None, 404, "record_not_found"),
        ("GET", "/public-watchlists?counts-only=perhaps", None, 400, "validation_error"),
        ("GET", "/watchlists/nope", None, 404, "record_not_found"),
        ("DELETE", "/watchlists/nope", None, 404, "record_not_found"),
        ("PUT", "/watchlists/nope", named("nope"), 404, "record_not_found"),
        ("PUT", "/watchlists/a", named("b"), 422, "watchlist_already_exists"),
        ("POST", "/watchlists", named("a"), 422, "watchlist_already_exists"),
        ("POST", "/watchlists", named(" "), 400, "validation_error"),
        ("POST", "/watchlists", {"name": "c"}, 400, "validation_error"),
        ("POST", "/watchlists", {"name": "c", "watchlist-entries": None}, 400, "validation_error"),
        ("POST", "/watchlists", {"name": "c", "watchlist-entries": [{}]}, 400, "validation_error"),
        ("POST", "/watchlists", [], 400, "validation_error"),
        ("POST", "/watchlists", named("c", *["SPY"] * 1_001), 422, "too_many_watchlist_entries"),
    )
    for method, path, body, status, code in wrong:
        answer = await alice.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), (path, body)
    assert [made["name"] for made in (await alice.get("/watchlists"))["items"]] == ["a", "b"]
    kept = [await alice.http.post("/watchlists", json=named(f"more {number}")) for number in range(199)]
    assert [answer.status_code for answer in kept] == [201] * 198 + [422]
    assert kept[-1].json()["error"]["code"] == "too_many_watchlists"


async def test_a_public_watchlist_that_changes_is_told_to_those_who_asked(alice: Door):
    token = await alice.sign_in()
    async with (
        alice.alerts(token, "5WX00002") as asked,
        alice.alerts(token, "5WX00002") as silent,
        asyncio.timeout(20),
    ):
        await asked.say("public-watchlists-subscribe")
        while (await asked.hear()).get("action") != "public-watchlists-subscribe":
            pass
        changed = {"name": "Liquid ETFs", "symbols": ["SPY", "NOPE"]}
        door = await alice.http.post("/_sim/watchlist", json=changed)
        assert door.json() == {"name": "Liquid ETFs"}
        told = await asked.until("PublicWatchlists")
        alice.venue.set_account("5WX00002", cash=decimal.Decimal("4242.42"))
        while (heard := await silent.hear())["data"].get("cash-balance") != "4242.42":
            assert heard["type"] in {"CurrentPosition", "AccountBalance"}
    assert told["data"] == await alice.get("/public-watchlists/Liquid%20ETFs")
    assert told["data"]["watchlist-entries"] == [{"symbol": "SPY", "instrument-type": "Equity"}, {"symbol": "NOPE"}]
    assert (told["data"]["group-name"], told["data"]["order-index"]) == ("tastytrade", 2)


async def test_the_sdk_hears_of_public_watchlists(session: Session, alice: Door):
    async with alerts(session) as streamer, asyncio.timeout(20):
        await streamer.subscribe_accounts(await Account.get(session))
        await streamer.subscribe_public_watchlists()
        alice.venue.publish("Fresh today", ["AAPL"])
        made = await anext(streamer.listen(Watchlist))
    assert (made.name, made.watchlist_entries) == ("Fresh today", [AAPL])
