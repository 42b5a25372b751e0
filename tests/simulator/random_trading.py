"""Trading at random on a small market: people order, cancel, replace and tie together, and the market moves."""

import collections
import datetime
import decimal
import typing

import msgspec
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from brokers.instruments.symbols import parse_option
from simulator.exchange.accounts import Customer, SimAccount, SimHolding
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import (
    FINAL,
    PATHS,
    Action,
    ComplexOrder,
    ComplexTicket,
    OrderType,
    Rejection,
    SimNews,
    SimOrder,
    SimOrderWish,
    SimTicket,
)
from simulator.market import calendar, futures, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import LISTINGS

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
SHARES, COIN = ("SPY", "AAPL", "GME"), "ETH/USD"
FUTURE = futures.active(futures.PRODUCTS["ES"], NOON)[0].symbol
LISTED = futures.listed(NOON)[FUTURE][1]

quantities = some.integers(1, 700)
actions = some.sampled_from(("Buy to Open", "Sell to Close", "Sell to Open", "Buy to Close"))
offsets = some.integers(-60, 60)
behaviors = some.sampled_from(("immediate",) * 6 + ("partial", "delayed", "reject", "never"))
waits = some.integers(0, 6)
times = some.sampled_from(("Day", "Day", "GTC", "IOC", "Ext", "GTC Ext"))


class Story:
    """The news of one account, replayed from nothing."""

    def __init__(self) -> None:
        self.orders: dict[int, SimOrder] = {}
        self.complexes: dict[int, ComplexOrder] = {}
        self.positions: dict[str, SimHolding] = {}
        self.cash: Decimal | None = None
        self.reserve = Decimal(0)

    def hear(self, news: SimNews) -> None:
        subject = news.subject
        match news.kind:
            case "Order":
                before = self.orders.get(subject.id)
                assert before is None or before.status not in FINAL, "news after the end"
                ways = PATHS[before.status] | {before.status} if before else {"Routed", "Received", "Contingent"}
                assert subject.status in ways, (before, subject)
                assert (subject.terminal_at is not None) == (subject.status in FINAL)
                self.orders[subject.id] = subject
            case "ComplexOrder":
                self.complexes[subject.id] = subject
            case "CurrentPosition" if subject.quantity:
                self.positions[subject.symbol] = subject
            case "CurrentPosition":
                del self.positions[subject.symbol]
            case "AccountBalance":
                self.cash, self.reserve = subject.cash, subject.reserve


class Trading(RuleBasedStateMachine):
    """One margin and one cash account on a small market."""

    @initialize(is_always_open=some.booleans(), seed=some.integers(0, 20))
    def open(self, is_always_open: bool, seed: int) -> None:
        listings = {symbol: LISTINGS[symbol] for symbol in (*SHARES, COIN)} | {FUTURE: LISTED}
        self.market = SimMarket(seed, NOON, is_always_open=is_always_open, listings=listings)
        self.surface = OptionSurface(self.market)
        self.accounts = [SimAccount("5WX1", Decimal(150_000)), SimAccount("5WX2", Decimal(40_000), margin=False)]
        self.cash = {account.number: account.cash for account in self.accounts}
        people = [Customer("Alice", "Archer", "alice@example.com", self.accounts)]
        self.exchange = Exchange(self.market, self.surface, seed, people)
        self.stories = {account.number: Story() for account in self.accounts}
        self.told: list[tuple[object, str]] = []
        self.filled: dict[int, int] = collections.defaultdict(int)
        self.symbols = [*SHARES, *self._options(), COIN, FUTURE]

    def _options(self) -> list[str]:
        wanted = [(1, 0.99, "C"), (1, 1.01, "P"), (45, 1.0, "C"), (45, 1.03, "C"), (45, 0.97, "P"), (45, 1.0, "P")]
        listing = LISTINGS["SPY"]
        monthly = [
            option_listing.near(listing, NOON, days, moneyness, right).symbol for days, moneyness, right in wanted[2:]
        ]
        today = option_listing.expirations("SPY", NOON)[0]
        daily = [
            msgspec.structs.replace(option_listing.near(listing, NOON, 1, moneyness, right), expiry=today).symbol
            for _, moneyness, right in wanted[:2]
        ]
        return daily + monthly

    def _ticket(
        self, n: int, action: Action, quantity: int, kind: OrderType, offset: int, tif: typing.Any, behavior: typing.Any
    ) -> SimTicket:
        symbol = self.symbols[n % len(self.symbols)]
        is_option = parse_option(symbol) is not None
        if symbol == FUTURE:
            action = "Buy" if action.startswith("Buy") else "Sell"
        book = self.exchange.books.book(symbol)
        middle = book.mid if book else Decimal("1.00")
        price = max(Decimal("0.01"), (middle + Decimal(offset) / 100).quantize(Decimal("0.01")))
        size = Decimal(
            max(1, quantity // 30) if is_option else max(1, quantity // 200) if symbol == FUTURE else quantity
        )
        size = size / 64 if symbol == COIN else size
        price = (price * 4).quantize(Decimal(1)) / 4 if symbol == FUTURE else price
        return SimTicket(
            legs=(SimOrderWish(symbol, action, None if kind == "Notional Market" else size),),
            type=kind,
            time_in_force=tif,
            price=price if action.startswith("Sell") else -price if "Limit" in kind else None,
            stop=price if kind.startswith("Stop") else None,
            value=Decimal(quantity) * (1 if action.startswith("Sell") else -1) if kind == "Notional Market" else None,
            behavior=behavior,
            delay=0.3,
        )

    def _try(self, act: typing.Callable[[], object], waits: int = 0) -> None:
        """Ask for something that the exchange may refuse, and let it see the market so many times."""
        try:
            act()
        except Rejection:
            return
        self.wait(0.3, waits)

    @rule(
        which=some.integers(0, 1),
        n=some.integers(0, 10),
        action=actions,
        quantity=quantities,
        kind=some.sampled_from(
            ("Market", "Limit", "Limit", "Stop", "Stop Limit", "Marketable Limit", "Notional Market")
        ),
        offset=offsets,
        tif=times,
        behavior=behaviors,
        waits=waits,
    )
    def place(
        self,
        which: int,
        n: int,
        action: Action,
        quantity: int,
        kind: OrderType,
        offset: int,
        tif: typing.Any,
        behavior: typing.Any,
        waits: int,
    ) -> None:
        if kind == "Notional Market":
            n = self.symbols.index((*SHARES, COIN)[n % 4])
        ticket = self._ticket(n, action, quantity, kind, offset, tif, behavior)
        if kind not in ("Limit", "Stop Limit"):
            ticket = msgspec.structs.replace(ticket, price=None)
        self._try(lambda: self.exchange.place(self.accounts[which], ticket), waits)

    @rule(
        which=some.integers(0, 1),
        picked=some.lists(some.integers(0, 5), min_size=2, max_size=4, unique=True),
        bought=some.lists(some.booleans(), min_size=4, max_size=4),
        sizes=some.lists(some.integers(1, 3), min_size=4, max_size=4),
        units=some.integers(1, 5),
        offset=offsets,
        waits=waits,
    )
    def spread(
        self, which: int, picked: list[int], bought: list[bool], sizes: list[int], units: int, offset: int, waits: int
    ) -> None:
        legs, net = [], Decimal(0)
        for n, buys, size in zip(picked, bought, sizes, strict=False):
            symbol = self.symbols[len(SHARES) + n]
            book = self.exchange.books.book(symbol)
            net -= (book.mid if book else 0) * size * (1 if buys else -1)
            legs.append(SimOrderWish(symbol, "Buy to Open" if buys else "Sell to Open", Decimal(size * units)))
        price = (net + Decimal(offset) / 50).quantize(Decimal("0.01"))
        ticket = SimTicket(tuple(legs), "Limit", price=price)
        self._try(lambda: self.exchange.place(self.accounts[which], ticket), waits)

    @rule(
        which=some.integers(0, 1),
        kind=some.sampled_from(("OCO", "OTO", "OTOCO")),
        n=some.integers(0, 2),
        quantity=quantities,
        offset=offsets,
        waits=waits,
    )
    def tie(
        self, which: int, kind: typing.Literal["OCO", "OTO", "OTOCO"], n: int, quantity: int, offset: int, waits: int
    ) -> None:
        entry = self._ticket(n, "Buy to Open", quantity, "Limit", offset, "Day", "immediate")
        profit = self._ticket(n, "Sell to Close", quantity, "Limit", abs(offset), "GTC", "immediate")
        loss = self._ticket(n, "Sell to Close", quantity, "Stop", -abs(offset), "GTC", "immediate")
        loss = msgspec.structs.replace(loss, price=None)
        ticket = ComplexTicket(kind, (profit, loss), None if kind == "OCO" else entry)
        self._try(lambda: self.exchange.place_complex(self.accounts[which], ticket), waits)

    @rule(which=some.integers(0, 1), n=some.integers(0, 30), quarters=some.integers(1, 8), waits=waits)
    def turn(self, which: int, n: int, quarters: int, waits: int) -> None:
        """Trade against a position: some of it, all of it, or up to twice as much."""
        account = self.accounts[which]
        if account.holdings:
            holding = account.holdings[n % len(account.holdings)]
            size = max(Decimal(1), (abs(holding.quantity) * quarters / 4).to_integral_value())
            verb: typing.Literal["Sell", "Buy"] = "Sell" if holding.quantity > 0 else "Buy"
            actions: dict[str, Action] = {"Sell": "Sell to Close", "Buy": "Buy to Close"}
            ticket = SimTicket(
                (SimOrderWish(holding.symbol, verb if holding.symbol == FUTURE else actions[verb], size),), "Market"
            )
            self._try(lambda: self.exchange.place(account, ticket), waits)

    @rule(which=some.integers(0, 1), n=some.integers(0, 30))
    def cancel(self, which: int, n: int) -> None:
        account = self.accounts[which]
        orders, complexes = self.exchange.orders_of(account), self.exchange.complex_orders_of(account)
        if orders:
            self._try(lambda: self.exchange.cancel(account, orders[n % len(orders)].id))
        if complexes and n % 3 == 0:
            self._try(lambda: self.exchange.cancel_complex(account, complexes[n % len(complexes)].id))

    @rule(which=some.integers(0, 1), n=some.integers(0, 30), offset=offsets)
    def replace(self, which: int, n: int, offset: int) -> None:
        account = self.accounts[which]
        orders = [order for order in self.exchange.orders_of(account) if order.ticket.price is not None]
        if orders:
            order = orders[n % len(orders)]
            price = order.ticket.price + Decimal(offset) / 100  # type: ignore[operator]
            ticket = msgspec.structs.replace(order.ticket, price=price)
            self._try(lambda: self.exchange.replace(account, order.id, ticket))

    @rule(step=some.sampled_from((0.02, 0.02, 0.1, 1.0, 5.0)), times=some.integers(1, 4))
    def wait(self, step: float, times: int) -> None:
        for _ in range(times):
            self.market.advance(step, self.market.at + round(step * 1000))
            self._advance()

    @rule(symbol=some.sampled_from(SHARES), percent=some.integers(-4, 4))
    def move(self, symbol: str, percent: int) -> None:
        price = round(self.market.tapes[symbol].mid * (1 + percent / 100), 2)
        self.market.move(symbol, price, self.market.at)
        self._advance()

    @rule(symbol=some.sampled_from(SHARES), is_halt=some.booleans())
    def halt(self, symbol: str, is_halt: bool) -> None:
        if is_halt:
            self.market.halt(symbol, self.market.at)
        else:
            self.market.resume(symbol)

    @precondition(lambda self: self.market.at < NOON + 4 * 86_400_000)
    @rule(to=some.sampled_from(("close", "midnight", "open")))
    def pass_time(self, to: str) -> None:
        day = calendar.day_of(self.market.at)
        marks = {
            "close": calendar.closing(day),
            "midnight": calendar.day_ends(self.market.at),
            "open": calendar.at_clock(calendar.after(day), 9, 30),
        }
        self.market.advance(0.0, max(self.market.at + 1, marks[to]))
        self._advance()

    def _advance(self) -> None:
        """Let the exchange see the market, and hold every new fill against the quotes of this moment."""
        self.exchange.advance()
        for account in self.accounts:
            for order in self.exchange.orders_of(account):
                count = len(order.legs[0].fills)
                if count > self.filled[order.id]:
                    self._check_fills(order, self.filled[order.id])
                    self.filled[order.id] = count

    def _check_fills(self, order: SimOrder, first: int) -> None:
        symbol = order.legs[0].symbol
        kind = "crypto" if symbol == COIN else "future" if symbol == FUTURE else "equity"
        state = self.market.state_of(kind)
        assert state == "Open" or (state != "Closed" and "Ext" in order.ticket.time_in_force)
        received = Decimal(0)
        unit = min(leg.fills[first].quantity for leg in order.legs)
        for leg in order.legs:
            tape_or_option = self.surface.find(leg.symbol) or self.market.tapes[leg.symbol]
            underlying = getattr(tape_or_option, "underlying", leg.symbol)
            assert self.market.tapes[underlying].halted_at is None
            for fill in leg.fills[first:]:
                assert fill.at == self.market.at
                assert tape_or_option.bid <= float(fill.price) <= tape_or_option.ask, (leg.symbol, fill)
                size = tape_or_option.ask_size if leg.side > 0 else tape_or_option.bid_size
                assert size is not None
                assert fill.price > 0
                assert fill.price == fill.price.quantize(Decimal("0.01"))
                assert leg.symbol != FUTURE or fill.price % Decimal("0.25") == 0
            received -= leg.side * leg.fills[first].price * leg.fills[first].quantity
        if order.ticket.price is not None:
            ratio = min(leg.fills[first].quantity / leg.quantity for leg in order.legs)
            smallest = min(wish.quantity or 1 for wish in order.ticket.legs)
            assert unit > 0
            assert ratio > 0
            units = order.legs[0].fills[first].quantity / self._ratio(order)
            assert received >= order.ticket.price * units, (order, smallest)

    def _ratio(self, order: SimOrder) -> Decimal:
        work_ratios = [leg.quantity for leg in order.legs]
        unit = work_ratios[0]
        for quantity in work_ratios[1:]:
            while quantity:
                unit, quantity = quantity, unit % quantity
        return work_ratios[0] / unit
