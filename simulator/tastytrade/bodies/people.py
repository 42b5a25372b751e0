"""Bodies about people, for REST and the account stream: customer, accounts, balances, positions. Pure."""

import datetime
import decimal
import zlib

from brokers.instruments.symbols import parse_option
from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.accounts import Customer, SimAccount, SimHolding, Worth
from simulator.exchange.market_view import read_terms
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.format import moment, number, signed
from simulator.tastytrade.symbols import streamer_symbol

Decimal = decimal.Decimal
_ADDRESS = {
    "street-one": "100 Loopback Lane",
    "city": "Chicago",
    "state-region": "IL",
    "postal-code": "60607",
    "country": "USA",
    "is-foreign": False,
    "is-domestic": True,
}
_SUITABILITY: Json = {
    "id": 1,
    "annual-net-income": 100_000,
    "net-worth": 500_000,
    "liquid-net-worth": 250_000,
    "covered-options-trading-experience": "EXTENSIVE",
    "uncovered-options-trading-experience": "EXTENSIVE",
    "stock-trading-experience": "EXTENSIVE",
    "futures-trading-experience": "LIMITED",
    "employment-status": "EMPLOYED",
    "employer-name": "Loopback Inc.",
    "job-title": "Engineer",
    "occupation": "Engineering",
    "marital-status": "SINGLE",
    "number-of-dependents": 0,
    "tax-bracket": "25_PERCENT",
}
_NOTHING = Decimal(0)
INSTRUMENT_TYPES = {
    "equity": "Equity",
    "index": "Index",
    "option": "Equity Option",
    "future": "Future",
    "future option": "Future Option",
    "crypto": "Cryptocurrency",
}
"""The venue's word for each kind of instrument."""
_COST_EFFECTS = {"Long": "Credit", "Short": "Debit", "Zero": "None"}
"""What closing a position does to the cash."""
_ZEROES = (
    "long-futures-derivative-value", "short-futures-derivative-value",
    "futures-margin-requirement", "maintenance-call-value", "reg-t-call-value", "day-trading-call-value",
    "day-equity-call-value", "day-trade-excess", "short-cryptocurrency-value",
    "cryptocurrency-margin-requirement", "closed-loop-available-balance", "equity-offering-margin-requirement",
    "long-bond-value", "bond-margin-requirement", "futures-overnight-margin-requirement",
    "futures-intraday-margin-requirement", "pending-margin-interest", "effective-cryptocurrency-buying-power",
    "long-fixed-income-security-value", "fixed-income-security-margin-requirement", "intraday-equities-cash-amount",
    "previous-day-cryptocurrency-fiat-amount", "total-settle-balance", "debit-margin-balance",
)  # fmt: skip


def customer_body(customer: Customer) -> Json:
    """Describe a person."""
    return {
        "id": "me",
        "first-name": customer.first_name,
        "last-name": customer.last_name,
        "email": customer.email,
        "address": _ADDRESS,
        "mailing-address": _ADDRESS,
        "is-foreign": False,
        "regulatory-domain": "USA",
        "usa-citizenship-type": "Citizen",
        "citizenship-country": "USA",
        "mobile-phone-number": "+13125550100",
        "birth-date": "1980-02-29",
        "tax-number-type": "SSN",
        "tax-number": "*****0000",
        "agreed-to-margining": True,
        "subject-to-tax-withholding": False,
        "agreed-to-terms": True,
        "external-id": customer.id,
        "has-industry-affiliation": False,
        "has-listed-affiliation": False,
        "has-political-affiliation": False,
        "has-delayed-quotes": customer.level == "demo",
        "has-pending-or-approved-application": True,
        "is-professional": False,
        "identifiable-type": "Person",
        "permitted-account-types": [
            {
                "name": "Individual",
                "description": "Individual",
                "is_tax_advantaged": False,
                "has_multiple_owners": False,
                "is_publicly_available": True,
                "margin_types": [{"name": "Margin", "is_margin": True}, {"name": "Cash", "is_margin": False}],
            }
        ],
        "person": {
            "external-id": customer.id,
            "first-name": customer.first_name,
            "last-name": customer.last_name,
            "citizenship-country": "USA",
            "usa-citizenship-type": "Citizen",
            "employment-status": "EMPLOYED",
            "marital-status": "SINGLE",
            "number-of-dependents": 0,
            "birth-date": "1980-02-29",
        },
        "customer-suitability": _SUITABILITY | {"customer-id": customer.id},
        "created-at": "2019-03-14T15:39:31.265+00:00",
    }


def account_body(account: SimAccount) -> Json:
    """Describe an account."""
    standing = account.standing
    return {
        "account-number": account.number,
        "external-id": f"A{zlib.crc32(account.number.encode()):010d}",
        "opened-at": moment(account.opened),
        "nickname": account.nickname,
        "account-type-name": account.kind,
        "day-trader-status": standing.is_pattern_day_trader,
        "is-closed": standing.is_closed,
        "is-firm-error": False,
        "is-firm-proprietary": False,
        "is-futures-approved": account.margin,
        "is-test-drive": False,
        "margin-or-cash": "Margin" if account.margin else "Cash",
        "is-foreign": False,
        "funding-date": account.opened.date().isoformat(),
        "investment-objective": "SPECULATION",
        "futures-account-purpose": "SPECULATING",
        "suitable-options-level": options_level(account),
        "created-at": moment(account.opened),
        **({"closed-at": moment(standing.closed_at)} if standing.closed_at else {}),
    }


def options_level(account: SimAccount) -> str:
    """Return which option strategies an account is approved for, in the venue's words."""
    return "No Restrictions" if account.margin else "Covered And Cash Secured"


def figures(account: SimAccount, worth: Worth) -> dict[str, Decimal]:
    """Return the figures of an account's balance that are not zero for everybody, in dollars."""
    free = max(_NOTHING, worth.available)
    buying = free * 2 if account.margin else free  # shares on margin need half their value
    used = worth.initial + worth.reserve
    return {
        "cash-balance": worth.cash,
        "long-equity-value": worth.long_equity,
        "short-equity-value": worth.short_equity,
        "long-derivative-value": worth.long_option,
        "short-derivative-value": worth.short_option,
        "long-futures-value": max(_NOTHING, worth.futures),  # a future is worth its open profit
        "short-futures-value": max(_NOTHING, -worth.futures),
        "long-cryptocurrency-value": worth.crypto,
        "long-margineable-value": worth.long_equity if account.margin else _NOTHING,
        "short-margineable-value": worth.short_equity,
        "margin-equity": worth.funds,
        "equity-buying-power": buying,
        "derivative-buying-power": free,
        "day-trading-buying-power": buying,
        "available-trading-funds": free,
        "maintenance-requirement": worth.maintenance,
        "maintenance-excess": worth.excess,
        "reg-t-margin-requirement": worth.initial,
        "net-liquidating-value": worth.net_liq,
        "cash-available-to-withdraw": max(_NOTHING, min(worth.cash - worth.reserve, worth.excess)),
        "used-derivative-buying-power": used,
    }


def balance_body(account: SimAccount, market: SimMarket, surface: OptionSurface) -> Json:
    """Describe an account's money now: every key the venue sends, decimals as strings."""
    told = figures(account, accounts.worth(account, market, surface)) | account.overrides
    return {**money_body(account, told), "snapshot-date": market.day.isoformat(), "updated-at": moment(market.at)}


def money_body(account: SimAccount, told: dict[str, Decimal]) -> Json:
    """Write the figures of a balance, now or at the end of a day, with those that are zero for everybody."""
    return {
        "account-number": account.number,
        "currency": "USD",
        **{key: number(value) for key, value in told.items()},
        **dict.fromkeys(_ZEROES, "0.0"),
        **signed("pending-cash", Decimal(0)),
        **signed("buying-power-adjustment", Decimal(0)),
        "unsettled-cryptocurrency-fiat-amount": "0.0",
        "unsettled-cryptocurrency-fiat-effect": "None",
    }


def _streamer(symbol: str, market: SimMarket) -> str:
    tape = market.tapes.get(symbol)
    return (tape.listing.streamer if tape else None) or symbol


def position_body(
    account: SimAccount, holding: SimHolding, market: SimMarket, surface: OptionSurface, *, marks: bool
) -> Json:
    """Describe one holding. `mark` and `mark-price` only where asked for."""
    option, terms = parse_option(holding.symbol), read_terms(holding.symbol, market, surface)
    worth, made = accounts.mark(holding, market, surface), holding.realized_today(market.day)
    direction = "Long" if holding.quantity > 0 else "Short" if holding.quantity < 0 else "Zero"
    body: Json = {
        "account-number": account.number,
        "symbol": option.occ if option else holding.symbol,
        "instrument-type": INSTRUMENT_TYPES[terms.kind] if terms else "Unknown",
        "streamer-symbol": streamer_symbol(option) if option else _streamer(holding.symbol, market),
        "underlying-symbol": terms.underlying if terms else holding.symbol,
        "quantity": int(abs(holding.quantity)) if holding.quantity % 1 == 0 else str(abs(holding.quantity)),
        "quantity-direction": direction,
        "close-price": number(worth.close),
        "average-open-price": number(holding.average),
        "average-yearly-market-close-price": number(holding.average),
        "average-daily-market-close-price": number(worth.close),
        "multiplier": int(terms.multiplier) if terms and terms.multiplier % 1 == 0 else number(holding.multiplier),
        "cost-effect": _COST_EFFECTS[direction],
        "is-suppressed": False,
        "is-frozen": False,
        "restricted-quantity": 0,
        **signed("realized-day-gain", made),
        "realized-day-gain-date": market.day.isoformat(),
        **signed("realized-today", made),
        "realized-today-date": market.day.isoformat(),
        "created-at": moment(holding.opened),
        "updated-at": moment(market.at),
    }
    if option:
        closes = datetime.datetime.fromtimestamp(calendar.closing(option.expiry) / 1000, datetime.UTC)
        body |= {"expires-at": moment(closes), "deliverable-type": "Shares"}
    if marks:
        body |= {"mark": number(abs(worth.value)), "mark-price": number(worth.price)}
    return body
