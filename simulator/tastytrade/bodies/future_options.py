"""Bodies about options on futures: their products, the options, and the two ways to read a chain. Pure."""

import decimal
import typing

from simulator.asgi import Json
from simulator.market import future_options, futures
from simulator.market.future_options import SERIES, FutureOption, FutureOptionExpiration, FutureOptionSeries
from simulator.market.futures import PRODUCTS, Future, Product
from simulator.market.market import SimMarket
from simulator.tastytrade.bodies.futures import EXCHANGE, FILINGS, product_body
from simulator.tastytrade.format import moment, number

_DISPLAY = decimal.Decimal("0.01")
_CLEARING = {"EW": "EW", "ES": "ES", "LO": "CO", "OG": "37", "OZN": "21"}
_OPTION_CLEARING_EXCHANGE = {"16": "9C"}
"""Where options clear, when it is not where the future does."""
_SECURITY_EXCHANGES = {"XCME": "2", "XNYM": "3", "XCEC": "4", "XCBT": "1"}


def series_body(series: FutureOptionSeries, *, nested: bool = True) -> Json:
    """Describe an option product; with the future's own, unless it is told inside of that."""
    filing = FILINGS[series.product]
    body: Json = {
        "root-symbol": series.root,
        "code": series.root,
        "legacy-code": series.root,
        "clearport-code": series.root,
        "clearing-code": _CLEARING.get(series.root, f"{series.root[0]}{series.root[-1]}"),
        "clearing-exchange-code": _OPTION_CLEARING_EXCHANGE.get(filing.clearing_exchange, filing.clearing_exchange),
        "clearing-price-multiplier": "1.0",
        "cash-settled": False,
        "display-factor": number(_DISPLAY),
        "exchange": EXCHANGE,
        "product-type": "Physical",
        "expiration-type": series.kind,
        "settlement-delay-days": 0,
        "is-rollover": series.kind == "End-Of-Month" or series.root.endswith("4"),
        "market-sector": filing.sector,
    }
    return body | {"future-product": product_body(PRODUCTS[series.product])} if nested else body


def of_product(product: Product) -> list[Json]:
    """Describe the option products of a future product."""
    return [series_body(series, nested=False) for series in SERIES.values() if series.product == product.code]


class FutureOptionChain:
    """The options on the futures of one product, at one moment."""

    def __init__(self, product: Product, market: SimMarket) -> None:
        self.product = product
        self.market = market
        self._series = {series.root: series_body(series, nested=False) for series in SERIES.values()}

    def flat(self) -> list[Json]:
        """Describe every listed option."""
        return [
            option_body(option, self.market, self._series[option.root])
            for option in future_options.listed(self.product, self.market.at)
        ]

    def nested(self) -> Json:
        """Describe the chain as expirations of strikes, with the futures beside them."""
        contracts = futures.contracts(self.product, self.market.at)
        order = futures.active(self.product, self.market.at)
        return {
            "futures": [_future_body(contract, order, self.market) for contract in contracts],
            "option-chains": [
                {
                    "underlying-symbol": self.product.root,
                    "root-symbol": self.product.root,
                    "exercise-style": "American",
                    "expirations": [
                        self._expiration_body(expiration)
                        for expiration in future_options.expirations(self.product, self.market.at)
                    ],
                }
            ],
        }

    def _expiration_body(self, expiration: FutureOptionExpiration) -> Json:
        product, closes = self.product, moment(expiration.expires)
        strikes = future_options.strikes(product.code)
        return {
            "underlying-symbol": expiration.future.symbol,
            "root-symbol": product.root,
            "option-root-symbol": expiration.series.root,
            "option-contract-symbol": expiration.contract,
            "asset": expiration.series.root,
            "expiration-date": expiration.day.isoformat(),
            "days-to-expiration": (expiration.day - self.market.day).days,
            "expiration-type": expiration.series.kind,
            "settlement-type": expiration.series.settlement,
            "notional-value": _notional(product),
            "display-factor": number(_DISPLAY),
            "strike-factor": "1.0",
            "stops-trading-at": closes,
            "expires-at": closes,
            "tick-sizes": list(FILINGS[product.code].option_ticks),
            "strikes": [_strike_body(expiration, strike) for strike in strikes],
        }


def option_body(option: FutureOption, market: SimMarket, series: Json) -> Json:
    """Describe one option; `series` is its product's body."""
    expiration, product = option.expiration, option.expiration.product
    day, closes = expiration.day.isoformat(), moment(expiration.expires)
    strike = future_options.plain(option.strike)
    return {
        "symbol": option.symbol,
        "instrument-type": "Future Option",
        "underlying-symbol": expiration.future.symbol,
        "product-code": product.code,
        "expiration-date": day,
        "root-symbol": product.root,
        "option-root-symbol": option.root,
        "strike-price": number(option.strike),
        "exchange": EXCHANGE,
        "exchange-symbol": f"{expiration.contract} {option.right}{strike}",
        "streamer-symbol": option.streamer,
        "option-type": option.right,
        "exercise-style": "American",
        "is-vanilla": True,
        "is-primary-deliverable": True,
        "future-price-ratio": "1.0",
        "multiplier": "1.0",
        "underlying-count": "1.0",
        "is-confirmed": True,
        "notional-value": _notional(product),
        "display-factor": number(_DISPLAY),
        "security-exchange": _SECURITY_EXCHANGES[product.venue],
        "sx-id": "0",
        "settlement-type": "Future",
        "strike-factor": "1.0",
        "maturity-date": day,
        "is-exercisable-weekly": True,
        "last-trade-time": "0",
        "days-to-expiration": (expiration.day - market.day).days,
        "is-closing-only": False,
        "active": expiration.expires > market.at,
        "stops-trading-at": closes,
        "expires-at": closes,
        "future-option-product": series,
    }


def _notional(product: Product) -> str:
    """Return what a hundredth of a point of an option is worth: the venue's notional value."""
    return number(decimal.Decimal(repr(product.multiplier)) * _DISPLAY)


def _strike_body(expiration: FutureOptionExpiration, strike: decimal.Decimal) -> Json:
    call, put = (FutureOption(expiration, right, strike) for right in "CP")
    return {
        "strike-price": number(strike),
        "call": call.symbol,
        "call-streamer-symbol": call.streamer,
        "put": put.symbol,
        "put-streamer-symbol": put.streamer,
    }


def _future_body(contract: Future, order: typing.Sequence[Future], market: SimMarket) -> Json:
    closes = moment(contract.expires)
    return {
        "symbol": contract.symbol,
        "root-symbol": contract.product.root,
        "expiration-date": contract.last_trade.isoformat(),
        "maturity-date": contract.last_trade.isoformat(),
        "days-to-expiration": (contract.last_trade - market.day).days,
        "active-month": order[:1] == [contract],
        "next-active-month": order[1:2] == [contract],
        "stops-trading-at": closes,
        "expires-at": closes,
    }
