"""A fault is committed as it is described: with what it takes, on whom it strikes, and it can be ended."""

import typing

import pytest

from simulator.asgi import Client, SimLines, SimSocket
from simulator.faults import actions
from simulator.faults.actions import BadFault, FaultAction
from simulator.faults.faults import Fault, Faults

ACCOUNTS = ("A1", "B1")


class Lines(SimLines):
    """Lines that record what was done to whom."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Client]] = []

    def cut(self, client: Client) -> None:
        self.done.append(("cut", client))

    def reset(self, client: Client) -> None:
        self.done.append(("reset", client))

    def freeze(self, client: Client) -> None:
        self.done.append(("freeze", client))

    def thaw(self, client: Client) -> None:
        self.done.append(("thaw", client))


class Venue:
    """A venue of two people with faults that stand, and some that are planned."""

    def __init__(self) -> None:
        self.lines: SimLines = Lines()
        self.faults = Faults()
        self.agenda: list[tuple[float, str, typing.Callable[[], object]]] = []

    @property
    def done(self) -> list[tuple[str, Client]]:
        assert isinstance(self.lines, Lines)
        return self.lines.done


def stand(venue: Venue, fault: Fault) -> None:
    venue.faults.stand(fault, 0.0)


standing = actions.stander(lambda venue: [("A1", "A2"), ("B1",)], stand)


def strike_once(venue: Venue, fault: Fault) -> int:
    """Do   one
    thing."""
    return 7


KNOWN: dict[str, FaultAction[Venue]] = {
    "once": actions.act(strike_once, "account", "size"),
    "slow": standing("Delay answers.", "path", modes=("", "502", "timeout"), times=3),
}


def commit(venue: Venue, name: str, **told: typing.Any) -> int:
    return actions.committed(venue, Fault(name, **told), KNOWN, ACCOUNTS, ("market", "account"))


async def sockets_of(count: int = 2) -> list[SimSocket]:
    async def nothing(*_: object) -> typing.Any:
        return None

    return [SimSocket({"client": ("127.0.0.1", 5000 + n)}, nothing, nothing) for n in range(count)]


def test_a_fault_that_is_known_strikes_and_says_how_many_it_hit():
    venue = Venue()
    assert commit(venue, "once", size=3) == 7
    assert commit(venue, "slow", account="A1") == 1
    assert commit(venue, "slow", mode="502") == 2


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("nothing", {}, "unknown fault 'nothing'; known are once, slow"),
        ("once", {"path": "/x"}, "once takes account, size; not path"),
        ("once", {"mode": "502"}, "once takes account, size; not mode"),
        ("once", {"account": "C1"}, "no account 'C1'; there are A1, B1"),
        ("slow", {"mode": "429"}, "the mode of slow is none at all, 502 or timeout, not '429'"),
        ("slow", {"stream": "market"}, "not stream"),
    ],
)
def test_a_fault_that_cannot_be_committed_is_refused_and_strikes_nobody(
    name: str, told: dict[str, typing.Any], words: str
):
    venue = Venue()
    with pytest.raises(BadFault, match=words):
        commit(venue, name, **told)
    assert not venue.faults


def test_a_stream_that_the_venue_has_not_is_refused():
    known = {"lose": standing("Lose events.", "stream")}
    with pytest.raises(BadFault, match="the stream is market or account here, not 'dxlink'"):
        actions.committed(Venue(), Fault("lose", stream="dxlink"), known, ACCOUNTS, ("market", "account"))


@pytest.mark.parametrize(
    ("told", "times"), [({}, 3), ({"times": 5}, 5), ({"seconds": 60.0}, None), ({"seconds": 60.0, "times": 2}, 2)]
)
def test_a_fault_stands_as_often_as_it_is_told_or_else_as_it_is_its_way(told: dict[str, typing.Any], times: int | None):
    venue = Venue()
    commit(venue, "slow", **told)
    assert venue.faults.report(0.0)[0]["times_left"] == times


def test_every_fault_is_described_with_what_stands_and_what_is_planned_next():
    venue = Venue()
    commit(venue, "slow", path="/orders")
    agenda = [(12.0, "second", len), (10.5, "first", len)]
    told = actions.reported(KNOWN, venue.faults, agenda, 10.0)
    assert told["faults"]["once"]["does"] == "Do one thing."
    assert list(told["faults"]["once"]["takes"]) == ["account", "size"]
    assert told["faults"]["slow"]["modes"] == ["", "502", "timeout"]
    assert [each["fault"] for each in told["standing"]] == ["slow"]
    assert told["planned"] == [{"in_s": 0.5, "fault": "first"}, {"in_s": 2.0, "fault": "second"}]


async def test_sockets_are_late_or_silent_for_as_long_as_is_asked():
    first, second = await sockets_of()
    assert actions.delay([first], Fault("late"), 10.0) == 1
    assert (first.late_s, first.late_until) == (1.0, float("inf"))
    assert actions.delay([first, second], Fault("late", delay=0.2, seconds=5.0), 10.0) == 2
    assert (second.late_s, second.late_until) == (0.2, 15.0)
    assert actions.silence([second], Fault("mute", seconds=0.0), 10.0) == 1
    assert (first.mute_until, second.mute_until) == (0.0, 10.0)


async def test_a_socket_that_hangs_is_neither_written_nor_read_until_it_heals():
    venue, (first, second) = Venue(), await sockets_of()
    actions.hang(venue, [first, second])
    actions.delay([first], Fault("late"), 0.0)
    assert venue.done == [("freeze", first.client), ("freeze", second.client)]
    actions.heal(venue, [first], "late")
    assert (first.mute_until, first.late_until) == (float("inf"), 0.0)
    actions.heal(venue, [first], "half_open")
    assert first.mute_until == 0.0
    assert venue.done[2:] == [("thaw", first.client)]
    assert second.mute_until == float("inf")


@pytest.mark.parametrize(
    ("told", "done", "is_closing"),
    [
        ({"mode": "abort"}, ["cut"], False),
        ({"mode": "reset"}, ["reset"], False),
        ({"code": 4000}, [], True),
        ({}, [], True),
    ],
)
async def test_a_socket_ends_by_a_code_a_cut_or_a_reset(told: dict[str, typing.Any], done: list[str], is_closing: bool):
    venue, sockets = Venue(), await sockets_of(1)
    assert actions.close_sockets(venue, sockets, Fault("close", **told)) == 1
    assert [what for what, _ in venue.done] == done
    assert (sockets[0].closing_at is not None) == is_closing


@pytest.mark.parametrize("code", [1002, 1005, 1006, 2999, 5000, -1])
async def test_no_socket_is_closed_with_a_code_that_may_not_be_sent(code: int):
    venue, sockets = Venue(), await sockets_of(1)
    with pytest.raises(BadFault, match=f"not {code}"):
        actions.close_sockets(venue, sockets, Fault("close", code=code))
    assert sockets[0].closing_at is None


@pytest.mark.parametrize(
    ("clear", "left", "planned"),
    [
        (Fault("clear"), [], 0),
        (Fault("clear", mode="late_event"), ["swallow_event"], 1),
        (Fault("clear", mode="chaos"), ["late_event", "swallow_event"], 0),
        (Fault("clear", account="A1"), ["late_event"], 1),
    ],
)
async def test_clearing_ends_what_it_names_and_what_is_planned_where_it_names_nobody(
    clear: Fault, left: list[str], planned: int
):
    venue = Venue()
    stand(venue, Fault("late_event"))
    stand(venue, Fault("swallow_event", account="A1"))
    venue.agenda.append((1.0, "chaos", dict))
    assert actions.cleared(venue, await sockets_of(), clear) == 2 - len(left)
    assert [each["fault"] for each in venue.faults.report(0.0)] == left
    assert len(venue.agenda) == planned
