"""A cold desk's first paint: what was last known, with its age and never as live; then live, cell by cell.

All processes are killed at once, an hour passes, and the desk starts again while its venue is away.
"""

import pathlib
import re
import signal
import typing

import pytest
from playwright.sync_api import Browser, expect

from lib.clock import now_ms
from tests.browser.conftest import Visitor
from tests.conftest import MakeDesk
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import ALICE, BOB

pytestmark = pytest.mark.long
CELLS = (pathlib.Path(__file__).parent / "first_paint.js").read_text()
PAGES = ("/", "/portfolio/", "/accounts/settings")
HOUR_MS = 3_600_000
LEAST = 0.95
"""The share of cells that must show a number with its age."""
PASS = """
from streaming.last_known.store import read
from streaming.models import LastKnown
from streaming.wire.frames import dumps
for row in LastKnown.objects.all():
    row.state = dumps([
        item | {name: at - %d for name, at in item.items() if at and (name == "at" or name.endswith("_at"))}
        for item in read(row.state)
    ])
    row.save()
"""
"""Lets time pass for what is kept."""
KEPT = """
from streaming.last_known.store import read
from streaming.models import LastKnown
for row in LastKnown.objects.filter(person__email="%s"):
    items = read(row.state)
    print(max((item.get("at") or 0 for item in items), default=0), *sorted({item["type"] for item in items}))
"""
"""Prints when the newest that is kept was told (ms), and of which kinds it is."""
LIVE = """[...document.querySelectorAll(
    ":is(main, header) :is(.state, [data-field=word]), :is(main, header) [data-state=live]",
)].filter((one) => !one.closest("news-list"))
    .filter((one) => one.matches("[data-state=live]") || /\\blive\\b/i.test(one.textContent))
    .map((one) => `${one.parentElement.localName} ${one.textContent.trim().slice(0, 40)}`)"""
"""What says that it is live: news are not values of a venue, and say it of their own sources."""
OLD = re.compile(r"bars \d+ (s|min|h|d) old$")
SEEN = re.compile(r"^QQQ, [1-9]\d+ bars of .* last known [\d.]+")
HELD = "[...document.querySelectorAll('[data-field=word]')].filter((one) => one.textContent === 'last known').length"
Cells = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    """A desk that keeps what is known every few seconds."""
    with make_desk(variables={"DJANGO_SETTINGS_MODULE": "tests.browser.first_paint_settings"}) as running:
        yield running


@pytest.fixture(scope="module")
def warm(desk: Desk, browser: Browser) -> dict[str, Cells]:
    """What Alice's pages showed live; then everything was killed, an hour passed, and the venue is still away."""
    alice = visitor(browser, desk, ALICE)
    before: dict[str, Cells] = {}
    for page in PAGES:
        alice.page.goto(page)
        expect(alice.page.locator("live-quote").first).to_have_attribute("data-state", "live")
        before[page] = settled(alice)
    seen_at = now_ms()

    def is_kept() -> bool:
        lines = desk.manage("shell", "-c", KEPT % ALICE).splitlines()
        newest, *kinds = lines[-1].split() if lines else ["0"]
        return int(newest) > seen_at and {"greeks", "portfolio", "quote"} <= {*kinds}

    eventually(is_kept, within=60)
    alice.close()
    desk.manage("history", "fill", "--user", ALICE, "--symbol", "QQQ")
    desk.stop_server(signal.SIGKILL)
    desk.kill_venue()
    desk.manage("shell", "-c", PASS % HOUR_MS)
    desk.start_server()
    return before


def visitor(browser: Browser, desk: Desk, email: str, *, script: bool = True) -> Visitor:
    found = Visitor(browser, url=desk.url, java_script_enabled=script)
    found.enter(desk.cookie(email), desk.url)
    return found


def cells_of(visitor: Visitor) -> Cells:
    return typing.cast(Cells, visitor.page.evaluate(CELLS))


def settled(visitor: Visitor) -> Cells:
    """The cells of a page once no more of them come."""
    counts = [0]

    def is_still() -> bool:
        visitor.page.wait_for_timeout(700)
        counts.append(len(cells_of(visitor)))
        return len(counts) > 3 and len({*counts[-3:]}) == 1

    eventually(is_still)
    return cells_of(visitor)


def share(before: Cells, now: Cells) -> float:
    """How many of the cells that had a number have one now, with an age."""
    return sum(1 for key in before if now.get(key, ("", ""))[1]) / len(before)


@pytest.mark.parametrize("script", [False, True], ids=["without a script", "with its script"])
@pytest.mark.parametrize("page", PAGES)
def test_a_cold_page_shows_what_was_last_known_with_its_age(desk, browser, warm, page, script):
    alice = visitor(browser, desk, ALICE, script=script)
    alice.page.goto(page)
    if script:
        expect(alice.page.locator("live-quote:not([data-loaded])").first).to_have_attribute("data-state", "stale")
    now = cells_of(alice)
    found = share(warm[page], now)
    print(f"{page} {'with' if script else 'without'} a script: {found:.1%} of {len(warm[page])} cells")
    assert found >= LEAST, sorted({*warm[page]} - {key for key, (_, age) in now.items() if age})
    assert {age for _, age in now.values() if "min" in age or age.endswith("h")}, "an hour has passed"
    assert alice.page.evaluate(LIVE) == []
    assert "●" not in alice.page.title()
    alice.close()


@pytest.mark.parametrize("interval", ["1m", "5m"])
def test_a_cold_chart_draws_the_kept_bars_dimmed_and_with_their_age(desk, browser, warm, interval):
    alice = visitor(browser, desk, ALICE)
    alice.page.goto(f"/market/chart/QQQ?interval={interval}")
    chart = alice.page.locator("price-chart:not([data-loaded])")
    expect(chart.locator("[data-field=word]")).to_have_text("last known")
    expect(chart.locator("[data-field=note]")).to_have_text(OLD)
    expect(chart).to_have_attribute("data-state", "stale")
    expect(chart.locator(".chart-host")).to_have_css("opacity", "0.55")
    expect(chart.locator("canvas").first).to_be_visible()
    expect(chart.locator("[data-field=summary]")).to_have_text(SEEN)
    chart.get_by_role("button", name="As table").click()
    expect(chart.locator("tbody tr")).to_have_count(50)
    assert alice.page.evaluate(LIVE) == []
    alice.close()


def test_a_cold_chart_without_a_script_has_a_table_of_them(desk, browser, warm):
    alice = visitor(browser, desk, ALICE, script=False)
    alice.page.goto("/market/chart/QQQ?interval=1m")
    chart = alice.page.locator("price-chart")
    expect(chart.locator("[data-field=word]")).to_have_text("last known")
    expect(chart.locator("[data-field=note]")).to_contain_text(OLD)
    expect(chart.locator(".table-box tbody tr")).to_have_count(50)
    expect(chart.locator(".chart-table")).to_have_css("opacity", "0.55")
    assert alice.page.evaluate(LIVE) == []
    alice.page.goto("/market/chart/QQQ?interval=15m")
    expect(chart.locator(".table-box tbody tr")).to_have_count(0)
    alice.close()


def test_others_see_nothing_of_it(desk, browser, warm):
    bob = visitor(browser, desk, BOB, script=False)
    for page in PAGES:
        bob.page.goto(page)
        assert cells_of(bob) == {}
    bob.page.goto("/market/chart/QQQ?interval=1m")
    expect(bob.page.locator("price-chart tbody tr")).to_have_count(0)
    bob.close()


def test_every_value_turns_live_in_its_place(desk, browser, warm):
    alice = visitor(browser, desk, ALICE)
    for page in PAGES:
        alice.page.goto(page)
    alice.page.goto("/")
    assert alice.page.evaluate(HELD) > 3
    desk.restart_venue()
    eventually(lambda: alice.page.evaluate(HELD) == 0, within=60)
    expect(alice.page.locator("live-quote").first).to_have_attribute("data-state", "live")
    now = settled(alice)
    missing = {*warm["/"]} - {*now}
    print(f"live again: {len(warm['/']) - len(missing)} of {len(warm['/'])} cells")
    assert len(missing) <= len(warm["/"]) * (1 - LEAST), sorted(missing)
    alice.close()
