"""Bodies about what an account may do: its trading status, its limits, and the rates its margin is made of. Pure."""

import datetime
import decimal
import zlib

from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount
from simulator.market.market import SimMarket
from simulator.tastytrade.bodies import people
from simulator.tastytrade.format import moment

Decimal = decimal.Decimal
_PDT_DAYS = datetime.timedelta(days=90)
_MARGIN_RATES = {
    "long-equity-initial": "0.5",
    "long-equity-maintenance": "0.25",
    "short-equity-initial": "0.5",
    "short-equity-maintenance": "0.3",
}
_CASH_RATES = dict.fromkeys(_MARGIN_RATES, "1.0")


def trading_status_body(account: SimAccount, market: SimMarket) -> Json:
    """Describe what the venue lets an account do now. A cash account has neither futures nor short calls."""
    standing, margin = account.standing, account.margin
    body: Json = {
        "account-number": account.number,
        "id": zlib.crc32(account.number.encode()) % 1_000_000,
        "autotrade-account-type": "DISABLED",
        "clearing-account-number": account.number,
        "day-trade-count": standing.day_trades,
        "equities-margin-calculation-type": calculation_type(account),
        "fee-schedule-name": "default",
        "futures-margin-rate-multiplier": "1.0" if margin else "0.0",
        "small-notional-futures-margin-rate-multiplier": "1.0" if margin else "0.0",
        "options-level": people.options_level(account),
        "has-intraday-equities-margin": False,
        "is-aggregated-at-clearing": False,
        "is-closed": standing.is_closed,
        "is-frozen": standing.is_frozen,
        "is-closing-only": standing.is_closing_only,
        "is-risk-reducing-only": False,
        "is-cryptocurrency-enabled": margin,
        "is-cryptocurrency-closing-only": standing.is_closing_only,
        "is-futures-enabled": margin,
        "is-futures-closing-only": standing.is_closing_only,
        "is-futures-intra-day-enabled": margin,
        "is-small-notional-futures-intra-day-enabled": margin,
        "is-full-equity-margin-required": False,
        "is-portfolio-margin-enabled": False,
        "is-in-margin-call": standing.is_in_margin_call,
        "is-in-day-trade-equity-maintenance-call": False,
        "is-pattern-day-trader": standing.is_pattern_day_trader,
        "is-roll-the-day-forward-enabled": True,
        "are-far-otm-net-options-restricted": True,
        "short-calls-enabled": margin,
        "is-equity-offering-enabled": False,
        "is-equity-offering-closing-only": standing.is_closing_only,
        "updated-at": moment(standing.changed_at or account.opened),
    }
    if standing.is_pattern_day_trader:
        body["pdt-reset-on"] = (market.day + _PDT_DAYS).isoformat()
    return body


def calculation_type(account: SimAccount) -> str:
    """Return how an account's margin is worked out, in the venue's words."""
    return "Reg T" if account.margin else "Cash"


def position_limit_body(account: SimAccount) -> Json:
    """Describe the largest orders and positions of an account, in shares and contracts."""
    futures = 1_000 if account.margin else 0
    return {
        "id": zlib.crc32(account.number.encode()) % 1_000_000,
        "account-number": account.number,
        "equity-order-size": 50_000,
        "equity-position-size": 500_000,
        "equity-option-order-size": 500,
        "equity-option-position-size": 20_000,
        "future-order-size": futures,
        "future-position-size": futures,
        "future-option-order-size": futures,
        "future-option-position-size": futures,
        "underlying-opening-order-limit": 100,
    }


def effective_margin_body(account: SimAccount, underlying: str) -> Json:
    """Describe the rates an account's margin on `underlying` is made of, as fractions; the floor in dollars."""
    return {
        "underlying-symbol": underlying,
        **(_MARGIN_RATES if account.margin else _CASH_RATES),
        "naked-option-standard": "0.2",
        "naked-option-minimum": "0.1",
        "naked-option-floor": "0.0",
        "clearing-identifier": calculation_type(account),
        "is-deleted": False,
    }
