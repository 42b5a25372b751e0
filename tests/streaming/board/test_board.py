"""The board: one call answers the join, the resume, the live frame and every gap."""

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from brokers.contract.events import Balance, Greeks, Link, Quote
from streaming.board import board as board_module
from streaming.board.board import Board, Item
from streaming.wire.subscription import Subscription

SYMBOLS = ("QQQ", "SPY", "IWM", "TLT")
ALL = Subscription(quotes=frozenset(SYMBOLS), greeks=frozenset(SYMBOLS), topics=frozenset({"portfolio", "links"}))


def wants(view: Subscription):
    return lambda slot: view.wants(slot, None)


class Mirror:
    """A client: holds what it was sent, by the receiver's rule."""

    def __init__(self) -> None:
        self.seq = 0
        self.slots: dict[tuple, Item] = {}

    def take(self, catch) -> None:
        if catch.snapshot:
            self.slots.clear()
        assert catch.prev <= self.seq or catch.snapshot
        self.seq = catch.seq
        for item in catch.items:
            key = tuple(item[name] for name in ("type", *board_module.KEYS[item["type"]]))
            if item.get("gone"):
                self.slots.pop(key, None)
            else:
                self.slots.setdefault(key, {}).update(item)


def held(board: Board, view: Subscription) -> dict[tuple, Item]:
    """What the board holds of a view; a missing value and an absent one are the same."""
    return {slot: board.whole(slot) or {} for slot in board._slots if view.wants(slot, None)}


def known(slots: dict[tuple, Item]) -> dict[tuple, Item]:
    return {slot: {name: value for name, value in item.items() if value is not None} for slot, item in slots.items()}


values = st.one_of(st.none(), st.floats(0.01, 1000, allow_nan=False))
quotes = st.builds(Quote, symbol=st.sampled_from(SYMBOLS), bid=values, ask=values, at=st.integers(1, 9))
partial = st.builds(Quote, symbol=st.sampled_from(SYMBOLS), last=values)
greeks = st.builds(Greeks, symbol=st.sampled_from(SYMBOLS), delta=values)
ends = st.builds(Quote, symbol=st.sampled_from(SYMBOLS), gone=st.just(True))
steps = st.lists(st.one_of(quotes, partial, greeks, ends, st.just("flush"), st.just("catch up"), st.just("other view")))


@given(steps, st.integers(0, 3))
def test_snapshot_and_deltas_equal_the_board_whatever_is_skipped(script, tombstones):
    """A client that catches up at any moments, with views changing under it, holds what the board holds."""
    limit, board_module.TOMBSTONES = board_module.TOMBSTONES, tombstones
    try:
        board, mirror = Board("1-test"), Mirror()
        views = OrderedDict.fromkeys(
            [ALL, Subscription(quotes=frozenset({"QQQ"})), Subscription(greeks=frozenset(SYMBOLS))]
        )
        view, had = ALL, None
        for step in [*script, "catch up"]:
            if step == "flush":
                board.flush(0)
            elif step == "other view":
                had = had or view
                views.move_to_end(view)
                view = next(iter(views))
            elif step == "catch up":
                board.flush(0)
                catch = board.since(mirror.seq, wants(view), wants(had) if had else None)
                mirror.take(catch)
                had = None
                mirror.slots = {slot: item for slot, item in mirror.slots.items() if view.wants(slot, None)}
                assert known(mirror.slots) == known(held(board, view))
            else:
                board.apply(step, "link-1")
    finally:
        board_module.TOMBSTONES = limit


def test_a_live_frame_carries_what_came_and_not_what_was_known():
    board = Board("1-test")
    board.apply(Quote(symbol="QQQ", bid=450.24, ask=450.26, last=450.25, source="dxfeed_stream", delayed=False))
    board.flush(0)
    board.apply(Quote(symbol="QQQ", bid=450.25, source="dxfeed_stream", delayed=True))
    board.flush(0)
    told = {"type": "quote", "symbol": "QQQ", "bid": 450.25, "source": "dxfeed_stream", "delayed": True}
    assert board.since(1, wants(ALL)) == (1, 2, False, [told])


def test_a_thousand_quotes_of_one_symbol_are_one_item():
    board = Board("1-test")
    for cents in range(1000):
        board.apply(Quote(symbol="QQQ", bid=float(cents)))
    board.flush(0)
    assert board.since(0, wants(ALL)).items == [{"type": "quote", "symbol": "QQQ", "bid": 999.0}]


def test_an_unchanged_event_makes_no_news():
    board = Board("1-test")
    board.apply(Quote(symbol="QQQ", bid=1.0))
    assert board.flush(0)
    board.apply(Quote(symbol="QQQ", bid=1.0))
    assert not board.flush(0)


def test_a_known_missing_value_replaces_a_price():
    """A side that turned NaN is told as null; it does not keep its last price."""
    board = Board("1-test")
    board.apply(Quote(symbol="QQQ", bid=1.0, ask=2.0))
    board.flush(0)
    board.apply(Quote(symbol="QQQ", bid=None))
    board.flush(0)
    assert board.since(1, wants(ALL)).items == [{"type": "quote", "symbol": "QQQ", "bid": None}]


@pytest.mark.parametrize("cursor", [0, -1, 99])
def test_a_cursor_that_means_nothing_here_gets_a_snapshot(cursor):
    board = Board("1-test")
    board.apply(Quote(symbol="QQQ", bid=1.0))
    board.flush(0)
    assert board.since(cursor, wants(ALL)).snapshot


def test_below_the_floor_is_a_snapshot_and_above_it_is_not():
    board = Board("1-test")
    board.apply(Quote(symbol="QQQ", bid=1.0))
    board.flush(0)
    board.apply(Quote(symbol="QQQ", gone=True))
    board.flush(0)
    board.apply(Quote(symbol="SPY", bid=1.0))
    board.flush(board_module.TOMBSTONE_MS)
    assert board.since(1, wants(ALL)).snapshot
    assert not board.since(2, wants(ALL)).snapshot


def test_market_data_names_the_link_it_came_by_and_balances_keep_their_own():
    board = Board("1-test")
    board.apply(Quote(symbol="QQQ", bid=1.0), "link-1")
    board.apply(Balance(link="link-2", account="5WX1"), "link-1")
    board.apply(Link(link="link-1", state="live"), "link-1")
    board.flush(0)
    assert [item["link"] for item in board.since(0, wants(ALL)).items] == ["link-1", "link-2", "link-1"]


def test_only_the_default_accounts_balance_is_in_a_view_of_balance():
    view = Subscription(topics=frozenset({"balance"}))
    primary = ("balance", "link-1", "5WX1")
    assert view.wants(primary, primary)
    assert not view.wants(("balance", "link-1", "5WX2"), primary)


def test_a_slot_that_ended_and_came_back_forgets_what_it_knew():
    """A field the new life does not carry is missing for those who had it, not left at its old value."""
    board, mirror = Board("1-test"), Mirror()
    for event in (Quote(symbol="QQQ", bid=1.0), Quote(symbol="QQQ", gone=True), Quote(symbol="QQQ", last=2.0)):
        board.apply(event)
        board.flush(0)
        if event.last is UNSET and not event.gone:
            mirror.take(board.since(mirror.seq, wants(ALL)))
    mirror.take(board.since(mirror.seq, wants(ALL)))
    assert mirror.slots["quote", "QQQ"] == {"type": "quote", "symbol": "QQQ", "bid": None, "last": 2.0}
