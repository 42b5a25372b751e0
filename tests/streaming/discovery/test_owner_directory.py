"""A hub knows who owns whom by the row alone: what it believes, where it sends its wants, and when it looks again."""

import asyncio
import datetime
import types
import typing

import msgspec
import pytest

from streaming.bus import messages
from streaming.bus.bus import HOSTS
from streaming.bus.messages import (
    Beacon,
    BoardPosition,
    CatchUpRequest,
    FrameBatch,
    InterestUpdate,
    OwnershipDenied,
    OwnershipNotice,
    OwnershipReleased,
)
from streaming.discovery.owner_directory import HELD, OwnerDirectory
from streaming.ledger.errors import AwayError
from streaming.limits import Limits
from streaming.ownership.rows import Owner
from streaming.wire.subscription import Subscription
from tests.support import virtual_time
from tests.support.corridor import QUICK
from tests.support.eventually import aeventually

AT = datetime.datetime(2026, 11, 20, 15, tzinfo=datetime.UTC)
VIEW = Subscription()
WANT = InterestUpdate(person_text="1", hub="h", views={"v": VIEW})
ASK = CatchUpRequest(person_text="1", hub="h", ask=7, view=VIEW, had=None, epoch="", seq=0, fact=None)
NOTHING = msgspec.structs.replace(WANT, views={})
DENIED = OwnershipDenied(person_text="1")
RELEASED = OwnershipReleased(person_text="1", epoch=4)


def frames(epoch, number=0):
    return FrameBatch(person_text="1", epoch=epoch, views={"v": (0, number, 0, 0, 0, "")})


class Place:
    """Everything around a Whereabouts: a hub, the host beside it, ports of a layer, rows. Keeps what it is told."""

    def __init__(self, *, willing=False, limits=QUICK) -> None:
        self.told: list[typing.Any] = []
        """What the hub was told."""
        self.sent: list[tuple[str, typing.Any]] = []
        """What was said to whom: a channel, a group, or "own"."""
        self.rows: dict[int, Owner] = {}
        self.away = False
        self.reads = 0
        self.anew: list[int] = []
        self.waited_for = {7}
        asks = types.SimpleNamespace(
            awaits=self.waited_for.__contains__, defer=lambda ask: None, mark_sent=lambda ask: None
        )
        hub = types.SimpleNamespace(limits=limits, asks=asks, receive=self.told.append, begin_anew=self.anew.append)
        host = types.SimpleNamespace(
            willing=willing,
            lease=types.SimpleNamespace(host="me"),
            receive=lambda message, port: self.sent.append(("own", message)),
        )
        layer = types.SimpleNamespace(channel="mine", to=self._port, to_group=self._port)
        parts: typing.Any = (hub, host, self._read, layer)
        self.whereabouts = OwnerDirectory(*parts)

    def _port(self, name):
        return types.SimpleNamespace(local=False, send=lambda message: self.sent.append((name, message)))

    async def _read(self, people):
        self.reads += 1
        if self.away:
            raise AwayError("it is away")
        return {person: self.rows[person] for person in people if person in self.rows}

    async def __aenter__(self) -> "Place":
        self.whereabouts.looking.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.whereabouts.looking.close()

    def say(self, *messages):
        for message in messages:
            self.whereabouts.send(message)

    def hear(self, *messages):
        for message in messages:
            self.whereabouts.receive(message)

    async def looked(self, times=1):
        """Wait until rows were read so many times more, and what they say is known."""
        reads = self.whereabouts.looking.looks
        await aeventually(lambda: self.whereabouts.looking.looks >= reads + times)

    def to(self, name):
        return [messages.kind(message) for whom, message in self.sent if whom == name]


def owned_by(host="other", channel="there", epoch=4, live=True):
    return Owner(host, channel, epoch, live)


async def test_the_first_envelope_is_believed_only_after_the_row_was_read():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        place.hear(frames("4-aa"))
        assert place.told == []
        await aeventually(lambda: place.told == [frames("4-aa")])
        reads = place.reads
        place.hear(frames("4-aa"), frames("4-aa"))
        assert len(place.told) == 3
        assert place.reads == reads, "one whose epoch is known costs no look"


@pytest.mark.parametrize(
    ("row", "epoch"),
    [(None, "4-aa"), (owned_by(epoch=5), "4-aa"), (owned_by(epoch=3), "4-aa"), (owned_by(live=False), "4-aa")],
)
async def test_an_envelope_that_the_row_does_not_bear_out_is_dropped_and_counted(row, epoch):
    async with Place() as place:
        if row is not None:
            place.rows[1] = row
        place.say(WANT)
        place.hear(frames(epoch))
        await place.looked()
        assert place.told == []
        assert place.whereabouts.former == 1


async def test_a_higher_epoch_ends_the_former_owner_whatever_it_still_says():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        place.hear(frames("4-aa"))
        await aeventually(lambda: place.told)
        place.rows[1] = owned_by("third", "elsewhere", 5)
        place.hear(frames("5-bb"))
        await aeventually(lambda: place.told[-1] == frames("5-bb"))
        place.hear(frames("4-aa"), RELEASED)
        assert place.told[-1] == frames("5-bb")
        assert place.whereabouts.former == 1
        assert place.anew == [1], "its sockets ask the new owner at once"
        place.say(WANT)
        assert place.sent[-1][0] == "elsewhere"


async def test_what_an_unwatched_person_sends_is_nobodys_business():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.hear(frames("4-aa"))
        place.say(WANT, NOTHING)
        place.hear(frames("4-aa"))
        await place.looked()
        assert place.told == []


@pytest.mark.parametrize(("willing", "whom"), [(True, "own"), (False, HOSTS)])
async def test_a_person_without_an_owner_is_offered_to_this_processs_host_or_to_all(willing, whom):
    async with Place(willing=willing) as place:
        place.say(WANT)
        await place.looked()
        assert [name for name, _ in place.sent] == [whom]
        assert place.sent[0][1].reply == ("" if willing else "mine")


async def test_who_was_offered_a_person_hears_that_they_left_before_it_said_that_it_owns_them():
    """Else it would hold their venues open for as long as it lives: what its own hub wants never expires."""
    async with Place(willing=True) as place:
        place.say(WANT)
        await aeventually(lambda: place.sent)
        place.say(NOTHING)
        assert place.sent == [("own", WANT), ("own", NOTHING)]


async def test_a_person_whose_owner_lives_is_offered_to_nobody_else():
    async with Place(willing=True) as place:
        place.rows[1] = owned_by(channel="")
        place.say(WANT, ASK)
        await place.looked()
        assert place.sent == [], "it hears nowhere just now"
        place.rows[1] = owned_by()
        place.say(WANT)
        await aeventually(lambda: place.to("there") == ["want", "catch_up"])
        assert place.sent[-1][1].reply == "mine"


async def test_a_silent_owner_is_looked_up_with_every_renewal_until_it_is_heard():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        await place.looked()
        place.hear(frames("4-aa"))
        await place.looked()
        await asyncio.sleep(QUICK.deaf_s)  # a silence is as long as it is
        for _ in range(3):
            place.say(WANT)
            await place.looked()
        place.hear(frames("4-aa"))
        assert place.told == [frames("4-aa")], "after a silence it is judged by the row again"
        await aeventually(lambda: len(place.told) == 2)
        reads = place.reads
        place.say(WANT)
        await asyncio.sleep(0)
        assert place.reads == reads


async def test_who_contradicts_the_row_is_not_asked_in_a_storm():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        await place.looked()
        for _ in range(200):
            place.hear(DENIED)
            await asyncio.sleep(0)
        assert place.reads < 50


async def test_a_handed_back_person_is_offered_at_once():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        await place.looked()
        del place.rows[1]
        place.hear(RELEASED)
        await aeventually(lambda: place.to(HOSTS) == ["want"])


async def test_an_owner_that_hears_elsewhere_now_is_written_there_before_its_row_says_so():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        place.hear(frames("4-aa"))
        await place.looked()
        place.hear(OwnershipNotice(person_text="1", epoch=4, host="other", channel="new"))
        place.say(ASK)
        assert place.to("new") == ["want", "catch_up"]


async def test_while_the_database_is_away_envelopes_wait_and_then_the_newest_are_judged():
    async with Place() as place:
        place.away = True
        place.rows[1] = owned_by()
        place.say(WANT)
        for number in range(HELD + 5):
            place.hear(frames("4-aa", number))
        await aeventually(lambda: place.reads)
        assert place.told == []
        place.away = False
        await aeventually(lambda: [message.views["v"][1] for message in place.told] == [*range(5, HELD + 5)])


async def test_while_the_database_is_away_a_silent_owner_still_hears_what_is_wanted():
    async with Place() as place:
        place.rows[1] = owned_by()
        place.say(WANT)
        await place.looked()
        place.away = True
        await asyncio.sleep(QUICK.deaf_s)  # a silence is as long as it is
        place.say(WANT)
        assert place.to("there")[-1] == "want"


async def test_a_beacon_is_believed_of_each_person_by_themselves():
    async with Place() as place:
        place.rows = {1: owned_by(), 2: owned_by(epoch=9)}
        place.say(WANT, msgspec.structs.replace(WANT, person_text="2"))
        people = {"1": BoardPosition("4-aa", 0, 0, {}), "2": BoardPosition("8-aa", 0, 0, {})}
        beacon = Beacon(hub="h", people=people)
        place.hear(beacon)
        await aeventually(lambda: [[*message.people] for message in place.told] == [["1"]])
        place.hear(beacon)
        assert [[*message.people] for message in place.told] == [["1"], ["1"]]


@pytest.mark.parametrize(("people", "least_s", "most_s"), [(3, 0.0, 0.1), (1_000, 1.5, 2.1)])
def test_after_a_loss_few_are_looked_up_at_once_and_many_spread_over_a_beacon(people, least_s, most_s):
    async def main(clock):
        async with Place(limits=Limits()) as place:
            everybody = range(1, people + 1)
            place.rows = {person: owned_by() for person in everybody}
            place.say(*(msgspec.structs.replace(WANT, person_text=str(person)) for person in everybody))
            await place.looked(people)
            place.whereabouts.announce()
            began = clock.monotonic
            await place.looked(people)
            return clock.monotonic - began

    assert least_s <= virtual_time.run(AT, main) <= most_s
