"""The page on which a customer of the simulated tastytrade lets an application in (RFC 6749, 4.1). Sans-IO.

Who asks is checked first: with an unknown client or a redirect URI that is not registered the browser is told so here
and sent nowhere. Every later mistake goes back to the application as `error=`. Signing in is choosing a customer.
"""

import html
import pathlib
import string
import typing
import urllib.parse

import msgspec

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade.oauth.grants import SCOPES, Application, Codes, Grants

PATH = "/auth.html"
STYLE_PATH = "/auth.css"
_PAGES = pathlib.Path(__file__).parent / "pages"
_PAGE = string.Template((_PAGES / "authorize.html").read_text())
_REFUSAL = string.Template((_PAGES / "refusal.html").read_text())
_STYLE = (_PAGES / "authorize.css").read_bytes()
_MEANINGS = {
    "read": "see your accounts, balances, positions and orders, and market data",
    "trade": "place, replace and cancel orders",
    "openid": "know who you are",
}


class AuthorizeQuery(msgspec.Struct, frozen=True):
    """A request to be let in, by an application that may ask at this redirect URI."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    error: str = ""
    """Why it is sent back unanswered, in the words of RFC 6749; nothing when there is nothing wrong with it."""


class Stranger(Exception):
    """Whoever asks is not known, or not at this redirect URI; the text says so to the person."""


def answer(
    grants: Grants, codes: Codes, customers: typing.Sequence[Customer], request: SimRequest, now: float
) -> Answer | None:
    """Answer a request for the page, its style or a decision on it; None for every other path."""
    if (request.method, request.path) == ("GET", STYLE_PATH):
        return Answer(200, _STYLE, "text/css; charset=utf-8")
    if request.path != PATH or request.method not in ("GET", "POST"):
        return None
    try:
        asked = read(grants, request.query)
    except Stranger as stranger:
        return _page(_REFUSAL.substitute(reason=html.escape(str(stranger))), status=400)
    if asked.error:
        return _back(asked, error=asked.error)
    if request.method == "GET":
        return _page(_consent_page(asked, customers), goes_to=asked.redirect_uri)
    return _decide(asked, codes, customers, request, now)


def read(grants: Grants, query: list[tuple[str, str]]) -> AuthorizeQuery:
    """Read a request to be let in. Raises Stranger when nobody may be sent back for it."""
    given = dict(query)
    application = grants.applications.get(_once(query, "client_id"))
    if application is None:
        raise Stranger("Its client_id is not known here.")
    redirect_uri = _once(query, "redirect_uri")
    if redirect_uri not in application.redirect_uris:
        raise Stranger(f"{application.name} did not register the address it wants you sent to, letter by letter.")
    wanted = given.get("scope", "").split() or application.scopes
    return AuthorizeQuery(
        application,
        redirect_uri,
        tuple(scope for scope in SCOPES if scope in wanted),
        given.get("state"),
        _wrong(query, given, set(wanted) - set(application.scopes)),
    )


def _once(query: list[tuple[str, str]], name: str) -> str:
    found = [value for key, value in query if key == name]
    return found[0] if len(found) == 1 else ""


def _wrong(query: list[tuple[str, str]], given: dict[str, str], beyond: set[str]) -> str:
    if len(query) != len(given) or "response_type" not in given:
        return "invalid_request"
    if given["response_type"] != "code":
        return "unsupported_response_type"
    return "invalid_scope" if beyond else ""


def _decide(
    asked: AuthorizeQuery, codes: Codes, customers: typing.Sequence[Customer], request: SimRequest, now: float
) -> Answer:
    form = dict(urllib.parse.parse_qsl(request.body.decode("latin-1")))
    if form.get("decision") != "approve":
        return _back(asked, error="access_denied")
    customer = next((customer for customer in customers if customer.id == form.get("customer")), None)
    if customer is None:
        return _back(asked, error="invalid_request")
    if not asked.application.may_ask(customer):
        return _back(asked, error="unauthorized_client")
    return _back(asked, code=codes.issue(asked.application, asked.redirect_uri, customer, asked.scopes, now))


def _back(asked: AuthorizeQuery, **told: str) -> Answer:
    """Send the browser back to the application."""
    query = told | ({} if asked.state is None else {"state": asked.state})
    joint = "&" if urllib.parse.urlsplit(asked.redirect_uri).query else "?"
    address = asked.redirect_uri + joint + urllib.parse.urlencode(query)
    return Answer(302, b"", "text/plain", (("location", address), *_PRIVATE))


_PRIVATE = (("cache-control", "no-store"), ("referrer-policy", "no-referrer"))


def _page(text: str, *, status: int = 200, goes_to: str = "") -> Answer:
    """Answer with a page that may send its form here and on to the origin of `goes_to`, and loads its style only."""
    parts = urllib.parse.urlsplit(goes_to)
    onward = f" {parts.scheme}://{parts.netloc}" if goes_to else ""
    policy = f"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'{onward}; frame-ancestors 'none'"
    headers = (("content-security-policy", policy), *_PRIVATE)
    return Answer(status, text.encode(), "text/html; charset=utf-8", headers)


def _consent_page(asked: AuthorizeQuery, customers: typing.Sequence[Customer]) -> str:
    scopes = "".join(f"<li><b>{scope}</b>: {_MEANINGS[scope]}</li>" for scope in asked.scopes)
    people = "".join(
        f'<label><input type="radio" name="customer" value="{html.escape(customer.id)}"'
        f"{' checked' if place == 0 else ''}>"
        f"<span>{html.escape(customer.first_name)} {html.escape(customer.last_name)} "
        f'<span class="muted">{html.escape(", ".join(account.number for account in customer.accounts))}</span></span>'
        "</label>"
        for place, customer in enumerate(customers)
    )
    return _PAGE.substitute(
        name=html.escape(asked.application.name),
        scopes=scopes,
        people=people,
        address=html.escape(asked.redirect_uri.partition("?")[0]),
    )
