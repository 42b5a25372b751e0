"""Bodies about futures: their products and contracts. Pure."""

import typing

import msgspec

from simulator.asgi import Json
from simulator.market import futures
from simulator.market.futures import PRODUCTS, Future, Product
from simulator.market.market import SimMarket
from simulator.tastytrade.format import moment, number, present

EXCHANGE = "CME"
"""The exchange the venue files all products here under; the exchange itself is the legacy one."""


class Filing(msgspec.Struct, frozen=True):
    """What the venue says of a product besides how it trades; `etf` is the fund that moves with it."""

    legacy_exchange: str
    clearing_code: str
    clearing_exchange: str
    sector: str
    roll: str
    active_count: int
    option_ticks: tuple[Json, ...]
    kind: str = "Physical"
    subtype: str | None = None
    back_month_first: bool = False
    fractions: tuple[str, str] = ("0.0", "0.0")
    ticks: tuple[int, int] | None = None
    etf: str | None = None


def ladder(*steps: tuple[str, str | None]) -> tuple[Json, ...]:
    """Describe tick sizes: each up to a threshold, the last without one."""
    return tuple(present({"value": value, "threshold": threshold}) for value, threshold in steps)


_EQUITY_OPTIONS = ladder(("0.05", "5.0"), ("0.25", None))
FILINGS: dict[str, Filing] = {
    "ES": Filing(
        "CME", "ES", "16", "Equity Index", "equity_index", 3, _EQUITY_OPTIONS, "Financial",
        back_month_first=True, etf="SPY",
    ),
    "NQ": Filing(
        "CME", "NQ", "16", "Equity Index", "equity_index", 3, _EQUITY_OPTIONS, "Financial",
        back_month_first=True, etf="QQQ",
    ),
    "CL": Filing("NYM", "CU", "07", "Energy", "energies", 7, ladder(("0.01", None))),
    "GC": Filing("CMX", "GC", "04", "Metals", "metals", 4, ladder(("0.1", None)), etf="GLD"),
    "ZN": Filing(
        "CBT", "21", "01", "Interest Rate", "treasuries", 2, ladder(("0.015625", None)), "Financial",
        subtype="Treasury", fractions=("0.03125", "0.015625"), ticks=(32, 64), etf="TLT",
    ),
}  # fmt: skip
"""How the venue files each product."""


def product_body(product: Product) -> Json:
    """Describe a product."""
    filing = FILINGS[product.code]
    is_cash = product.first_notice is None and filing.kind == "Financial"
    return present(
        {
            "root-symbol": product.root,
            "code": product.code,
            "description": product.name,
            "clearing-code": filing.clearing_code,
            "clearing-exchange-code": filing.clearing_exchange,
            "clearport-code": product.code,
            "legacy-code": product.code,
            "exchange": EXCHANGE,
            "legacy-exchange-code": filing.legacy_exchange,
            "product-type": filing.kind,
            "product-subtype": filing.subtype,
            "listed-months": list(product.months),
            "active-months": list(product.active),
            "notional-multiplier": number(product.multiplier),
            "tick-size": number(product.tick),
            "display-factor": "0.01",
            "base-tick": filing.ticks and filing.ticks[0],
            "sub-tick": filing.ticks and filing.ticks[1],
            "streamer-exchange-code": product.venue,
            "small-notional": False,
            "back-month-first-calendar-symbol": filing.back_month_first,
            "first-notice": product.first_notice is not None,
            "cash-settled": is_cash,
            "security-group": product.code,
            "market-sector": filing.sector,
            "roll": {
                "name": filing.roll,
                "active-count": filing.active_count,
                "cash-settled": is_cash,
                "business-days-offset": product.rolls_before,
                "first-notice": product.first_notice is not None,
            },
        }
    )


def future_body(contract: Future, market: SimMarket) -> Json:
    """Describe a contract."""
    product, filing = contract.product, FILINGS[contract.product.code]
    order = futures.active(product, market.at)
    notice = contract.first_notice
    closes = moment(contract.expires)
    return present(
        {
            "symbol": contract.symbol,
            "instrument-type": "Future",
            "product-code": product.code,
            "contract-size": number(product.multiplier),
            "tick-size": number(product.tick),
            "notional-multiplier": number(product.multiplier),
            "main-fraction": filing.fractions[0],
            "sub-fraction": filing.fractions[1],
            "display-factor": "0.01",
            "last-trade-date": contract.last_trade.isoformat(),
            "expiration-date": contract.last_trade.isoformat(),
            "closing-only-date": contract.leaves.isoformat(),
            "first-notice-date": notice.isoformat() if notice else None,
            "active": True,
            "active-month": order[:1] == [contract],
            "next-active-month": order[1:2] == [contract],
            "is-closing-only": contract.leaves < market.day,
            "is-tradeable": True,
            "stops-trading-at": closes,
            "expires-at": closes,
            "product-group": f"{EXCHANGE}_{product.code}",
            "exchange": EXCHANGE,
            "roll-target-symbol": _roll_target(contract, order),
            "streamer-exchange-code": product.venue,
            "streamer-symbol": contract.streamer,
            "back-month-first-calendar-symbol": filing.back_month_first,
            "future-etf-equivalent": _fund(product, filing, market),
            "future-product": product_body(product),
            "tick-sizes": [{"value": number(product.tick)}],
            "option-tick-sizes": list(filing.option_ticks),
            "spread-tick-sizes": [
                {"value": number(product.tick), "symbol": other.symbol} for other in order if other != contract
            ],
        }
    )


def _roll_target(contract: Future, order: list[Future]) -> str | None:
    later = (other.symbol for other in order if (other.year, other.month) > (contract.year, contract.month))
    return next(later, None)


def _fund(product: Product, filing: Filing, market: SimMarket) -> Json | None:
    """Describe how many shares of the fund move as one contract does."""
    tape = market.tapes.get(filing.etf or "")
    if tape is None:
        return None
    return {"symbol": filing.etf, "share-quantity": round(product.price * product.multiplier / tape.mid)}


def select_contracts(market: SimMarket, symbols: typing.Collection[str], codes: typing.Collection[str]) -> list[Future]:
    """Return the contracts of these symbols, or else of these products; all of them when neither is named."""
    listed = futures.all_contracts(market.at)
    if symbols:
        names = {f"/{symbol.lstrip('/')}" for symbol in symbols}
        return [contract for contract in listed if contract.symbol in names]
    return [contract for contract in listed if not codes or contract.product.code in codes]


def product(code: str) -> Product | None:
    """Return the product of a code, written with or without its slash."""
    return PRODUCTS.get(code.lstrip("/"))
