"""Whether a figure of an answer is one of the evidence: in the row and the field that its clause names. Pure."""

import decimal
import functools
from collections.abc import Iterable, Iterator

from assistant.chat.grounding.clauses import Clause
from assistant.chat.grounding.evidence import Evidence, EvidenceNumber
from assistant.chat.grounding.fields import NAMED_ONLY, SIGNED
from assistant.chat.grounding.figures import Figure, find_figures

Number = decimal.Decimal
ROUNDINGS = (decimal.ROUND_HALF_EVEN, decimal.ROUND_HALF_UP)
_TIMES = {"ms": Number(1), "s": Number("0.001"), "min": Number(1) / 60_000, "h": Number(1) / 3_600_000}
_FACTORS: dict[tuple[str, str], Number] = {
    ("frac", "pct"): Number(100), ("frac", "bps"): Number(10_000), ("pct", "bps"): Number(100),
    ("usd", "cents"): Number(100), ("", "pct"): Number(100), ("", "bps"): Number(10_000),
    ("ms", "days"): Number(1) / 86_400_000, ("at", ""): Number(1),
    **{("ms", unit): factor for unit, factor in _TIMES.items()},
}  # fmt: skip
"""By what a number of one unit is multiplied to be told in another; equal units are told as they are."""
_UNNAMED = frozenset({"usd", "pct", "frac", "shares", "contracts", "count", "days", "id", ""})
"""Units whose numbers are told without one, too."""
_COUNTS = frozenset({"count", "shares", "contracts", "days"})


def match_number(
    figure: Figure, clause: Clause, inherited: frozenset[str], evidence: Evidence
) -> EvidenceNumber | None:
    """Return the number of the evidence that a figure is; None where it is none.

    `inherited` are the symbols of what was said before, for a sentence that names none.
    """
    for one in _candidates(clause, inherited, evidence):
        if _is_of_field(figure, clause, one) and is_rendering(figure, one, clause):
            return one
    return None


def is_consistent(number: EvidenceNumber, clause: Clause) -> bool:
    """Whether a number that a reference names is of the symbols and fields that its clause names."""
    if number.row.tool == "calculate":
        return _is_of_calculation(clause, number)
    if (
        clause.symbols
        and not number.row.is_total
        and not clause.symbols & (number.row.symbols | number.row.underlyings)
    ):
        return False
    known = clause.fields is None or number.is_count or number.field not in _NAMEABLE
    return known or number.field in (clause.fields or ())


def is_rendering(figure: Figure, number: EvidenceNumber, clause: Clause) -> bool:
    """Whether a figure is how a number reads: same sign, and equal when rounded to as many places."""
    factor = _factor(figure, number)
    if factor is None or (number.is_count and figure.decimals > 0):
        return False
    value = number.value * factor
    if number.is_count:
        return value == figure.value
    return any(
        _rounds_to(shown, figure) for shown in _signed(value, figure, clause, is_move=number.field in SIGNED)
    ) and _keeps_enough(figure, value)


def match_question(figure: Figure, evidence: Evidence) -> bool:
    """Whether the person named a number in the question."""
    return any(
        one.kind == figure.kind
        and (abs(one.value), one.month, one.day) == (abs(figure.value), figure.month, figure.day)
        and (one.unit == figure.unit or not one.unit or not figure.unit)
        for one in _figures_of(evidence.question)
    )


_figures_of = functools.lru_cache(maxsize=64)(find_figures)
_NAMEABLE = (
    (NAMED_ONLY - {"p", "q", "confidence"})
    | SIGNED
    | {"last", "mark", "price", "value", "net_liq", "cash", "buying_power", "balance"}
)
"""Fields of which a clause that names another does not speak."""


def _candidates(clause: Clause, inherited: frozenset[str], evidence: Evidence) -> Iterator[EvidenceNumber]:
    """Return the numbers that a clause may mean, the likeliest first."""
    symbols = clause.symbols
    if symbols is not None:
        yield from _rows(clause, symbols, evidence)
    elif inherited:
        yield from _rows(clause, inherited, evidence)
    elif len(evidence.subjects) == 1:
        yield from _rows(clause, evidence.subjects, evidence)
    allows_totals = symbols is None or clause.is_of_total
    for one in evidence.numbers:
        if one.row.tool == "calculate":
            if _is_of_calculation(clause, one):
                yield one
        elif one.is_count or (one.row.is_total and allows_totals):
            yield one


def _is_of_calculation(clause: Clause, number: EvidenceNumber) -> bool:
    """Whether a clause may tell what was calculated: no field of a symbol or an account, unless it says how."""
    names_observed = clause.symbols is not None or bool((clause.fields or frozenset()) & _NAMEABLE)
    return number.field == "value" and (clause.is_worked_out or not names_observed)


def _rows(clause: Clause, symbols: frozenset[str], evidence: Evidence) -> Iterable[EvidenceNumber]:
    """Return the numbers of rows about symbols: their own, and those of options on them where options are meant."""
    exact = [one for one in evidence.numbers if one.row.symbols & symbols]
    if exact and not clause.is_of_options:
        return exact
    options = [one for one in evidence.numbers if one.row.underlyings & symbols]
    strikes = {
        one.row.option.strike
        for one in options
        if one.row.option and any(figure.value == one.row.option.strike for figure in _figures_of(clause.sentence))
    }
    if strikes:
        rights = _rights(clause.sentence)
        return [
            one
            for one in options
            if one.row.option and one.row.option.strike in strikes and one.row.option.right in rights
        ]
    return [*options, *exact]


def _rights(text: str) -> str:
    """Return which options a text speaks of: `C`, `P` or both."""
    lower = text.lower()
    found = ("C" if "call" in lower else "") + ("P" if "put" in lower else "")
    return found or "CP"


def _is_of_field(figure: Figure, clause: Clause, number: EvidenceNumber) -> bool:
    """Whether a number is of the field that the clause names; some fields count only where they are named."""
    if number.row.tool == "calculate":
        return True
    if number.is_count:
        return figure.unit == "count" and _is_counted(figure.noun, number.field)
    if figure.unit in _COUNTS and figure.unit == number.unit:
        is_named = bool(clause.fields and number.field in clause.fields)
        return figure.unit != "count" or is_named or _is_counted(figure.noun, number.field)
    if number.unit == "at":
        return False
    if number.field == "strike" and clause.is_of_options:
        return True
    if clause.fields is not None:
        return number.field in clause.fields
    return number.field not in NAMED_ONLY or number.field in clause.earlier_fields


def _is_counted(noun: str, field: str) -> bool:
    """Whether a field counts what a noun names."""
    return field in (noun, f"{noun}s", f"{noun}es") or (field, noun) in {
        ("left_out", "row"), ("left_out", "position"), ("positions", "holding"), ("fired", "time"),
        ("candles", "bar"), ("exposures", "underlying"), ("quotes", "symbol"), ("symbols", "symbol"),
        ("options", "contract"), ("options", "strike"), ("fills", "trade"),
    }  # fmt: skip


def _factor(figure: Figure, number: EvidenceNumber) -> Number | None:
    """Return by what a number is multiplied to be told in the unit of a figure; None where units do not agree."""
    if figure.unit == number.unit or (number.unit == "" and figure.unit in ("usd", "count", "shares", "contracts")):
        return Number(1)
    if figure.unit == "":
        return Number(1) if number.unit in _UNNAMED else None
    if number.unit in ("shares", "contracts") and figure.unit == "count":
        return None
    return _FACTORS.get((number.unit, figure.unit))


def _signed(value: Number, figure: Figure, clause: Clause, *, is_move: bool) -> Iterator[Number]:
    """Return how a number may be told: without a sign where words of its clause say it, never against them."""
    if figure.has_sign:
        yield value
        return
    if value < 0:
        if clause.says_loss:
            yield -value
    elif not (is_move and clause.says_loss and not clause.says_gain):
        yield value


def _rounds_to(value: Number, figure: Figure) -> bool:
    unit = Number(1).scaleb(-figure.decimals)
    rounded = {value.quantize(unit, rounding=one) for one in ROUNDINGS} if value.adjusted() < 20 else {value}
    if figure.is_approximate:
        return any(abs(one - figure.value) <= unit for one in rounded)
    return figure.value in rounded


def _keeps_enough(figure: Figure, value: Number) -> bool:
    """Whether a figure has two significant digits, or two places, or all that there is to tell."""
    shown = figure.value.as_tuple().digits if figure.value else ()
    if figure.unit in _TIMES or figure.decimals >= 2 or abs(figure.value) == abs(value):
        return True
    written = len(str(int(abs(figure.value).scaleb(max(figure.decimals, 0))))) if figure.value else 0
    return min(len(shown), written) >= 2 or (figure.decimals < 0 and len(shown) >= 2)
