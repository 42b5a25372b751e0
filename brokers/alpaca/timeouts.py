"""How long this adapter waits for what. Tests shorten it."""

import msgspec


class AlpacaTimeouts(msgspec.Struct, frozen=True):
    """Seconds."""

    tick_s: float = 1.0
    """How often proofs of life are passed on."""
    answer_s: float = 10.0
    """How long a stream may take to answer."""
    read_s: float = 5.0
    """How often money and positions are read."""
    settle_s: float = 0.3
    """After a fill they are read again, once this long has passed: several fills cost one reading."""
    share: float = 0.15
    """How much of what the venue allows is for reading money and positions again."""
    late_s: float = 5.0
    """How long what a fill said of a position is believed against a reading that does not know of it yet."""
    poll_s: float = 1.0
    """How often orders and activities are asked for where no stream tells of them."""
    poll_share: float = 0.66
    """How much of what the venue allows that may take."""
    activities_s: float = 60.0
    """How often activities that no trade event tells of are asked for: dividends, fees, transfers."""
    overlap_s: float = 300.0
    """How much of what was told before is asked for again: events of one ms sort either way."""
    mute_s: float = 65.0
    """Of silence of a stream, heartbeats included, after which it is dead."""
    least_mute_s: float = 15.0
    """The same at least, where heartbeats were seen to come so often that it can be known sooner."""
    climb_s: float = 60.0
    """How long until a carrier that is not offered is tried again, at first; twice as long each time."""
    climb_most_s: float = 600.0
    crowded_s: float = 5.0
    """How long a refusal for too many connections is waited out at first; twice as long each time."""
    drop_s: float = 0.5
    """How long a dropped stream waits at first before it is opened again."""
