"""Positions require what Regulation T and the house rules say, and together never more than apart."""

import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from brokers.instruments.symbols import parse_option
from simulator.exchange import margin
from simulator.exchange.margin import MarginPortfolio
from simulator.exchange.market_view import Terms
from simulator.market import calendar

Decimal = decimal.Decimal
SPOT = Decimal(100)
SHARE = Terms("XYZ", "equity", "XYZ")


def option(right: str, strike: int, month: int = 12) -> Terms:
    known = parse_option(f"XYZ26{month:02d}18{right}{strike * 1000:08d}")
    assert known is not None
    return Terms(known.symbol, "option", "XYZ", Decimal(100), option=known, expires_at=calendar.closing(known.expiry))


def needs(*held: tuple[Terms, int, str], is_margin: bool = True) -> margin.Requirement:
    folio = MarginPortfolio(Decimal(0))
    for terms, quantity, price in held:
        folio.add_position(terms, Decimal(quantity), Decimal(price), SPOT)
    return margin.requirement(folio.lots, is_margin=is_margin)


@pytest.mark.parametrize(
    ("held", "initial", "maintenance"),
    [
        ([(SHARE, 100, "100")], "5000", "2500"),
        ([(SHARE, -100, "100")], "5000", "3000"),
        ([(option("C", 100), 5, "3")], "0", "0"),
        ([(option("C", 100), -1, "3")], "2300", "2300"),
        ([(option("C", 115), -1, "0.50")], "1050", "1050"),
        ([(option("P", 80), -1, "0.50")], "850", "850"),
        ([(SHARE, 100, "100"), (option("C", 105), -1, "1")], "5000", "2500"),
        ([(SHARE, 100, "100"), (option("C", 95), -1, "6")], "5500", "3000"),
        ([(option("C", 100), -1, "3"), (option("C", 105), 1, "1")], "500", "500"),
        ([(option("C", 105), -1, "1"), (option("C", 100), 1, "3")], "0", "0"),
        ([(option("P", 100), -2, "3"), (option("P", 95), 1, "1")], "2800", "2800"),
        ([(option("C", 100, 12), -1, "3"), (option("C", 100, 11), 1, "1")], "2300", "2300"),
        ([(option("C", 105), -1, "1"), (option("C", 110), 1, "0.40"),
          (option("P", 95), -1, "1"), (option("P", 85), 1, "0.20")], "1000", "1000"),
        ([(option("C", 105), -1, "1"), (option("P", 95), -1, "1")], "1700", "1700"),
    ],
)  # fmt: skip
def test_positions_require(held: list[tuple[Terms, int, str]], initial: str, maintenance: str):
    need = needs(*held)
    assert [need.initial, need.maintenance] == [Decimal(initial), Decimal(maintenance)]


@pytest.mark.parametrize(
    ("held", "initial"),
    [
        ([(SHARE, 100, "100")], "10000"),
        ([(option("P", 95), -1, "1")], "9500"),
        ([(SHARE, 100, "100"), (option("C", 105), -1, "1")], "10000"),
        ([(SHARE, -1, "100")], None),
        ([(option("C", 105), -1, "1")], None),
        ([(SHARE, 99, "100"), (option("C", 105), -1, "1")], None),
        ([(option("C", 100), 1, "3"), (option("C", 105), -1, "1")], None),
        ([(Terms("/ESZ6", "future", "/ESZ6", Decimal(50)), 1, "5000")], None),
    ],
)
def test_without_margin_everything_is_paid_covered_or_not_allowed(
    held: list[tuple[Terms, int, str]], initial: str | None
):
    need = needs(*held, is_margin=False)
    assert need.is_allowed == (initial is not None)
    assert initial is None or need.initial == Decimal(initial)


positions = some.lists(
    some.tuples(some.sampled_from("CP"), some.integers(80, 120), some.integers(-4, 4), some.integers(1, 800)),
    max_size=6,
    unique_by=lambda held: held[:2],
)


@given(positions, some.integers(-300, 300))
def test_a_portfolio_never_requires_more_than_its_positions_apart(
    options: list[tuple[str, int, int, int]], shares: int
):
    held = [(option(right, strike), quantity, f"{cents / 100}") for right, strike, quantity, cents in options]
    held.append((SHARE, shares, "100"))
    together, apart = needs(*held), [needs(each) for each in held]
    moneyness = sum(
        (max(Decimal(0), (SPOT - strike) * (1 if right == "C" else -1)) * 100 * max(0, -quantity)
         for right, strike, quantity, _ in options), Decimal(0),
    )  # fmt: skip
    assert 0 <= together.maintenance <= together.initial
    assert together.initial <= sum((each.initial for each in apart), Decimal(0)) + moneyness
