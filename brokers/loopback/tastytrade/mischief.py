"""What each fault does to the simulated tastytrade. `commit` is the one way in; `docs` of each are its docstring.

Some strike once and at once (drop, garbage, short_row); others stand until their time or count is spent or they are
cleared (mute, oauth, rest). Values that are spoiled for a symbol (nan, missing) are spoiled for everybody.
"""

import typing

from brokers.loopback.accounts import Customer
from brokers.loopback.asgi import Socket
from brokers.loopback.faults import Fault
from brokers.loopback.tastytrade import rest
from brokers.loopback.tastytrade.channels import Channel, full_row
from brokers.loopback.tastytrade.dxlink import Dialogue
from brokers.loopback.tastytrade.feed import NAN, TYPES
from brokers.loopback.tastytrade.venue import Tastytrade, now, wall_ms

_GONE = 1001


class BadFault(ValueError):
    """A fault nobody can commit; the text says what would be accepted."""


def commit(venue: Tastytrade, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or channels it struck (0: nobody was there). Raises BadFault."""
    act = ACTS.get(fault.fault)
    if act is None:
        raise BadFault(f"unknown fault {fault.fault!r}; known are {', '.join(sorted(ACTS))}")
    if fault.account and fault.account not in venue.by_account:
        raise BadFault(f"no account {fault.account!r}; there are {', '.join(venue.by_account)}")
    if fault.event not in TYPES:
        raise BadFault(f"unknown event {fault.event!r}; known are {', '.join(sorted(TYPES))}")
    if fault.symbol and venue.feed.subject(fault.symbol) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    return act(venue, fault)


def _customers(venue: Tastytrade, fault: Fault) -> list[Customer]:
    return [customer for customer in venue.customers if fault.hits(customer.numbers)]


def _dialogues(venue: Tastytrade, fault: Fault) -> list[tuple[Dialogue, Socket]]:
    if fault.stream == "alerts":
        return []
    return [(dialogue, socket) for dialogue, socket in venue.dialogues.items() if fault.hits(dialogue.accounts)]


def _sockets(venue: Tastytrade, fault: Fault) -> list[Socket]:
    """Return the open sockets a fault is about: of one stream or both."""
    sockets = [socket for _, socket in _dialogues(venue, fault)]
    if fault.stream != "dxlink":
        sockets += [socket for listener, socket in venue.listeners.items() if fault.hits(listener.accounts)]
    return sockets


def _channels(venue: Tastytrade, fault: Fault) -> list[tuple[Channel, Dialogue, Socket]]:
    """Return the open channels that carry the fault's event type."""
    return [
        (channel, dialogue, socket)
        for dialogue, socket in _dialogues(venue, fault)
        for channel in dialogue.channels.values()
        if channel.wanted.get(fault.event)
    ]


def expire(venue: Tastytrade, fault: Fault) -> int:
    """End every access token now; the grant stays good."""
    return venue.access.expire(lambda grant: fault.hits(grant.customer.numbers))


def revoke(venue: Tastytrade, fault: Fault) -> int:
    """Delete people's grants: refreshes, access tokens and quote tokens are refused, open streams are closed."""
    customers = _customers(venue, fault)
    venue.revoke([grant for grant in venue.grants if fault.hits(grant.customer.numbers)])
    venue.quotes.expire(lambda customer: fault.hits(customer.numbers))
    drop(venue, fault)
    return len(customers)


def restore(venue: Tastytrade, fault: Fault) -> int:
    """Make revoked grants good again. Their old tokens stay dead."""
    revoked = [grant for grant in venue.grants if grant.revoked and fault.hits(grant.customer.numbers)]
    for grant in revoked:
        grant.revoked = False
    return len(revoked)


def mute(venue: Tastytrade, fault: Fault) -> int:
    """Fall silent on the sockets that are open now (`mode` `all`: on later ones too), or about one `symbol` only.

    A mute socket sends nothing at all, not even KEEPALIVE. The stream is `dxlink` unless `alerts` is named.
    """
    fault.stream = fault.stream or "dxlink"
    until = float("inf") if fault.seconds is None else now() + fault.seconds
    if fault.symbol:
        channels = [channel for dialogue, _ in _dialogues(venue, fault) for channel in dialogue.channels.values()]
        venue.faults.stand(fault, now())
        return len(channels)
    if fault.mode == "all":
        venue.faults.stand(fault, now())
    sockets = _sockets(venue, fault)
    for socket in sockets:
        socket.mute_until = until
    return len(sockets)


def drop(venue: Tastytrade, fault: Fault) -> int:
    """Close sockets with `code` (default 1001), or cut the connection without a word (`mode` `abort`)."""
    sockets = _sockets(venue, fault)
    for socket in sockets:
        if fault.mode == "abort":
            venue.abort(socket.client)
        else:
            socket.close(fault.code or _GONE)
    return len(sockets)


def garbage(venue: Tastytrade, fault: Fault) -> int:
    """Send a `text` that is not JSON (or any text that is given)."""
    sockets = _sockets(venue, fault)
    for socket in sockets:
        socket.post(fault.text or "<<< not json >>>")
    return len(sockets)


def short_row(venue: Tastytrade, fault: Fault) -> int:
    """Send every symbol of the `event` channels once, the last row one value short (`mode` `first`: the first row)."""
    channels = _channels(venue, fault)
    for channel, _, socket in channels:
        rows = _rows(channel, fault.event)
        at = 0 if fault.mode == "first" else -1
        rows[at] = rows[at][: rows[at].rindex(b",")] + (b"}" if channel.format == "FULL" else b"")
        socket.post(channel.data(fault.event, rows))
    return len(channels)


def big_frame(venue: Tastytrade, fault: Fault) -> int:
    """Send one frame of valid data of at least `size` bytes: the channel's rows over and over."""
    channels = _channels(venue, fault)
    for channel, _, socket in channels:
        rows = _rows(channel, fault.event)
        length = sum(len(row) + 1 for row in rows)
        socket.post(channel.data(fault.event, rows * (fault.size // length + 1)))
    return len(channels)


def _rows(channel: Channel, kind: str) -> list[bytes]:
    """Encode the present event of every symbol of a channel."""
    events = [event for symbol in sorted(channel.wanted[kind]) if (event := channel.feed.event(kind, symbol))]
    if channel.format == "FULL":
        return [full_row(kind, event, channel.fields[kind]) for event in events]
    rows = [channel.feed.row(kind, event["eventSymbol"], channel.fields[kind]) for event in events]
    return [row for row in rows if row is not None]


def data_format(venue: Tastytrade, fault: Fault) -> int:
    """Switch the channels to `mode` FULL or COMPACT in mid-session."""
    if fault.mode not in ("FULL", "COMPACT"):
        raise BadFault(f"mode is FULL or COMPACT, not {fault.mode!r}")
    struck = [pair for pair in _dialogues(venue, fault) if pair[0].channels]
    for dialogue, socket in struck:
        for channel in dialogue.channels.values():
            socket.post(channel.switch(fault.mode))
    return len(struck)


def error(venue: Tastytrade, fault: Fault) -> int:
    """Send an ERROR (`mode`, default UNKNOWN) on the channels that carry `event`."""
    channels = _channels(venue, fault)
    for channel, dialogue, _ in channels:
        dialogue.error(fault.mode or "UNKNOWN", fault.text or "Something went wrong.", channel.number)
    return len(channels)


def channel_closed(venue: Tastytrade, fault: Fault) -> int:
    """Close the channels that carry `event` from the server's side."""
    channels = _channels(venue, fault)
    for channel, dialogue, _ in channels:
        dialogue.close_channel(channel)
    return len(channels)


def unauthorized(venue: Tastytrade, fault: Fault) -> int:
    """End the quote tokens in mid-session, as their 24 h do: data stops, AUTH_STATE says UNAUTHORIZED."""
    venue.quotes.expire(lambda customer: fault.hits(customer.numbers))
    struck = [dialogue for dialogue, _ in _dialogues(venue, fault) if dialogue.ticket]
    for dialogue in struck:
        dialogue.suspend()
    return len(struck)


def nan(venue: Tastytrade, fault: Fault) -> int:
    """Spoil `field` (default: both prices) of a `symbol`'s `event` with `text` (default NaN) until cleared."""
    fields = (fault.field,) if fault.field else ("bidPrice", "askPrice")
    venue.feed.spoiled[fault.event, fault.symbol] = dict.fromkeys(fields, fault.text or NAN)
    venue.touch(fault.event, fault.symbol)
    return 1


def missing(venue: Tastytrade, fault: Fault) -> int:
    """Leave out a `field` of balances and positions (`mode` `null`: say null), or the last trade of a `symbol`."""
    if fault.symbol:
        venue.feed.hidden.add(("Trade", fault.symbol))
        venue.touch("Trade", fault.symbol)
        return 1
    if not fault.field:
        raise BadFault("missing needs a field (such as net-liquidating-value) or a symbol")
    venue.faults.stand(fault, now())
    return len(_customers(venue, fault))


def halt(venue: Tastytrade, fault: Fault) -> int:
    """Halt trading in `symbol` (`mode` `resume`: let it trade again)."""
    if fault.symbol not in venue.market.tapes:
        raise BadFault("halt needs the symbol of an equity, fund or index")
    if fault.mode == "resume":
        venue.market.resume(fault.symbol)
    else:
        venue.market.halt(fault.symbol, wall_ms())
    venue.touch("Profile", fault.symbol)
    return 1


def answers(venue: Tastytrade, fault: Fault) -> int:
    """Spoil answers of the token endpoint or of REST below `path`: `slow` by `delay` s, or another `mode`."""
    if fault.mode != "slow" and fault.mode not in rest.FAULT_ANSWERS:
        raise BadFault(f"mode is slow or one of {', '.join(rest.FAULT_ANSWERS)}, not {fault.mode!r}")
    return stand(venue, fault)


def stand(venue: Tastytrade, fault: Fault) -> int:
    """Let a fault stand that the venue looks up where it strikes."""
    venue.faults.stand(fault, now())
    return len(_customers(venue, fault))


def once(venue: Tastytrade, fault: Fault) -> int:
    """Let a fault stand that strikes once unless told how often."""
    fault.times = fault.times or 1
    return stand(venue, fault)


def clear(venue: Tastytrade, fault: Fault) -> int:
    """End every standing fault, or those of the name in `mode`. Revoked grants stay revoked."""
    ended = venue.faults.clear(fault.mode, fault.account)
    if fault.mode in ("", "mute"):
        for socket in _sockets(venue, fault):
            socket.mute_until = 0.0
    if fault.mode in ("", "nan", "missing"):
        ended += venue.restore_events()
    return ended


ACTS: dict[str, typing.Callable[[Tastytrade, Fault], int]] = {
    "expire": expire,
    "revoke": revoke,
    "restore": restore,
    "mute": mute,
    "drop": drop,
    "garbage": garbage,
    "short_row": short_row,
    "big_frame": big_frame,
    "format": data_format,
    "error": error,
    "channel_closed": channel_closed,
    "unauthorized": unauthorized,
    "nan": nan,
    "missing": missing,
    "halt": halt,
    "oauth": answers,
    "rest": answers,
    "rotate": stand,
    "bad_quote_token": stand,
    "connect_failed": stand,
    "refuse_upgrade": stand,
    "unknown_enum": once,
    "unknown_type": once,
    "partial_balance": once,
    "results": once,
    "clear": clear,
}
"""Every fault by name."""
