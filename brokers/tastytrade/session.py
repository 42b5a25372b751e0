"""One link's OAuth session: the SDK's `TastytradeSession`, pointed at an environment, refreshed by our own policy."""

import asyncio
import datetime
import itertools
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import orjson
import tastytrade

from brokers.adapter.http import (
    ENCODINGS,
    USER_AGENT,
    BoundedClient,
    ahead_s,
    at_the_wire,
    dated,
    is_loopback,
    read_bounded,
    tls,
)
from brokers.contract.broker import Credentials, Endpoints, Guard, unguarded
from brokers.contract.errors import CredentialsRejected, LinkLost
from brokers.tastytrade.errors import StreamDropped, VenueRefused, translate
from lib import backoff
from lib.clock import passed

TOKEN_PATH = "/oauth/token"
FINAL = {
    "invalid_grant": "the grant was revoked, or the refresh token is not valid",
    "invalid_client": "the client secret is not valid",
}
"""The token endpoint's words for credentials that will never work again. Everything else may pass."""

MARGIN_S = 60.0
"""The SDK's: a request this close to the token's end refreshes first. A third of a shorter lifetime."""
EAGER = 2 / 3
"""The fraction of its lifetime after which a token is refreshed ahead of need (600 s of 900)."""
JITTER = 0.05
LEAST_S = 0.5
"""Between two refreshes ahead of need, whatever lifetime the venue names."""
REQUEST_S = 10.0
RETRY_CAP_S = 60.0
"""A token endpoint that fails is asked about a dozen times in the 300 s that are left of 900."""
LIMITS = httpx2.Limits(max_connections=6, max_keepalive_connections=2, keepalive_expiry=45.0)
"""Two connections stay open from one reading of the accounts to the next; the others are for the start."""


async def refuse(response: httpx2.Response) -> None:
    """Raise what an error answer means, before the SDK turns it into a text without its status.

    That of a command is left to who gave it: people are told the venue's words for it.
    """
    if response.is_success or "deadline" in response.request.extensions:
        return
    answer = await read_bounded(response)
    code = ""
    try:
        body = orjson.loads(answer)
        error = body.get("error") if isinstance(body.get("error"), dict) else body
        code = next((str(error[key]) for key in ("error_code", "code", "error") if error.get(key)), "")
    except (orjson.JSONDecodeError, AttributeError):
        pass  # an HTML page of some proxy: the status says enough
    wait = response.headers.get("retry-after", "")
    raise VenueRefused(response.status_code, code[:80], float(wait) if wait.isdigit() else None)


class TastytradeSession(tastytrade.Session):
    """A session that refreshes in single flight, at two thirds of a token's life, and remembers a rejection.

    `refreshed` is called after each refresh with the time in milliseconds, `rotated` when the venue put another refresh
    token in the place of the one that was shown to it. `guard` is asked before every request.
    """

    def __init__(self, credentials: Credentials, endpoints: Endpoints, environment: str) -> None:
        plain = endpoints.rest.startswith("http:")
        super().__init__(
            credentials["client_secret"],
            credentials["refresh_token"],
            environment == "sandbox",
            verify=False if plain else tls(),
            trust_env=not is_loopback(endpoints.rest),
            timeout=REQUEST_S,
            limits=LIMITS,
            event_hooks={
                "request": [self._ask_guard],
                "response": [self._read_clock, refuse, self._read_grant],
            },
        )
        self._client.headers.update({**ENCODINGS, "User-Agent": USER_AGENT})
        self._client = self._opened_at(endpoints.rest, self._client.headers)
        self.account_stream = endpoints.account_stream
        self.quote_token = ""
        self.lifetime = 0.0
        self.ahead_s = 0.0
        """How far this machine's wall clock is ahead of the venue's, by the newest answer; it may be behind."""
        self.scopes: tuple[str, ...] | None = None
        self.refreshed: Callable[[int], None] | None = None
        self.rotated: Callable[[str], None] | None = None
        self.rejected: str | None = None
        self.guard: Guard = unguarded
        self._flight = asyncio.Lock()
        self._ends = self._renew_at = 0.0
        """When the token ends, and when it is refreshed ahead of that: on the clock that nobody sets."""

    def __repr__(self) -> str:
        return f"<Session {self._client.base_url}>"

    @property
    def secrets(self) -> list[str]:
        """Every text that must not be seen."""
        known = (self.provider_secret, self.refresh_token, self.session_token, self.quote_token)
        return [secret for secret in known if secret]

    @property
    def due(self) -> bool:
        """Whether the next request must refresh first."""
        return passed() >= self._ends - min(MARGIN_S, self.lifetime / 3)

    async def refresh(self, force: bool = False) -> None:
        """Get a new access token if this one is about to end, or at any rate if `force`. One flight at a time.

        Raises CredentialsRejected once the venue has said so, without asking it again.
        """
        if not force and not self.due:
            return
        used = self.session_token
        async with self._flight:
            if self.session_token != used:
                return
            if self.rejected is not None:
                raise CredentialsRejected(self.rejected)
            await self._mint()

    async def _mint(self) -> None:
        try:
            await super().refresh(force=True)
        except VenueRefused as refused:
            if refused.code not in FINAL:
                raise
            self.rejected = FINAL[refused.code]
            raise CredentialsRejected(self.rejected) from refused
        wall, now = time.time(), passed()
        self.lifetime = max(0.0, self.session_expiration - wall)
        self._ends = now + self.lifetime
        self._renew_at = now + max(LEAST_S, self.lifetime * EAGER * (1 - random.uniform(0, JITTER)))
        if self.refreshed is not None:
            self.refreshed(int(wall * 1000))

    async def renew(self, used: str) -> None:
        """The venue did not take the token `used`: get another, unless that has happened meanwhile."""
        if self.session_token == used:
            await self.refresh(force=True)

    async def _get(self, url: str, **kwargs: Any) -> dict[str, Any]:
        """Ask the venue. A 401 forces one refresh and one retry."""
        await self.refresh()
        used = self.session_token
        try:
            return await super()._get(url, **kwargs)
        except VenueRefused as refused:
            if refused.status != 401:
                raise
        await self.renew(used)
        return await super()._get(url, **kwargs)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Return the `data` of a GET, as the venue wrote it."""
        return await self._get(path, params=params)

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return the objects among the `items` of a GET."""
        found = (await self.get(path, **params)).get("items")
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    async def pages(self, path: str, size: int, **params: Any) -> list[dict[str, Any]]:
        """Return the objects among the `items` of all pages of a GET, `size` of them each.

        Raises StreamDropped where a page is the last one again: so it would go on for ever.
        """
        found: list[dict[str, Any]] = []
        last: list[dict[str, Any]] = []
        for page in itertools.count():
            items = await self.items(path, **params, **{"per-page": size, "page-offset": page})
            if items and items == last:
                raise StreamDropped("the venue lists more pages, and they are all the same")
            found, last = found + items, items
            if len(items) < size:
                break
        return found

    async def command(
        self, method: str, path: str, deadline: int | None, body: dict[str, Any] | None = None
    ) -> httpx2.Response:
        """Ask once for something with an effect, if that may be by `deadline` (ms). Returns whatever is answered.

        Raises NotOwner, and what a connection breaks on.
        """
        await self.refresh()
        return await self._client.request(method, path, json=body, extensions={"deadline": deadline})

    async def keep_fresh(self) -> None:
        """Refresh ahead of need, for ever. Raises LinkLost when the token ends before a refresh succeeds."""
        while True:
            await asyncio.sleep(max(0.0, self._renew_at - passed()))
            if passed() >= self._renew_at:  # a token that was got for another reason meanwhile has its own time
                await self._refresh_in_time()

    async def _refresh_in_time(self) -> None:
        used = self.session_token
        for wait in backoff.delays(min(1.0, self.lifetime / 20), min(RETRY_CAP_S, self.lifetime / 10)):
            try:
                await self.renew(used)
                return
            except Exception as error:
                lost = translate(error)
                if not isinstance(lost, LinkLost) or passed() >= self._ends:
                    raise
            await self.reopen()
            await asyncio.sleep(wait)

    async def reopen(self) -> None:
        """Give up all connections of the HTTP client: the next request opens new ones."""
        old = self._client
        self._client = self._opened_at(old.base_url, old.headers)
        await old.aclose()

    def _opened_at(self, address: httpx2.URL | str, headers: Mapping[str, str]) -> BoundedClient:
        return BoundedClient(base_url=address, headers=headers, **self.client_kwargs)

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._client.aclose()

    def forget(self) -> None:
        """Let go of every token. It is of no use any more."""
        self.session_token = self.quote_token = self.refresh_token = self.provider_secret = ""

    async def _ask_guard(self, request: httpx2.Request) -> None:
        """Let no request go to the venue that this process must not make. Raises NotOwner."""
        deadline = request.extensions.get("deadline")
        self.guard(deadline)
        request.extensions |= at_the_wire(self.guard, deadline)

    @property
    def venue_time(self) -> datetime.datetime:
        """What time it is for the venue, whatever the clock of this machine says."""
        return datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=self.ahead_s)

    async def _read_clock(self, response: httpx2.Response) -> None:
        """Take the venue's clock from its answer."""
        told = dated(response.headers)
        if told is not None:
            self.ahead_s = ahead_s(told, time.time())

    async def _read_grant(self, response: httpx2.Response) -> None:
        """Take from the token endpoint's answer what the SDK leaves: the scopes, and a rotated refresh token."""
        if response.url.path != TOKEN_PATH:
            return
        answer = orjson.loads(await read_bounded(response))
        scope, rotated = answer.get("scope"), answer.get("refresh_token")
        if isinstance(scope, str):
            self.scopes = tuple(scope.split())
        if isinstance(rotated, str) and rotated != self.refresh_token:
            self.refresh_token = rotated
            if self.rotated is not None:
                self.rotated(rotated)
