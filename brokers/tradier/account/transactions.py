"""What was booked in an account, as ours: the venue's history, which clearing writes overnight. Pure.

Rows have neither ids nor times, only days. An id is made of what a row says, and of how many rows of its day say the
same before it: so whole days are read, always.
"""

import collections
import decimal
import hashlib
import json
from collections.abc import Iterable
from typing import Literal

from brokers.contract.reports import ActivityReport
from brokers.instruments.decimals import money
from brokers.instruments.symbols import normalise
from brokers.tradier.decoding import Raw, utc

Kind = Literal[
    "dividend", "interest", "fee", "transfer", "assignment", "exercise", "expiration", "split", "journal", "other"
]  # fmt: skip
KINDS: dict[str, Kind] = {
    "dividend": "dividend",
    "interest": "interest",
    "fee": "fee",
    "tax": "fee",
    "ach": "transfer",
    "wire": "transfer",
    "check": "transfer",
    "transfer": "transfer",
    "journal": "journal",
}
"""The venue's types as ours (docs.tradier.com, Account History)."""
_OF_OPTIONS: tuple[tuple[str, Kind], ...] = (("assign", "assignment"), ("exer", "exercise"), ("exp", "expiration"))
"""What is in the words about an option that ended, and what it was then; the first that fits."""
_DIGITS = 12


def to_activities(rows: Iterable[Raw], account: str, link: str) -> list[ActivityReport]:
    """Return what the rows of whole days tell, oldest first. Those without a day or a type are passed over."""
    seen: collections.Counter[str] = collections.Counter()
    told = []
    for row in rows:
        name = f"{account}:{str(row.get('date'))[:10]}:{_digest(row)}"
        seen[name] += 1
        if (activity := _to_activity(row, account, link, f"{name}:{seen[name]}")) is not None:
            told.append(activity)
    return sorted(told, key=lambda activity: activity.at)


def _digest(row: Raw) -> str:
    said = json.dumps(row, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]


def _to_activity(row: Raw, account: str, link: str, id: str) -> ActivityReport | None:
    """Read one row. Trades were told as fills: of them only the commission is told, as a fee."""
    at, word = utc(row.get("date")), row.get("type")
    if at is None or not isinstance(word, str):
        return None
    detail = row.get(word)
    detail = detail if isinstance(detail, dict) else {}
    symbol, commission = detail.get("symbol"), money(detail.get("commission")) or decimal.Decimal(0)
    is_trade = word == "trade"
    if is_trade and not commission:
        return None
    description = detail.get("description")
    return ActivityReport(
        link=link,
        account=account,
        id=id,
        at=at,
        found="read",
        kind="fee" if is_trade else _of_option(detail) if word == "option" else KINDS.get(word, "other"),
        venue_kind=word,
        amount=-abs(commission) if is_trade else money(row.get("amount")),
        symbol=normalise(symbol) if isinstance(symbol, str) and symbol else None,
        quantity=None if is_trade else money(detail.get("quantity")) or None,
        price=None if is_trade else money(detail.get("price")) or None,
        text=description if isinstance(description, str) else None,
    )


def _of_option(detail: Raw) -> Kind:
    said = f"{detail.get('option_type')} {detail.get('description')}".lower()
    return next((kind for word, kind in _OF_OPTIONS if word in said), "other")
