"""Our symbols and DXLink's. Pure; what only the venue knows is asked for elsewhere and remembered here."""

import functools

from brokers.instruments.symbols import parse_option

PULSE = "SPY"
"""Always subscribed: in the regular session it is never silent for long."""


@functools.lru_cache(maxsize=16_384)
def computed(symbol: str) -> str | None:
    """Return DXLink's name of `symbol` where it follows from ours; None where only the venue knows it.

    The SDK's converter writes wrong names for strikes with a fraction and for adjusted roots.
    """
    option = parse_option(symbol)
    if option is not None:
        strike = f"{option.strike.normalize():f}"
        return f".{option.root}{option.expiry:%y%m%d}{option.right}{strike}"
    return None if lookup_path(symbol) else symbol


def lookup_path(symbol: str) -> str | None:
    """Return the REST path that tells `symbol`'s `streamer-symbol`: futures, future options and crypto have one."""
    quoted = symbol.replace("/", "%2F").replace(" ", "%20")
    if symbol.startswith("./"):
        return f"/instruments/future-options/{quoted}"
    if symbol.startswith("/"):
        return f"/instruments/futures/{symbol[1:]}"
    if symbol.endswith("/USD"):
        return f"/instruments/cryptocurrencies/{quoted}"
    return None
