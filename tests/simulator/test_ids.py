"""No venue gives an id twice, whatever its seed and however often it is started anew."""

import decimal
import pathlib

import pytest

from simulator.ids import Numbers
from tests.simulator.stage import ACCOUNTS, AT, RICH, Stage
from tests.simulator.test_state import live


def ids(stage: Stage) -> dict[str, set[object]]:
    """Every id that was given there, by what it is of."""
    found: dict[str, set[object]] = {"events": set()}
    for venue in ACCOUNTS:
        blotter = getattr(stage, venue).exchange.blotter
        orders = [order for orders in blotter.orders.values() for order in orders]
        found[f"{venue} orders"] = {order.id for order in orders}
        found[f"{venue} requests"] = {order.request_id for order in orders}
        found[f"{venue} fills"] = {fill.id for order in orders for leg in order.legs for fill in leg.fills}
        found[f"{venue} bookings"] = {booked.id for booked in stage.account(venue).transactions}
    found["Tradier's orders"] = {*stage.tradier.orders.known}
    found["Alpaca's orders"] = {*stage.alpaca.orders.known}
    found["Alpaca's activities"] = {each.id for one in stage.alpaca.activities.known.values() for each in one}
    for record in stage.alpaca.records.values():
        found["events"] |= {entry.number for entry in record} | {entry.ulid for entry in record}
    return found


def traded(path: pathlib.Path, at: int) -> Stage:
    """Venues of one seed, at which the same people did the same."""
    stage = Stage(path, at)
    for venue in ACCOUNTS:
        stage.account(venue).cash = decimal.Decimal(RICH)
    live(stage, stage.lives(5, 10_000), 20)
    return stage


def test_a_venue_that_was_started_twice_with_one_seed_gives_no_id_again(tmp_path: pathlib.Path):
    first, second = traded(tmp_path / "first", AT), traded(tmp_path / "second", AT + 5_000)
    for kind, given in ids(first).items():
        assert len(given) > 10, kind
        assert not given & ids(second)[kind], kind


def test_a_venue_that_goes_on_gives_no_id_again_even_if_the_clock_went_back(tmp_path: pathlib.Path):
    first = traded(tmp_path / "venues", AT)
    before = ids(first)
    orders = [order.id for order in first.tastytrade.exchange.orders_of(first.account("tastytrade"))]
    second = first.again(AT - 3_600_000)
    live(second, second.lives(6, 10_000), 20)
    after = ids(second)
    assert all(before[kind] < after[kind] for kind in before), "what was there is there, and more"
    newer = [order.id for order in second.tastytrade.exchange.orders_of(second.account("tastytrade"))]
    assert sorted(set(newer)) == newer[::-1]
    assert newer[-len(orders) :] == orders


@pytest.mark.parametrize(("known", "then"), [(5, 10), (10, 11), (99, 100)])
def test_numbers_go_beyond_what_was_given_before(known: int, then: int):
    given = Numbers(10)
    given.go_beyond(known)
    assert [next(given), next(given)] == [then, then + 1]
