"""Paths: those of Django's resolver with their names, and those of streams, which are served outside it.

A desk names the methods of a path in its answer to a method that no path takes.
"""

import typing

import httpx
from channels.routing import URLRouter, get_default_application
from django.apps import AppConfig
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, include, path
from django.utils.module_loading import module_has_submodule
from django.utils.regex_helper import normalize

from tests.inventory.project import own_apps

UNTAKEN = "PROPFIND"
SAMPLES = {
    **dict.fromkeys(("id", "invitation", "token_id", "key", "uidb36"), "1"),
    **dict.fromkeys(("link_id", "pending_id", "channel", "conversation"), "00000000-0000-4000-8000-000000000000"),
    "screen": "wide", "symbol": "QQQ", "token": "a" * 32, "venue": "tastytrade", "way": "up",
    "what": "try", "receipt": "1:x", "place": "1",
}  # fmt: skip
"""What stands for each parameter of a path when a desk is asked for its methods."""
UNASKED = ("admin/", "demo/")
"""Paths whose methods are Django's own, and paths that only a demo has."""


class Route(typing.NamedTuple):
    """One path. `pattern` is as Django shows it, `regex` what it stands for."""

    pattern: str
    regex: str
    name: str

    @property
    def sample(self) -> str:
        """A path that this route serves, with the shortest of what may be left out."""
        ((text, parameters), *_) = normalize(self.regex)
        return "/" + text % {name: SAMPLES[name] for name in parameters}


def collect(desk: httpx.Client) -> dict[str, typing.Any]:
    """Return all paths by pattern. `desk` is a client that the staff of a desk is signed in with."""
    served, sockets = _streams()
    return {
        "pages and answers": {
            route.pattern: {"name": route.name} | ({} if route.pattern.startswith(UNASKED) else methods(desk, route))
            for route in _pages()
        },
        "streams": {route.pattern: methods(desk, route) for route in served},
        "sockets": [route.pattern for route in sockets],
    }


def methods(desk: httpx.Client, route: Route) -> dict[str, str]:
    """Return the methods that a route says it takes, `any` where it takes whatever comes."""
    answer = desk.request(UNTAKEN, route.sample, headers={"X-CSRFToken": desk.cookies["csrftoken"]})
    taken = answer.headers["Allow"].split(", ") if answer.status_code == httpx.codes.METHOD_NOT_ALLOWED else ["any"]
    return {"methods": ", ".join(sorted(taken))}


def _pages() -> list[Route]:
    """Return the paths that Django's handler serves, those that a demo adds among them."""
    found = list(_walk(get_resolver().url_patterns))
    included = {route.name.partition(":")[0] for route in found}
    for config in own_apps():
        names = f"{config.name}.urls"
        if config.label not in included and names != settings.ROOT_URLCONF and _has_urls(config):
            found += _walk([path(f"{config.label}/", include(names))])
    return found


def _has_urls(config: AppConfig) -> bool:
    return config.module is not None and module_has_submodule(config.module, "urls")


def _streams() -> tuple[list[Route], list[Route]]:
    """Return the paths over HTTP that go past Django's handler, and those of WebSockets."""
    protocols = get_default_application().application_mapping
    http, sockets = (list(_walk(_router(protocols[name]).routes)) for name in ("http", "websocket"))
    return [route for route in http if route.pattern], [route for route in sockets if route.pattern]


def _router(app: typing.Any) -> URLRouter:
    while not isinstance(app, URLRouter):
        app = app.app  # as middleware of ASGI holds what it stands before
    return app


def _walk(patterns: typing.Iterable[URLPattern | URLResolver], before: Route | None = None) -> typing.Iterator[Route]:
    start = before or Route("", "", "")
    for one in patterns:
        pattern = start.pattern + str(one.pattern).removeprefix("^").removesuffix("$")
        regex = start.regex + one.pattern.regex.pattern.removeprefix("^")
        if isinstance(one, URLResolver):
            space = f"{start.name}{one.namespace}:" if one.namespace else start.name
            yield from _walk(one.url_patterns, Route(pattern, regex, space))
        else:
            yield Route(pattern, regex, f"{start.name}{one.name or ''}")
