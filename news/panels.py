"""The panel of news, as the desk shows it."""

import datetime
import typing
from collections.abc import Iterable, Mapping

from market.api.requests import NEW_YORK
from news.books import rated, read_book
from news.store import reader
from news.store.reader import NEWEST, Search
from news.store.wire import OWN, Fields
from news.text.categories import CATEGORIES
from news.text.relevance import INDICES, RELEVANCE_VERSION, Book
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
    book = read_book(person, BoardView.of(board.frame["state"] if board else ()).positions)
    items = [_shown(story, book) for story in stories(reader.search(person, Search(), NEWEST).items)]
    return {
        "items": items,
        "shows_simulated": any(item["simulated"] for item in items),
        "kinds": CATEGORIES,
        "focus": focus,
        "held": sorted(book.held),
        "watched": sorted(book.watched),
        "indices": sorted(INDICES),
        "relevance": f"Relevance: book {RELEVANCE_VERSION}, what you hold before what you watch.",
        "asked": _asked(person),
        "quality": QUALITY,
    }


def stories(items: Iterable[Fields]) -> list[list[Fields]]:
    """Fold items, the newest first, into stories: of each its items, the first one first; the newest story first."""
    found: dict[str, list[Fields]] = {}
    for item in reversed([*items]):
        found.setdefault(item["story"], []).append(item)
    return list(reversed(found.values()))


def _shown(story: list[Fields], book: Book) -> Fields:
    """Return a story as its first item, with its time and its sources in words."""
    first = rated(story[0], book)
    at = datetime.datetime.fromtimestamp(first["received_at"] / 1000, NEW_YORK)
    count = len({item["source"] for item in story})
    is_own = any(item["id"].startswith(OWN) for item in story)
    own = ("one your own" if count > 1 else "your own") if is_own else ""
    sources = ", ".join(filter(None, (first["source_name"], f"{count} sources" if count > 1 else "", own)))
    nearness = "" if first["relevance"] == "market" else first["relevance"]
    return {**first, "time": f"{at:%H:%M} ET", "sources": sources, "nearness": nearness}


def _asked(person: int) -> str:
    """Return how many sources are asked, and what to do to have more."""
    count = len(reader.statuses(person))
    told: typing.Mapping[int, str] = {0: "No source is asked", 1: "One source is asked"}
    return f"{told.get(count, f'{count} sources are asked')}."
