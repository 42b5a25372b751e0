"""What a person holds and watches, as news ask for it: their own alone."""

from collections.abc import Iterable

from market.models import Watchlist
from news.store import reader
from news.store.reader import Found, Search
from news.store.wire import Fields
from news.text.relevance import RELEVANCE_BY, RELEVANCE_VERSION, Book, named, relevance
from streaming.board.board import Item


def read_book(person: int, positions: Iterable[Item]) -> Book:
    """Return a person's book; `positions` are those of their board. It asks the database for what they watch."""
    watched = (symbol for found in Watchlist.objects.filter(person=person) for symbol in found.symbols)
    return Book(named(one["symbol"] for one in positions), named(watched))


def rated(item: Fields, book: Book) -> Fields:
    """Return an item with how near it is to whose book this is, and how that was reckoned."""
    found = relevance(item["symbols"], item["category"], book)
    return {
        **item,
        "relevance": found,
        "relevance_by": RELEVANCE_BY,
        "relevance_version": RELEVANCE_VERSION,
    }


def search_mine(positions: Iterable[Item], person: int, wanted: Search, limit: int) -> Found:
    """Return the newest items that match and are about what a person holds or watches. It asks the database."""
    book = read_book(person, positions)
    symbols = book.held | book.watched
    asked = symbols.intersection(wanted.symbols) if wanted.symbols else symbols
    if not asked:
        return Found([], None)
    found = reader.search(person, wanted._replace(symbols=tuple(sorted(asked))), limit)
    return found._replace(items=[rated(item, book) for item in found.items])
