"""The REST API about what accounts were worth before."""

import datetime

from simulator.asgi import Answer, SimRequest
from simulator.exchange.accounts import Customer
from simulator.tastytrade.bodies import net_liq
from simulator.tastytrade.bodies.net_liq import NetLiqPeriod
from simulator.tastytrade.rest import query
from simulator.tastytrade.rest.accounts import CURRENCY
from simulator.tastytrade.rest.router import Api, not_found, own_account, route


def _balance_snapshots(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    """Answer the snapshots of the days asked for; without any, the most recent one and the balance of now."""
    account = own_account(customer, parts[0])
    query.choice(request, "time-of-day", net_liq.TIMES_OF_DAY)
    time_of_day = request.first("time-of-day", "EOD")
    if request.first("currency", CURRENCY) != CURRENCY:
        raise not_found()
    first, last = _days(request)
    history = api.histories.record(account)
    taken = net_liq.taken(history, time_of_day, api.market.day)
    if first is None and last is None:
        wanted = taken[-1:]
    else:
        begin, end = first or datetime.date.min, last or datetime.date.max
        wanted = [(day, closed) for day, closed in taken if begin <= day <= end]
    bodies = [net_liq.snapshot_body(account, history.closing(closed), day, time_of_day) for day, closed in wanted]
    if first is None and last is None:
        bodies.append({**api.notices.balance(account, customer, api.now()), "time-of-day": "Intraday"})
    return api.pages(request, bodies)


def _days(request: SimRequest) -> tuple[datetime.date | None, datetime.date | None]:
    """Return the first and the last day asked for. Raises Refusal 400."""
    if day := query.day(request, "snapshot-date"):
        return day, day
    first, last = query.day(request, "start-date"), query.day(request, "end-date")
    if first and last and last < first:
        raise query.wrong("end-date", "on or after start-date", last.isoformat())
    return first, last


def _net_liq(api: Api, request: SimRequest, customer: Customer, parts: tuple[str, ...]) -> Answer:
    account, now = own_account(customer, parts[0]), api.market.at
    period = _period(request, now)
    bars = net_liq.bars(api.histories.record(account), period, now)
    return api.items(request, [net_liq.net_liq_body(bar) for bar in bars])


def _period(request: SimRequest, now: int) -> NetLiqPeriod:
    """Return the period asked for: `start-time` goes before `time-back`. Raises Refusal 400."""
    time_back = query.choice(request, "time-back", tuple(net_liq.TIMES_BACK))
    first, last = _moment(request, "start-time"), _moment(request, "end-time")
    if first is not None:
        return NetLiqPeriod(first, last)
    if time_back is None:
        raise query.wrong("time-back", "given, or start-time", "")
    return net_liq.back(time_back, now)


def _moment(request: SimRequest, name: str) -> int | None:
    value = request.first(name)
    try:
        return net_liq.moment_of(value) if value else None
    except ValueError:
        raise query.wrong(name, "a time such as 2026-11-20T15:30:00Z", value) from None


ROUTES = (
    route("GET", r"/accounts/([^/]+)/balance-snapshots", _balance_snapshots),
    route("GET", r"/accounts/([^/]+)/net-liq/history", _net_liq),
)
