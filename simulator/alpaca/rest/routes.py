"""Every REST path of the simulated Alpaca, and what answers it."""

import re
import typing

from simulator.alpaca.rest import account_routes, asset_routes, order_routes
from simulator.alpaca.rest.request import SimAlpacaCall
from simulator.alpaca.venue import SimAlpaca

Handler = typing.Callable[[SimAlpaca, SimAlpacaCall], typing.Any]
"""What it returns is told as JSON: with 200, or 204 where it is None."""

TABLE: dict[str, Handler] = {
    "GET /v2/account": account_routes.account,
    "GET /v2/account/activities": account_routes.activities,
    "GET /v2/account/activities/{kind}": account_routes.activities,
    "GET /v2/positions": account_routes.positions,
    "GET /v2/positions/{symbol}": account_routes.position,
    "DELETE /v2/positions": order_routes.close_all,
    "DELETE /v2/positions/{symbol}": order_routes.close,
    "GET /v2/account/portfolio/history": account_routes.portfolio_history,
    "GET /v2/account/configurations": account_routes.configuration,
    "PATCH /v2/account/configurations": account_routes.configure,
    "GET /v2/clock": asset_routes.clock,
    "GET /v2/calendar": asset_routes.days,
    "GET /v2/assets": asset_routes.every_asset,
    "GET /v2/assets/{symbol}": asset_routes.asset,
    "GET /v2/options/contracts": asset_routes.contracts,
    "GET /v2/options/contracts/{symbol}": asset_routes.contract,
    "GET /v2/watchlists": asset_routes.watchlists,
    "POST /v2/watchlists": asset_routes.create_watchlist,
    "GET /v2/watchlists/{list}": asset_routes.watchlist,
    "PUT /v2/watchlists/{list}": asset_routes.change_watchlist,
    "POST /v2/watchlists/{list}": asset_routes.add_symbol,
    "DELETE /v2/watchlists/{list}": asset_routes.delete_watchlist,
    "DELETE /v2/watchlists/{list}/{symbol}": asset_routes.remove_symbol,
    "GET /v2/orders": order_routes.orders,
    "POST /v2/orders": order_routes.place,
    "DELETE /v2/orders": order_routes.cancel_all,
    "GET /v2/orders:by_client_order_id": order_routes.order_by_client_id,
    "GET /v2/orders/{order}": order_routes.order,
    "PATCH /v2/orders/{order}": order_routes.replace,
    "DELETE /v2/orders/{order}": order_routes.cancel,
}
MULTIPLE = frozenset({"DELETE /v2/orders", "DELETE /v2/positions"})
"""What is answered with 207: one answer for each of many."""


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template).replace("(?P<symbol>[^/]+)", "(?P<symbol>.+)"))


ROUTES = [(_pattern(route), route, handler) for route, handler in TABLE.items()]


def find(method: str, path: str) -> tuple[str, Handler, dict[str, str]] | None:
    """Return the route of a path behind the venue's prefix, what answers it, and what stands for the names in it."""
    for pattern, route, handler in ROUTES:
        if match := pattern.fullmatch(f"{method} {path}"):
            return route, handler, match.groupdict()
    return None
