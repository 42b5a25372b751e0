"""News as Alpaca and Finnhub write it in JSON. Pure."""

import typing

from simulator.asgi import Json
from simulator.news.format import rfc3339
from simulator.news.story import NewsItem

_TEXT = 1000
"""Milliseconds in a second of Finnhub's times."""


def alpaca_item(item: NewsItem, *, with_content: bool = True) -> Json:
    """Write an item as the REST API does; `content` is empty unless it is asked for."""
    picture = f"https://cdn.benzinga.com/files/images/story/{item.id}.jpeg"
    sizes = ("large", "small", "thumb")
    return {
        "author": item.author,
        "content": item.content if with_content else "",
        "created_at": rfc3339(item.created_at),
        "headline": item.headline,
        "id": item.id,
        "images": [{"size": size, "url": f"{picture}?{size}"} for size in sizes] if item.id % 2 else [],
        "source": "benzinga",
        "summary": item.summary,
        "symbols": [symbol.replace("/", ".") for symbol in item.symbols],
        "updated_at": rfc3339(item.updated_at),
        "url": item.details.get("url", f"https://www.benzinga.com/news/26/11/{item.id}/story"),
    }


def alpaca_message(item: NewsItem) -> Json:
    """Write an item as the WebSocket does: without pictures."""
    body = alpaca_item(item)
    del body["images"]
    return {"T": "n", **body}


def finnhub_item(item: NewsItem) -> Json:
    """Write an item as Finnhub does: its time in seconds, its symbols as one text."""
    return {
        "category": "company" if item.symbols else "top news",
        "datetime": item.created_at // _TEXT if item.is_dated else 0,
        "headline": item.headline,
        "id": item.id,
        "image": "",
        "related": ",".join(symbol.replace("/", ".") for symbol in item.symbols),
        "source": item.details.get("publisher", "Reuters"),
        "summary": item.summary,
        "url": item.details.get("url", f"https://finnhub.io/api/news?id={item.id:x}"),
    }


def finnhub_list(items: typing.Iterable[NewsItem]) -> list[Json]:
    """Write items in this order."""
    return [finnhub_item(item) for item in items]
