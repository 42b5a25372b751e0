"""Every address that this desk answers, as its routes name them."""

import re
import typing

from django.urls import URLPattern, URLResolver, get_resolver, reverse

import market.routing
import streaming.routing
import trading.routing

UUID = "00000000-0000-4000-8000-000000000000"
SAMPLES = {
    "link_id": UUID, "pending_id": UUID, "venue": "tradier", "token": "x" * 20, "token_id": "1", "invitation": "1",
    "way": "up", "symbol": "QQQ", "screen": "wide", "id": "1", "key": "1-abc", "uidb36": "1",
    "channel": UUID, "what": "try", "receipt": "1:forged",
    "place": "1",
}  # fmt: skip
"""Something for each part of an address that differs."""
FOR_ANYBODY = {
    "streaming:health", "streaming:ready", "accounts:claim", "accounts:invitation", "account_login", "account_logout",
    "account_signup", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_confirm_email",
    "account_email_verification_sent", "accounts:reset-password", "accounts:confirm-address", "alerts:push_worker",
}  # fmt: skip
"""Routes that whoever is not signed in may ask: probes, the ways in and out, and the script of the worker for push."""
STREAMS_FOR_ANYBODY = {"/health"}
"""The same of what is served without Django's handler."""


def pages() -> typing.Iterator[tuple[str, str]]:
    """Yield the name and an address of every route of Django's; those of its admin have a door of their own."""
    yield from _below(get_resolver(), "")


def _below(resolver: URLResolver, prefix: str) -> typing.Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver) and one.namespace != "admin":
            yield from _below(one, f"{prefix}{one.namespace}:" if one.namespace else prefix)
        elif isinstance(one, URLPattern):
            name = f"{prefix}{one.name}"
            named = one.pattern.regex.groupindex
            yield name, reverse(name, kwargs={part: SAMPLES[part] for part in named})


def streams() -> typing.Iterator[str]:
    """Yield an address of everything that is served without Django's handler."""
    for pattern in (*market.routing.APPS, *trading.routing.APPS):
        yield "/" + re.sub(r"\(\?P<symbol>[^)]*\)", "QQQ", pattern).strip("^$").removesuffix("/?")
    for route in streaming.routing.http_urlpatterns:
        yield "/" + str(route.pattern).strip("^$").removesuffix("/?")
