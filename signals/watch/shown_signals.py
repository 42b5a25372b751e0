"""Puts on the board, beside a symbol's regime, the confidence of what is said of it, while it is shown.

Until gate G3 is open it is null, and again once what was said is due.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from brokers.contract.events import Event, Insight
from lib.clock import now_ms
from signals.statements import StatedSignal, read_shown
from streaming.bus.messages import ListAdvance
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler

logger = logging.getLogger(__name__)

RETRY_S = 2.0
"""How soon what could not be read is asked for again."""


class ShownSignals(Extension):
    """The shown signals of one person by symbol. They are read when something was said, and never otherwise."""

    sees: frozenset[type[Event]] = frozenset()
    finders: Mapping[str, RpcHandler] = {}

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._signals: dict[str, StatedSignal] = {}
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<ShownSignals person={self._desk.person} {len(self._signals)} symbols>"

    def on_event(self, event: Event, origin: str) -> None:
        """See nothing: signals are no events."""

    def on_settings_changed(self) -> None:
        """Need none of the settings."""

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Hear of no list."""

    def refresh(self) -> None:
        """Read them anew: something was said."""
        self._changed.set()

    def confidence_of(self, symbol: str, now: int) -> float | None:
        """Return the share that came true of statements like the one of a symbol; None where none is shown."""
        found = self._signals.get(symbol)
        return found.confidence if found is not None and found.due > now else None

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await self._rest()
            self._changed.clear()
            try:
                await self._read()
            except LedgerError as error:
                logger.info("the signals of person %d cannot be read now: %s", self._desk.person, error)
                await asyncio.sleep(RETRY_S)
                self._changed.set()

    async def _rest(self) -> None:
        """Wait until something was said, or is due."""
        due = min((one.due for one in self._signals.values()), default=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else max(0.0, (due - now_ms()) / 1000)):
                await self._changed.wait()

    async def _read(self) -> None:
        """Take what is shown now, and tell where that changes a confidence. Raises LedgerError."""
        await self._desk.stored()
        before, self._signals = self._signals, await self._desk.ledger.read(read_shown, self._desk.person, now_ms())
        for symbol in before.keys() | self._signals.keys():
            told, confidence = _confidence(before.get(symbol)), _confidence(self._signals.get(symbol))
            if told != confidence and self._desk.board.whole(("insight", symbol)) is not None:
                self._desk.put(Insight(symbol=symbol, confidence=confidence))


def _confidence(signal: StatedSignal | None) -> float | None:
    return None if signal is None else signal.confidence
