"""What this desk is called in mails and in links that are handed on: never for a request to decide in production."""

import typing

from django.conf import settings
from django.http import HttpRequest

NAME = "Tapedeck"


class Site(typing.NamedTuple):
    """The desk as mails name it."""

    name: str
    domain: str


def origin(request: HttpRequest) -> str:
    """Return where people find the desk: SITE_URL; without one a host that is allowed, else the one that was asked."""
    return known_origin() or f"{request.scheme}://{request.get_host()}"


def known_origin() -> str:
    """Return where people find the desk as far as the settings say it; empty where they do not."""
    if settings.SITE_URL:
        return str(settings.SITE_URL)
    if settings.PRODUCTION:
        return f"https://{settings.ALLOWED_HOSTS[0].removeprefix('.')}"
    return ""


def absolute(request: HttpRequest, path: str) -> str:
    """Return the address of a path of this desk."""
    return f"{origin(request)}{path}"


def of(request: HttpRequest) -> Site:
    """Return what mails call the desk."""
    return Site(NAME, origin(request).partition("://")[2])
