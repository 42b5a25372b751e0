"""Market metrics: from the venue's words to ours. Pure.

`/market-metrics` writes implied volatilities, ranks and percentiles as fractions, historical volatilities in percent.
"""

import datetime
import decimal
import math
from typing import Any

from brokers.contract.broker import Metrics


def to_metrics(raw: dict[str, Any]) -> Metrics | None:
    """Read one item. None without a symbol."""
    symbol = raw.get("symbol")
    if not isinstance(symbol, str):
        return None
    earnings = raw.get("earnings")
    rating = _float(raw.get("liquidity-rating"))
    return Metrics(
        symbol=symbol,
        iv=_float(raw.get("implied-volatility-index")),
        iv_rank=_times(raw.get("implied-volatility-index-rank"), 100),
        iv_percentile=_times(raw.get("implied-volatility-percentile"), 100),
        iv_change=_float(raw.get("implied-volatility-index-5-day-change")),
        hv_30=_times(raw.get("historical-volatility-30-day"), 0.01),
        hv_60=_times(raw.get("historical-volatility-60-day"), 0.01),
        hv_90=_times(raw.get("historical-volatility-90-day"), 0.01),
        beta=_float(raw.get("beta")),
        correlation=_float(raw.get("corr-spy-3month")),
        liquidity=None if rating is None else int(rating),
        market_cap=_money(raw.get("market-cap")),
        lendability=raw["lendability"] if isinstance(raw.get("lendability"), str) else None,
        earnings=_date(earnings.get("expected-report-date")) if isinstance(earnings, dict) else None,
        ex_dividend=_date(raw.get("dividend-ex-date")),
        term=_term(raw.get("option-expiration-implied-volatilities")),
        at=_moment(raw.get("updated-at")),
    )


def _term(value: Any) -> tuple[tuple[datetime.date, float], ...]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    read = ((_date(row.get("expiration-date")), _float(row.get("implied-volatility"))) for row in rows)
    return tuple(sorted((day, iv) for day, iv in read if day is not None and iv is not None))


def _float(value: Any) -> float | None:
    try:
        read = float(value)
    except (TypeError, ValueError):
        return None
    return read if math.isfinite(read) else None


def _times(value: Any, factor: float) -> float | None:
    read = _float(value)
    return None if read is None else round(read * factor, 10)


def _money(value: Any) -> decimal.Decimal | None:
    """Read an amount. The venue writes 0 for what has none, such as the capital of an index."""
    try:
        read = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        return None
    return read if read.is_finite() and read else None


def _date(value: Any) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _moment(value: Any) -> int | None:
    try:
        read = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).timestamp() * 1000)
