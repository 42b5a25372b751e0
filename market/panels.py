"""The panels of the market side, as the desk and pages of their own show them."""

import asyncio
from collections.abc import Mapping

from market import pages
from market.radial.markets import SYMBOLS
from market.watchlists.pages import choice, detail_of, list_of
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked, Page
from streaming.wire.subscription import Subscription

TOPICS = frozenset({"links", "market"})
ROWS = 10
"""How many strikes the chain of a desk begins with."""
WITHIN_S = 0.8
"""How long a desk waits for what is listed; its script waits longer."""


async def hub(page: Page) -> Asked:
    """Ten markets around a ring, the focused one in the middle if it is among them."""
    focus = page.focus if page.focus in SYMBOLS else pages.FIRST

    def context(board: Rendered | None) -> Mapping[str, object]:
        quotes = pages.quotes(board)
        return {"sectors": pages.sectors(quotes), "focus": focus, "quote": quotes[focus]}

    return context, Subscription(quotes=frozenset(SYMBOLS), topics=TOPICS)


async def chain(page: Page) -> Asked:
    """Options on the focused symbol."""
    query = {"rows": str(ROWS), **page.query}
    try:
        async with asyncio.timeout(WITHIN_S):
            return await pages.chain_of(page.person, page.focus, query, page.board)
    except TimeoutError:
        late = "The venue takes its time to answer."
        return await pages.kept_chain(page.person, page.focus, query, late, page.board)


async def watchlist(page: Page) -> Asked:
    """One list of the person's symbols."""
    return await list_of(page.person, choice(page.query, page.cookies))


async def detail(page: Page) -> Asked:
    """All that is known of the focused symbol."""
    return detail_of(page.focus)


async def chart(page: Page) -> Asked:
    """The focused symbol's chart."""
    return await pages.chart_of(page.person, page.focus, page.query)
