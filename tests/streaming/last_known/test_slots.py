"""What of a board is kept, and how it joins what was kept before."""

import typing

from streaming.last_known import slots
from streaming.last_known.slots import MOST, merge, of_links

MAIN, OTHER = "link-main", "link-other"
LINK = {"type": "link", "link": MAIN, "environment": "simulated"}
TOTAL = {"type": "portfolio", "environment": "simulated", "link": "", "account": "", "net_liq": 5}


def quote(symbol: str, at: int, link: str = MAIN, **fields: typing.Any) -> dict[str, typing.Any]:
    return {"type": "quote", "symbol": symbol, "at": at, "link": link, **fields}


def position(symbol: str, link: str = MAIN) -> dict[str, typing.Any]:
    return {"type": "position", "link": link, "account": "A", "symbol": symbol, "at": 1}


def test_a_symbol_that_is_not_watched_now_keeps_its_last_price():
    assert merge([quote("QQQ", 1), quote("SPY", 1)], [quote("QQQ", 2)], {MAIN}) == [quote("QQQ", 2), quote("SPY", 1)]


def test_the_newer_one_wins_whoever_writes_last():
    assert merge([quote("QQQ", 9)], [quote("QQQ", 2)], {MAIN}) == [quote("QQQ", 9)]


def test_what_was_sold_is_gone_once_the_board_has_valued_what_is_held():
    assert merge([position("QQQ"), TOTAL], [position("SPY")], {MAIN}) == [position("QQQ"), TOTAL, position("SPY")]
    assert merge([position("QQQ"), TOTAL], [position("SPY"), TOTAL], {MAIN}) == [position("SPY"), TOTAL]


def test_what_came_by_a_link_that_is_gone_goes_and_the_sums_with_it():
    theirs = {**LINK, "link": OTHER}
    kept = [LINK, theirs, quote("QQQ", 1), quote("SPY", 1, OTHER), position("GLD", OTHER), TOTAL]
    assert of_links(kept, {MAIN, OTHER}) == kept
    assert of_links(kept, {MAIN}) == [LINK, quote("QQQ", 1)]


def test_a_link_is_kept_without_what_it_said_of_the_moment():
    (found,) = merge([], [LINK | {"state": "live", "feed_at": 5, "reason": "late"}], {MAIN})
    assert found == LINK | {"state": "idle"}


def test_a_session_and_candles_are_not_kept():
    assert (
        merge(
            [], [{"type": "market", "session": "open"}, {"type": "candle", "symbol": "QQQ", "interval": "1m"}], {MAIN}
        )
        == []
    )


def test_the_oldest_market_data_is_dropped_beyond_the_bound_and_no_holding():
    many = [quote(f"S{number}", number) for number in range(MOST + 3)]
    found = merge([position("QQQ")], many, {MAIN})
    assert len(found) == MOST + 1
    assert position("QQQ") in found
    assert min(item["at"] for item in found if item["type"] in slots.MARKET_DATA) == 3
