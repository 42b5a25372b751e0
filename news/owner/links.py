"""Which sources are to run: what the settings name, and what was linked. Synchronous."""

import hashlib
import json
import pathlib
import typing
from collections.abc import Mapping, Sequence

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction

from accounts.credentials.encryption import SealError
from brokers.catalogue import LOOPBACK_FILE
from brokers.contract.broker import Credentials
from lib import redaction
from news.models import NewsLink
from news.owner.runner import SourceSpec
from news.sources.catalogue import DEFAULT_FEEDS, KINDS, KindName, SourceSettings, endpoints, open_source, pace, prepare
from news.sources.contract import KeyRejected, NewsSource
from news.store.writer import DESK, LINKED, Origin, forget_source

FINNHUB: KindName = "finnhub"
SIMULATED_CONTACT = "Tapedeck demo demo@example.com"
"""Who asks simulated feeds: EDGAR's, too, refuses who names nobody."""


def desk_specs() -> Sequence[SourceSpec]:
    """Return the desk's sources: simulated ones, feeds, the key of the settings, and what its owners linked."""
    found = [*_simulated(), *_feeds()]
    if settings.FINNHUB_API_KEY:
        key = {KINDS[FINNHUB].fields[0].name: settings.FINNHUB_API_KEY}
        found.append(_spec(Origin(FINNHUB, KINDS[FINNHUB].title), "desk", _settings(FINNHUB, key=key)))
    return [*found, *(_linked(row) for row in NewsLink.objects.filter(person=None))]


def own_specs(person: int) -> Sequence[SourceSpec]:
    """Return the sources that `person` linked."""
    return [_linked(row) for row in NewsLink.objects.filter(person=person)]


def _feeds() -> list[SourceSpec]:
    chosen = settings.NEWS_FEEDS
    found = []
    for feed in DEFAULT_FEEDS if chosen == ["default"] else ():
        about = _settings(feed.kind, feed.address, zone=feed.zone, pace_s=feed.pace_s)
        found.append(_spec(Origin(feed.name, feed.title), "desk", about))
    for address in [one for one in chosen if one not in ("default", "none")]:
        origin = Origin(f"feed {hashlib.sha256(address.encode()).hexdigest()[:16]}", address[:100])
        found.append(_spec(origin, "desk", _settings("feed", address)))
    return found


def _simulated() -> list[SourceSpec]:
    """Return the simulated feeds, where the venues of a demo run: their addresses are in the run directory."""
    file = pathlib.Path(settings.RUN_DIR) / LOOPBACK_FILE
    if not settings.NEWS_SIMULATED or not file.exists():
        return []
    told = json.loads(file.read_text()).get("news", {})
    found = []
    for feed in told.get("feeds", ()):
        about = msgspec.structs.replace(
            _settings(feed["kind"], feed["address"]), pace_s=float(feed["pace_s"]), contact=SIMULATED_CONTACT
        )
        found.append(_spec(Origin(feed["id"], feed["name"], True), "desk", about))
    return found


def _settings(
    kind: KindName, address: str = "", *, key: Mapping[str, str] | None = None, zone: str = "", pace_s: float = 0.0,
    environment: str = "live",
) -> SourceSettings:  # fmt: skip
    """Return how a source is set. Raises SourceError where it lives nowhere."""
    keyed = bool(KINDS[kind].fields)
    return SourceSettings(
        kind=kind, address=address, zone=zone, credentials=key or {}, contact=settings.NEWS_CONTACT,
        pace_s=pace(kind, float(settings.NEWS_UPDATE_INTERVAL), pace_s),
        endpoints=endpoints(kind, environment, pathlib.Path(settings.RUN_DIR)) if keyed else None,
        allowed_private_targets=tuple(settings.ALLOWED_PRIVATE_TARGETS),
    )  # fmt: skip


def _spec(origin: Origin, owner: typing.Literal["desk", "me"], about: SourceSettings) -> SourceSpec:
    async def begin() -> NewsSource:
        return await sync_to_async(_open, thread_sensitive=False)(about)

    kind = KINDS[about.kind]
    return SourceSpec(origin, owner, kind.is_socket, None if kind.is_socket else about.pace_s, begin, kind=about.kind)


def _open(about: SourceSettings) -> NewsSource:
    """Make a source, in a thread: what it imports takes a while the first time. Raises SourceError."""
    prepare()
    return open_source(about)


def _linked(row: NewsLink) -> SourceSpec:
    """Return a source that was linked; its key is opened when the source begins."""

    async def begin() -> NewsSource:
        return await sync_to_async(open_linked, thread_sensitive=False)(row)

    kind = KINDS[kind_of(row)]
    pace_s = None if kind.is_socket else pace(kind.name, float(settings.NEWS_UPDATE_INTERVAL))
    origin = Origin(source_of(row), row.name, row.environment == "simulated")
    owner: typing.Literal["desk", "me"] = "desk" if row.person_id is None else "me"
    return SourceSpec(origin, owner, kind.is_socket, pace_s, begin, f"{row.sealed}{row.address}{row.zone}", kind.name)


def open_linked(row: NewsLink) -> NewsSource:
    """Make a source that was linked. Raises SourceError."""
    about = _settings(kind_of(row), row.address, key=open_key(row), zone=row.zone, environment=row.environment)
    return _open(about)


def remove_link(row: NewsLink) -> int:
    """Remove a linked source, its key, and all that it brought. Returns how many items went.

    In one transaction, so that a source that runs meanwhile stores nothing that would stay.
    """
    owner, source = row.person_id or DESK, source_of(row)
    with transaction.atomic():
        row.delete()
        return forget_source(owner, source)


def forget_unset_keys() -> int:
    """Delete what a key of the settings brought that is not set any more. Returns how many items went."""
    return 0 if settings.FINNHUB_API_KEY else forget_source(DESK, FINNHUB)


def kind_of(row: NewsLink) -> KindName:
    """Return the kind of a linked source."""
    return typing.cast(KindName, row.kind)


def source_of(row: NewsLink) -> str:
    """Return the id of a linked source among all of its list."""
    return f"{LINKED}{row.pk.hex}"


def open_key(row: NewsLink) -> Credentials:
    """Open the key of a source; empty where it needs none. Raises KeyRejected where it does not open."""
    try:
        found = row.unseal()
    except SealError as error:
        raise KeyRejected(f"the stored key does not open: {error}") from error
    redaction.register(found.values())
    return found
