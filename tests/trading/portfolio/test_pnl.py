"""Profit and loss equals what somebody else works out by counting single units, whatever is traded."""

import ast
import collections
import decimal
import pathlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.env import BASE_DIR
from trading.portfolio.pnl import Lots, Trade, Traded, day_pl, gain, known, total
from trading.portfolio.trades_today import realised

D = decimal.Decimal
UNIT = D("0.5")
"""What the reference counts in."""
MULTIPLIERS = st.sampled_from([D(1), D(5), D(50), D(100), D("0.1")])
PRICES = st.decimals("0.01", "4000", places=4)
FEES = st.decimals("-0.30", "9.99", places=2)
SIZES = st.integers(-40, 40).filter(bool).map(lambda halves: halves * UNIT)
TRADES = st.builds(Trade, SIZES, PRICES, FEES)


class Reference:
    """Counts every half share by itself, in fractions: a queue of what is open, one price each, oldest first."""

    def __init__(self, multiplier: D) -> None:
        self.multiplier = Fraction(multiplier)
        self.open: collections.deque[tuple[int, Fraction, Fraction]] = collections.deque()
        self.realised = self.cash = Fraction(0)

    def trade(self, trade: Trade) -> None:
        way = 1 if trade.quantity > 0 else -1
        self.cash -= Fraction(trade.quantity) * Fraction(trade.price) * self.multiplier + Fraction(trade.fees)
        for _ in range(int(abs(trade.quantity) / UNIT)):
            if self.open and self.open[0][0] != way:
                other, size, price = self.open.popleft()
                self.realised += other * size * (Fraction(trade.price) - price) * self.multiplier
                assert size == Fraction(UNIT)
            else:
                self.open.append((way, Fraction(UNIT), Fraction(trade.price)))

    @property
    def quantity(self) -> Fraction:
        return sum((way * size for way, size, _ in self.open), Fraction(0))

    def open_pl(self, mark: D) -> Fraction:
        made = (way * size * (Fraction(mark) - price) for way, size, price in self.open)
        return sum(made, Fraction(0)) * self.multiplier


def sure(amount: D | None) -> D:
    """Return what is known."""
    assert amount is not None
    return amount


def equal(found: D | None, expected: Fraction) -> bool:
    """Whether they are the same but for what no decimal can write: a third of a lot."""
    return found is not None and abs(Fraction(found) - expected) < Fraction(1, 10**20)


@settings(max_examples=150, deadline=None)
@given(st.lists(TRADES, max_size=14), MULTIPLIERS, PRICES)
def test_any_trades_come_to_what_counting_single_units_comes_to(trades, multiplier, mark):
    lots, reference = Lots(multiplier), Reference(multiplier)
    for trade in trades:
        lots.trade(trade)
        reference.trade(trade)
        assert Fraction(lots.quantity) == reference.quantity
        assert equal(lots.realised, reference.realised)
        assert equal(lots.open_pl(mark), reference.open_pl(mark))
    worth = lots.quantity * mark * multiplier
    assert Fraction(sure(lots.realised) + sure(lots.open_pl(mark)) - lots.fees) == reference.cash + Fraction(worth), (
        "money is lost"
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(TRADES, min_size=1, max_size=8), st.lists(TRADES, max_size=6), MULTIPLIERS, PRICES, PRICES)
def test_two_days_make_what_all_of_it_makes(first, second, multiplier, close, mark):
    """Each day is worth what its trades and the move since the close before it made: nothing twice, nothing lost."""
    reference = Reference(multiplier)
    for trade in (*first, *second):
        reference.trade(trade)
    held = sum((trade.quantity for trade in first), D(0))
    one = day_pl(held, close, None, Traded.of(first), multiplier)
    held += sum((trade.quantity for trade in second), D(0))
    two = day_pl(held, mark, close, Traded.of(second), multiplier)
    assert (
        Fraction(sure(one) + sure(two)) == reference.cash + reference.quantity * Fraction(mark) * reference.multiplier
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(TRADES, max_size=6), st.lists(TRADES, max_size=6), MULTIPLIERS)
def test_what_was_realised_today_is_what_closing_made_since_the_days_before(before, today, multiplier):
    reference = Reference(multiplier)
    for trade in before:
        reference.trade(trade)
    earlier = reference.realised
    for trade in today:
        reference.trade(trade)
    held = sum((trade.quantity for trade in (*before, *today)), D(0))
    fees = sum((Fraction(trade.fees) for trade in today), Fraction(0))
    assert equal(realised(held, before, today, multiplier), reference.realised - earlier - fees)


@settings(max_examples=60, deadline=None)
@given(st.lists(TRADES, min_size=1, max_size=6), st.lists(TRADES, max_size=4), st.integers(2, 20), PRICES)
def test_a_split_of_the_stock_makes_and_loses_nothing(before, after, ratio, mark):
    """Three for one: three times as many at a third of the price are worth, and were paid, the same."""
    lots, reference = Lots(D(1)), Reference(D(1))
    for trade in before:
        lots.trade(trade)
        reference.trade(trade)
    if not lots.quantity:
        with pytest.raises(ValueError, match="does not split"):
            lots.split(D(ratio))
        return
    assert equal(lots.open_pl(mark), reference.open_pl(mark))
    cost, quantity = lots.cost, lots.quantity
    lots.split(quantity * ratio)
    assert (lots.quantity, lots.cost) == (quantity * ratio, cost)
    cash = reference.cash
    for trade in after:
        lots.trade(trade)
        cash -= Fraction(trade.quantity) * Fraction(trade.price) + Fraction(trade.fees)
    assert equal(sure(lots.realised) + sure(lots.open_pl(mark)) - lots.fees, cash + Fraction(lots.quantity * mark))


def test_a_flip_closes_all_there_is_and_opens_the_rest_the_other_way():
    lots = Lots(D(100))
    lots.trade(Trade(D(2), D("1.50"), D("0.65")))
    lots.trade(Trade(D(-5), D("2.10"), D("1.30")))
    assert (lots.quantity, lots.realised, lots.fees) == (D(-3), D("120.00"), D("1.95"))
    assert lots.cost == D("-630.00")
    assert lots.open_pl(D("2.00")) == D("30.00")


def test_what_was_there_before_anybody_counted_has_no_cost_and_closing_it_realises_nobody_knows_what():
    lots = Lots(D(1), D(10))
    assert lots.open_pl(D(5)) is None
    lots.trade(Trade(D(-4), D(7)))
    assert (lots.quantity, lots.realised) == (D(6), None)
    assert realised(D(0), [], [Trade(D(-10), D(7))], D(1)) is None
    assert realised(D(10), [], [Trade(D(10), D(7)), Trade(D(-10), D(8)), Trade(D(10), D(7))], D(1)) == D(10)


@pytest.mark.parametrize(
    ("held", "mark", "close", "trades", "made"),
    [
        (D(10), D(5), None, [], None),
        (D(10), None, D(5), [], None),
        (D(0), None, D(5), [Trade(D(-10), D(6), D(1))], D(9)),
        (D(0), None, None, [Trade(D(-10), D(6))], None),
        (D(10), D(6), None, [Trade(D(10), D(5))], D(10)),
        (D(-10), D(6), D(7), [], D(10)),
    ],
)
def test_a_day_without_the_price_it_takes_made_nobody_knows_what(held, mark, close, trades, made):
    assert day_pl(held, mark, close, Traded.of(trades), D(1)) == made


def test_what_is_missing_stays_missing():
    assert gain(None, D(1), D(1), D(1)) is gain(D(1), None, D(1), D(1)) is gain(D(1), D(1), D(1), None) is None
    assert total([D(1), None]) is None
    assert (total([]), known([]), known([None]), known([None, D(2)])) == (D(0), None, None, D(2))


def test_no_float_touches_money():
    """In all of trading/: no number with a point but a time in seconds, and nothing that makes or names a float."""
    found = []
    for path in sorted((BASE_DIR / "trading").rglob("*.py")):
        tree = ast.parse(path.read_text(), str(path))
        seconds = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and all(_is_seconds(name) for name in node.targets)
        }
        seconds |= {
            id(default)
            for node in ast.walk(tree)
            if isinstance(node, ast.arguments)
            for argument, default in zip(node.args[::-1], node.defaults[::-1], strict=False)
            if argument.arg.endswith("_s")
        }
        timed = {
            id(name)
            for node in ast.walk(tree)
            if (isinstance(node, ast.arg) and node.arg.endswith("_s"))
            or (isinstance(node, ast.AnnAssign) and ast.unparse(node.target).endswith("_s"))
            for name in ast.walk(node)
        }
        found += [
            f"{pathlib.Path(path).relative_to(BASE_DIR)}:{node.lineno}"
            for node in ast.walk(tree)
            if (isinstance(node, ast.Constant) and isinstance(node.value, float) and id(node) not in seconds)
            or (isinstance(node, ast.Name) and node.id == "float" and id(node) not in timed)
        ]
    assert found == []


def _is_seconds(name: ast.expr) -> bool:
    return isinstance(name, ast.Name) and name.id.endswith("_S")
