"""A page streams by whatever gets through, says so, climbs again, and neither misses nor doubles a thing."""

import itertools
import pathlib
import re
import typing

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.board import BoardWatcher, name
from tests.browser.conftest import Visit, Visitor
from tests.browser.middlebox import Middlebox
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import ALICE

RECORD = (pathlib.Path(__file__).parent / "record.js").read_text()
WATCH = {"quotes": ["QQQ"], "topics": ["portfolio", "links", "market", "balance"]}
SOON = 15_000


class Evaluates(typing.Protocol):
    """A page, however it is driven."""

    def evaluate(self, expression: str, /) -> typing.Any:
        """Return what an expression is on the page."""


@pytest.fixture(scope="module")
def middlebox(desk: Desk) -> typing.Iterator[Middlebox]:
    """What all tests of this module have between browser and desk, so that a page is fetched from there but once."""
    with Middlebox(desk.url) as middlebox:
        yield middlebox


@pytest.fixture
def between(middlebox: Middlebox) -> Middlebox:
    """The middlebox as if it were new: the page of the test before is gone by now, and asks for nothing any more."""
    middlebox.forget()
    return middlebox


@pytest.fixture(scope="module")
def at_home(browser: Browser, middlebox: Middlebox) -> typing.Iterator[Visitor]:
    """A browser behind the middlebox, on a page that does nothing; what its pages do is recorded."""
    visitor = Visitor(browser, url=middlebox.url)
    visitor.context.add_init_script(RECORD)
    visitor.page.goto("/health")
    yield visitor
    visitor.close()


@pytest.fixture
def board(desk: Desk) -> typing.Iterator[BoardWatcher]:
    with BoardWatcher(desk, WATCH) as watcher:
        yield watcher


@pytest.fixture
def alice(visit: Visit, at_home: Visitor, between: Middlebox, desk: Desk) -> Visitor:
    """A tab of it that remembers nothing: alice, signed in anew, on a page that streams over a WebSocket."""
    at_home.page.evaluate("localStorage.clear()")
    at_home.enter(desk.cookie(ALICE), between.url)
    visitor: Visitor = visit(beside=at_home)
    visitor.page.goto("/accounts/settings")
    is_live(visitor.page)
    return visitor


def is_live(page: Page, carrier: str = "socket ok") -> None:
    expect(page.locator("feed-badge")).to_have_attribute("data-state", "live", timeout=SOON)
    expect(page.locator("feed-badge [data-field=socket]")).to_have_text(carrier, timeout=SOON)


def banner(page: Page) -> Locator:
    return page.locator("connection-banner")


REFUSED = re.compile(r"error: (Failed to load resource|WebSocket connection to '[^']*' failed)")


def is_sound(visitor: Visitor) -> None:
    """Nothing is wrong with the page but that its network refuses things, which the browser notes."""
    assert visitor.axe() == []
    assert visitor.page.evaluate("violations") == []
    assert visitor.overflow() <= 0
    assert [error for error in visitor.errors if not REFUSED.match(error)] == []


def shows_the_board(page: Evaluates, board: BoardWatcher) -> None:
    """What the page holds is what the board held at that flush."""

    def is_equal() -> bool:
        held = page.evaluate("held()")
        at = (held["epoch"], held["seq"])
        if at not in board.states:
            return False
        assert {name(slot): slot for slot in held["slots"]} == board.states[at]
        return True

    eventually(is_equal, within=10, saying=lambda: f"{page.evaluate('held()')}, last {list(board.states)[-1]}")


def missed_nothing(page: Evaluates, board: BoardWatcher) -> None:
    """The frames the page applied are one chain in one epoch, its facts those of the board, each once."""
    shows_the_board(page, board)
    seen = page.evaluate("seen")
    frames = seen["frames"]
    for before, after in itertools.pairwise(frames):
        assert after["epoch"] == before["epoch"]
        assert after["prev"] <= before["seq"] <= after["seq"], (before, after)
    begun = itertools.dropwhile(lambda frame: frame["snapshot"], frames)
    assert not any(frame["snapshot"] for frame in begun), "nothing had to be read anew"
    facts = seen["facts"]
    assert facts == sorted(set(facts))
    first, last = max(frames[0]["before"], board.begun), frames[-1]["fact"]
    told = [fact["fact"] for fact in board.facts if first < fact["fact"] <= last]
    assert [fact for fact in facts if fact > first] == told


def test_what_a_page_wants_anew_comes_whole_although_its_socket_dies_before_the_answer(
    alice: Visitor, between: Middlebox, desk: Desk
) -> None:
    page = alice.page
    with BoardWatcher(desk, {"quotes": ["IWM"]}) as iwm:
        profile = eventually(lambda: iwm.newest("profile|IWM"))  # a slot that is there and rests
        with between.holding():
            page.evaluate("void desk.connection.subscribe({quotes: ['IWM']})")
            eventually(lambda: "watch" in page.evaluate("seen.sent"))
            between.cut("websocket")
        is_live(page)
        told = "desk.store.get('profile', 'IWM')?.description"
        assert eventually(lambda: page.evaluate(told), within=10) == profile["description"]


def test_a_page_falls_to_events_and_to_polls_and_climbs_back(
    alice: Visitor, between: Middlebox, board: BoardWatcher, desk: Desk
) -> None:
    page = alice.page
    between.treat(websocket="refuse")
    is_live(page, "over SSE")
    expect(banner(page)).to_have_attribute("data-kind", "fallback")
    expect(banner(page)).to_contain_text("Live over SSE: WebSockets are blocked here. Trying them again: next try in")
    said = re.compile(r"^Connected again after \d+ s\. The stream .* Live over SSE: WebSockets are blocked here\.$")
    expect(page.locator("#announcements")).to_have_text(said)
    is_sound(alice)
    desk.fault(fault="drop", stream="dxlink")  # links change, facts are recorded
    between.treat(sse="refuse")
    is_live(page, "over polling")
    expect(banner(page)).to_contain_text("Live over polling: WebSockets and server-sent events are blocked here.")
    is_sound(alice)
    missed_nothing(page, board)

    between.treat(sse="pass")
    banner(page).get_by_role("button", name="Try now").click()
    is_live(page, "over SSE")
    between.treat(websocket="pass")
    banner(page).get_by_role("button", name="Try now").click()
    is_live(page)
    expect(banner(page)).to_have_text(re.compile("Live over a WebSocket again. The stream went on without a gap."))
    desk.fault(fault="drop", stream="dxlink")
    missed_nothing(page, board)
    assert page.evaluate("seen.carriers") == ["websocket", "sse", "poll", "sse", "websocket"]


def test_a_page_goes_on_from_the_board_it_was_rendered_from(alice: Visitor, visit: Visit, board: BoardWatcher) -> None:
    page = alice.page

    def is_rendered_from_it(other: Page) -> bool:
        """Whether a process answered that has the board; of several, another one makes nobody wait for it."""
        other.goto(page.url)
        return other.locator("meta[name=board]").count() == 1

    eventually(lambda: is_rendered_from_it(page))
    is_live(page)
    rendered = page.evaluate("JSON.parse(document.querySelector('meta[name=board]').content).frame")
    first = page.evaluate("seen.frames[0]")
    assert not first["snapshot"]
    assert first["prev"] == rendered["seq"] > 0
    assert page.evaluate("desk.connection.status.recovered") is True
    missed_nothing(page, board)

    plain = visit(state=alice.state(), java_script_enabled=False)
    eventually(lambda: is_rendered_from_it(plain.page))
    card = plain.page.locator("live-quote.panel")
    price = float(card.locator("[data-field=price]").text_content() or "")
    assert price in [slots["quote|QQQ"]["last"] for slots in board.states.values() if "quote|QQQ" in slots]
    expect(card.locator("[data-field=word]")).to_have_text("as loaded")
    expect(plain.page.locator("balance-list [data-field=balance]").first).to_have_text(re.compile(r"^[\d,]+\.\d\d$"))


def test_a_carrier_that_connects_but_delivers_nothing_is_left(alice: Visitor, between: Middlebox) -> None:
    """The page's timers are run ahead, so that half a minute of silence passes quickly; the network is as it is."""
    page = alice.page
    page.clock.install()
    page.reload()
    is_live(page)
    asked = between.count("websocket")
    between.treat(websocket="mute", sse="mute")

    def is_carried_by(carrier: str) -> bool:
        page.clock.run_for(1_000)
        return bool(page.evaluate("desk.connection.status.carrier") == carrier)

    eventually(lambda: is_carried_by("sse"), within=20)
    assert between.count("websocket") == asked + 2, "the one that was cut counts too"
    eventually(lambda: is_carried_by("poll"), within=20)
    assert between.count("sse") == 3
    is_live(page, "over polling")


def test_a_desk_that_is_down_is_not_taken_for_a_blocked_carrier(
    alice: Visitor, between: Middlebox, board: BoardWatcher
) -> None:
    page = alice.page
    with between.down():
        asked = between.count("websocket")
        eventually(lambda: between.count("websocket") >= asked + 5, within=20)
        expect(banner(page)).to_have_attribute("data-kind", "reconnecting")
        expect(banner(page)).to_contain_text("The desk cannot be reached. Reconnecting: ")
        is_sound(alice)
    banner(page).locator("[data-act=retry]").dispatch_event("click")  # also where the page is quicker than we are
    is_live(page)
    assert page.evaluate("seen.carriers") == ["websocket"]
    assert between.count("sse") == between.count("poll") == 0
    missed_nothing(page, board)


@pytest.mark.parametrize(("carrier", "badge"), [("sse", "over SSE"), ("poll", "over polling")])
def test_a_page_on_a_lower_carrier_watches_more_rests_and_is_signed_out(
    alice: Visitor, between: Middlebox, desk: Desk, carrier: str, badge: str
) -> None:
    page = alice.page
    between.treat(websocket="refuse", sse="pass" if carrier == "sse" else "refuse")
    is_live(page, badge)
    page.reload()
    asked = between.count("websocket")
    is_live(page, badge)
    assert between.count("websocket") == asked, "a page begins where the one before it stood"

    with BoardWatcher(desk, WATCH | {"quotes": ["QQQ", "IWM"]}) as board:
        eventually(lambda: any({"quote|IWM", "profile|IWM"} <= slots.keys() for slots in board.states.values()))
        page.evaluate("void desk.connection.subscribe({quotes: ['IWM']})")  # most of it is older than the page's cursor
        eventually(lambda: page.evaluate("desk.store.get('quote', 'IWM')?.bid"))
        shows_the_board(page, board)

        page.locator("rate-control.wide").get_by_role("radio", name="Pause").check()
        expect(banner(page)).to_have_attribute("data-kind", "idle")
        frames = page.evaluate("seen.frames.length")
        eventually(lambda: len(board.states) > 20)
        assert page.evaluate("seen.frames.length") == frames
        page.get_by_role("button", name="Resume").click()
        is_live(page, badge)
        shows_the_board(page, board)

    other = alice.context.new_page()
    other.goto("/accounts/logout/")
    other.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(r"/accounts/login/"), timeout=10_000)


def test_a_watch_too_long_for_an_address_is_stored_and_stored_again(
    alice: Visitor, between: Middlebox, desk: Desk
) -> None:
    page = alice.page
    between.treat(websocket="refuse")
    is_live(page, "over SSE")
    symbols = [f"S{n:04}" for n in range(300)]
    page.evaluate("(quotes) => void desk.connection.subscribe({quotes})", symbols)
    eventually(lambda: between.count("view") == 1 and "view=" in between.asked[-1][1])
    is_live(page, "over SSE")
    desk.manage("shell", "-c", "from django.core.cache import cache; cache.clear()")
    between.cut("sse")
    eventually(lambda: between.count("view") == 2, within=10)
    is_live(page, "over SSE")
    with BoardWatcher(desk, WATCH | {"quotes": ["QQQ", *symbols]}) as board:
        shows_the_board(page, board)
