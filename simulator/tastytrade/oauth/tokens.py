"""tastytrade's token endpoint and the tokens it hands out. Sans-IO; times are seconds of a monotonic clock.

An access token stays valid until its own end, whatever is refreshed after it; revoking the grant ends it at once.
"""

import secrets
import typing
import urllib.parse

import msgspec

from simulator.asgi import Answer, SimRequest, json_answer
from simulator.tastytrade.oauth.grants import Code, Codes, Grants, SimTastytradeGrant

QUOTE_TOKEN_S = 24 * 3600.0
_SWEEP = 1_000


T = typing.TypeVar("T")


class Granted(msgspec.Struct, typing.Generic[T]):
    """Whom or what a token speaks for, and until when."""

    holder: T
    until: float


class Tokens(typing.Generic[T]):
    """Live tokens of one kind."""

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self.known: dict[str, Granted[T]] = {}

    def issue(self, holder: T, now: float) -> str:
        """Make a new token for `holder`."""
        if len(self.known) > _SWEEP:
            self.known = {token: granted for token, granted in self.known.items() if granted.until > now}
        token = f"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.{secrets.token_urlsafe(90)}.{secrets.token_urlsafe(64)}"
        self.known[token] = Granted(holder, now + self.lifetime)
        return token

    def find(self, token: str, now: float) -> Granted[T] | None:
        """Return what a token grants. None when it is unknown, expired or ended."""
        granted = self.known.get(token)
        return None if granted is None or now >= granted.until else granted

    def expire(self, concerns: typing.Callable[[T], bool]) -> int:
        """End every token whose holder `concerns` names. Returns how many."""
        ended = [token for token, granted in self.known.items() if concerns(granted.holder)]
        for token in ended:
            del self.known[token]
        return len(ended)


def read_form(request: SimRequest) -> dict[str, str] | None:
    """Read the body of a token request, JSON or form-encoded. None when it is neither."""
    if "json" in request.headers.get("content-type", ""):
        try:
            return msgspec.json.decode(request.body, type=dict[str, str])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
    try:
        return dict(urllib.parse.parse_qsl(request.body.decode()))
    except UnicodeDecodeError:
        return None


def refused(status: int, code: str, description: str) -> Answer:
    """Make an OAuth error (RFC 6749, 5.2)."""
    return json_answer(status, {"error_code": code, "error_description": description})


def judge(form: dict[str, str] | None, grants: Grants, codes: Codes, now: float) -> SimTastytradeGrant | Code | Answer:
    """Return which grant or code a token request shows, or the error it gets."""
    if form is None:
        return refused(400, "invalid_request", "Malformed request body")
    match form.get("grant_type"):
        case "refresh_token":
            return _judge_refresh(form, grants)
        case "authorization_code":
            return _judge_code(form, grants, codes, now)
    return refused(400, "unsupported_grant_type", "The grant type is not supported")


def _judge_refresh(form: dict[str, str], grants: Grants) -> SimTastytradeGrant | Answer:
    if "refresh_token" not in form or "client_secret" not in form:
        return refused(400, "invalid_request", "Missing required parameter")
    grant = grants.find(form["refresh_token"])
    if grant is None:
        return refused(400, "invalid_grant", "Invalid JWT")
    if grant.revoked:
        return refused(400, "invalid_grant", "Grant revoked")
    if not same(grant.application.secret, form["client_secret"]):
        return _stranger()
    return grant


def _judge_code(form: dict[str, str], grants: Grants, codes: Codes, now: float) -> Code | Answer:
    if any(not form.get(name) for name in ("code", "client_id", "client_secret", "redirect_uri")):
        return refused(400, "invalid_request", "Missing required parameter")
    application = grants.applications.get(form["client_id"])
    if application is None or not same(application.secret, form["client_secret"]):
        return _stranger()
    code = codes.find(form["code"])
    if code is None or code.application is not application or code.redirect_uri != form["redirect_uri"]:
        return refused(400, "invalid_grant", "Invalid authorization code")
    if code.grant is None and now >= code.until:
        return refused(400, "invalid_grant", "Authorization code expired")
    return code


def _stranger() -> Answer:
    return refused(401, "invalid_client", "Client authentication failed")


def same(secret: str, shown: str) -> bool:
    """Compare two secrets in constant time."""
    return secrets.compare_digest(secret.encode(), shown.encode())


def granted(token: str, lifetime: float, **more: str) -> Answer:
    """Make the answer that carries a new access token, and whatever else is given."""
    return json_answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime), **more})


def identity_token(grant: SimTastytradeGrant) -> str:
    """Return what says who the customer is, opaque to a client."""
    return f"eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.{secrets.token_urlsafe(60)}.{grant.customer.id}"
