"""Prices as a person's board has them, for measuring what news moved."""

import typing

from news.impact.rules import PriceSample
from streaming.board.board import Board

SHUT = frozenset({"closed", "halted"})
"""Sessions in which nothing trades."""


class BoardPrices:
    """The prices of one board. See `news.impact.meter.PriceView`."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def __repr__(self) -> str:
        return f"<BoardPrices {self._board!r}>"

    def sample(self, symbol: str) -> PriceSample:
        """Return a symbol's price; that of a link that is not live cannot be used."""
        quote = self._board.whole(("quote", symbol)) or {}
        status = (self._board.whole(("profile", symbol)) or {}).get("status")
        link = self._board.whole(("link", str(quote.get("link", "")))) or {}
        session = (self._board.whole(("market",)) or {}).get("session")
        return PriceSample(
            bid=_number(quote.get("bid")),
            ask=_number(quote.get("ask")),
            at=quote.get("at"),
            is_live=link.get("state") == "live",
            is_delayed=quote.get("delayed") is True or link.get("delayed") is True,
            is_halted=status == "halted",
            is_unlisted=status == "unlisted",
            is_closed=session in SHUT,
        )

    def beta(self, symbol: str) -> float | None:
        """Return the beta of a symbol, where its venue tells it."""
        return _number((self._board.whole(("profile", symbol)) or {}).get("beta"))


def _number(value: typing.Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
