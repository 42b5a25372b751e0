"""The regime of one symbol as three cells. It says what is, and predicts nothing. Pure."""

import typing
from collections.abc import Mapping

UNKNOWN = "unknown"


class RegimeCell(typing.NamedTuple):
    """One part of a regime: its word, a note, and since when it is so (ms)."""

    name: str
    title: str
    word: str
    note: str
    since: int | None


def read_regime(insight: Mapping[str, typing.Any]) -> list[RegimeCell]:
    """Return the cells of an insight as a board has it; words are `unknown` where there is none."""
    regime = insight.get("regime") or {}
    percentile, days = regime.get("percentile"), regime.get("days")
    too_few = f"{days} of 60 days" if days is not None and days < 60 else ""
    place = "" if percentile is None else f"above {percentile:.0f} % of 250 days"
    notes = {"volatility": place or too_few, "trend": too_few, "liquidity": too_few}
    return [
        RegimeCell(name, name.capitalize(), regime.get(name) or UNKNOWN, notes[name], regime.get(f"{name}_since"))
        for name in ("volatility", "trend", "liquidity")
    ]


def read_reason(insight: Mapping[str, typing.Any]) -> str:
    """Return why nothing is known of a regime; empty where something is."""
    return insight.get("reason") or "" if insight else "It is being worked out."
