"""Claims about chains and hours: what the venue lists, and when it trades."""

import datetime
import decimal

from brokers.contract.broker import Strike
from brokers.tradier.reference.chains import to_chain
from brokers.tradier.reference.hours import to_hours, to_session

D = decimal.Decimal
NEW_YORK_NOON = datetime.datetime(2026, 11, 20, 17, 0, tzinfo=datetime.UTC)
SYMBOLS = {
    "symbols": [
        {"rootSymbol": "SPX", "options": "SPX261218C05000000"},
        {"rootSymbol": "SPXW", "options": ["SPXW261218P05000000", "SPXW261218C05000000", "SPXW261127C04990500", "?"]},
    ]
}
DATES = {"expirations": {"expiration": {"date": "2026-12-18", "contract_size": 100, "expiration_type": "standard"}}}


def test_a_chain_is_what_is_listed_by_expiration_root_and_strike():
    chain = to_chain("SPX", SYMBOLS, DATES)
    assert [(e.date.isoformat(), e.root, e.kind, e.multiplier) for e in chain.expirations] == [
        ("2026-11-27", "SPXW", None, None),
        ("2026-12-18", "SPX", "standard", D(100)),
        ("2026-12-18", "SPXW", "standard", D(100)),
    ]
    assert chain.expirations[0].strikes == (Strike(D("4990.5"), "SPXW261127C04990500", None),)
    assert chain.expirations[2].strikes == (Strike(D(5000), "SPXW261218C05000000", "SPXW261218P05000000"),)


def test_no_options_are_an_empty_chain():
    assert to_chain("X", {"symbols": None}, {"expirations": None}).expirations == ()
    assert to_chain("X", {"symbols": "null"}, {}).expirations == ()


def clock(state: str, next_change: str, at: datetime.datetime = NEW_YORK_NOON) -> dict[str, object]:
    return {"clock": {"state": state, "next_change": next_change, "timestamp": int(at.timestamp())}}


def test_the_clock_says_which_session_is_on_and_until_when():
    session = to_session(clock("open", "16:00"), NEW_YORK_NOON)
    assert session is not None
    assert (session.phase, session.until) == ("open", NEW_YORK_NOON.replace(hour=21))
    assert session.look_again_s(3.0) == 300
    late = to_session(clock("open", "16:00", NEW_YORK_NOON.replace(hour=20, minute=59)), NEW_YORK_NOON)
    assert late is not None
    assert late.look_again_s(3.0) == 63


def test_a_night_ends_tomorrow():
    session = to_session(clock("closed", "07:00", NEW_YORK_NOON.replace(hour=23)), NEW_YORK_NOON)
    assert session is not None
    assert session.until == datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)


def test_a_session_that_should_be_over_is_asked_about_soon():
    session = to_session(clock("open", "16:00", NEW_YORK_NOON.replace(hour=21, minute=1)), NEW_YORK_NOON)
    assert session is not None
    assert session.overdue_s == 60
    assert session.look_again_s(3.0) == 60


def test_a_state_that_nobody_knows_is_none():
    assert to_session(clock("lunch", "13:00"), NEW_YORK_NOON) is None
    assert to_session({"clock": None}, NEW_YORK_NOON) is None


def day(date: str, end: str | None = "16:00") -> dict[str, object]:
    hours = {"start": "09:30", "end": end}
    return {"date": date, "status": "open", "open": hours} if end else {"date": date, "status": "closed"}


def test_hours_have_the_session_that_is_not_over_and_the_days_without_one():
    days = [day("2026-11-20"), day("2026-11-21", None), day("2026-11-26", None), day("2026-11-27", "13:00")]
    months = [{"calendar": {"days": {"day": days}}}, {"calendar": {"days": {"day": day("2026-12-25", None)}}}]
    hours = to_hours(to_session(clock("open", "16:00"), NEW_YORK_NOON), months, NEW_YORK_NOON)
    assert hours.opens == NEW_YORK_NOON.replace(hour=14, minute=30).timestamp() * 1000
    assert hours.closes == hours.next_change == NEW_YORK_NOON.replace(hour=21).timestamp() * 1000
    assert hours.holidays == (datetime.date(2026, 11, 26), datetime.date(2026, 12, 25))
    assert hours.half_days == (datetime.date(2026, 11, 27),)
