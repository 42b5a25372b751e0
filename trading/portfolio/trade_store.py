"""Reads from the book what was dealt today, and what of before it takes to know what that realised. Synchronous."""

import collections
import decimal
from collections.abc import Collection, Iterable, Mapping

import msgspec

from trading.models import Activity, Fill
from trading.portfolio import marks
from trading.portfolio.pnl import ZERO, Trade, Traded
from trading.portfolio.trades_today import Key, TradesToday, realised

ENDING = ("assignment", "exercise", "expiration")
"""Activities by which options end, at no price."""
CHUNK = 200
"""Fills that are read together."""
Told = tuple[int, Trade]
"""A trade and when it was, in ms."""


class Dealt(msgspec.Struct, frozen=True):
    """What a person dealt in since some moment, by link, account and symbol.

    `fees` are those their accounts were charged since then for nothing in particular, by link and account.
    """

    dealings: dict[Key, TradesToday] = {}
    fees: dict[tuple[str, str], decimal.Decimal] = {}


def dealt(person: int, since: int, held: Mapping[Key, decimal.Decimal | None]) -> Dealt:
    """Return what `person` dealt in since then (ms). `held` is what they have now; what is not there is gone."""
    rows = list(Fill.objects.standing().filter(person=person, at__gte=since).order_by("at", "fact"))
    ended = list(Activity.objects.filter(person=person, at__gte=since, kind__in=ENDING).order_by("at", "fact"))
    charges = list(Activity.objects.filter(person=person, at__gte=since, kind="fee"))
    symbols = {row.symbol for row in rows} | {row.symbol for row in ended if row.symbol}
    told = _told(person, symbols, rows, ended)
    began = {key: held.get(key, ZERO) for key in told}
    for key, trades in told.items():
        quantity = began[key]
        began[key] = None if quantity is None else quantity - sum((trade.quantity for _, trade in trades), ZERO)
    told = _told(person, symbols, [*_elder(person, symbols, since, began), *rows], ended)
    apart, general = _charged(person, charges)
    first: dict[Key, Fill] = {}
    for row in rows:
        first.setdefault(_key(row), row)
    found = {}
    for key in {key for key, trades in told.items() if any(at >= since for at, _ in trades)} | apart.keys():
        trades = sorted(told.get(key, []), key=lambda one: one[0])
        today = [trade for at, trade in trades if at >= since]
        before = [trade for at, trade in trades if at < since]
        found[key] = _dealings(key, held.get(key, ZERO), before, today, apart.get(key, ZERO), first.get(key))
    return Dealt(found, general)


def _dealings(
    key: Key,
    held: decimal.Decimal | None,
    before: Collection[Trade],
    today: Collection[Trade],
    apart: decimal.Decimal,
    first: Fill | None,
) -> TradesToday:
    told = None if first is None else first.multiplier
    each = marks.multiplier(key[2], told)
    traded = Traded.of(today)
    made = None
    if held is not None and each is not None:
        made = realised(held, tuple(before), tuple(today), each)
    return TradesToday(
        traded=msgspec.structs.replace(traded, fees=traded.fees + apart),
        realised_pl=None if made is None else made - apart,
        multiplier=told,
        underlying=None if first is None else first.underlying,
    )


def _elder(
    person: int, symbols: Collection[str], since: int, began: Mapping[Key, decimal.Decimal | None]
) -> list[Fill]:
    """Return the fills before `since` (ms) that made what was held when the day `began`, the oldest first.

    What was closed before nothing was held once is of no use to anybody: who trades all day has years of it. Where a
    venue corrected something, the order of fills is not that of their rows, and all are returned.
    """
    rows = Fill.objects.standing().filter(person=person, symbol__in=symbols)
    if rows.filter(of__isnull=False).exists():
        return list(rows.filter(at__lt=since).order_by("at", "fact"))
    left = {key: quantity for key, quantity in began.items() if quantity}
    found: list[Fill] = []
    for row in rows.filter(at__lt=since).order_by("-at", "-fact").iterator(CHUNK) if left else ():
        if (quantity := left.get(key := _key(row))) is None:
            continue
        found.append(row)
        left[key] = quantity - row.quantity
        if not left[key]:
            del left[key]
            if not left:
                break
    return found[::-1]


def _told(
    person: int, symbols: Collection[str], fills: Iterable[Fill], ended: Iterable[Activity]
) -> dict[Key, list[Told]]:
    """Return all trades by key. What corrects a fill was when that fill was."""
    corrected = Fill.objects.filter(person=person, symbol__in=symbols, stands=False, kind="fill")
    original = {(row.link, row.venue_id): row.at for row in corrected}
    told: dict[Key, list[Told]] = collections.defaultdict(list)
    for row in fills:
        at = original.get((row.link, row.of), row.at) if row.of else row.at
        told[_key(row)].append((at, Trade(row.quantity, row.price, row.fees or ZERO)))
    for one in ended:
        if one.symbol and one.quantity is not None and marks.is_option(one.symbol):
            told[one.link, one.account, one.symbol].append((one.at, Trade(one.quantity, ZERO)))
    return told


def _charged(
    person: int, charges: Collection[Activity]
) -> tuple[dict[Key, decimal.Decimal], dict[tuple[str, str], decimal.Decimal]]:
    """Return what was charged apart for trades in one symbol, and for nothing in particular. Charged is more than 0."""
    fills = Fill.objects.filter(person=person, venue_id__in=[one.fill for one in charges if one.fill])
    by_fill = {(row.link, row.venue_id): {row.symbol} for row in fills}
    orders = Fill.objects.filter(person=person, order__in=[one.order for one in charges if one.order])
    by_order: dict[tuple[str, str | None], set[str]] = collections.defaultdict(set)
    for row in orders:
        by_order[row.link, row.order].add(row.symbol)
    apart: dict[Key, decimal.Decimal] = collections.defaultdict(lambda: ZERO)
    general: dict[tuple[str, str], decimal.Decimal] = collections.defaultdict(lambda: ZERO)
    for one in charges:
        symbols = {one.symbol} if one.symbol else set()
        symbols = (
            symbols or by_fill.get((one.link, one.fill or ""), set()) or by_order.get((one.link, one.order), set())
        )
        if one.amount is None:
            continue
        if len(symbols) == 1:
            apart[one.link, one.account, next(iter(symbols))] -= one.amount
        else:
            general[one.link, one.account] -= one.amount
    return dict(apart), dict(general)


def _key(row: Fill) -> Key:
    return row.link, row.account, row.symbol
