"""A real Chromium for the browser tests, and visitors who notice everything that goes wrong on a page."""

import pathlib
import typing

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.support.chromium import find_shell

expect.set_options(timeout=20_000)  # ms; a claim that something comes soon says how soon itself
AXE = pathlib.Path(__file__).resolve().parent.parent / "vendor/axe-core/axe.min.js"
UNUSED = [
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",  # pages below the address bar: more work than many a page of the desk
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "SpareRendererForSitePerProcess",  # a process kept ready for a page that never comes, with each visitor
    "ThirdPartyStoragePartitioning",
]  # fmt: skip
"""What a Chromium need not do for a page. The last list of them counts: so the rest is what Playwright leaves out."""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    f"--disable-features={','.join(UNUSED)}",
]  # fmt: skip
Theme = typing.Literal["dark", "light"]
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that ask for colours, among those it has of its own."""
NOTICE_VIOLATIONS = """
globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} in ${location.pathname}`);
});
"""


class Look(typing.TypedDict):
    """One way of seeing a page."""

    theme: Theme
    width: int


THEMES: tuple[Theme, ...] = ("dark", "light")
WIDTHS = (1440, 768, 320)
LOOKS = [Look(theme=theme, width=width) for theme in THEMES for width in WIDTHS]
"""Every page is looked at in both themes and at three widths (CSS pixels)."""


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> typing.Iterator[Browser]:
    """One Chromium per module: Playwright's loop must not outlive it, or async tests after it could not run.

    Where there is a headless shell, it is that. What needs tabs that can be hidden starts a whole browser itself.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_shell() or chromium_path, args=FLAGS)
        yield chromium
        chromium.close()


def viewport(width: int) -> ViewportSize:
    """A window of this width, as high as such windows are."""
    return {"width": width, "height": 640 if width < 400 else 900}


class Visitor:
    """One person's browser: a page, and what went wrong on it. `state` is another visitor's, to be the same person.

    Without `motion` no price flashes: that is a tenth of a page's work, and one test's concern.
    `beside` is another visitor, in whose browser this one is a second tab: what that has fetched is known already.
    """

    def __init__(
        self,
        browser: Browser,
        *,
        url: str = "",
        width: int = 1440,
        theme: Theme = "dark",
        state: StorageState | None = None,
        java_script_enabled: bool = True,
        has_touch: bool = False,
        motion: bool = False,
        beside: "Visitor | None" = None,
    ) -> None:
        if beside is None:
            self.context: BrowserContext = browser.new_context(
                viewport=viewport(width),
                color_scheme=theme,
                base_url=url or None,
                storage_state=state,
                java_script_enabled=java_script_enabled,
                has_touch=has_touch,
                reduced_motion="no-preference" if motion else "reduce",
            )
            self.context.add_init_script(NOTICE_VIOLATIONS)
        else:
            self.context = beside.context
        self.page: Page = self.context.new_page()
        self._leave = self.context.close if beside is None else self.page.close
        self.errors: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def enter(self, cookie: str, url: str) -> None:
        """Be signed in at `url` by a Cookie header."""
        pairs = (pair.partition("=") for pair in cookie.split("; "))
        self.context.add_cookies([{"name": name, "value": value, "url": url} for name, _, value in pairs])

    def state(self) -> StorageState:
        """The cookies of this person."""
        return self.context.storage_state()

    def look(self, *, theme: Theme, width: int) -> None:
        """See the page in another theme, at another width."""
        self.page.emulate_media(color_scheme=theme)
        self.page.set_viewport_size(viewport(width))

    def axe(self, *rules: str, within: str = "html") -> list[str]:
        """What axe-core finds on this page, one line per node: by these rules, or by all that it has of its own.

        `within` selects the part that is looked at.
        """
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(AXE.read_text())
        options = {"resultTypes": ["violations"], **({"runOnly": {"type": "rule", "values": rules}} if rules else {})}
        found = self.page.evaluate("([within, options]) => axe.run(within, options)", [within, options])
        assert found["passes"], "axe looked at nothing"
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return width

    def examine(self, *rules: str, within: str = "html") -> None:
        """Fail when anything is wrong with the page as it stands; `rules` and `within` as in `axe`."""
        assert self.axe(*rules, within=within) == []
        assert self.page.evaluate("violations") == []
        assert self.overflow() <= 0, f"{self.page.url} is wider than its window"
        assert self.errors == []

    def examine_in_both_themes(self, width: int, within: str = "html") -> None:
        """Examine the page at this width, in its dark colours at last; a theme changes nothing but colours."""
        self.look(theme="light", width=width)
        self.examine(*OF_COLOURS, within=within)
        self.look(theme="dark", width=width)
        self.examine(within=within)

    def examine_everywhere(self) -> None:
        """Examine the page at every width in both themes."""
        for width in reversed(WIDTHS):
            self.examine_in_both_themes(width)

    def close(self) -> None:
        """Leave."""
        self._leave()


Visit = typing.Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser) -> typing.Iterator[Visit]:
    """Open browsers of separate people; all are closed after the test."""
    visitors: list[Visitor] = []

    def opened(**choices: typing.Any) -> Visitor:
        visitors.append(Visitor(browser, **choices))
        return visitors[-1]

    yield opened
    for visitor in visitors:
        visitor.close()
