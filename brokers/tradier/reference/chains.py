"""Option chains: the venue's list of option symbols, and what it says of each expiration, as ours. Pure.

The venue does not say how options settle.
"""

import datetime
import decimal
from typing import Any

from brokers.contract.broker import Chain, Expiration, Strike
from brokers.instruments.decimals import money
from brokers.instruments.symbols import Option, parse_option
from brokers.tradier.decoding import Raw, rows, texts

Rights = dict[str, str]


def to_chain(underlying: str, symbols: Any, expirations: Any) -> Chain:
    """Read the answers of `/markets/options/lookup` and `/markets/options/expirations` with sizes and types.

    What is no option symbol is left out.
    """
    listed: dict[tuple[datetime.date, str], dict[decimal.Decimal, Rights]] = {}
    for option in _options(symbols):
        listed.setdefault((option.expiry, option.root), {}).setdefault(option.strike, {})[option.right] = option.symbol
    details = {row.get("date"): row for row in rows(expirations, "expirations", "expiration")}
    return Chain(
        underlying,
        tuple(
            _expiration(date, root, listed[date, root], details.get(date.isoformat(), {}))
            for date, root in sorted(listed)
        ),
    )


def _options(symbols: Any) -> list[Option]:
    names = [name for row in rows(symbols, "symbols") for name in texts(row, "options")]
    return [option for name in names if (option := parse_option(name)) is not None]


def _expiration(date: datetime.date, root: str, strikes: dict[decimal.Decimal, Rights], detail: Raw) -> Expiration:
    kind = detail.get("expiration_type")
    return Expiration(
        date=date,
        root=root,
        kind=kind if isinstance(kind, str) else None,
        settlement=None,
        multiplier=money(detail.get("contract_size")),
        strikes=tuple(Strike(strike, rights.get("C"), rights.get("P")) for strike, rights in sorted(strikes.items())),
    )
