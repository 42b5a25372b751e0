"""A person's orders by another client than the desk: plain HTTP at the venue's own address."""

import contextlib
import decimal
import typing
from collections.abc import AsyncIterator, Callable

import httpx2
import msgspec

from brokers.adapter.http import USER_AGENT
from tests.brokers.stand import Stand
from tests.support.eventually import aeventually

Spoil = typing.Literal["swallow", "duplicate", "reorder"]
SPOILED_S = 20.0


class Book(msgspec.Struct):
    """A venue's own book of an account: statuses of its orders, and per order what was filled (sold < 0) for what."""

    statuses: dict[str, str]
    quantities: dict[str, decimal.Decimal]
    values: dict[str, decimal.Decimal]


class Elsewhere(typing.Protocol):
    """One person at one venue, trading the first of their accounts."""

    account: str
    says_why: bool
    """Whether the venue says why it rejects."""

    async def place(self, symbol: str, quantity: int, price: str | None = None, *, reject: bool = False) -> str:
        """Place an order for the day (sell < 0; without a price at the market) and return its id.

        With `reject` it is rejected after it was taken.
        """

    async def cancel(self, order: str) -> None:
        """Cancel an order."""

    async def replace(self, order: str, price: str) -> str:
        """Give an order another limit. Returns the id it has then."""

    def fill(self, order: str, quantity: int, price: str) -> None:
        """Let somebody come to the exchange who trades so much of an order at a price."""

    async def live(self, count: int, seed: int) -> None:
        """Let so many things happen to orders of this account at random, and wait until they have."""

    async def keep(self, name: str, symbols: list[str]) -> None:
        """Make a watchlist."""

    async def alert(self, symbol: str, price: str) -> None:
        """Have the venue watch for a last price above this one."""

    async def book(self) -> Book:
        """Tell what the venue itself knows of this account."""

    def break_off(self) -> None:
        """Let no request about this account's orders be answered for a while."""

    def given(self) -> int:
        """How many orders the venue was asked to take in this account."""

    async def spoil(self, how: Spoil) -> None:
        """Let events of this account's orders go wrong for a while: one of them come after the next, or all."""


LIVES_A_SECOND = 250


class Door:
    """The control door of a venue, as far as lives at random and books go."""

    says_why = True

    def __init__(self, http: httpx2.AsyncClient, prefix: str, account: str) -> None:
        self._http = http
        self._prefix = prefix
        self._account = account

    async def live(self, count: int, seed: int) -> None:
        wanted = {"account": self._account, "count": count, "seed": seed, "rate": LIVES_A_SECOND}
        answer = await self._http.post(f"{self._prefix}/lives", json=wanted)
        assert answer.is_success, answer.text
        await aeventually(self._has_lived, within=15)

    async def alert(self, symbol: str, price: str) -> None:
        raise AssertionError("this venue keeps no alerts: only tastytrade does")

    async def _has_lived(self) -> bool:
        lives = (await self._http.get(f"{self._prefix}/lives")).json()["lives"]
        return all(sum(each["done"].values()) >= each["count"] for each in lives)

    async def book(self) -> Book:
        told = (await self._http.post(f"{self._prefix}/book", json={"account": self._account})).json()
        book = Book({order: each["status"] for order, each in told["orders"].items()}, {}, {})
        for fill in told["fills"]:
            if fill.get("void") or fill.get("kind") == "bust":
                continue
            quantity, price = decimal.Decimal(fill["quantity"]), decimal.Decimal(fill["price"])
            order, none = fill["order"], decimal.Decimal(0)
            book.quantities[order] = book.quantities.get(order, none) + quantity
            book.values[order] = book.values.get(order, none) + quantity * price
        return book


def _how_long(how: Spoil) -> dict[str, float]:
    return {} if how == "reorder" else {"seconds": SPOILED_S}


class AtTastytrade(Door):
    """At tastytrade."""

    def __init__(self, venue: Stand, http: httpx2.AsyncClient, person: int) -> None:
        self.account = venue.accounts(person)[0]
        super().__init__(http, "/_sim", self.account)
        self._venue = venue
        self._grant = venue.line["grants"][person]
        self._is_signed_in = False

    async def keep(self, name: str, symbols: list[str]) -> None:
        await self._sign_in()
        entries = [{"symbol": symbol, "instrument-type": "Equity"} for symbol in symbols]
        body = {"name": name, "watchlist-entries": entries}
        assert (await self._http.post("/watchlists", json=body)).status_code == 201

    async def alert(self, symbol: str, price: str) -> None:
        await self._sign_in()
        body = {"symbol": symbol, "field": "Last", "operator": ">", "threshold": price}
        assert (await self._http.post("/quote-alerts", json=body)).status_code == 201

    async def _sign_in(self) -> None:
        if not self._is_signed_in:
            secrets = {name: self._grant[name] for name in ("client_secret", "refresh_token")}
            told = await self._http.post("/oauth/token", json={"grant_type": "refresh_token", **secrets})
            self._http.headers["Authorization"] = f"Bearer {told.json()['access_token']}"
            self._is_signed_in = True

    async def _ask(self, method: str, path: str, body: dict[str, typing.Any] | None = None) -> dict[str, typing.Any]:
        await self._sign_in()
        answer = await self._http.request(method, f"/accounts/{self.account}/{path}", json=body)
        assert answer.is_success, answer.text
        data: dict[str, typing.Any] = answer.json()["data"]
        return data

    async def place(self, symbol: str, quantity: int, price: str | None = None, *, reject: bool = False) -> str:
        leg = {
            "instrument-type": "Equity",
            "symbol": symbol,
            "action": "Buy to Open" if quantity > 0 else "Sell to Close",
            "quantity": abs(quantity),
        }
        behavior = "reject" if reject else "immediate"
        body = {"time-in-force": "Day", "legs": [leg], "behavior": behavior, "order-type": "Market"}
        if price is not None:
            effect = "Debit" if quantity > 0 else "Credit"
            body |= {"order-type": "Limit", "price": price, "price-effect": effect}
        return str((await self._ask("POST", "orders", body))["order"]["id"])

    async def cancel(self, order: str) -> None:
        await self._ask("DELETE", f"orders/{order}")

    async def replace(self, order: str, price: str) -> str:
        return str((await self._ask("PATCH", f"orders/{order}", {"price": price, "price-effect": "Debit"}))["id"])

    def fill(self, order: str, quantity: int, price: str) -> None:
        self._venue.running.tastytrade.exchange.execute(int(order), decimal.Decimal(quantity), decimal.Decimal(price))

    async def spoil(self, how: Spoil) -> None:
        name = {"swallow": "swallow_notice", "duplicate": "duplicate_notice", "reorder": "reorder_notices"}[how]
        await self._venue.fault(name, account=self.account, **_how_long(how))

    def break_off(self) -> None:
        path = f"/accounts/{self.account}/orders"
        self._venue.running.fault("rest", mode="cut", path=path, seconds=SPOILED_S)

    def given(self) -> int:
        return int(self._venue.running.stats()["requests"].get(f"POST /accounts/{self.account}/orders", 0))


class AtTradier(Door):
    """At Tradier, where one order of a person is rejected when a fault says so."""

    def __init__(self, venue: Stand, http: httpx2.AsyncClient, person: int) -> None:
        self.account = venue.accounts(person)[0]
        super().__init__(http, "/_sim/tradier", self.account)
        self._venue = venue
        http.headers["Authorization"] = f"Bearer {venue.line['grants'][person]['trading_token']}"

    async def keep(self, name: str, symbols: list[str]) -> None:
        form = {"name": name, "symbols": ",".join(symbols)}
        assert (await self._http.post("/v1/watchlists", data=form)).is_success

    async def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> str:
        answer = await self._http.request(method, f"/v1/accounts/{self.account}/{path}", data=form)
        assert answer.is_success, answer.text
        return str(answer.json()["order"]["id"])

    async def place(self, symbol: str, quantity: int, price: str | None = None, *, reject: bool = False) -> str:
        if reject:
            self._venue.running.tradier_fault("reject", account=self.account, text="WashTradeAttempt", times=1)
        side = "buy" if quantity > 0 else "sell"
        form = {"class": "equity", "symbol": symbol, "side": side, "quantity": str(abs(quantity)), "duration": "day"}
        form |= {"type": "market"} if price is None else {"type": "limit", "price": price}
        return await self._ask("POST", "orders", form)

    async def cancel(self, order: str) -> None:
        await self._ask("DELETE", f"orders/{order}")

    async def replace(self, order: str, price: str) -> str:
        return await self._ask("PUT", f"orders/{order}", {"type": "limit", "price": price, "duration": "day"})

    def fill(self, order: str, quantity: int, price: str) -> None:
        orders = self._venue.running.tradier.orders
        working = orders.known[int(order)].order
        assert working is not None
        orders.exchange.execute(working.id, decimal.Decimal(quantity), decimal.Decimal(price))

    async def spoil(self, how: Spoil) -> None:
        name = {"swallow": "swallow_event", "duplicate": "duplicate_event", "reorder": "reorder_events"}[how]
        self._venue.running.tradier_fault(name, account=self.account, **_how_long(how))

    def break_off(self) -> None:
        path = f"/accounts/{self.account}/orders"
        self._venue.running.tradier_fault("rest", mode="cut", path=path, seconds=SPOILED_S)

    def given(self) -> int:
        return int(self._venue.running.tradier_stats()["requests"].get(f"POST /v1/accounts/{self.account}/orders", 0))


class AtAlpaca(Door):
    """At Alpaca, which does not say why it rejects."""

    says_why = False

    def __init__(self, venue: Stand, http: httpx2.AsyncClient, person: int) -> None:
        self.account = venue.accounts(person)[0]
        super().__init__(http, "/_sim/alpaca", self.account)
        self._venue = venue
        grant = venue.line["grants"][person]
        http.headers["APCA-API-KEY-ID"], http.headers["APCA-API-SECRET-KEY"] = grant["key_id"], grant["secret_key"]
        self._root = venue.line["rest"].removesuffix("/alpaca")
        http.base_url = httpx2.URL(self._root)

    async def keep(self, name: str, symbols: list[str]) -> None:
        body = {"name": name, "symbols": symbols}
        assert (await self._http.post("/alpaca/v2/watchlists", json=body)).is_success

    async def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> typing.Any:
        answer = await self._http.request(method, f"/alpaca/v2/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def place(self, symbol: str, quantity: int, price: str | None = None, *, reject: bool = False) -> str:
        if reject:
            self._venue.running.alpaca_fault("reject", account=self.account, times=1)
        side = "buy" if quantity > 0 else "sell"
        body = {"symbol": symbol, "qty": str(abs(quantity)), "side": side, "time_in_force": "day"}
        body |= {"type": "market"} if price is None else {"type": "limit", "limit_price": price}
        return str((await self._ask("POST", "orders", body))["id"])

    async def cancel(self, order: str) -> None:
        await self._ask("DELETE", f"orders/{order}")

    async def replace(self, order: str, price: str) -> str:
        return str((await self._ask("PATCH", f"orders/{order}", {"limit_price": price}))["id"])

    def fill(self, order: str, quantity: int, price: str) -> None:
        venue = self._venue.running.alpaca
        venue.exchange.execute(venue.orders.known[order].order.id, decimal.Decimal(quantity), decimal.Decimal(price))

    async def spoil(self, how: Spoil) -> None:
        name = {"swallow": "swallow_event", "duplicate": "duplicate_event", "reorder": "reorder_events"}[how]
        self._venue.running.alpaca_fault(name, account=self.account, **_how_long(how))

    def break_off(self) -> None:
        self._venue.running.alpaca_fault("rest", mode="cut", path="/v2/orders", seconds=SPOILED_S)

    def given(self) -> int:
        return int(self._venue.running.alpaca_stats()["requests"].get("POST /alpaca/v2/orders", 0))


VENUES: dict[str, Callable[[Stand, httpx2.AsyncClient, int], Elsewhere]] = {
    "tastytrade": AtTastytrade,
    "tradier": AtTradier,
    "alpaca": AtAlpaca,
}


@contextlib.asynccontextmanager
async def elsewhere(venue: Stand, person: int = 0) -> AsyncIterator[Elsewhere]:
    """Be a person at a venue, with a client of their own."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    async with httpx2.AsyncClient(base_url=venue.line["rest"], headers=headers, verify=False, trust_env=False) as http:
        yield VENUES[venue.venue](venue, http, person)
