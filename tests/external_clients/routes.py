"""The venue's REST routes by readable names, and which of them a venue was asked for. Pure."""

import re
import typing

from simulator.tastytrade.rest.market import PUBLIC
from simulator.tastytrade.rest.router import Route
from simulator.tastytrade.rest.routes import ROUTES

_ANY = re.compile(r"\((?:\[\^/\]\+|\.\+|\\d\+)\)")
_OPTIONAL = re.compile(r"\(\?:(.*)\)\?")


def name(route: Route) -> str:
    """Return `GET /accounts/{}/positions` and the like; what may be left out stands in brackets."""
    pattern = _ANY.sub("{}", route.pattern.pattern)
    return f"{route.method} {_OPTIONAL.sub(lambda found: f'[{found[1]}]', pattern)}"


def names() -> list[str]:
    """Return the name of every route, and of what is answered before anybody is asked who they are."""
    return [*map(name, ROUTES), *(f"GET {path}" for path in PUBLIC), "POST /oauth/token"]


def asked(requests: typing.Iterable[str]) -> set[str]:
    """Return the names of the routes that answer these requests (`GET /path`), as a venue's stats count them."""
    found = set()
    for request in requests:
        method, path = request.split(" ", 1)
        fitting = (name(r) for r in ROUTES if r.method == method and r.pattern.fullmatch(path.rstrip("/")))
        found.add(next(fitting, request))
    return found
