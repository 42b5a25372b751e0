"""References of a model to a result, `[[c2:/positions/0/open_pl]]`: the digits are the desk's. Pure."""

import datetime
import decimal
import re
import typing

from assistant.chat.grounding.evidence import OUTSIDE, Evidence, EvidenceNumber
from assistant.chat.grounding.pieces import BoundNumber, Piece, Quoted, Warned, Words

MOST_CHARACTERS = 96
REFERENCE = re.compile(r"\[\[\s*c(?P<call>\d{1,4})\s*:\s*(?P<path>/[^\]\n]{0,80}?)\s*\]\]")
UNKNOWN = "A reference of the answer points at nothing in your data."
MISSING = "–"


def resolve_reference(
    call: int, path: str, before: str, after: str, evidence: Evidence, zone: datetime.tzinfo
) -> list[Piece]:
    """Return what a reference is told as. `before` and `after` are the text around it: no sign is told twice."""
    try:
        value = evidence.value_at(call, path)
    except LookupError:
        return [Words(MISSING), Warned(UNKNOWN)]
    if isinstance(value, str):
        return [Quoted(f"“{value}”") if f"/{OUTSIDE}/" in f"{path}/" else Words(value)]
    number = evidence.number_at(call, path)
    if number is None:
        return [Words({True: "yes", False: "no"}.get(value, MISSING) if isinstance(value, bool) else MISSING)]
    return [bind(number, write_number(number, before, after, zone))]


def bind(number: EvidenceNumber, text: str) -> BoundNumber:
    """Return a number of the evidence as it is shown."""
    return BoundNumber(text, number.call, number.path, number.value, number.unit, number.slot)


def write_number(number: EvidenceNumber, before: str, after: str, zone: datetime.tzinfo) -> str:
    """Write a number of the evidence for people: money with cents, fractions in percent, times of day in the zone."""
    match number.unit:
        case "at":
            at = datetime.datetime.fromtimestamp(min(max(int(number.value), 0), 10**13) / 1000, zone)
            return f"{at:%H:%M:%S}"
        case "ms":
            return _written(number.value / 1000, 1) + _unless(after, ("s", " s"), " s")
        case "usd":
            sign = "−" if number.value < 0 else ""
            return sign + _unless(before.rstrip()[-1:], ("$",), "$") + _written(abs(number.value), 2)
        case "pct" | "frac":
            shown = number.value * 100 if number.unit == "frac" else number.value
            places = 1 if number.unit == "frac" else 2
            return _written(shown, places) + _unless(after, ("%", " %", " percent"), " %")
    return _written(number.value, max(0, -_exponent(number.value.normalize())))  # 30 shares, not 30.0


def _written(value: decimal.Decimal, places: int) -> str:
    """Write a number with groups and so many places, or all of its own if it is less than one of these."""
    known = min(4, max(0, -_exponent(value)))
    shown = f"{value:,.{places if abs(value) >= 1 else max(places, known)}f}"
    return shown.replace("-", "−")


def _exponent(value: decimal.Decimal) -> int:
    exponent: typing.Any = value.as_tuple().exponent
    return int(exponent)


def _unless(text: str, found: tuple[str, ...], otherwise: str) -> str:
    return "" if text.startswith(found) else otherwise
