"""Finnhub's market and company news over REST."""

import datetime

from simulator.asgi import Answer, SimRequest, json_answer
from simulator.news.bodies import finnhub_list
from simulator.news.format import utc
from simulator.news.shelf import Shelf
from simulator.news.story import FINNHUB_PATH, NewsItem

MOST = 100
CATEGORIES = ("general", "forex", "crypto", "merger")
REPLAYED, REPLAYS_EVERY = 3, 7
"""Every seventh answer tells this many items again that were asked to be left out."""
_WRONG = json_answer(422, {"error": "Wrong parameters"})


def news(shelf: Shelf, request: SimRequest, asked: int) -> Answer:
    """Answer `GET /news`, which was `asked` so often before: items above `minId`, newest first."""
    category, least = request.first("category"), request.first("minId", "0")
    if category not in CATEGORIES or not least.isdigit():
        return _WRONG
    told = [item for item in shelf.newest("finnhub", MOST) if _is_of(item, category)]
    found = [item for item in told if item.id > int(least)]
    if (asked + 1) % REPLAYS_EVERY == 0:
        found += [item for item in told if item.id <= int(least)][:REPLAYED]
    return json_answer(200, finnhub_list(found))


def _is_of(item: NewsItem, category: str) -> bool:
    return category == "general" or (category == "merger" and item.kind == "merger")


def company_news(shelf: Shelf, request: SimRequest) -> Answer:
    """Answer `GET /company-news`: items of a symbol, of some days, both ends included."""
    symbol = request.first("symbol").replace(".", "/")
    try:
        first, last = (datetime.date.fromisoformat(request.first(name)) for name in ("from", "to"))
    except ValueError:
        return _WRONG
    if not symbol:
        return _WRONG
    items = shelf.of("finnhub")[::-1]
    found = [item for item in items if symbol in item.symbols and first <= utc(item.created_at).date() <= last]
    return json_answer(200, finnhub_list(found))


PATHS = (f"{FINNHUB_PATH}/news", f"{FINNHUB_PATH}/company-news")
