"""Venues that are started again know what they knew, and go on as they would have gone on."""

import decimal
import pathlib
import random
import tempfile
import typing

import hypothesis
import hypothesis.strategies as some

from brokers.loopback.lives import Lives
from tests.brokers.loopback.stage import ACCOUNTS, RICH, Stage

Decimal = decimal.Decimal


def rich(stage: Stage) -> None:
    for venue in ACCOUNTS:
        stage.account(venue).cash = Decimal(RICH)


def live(stage: Stage, lives: dict[str, Lives], acts: int, *, market: bool = True) -> None:
    for _ in range(acts):
        for each in lives.values():
            each.act(3)
        stage.wait(0.02, market=market)


def chances(stage: Stage) -> list[random.Random]:
    exchanges = (stage.tastytrade.exchange, stage.tradier.exchange, stage.alpaca.exchange)
    orders, records = stage.alpaca.orders, stage.alpaca.records.values()
    return [*(each.blotter.draw for each in exchanges), orders._draw, orders._ids, *(each._draw for each in records)]


def numbers(stage: Stage) -> list[typing.Any]:
    exchanges = (stage.tastytrade.exchange, stage.tradier.exchange, stage.alpaca.exchange)
    own = [
        (each.blotter.order_ids, each.blotter.complex_ids, each.blotter.transactions, each.fill_ids)
        for each in exchanges
    ]
    return [*(ids for four in own for ids in four), stage.tradier.orders.ids]


def make_alike(old: Stage, new: Stage) -> None:
    """Let chance fall alike from now on, and let both count from the same numbers on."""
    for one, other in zip(chances(old), chances(new), strict=True):
        other.setstate(one.getstate())
    for one, other in zip(numbers(old), numbers(new), strict=True):
        highest = max(one._next, other._next)
        one.go_beyond(highest)
        other.go_beyond(highest)
    for name, record in old.alpaca.records.items():
        record.number = new.alpaca.records[name].number = max(record.number, new.alpaca.records[name].number)
    for exchange in (old.tastytrade.exchange, old.tradier.exchange, old.alpaca.exchange):
        exchange._filler.liquidity._quotes.clear()
        exchange._filler.liquidity._prints.clear()


def same_lives(stage: Stage, lives: dict[str, Lives]) -> dict[str, Lives]:
    """The same people at the venues that were started again."""
    found = {}
    for name, floor in stage.floors().items():
        other = found[name] = Lives(floor, lives[name].wanted)
        other._keys, other.done = [*lives[name]._keys], lives[name].done.copy()
        other._draw.setstate(lives[name]._draw.getstate())
    return found


@hypothesis.settings(max_examples=4)
@hypothesis.given(seed=some.integers(1, 10_000), acts=some.integers(1, 40), killed=some.booleans())
async def test_whatever_people_did_it_is_known_again_and_goes_on_as_it_would_have(seed: int, acts: int, killed: bool):
    with tempfile.TemporaryDirectory() as folder:
        old = Stage(pathlib.Path(folder) / "venues.sqlite3")
        rich(old)
        lives = old.lives(seed, 10_000)
        live(old, lives, acts)
        old.state._priced_at = -1000.0
        old.state.keep()
        new = old.again(killed=killed)
        assert await new.answers() == await old.answers()
        make_alike(old, new)
        again = same_lives(new, lives)
        old.state.keep = lambda: None  # type: ignore[method-assign]
        live(old, lives, 25, market=False)
        live(new, again, 25, market=False)
        assert {name: each.done for name, each in again.items()} == {name: each.done for name, each in lives.items()}
        assert await new.answers() == await old.answers()
        new.state.close()
