"""Items of news, and what they moved, as what happens: by symbol, words, category, reason of a halt and how they read.

Pure. Times are in ms. Items are numbered in each list of a reader, so that each is seen once, whoever evaluates: a rule
knows how far it came, and the id of an item is the key of what it fires. A revision is the same item and fires nothing
again. Moves are numbered by the change of the reader's own list that ended them.
"""

import decimal
import re
import typing
from collections.abc import Iterable

import msgspec

from alerts.evaluation.core import Core
from alerts.evaluation.gates import Gate
from alerts.evaluation.live_rule import LiveRule
from alerts.rules.filters import USUAL_MINUTES
from alerts.rules.spec import Filter, Leaf
from alerts.rules.state import RuleState, Turn
from news.impact.rules import PATIENCE_MS

LATE_MS = 10_000
"""An item that is seen later than this after it came was missed by whoever evaluated then."""
HALT = "halt"


class ArrivedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item. `number` is its place in the desk's list, or, where `is_own`, in the reader's own.

    `sentiment` is None where it is not known. `recovered`: its source was asked for it after a gap.
    """

    id: str
    number: int
    is_own: bool
    received_at: int
    headline: str
    summary: str = ""
    symbols: tuple[str, ...] = ()
    category: str = "other"
    sentiment: float | None = None
    source_name: str = ""
    url: str | None = None
    recovered: bool = False


class MeasuredMove(msgspec.Struct, frozen=True, kw_only=True):
    """How far `symbol` moved beyond the market in the first `minutes` after an item, in percent, signed.

    `number` is the change of the reader's list that ended it, `ends_at` when it was over. `is_confounded`: an earlier
    item on the symbol may have moved it. `recovered`: it was found in candles.
    """

    item: ArrivedItem
    number: int
    symbol: str
    minutes: int
    move: float
    ends_at: int
    is_confounded: bool = False
    recovered: bool = False


News = ArrivedItem | MeasuredMove


class NewsGates:
    """Comparisons that wait for news, or for what they move."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._gates: list[tuple[Gate, re.Pattern[str] | None]] = []
        self._impacts: list[tuple[Gate, re.Pattern[str] | None]] = []

    def add(self, gate: Gate) -> None:
        """Show a comparison items, or moves, from now on."""
        gates = self._impacts if gate.leaf.field.field.name == "impact" else self._gates
        gates.append((gate, _pattern(gate.leaf)))

    def forget(self, gates: Iterable[Gate]) -> None:
        """Show these none any more."""
        gone = set(map(id, gates))
        self._gates = [(gate, words) for gate, words in self._gates if id(gate) not in gone]
        self._impacts = [(gate, words) for gate, words in self._impacts if id(gate) not in gone]

    def positions(self) -> list[tuple[int, list[int]]]:
        """Return when each rule that waits for news was armed, and the numbers it has come to; empty: none yet."""
        return [(rule.rule.armed_at, rule.state.news) for rule in _rules(self._gates).values()]

    def impact_positions(self) -> list[tuple[int, int | None]]:
        """Return when each rule that waits for moves was armed, and the number it has come to; None: none yet."""
        return [(rule.rule.armed_at, rule.state.impact) for rule in _rules(self._impacts).values()]

    def on_news(self, seen: News, now: int) -> None:
        """Pulse the comparisons that wait for an item, or for a move."""
        if isinstance(seen, MeasuredMove):
            self._on_move(seen, now)
        else:
            self._on_item(seen, now)

    def _on_item(self, item: ArrivedItem, now: int) -> None:
        """Pulse the comparisons that wait for this; what came before a rule was armed is not its matter."""
        unseen = {id_ for id_, rule in _rules(self._gates).items() if _advance(rule.state, item)}
        for gate, words in self._gates:
            rule = gate.rule
            if rule.rule.id in unseen and item.received_at >= rule.rule.armed_at and _fits(gate.leaf, words, item):
                self._pulse(gate, _detail(item), item.id, item.received_at)
        if item.recovered or now - item.received_at > LATE_MS:
            self._core.found = {"recovered": True, "late_ms": max(0, now - item.received_at)}

    def _on_move(self, move: MeasuredMove, now: int) -> None:
        """Pulse the comparisons that wait for this; what was over before a rule was armed is not its matter."""
        unseen = {id_ for id_, rule in _rules(self._impacts).items() if _advance_moves(rule.state, move)}
        for gate, words in self._impacts:
            rule = gate.rule
            if rule.rule.id in unseen and move.ends_at >= rule.rule.armed_at and _fits_move(gate.leaf, words, move):
                detail = _detail(move.item) | {"symbol": move.symbol, "minutes": move.minutes, "move": move.move}
                self._pulse(gate, detail, f"{move.item.id}:{move.minutes}", move.ends_at)
        if move.recovered or now - move.ends_at > LATE_MS + PATIENCE_MS:
            self._core.found = {"recovered": True, "late_ms": max(0, now - move.ends_at)}

    def _pulse(self, gate: Gate, detail: dict[str, typing.Any], key: str, at: int) -> None:
        gate.rule.detail, gate.rule.detail_key = detail, key
        gate.pulse = Turn(gate.index, at=at)
        self._core.mark(gate.rule)


def _rules(gates: Iterable[tuple[Gate, object]]) -> dict[str, LiveRule]:
    return {gate.rule.rule.id: gate.rule for gate, _ in gates}


def _detail(item: ArrivedItem) -> dict[str, typing.Any]:
    """Return what a firing repeats of its item."""
    found = {
        "item": item.id, "headline": item.headline, "source": item.source_name, "symbols": list(item.symbols),
        "category": item.category, "url": item.url, "sentiment": item.sentiment,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _advance(state: RuleState, item: ArrivedItem) -> bool:
    """Note that a rule sees an item. Returns whether it is a new one for it."""
    known = state.news or [0, 0]
    if item.number <= known[item.is_own]:
        return False
    state.news = [known[0], item.number] if item.is_own else [item.number, known[1]]
    return True


def _advance_moves(state: RuleState, move: MeasuredMove) -> bool:
    """Note that a rule sees a move. Returns whether it is a new one for it."""
    if state.impact is not None and move.number <= state.impact:
        return False
    state.impact = move.number
    return True


def _pattern(leaf: Leaf) -> re.Pattern[str] | None:
    """Return what finds any of the words that are waited for; None where none are named."""
    words = leaf.value.words if isinstance(leaf.value, Filter) else ()
    if not words:
        return None
    return re.compile("|".join(rf"(?<!\w){re.escape(word.strip())}(?!\w)" for word in words), re.IGNORECASE)


def _fits(leaf: Leaf, words: re.Pattern[str] | None, item: ArrivedItem) -> bool:
    """Whether an item is what a comparison waits for: all that is given must fit, and what is not known does not."""
    wanted = _wanted(leaf)
    return _symbols(leaf, wanted).issubset(item.symbols) and _is_such(wanted, words, item)


def _fits_move(leaf: Leaf, words: re.Pattern[str] | None, move: MeasuredMove) -> bool:
    """Whether a move is what a comparison waits for. One that another item may have made fits none."""
    wanted = _wanted(leaf)
    if move.is_confounded or move.minutes != (wanted.minutes or USUAL_MINUTES):
        return False
    if not _symbols(leaf, wanted).issubset({move.symbol}) or not _is_such(wanted, words, move.item):
        return False
    return _is_between(move.move, wanted.impact_above, wanted.impact_below)


def _wanted(leaf: Leaf) -> Filter:
    return leaf.value if isinstance(leaf.value, Filter) else Filter()


def _symbols(leaf: Leaf, wanted: Filter) -> set[str]:
    return {symbol for symbol in (leaf.field.symbol, wanted.symbol) if symbol}


def _is_such(wanted: Filter, words: re.Pattern[str] | None, item: ArrivedItem) -> bool:
    """Whether an item is of the category, has the words, and reads as wanted."""
    if wanted.category is not None and wanted.category != item.category:
        return False
    if words is not None and words.search(f"{item.headline}\n{item.summary}") is None:
        return False
    reads_so = _is_between(item.sentiment, wanted.sentiment_above, wanted.sentiment_below)
    return reads_so and (wanted.halt is None or is_halt(item, wanted.halt))


def _is_between(value: float | None, above: decimal.Decimal | None, below: decimal.Decimal | None) -> bool:
    """Whether a value is between what a rule names, as both are written: 1.1 is not above 1.1. None is in no limits."""
    if value is None:
        return above is None and below is None
    written = decimal.Decimal(str(value))
    return (above is None or written > above) and (below is None or written < below)


def is_halt(item: ArrivedItem, code: str) -> bool:
    """Whether an item is a halt for a reason code of the exchange: its headline ends with that, as halts are written.

    "GME halted: volatility pause (LUDP)", and "GME halted: X9" for a code that has no words.
    """
    return item.category == HALT and item.headline.endswith((f"({code})", f": {code}"))
