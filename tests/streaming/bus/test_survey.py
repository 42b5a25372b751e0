"""Every process answers a roll call, in time, or is said to be silent."""

import asyncio

from lib.tasks import Tasks
from streaming.bus import survey
from streaming.bus.bus import DirectPort
from streaming.bus.messages import ReportPiece
from streaming.bus.survey import Survey
from tests.support.eventually import aeventually


class Town:
    """Processes that hear each other at once. Those named in `mute` hear and say nothing."""

    def __init__(self, *names: str, mute: tuple[str, ...] = (), size: int = 1) -> None:
        self.tasks = Tasks("town")
        self.mute = mute
        self.messages: list[ReportPiece] = []
        self.everybody = DirectPort(self._to_everybody)
        self.size = size
        self.rolls = {name: self._roll(name) for name in names}

    def _roll(self, name) -> Survey:
        return Survey(lambda: name, {"name": self._report(name)}, self.tasks)

    def _report(self, name):
        async def report(asked, is_own):
            return {"process": {"name": name}, "asked": asked, "own": is_own, "much": "x" * self.size}

        return report

    def _to_everybody(self, message) -> None:
        for name, roll in self.rolls.items():
            if name not in self.mute:
                roll.on_request(message, DirectPort(lambda said: self._back(message.reply, said)))

    def _back(self, channel, said) -> None:
        self.messages.append(said)
        self.rolls[channel].on_piece(said)

    async def call(self, name, expected):
        return await self.rolls[name].call("name", {"q": 1}, expected, self.everybody, name)


def names(roll):
    return [report["process"]["name"] for report in roll.reports]


async def test_who_asks_tells_of_all_processes_once_and_of_itself_first():
    town = Town("a", "b", "c")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    roll = await town.call("b", {"a", "b", "c"})
    assert loop.time() - begun < survey.WITHIN_S  # nobody waits for what is there
    assert names(roll)[0] == "b"
    assert sorted(names(roll)) == ["a", "b", "c"]
    assert {report["process"]["name"]: report["own"] for report in roll.reports} == {"a": False, "b": True, "c": False}
    assert all(report["asked"] == {"q": 1} for report in roll.reports)
    assert roll.silent == []


async def test_a_process_that_is_known_to_run_and_says_nothing_is_named_after_half_a_second():
    town = Town("a", "b", "c", mute=("c",))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    roll = await town.call("a", {"a", "b", "c"})
    assert survey.WITHIN_S - 0.05 < loop.time() - begun < survey.WITHIN_S + 1
    assert names(roll) == ["a", "b"]
    assert roll.silent == ["c"]


async def test_while_nobody_knows_who_runs_all_who_answer_in_time_are_told_of():
    assert sorted(names(await Town("a", "b").call("a", None))) == ["a", "b"]


async def test_without_a_layer_a_process_tells_of_itself_and_whom_it_knows_of():
    roll = await Town("a", "b").rolls["a"].call("name", {}, {"a", "b"})
    assert names(roll) == ["a"]
    assert roll.silent == ["b"]


async def test_a_process_that_became_another_host_meanwhile_tells_of_itself_once():
    town, ids = Town(), ["former"]
    town.rolls["a"] = Survey(lambda: ids[-1], {"name": town._report("a")}, town.tasks)

    def to_everybody(message) -> None:
        ids.append("new")
        town._to_everybody(message)

    roll = await town.rolls["a"].call("name", {}, None, DirectPort(to_everybody), "a")
    assert town.messages  # it did answer itself, as somebody it does not know
    assert names(roll) == ["a"]


async def test_a_long_answer_comes_in_pieces_and_whole():
    town = Town("a", "b", size=3 * survey.PIECE)
    roll = await town.call("a", {"a", "b"})
    assert len(town.messages) == 4
    assert max(len(message.text) for message in town.messages) == survey.PIECE
    assert len(roll.reports[1]["much"]) == 3 * survey.PIECE


async def test_pieces_that_do_not_fit_together_are_no_answer():
    town = Town("a", "b", mute=("b",))
    asking = asyncio.ensure_future(town.call("a", {"b"}))
    await aeventually(lambda: town.rolls["a"]._calls)
    (ask,) = town.rolls["a"]._calls
    for piece, pieces in ((3, 5), (0, 2)):
        town.rolls["a"].on_piece(ReportPiece(ask=ask, process="b", piece=piece, pieces=pieces, text="{}"))
    assert (await asking).silent == ["b"]


async def test_an_answer_that_comes_too_late_or_twice_changes_nothing():
    town = Town("a", "b")
    roll = await town.call("a", {"b"})
    town.rolls["a"].on_piece(town.messages[0])
    assert names(roll) == ["a", "b"]
    assert not town.rolls["a"]._calls


async def test_calls_at_the_same_time_get_an_answer_each():
    town = Town("a", "b")
    rolls = await asyncio.gather(*(town.call("a", {"b"}) for _ in range(5)))
    assert [names(roll) for roll in rolls] == [["a", "b"]] * 5
    await aeventually(lambda: not len(town.tasks))
