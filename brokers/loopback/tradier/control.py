"""The door for tests and curious people to the simulated Tradier: `/_sim/tradier/…`, as that of the other venue is.

`POST` `fault`, and `GET` `stats` · `faults`. Prices are put where they shall be at the other venue's: they are one.
"""

import functools

import msgspec

from brokers.loopback import door
from brokers.loopback.acts import BadFault
from brokers.loopback.asgi import Answer, Json, Request
from brokers.loopback.faults import Fault
from brokers.loopback.tradier import mischief
from brokers.loopback.tradier.venue import Tradier

PREFIX = "/_sim/tradier/"


def answer(venue: Tradier, request: Request) -> Answer:
    """Answer one request of the door."""
    reports = {"stats": lambda: report(venue), "faults": lambda: mischief.report(venue)}
    return door.answer(request, PREFIX, reports, {"fault": functools.partial(_fault, venue)}, (BadFault,))


def _fault(venue: Tradier, body: bytes) -> Json:
    return {"struck": mischief.commit(venue, msgspec.json.decode(body, type=Fault))}


def report(venue: Tradier) -> Json:
    """Return what the venue was asked and who is connected, JSON-ready."""
    told = venue.stats.report()
    del told["tokens"]  # nobody asks for one here
    return told | {
        "connections": [
            *(
                {"stream": "market", "accounts": sorted(viewer.accounts), "symbols": viewer.symbols}
                for viewer in venue.viewers
            ),
            *({"stream": "account", "accounts": sorted(listener.numbers)} for listener in venue.listeners),
        ]
    }
