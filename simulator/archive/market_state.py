"""Where a market stands, as a record: prices, the day so far, the moment. Pure.

What it will do next is no part of it. A market that goes on from a record has other chances than it would have had.
"""

import random
import typing

import msgspec

from simulator.market.market import SimMarket
from simulator.market.tape import Tape


class WalkRecord(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk opened, and where it is."""

    opened: float
    fair: float


class TapeRecord(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one instrument; the names are those of a tape."""

    basis: float
    fair: float
    prev_close: float
    prev_volume: float | None
    open: float
    high: float
    low: float
    volume: float | None
    turnover: float | None
    last: float | None
    last_size: float | None
    last_at: int
    last_exchange: str
    direction: str
    bid: float
    ask: float
    bid_size: float | None
    ask_size: float | None
    bid_at: int
    ask_at: int
    bid_exchange: str
    ask_exchange: str
    halted_at: int | None


class MarketRecord(msgspec.Struct, frozen=True):
    """A whole market at `at`, in ms since the epoch. Its past follows from the seed."""

    seed: int
    at: int
    tapes: dict[str, tuple[WalkRecord, TapeRecord]]
    splits: dict[str, tuple[int, ...]] = {}
    """New shares for an old one, of each split so far."""
    ordered_splits: dict[str, int] = {}
    ordered_dividends: dict[str, float] = {}
    """What is to happen as the next day begins."""


def market_record(market: SimMarket) -> MarketRecord:
    """Return how a market stands now."""
    tapes = {symbol: (_walk(tape), _tape(tape)) for symbol, tape in market.tapes.items()}
    splits = {symbol: tape.listing.splits for symbol, tape in market.tapes.items() if tape.listing.splits}
    ordered = market.actions
    return MarketRecord(
        market.seed, market.at, tapes, splits, dict(ordered.ordered_splits), dict(ordered.ordered_dividends)
    )


def _walk(tape: Tape) -> WalkRecord:
    return WalkRecord(tape.walk.opened, tape.walk.fair)


def _tape(tape: Tape) -> TapeRecord:
    return TapeRecord(*(getattr(tape, name) for name in TapeRecord.__struct_fields__))


def restored_market(record: MarketRecord, begun_at: int, **options: typing.Any) -> SimMarket:
    """Return a market that goes on from a record, although it was started at `begun_at` only.

    `options` are those of SimMarket.
    """
    market = SimMarket(record.seed, record.at, begun_at=begun_at, **options)
    market.actions.ordered_splits = dict(record.ordered_splits)
    market.actions.ordered_dividends = dict(record.ordered_dividends)
    for symbol, (walk, kept) in record.tapes.items():
        tape = market.tapes.get(symbol)
        if tape is None:
            continue  # a future that had expired by then
        for ratio in record.splits.get(symbol, ()):
            tape.relist(tape.listing.split(ratio), tape.basis)
        for name in TapeRecord.__struct_fields__:
            setattr(tape, name, getattr(kept, name))
        tape.walk.opened, tape.walk.fair = walk.opened, walk.fair
        tape.draw = tape.walk.draw = random.Random(f"{record.seed}:{symbol}:{begun_at}")
    market.stir(begun_at)
    return market
