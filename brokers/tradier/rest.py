"""One token's requests: as JSON, in line, under the guard, asked again where the venue stumbles. Raises what it means.

Whatever a request runs into, the venue may have counted it.
"""

import asyncio
import datetime
import hashlib
import math
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from brokers.adapter.error_mapping import VenueRefused
from brokers.adapter.http import ahead_s, at_the_wire, client, dated
from brokers.adapter.rate_limits import INTERVAL_S, Bucket, RateLimiter
from brokers.contract.broker import Guard
from brokers.contract.errors import CredentialsRejected
from brokers.tradier import decoding
from brokers.tradier.decoding import Raw, TradierRefusal
from brokers.tradier.rate_limits import Gates, Group, gates_of, group_of, rate_limit_headers
from lib import backoff
from lib.clock import passed

REQUEST_S = 10.0
TRIES = 3
"""So often a question is asked when the venue stumbles over it."""
AGAIN_S = 1.0
"""The ceiling of the first delay before it is asked again."""
CONFIRM_S, CONFIRM_GOOD_S = 0.5, 5.0
"""A refused token is shown once more after so long, longer if it was good before: good ones were refused at times."""
POOL = httpx2.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=45.0)


class TooEarly(VenueRefused):
    """The venue has nothing as old as what was asked for. `since` is what it has, as it writes times."""

    def __init__(self, status: int, since: str) -> None:
        super().__init__(status, "")
        self.since = since


class Declined(VenueRefused):
    """The venue will not do what was asked for, and would not the next time. `words` are its own."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(status, code)
        self.words = words


class TradierRest:
    """The requests of one token at one address. `guard` is asked before each."""

    def __init__(self, token: str, address: str, guard: Guard) -> None:
        self.key = hashlib.sha256(token.encode()).hexdigest()
        """Tells tokens apart without telling them."""
        self.address = address
        self.ahead_s = 0.0
        """How far this machine's wall clock is ahead of the venue's, by the newest answer; it may be behind."""
        self.guard = guard
        self.rejected: str | None = None
        """Why the venue refuses the token; it is not shown again until somebody forgets this."""
        self._was_good = False
        self._doubt = asyncio.Lock()
        self._gates: Gates | None = None
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._client = client(address, headers, REQUEST_S, POOL)

    def __repr__(self) -> str:
        return f"<Rest {self.address}>"

    @property
    def venue_time(self) -> datetime.datetime:
        """What time it is for the venue, whatever the clock of this machine says."""
        return datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=self.ahead_s)

    @property
    def waiting_s(self) -> float:
        """How long the rate limit makes a request wait now, in seconds; 0 where it does not."""
        return self._gates.waiting_s if self._gates else 0.0

    def every_s(self, share: float) -> float:
        """How often to ask about accounts so that it takes this share of what the venue allows, in seconds."""
        return INTERVAL_S / (share * self._gate("standard").bucket.allowed)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str, patience: float = math.inf, **params: str) -> Any:
        """Return what the venue answers to a GET. `patience` is how long its rate limit may make it wait, in s."""
        return await self._answered("GET", path, patience, params=params)

    async def read(self, path: str, patience: float, share: float) -> Any:
        """The same, of what can wait if `share` is `rate_limits.LOW_PRIORITY`: then what cannot goes first."""
        return await self._answered("GET", path, patience, share=share)

    async def query(self, path: str, form: Mapping[str, str], patience: float = math.inf) -> Any:
        """Return what the venue answers to a POST that only asks, with what is too long for a URL."""
        return await self._answered("POST", path, patience, data=dict(form))

    async def mint(self, path: str) -> Any:
        """Return a new streaming session. Where the venue stumbles it is not asked again: it may have made one."""
        return await self._asked("POST", path, math.inf, headers={"Content-Length": "0"})

    async def command(
        self, method: str, path: str, patience: float, deadline: int | None, form: Mapping[str, str]
    ) -> Raw:
        """Ask once for something with an effect, if that may be by `deadline` (ms). Returns what the venue answers.

        Raises Declined where it will not, NotOwner, and LinkLost's like where nobody can say whether it did.
        """
        return await self._once(method, path, patience, deadline=deadline, data=dict(form))

    async def _answered(self, method: str, path: str, patience: float, **options: Any) -> Any:
        """Ask until there is an answer, or none will come."""
        waits = backoff.delays(AGAIN_S)
        for tries in range(1, TRIES + 1):
            is_last = tries == TRIES
            try:
                return await self._asked(method, path, patience, **options)
            except httpx2.RemoteProtocolError:  # the venue closed a connection that was kept open
                if is_last:
                    raise
            except _Stumbled as stumbled:
                if is_last:
                    raise VenueRefused(stumbled.status, stumbled.refusal.code) from None
            await asyncio.sleep(next(waits))
        raise AssertionError("the last try raised nothing")

    async def _asked(self, method: str, path: str, patience: float, **options: Any) -> Any:
        """Ask once; again if the token was refused, for it may be good. Raises CredentialsRejected if it is not."""
        try:
            return await self._once(method, path, patience, **options)
        except _Stumbled as stumbled:
            if stumbled.refusal.kind != "token":
                raise
        async with self._doubt:
            try:
                if self.rejected is None:
                    await asyncio.sleep(CONFIRM_GOOD_S if self._was_good else CONFIRM_S)
                return await self._once(method, path, patience, **options)
            except _Stumbled as stumbled:
                if stumbled.refusal.kind != "token":
                    raise
                self.rejected = stumbled.refusal.code
                raise CredentialsRejected(self.rejected) from None

    def _gate(self, group: Group) -> RateLimiter:
        if self._gates is None:
            self._gates = gates_of(self.key, self.address)
        return self._gates.of(group)

    async def _once(
        self,
        method: str,
        path: str,
        patience: float,
        *,
        deadline: int | None = None,
        share: float = 1.0,
        **options: Any,
    ) -> Raw:
        """Make one request when its turn has come, if this process may. Raises NotOwner.

        Raises VenueRefused; `_Stumbled` where another try may help.
        """
        self.guard(deadline)
        if self.rejected is not None:
            raise CredentialsRejected(self.rejected)
        async with self._gate(group_of(method, path)).turn(patience, share) as bucket:
            try:
                self.guard(deadline)
                extensions = at_the_wire(self.guard, deadline)
                response = await self._client.request(method, path, extensions=extensions, **options)
            except BaseException:
                bucket.fail(passed())
                raise
            venue = self._read_clock(response)
            bucket.on_response(
                passed(), rate_limit_headers(response.headers), None if venue is None else int(venue * 1000)
            )
            answer = decoding.read(response.status_code, response.content)
            if isinstance(answer, TradierRefusal):
                raise _refused(response, answer, bucket)
        self._was_good = True
        return answer

    def _read_clock(self, response: httpx2.Response) -> float | None:
        """Take the venue's clock from its answer. Returns it in s, to the second."""
        told = dated(response.headers)
        if told is not None:
            self.ahead_s = ahead_s(told, time.time())
        return told


def _refused(response: httpx2.Response, refusal: TradierRefusal, bucket: Bucket) -> VenueRefused:
    """Return the error that a refusal is."""
    if refusal.kind == "quota":
        bucket.exhaust(passed())
    if refusal.kind != "refused":
        return _Stumbled(response.status_code, refusal)
    since = decoding.earliest(response.content)
    status = response.status_code
    if since is not None:
        return TooEarly(status, since)
    return Declined(status, refusal.code, decoding.words(response.content))


class _Stumbled(VenueRefused):
    """The venue refused, and may not the next time."""

    def __init__(self, status: int, refusal: TradierRefusal) -> None:
        super().__init__(status, refusal.code)
        self.refusal = refusal


def joined(rows: list[Raw], name: str) -> dict[str, Raw]:
    """Return rows by one of their texts."""
    return {row[name]: row for row in rows if isinstance(row.get(name), str)}
