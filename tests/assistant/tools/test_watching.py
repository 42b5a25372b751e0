"""Watching tools: what changes is reported as it comes and told again at the end, and nothing of them stays."""

import asyncio

import pytest

from accounts.auth.access import Access
from assistant.call import call_tool
from assistant.contract.caller import ToolCaller
from assistant.contract.progress import ignore_progress
from assistant.tools.watching import PriceRange
from tests.assistant.tools.harness import READ, ToolDesk, tool_desk
from tests.support.eventually import aeventually
from tests.trading.telling import fill


class Reports:
    """What a tool reports."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str]] = []
        self.heard = asyncio.Event()

    async def __call__(self, fraction: float, message: str) -> None:
        self.told.append((fraction, message))
        self.heard.set()

    async def next(self) -> None:
        """Wait for another report."""
        async with asyncio.timeout(20):
            await self.heard.wait()
        self.heard.clear()

    async def until(self, start: str) -> None:
        """Wait for a report that begins so."""
        while not any(message.startswith(start) for _, message in self.told):
            await self.next()


def start(desk: ToolDesk, name: str, reports: Reports, **arguments) -> asyncio.Task:
    return asyncio.get_running_loop().create_task(desk.result(name, progress=reports, **arguments))


async def left(desk: ToolDesk) -> None:
    """Wait until nothing is open, a second at most after a tool ended."""
    async with asyncio.timeout(1):
        await aeventually(lambda: desk.open_watches == (0, 0, 0))


def test_a_range_has_the_first_and_last_price_and_the_highest_and_lowest():
    seen = PriceRange()
    assert (seen.update(None), seen.row["first"], seen.row["changes"]) == (False, None, 0)
    assert [seen.update(price) for price in (2.0, 2.0, 5.0, 1.0, 3.0)] == [True, False, True, True, True]
    assert seen.row == {"first": 2, "last_price": 3, "high": 5, "low": 1, "changes": 3}


@pytest.mark.long
async def test_changes_of_prices_are_reported_as_they_come_and_told_at_the_end(valkey):
    async with tool_desk(valkey) as desk:
        broker, reports = await desk.talking(), Reports()
        broker.price("QQQ", 450.0, 450.2)
        watching = start(desk, "watch_quotes", reports, symbols=["QQQ", "SPY"], seconds=5, interval_ms=500)
        await reports.until("QQQ 450.1")
        for bid in (451.0, 449.0, 450.5):
            broker.price("QQQ", bid, bid + 0.2)
            await reports.next()
        result = await watching
        assert not result.is_error
        qqq, spy = result.value["quotes"]
        assert (qqq["first"], qqq["last_price"], qqq["high"], qqq["low"]) == (450.1, 450.6, 451.1, 449.1)
        assert (qqq["changes"], qqq["state"], spy["first"], spy["changes"]) == (3, "live", None, 0)
        fractions = [fraction for fraction, _ in reports.told]
        assert fractions == sorted(set(fractions))
        assert 0 <= fractions[0] < fractions[-1] <= 1
        assert "QQQ 451.1 (+1)" in [message for _, message in reports.told]
        assert result.value["cursor"].count(":") >= 2
        await left(desk)


async def test_what_is_known_is_reported_at_once_and_the_first_price_as_it_comes(valkey):
    async with tool_desk(valkey) as desk:
        broker, reports = await desk.talking(), Reports()
        begun = asyncio.get_running_loop().time()
        watching = start(desk, "watch_quotes", reports, symbols=["QQQ"], seconds=60, interval_ms=60_000)
        await reports.next()
        assert reports.told == [(0.0, "QQQ has no price yet")]
        await aeventually(lambda: desk.open_watches[1] > 0)
        broker.price("QQQ", 450.0, 450.2)
        await reports.until("QQQ 450.1 (+0)")
        assert asyncio.get_running_loop().time() - begun < 10, "no interval was waited for"
        watching.cancel()
        await asyncio.wait([watching])
        await left(desk)


async def test_a_watch_that_is_cancelled_leaves_nothing(valkey):
    async with tool_desk(valkey) as desk:
        broker, reports = await desk.talking(), Reports()
        broker.price("QQQ", 450.0, 450.2)
        before = len(desk.station.hub.tasks)
        watches = [start(desk, "watch_quotes", reports, symbols=["QQQ"], seconds=60) for _ in range(3)]
        facts = start(desk, "watch_facts", reports, seconds=60)
        await reports.next()
        await aeventually(lambda: desk.open_watches[2] == 4)
        for fifth in (await desk.refusal("watch_quotes", symbols=["QQQ"]), await desk.refusal("watch_facts")):
            assert (fifth["code"], fifth["retry_after_s"]) == ("too_many_sockets", 10), "of all kinds together"
        for watch in (*watches, facts):
            watch.cancel()
        await asyncio.wait([*watches, facts])
        assert all(watch.cancelled() for watch in (*watches, facts))
        await left(desk)
        await aeventually(lambda: len(desk.station.hub.tasks) <= before)
        assert not [task for task in asyncio.all_tasks() if "watch_facts" in task.get_name()]


@pytest.mark.long
async def test_facts_are_reported_as_they_come_and_resumed_without_a_loss(valkey):
    async with tool_desk(valkey) as desk:
        broker, reports = await desk.talking(), Reports()
        link = str(desk.info.id)
        watching = start(desk, "watch_facts", reports, kinds=["fill"], seconds=5)
        await aeventually(lambda: desk.station.hub.everybody())
        broker.say(fill("f1", link=link))
        await reports.next()
        broker.say(fill("f2", link=link))
        await reports.next()
        first = (await watching).value
        assert [message for _, message in reports.told] == ["fill QQQ", "fill QQQ"]
        broker.say(fill("f3", link=link))
        await desk.station.host.people[1].manager.stored()
        again = start(desk, "watch_facts", reports, kinds=["fill"], after=first["next"], seconds=5)
        rest = (await again).value
        numbers = [row["fact"] for row in (*first["facts"], *rest["facts"])]
        assert (len(first["facts"]), len(rest["facts"]), numbers) == (2, 1, sorted(set(numbers)))
        await left(desk)


@pytest.mark.parametrize(("tool", "arguments"), [("watch_quotes", {"symbols": ["QQQ"]}), ("watch_facts", {})])
async def test_a_watch_ends_when_its_access_does(valkey, tool, arguments):
    async with tool_desk(valkey) as desk:
        broker = await desk.talking()
        broker.price("QQQ", 450.0, 450.2)
        caller = ToolCaller(Access(1, token="gone"), READ)
        watching = asyncio.ensure_future(call_tool(caller, tool, {**arguments, "seconds": 60}, ignore_progress))
        await aeventually(lambda: desk.open_watches[2] == 1 and desk.open_watches[1] > 0)
        desk.station.hub.access_ended(1, token="gone")
        async with asyncio.timeout(5):
            result = await watching
        assert (result.is_error, result.value["code"]) == (True, "signed_out")
        await left(desk)
