"""Limits and paces of the streams: the defaults, and the `STREAM` setting that overrides them by name."""

import msgspec
from django.conf import settings


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Durations end in `_s` (seconds) or `_ms`; the others count."""

    pulse_ms: int = 50
    linger_s: float = 60.0
    last_known_s: float = 60.0
    """How often what a person's board knows is kept for pages that are opened while nothing streams."""
    beacon_s: float = 2.0
    deaf_s: float = 4.5
    want_ttl_s: float = 10.0
    lease_s: float = 15.0
    access_check_s: float = 3.0
    send_timeout_s: float = 10.0
    ack_timeout_s: float = 60.0
    window: int = 32
    window_bytes: int = 262_144
    envelope_bytes: int = 262_144
    hello_timeout_s: float = 30.0
    message_bytes: int = 65_536
    message_rate: float = 20.0
    message_burst: int = 40
    strikes: int = 40
    symbols_per_socket: int = 1_200
    symbols_per_person: int = 3_000
    sockets_per_person: int = 20
    views_per_person: int = 20
    listeners_per_person: int = 500
    divergence_bps: int = 100
    """How far two sources of one price may be apart before it is told, in hundredths of a percent of the price."""


def limits() -> Limits:
    """Return the limits in force. Raises msgspec.ValidationError naming an unknown or mistyped one."""
    return msgspec.convert(getattr(settings, "STREAM", {}), Limits)
