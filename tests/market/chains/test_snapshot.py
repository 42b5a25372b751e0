"""A whole expiration at a moment: every option that is listed, with what is known of it."""

import datetime
import decimal

from brokers.contract.broker import Strike
from market.chains.chain import Listed, ShownChain
from market.chains.snapshot import answer
from streaming.board.board import Item
from tests.market.cast import DAY, market, name

CHAIN = "/api/options/chain/QQQ"
CALL, PUT = name("QQQ", 400, "C"), name("QQQ", 400, "P")
LISTED = Listed(DAY, "QQQ", (Strike(decimal.Decimal(400), CALL, PUT),))


def quote(symbol: str, at: int | None, **fields: object) -> dict[tuple[str, ...], Item]:
    return {("quote", symbol): {"type": "quote", "symbol": symbol, "at": at, **fields}}


def test_an_expiration_is_as_new_as_its_newest_quote_and_of_the_source_of_its_options():
    slots = quote("QQQ", 5, bid=399.0, ask=401.0, source="stocks") | quote(CALL, 9, bid=2.5, source="options")
    found = answer(ShownChain("QQQ", LISTED), slots)
    assert (found["symbol"], found["expiration"], found["at"], found["source"]) == ("QQQ", DAY, 9, "options")
    assert (found["underlying"]["bid"], found["underlying"]["at"]) == (399.0, 5)
    assert [(one["symbol"], one["bid"]) for one in found["options"]] == [(CALL, 2.5), (PUT, None)]
    later = answer(ShownChain("QQQ", LISTED), slots | quote("QQQ", 12))
    assert later["at"] == 12


def test_what_is_not_known_is_null_and_still_every_option_is_listed():
    found = answer(ShownChain("QQQ", LISTED), {})
    assert (found["at"], found["source"], found["underlying"]["last"]) == (None, None, None)
    assert [(one["symbol"], one["bid"]) for one in found["options"]] == [(CALL, None), (PUT, None)]
    timeless = answer(ShownChain("QQQ", LISTED), quote(CALL, None) | quote(PUT, 3))
    assert timeless["at"] == 3
    empty = answer(ShownChain("QQQ", Listed(datetime.date(2099, 1, 2), "QQQ", ())), {})
    assert empty["options"] == []


async def test_a_day_or_a_field_that_cannot_be_is_refused():
    async with market() as (_, served, broker):
        for params, field in (({}, "expiration"), ({"expiration": "soon"}, "expiration")):
            refused = await served.client.get(CHAIN, params=params)
            assert (refused.status_code, refused.json()["field"]) == (400, field)
        refused = await served.client.get("/api/options/chain/Q!Q", params={"expiration": DAY.isoformat()})
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_symbol")
        assert broker.asked == [], "no venue was asked"
