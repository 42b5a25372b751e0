"""The simulated market: correlated tapes that move with time. Pure and seeded; time comes in as an argument.

`advance(seconds, at)` is the only way time passes: `seconds` of market time (which a speed may stretch), stamped
with `at`, the wall clock in ms since the epoch. The same seed and the same total of seconds give the same prices.
"""

import heapq
import random
import typing

import msgspec

from simulator.market import calendar, futures
from simulator.market.changes import NEWS_PENDING, ActionHearer, Changes, HaltHearer
from simulator.market.impulse import MARKET, Impulse, Impulses
from simulator.market.moves.activity import SLOT_MINUTES
from simulator.market.moves.day_so_far import slot_of
from simulator.market.moves.planted_edge import PlantedEdge
from simulator.market.moves.price_path import PricePath, market_field, path_of
from simulator.market.random_walk import Bridge, Timeline, Walk
from simulator.market.shareholder_actions import ShareholderActions
from simulator.market.tape import Tape
from simulator.market.trading_hours import ALL_HOURS, Hours, hours_of, last_close, state_at
from simulator.market.universe import LISTINGS, Listing
from simulator.market.volatility import MARKET_VOL

_FACTOR_STEP_S = 0.1
Hearer = typing.Callable[[Tape, float], None]
"""Told of a print, with the shares it stands for."""


class SimMarket:
    """All tapes of one seed: everything there is, the futures of the day among it, or only the `listings` given.

    A future that has expired stays among the tapes and stands still at its last price.
    """

    def __init__(
        self,
        seed: int,
        at: int,
        *,
        is_always_open: bool = True,
        listings: dict[str, Listing] | None = None,
        begun_at: int | None = None,
        edge: float = 0.0,
        prints_at_mid: bool = False,
        has_actions: bool = False,
    ) -> None:
        self.seed = seed
        self.is_always_open = is_always_open
        self.seconds = 0.0
        self.at = at
        self.begun_at = at if begun_at is None else begun_at
        """When it was started, which is later than `at` where it goes on from a moment of the past."""
        self.listings = LISTINGS if listings is None else listings
        """What trades here besides futures, as it was before any split."""
        self._edge = PlantedEdge(seed, edge) if edge else None
        self._leant: dict[str, float] = {}
        """The bar for which each book leans as it does."""
        self._prints_at_mid = prints_at_mid
        self._on_print: Hearer | None = None
        self.halt_hearers: list[HaltHearer] = []
        self.action_hearers: list[ActionHearer] = []
        self.actions = ShareholderActions(seed, has_own=has_actions)
        self._timeline = Timeline(at, is_lively=is_always_open)
        self.tapes: dict[str, Tape] = {}
        for symbol, listing in self.listings.items():
            draw = random.Random(f"{seed}:{symbol}")
            self._add(Tape(listing, draw, at, self._walk(listing, listing.price, draw, "")))
        self._has_futures = listings is None
        self._walks: dict[str, Walk] = {}
        if self._has_futures:
            self._list_futures(at)
        self.day = calendar.day_of(at)
        self._day_ends = calendar.day_ends(at)
        self._factor_bridge = Bridge(self._timeline, random.Random(f"{seed}:factor"), self._market_minute)
        self._factor_s = 0.0
        self._factor = 0.0
        self._impulses = Impulses()
        self._due = [(self._gap(tape), symbol) for symbol, tape in self.tapes.items()]
        heapq.heapify(self._due)
        self._resting: list[tuple[float, str]] = []
        """Tapes whose market is closed, each with the seconds that were left to its next tick."""
        self._open = ALL_HOURS
        self._closed_at = {hours: last_close(hours, at) for hours in self._open}
        """When each market was last open, in ms since the epoch."""

    def _walk(self, listing: Listing, usual: float, draw: random.Random, code: str) -> Walk:
        walk = Walk(listing, usual, draw, self._path(listing, code), self._timeline)
        walk.begin(listing.kind, self.at)
        return walk

    def _path(self, listing: Listing, code: str) -> PricePath:
        return path_of(self.seed, listing, code, has_dividends=self.actions.has_own)

    def _add(self, tape: Tape) -> None:
        tape.on_print, tape.prints_at_mid = self._on_print, self._prints_at_mid
        self.tapes[tape.listing.symbol] = tape

    def _market_minute(self, number: int, minute: int) -> tuple[float, float]:
        slot, n = divmod(minute, SLOT_MINUTES)
        course = market_field(self.seed).minutes(number, slot)
        move = course.values[n + 1] - course.values[n]
        return MARKET_VOL * move, MARKET_VOL**2 * course.variances[n]

    def stir(self, salt: int) -> None:
        """Let the market factor take other ways from now on than the seed alone decides."""
        self._factor_bridge.draw = random.Random(f"{self.seed}:factor:{salt}")

    @property
    def path_at(self) -> float:
        """The moment of the paths that prices have reached, in ms since the epoch; of a closed market, the time."""
        return self._timeline.at(self.seconds) if self.is_always_open else float(self.at)

    @property
    def day_ends(self) -> int:
        """When the day ends, in ms since the epoch."""
        return self._day_ends

    def subscribe(self, heard: Hearer) -> None:
        """Tell `heard` of each print from now on, those of contracts to come too."""
        self._on_print = heard
        for tape in self.tapes.values():
            tape.on_print = heard

    def trading(self, symbol: str) -> Tape | None:
        """Return the tape of `symbol`. None when it does not trade: unknown here, or a future that has expired."""
        tape = self.tapes.get(symbol)
        ends = tape.listing.expires if tape is not None else None
        return tape if ends is None or ends > self.at else None

    @property
    def state(self) -> calendar.State:
        """The session of the stock market: always `Open`, or that of the real one."""
        return self.state_of("equity")

    def state_of(self, kind: str) -> calendar.State:
        """Return the session of a kind of instrument; coins never close."""
        return "Open" if self.is_always_open else state_at(hours_of(kind), self.at)

    def advance(self, seconds: float, at: int) -> Changes:
        """Let `seconds` of market time pass until the wall clock shows `at`. What is closed stands still meanwhile."""
        changes = Changes(set(), set(), set())
        if not self.is_always_open:
            self._open_and_close()
        self.seconds += seconds
        self.at = at
        if at >= self._day_ends:
            self._roll(changes)
        while self._due and self._due[0][0] <= self.seconds:
            due, symbol = self._due[0]
            tape = self.tapes[symbol]
            heapq.heapreplace(self._due, (due + self._gap(tape), symbol))
            if tape.halted_at is None:
                self._tick(tape, symbol, due, changes)
        return changes

    def _open_and_close(self) -> None:
        """Let the tapes of a market that has closed rest, and those of one that has opened go on as they were."""
        now = frozenset(hours for hours in ALL_HOURS if state_at(hours, self.at) == "Open")
        if now == self._open:
            return
        opened, closed, self._open = now - self._open, self._open - now, now
        self._closed_at.update({hours: last_close(hours, self.at) for hours in closed})
        if opened:
            self._timeline.restart(self.at, self.seconds)
        waiting = [(due - self.seconds, symbol) for due, symbol in self._due] + self._resting
        self._due, self._resting = [], []
        walks: dict[int, str] = {}
        for left, symbol in waiting:
            if self._hours(symbol) in opened:
                walks[id(self.tapes[symbol].walk)] = symbol
            self._wait(left, symbol)
        for symbol in walks.values():
            self._reopen(symbol)

    def _reopen(self, symbol: str) -> None:
        """Let a price that has rested go on from where the night took it."""
        walk = self.tapes[symbol].walk
        self._move_factor(self.seconds)
        walk.rest_at(self.seconds, self._factor)
        before = walk.path.level(*slot_of(self._closed_at[self._hours(symbol)]))
        walk.push(walk.path.level(*slot_of(self.at)) - before)

    def _hours(self, symbol: str) -> Hours:
        return hours_of(self.tapes[symbol].listing.kind)

    def _wait(self, left: float, symbol: str) -> None:
        """Plan the next tick of a tape in `left` seconds of its market's time."""
        if self._hours(symbol) in self._open:
            heapq.heappush(self._due, (self.seconds + left, symbol))
        else:
            self._resting.append((left, symbol))

    def _tick(self, tape: Tape, symbol: str, due: float, changes: Changes) -> None:
        high, low = tape.high, tape.low
        changes.quotes.add(symbol)
        if self._impulses.under_way:
            tape.walk.push(self._impulses.take(symbol, due))
        if self._edge is not None:
            bar = self._edge.find_bar(self._timeline.at(due))
            if self._leant.get(symbol) != bar:
                self._leant[symbol] = bar
                tape.lean = self._edge.lean(tape.walk.path, bar)
        if (due - self._factor_s) / _FACTOR_STEP_S >= 1.0:
            self._move_factor(due)
        if tape.tick(due, self._factor, self.at):
            changes.trades.add(symbol)
            if tape.high != high or tape.low != low:
                changes.days.add(symbol)

    def _gap(self, tape: Tape) -> float:
        """Seconds until the next tick: never over one and a half times the usual, so a liquid tape never pauses."""
        return (0.5 + tape.draw.random()) / tape.listing.rate

    def _move_factor(self, seconds: float) -> None:
        """Move the market factor on by whole steps, with one draw however many have passed."""
        passed = int((seconds - self._factor_s) / _FACTOR_STEP_S) * _FACTOR_STEP_S
        if passed:
            self._factor_s += passed
            self._factor += self._factor_bridge.move_to(self._factor_s)
            self._factor += self._impulses.take(MARKET, self._factor_s)

    def _list_futures(self, at: int) -> None:
        """Begin the day of every contract that trades at `at`; all months of a product share one walk."""
        for symbol, (contract, listing) in futures.listed(at).items():
            code, basis = contract.product.code, contract.price(calendar.day_of(at))
            if symbol in self.tapes:
                self.tapes[symbol].relist(listing, basis)
                continue
            if code not in self._walks:
                draw = random.Random(f"{self.seed}:{code}")
                self._walks[code] = self._walk(listing, contract.product.price, draw, code)
            draw = random.Random(f"{self.seed}:{contract.streamer}")
            self._add(Tape(listing, draw, at, self._walks[code], basis))

    def _plan_futures(self) -> None:
        """Let contracts that are new tick, and those that have expired tick no more."""
        trading = futures.listed(self.at)
        planned = {symbol for plan in (self._due, self._resting) for _, symbol in plan}
        gone = {symbol for symbol in planned - trading.keys() if self.tapes[symbol].listing.kind == "future"}
        self._due = [each for each in self._due if each[1] not in gone]
        self._resting = [each for each in self._resting if each[1] not in gone]
        heapq.heapify(self._due)
        for symbol in trading:
            if symbol not in planned:
                self._wait(self._gap(self.tapes[symbol]), symbol)

    def _roll(self, changes: Changes) -> None:
        before = self.day
        self.day, self._day_ends = calendar.day_of(self.at), calendar.day_ends(self.at)
        for symbol, tape in self.tapes.items():
            tape.roll()
            changes.days.add(symbol)
        for action in self.actions.begin_day(self.tapes, before, self.day, self.at, is_lively=self.is_always_open):
            changes.quotes.add(action.symbol)
            changes.trades.add(action.symbol)
            for heard in self.action_hearers:
                heard(action)
        if self._has_futures:
            self._list_futures(self.at)
            self._plan_futures()

    def move(self, symbol: str, price: float, at: int) -> Changes:
        """Put `symbol` at `price` at once. Raises KeyError for a symbol that does not trade here."""
        self.tapes[symbol].move(price, at)
        return Changes({symbol}, {symbol}, {symbol})

    def push(self, impulse: Impulse) -> None:
        """Let something besides chance move a price, or with `MARKET` for a symbol the whole market.

        Raises KeyError for a symbol that does not trade here. A market that is never pushed goes as its seed has it.
        """
        if impulse.symbol != MARKET and impulse.symbol not in self.tapes:
            raise KeyError(impulse.symbol)
        self._impulses.add(impulse)

    def set_rate(self, symbol: str, rate: float) -> None:
        """Let `symbol` tick `rate` times a second from now on, however long it was to wait."""
        tape = self.tapes[symbol]
        tape.listing = msgspec.structs.replace(tape.listing, rate=rate)
        self._due = [(self.seconds + self._gap(tape) if name == symbol else due, name) for due, name in self._due]
        heapq.heapify(self._due)

    def halt(self, symbol: str, at: int, code: str = NEWS_PENDING) -> None:
        """Stop trading in `symbol`: its tape stands still until `resume`."""
        tape = self.tapes[symbol]
        was_trading, tape.halted_at = tape.halted_at is None, at
        for heard in self.halt_hearers if was_trading else ():
            heard(symbol, code)

    def resume(self, symbol: str) -> None:
        """Let `symbol` trade again."""
        tape = self.tapes[symbol]
        was_halted, tape.halted_at = tape.halted_at is not None, None
        for heard in self.halt_hearers if was_halted else ():
            heard(symbol, None)
