"""A real page in a real browser as one of the clients: what it says of its feed, and what it was told."""

import pathlib
import typing

from tests.browser.tabs import Chromium
from tests.support.desk import Desk

RECORD = [pathlib.Path(__file__).parents[2] / "browser" / "record.js", pathlib.Path(__file__).parent / "page.js"]


class Page:
    """Alice's settings, in a tab of a browser of their own. Use it in a `with`, from one thread."""

    def __init__(self, chromium_path: str, folder: pathlib.Path, desk: Desk, cookie: str) -> None:
        self._chromium = Chromium(chromium_path, folder)
        self._desk = desk
        self._cookie = cookie

    def __enter__(self) -> typing.Self:
        self._chromium.__enter__()
        script = "\n".join(f"{{{file.read_text()}}}" for file in RECORD)
        self._tab = self._chromium.tab(f"{self._desk.url}/accounts/settings", self._cookie, script)
        self._tab.awaits("claimed.live", within=30)
        self._tab.evaluate("globalThis.stayed = true")
        return self

    def __exit__(self, *error: typing.Any) -> None:
        self._chromium.__exit__(*error)

    def wait_until_live(self, within: float, since_ms: int) -> None:
        """Wait until it is live with a quote that changed after `since_ms`."""
        self._tab.awaits(f"claimed.live && claimed.quoted > {since_ms}", within=within)

    @property
    def worst_s(self) -> float:
        """For how long at worst it said LIVE while nothing came, since `forget`."""
        return float(self._tab.evaluate("claimed.worst")) / 1000

    def forget(self) -> None:
        """Measure anew from now on."""
        self._tab.evaluate("claimed.worst = 0")

    def wait_until_told(self, fact: int, within: float) -> None:
        """Wait until it was told of this fact."""
        self._tab.awaits(f"seen.facts.at(-1) >= {fact}", within=within)

    @property
    def stayed(self) -> bool:
        """Whether it is still the document that was opened: nobody reloaded it."""
        return bool(self._tab.evaluate("globalThis.stayed === true"))

    @property
    def facts(self) -> list[int]:
        """The numbers of the facts it was told, in the order they came."""
        return [int(number) for number in self._tab.evaluate("seen.facts")]
