"""The feeds of the simulated newsroom, written as real ones are: a wire with tickers, and a press that copies it late.

The wire is like GlobeNewswire's: `category` elements of its own domain carry exchange and ticker, `pubDate` has no
seconds (facts: signals.md 2.1). The press is like PR Newswire's: 20 items, "UPDATE 1-" before a copied headline, the
agency's name after it, no tickers, and a time with the zone's name.
"""

import datetime
import email.utils
import hashlib
import typing
from collections.abc import Iterable
from html import escape
from zoneinfo import ZoneInfo

from simulator.asgi import Answer, SimRequest
from simulator.news.newsroom import Newsroom, Story

PREFIX = "/feeds/"
WIRE, PRESS = "wire", "press"
PRESS_ITEMS = 20
_STOCK = "https://www.globenewswire.com/rss/stock"
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
)


def serves(path: str) -> bool:
    """Whether a path is one of a feed."""
    return path.startswith(PREFIX)


def listing(rest: str) -> dict[str, typing.Any]:
    """Return what a client needs to know: where each feed is, and how often it may be asked, in s."""
    return {
        "rest": rest,
        "feeds": [
            {"id": "sim-wire", "name": "Simulated wire", "address": f"{rest}{PREFIX}{WIRE}.xml", "pace_s": 10},
            {"id": "sim-press", "name": "Simulated press", "address": f"{rest}{PREFIX}{PRESS}.xml", "pace_s": 15},
        ],
    }


def answer(newsroom: Newsroom, request: SimRequest, now: int) -> Answer:
    """Answer a request for a feed: the whole of it, or that nothing changed since."""
    name = request.path.removeprefix(PREFIX).removesuffix(".xml")
    if name not in (WIRE, PRESS) or request.method != "GET":
        return Answer(404, b"no such feed", content_type="text/plain")
    body = (_wire if name == WIRE else _press)(newsroom.stories, now).encode()
    tag = f'"{hashlib.blake2s(body, digest_size=8).hexdigest()}"'
    headers = (("etag", tag), ("cache-control", "max-age=0"))
    if request.headers.get("if-none-match") == tag:
        return Answer(304, b"", headers=headers)
    return Answer(200, body, content_type="application/rss+xml; charset=utf-8", headers=headers)


def _wire(stories: Iterable[Story], now: int) -> str:
    items = "".join(_wire_item(story) for story in reversed([*stories]))
    return f"{_HEAD}<title>Simulated wire</title><link>https://wire.example/</link>{items}</channel></rss>"


def _wire_item(story: Story) -> str:
    at = datetime.datetime.fromtimestamp(story.at / 1000, datetime.UTC)
    date = f"<pubDate>{at:%a, %d %b %Y %H:%M} GMT</pubDate>" if story.has_time else ""
    return (
        f'<item><guid isPermaLink="false">{story.id}</guid><title>{escape(story.headline)}</title>'
        f"<link>https://wire.example/story/{story.id}?utm_source=rss</link>{date}"
        f"<description>{escape(f'<p>{escape(story.summary)}</p>')}</description>"
        f'<category domain="{_STOCK}">{story.exchange}:{story.symbol}</category><category>{story.kind}</category>'
        f"<dc:identifier>{story.id}</dc:identifier></item>"
    )


def _press(stories: Iterable[Story], now: int) -> str:
    copied = [one for one in stories if one.copied_s is not None and one.at + one.copied_s * 1000 <= now]
    items = "".join(_press_item(story) for story in reversed(copied[-PRESS_ITEMS:]))
    return f"{_HEAD}<title>Simulated press</title><link>https://press.example/</link>{items}</channel></rss>"


def _press_item(story: Story) -> str:
    moment = story.at / 1000 + (story.copied_s or 0.0)
    at = datetime.datetime.fromtimestamp(moment, ZoneInfo("America/New_York"))
    return (
        f"<item><title>UPDATE 1-{escape(story.headline)} - Simulated Press</title>"
        f"<link>https://press.example/{story.id}</link><pubDate>{email.utils.format_datetime(at)}</pubDate>"
        f"<description>{escape(story.summary)}</description></item>"
    )
