"""What a panel of the desk is, for the packages that bring some. `desk/panels.py` lists them all."""

import typing
from collections.abc import Awaitable, Callable, Mapping

from streaming.pages.initial_state import Rendered
from streaming.wire.subscription import Subscription


class Page(typing.NamedTuple):
    """The page a panel is rendered for.

    `person` is who looks, `focus` the symbol that all panels are about, `query` what stands in the address, `cookies`
    what its scripts had their browser keep, `board` what was known of that symbol and of the header's slots when the
    page began: None where nobody streams.
    """

    person: int
    focus: str
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    board: Rendered | None

    def quote(self, symbol: str) -> dict[str, typing.Any]:
        """Return what was known of a symbol when the page began; empty where nothing was."""
        return self.board.slot("quote", symbol) if self.board else {}


Context = Callable[[Rendered | None], Mapping[str, object]]
"""Makes what the panel's template shows from the board of the whole page. It runs in a thread, with a database."""
Asked = tuple[Context, Subscription]
"""What a panel shows, and what of the board it needs for that: its quotes, Greeks, candles and topics."""


class Panel(typing.NamedTuple):
    """One panel: its name in layouts and addresses, its title for people, its template, and how it is filled.

    The template is one custom element with the class `panel` and a `.panel-head` that holds an `<h2>`. It fills its
    cell of the grid; `@container page` asks for the cell's width. `view` says first what it needs: the board is asked
    for once, for all panels together.
    """

    name: str
    title: str
    template: str
    view: Callable[[Page], Awaitable[Asked]]
