"""Stores how far a person's rules are, and has the person watched while any rule waits."""

import asyncio
import datetime
import logging
from collections.abc import Mapping

import msgspec

from alerts import store
from alerts.evaluation.engine import Engine
from alerts.evaluation.hours import MarketHours
from alerts.rules.state import encode_state
from alerts.store import StoredRule
from alerts.watch.gaps import RuleGaps
from alerts.watch.study_reader import StudyReader
from lib.clock import now_ms
from streaming.ledger.ledger import LedgerError
from streaming.manager.extensions import ExtensionHost
from streaming.ownership.lease import OwnershipTerm
from streaming.ownership.rows import WATCH_S

logger = logging.getLogger(__name__)

CHECKPOINT_S = 15.0
"""How often it is stored how far rules were evaluated, while any is armed."""
END_S = 1.0
"""How long the end of the streams waits for the last checkpoint."""
EARLY_S = 60.0
"""How long before the session of a rule its person is watched again."""


class CheckpointWriter:
    """Writes the checkpoints of one person's rules. Times are in ms."""

    def __init__(self, desk: ExtensionHost, gaps: RuleGaps, studies: StudyReader, hours: MarketHours) -> None:
        self._desk, self._gaps, self._studies, self._hours = desk, gaps, studies, hours
        self._checkpoint_due = 0
        self._watch_due = 0

    def hasten(self, now: int) -> None:
        """Write at the next occasion: the rules are others now."""
        self._checkpoint_due = self._watch_due = now

    async def keep(self, engine: Engine, rules: Mapping[str, StoredRule], now: int) -> None:
        """Write what is due: how far rules are, once all is stored that they fired until then. Raises LedgerError."""
        wake = self._find_wakes(engine, rules, now)
        if now >= self._watch_due and any(at is not None and at <= now for at in wake.values()):
            self._watch_due = now + round(WATCH_S * 1000 / 3)
            until = datetime.datetime.fromtimestamp(now / 1000 + WATCH_S, datetime.UTC)
            await self._desk.watch_until(until)
        if now >= self._checkpoint_due:
            self._checkpoint_due = now + round(CHECKPOINT_S * 1000)
            await self._write(engine, now, wake)

    async def keep_last(self, engine: Engine, rules: Mapping[str, StoredRule]) -> None:
        """Write how far rules are when the streams end, so that their next owner goes on from there."""
        now = now_ms()
        try:
            async with asyncio.timeout(END_S):
                await self._write(engine, now, self._find_wakes(engine, rules, now))
        except (LedgerError, TimeoutError) as error:
            logger.info("how far alerts of person %d were in the end is not stored: %r", self._desk.person, error)

    async def _write(self, engine: Engine, now: int, wake: Mapping[str, int | None]) -> None:
        """Write a checkpoint, while this process owns the person. Raises LedgerError."""
        if not isinstance(guard := self._desk.guard, OwnershipTerm):
            return
        held = {id_: (one.rule_state, one.since) for id_, one in self._gaps.recovery.held.items()}
        noted = self._gaps.unchecked.noted(engine.checkpoint(now), held)
        state = encode_state(msgspec.structs.replace(noted, series=self._studies.states())).decode()
        await self._desk.stored()
        await self._desk.ledger.write(store.save_checkpoint, self._desk.person, guard.epoch, state, now, wake)

    def _find_wakes(self, engine: Engine, rules: Mapping[str, StoredRule], now: int) -> dict[str, int | None]:
        """Return from when on the person has to be watched for each armed rule; None for one that is over."""
        return {id_: self._find_wake(engine, one, now) for id_, one in rules.items() if one.is_armed}

    def _find_wake(self, engine: Engine, one: StoredRule, now: int) -> int | None:
        spec = one.rule.spec
        walk = self._studies.walks.get(one.rule.id)
        is_over = walk.is_over if walk is not None else engine.is_over(one.rule.id)
        if is_over or (spec.expires is not None and spec.expires <= now):
            return None
        opens = self._hours.hours(spec.session, now).opens
        return now if opens <= now else opens - round(EARLY_S * 1000)
