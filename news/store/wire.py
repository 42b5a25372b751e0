"""An item as clients read it. Field by field in docs/news.md."""

import typing
from collections.abc import Mapping, Sequence

import msgspec

from lib.clock import now_ms
from news.impact.rules import MARKET
from news.models import NewsImpact, NewsItem, NewsMove, NewsRevision
from news.text.sentiment import word

DESK, OWN = "d", "p"
"""What the ids of the desk's items and of a person's own begin with."""
SHOWN_SYMBOLS = 4

Fields = dict[str, typing.Any]


def item_id(item: NewsItem) -> str:
    """Return the id of an item, which no other item of the same reader has."""
    return f"{OWN if item.list_id else DESK}{item.number}"


def story_id(item: NewsItem) -> str:
    """Return what all items of one story have in common for their reader: the desk's story, where it tells it too."""
    if item.list_id and item.desk_story is None:
        return f"{OWN}{item.story}"
    return f"{DESK}{item.story if item.desk_story is None else item.desk_story}"


def item_fields(
    item: NewsItem, revisions: Sequence[NewsRevision] = (), impact: Mapping[str, typing.Any] | None = None
) -> Fields:
    """Return one item as a reader sees it who has `impact` of it."""
    fields: Fields = {
        "id": item_id(item),
        "version": item.version,
        "number": item.number,
        "story": story_id(item),
        "source": item.source,
        "source_name": item.source_name,
        "simulated": item.is_simulated,
        "publisher": item.publisher,
        "headline": item.headline,
        "summary": item.summary,
        "url": item.url,
        "authors": item.authors,
        "symbols": item.symbols[:SHOWN_SYMBOLS],
        "symbols_by": item.symbols_by,
        "category": item.category,
        "published_at": item.published_at,
        "published_by": item.published_by,
        "updated_at": item.updated_at,
        "received_at": item.received_at,
        "recovered": item.is_recovered,
        "late_s": _late_s(item),
        "revision": item.revision,
        "sentiment": item.sentiment,
        "sentiment_word": word(item.sentiment),
        "sentiment_by": item.sentiment_by,
        "sentiment_version": item.sentiment_version,
        "impact": impact,
    }
    if revisions:
        fields["revisions"] = [
            {"revision": one.revision, "headline": one.headline, "received_at": one.received_at} for one in revisions
        ]
    return fields


def impact_fields(impact: NewsImpact) -> Fields:
    """Return what an item moved, as its reader sees it. It reads the impact's moves."""
    moves = [_move_fields(one) for one in impact.moves.all()]
    voids = {one["void"] for one in moves}
    if all(voids):
        state, reason = "void", moves[0]["void"]
    else:
        state, reason = ("measured" if all(one["done"] for one in moves) else "measuring"), None
    return {
        "state": state,
        "reason": reason,
        "symbol": impact.symbol,
        "beyond": MARKET if impact.symbol != MARKET else None,
        "beta": impact.beta,
        "since": impact.since,
        "before": _rounded(impact.before),
        "moves": moves,
        "method": impact.method,
    }


def _move_fields(one: NewsMove) -> Fields:
    return {
        "minutes": one.minutes,
        "ends_at": one.ends_at,
        "move": _rounded(one.move),
        "done": one.is_done,
        "void": one.void or None,
        "confounded": one.is_confounded,
        "by": one.by,
        "expected": {
            "low": _rounded(one.expected_low),
            "mid": _rounded(one.expected_mid),
            "high": _rounded(one.expected_high),
            "n": one.expected_n,
        },
    }


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 4)


def _late_s(item: NewsItem) -> int | None:
    """Return how much later a recovered item came than it was published, in s; None where that is not known."""
    if not item.is_recovered or item.published_by != "source":
        return None
    return max(0, (item.received_at - item.published_at) // 1000)


def sources_note(owner: str, statuses: Sequence[Mapping[str, typing.Any]]) -> str:
    """Return the message that says how the sources of one owner (`desk` or `me`) are, all of them."""
    message = {"type": "news_sources", "at": now_ms(), "owner": owner, "sources": statuses}
    return msgspec.json.encode(message).decode()


def encode(fields: Fields) -> str:
    """Return an item as JSON."""
    return msgspec.json.encode(fields).decode()
