"""Reads accounts, positions, links and regimes off a person's board for their rules, and says why what does not count.

Amounts are those of `trading.portfolio`. One counts only while every link that it came by is live, its marks are
neither delayed nor older than OLD_MS, and nothing that belongs to it is missing: a sum of what is known is not the sum.
"""

import decimal
import typing
from collections.abc import Iterable, Iterator, Mapping

from alerts.evaluation.board_values import BoardReading
from alerts.evaluation.hours import Calendar, MarketHours
from alerts.evaluation.values import Input
from alerts.rules.fields import MARKED
from alerts.rules.spec import Scope
from alerts.watch.any_position import AnyPosition
from alerts.watch.clock_values import days_left, price_age
from alerts.watch.insight_values import read_insight
from brokers.contract.events import Link
from brokers.instruments.symbols import parse_option
from streaming.board.board import Item
from streaming.links.state import LinkState
from streaming.manager.extensions import ExtensionHost

OLD_MS = 15 * 60_000
"""What was not said or confirmed for longer does not count."""
SETTLE_MS = 1_000
"""Amounts are worked out a few times a second: as long after what they are made of counts again, they may be of before.
"""
GREEKS = frozenset({"delta", "gamma", "theta", "vega"})
NO_ACCOUNT = "no account has told its money yet"
Group = typing.Literal["live", "stale", "lost", "refused"]
GROUPS: Mapping[str, Group] = {
    "live": "live",
    "stale": "stale",
    "waiting": "lost",
    "idle": "lost",
    "refused": "refused",
}
"""How a link is, by its state. While it is connecting it is as it was before; at the beginning it is away."""


class NotKnown(Exception):
    """Why an amount does not count."""


class BoardReader:
    """The board of one person, as rules look at it."""

    def __init__(self, desk: ExtensionHost, calendar: Calendar | None = None) -> None:
        self._desk = desk
        self._calendar = calendar or MarketHours()
        self._any: dict[str, AnyPosition] = {}
        self._links: dict[str, tuple[Group, int]] = {}
        """How each link is, and since when."""
        self._known_since: dict[str, int] = {}
        """Since when the amounts count that do, by the keys of their inputs."""

    def __repr__(self) -> str:
        return f"<BoardReader person={self._desk.person}>"

    def note_link(self, event: Link, now: int) -> None:
        """Note how a link is from now on: a look once a second would miss what lasts less."""
        if event.gone is True:
            self._links.pop(event.link, None)
        elif isinstance(event.state, str):
            self._note(event.link, event.state, event.since if isinstance(event.since, int) else now)

    def _note(self, link: str, state: str, since: int) -> tuple[Group, int]:
        known = self._links.get(link)
        group = GROUPS.get(state) or (known[0] if known and known[0] != "live" else "lost")
        if known is None or known[0] != group:
            known = self._links[link] = group, since
        return known

    def read(self, inputs: Iterable[Input], now: int) -> dict[str, BoardReading]:
        """Return what each input is now, by its key."""
        return {one.key: self._settled(one.key, self._read(one, now), now) for one in inputs}

    def _settled(self, key: str, reading: BoardReading, now: int) -> BoardReading:
        """Return a reading that counts no sooner than what it is made of is certain to be in it."""
        if reading.value is None:
            self._known_since.pop(key, None)
        elif now - self._known_since.setdefault(key, now) < SETTLE_MS:
            return BoardReading(None, "it is being worked out")
        return reading

    def _read(self, one: Input, now: int) -> BoardReading:
        field = one.ref.field
        try:
            match field.needs[-1]:
                case "clock":
                    self._known_since[one.key] = 0
                    return self._clock_value(one, now)
                case "link":
                    self._known_since[one.key] = 0  # it is what it is
                    return self._link_value(field.name, one.scope, now)
                case "insight":
                    self._known_since[one.key] = 0
                    insight = self._desk.board.whole(("insight", one.ref.symbol))
                    return read_insight(one.ref.field.name, insight, now)
                case "portfolio":
                    return self._account_value(field.name, one.scope, now)
                case _ if not one.ref.symbol:
                    return self._any_position(one, now)
                case _:
                    return self._position_value(field.name, one.ref.symbol, one.scope, now)
        except NotKnown as reason:
            return BoardReading(None, str(reason))

    def _clock_value(self, one: Input, now: int) -> BoardReading:
        symbol = one.ref.symbol
        if one.ref.field.name == "dte":
            return days_left(symbol, now)
        return price_age(symbol, self._desk.board.whole(("quote", symbol)), one.sessions, self._calendar, now)

    # Links

    def _link_value(self, name: str, scope: Scope, now: int) -> BoardReading:
        """Return for how long a link is in a state, in s: of several the longest; or how many are delayed."""
        found = []
        for runner in self._desk.runners.values():
            if scope.link in (None, runner.id) and scope.environment in (None, runner.info.environment):
                found.append(self._desk.board.whole(("link", runner.id)) or {"link": runner.id})
        if not found:
            raise NotKnown("there is no such link")
        if name == "feed_delayed":
            return BoardReading(float(sum(one.get("delayed") is True for one in found)), at=now)
        wanted = name.removeprefix("link_").removesuffix("_s")
        longest = BoardReading(0.0, at=now, source=scope.link or "")
        for one in found:
            group, since = self._note(one["link"], one.get("state", "connecting"), one.get("since", now))
            if group == wanted and (seconds := (now - since) / 1000) > (longest.value or 0.0):
                longest = BoardReading(seconds, at=now, source=one["link"])
        return longest

    def _check_live(self, link: str) -> None:
        """Raise NotKnown unless a link is live."""
        state = next((runner.state for runner in self._desk.runners.values() if runner.id == link), None)
        if state is not LinkState.LIVE:
            raise NotKnown("its link is gone" if state is None else f"its link is {state.value}")

    # Accounts

    def _items(self, kind: str) -> Iterator[Item]:
        for slot in list(self._desk.board.slots(kind)):
            if (item := self._desk.board.whole(slot)) is not None:
                yield item

    def _accounts(self, scope: Scope) -> list[Item]:
        """Return the accounts that are meant, all of one environment: real and simulated money are never added."""
        wanted = {name: value for name in Scope.__struct_fields__ if (value := getattr(scope, name)) is not None}
        found = [
            one
            for one in self._items("portfolio")
            if one["link"] and all(one[name] == value for name, value in wanted.items())
        ]
        if not found:
            raise NotKnown("there is no such account" if wanted else NO_ACCOUNT)
        if len({one["environment"] for one in found}) > 1:
            raise NotKnown("accounts of several environments are never added: name one, or an account")
        for link in {one["link"] for one in found}:
            self._check_live(link)
        return found

    def _account_value(self, name: str, scope: Scope, now: int) -> BoardReading:
        accounts = self._accounts(scope)
        said = [self._balance_at(one, now) for one in accounts]
        if name in MARKED:
            lacking = {"beta_delta": "unweighted"}.get(name, "ungreeked" if name in GREEKS else "unmarked")
            if any(one.get(lacking) for one in accounts):
                raise NotKnown(f"something that is held is {lacking}")
            keys = {(one["link"], one["account"]) for one in accounts}
            held = [one for one in self._items("position") if (one["link"], one["account"]) in keys]
            said += [self._said_at(name, one, now) for one in held]
        source = accounts[0]["link"] if len(accounts) == 1 else ""
        if name == "maintenance":
            accounts = [self._balance(one) for one in accounts]
        return BoardReading(total(one.get(name) for one in accounts), "", min(said), source)

    def _balance_at(self, account: Item, now: int) -> int:
        """Return when an account's money was told or confirmed last."""
        return checked_age(self._balance(account).get("at"), "the balance", now)

    def _balance(self, account: Item) -> Item:
        return self._desk.board.whole(("balance", account["link"], account["account"])) or {}

    # Positions

    def _position_value(self, name: str, symbol: str, scope: Scope, now: int) -> BoardReading:
        accounts = self._accounts(scope)
        keys = {(one["link"], one["account"]) for one in accounts}
        held = [
            one for one in self._items("position") if one["symbol"] == symbol and (one["link"], one["account"]) in keys
        ]
        source = held[0]["link"] if len(held) == 1 else ""
        if name in ("quantity", "opened", "closed"):
            return BoardReading(total(one.get("quantity") for one in held), at=now, source=source)
        if not held:
            raise NotKnown("nothing is held")
        said = [self._said_at(name, one, now) for one in held]
        return BoardReading(total(one.get(name) for one in held), "", min(said), source)

    def _any_position(self, one: Input, now: int) -> BoardReading:
        """Return how many positions were opened, or closed, once it is certain that all of them are told."""
        keys = {(found["link"], found["account"]) for found in self._accounts(one.scope)}
        seen = self._any.setdefault(one.key, AnyPosition())
        if now - self._known_since.get(one.key, now) < SETTLE_MS:
            return seen.count(now)
        held = {
            (found["link"], found["account"], found["symbol"]): found.get("quantity")
            for found in self._items("position")
            if (found["link"], found["account"]) in keys
        }
        if None in held.values():
            raise NotKnown("missing")
        return seen.look(held, now, is_closing=one.ref.field.name == "closed")

    def _said_at(self, name: str, position: Item, now: int) -> int:
        """Return when what an amount of a position is made of was said. Raises NotKnown where that does not count."""
        symbol = position["symbol"]
        if name in GREEKS or name == "beta_delta":
            if parse_option(symbol) is None:
                return now
            told = self._desk.board.whole(("greeks", symbol)) or {}
            self._check_feed(told, symbol)
            return checked_age(told.get("at"), f"what was told of {symbol}", now)
        source = position.get("mark_source")
        if source not in ("mid", "last", "venue"):
            raise NotKnown(f"{symbol} has no mark" if source is None else f"{symbol} is marked by the close before")
        if source != "venue":
            self._check_feed(self._desk.board.whole(("quote", symbol)) or {}, symbol)
        self._check_live(position.get("mark_link") or position["link"])
        return checked_age(position.get("mark_at"), f"the mark of {symbol}", now)

    def _check_feed(self, told: Item, symbol: str) -> None:
        """Raise NotKnown where the market data of a symbol is delayed, or its link is not live."""
        if not told:
            raise NotKnown(f"no feed tells of {symbol}")
        if told.get("delayed") is True:
            raise NotKnown(f"the data of {symbol} is delayed")
        self._check_live(told.get("link", ""))


def checked_age(at: int | None, what: str, now: int) -> int:
    """Return when something was said. Raises NotKnown where that is too long ago, or not known."""
    if at is None:
        raise NotKnown(f"nobody says how old {what} is")
    if now - at > OLD_MS:
        raise NotKnown(f"{what} is older than {OLD_MS // 60_000} min")
    return at


def total(amounts: Iterable[decimal.Decimal | float | None]) -> float:
    """Return a sum. Raises NotKnown where one is missing."""
    found = list(amounts)
    if any(one is None for one in found):
        raise NotKnown("missing")
    return float(sum(decimal.Decimal(str(one)) for one in found))
