"""Whatever is ordered, cancelled, replaced or tied together, and whatever the market does, the laws are kept."""

import collections
import datetime
import decimal
import typing

import msgspec
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from brokers.loopback import accounts, calendar, chains, futures, margins
from brokers.loopback.accounts import Account, Customer, Holding
from brokers.loopback.exchange import Exchange
from brokers.loopback.market import Market
from brokers.loopback.orders import (
    FINAL,
    PATHS,
    Action,
    ComplexOrder,
    ComplexTicket,
    News,
    Order,
    OrderType,
    Rejection,
    Ticket,
    Wish,
)
from brokers.loopback.surface import Surface
from brokers.loopback.universe import LISTINGS
from brokers.symbols import parse_option

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
        self.orders: dict[int, Order] = {}
        self.complexes: dict[int, ComplexOrder] = {}
        self.positions: dict[str, Holding] = {}
        self.cash: Decimal | None = None
        self.reserve = Decimal(0)

    def hear(self, news: News) -> None:
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
        self.market = Market(seed, NOON, is_always_open=is_always_open, listings=listings)
        self.surface = Surface(self.market)
        self.accounts = [Account("5WX1", Decimal(150_000)), Account("5WX2", Decimal(40_000), margin=False)]
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
        monthly = [chains.near(listing, NOON, days, moneyness, right).symbol for days, moneyness, right in wanted[2:]]
        today = chains.expirations("SPY", NOON)[0]
        daily = [
            msgspec.structs.replace(chains.near(listing, NOON, 1, moneyness, right), expiry=today).symbol
            for _, moneyness, right in wanted[:2]
        ]
        return daily + monthly

    def _ticket(
        self, n: int, action: Action, quantity: int, kind: OrderType, offset: int, tif: typing.Any, behavior: typing.Any
    ) -> Ticket:
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
        return Ticket(
            legs=(Wish(symbol, action, None if kind == "Notional Market" else size),),
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
            legs.append(Wish(symbol, "Buy to Open" if buys else "Sell to Open", Decimal(size * units)))
        price = (net + Decimal(offset) / 50).quantize(Decimal("0.01"))
        ticket = Ticket(tuple(legs), "Limit", price=price)
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
            ticket = Ticket(
                (Wish(holding.symbol, verb if holding.symbol == FUTURE else actions[verb], size),), "Market"
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

    def _check_fills(self, order: Order, first: int) -> None:
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

    def _ratio(self, order: Order) -> Decimal:
        work_ratios = [leg.quantity for leg in order.legs]
        unit = work_ratios[0]
        for quantity in work_ratios[1:]:
            while quantity:
                unit, quantity = quantity, unit % quantity
        return work_ratios[0] / unit

    @invariant()
    def the_news_tells_everything_and_is_not_changed_afterwards(self) -> None:
        for subject, told in self.told:
            assert repr(subject) == told
        news = self.exchange.take_news()
        self.told = [(each.subject, repr(each.subject)) for each in news]
        for each in news:
            self.stories[each.account].hear(each)
        for account in self.accounts:
            story = self.stories[account.number]
            assert story.orders == {order.id: order for order in self.exchange.orders_of(account)}
            assert story.complexes == {each.id: each for each in self.exchange.complex_orders_of(account)}
            assert story.positions == {holding.symbol: holding for holding in account.holdings}
            assert story.cash in (None, account.cash)
            assert story.cash is not None or account.cash == self.cash[account.number]
            assert story.reserve == account.reserve

    @invariant()
    def cash_and_positions_at_their_marks_are_the_net_liq(self) -> None:
        for account in self.accounts:
            marked = account.cash
            for holding in account.holdings:
                state = self.surface.find(holding.symbol)
                if state is not None:
                    self.surface.refresh(state, self.market.at)
                quoted = state or self.market.tapes.get(holding.symbol)
                middle = (Decimal(repr(quoted.bid)) + Decimal(repr(quoted.ask))) / 2 if quoted else Decimal(0)
                cost = holding.cost if holding.symbol == FUTURE else 0
                marked += (middle * holding.quantity - cost) * multiplier(holding.symbol)
            assert accounts.worth(account, self.market, self.surface).net_liq == marked

    @invariant()
    def cash_and_positions_are_what_the_transactions_add_up_to(self) -> None:
        for account in self.accounts:
            cash, held = self.cash[account.number], dict[str, Decimal]()
            paid, received = (
                collections.defaultdict[str, Decimal](Decimal),
                collections.defaultdict[str, Decimal](Decimal),
            )
            for entry in account.transactions:
                assert entry.net == entry.value - entry.fees.total
                assert entry.symbol is not None
                assert entry.quantity is not None
                assert entry.action is not None
                assert entry.price is not None
                signed = entry.quantity if entry.action.startswith("Buy") else -entry.quantity
                worth = signed * entry.price * multiplier(entry.symbol)
                assert entry.symbol == FUTURE or entry.value == (-worth).quantize(Decimal("0.01"))
                paid[entry.symbol] += worth
                received[entry.symbol] += entry.value
                cash += entry.net
                held[entry.symbol] = held.get(entry.symbol, Decimal(0)) + signed
            costs = {h.symbol: h.cost * multiplier(h.symbol) for h in account.holdings if h.symbol == FUTURE}
            for symbol, value in received.items():
                entries = sum(entry.symbol == symbol for entry in account.transactions)
                assert abs(value + paid[symbol] - costs.get(symbol, 0)) <= Decimal("0.005") * entries
            assert cash == account.cash
            assert {symbol: q for symbol, q in held.items() if q} == {h.symbol: h.quantity for h in account.holdings}

    @invariant()
    def quantities_conserve(self) -> None:
        for account in self.accounts:
            booked: dict[tuple[int | None, str | None], Decimal] = collections.defaultdict(Decimal)
            for entry in account.transactions:
                booked[entry.order_id, entry.symbol] += entry.quantity or 0
            for order in self.exchange.orders_of(account):
                groups = [[fill.group for fill in leg.fills] for leg in order.legs]
                assert all(each == groups[0] for each in groups)
                for leg in order.legs:
                    filled = sum((fill.quantity for fill in leg.fills), Decimal(0))
                    assert leg.remaining >= 0
                    assert filled + leg.remaining == leg.quantity
                    assert booked[order.id, leg.symbol] == filled
                    assert order.status != "Filled" or leg.remaining == 0
                    assert leg.remaining * order.legs[0].quantity == order.legs[0].remaining * leg.quantity

    @invariant()
    def of_two_orders_that_exclude_each_other_no_more_than_one_can_execute(self) -> None:
        for account in self.accounts:
            for each in self.exchange.complex_orders_of(account):
                asked = each.orders[0].ticket.legs[0].quantity
                if each.type != "OTO" and asked is not None:
                    filled = sum((order.filled for order in each.orders), Decimal(0))
                    working = [order.legs[0].remaining for order in each.orders if not order.is_final]
                    assert filled + max(working, default=Decimal(0)) <= asked

    @invariant()
    def no_more_is_reserved_than_orders_at_work_need(self) -> None:
        for account in self.accounts:
            working = [order for order in self.exchange.orders_of(account) if not order.is_final]
            assert account.reserve >= 0
            assert working or account.reserve == 0

    @invariant()
    def an_account_without_margin_owes_no_shares_even_if_everything_is_sold(self) -> None:
        account = self.accounts[1]
        sold = {holding.symbol: holding.quantity for holding in account.holdings}
        seen: set[int | None] = set()
        for order in self.exchange.orders_of(account):
            is_rival = order.complex_id is not None and "trigger" not in (order.complex_tag or "")
            waits = order.status == "Contingent" and (order.replaces or order.complex_tag != "OCO::order")
            if order.is_final or waits or (is_rival and order.complex_id in seen):
                continue
            seen.add(order.complex_id if is_rival and "OTO::" not in (order.complex_tag or "") else None)
            for leg in order.legs:
                if leg.side < 0:
                    sold[leg.symbol] = sold.get(leg.symbol, Decimal(0)) - leg.remaining
        folio = margins.Portfolio(Decimal(0))
        for symbol, quantity in sold.items():
            terms = self.exchange.books.terms(symbol)
            assert terms is not None
            folio.hold(terms, quantity, Decimal(1), Decimal(1))
        assert margins.requirement(folio.lots, is_margin=False).is_allowed


def multiplier(symbol: str) -> int:
    """Dollars a point of one unit is worth."""
    return 50 if symbol == FUTURE else 100 if parse_option(symbol) else 1


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
