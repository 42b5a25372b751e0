"""What the venue charges for an execution: tastytrade's public schedule and the fees it passes on. Pure.

Rates of 2026: https://tastytrade.com/commissions-and-fees (commissions, clearing, index options), FINRA's trading
activity fee and the SEC's fee on sales; of futures the regulator's fee but no exchange's own. A leg's fees are those of
all it has filled so far, less what was booked before: caps hold for the whole leg, and an order in twenty parts pays
the cents of an order in one.
"""

import decimal

import msgspec

from simulator.exchange.market_view import Terms
from simulator.exchange.orders import Fees

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
CENT = Decimal("0.01")
MILL = Decimal("0.001")
_OPTION_COMMISSION, _OPTION_CAP = Decimal("1.00"), Decimal("10.00")
_OPTION_CLEARING, _OPTION_REGULATORY, _OPTION_TAF = Decimal("0.10"), Decimal("0.02"), Decimal("0.00329")
_SHARE_CLEARING, _FRACTION_CLEARING = Decimal("0.0008"), Decimal("0.10")
_SHARE_TAF, _SHARE_TAF_CAP = Decimal("0.000195"), Decimal("9.79")
_SEC_RATE = Decimal("0.0000206")
_FUTURE_CLEARING, _FUTURE_REGULATORY = Decimal("0.30"), Decimal("0.02")
_FUTURE_COMMISSION, _MICRO_COMMISSION = Decimal("1.25"), Decimal("0.85")
_FUTURE_OPTION_COMMISSION, _MICRO_OPTION_COMMISSION = Decimal("2.50"), Decimal("1.50")
_CRYPTO_MARKUP = Decimal("0.0035")
_MICROS = ("/MES", "/MNQ", "/M2K", "/MYM", "/MGC", "/MCL", "/MBT", "/MET", "/SIL", "/M6E")
_INDEX_OPTIONS = {"SPX": Decimal("0.65"), "SPXW": Decimal("0.65"), "RUT": Decimal("0.18"), "VIX": Decimal("0.65"),
                  "OEX": Decimal("0.40"), "XEO": Decimal("0.40"), "NDX": Decimal("0.18"), "NDXP": Decimal("0.18"),
                  "DJX": Decimal("0.18")}  # fmt: skip
"""Dollars a contract of the index options that trade on one exchange only; the commission on these has no cap."""
EXERCISE = Fees(commission=Decimal("5.00"))
"""What exercising or being assigned costs, whatever the quantity."""


class Filled(msgspec.Struct, frozen=True):
    """What a leg has executed so far: units opened and closed for `value` dollars, and those of it that were sold."""

    opened: Decimal = Decimal(0)
    closed: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    proceeds: Decimal = Decimal(0)

    def plus(self, side: int, quantity: Decimal, value: Decimal, *, is_opening: bool) -> "Filled":
        """Return this and one more execution of `quantity` units worth `value` dollars."""
        sells = side < 0
        return Filled(
            self.opened + quantity * is_opening,
            self.closed + quantity * (not is_opening),
            self.value + value,
            self.sold + quantity * sells,
            self.proceeds + value * sells,
        )


def charge(terms: Terms, filled: Filled, unit: Decimal = CENT) -> Fees:
    """Return the fees of all a leg has executed, each rounded to `unit` dollars."""
    exact = _RULES[terms.kind](terms, filled)
    fields = (exact.regulatory, exact.clearing, exact.commission, exact.index_option)
    return Fees(*(value.quantize(unit, decimal.ROUND_HALF_UP) for value in fields))


def plus(one: Fees, other: Fees) -> Fees:
    """Return both together."""
    return less(one, Fees(-other.regulatory, -other.clearing, -other.commission, -other.index_option))


def less(total: Fees, before: Fees) -> Fees:
    """Return what is left to book of `total`."""
    return Fees(
        total.regulatory - before.regulatory,
        total.clearing - before.clearing,
        total.commission - before.commission,
        total.index_option - before.index_option,
    )


def _shares(terms: Terms, filled: Filled) -> Fees:
    quantity = filled.opened + filled.closed
    clearing = _FRACTION_CLEARING if quantity % 1 else quantity * _SHARE_CLEARING
    return Fees(min(filled.sold * _SHARE_TAF, _SHARE_TAF_CAP) + filled.proceeds * _SEC_RATE, clearing)


def _options(terms: Terms, filled: Filled) -> Fees:
    quantity = filled.opened + filled.closed
    special = _INDEX_OPTIONS.get(terms.option.root if terms.option else "", _NOTHING)
    commission = filled.opened * _OPTION_COMMISSION
    sales = _NOTHING if special else filled.proceeds * _SEC_RATE
    return Fees(
        quantity * _OPTION_REGULATORY + filled.sold * _OPTION_TAF + sales,
        quantity * _OPTION_CLEARING,
        commission if special else min(commission, _OPTION_CAP),
        quantity * special,
    )


def _futures(terms: Terms, filled: Filled) -> Fees:
    quantity = filled.opened + filled.closed
    commission = _MICRO_COMMISSION if terms.underlying.startswith(_MICROS) else _FUTURE_COMMISSION
    return Fees(quantity * _FUTURE_REGULATORY, quantity * _FUTURE_CLEARING, quantity * commission)


def _future_options(terms: Terms, filled: Filled) -> Fees:
    quantity = filled.opened + filled.closed
    commission = _MICRO_OPTION_COMMISSION if terms.underlying.startswith(_MICROS) else _FUTURE_OPTION_COMMISSION
    return Fees(quantity * _FUTURE_REGULATORY, quantity * _FUTURE_CLEARING, filled.opened * commission)


def _crypto(terms: Terms, filled: Filled) -> Fees:
    """Book the markup as a commission: here a fill is never outside the quote."""
    return Fees(commission=filled.value * _CRYPTO_MARKUP)


def _none(terms: Terms, filled: Filled) -> Fees:
    return Fees()


_RULES = {
    "equity": _shares,
    "index": _none,
    "option": _options,
    "future": _futures,
    "future option": _future_options,
    "crypto": _crypto,
}
