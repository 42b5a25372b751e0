"""A proposal reaches the person, says what it may lose, and sends nothing."""

import pytest

from assistant import drafts
from assistant.catalogue import TOOLS
from brokers.contract.events import Quote
from lib.clock import now_ms
from streaming.wire.subscription import Subscription
from tests.assistant.tools.harness import TRADE, tool_desk
from tests.assistant.tools.test_options import asked
from tests.market.cast import name

CALL, HIGHER = name("QQQ", 450, "C"), name("QQQ", 460, "C")
SPREAD = [{"symbol": CALL, "quantity": 1, "price": 6.0}, {"symbol": HIGHER, "quantity": -1, "price": 2.0}]


async def test_the_person_is_told_at_once_with_quotes_ages_and_the_most_to_lose(valkey):
    async with tool_desk(valkey) as desk:
        await desk.talking()
        reader = desk.station.reader(Subscription(topics=frozenset({"links"})))
        await reader.until(lambda one: one.of("frame"))
        told = await asked(desk, "draft_order", 450, 460, scopes=TRADE, symbol="QQQ", legs=SPREAD)
        await reader.until(lambda one: any(frame.get("facts") for frame in one.of("frame")))
        (notice,) = [fact for frame in reader.of("frame") for fact in frame.get("facts", ())]
        assert (notice["type"], notice["code"], notice["fact"]) == ("notice", "order_drafted", told["draft"])
        legs = f"buy 1 {CALL} at 6.00, sell 1 {HIGHER} at 2.00"
        said = f"A program proposes: {legs}; pays $400.00, loses $400.00 at most. Nothing was sent"
        assert notice["text"] == told["text"] == said
        assert (notice["max_loss"], notice["max_profit"], notice["cost"]) == (400, 600, 400)
        assert [(leg["symbol"], leg["quantity"], leg["price"]) for leg in notice["legs"]] == [
            (CALL, 1, 6), (HIGHER, -1, 2),
        ]  # fmt: skip
        assert all(leg["age_ms"] >= 0 and leg["bid"] > 0 for leg in told["card"]["legs"])
        assert "no order ticket" in told["note"]


async def test_a_card_is_shown_for_a_minute_to_its_person_alone(valkey):
    async with tool_desk(valkey) as desk:
        told = await asked(
            desk, "draft_order", 450, scopes=TRADE, symbol="QQQ", legs=[{"symbol": "QQQ", "quantity": -5}]
        )
        read, now = desk.station.ledger.read, now_ms()
        (card,) = await read(drafts.shown_drafts, 1, now)
        assert (card["symbol"], card["unlimited"], card["max_loss"]) == ("QQQ", ["loss"], None)
        assert (card["legs"][0]["quantity"], card["legs"][0]["age_s"] >= 0) == (-5, True)
        assert "may lose without limit" in told["text"]
        assert await read(drafts.read_drafts, 1, told["expires"] - 1) != []
        assert await read(drafts.read_drafts, 1, told["expires"]) == []
        assert await read(drafts.read_drafts, 2, now) == []


async def test_legs_that_make_no_order_are_refused_and_who_may_only_read_drafts_none(valkey):
    async with tool_desk(valkey) as desk:
        broker = await desk.talking()
        broker.say(Quote(symbol="QQQ", bid=1.0, ask=2.0))
        nothing = await desk.refusal("draft_order", scopes=TRADE, symbol="QQQ", legs=[{"symbol": "QQQ", "quantity": 0}])
        assert (nothing["code"], nothing["field"]) == ("bad_message", "legs")
        twice = [{"symbol": "QQQ", "quantity": 1}, {"symbol": "qqq", "quantity": 2}]
        assert (await desk.refusal("draft_order", scopes=TRADE, symbol="QQQ", legs=twice))["code"] == "bad_message"
        padded = [{"symbol": CALL, "quantity": 1}, {"symbol": CALL.replace("QQQ", "QQQ   "), "quantity": -1}]
        same = await desk.refusal("draft_order", scopes=TRADE, symbol="QQQ", legs=padded)
        assert same["detail"] == "A symbol is in two legs."
        assert (await desk.refusal("draft_order", symbol="QQQ", legs=SPREAD))["code"] == "forbidden"
        assert await desk.station.ledger.read(drafts.read_drafts, 1, now_ms()) == []


@pytest.mark.parametrize("word", ["send", "place", "submit", "cancel", "replace"])
def test_no_tool_has_to_do_with_sending_orders(word):
    assert not [tool.name for tool in TOOLS if word in tool.name]
