"""Fills of working orders against the books of the moment: whether, for how much, at which prices. Pure."""

import decimal

from simulator.exchange import booking, matching
from simulator.exchange.blotter import Blotter
from simulator.exchange.booking import SimBooked, SimExecution
from simulator.exchange.market_view import MarketView
from simulator.exchange.matching import FillPart, Liquidity, share
from simulator.exchange.orders import Fees, SimFill
from simulator.exchange.working_order import Work
from simulator.ids import Numbers

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
_SECOND_HALF_MS = 1000
_ORDER_FIRST = 0.5
_VENUES = ("ARCA", "BATS", "EDGX", "IEX", "MEMX", "NSDQ", "NYSE")


class Filler:
    """Fills orders of one blotter. Where `is_free`, an execution costs nothing when it is booked."""

    def __init__(self, blotter: Blotter, *, is_free: bool = False) -> None:
        self.blotter = blotter
        self._flat = Fees() if is_free else None
        self.books: MarketView = blotter.books
        self.liquidity = Liquidity(blotter.draw)
        self.fill_ids = Numbers(self.books.market.begun_at)

    def join(self, work: Work) -> None:
        """Let a new live order see the market it joins: prints of the past are not for it."""
        parts = self.see(work)
        if parts is not None and work.ticket.type == "Marketable Limit":
            work.limit = matching.natural(parts)

    def see(self, work: Work) -> list[FillPart] | None:
        """Let an order pass over what was printed until now. Returns its legs, or None when one is no longer listed."""
        parts = self._parts(work)
        if parts is not None:
            work.printed = parts[0].book.trades
        return parts

    def fill(self, work: Work) -> Decimal:
        """Fill what can be filled of a live order now. Returns how many units of it were."""
        if self.blotter.at < work.after:
            return _NOTHING
        if work.quotes == work.seen or any(tape.halted_at is not None for tape in work.tapes):
            return _NOTHING
        work.seen = work.quotes
        parts = self._parts(work)
        if parts is None or not self._is_triggered(work, parts):
            return _NOTHING
        if work.ticket.type == "Notional Market":
            return self._fill_value(work, parts[0])
        prices, quantity = self._offer(work, parts)
        quantity = min(quantity, self._wanted(work))
        if quantity > 0:
            self._execute(work, parts, prices, quantity)
        return quantity

    def execute(self, work: Work, units: Decimal, price: Decimal) -> None:
        """Fill so many units of an order of one leg at `price`. Raises ValueError when it is not listed any more."""
        parts = self._parts(work)
        if parts is None:
            raise ValueError(f"{work.order.legs[0].symbol} is not listed any more")
        self._execute(work, parts, [price], units)

    def _parts(self, work: Work) -> list[FillPart] | None:
        parts = []
        for terms, (symbol, side, ratio) in zip(work.terms, work.sides, strict=True):
            book = self.books.book(symbol)
            if book is None:
                return None
            parts.append(FillPart(terms, side, ratio, book))
        return parts

    def _is_triggered(self, work: Work, parts: list[FillPart]) -> bool:
        """Whether the order has no stop, or the market has reached it: the last price, of options the middle."""
        stop = work.ticket.stop
        if stop is None or work.is_triggered:
            return True
        if len(parts) > 1:
            side = -1 if (work.ticket.price or _NOTHING) > 0 else 1
            price = abs(matching.middle(parts))
        else:
            side, book = parts[0].side, parts[0].book
            price = book.mid if parts[0].terms.is_option or book.last is None else book.last
        work.is_triggered = matching.is_beyond(side, price, stop)
        return work.is_triggered

    def _wanted(self, work: Work) -> Decimal:
        """Return how much may fill now: only a part at first, when its client wished so."""
        if not work.is_half:
            return work.left
        leg = work.order.legs[0]
        part = (leg.quantity / work.ratios[0] * work.ticket.part).to_integral_value(decimal.ROUND_CEILING)
        return min(work.left, part)

    def _offer(self, work: Work, parts: list[FillPart]) -> tuple[list[Decimal], Decimal]:
        """Return the legs' prices and how many units of the order can be had at them."""
        limit = work.limit if work.limit is not None else work.ticket.price
        net = matching.natural(parts)
        if net is not None and (limit is None or net >= limit):
            return [part.natural or _NOTHING for part in parts], self._shown(parts)
        if limit is None:
            return [], _NOTHING
        if len(parts) == 1:
            return self._queue(work, parts[0], -parts[0].side * limit)
        if limit <= matching.middle(parts) and (prices := matching.shared(parts, limit)) is not None:
            return prices, self._shown(parts)
        return [], _NOTHING

    def _shown(self, parts: list[FillPart]) -> Decimal:
        """Return how many units of an order the quotes of all its legs have room for."""
        rooms = [self.liquidity.shown(part.terms.symbol, part.side, part.book) for part in parts]
        if len(parts) == 1:
            return rooms[0]
        return min(room // part.ratio for room, part in zip(rooms, parts, strict=True))

    def _queue(self, work: Work, part: FillPart, limit: Decimal) -> tuple[list[Decimal], Decimal]:
        """Return what a resting order gets of the last print, once what waits before it is served."""
        best, size = part.book.side(-part.side)
        if best is not None and part.side * (limit - best) < 0:
            work.ahead, work.printed = None, part.book.trades
            return [], _NOTHING
        if best is None or limit != best:
            work.ahead = _NOTHING
        elif work.ahead is None:
            work.ahead = share(size, self.blotter.draw.random())
        is_new, work.printed = part.book.trades > work.printed, part.book.trades
        last = part.book.last
        if not is_new or last is None or part.side * (limit - last) < 0:
            return [], _NOTHING
        volume = self.liquidity.printed(part.terms.symbol, part.book)
        served = min(work.ahead, volume)
        work.ahead -= served
        self.liquidity.take_printed(part.terms.symbol, part.book, min(volume - served, work.left))
        return [limit], volume - served

    def _fill_value(self, work: Work, part: FillPart) -> Decimal:
        """Fill a notional order for what is left of its value; a sale never for more than is held."""
        price, leg, value = part.natural, work.order.legs[0], work.ticket.value
        if price is None or value is None:
            return _NOTHING
        fitting = ((abs(value) - work.spent) / price).quantize(matching.fraction(part.terms), decimal.ROUND_DOWN)
        if part.side < 0:
            held = booking.find(work.account, leg.symbol)
            fitting = min(fitting, held.quantity if held else _NOTHING)
        quantity = min(fitting, self._shown([part]))
        if quantity > 0:
            leg.quantity, leg.remaining = work.order.filled + fitting, fitting
            work.spent += quantity * price
            self._execute(work, [part], [price], quantity)
        return quantity

    def _execute(self, work: Work, parts: list[FillPart], prices: list[Decimal], quantity: Decimal) -> None:
        """Fill every leg in its ratio, in one group, book it and tell it."""
        venue, group = self.blotter.draw.choice(_VENUES), str(next(self.fill_ids))
        booked = []
        for n, (part, price) in enumerate(zip(parts, prices, strict=True)):
            amount = quantity * part.ratio
            fill = SimFill(f"{group}_{n}", group, amount, price, self.blotter.at, venue)
            leg = work.order.legs[n]
            leg.fills.append(fill)
            leg.remaining -= amount
            if price == part.natural:
                self.liquidity.consume(part.terms.symbol, part.side, part.book, amount)
            booked.append(self._book(work, n, part, fill))
        if work.is_half:
            work.is_half, work.after, work.seen = False, self.blotter.at + _SECOND_HALF_MS, -1
        self._report(work, booked)

    def _book(self, work: Work, n: int, part: FillPart, fill: SimFill) -> SimBooked:
        day, order = self.books.market.day, work.order
        execution = SimExecution(part.terms, part.side, fill, day, order.id, len(order.legs), flat=self._flat)
        booked = booking.book(work.account, execution, work.filled[n], self.blotter.transactions)
        work.filled[n] = booked.filled
        return booked

    def _report(self, work: Work, booked: list[SimBooked]) -> None:
        """Tell the order and what it did to the account, in either order: the venue promises none."""
        quantity = sum((leg.quantity for leg in work.order.legs), _NOTHING)
        remaining = sum((leg.remaining for leg in work.order.legs), _NOTHING)
        work.reserve = work.reserve * remaining / quantity if quantity else _NOTHING
        is_order_first = self.blotter.draw.random() < _ORDER_FIRST
        if is_order_first:
            self._tell_order(work)
        self.blotter.reckon(work.account)
        for each in booked:
            self.blotter.tell_booked(work.account, each)
        self.blotter.tell_balance(work.account)
        if not is_order_first:
            self._tell_order(work)

    def _tell_order(self, work: Work) -> None:
        if any(leg.remaining for leg in work.order.legs):
            self.blotter.tell_order(work)
        else:
            self.blotter.move(work, "Filled")
