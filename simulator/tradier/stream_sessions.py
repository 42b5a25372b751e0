"""Streaming sessions: minted for a token and a kind of stream, good for five minutes to connect, one at a time. Pure.

The two kinds are counted apart. Times are seconds of a monotonic clock.
"""

import typing
import uuid

import msgspec

from simulator.tradier.customers import Token

Kind = typing.Literal["market", "account"]
LIFETIME_S = 300.0
NOT_FOUND, TOO_MANY = "session not found", "too many sessions requested"


class SimTradierStreamSession(msgspec.Struct, eq=False):
    """One session. Whoever shows its id speaks for its token."""

    id: str
    token: Token
    kind: Kind
    until: float


class SimTradierStreamSessions:
    """The sessions of one venue."""

    def __init__(self, lifetime: float = LIFETIME_S) -> None:
        self.lifetime = lifetime
        self._known: dict[str, SimTradierStreamSession] = {}

    def mint(self, token: Token, kind: Kind, now: float) -> SimTradierStreamSession:
        """Make a session, which can be connected from now on."""
        self._known = {id: session for id, session in self._known.items() if now < session.until}
        session = SimTradierStreamSession(str(uuid.uuid4()), token, kind, now + self.lifetime)
        self._known[session.id] = session
        return session

    def find(self, id: str, kind: Kind, now: float) -> SimTradierStreamSession | None:
        """Return a session that can be connected now."""
        session = self._known.get(id)
        if session is None or session.kind != kind or now >= session.until or session.token.is_revoked:
            return None
        return session

    def expire(self, fits: typing.Callable[[SimTradierStreamSession], bool]) -> int:
        """End sessions before their time. Returns how many."""
        struck = [id for id, session in self._known.items() if fits(session)]
        for id in struck:
            del self._known[id]
        return len(struck)
