"""A rule in words: as one sentence, and shorter, as its condition alone. Pure."""

import datetime
import decimal
import typing
from collections.abc import Mapping

from alerts.rules.fields import FieldRef
from alerts.rules.filters import USUAL_MINUTES
from alerts.rules.spec import Bound, Comparator, Filter, Group, Leaf, RuleSpec
from brokers.instruments.calendar import NEW_YORK

COMPARED: Mapping[Comparator, str] = {
    "crosses_up": "crosses up", "crosses_down": "crosses down", "crosses": "crosses", "above": "is above",
    "below": "is below", "enters": "enters", "exits": "leaves", "inside": "is inside", "outside": "is outside",
    "moves_up": "rises by", "moves_down": "falls by", "happens": "",
}  # fmt: skip
SESSIONS = {"regular": "in regular hours", "extended": "in extended hours", "always": "at all hours"}
TRIGGERS = {
    "once": "once", "each": "each time", "per_bar": "once in each {bar} bar",
    "per_bar_close": "at the close of a {bar} bar", "per_minute": "once a minute",
}  # fmt: skip
UNITS: Mapping[str, str] = {"percent": " %", "bps": " bps", "times": " times", "days": " days", "seconds": " s"}
"""What is written after a number; prices, money and plain numbers have nothing after them."""


def sentence(spec: RuleSpec) -> str:
    """Return a rule as a sentence: "Tell me when QQQ last price crosses up 452.50, in regular hours, once."."""
    parts = [f"Tell me when {condition(spec)}"]
    if spec.for_s:
        parts.append(f"for {lasting(spec.for_s)}")
    parts.append(SESSIONS[spec.session])
    parts.append(TRIGGERS[spec.trigger].format(bar=spec.interval))
    if spec.rearm is not None:
        parts.append(_rearm(spec))
    if spec.expires is not None:
        at = datetime.datetime.fromtimestamp(spec.expires / 1000, NEW_YORK)
        parts.append(f"until {at:%a} {at.day} {at:%b %Y %H:%M}")
    return ", ".join(parts) + "."


def condition(spec: RuleSpec) -> str:
    """Return what a rule waits for: "QQQ last price crosses up 452.50 and IV rank is above 50"."""
    return _group(spec.when, _Said())


class _Said:
    """The symbol that was named last: it is not named again."""

    symbol = ""

    def name(self, ref: FieldRef) -> str:
        """Return a field in words."""
        if not ref.symbol:
            return f"a {ref.field.title}" if ref.field.subject == "position" else ref.field.title
        is_known, self.symbol = ref.symbol == self.symbol, ref.symbol
        return _title(ref) if is_known else f"{ref.symbol} {_title(ref)}"


def _title(ref: FieldRef) -> str:
    title = f"{ref.field.title} {ref.length}" if ref.length else ref.field.title
    if ref.window_s:
        return f"{title} in {lasting(ref.window_s)}"
    if ref.interval:
        return f"{title} of {ref.interval} bars{', the open one too' if ref.is_live else ''}"
    return title


def _group(group: Group, said: _Said) -> str:
    parts = [f"({_group(part, said)})" if isinstance(part, Group) else _leaf(part, said) for part in group.parts]
    return f" {'and' if group.how == 'all' else 'or'} ".join(parts)


def _leaf(leaf: Leaf, said: _Said) -> str:
    if isinstance(leaf.value, Filter):
        return _happening(leaf, leaf.value, said)
    name = said.name(leaf.field)
    bounds = " and ".join(_bound(bound, leaf, said) for bound in leaf.bounds)
    found = f"{name} {COMPARED[leaf.comparator]} {bounds}"
    if leaf.within_s:
        found += f" within {lasting(leaf.within_s)}"
    return found + _scope(leaf)


def _bound(bound: Bound, leaf: Leaf, said: _Said) -> str:
    if isinstance(bound, FieldRef):
        return said.name(bound)
    unit = leaf.field.field.unit
    if leaf.within_s and leaf.by == "percent":
        unit = "percent"
    return f"{number(bound)}{UNITS.get(unit, '')}"


def _happening(leaf: Leaf, found: Filter, said: _Said) -> str:
    if leaf.field.field.subject == "news":
        return _news(leaf.field, found)
    name = said.name(leaf.field)
    if found.symbol:
        name += f" of {found.symbol}"
    if found.side:
        name += f", {found.side}"
    if found.kind:
        name += f", {found.kind}"
    return name + _scope(leaf)


def _news(field: FieldRef, found: Filter) -> str:
    symbol = field.symbol or found.symbol
    text = f"news on {symbol}" if symbol else "news"
    if found.category:
        text += f" of {found.category}"
    if found.halt:
        text += f" of a halt {found.halt}"
    if found.words:
        text += f" with {' or '.join(f'“{word}”' for word in found.words)}"
    if found.sentiment_above is not None:
        text += f", sentiment above {number(found.sentiment_above)}"
    if found.sentiment_below is not None:
        text += f", sentiment below {number(found.sentiment_below)}"
    return f"{text} come" if field.field.name == "news" else f"{text} {_moved(symbol, found)}"


def _moved(symbol: str | None, found: Filter) -> str:
    """Say how far news move what they are on."""
    limits = [
        f"by {word} than {number(limit)} %"
        for word, limit in (("more", found.impact_above), ("less", found.impact_below))
        if limit is not None
    ]
    how_far = f" {' and '.join(limits)}" if limits else ""
    return f"moved {symbol or 'their symbol'}{how_far} beyond the market within {found.minutes or USUAL_MINUTES} min"


def _scope(leaf: Leaf) -> str:
    of = leaf.of
    if of.account:
        return f" in account …{of.account[-4:]}"
    if of.environment:
        return f" at {of.environment} links"
    return " at one link" if of.link else ""


def _rearm(spec: RuleSpec) -> str:
    assert spec.rearm is not None  # noqa: S101 (it is why it is asked)
    for value, unit in ((spec.rearm.pct, " %"), (spec.rearm.bps, " bps"), (spec.rearm.by, "")):
        if value is not None:
            return f"again after it went back by {number(value)}{unit}"
    return ""


def number(value: decimal.Decimal) -> str:
    """Write a number as it was written, its thousands apart: 452.50, 12,500."""
    return f"{value:,f}"


def lasting(seconds: int) -> str:
    """Write a duration in its largest whole unit: 90 s, 5 min, 2 h."""
    units: typing.Sequence[tuple[int, str]] = ((86_400, "d"), (3_600, "h"), (60, "min"))
    return next((f"{seconds // size} {name}" for size, name in units if seconds % size == 0), f"{seconds} s")
