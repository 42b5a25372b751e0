"""Quotes as a tool tells them: each with its age and source, and what is missing is null."""

import asyncio

from brokers.contract.events import Day, Profile, Quote, Underlying
from lib.clock import now_ms
from tests.assistant.tools.harness import tool_desk


async def test_every_symbol_has_a_row_with_its_age_source_and_link(valkey):
    async with tool_desk(valkey) as desk:
        asking = asyncio.ensure_future(desk.call("get_quotes", symbols=["qqq", "SPY", "NONE", "QQQ"]))
        broker = await desk.broker()
        at = now_ms() - 5_000
        broker.say(
            Quote(symbol="QQQ", bid=450.1, ask=450.3, source="dxfeed_stream", delayed=False, at=at),
            Quote(symbol="SPY", last=550.0, source="polled", delayed=True, at=at),
            Profile(symbol="NONE", status="unlisted"),
        )
        told = await asking
        qqq, spy = told["quotes"]
        assert (qqq["symbol"], qqq["bid"], qqq["ask"], qqq["last"]) == ("QQQ", 450.1, 450.3, None)
        assert (qqq["source"], qqq["delayed"], qqq["state"], qqq["at"]) == ("dxfeed_stream", False, "live", at)
        assert 5_000 <= qqq["age_ms"] <= told["at"] - at
        assert (spy["bid"], spy["last"], spy["delayed"], spy["status"]) == (None, 550, True, None)
        assert (told["unknown"], told["truncated"], told["left_out"]) == (["NONE"], False, 0)
        assert desk.open_watches == (0, 0, 0)


async def test_what_nobody_told_in_time_is_null(valkey, monkeypatch):
    monkeypatch.setattr("assistant.tools.board.VALUES_S", 1.0)
    async with tool_desk(valkey) as desk:
        await desk.talking()
        (row,) = (await desk.call("get_quotes", symbols=["GME"]))["quotes"]
        assert row.pop("symbol") == "GME"
        assert set(row.values()) == {None}


async def test_details_have_times_of_their_own(valkey):
    async with tool_desk(valkey) as desk:
        asking = asyncio.ensure_future(desk.call("get_quotes", symbols=["QQQ"], detail=True))
        broker = await desk.broker()
        broker.say(
            Day(symbol="QQQ", open=449.0, prev_close=448.0, at=7), Underlying(symbol="QQQ", iv=0.21, at=8),
            Profile(symbol="QQQ", description="Invesco", status="active"), Quote(symbol="QQQ", bid=450.0, at=9),
        )  # fmt: skip
        (row,) = (await asking)["quotes"]
        assert (row["day"]["open"], row["day"]["at"], row["day"]["age_ms"] > 0) == (449, 7, True)
        assert (row["underlying"]["iv"], row["profile"]["description"], row["status"]) == (0.21, "Invesco", "active")
        assert (row["profile"]["at"], row["profile"]["age_ms"]) == (None, None)


async def test_a_symbol_that_cannot_be_one_and_a_person_without_links_are_refused(valkey):
    async with tool_desk(valkey) as desk:
        refused = await desk.refusal("get_quotes", symbols=["no_such!"])
        assert (refused["code"], refused["field"]) == ("unknown_symbol", "symbols")
        assert (await desk.refusal("get_quotes", symbols=[]))["code"] == "bad_message"
        assert (await desk.refusal("get_quotes", symbols=[f"S{n}" for n in range(51)]))["code"] == "bad_message"
        assert (await desk.refusal("get_quotes", person=3, symbols=["QQQ"]))["code"] == "no_feed"


async def test_many_long_rows_are_cut_and_counted(valkey):
    symbols = [f"S{number:02}" for number in range(50)]
    async with tool_desk(valkey) as desk:
        asking = asyncio.ensure_future(desk.call("get_quotes", symbols=symbols, detail=True))
        broker = await desk.broker()
        long = "x" * 300
        broker.say(*(Profile(symbol=symbol, description=long) for symbol in symbols))
        broker.say(*(Quote(symbol=symbol, bid=1.0, at=9) for symbol in symbols))
        told = await asking
        assert (told["truncated"], len(told["quotes"]) + told["left_out"]) == (True, 50)
        assert [row["symbol"] for row in told["quotes"]] == symbols[: len(told["quotes"])]
