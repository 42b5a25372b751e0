"""Option chains: from the venue's nested form to ours. Pure.

A row that makes no sense is left out, and so is an expiration without a date.
"""

import datetime
import decimal
import re
from collections.abc import Iterable
from typing import Any

from brokers.contract.broker import Chain, Expiration, Strike
from brokers.instruments.symbols import normalise

_FUTURE = re.compile(r"/(?P<product>[A-Z0-9]{1,4}?)[FGHJKMNQUVXZ]\d{1,2}")


def product(symbol: str) -> str | None:
    """Return the product code of a future: `ES` for `/ESZ6`. None when `symbol` is none."""
    match = _FUTURE.fullmatch(symbol)
    return match["product"] if match else None


def to_chain(underlying: str, items: Iterable[dict[str, Any]]) -> Chain:
    """Read the items of `/option-chains/{symbol}/nested`: one for each root."""
    found = (
        _expiration(raw, str(item.get("root-symbol")), _decimal(item.get("shares-per-contract")))
        for item in items
        for raw in _objects(item.get("expirations"))
    )
    return _sorted(underlying, found)


def to_future_chain(underlying: str, answer: dict[str, Any]) -> Chain:
    """Read `/futures-option-chains/{product}/nested`, which holds those of every contract month."""
    found = (
        _expiration(raw, str(raw.get("option-root-symbol")), _multiplier(raw))
        for chain in _objects(answer.get("option-chains"))
        for raw in _objects(chain.get("expirations"))
        if raw.get("underlying-symbol") == underlying
    )
    return _sorted(underlying, found)


def _multiplier(raw: dict[str, Any]) -> decimal.Decimal | None:
    """An option on a future is for one future, which is worth `notional-value` times its displayed price."""
    notional, display = _decimal(raw.get("notional-value")), _decimal(raw.get("display-factor"))
    return notional / display if notional is not None and display else notional


def _sorted(underlying: str, found: Iterable[Expiration | None]) -> Chain:
    kept = (expiration for expiration in found if expiration is not None)
    return Chain(underlying, tuple(sorted(kept, key=lambda expiration: (expiration.date, expiration.root))))


def _expiration(raw: dict[str, Any], root: str, multiplier: decimal.Decimal | None) -> Expiration | None:
    try:
        date = datetime.date.fromisoformat(raw["expiration-date"])
    except (KeyError, TypeError, ValueError):
        return None
    strikes = (_strike(row) for row in _objects(raw.get("strikes")))
    return Expiration(
        date=date,
        root=root,
        kind=_text(raw.get("expiration-type")),
        settlement=_text(raw.get("settlement-type")),
        multiplier=multiplier,
        strikes=tuple(sorted((row for row in strikes if row is not None), key=lambda row: row.strike)),
    )


def _strike(raw: dict[str, Any]) -> Strike | None:
    strike = _decimal(raw.get("strike-price"))
    return None if strike is None else Strike(strike, _symbol(raw.get("call")), _symbol(raw.get("put")))


def _symbol(value: Any) -> str | None:
    return normalise(value) if isinstance(value, str) and value else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _decimal(value: Any) -> decimal.Decimal | None:
    try:
        read = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        return None
    return read if read.is_finite() else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
