"""How long this adapter waits for what. Tests shorten it."""

import msgspec


class TradierTimeouts(msgspec.Struct, frozen=True):
    """Seconds. The page must say "stale" within 15 s of the last SPY event."""

    pulse_s: float = 13.0
    """Of silence of SPY in the regular session, after which a feed is mute."""
    inbound_s: float = 65.0
    """Of silence of everything."""
    tick_s: float = 1.0
    """How often silence is looked for and proofs of life are passed on."""
    answer_s: float = 10.0
    """How long a stream may take to answer."""
    poll_s: float = 5.0
    """How often quotes are asked for where nothing streams, and accounts always."""
    share: float = 0.3
    """How much of what the venue lets be asked about accounts is for reading their money and positions again."""
    reconcile_s: float = 15.0
    """How often positions are read while the account stream tells of fills."""
    too_many_s: float = 60.0
    """How long a refusal for too many sessions is waited out at first; twice as long each time, up to six times."""
    events_s: float = 30.0
    """How long until an account stream that could not be had is tried again, at first."""
    settle_s: float = 0.5
    """After a fill its account is read again, once this long has passed: several fills cost one reading."""
    greeks_s: float = 300.0
    """How often the venue's own Greeks are asked for."""
    calc_s: float = 1.0
    """How often Greeks are computed here, at most."""
    candles_s: float = 5.0
    """How often a watched series of candles is asked for."""
