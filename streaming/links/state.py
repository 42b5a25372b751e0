"""The life of a link as a table. Pure: the manager feeds it signals and does what the state says.

The diagram in docs/link-states.md is generated from this table (`manage.py link_diagram`); a test compares them.
"""

import enum


class State(enum.StrEnum):
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


TRANSITIONS: dict[State, dict[Signal, State]] = {
    State.IDLE: {
        Signal.WANTED: State.CONNECTING,
        Signal.UNWANTED: State.IDLE,
        Signal.RELINKED: State.IDLE,
    },
    State.CONNECTING: {
        Signal.WANTED: State.CONNECTING,
        Signal.UP: State.LIVE,
        Signal.MUTE: State.STALE,
        Signal.BROKEN: State.CONNECTING,
        Signal.LOST: State.WAITING,
        Signal.REJECTED: State.REFUSED,
        Signal.RELINKED: State.CONNECTING,
        Signal.UNWANTED: State.IDLE,
    },
    State.LIVE: {
        Signal.UP: State.LIVE,
        Signal.MUTE: State.STALE,
        Signal.BROKEN: State.WAITING,
        Signal.LOST: State.WAITING,
        Signal.REJECTED: State.REFUSED,
        Signal.RELINKED: State.CONNECTING,
        Signal.UNWANTED: State.IDLE,
    },
    State.STALE: {
        Signal.WANTED: State.CONNECTING,
        Signal.UP: State.LIVE,
        Signal.MUTE: State.STALE,
        Signal.BROKEN: State.WAITING,
        Signal.LOST: State.STALE,
        Signal.REJECTED: State.REFUSED,
        Signal.RELINKED: State.CONNECTING,
        Signal.UNWANTED: State.IDLE,
    },
    State.WAITING: {
        Signal.WANTED: State.CONNECTING,
        Signal.UP: State.LIVE,
        Signal.MUTE: State.STALE,
        Signal.BROKEN: State.WAITING,
        Signal.LOST: State.WAITING,
        Signal.REJECTED: State.REFUSED,
        Signal.RELINKED: State.CONNECTING,
        Signal.UNWANTED: State.IDLE,
    },
    State.REFUSED: {
        Signal.REJECTED: State.REFUSED,
        Signal.RELINKED: State.CONNECTING,
        Signal.UNWANTED: State.REFUSED,
    },
}

ADAPTER_SIGNALS = {"live": Signal.UP, "stale": Signal.MUTE, "waiting": Signal.BROKEN, "connecting": Signal.BROKEN}
"""What an adapter's own word about its link means here."""


def step(state: State, signal: Signal) -> State:
    """Return the next state. An unlisted pair is a bug: KeyError speaks."""
    return TRANSITIONS[state][signal]


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.IDLE}"]
    for state, arrows in TRANSITIONS.items():
        lines += [f"    {state} --> {to}: {signal}" for signal, to in arrows.items() if to != state]
    return "\n".join(lines) + "\n"
