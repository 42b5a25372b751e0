"""Shows news in a terminal: the newest stories, and how their sources are."""

import datetime
import typing

from django.core.management.base import BaseCommand, CommandParser

from accounts.management import people
from brokers.instruments.symbols import normalise
from news.store import reader
from news.store.reader import Search
from news.store.wire import Fields
from news.text.categories import CATEGORIES

DESK = 0


class Command(BaseCommand):
    """`manage.py news --symbol NVDA`."""

    help = "Show the newest news, and how their sources are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", default="", help="also what this person's own sources brought (e-mail address)")
        parser.add_argument("--symbol", default="", help="only what is about it")
        parser.add_argument("--category", default="", choices=("", *CATEGORIES), help="only this kind")
        parser.add_argument("--search", default="", help="only what has all of these words")
        parser.add_argument("--limit", type=int, default=20, help="how many, at most (20)")
        parser.add_argument("--sources", action="store_true", help="how the sources are, and no news")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        person = people.named(options["user"]).pk if options["user"] else DESK
        if options["sources"]:
            self._show_sources(reader.statuses(person))
            return
        symbols = (normalise(options["symbol"]),) if options["symbol"] else ()
        wanted = Search(symbols, options["category"], options["search"])
        found = reader.search(person, wanted, max(1, options["limit"])).items
        for item in reversed(found):
            self.stdout.write(line_of(item))
        if not found:
            self.stdout.write("No story. `manage.py news --sources` says how the sources are.")

    def _show_sources(self, statuses: list[dict[str, typing.Any]]) -> None:
        for one in statuses:
            reason = f": {one['reason']}" if one.get("reason") else ""
            self.stdout.write(f"{one['name']}  {one['state']}{reason}")
        if not statuses:
            self.stdout.write("No source. NEWS_FEEDS and FINNHUB_API_KEY set some: see docs/settings.md.")


def line_of(item: Fields) -> str:
    """Return a story as one line: when it came, what about, what it says, by whom, and how it reads."""
    at = datetime.datetime.fromtimestamp(item["received_at"] / 1000, datetime.UTC)
    symbols = " ".join(item["symbols"]) or "-"
    word = item["sentiment_word"] or "no sentiment"
    return f"{at:%Y-%m-%d %H:%M:%S} UTC  {symbols}  {item['headline']}  ({item['source_name']}, {word})"
