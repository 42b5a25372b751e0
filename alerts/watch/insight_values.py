"""What rules see of a symbol's regime and signals, as its newest bar left them. Pure. Times are in ms."""

import typing
from collections.abc import Mapping

from alerts.evaluation.board_values import BoardReading

Told = Mapping[str, typing.Any]
OLD_MS = 15 * 60_000
"""What is of bars that closed longer ago does not count: there is a new one every five minutes of a session."""
TURNS: Mapping[str, tuple[str, str]] = {
    "turns_calm": ("volatility", "calm"), "turns_stressed": ("volatility", "stressed"),
    "turns_up": ("trend", "up"), "turns_down": ("trend", "down"), "turns_flat": ("trend", "flat"),
    "turns_deep": ("liquidity", "deep"), "turns_thin": ("liquidity", "thin"),
}  # fmt: skip
"""Which word of the regime a field waits for."""


def read_insight(name: str, insight: Told | None, now: int) -> BoardReading:
    """Return what a field is: a percentile, a share, or 1 while a word holds and 0 while another one does."""
    if insight is None or insight.get("at") is None:
        return BoardReading(None, "its regime is not worked out yet")
    if insight.get("reason"):
        return BoardReading(None, str(insight["reason"]))
    at: int = insight["at"]
    if now - at > OLD_MS:
        return BoardReading(None, f"its regime is older than {OLD_MS // 60_000} min")
    confidence = insight.get("confidence")
    if name == "confidence":
        return BoardReading(confidence, "" if confidence is not None else "no confidence has been shown", at)
    if name in ("signal_shown", "signal_gone"):
        return BoardReading(float(confidence is not None), at=at)
    return _read_regime(name, insight.get("regime") or {}, at)


def _read_regime(name: str, regime: Told, at: int) -> BoardReading:
    if name == "volatility_rank":
        rank = regime.get("percentile")
        return BoardReading(rank, "" if rank is not None else "there are not days enough", at)
    about, word = TURNS[name]
    known = regime.get(about, "unknown")
    if known == "unknown":
        return BoardReading(None, f"its {about} is not known yet", at)
    return BoardReading(float(known == word), at=at)
