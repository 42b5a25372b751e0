"""Whether a feed that is connected is alive, and what session the market is in. Pure: the time is an argument.

Source of the rules: docs/protocol.md, Freshness. In the regular session SPY is never silent for long; in any session
the venue sends at least a KEEPALIVE a minute. A quiet option alone says nothing.
"""

import datetime
from typing import Any

import msgspec

from brokers.adapter.market_hours import MarketSession, Phase
from brokers.contract.broker import Hours


class TastytradeTimeouts(msgspec.Struct, frozen=True):
    """Seconds of silence after which a feed is mute, and how often what is slow is looked at.

    The page must say "stale" within 15 s of the last SPY event.
    """

    pulse_s: float = 13.0
    inbound_s: float = 65.0
    tick_s: float = 1.0
    """How often silence is looked for and proofs of life are passed on."""
    reconcile_s: float = 30.0
    """How often balances and positions are read over REST."""
    heartbeat_s: float = 20.0
    """How often the account stream is told that we are there: the venue drops whoever is silent for a minute."""
    answer_s: float = 10.0
    """How long a stream may take to answer: a token, a channel request, a heartbeat."""
    call_s: float = 3.0
    """How often the watched symbols are called; one that is silent at two calls is looked up by name."""
    uncalled_s: float = 60.0
    """How long they are not called after the venue did not answer such a request."""
    ranks_again_s: float = 15.0
    """How soon IV ranks are asked for again that the venue did not tell."""


_PHASES: dict[str, tuple[Phase, str]] = {
    "Pre-market": ("pre", "open-at"),
    "Open": ("open", "close-at"),
    "Extended": ("post", "close-at-ext"),
    "Closed": ("closed", "start-at"),
}


def to_session(raw: dict[str, Any], now: datetime.datetime) -> MarketSession | None:
    """Read an item of /market-time/sessions/current. None when its state is none that we know."""
    if raw.get("state") not in _PHASES:
        return None
    phase, key = _PHASES[raw["state"]]
    later = raw.get("next-session")
    times = [_time(day.get(key)) for day in (raw, later) if isinstance(day, dict)]
    own = times[0] if phase != "closed" else None  # the day that is over begins no more
    overdue_s = None if own is None or own > now else (now - own).total_seconds()
    return MarketSession(phase, next((time for time in times if time is not None and time > now), None), now, overdue_s)


def to_hours(raw: dict[str, Any], holidays: dict[str, Any], now: datetime.datetime) -> Hours:
    """Read the present session and the holidays. `opens` and `closes` are those of the session that is not over."""
    session = to_session(raw, now)
    days = [day for day in (raw, raw.get("next-session")) if isinstance(day, dict)]
    bounds = ((_time(day.get("open-at")), _time(day.get("close-at"))) for day in days)
    opens, closes = next((bound for bound in bounds if bound[1] is not None and bound[1] > now), (None, None))
    return Hours(
        session=session.phase if session else None,
        next_change=_ms(session.until) if session else None,
        opens=_ms(opens),
        closes=_ms(closes),
        holidays=_days(holidays.get("market-holidays")),
        half_days=_days(holidays.get("market-half-days")),
    )


def _ms(time: datetime.datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)


def _days(value: Any) -> tuple[datetime.date, ...]:
    texts = [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
    return tuple(sorted(datetime.date.fromisoformat(text) for text in texts))


def _time(value: Any) -> datetime.datetime | None:
    try:
        read = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
