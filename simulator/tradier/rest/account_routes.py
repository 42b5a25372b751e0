"""The REST paths of people: who they are, what they have and had, and their watchlists."""

from brokers.instruments.symbols import normalise
from simulator.asgi import Json
from simulator.tradier.bodies import accounts, ledger
from simulator.tradier.format import SimTradierRefusal, plain, several
from simulator.tradier.request import SimTradierCall, split
from simulator.tradier.venue import SimTradier
from simulator.tradier.watchlists import SimTradierWatchlist, SimTradierWatchlists

_SORTS = ("closeDate", "openDate")


def profile(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with who somebody is."""
    return accounts.profile_body(call.token.person)


def balances(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with an account's money."""
    account = call.account
    kind = call.token.person.types[account.number]
    return accounts.balances_body(account, kind, venue.market, venue.surface, venue.orders.at_work(account))


def positions(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with what an account holds."""
    return accounts.positions_body(call.account)


def _cleared(call: SimTradierCall) -> None:
    """Let a request pass that is about what was cleared: nothing is in the sandbox. Raises SimTradierRefusal."""
    if call.token.environment == "sandbox":
        raise SimTradierRefusal(plain(404, "Not available in the sandbox"))


def account_history(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with what was booked before today, a page at a time."""
    _cleared(call)
    account = call.account
    kind, symbol = call.choice("type", ("", *ledger.TYPES), ""), call.text("symbol", "")
    page, limit = call.whole("page", 1, 1, 10_000), call.whole("limit", 25, 1, 10_000)
    first, last = call.date("start", account.opened.date()), call.date("end", venue.market.day)
    is_exact = call.flag("exactMatch")
    found = [
        body
        for body in ledger.events(account, venue.began[account.number], venue.market.day)
        if kind in ("", body["type"])
        and str(first) <= body["date"][:10] <= str(last)
        and _is_about(body[body["type"]].get("symbol", ""), symbol, is_exact=is_exact)
    ][(page - 1) * limit : page * limit]
    return {"history": {"event": several(found)} if found else None}


def _is_about(symbol: str, wanted: str, *, is_exact: bool) -> bool:
    """Whether a booking is about a symbol, or about one that begins so: options by their underlying."""
    wanted = normalise(wanted)
    return symbol == wanted if is_exact and wanted else symbol.startswith(wanted)


def gains(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with what was made before today, a page at a time."""
    _cleared(call)
    account = call.account
    page, limit = call.whole("page", 1, 1, 10_000), call.whole("limit", 100, 1, 10_000)
    is_opened = call.choice("sortBy", _SORTS, "closeDate") == "openDate"
    is_newest_first = call.choice("sort", ("asc", "desc"), "desc") == "desc"
    symbol = normalise(call.text("symbol", ""))
    found = ledger.closed(account, venue.began[account.number], venue.market.day)
    first, last = call.date("start", account.opened.date()), call.date("end", venue.market.day)
    found = [lot for lot in found if symbol in ("", lot.symbol) and first <= lot.closed <= last]
    found.sort(key=lambda lot: lot.opened if is_opened else lot.closed, reverse=is_newest_first)
    bodies = [ledger.closed_body(lot) for lot in found[(page - 1) * limit : page * limit]]
    return {"gainloss": {"closed_position": several(bodies)} if bodies else None}


def _lists(venue: SimTradier, call: SimTradierCall) -> SimTradierWatchlists:
    return venue.watchlists[call.token.person.id]


def _told(watchlist: SimTradierWatchlist) -> Json:
    return {"watchlist": watchlist.body}


def watchlists(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with a person's lists."""
    return {"watchlists": {"watchlist": several([each.head for each in _lists(venue, call).all()])}}


def watchlist(venue: SimTradier, call: SimTradierCall) -> Json:
    """Answer with one list."""
    return _told(_lists(venue, call).find(call.path["list"]))


def create_watchlist(venue: SimTradier, call: SimTradierCall) -> Json:
    """Add a list."""
    symbols = [normalise(symbol) for symbol in split(call.text("symbols", ""))]
    return _told(_lists(venue, call).create(call.text("name"), symbols))


def change_watchlist(venue: SimTradier, call: SimTradierCall) -> Json:
    """Give a list another name, or other symbols."""
    found = _lists(venue, call).find(call.path["list"])
    found.name = call.text("name")
    if "symbols" in call.given:
        found.symbols = list(dict.fromkeys(normalise(symbol) for symbol in call.symbols()))
    return _told(found)


def delete_watchlist(venue: SimTradier, call: SimTradierCall) -> Json:
    """Remove a list; the others are told."""
    _lists(venue, call).delete(call.path["list"])
    return watchlists(venue, call)


def add_symbols(venue: SimTradier, call: SimTradierCall) -> Json:
    """Put symbols into a list."""
    found = _lists(venue, call).find(call.path["list"])
    found.symbols = list(dict.fromkeys([*found.symbols, *(normalise(symbol) for symbol in call.symbols())]))
    return _told(found)


def remove_symbol(venue: SimTradier, call: SimTradierCall) -> Json:
    """Take a symbol out of a list."""
    found = _lists(venue, call).find(call.path["list"])
    symbol = normalise(call.path["symbol"])
    if symbol not in found.symbols:
        raise SimTradierRefusal(plain(404, f"symbol not found: {symbol}"))
    found.symbols.remove(symbol)
    return _told(found)
