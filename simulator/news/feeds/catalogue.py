"""Every feed: how it is written, how much of it, under which type, and whether it says what has not changed."""

import hashlib
import typing

import msgspec

from simulator.asgi import Answer, SimRequest
from simulator.news.feeds import edgar, halts, rss
from simulator.news.format import rfc822
from simulator.news.story import NewsItem, Source

Writer = typing.Callable[[typing.Sequence[NewsItem], int, str], bytes]
_NOT_MODIFIED = 304


class SimFeed(msgspec.Struct, frozen=True):
    """One feed. `is_conditional` is whether it answers 304 to who knows it already; not every real one does."""

    write: Writer
    size: int
    content_type: str
    is_conditional: bool = False


CATALOGUE: dict[Source, SimFeed] = {
    "globenewswire": SimFeed(rss.globenewswire, 20, "text/xml; charset=utf-8"),
    "prnewswire": SimFeed(rss.prnewswire, 20, "text/xml;charset=UTF-8"),
    "cnbc": SimFeed(rss.cnbc, 30, "text/xml; charset=utf-8", is_conditional=True),
    "marketwatch": SimFeed(rss.marketwatch, 10, "application/xml", is_conditional=True),
    "fed": SimFeed(rss.fed, 20, "text/xml", is_conditional=True),
    "edgar": SimFeed(edgar.current, 40, "application/atom+xml"),
    "halts": SimFeed(halts.halts, 100, "text/xml; charset=utf-8"),
}


def answer(source: Source, items: typing.Sequence[NewsItem], request: SimRequest, at: int, zone: str) -> Answer:
    """Answer a request of a feed with these items, newest first; 304 without a body where that is known already."""
    feed = CATALOGUE[source]
    changed = max((item.updated_at for item in items), default=0)
    body = feed.write(items, changed if feed.is_conditional else at, zone)
    if not feed.is_conditional:
        return Answer(200, body, feed.content_type)
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = (("etag", tag), ("last-modified", rfc822(changed)), ("cache-control", "max-age=30"))
    if _is_known(request, tag, rfc822(changed)):
        return Answer(_NOT_MODIFIED, b"", feed.content_type, headers)
    return Answer(200, body, feed.content_type, headers)


def _is_known(request: SimRequest, tag: str, modified: str) -> bool:
    """Whether a client has it already: its ETag decides, else the date it tells (RFC 9110, 13.2.2)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tag in (each.strip().removeprefix("W/") for each in tags.split(","))
    return request.headers.get("if-modified-since") == modified
