"""Brings sockets that are behind up to date, from a board and where that has forgotten from the ledger."""

import collections
import logging

from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.board.board import Item
from streaming.bus.bus import HubPort
from streaming.bus.messages import CatchUpReply, CatchUpRequest
from streaming.host.hosted_person import CATCH_UPS, HostedPerson
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger

logger = logging.getLogger(__name__)


class CatchUps:
    """Answers the catch-ups of one host. `tasks` read what takes longer."""

    def __init__(self, ledger: Ledger, tasks: Tasks) -> None:
        self.ledger = ledger
        self.tasks = tasks

    def answer(self, managed: HostedPerson, message: CatchUpRequest, port: HubPort) -> None:
        """Answer one catch-up: with what the board remembers, else with a page of the ledger."""
        head = managed.board.head
        after = head if message.fact is None else min(message.fact, head)
        facts = managed.board.facts(after)
        if facts is not None:
            self._answer(managed, message, port, facts, head)
        elif (waiting := managed.reading.get(after)) is not None:
            waiting.append((message, port))
        else:
            managed.reading[after] = collections.deque([(message, port)], maxlen=CATCH_UPS)
            self.tasks.start(self._read_facts(managed, after), f"facts {managed.manager.person}")

    async def _read_facts(self, managed: HostedPerson, after: int) -> None:
        """Answer those who are further behind than the board remembers facts, with one page of the ledger for all.

        While that cannot be read they ask again.
        """
        try:
            facts = await self.ledger.page(managed.manager.person, after)
        except LedgerError as error:
            logger.warning("no facts for user %s: %s", managed.manager.person, error)
            return
        finally:
            waiting = managed.reading.pop(after)
        told = [fact.item for fact in facts if fact.number <= managed.board.head]
        for message, port in waiting:
            self._answer(managed, message, port, told, told[-1]["fact"] if told else managed.board.head)

    def _answer(
        self, managed: HostedPerson, message: CatchUpRequest, port: HubPort, facts: list[Item], fact: int
    ) -> None:
        """Bring a socket up to date, but for facts after number `fact`: it asks again for those."""
        board, seq = managed.board, message.seq
        known = message.epoch == board.epoch
        board.flush(now_ms())
        recovered = known and board.floor <= seq <= board.seq and seq > 0
        if board.seq == 0 or (recovered and seq == board.seq):
            board.advance()  # also from 0, which a client could not name: it means no cursor
        had, cursor = (message.had, seq) if recovered else (None, 0)
        try:
            answer = managed.answer(message.view, had, cursor, facts, fact)
        except Exception:  # trouble with one person's news is theirs alone, as in the pulse; they ask again
            logger.exception("%r: its news could not be told", managed.manager)
            return
        port.send(
            CatchUpReply(
                person_text=message.person_text,
                ask=message.ask,
                epoch=board.epoch,
                recovered=recovered,
                empty=answer.empty,
                more=fact < board.head,
                prev=answer.prev,
                seq=board.seq,
                fact=fact,
                updates=answer.updates,
                text=answer.text,
            )
        )
