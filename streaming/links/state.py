"""The life of a link as a table. Pure: the manager feeds it signals and does what the state says.

The diagram in docs/link-states.md is generated from this table (`manage.py link_diagram`); a test compares them.
"""

import enum


class LinkState(enum.StrEnum):
    """The states a link can be in, as people read them."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    WAITING = "waiting"
    REFUSED = "refused"


class Signal(enum.StrEnum):
    """What can happen to a link."""

    WANTED = "wanted"
    UP = "up"
    MUTE = "mute"
    BROKEN = "broken"
    LOST = "lost"
    REJECTED = "rejected"
    RELINKED = "relinked"
    UNWANTED = "unwanted"


TRANSITIONS: dict[LinkState, dict[Signal, LinkState]] = {
    LinkState.IDLE: {
        Signal.WANTED: LinkState.CONNECTING,
        Signal.UNWANTED: LinkState.IDLE,
        Signal.RELINKED: LinkState.IDLE,
    },
    LinkState.CONNECTING: {
        Signal.WANTED: LinkState.CONNECTING,
        Signal.UP: LinkState.LIVE,
        Signal.MUTE: LinkState.STALE,
        Signal.BROKEN: LinkState.CONNECTING,
        Signal.LOST: LinkState.WAITING,
        Signal.REJECTED: LinkState.REFUSED,
        Signal.RELINKED: LinkState.CONNECTING,
        Signal.UNWANTED: LinkState.IDLE,
    },
    LinkState.LIVE: {
        Signal.UP: LinkState.LIVE,
        Signal.MUTE: LinkState.STALE,
        Signal.BROKEN: LinkState.WAITING,
        Signal.LOST: LinkState.WAITING,
        Signal.REJECTED: LinkState.REFUSED,
        Signal.RELINKED: LinkState.CONNECTING,
        Signal.UNWANTED: LinkState.IDLE,
    },
    LinkState.STALE: {
        Signal.WANTED: LinkState.CONNECTING,
        Signal.UP: LinkState.LIVE,
        Signal.MUTE: LinkState.STALE,
        Signal.BROKEN: LinkState.WAITING,
        Signal.LOST: LinkState.STALE,
        Signal.REJECTED: LinkState.REFUSED,
        Signal.RELINKED: LinkState.CONNECTING,
        Signal.UNWANTED: LinkState.IDLE,
    },
    LinkState.WAITING: {
        Signal.WANTED: LinkState.CONNECTING,
        Signal.UP: LinkState.LIVE,
        Signal.MUTE: LinkState.STALE,
        Signal.BROKEN: LinkState.WAITING,
        Signal.LOST: LinkState.WAITING,
        Signal.REJECTED: LinkState.REFUSED,
        Signal.RELINKED: LinkState.CONNECTING,
        Signal.UNWANTED: LinkState.IDLE,
    },
    LinkState.REFUSED: {
        Signal.REJECTED: LinkState.REFUSED,
        Signal.RELINKED: LinkState.CONNECTING,
        Signal.UNWANTED: LinkState.REFUSED,
    },
}

ADAPTER_SIGNALS = {"live": Signal.UP, "stale": Signal.MUTE, "waiting": Signal.BROKEN, "connecting": Signal.BROKEN}
"""What an adapter's own word about its link means here."""


def step(state: LinkState, signal: Signal) -> LinkState:
    """Return the next state. An unlisted pair is a bug: KeyError speaks."""
    return TRANSITIONS[state][signal]


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {LinkState.IDLE}"]
    for state, arrows in TRANSITIONS.items():
        lines += [f"    {state} --> {to}: {signal}" for signal, to in arrows.items() if to != state]
    return "\n".join(lines) + "\n"
