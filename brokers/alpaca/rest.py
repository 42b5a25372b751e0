"""One key's requests: in line, under the guard, asked again where the venue stumbles. Raises what it means."""

import asyncio
import contextlib
import hashlib
import math
import time
import weakref
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from brokers.adapter.error_mapping import VenueRefused
from brokers.adapter.http import ahead_s, at_the_wire, client, dated, read_bounded
from brokers.adapter.rate_limits import INTERVAL_S, RateLimiter
from brokers.alpaca import decoding
from brokers.alpaca.decoding import AlpacaRefusal
from brokers.contract.broker import Guard
from brokers.contract.errors import CredentialsRejected
from lib import backoff
from lib.clock import passed

ACCOUNT = "/v2/account"
REQUEST_S = 10.0
TRIES = 3
AGAIN_S = 1.0
"""The ceiling of the first delay before a question is asked again."""
CONFIRM_S = 1.0
"""A refused key is shown once more after so long: good ones were refused at times."""
ALLOWED = 200
"""Requests a minute until the venue has told its own figure."""
POOL = httpx2.Limits(max_connections=8, max_keepalive_connections=3, keepalive_expiry=45.0)

_PLAIN = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
_gates: weakref.WeakValueDictionary[tuple[int, str, str], RateLimiter] = weakref.WeakValueDictionary()


def gate_of(key: str, address: str) -> RateLimiter:
    """Return the gate of a key: all links of this process that use it share its allowance."""
    return _gates.setdefault((id(asyncio.get_running_loop()), key, address), RateLimiter(ALLOWED))


class Refused(VenueRefused):
    """The venue will not do what it was asked. `words` are its own, and may quote what was sent."""

    def __init__(self, status: int, refusal: AlpacaRefusal) -> None:
        super().__init__(status, refusal.code)
        self.kind = refusal.kind
        self.words = refusal.words


class AlpacaRest:
    """The requests of one key at one address. `guard` is asked before each."""

    def __init__(self, key_id: str, secret_key: str, address: str, guard: Guard) -> None:
        self.key = hashlib.sha256(key_id.encode()).hexdigest()
        """Tells keys apart without telling them."""
        self.address = address
        self.guard = guard
        self.rejected: str | None = None
        """Why the venue refuses the key; it is not shown again until somebody forgets this."""
        self._ahead_s = 0.0
        self._doubt = asyncio.Lock()
        self._gate: RateLimiter | None = None
        keys = {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret_key}
        self._client = client(address, keys | {"Accept": "application/json"}, REQUEST_S, POOL)

    def __repr__(self) -> str:
        return f"<Rest {self.address}>"

    @property
    def venue_ms(self) -> int:
        """What time it is for the venue, in ms since the epoch, to the second."""
        return int((time.time() - self._ahead_s) * 1000)

    @property
    def waiting_s(self) -> float:
        """How long the rate limit makes a request wait now, in seconds; 0 where it does not."""
        return max(0.0, self._gate.until - passed()) if self._gate and self._gate.until else 0.0

    def every_s(self, share: float) -> float:
        """How often to ask so that it takes this share of what the venue allows, in seconds."""
        return INTERVAL_S / (share * self._own_gate().bucket.allowed)

    def _own_gate(self) -> RateLimiter:
        if self._gate is None:
            self._gate = gate_of(self.key, self.address)
        return self._gate

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str, patience: float = math.inf, **params: str) -> Any:
        """Return what the venue answers. `patience`: how long its rate limit may make it wait, in s."""
        return await self._answered(path, patience, params=params)

    async def read(self, path: str, share: float) -> Any:
        """The same, of what can wait if `share` is `rate_limits.LOW_PRIORITY`: then what cannot goes first."""
        return await self._answered(path, math.inf, share=share)

    async def _answered(self, path: str, patience: float, **options: Any) -> Any:
        """Ask until there is an answer, or none will come."""
        waits = backoff.delays(AGAIN_S)
        for tries in range(1, TRIES + 1):
            try:
                return await self._asked("GET", path, patience, **options)
            except httpx2.RemoteProtocolError:  # the venue closed a connection that was kept open
                if tries == TRIES:
                    raise
            except Refused as refused:
                if tries == TRIES or refused.kind != "passing":
                    raise
            await asyncio.sleep(next(waits))
        raise AssertionError("the last try raised nothing")

    async def act(self, method: str, path: str, deadline: int | None, patience: float, body: Any = None) -> Any:
        """Have the venue do something, once, where this process may until `deadline` (ms)."""
        options = {} if body is None else {"json": body}
        return await self._asked(method, path, patience, deadline, **options)

    async def confirm(self) -> None:
        """Ask whether the key is good, after something was refused. Raises CredentialsRejected where it is not."""
        await self.get(ACCOUNT)

    async def _asked(self, method: str, path: str, patience: float, deadline: int | None = None, **options: Any) -> Any:
        """Ask once; again if the key was refused, for it may be good. Raises CredentialsRejected if it is not."""
        try:
            return await self._once(method, path, patience, deadline, **options)
        except Refused as refused:
            if refused.kind != "key":
                raise
        async with self._doubt:
            try:
                if self.rejected is None:
                    await asyncio.sleep(CONFIRM_S)
                return await self._once(method, path, patience, deadline, **options)
            except Refused as refused:
                if refused.kind != "key":
                    raise
                self.rejected = "the key is not valid, or belongs to the other environment"
                raise CredentialsRejected(self.rejected) from None

    async def _once(
        self, method: str, path: str, patience: float, deadline: int | None, share: float = 1.0, **options: Any
    ) -> Any:
        """Make one request when its turn has come, if this process may. Raises NotOwner, Refused."""
        self.guard(deadline)
        if self.rejected is not None:
            raise CredentialsRejected(self.rejected)
        async with self._own_gate().turn(patience, share) as bucket:
            try:
                self.guard(deadline)
                extensions = at_the_wire(self.guard, deadline)
                response = await self._client.request(method, path, extensions=extensions, **options)
            except BaseException:
                bucket.fail(passed())
                raise
            bucket.on_response(passed(), decoding.rate_limit_headers(response.headers), self._read_clock(response))
            answer = decoding.read(response.status_code, response.content)
            if isinstance(answer, AlpacaRefusal):
                if answer.kind == "quota":
                    bucket.exhaust(passed())
                raise Refused(response.status_code, answer)
        return answer

    @contextlib.asynccontextmanager
    async def stream(self, path: str, answer_s: float, **params: str) -> AsyncIterator[httpx2.Response]:
        """Open a long answer. Raises Refused where the venue gives none, TimeoutError where it is silent."""
        self.guard()
        if self.rejected is not None:
            raise CredentialsRejected(self.rejected)
        timeout = httpx2.Timeout(answer_s, read=None)
        request = self._client.build_request(
            "GET", path, params=params, headers=_PLAIN, timeout=timeout, extensions=at_the_wire(self.guard)
        )
        async with asyncio.timeout(answer_s):
            response = await self._client.send(request, stream=True)
        try:
            self._read_clock(response)
            kind = response.headers.get("content-type", "")
            if response.status_code != 200 or not kind.startswith("text/event-stream"):
                async with asyncio.timeout(answer_s):
                    answer = decoding.read(response.status_code, await read_bounded(response))
                raise Refused(
                    response.status_code,
                    answer if isinstance(answer, AlpacaRefusal) else AlpacaRefusal("refused", "no event stream"),
                )
            yield response
        finally:
            await response.aclose()

    def _read_clock(self, response: httpx2.Response) -> int | None:
        """Take the venue's clock from its answer. Returns it in ms, to the second."""
        told = dated(response.headers)
        if told is None:
            return None
        self._ahead_s = ahead_s(told, time.time())
        return int(told * 1000)
