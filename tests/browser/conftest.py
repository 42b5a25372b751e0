"""A real Chromium for the browser tests, and visitors who notice everything that goes wrong on a page."""

import pathlib
import typing

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

VENDOR = pathlib.Path(__file__).resolve().parent.parent / "vendor"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NOTICE_VIOLATIONS = """
globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} in ${location.pathname}`);
});
"""
WIDTHS = (1440, 768, 320)
THEMES = typing.get_args(typing.Literal["dark", "light"])


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> typing.Iterator[Browser]:
    """One Chromium per module: Playwright's loop must not outlive it, or async tests after it could not run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()


class Visitor:
    """One person's browser: a page, and what went wrong on it. `width` in CSS pixels."""

    def __init__(self, browser: Browser, *, width: int = 1440, theme: str = "dark", url: str = "") -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 640 if width < 400 else 900},
            color_scheme=typing.cast(typing.Literal["dark", "light"], theme),
            base_url=url or None,
        )
        self.context.add_init_script(NOTICE_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def axe(self) -> list[str]:
        """What axe-core finds on this page, one line per node."""
        self.page.evaluate((VENDOR / "axe-core/axe.min.js").read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
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

    def examine(self) -> None:
        """Fail when anything is wrong with the page as it stands."""
        assert self.axe() == []
        assert self.page.evaluate("violations") == []
        assert self.overflow() <= 0, f"{self.page.url} is wider than its window"
        assert self.errors == []

    def close(self) -> None:
        """Leave."""
        self.context.close()


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
