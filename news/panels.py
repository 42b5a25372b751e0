"""The panel of news, as the desk shows it."""

import datetime
import typing
from collections.abc import Mapping

from market.api.requests import NEW_YORK
from market.models import Watchlist
from news.store import reader
from news.store.reader import NEWEST, Search
from news.store.wire import Fields
from news.text.categories import CATEGORIES
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked, Page
from streaming.wire.subscription import Subscription
from trading.portfolio.board_view import BoardView

NEEDED = Subscription(topics=frozenset({"links", "portfolio"}))
QUALITY = "Sentiment: lexicon 1, right in 61 % of 800 labelled headlines; “neutral” for all would be in 48 %."
"""What the panel says of its sentiment; tests/news/text/test_sentiment.py reckons it anew."""


async def news(page: Page) -> Asked:
    """The newest stories that a person may see."""

    def context(board: Rendered | None) -> Mapping[str, object]:
        return shown(page.person, page.focus, board)

    return context, NEEDED


def shown(person: int, focus: str, board: Rendered | None) -> dict[str, object]:
    """Return what the panel's template shows. It asks the database."""
    held = {one["symbol"] for one in BoardView.of(board.frame["state"] if board else ()).positions}
    watched = {symbol for found in Watchlist.objects.filter(person=person) for symbol in found.symbols}
    return {
        "items": [_shown(item) for item in reader.search(person, Search(), NEWEST).items],
        "kinds": CATEGORIES,
        "focus": focus,
        "mine": sorted({symbol.split(" ")[0] for symbol in held | watched}),
        "asked": _asked(person),
        "quality": QUALITY,
    }


def _shown(item: Fields) -> Fields:
    """Return an item with its time in words."""
    at = datetime.datetime.fromtimestamp(item["received_at"] / 1000, NEW_YORK)
    return {**item, "time": f"{at:%H:%M} ET"}


def _asked(person: int) -> str:
    """Return how many sources are asked, and what to do to have more."""
    count = len(reader.statuses(person))
    told: typing.Mapping[int, str] = {0: "No source is asked", 1: "One source is asked"}
    return f"{told.get(count, f'{count} sources are asked')}."
