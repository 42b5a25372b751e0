"""What the venue's own people do: change a public watchlist, freeze or close an account. Whoever listens is told."""

import typing

import msgspec

from brokers.loopback import calendar
from brokers.loopback.asgi import Json
from brokers.loopback.standing import StandingChange, change
from brokers.loopback.tastytrade import risk, watchlists
from brokers.loopback.tastytrade.stream import PUBLIC_WATCHLISTS
from brokers.loopback.tastytrade.venue import Tastytrade
from brokers.loopback.tastytrade.watchlists import Watchlist


class Wrong(ValueError):
    """Something the back office cannot do; the text says why."""


class PublicList(msgspec.Struct, forbid_unknown_fields=True):
    """A public watchlist to publish, in the place of one of its name. An existing one keeps its group and place."""

    name: str
    symbols: list[str]
    group: str = "tastytrade"


class NewStanding(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change of what an account may do."""

    account: str
    change: StandingChange


def publish(venue: Tastytrade, wanted: PublicList) -> Watchlist:
    """Change or add a public watchlist."""
    known = venue.watchlists.public.get(wanted.name)
    group, index = (known.group_name, known.order_index) if known else (wanted.group, 9999)
    tapes = venue.market.tapes
    entries = [watchlists.entry(s, tapes[s].listing if s in tapes else None) for s in wanted.symbols]
    made = Watchlist(wanted.name, entries, group, index)
    venue.watchlists.public[made.name] = made
    hears = PUBLIC_WATCHLISTS
    venue.announce("PublicWatchlists", watchlists.public_body(made), lambda listener: hears in listener.subscriptions)
    return made


def restrict(venue: Tastytrade, wanted: NewStanding) -> None:
    """Change what an account may do. Raises Wrong."""
    if wanted.account not in venue.by_account:
        raise Wrong(f"no account {wanted.account!r}")
    _, account = venue.by_account[wanted.account]
    account.standing = change(account.standing, wanted.change, calendar.moment(venue.market.at))
    status = risk.trading_status_body(account, venue.market)
    venue.announce("TradingStatus", status, lambda listener: account.number in listener.numbers)


def _restrict(venue: Tastytrade, body: bytes) -> Json:
    restrict(venue, msgspec.json.decode(body, type=NewStanding))
    return {}


def _publish(venue: Tastytrade, body: bytes) -> Json:
    return {"name": publish(venue, msgspec.json.decode(body, type=PublicList)).name}


ACTS: dict[str, typing.Callable[[Tastytrade, bytes], Json]] = {"standing": _restrict, "watchlist": _publish}
"""What the control door lets anybody do here, by its name there."""
