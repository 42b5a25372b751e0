"""An execution costs what the venue's schedule says, to the cent, in one part or in many."""

import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from brokers.instruments.symbols import Option, parse_option
from simulator.exchange import fees
from simulator.exchange.fees import Filled
from simulator.exchange.market_view import Kind, Terms
from simulator.exchange.orders import Fees

Decimal = decimal.Decimal
SHARE = Terms("AAPL", "equity", "AAPL")


def option(root: str = "SPY") -> Terms:
    known = parse_option(f"{root}261218C00545000")
    assert isinstance(known, Option)
    return Terms(known.symbol, "option", root, Decimal(100), option=known)


def filled(side: int, quantity: str, value: str, *, is_opening: bool = True) -> Filled:
    return Filled().plus(side, Decimal(quantity), Decimal(value), is_opening=is_opening)


@pytest.mark.parametrize(
    ("terms", "done", "costs"),
    [
        (SHARE, filled(1, "1000", "226400"), "0.80"),
        (SHARE, filled(-1, "1000", "226400", is_opening=False), "5.66"),
        (SHARE, filled(-1, "100000", "1000000", is_opening=False), "110.39"),
        (SHARE, filled(1, "0.5", "113.20"), "0.10"),
        (option(), filled(1, "3", "1500"), "3.36"),
        (option(), filled(1, "25", "12500"), "13.00"),
        (option(), filled(-1, "3", "1500", is_opening=False), "0.40"),
        (option("SPX"), filled(1, "25", "12500"), "44.25"),
        (Terms("/ESZ6", "future", "/ESZ6", Decimal(50)), filled(1, "2", "500000"), "3.14"),
        (Terms("/MESZ6", "future", "/MESZ6", Decimal(5)), filled(-1, "2", "50000", is_opening=False), "2.34"),
        (Terms("BTC/USD", "crypto", "BTC/USD"), filled(1, "0.01", "900"), "3.15"),
    ],
)
def test_an_execution_costs_what_the_schedule_says(terms: Terms, done: Filled, costs: str):
    assert fees.charge(terms, done).total == Decimal(costs)


KINDS: dict[Kind, Terms] = {"equity": SHARE, "option": option()}
executions = some.lists(
    some.tuples(some.sampled_from((1, -1)), some.integers(1, 5000), some.integers(1, 10**7), some.booleans()),
    min_size=1,
    max_size=8,
)


@given(some.sampled_from(sorted(KINDS)), executions)
def test_an_order_in_parts_costs_the_cents_of_an_order_in_one(kind: Kind, parts: list[tuple[int, int, int, bool]]):
    terms, done, booked = KINDS[kind], Filled(), Fees()
    for side, quantity, cents, is_opening in parts:
        now = done.plus(side, Decimal(quantity), Decimal(cents) / 100, is_opening=is_opening)
        booked = fees.plus(booked, fees.less(fees.charge(terms, now), fees.charge(terms, done)))
        done = now
    assert booked == fees.charge(terms, done)
    assert booked.total == booked.total.quantize(Decimal("0.01"))
    assert min(booked.regulatory, booked.clearing, booked.commission) >= 0
