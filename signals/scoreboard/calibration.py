"""Whether what was said with 60 % comes true in 60 %: bins, slope and intercept, with errors clustered by bar. Pure.

Symbols of one bar move together, so a bar is one observation with many parts. Statements that overlap, h of them
under way at once, are clustered by h bars.
"""

import itertools
import math
from collections.abc import Sequence

import msgspec

EDGES = (0.40, 0.45, 0.475, 0.49, 0.50, 0.51, 0.525, 0.55, 0.60)
"""Between the ten bins: most statements about minutes are near a half. A bin holds its lower edge."""


class ReliabilityBin(msgspec.Struct):
    """Statements of about one probability: how many, their sum, and how often they came true, ties as halves."""

    count: int = 0
    said: float = 0.0
    came: float = 0.0


class CalibrationReading(msgspec.Struct, frozen=True, kw_only=True):
    """Slope and intercept of what came on what was said, and how far the means are apart, with standard errors."""

    count: int
    clusters: int
    slope: float
    slope_error: float
    intercept: float
    gap: float
    """Mean of what was said less mean of what came."""
    gap_error: float
    expected_error: float
    """The mean distance of a bin from the diagonal, weighted by count (ECE)."""


class CalibrationTally(msgspec.Struct, kw_only=True):
    """Sums of statements p and outcomes y, both less a half, and of their products within clusters."""

    overlap: int = 1
    bins: list[ReliabilityBin] = msgspec.field(default_factory=lambda: [ReliabilityBin() for _ in range(10)])
    total: list[float] = msgspec.field(default_factory=lambda: [0.0] * 5)
    """n, sum p, sum pp, sum y, sum py."""
    products: list[float] = msgspec.field(default_factory=lambda: [0.0] * 15)
    """Sums over the closed clusters of the products of those five, the upper triangle by rows."""
    clusters: int = 0
    block: int = -1
    open: list[float] = msgspec.field(default_factory=lambda: [0.0] * 5)

    def add(self, place: int, p: Sequence[float], y: Sequence[float]) -> None:
        """Take the statements of the bar in `place` of the schedule."""
        if place // self.overlap != self.block:
            self._close(self.open, self.products)
            self.block, self.open = place // self.overlap, [0.0] * 5
            self.clusters += 1
        bins = self.bins
        sum_p = sum_pp = sum_y = sum_py = 0.0
        for said, came in zip(p, y, strict=True):
            found = bins[find_bin(said)]
            found.count += 1
            found.said += said
            found.came += came
            said -= 0.5
            came -= 0.5
            sum_p += said
            sum_pp += said * said
            sum_y += came
            sum_py += said * came
        for index, value in enumerate((len(p), sum_p, sum_pp, sum_y, sum_py)):
            self.total[index] += value
            self.open[index] += value

    @staticmethod
    def _close(sums: list[float], products: list[float]) -> None:
        for place, (one, other) in enumerate(itertools.combinations_with_replacement(sums, 2)):
            products[place] += one * other

    def _spread(self, weights: Sequence[float]) -> float:
        """Return the root of the sum over clusters of the square of a weighted sum of the five."""
        products = list(self.products)
        self._close(self.open, products)
        total, place = 0.0, 0
        for row in range(5):
            for column in range(row, 5):
                total += weights[row] * weights[column] * products[place] * (1 if row == column else 2)
                place += 1
        return math.sqrt(max(total, 0.0))

    def read(self) -> CalibrationReading | None:
        """Return slope and gap with their errors; None while nothing different was said."""
        n, sum_p, sum_pp, sum_y, sum_py = self.total
        if n < 2 or self.clusters < 2:
            return None
        mean_p, mean_y = sum_p / n, sum_y / n
        spread = sum_pp - n * mean_p * mean_p
        if spread <= 1e-12 * n:
            return None
        slope = (sum_py - n * mean_p * mean_y) / spread
        start = mean_y - slope * mean_p
        score = (mean_p * start, slope * mean_p - start, -slope, -mean_p, 1.0)
        gap = mean_p - mean_y
        return CalibrationReading(
            count=int(n), clusters=self.clusters, slope=slope, slope_error=self._spread(score) / spread,
            intercept=start + 0.5 - slope * 0.5, gap=gap, gap_error=self._spread((-gap, 1, 0, -1, 0)) / n,
            expected_error=sum(abs(part.said - part.came) for part in self.bins) / n,
        )  # fmt: skip


def find_bin(p: float) -> int:
    """Return the number of the bin that a probability is in."""
    if p < 0.5:
        return 0 if p < 0.40 else 1 if p < 0.45 else 2 if p < 0.475 else 3 if p < 0.49 else 4
    return 5 if p < 0.51 else 6 if p < 0.525 else 7 if p < 0.55 else 8 if p < 0.60 else 9
