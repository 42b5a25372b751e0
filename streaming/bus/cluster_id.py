"""Which layer a process is on: a word that two processes share exactly when they hear each other.

The word is kept in the server of the layer. The first process makes it, and all of them put it back where it was
forgotten, so it lives as long as they do. A process whose word is another one than a live host's would stream to nobody
and be heard by nobody: it refuses to start.
"""

import asyncio
import logging
import secrets
import typing

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from streaming.bus.bus import UNREACHABLE
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger
from streaming.ownership import process_id, rows
from streaming.ownership.rows import HostRow

logger = logging.getLogger(__name__)

KEY = "tapedeck:layer"
DIRECT = "direct:"
LOOK_S = 0.5
"""How often a process that found a stranger looks again."""
PATIENCE_S = 5.0
"""How much longer than a lease a stranger is waited for: by then a dead one's row is over, a live one's word back."""


class ForeignClusterError(Exception):
    """This process and another one share a database, but not a layer. The text says which, and what to do."""


def new_word() -> str:
    """Make up a word that no layer has."""
    return secrets.token_hex(8)


class ClusterId(typing.Protocol):
    """The word of a layer. Methods return None where nobody answers."""

    async def read(self) -> str | None:
        """Return it; empty where there is none."""

    async def put(self, word: str) -> str | None:
        """Have it be `word` unless it is another one already, and return what it is."""


class NoLayer:
    """The word of a process that is alone. Nobody else hears it, so nobody else may share its database."""

    def __init__(self) -> None:
        self._word = f"{DIRECT}{new_word()}"

    async def read(self) -> str | None:
        """Return it."""
        return self._word

    async def put(self, word: str) -> str | None:
        """Return what it is: nobody can change it."""
        return self._word


class StoredClusterId:
    """The word kept in the Redis or Valkey at `url`. `options` are those of a connection to it."""

    def __init__(self, url: str, options: dict[str, typing.Any]) -> None:
        self._url = url
        self._options = {**options, "retry": Retry(NoBackoff(), 0), "decode_responses": True}

    def __repr__(self) -> str:
        return "<StoredClusterId>"

    async def read(self) -> str | None:
        """Return it; empty where there is none, None where the server does not answer."""
        return await self._query("")

    async def put(self, word: str) -> str | None:
        """Have it be `word` unless it is another one already, and return what it is."""
        return await self._query(word)

    async def _query(self, word: str) -> str | None:
        # A connection for each question: one every two seconds costs less than one that is to be kept alive.
        try:
            async with aioredis.Redis.from_url(self._url, **self._options) as client:
                if word:
                    await client.set(KEY, word, nx=True)
                found = await client.get(KEY)
        except UNREACHABLE:
            return None
        return word if found is None else str(found)


async def agree(word: ClusterId, ledger: Ledger, within_s: float) -> str:
    """Return the word of this process's layer once no live host has another one; made here where there is no host.

    A stranger that is silent is doubted meanwhile: where everybody died at once, nobody else does.
    Empty where the server of the layer does not answer: nobody knows yet. Raises ForeignClusterError, after `within_s`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    told = False
    while True:
        others = await _live(ledger)
        mine = await (word.read() if others else word.put(new_word()))
        if mine is None:
            return ""
        strangers = [row for row in others if row.layer != mine]
        if not strangers:
            return mine
        if loop.time() > deadline:
            raise ForeignClusterError(_complaint(strangers[0], mine))
        if not told:
            logger.warning("host %s is on another channel layer, or is gone; waiting to see which", strangers[0].name)
            told = True
        await _doubt(ledger, *(row.id for row in strangers if row.silent))
        await asyncio.sleep(LOOK_S)


async def _live(ledger: Ledger) -> list[HostRow]:
    """Return the hosts that live and know their layer; none while the database is away."""
    try:
        rows = await ledger.hosts()
    except LedgerError as error:
        logger.warning("it cannot be read who is on which channel layer: %s", error)
        return []
    return [row for row in rows if row.live and row.layer and not process_id.is_dead(row.name, row.boot)]


async def _doubt(ledger: Ledger, *silent: str) -> None:
    if not silent:
        return
    try:
        await ledger.write(rows.doubt, *silent)
    except LedgerError as error:
        logger.warning("a host that is silent could not be doubted: %s", error)


def _complaint(stranger: HostRow, mine: str) -> str:
    have = "has none" if mine.startswith(DIRECT) else "has another one"
    theirs = "none" if stranger.layer.startswith(DIRECT) else "a Redis or Valkey"
    return (
        f"Process {stranger.name} ({stranger.kind}) serves the same database with {theirs} as its channel layer, and "
        f"this process {have}: neither would hear the other. Give both the same REDIS_URL, or end one of them."
    )
