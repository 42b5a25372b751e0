"""Sentences about what tools answered. Each figure is a reference, which the desk fills in. Pure."""

import typing

from simulator.asgi import Json
from simulator.model.conversation import SimToolResult

MOST_ROWS = 6
NOT_KNOWN = "not known"


class _Facts:
    """What one call answered, and references into it."""

    def __init__(self, result: SimToolResult) -> None:
        self.value = result.value
        self._number = result.number

    def figure(self, *path: str | int) -> str:
        """Return a reference to a value; where it is missing, that it is not known."""
        found: typing.Any = self.value
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                found = None
        if found is None or isinstance(found, dict | list):
            return NOT_KNOWN
        pointer = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)
        return f"[[c{self._number}:/{pointer}]]"

    def figures(self, *at: str | int, **names: str) -> str:
        """Return references to several fields of what is at a place, each behind its name in words."""
        return ", ".join(f"{name.replace('_', ' ')} {self.figure(*at, field)}" for name, field in names.items())

    def rows(self, name: str) -> list[tuple[int, typing.Any]]:
        """Return the first rows of a list, with their places."""
        return list(enumerate(self.value.get(name) or ()))[:MOST_ROWS]

    def more(self, name: str) -> str:
        """Say that there are more rows than were told."""
        return " There are more; ask for one of them." if len(self.value.get(name) or ()) > MOST_ROWS else ""


def answer(result: SimToolResult) -> str:
    """Return sentences about a result."""
    if "code" in result.value and "detail" in result.value:
        return f"That did not work: {result.value['detail']}"
    write = ANSWERS.get(result.tool)
    return write(_Facts(result)) if write else "That is done."


def _quotes(facts: _Facts) -> str:
    found = [_quote(facts, place, row) for place, row in facts.rows("quotes")]
    unknown = facts.value.get("unknown") or ()
    lacking = f" No linked venue lists {', '.join(unknown)}." if unknown else ""
    return " ".join(found) + facts.more("quotes") + lacking


def _quote(facts: _Facts, place: int, row: Json) -> str:
    at = ("quotes", place)
    said = f"{row['symbol']} {facts.figures(*at, last='last', bid='bid', ask='ask', change='change')}"
    if isinstance(row.get("day"), dict):
        said += f", {facts.figures(*at, 'day', high='high', low='low', volume='volume')}"
    stale = "" if row.get("state") in ("live", None) else f" Its link is {row['state']}, so this is not current."
    return f"{said}.{stale}"


def _overview(facts: _Facts) -> str:
    lines = [
        f"{row['symbol']} {facts.figures('indices', place, last='last', change='change')}."
        for place, row in facts.rows("indices")
    ]
    session = facts.value.get("session")
    return " ".join([f"The market is {session}." if session else "The session is not known.", *lines])


def _positions(facts: _Facts) -> str:
    names = {"quantity": "quantity", "mark": "mark", "open_profit": "open_pl", "profit_of_the_day": "day_pl"}
    found = [f"{row['symbol']} {facts.figures('positions', place, **names)}." for place, row in facts.rows("positions")]
    return " ".join(found) + facts.more("positions") if found else "You hold no such position."


def _portfolio(facts: _Facts) -> str:
    names = {
        "net_liq": "net_liq", "cash": "cash", "buying_power": "buying_power", "profit_of_the_day": "day_pl",
        "open_profit": "open_pl", "delta": "delta", "theta": "theta",
    }  # fmt: skip
    found = [
        f"{str(row.get('environment')).capitalize()} accounts: {facts.figures('totals', place, **names)}."
        for place, row in facts.rows("totals")
    ]
    return " ".join(found) or "No account is known yet."


def _net_liq(facts: _Facts) -> str:
    found = []
    for place, row in facts.rows("accounts"):
        points = row.get("points") or ()
        last = len(points) - 1
        begin, end = (facts.figure("accounts", place, "points", index, 1) for index in (0, last))
        found.append(f"The net liq of account {row['account']} went from {begin} to {end}.")
    return " ".join(found) or "There is no history of the net liq yet."


def _orders(facts: _Facts) -> str:
    found = [
        f"{row.get('status', 'order')} order in {row.get('symbol') or row.get('underlying') or NOT_KNOWN}: quantity"
        f" {facts.figure('orders', place, 'quantity')}, price {facts.figure('orders', place, 'price')}."
        for place, row in facts.rows("orders")
    ]
    return " ".join(found) + facts.more("orders") if found else "There are no such orders."


def _fills(facts: _Facts) -> str:
    found = [
        f"{row['symbol']}: quantity {facts.figure('fills', place, 'quantity')} at"
        f" {facts.figure('fills', place, 'price')}."
        for place, row in facts.rows("fills")
    ]
    return " ".join(found) + facts.more("fills") if found else "There are no fills."


def _facts_told(facts: _Facts) -> str:
    kinds = [str(row.get("type")) for _, row in facts.rows("facts")]
    return f"The first of what happened: {', '.join(kinds)}." if kinds else "Nothing happened."


def _expirations(facts: _Facts) -> str:
    found = [
        f"{row['date']} with {facts.figure('expirations', place, 'strikes')} strikes"
        for place, row in facts.rows("expirations")
    ]
    return f"Options on {facts.value.get('symbol')} end on {'; '.join(found)}." if found else "It has no options."


def _chain(facts: _Facts) -> str:
    found = [
        f"{row['type']} {facts.figures('options', place, strike='strike', bid='bid', ask='ask')}"
        for place, row in facts.rows("options")
    ]
    return f"Nearest the money: {'; '.join(found)}." if found else "No such option is listed."


def _candles(facts: _Facts) -> str:
    if not facts.value.get("candles"):
        return "There are no candles."
    summary = facts.figures("summary", high="high", low="low", change_of_the_close="change")
    return f"Over these bars: {summary}, last close {facts.figure('candles', 0, 4)}."


def _payoff(facts: _Facts) -> str:
    ends = "; ".join(facts.figure("breakevens", place) for place, _ in facts.rows("breakevens"))
    said = facts.figures(cost="cost", most_profit="max_profit", most_loss="max_loss")
    return f"{said.capitalize()}, break-even {ends or NOT_KNOWN}."


def _news(facts: _Facts) -> str:
    headlines = [
        f"“{outside['headline']}”"
        for _, row in facts.rows("articles")
        if isinstance(outside := row.get("outside"), dict) and outside.get("headline")
    ]
    return f"Headlines: {'; '.join(headlines)}." if headlines else "There is no such news."


def _signals(facts: _Facts) -> str:
    found = [
        f"{row['model']}: {facts.figure('signals', place, 'p')} for a rise, against"
        f" {facts.figure('signals', place, 'q')} of its baseline"
        for place, row in facts.rows("signals")
    ]
    reason = facts.value.get("reason")
    return f"{'; '.join(found)}." if found else f"There is no signal{f': {reason}' if reason else '.'}"


def _alerts(facts: _Facts) -> str:
    texts = [
        f"{row.get('text')} (fired {facts.figure('alerts', place, 'fired')} times)"
        for place, row in facts.rows("alerts")
    ]
    return f"Your alerts: {'; '.join(texts)}." if texts else "You have no alerts."


def _watchlists(facts: _Facts) -> str:
    lists = [", ".join(row.get("symbols") or ("nothing",)) for _, row in facts.rows("watchlists")]
    return f"On your lists: {'; '.join(lists)}." if lists else "You have no watchlists."


def _status(facts: _Facts) -> str:
    links = [f"{row.get('venue', 'a link')} is {row.get('state')}" for _, row in facts.rows("links")]
    warnings = " ".join(facts.value.get("warnings") or ())
    session = facts.value.get("session") or NOT_KNOWN
    return f"The session is {session}; {', '.join(links) or 'no broker is linked'}. {warnings}".strip()


def _draft(facts: _Facts) -> str:
    return "The order lies before you as a card. Nothing was sent."


def _calculation(facts: _Facts) -> str:
    return f"That is {facts.figure('value')}."


ANSWERS: dict[str, typing.Callable[[_Facts], str]] = {
    "get_quotes": _quotes, "watch_quotes": _quotes, "market_overview": _overview, "get_positions": _positions,
    "get_portfolio": _portfolio, "get_net_liq": _net_liq, "get_orders": _orders, "get_fills": _fills,
    "get_facts": _facts_told, "watch_facts": _facts_told, "get_expirations": _expirations,
    "get_option_chain": _chain, "get_candles": _candles, "get_payoff": _payoff, "get_news": _news,
    "stream_market_news": _news, "get_signals": _signals, "get_alerts": _alerts, "list_watchlists": _watchlists,
    "desk_status": _status, "draft_order": _draft, "calculate": _calculation,
}  # fmt: skip
"""What is said of the answer of each tool."""
