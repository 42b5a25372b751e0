"""Venues that are kept in a file, on a clock that only a test moves: what they answer, and what becomes of them."""

import base64
import pathlib
import typing

import msgspec

from simulator.alpaca import http as alpaca_http
from simulator.alpaca import order_traffic as alpaca_order_traffic
from simulator.asgi import Answer, SimRequest
from simulator.clock import WallClock
from simulator.exchange.accounts import SimAccount
from simulator.exchange.order_traffic import LivesOrder, OrderTraffic, TrafficVenue
from simulator.state import open_state
from simulator.tastytrade import http as tastytrade_http
from simulator.tastytrade import order_traffic as tastytrade_order_traffic
from simulator.tastytrade.venue import now
from simulator.tradier import http as tradier_http
from simulator.tradier import order_traffic as tradier_order_traffic

AT = 1_795_000_000_000
"""A Wednesday's noon in New York."""
STEP_MS = 20
RICH = "50000000"
ACCOUNTS = {"tastytrade": "5WX00001", "tradier": "6YA00001", "alpaca": "PA0000000001"}
TASTYTRADE = (
    "/customers/me", "/customers/me/accounts", "/accounts/{}/positions", "/accounts/{}/balances",
    "/accounts/{}/orders", "/accounts/{}/orders/live", "/accounts/{}/complex-orders", "/accounts/{}/transactions",
    "/accounts/{}/trading-status", "/watchlists", "/public-watchlists", "/quote-alerts",
)  # fmt: skip
TRADIER = (
    "/v1/user/profile", "/v1/accounts/{}/balances", "/v1/accounts/{}/positions", "/v1/accounts/{}/orders",
    "/v1/accounts/{}/history", "/v1/accounts/{}/gainloss", "/v1/watchlists",
)  # fmt: skip
ALPACA = (
    "/v2/account", "/v2/positions", "/v2/orders?status=all&limit=500&nested=true", "/v2/account/activities",
    "/v2/watchlists", "/v2/account/configurations",
)  # fmt: skip


class Stage:
    """The three venues. `at` is the time, in ms since the epoch."""

    def __init__(self, path: pathlib.Path, at: int = AT, seed: int = 7) -> None:
        self.path = path
        self.at = at
        self.state = open_state(path, seed, WallClock(lambda: self.at), token_lifetime=900.0)
        self.venues = self.state.venues
        self.tastytrade, self.tradier, self.alpaca = (
            self.venues.tastytrade, self.venues.tradier, self.venues.alpaca,
        )  # fmt: skip

    def again(self, at: int | None = None, *, killed: bool = False) -> "Stage":
        """Return these venues as they are when they are started again."""
        if killed:
            self.state._archive.close()
        else:
            self.state.close()
        return Stage(self.path, self.at if at is None else at)

    def wait(self, seconds: float = 0.2, *, market: bool = True) -> None:
        """Let time pass, as `run_clock` does; without the `market` prices stand still."""
        for _ in range(round(1000 * seconds / STEP_MS)):
            self.at += STEP_MS
            self.tastytrade.pump(STEP_MS / 1000 if market else 0.0, now(), self.at)
            self.tradier.advance(now())
            self.alpaca.advance(now())
            self.state.save()

    def floors(self) -> dict[str, TrafficVenue]:
        """Where orders are taken, by venue."""
        return {
            "tastytrade": tastytrade_order_traffic.SimTastytradeTrafficVenue(
                self.tastytrade.exchange, self.account("tastytrade")
            ),
            "tradier": tradier_order_traffic.SimTradierTrafficVenue(self.tradier.orders, self.account("tradier")),
            "alpaca": alpaca_order_traffic.SimAlpacaTrafficVenue(self.alpaca.orders, self.account("alpaca")),
        }

    def account(self, venue: str) -> SimAccount:
        """The first account there."""
        number = ACCOUNTS[venue]
        if venue == "tastytrade":
            return self.tastytrade.by_account[number][1]
        return (self.tradier if venue == "tradier" else self.alpaca).accounts[number]

    def lives(self, seed: int, count: int) -> dict[str, OrderTraffic]:
        """Orders at random to come, by venue."""
        return {
            name: OrderTraffic(floor, LivesOrder(floor.account.number, count, seed))
            for name, floor in self.floors().items()
        }

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> typing.Any:
        """Return what a venue answers to a request of its first person, or on which status."""
        path, _, query = path.partition("?")
        pairs = [tuple(pair.split("=")) for pair in query.split("&") if pair]
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        headers = {"user-agent": "stage/1", "accept": "application/json", "content-length": str(len(raw)), **headers}
        answer = await self._answer(SimRequest(method, path, pairs, headers, raw, "127.0.0.1"))  # type: ignore[arg-type]
        assert isinstance(answer, Answer)
        assert answer.status < 300, (path, answer)
        return msgspec.json.decode(answer.body) if answer.body else None

    async def _answer(self, request: SimRequest) -> typing.Any:
        headers = request.headers
        if alpaca_http.serves(request.path):
            key = next(iter(self.alpaca.keys.values()))
            headers |= {"apca-api-key-id": key.id, "apca-api-secret-key": key.secret}
            return await alpaca_http.answer(self.alpaca, request)
        if tradier_http.serves(request.path):
            headers["authorization"] = f"Bearer {self.tradier.grants[0].trading.text}"
            return await tradier_http.answer(self.tradier, request)
        if "authorization" not in headers:
            token = self.tastytrade.access.issue(next(iter(self.tastytrade.grants)), now())
            headers["authorization"] = f"Bearer {token}"
        return await tastytrade_http.answer(self.tastytrade, request)

    async def answers(self) -> dict[str, typing.Any]:
        """Everything the venues say of accounts, orders, bookings, positions and lists, by path."""
        self.tastytrade.surface._states.clear()  # so that options are valued at this moment
        paths = [path.format(ACCOUNTS["tastytrade"]) for path in TASTYTRADE]
        paths += [path.format(ACCOUNTS["tradier"]) for path in TRADIER]
        paths += [f"/alpaca{path}" for path in ALPACA]
        said = {path: await self.ask("GET", path) for path in paths}
        return said | {f"events {topic}": [*record] for topic, record in self.alpaca.records.items()}


def basic(pair: tuple[str, str]) -> str:
    """Return the HTTP Basic header of a pair of keys."""
    return "Basic " + base64.b64encode(":".join(pair).encode()).decode()
