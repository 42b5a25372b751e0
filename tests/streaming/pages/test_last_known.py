"""A page's board is completed by what was last known, and only where it says nothing itself."""

import typing

from streaming.pages.last_known import complete, lacks
from streaming.wire.subscription import Subscription

VIEW = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"portfolio", "links"}))
QUOTE = {"type": "quote", "symbol": "QQQ", "last": 450, "at": 1}
TOTAL = {"type": "portfolio", "environment": "live", "link": "", "account": "", "at": 1}
POSITION = {"type": "position", "link": "one", "account": "A", "symbol": "QQQ", "at": 1}
BALANCE = {"type": "balance", "link": "one", "account": "A", "at": 1}


def held(item: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return item | {"held": True}


def test_a_whole_board_lacks_nothing_so_nobody_asks_the_database():
    assert not lacks([QUOTE, TOTAL], VIEW)
    assert lacks([TOTAL], VIEW)
    assert lacks([QUOTE], VIEW)


def test_what_the_board_does_not_tell_is_added_and_marked():
    assert complete([QUOTE], [QUOTE | {"last": 1}, TOTAL, POSITION], VIEW, None) == [QUOTE, held(TOTAL), held(POSITION)]


def test_nothing_is_added_to_holdings_that_the_board_has_valued():
    assert complete([TOTAL], [POSITION, QUOTE], VIEW, None) == [TOTAL, held(QUOTE)]


def test_what_the_page_does_not_show_is_left_out():
    header = Subscription(quotes=frozenset({"SPY"}), topics=frozenset({"balance"}))
    assert complete([], [QUOTE, POSITION, BALANCE], header, ("balance", "one", "A")) == [held(BALANCE)]
    assert complete([], [QUOTE, POSITION, BALANCE], header, ("balance", "one", "B")) == []
