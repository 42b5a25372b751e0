"""Writes stories about the simulated market, and moves its prices by them. Pure and seeded; time comes in.

At most 25 s lie between two stories. Each is about one symbol and reads one way; its price then moves over the next
minutes. As in a real market not all do: some had moved it before they came, and some move nothing.
"""

import collections
import math
import random
import re
import typing

import msgspec

from simulator.market.market import SimMarket

KEPT = 60
"""Stories that feeds still carry."""
LEAST_S, MOST_S = 8.0, 25.0
"""Between two stories."""
MOVE_S = 180.0
"""How long a story moves its symbol."""
STRENGTH = 0.004
"""The largest move of a story, as a fraction of the price."""
KNOWN_BEFORE, WITHOUT_EFFECT = 0.15, 0.2
"""The share of stories that had moved the price before, and of those that move nothing."""
REVISED, COPIED, UNDATED = 0.12, 0.35, 0.06
"""The share of stories that are revised later, that another wire carries too, and that come without a time."""

Kind = typing.Literal["earnings", "guidance", "analyst", "m&a", "legal", "product", "macro"]

TEMPLATES: typing.Mapping[Kind, tuple[tuple[int, str], ...]] = {
    "earnings": (
        (1, "{name} beats estimates as quarterly profit rises {n} %"),
        (-1, "{name} misses estimates as quarterly profit falls {n} %"),
        (0, "{name} to report quarterly results on the {n}th"),
    ),
    "guidance": (
        (1, "{name} raises its outlook for the year, cites demand"),
        (-1, "{name} cuts its outlook for the year, warns of weak orders"),
        (0, "{name} reaffirms its outlook for the year"),
    ),
    "analyst": (
        (1, "{name} upgraded to buy, target raised by {n} dollars"),
        (-1, "{name} downgraded to sell, target cut by {n} dollars"),
        (0, "{name} initiated at hold"),
    ),
    "m&a": ((1, "{name} to be acquired in a deal worth ${n} billion"), (-1, "{name} drops its ${n} billion takeover")),
    "legal": ((1, "{name} wins patent case"), (-1, "{name} sued over a faulty product, recall of {n},400 units")),
    "product": ((1, "{name} wins a ${n} billion contract"), (0, "{name} names a new head of infrastructure")),
    "macro": (
        (1, "Consumer prices rise less than expected, stocks gain"),
        (-1, "Jobless claims jump to {n}0,000, stocks slip"),
        (0, "Fed minutes: officials saw risks as roughly balanced"),
    ),
}


def _short(name: str) -> str:
    """Return what news call a company: its name without its legal form."""
    return re.sub(r",? (?:Inc|Corporation|Corp|Company|plc|Ltd)\b.*$", "", name.split(" - ")[0])


class Story(msgspec.Struct):
    """One story. `at` and `revised_at` in ms since the epoch; `move` is the fraction by which it moves its symbol.

    `exchange` is where the symbol is listed, in words. A copy comes `copied_s` later by another wire; None: never.
    """

    id: str
    symbol: str
    exchange: str
    kind: Kind
    headline: str
    summary: str
    at: int
    move: float
    has_time: bool = True
    revised_at: int | None = None
    copied_s: float | None = None


class _Impulse(msgspec.Struct):
    """What is left of a move: a fraction, over so many seconds."""

    symbol: str
    left: float
    seconds: float


class Newsroom:
    """The stories of one market. `advance` is to be called now and then."""

    is_busy = False

    def __init__(self, market: SimMarket, now_ms: typing.Callable[[], int]) -> None:
        self.stories: collections.deque[Story] = collections.deque(maxlen=KEPT)
        self._market = market
        self._now = now_ms
        self._draw = random.Random(f"{market.seed}:news")
        self._at = now_ms()
        self._due = self._at + 2_000
        self._impulses: list[_Impulse] = []
        self._pending: list[Story] = []
        """Stories whose price moves before they come."""
        self._count = 0

    def __repr__(self) -> str:
        return f"<Newsroom {self._count} stories>"

    def advance(self, moment: float) -> None:
        """Write what is due, and move prices by what was written."""
        now = self._now()
        self._push((now - self._at) / 1000)
        self._at = now
        for story in [story for story in self._pending if story.at <= now]:
            self._pending.remove(story)
            self.stories.append(story)
        while self._due <= now:
            self._write(now)
            self._due += round(1000 * self._draw.uniform(LEAST_S, MOST_S))
            self._due = max(self._due, now)
        self._revise(now)

    def _write(self, now: int) -> None:
        story = self._story(now)
        luck = self._draw.random()
        if luck < KNOWN_BEFORE:
            # A deal that leaks: the price moves first, and another story fills the pause until this one comes.
            self._impulses.append(_Impulse(story.symbol, story.move, MOVE_S / 6))
            story.at, story.move = now + round(MOVE_S / 6 * 1000), 0.0
            self._pending.append(story)
            story = self._story(now)
        elif luck < KNOWN_BEFORE + WITHOUT_EFFECT:
            story.move = 0.0
        if story.move:
            self._impulses.append(_Impulse(story.symbol, story.move, MOVE_S))
        self.stories.append(story)

    def _story(self, now: int) -> Story:
        draw = self._draw
        self._count += 1
        tapes = [tape for tape in self._market.tapes.values() if tape.listing.kind == "equity"]
        kind: Kind = draw.choice([*TEMPLATES])
        reads, template = draw.choice(TEMPLATES[kind])
        listing = self._market.tapes["SPY"].listing if kind == "macro" else draw.choice(tapes).listing
        headline = template.format(name=_short(listing.name), n=draw.randint(2, 9))
        return Story(
            id=f"{now}-{self._count}",
            symbol=listing.symbol,
            exchange="Nasdaq" if listing.exchange == "Q" else "NYSE",
            kind=kind,
            headline=headline,
            summary=f"{headline}. A story of the simulated market, number {self._count}.",
            at=now,
            move=reads * STRENGTH * draw.uniform(0.2, 1.0),
            has_time=draw.random() >= UNDATED,
            revised_at=now + draw.randint(20_000, 60_000) if draw.random() < REVISED else None,
            copied_s=draw.uniform(3, 20) if draw.random() < COPIED else None,
        )

    def _revise(self, now: int) -> None:
        """Rewrite what is due to be: after the move a headline tells of it."""
        for story in self.stories:
            if story.revised_at is not None and story.revised_at <= now and "shares" not in story.headline:
                way = "rise" if story.move > 0 else "fall" if story.move < 0 else "little changed"
                story.headline = f"{story.headline}; shares {way}"

    def _push(self, seconds: float) -> None:
        """Move prices by what `seconds` bring of each impulse."""
        for impulse in self._impulses:
            part = min(1.0, seconds / impulse.seconds) if impulse.seconds > 0 else 1.0
            step = impulse.left * part
            self._market.tapes[impulse.symbol].walk.fair *= math.exp(step)
            impulse.left -= step
            impulse.seconds -= seconds
        self._impulses = [impulse for impulse in self._impulses if impulse.seconds > 0]
