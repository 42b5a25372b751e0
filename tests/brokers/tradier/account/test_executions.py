"""Claims about orders at Tradier: what the venue tells in sums is told as fills, each once, however it is looked at."""

import datetime
import decimal
import typing

from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.contract.reports import FillReport, OrderReport
from brokers.tradier.account.executions import Executions, is_priced

Decimal = decimal.Decimal
D = Decimal


def order(**fields):
    return {"id": 1, "status": "filled", "exec_quantity": 1.0, "avg_fill_price": 0.0} | fields


def test_an_order_is_priced_once_every_leg_has_its_price():
    assert not is_priced(order())
    assert is_priced(order(avg_fill_price=4.2))
    assert is_priced(order(status="canceled", exec_quantity=0.0))
    leg = {"exec_quantity": 1.0, "avg_fill_price": 0.0}
    assert not is_priced(order(avg_fill_price=4.2, leg=[leg, leg | {"avg_fill_price": 1.0}]))
    assert not is_priced(order(avg_fill_price=4.2, leg=leg))
    assert not is_priced(order(exec_quantity=0.0))


AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)
BEGAN = int(AT.timestamp() * 1000)


def looks(executed: list[tuple[int, int]]) -> list[dict[str, typing.Any]]:
    """What the venue says of one order, before any of its executions (quantity, price in cents) and after each."""
    total = sum(quantity for quantity, _ in executed) + 1
    said = []
    for count in range(len(executed) + 1):
        done = executed[:count]
        quantity, paid = sum(q for q, _ in done), sum(q * p for q, p in done)
        last = done[-1] if done else (0, 0)
        at = AT + datetime.timedelta(milliseconds=count)
        said.append(
            {
                "id": 7, "type": "limit", "symbol": "KMPR", "side": "sell", "quantity": float(total), "price": 9.5,
                "status": "partially_filled" if done else "open", "duration": "day", "class": "equity",
                "avg_fill_price": float(round(D(paid) / quantity / 100, 6)) if done else 0.0,
                "exec_quantity": float(quantity),
                "last_fill_quantity": float(last[0]), "last_fill_price": last[1] / 100,
                "transaction_date": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        )  # fmt: skip
    return said


class Ledger:
    """Keeps each fact once, by its id, and the cursors that came with them; as the desk's does."""

    def __init__(self) -> None:
        self.fills: dict[str, FillReport] = {}
        self.words: dict[str, OrderReport] = {}
        self.cursors: dict[str, str] = {}

    def store(self, happenings: typing.Iterable[OrderReport | FillReport]) -> None:
        for each in happenings:
            kept: dict[str, typing.Any] = self.fills if isinstance(each, FillReport) else self.words
            kept.setdefault(each.id, each)
            self.cursors |= each.cursors


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(900, 1100)), min_size=1, max_size=8),
    st.lists(
        st.tuples(st.sampled_from(["hear", "lose", "ask", "ask late", "restart", "old"]), st.integers(0, 8)),
        max_size=14,
    ),
)
@settings(max_examples=300, deadline=None)
def test_every_unit_is_told_once_however_looks_statements_and_restarts_fall(executed, steps):
    """A look may come late or twice, or not at all; what was told may be lost with the process before it is stored."""
    said, now, ledger, executions = looks(executed), 0, Ledger(), Executions("L")
    unstored: list[OrderReport | FillReport] = []
    for what, number in steps:
        now = max(now, min(number, len(executed)))
        match what:
            case "hear":
                ledger.store(executions.news(said[now], "6YA"))
            case "lose":
                executions.news(said[now], "6YA")
                executions, unstored = Executions("L"), []
                executions.restore(ledger.cursors)
            case "old":
                ledger.store(executions.news(said[min(number, now)], "6YA"))
            case "ask":
                ledger.store(executions.state(said[now], "6YA", 0))
            case "ask late":
                unstored += executions.state(said[now], "6YA", 0)
            case "restart":
                ledger.store(unstored)
                executions, unstored = Executions("L"), []
                executions.restore(ledger.cursors)
    ledger.store(unstored)
    ledger.store(executions.state(said[-1], "6YA", 0))
    fills = ledger.fills.values()
    assert sum(fill.quantity for fill in fills) == -sum(quantity for quantity, _ in executed)
    paid = sum((fill.quantity * fill.price for fill in fills), D(0))
    assert abs(paid + D(sum(q * p for q, p in executed)) / 100) <= D("0.000002") * sum(q for q, _ in executed)
    assert {fill.id for fill in executions.state(said[-1], "6YA", 0) if isinstance(fill, FillReport)} == set(
        ledger.fills
    )
    assert max(ledger.words.values(), key=lambda word: word.version).legs[0].filled == sum(q for q, _ in executed)


ONE = {
    "id": 228749, "type": "market", "symbol": "SPY", "side": "buy_to_open", "quantity": 2.0, "status": "filled",
    "duration": "day", "avg_fill_price": 1.5, "exec_quantity": 2.0, "last_fill_price": 1.5, "last_fill_quantity": 1.0,
    "remaining_quantity": 0.0, "create_date": "2018-06-06T20:16:17.342Z",
    "transaction_date": "2018-06-06T20:16:17.357Z", "class": "option", "option_symbol": "SPY180720C00274000",
    "tag": "mine",
}  # fmt: skip


def told(raw, executions: Executions | None = None) -> tuple[list[FillReport], list[OrderReport]]:
    found = (executions or Executions("L")).news(raw, "6YA")
    return [each for each in found if isinstance(each, FillReport)], [
        each for each in found if isinstance(each, OrderReport)
    ]


def test_an_option_is_told_by_its_own_name_with_its_multiplier():
    (fill,), (word,) = told(ONE)
    assert (fill.id, fill.symbol, fill.underlying) == ("228749:0:2", "SPY180720C00274000", "SPY")
    assert (fill.quantity, fill.price, fill.multiplier, fill.instrument) == (D(2), D("1.5"), D(100), "Equity Option")
    assert (word.id, word.order, word.client, word.kind) == (
        "228749:1528316177357:filled:2",
        "228749",
        "mine",
        "market",
    )
    assert (word.legs[0].side, word.legs[0].effect, word.submitted_at) == ("buy", "open", 1528316177342)
    assert fill.cursors == {"fill 228749 0 2": "1.5:2.0:1.50000000:1528316177357"}


def test_legs_are_cut_each_by_itself_and_a_credit_is_less_than_nothing():
    legs = [
        ONE | {"id": 9, "side": "sell_to_open", "exec_quantity": 1.0},
        ONE | {"id": 10, "option_symbol": "SPY180720C00280000", "avg_fill_price": 0.5, "exec_quantity": 2.0},
    ]
    raw = ONE | {"type": "credit", "price": 0.9, "class": "multileg", "num_legs": 2, "leg": legs}
    fills, (word,) = told(raw)
    assert [(fill.id, fill.quantity, fill.price) for fill in fills] == [
        ("228749:9:1", D(-1), D("1.5")),
        ("228749:10:2", D(2), D("0.5")),
    ]
    assert (word.price, [leg.side for leg in word.legs]) == (D("-0.9"), ["sell", "buy"])


def test_orders_of_one_that_is_made_of_several_stand_for_themselves():
    children = [ONE | {"id": 2}, ONE | {"id": 3, "status": "canceled", "exec_quantity": 0.0, "avg_fill_price": 0.0}]
    fills, words = told({"id": 1, "class": "oco", "status": "filled", "leg": children})
    assert [fill.order for fill in fills] == ["2"]
    assert [(word.order, word.status) for word in words] == [("2", "filled"), ("3", "canceled")]


def test_nothing_is_told_of_an_order_before_its_price_is_there():
    executions = Executions("L")
    assert told(ONE | {"avg_fill_price": 0.0}, executions) == ([], [])
    fills, words = told(ONE, executions)
    assert (len(fills), len(words)) == (1, 1)
    assert told(ONE, executions) == ([], [])


def test_a_word_the_venue_has_and_we_do_not_is_unknown_and_an_error_a_rejection():
    assert told(ONE | {"status": "under_review"})[1][0].status == "unknown"
    rejected = told(ONE | {"status": "error", "reason_description": "WashTradeAttempt"})[1][0]
    assert (rejected.status, rejected.reason) == ("rejected", "WashTradeAttempt")


def test_cursors_of_orders_that_are_long_over_go_with_the_next_fill_and_young_ones_stay():
    executions = Executions("L")
    executions.restore({"fill 1 0 5": "2:5:2:1000", "fill 2 0 5": f"2:5:2:{BEGAN}", "trades": "01A"})
    executions.retire([], BEGAN)
    (fill,), _ = told(ONE, executions)
    assert fill.cursors.keys() == {"fill 1 0 5", "fill 228749 0 2"}
    assert fill.cursors["fill 1 0 5"] == ""


def test_cursors_that_are_to_go_are_not_lost_with_what_is_not_stored():
    """A statement's fills are mostly known, and dropped; a look that only learns tells nobody."""
    executions = Executions("L")
    executions.restore({"fill 1 0 5": "2:5:2:1000"})
    executions.retire([], BEGAN)
    executions.state(ONE, "6YA", 0)
    executions.learn(looks([(5, 1000)])[-1], "6YA")
    (fill,), _ = told(ONE, executions)
    assert fill.cursors["fill 1 0 5"] == ""


def test_nothing_is_kept_of_orders_that_are_over_and_were_never_filled():
    executions = Executions("L")
    for number in range(100):
        told(ONE | {"id": number, "status": "canceled", "exec_quantity": 0.0, "avg_fill_price": 0.0}, executions)
    executions.retire([], BEGAN)
    assert executions._told_until == {}
    assert executions._words == {}


def test_a_fill_that_was_lost_between_two_that_are_known_is_told_by_the_next_statement():
    executions = Executions("L")
    executions.restore({"fill 7 0 10": f"2:4:3:{BEGAN}"})  # 10 for 2 on average, of them 4 for 3: 6 for 8/6 before
    fills = [
        each for each in executions.state(looks([(6, 100), (4, 300)])[-1], "6YA", 0) if isinstance(each, FillReport)
    ]
    assert [(fill.id, fill.quantity, fill.price) for fill in fills] == [
        ("7:0:6", D(-6), D("1.33333333")),
        ("7:0:10", D(-4), D(3)),
    ]
