"""Which addresses of `apprise` a desk takes, and what may be shown of them. Pure.

An address names a service by its scheme. Those that lead anywhere a person likes in a form of their own (JSON, XML,
forms), or to this machine (syslog), are none of them; nor is an option that has files or pages read, or attached.
"""

import re
import urllib.parse
from collections.abc import Mapping

SERVICES: Mapping[str, str] = {
    "discord": "Discord", "gotifys": "Gotify", "mailtos": "Mail", "matrixs": "Matrix", "ntfys": "ntfy",
    "pover": "Pushover", "signals": "Signal", "slack": "Slack", "tgram": "Telegram", "workflows": "Teams",
}  # fmt: skip
"""The services by their scheme: each speaks over TLS alone."""
_TAKEN = """
to from name user pass smtp mode format priority sound image footer avatar silent preview thread topic token tts ping
bcc cc reply id sig ver sp sv api-version route routeid wrap pa powerautomate batch status version msgtype auth email
"""
OPTIONS = frozenset(_TAKEN.split())
"""What may be set behind the question mark."""
LONGEST = 2_000
SECRET_LEAST = 8
"""Shorter parts of an address are no secrets."""


class BadAddressError(ValueError):
    """An address that is not taken. Its text quotes nothing but a scheme or the name of an option."""


def read_scheme(address: str) -> str:
    """Return the scheme of an address that is taken. Raises BadAddressError."""
    scheme, is_whole, rest = address.partition("://")
    scheme = scheme.strip().lower()
    if not is_whole or re.fullmatch(r"[a-z][a-z0-9+.-]{0,31}", scheme) is None:
        raise BadAddressError("it begins with no scheme, like discord://")
    if scheme not in SERVICES:
        raise BadAddressError(f"{scheme}:// is not taken here, only {', '.join(f'{one}://' for one in SERVICES)}")
    if not rest or len(address) > LONGEST or not address.isprintable():
        raise BadAddressError("it cannot be read")
    for name, _ in urllib.parse.parse_qsl(rest.partition("?")[2], keep_blank_values=True):
        if name.lower() not in OPTIONS:
            raise BadAddressError(f"its option {name[:32]!r} is not taken here")
    return scheme


def secrets_of(address: str) -> list[str]:
    """Return the parts of an address that must be shown nowhere, and the whole."""
    parts = re.split(r"[/:@?&=#]+", address.partition("://")[2])
    return [address, *(part for part in parts if len(part) >= SECRET_LEAST)]
