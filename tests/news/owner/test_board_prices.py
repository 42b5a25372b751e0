"""Prices for measuring are those of a live link, with what the board says of their symbol."""

import pytest

from brokers.contract.events import Link, Market, Profile, Quote
from news.owner.board_prices import BoardPrices
from streaming.board.board import Board

QUOTE = Quote(symbol="NVDA", bid=99.99, ask=100.01, at=7)
LIVE = Link(link="main", state="live")


@pytest.mark.parametrize(
    ("said", "obstacle"),
    [
        ([LIVE, QUOTE], ""),
        ([QUOTE], "no_quote"),
        ([LIVE], "no_quote"),
        ([LIVE, QUOTE, Link(link="main", state="stale")], "no_quote"),
        ([LIVE, QUOTE, Link(link="main", delayed=True)], "delayed"),
        ([LIVE, QUOTE, Quote(symbol="NVDA", delayed=True)], "delayed"),
        ([LIVE, QUOTE, Profile(symbol="NVDA", status="halted")], "halted"),
        ([LIVE, QUOTE, Profile(symbol="AAPL", status="halted")], ""),
        ([LIVE, Profile(symbol="NVDA", status="unlisted")], "unlisted"),
        ([LIVE, QUOTE, Market(session="closed")], "closed"),
        ([LIVE, QUOTE, Market(session="post")], ""),
        ([LIVE, QUOTE, Quote(symbol="NVDA", ask=None)], "no_quote"),
    ],
)
def test_a_price_is_as_the_board_has_it(said, obstacle):
    board = Board("1")
    for event in said:
        board.apply(event, "main")
    found = BoardPrices(board).sample("NVDA")
    assert found.obstacle == obstacle
    assert found.at == (7 if QUOTE in said else None)


def test_a_beta_is_the_venues_or_missing():
    board = Board("1")
    board.apply(Profile(symbol="NVDA", beta=1.7), "main")
    board.apply(Profile(symbol="F", beta=None), "main")
    assert [BoardPrices(board).beta(symbol) for symbol in ("NVDA", "F", "GM")] == [1.7, None, None]
