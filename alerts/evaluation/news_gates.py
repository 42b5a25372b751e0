"""Items of news as what happens: by symbol, words, category, reason of a halt and how they read. Pure. Times are in ms.

Items are numbered in each list of a reader, so that each is seen once, whoever evaluates: a rule knows how far it came,
and the id of an item is the key of what it fires. A revision is the same item and fires nothing again.
"""

import re
import typing
from collections.abc import Iterable

import msgspec

from alerts.evaluation.core import Core
from alerts.evaluation.gates import Gate
from alerts.rules.spec import Filter, Leaf
from alerts.rules.state import Turn

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


class NewsGates:
    """Comparisons that wait for news."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._gates: list[tuple[Gate, re.Pattern[str] | None]] = []

    def add(self, gate: Gate) -> None:
        """Show a comparison items from now on."""
        self._gates.append((gate, _pattern(gate.leaf)))

    def forget(self, gates: Iterable[Gate]) -> None:
        """Show these none any more."""
        gone = set(map(id, gates))
        self._gates = [(gate, words) for gate, words in self._gates if id(gate) not in gone]

    def positions(self) -> list[tuple[int, list[int]]]:
        """Return when each rule that waits for news was armed, and the numbers it has come to; empty: none yet."""
        rules = {gate.rule.rule.id: gate.rule for gate, _ in self._gates}
        return [(rule.rule.armed_at, rule.state.news) for rule in rules.values()]

    def on_item(self, item: ArrivedItem, now: int) -> None:
        """Pulse the comparisons that wait for this; what came before a rule was armed is not its matter."""
        rules = {gate.rule.rule.id: gate.rule for gate, _ in self._gates}
        unseen = {id_ for id_, rule in rules.items() if _advance(rule.state, item)}
        for gate, words in self._gates:
            rule = gate.rule
            if rule.rule.id not in unseen or item.received_at < rule.rule.armed_at or not _fits(gate.leaf, words, item):
                continue
            rule.detail = {
                "item": item.id, "headline": item.headline, "source": item.source_name, "symbols": list(item.symbols),
                "category": item.category,
            }  # fmt: skip
            for name in ("url", "sentiment"):
                if (value := getattr(item, name)) is not None:
                    rule.detail[name] = value
            rule.detail_key = item.id
            gate.pulse = Turn(gate.index, at=item.received_at)
            self._core.mark(rule)
        if item.recovered or now - item.received_at > LATE_MS:
            self._core.found = {"recovered": True, "late_ms": max(0, now - item.received_at)}


def _advance(state: typing.Any, item: ArrivedItem) -> bool:
    """Note that a rule sees an item. Returns whether it is a new one for it."""
    known = state.news or [0, 0]
    if item.number <= known[item.is_own]:
        return False
    state.news = [known[0], item.number] if item.is_own else [item.number, known[1]]
    return True


def _pattern(leaf: Leaf) -> re.Pattern[str] | None:
    """Return what finds any of the words that are waited for; None where none are named."""
    words = leaf.value.words if isinstance(leaf.value, Filter) else ()
    if not words:
        return None
    return re.compile("|".join(rf"(?<!\w){re.escape(word.strip())}(?!\w)" for word in words), re.IGNORECASE)


def _fits(leaf: Leaf, words: re.Pattern[str] | None, item: ArrivedItem) -> bool:
    """Whether an item is what a comparison waits for: all that is given must fit, and what is not known does not."""
    wanted = leaf.value if isinstance(leaf.value, Filter) else Filter()
    symbols = {symbol for symbol in (leaf.field.symbol, wanted.symbol) if symbol}
    if not symbols.issubset(item.symbols) or (wanted.category is not None and wanted.category != item.category):
        return False
    if words is not None and words.search(f"{item.headline}\n{item.summary}") is None:
        return False
    return _reads_so(wanted, item.sentiment) and (wanted.halt is None or is_halt(item, wanted.halt))


def _reads_so(wanted: Filter, sentiment: float | None) -> bool:
    if wanted.sentiment_above is not None and (sentiment is None or not sentiment > wanted.sentiment_above):
        return False
    return wanted.sentiment_below is None or (sentiment is not None and sentiment < wanted.sentiment_below)


def is_halt(item: ArrivedItem, code: str) -> bool:
    """Whether an item is a halt for a reason code of the exchange: its headline ends with that, as halts are written.

    "GME halted: volatility pause (LUDP)", and "GME halted: X9" for a code that has no words.
    """
    return item.category == HALT and item.headline.endswith((f"({code})", f": {code}"))
