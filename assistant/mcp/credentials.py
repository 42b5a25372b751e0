"""By which API token a program comes, and what is said to one that comes by none.

Refusals are counted by address. Past ten a minute the database is not asked any more for what cannot be a token, or was
refused a moment ago; a good token behind the same address gets through.
"""

import collections
import time

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.views.decorators.debug import sensitive_variables

from accounts.auth import authentication, tokens
from accounts.auth.authentication import RefusedError
from assistant import rate_limits
from assistant.addresses import client_address
from assistant.contract.caller import ToolCaller
from streaming.transports.responses import Scope

MOST_REFUSED = 10
MINUTE_MS = 60_000
KEPT_S = 60.0
MOST_KEPT = 1_000
"""Digests of refused tokens kept in a process, at most; the oldest are forgotten."""
REALM = 'Bearer realm="tapedeck"'


class CredentialError(Exception):
    """Nobody who may come in. `status` is HTTP's, `code` one of docs/protocol.md; `retry_s` where waiting helps."""

    def __init__(self, status: int, code: str, detail: str, challenge: str = "", retry_s: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.challenge = challenge
        self.retry_s = retry_s


class RefusedTokens:
    """Digests of tokens that were refused within the last minute."""

    def __init__(self) -> None:
        self._until: collections.OrderedDict[str, float] = collections.OrderedDict()

    def add(self, digest: str) -> None:
        """Remember one that was refused now."""
        self._until[digest] = time.monotonic() + KEPT_S
        self._until.move_to_end(digest)
        while len(self._until) > MOST_KEPT:
            self._until.popitem(last=False)

    def __contains__(self, digest: str) -> bool:
        return self._until.get(digest, 0.0) > time.monotonic()


_refused = RefusedTokens()
_find = database_sync_to_async(authentication.by_token, thread_sensitive=False)


def header_fields(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by lower-case name; one that is there twice has both values."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin1").lower()
        found[name] = ",".join(filter(None, (found.get(name), value.decode("latin1"))))
    return found


@sensitive_variables("secret")
async def read_caller(scope: Scope) -> ToolCaller:
    """Return who calls, by the token in a header. Raises CredentialError."""
    headers = header_fields(scope)
    secret = tokens.presented(headers)
    if secret is None:
        raise CredentialError(401, "signed_out", authentication.SIGN_IN, REALM)
    address = client_address(scope)
    digest = tokens.digest(secret)
    is_suspect = not tokens.is_whole(secret) or digest in _refused
    if is_suspect:
        await _count_refusal(address)
    try:
        found = await _find(headers, "")
    except RefusedError as error:
        _refused.add(digest)
        if not is_suspect:
            await _count_refusal(address)
        raise CredentialError(error.status, error.code, error.detail, f'{REALM}, error="invalid_token"') from error
    except DatabaseError as error:
        raise CredentialError(503, "unavailable", authentication.AWAY, retry_s=authentication.AWAY_S) from error
    return ToolCaller(found.access, found.scopes, address)


async def _count_refusal(address: str) -> None:
    """Count a refusal. Raises CredentialError where there were too many."""
    wait_s = await rate_limits.count_start(f"mcp.refused:{address}", MOST_REFUSED, MINUTE_MS)
    if wait_s is not None:
        raise CredentialError(429, "rate_limited", "Too many refused tokens from this address.", retry_s=wait_s)
