"""Requests that show a key: what a provider's answers mean for a source of news."""

import asyncio
import datetime
from collections.abc import Mapping
from typing import Any

import httpx2

from brokers.adapter.http import client, parse
from lib.outbound.waits import retry_after_s
from news.sources.contract import KeyRejected, SourceLost

TOTAL_S = 20.0
BUSY_S = 60.0
"""How long a rate limit is waited out where the provider does not say: allowances are by the minute."""
_LIMITS = httpx2.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=45.0)


class KeyedRest:
    """The requests of one key. `provider` is its name in errors; `headers` carry the key, which no error quotes."""

    def __init__(self, provider: str, address: str, headers: Mapping[str, str], total_s: float = TOTAL_S) -> None:
        self._provider = provider
        self._total_s = total_s
        self._client = client(address, {**headers, "Accept": "application/json"}, total_s, _LIMITS)

    def __repr__(self) -> str:
        return f"<KeyedRest {self._provider}>"

    async def get(self, path: str, **params: str) -> Any:
        """Return what the provider answers, as JSON. Raises KeyRejected (401, 403), SourceLost."""
        try:
            async with asyncio.timeout(self._total_s):
                response = await self._client.get(path, params=params)
        except (TimeoutError, httpx2.TimeoutException):
            raise SourceLost(f"{self._provider} did not answer in time") from None
        except (httpx2.TransportError, OSError):
            raise SourceLost(f"{self._provider} cannot be reached") from None
        return self._read(response)

    def _read(self, response: httpx2.Response) -> Any:
        status = response.status_code
        if status in (401, 403):
            raise KeyRejected(f"{self._provider} refuses the key (HTTP {status})")
        wait_s = retry_after_s(response.headers, datetime.datetime.now(datetime.UTC))
        if status == 429:
            raise SourceLost(f"{self._provider}'s rate limit is reached", retry_after=wait_s or BUSY_S)
        if status != 200:
            raise SourceLost(f"{self._provider} answers HTTP {status}", retry_after=wait_s)
        try:
            return parse(response.content)
        except ValueError:
            raise SourceLost(f"{self._provider} answers something that is no JSON") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
