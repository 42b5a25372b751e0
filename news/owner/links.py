"""Which sources are to run: what the settings name, and what was linked. Synchronous."""

import functools
import json
import pathlib
import typing
from collections.abc import Mapping, Sequence

from asgiref.sync import sync_to_async
from django.conf import settings

from accounts.credentials import keys
from accounts.credentials.encryption import SealedPlace, SealError, open_sealed, seal
from news.models import NewsLink
from news.owner.runner import SourceSpec
from news.sources.addresses import PrivateTargets
from news.sources.catalogue import DEFAULT_FEEDS, KINDS, Opening, open_source
from news.sources.contract import KeyRejected, NewsSource
from news.sources.feed_parser_process import FeedParser
from news.store.writer import Origin

FINNHUB = "finnhub"
MOST_LINKS = 50
"""Sources that one person may link."""


@functools.cache
def parser() -> FeedParser:
    """Return the process that reads this process's feeds; it begins with the first of them."""
    return FeedParser()


def private_targets() -> PrivateTargets:
    """Return where inside feeds may be fetched from."""
    return PrivateTargets(settings.ALLOWED_PRIVATE_TARGETS)


def pace_s(kind: str, least_s: float = 0.0) -> float:
    """Return how often a source is asked: as the settings say, but never more often than it allows."""
    return max(float(settings.NEWS_UPDATE_INTERVAL), KINDS[kind].least_pace_s, least_s)


def desk_specs() -> Sequence[SourceSpec]:
    """Return the desk's sources: default and listed feeds, the key of the settings, and what its owners linked."""
    found = [*_simulated(), *_feeds()]
    if settings.FINNHUB_API_KEY:
        opening = _opening(FINNHUB, KINDS[FINNHUB].name, FINNHUB, key={"key": settings.FINNHUB_API_KEY})
        found.append(_spec(opening, "desk", revision="settings"))
    return [*found, *(_linked(row) for row in NewsLink.objects.filter(person=None))]


def own_specs(person: int) -> Sequence[SourceSpec]:
    """Return the sources that `person` linked."""
    return [_linked(row) for row in NewsLink.objects.filter(person=person)]


def _feeds() -> list[SourceSpec]:
    chosen = settings.NEWS_FEEDS
    found = []
    for feed in DEFAULT_FEEDS if chosen == ["default"] else ():
        opening = _opening(feed.id, feed.name, feed.kind, feed.address, zone=feed.zone, least_s=feed.least_pace_s)
        found.append(_spec(opening, "desk"))
    for address in [one for one in chosen if one not in ("default", "none")]:
        found.append(_spec(_opening(f"feed {address}"[:64], address[:100], "feed", address), "desk"))
    return found


def _simulated() -> list[SourceSpec]:
    """Return the simulated sources, where the venues of a demo run: their addresses are in the run directory."""
    file = pathlib.Path(settings.RUN_DIR) / "loopback.json"
    if not settings.NEWS_SIMULATED or not file.exists():
        return []
    told = json.loads(file.read_text()).get("news", {})
    found = []
    for feed in told.get("feeds", ()):
        kind, zone = feed.get("kind", "feed"), feed.get("zone", "")
        opening = _opening(feed["id"], feed["name"], kind, feed["address"], zone=zone)
        opening = _with(opening, pace_s=float(feed.get("pace_s", opening.pace_s)))
        found.append(_spec(opening, "desk", is_simulated=True))
    return found


def _with(opening: Opening, **changes: typing.Any) -> Opening:
    return Opening(**{**{name: getattr(opening, name) for name in opening.__struct_fields__}, **changes})


def _opening(
    source: str, name: str, kind: str, address: str = "", *, key: Mapping[str, str] | None = None, zone: str = "",
    least_s: float = 0.0,
) -> Opening:  # fmt: skip
    return Opening(
        id=source, name=name, kind=KINDS[kind], address=address or KINDS[kind].address, key=key or {}, zone=zone,
        pace_s=pace_s(kind, least_s), targets=private_targets(), parser=parser(), contact=settings.NEWS_CONTACT,
    )  # fmt: skip


def _spec(
    opening: Opening, owner: typing.Literal["desk", "me"], *, is_simulated: bool = False, revision: str = ""
) -> SourceSpec:
    async def begin() -> NewsSource:
        return await sync_to_async(open_source, thread_sensitive=False)(opening)

    kind = opening.kind
    pace = None if kind.is_socket else opening.pace_s
    return SourceSpec(
        Origin(opening.id, opening.name, is_simulated), owner, kind.is_socket, pace, begin, revision, kind.id
    )


def _linked(row: NewsLink) -> SourceSpec:
    """Return a source that was linked; its key is opened when the source begins."""
    source, owner = source_of(row), "desk" if row.person_id is None else "me"

    async def begin() -> NewsSource:
        key = await sync_to_async(open_key, thread_sensitive=False)(row)
        opening = _opening(source, row.name, row.kind, row.address, key=key, zone=row.zone)
        return await sync_to_async(open_source, thread_sensitive=False)(opening)

    kind = KINDS[row.kind]
    pace = None if kind.is_socket else pace_s(row.kind)
    origin = Origin(source, row.name, row.environment == "simulated")
    revision = f"{row.sealed}{row.address}"
    return SourceSpec(origin, typing.cast(typing.Any, owner), kind.is_socket, pace, begin, revision, kind.id)


def source_of(row: NewsLink) -> str:
    """Return the id of a linked source among all of its list."""
    return f"link-{row.pk.hex}"


def _place(row: NewsLink) -> SealedPlace:
    return SealedPlace("news_newslink", str(row.pk), "sealed", str(row.person_id or "desk"))


def seal_key(row: NewsLink, key: Mapping[str, str]) -> None:
    """Seal a key into its row, which the caller saves."""
    with keys.locked():
        row.sealed = seal(json.dumps(dict(key)), _place(row), keys.public_key())


def open_key(row: NewsLink) -> dict[str, str]:
    """Open the key of a source; empty where it needs none. Raises KeyRejected where it does not open."""
    if not row.sealed:
        return {}
    try:
        found: dict[str, str] = json.loads(open_sealed(row.sealed, _place(row), keys.private_keys()))
    except SealError as error:
        raise KeyRejected(f"the stored key does not open: {error}") from error
    return found
