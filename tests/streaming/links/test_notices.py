"""What is told of links: each loss and each return, but not every one of a link that flaps."""

import itertools
import uuid

import hypothesis
import msgspec
import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import strategies as st

from accounts.links import linking, order
from accounts.models import BrokerLink, User
from brokers.contract.errors import LinkLost
from lib import redaction
from streaming.ledger import store
from streaming.ledger.errors import SinkError
from streaming.links import state as machine
from streaming.links.notices import HOLD_S, LinkNotices
from streaming.links.state import TRANSITIONS, LinkState, Signal
from streaming.models import StoredFact
from streaming.ownership import rows
from streaming.wire.frames import dumps
from streaming.wire.subscription import Subscription
from tests.accounts.conftest import make_link
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.eventually import aeventually
from tests.support.people import ALICE, OLGA, PASSWORD

LINKS = Subscription(topics=frozenset({"links"}))


class Told:
    """One link's notices, with a clock that a test turns."""

    def __init__(self) -> None:
        self.notices = LinkNotices()
        self.now = 0.0
        self.entries: list = []
        self.moments: list[float] = []

    def _hear(self) -> None:
        self.entries += self.notices.due(self.now)
        self.moments += [self.now] * (len(self.entries) - len(self.moments))

    def step(self, state, reason="", after=0.0) -> None:
        """Wait, as the manager does for what is due, then take a state."""
        self.pass_by(after)
        self.notices.changed("l", "main", state, reason, int(self.now * 1000), self.now)
        self._hear()

    def pass_by(self, seconds) -> None:
        end = self.now + seconds
        while (wait := self.notices.wait_s(self.now)) is not None and self.now + wait <= end:
            self.now += wait
            self._hear()
        self.now = end

    @property
    def codes(self) -> list[str]:
        return [entry.payload["code"] for entry in self.entries]


def test_a_loss_and_a_return_are_told_at_once_with_the_reason_and_how_long_it_lasted():
    told = Told()
    told.step(LinkState.CONNECTING)
    told.step(LinkState.LIVE)
    told.step(LinkState.WAITING, "the venue went away", after=5)
    assert told.entries[0].payload == {
        "code": "link_lost", "text": "main was lost (the venue went away)", "reason": "the venue went away",
    }  # fmt: skip
    told.step(LinkState.CONNECTING, after=1)
    told.step(LinkState.WAITING, "still away", after=1)
    told.step(LinkState.CONNECTING, after=1)
    told.step(LinkState.LIVE, after=11)
    back = told.entries[1]
    assert (back.payload["code"], back.payload["text"], back.at) == (
        "link_back", "main is live again after 14 s", 19_000,
    )  # fmt: skip
    assert back.payload["away_s"] == 14
    assert len(told.entries) == 2


def test_a_first_try_that_fails_and_a_stop_that_was_asked_for_are_no_news():
    told = Told()
    for state in (
        LinkState.CONNECTING,
        LinkState.WAITING,
        LinkState.CONNECTING,
        LinkState.LIVE,
        LinkState.CONNECTING,
        LinkState.LIVE,
    ):
        told.step(state, after=20)
    told.step(LinkState.IDLE, after=20)
    assert told.entries == []


def test_a_refusal_is_told_at_once_and_the_return_after_it_when_linked_again():
    told = Told()
    told.step(LinkState.LIVE)
    told.step(LinkState.REFUSED, "the grant was revoked")
    told.step(LinkState.CONNECTING, after=200)
    told.step(LinkState.LIVE, after=40)
    assert [entry.payload["text"] for entry in told.entries] == [
        "main has to be linked again: the grant was revoked", "main is live again after 4 min",
    ]  # fmt: skip


def test_a_link_that_flaps_is_told_as_one_loss_and_one_return_in_10_s():
    told = Told()
    told.step(LinkState.LIVE)
    told.step(LinkState.STALE)
    told.step(LinkState.LIVE, after=1)
    for _ in range(4):
        told.step(LinkState.WAITING, "socket closed", after=0.5)
        told.step(LinkState.LIVE, after=1.5)
    assert told.codes == ["link_lost", "link_back"]
    told.pass_by(HOLD_S)
    assert told.codes == ["link_lost", "link_back"] * 2
    assert told.entries[2].payload["text"] == "main was lost 4 times (socket closed)"
    assert (told.entries[2].payload["times"], told.entries[2].at) == (4, 1_500)
    assert told.entries[3].payload["away_s"] == 6


def test_no_secret_is_in_what_is_told():
    redaction.register(["s3cret-of-alice"])
    told = Told()
    told.step(LinkState.REFUSED, "s3cret-of-alice was revoked, Bearer abc.def")
    assert "s3cret" not in str(told.entries)
    assert "abc.def" not in str(told.entries)
    redaction.forget(["s3cret-of-alice"])


@hypothesis.given(st.lists(st.tuples(st.sampled_from(list(Signal)), st.floats(0, 30)), max_size=60))
@hypothesis.settings(max_examples=200)
def test_what_is_told_alternates_is_bounded_and_ends_with_how_it_is(signals):
    """Whatever a link goes through: no return without a loss, no two losses in 10 s, and the last word is true."""
    told, state, was_live, away = Told(), LinkState.IDLE, False, False
    for signal, after in signals:
        if signal not in TRANSITIONS[state] or signal is Signal.UNWANTED:
            continue
        state = machine.step(state, signal)
        told.step(state, "why", after)
        was_live = was_live or state is LinkState.LIVE
        lost = was_live and state in (LinkState.STALE, LinkState.WAITING)
        away = state is LinkState.REFUSED or lost or (away and state is not LinkState.LIVE)
    told.pass_by(HOLD_S)
    pairs = list(zip(["link_back", *told.codes], told.codes, strict=False))
    assert ("link_back", "link_back") not in pairs
    assert ("link_lost", "link_lost") not in pairs
    assert ("link_refused", "link_lost") not in pairs
    losses = [moment for moment, code in zip(told.moments, told.codes, strict=True) if code == "link_lost"]
    assert all(round(later - sooner, 6) >= HOLD_S for sooner, later in itertools.pairwise(losses))
    assert away == (told.codes[-1:] not in ([], ["link_back"]))


async def test_a_lost_link_is_told_in_a_frame_and_so_is_its_return():
    info = Info(label="Paper")
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, LINKS).join()
        broker = await house.links.live(info)
        await reader.until(lambda r: r.of("frame"))
        broker.fail(LinkLost("venue went away"))
        await reader.until(lambda r: len(facts(r)) == 2)
        lost, back = facts(reader)
        assert lost == {
            "type": "notice", "fact": 1, "at": lost["at"], "link": str(info.id),
            "code": "link_lost", "text": "Paper was lost (venue went away)", "reason": "venue went away",
        }  # fmt: skip
        assert (back["fact"], back["code"], back["link"]) == (2, "link_back", str(info.id))
        assert 0 <= back["away_s"] < 5
        stored = await house.ledger.page(1, 0)
        assert msgspec.json.decode(dumps([fact.item for fact in stored])) == [lost, back]


async def test_a_loss_is_followed_by_its_return_although_the_desk_began_again_meanwhile():
    info = Info(label="Paper")
    links = MemoryLinks(p1=[info])
    async with House(links) as house:
        reader = Reader(house, 1, LINKS).join()
        (await links.live(info)).fail(LinkLost("slow down", retry_after=30))
        await reader.until(lambda r: len(facts(r)) == 1)
    for _ in range(2):
        async with House(links) as house:
            reader = Reader(house, 1, LINKS).join(("former", 7, 1))
            await reader.until(lambda r: len(facts(r)) == 1)
            await links.live(info)
            (back,) = facts(reader)
            assert (back["fact"], back["code"], back["link"]) == (2, "link_back", str(info.id))
            assert 0 <= back["away_s"] < 10


async def test_what_was_held_back_is_recorded_when_nobody_watches_any_more():
    info = Info()
    async with House(MemoryLinks(p1=[info])) as house:
        reader = Reader(house, 1, LINKS).join()
        broker = await house.links.live(info)
        broker.fail(LinkLost("once"))
        await reader.until(lambda r: len(facts(r)) == 2)
        await broker.running.wait()
        broker.fail(LinkLost("twice"))
        await aeventually(lambda: broker.runs == 3)
        assert len(facts(reader)) == 2
        await house.host.stop()
        stored = [fact.payload for fact in await house.ledger.page(1, 0)]
        assert [payload["code"] for payload in stored] == ["link_lost", "link_back"] * 2
        assert stored[2]["reason"] == "twice"


def told_of(person) -> list[tuple[int, str, str | None]]:
    return [(fact.number, fact.payload["text"], fact.link) for fact in store.page(person.pk, 0, 10)]


def test_a_link_that_is_made_and_one_that_is_removed_are_recorded_whoever_does_it(db):
    person = User.objects.create_user(ALICE, PASSWORD)
    made, other = make_link(person, "Main"), make_link(person, "Other")
    first, second = str(made.pk), str(other.pk)
    linking.unlink(made)
    other.person.links.all().delete()
    assert told_of(person) == [
        (1, "Main was linked", first), (2, "Other was linked", second),
        (3, "Main was removed", first), (4, "Other was removed", second),
    ]  # fmt: skip
    assert rows.claim(person.pk, str(uuid.uuid4())) == 1


def turned_away(person: User) -> None:
    person.is_active = False
    person.save()


def test_whatever_changes_of_links_is_numbered_with_the_change(db, django_capture_on_commit_callbacks):
    person = User.objects.create_user(ALICE, PASSWORD)
    rows.claim(person.pk, host := str(uuid.uuid4()))

    def main() -> BrokerLink:
        return person.links.get(label="Main")

    changes = (
        lambda: make_link(person, "Main"),
        lambda: make_link(person, "Other"),
        lambda: linking.choose_account(main(), "5WX00001"),
        lambda: order.move(main(), "down"),
        lambda: linking.disconnect(main(), "disconnected"),
        lambda: linking.unlink(main()),
        lambda: person.links.all().delete(),
        lambda: turned_away(person),
    )
    numbers = [0]
    for change in changes:
        with django_capture_on_commit_callbacks(execute=True):
            change()
        numbers.append(rows.people_by_host(host)[person.pk].links)
    assert all(earlier < later for earlier, later in itertools.pairwise(numbers)), numbers


def test_a_desk_that_moves_to_another_database_takes_its_facts_along_and_adds_none(db, tmp_path):
    person = User.objects.create_user(ALICE, PASSWORD)
    made, gone = make_link(person, "Main"), make_link(person, "Other")
    linking.unlink(gone)
    before, sealed = told_of(person), BrokerLink.objects.get().sealed
    kept = tmp_path / "desk.json"
    leave_out = ["contenttypes", "auth.permission", "streaming.storedhost"]
    call_command("dumpdata", output=str(kept), exclude=leave_out, use_natural_foreign_keys=True, verbosity=0)
    User.objects.all().delete()
    assert not StoredFact.objects.exists()
    call_command("loaddata", str(kept), verbosity=0)
    assert User.objects.get(email=ALICE).pk == person.pk
    assert told_of(person) == before
    assert BrokerLink.objects.get().pk == made.pk
    assert BrokerLink.objects.get().sealed == sealed


def test_a_link_that_cannot_be_recorded_is_not_made(db, settings):
    settings.STREAM_SINKS = [f"{__name__}.refuse"]
    person = User.objects.create_user(ALICE, PASSWORD)
    with pytest.raises(SinkError, match="refuse failed"):
        make_link(person)
    assert not person.links.exists()
    assert told_of(person) == []


def refuse(facts) -> None:
    raise RuntimeError("no")


def test_with_a_person_goes_everything_that_was_recorded_of_them(db, client):
    owner = User.objects.create_superuser(OLGA, PASSWORD)
    person = User.objects.create_user(ALICE, PASSWORD)
    make_link(person)
    client.force_login(owner)
    answer = client.post(f"/admin/accounts/user/{person.pk}/delete/", {"post": "yes"}, follow=True)
    assert "was deleted successfully" in answer.content.decode()
    assert not StoredFact.objects.exists()
    connection.check_constraints()


def test_the_admin_shows_facts_and_changes_none(db, client):
    owner = User.objects.create_superuser(OLGA, PASSWORD)
    make_link(owner)
    fact = StoredFact.objects.get()
    client.force_login(owner)
    place = "/admin/streaming/storedfact/"
    theirs = f"{place}?person__id__exact={owner.pk}"
    for path in (place, f"{place}{fact.pk}/change/", f"{place}?q=linked", theirs):
        page = client.get(path)
        assert page.status_code == 200
        assert "Main was linked" in page.content.decode()
    assert theirs.removeprefix(place) in client.get(place).content.decode()
    assert "Main was linked" not in client.get(f"{place}?person__id__exact=0").content.decode()
    for path in (f"{place}add/", f"{place}{fact.pk}/delete/"):
        assert client.get(path).status_code == 403
    assert client.post(f"{place}{fact.pk}/change/", {"payload": "{}"}).status_code == 403
    gone = {"action": "delete_selected", "_selected_action": fact.pk, "post": "yes"}
    client.post(place, gone)
    assert StoredFact.objects.get().payload == fact.payload


def facts(reader) -> list[dict]:
    return [fact for frame in reader.of("frame") for fact in frame.get("facts", [])]
