"""Bodies about what accounts have: money and positions. Pure.

What FINRA's rules of 2026 took away is left out, as the venue leaves it out: the pattern day trader and day trades.
"""

import decimal

from simulator.alpaca.bodies.assets import exchange
from simulator.alpaca.bodies.orders import asset_class, asset_id
from simulator.alpaca.customers import account_id
from simulator.alpaca.format import moment, texts
from simulator.alpaca.orders.parsing import venue_symbol
from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface

Decimal = decimal.Decimal
_RATIO = Decimal("0.0000000001")
_LEVERAGE = 2
_NOTHING = Decimal(0)


def account_body(account: SimAccount, market: SimMarket, surface: OptionSurface, owed: Decimal) -> Json:
    """Describe an account and its money, of which it owes some as fees of the day."""
    worth = accounts.worth(account, market, surface)
    long_value = worth.long_equity + worth.long_option + worth.crypto
    short_value = -(worth.short_equity + worth.short_option)
    free = max(_NOTHING, worth.available)
    multiplier = _LEVERAGE if account.margin else 1
    last = _last_equity(account, market, surface)
    return texts(
        {
            "id": account_id(account),
            "admin_configurations": {},
            "user_configurations": None,
            "account_number": account.number,
            "status": status(account),
            "crypto_status": "ACTIVE",
            "currency": "USD",
            "buying_power": free * multiplier,
            "regt_buying_power": free * multiplier,
            "options_buying_power": free,
            "effective_buying_power": free * multiplier,
            "non_marginable_buying_power": free,
            "bod_dtbp": 0,
            "cash": worth.cash,
            "accrued_fees": _NOTHING,
            "pending_transfer_in": _NOTHING,
            "portfolio_value": worth.net_liq,
            "trading_blocked": not account.standing.is_trading,
            "transfers_blocked": False,
            "account_blocked": account.standing.is_closed,
            "created_at": moment(int(account.opened.timestamp() * 1000)),
            "trade_suspended_by_user": False,
            "multiplier": str(multiplier),
            "shorting_enabled": account.margin,
            "equity": worth.net_liq,
            "last_equity": last,
            "long_market_value": long_value,
            "short_market_value": short_value,
            "position_market_value": long_value + short_value,
            "initial_margin": worth.initial,
            "maintenance_margin": worth.maintenance,
            "last_maintenance_margin": worth.maintenance,
            "sma": free,
            "balance_asof": market.day.isoformat(),
            "crypto_tier": 1,
            "options_trading_level": 3,
            "intraday_adjustments": _NOTHING,
            "pending_reg_taf_fees": owed,
        }
    )


def status(account: SimAccount) -> str:
    """Return how an account stands in this venue's words."""
    if account.standing.is_closed:
        return "ACCOUNT_CLOSED"
    return "ACTIVE" if account.standing.is_trading else "INACTIVE"


def _last_equity(account: SimAccount, market: SimMarket, surface: OptionSurface) -> Decimal:
    """Return what the account would have been worth at yesterday's prices."""
    worth = account.cash
    for holding in account.holdings:
        value = accounts.mark(holding, market, surface)
        worth += value.close * holding.quantity * holding.multiplier
    return worth


def position_body(
    account: SimAccount, holding: SimHolding, market: SimMarket, surface: OptionSurface, held: Decimal
) -> Json:
    """Describe one position, of which orders at work hold back `held`."""
    value = accounts.mark(holding, market, surface)
    multiplier, quantity = holding.multiplier, holding.quantity
    cost = holding.cost * multiplier
    today = (value.price - value.close) * quantity * multiplier
    is_option = holding.is_option
    tape = market.tapes.get(holding.symbol)
    return texts(
        {
            "asset_id": asset_id(holding.symbol),
            "symbol": venue_symbol(holding.symbol),
            "exchange": exchange(tape.listing) if tape else "",
            "asset_class": asset_class(holding.symbol, is_option=is_option),
            "asset_marginable": not is_option,
            "qty": quantity,
            "qty_available": quantity - held,
            "avg_entry_price": holding.average,
            "side": "long" if quantity > 0 else "short",
            "market_value": value.value,
            "cost_basis": cost,
            "unrealized_pl": value.value - cost,
            "unrealized_plpc": _ratio(value.value - cost, abs(cost)),
            "unrealized_intraday_pl": today,
            "unrealized_intraday_plpc": _ratio(today, abs(value.value - today)),
            "current_price": value.price,
            "lastday_price": value.close,
            "change_today": _ratio(value.price - value.close, value.close),
        }
    )


def _ratio(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_RATIO) if whole else _NOTHING
