"""A batch of three symbols."""

from signals.record.batch import SignalBatch

BAR, HORIZON = 1_790_000_000_000, 300


def a_batch(**changed):
    """Three symbols at one bar: up, down, abstaining."""
    said = {
        "model": "momentum", "version": "1", "session": "2026-11-24", "bar": BAR, "horizon_s": HORIZON,
        "due": BAR + HORIZON * 1000, "place": 0, "symbols": ["QQQ", "SPY", "IWM"], "p": [0.55, 0.42, 0.5],
        "q": [0.5, 0.5, 0.5], "mid": [100.0, 200.0, 50.0], "spread": [0.02, 0.04, 0.02],
        "sigma": [10.0, 8.0, None], "beta": [0.0, 0.0, 0.0], "quote_age": [0, 200, 1000], "void": [0, 0, 0],
        "said": [1, 1, 1], "features": {"return_1": [0.5, None, -1.25]},
    }  # fmt: skip
    return SignalBatch(**{**said, **changed})
