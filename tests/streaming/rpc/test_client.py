"""A question reaches a person's owner whatever is lost, is asked once however many ask, and ends in time."""

import asyncio
import contextlib
import datetime

import pytest

from lib.tasks import Tasks
from streaming.bus.messages import RpcCancel, RpcReply, RpcRequest
from streaming.limits import Limits
from streaming.rpc.client import RpcClient, RpcError
from tests.support import virtual_time

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)
BEACON_S = 2.0


class Owner:
    """The owner of everybody, who hears all that a client sends and answers what a test says."""

    def __init__(self) -> None:
        self.tasks = Tasks("test")
        self.last_received_at: list[RpcRequest | RpcCancel] = []
        self.client = RpcClient("h", self.tasks, Limits(beacon_s=BEACON_S), self.last_received_at.append)

    @property
    def asked(self) -> list[int]:
        """The numbers of the questions, each time that it was asked."""
        return [message.ask for message in self.last_received_at if isinstance(message, RpcRequest)]

    @property
    def cancelled(self) -> list[int]:
        return [message.ask for message in self.last_received_at if isinstance(message, RpcCancel)]

    def ask(self, what: str = "chain", *about: str, person: int = 1, within_s: float = 10.0) -> asyncio.Task[str]:
        return asyncio.ensure_future(self.client.request(person, what, [*about], within_s))

    def answer(self, ask: int, text: str, person: int = 1, code: str = "", retry_s: float | None = None) -> None:
        self.client.on_reply(RpcReply(person_text=str(person), ask=ask, code=code, text=text, retry_s=retry_s))


def play(scene) -> None:
    """Run a scene in virtual time, with an owner."""

    async def main(clock):
        owner = Owner()
        await scene(owner)
        assert len(owner.client) == 0, "nothing is left of it"

    virtual_time.run(AT, main)


def test_an_answer_comes_back_to_who_asked():
    async def scene(owner):
        first, other = owner.ask("chain", "QQQ"), owner.ask("chain", "SPY")
        await asyncio.sleep(0.1)
        request = owner.last_received_at[0]
        assert (request.person, request.hub, request.what, request.about) == (1, "h", "chain", ["QQQ"])
        owner.answer(owner.asked[1], "of SPY")
        owner.answer(owner.asked[0], "of QQQ")
        assert (await first, await other) == ("of QQQ", "of SPY")
        assert owner.cancelled == []

    play(scene)


def test_a_question_that_may_be_lost_is_asked_again_until_it_is_answered():
    async def scene(owner):
        asking = owner.ask()
        await asyncio.sleep(2.5 * BEACON_S)
        assert owner.asked == [owner.asked[0]] * 3
        owner.answer(owner.asked[0], "at last")
        assert await asking == "at last"
        await asyncio.sleep(2 * BEACON_S)
        assert len(owner.asked) == 3

    play(scene)


def test_who_gets_no_answer_in_time_is_told_when_to_ask_again_and_the_owner_that_nobody_waits():
    async def scene(owner):
        with pytest.raises(RpcError, match="no answer within 3 s") as failed:
            await owner.ask(within_s=3.0)
        assert (failed.value.code, failed.value.retry_s) == ("unavailable", 5)
        assert owner.cancelled == owner.asked[:1]
        owner.answer(owner.asked[0], "too late")

    play(scene)


def test_a_refusal_carries_its_code_and_the_time_to_wait():
    async def scene(owner):
        asking = owner.ask()
        await asyncio.sleep(0.1)
        owner.answer(owner.asked[0], "Too many.", code="rate_limited", retry_s=12.5)
        with pytest.raises(RpcError, match="Too many") as failed:
            await asking
        assert (failed.value.code, failed.value.detail, failed.value.retry_s) == ("rate_limited", "Too many.", 12.5)

    play(scene)


def test_an_answer_for_somebody_else_or_a_second_one_changes_nothing():
    async def scene(owner):
        asking = owner.ask()
        await asyncio.sleep(0.1)
        number = owner.asked[0]
        owner.answer(number, "of another person", person=2)
        owner.answer(number + 7, "to no question")
        owner.answer(number, "right")
        owner.answer(number, "twice")
        assert await asking == "right"

    play(scene)


def test_equal_questions_of_one_person_are_one_and_those_of_others_are_not():
    async def scene(owner):
        asking = [owner.ask("chain", "QQQ") for _ in range(3)]
        other = owner.ask("chain", "QQQ", person=2)
        await asyncio.sleep(0.1)
        assert len(owner.asked) == 2
        owner.answer(owner.asked[0], "ours")
        owner.answer(owner.asked[1], "theirs", person=2)
        assert await asyncio.gather(*asking, other) == ["ours"] * 3 + ["theirs"]

    play(scene)


def test_the_owner_is_told_once_the_last_who_waits_has_left():
    async def scene(owner):
        first, second = owner.ask(), owner.ask()
        await asyncio.sleep(0.1)
        for asking, cancelled in ((first, []), (second, owner.asked)):
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
            await asyncio.sleep(0.1)
            assert owner.cancelled == cancelled

    play(scene)
