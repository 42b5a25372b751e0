"""Faults of DXLink: of the handshake, of channels, of frames and rows."""

import typing

import msgspec

from simulator.asgi import SimSocket
from simulator.faults.faults import Fault
from simulator.tastytrade.dxlink.candle_events import BEGIN, END, REMOVE
from simulator.tastytrade.dxlink.channels import Channel, chunks, full_row
from simulator.tastytrade.dxlink.events import CANDLE, NAN, Values
from simulator.tastytrade.faults.actions import (
    WHEN,
    WHOM,
    Act,
    act,
    channels,
    customers,
    dialogues,
    event_of,
    stand,
    standing,
)
from simulator.tastytrade.venue import SimTastytrade

_BIG_BYTES = 2_000_000
_BURST = 10_000
_BURST_FRAME_BYTES = 4_000
ERRORS = ("UNSUPPORTED_PROTOCOL", "TIMEOUT", "UNAUTHORIZED", "INVALID_MESSAGE", "BAD_ACTION", "UNKNOWN")


def refuse_upgrade(venue: SimTastytrade, fault: Fault) -> int:
    """Answer WebSocket handshakes with 502 and HTML. Nobody has said who they are by then: it hits everybody."""
    return stand(venue, fault)


def early_token(venue: SimTastytrade, fault: Fault) -> int:
    """Find no session for a token that comes before the prompt, as production does under load. It hits everybody."""
    return stand(venue, fault)


def unauthorized(venue: SimTastytrade, fault: Fault) -> int:
    """End the quote tokens in mid-session, as their 24 h do: data stops, AUTH_STATE says UNAUTHORIZED."""
    ended = customers(venue, fault)
    venue.quotes.expire(lambda customer: customer in ended)
    struck = [dialogue for dialogue, _ in dialogues(venue, fault) if dialogue.ticket]
    for dialogue in struck:
        dialogue.suspend()
    return len(struck)


def error(venue: SimTastytrade, fault: Fault) -> int:
    """Send an ERROR (mode, UNKNOWN) with a `text` on the channels that carry `event`; an empty event: channel 0."""
    kind, words = fault.mode or "UNKNOWN", fault.text or "Something went wrong."
    if fault.event == "":
        whole = dialogues(venue, fault)
        for dialogue, _ in whole:
            dialogue.error(kind, words)
        return len(whole)
    struck = channels(venue, fault)
    for channel, dialogue, _ in struck:
        dialogue.error(kind, words, channel.number)
    return len(struck)


def channel_closed(venue: SimTastytrade, fault: Fault) -> int:
    """Close the channels that carry `event` from the server's side."""
    struck = channels(venue, fault)
    for channel, dialogue, _ in struck:
        dialogue.close_channel(channel)
    return len(struck)


def silent_channel(venue: SimTastytrade, fault: Fault) -> int:
    """Say nothing more on the open channels that carry `event`, as if nothing happened: the others go on."""
    struck = channels(venue, fault)
    for channel, _, _ in struck:
        channel.is_silent = True
    return len(struck)


def data_format(venue: SimTastytrade, fault: Fault) -> int:
    """Switch the channels to FULL or COMPACT in mid-session, as production does."""
    struck = [pair for pair in dialogues(venue, fault) if pair[0].channels]
    for dialogue, socket in struck:
        for channel in dialogue.channels.values():
            socket.post(channel.switch(fault.mode))
    return len(struck)


def short_row(venue: SimTastytrade, fault: Fault) -> int:
    """Send every symbol of the `event` channels once, the last row one value short (mode first: the first row)."""
    struck = _telling(venue, fault)
    for channel, socket, rows in struck:
        at = 0 if fault.mode == "first" else -1
        rows[at] = rows[at][: rows[at].rindex(b",")] + (b"}" if channel.format == "FULL" else b"")
        socket.post(channel.data(event_of(fault), rows))
    return len(struck)


def big_frame(venue: SimTastytrade, fault: Fault) -> int:
    """Send one frame of valid data of at least `size` bytes (2,000,000): the channel's rows over and over."""
    struck = _telling(venue, fault)
    for channel, socket, rows in struck:
        length = sum(len(row) + 1 for row in rows)
        socket.post(channel.data(event_of(fault), rows * ((fault.size or _BIG_BYTES) // length + 1)))
    return len(struck)


def burst(venue: SimTastytrade, fault: Fault) -> int:
    """Send at least `size` updates (10,000) at once, in many frames; the last of each symbol is the true one."""
    struck = _telling(venue, fault)
    for channel, socket, rows in struck:
        for frame in chunks(rows * -(-(fault.size or _BURST) // len(rows)), _BURST_FRAME_BYTES):
            socket.post(channel.data(event_of(fault), frame))
    return len(struck)


def pairs(venue: SimTastytrade, fault: Fault) -> int:
    """Send the rows of every channel once, all types in one message, as COMPACT allows."""
    struck = 0
    for dialogue, socket in dialogues(venue, fault):
        compact = [channel for channel in dialogue.channels.values() if channel.format == "COMPACT"]
        told = [
            channel.pair(kind, rows) for channel in compact for kind in channel.wanted if (rows := _rows(channel, kind))
        ]
        if len(told) > 1:
            socket.post(compact[0].frame(",".join(told)))
            struck += 1
    return struck


def candle_garbage(venue: SimTastytrade, fault: Fault) -> int:
    """Tell of candles that never were: removed ones, ends without a begin, odd flags, no prices; then a true one."""
    struck = channels(venue, msgspec.structs.replace(fault, event=CANDLE))
    for channel, _, socket in struck:
        for symbol in sorted(channel.wanted[CANDLE]):
            if (true := channel.feed.event(CANDLE, symbol)) is not None:
                rows = [channel.encoded(CANDLE, event) for event in (*_nonsense(true), true)]
                socket.post(channel.data(CANDLE, rows))
    return len(struck)


def _nonsense(true: Values) -> typing.Iterator[Values]:
    """Yield candles a minute and more before the epoch's first day ends, where no series has any."""
    nothing = dict.fromkeys(("open", "high", "low", "close"), NAN)
    for minute, flags in enumerate((REMOVE, END, BEGIN | REMOVE | END, 0x1, 0x80, 0), start=1):
        seconds = minute * 60
        yield {**true, **nothing, "count": 0, "eventFlags": flags, "time": seconds * 1000, "index": seconds << 32}


def _telling(venue: SimTastytrade, fault: Fault) -> list[tuple[Channel, SimSocket, list[bytes]]]:
    """Return the channels of the fault's event that have something to tell, with their rows."""
    kind = event_of(fault)
    told = [(channel, socket, _rows(channel, kind)) for channel, _, socket in channels(venue, fault)]
    return [(channel, socket, rows) for channel, socket, rows in told if rows]


def _rows(channel: Channel, kind: str) -> list[bytes]:
    """Encode the present event of every symbol of a channel."""
    events = [event for symbol in sorted(channel.wanted[kind]) if (event := channel.feed.event(kind, symbol))]
    if channel.format == "FULL":
        return [full_row(kind, event, channel.fields[kind]) for event in events]
    rows = [channel.feed.row(kind, event["eventSymbol"], channel.fields[kind]) for event in events]
    return [row for row in rows if row is not None]


_EVENT = (*WHOM, "event")
ACTS: dict[str, Act] = {
    "bad_quote_token": standing("Refuse every quote token: AUTH is answered UNAUTHORIZED."),
    "early_token": act(early_token, "share", "seed", *WHEN),
    "never_authorized": standing("Answer AUTH with nothing at all."),
    "authorized_twice": standing("Say AUTHORIZED twice after an AUTH."),
    "refuse_upgrade": act(refuse_upgrade, "share", "seed", *WHEN, "stream"),
    "duplicate": standing("Send every FEED_DATA twice."),
    "out_of_order": standing("Hold a FEED_DATA back until the one after it has been sent."),
    "unauthorized": act(unauthorized, *WHOM),
    "error": act(error, *_EVENT, "text", modes=("", *ERRORS)),
    "channel_closed": act(channel_closed, *_EVENT),
    "silent_channel": act(silent_channel, *_EVENT),
    "format": act(data_format, *WHOM, modes=("COMPACT", "FULL")),
    "short_row": act(short_row, *_EVENT, modes=("", "first")),
    "big_frame": act(big_frame, *_EVENT, "size"),
    "burst": act(burst, *_EVENT, "size"),
    "pairs": act(pairs, *WHOM),
    "candle_garbage": act(candle_garbage, *WHOM),
}
