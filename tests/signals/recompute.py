"""Reckons every p, q, y, e-value and figure of the board from an export alone, in its own way: it imports no product.

`python -m tests.signals.recompute export.jsonl`. Models: the built-in rules, and the online logistic.
"""

# ruff: noqa: E501  # short on purpose: it is to be read in one go
# fmt: off

import collections
import json
import math
import statistics
import sys
import typing

import numpy as np

STAKES, PAY_STAKES = np.array([0.02, 0.05, 0.1, 0.2, 0.4]), np.array([0.05, 0.1, 0.2, 0.4, 0.8])
EDGES = (0.40, 0.45, 0.475, 0.49, 0.50, 0.51, 0.525, 0.55, 0.60)
NAIVE = ("always up", "last sign", "EWMA of sign")
LEANS: dict[str, typing.Callable[..., typing.Any]] = {
    "always up": lambda: 1.0, "last sign": np.sign, "EWMA of sign": lambda signs: np.clip(signs, -1, 1),
    "momentum": lambda moves: np.clip(moves / 2, -1, 1), "reversal": lambda moves: -np.clip(moves / 2, -1, 1),
    "breakout with volume": lambda place, volume: np.where((abs(place) >= 0.95) & (volume >= 1.5), np.sign(place), 0),
    "volatility premium": lambda iv, rv: np.where(rv > 0, np.clip(2 * (iv / rv - 1), -1, 1), 0),
    "post-news drift": lambda moves: np.clip(moves / 2, -1, 1),
}


def check(what, told, found):
    """Raise where told numbers are others than those that were found. None is missing, and so is nan."""
    told, found = np.array(told, float), np.array(found, float)
    if not np.all((abs(told - found) <= 1e-9 * np.maximum(1, abs(found))) | (np.isnan(told) & np.isnan(found))):
        raise AssertionError(f"{what}: told {told}, found {found}")


class Model:
    """One model version: what it says, what it learns, and the bars that are scored."""

    def __init__(self, told):
        self.name, self.uses, self.fees, self.horizon = (told[key] for key in ("name", "features", "fees_bps", "horizon"))
        self.overlap, self.threshold = -(-told["horizon"] // told["every"]), math.log(told["gates"]["slots"] / told["gates"]["alpha"])
        self.gain, self.weight = (20.0, 2000.0) if self.name in LEANS else (0.5, 0.5)
        self.weights, self.past = np.zeros(2 * len(self.uses)), [np.zeros(2 * len(self.uses))]
        self.bars, self.sessions, self.results, self.learned = [], {}, [], 0

    def inputs(self, batch):
        x = np.array([batch["features"][name] for name in self.uses], float).reshape(len(self.uses), len(batch["p"]))
        if self.name in LEANS:
            return np.where(np.isnan(x).any(axis=0), 0.0, LEANS[self.name](*x))
        return np.stack([np.nan_to_num(x), np.isnan(x)], axis=1).reshape(-1, x.shape[1])

    def say(self, x, q):
        if self.name in LEANS:
            return np.clip(q + np.clip(self.gain / self.weight, 0.002, 0.2) * x, 0.01, 0.99)
        return np.clip(q + np.clip(self.gain / self.weight, 0, 1) * (self.logistic(self.weights, x, q) - q), 0.01, 0.99)

    def logistic(self, weights, x, q):
        return 1 / (1 + np.exp(-np.log(q / (1 - q)) - weights @ x))

    def learn(self, x, q, y):
        self.learned += 1
        x, q, y = (column[..., ~np.isnan(y)] for column in (x, q, y))
        if self.name in LEANS:
            self.gain, self.weight = self.gain + x @ (y - q), self.weight + x @ x
        elif len(y):
            p, lean = self.logistic(self.weights, x, q), self.logistic(self.past[0], x, q) - q
            self.gain, self.weight = self.gain + lean @ (y - q), self.weight + lean @ lean
            self.weights = self.weights - 0.02 * (x @ (p - y) / len(y) + 1e-4 * self.weights)
            self.past = [*self.past, self.weights][-self.horizon :]

    def settle(self, batch, outcome, rivals):
        """Reckon the signals of a bar from mids and spreads. Returns y, nan where nothing is to be learned."""
        p, q, start, spread, sigma, beta = (np.array(batch[name], float) for name in ("p", "q", "mid", "spread", "sigma", "beta"))
        end, last, way, side = np.array(outcome["mid"], float), np.array(outcome["spread"], float), np.array(outcome["way"]), np.sign(p - q)
        market = 1e4 * ((outcome["market"] or math.nan) / batch["market"] - 1) if batch["market"] else 0.0
        beyond = np.where(beta == 0, 0.0, beta * market)
        kept, is_lost = way != "void", way == "lost"
        y = np.where(is_lost, (1 - side) / 2, 0.5 + np.sign(end - start) / 2)
        move = np.where(is_lost | np.isnan(beyond), -side * np.nan_to_num(sigma), 1e4 * (end / start - 1) - beyond)
        cost = 1e4 * (spread + np.where(np.isnan(last), spread, last)) / 2 / start + self.fees
        for name, found in (("y", y), ("move", move), ("cost", cost)):
            check(f"{name} of {self.name}", outcome[name], np.where(kept, found, math.nan))
        columns = {"p": p, "q": q, "y": y, "side": side, "gross": side * move, "net": side * move - abs(side) * cost,
                   "move": move, "sigma": sigma, "lost": is_lost, **rivals}
        bar = {name: np.array(column)[kept] for name, column in columns.items()}
        self.bars.append({**bar, "session": batch["session"], "place": batch["place"], "of": len(way), "covered": np.mean(batch["said"])})
        return np.where(kept & ~is_lost, y, math.nan)


def evidence(steps, stakes, overlap):
    """The logarithm that holds after each step: the mean of h interleaved processes, as it was h - 1 steps ago."""
    wealth, found = np.zeros((overlap, len(stakes))), [0.0] * (overlap - 1)
    for place, x in steps:
        wealth[place % overlap] += np.log(np.maximum(1 + stakes * x, 0))
        found.append(np.logaddexp.reduce(wealth.ravel()) - math.log(wealth.size))
    return found[: len(steps)]


def scale(bars, means, bounds):
    """Each bar's place, and its mean by the largest bound so far."""
    largest = np.maximum.accumulate(bounds)
    return [(bar["place"], mean / most if most else 0.0) for bar, mean, most in zip(bars, means, largest, strict=True)]


def calibrate(p, y, clusters):
    """Slope, intercept and gap of outcomes on statements, with errors by cluster, and the mean distance of a bin.

    None while nothing different was said, or in one cluster only.
    """
    add = lambda column: math.hypot(*np.bincount(np.unique(clusters, return_inverse=True)[1], column))  # noqa: E731
    off, up = p - p.mean(), y - y.mean()
    if len(set(clusters)) < 2 or off @ off <= 1e-12 * len(p):
        return dict.fromkeys(("slope", "slope_error", "intercept", "gap", "gap_error", "expected_error"))
    slope, gap = off @ up / (off @ off), p.mean() - y.mean()
    bins = np.bincount(np.searchsorted(EDGES, p, side="right"), p - y)
    return {"slope": slope, "slope_error": add(off * (up - slope * off)) / (off @ off), "intercept": y.mean() - slope * p.mean(),
            "gap": gap, "gap_error": add(p - y - gap) / len(p), "expected_error": abs(bins).sum() / len(p)}


def find_shortfall(nets):
    """The mean of the worst 5 %; the bp in which that ends counts by its mean."""
    _, place, count = np.unique(np.floor(nets), return_inverse=True, return_counts=True)
    taken = np.diff(np.minimum(np.cumsum(count), 0.05 * len(nets)), prepend=0)
    return (np.bincount(place, nets) / count) @ taken / (0.05 * len(nets))


def project(logs, steps, threshold):
    """The sessions still needed at the rate of the last ten, and after how many the mean step was halved."""
    rate = (logs[-1] - logs[max(len(logs) - 11, 0)]) / min(10, len(logs) - 1) if len(logs) > 1 else 0.0
    early, late = (np.mean(np.concatenate(half)) for half in (steps[: len(steps) // 2], steps[len(steps) // 2 :])) if len(steps) > 9 else (0, 0)
    half_life = len(steps) / 2 * math.log(2) / math.log(early / late) if 0 < late < early else None
    return (threshold - logs[-1]) / rate if rate > 0 else None, half_life


def figures(model):
    """Every figure of a model's line."""
    bars = [bar for bar in model.bars if len(bar["p"])]
    names = ("p", "q", "y", "side", "gross", "net", "move", "sigma", "lost", *(name for name in NAIVE if all(name in bar for bar in bars)))
    p, q, y, side, gross, net, move, sigma, lost, *naive = (np.concatenate([bar[name] for bar in bars]) for name in names)
    n, signals, sided = len(p), sum(bar["of"] for bar in model.bars), side != 0
    brier, loss = lambda said: np.sum((said - y) ** 2), lambda said: -np.mean(y * np.log(said) + (1 - y) * np.log(1 - said))
    m = np.sum(sided)
    hits, z = np.sum(np.where(side > 0, y, 1 - y)[sided]) / m, statistics.NormalDist().inv_cdf(0.975)
    half = z / (1 + z * z / m) * math.sqrt(hits * (1 - hits) / m + (z / m) ** 2 / 4)
    middle = (hits + z * z / 2 / m) / (1 + z * z / m)
    knows = scale(bars, [np.mean((b["p"] - b["q"]) * (b["y"] - b["q"])) for b in bars],
                  [np.mean(abs(b["p"] - b["q"]) * np.maximum(b["q"], 1 - b["q"])) for b in bars])
    loses = lambda b, came: (b["p"] - came) ** 2 - (b["q"] - came) ** 2  # noqa: E731
    worse = scale(bars, [np.mean(loses(b, b["y"])) for b in bars],
                  [np.mean(np.maximum(abs(loses(b, 0)), abs(loses(b, 1)))) for b in bars])
    pays = [(b["place"], np.mean(np.minimum(b["net"] / b["sigma"], 4)[b["sigma"] > 0]) / 20) for b in bars if any(b["sigma"] > 0)]
    log_knows, log_pays, log_worse = (evidence(x, stakes, model.overlap) for x, stakes in ((knows, STAKES), (pays, PAY_STAKES), (worse, STAKES)))
    for told in model.results:
        for log, found in (("knows", log_knows), ("worse", log_worse)):
            check(f"log {log} of {model.name} after {told['session']}", told["logs"][log], [0.0, *found][told["bars"]])
    steps, ends = collections.defaultdict(list), dict.fromkeys(model.sessions, 0.0)
    for bar, log, (_, step) in zip(bars, log_knows, knows, strict=True):
        ends[bar["session"]] = log
        steps[bar["session"]].append(step)
    needed, half_life = project(list(ends.values()), list(steps.values()), model.threshold)
    return {
        "scored": n, "bars": len(bars), "sessions": len(steps), "voids": 1 - n / signals, "lost": sum(lost) / signals,
        "coverage": sum(bar["covered"] for bar in model.bars) / (model.bars[-1]["place"] + 1),
        "hit_rate": hits, "hit_low": middle - half, "hit_high": middle + half, "log_loss": loss(p), "base_log_loss": loss(q),
        "brier_skill": 1 - brier(p) / brier(q), "naive_skill": 1 - brier(p) / min(map(brier, naive)) if naive else None,
        **calibrate(p, y, np.repeat([bar["place"] // model.overlap for bar in bars], [len(bar["p"]) for bar in bars])),
        "ic": np.corrcoef((p - q)[sigma > 0], (move / sigma)[sigma > 0])[0, 1], "gross": np.sum(gross[sided]) / m, "net": np.sum(net[sided]) / m,
        "worst": min([0.0, *net[sided]]) if m else None, "shortfall": find_shortfall(net[sided]),
        "log_knows": log_knows[-1], "log_pays": log_pays[-1], "log_worse": log_worse[-1],
        "still_needed": 0.0 if max(log_knows) >= model.threshold else needed, "half_life": half_life,
    }


@np.errstate(all="ignore")
def recompute(lines):
    """Return the figures of each model by name, having checked every p, q, y, move and cost on the way.

    A signal says up to which fact its model had learned (`seen`), and how many outcomes (`learned`); else it is all.
    """
    models: dict[str, Model] = {}
    batches: dict[tuple, dict] = collections.defaultdict(dict)
    rates: dict[int, list[float]] = collections.defaultdict(lambda: [200.0, 400.0])
    came: collections.deque[tuple] = collections.deque()
    counted: dict[int, int] = {}
    for line in map(json.loads, lines):
        fact, content = line["fact"], line.get("content")
        if fact["about"] == "model":
            models[fact["model"]] = Model(fact["detail"])
        model = models[fact["model"]]
        if fact["about"] == "signal":
            told = fact.get("detail", {})
            while came and came[0][0] <= told.get("seen", math.inf):
                _, learner, bar, batch, y = came.popleft()
                learner.learn(learner.inputs(batch), np.array(batch["q"]), y)
                if bar > counted.get(learner.horizon, -1) and not np.isnan(y).all():
                    rate, counted[learner.horizon] = rates[learner.horizon], bar
                    rate[:] = rate[0] + np.nansum(y), rate[1] + np.sum(~np.isnan(y))
            check(f"learned by {model.name}", told.get("learned", model.learned), model.learned)
            q = np.full(len(content["p"]), rates[model.horizon][0] / rates[model.horizon][1])
            check(f"q of {model.name}", content["q"], q)
            check(f"p of {model.name}", content["p"], model.say(model.inputs(content), q))
            batches[model.horizon, fact["bar"]][model.name] = content
            model.sessions[content["session"]] = True
        elif fact["about"] == "outcome":
            said = batches[model.horizon, fact["bar"]]
            y = model.settle(said[model.name], content, {name: said[name]["p"] for name in NAIVE if name in said})
            came.append((fact["number"], model, fact["bar"], said[model.name], y))
        elif fact["about"] == "results":
            model.results.append(fact["detail"])
            model.sessions[fact["detail"]["session"]] = True
    return {name: figures(model) for name, model in models.items()}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        for name, found in recompute(file).items():
            print(name, *(f"{key} {value:.6g}" for key, value in found.items() if value is not None), sep="\n  ")
