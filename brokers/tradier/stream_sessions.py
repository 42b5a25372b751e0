"""Streaming sessions: minted right before they are used, kept while they are good, one at a time.

Source: docs.tradier.com, Streaming. A session must be connected within five minutes, and one that is older does not
change a subscription either: sockets whose clients tried went stale. What was connected once is spent with its socket.
"""

import random
import time
import typing

import msgspec

from brokers.adapter.error_mapping import StreamDropped
from brokers.tradier.rest import TradierRest

Kind = typing.Literal["market", "account"]
PATHS: dict[Kind, str] = {"market": "/v1/markets/events/session", "account": "/v1/accounts/events/session"}
MOST_PATIENT = 6
GOOD_S = 270.0
"""So long a session may be shown to the venue, which takes it for 300 s."""


class TradierStreamSession(msgspec.Struct, frozen=True):
    """A streaming session. Whoever knows its id may stream: it is a secret."""

    id: str
    url: str
    minted: float
    """On the monotonic clock, in seconds, before it was asked for."""

    def is_good(self, now: float) -> bool:
        """Whether it may still be shown to the venue."""
        return now - self.minted < GOOD_S

    def __repr__(self) -> str:
        return "<Session>"


class TradierStreamSessions:
    """The sessions of one kind for one token."""

    def __init__(self, rest: TradierRest, kind: Kind) -> None:
        self._rest = rest
        self._kind = kind
        self._unused: TradierStreamSession | None = None
        self._shown: TradierStreamSession | None = None
        self._crowded_until = 0.0
        self._refusals = 0

    @property
    def crowded_s(self) -> float:
        """How long to leave the venue in peace after it said that there are too many sessions, in seconds; else 0."""
        return max(0.0, self._crowded_until - time.monotonic())

    def note_crowd(self, first_s: float) -> None:
        """There were too many sessions: wait, twice as long each time, up to six times `first_s`."""
        factor = min(MOST_PATIENT, 2**self._refusals)
        self._refusals += 1
        self._crowded_until = time.monotonic() + first_s * factor * random.uniform(1.0, 1.2)

    def note_stream(self) -> None:
        """It streams: a later crowd is another one."""
        self._refusals = 0

    @property
    def secrets(self) -> list[str]:
        """The ids that must not be seen."""
        return [session.id for session in (self._unused, self._shown) if session is not None]

    async def fresh(self) -> TradierStreamSession:
        """Return a session that was not connected yet: the last one, if nobody came to use it, or a new one."""
        if self._unused is None or not self._unused.is_good(time.monotonic()):
            self._unused = await self._mint()
        return self._unused

    async def start(self) -> None:
        """Be ready for a new stream: what another one showed is spent, and nothing shall be minted once it is open."""
        self._shown = None
        await self.fresh()

    async def current(self) -> TradierStreamSession:
        """Return the session to change the open stream with: the one it has while that is good, or a new one."""
        if self._shown is not None and self._shown.is_good(time.monotonic()):
            return self._shown
        return await self.fresh()

    def show(self, session: TradierStreamSession) -> None:
        """The venue is about to see it."""
        self._shown = session
        if self._unused is session:
            self._unused = None

    def forget(self) -> None:
        """Let go of everything."""
        self._unused = self._shown = None

    async def _mint(self) -> TradierStreamSession:
        now = time.monotonic()
        answer = await self._rest.mint(PATHS[self._kind])
        try:
            found = answer["stream"]
            id, url = found["sessionid"], found.get("url")
        except (KeyError, TypeError, AttributeError):
            raise StreamDropped("the venue gave no session") from None
        if not isinstance(id, str) or not id:
            raise StreamDropped("the venue gave no session")
        return TradierStreamSession(id, url if isinstance(url, str) else "", now)
