"""The panels of the book, as the desk shows them."""

from collections.abc import Mapping

from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked, Page
from streaming.wire.subscription import Subscription
from trading import pages
from trading.display.positions import blank, groups
from trading.display.tape import lines
from trading.portfolio.board_view import BoardView

HELD = Subscription(topics=frozenset({"portfolio", "links", "market"}))


async def positions(page: Page) -> Asked:
    """What is held, by underlying."""

    def context(board: Rendered | None) -> Mapping[str, object]:
        return {"groups": groups(BoardView.of(board.frame["state"] if board else ())), "blank": blank()}

    return context, HELD


async def totals(page: Page) -> Asked:
    """What all accounts are worth together, by environment."""

    def context(board: Rendered | None) -> Mapping[str, object]:
        return {"totals": pages.totals(BoardView.of(board.frame["state"] if board else ()))}

    return context, HELD


async def tape(page: Page) -> Asked:
    """Orders, fills and activities, the newest first."""

    def context(board: Rendered | None) -> Mapping[str, object]:
        return {"tape": lines(pages.newest(page.person))}

    return context, Subscription(topics=frozenset({"orders", "links"}))
