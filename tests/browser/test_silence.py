"""A page says LIVE for 6 s at most after the last frame, whatever froze, and says afterwards how long that was.

`make silences` has each fault twelve times, a frozen venue too: 108 silences and 36 of a venue, in 15 minutes. With
CALM=3600 it watches for an hour that no page says so while all is well and every core is busy.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import time
import typing

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visitor
from tests.browser.middlebox import Middlebox, Treatment
from tests.browser.test_carriers import is_live
from tests.conftest import MakeDesk
from tests.scenarios.faults.processes import Process
from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import ALICE

SCRIPT = (pathlib.Path(__file__).parent / "silence.js").read_text()
SILENCES = int(os.environ.get("SILENCES", "1"))
CALM_S = float(os.environ.get("CALM", "6"))
"""For how long pages are watched while all is well."""
ALARMS = """
globalThis.alarms = { silent: [], longest: 0 };
let at = performance.now();

setInterval(() => {
  const { silentSince } = desk.connection.status;
  const now = performance.now();
  alarms.longest = Math.max(alarms.longest, Math.round(now - at));
  at = now;
  if (silentSince !== null && alarms.silent.at(-1) !== silentSince) alarms.silent.push(silentSince);
}, 100);
"""
"""Has a page note whenever it says that nothing was heard, and how long its own timers were held up."""
SAID_MS = 6_000
"""For how long after the last frame anything may say LIVE, by a page's own clock."""
VENUE_MS = 16_000
"""The same where it is the venue that fell silent, in the regular session."""
GAP_MS = 1_000
"""How much what is told of a gap may differ from a stopwatch."""
BLOCKED: dict[str, dict[str, Treatment]] = {
    "socket ok": {},
    "over SSE": {"websocket": "refuse"},
    "over polling": {"websocket": "refuse", "sse": "refuse"},
}
Fault = typing.Callable[[], contextlib.AbstractContextManager[None]]


class Witness:
    """A page on one transport, and what lies between it and its desk."""

    def __init__(self, badge: str, middlebox: Middlebox, page: Page) -> None:
        self.badge = badge
        self.middlebox = middlebox
        self.page = page

    def is_live(self) -> None:
        """Wait until the page is live by its transport."""
        is_live(self.page, self.badge)
        self.page.evaluate("silence.gap = 0; silence.begun = performance.now()")

    def fell_silent(self, within_ms: float, since: str) -> float:
        """Wait until nothing says LIVE; return how long after `since` something still did, in ms.

        That is `heardAt`, the last frame, or `begun`, just before the fault: a frame says that a venue fell silent.
        """
        silent = "performance.now() - silence.liveAt > 500"
        eventually(lambda: self.page.evaluate(silent), within=within_ms / 1000 + 5, saying=lambda: self.badge)
        return float(self.page.evaluate(f"silence.liveAt - silence.{since}"))

    def misstated(self) -> float:
        """Wait until frames come again; return how far off what is told of the gap is, in ms."""
        came = "desk.connection.status.silentSince === null && silence.gap > 4000"
        eventually(
            lambda: self.page.evaluate(came), within=40, saying=lambda: self.page.evaluate("desk.connection.status")
        )
        told = "({ backAt, lostAt } = desk.connection.status, backAt - lostAt)"
        return abs(float(self.page.evaluate(told)) - float(self.page.evaluate("silence.gap")))


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    with make_desk(web=1, streams=1) as running:
        yield running


@pytest.fixture(scope="module")
def witnesses(browser: Browser, desk: Desk) -> typing.Iterator[list[Witness]]:
    """Alice at home, behind a proxy that blocks WebSockets, and behind one that blocks streams."""
    with contextlib.ExitStack() as stack:
        found = []
        for badge, treatment in BLOCKED.items():
            middlebox = stack.enter_context(Middlebox(desk.url))
            middlebox.treat(**treatment)
            visitor = Visitor(browser, url=middlebox.url)
            stack.callback(visitor.close)
            visitor.context.add_init_script(SCRIPT)
            visitor.context.add_init_script(
                "document.addEventListener('desk', ({ detail }) => { globalThis.desk = detail; })"
            )
            visitor.enter(desk.cookie(ALICE), middlebox.url)
            visitor.page.goto("/accounts/settings")
            found.append(Witness(badge, middlebox, visitor.page))
        yield found


def frozen(desk: Desk, name: str) -> contextlib.AbstractContextManager[None]:
    """Freeze the web process, the streams process or the venue."""
    if name == "venue":
        assert desk.venue.process is not None
        return Process(desk.venue.process.pid).stopped()
    return Process(desk.children[f"{name}-1"]).stopped()


@contextlib.contextmanager
def withheld(witnesses: list[Witness]) -> typing.Iterator[None]:
    """Keep back whatever is on its way to the pages."""
    with contextlib.ExitStack() as stack:
        for witness in witnesses:
            stack.enter_context(witness.middlebox.holding())
        yield


@contextlib.contextmanager
def busy_cores() -> typing.Iterator[None]:
    """Keep every core busy with something else."""
    spin = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(spin) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def test_while_all_is_well_no_page_says_it_is_silent_though_every_core_is_busy(witnesses: list[Witness]) -> None:
    for witness in witnesses:
        witness.is_live()
        witness.page.evaluate(ALARMS)
    with busy_cores():
        until = time.monotonic() + CALM_S
        while time.monotonic() < until:
            witnesses[0].page.wait_for_timeout(min(60_000, 1000 * CALM_S))
            print(f"{time.monotonic() - until + CALM_S:.0f} s", *(one.page.evaluate("alarms") for one in witnesses))
    assert [one.page.evaluate("alarms.silent") for one in witnesses] == [[]] * len(witnesses)


@pytest.mark.parametrize("fault", ["web", "streams", "proxy", *(["venue"] if SILENCES > 1 else [])])
def test_nothing_says_live_long_after_the_last_frame_and_the_gap_is_told_as_it_was(
    witnesses: list[Witness], desk: Desk, fault: str
) -> None:
    for turn in range(SILENCES):
        for witness in witnesses:
            witness.is_live()
        bound, since = (VENUE_MS, "begun") if fault == "venue" else (SAID_MS, "heardAt")
        with withheld(witnesses) if fault == "proxy" else frozen(desk, fault):
            said = [witness.fell_silent(bound, since) for witness in witnesses]
            shown = [witness.page.locator("feed-badge").inner_text() for witness in witnesses]
        wrong = [] if fault == "venue" else [witness.misstated() for witness in witnesses]
        print(fault, turn, *(f"{ms:.0f}" for ms in said), "gap", *(f"{ms:.0f}" for ms in wrong))
        assert max(said) <= bound
        if fault in ("web", "proxy"):  # else the web process says itself that the feed changes hands
            assert all("silent" in text and "ok" not in text for text in shown), shown
        assert max(wrong, default=0) <= GAP_MS
