"""Mids of the board as signals take them, with all that may make them void. Times are in ms."""

import typing

from news.impact.rules import MARKET, shrink_beta
from signals.features.snapshot import told_number
from signals.record.batch import VOIDS
from signals.record.outcome import PATIENCE_MS
from streaming.board.board import Board, Item

HALTED, DELAYED = VOIDS.index("halted"), VOIDS.index("delayed")


class BoardPrice(typing.NamedTuple):
    """The mid of one symbol, its spread, how old its quote is, and a place in VOIDS for what stands against it."""

    mid: float | None = None
    spread: float | None = None
    age: int | None = None
    obstacle: int = 0

    @property
    def is_fresh(self) -> bool:
        """Whether it is a mid of now."""
        return self.mid is not None and self.age is not None and self.age <= PATIENCE_MS and not self.obstacle


def read_price(board: Board, symbol: str, now: int) -> BoardPrice:
    """Return what the board says of a symbol at `now`; what it does not say is missing."""
    quote = board.whole(("quote", symbol))
    obstacle = _obstacle(quote, board.whole(("profile", symbol)))
    bid, ask = told_number(quote, "bid"), told_number(quote, "ask")
    at = quote.get("at") if quote is not None else None
    if bid is None or ask is None or at is None or not 0 < bid <= ask:
        return BoardPrice(obstacle=obstacle)
    return BoardPrice((bid + ask) / 2, ask - bid, max(0, now - at), obstacle)


def read_beta(board: Board, symbol: str) -> float:
    """Return how much of the market's move is taken off a symbol's, as news do; the market's own is whole."""
    return 0.0 if symbol == MARKET else shrink_beta(told_number(board.whole(("profile", symbol)), "beta"))


def _obstacle(quote: Item | None, profile: Item | None) -> int:
    if profile is not None and profile.get("status") in ("halted", "unlisted"):
        return HALTED
    return DELAYED if quote is not None and quote.get("delayed") is True else 0
