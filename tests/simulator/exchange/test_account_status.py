"""An account's status changes in what is asked for, and remembers since when it is closed."""

import datetime

import msgspec
import pytest

from simulator.exchange import account_status
from simulator.exchange.account_status import AccountStatus, StandingChange

OPENED = datetime.datetime(2026, 11, 2, 15, tzinfo=datetime.UTC)


def test_an_account_that_is_reopened_was_never_closed():
    at, later = OPENED, OPENED + datetime.timedelta(days=1)
    closed = account_status.change(AccountStatus(), StandingChange(is_closed=True), at)
    assert (closed.closed_at, closed.is_trading) == (at, False)
    frozen = account_status.change(closed, StandingChange(is_frozen=True), later)
    assert (frozen.closed_at, frozen.changed_at) == (at, later)
    opened = account_status.change(frozen, StandingChange(is_closed=False), later)
    assert (opened.closed_at, opened.is_frozen, opened.is_trading) == (None, True, False)


def test_a_change_leaves_alone_what_it_does_not_name():
    before = AccountStatus(is_closing_only=True, day_trades=3)
    after = account_status.change(before, StandingChange(is_in_margin_call=True, day_trades=0), OPENED)
    assert (after.is_closing_only, after.is_in_margin_call, after.day_trades) == (True, True, 0)
    assert (after.changed_at, after.closed_at) == (OPENED, None)
    assert before == AccountStatus(is_closing_only=True, day_trades=3), "what was is left as it was"


@pytest.mark.parametrize(
    ("status", "is_trading"),
    [
        (AccountStatus(), True),
        (AccountStatus(is_frozen=True), False),
        (AccountStatus(is_closed=True), False),
        (AccountStatus(is_closing_only=True, is_in_margin_call=True, is_pattern_day_trader=True), True),
    ],
)
def test_only_a_closed_or_a_frozen_account_takes_no_order(status: AccountStatus, is_trading: bool):
    assert status.is_trading == is_trading


@pytest.mark.parametrize("body", [b'{"is_cloesd": true}', b'{"day_trades": "3"}', b'{"is_closed": 1}'])
def test_a_change_of_something_unknown_is_refused(body: bytes):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=StandingChange)
