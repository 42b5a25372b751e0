"""Notifications of the account stream: full objects, as REST has them; and the ways a fault spoils them. Pure."""

from brokers.loopback.accounts import Account, Customer
from brokers.loopback.asgi import Json
from brokers.loopback.faults import Faults
from brokers.loopback.market import Market
from brokers.loopback.surface import Surface
from brokers.loopback.tastytrade import people

UNKNOWN_INSTRUMENT = "Tokenized Equity"
UNKNOWN_TYPE = "CustomerMoodChanged"
_PARTIAL_POSITION = ("account-number", "symbol", "instrument-type", "updated-at")
_PARTIAL = ("account-number", "cash-balance", "net-liquidating-value", "updated-at")


class Notices:
    """Makes what the account stream says about an account."""

    def __init__(self, market: Market, surface: Surface, faults: Faults) -> None:
        self.market = market
        self.surface = surface
        self.faults = faults

    def balance(self, account: Account, customer: Customer, now: float) -> Json:
        """Describe an account's money."""
        return self._adjusted(people.balance_body(account, self.market, self.surface), customer, now)

    def positions(self, account: Account, customer: Customer, now: float, *, marks: bool = True) -> list[Json]:
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

    def round(self, account: Account, customer: Customer, now: float) -> list[Json]:
        """Return the messages of one round about an account: its positions, then its balance."""
        positions = self.positions(account, customer, now)
        balance = self.balance(account, customer, now)
        find, numbers = self.faults.find, customer.numbers
        if positions and find("unknown_enum", numbers, now):
            positions[0]["instrument-type"] = UNKNOWN_INSTRUMENT
        if positions and find("partial_position", numbers, now):
            positions[0] = {key: positions[0][key] for key in _PARTIAL_POSITION}
        if find("partial_balance", numbers, now):
            balance = {key: balance[key] for key in _PARTIAL if key in balance}
        messages = [self._notice("CurrentPosition", position) for position in positions]
        messages.append(self._notice("AccountBalance", balance))
        if find("unknown_type", numbers, now):
            messages.insert(0, self._notice(UNKNOWN_TYPE, {"account-number": account.number, "mood": "fine"}))
        return [{"results": messages}] if find("results", numbers, now) else messages

    def _notice(self, kind: str, data: Json) -> Json:
        return {"type": kind, "data": data, "timestamp": self.market.at}
