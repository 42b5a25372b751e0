"""Reckons every p, q, y, e-value and figure of the board from an export alone, in its own way: it imports no product.

`python -m tests.signals.recompute export.jsonl`. Models: rules of one lean, and the online logistic.
"""

# ruff: noqa: B905, E501, E731  # short on purpose: it is to be read in one go

import collections
import json
import math
import statistics
import sys
from collections.abc import Callable
from typing import Any

STAKES, PAY_STAKES = (0.02, 0.05, 0.1, 0.2, 0.4), (0.05, 0.1, 0.2, 0.4, 0.8)
EDGES = (0.40, 0.45, 0.475, 0.49, 0.50, 0.51, 0.525, 0.55, 0.60)


def clip(value):
    return max(-1.0, min(1.0, value))


LEANS: dict[str, Callable[..., float]] = {
    "always up": lambda: 1.0,
    "last sign": lambda r: (r > 0) - (r < 0),
    "EWMA of sign": clip,
    "momentum": lambda r: clip(r / 2),
    "reversal": lambda r: -clip(r / 2),
}


def logistic_inputs(row):
    return [part for value in row for part in (value or 0.0, float(value is None))]


def log_mean(logs):
    top = max(logs)
    return top if top == -math.inf else top + math.log(sum(math.exp(log - top) for log in logs) / len(logs))


def evidence(steps, stakes, overlap):
    """The logarithm of the evidence that holds: of h interleaved processes, as it was h - 1 steps ago."""
    kept = steps[: len(steps) - overlap + 1]
    if not kept:
        return 0.0
    turns = [[x for place, x in kept if place % overlap == turn] for turn in range(overlap)]
    grow = lambda stake, x: math.log(1 + stake * x) if stake * x > -1 else -math.inf
    return log_mean([log_mean([sum(grow(stake, x) for x in turn) for stake in stakes]) for turn in turns])


def scaled(pairs):
    """Means by the largest bound so far."""
    largest, found = 0.0, []
    for place, mean, bound in pairs:
        largest = max(largest, bound)
        found.append((place, mean / largest if largest else 0.0))
    return found


class Model:
    """One model version: what it says, what it learns, and its signals as rows."""

    def __init__(self, registered):
        self.name, self.horizon, self.uses = registered["name"], registered["horizon"], registered["features"]
        self.overlap = math.ceil(self.horizon / registered["every"])
        self.fees, self.gain, self.weight = registered["fees_bps"], 20.0, 2000.0
        self.weights = [0.0] * (2 * len(self.uses))
        self.bars, self.rows = [], []

    def inputs(self, batch):
        return list(zip(*(batch["features"][name] for name in self.uses))) or [()] * len(batch["p"])

    def lean(self, row):
        return 0.0 if None in row else float(LEANS[self.name](*row))

    def say(self, row, q):
        if self.name in LEANS:
            p = q + min(max(self.gain / self.weight, 0.002), 0.2) * self.lean(row)
        else:
            odds = math.log(q / (1 - q)) + sum(w * x for w, x in zip(self.weights, logistic_inputs(row)))
            p = 1 / (1 + math.exp(-odds))
        return min(max(p, 0.01), 0.99)

    def learn(self, rows, q, y):
        known = [(row, base, came) for row, base, came in zip(rows, q, y) if came is not None]
        if self.name in LEANS:
            self.gain += sum(self.lean(row) * (came - base) for row, base, came in known)
            self.weight += sum(self.lean(row) ** 2 for row, _, _ in known)
        elif known:
            slopes = [0.0] * len(self.weights)
            for row, base, came in known:
                odds = math.log(base / (1 - base)) + sum(w * x for w, x in zip(self.weights, logistic_inputs(row)))
                for place, x in enumerate(logistic_inputs(row)):
                    slopes[place] += (1 / (1 + math.exp(-odds)) - came) * x / len(known)
            self.weights = [w - 0.02 * (slope + 1e-4 * w) for w, slope in zip(self.weights, slopes)]


def settle(model, batch, outcome, rivals):
    """Reckon the rows of one bar: y, move and cost from mids and spreads. Returns y, None for void and lost."""
    market = 1e4 * (outcome["market"] / batch["market"] - 1) if outcome["market"] and batch["market"] else 0.0
    learned: list[float | None] = []
    rows: list[dict[str, Any]] = []
    for i, way in enumerate(outcome["way"]):
        learned.append(None)
        if way == "void":
            continue
        p, q, start, sigma = (batch[name][i] for name in ("p", "q", "mid", "sigma"))
        half = batch["spread"][i] / 2
        other = half if outcome["spread"][i] is None else outcome["spread"][i] / 2
        side = (p > q) - (p < q)
        if way == "lost":
            y, move = (1 - side) / 2, -side * (sigma or 0.0)
        else:
            end = outcome["mid"][i]
            y = learned[i] = 0.5 + ((end > start) - (end < start)) / 2
            move = 1e4 * (end / start - 1) - batch["beta"][i] * market
            if batch["beta"][i] and batch["market"] and not outcome["market"]:
                move = -side * (sigma or 0.0)
        cost = 1e4 * (half + other) / start + model.fees
        for name, value in (("y", y), ("move", move), ("cost", cost)):
            check(f"{name} of {model.name}", outcome[name][i], value)
        net = side * move - cost if side else 0.0
        rows.append({"p": p, "q": q, "y": y, "side": side, "gross": side * move, "net": net, "move": move, "sigma": sigma, "way": way, "rivals": {name: said[i] for name, said in rivals.items()}})  # fmt: skip
    model.bars.append((batch["session"], batch["place"], len(outcome["way"]), sum(batch["said"]), rows))
    return learned


def slope_of(clusters):
    """Slope, its error, intercept, gap and its error, errors by cluster."""
    rows = [row for rows in clusters for row in rows]
    p, y = [row["p"] for row in rows], [row["y"] for row in rows]
    mean_p, mean_y = statistics.fmean(p), statistics.fmean(y)
    spread = math.fsum((x - mean_p) ** 2 for x in p)
    slope = math.fsum((a - mean_p) * (b - mean_y) for a, b in zip(p, y)) / spread
    parts = [math.fsum((r["p"] - mean_p) * (r["y"] - mean_y - slope * (r["p"] - mean_p)) for r in rows) for rows in clusters]  # fmt: skip
    gaps = [math.fsum(r["p"] - r["y"] - (mean_p - mean_y) for r in rows) for rows in clusters]
    error, gap_error = math.sqrt(math.fsum(x * x for x in parts)) / spread, math.hypot(*gaps) / len(p)
    bins: dict[int, float] = collections.defaultdict(float)
    for row in rows:
        bins[sum(row["p"] >= edge for edge in EDGES)] += row["p"] - row["y"]
    return {"slope": slope, "slope_error": error, "intercept": mean_y - slope * mean_p, "gap": mean_p - mean_y,
            "gap_error": gap_error, "expected_error": sum(map(abs, bins.values())) / len(p)}  # fmt: skip


def figures(model):
    """Every figure of a model's line."""
    bars = [bar for bar in model.bars if bar[4]]
    rows = [row for bar in bars for row in bar[4]]
    n, sided = len(rows), [row for row in rows if row["side"]]
    brier = math.fsum((r["p"] - r["y"]) ** 2 for r in rows)
    loss = lambda key: -math.fsum(r["y"] * math.log(r[key]) + (1 - r["y"]) * math.log(1 - r[key]) for r in rows) / n  # fmt: skip
    naive = {name: math.fsum((r["rivals"][name] - r["y"]) ** 2 for r in rows) for name in rows[0]["rivals"]}
    hits = math.fsum(r["y"] if r["side"] > 0 else 1 - r["y"] for r in sided) / len(sided)
    z, m = statistics.NormalDist().inv_cdf(0.975), len(sided)
    half = z / (1 + z * z / m) * math.sqrt(hits * (1 - hits) / m + z * z / 4 / m / m)
    middle = (hits + z * z / 2 / m) / (1 + z * z / m)
    mean = lambda rows, f: math.fsum(map(f, rows)) / len(rows)
    knows = scaled([(b[1], mean(b[4], lambda r: (r["p"] - r["q"]) * (r["y"] - r["q"])),
                     mean(b[4], lambda r: abs(r["p"] - r["q"]) * max(r["q"], 1 - r["q"]))) for b in bars])  # fmt: skip
    worse = scaled([(b[1], mean(b[4], lambda r: (r["p"] - r["y"]) ** 2 - (r["q"] - r["y"]) ** 2),
                     mean(b[4], lambda r: max(abs((r["p"] - y) ** 2 - (r["q"] - y) ** 2) for y in (0, 1)))) for b in bars])  # fmt: skip
    priced = [(b[1], [r for r in b[4] if r["sigma"]]) for b in bars]
    pays = [(place, mean(part, lambda r: min(r["net"] / r["sigma"], 4)) / 20) for place, part in priced if part]
    pairs = [r for _, part in priced for r in part]
    blocks = collections.defaultdict(list)
    for b in bars:
        blocks[b[1] // model.overlap].extend(b[4])
    return {
        "scored": n, "bars": len(bars), "sessions": len({b[0] for b in bars}),
        "coverage": math.fsum(b[3] / b[2] for b in model.bars) / len(model.bars),
        "voids": 1 - n / sum(b[2] for b in model.bars),
        "lost": sum(r["way"] == "lost" for r in rows) / sum(b[2] for b in model.bars),
        "hit_rate": hits, "hit_low": middle - half, "hit_high": middle + half,
        "brier_skill": 1 - brier / math.fsum((r["q"] - r["y"]) ** 2 for r in rows),
        "naive_skill": 1 - brier / min(naive.values()) if naive else None,
        "log_loss": loss("p"), "base_log_loss": loss("q"), **slope_of(list(blocks.values())),
        "ic": statistics.correlation([r["p"] - r["q"] for r in pairs], [r["move"] / r["sigma"] for r in pairs]),
        "gross": mean(sided, lambda r: r["gross"]), "net": mean(sided, lambda r: r["net"]),
        "worst": min(0.0, *(r["net"] for r in sided)), "shortfall": shortfall([r["net"] for r in sided]),
        "log_knows": evidence(knows, STAKES, model.overlap), "log_pays": evidence(pays, PAY_STAKES, model.overlap),
        "log_worse": evidence(worse, STAKES, model.overlap),
    }  # fmt: skip


def shortfall(nets):
    """The mean of the worst 5 %; the bp in which that ends counts by its mean."""
    left = wanted = len(nets) * 0.05
    total = 0.0
    for place, group in sorted(collections.Counter(map(math.floor, nets)).items()):
        took = min(left, group)
        total += took * math.fsum(net for net in nets if math.floor(net) == place) / group
        left -= took
        if left <= 0:
            break
    return total / wanted


def check(what, told, found):
    """Raise where a told number is another than the one that was found."""
    if (told is None) != (found is None) or (found is not None and abs(told - found) > 1e-9 * max(1, abs(found))):
        raise AssertionError(f"{what}: told {told}, found {found}")


def recompute(lines):
    """Return the figures of each model by name, having checked every p, q, y, move and cost on the way."""
    models, batches = {}, {}
    rates: dict[int, list[float]] = collections.defaultdict(lambda: [200.0, 400.0])
    waiting: dict[tuple, dict] = collections.defaultdict(dict)
    learned = set()
    pending: list[tuple] = []
    for line in map(json.loads, lines):
        fact, content = line["fact"], line.get("content")
        if fact["about"] != "outcome" and pending:
            for horizon, y in pending:
                rates[horizon][0] += sum(up for up in y if up is not None)
                rates[horizon][1] += sum(up is not None for up in y)
            pending = []
        if fact["about"] == "model":
            models[fact["model"]] = Model(fact["detail"])
        elif fact["about"] == "signal":
            model = models[fact["model"]]
            ups, count = rates[model.horizon]
            for i, row in enumerate(model.inputs(content)):
                check(f"q of {model.name}", content["q"][i], ups / count)
                check(f"p of {model.name}", content["p"][i], model.say(row, ups / count))
            batches[model.name, fact["bar"]] = waiting[model.horizon, fact["bar"]][model.name] = content
        elif fact["about"] == "outcome":
            model = models[fact["model"]]
            batch = batches[model.name, fact["bar"]]
            same = waiting[model.horizon, fact["bar"]]
            rivals = {name: other["p"] for name, other in same.items() if name in ("always up", "last sign", "EWMA of sign")}  # fmt: skip
            y = settle(model, batch, content, rivals)
            model.learn(model.inputs(batch), batch["q"], y)
            if (model.horizon, fact["bar"]) not in learned:
                learned.add((model.horizon, fact["bar"]))
                pending.append((model.horizon, y))
    return {name: figures(model) for name, model in models.items()}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        for name, found in recompute(file).items():
            print(name, *(f"{key} {value:.6g}" for key, value in found.items() if value is not None), sep="\n  ")
