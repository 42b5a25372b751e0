"""Notifications of the account stream: full objects, as REST has them; and the ways a fault spoils them. Pure.

A round tells an account's positions and balance as they are; news tell what has changed, each by itself and in the
order in which it happened: an order's way from Routed to Filled, then the position, then the balance.
"""

import heapq
import itertools
import typing

from simulator.asgi import Json
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.orders import SimNews
from simulator.faults.faults import Faults
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.bodies import orders, people

UNKNOWN_INSTRUMENT = "Tokenized Equity"
UNKNOWN_STATUS = "Awaiting Review"
UNKNOWN_TYPE = "CustomerMoodChanged"
_PARTIAL_POSITION = ("account-number", "symbol", "instrument-type", "updated-at")
_PARTIAL = ("account-number", "cash-balance", "net-liquidating-value", "updated-at")
_LATE_S = 2.0


class SimTastytradeNotices:
    """Makes what the account stream says about an account."""

    def __init__(self, market: SimMarket, surface: OptionSurface, faults: Faults) -> None:
        self.market = market
        self.surface = surface
        self.faults = faults
        self._held: dict[str, Json] = {}
        self._late: list[tuple[float, int, str, Json]] = []
        self._number = itertools.count()

    def balance(self, account: SimAccount, customer: Customer, now: float) -> Json:
        """Describe an account's money."""
        return self._adjusted(people.balance_body(account, self.market, self.surface), customer, now)

    def positions(self, account: SimAccount, customer: Customer, now: float, *, marks: bool = True) -> list[Json]:
        """Describe an account's holdings."""
        bodies = (people.position_body(account, h, self.market, self.surface, marks=marks) for h in account.holdings)
        return [self._adjusted(body, customer, now) for body in bodies]

    def _adjusted(self, body: Json, customer: Customer, now: float) -> Json:
        for fault in self.faults.all("missing", customer.numbers, now):
            if fault.field in body:
                del body[fault.field]
                if fault.mode == "null":
                    body[fault.field] = None
        return body

    def round(self, account: SimAccount, customer: Customer, now: float) -> list[Json]:
        """Return the messages of one round about an account: its positions, then its balance."""
        notices = [self._notice("CurrentPosition", body) for body in self.positions(account, customer, now)]
        notices.append(self._notice("AccountBalance", self.balance(account, customer, now)))
        if self.faults.find("unknown_type", customer.numbers, now):
            notices.insert(0, self._notice(UNKNOWN_TYPE, {"account-number": account.number, "mood": "fine"}))
        held = [self._held.pop(account.number)] if account.number in self._held else []
        return self._wrapped(self._spoiled_all(notices, account, customer, now) + held, customer, now)

    def news(self, items: typing.Iterable[SimNews], account: SimAccount, customer: Customer, now: float) -> list[Json]:
        """Return the messages about what has changed in an account, in the order in which it did."""
        notices = [self._notice(item.kind, self._body(item, account, customer, now)) for item in items]
        return self._wrapped(self._spoiled_all(notices, account, customer, now), customer, now)

    def due(self, now: float) -> list[tuple[str, Json]]:
        """Return the late messages whose time has come, each with the account it is about."""
        found = []
        while self._late and self._late[0][0] <= now:
            _, _, number, notice = heapq.heappop(self._late)
            found.append((number, notice))
        return found

    def _body(self, item: SimNews, account: SimAccount, customer: Customer, now: float) -> Json:
        match item.kind:
            case "Order":
                return orders.order_body(item.subject, self.surface)
            case "ComplexOrder":
                return orders.complex_body(item.subject, self.surface)
            case "CurrentPosition":
                body = people.position_body(account, item.subject, self.market, self.surface, marks=True)
                return self._adjusted(body, customer, now)
            case "AccountBalance":
                return self.balance(account, customer, now)
            case "UnderlyingYearGainSummary":
                return orders.year_gain_body(item.subject)

    def _notice(self, kind: str, data: Json) -> Json:
        return {"type": kind, "data": data, "timestamp": self.market.at}

    def _wrapped(self, notices: list[Json], customer: Customer, now: float) -> list[Json]:
        """Put notices into one batch if a standing fault asks for that."""
        if notices and self.faults.find("results", customer.numbers, now):
            return [{"results": notices}]
        return notices

    def _spoiled_all(self, notices: list[Json], account: SimAccount, customer: Customer, now: float) -> list[Json]:
        """Spoil notices as the standing faults will have it."""
        told: list[Json] = []
        for notice in notices:
            told += self._spoiled(notice, account.number, customer, now)
        return told

    def _spoiled(self, notice: Json, number: str, customer: Customer, now: float) -> list[Json]:
        find, numbers = self.faults.find, customer.numbers
        match notice["type"]:
            case "CurrentPosition" if find("unknown_enum", numbers, now):
                notice["data"]["instrument-type"] = UNKNOWN_INSTRUMENT
            case "CurrentPosition" if find("partial_position", numbers, now):
                notice["data"] = {key: notice["data"][key] for key in _PARTIAL_POSITION}
            case "AccountBalance" if find("partial_balance", numbers, now):
                notice["data"] = {key: notice["data"][key] for key in _PARTIAL if key in notice["data"]}
            case "Order":
                return self._order(notice, number, customer, now)
        return [notice]

    def _order(self, notice: Json, number: str, customer: Customer, now: float) -> list[Json]:
        """Return what is said instead of one notification about an order."""
        find, numbers = self.faults.find, customer.numbers
        if find("swallow_notice", numbers, now):
            return []
        if find("unknown_status", numbers, now):
            notice["data"]["status"] = UNKNOWN_STATUS
        if late := find("late_notice", numbers, now):
            heapq.heappush(self._late, (now + (late.delay or _LATE_S), next(self._number), number, notice))
            return []
        if number in self._held:
            return [notice, self._held.pop(number)]
        if find("reorder_notices", numbers, now):
            self._held[number] = notice
            return []
        return [notice, notice] if find("duplicate_notice", numbers, now) else [notice]
