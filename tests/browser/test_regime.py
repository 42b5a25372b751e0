"""A chart's head says the regime of its symbol, once the venue told its past."""

import re
import typing

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visitor
from tests.conftest import MakeDesk
from tests.support.desk import Desk

WORDS = re.compile(r"^(calm|normal|stressed) · (up|flat|down) · (deep|normal|thin)")


@pytest.fixture(scope="module")
def desk(make_desk: MakeDesk) -> typing.Iterator[Desk]:
    with make_desk() as running:
        yield running


def test_the_head_of_a_chart_says_the_regime_of_its_symbol(visit: Visit, desk: Desk) -> None:
    alice: Visitor = visit(url=desk.url)
    alice.enter(desk.cookie(), desk.url)
    alice.page.goto("/market/chart/QQQ/?interval=5m")
    expect(alice.page.locator("price-chart .regime")).to_have_text(WORDS, timeout=30_000)
