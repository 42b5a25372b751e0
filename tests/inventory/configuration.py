"""What an operator sets: environment variables, Django settings, limits of the streams, and what venues ask for."""

import sys
import typing

from django.conf import settings

from brokers.catalogue import VENUES
from config import env
from tests.inventory.documents import rows
from tests.inventory.project import own_apps

SHOWN = (
    "AUTH_USER_MODEL", "CONTENT_SECURITY_POLICY", "CSRF_COOKIE_NAME", "CSRF_HEADER_NAME", "DEFAULT_AUTO_FIELD",
    "LANGUAGE_CODE", "LOGIN_REDIRECT_URL", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SAMESITE",
    "STATIC_URL", "STREAM", "TIME_ZONE",
)  # fmt: skip
"""Settings whose values others see; of all others the inventory has the type."""


def collect() -> dict[str, typing.Any]:
    """Return names of variables and settings, with the values of those that others see."""
    module = vars(sys.modules["config.settings"])
    return {
        "variables": {**dict.fromkeys(env.VARIABLES, "read"), **dict.fromkeys(env.RESERVED, "reserved")},
        "settings": {
            name: getattr(settings, name) if name in SHOWN else type(value).__name__
            for name, value in {**dict.fromkeys(SHOWN), **module}.items()
            if name.isupper()
        },
        "limits": _limits(),
        "apps": [config.label for config in own_apps()],
        "venues": {
            name: {
                "title": venue.title,
                "credentials": [field.name for field in venue.fields],
                "environments": {
                    environment: [address for address in _texts(endpoints) if address]
                    for environment, endpoints in venue.addresses.items()
                },
            }
            for name, venue in VENUES.items()
        },
    }


def _texts(endpoints: typing.Any) -> list[str]:
    return [str(getattr(endpoints, name)) for name in type(endpoints).__struct_fields__]


def _limits() -> dict[str, str]:
    """Return the default of each limit, as the protocol's table has them: several in one row, in the same order."""
    found: dict[str, str] = {}
    for named, defaults, *_ in rows("protocol.md", "Limits", "name"):
        names = named.replace("`", "").split(", ")
        found |= dict(zip(names, defaults.split(", "), strict=True))
    return found
