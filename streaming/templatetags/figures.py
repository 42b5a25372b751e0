"""Numbers in pages, written as static/js/core/format.js writes them. A missing value is an en dash, never a zero."""

import decimal
import re
import typing
from collections.abc import Mapping, Sequence

from django import template

from accounts.account_names import account_name, mask, venue_of

register = template.Library()

MISSING = "–"
_AMOUNT = re.compile(r"\d+ [A-Z][a-z]+ \d{4} [\d.,]+ [CP]\b|\b\d[\d.,]*")
Number = decimal.Decimal | float | int | str | None
"""A number of an event; None or, where a template found none, an empty text."""


@register.filter
def price(value: Number) -> str:
    """A price: two decimals, up to four where the venue gives them."""
    if value is None or value == "":
        return MISSING
    rounded = _rounded(value, 4)
    places = max(2, -int(rounded.normalize().as_tuple().exponent))
    return _signed(rounded, places)


@register.filter
def money(value: Number) -> str:
    """An amount of money: two decimals."""
    return MISSING if value is None or value == "" else _signed(_rounded(value, 2), 2)


@register.filter
def change(value: Number) -> str:
    """A change of price or money: always with its sign, but for what rounds to zero."""
    if value is None or value == "":
        return MISSING
    text = _signed(_rounded(value, 2), 2)
    return text if text.startswith("−") or not text.strip("0.,") else f"+{text}"


@register.filter
def percent(value: Number) -> str:
    """A percentage given in percent: 0.81 is 0.81 %."""
    text = change(value)
    return text if text == MISSING else f"{text}%"


@register.filter
def fixed(value: Number, places: int) -> str:
    """A number with so many decimals."""
    return MISSING if value is None or value == "" else _signed(_rounded(value, places), places)


@register.filter
def veiled(text: str) -> str:
    """A text without its numbers, but for those that name an option."""
    return _AMOUNT.sub(lambda found: found[0] if " " in found[0] else "•••", text)


@register.filter
def count(value: Number) -> str:
    """A count or a size."""
    return fixed(value, 0)


@register.filter
def strike(value: decimal.Decimal) -> str:
    """A strike: as many decimals as it has."""
    return f"{value.normalize():,f}"


@register.filter
def volatility(value: Number) -> str:
    """A volatility in percent a year: 0.183 is 18.3."""
    return MISSING if value is None or value == "" else fixed(decimal.Decimal(value) * 100, 1)


@register.filter
def way(value: Number) -> str:
    """Which way a change points: `up`, `down` or nothing."""
    number = decimal.Decimal(value) if value not in (None, "") else decimal.Decimal()
    return "up" if number > 0 else "down" if number < 0 else ""


@register.filter
def arrow(value: Number) -> str:
    """The same as a sign."""
    return {"up": "▲", "down": "▼"}.get(way(value), "")


@register.filter
def masked(account: str | None) -> str:
    """An account number as pages show it where its venue is said already: its last four characters."""
    return mask(account or "")


@register.simple_tag
def named(item: Mapping[str, typing.Any] | None, links: Sequence[Mapping[str, typing.Any]]) -> str:
    """The account of a balance or a position: its venue and the end of its number; nothing where there is none."""
    return account_name(item["account"], venue_of(item["link"], links)) if item else ""


def _rounded(value: decimal.Decimal | float | str, places: int) -> decimal.Decimal:
    return decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-places), decimal.ROUND_HALF_UP)


def _signed(value: decimal.Decimal, places: int) -> str:
    text = f"{abs(value):,.{places}f}"
    return f"−{text}" if value < 0 and text.strip("0.,") else text
