"""What the clock alone changes: how old a price is, and how many days an option has left. Pure. Times are in ms."""

from collections.abc import Iterable, Mapping

from alerts.evaluation.board_values import BoardReading
from alerts.evaluation.hours import Calendar, new_york_day
from alerts.rules.fields import has_sessions
from alerts.rules.spec import Session
from brokers.instruments.symbols import parse_option

Told = Mapping[str, object]


def price_age(
    symbol: str, quote: Told | None, sessions: Iterable[Session], calendar: Calendar, now: int
) -> BoardReading:
    """Return how old a price is in s, by when its venue said it: in a session, at most as old as that.

    Of several sessions the one counts that began last. That its link is away makes it only older.
    """
    at = (quote or {}).get("at")
    if quote is None or not isinstance(at, int):
        return BoardReading(None, "no price has come yet")
    if quote.get("delayed") is True:
        return BoardReading(None, "the data is delayed")
    begun = [opens for one in sessions if has_sessions(symbol) and (opens := calendar.hours(one, now).opens) <= now]
    return BoardReading(max(0, now - max(at, *begun, 0)) / 1000, at=at, source=str(quote.get("link") or ""))


def days_left(symbol: str, now: int) -> BoardReading:
    """Return how many days of the exchange's calendar there are until an option expires; 0 on that day."""
    option = parse_option(symbol)
    left = -1 if option is None else (option.expiry - new_york_day(now)).days
    return BoardReading(None, "it has expired") if left < 0 else BoardReading(float(left), at=now)
