"""The newest known value of each field that a rule looks at, and who watches it, by session. Pure. Times are in ms."""

import typing

from alerts.evaluation.levels import Levels
from alerts.evaluation.windows import Window
from alerts.evaluation.zones import INFINITY
from alerts.rules.fields import FieldRef
from alerts.rules.spec import Leaf, Scope, Session
from alerts.rules.state import NO_VALUE, InputState

if typing.TYPE_CHECKING:
    from alerts.evaluation.gates import Gate


class Watched(Levels["Gate"]):
    """The comparisons of one field that belong to rules of one session, and the newest value that counted for them.

    While it is not fresh (a session began, the feed was interrupted), the next value is compared with all of them.
    """

    __slots__ = ("gates", "is_fresh", "received", "session", "value")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.gates: list[Gate] = []
        self.is_fresh = False
        self.value: float | None = None
        self.received = 0
        super().__init__()
        self._find_nearest()

    def _find_nearest(self) -> None:
        super()._find_nearest()
        if not self.is_fresh:
            self.low = INFINITY

    def refresh(self, is_fresh: bool) -> None:
        """Note that the newest value counts, or that it does no more."""
        self.is_fresh = is_fresh
        self._find_nearest()


class Input:
    """One field of one subject: its newest value, when its source said it (`at`), when it came, and from which link.

    `reason` says why the value does not count: a feed that is stale, delayed data, a value known to be missing.
    """

    __slots__ = (
        "_stored", "active", "at", "followers", "key", "reason", "received", "ref", "scope", "sessions", "source",
        "value",
    )  # fmt: skip

    def __init__(self, ref: FieldRef, scope: Scope, key: str) -> None:
        self.ref, self.scope, self.key = ref, scope, key
        self.value: float | None = None
        self.at: int | None = None
        self.received = 0
        self.source = ""
        self.reason = NO_VALUE
        self.sessions: dict[Session, Watched] = {}
        self.active: list[Watched] = []
        self._stored: dict[str, tuple[float | None, int, bool]] = {}
        self.followers: list[Gate] = []
        """Comparisons whose bound it is."""

    @property
    def is_known(self) -> bool:
        """Whether the newest value counts."""
        return not self.reason

    @property
    def is_price(self) -> bool:
        """Whether only what is said within a session counts for it."""
        return self.ref.field.subject == "symbol" and self.ref.field.needs[0] == "quote"

    @property
    def gates(self) -> "list[Gate]":
        """Every comparison that depends on it."""
        return [gate for watched in self.sessions.values() for gate in watched.gates] + self.followers

    @property
    def state(self) -> InputState:
        """What is stored of it."""
        seen: dict[str, tuple[float | None, int, bool]] = {
            name: (one.value, one.received, one.is_fresh) for name, one in self.sessions.items()
        }
        return InputState(self.value, self.at, self.received, self.source, self.reason, seen)

    def restore(self, state: InputState) -> None:
        """Take up what was stored."""
        self.value, self.at, self.received = state.value, state.at, state.received
        self.source, self.reason = state.source, state.reason
        self._stored = state.seen

    def add_session(self, session: Session) -> Watched:
        """Begin to be watched by rules of a session, with what was stored of that."""
        watched = self.sessions[session] = Watched(session)
        if (seen := self._stored.get(session)) is not None:
            watched.value, watched.received, is_fresh = seen
            watched.refresh(is_fresh)
        return watched


def input_key(ref: FieldRef, scope: Scope, leaf: Leaf | None = None) -> str:
    """Return what an input is known by: field and scope, and for moves the window and its direction."""
    parts = [ref.text]
    if leaf is not None and leaf.within_s:
        parts.append(f"{leaf.comparator}:{leaf.within_s}:{leaf.by}")
    parts += [text for text in (scope.environment, scope.link, scope.account) if text]
    return "|".join(parts)


PriceOf = typing.Callable[["SymbolValues"], float | None]


class SymbolValues:
    """What is known of one symbol's quote and day, and the inputs made of it. Prices are the venue's own."""

    __slots__ = (
        "ask", "ask_input", "bid", "bid_input", "derived", "high", "is_delayed", "last", "last_at", "last_input", "low",
        "open", "prev_close", "quote_at", "source", "status", "symbol", "touched_at", "volume", "windows",
    )  # fmt: skip
    STORED = (
        "last", "bid", "ask", "last_at", "quote_at", "prev_close", "open", "high", "low", "volume", "is_delayed",
        "source", "status", "touched_at",
    )  # fmt: skip

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.last: float | None = None
        self.bid: float | None = None
        self.ask: float | None = None
        self.last_at: int | None = None
        self.quote_at: int | None = None
        self.prev_close: float | None = None
        self.open: float | None = None
        self.high: float | None = None
        self.low: float | None = None
        self.volume: float | None = None
        self.is_delayed = False
        self.source = ""
        self.status: str | None = None
        self.touched_at = 0
        self.last_input: Input | None = None
        self.bid_input: Input | None = None
        self.ask_input: Input | None = None
        self.derived: list[tuple[Input, PriceOf, bool]] = []
        """What is worked out, how, and whether it is as old as bid and ask rather than the last price."""
        self.windows: list[tuple[Input, Window, PriceOf]] = []

    @property
    def state(self) -> dict[str, typing.Any]:
        """What is stored of it."""
        return {name: value for name in self.STORED if (value := getattr(self, name)) not in (None, "", False, 0)}

    def restore(self, state: typing.Mapping[str, typing.Any]) -> None:
        """Take up what was stored."""
        for name in self.STORED:
            if name in state:
                setattr(self, name, state[name])

    @property
    def spread(self) -> float | None:
        """Ask less bid, where both are there."""
        if self.bid is None or self.ask is None or self.ask < self.bid:
            return None
        return self.ask - self.bid


def mid(values: SymbolValues) -> float | None:
    """Return the middle of bid and ask; None while one is missing."""
    return None if values.bid is None or values.ask is None else (values.bid + values.ask) / 2


def mark(values: SymbolValues) -> float | None:
    """Return the mid where there is one, else the last price."""
    found = mid(values)
    return values.last if found is None else found


def spread_bps(values: SymbolValues) -> float | None:
    """Return the spread in basis points of the mid."""
    bid, ask = values.bid, values.ask
    if bid is None or ask is None or ask < bid or not (middle := (bid + ask) / 2):
        return None
    return (ask - bid) / middle * 10_000


def _from(name: str) -> typing.Callable[[SymbolValues], float | None]:
    def change(values: SymbolValues) -> float | None:
        base: float | None = getattr(values, name)
        return None if values.last is None or not base else (values.last / base - 1) * 100

    return change


def range_pct(values: SymbolValues) -> float | None:
    """Return where the last price is in the day's range: 0 at the low, 100 at the high."""
    if values.last is None or values.high is None or values.low is None or values.high <= values.low:
        return None
    return (values.last - values.low) / (values.high - values.low) * 100


DERIVED: dict[str, typing.Callable[[SymbolValues], float | None]] = {
    "mid": mid, "mark": mark, "spread_bps": spread_bps, "range_pct": range_pct, "change_pct": _from("prev_close"),
    "from_open_pct": _from("open"), "from_high_pct": _from("high"), "from_low_pct": _from("low"),
    "volume": lambda values: values.volume,
}  # fmt: skip
"""Fields that are worked out of a quote and a day."""
OF_BID_AND_ASK = frozenset({"mid", "mark", "spread_bps"})
"""Those that are as old as the newer of bid and ask."""
PRICES_OF: dict[str, PriceOf] = {
    "last": lambda values: values.last, "bid": lambda values: values.bid, "ask": lambda values: values.ask,
    "mid": mid, "mark": mark,
}  # fmt: skip
"""The prices that windows are made of."""
