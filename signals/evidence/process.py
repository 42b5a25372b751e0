"""Betting against a statement: evidence that grows where it is false and, by luck alone, seldom grows far.

Ville's inequality: where the mean of each step is at most 0 given the past, the evidence ever reaches 1/alpha with a
probability of at most alpha, at any time one looks (Shafer and Vovk 2019; Choe and Ramdas, arXiv 2110.00115).
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

STAKES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""The shares of wealth that are bet at once on steps of -1 to 1."""
PAY_STAKES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""The shares that are bet on what pays: its steps are at most 0.2 and have no lower bound."""
LARGEST_STEP = 1 + 1e-9


def average_logs(logs: Sequence[float]) -> float:
    """Return the logarithm of the mean of e-values that are given as logarithms; -inf where all are ruined.

    The mean of e-values is an e-value, however they depend on each other. Their maximum and their product are not.
    """
    largest = max(logs)
    if largest == -math.inf:
        return largest
    exp = math.exp
    return largest + math.log(math.fsum([exp(log - largest) for log in logs]) / len(logs))


class Evidence(msgspec.Struct):
    """Evidence against "the mean of x is at most 0, given the past", one step at a time, as logarithms of wealth."""

    stakes: tuple[float, ...] = STAKES
    wealth: list[float] = []

    def __post_init__(self) -> None:
        if not self.wealth:
            self.wealth = [0.0] * len(self.stakes)

    def add(self, x: float) -> None:
        """Take a step of at most 1. A loss larger than a stake can bear ruins that stake for ever.

        Raises ValueError for a larger step and for one that is no number: neither is a bet.
        """
        if not x <= LARGEST_STEP:
            raise ValueError(f"a step of evidence is at most 1, not {x}")
        log, ruin = math.log, -math.inf
        growths = [1 + stake * x for stake in self.stakes]
        self.wealth = [
            before + log(growth) if growth > 0 else ruin for before, growth in zip(self.wealth, growths, strict=True)
        ]

    @property
    def log(self) -> float:
        """The logarithm of the evidence: of the mean wealth."""
        return average_logs(self.wealth)


class InterleavedEvidence(msgspec.Struct, kw_only=True):
    """Evidence of statements that overlap: with a horizon of h bars and a statement every bar, `overlap` is h.

    Every h-th statement belongs to one of h processes, whose mean is the evidence. What it comes to at a bar holds
    h - 1 bars later (Henzi and Ziegel, Biometrika 2022, and its correction for lags above 1).
    """

    overlap: int = 1
    stakes: tuple[float, ...] = STAKES
    processes: list[Evidence] = []
    logs: list[float] = []
    """What each of them came to."""
    recent: list[float] = []
    """What it came to after the last h bars, the oldest first."""
    highest: float = 0.0
    """The highest that held so far."""

    def __post_init__(self) -> None:
        if not self.processes:
            self.processes = [Evidence(stakes=self.stakes) for _ in range(self.overlap)]
            self.logs = [0.0] * self.overlap

    def add(self, place: int, x: float) -> None:
        """Take the step of the statement in `place` of the schedule, counted from 0, gaps included."""
        overlap, logs, recent = self.overlap, self.logs, self.recent
        process = self.processes[place % overlap]
        process.add(x)
        logs[place % overlap] = process.log
        recent.append(average_logs(logs) if overlap > 1 else logs[0])
        if len(recent) > overlap:
            del recent[0]
        self.highest = max(self.highest, self.log)

    @property
    def log(self) -> float:
        """The logarithm of the evidence that holds now: 0 until the first h bars are over."""
        return self.recent[0] if len(self.recent) == self.overlap else 0.0

    def has_reached(self, log_threshold: float) -> bool:
        """Whether the evidence that held was ever as high. This needs no correction for looking often."""
        return self.highest >= log_threshold


def average_evidence(groups: Iterable[InterleavedEvidence]) -> float:
    """Return the logarithm of the evidence of several groups of symbols, or horizons, of one model."""
    return average_logs([group.log for group in groups])
