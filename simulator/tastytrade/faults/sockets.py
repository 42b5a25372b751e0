"""Faults of either WebSocket: silence, lateness, an end of every kind, and texts that make no sense."""

from simulator.faults import actions
from simulator.faults.faults import Fault
from simulator.tastytrade.faults.actions import WHOM, Act, act, dialogues, sockets
from simulator.tastytrade.venue import SimTastytrade, now


def mute(venue: SimTastytrade, fault: Fault) -> int:
    """Fall silent on the sockets that are open now (mode all: on later ones too), or about one symbol only.

    A mute socket sends nothing at all, not even KEEPALIVE. The stream is dxlink unless alerts is named.
    """
    stream = fault.stream or "dxlink"
    fault = Fault(**{name: getattr(fault, name) for name in ("fault", *fault.given)} | {"stream": stream})
    until = float("inf") if fault.seconds is None else now() + fault.seconds
    if fault.symbol or fault.mode == "all":
        venue.faults.stand(fault, now())
    if fault.symbol:
        return sum(len(dialogue.channels) for dialogue, _ in dialogues(venue, fault))
    struck = sockets(venue, fault)
    for socket in struck:
        socket.mute_until = until
    return len(struck)


def late(venue: SimTastytrade, fault: Fault) -> int:
    """Send everything on the sockets that are open now `delay` seconds (1) after it was so."""
    return actions.delay(sockets(venue, fault), fault, now())


def half_open(venue: SimTastytrade, fault: Fault) -> int:
    """Let the sockets that are open now hang: nothing is read or sent any more, no ping answered, nothing closed."""
    return actions.hang(venue, sockets(venue, fault))


def drop(venue: SimTastytrade, fault: Fault) -> int:
    """Close sockets with `code` (1001), cut the connection without a word (mode abort), or reset it (mode reset)."""
    return actions.close_sockets(venue, sockets(venue, fault), fault)


def garbage(venue: SimTastytrade, fault: Fault) -> int:
    """Send a `text` that is not JSON (or any text that is given)."""
    struck = sockets(venue, fault)
    for socket in struck:
        socket.post(fault.text or actions.NO_JSON)
    return len(struck)


ACTS: dict[str, Act] = {
    "mute": act(mute, *WHOM, "stream", "symbol", "seconds", modes=("", "all")),
    "late": act(late, *WHOM, "stream", "seconds", "delay"),
    "half_open": act(half_open, *WHOM, "stream"),
    "drop": act(drop, *WHOM, "stream", "code", modes=("", "abort", "reset")),
    "garbage": act(garbage, *WHOM, "stream", "text"),
}
