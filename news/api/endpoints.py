"""`GET /news/headlines` and `GET /api/news`: news as JSON, answered once, with an ETag."""

import base64
import binascii
import datetime
import functools
import re
import typing

import msgspec

from accounts.auth.access import Access
from lib.clock import now_ms
from market.api import requests
from market.api.etag import with_etag
from market.api.requests import BadFieldError
from news.books import search_mine
from news.store import reader
from news.store.reader import Found, Search
from news.store.wire import Fields
from news.text.categories import CATEGORIES
from streaming.hub.hub import Hub
from streaming.ledger.errors import LedgerError
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames
from streaming.wire.subscription import SubscriptionError, symbols
from trading.portfolio.board_view import is_told, read_board

AWAY_S = 5.0
HELD_S = 1.0
"""How long it is waited for what somebody holds, where their streams only begin."""
AT = b',"at":'
"""Where the time of an answer begins, which says nothing new."""
FINNHUB = "finnhub"
NOT_CONFIGURED = "No news API configured"
FAILED = frozenset({"failing", "refused", "unusable"})

_ID = r"[dp]\d{1,18}"
_PLACE = rf"(?:(?P<at>\d{{1,15}})\.)?(?P<id>{_ID})"

Limit = typing.Annotated[int, msgspec.Meta(ge=1, le=500)]


class HeadlineQuery(msgspec.Struct, frozen=True):
    """What headlines are asked for. `symbol` may name several, separated by commas.

    `before` is the `next` of a former answer, or an article's id: what is older. `after` is the same: what is newer.
    `mine`: only what is about something that the person holds or watches.
    """

    symbol: str = ""
    category: str = ""
    q: str = ""
    limit: Limit = 50
    before: str = ""
    after: str = ""
    mine: bool = False


class ArticleQuery(msgspec.Struct, frozen=True):
    """How many of Finnhub's articles are asked for."""

    limit: Limit = 50


async def headlines(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with items, the newest first."""
    await requests.serve(scope, receive, with_etag(scope, send, AT), _headlines)


async def articles(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with Finnhub's articles, the newest first."""
    await requests.serve(scope, receive, with_etag(scope, send, AT), _articles)


async def _headlines(found: Hub, access: Access, scope: Scope) -> str:
    return frames.dumps(await find_headlines(access.person, requests.question(scope, HeadlineQuery)))


async def find_headlines(person: int, asked: HeadlineQuery) -> Fields:
    """Return `articles`, the newest first, and `next`, where older ones begin. Raises BadFieldError and RpcError."""
    if asked.category and asked.category not in CATEGORIES:
        raise BadFieldError("category", f"category is one of {', '.join(CATEGORIES)}, not {asked.category[:40]!r}.")
    before, after = [
        await _place(person, field, text) for field, text in (("before", asked.before), ("after", asked.after))
    ]
    wanted = Search(_symbols(asked.symbol), asked.category, asked.q[:200], before, after)
    search = reader.search
    if asked.mine:
        held = await read_board(runtime(), person, is_told, HELD_S)
        search = functools.partial(search_mine, held.positions)
    page: Found = await _read(search, person, wanted, asked.limit)
    following = None if page.next is None else _written(page.items[-1])
    return {"articles": page.items, "next": following, "at": now_ms()}


def _symbols(text: str) -> tuple[str, ...]:
    try:
        return tuple(symbols([one for one in text.split(",") if one.strip()]))
    except SubscriptionError as error:
        raise BadFieldError("symbol", error.detail, "unknown_symbol") from error


def _written(item: Fields) -> str:
    """Write where a page ends: by its last item, whose number counts nobody else's."""
    return base64.urlsafe_b64encode(f"{item['received_at']}.{item['id']}".encode()).decode().rstrip("=")


async def _place(person: int, field: str, text: str) -> tuple[int, int] | None:
    """Return the place that is asked for. Raises BadFieldError where it is none that the person can know."""
    if not text:
        return None
    told = re.fullmatch(_PLACE, text if re.fullmatch(_ID, text) else _decoded(text[:60]), re.ASCII)
    found = told and await _read(reader.locate, person, told["id"], told["at"] and int(told["at"]))
    if not found:
        raise BadFieldError(field, f"{field} is the next of a former answer, or the id of an article that you see.")
    return typing.cast(tuple[int, int], found)


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}").decode()
    except (ValueError, binascii.Error):
        return ""


async def _articles(found: Hub, access: Access, scope: Scope) -> str:
    asked = requests.question(scope, ArticleQuery)
    statuses = [one for one in await _read(reader.statuses, access.person) if one.get("kind") == FINNHUB]
    if not statuses:
        return frames.dumps({"articles": [], "error": NOT_CONFIGURED})
    failed = [one for one in statuses if one["state"] in FAILED]
    if len(failed) == len(statuses):
        raise RpcError("unavailable", f"Finnhub cannot be asked: {failed[0].get('reason')}.", AWAY_S)
    sources = tuple(one["source"] for one in statuses)
    page: Found = await _read(reader.search, access.person, Search(sources=sources), asked.limit)
    return frames.dumps({"articles": [_as_finnhub(item) for item in page.items], "source": FINNHUB})


def _as_finnhub(item: Fields) -> Fields:
    """Return an item with the names that Finnhub gives its fields, and when that was in words."""
    at = datetime.datetime.fromtimestamp(item["published_at"] / 1000, datetime.UTC)
    return {
        "category": item["category"],
        "datetime": item["published_at"] // 1000,
        "headline": item["headline"],
        "id": item["number"],
        "image": "",
        "related": ",".join(item["symbols"]),
        "source": item["publisher"] or item["source_name"],
        "summary": item["summary"] or "",
        "url": item["url"] or "",
        "timestamp": item["published_at"],
        "formatted_date": at.strftime("%Y-%m-%d %H:%M:%S"),
        "formatted_zone": "UTC",
    }


async def _read(work: typing.Callable[..., typing.Any], *about: typing.Any) -> typing.Any:
    """Read what is stored. Raises RpcError while the database is away."""
    try:
        return await runtime().ledger.read(work, *about)
    except LedgerError as error:
        raise RpcError("unavailable", "The database is away. Come again.", AWAY_S) from error
