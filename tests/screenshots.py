"""Takes the pictures of docs/screenshots: `make screenshots`, or `python -m tests.screenshots --into FOLDER`.

A desk on the simulated venue is brought into each state it can be in (nobody linked, live, a venue that falls silent,
a server that is gone, a browser without a network) and looked at by a real browser, in both themes and at three widths.
Every picture carries the words "Simulated venue" but those of a desk that nothing is linked to.
"""

import argparse
import contextlib
import pathlib
import re
import struct
import sys
import tempfile
import typing
import zlib

from playwright.sync_api import Browser, Page, WebSocketRoute, expect, sync_playwright

from config.env import BASE_DIR
from tests.browser.conftest import FLAGS, THEMES, Theme
from tests.support import chromium
from tests.support.desk import Desk, make_template
from tests.support.people import ALICE, OLGA

FOLDER = BASE_DIR / "docs/screenshots"
SIZES = {1440: 900, 768: 1024, 375: 812}
"""The widths that are looked at, each with the height of its window (CSS pixels)."""
MOST_KB = 2_500
"""What all pictures together may take in the history of this project."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Shot(typing.NamedTuple):
    """One picture: of a page in a state, at a width, in a theme; of all of it, or of what a window shows of it."""

    state: str
    width: int
    theme: Theme
    is_whole: bool = False
    path: str = "/"

    @property
    def name(self) -> str:
        """What its file is called."""
        page = self.path.strip("/").rpartition("/")[2] or "desk"
        return f"{page}-{self.state}-{self.width}-{self.theme}.png"


LIVE = [Shot("live", width, theme, width == 1440) for width in SIZES for theme in THEMES]
SETTINGS = [Shot("live", 1440, theme, path="/accounts/settings") for theme in THEMES]
EMPTY = [Shot("empty", 1440, "light"), Shot("empty", 375, "dark")]
STALE = [Shot("stale", 1440, "dark"), Shot("stale", 375, "light")]
RECONNECTING = [Shot("reconnecting", 768, "light")]
OFFLINE = [Shot("offline", 1440, "light"), Shot("offline", 768, "dark")]


@contextlib.contextmanager
def entered(browser: Browser, desk: Desk, email: str) -> typing.Iterator[Page]:
    """Sign a person in, in a browser of their own."""
    with browser.new_context(base_url=desk.url) as context:
        pairs = (pair.partition("=") for pair in desk.cookie(email).split("; "))
        context.add_cookies([{"name": name, "value": value, "url": desk.url} for name, _, value in pairs])
        yield context.new_page()


def look(page: Page, shot: Shot) -> None:
    """Give the page the width and the theme of a picture."""
    page.emulate_media(color_scheme=shot.theme, reduced_motion="reduce")
    page.set_viewport_size({"width": shot.width, "height": SIZES[shot.width]})


def take(page: Page, shot: Shot, folder: pathlib.Path) -> None:
    """Take one picture of the page as it stands."""
    look(page, shot)
    page.wait_for_timeout(600)  # a picture has no event that says: everything is drawn
    file = folder / shot.name
    file.write_bytes(squeezed(page.screenshot(full_page=shot.is_whole)))
    print(f"{file.stat().st_size / 1000:8.0f} KB  {file.name}", flush=True)


def hold_when_stale(page: Page) -> None:
    """Keep back what the page is told after the word stale: it stands for a second, then a silent feed is replaced."""
    told: list[str] = []

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def hear(message: str | bytes) -> None:
            if not any('"state":"stale"' in text for text in told):
                told.append(str(message))
                route.send(message)

        server.on_message(hear)

    page.route_web_socket(re.compile("/ws/streaming/"), connect)


def says(page: Page, state: str) -> None:
    """See that a picture will show what its name says."""
    expect(page.locator("watch-list .panel-head .state")).to_have_text(state, timeout=60_000)
    expect(page.locator("feed-badge .state")).to_have_text(state)


def come_to_life(page: Page, shot: Shot) -> None:
    """Load the page of a picture and wait until everything on it has a value."""
    look(page, shot)
    page.goto(shot.path)
    expect(page.locator("feed-badge")).to_have_attribute("data-state", "live")
    if shot.path == "/":
        expect(page.locator("option-chain")).to_have_attribute("data-state", "live")
        expect(page.locator("price-chart canvas").first).to_be_visible()


def take_all(browser: Browser, desk: Desk, folder: pathlib.Path) -> None:
    """Bring the desk from one state into the next and take the pictures of each."""
    with entered(browser, desk, OLGA) as page:
        for shot in EMPTY:
            look(page, shot)
            page.goto(shot.path)
            expect(page.locator("feed-badge [data-field=socket]")).to_have_text("socket ok")
            take(page, shot, folder)
    with entered(browser, desk, ALICE) as page:
        for shot in SETTINGS:
            come_to_life(page, shot)
            take(page, shot, folder)
        come_to_life(page, LIVE[0])
        drawn = page.locator(".watchlist polyline[points]:not([points=''])")
        expect(drawn.nth(8)).to_be_attached(timeout=60_000)  # a venue draws the days of few symbols at once
        for shot in LIVE:
            take(page, shot, folder)
        pages = {shot: page.context.new_page() for shot in [*STALE, *RECONNECTING, *OFFLINE]}
        for shot in STALE:
            hold_when_stale(pages[shot])
        for shot, each in pages.items():  # what is seen must be seen from before
            come_to_life(each, shot)
        desk.fault(fault="mute", stream="dxlink", account=desk.grants[0]["accounts"][0])
        for shot in STALE:
            says(pages[shot], "stale")
            take(pages[shot], shot, folder)
        for shot in [*RECONNECTING, *OFFLINE]:
            says(pages[shot], "live")
        desk.stop_server()
        for shot in RECONNECTING:
            says(pages[shot], "reconnecting")
            take(pages[shot], shot, folder)
        page.context.set_offline(True)
        for shot in OFFLINE:
            says(pages[shot], "offline")
            take(pages[shot], shot, folder)


def squeezed(picture: bytes) -> bytes:
    """Return the same PNG, packed as small as zlib can."""
    chunks, at = [], len(SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        chunks.append((picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]))
        at += 12 + length
    kinds = dict(chunks)
    pixels = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    packed = [(b"IHDR", kinds[b"IHDR"]), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in packed
    )


def main() -> int:
    """Take all pictures; returns 1 when they take too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--into", type=pathlib.Path, default=FOLDER, help="the folder (%(default)s)")
    into: pathlib.Path = parser.parse_args().into
    if (path := chromium.find()) is None:
        print("Missing: Chromium.", file=sys.stderr)
        return 1
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as name, sync_playwright() as playwright:
        folder = pathlib.Path(name)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with Desk(folder / "desk", make_template(folder / "template")) as desk:
            take_all(browser, desk, into)
        browser.close()
    size = sum(file.stat().st_size for file in into.iterdir()) / 1000
    print(f"{size:8.0f} KB  of at most {MOST_KB}")
    return int(size > MOST_KB)


if __name__ == "__main__":
    sys.exit(main())
