"""What an execution does to an account's cash, position, gains and transactions, to the cent."""

import datetime
import decimal
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.exchange import booking
from simulator.exchange.accounts import SimAccount
from simulator.exchange.booking import SimBooked, SimExecution
from simulator.exchange.fees import Filled
from simulator.exchange.market_view import Terms
from simulator.exchange.orders import Fees, SimFill
from tests.simulator.trading import Desk

Decimal = decimal.Decimal
DAY = datetime.date(2026, 11, 18)
FREE = Fees()
SHARE = Terms("XYZ", "equity", "XYZ")
FUTURE = Terms("/ESZ6", "future", "/ESZ6", Decimal(50), Decimal("0.25"))


def trade(
    account: SimAccount,
    signed: int,
    price: str,
    terms: Terms = SHARE,
    day: datetime.date = DAY,
    flat: Fees | None = FREE,
) -> SimBooked:
    fill = SimFill("1", "1", Decimal(abs(signed)), Decimal(price), 1_795_021_200_000, "IEX")
    execution = SimExecution(terms, 1 if signed > 0 else -1, fill, day, order_id=1, flat=flat)
    return booking.book(account, execution, Filled(), itertools.count(1))


def account() -> SimAccount:
    return SimAccount("5WX1", Decimal(0))


def test_a_position_is_held_at_the_average_of_what_was_paid():
    ours = account()
    trade(ours, 100, "10.00")
    trade(ours, 50, "13.00")
    holding = ours.holdings[0]
    assert [holding.quantity, holding.average, holding.cost] == [150, 11, 1650]
    trade(ours, -30, "20.00")
    assert [holding.quantity, holding.average, holding.realized] == [120, 11, 270]


def test_what_the_average_loses_by_rounding_the_cost_keeps():
    ours = account()
    for quantity, price in ((1, "10.00"), (2, "10.01")):
        trade(ours, quantity, price)
    holding = ours.holdings[0]
    assert holding.average == Decimal("10.00666667")
    assert holding.cost == Decimal("30.02")
    booked = trade(ours, -3, "11.00")
    assert booked.gain is not None
    assert booked.gain.realized == Decimal("2.98") == ours.cash


def test_the_days_gain_begins_anew_every_day_and_survives_a_position():
    ours = account()
    trade(ours, 10, "10.00")
    trade(ours, -10, "11.00")
    assert not ours.holdings
    assert ours.closed["XYZ"].realized_today(DAY) == 10
    again = trade(ours, 10, "12.00").holding
    assert again.realized_today(DAY) == 10
    assert again.realized_today(DAY + datetime.timedelta(days=1)) == 0
    tomorrow = trade(ours, -5, "13.00", day=DAY + datetime.timedelta(days=1))
    assert tomorrow.holding.realized == 5
    assert tomorrow.gain is not None
    assert [tomorrow.gain.realized, tomorrow.gain.lot, tomorrow.gain.year] == [15, 5, 2026]


def test_the_year_counts_what_opening_cost_too_and_tells_it_when_something_is_made():
    ours = account()
    assert trade(ours, 10, "10.00", flat=Fees(clearing=Decimal(1), commission=Decimal(2))).gain is None
    flipped = trade(ours, -15, "11.00", flat=Fees(regulatory=Decimal(4))).gain
    assert flipped is not None
    assert [flipped.realized, flipped.lot, flipped.fees, flipped.commissions] == [10, 10, 5, 2]


def test_an_execution_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="nothing"):
        trade(account(), 0, "10.00")


executions = some.lists(
    some.tuples(some.integers(-40, 40).filter(bool), some.integers(1, 40_000)), min_size=1, max_size=12
)


@given(executions)
def test_cash_is_what_was_made_less_what_is_held_cost(parts: list[tuple[int, int]]):
    ours = account()
    for signed, cents in parts:
        trade(ours, signed, str(Decimal(cents) / 100))
    held = sum((holding.cost for holding in ours.holdings), Decimal(0))
    made = ours.gains["XYZ", 2026].realized if ours.gains else Decimal(0)
    assert abs(ours.cash - (made - held)) <= Decimal("0.005") * len(parts)
    assert sum(signed for signed, _ in parts) == sum(holding.quantity for holding in ours.holdings)


@given(executions, some.integers(1, 40_000))
def test_a_futures_cash_and_open_profit_are_what_shares_would_have_made(parts: list[tuple[int, int]], cents: int):
    future, share = account(), account()
    points = msgspec.structs.replace(SHARE, multiplier=Decimal(50))
    for signed, price in parts:
        trade(future, signed, str(Decimal(price) / 100), FUTURE)
        trade(share, signed, str(Decimal(price) / 100), points)
    mark = Decimal(cents) / 100
    open_profit = sum(((mark * h.quantity - h.cost) * 50 for h in future.holdings), Decimal(0))
    worth = share.cash + sum((mark * h.quantity * 50 for h in share.holdings), Decimal(0))
    assert abs(future.cash + open_profit - worth) <= Decimal("0.005") * len(parts)


def test_selling_more_than_is_held_turns_the_position_in_two_bookings():
    desk = Desk()
    desk.buy("10")
    desk.wait(0.1)
    desk.sell("25")
    desk.wait(0.2)
    closing, opening = desk.account.transactions[-2:]
    assert [(t.sub_type, str(t.quantity)) for t in (closing, opening)] == [
        ("Sell to Close", "10"), ("Sell to Open", "15"),
    ]  # fmt: skip
    assert desk.held() == -15
    assert desk.account.holdings[0].average == opening.price
    assert desk.account.holdings[0].realized == closing.value + desk.account.transactions[0].value
