"""The lists at a person's venues: asked of each link once for a while, and one that cannot tell holds up no other."""

import msgspec
import pytest

from brokers.contract.broker import Capabilities, SymbolList
from brokers.contract.errors import LinkLost
from market.watchlist_rules import MOST_SYMBOLS
from market.watchlists import venue_lists
from market.watchlists.venue_lists import VenueList, VenueListing
from streaming.rpc.client import RpcError
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks, TalkingBroker

LISTS = [SymbolList("Mine", ("NVDA", "AMD")), SymbolList("Theirs", ("SPY",), is_public=True)]


class KeepingBroker(TalkingBroker):
    """Keeps lists, unless it is told to break or to keep none."""

    def __init__(self, info: Info) -> None:
        super().__init__(info)
        self.asked = 0
        self.capabilities = Capabilities(quotes=True, watchlists=info.label != "without")

    async def watchlists(self):
        self.asked += 1
        if self.info.label == "broken":
            raise LinkLost("the venue cannot be reached")
        return LISTS


class KeepingLinks(MemoryLinks):
    make = KeepingBroker


def times_asked(house: House, info: Info) -> int:
    broker = house.links.brokers[info.id]
    assert isinstance(broker, KeepingBroker)
    return broker.asked


async def asked(house: House, person: int = 1) -> venue_lists.VenueLists:
    return venue_lists.read(await house.hub.enquiries.request(person, "watchlists", []))


async def test_lists_of_all_links_come_together_and_are_kept_for_who_copies_one_after_the_other():
    infos = [Info(label="first"), Info(label="without"), Info(label="second")]
    async with House(KeepingLinks(p1=infos, p2=[Info()]), UNHURRIED, companions=[VenueListing]) as house:
        told = await asked(house)
        assert [(one.label, one.name, one.symbols, one.public) for one in told.watchlists] == [
            (label, one.name, one.symbols, one.is_public) for label in ("first", "second") for one in LISTS
        ]
        assert told.refusals == ()
        link = str(infos[2].id)
        assert told.find(link, "Mine") == VenueList(link, "second", "Mine", ("NVDA", "AMD"), False)
        assert told.find(link, "Nobody's") is None
        assert await asked(house) == told
        assert [times_asked(house, info) for info in infos] == [1, 0, 1]


async def test_a_link_that_cannot_tell_says_why_and_is_asked_again():
    infos = [Info(label="broken"), Info(label="first")]
    async with House(KeepingLinks(p1=infos), UNHURRIED, companions=[VenueListing]) as house:
        told = await asked(house)
        assert {one.label for one in told.watchlists} == {"first"}
        (reason,) = told.refusals
        assert reason.startswith("broken does not tell its lists: ")
        assert "cannot be reached" in reason
        await asked(house)
        assert times_asked(house, infos[0]) == 2


@pytest.mark.parametrize("infos", [[], [Info(label="without")]])
async def test_who_has_no_link_that_keeps_lists_is_told_so(infos):
    async with House(KeepingLinks(p1=infos), UNHURRIED, companions=[VenueListing]) as house:
        with pytest.raises(RpcError) as error:
            await asked(house)
        assert error.value.code == "no_feed"


def test_what_a_list_of_ours_cannot_hold_is_left_out():
    long = VenueList("l", "Main", "Long", tuple(f"S{number}" for number in range(MOST_SYMBOLS + 3)), False)
    kept, left = venue_lists.cut(long)
    assert (len(kept), left) == (MOST_SYMBOLS, ("S200", "S201", "S202"))
    assert venue_lists.cut(msgspec.structs.replace(long, symbols=kept))[1] == ()
