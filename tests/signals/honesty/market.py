"""Simulated markets of known truth: Student-t4 moves, stochastic volatility, a market factor, a U-shaped day."""

import dataclasses

import numpy as np

BARS = 78
"""Five-minute bars of a session."""
BAR_BPS = 10.0
HALF_SPREAD_BPS = 1.0
FACTOR = 0.3
"""The market's share of the variance of a symbol's moves."""


@dataclasses.dataclass
class Tape:
    """Mids at each bar's start, of shape (days, bars + 1, symbols), and what was known, of (days, bars, symbols)."""

    mids: np.ndarray
    sigma: np.ndarray
    """The usual size of the bar's move in bps, as known from the past."""
    features: dict[str, np.ndarray]


def student(rng, *shape):
    """Student-t4 numbers of variance 1."""
    return rng.standard_t(4, shape) / np.sqrt(2)


def volatility(rng, days, symbols):
    """The size of each move: an AR(1) of logarithms of half a session's memory, shared in part, and the day's U."""
    steps, keep = days * BARS, 1 - 1 / 40
    shocks = (
        0.5
        * np.sqrt(1 - keep**2)
        * (0.8 * rng.standard_normal((steps, 1)) + 0.6 * rng.standard_normal((steps, symbols)))
    )
    logs, level = np.empty((steps, symbols)), np.zeros(symbols)
    for step in range(steps):
        level = keep * level + shocks[step]
        logs[step] = level
    hours = np.linspace(-1, 1, BARS)
    shape = 0.75 + 0.75 * hours**2
    return BAR_BPS * np.exp(logs - 0.125).reshape(days, BARS, symbols) * shape[:, None]


def make_tape(seed, days, symbols, planted=0.0, until=None, drift=0.0, rise=None):
    """A market. `planted`: the correlation of the feature `planted` with the next move, until day `until`.

    `rise`: the chance that a move goes up. `drift` is in bps a bar.
    """
    rng = np.random.default_rng(seed)
    sigma = volatility(rng, days, symbols)
    known = rng.standard_normal((days, BARS, symbols))
    noise = np.sqrt(FACTOR) * student(rng, days, BARS, 1) + np.sqrt(1 - FACTOR) * student(rng, days, BARS, symbols)
    share = np.full((days, 1, 1), planted)
    if until is not None:
        share[until:] = 0.0
    moves = share * known + np.sqrt(1 - share**2) * noise
    if rise is not None:
        moves = np.abs(moves) * np.where(rng.random(moves.shape) < rise, 1, -1)
    moves = moves * sigma + drift
    mids = np.empty((days, BARS + 1, symbols))
    level = np.full(symbols, 100.0)
    for day in range(days):
        mids[day, 0] = level
        mids[day, 1:] = level * np.cumprod(1 + np.maximum(moves[day], -5000) / 1e4, axis=0)
        level = mids[day, -1]
    return Tape(mids, sigma, {"planted": known, **past_features(mids)})


def past_features(prices):
    """What the past says at each bar, by prices at or before it: returns over 1 and 12 bars in sigma, and across."""
    days, _, symbols = prices.shape
    logs = np.log(prices)
    steps = np.diff(logs, axis=1).reshape(days * BARS, symbols)  # step k ends at bar k + 1
    usual, level = np.empty((days * BARS, symbols)), np.full(symbols, (BAR_BPS / 1e4) ** 2)
    for place in range(days * BARS):
        usual[place] = np.sqrt(level)
        level = 0.94 * level + 0.06 * steps[place] ** 2
    past = np.vstack([np.zeros((1, symbols)), steps[:-1]])
    total = np.cumsum(past, axis=0)
    one = past / usual
    twelve = (total - np.vstack([np.zeros((12, symbols)), total[:-12]])) / usual / np.sqrt(12)
    cross = one - one.mean(axis=1, keepdims=True)
    shape = (days, BARS, symbols)
    return {
        "return_1": np.clip(one, -4, 4).reshape(shape),
        "return_12": np.clip(twelve, -4, 4).reshape(shape),
        "cross": np.clip(cross, -4, 4).reshape(shape),
        "own_sigma": (usual * 1e4).reshape(shape),
    }
