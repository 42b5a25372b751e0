"""What happens to the companies of the market: drawn ahead of its time, from the seed alone. Pure; times in seconds.

The next story comes out 8 to 26 s after the one before it. The quickest source has it within 3 s, so that one in
every 30 s of the market's time is there.
"""

import math
import random
import typing

from simulator.ids import Numbers
from simulator.market.impulse import MARKET, Impulse
from simulator.market.universe import Listing
from simulator.news import story_text
from simulator.news.release_calendar import Release
from simulator.news.story import Kind, Reaction, Story, Wording

LEAD_S = 180.0
"""So long before it comes out a story is known here: a price may move ahead of it."""
FIRST_S, GAP_S = (2.0, 6.0), (8.0, 26.0)
_LASTS_S, _AHEAD_S = (60.0, 300.0), (60.0, 170.0)
_AHEAD_LEAST_S = 1.0
INDEX = "SPY"
"""The symbol that stands for the whole market."""
_KINDS: dict[Kind, tuple[float, float, float]] = {
    "earnings": (22, 0.012, 0.55),
    "guidance": (10, 0.010, 0.5),
    "analyst": (20, 0.005, 0.5),
    "merger": (5, 0.025, 0.7),
    "legal": (10, 0.007, 0.25),
    "payout": (7, 0.005, 0.75),
    "macro": (9, 0.0015, 0.5),
    "halt": (2, 0.0, 0.0),
    "other": (14, 0.0, 0.0),
}
"""How often each kind comes, the usual size of its move, and the chance that it is good news."""
_REACTIONS: dict[Reaction, float] = {"after": 0.65, "before": 0.2, "none": 0.15}
_SPREAD = 0.6
"""How far sizes differ, as the standard deviation of their logarithm."""
_LARGEST = 0.08


class Newsroom:
    """The stories to come on these listings. `numbers` gives each one its own."""

    def __init__(self, listings: typing.Iterable[Listing], draw: random.Random, numbers: Numbers) -> None:
        self.relist(listings)
        self._draw = draw
        self._numbers = numbers
        self._next_s: float | None = None

    def relist(self, listings: typing.Iterable[Listing]) -> None:
        """Write of these from now on: a price that is named is that of before or after a split."""
        known = {each.symbol: each for each in listings}
        self._companies = [each for each in known.values() if each.kind == "equity"]
        self._index = known.get(INDEX)

    def begin(self, seconds: float) -> None:
        """Let the first story come out shortly after this moment."""
        self._next_s = seconds + self._draw.uniform(*FIRST_S)

    def draw_until(self, seconds: float) -> list[Story]:
        """Return the stories that come out within the next `LEAD_S` after this moment and were not returned before."""
        if self._next_s is None:
            self.begin(seconds)
        found = []
        while self._next_s is not None and self._next_s <= seconds + LEAD_S:
            found.append(self._story(self._next_s, seconds))
            self._next_s += self._draw.uniform(*GAP_S)
        return found

    def draw_now(self, seconds: float) -> Story:
        """Return one more story, which comes out at this moment. It halts nothing."""
        story = self._story(seconds, seconds)
        return self.draw_now(seconds) if story.kind == "halt" else story

    def _story(self, due_s: float, now_s: float) -> Story:
        draw = self._draw
        kind = draw.choices([*_KINDS], [weight for weight, _, _ in _KINDS.values()])[0]
        if kind == "macro" and self._index is None:
            kind = "other"
        listing = self._index if kind == "macro" and self._index is not None else draw.choice(self._companies)
        _, usual, good = _KINDS[kind]
        direction = 0 if not usual else 1 if draw.random() < good else -1
        reason = draw.choice([*story_text.HALT_REASONS]) if kind == "halt" else ""
        texts = story_text.write(kind, direction, listing, draw, story_text.HALT_REASONS.get(reason, ""))
        reaction = draw.choices([*_REACTIONS], [*_REACTIONS.values()])[0] if direction else "none"
        size = direction * min(_LARGEST, usual * math.exp(draw.gauss(0.0, _SPREAD)))
        return self.compose(kind, listing.symbol, direction, texts, due_s, reaction, size, now_s)

    def report(self, release: Release, listing: Listing, now_s: float, due_s: float) -> Story:
        """Return the story about `listing` of something that the market's paths bring about: it moves nothing itself.

        Its texts are its own day's draw, so that the other stories stay what they are.
        """
        draw = random.Random(f"{release.symbol}:{release.moves_at}:words")
        texts = story_text.write(release.kind, release.direction, listing, draw, about=release.about)
        return Story(
            next(self._numbers), release.kind, release.symbol, release.direction, texts, due_s, release.reaction,
            begins_s=now_s,
        )  # fmt: skip

    def compose(
        self,
        kind: Kind,
        symbol: str,
        direction: int,
        texts: Wording,
        due_s: float,
        reaction: Reaction,
        size: float,
        now_s: float,
    ) -> Story:
        """Return a story of this size that comes out at `due_s`; `now_s` is the earliest its price can move."""
        lasts_s, ahead_s = self._draw.uniform(*_LASTS_S), self._draw.uniform(*_AHEAD_S)
        begins_s = due_s
        if reaction == "before":
            begins_s = max(now_s, due_s - ahead_s)
            lasts_s = max(_AHEAD_LEAST_S, due_s - begins_s)
        moved = 0.0 if reaction == "none" else size
        return Story(next(self._numbers), kind, symbol, direction, texts, due_s, reaction, moved, begins_s, lasts_s)


def impulse(story: Story) -> Impulse | None:
    """Return how a story moves its price, or the market's; None where it does not."""
    if not story.size:
        return None
    symbol = MARKET if story.symbol == INDEX else story.symbol
    return Impulse(symbol, story.size, story.begins_s, story.lasts_s)
