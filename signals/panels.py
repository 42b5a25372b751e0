"""The panel of signals, as the desk and the scoreboard show it."""

import typing
from collections.abc import Mapping

from accounts.links.order import links_of
from lib.clock import now_ms
from signals import owner_store, store
from signals.display.regime_cells import read_reason, read_regime
from signals.display.statement_rows import read_doubts, read_failures, read_remarks, read_statements
from signals.learner.run import ModelRun
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked, Page
from streaming.wire.subscription import Subscription

TOPICS = frozenset({"links", "market"})


async def signals(page: Page) -> Asked:
    """What models say now, and the regime of the symbol in focus."""

    def context(board: Rendered | None) -> Mapping[str, object]:
        return shown(page.person, page.focus, board, store.read_runs(page.person))

    return context, Subscription(topics=TOPICS, insights=frozenset({page.focus}))


def shown(person: int, focus: str, board: Rendered | None, runs: list[ModelRun]) -> dict[str, typing.Any]:
    """Return what the panel's template shows. It asks the database."""
    insight = board.slot("insight", focus) if board else {}
    newest = store.read_newest_batches(person, runs)
    bars = [found[1].bar for found in newest if found is not None]
    return {
        "focus": focus,
        "regime": read_regime(insight),
        "reason": read_reason(insight),
        "now": now_ms(),
        "statements": read_statements(runs, newest, focus),
        "remarks": read_remarks(runs),
        "failures": read_failures(runs, newest),
        "doubts": read_doubts(runs),
        "has_market_data": any(link.feeds for link in links_of(person)),
        "bar": max(bars, default=None),
        "registered": len(runs),
        "is_following": owner_store.is_followed(person),
        "is_learning": store.read_learner_status(person).is_on,
    }
