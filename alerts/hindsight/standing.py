"""How a rule that is not kept yet stands by the newest price, in words. Pure. Times are in ms."""

import typing
from collections.abc import Mapping

from alerts.evaluation.engine import Engine
from alerts.hindsight.reach import past_symbol
from alerts.rules.spec import MOVES, Rule
from brokers.contract.events import Quote


def standing(rule: Rule, quote: Mapping[str, typing.Any] | None, now: int) -> str:
    """Return how a rule about a price stands, given what is known of its symbol's quote; empty where nothing is."""
    last, at = (quote or {}).get("last"), (quote or {}).get("last_at") or (quote or {}).get("at")
    if not isinstance(last, int | float) or not isinstance(at, int):
        return ""
    if quote is not None and quote.get("delayed") is True:
        return "Now: the price comes delayed, and would not be checked."
    engine = Engine([rule], now)
    engine.take(Quote(symbol=past_symbol(rule.spec), last=last, last_at=at, at=at), "", now)
    (status,) = engine.statuses(now)
    is_level = rule.spec.leaves[0].comparator not in MOVES  # one price is no move yet
    said = (status.nearest if is_level else "") or status.reason
    if not rule.spec.is_moment and status.state == "armed" and engine.rule_state(rule.id).was:
        said += ": true already, it fires when it becomes true again"
    price = f"{last:,.4f}".rstrip("0").rstrip(".")
    return f"Now: {price} ({_age(now - at)}){f', {said}' if said else ''}."


def _age(ms: int) -> str:
    seconds = max(0, round(ms / 1000))
    if seconds < 120:
        return f"{seconds} s old"
    return f"{seconds // 60} min old" if seconds < 7_200 else f"{seconds // 3600} h old"
