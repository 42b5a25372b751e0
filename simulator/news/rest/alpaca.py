"""Alpaca's news over REST: what was, by the time of its last update, a page at a time."""

import datetime
import typing

from simulator.asgi import Answer, Json, SimRequest, json_answer
from simulator.news.bodies import alpaca_item
from simulator.news.format import page_token, read_page_token, utc
from simulator.news.shelf import Shelf
from simulator.news.story import NewsItem

USUAL, MOST = 10, 50
"""Items of a page."""


class SimNewsRefusal(Exception):
    """A query that is refused, with the venue's words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.answer = json_answer(400, {"message": message})


def answer(shelf: Shelf, request: SimRequest) -> Answer:
    """Answer `GET /v1beta1/news`."""
    try:
        return json_answer(200, page(shelf, request))
    except SimNewsRefusal as refusal:
        return refusal.answer


def page(shelf: Shelf, request: SimRequest) -> Json:
    """Return one page, JSON-ready. Raises SimNewsRefusal."""
    limit = _limit(request.first("limit"))
    sort = request.first("sort", "desc").lower()
    if sort not in ("asc", "desc"):
        raise SimNewsRefusal(f"invalid sort: {sort}")
    symbols, start, end = request.all("symbols"), _time(request, "start"), _time(request, "end")
    found = [
        item
        for item in shelf.by_update("alpaca")
        if (start is None or utc(item.updated_at) >= start) and (end is None or utc(item.updated_at) <= end)
        if not symbols or any(symbol.replace("/", ".") in symbols for symbol in item.symbols)
    ]
    if sort == "desc":
        found.reverse()
    if token := request.first("page_token"):
        found = _after(found, token, is_rising=sort == "asc")
    content = request.first("include_content", "false").lower() == "true"
    told = [alpaca_item(item, with_content=content) for item in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return {"news": told, "next_page_token": None if last is None else page_token(last.updated_at, last.id)}


def _limit(text: str) -> int:
    limit = int(text) if text.isdigit() else USUAL if not text else 0
    if not 1 <= limit <= MOST:
        raise SimNewsRefusal(f"invalid limit: must be between 1 and {MOST}")
    return limit


def _time(request: SimRequest, name: str) -> datetime.datetime | None:
    """Read RFC 3339 or a date. Raises SimNewsRefusal."""
    text = request.first(name)
    if not text:
        return None
    try:
        read = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise SimNewsRefusal(f"invalid {name}: {text}") from None
    return read if read.tzinfo is not None else read.replace(tzinfo=datetime.UTC)


def _after(items: typing.Sequence[NewsItem], token: str, *, is_rising: bool) -> list[NewsItem]:
    """Return what comes behind the place that a page token names. Raises SimNewsRefusal."""
    try:
        place = read_page_token(token)
    except ValueError:
        raise SimNewsRefusal("invalid page_token") from None
    keys = [((item.updated_at, item.id), item) for item in items]
    return [item for key, item in keys if (key > place if is_rising else key < place)]
