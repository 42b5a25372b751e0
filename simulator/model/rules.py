"""The honest model: it finds out by fixed rules what a question is about, and asks one tool after the other for it.

Its answers are templates whose figures are references to what the tools answered. It knows no language, and says so.
"""

import re
import typing

from simulator.asgi import Json
from simulator.model.conversation import SimConversation
from simulator.model.replies import SimCall, SimReply
from simulator.model.sentences import answer
from simulator.model.words import find_days, find_numbers, find_symbols

WHO = (
    "I am a simulated model: I follow fixed rules, so that this desk can be tried without a key, and I understand"
    " little. Ask me for prices, positions, profit and loss, orders, fills, options, news or alerts."
)
NO_TOOL = "I was not told of a tool that can answer this. Ask for one thing at a time."
Plan = typing.Callable[[str, list[str]], tuple[SimCall, ...]]


def _with_symbol(tool: str, name: str = "symbol", **more: typing.Any) -> Plan:
    """Return a plan that asks a tool about the first symbol of a question; without one there is nothing to ask."""

    def plan(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
        return (SimCall(tool, {name: symbols[0], **more}),) if symbols else ()

    return plan


def _plain(tool: str, **arguments: typing.Any) -> Plan:
    return lambda question, symbols: (SimCall(tool, arguments),)


def _quotes(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    if not symbols:
        return ()
    needs_detail = re.search(r"\b(volume|open(?:ed)?|high|low|range|detail|52)\b", question, re.IGNORECASE)
    return (SimCall("get_quotes", {"symbols": symbols[:50], **({"detail": True} if needs_detail else {})}),)


def _positions(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    return (SimCall("get_positions", {"underlying": symbols[0]} if symbols else {}),)


def _profit(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    return _positions(question, symbols) if symbols else (SimCall("get_portfolio", {}),)


def _news(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    if symbols:
        return (SimCall("get_news", {"symbol": ",".join(symbols[:5]), "limit": 5}),)
    is_mine = re.search(r"\b(my|mine|i|our)\b", question, re.IGNORECASE)
    return (SimCall("get_news", {"limit": 5, **({"mine": True} if is_mine else {})}),)


def _why(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    return (*_quotes(question, symbols), *_news(question, symbols)) if symbols else ()


def _net_liq(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    return (SimCall("get_net_liq", {"days": find_days(question)}),)


def _candles(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    if not symbols:
        return ()
    found = re.search(r"\b(1|5|15|30)[ -]?min|\b(hour)", question, re.IGNORECASE)
    interval = "1d" if not found else "1h" if found[2] else f"{found[1]}m"
    return (SimCall("get_candles", {"symbol": symbols[0], "interval": interval, "limit": 20}),)


def _payoff(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    """Ask for the payoff of 100 shares, or of as many as are named."""
    count = int((find_numbers(question) or [100])[0])
    return (SimCall("get_payoff", {"symbol": symbols[0], "legs": _legs(symbols[0], count)}),) if symbols else ()


def _draft(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    count = int((find_numbers(question) or [1])[0])
    side = -1 if re.search(r"\b(sell|short)\b", question, re.IGNORECASE) else 1
    return (SimCall("draft_order", {"symbol": symbols[0], "legs": _legs(symbols[0], side * count)}),) if symbols else ()


def _legs(symbol: str, quantity: int) -> list[Json]:
    return [{"symbol": symbol, "quantity": quantity}]


def _calculate(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    found = re.search(r"[\d(][\d\s.,+*/()^-]*[\d)]", question)
    if found is None:
        return ()
    expression = found[0].replace(",", "").replace("^", "**").strip()
    if share := re.search(r"([\d.]+)\s*(?:%|percent)\s+of\s+([\d.,]+)", question, re.IGNORECASE):
        expression = f"{share[1]} * {share[2].replace(',', '').rstrip('.')} / 100"
    return (SimCall("calculate", {"expression": expression}),)


def _alert(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    levels = find_numbers(question)
    if not symbols or not levels:
        return ()
    crossing = "crosses_down" if re.search(r"\b(below|under|down|drops?|falls?)\b", question, re.IGNORECASE) else None
    when = {"field": f"{symbols[0]}.last", "is": crossing or "crosses_up", "value": levels[0]}
    return (SimCall("create_alert", {"rule": {"when": {"all": [when]}, "trigger": "once"}}),)


def _watchlist(question: str, symbols: list[str]) -> tuple[SimCall, ...]:
    removes = re.search(r"\b(remove|delete|drop|take)\b", question, re.IGNORECASE)
    return (SimCall("list_watchlists", {}),) if not symbols else (
        SimCall("change_watchlist", {"list": 0, "remove" if removes else "add": symbols}),
    )  # fmt: skip


INTENTS: tuple[tuple[str, Plan], ...] = (
    (r"\b(add|put|remove|delete|drop|take)\b.*\b(watch ?list|list)\b", _watchlist),
    (r"\b(alert|tell|notify|warn|ping) me\b|\b(set|create|make|add)\b.*\balert", _alert),
    (r"\balerts?\b", _plain("get_alerts")),
    (r"\bwatch ?lists?\b", _plain("list_watchlists")),
    (r"^\W*(?:please |can you |could you )?(buy|sell|short)\b|\b(draft|propose|prepare)\b", _draft),
    (r"\b(payoff|pay off|break-?even|max(?:imum)? (?:loss|profit))\b", _payoff),
    (r"\bwhy\b|\bwhat(?:'s| is| has been)? (?:moving|behind|up with)\b", _why),
    (r"\b(news|headlines?|stor(?:y|ies)|articles?|filings?|press)\b", _news),
    (r"\b(signals?|forecast|predict\w*|outlook|models? (?:say|think))\b", _with_symbol("get_signals")),
    (r"\b(expirations?|expiries|expiry|expire)\b", _with_symbol("get_expirations")),
    (r"\b(option )?chain\b|\b(calls|puts|options|strikes?|implied vol\w*|iv)\b", _with_symbol("get_expirations")),
    (r"\b(candles?|chart|bars?|history of|past|last|over the)\b.*\b(days?|weeks?|months?|minutes?|hours?|year)\b",
     _candles),
    (r"\b(candles?|chart|bars?|ohlc|closes?|closing)\b", _candles),
    (r"\b(fills?|filled|executions?|executed|trades?|traded|bought|sold)\b", _plain("get_fills", limit=20)),
    (r"\b(working|open|pending|live|resting)\b.*\borders?\b", _plain("get_orders", status="working", limit=20)),
    (r"\borders?\b", _plain("get_orders", limit=20)),
    (r"\b(what|anything)\b.*\b(changed|happened|new|missed?)\b", _plain("get_facts", limit=20)),
    (r"\bnet ?liq\w*\b.*\b(week|month|days?|history|year|since|over|chart)\b|\bequity curve\b", _net_liq),
    (r"\b(p ?(?:&|and|/|n)? ?l|profits?|loss(?:es)?|making|losing|gain(?:s|ed)?|up or down|made|lost)\b", _profit),
    (r"\b(greeks?|delta|gamma|theta|vega|exposures?|risk)\b", _profit),
    (r"\b(positions?|holdings?|hold|holding|own|shares)\b", _positions),
    (r"\b(net ?liq\w*|accounts?|portfolio|balance|buying power|cash|equity|worth|money)\b", _profit),
    (r"\b(links?|connected|connection|desk|status|broker|market (?:is )?(?:open|closed)|session|open today)\b",
     _plain("desk_status")),
    (r"^[\s\w',]*?(?:what is|what's|calculate|compute|how much is)?[\s:]*[\d(][^a-z]*[-+*/^][^a-z]*\??$|\bcalculate\b"
     r"|\d\s*(?:%|percent)\s+of\b", _calculate),
    (r"\bmarkets?\b|\b(ind(?:ices|exes)|overview|movers?|regime|vix level)\b", _plain("market_overview")),
    (r"\b(price|quotes?|bid|ask|spread|trading|last|how (?:much|is|are)|worth|where is|what is|what's|level)\b",
     _quotes),
)  # fmt: skip
"""What a question is about, by the first pattern that it has, and what is asked for then."""


def reply(conversation: SimConversation) -> SimReply:
    """Return the next answer: calls as long as something is to be asked, then a sentence."""
    if not conversation.results:
        return _first(conversation)
    further = _further(conversation)
    if further and further[0].tool in conversation.tools:
        return SimReply(calls=further)
    return SimReply(" ".join(filter(None, (answer(result) for result in conversation.results))))


def plan_calls(question: str) -> tuple[SimCall, ...]:
    """Return the calls that a question wants; none where it names nothing that a tool tells."""
    symbols = find_symbols(question)
    for pattern, plan in INTENTS:
        if re.search(pattern, question, re.IGNORECASE) and (calls := plan(question, symbols)):
            return calls
    return _quotes(question, symbols)


def _first(conversation: SimConversation) -> SimReply:
    wanted = plan_calls(conversation.question)
    if not wanted:
        return SimReply(WHO)
    calls = tuple(call for call in wanted if call.tool in conversation.tools)
    return SimReply(calls=calls) if calls else SimReply(NO_TOOL)


def _further(conversation: SimConversation) -> tuple[SimCall, ...]:
    """Return what is to be asked after the first answer: the chain of the first expiration, where options are meant."""
    first = conversation.results[0]
    rows = first.value.get("expirations")
    if re.search(r"\bexpir", conversation.question, re.IGNORECASE):
        return ()
    is_chain = re.search(r"\b(chain|calls|puts|options|strikes?|implied|iv)\b", conversation.question, re.IGNORECASE)
    if len(conversation.results) > 1 or first.tool != "get_expirations" or not rows or not is_chain:
        return ()
    side = next((one for one in ("call", "put") if f"{one}s" in conversation.question.lower()), "both")
    asked = {"symbol": first.value["symbol"], "expiration": rows[0]["date"], "rows": 6, "side": side}
    return (SimCall("get_option_chain", asked),)
