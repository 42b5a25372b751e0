"""Alerts at venues: asked of the person's own links, once for a while, and one that cannot tell holds up no other."""

import decimal
import typing

import pytest

from alerts.watch.venue_alerts import QUESTION, VenueAlertListing, VenueAlerts, read
from brokers.contract.broker import Capabilities, VenueAlert
from brokers.contract.errors import LinkLost
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks, TalkingBroker

HERS = VenueAlert(id="1", symbol="QQQ", field="last", compared="above", threshold=decimal.Decimal("450.50"))


class AlertingBroker(TalkingBroker):
    """Keeps an alert, unless it is told to break or to keep none."""

    def __init__(self, info: Info) -> None:
        super().__init__(info)
        self.asked = 0
        self.capabilities = Capabilities(quotes=True, quote_alerts=info.label != "without")

    async def quote_alerts(self):
        self.asked += 1
        if self.info.label == "broken":
            raise LinkLost("the venue cannot be reached")
        return [HERS]


class AlertingLinks(MemoryLinks):
    make = AlertingBroker


def times_asked(house: House, info: Info) -> int:
    return typing.cast(AlertingBroker, house.links.brokers[info.id]).asked


async def asked(house: House, person: int = 1) -> VenueAlerts:
    return read(await house.hub.enquiries.request(person, QUESTION, []))


async def test_alerts_of_all_links_come_together_and_of_nobody_else():
    infos = [Info(label="first"), Info(label="without"), Info(label="second")]
    links = AlertingLinks(p1=infos, p2=[Info(label="without")])
    async with House(links, UNHURRIED, companions=[VenueAlertListing]) as house:
        told = await asked(house)
        assert [(one.label, one.alerts, one.refusal) for one in told.links] == [
            ("first", (HERS,), ""), ("second", (HERS,), ""),
        ]  # fmt: skip
        assert await asked(house) == told
        assert [times_asked(house, info) for info in infos] == [1, 0, 1]
        assert (await asked(house, 2)).links == ()


async def test_a_link_that_cannot_tell_says_why_and_is_asked_again():
    infos = [Info(label="broken"), Info(label="first")]
    async with House(AlertingLinks(p1=infos), UNHURRIED, companions=[VenueAlertListing]) as house:
        broken, first = (await asked(house)).links
        assert first.alerts == (HERS,)
        assert broken.alerts == ()
        assert broken.refusal.startswith("broken does not tell its alerts: ")
        assert "cannot be reached" in broken.refusal
        await asked(house)
        assert times_asked(house, infos[0]) == 2


@pytest.mark.parametrize("infos", [[], [Info(label="without")]])
async def test_who_has_no_venue_that_keeps_any_has_none(infos):
    async with House(AlertingLinks(p1=infos), UNHURRIED, companions=[VenueAlertListing]) as house:
        assert (await asked(house)).links == ()
