"""What a venue tells five minutes after five minutes: each answer has the last ten of the former one again."""

from collections.abc import Iterator

from market.history.writer import VenueAnswer
from tests.market.history.made_bars import MINUTE, answer, session

STEP, AGAIN = 5, 10


def answers() -> Iterator[VenueAnswer]:
    """Yield the answers of some hours."""
    bars = list(session(5, minutes=120))
    for end in range(STEP, len(bars) + 1, STEP):
        part = bars[max(0, end - STEP - AGAIN) : end]
        yield answer(*part, until=part[-1].time + MINUTE)
