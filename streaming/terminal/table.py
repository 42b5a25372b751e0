"""What a terminal shows of a stream: a table of the newest values, lines, and a closing summary. Pure."""

import typing

from streaming.board.board import KEYS
from streaming.wire.frames import iso

Item = dict[str, typing.Any]

_COLUMNS = ("bid", "ask", "last", "change_percentage")
_SHOWN = {
    "quote": ("bid", "ask", "last", "change_percentage", "delayed"),
    "greeks": ("iv", "delta", "gamma", "theta", "vega"),
    "candle": ("time", "open", "high", "low", "close", "volume", "closed"),
    "balance": ("account", "balance", "buying_power", "cash"),
    "position": ("account", "quantity", "average_price", "mark", "open_pl"),
    "link": ("state", "reason", "retry_at", "refreshed_at"),
    "market": ("session",),
    "profile": ("status", "status_reason"),
    "notice": ("text",),
}
_NOTICES = 3
"""How many of the newest notices stand below the table."""


def text(value: typing.Any) -> str:
    """Write one value; a missing one is a dash, never 0."""
    if value is None:
        return "–"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


class TerminalTable:
    """Holds what frames brought and counts how the stream fared. Times are ms, given by the caller.

    With `venue`, what did not come by a link to it is passed over.
    """

    def __init__(self, begun: int, venue: str = "") -> None:
        self.begun = begun
        self.venue = venue
        self.events = 0
        self.frames = 0
        self.missed = 0
        self.seq = 0
        self.epoch = ""
        self.slots: dict[tuple[str, ...], Item] = {}
        self.notices: list[Item] = []
        self.latencies: list[int] = []
        self.counted: dict[str, tuple[int, int]] = {}
        self.gaps = 0
        self.gap_ms = 0
        self._gap_since: int | None = None
        self._was_live = False

    def apply(self, message: Item, now: int) -> list[Item]:
        """Take one message of the stream; returns the items it brought."""
        if message["type"] == "feed":
            self._gap(True, now)
        if message["type"] != "frame":
            return []
        self.frames += 1
        fresh = message.get("snapshot", False)
        if fresh:
            self.slots.clear()
        elif message["epoch"] == self.epoch and message["prev"] > self.seq:
            self.missed += 1
        self.seq, self.epoch = message["seq"], message["epoch"]
        state = sorted(message["state"], key=lambda item: item["type"] != "link")  # links say whose the others are
        state = [item for item in state if self._apply_slot(item, now, fresh)]
        facts = [fact for fact in message.get("facts", []) if self._is_shown(fact)]
        self.events += len(facts)
        self.notices = [*self.notices, *(fact for fact in facts if fact["type"] == "notice")][-_NOTICES:]
        return [*state, *facts]

    def _is_shown(self, slot: Item) -> bool:
        """Whether a slot or a fact came by the venue that is asked for."""
        return not self.venue or self.slots.get(("link", str(slot.get("link"))), {}).get("venue") == self.venue

    def _apply_slot(self, item: Item, now: int, fresh: bool) -> bool:
        """Keep what came for a slot. Returns whether it is to be shown."""
        slot = self.slots.setdefault((item["type"], *(str(item[name]) for name in KEYS[item["type"]])), {})
        slot.update(item)
        if not self._is_shown(slot):
            return False
        self.events += 1
        if item["type"] == "quote" and not fresh and isinstance(item.get("at"), int):
            self.latencies.append(max(0, now - item["at"]))
        if item["type"] == "link":
            self.counted[item["link"]] = (slot.get("reconnects", 0), slot.get("refreshes", 0))
            if "state" in item and self.counted:
                self._gap(item["state"] != "live", now)
        return True

    def _gap(self, open_: bool, now: int) -> None:
        """Note that the feed stopped being live, or is live again; the start before the first is no gap."""
        if not open_:
            self._was_live = True
        if open_ and self._was_live and self._gap_since is None:
            self._gap_since = now
            self.gaps += 1
        elif not open_ and self._gap_since is not None:
            self.gap_ms += now - self._gap_since
            self._gap_since = None

    def lines(self, items: list[Item], now: int) -> list[str]:
        """Write one line per item that brought something that is shown."""
        return [self._line(item, now) for item in items if any(name in item for name in _SHOWN.get(item["type"], ()))]

    def _line(self, item: Item, now: int) -> str:
        shown = [f"{name} {_cell(name, item[name])}" for name in _SHOWN[item["type"]] if name in item]
        if item["type"] == "notice":
            shown = [item["text"]]
        at = item.get("at")
        age = f"  {max(0, now - at)} ms" if isinstance(at, int) else ""
        name = _series(item) if item["type"] == "candle" else item.get("symbol", item.get("account", ""))
        return f"{iso(now)[11:23]}  {item['type']:<8} {name:<8} {'  '.join(shown)}{age}"

    def table(self, now: int) -> list[str]:
        """Write the newest value of everything, with its age."""
        rows = [f"{'symbol':<22}{'bid':>12}{'ask':>12}{'last':>12}{'chg %':>9}{'age':>9}"]
        shown = sorted((key, slot) for key, slot in self.slots.items() if self._is_shown(slot))
        for key, slot in shown:
            if key[0] == "quote":
                cells = [text(slot.get(name)) for name in _COLUMNS]
                rows.append(
                    f"{slot['symbol']:<22}{cells[0]:>12}{cells[1]:>12}{cells[2]:>12}{cells[3]:>9}{_age(slot, now):>9}"
                )
        for key, slot in shown:
            if key[0] == "profile" and slot.get("status") in ("halted", "unlisted"):
                rows.append(f"{slot['symbol']:<22}{slot['status']:>12}  {slot.get('status_reason') or ''}")
            if key[0] == "candle":
                candle = "".join(f"{text(slot.get(name)):>12}" for name in ("open", "high", "low", "close"))
                rows.append(f"{_series(slot):<22}{candle}{_age(slot, now):>6}")
            if key[0] == "balance":
                rows.append(f"{slot['account']:<22}{'net liq':>12}{text(slot.get('balance')):>24}{_age(slot, now):>18}")
            if key[0] == "link":
                rows.append(
                    f"{slot.get('label') or slot['link']:<22}{slot.get('state', '–'):>12}  {slot.get('reason') or ''}"
                )
        return rows + [f"{iso(notice['at'])[11:19]} {notice['text']}" for notice in self.notices]

    def summary(self, now: int) -> str:
        """Write how the stream fared."""
        seconds = max(0.001, (now - self.begun) / 1000)
        latencies = sorted(self.latencies)
        p50, p99 = (f"{latencies[int((len(latencies) - 1) * share)]} ms" if latencies else "–" for share in (0.5, 0.99))
        reconnects, refreshes = (
            (sum(counts) for counts in zip(*self.counted.values(), strict=True)) if self.counted else (0, 0)
        )
        return (
            f"{seconds:.0f} s: {self.events} events in {self.frames} frames ({self.events / seconds:.1f}/s), "
            f"{reconnects} reconnects, {refreshes} refreshes, latency p50 {p50} p99 {p99}, "
            f"{self.gaps} gaps ({self.gap_ms / 1000:.1f} s not live), {self.missed} frames missed"
        )


def _series(item: Item) -> str:
    return f"{item['symbol']}:{item['interval']}"


def _cell(name: str, value: typing.Any) -> str:
    return f"{iso(value)[:16]}Z" if name == "time" else text(value)


def _age(slot: Item, now: int) -> str:
    at = slot.get("at")
    return f"{max(0, now - at) / 1000:.1f} s" if isinstance(at, int) else "–"
