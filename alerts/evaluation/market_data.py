"""Events of a feed as values of fields: quotes, days, Greeks, underlyings and profiles. Pure. Times are in ms."""

import decimal
from collections.abc import Iterable

from msgspec import UNSET

from alerts.evaluation.core import Core
from alerts.evaluation.gates import Gate
from alerts.evaluation.values import DERIVED, OF_BID_AND_ASK, PRICES_OF, Input, SymbolValues
from alerts.evaluation.windows import Kind, Window
from alerts.rules.spec import Leaf
from alerts.rules.state import Turn
from brokers.contract.events import Day, Event, Greeks, Profile, Quote, Underlying
from brokers.instruments.symbols import parse_option

QUOTE_FIELDS = frozenset({"last", "bid", "ask", *DERIVED})
OPTION_FIELDS = ("iv", "delta", "gamma", "theta", "vega", "rho")
UNDERLYING_FIELDS = ("iv", "front_iv", "back_iv", "iv_rank", "put_call_ratio", "option_volume")
DELAYED = "the data is delayed"
GONE = "the feed does not carry it any more"


class MarketData:
    """What rules look at of the feed, by symbol. It knows no rule, and what no rule looks at costs one look."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._plain: dict[tuple[type[Event], str], dict[str, Input]] = {}
        self._profiles: dict[str, list[Gate]] = {}

    # --- what is looked at ---

    def add(self, one: Input, leaf: Leaf | None = None) -> bool:
        """Feed an input from now on; `leaf` is the comparison whose own it is. Returns whether it is fed here."""
        ref, name = one.ref, one.ref.field.name
        if ref.window_s or (leaf is not None and leaf.within_s):
            self._add_window(one, leaf)
            return True
        if ref.field.subject not in ("symbol", "option"):
            return False
        if name in QUOTE_FIELDS:
            self._add_quote_field(one, self.core.symbol(ref.symbol))
            return True
        kind: type[Event] = Greeks if ref.field.subject == "option" or parse_option(ref.symbol) else Underlying
        if name in (OPTION_FIELDS if kind is Greeks else UNDERLYING_FIELDS):
            self._plain.setdefault((kind, ref.symbol), {})[name] = one
            return True
        return False

    def _add_window(self, one: Input, leaf: Leaf | None) -> None:
        """Feed an input with how far a price moved: a field with a window, or a price that rises or falls by."""
        values = self.core.symbol(one.ref.symbol)
        if leaf is not None and leaf.within_s:
            kind: Kind = "rise" if leaf.comparator == "moves_up" else "fall"
            window = Window(kind, leaf.within_s * 1000, is_percent=leaf.by == "percent")
            name = one.ref.field.name
        else:
            window = Window("since", one.ref.window_s * 1000, is_percent=one.ref.field.name == "move_pct")
            name = "last"
        window.restore(self.core.stored.windows.get(one.key, []))
        values.windows.append((one, window, PRICES_OF[name]))

    def window_states(self) -> dict[str, list[list[float]]]:
        """Return what is stored of windows, by their inputs."""
        return {one.key: window.state for values in self.core.symbols.values() for one, window, _ in values.windows}

    def interrupt(self) -> None:
        """Let windows begin anew: something may have been missed."""
        for values in self.core.symbols.values():
            for _, window, _ in values.windows:
                window.clear()

    def _add_quote_field(self, one: Input, values: SymbolValues) -> None:
        match one.ref.field.name:
            case "last":
                values.last_input = one
            case "bid":
                values.bid_input = one
            case "ask":
                values.ask_input = one
            case name:
                values.derived.append((one, DERIVED[name], name in OF_BID_AND_ASK))

    def add_profile_gate(self, gate: Gate) -> None:
        """Pulse a gate when its symbol is halted, or trades again."""
        self.core.symbol(gate.input.ref.symbol)
        self._profiles.setdefault(gate.input.ref.symbol, []).append(gate)

    def forget(self, gates: Iterable[Gate]) -> None:
        """Pulse these gates no more."""
        for gate in gates:
            if gate in (found := self._profiles.get(gate.input.ref.symbol, [])):
                found.remove(gate)

    # --- what comes ---

    def on_quote(self, event: Quote, origin: str, now: int) -> None:
        """Take a quote."""
        values = self.core.symbols.get(event.symbol)
        if values is None:
            return
        if event.delayed is not UNSET:
            values.is_delayed = event.delayed
        values.source, values.touched_at = origin, now
        if values.is_delayed or event.gone is True:
            self.lose_quote(values, DELAYED if values.is_delayed else GONE, now)
            return
        put = self.core.put
        at = event.at if event.at is not UNSET else None
        if (last := event.last) is not UNSET:
            last_at = event.last_at
            values.last, values.last_at = last, last_at if last_at is not UNSET and last_at is not None else at
            if values.last_input is not None:
                put(values.last_input, last, values.last_at, origin, now)
        if (bid := event.bid) is not UNSET:
            values.bid, values.quote_at = bid, at
            if values.bid_input is not None:
                put(values.bid_input, bid, at, origin, now)
        if (ask := event.ask) is not UNSET:
            values.ask, values.quote_at = ask, at
            if values.ask_input is not None:
                put(values.ask_input, ask, at, origin, now)
        if values.derived:
            self._derive(values, now)
        for one, window, price_of in values.windows:
            if (price := price_of(values)) is not None:
                put(one, window.take(price, now), values.last_at or values.quote_at, origin, now)

    def _derive(self, values: SymbolValues, now: int) -> None:
        for one, work_out, is_of_quote in values.derived:
            value = work_out(values)
            if value is not None or one.is_known:
                self.core.put(one, value, values.quote_at if is_of_quote else values.last_at, values.source, now)

    def lose_quote(self, values: SymbolValues, reason: str, now: int) -> None:
        """Let nothing count that comes of a symbol's quote."""
        for _, window, _ in values.windows:
            window.clear()
        made = [*(one for one, _, _ in values.derived), *(one for one, _, _ in values.windows)]
        for one in (values.last_input, values.bid_input, values.ask_input, *made):
            if one is not None:
                self.core.lose(one, reason, now)

    def on_day(self, event: Day, origin: str, now: int) -> None:
        """Take a day's prices and volume."""
        values = self.core.symbols.get(event.symbol)
        if values is None or event.delayed is True:
            return
        for name in ("open", "high", "low", "prev_close", "volume"):
            if (value := getattr(event, name)) is not UNSET:
                setattr(values, name, value)
        if values.derived and not values.is_delayed:
            self._derive(values, now)

    def on_values(self, event: Greeks | Underlying, origin: str, now: int) -> None:
        """Take an option's Greeks, or the option activity of an underlying."""
        inputs = self._plain.get((type(event), event.symbol))
        if inputs is None:
            return
        at = event.at if event.at is not UNSET else None
        for name, one in inputs.items():
            if event.delayed is True or event.gone is True:
                self.core.lose(one, DELAYED if event.delayed is True else GONE, now)
            elif (value := getattr(event, name)) is not UNSET:
                number = float(value) if isinstance(value, decimal.Decimal) else value
                self.core.put(one, number, at, origin, now)

    def on_profile(self, event: Profile, origin: str, now: int) -> None:
        """Take whether a symbol trades."""
        values = self.core.symbols.get(event.symbol)
        if values is None or event.status is UNSET:
            return
        before, values.status = values.status, event.status
        if before is None or event.status is None or before == event.status:
            return
        at = event.at if event.at is not UNSET else None
        for gate in self._profiles.get(event.symbol, ()):
            if event.status == ("halted" if gate.input.ref.field.name == "halted" else "active"):
                gate.rule.detail = {"status": event.status, "symbol": event.symbol}
                gate.pulse = Turn(gate.index, at=at)
                self.core.mark(gate.rule)

    def lose_link(self, link: str, reason: str, now: int) -> None:
        """Let nothing count that came by a link, until something comes again."""
        for values in self.core.symbols.values():
            if values.source == link:
                self.lose_quote(values, reason, now)
        for inputs in self._plain.values():
            for one in inputs.values():
                if one.source == link:
                    self.core.lose(one, reason, now)
