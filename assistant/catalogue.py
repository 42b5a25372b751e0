"""Every tool, in the order in which they are listed."""

from collections.abc import Collection

from assistant.contract.tool import Tool
from assistant.tools.alerts import CREATE_ALERT, GET_ALERTS
from assistant.tools.calculation import CALCULATE
from assistant.tools.candles import GET_CANDLES
from assistant.tools.facts import GET_FACTS, GET_FILLS, GET_ORDERS
from assistant.tools.news import GET_NEWS, STREAM_MARKET_NEWS
from assistant.tools.options import GET_EXPIRATIONS, GET_OPTION_CHAIN
from assistant.tools.ordering import DRAFT_ORDER
from assistant.tools.payoff import GET_PAYOFF
from assistant.tools.portfolio import GET_NET_LIQ, GET_PORTFOLIO, GET_POSITIONS
from assistant.tools.quotes import GET_QUOTES, MARKET_OVERVIEW
from assistant.tools.signals import GET_SIGNALS
from assistant.tools.status import DESK_STATUS
from assistant.tools.watching import WATCH_FACTS, WATCH_QUOTES
from assistant.tools.watchlists import CHANGE_WATCHLIST, LIST_WATCHLISTS

TOOLS: tuple[Tool, ...] = (
    DESK_STATUS, GET_QUOTES, MARKET_OVERVIEW, GET_CANDLES, GET_EXPIRATIONS, GET_OPTION_CHAIN, GET_PORTFOLIO,
    GET_POSITIONS, GET_ORDERS, GET_FILLS, GET_NET_LIQ, GET_FACTS, GET_PAYOFF, CALCULATE, GET_NEWS, GET_SIGNALS,
    GET_ALERTS, LIST_WATCHLISTS, WATCH_QUOTES, WATCH_FACTS, STREAM_MARKET_NEWS, CHANGE_WATCHLIST, CREATE_ALERT,
    DRAFT_ORDER,
)  # fmt: skip
_BY_NAME = {tool.name: tool for tool in TOOLS}


def tools_for(scopes: Collection[str]) -> tuple[Tool, ...]:
    """Return the tools of those scopes, always in the same order."""
    return tuple(tool for tool in TOOLS if tool.scope in scopes)


def tool_named(name: str) -> Tool | None:
    """Return a tool by its name."""
    return _BY_NAME.get(name)
