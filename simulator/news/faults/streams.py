"""Faults of the socket: silence, lateness, an end of every kind, errors, and what happens while nobody listens."""

from simulator.faults import actions
from simulator.faults.actions import NO_JSON, WHEN, WHOM, BadFault, act
from simulator.faults.faults import Fault
from simulator.news.faults.actions import Act, listeners_of, sockets_of, standing
from simulator.news.listener import ERRORS
from simulator.news.venue import SimNews, now

_REVISED_SHARE = 5


def mute(venue: SimNews, fault: Fault) -> int:
    """Fall silent on the sockets that are open now (mode all: on later ones too), answering pings."""
    if fault.mode == "all":
        venue.faults.stand(fault, now())
    return actions.silence(sockets_of(venue, fault), fault, now())


def late(venue: SimNews, fault: Fault) -> int:
    """Send everything on the sockets that are open now `delay` seconds (1) after it was so."""
    return actions.delay(sockets_of(venue, fault), fault, now())


def half_open(venue: SimNews, fault: Fault) -> int:
    """Let the sockets that are open now hang: nothing is read or sent any more, no ping answered, nothing closed."""
    return actions.hang(venue, sockets_of(venue, fault))


def drop(venue: SimNews, fault: Fault) -> int:
    """Close sockets with `code` (1001), cut the connection without a word (mode abort), or reset it (mode reset).

    With a `size`, that many stories happen at once while nobody listens, and a fifth as many older ones are revised.
    """
    struck = listeners_of(venue, fault)
    closed = actions.close_sockets(venue, [socket for _, socket in struck], fault)
    for listener, _ in struck:
        listener.is_over = True
    venue.happen(fault.size, fault.size // _REVISED_SHARE)
    return closed


def garbage(venue: SimNews, fault: Fault) -> int:
    """Send a `text` that is not JSON (or any text that is given)."""
    struck = sockets_of(venue, fault)
    for socket in struck:
        socket.post(fault.text or NO_JSON)
    return len(struck)


def error(venue: SimNews, fault: Fault) -> int:
    """Send an error of this `code` (500) of the protocol; some end the socket."""
    code = fault.code or 500
    if code not in ERRORS:
        raise BadFault(f"the code of error is one of {', '.join(map(str, ERRORS))}, not {code}")
    struck = listeners_of(venue, fault)
    for listener, socket in struck:
        listener.fail(code)
        if listener.is_over:
            socket.close(listener.close_code)
    return len(struck)


ACTS: dict[str, Act] = {
    "mute": act(mute, *WHOM, "seconds", modes=("", "all")),
    "late": act(late, *WHOM, "seconds", "delay"),
    "half_open": act(half_open, *WHOM),
    "drop": act(drop, *WHOM, "code", "size", modes=("", "abort", "reset")),
    "garbage": act(garbage, *WHOM, "text"),
    "error": act(error, *WHOM, "code"),
    "refuse_upgrade": act(
        standing("").strike, *WHEN, "share", "seed", modes=("", "502"),
        does="Answer WebSocket handshakes with 429, or with 502 and HTML: it hits everybody.",
    ),
}  # fmt: skip
