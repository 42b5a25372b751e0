"""Faults of the streams: silence, lateness, an end of every kind, and events that are lost, doubled or out of order."""

from simulator.asgi import SimSocket
from simulator.faults import actions
from simulator.faults.actions import NO_JSON, WHOM, act
from simulator.faults.faults import Fault
from simulator.tradier.faults.actions import Act, once, sockets_of, standing, viewers
from simulator.tradier.streams.account_stream import HEARTBEAT_S, SimTradierListener
from simulator.tradier.streams.market_stream import LONGEST_SILENCE_S, Viewer
from simulator.tradier.venue import NORMAL, SimTradier, now


def mute(venue: SimTradier, fault: Fault) -> int:
    """Fall silent on the streams that are open now (mode all: on later ones too), answering pings."""
    if fault.mode == "all":
        venue.faults.stand(fault, now())
    return actions.silence(sockets_of(venue, fault), fault, now())


def late(venue: SimTradier, fault: Fault) -> int:
    """Send everything on the streams that are open now `delay` seconds (1) after it was so."""
    return actions.delay(sockets_of(venue, fault), fault, now())


def half_open(venue: SimTradier, fault: Fault) -> int:
    """Let the streams that are open now hang: nothing is read or sent any more, no ping answered, nothing closed.

    The venue counts their sessions for `delay` seconds (0): for so long a new one is one too many.
    """
    struck = sockets_of(venue, fault)
    streams: list[tuple[Viewer | SimTradierListener, SimSocket]] = [*venue.viewers.items(), *venue.listeners.items()]
    for stream, socket in streams:
        if socket in struck:
            stream.counts_until = now() + fault.delay
    return actions.hang(venue, struck)


def drop(venue: SimTradier, fault: Fault) -> int:
    """Close streams with `code` (1000), cut the connection without a word (mode abort), or reset it (mode reset)."""
    return actions.close_sockets(venue, sockets_of(venue, fault), fault, NORMAL)


def garbage(venue: SimTradier, fault: Fault) -> int:
    """Send a `text` that is not JSON (or any text that is given)."""
    struck = sockets_of(venue, fault)
    for socket in struck:
        socket.post(fault.text or NO_JSON)
    return len(struck)


def idle(venue: SimTradier, fault: Fault) -> int:
    """End market streams that were told nothing for `delay` seconds, instead of 900."""
    struck = viewers(venue, fault)
    for viewer in struck:
        viewer.patience_s = fault.delay or LONGEST_SILENCE_S
    return len(struck)


def heartbeat(venue: SimTradier, fault: Fault) -> int:
    """Let the hearts of the account streams that are open now beat every `delay` seconds (5)."""
    struck = [listener for listener in venue.listeners if fault.hits(listener.accounts)]
    for listener in struck:
        listener.heartbeat_s = fault.delay or HEARTBEAT_S
    return len(struck)


def unknown_event(venue: SimTradier, fault: Fault) -> int:
    """Tell the account streams of something nobody knows."""
    struck = [listener for listener in venue.listeners if fault.hits(listener.accounts)]
    for listener in struck:
        listener.send({"event": "margin_call", "account": min(listener.accounts, default=""), "amount": 1})
    return len(struck)


def blank(venue: SimTradier, fault: Fault) -> int:
    """Send a blank line on the market streams that are broken into lines, as is seen now and then over HTTP."""
    struck = [viewer for viewer in viewers(venue, fault) if viewer.wants.linebreak]
    for viewer in struck:
        venue.viewers[viewer].post("\n")
    return len(struck)


ACTS: dict[str, Act] = {
    "too_many": standing("Answer who shows a session on a stream that there are too many.", "stream"),
    "refuse_upgrade": standing("Answer WebSocket handshakes with 502 and HTML: it hits everybody.", "stream"),
    "swallow_event": once("Never tell the next event of an order: one that is missed."),
    "duplicate_event": once("Tell the next event of an order twice."),
    "reorder_events": once("Tell the next event of an order after the one that follows it."),
    "late_event": once("Tell the next event of an order `delay` seconds late (2).", "delay"),
    "unknown_status": once("Give the next event of an order a status nobody knows."),
    "unknown_event": act(unknown_event, *WHOM),
    "mute": act(mute, *WHOM, "stream", "seconds", modes=("", "all")),
    "late": act(late, *WHOM, "stream", "seconds", "delay"),
    "half_open": act(half_open, *WHOM, "stream", "delay"),
    "drop": act(drop, *WHOM, "stream", "code", modes=("", "abort", "reset")),
    "garbage": act(garbage, *WHOM, "stream", "text"),
    "blank": act(blank, *WHOM),
    "idle": act(idle, *WHOM, "delay"),
    "heartbeat": act(heartbeat, *WHOM, "delay"),
}
