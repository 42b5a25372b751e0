"""Numbers in pages, written as static/js/format.js writes them. A missing value is an en dash, never a zero."""

import decimal

from django import template

register = template.Library()

MISSING = "–"
Number = decimal.Decimal | int | str | None
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
def masked(account: str | None) -> str:
    """An account number as pages show it: its last four characters."""
    return f"…{account[-4:]}" if account else ""


def _rounded(value: decimal.Decimal | int | str, places: int) -> decimal.Decimal:
    return decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-places), decimal.ROUND_HALF_UP)


def _signed(value: decimal.Decimal, places: int) -> str:
    text = f"{abs(value):,.{places}f}"
    return f"−{text}" if value < 0 and text.strip("0.,") else text
