"""The margin report of an account: what is required in all, and for each underlying. Pure.

The requirements of the underlyings add up to that of the account, and that is the one its balance tells.
"""

import decimal
import itertools
import math

import msgspec

from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.bodies import people, risk
from simulator.tastytrade.format import number, signed

Decimal = decimal.Decimal
_DAYS_A_YEAR = 252


def report_body(account: SimAccount, market: SimMarket, surface: OptionSurface) -> Json:
    """Describe what an account's positions require, underlying by underlying.

    The venue mixes empty objects into its groups: here one, at the end, for the cash that needs no margin.
    """
    told = people.figures(account, accounts.worth(account, market, surface))
    options = told["derivative-buying-power"]
    return {
        "account-number": account.number,
        "description": "Total",
        "margin-calculation-type": risk.calculation_type(account),
        "option-level": people.options_level(account),
        **signed("margin-requirement", -told["reg-t-margin-requirement"]),
        **signed("initial-requirement", -told["reg-t-margin-requirement"]),
        **signed("maintenance-requirement", -told["maintenance-requirement"]),
        **signed("margin-equity", told["margin-equity"]),
        **signed("option-buying-power", options),
        **signed("reg-t-margin-requirement", -told["reg-t-margin-requirement"]),
        **signed("reg-t-option-buying-power", options),
        **signed("maintenance-excess", told["maintenance-excess"]),
        "groups": [*_groups(account, market, surface), {}],
        "last-state-timestamp": market.at,
    }


def _groups(account: SimAccount, market: SimMarket, surface: OptionSurface) -> list[Json]:
    bodies = [people.position_body(account, h, market, surface, marks=True) for h in account.holdings]
    held = sorted(zip(bodies, account.holdings, strict=True), key=lambda pair: str(pair[0]["underlying-symbol"]))
    grouped = itertools.groupby(held, key=lambda pair: str(pair[0]["underlying-symbol"]))
    return [_group(account, underlying, list(pairs), market, surface) for underlying, pairs in grouped]


def _group(
    account: SimAccount, underlying: str, held: list[tuple[Json, SimHolding]], market: SimMarket, surface: OptionSurface
) -> Json:
    tape = market.tapes.get(underlying)
    day = f"{tape.listing.vol / math.sqrt(_DAYS_A_YEAR) * 100:.2f}" if tape else None
    return {
        "description": underlying,
        "code": underlying,
        "underlying-symbol": underlying,
        "underlying-type": str(held[0][0]["instrument-type"]).removesuffix(" Option"),
        "margin-calculation-type": risk.calculation_type(account),
        **({"expected-price-range-up-percent": day, "expected-price-range-down-percent": day} if day else {}),
        **_required(account, [holding for _, holding in held], market, surface),
        "groups": [
            {
                "description": _strategy(body),
                "margin-calculation-type": risk.calculation_type(account),
                "includes-working-order": False,
                **_required(account, [holding], market, surface),
                "position-entries": [_entry(body)],
            }
            for body, holding in held
        ],
    }


def _required(
    account: SimAccount, holdings: list[SimHolding], market: SimMarket, surface: OptionSurface
) -> dict[str, str]:
    alone = msgspec.structs.replace(account, cash=Decimal(0), holdings=holdings)
    worth = accounts.worth(alone, market, surface)
    return {
        **signed("margin-requirement", -worth.initial),
        **signed("initial-requirement", -worth.initial),
        **signed("maintenance-requirement", -worth.maintenance),
        **signed("buying-power", worth.initial),
    }


def _strategy(body: Json) -> str:
    kind = "OPTION" if "Option" in body["instrument-type"] else "UNDERLYING"
    return f"{'LONG' if body['quantity-direction'] == 'Long' else 'SHORT'}_{kind}"


def _entry(body: Json) -> Json:
    shared = ("instrument-type", "average-open-price", "close-price")
    sign = 1 if body["quantity-direction"] == "Long" else -1
    return {
        "instrument-symbol": body["symbol"],
        "quantity": number(sign * Decimal(str(body["quantity"]))),
        **{key: body[key] for key in shared},
        **({"expiration-date": body["expires-at"][:10]} if "expires-at" in body else {}),
    }
