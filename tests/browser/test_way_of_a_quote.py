"""A quote and a fill go the ways that docs/architecture.md lists, from the page's WebSocket to what is painted.

tests/scenarios/test_way_of_a_quote.py shows the part before that. The browser counts calls exactly, in scripts as they
are written; their order is that of breakpoints that note the call and never stop.
"""

import contextlib
import re
import typing
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from config.env import BASE_DIR
from tests.browser.conftest import Visitor
from tests.conftest import MakeDesk
from tests.support import ways
from tests.support.desk import Desk
from tests.support.fault_matrix import trade
from tests.support.people import ALICE
from tests.support.ways import FACT, QUOTE, Step

SYMBOL, ACCOUNT = "QQQ", "5WX00001"
FILLS = ".tape li:has(b:text-is('Fill'))"
NO_TICKS = "globalThis.setInterval = () => 0"
"""A page paints all of itself once a second, which must not happen between the steps of a quote."""
_CLASS = re.compile(r"^(?:export )?class (\w+).*?^}$", re.MULTILINE | re.DOTALL)


class Location(typing.NamedTuple):
    """A function in a script of a page, by its offsets there."""

    script: str
    start: int
    end: int


class PageCalls:
    """The calls of a page's functions: all by their counts, some in their order."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._send = self._session.send
        self._send("Profiler.enable")
        self._send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
        self._send("Debugger.enable")

    def counted(self) -> dict[Step, Location]:
        """Return the functions that were called since the last time."""
        found = {}
        for script in self._send("Profiler.takePreciseCoverage")["result"]:
            file = re.search(r"static/js/[\w/-]+\.js$", script["url"])
            if file is None:
                continue
            for function in script["functions"]:
                (span, *_) = function["ranges"]
                if span["count"]:
                    location = Location(script["scriptId"], span["startOffset"], span["endOffset"])
                    found[_step(file[0], function["functionName"], location.start)] = location
        return found

    def follow(self, steps: list[Step], locations: dict[Step, Location]) -> None:
        """Set a breakpoint in each step."""
        for number, step in enumerate(steps):
            is_due = "arguments[0].includes(tag)" if number == 0 else "calls.length"
            condition = f"({is_due} ? calls.push({number}) : 0) < 0"  # never true
            location = self._first_statement(step, locations[step])
            self._send("Debugger.setBreakpoint", {"location": location, "condition": condition})

    def _first_statement(self, step: Step, location: Location) -> dict[str, typing.Any]:
        source = (BASE_DIR / step.file).read_text()
        start, end = (_position(source, location.script, offset) for offset in (location.start, location.end))
        inside = {"start": start, "end": end, "restrictToFunction": True}
        return dict(self._send("Debugger.getPossibleBreakpoints", inside)["locations"][0])

    @contextlib.contextmanager
    def noted(self, steps: list[Step], tag: str) -> Iterator[list[Step]]:
        """Fill a list with the calls of the steps, from when the first is given a text with `tag` in it."""
        made: list[Step] = []
        self._page.evaluate("(tag) => Object.assign(globalThis, { tag, calls: [] })", tag)
        yield made
        made += [steps[number] for number in self._page.evaluate("calls")]

    def close(self) -> None:
        """Remove the breakpoints."""
        self._session.detach()


def _step(file: str, function: str, offset: int) -> Step:
    """Return a function of a script as documents name it: with its class, if it has one."""
    classes = _CLASS.finditer((BASE_DIR / file).read_text())
    around = next((f"{found[1]}." for found in classes if found.start() < offset < found.end()), "")
    return Step(file, around + function)


def _position(source: str, script: str, offset: int) -> dict[str, typing.Any]:
    lines = source[:offset].split("\n")
    return {"scriptId": script, "lineNumber": len(lines) - 1, "columnNumber": len(lines[-1])}


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> Iterator[Desk]:
    """A desk that serves the scripts as they are written, linked to a market that stands still."""
    with make_desk(venue=["--speed", "0"], variables={"STATIC_ROOT": ""}) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    """Alice's portfolio, live."""
    visitor = Visitor(browser, url=desk.url)
    visitor.context.add_init_script(NO_TICKS)
    visitor.enter(desk.cookie(ALICE), desk.url)
    visitor.page.goto("/portfolio/")
    expect(visitor.page.locator("live-quote")).to_have_attribute("data-state", "live")
    yield visitor.page
    visitor.close()


def compare(page: Page, steps: list[Step], send: Callable[[int], object], tag: Callable[[int], str]) -> None:
    """Fail where the steps are not called, or not in their order, until the page shows what `send` sends."""
    calls = PageCalls(page)
    with contextlib.closing(calls):
        send(0)
        called = calls.counted()
        missing = [str(step) for step in steps if step not in called]
        assert not missing, f"never called: {', '.join(missing)}"
        calls.follow(steps, called)
        found: list[str] = []
        while not ways.is_settled(found):
            number = 1 + len(found)
            with calls.noted(steps, tag(number)) as made:
                send(number)
            found.append(ways.differences(steps, made))


def test_a_quote_goes_the_way_that_is_listed(page: Page, desk: Desk) -> None:
    def quote(number: int) -> None:
        desk.order("price", symbol=SYMBOL, price=321.25 + number)
        expect(page.locator("live-quote [data-field=price]")).to_have_text(f"{321.25 + number}")

    compare(page, ways.of("js", ways.read_way(QUOTE)), quote, lambda number: f'"last":{321.25 + number}')


def test_a_fill_goes_the_way_that_is_listed(page: Page, desk: Desk) -> None:
    grant = next(one for one in desk.grants if ACCOUNT in one["accounts"])

    def fill(number: int) -> None:
        trade(desk.venue_url, {**grant, "accounts": [{"number": ACCOUNT}]})
        expect(page.locator(FILLS)).to_have_count(number + 1)

    compare(page, ways.of("js", ways.read_way(FACT)), fill, lambda _: '"type":"fill"')
