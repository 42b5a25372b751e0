"""Faults of the streams: silence, lateness, an end of every kind, and events that are lost, doubled or out of order."""

from simulator.alpaca.faults.actions import Act, feeds, once, sockets_of, standing
from simulator.alpaca.sockets import NORMAL
from simulator.alpaca.streams.connection_limit import RECONNECT_S
from simulator.alpaca.streams.sse import BROKEN, HEARTBEAT_S
from simulator.alpaca.streams.websocket import SimAlpacaListener
from simulator.alpaca.venue import SimAlpaca, now
from simulator.faults import actions
from simulator.faults.actions import NO_JSON, WHEN, WHOM, act
from simulator.faults.faults import Fault


def mute(venue: SimAlpaca, fault: Fault) -> int:
    """Fall silent on the streams that are open now (mode all: on later ones too), answering pings."""
    if fault.mode == "all":
        venue.faults.stand(fault, now())
    return actions.silence(sockets_of(venue, fault), fault, now())


def late(venue: SimAlpaca, fault: Fault) -> int:
    """Send everything on the streams that are open now `delay` seconds (1) after it was so."""
    return actions.delay(sockets_of(venue, fault), fault, now())


def half_open(venue: SimAlpaca, fault: Fault) -> int:
    """Let the streams that are open now hang: nothing is read or sent any more, no ping answered, nothing closed.

    The venue counts a WebSocket for `delay` seconds (0): for so long a new one is one too many.
    """
    struck = sockets_of(venue, fault)
    for listener in _listeners(venue, fault):
        listener.counts_until = now() + fault.delay
    return actions.hang(venue, struck)


def _listeners(venue: SimAlpaca, fault: Fault) -> list[SimAlpacaListener]:
    struck = sockets_of(venue, fault)
    return [listener for listener, socket in venue.listeners.items() if socket in struck]


def drop(venue: SimAlpaca, fault: Fault) -> int:
    """Close streams with `code` (1000), cut the connection without a word (mode abort), or reset it (mode reset)."""
    return actions.close_sockets(venue, sockets_of(venue, fault), fault, NORMAL)


def fail(venue: SimAlpaca, fault: Fault) -> int:
    """Say that the server has failed, in a comment or a frame, and close."""
    struck = sockets_of(venue, fault)
    for listener in _listeners(venue, fault):
        listener.fail()
    for feed, (_, socket) in venue.feeds.items():
        if socket in struck:
            feed.comment(BROKEN)
    return actions.close_sockets(venue, struck, Fault("fail"), NORMAL)


def garbage(venue: SimAlpaca, fault: Fault) -> int:
    """Send a `text` that is not JSON (or any text that is given)."""
    struck = sockets_of(venue, fault)
    for socket in struck:
        is_event = any(socket is each for _, each in venue.feeds.values())
        said = fault.text or NO_JSON
        socket.post(f"data: {said}\n\n" if is_event and not fault.text else said)
    return len(struck)


def slow_reader(venue: SimAlpaca, fault: Fault) -> int:
    """Throw the next `size` events (1) of the event streams away as if they were read too slowly, and say so."""
    struck = feeds(venue, fault)
    for feed in struck:
        feed.skip(fault.size or 1)
    return len(struck)


def heartbeat(venue: SimAlpaca, fault: Fault) -> int:
    """Let the hearts of the event streams that are open now beat every `delay` seconds (5)."""
    struck = feeds(venue, fault)
    for feed in struck:
        feed.heartbeat_s = fault.delay or HEARTBEAT_S
    return len(struck)


def reconnects(venue: SimAlpaca, fault: Fault) -> int:
    """Let a WebSocket be opened every `delay` seconds (1), and no sooner: a 429 then. It hits everybody."""
    venue.gate.reconnect_s = fault.delay or RECONNECT_S
    return len(venue.keys)


ACTS: dict[str, Act] = {
    "too_many": standing("Answer who opens a stream of events with 429."),
    "no_events": standing("Answer who opens a stream of events with 404, as if there were none (mode 403: none for "
                          "these keys).", modes=("", "403")),
    "refuse_upgrade": act(
        standing("").strike, *WHEN, "share", "seed", modes=("", "502"),
        does="Answer WebSocket handshakes with 429, or with 502 and HTML: it hits everybody.",
    ),
    "text_frames": standing("Send the frames of WebSockets that open from now on as texts: it hits everybody."),
    "inclusive": standing("Tell a stream that begins after an event that event too."),
    "swallow_event": once("Never tell the next event on a stream: one that is missed. It is in the past, though.",
                          "stream"),
    "duplicate_event": once("Tell the next event on a stream twice.", "stream"),
    "reorder_events": once("Tell the next event on a stream after the one that follows it.", "stream"),
    "late_event": once("Tell the next event on a stream `delay` seconds late (2).", "stream", "delay"),
    "same_ms": once("Give the next event the time of the one before it, and an id that sorts before that one's."),
    "unknown_status": once("Give the order of the next event a status nobody knows."),
    "mute": act(mute, *WHOM, "stream", "seconds", modes=("", "all")),
    "late": act(late, *WHOM, "stream", "seconds", "delay"),
    "half_open": act(half_open, *WHOM, "stream", "delay"),
    "drop": act(drop, *WHOM, "stream", "code", modes=("", "abort", "reset")),
    "fail": act(fail, *WHOM, "stream"),
    "garbage": act(garbage, *WHOM, "stream", "text"),
    "slow_reader": act(slow_reader, *WHOM, "size"),
    "heartbeat": act(heartbeat, *WHOM, "delay"),
    "reconnects": act(reconnects, "delay"),
}  # fmt: skip
