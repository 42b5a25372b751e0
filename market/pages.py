"""The pages of the market side, rendered from the board of who looks; their script goes on from there."""

import asyncio
import collections
import datetime
import functools
import typing
from collections.abc import Mapping

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from brokers.adapter.candle_slot import LENGTHS
from brokers.contract.broker import Expiration
from brokers.contract.events import Interval
from brokers.instruments import calendar
from brokers.instruments.symbols import is_symbol, normalise
from market.api import requests
from market.chains import kept, listing, strikes_around
from market.chains.chain import underlying_price
from market.chains.table import GREEKS, AtTheMoney, ChainTable
from market.charts import history, table
from market.charts.kept import kept_bars
from market.radial import markets
from market.radial.markets import SYMBOLS, Wedge, WedgeBar
from streaming.board.board import Item
from streaming.last_known import store as last_known
from streaming.pages import initial_state
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.wire.subscription import Subscription

FIRST = "QQQ"
"""The market in the middle of the hub, and whose options are shown, until another one is chosen."""
QUICKLY_S = 0.6
"""How long the hub waits for what options there are; its script waits longer."""
CHART_TOPICS = frozenset({"links", "market", "portfolio"})
ROWS = (10, 20, 40)
"""How many strikes a chain may show, beside all of them."""
USUAL_ROWS = 20
MONTHLY = ("regular", "standard")
"""What venues call the expirations there have always been."""
ALL = "all"
CHAIN_TOPICS = frozenset({"links", "market"})


class Sector(typing.NamedTuple):
    """One wedge of the hub with what is known of it."""

    wedge: Wedge
    quote: Item
    bar: WedgeBar


@login_required
@require_safe
@never_cache
async def hub(request: HttpRequest) -> HttpResponse:
    """The radial hub: ten markets around a ring. `?symbol=` is the one in the middle."""
    symbol = request.GET.get("symbol", "").upper()
    focus = symbol if symbol in SYMBOLS else FIRST
    person = await _person(request)
    board = await initial_state.sought(person, initial_state.HEADER, quotes=SYMBOLS)
    try:
        async with asyncio.timeout(QUICKLY_S):
            day, listed = await _usual(person, focus)
    except TimeoutError:
        asked: dict[str, object] = {}
    except RpcError as error:
        asked = {"refusal": error.detail}
    else:
        at = listed.strikes[strikes_around.nearest(listed.strikes, underlying_price(_slot(board, "quote", focus)))]
        options = [option for option in (at.call, at.put) if option]
        board = await initial_state.sought(person, initial_state.HEADER, [*SYMBOLS, *options], options)
        asked = {"atm": AtTheMoney.of(listed, day["dte"], at, functools.partial(_slot, board))}
    known = quotes(board)
    shown = {"board": board, "sectors": sectors(known), "focus": focus, "quote": known[focus], "lines": GREEKS}
    return await _page(request, "market/hub.html", shown | asked)


def quotes(board: Rendered | None) -> dict[str, Item]:
    """Return what is known of each of the ten."""
    return {symbol: _slot(board, "quote", symbol) for symbol in SYMBOLS}


def sectors(quotes: Mapping[str, Item]) -> list[Sector]:
    """Return the ring's wedges with what is known of each."""
    return [
        Sector(wedge, quotes[wedge.symbol], markets.bar(quotes[wedge.symbol].get("change_percentage")))
        for wedge in markets.WEDGES
    ]


class Choice(typing.NamedTuple):
    """What was chosen in the address of a chain. Of `rows`, None is all."""

    date: datetime.date | None
    root: str
    rows: int | None


def _leading_to(page: str) -> typing.Callable[[HttpRequest], typing.Coroutine[typing.Any, typing.Any, HttpResponse]]:
    """Return the view that leads to a page of `?symbol=`."""

    @login_required
    @require_safe
    async def choose(request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse(page, args=[_known(request.GET.get("symbol", "").strip() or FIRST)]))

    return choose


choose_chain, choose_chart = _leading_to("market:chain"), _leading_to("market:chart")


def _known(text: str) -> str:
    """Return a symbol of an address, our way. Raises Http404 for what cannot be one."""
    symbol = normalise(text)
    if not is_symbol(symbol):
        raise Http404
    return symbol


@login_required
@require_safe
@never_cache
async def chain(request: HttpRequest, symbol: str) -> HttpResponse:
    """A chain: calls, strikes, puts. `?expiration=` is a day and, after a blank, its root; `?rows=` how many."""
    symbol = _known(symbol)
    person = await _person(request)
    board = await initial_state.sought(person, initial_state.HEADER, quotes=[symbol])
    context, view = await chain_of(person, symbol, request.GET, board)
    if view.greeks:
        board = await initial_state.sought(person, initial_state.HEADER, view.quotes, view.greeks)
    return await _page(request, "market/chain.html", {**context(board), "board": board})


async def chain_of(person: int, symbol: str, query: Mapping[str, str], first: Rendered | None) -> Asked:
    """Return what a chain shows, and what it needs for that. `first` knows the price. Without one, it says why."""
    choice = _choice(query)
    try:
        days = await listing.expirations(runtime().hub, person, symbol)
        listed = await _listed(person, symbol, days, choice)
    except RpcError as error:
        return await kept_chain(person, symbol, query, error.detail, first)
    return _chain(symbol, choice, first, days, listed)


def _chain(symbol: str, choice: Choice, first: Rendered | None, days: list[Item], listed: Expiration) -> Asked:
    price = underlying_price(_slot(first, "quote", symbol))
    band = strikes_around.band(listed.strikes, price, choice.rows or len(listed.strikes))
    options = frozenset(option for strike in band for option in (strike.call, strike.put) if option)

    def context(board: Rendered | None) -> Mapping[str, object]:
        quote = _slot(board, "quote", symbol)
        table = ChainTable.around(band, underlying_price(quote), functools.partial(_slot, board))
        dte = (listed.date - requests.today()).days
        return _unlisted(symbol, choice) | {
            "quote": quote,
            "days": _days(days),
            "listed": listed,
            "dte": dte,
            "table": table,
        }

    return context, Subscription(quotes=options | {symbol}, greeks=options, topics=CHAIN_TOPICS)


async def kept_chain(person: int, symbol: str, query: Mapping[str, str], refusal: str, first: Rendered | None) -> Asked:
    """Return what was last known of a chain that cannot be asked for, and why it cannot."""
    choice = _choice(query)
    items, _ = await database_sync_to_async(last_known.load)(person)
    listed = kept.kept_expiration(symbol, items, requests.today(), choice.date)
    if listed is None:
        return no_chain(symbol, query, refusal)
    day: Item = {"date": listed.date.isoformat(), "root": listed.root, "kind": None, "multiplier": None}
    day |= {"dte": (listed.date - requests.today()).days, "ends": calendar.ends(listed.root, listed.date)}
    context, view = _chain(symbol, choice, first, [day], listed)
    return lambda board: {**context(board), "refusal": refusal, "kept": True}, view


def no_chain(symbol: str, query: Mapping[str, str], refusal: str) -> Asked:
    """Return what is shown where nothing is known of a chain, and why."""
    shown = _unlisted(symbol, _choice(query)) | {"refusal": refusal}
    return lambda board: shown, Subscription(quotes=frozenset({symbol}), topics=CHAIN_TOPICS)


def _unlisted(symbol: str, choice: Choice) -> dict[str, object]:
    return {
        "symbol": symbol,
        "rows": choice.rows,
        "row_choices": ROWS,
        "table": ChainTable(),
        "rate": settings.RISK_FREE_RATE,
    }


@login_required
@require_safe
@never_cache
async def chart(request: HttpRequest, symbol: str) -> HttpResponse:
    """A chart. `?interval=` is how long its bars are."""
    symbol = _known(symbol)
    person = await _person(request)
    board, (context, _) = await asyncio.gather(
        initial_state.sought(person, initial_state.HEADER | CHART_TOPICS, quotes=[symbol]),
        chart_of(person, symbol, request.GET),
    )
    return await _page(request, "market/chart.html", {**context(board), "board": board})


async def chart_of(person: int, symbol: str, query: Mapping[str, str]) -> Asked:
    """Return what a chart shows first, and what it needs for that. Bars that are not there quickly come later."""
    interval = table.chosen(query.get("interval", ""))
    try:
        async with asyncio.timeout(QUICKLY_S):
            rows = table.rows(await history.past(runtime().hub, person, symbol, interval, None, table.ROWS), interval)
        known: dict[str, object] = {"rows": rows}
    except (TimeoutError, RpcError):
        known = await _kept_bars(person, symbol, interval)
    shown = {"symbol": symbol, "interval": interval, "intervals": table.INTERVALS, **known}
    view = Subscription(quotes=frozenset({symbol}), topics=CHART_TOPICS)
    return lambda board: shown | {"quote": _slot(board, "quote", symbol), "indicators": table.INDICATORS}, view


async def _kept_bars(person: int, symbol: str, interval: Interval) -> dict[str, object]:
    """Return the rows that were last known of a chart, and the end of the newest bar as what was told last."""
    bars = await database_sync_to_async(kept_bars)(person, symbol, interval, table.ROWS)
    at = bars[-1].time + LENGTHS[interval] if bars else None
    return {"rows": table.rows_of(bars, interval), "kept_bars": {"held": True, "at": at} if bars else None}


def _days(days: list[Item]) -> list[Item]:
    """Return the expirations as a page names them: by their day, and by their root where a day has several."""
    many = collections.Counter(day["date"] for day in days)
    return [
        {
            **day,
            "day": datetime.date.fromisoformat(day["date"]),
            "other": many[day["date"]] > 1,
            "monthly": str(day["kind"]).lower() in MONTHLY,
        }
        for day in days
    ]


def _choice(query: Mapping[str, str]) -> Choice:
    """Read what was chosen; what cannot be read was not."""
    day, _, root = query.get("expiration", "").partition(" ")
    try:
        date = datetime.date.fromisoformat(day)
    except ValueError:
        date = None
    asked = query.get("rows", "")
    rows = None if asked == ALL else int(asked) if asked in map(str, ROWS) else USUAL_ROWS
    return Choice(date, root.upper()[:24], rows)


async def _listed(person: int, symbol: str, days: list[Item], choice: Choice) -> Expiration:
    """Return the chosen expiration, or that which is looked at first. Raises RpcError."""
    date = choice.date
    if date is None or not any(day["date"] == date.isoformat() for day in days):
        return (await _usual(person, symbol))[1]
    return await listing.strikes(runtime().hub, person, symbol, date, choice.root)


async def _usual(person: int, symbol: str) -> tuple[Item, Expiration]:
    """Return the expiration that is looked at first. Raises RpcError."""
    found = runtime().hub
    if (day := strikes_around.usual(await listing.expirations(found, person, symbol))) is None:
        raise RpcError("no_options", f"Every option on {symbol} that is listed has ended.")
    date = datetime.date.fromisoformat(day["date"])
    return day, await listing.strikes(found, person, symbol, date, day["root"])


def _slot(board: Rendered | None, kind: str, symbol: str) -> Item:
    return board.slot(kind, symbol) if board else {}


async def _person(request: HttpRequest) -> int:
    return typing.cast(User, await request.auser()).pk


async def _page(request: HttpRequest, template: str, shown: typing.Mapping[str, object]) -> HttpResponse:
    # The shell asks the database, which must not be asked on the event loop.
    return await sync_to_async(render)(request, template, dict(shown))
