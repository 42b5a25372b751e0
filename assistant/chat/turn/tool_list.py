"""The tools that a model is offered: all that read and answer at once, or those that fit a small context."""

import functools
import json
import re
import typing

from assistant.catalogue import TOOLS
from assistant.contract.schema import schema_of
from assistant.contract.tool import Tool

ToolBody = dict[str, typing.Any]
"""A tool as a model server takes it."""

WAITING = frozenset({"watch_quotes", "watch_facts", "stream_market_news"})
"""Tools that wait for longer than a turn may."""
WORDS = {
    "get_quotes": "price quote bid ask last trading worth much where",
    "get_positions": "position positions hold holding own long short delta theta gamma vega loss profit pl",
    "get_portfolio": "portfolio total account net liq cash buying power exposure p&l profit greeks",
    "market_overview": "market overview indices movers regime session today",
    "get_orders": "order orders working pending open",
    "get_fills": "fill fills filled executed trade trades bought sold",
    "get_net_liq": "history past month week equity curve grew",
    "get_option_chain": "chain strike strikes call calls put puts option options iv volatility",
    "get_expirations": "expiration expirations expiry expire dte",
    "get_candles": "chart candle candles high low range yesterday volume",
    "get_news": "news headline headlines article why happened",
    "get_signals": "signal signals predict forecast indicator",
    "get_alerts": "alert alerts notify armed",
    "list_watchlists": "watchlist watchlists list lists",
    "get_facts": "changed happened missed since away log",
    "get_payoff": "payoff breakeven breakevens spread condor butterfly straddle",
    "calculate": "calculate sum difference percent ratio add times total average",
    "desk_status": "status connected link links feed working stale",
}
"""Words of a question that ask for a tool, the most useful tools first."""
_WORD = re.compile(r"[a-z&]+")


def offered_tools(question: str, most_bytes: int) -> list[ToolBody]:
    """Return the tools for a question, in the order of the catalogue, in at most `most_bytes` of JSON."""
    offered = [tool for tool in TOOLS if tool.scope == "read" and tool.name not in WAITING]
    if sum(map(_size, offered)) <= most_bytes:
        return [_body(tool) for tool in offered]
    asked = set(_WORD.findall(question.casefold()))
    places = {name: place for place, name in enumerate(WORDS)}
    ranked = sorted(offered, key=lambda tool: (-len(asked & set(WORDS[tool.name].split())), places[tool.name]))
    chosen, left = set(), most_bytes
    for tool in ranked:
        if _size(tool) <= left:
            chosen.add(tool.name)
            left -= _size(tool)
    return [_body(tool) for tool in offered if tool.name in chosen]


def _body(tool: Tool) -> ToolBody:
    return _bodies()[tool.name]


@functools.cache
def _bodies() -> dict[str, ToolBody]:
    return {tool.name: _write(tool) for tool in TOOLS}


def _write(tool: Tool) -> ToolBody:
    function = {"name": tool.name, "description": tool.description, "parameters": schema_of(tool.input)}
    return {"type": "function", "function": function}


def _size(tool: Tool) -> int:
    return len(json.dumps(_body(tool)))
