"""Catch-ups go out at a rate that the layer can carry their answers at, in turn, and at random moments after a loss."""

import asyncio
import datetime

from streaming.bus.messages import CatchUpRequest
from streaming.discovery.catch_up_throttle import BURST_S, RATE, UNANSWERED, CatchUpThrottle
from streaming.wire.subscription import Subscription
from tests.support import virtual_time

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)
ANSWER = 100_000


def catch_up(ask: int) -> CatchUpRequest:
    return CatchUpRequest(person_text="1", hub="h", ask=ask, view=Subscription(), had=None, epoch="", seq=0, fact=None)


class Layer:
    """Answers every catch-up after 5 ms with so many characters, and keeps when it was asked for what."""

    def __init__(self, characters: int = ANSWER) -> None:
        self.loop = asyncio.get_running_loop()
        self.characters = characters
        self.asked: list[tuple[float, int]] = []
        self.waited_for: set[int] = set()
        self.answering = True
        self.asking = CatchUpThrottle(self.loop, self._send, self.waited_for.__contains__)

    def ask(self, *asks: int) -> None:
        for ask in asks:
            self.waited_for.add(ask)
            self.asking.request(catch_up(ask))

    def _send(self, message):
        self.asked.append((self.loop.time(), message.ask))
        if self.answering:
            self.loop.call_later(0.005, self._answer, message.ask)

    def _answer(self, ask):
        self.waited_for.discard(ask)
        self.asking.answered(ask, self.characters)

    @property
    def order(self) -> list[int]:
        return [ask for _, ask in self.asked]


def within(scene):
    """Run a scene in virtual time."""
    return virtual_time.run(AT, lambda clock: scene())


def test_answers_stay_below_the_rate_and_come_in_turn():
    async def scene():
        layer = Layer()
        layer.ask(*range(400))
        begun = layer.loop.time()
        while layer.waited_for:
            await asyncio.sleep(0.05)
        took = layer.loop.time() - begun
        whole = 400 * ANSWER
        assert whole / RATE - BURST_S - UNANSWERED * ANSWER / RATE < took < whole / RATE + 0.5
        assert layer.order == [*range(400)]

    within(scene)


def test_a_few_are_asked_for_at_once():
    async def scene():
        layer = Layer()
        begun = layer.loop.time()
        layer.ask(*range(5))
        assert layer.asked == [(begun, ask) for ask in range(5)]

    within(scene)


def test_no_more_are_under_way_than_the_layer_can_be_trusted_with_unseen():
    async def scene():
        layer = Layer()
        layer.answering = False
        layer.ask(*range(200))
        await asyncio.sleep(1)
        assert len(layer.asked) == UNANSWERED
        layer.waited_for -= set(range(UNANSWERED))  # their sockets left, or ask anew
        await asyncio.sleep(0.2)
        assert layer.order == [*range(2 * UNANSWERED)]

    within(scene)


def test_what_nobody_waits_for_any_more_is_not_asked_for():
    async def scene():
        layer = Layer()
        layer.answering = False
        layer.ask(*range(UNANSWERED + 10))
        layer.waited_for -= {UNANSWERED, UNANSWERED + 1, 0, 1, 2}
        await asyncio.sleep(0.2)
        assert layer.order[-3:] == [UNANSWERED + 2, UNANSWERED + 3, UNANSWERED + 4]

    within(scene)


def test_after_a_loss_everybody_asks_at_another_moment_of_the_next_seconds():
    async def scene():
        layer = Layer(characters=100)
        begun = layer.loop.time()
        layer.asking.spread(2.0)
        layer.ask(*range(200))
        assert layer.asked == []
        await asyncio.sleep(2.0)
        moments = [at - begun for at, _ in layer.asked]
        assert len(moments) == 200
        assert all(sum(1 for at in moments if n / 4 <= at < (n + 1) / 4) > 5 for n in range(8)), "all over the time"
        assert layer.order != sorted(layer.order), "in random order"
        layer.ask(500)
        assert layer.order[-1] == 500, "and then at once again"

    within(scene)
