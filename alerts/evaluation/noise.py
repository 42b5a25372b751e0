"""When somebody is told in sum: 15 firings of a rule in 3 minutes, 60 of a person in an hour. Nothing stops. Pure."""

RULE_FIRINGS, RULE_MS = 15, 3 * 60_000
PERSON_FIRINGS, PERSON_MS = 60, 3_600_000


def is_noise(recent: list[int], now: int, most: int, window_ms: int) -> bool:
    """Note a firing at `now` (ms) in `recent`, its forerunners in the window. Returns whether it is one too many."""
    recent[:] = [at for at in recent if now - window_ms < at <= now][-most:]
    recent.append(now)
    return len(recent) > most
