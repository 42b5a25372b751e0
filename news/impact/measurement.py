"""One item's measurement: its first price, and a window for each length. Pure; times in ms, moves in percent."""

import typing

import msgspec

from news.impact.rules import (
    MARKET,
    MINUTE_MS,
    MINUTES,
    PATIENCE_MS,
    PriceSample,
    is_confounded,
    move_beyond,
    shrink_beta,
)


class MoveWindow(msgspec.Struct, kw_only=True):
    """How far a price went within some minutes. `move` is what is known so far until `is_done`.

    `by` are the prices it was measured by: `quotes`, or `candles` where nothing ran as it ended.
    """

    minutes: int
    ends_at: int | None = None
    move: float | None = None
    is_done: bool = False
    void: str = ""
    is_confounded: bool = False
    by: str = "quotes"
    is_counted: bool = False
    """Whether it was counted that it ended."""
    obstacle: str = ""
    """Why it could not end in time."""

    def finish(self, move: float | None, void: str = "") -> None:
        """End with a move, or with the reason why there is none."""
        self.move, self.void, self.is_done = move, void, True


class HeardItem(msgspec.Struct, kw_only=True):
    """What of an item a measurement needs, read from the item as clients read it."""

    id: str
    story: str
    category: str
    received_at: int
    symbols: tuple[str, ...] = ()
    revision: int = 1
    impact: dict[str, typing.Any] | None = None


class Measurement(msgspec.Struct, kw_only=True):
    """What an item moves. `since` is when it began: with the first middle of `symbol` and of the market together."""

    item: str
    symbol: str
    category: str
    received_at: int
    since: int | None = None
    mid: float | None = None
    market_mid: float | None = None
    beta: float | None = None
    before: float | None = None
    """How far the price had gone in the 15 minutes before `since`."""
    has_beta: bool = True
    """Whether the beta is the venue's, or 1 because it is not known yet."""
    is_asked: bool = False
    """Whether `before` is being looked up."""
    windows: list[MoveWindow] = msgspec.field(
        default_factory=lambda: [MoveWindow(minutes=minutes) for minutes in MINUTES]
    )

    @property
    def is_waiting(self) -> bool:
        """Whether its first price is still to come."""
        return self.since is None and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to measure."""
        return all(window.is_done for window in self.windows)

    @property
    def open_windows(self) -> list[MoveWindow]:
        """The windows that have not ended, the first to end first."""
        return [window for window in self.windows if not window.is_done]

    def begin(self, price: PriceSample, market: PriceSample, beta: float | None, earlier: list[int], now: int) -> None:
        """Begin with prices that may be used. `earlier`: when measurements of the same symbol began."""
        self.since, self.mid, self.market_mid = now, price.mid, market.mid
        self.beta, self.has_beta = 1.0, False
        self.learn_beta(0.0 if self.symbol == MARKET else beta)
        for window in self.windows:
            window.ends_at = now + window.minutes * MINUTE_MS
            window.is_confounded = is_confounded(now, window.minutes, earlier)

    def learn_beta(self, beta: float | None) -> None:
        """Take the beta of a venue that tells it later than the price. The market itself has none."""
        if beta is not None and not self.has_beta and not any(window.is_done for window in self.windows):
            self.beta, self.has_beta = 0.0 if self.symbol == MARKET else shrink_beta(beta), True

    def void(self, reason: str) -> None:
        """Give up what has not ended."""
        for window in self.open_windows:
            window.finish(None, reason)

    def move_to(self, end: float, market_end: float) -> float:
        """Return how far the price has gone beyond the market's when they are there."""
        mid, market_mid, beta = self.mid, self.market_mid, self.beta
        if mid is None or market_mid is None or beta is None:
            raise ValueError(f"{self.item} has not begun")
        return move_beyond(mid, end, market_mid, market_end, beta)

    def advance(self, price: PriceSample, market: PriceSample, now: int) -> bool:
        """End the windows whose time is over: where prices can be used, or were waited for in vain.

        A window that nobody looked at in time is left: these prices say nothing of it. Returns whether any ended.
        """
        ended = False
        for window in self.open_windows:
            if window.ends_at is None or now < window.ends_at:
                continue
            is_in_time = now <= window.ends_at + PATIENCE_MS
            reason = price.obstacle or market.obstacle
            if is_in_time and not reason and price.mid and market.mid:
                window.finish(self.move_to(price.mid, market.mid))
                ended = True
            elif is_in_time:
                window.obstacle = reason
            elif window.obstacle:
                window.finish(None, window.obstacle)
                ended = True
        return ended

    def unwatched(self, now: int) -> list[MoveWindow]:
        """Return the windows that ended while nobody looked."""
        return [
            window
            for window in self.open_windows
            if window.ends_at is not None and now > window.ends_at + PATIENCE_MS and not window.obstacle
        ]

    def look(self, price: PriceSample, market: PriceSample, least: float) -> bool:
        """Note how far the first window has come. Returns whether that is at least so many percent from before."""
        window = self.windows[0]
        if window.is_done or price.obstacle or market.obstacle or not price.mid or not market.mid:
            return False
        move = self.move_to(price.mid, market.mid)
        if window.move is not None and abs(move - window.move) < least:
            return False
        window.move = move
        return True
