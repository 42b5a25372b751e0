"""Sums of what was said and what came: proper scores, shares, and returns in bps. Pure."""

import math
from collections.abc import Mapping, Sequence

import msgspec

TAIL = 0.05
"""The share of the worst signals that the expected shortfall is the mean of."""


class SkillTally(msgspec.Struct, kw_only=True):
    """Brier scores and log losses of a model, its baseline and the naive rules, of the same signals."""

    count: int = 0
    brier: float = 0.0
    base_brier: float = 0.0
    log_loss: float = 0.0
    base_log_loss: float = 0.0
    leans: int = 0
    """Signals that said something other than the baseline."""
    hits: float = 0.0
    """How many of those came true, ties as halves."""
    rivals: dict[str, float] = {}
    """The sum of the Brier scores of each naive rule, and under its name and `#` their count."""

    def add(self, p: Sequence[float], q: Sequence[float], y: Sequence[float]) -> None:
        """Take the signals of a bar."""
        log = math.log
        brier = base_brier = loss = base_loss = hits = 0.0
        for said, base, came in zip(p, q, y, strict=True):
            brier += (said - came) * (said - came)
            base_brier += (base - came) * (base - came)
            loss -= came * log(said) + (1 - came) * log(1 - said)
            base_loss -= came * log(base) + (1 - came) * log(1 - base)
            if said != base:
                self.leans += 1
                hits += came if said > base else 1 - came
        self.brier += brier
        self.base_brier += base_brier
        self.log_loss += loss
        self.base_log_loss += base_loss
        self.hits += hits
        self.count += len(p)

    def add_rivals(self, rivals: Mapping[str, Sequence[float]], places: Sequence[int], y: Sequence[float]) -> None:
        """Take what naive rules said of the same signals."""
        for name, said in rivals.items():
            loss = sum((said[place] - came) ** 2 for place, came in zip(places, y, strict=True))
            self.rivals[name] = self.rivals.get(name, 0.0) + loss
            self.rivals[f"{name}#"] = self.rivals.get(f"{name}#", 0.0) + len(y)

    @property
    def skill(self) -> float | None:
        """The share of the baseline's Brier score that the model does without; None without signals."""
        return 1 - self.brier / self.base_brier if self.base_brier else None

    @property
    def naive_skill(self) -> tuple[str, float] | None:
        """The best naive rule and the skill against it; None where none was there for all signals."""
        full = {name: loss for name, loss in self.rivals.items() if self.rivals.get(f"{name}#") == self.count}
        if not full or not self.count:
            return None
        best = min(full, key=lambda name: (full[name], name))
        return best, 1 - self.brier / full[best] if full[best] else 0.0

    @property
    def hit_rate(self) -> float | None:
        """The share of statements that came true."""
        return self.hits / self.leans if self.leans else None

    @property
    def hit_interval(self) -> tuple[float, float] | None:
        """Its 95 % interval by Wilson, as if signals were independent: symbols of a bar are not, so it is narrow."""
        return wilson(self.hits, self.leans) if self.leans else None


def wilson(hits: float, count: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return Wilson's interval of a share."""
    share, square = hits / count, z * z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return middle - half, middle + half


class ReturnTally(msgspec.Struct, kw_only=True):
    """Returns of signals that took a side, in bps, and how what was said goes with what came."""

    count: int = 0
    gross: float = 0.0
    net: float = 0.0
    worst: float = 0.0
    losses: dict[int, tuple[int, float]] = {}
    """How many signals ended within each bp, net, and their sum."""
    moments: list[float] = msgspec.field(default_factory=lambda: [0.0] * 5)
    """Of leans p - q and moves in sigma: sum of both, of their squares, and of their product."""
    pairs: int = 0

    def add(self, sides: Sequence[int], gross: Sequence[float], net: Sequence[float]) -> None:
        """Take the signals of a bar: 1 or -1 for a side taken, 0 for none."""
        losses = self.losses
        for side, moved, earned in zip(sides, gross, net, strict=True):
            if side:
                self.count += 1
                self.gross += moved
                self.net += earned
                if earned < self.worst:
                    self.worst = earned
                place = math.floor(earned)
                count, total = losses.get(place, (0, 0.0))
                losses[place] = count + 1, total + earned

    def add_leans(self, leans: Sequence[float], moves: Sequence[float]) -> None:
        """Take leans and moves in sigma, of signals whose sigma is known."""
        moments = self.moments
        for lean, move in zip(leans, moves, strict=True):
            moments[0] += lean
            moments[1] += move
            moments[2] += lean * lean
            moments[3] += move * move
            moments[4] += lean * move
        self.pairs += len(leans)

    @property
    def information(self) -> float | None:
        """The correlation of leans and moves (IC); None where either never differs."""
        leans, moves, leans2, moves2, both = self.moments
        n = self.pairs
        if n < 2:
            return None
        square = (leans2 - leans * leans / n) * (moves2 - moves * moves / n)
        return (both - leans * moves / n) / math.sqrt(square) if square > 0 else None

    @property
    def shortfall(self) -> float | None:
        """The mean net return of the worst 5 % in bps, to the bp where the tail begins; None without signals."""
        left = self.count * TAIL
        if not left:
            return None
        wanted, total = left, 0.0
        for place in sorted(self.losses):
            count, loss = self.losses[place]
            total += loss * min(left / count, 1)
            left -= count
            if left <= 0:
                break
        return total / wanted
