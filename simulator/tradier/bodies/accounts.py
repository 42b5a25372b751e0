"""Bodies about people and what they have: profile, balances, positions. Pure.

What an account owes has a minus: cash and every position's value add up to the total equity.
"""

import decimal
import zlib

from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.accounts import SimAccount, SimHolding, Worth
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tradier.customers import AccountType, Person
from simulator.tradier.format import NOTHING, moment, number, several

Decimal = decimal.Decimal
_OPTION_LEVEL = 6
_LEVERAGE = {"margin": 2, "pdt": 4, "cash": 1}
"""Dollars of shares that a dollar of buying power buys."""


def profile_body(person: Person) -> Json:
    """Describe a person and their accounts."""
    bodies = [_account_body(account, person.types[account.number]) for account in person.accounts]
    name = f"{person.first_name} {person.last_name}"
    return {"profile": {"account": several(bodies), "id": person.login, "name": name}}


def _account_body(account: SimAccount, kind: AccountType) -> Json:
    opened = moment(int(account.opened.timestamp() * 1000))
    changed = account.standing.changed_at
    return {
        "account_number": account.number,
        "classification": account.kind.lower(),
        "date_created": opened,
        "day_trader": kind == "pdt",
        "option_level": _OPTION_LEVEL,
        "status": "active" if account.standing.is_trading else "closed",
        "type": kind,
        "last_update_date": opened if changed is None else moment(int(changed.timestamp() * 1000)),
    }


def balances_body(
    account: SimAccount, kind: AccountType, market: SimMarket, surface: OptionSurface, pending: int
) -> Json:
    """Describe an account's money. `pending` is how many orders are at work."""
    worth = accounts.worth(account, market, surface)
    long_value, short_value = worth.long_equity + worth.long_option, worth.short_equity + worth.short_option
    open_profit, closed_profit = _profits(account, market, surface)
    core = {
        "option_short_value": -worth.short_option,
        "total_equity": worth.net_liq,
        "account_number": account.number,
        "account_type": kind,
        "close_pl": closed_profit,
        "current_requirement": worth.maintenance,
        "equity": worth.long_equity,
        "long_market_value": long_value,
        "market_value": long_value - short_value,
        "open_pl": open_profit,
        "option_long_value": worth.long_option,
        "option_requirement": Decimal(0),
        "pending_orders_count": pending,
        "short_market_value": -short_value,
        "stock_long_value": worth.long_equity,
        "total_cash": worth.cash,
        "uncleared_funds": Decimal(0),
        "pending_cash": account.reserve,
        kind: _kind_body(worth, kind),
    }
    return {"balances": _rounded(core)}


def _kind_body(worth: Worth, kind: AccountType) -> Json:
    if kind == "cash":
        return {"cash_available": worth.available, "sweep": 0, "unsettled_funds": 0}
    body: Json = {
        "fed_call": 0,
        "maintenance_call": max(Decimal(0), worth.maintenance - worth.funds),
        "option_buying_power": worth.available,
        "stock_buying_power": worth.available * _LEVERAGE[kind],
        "stock_short_value": -worth.short_equity,
    }
    return body | ({"sweep": 0} if kind == "margin" else {})


def _rounded(body: Json) -> Json:
    return {
        key: _rounded(value) if isinstance(value, dict) else number(value, 2) if isinstance(value, Decimal) else value
        for key, value in body.items()
    }


def _profits(account: SimAccount, market: SimMarket, surface: OptionSurface) -> tuple[Decimal, Decimal]:
    """Return what is made on positions that are open, and by what was closed today."""
    held = account.holdings
    open_profit = sum(
        (accounts.mark(each, market, surface).value - each.cost * each.multiplier for each in held), Decimal(0)
    )
    realized = (each.realized_today(market.day) for each in (*held, *account.closed.values()))
    return open_profit, sum(realized, Decimal(0))


def positions_body(account: SimAccount) -> Json:
    """List what an account holds; a short quantity is negative, and so is what it cost."""
    bodies = [position_body(account, holding) for holding in account.holdings]
    return {"positions": {"position": several(bodies)} if bodies else NOTHING}


def position_body(account: SimAccount, holding: SimHolding) -> Json:
    """Describe one position."""
    return {
        "cost_basis": number(holding.cost * holding.multiplier, 2),
        "date_acquired": moment(int(holding.opened.timestamp() * 1000)),
        "id": zlib.crc32(f"{account.number} {holding.symbol}".encode()) % 10_000_000,
        "quantity": number(holding.quantity, 8),
        "symbol": holding.symbol,
    }
