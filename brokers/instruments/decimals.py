"""Exact amounts as venues write them. Pure."""

import decimal
from typing import Any


def money(value: Any) -> decimal.Decimal | None:
    """Read an amount or quantity: a text, or a number. What is empty, not finite or unreadable is None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        return None
    return amount if amount.is_finite() else None
