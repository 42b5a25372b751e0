"""An account's status changes in what is asked for, and remembers since when it is closed."""

import datetime

from simulator.exchange import account_status

OPENED = datetime.datetime(2026, 11, 2, 15, tzinfo=datetime.UTC)


def test_an_account_that_is_reopened_was_never_closed():
    at, later = OPENED, OPENED + datetime.timedelta(days=1)
    closed = account_status.change(account_status.AccountStatus(), account_status.StandingChange(is_closed=True), at)
    assert (closed.closed_at, closed.is_trading) == (at, False)
    frozen = account_status.change(closed, account_status.StandingChange(is_frozen=True), later)
    assert (frozen.closed_at, frozen.changed_at) == (at, later)
    opened = account_status.change(frozen, account_status.StandingChange(is_closed=False), later)
    assert (opened.closed_at, opened.is_frozen, opened.is_trading) == (None, True, False)
