"""The door for tests and curious people to the simulated news sources: `/_sim/news/…`, as those of the venues are.

`POST` `fault` · `story` · `happen` · `steady`, and `GET` `stats` · `faults` · `items`.
"""

import functools
import typing

import msgspec

from simulator import control_access
from simulator.asgi import Answer, Json, SimRequest
from simulator.faults.actions import BadFault
from simulator.faults.faults import Fault
from simulator.news import story_text
from simulator.news.faults import catalogue
from simulator.news.story import ALPACA_PATH, FINNHUB_PATH, PATHS, Kind, NewsItem, Reaction, Source
from simulator.news.venue import SimNews

CONTROL_PREFIX = "/_sim/news/"


class SimNewsControlError(ValueError):
    """What this door cannot do; the text says why."""


class SimNewsStory(msgspec.Struct, forbid_unknown_fields=True):
    """A story to come out now. With `sources` these tell it at once; without, each in its own time.

    `size` is the logarithm of what its price is multiplied by; its sign is taken from `direction`.
    """

    symbol: str
    headline: str
    summary: str = ""
    kind: Kind = "other"
    direction: typing.Literal[-1, 0, 1] = 0
    size: typing.Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.0
    reaction: Reaction = "after"
    sources: tuple[Source, ...] = ()


class SimNewsCount(msgspec.Struct, forbid_unknown_fields=True):
    """How many stories are to happen at once, and how many older items are to be revised."""

    stories: typing.Annotated[int, msgspec.Meta(ge=0, le=1000)]
    revisions: typing.Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


class SimNewsSteady(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the market is to make news by itself from now on."""

    on: bool


def answer(venue: SimNews, request: SimRequest) -> Answer:
    """Answer one request of the door."""
    reports = {
        "stats": lambda: report(venue),
        "faults": lambda: catalogue.report(venue),
        "items": lambda: {"items": [msgspec.to_builtins(item) for item in venue.shelf]},
    }
    acts = {name: functools.partial(act, venue) for name, act in ACTS.items()}
    return control_access.answer(request, CONTROL_PREFIX, reports, acts, (BadFault, SimNewsControlError))


def _fault(venue: SimNews, body: bytes) -> Json:
    return {"struck": catalogue.commit(venue, msgspec.json.decode(body, type=Fault))}


def _story(venue: SimNews, body: bytes) -> Json:
    return {"items": [item.id for item in tell(venue, msgspec.json.decode(body, type=SimNewsStory))]}


def tell(venue: SimNews, wanted: SimNewsStory) -> list[NewsItem]:
    """Let a story come out. Returns what was published at once. Raises SimNewsControlError."""
    if wanted.symbol not in venue.market.tapes:
        raise SimNewsControlError(f"nothing trades as {wanted.symbol!r}")
    texts = story_text.scripted(wanted.headline, wanted.summary)
    size = wanted.direction * wanted.size
    return venue.dictate(wanted.kind, wanted.symbol, wanted.direction, texts, wanted.reaction, size, wanted.sources)


def _happen(venue: SimNews, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=SimNewsCount)
    return {"items": venue.happen(wanted.stories, wanted.revisions)}


def _steady(venue: SimNews, body: bytes) -> Json:
    venue.is_steady = msgspec.json.decode(body, type=SimNewsSteady).on
    return {}


ACTS: dict[str, typing.Callable[[SimNews, bytes], Json]] = {
    "fault": _fault,
    "story": _story,
    "happen": _happen,
    "steady": _steady,
}
"""What the door does, by its name there."""


def report(venue: SimNews) -> Json:
    """Return what the sources were asked and who is connected, JSON-ready."""
    told = venue.stats.report()
    del told["tokens"]  # there are none here
    connections = [{"stream": "news", "accounts": sorted(listener.names)} for listener in venue.listeners]
    counts = {source: len(venue.shelf.of(source)) for source in PATHS}
    return told | {"connections": connections, "items": counts, "is_steady": venue.is_steady}


SHOWN_FEEDS: tuple[tuple[Source, str, float, str], ...] = (
    ("globenewswire", "Simulated wire", 10.0, "feed"),
    ("cnbc", "Simulated press", 10.0, "feed"),
    ("marketwatch", "Simulated headlines", 10.0, "feed"),
    ("fed", "Simulated Fed", 20.0, "feed"),
    ("edgar", "Simulated filings", 10.0, "edgar"),
    ("halts", "Simulated halts", 20.0, "halts"),
)
"""Feeds that a demo's desk reads: which, what it is called, how often it may be asked, and how it is read."""


def venue_report(venue: SimNews) -> Json:
    """Say where everything is, JSON-ready. Keys are those of the accounts at Alpaca; a token opens Finnhub.

    `feeds` are those that a desk reads for everybody, with how often each may be asked, in s, and how it is read.
    """
    web, socket = f"http://{venue.address}", f"ws://{venue.address}{ALPACA_PATH}"
    return {
        "rest": web,
        "alpaca": {"rest": web, "socket": socket},
        "finnhub": {"rest": web + FINNHUB_PATH},
        "feeds": [
            {"id": f"sim-{name}", "name": title, "address": web + PATHS[name], "pace_s": pace_s, "kind": kind}
            for name, title, pace_s, kind in SHOWN_FEEDS
        ],
        "grants": [
            {"key_id": each.key_id, "secret_key": each.secret_key, "token": each.token}
            for each in venue.readers.known.values()
        ],
    }
