"""Reckons every p, q, y, e-value and figure of the board from an export alone, in its own way: it imports no product.

`python -m tests.signals.recompute < export.jsonl`. What models of one's own said is taken as it is recorded.
"""

# ruff: noqa: E501  # short on purpose: it is to be read in one go
# fmt: off
import collections
import json
import math
import sys

import numpy as np

from tests.signals.replica import Replica

STAKES, PAY_STAKES = np.array([0.02, 0.05, 0.1, 0.2, 0.4]), np.array([0.05, 0.1, 0.2, 0.4, 0.8])
EDGES = (0.40, 0.45, 0.475, 0.49, 0.50, 0.51, 0.525, 0.55, 0.60)
WILSON, OTHERS = 1.959963984540054, ("champion", "always up", "last sign", "EWMA of sign")

def check(what, told, found):
    """Raise where told numbers are others than those that were found. None is missing, and so is nan."""
    np.testing.assert_allclose(np.array(told, float), np.array(found, float), rtol=5e-10, atol=5e-10, err_msg=what)

def resolve(name, told, batch, outcome, rivals):
    """Reckon the signals of a bar from mids and spreads: the columns of those that are not void, and y, nan where nothing is learned."""
    p, q, start, spread, sigma, beta = (np.array(batch[column], float) for column in ("p", "q", "mid", "spread", "sigma", "beta"))
    end, last, way, side = np.array(outcome["mid"], float), np.array(outcome["spread"], float), np.array(outcome["way"]), np.sign(p - q)
    market = 1e4 * ((outcome["market"] or math.nan) / batch["market"] - 1) if batch["market"] else 0.0
    beyond, lost, kept = np.where(beta == 0, 0.0, beta * market), way == "lost", way != "void"
    y = np.where(lost, (1 - side) / 2, 0.5 + np.sign(end - start) / 2)
    move = np.where(lost | np.isnan(beyond), -side * np.nan_to_num(sigma), 1e4 * (end / start - 1) - beyond)
    cost = 1e4 * (spread + np.where(np.isnan(last), spread, last)) / 2 / start + told["fees_bps"]
    for column, found in (("y", y), ("move", move), ("cost", cost)):
        check(f"{column} of {name}", outcome[column], np.where(kept, found, math.nan))
    columns = [p, q, y, move, cost, sigma, lost, *(rivals.get(other, p * math.nan) for other in OTHERS)]
    return np.array(columns, float)[:, kept], np.where(kept & ~lost, y, math.nan)

def evidence(places, steps, stakes, h):
    """The logarithm that holds after 0, 1, … bars: the mean of h interleaved processes, as it was h - 1 steps ago."""
    known = ~np.isnan(steps)
    growth, is_own = np.log(np.maximum(1 + np.outer(steps[known], stakes), 0)), (places[known] % h)[:, None] == np.arange(h)
    wealth = np.cumsum(np.where(is_own[:, :, None], growth[:, None], 0), axis=0).reshape(-1, h * len(stakes))
    logs = np.logaddexp.reduce(wealth, axis=1) - math.log(h * len(stakes))
    return np.r_[np.zeros(h), logs][np.r_[0, np.cumsum(known)]]

def calibrate(p, y, clusters):
    """Slope, intercept and gap of outcomes on statements, with errors by cluster, and the mean distance of a bin."""
    off, up, gap = p - p.mean(), y - y.mean(), p.mean() - y.mean()
    square = off @ off if len(set(clusters)) > 1 and off @ off > 1e-12 * len(p) else math.nan  # else nothing different was said
    slope, add = off @ up / square, lambda column: math.hypot(*np.bincount(clusters - clusters[0], column))
    found = {"slope": slope, "slope_error": add(off * (up - slope * off)) / square, "intercept": y.mean() - slope * p.mean(),
             "gap": gap, "gap_error": add(p - y - gap) / len(p), "expected_error": abs(np.bincount(np.searchsorted(EDGES, p, side="right"), p - y)).sum() / len(p)}
    return found if square > 0 else dict.fromkeys(found)

def figures(name, told, bars, sessions, results):
    """Every figure of a line, by bars of a batch and the columns of `resolve`, and the evidence of a challenge."""
    scored, h = [batch for batch, columns in bars if columns.size], -(-told["horizon"] // told["every"])
    bar = np.repeat(range(len(scored)), [columns.shape[1] for _, columns in bars if columns.size])
    p, q, y, move, cost, sigma, lost, champion, *naive = np.concatenate([columns for _, columns in bars], axis=1)
    place, side, signals = np.array([batch["place"] for batch in scored]), np.sign(p - q), sum(len(batch["p"]) for batch, _ in bars)
    net, took, sized, m = side * move - abs(side) * cost, side != 0, sigma > 0, np.count_nonzero(side)
    def step(x, bound, among):  # each bar's mean by the largest bound so far; nan where a bar has none
        count, mean, most = (np.bincount(bar[among], column[among], len(scored)) for column in (p * 0 + 1, x, bound))
        return np.where(count, np.nan_to_num(mean / count / np.fmax.accumulate(most / count)), math.nan)
    miss, loss = lambda said: (said - y) ** 2, lambda said: -np.mean(y * np.log(said) + (1 - y) * np.log(1 - said))
    loses = lambda p, q: (miss(p) - miss(q), np.maximum(abs(p * p - q * q), abs((1 - p) ** 2 - (1 - q) ** 2)))  # noqa: E731
    steps = {"knows": step((p - q) * (y - q), abs(p - q) * np.maximum(q, 1 - q), p > 0), "worse": step(*loses(p, q), p > 0),
             "pays": step(np.minimum(net / sigma, 4) / 20, p * 0 + 1, sized), "challenge": step(*loses(champion, p), (lost == 0) & (champion > 0))}
    logs = {kind: evidence(place, x, PAY_STAKES if kind == "pays" else STAKES, h) for kind, x in steps.items()}
    for result in results:
        check(f"logs of {name} after {result['session']}", [*result["logs"].values()], [logs[kind][result["bars"]] for kind in result["logs"]])
    best = min([miss(said).sum() for said in naive if all(said > 0)], default=math.nan)
    hits, z = np.where(side > 0, y, 1 - y) @ took / m, WILSON
    half, middle = z / (1 + z * z / m) * math.sqrt(hits * (1 - hits) / m + (z / m) ** 2 / 4), (hits + z * z / 2 / m) / (1 + z * z / m)
    _, bp, count = np.unique(np.floor(net[took]), return_inverse=True, return_counts=True)  # the worst 5 % to a bp, which counts by its mean
    worst = np.bincount(bp, net[took]) / count @ np.diff(np.minimum(np.cumsum(count), 0.05 * m), prepend=0) / (0.05 * m)
    session = np.array([list(sessions).index(batch["session"]) for batch in scored])
    ends, need = logs["knows"][np.cumsum(np.bincount(session, minlength=len(sessions)))][-11:], math.log(told["gates"]["slots"] / told["gates"]["alpha"])
    rate, k, rank = (ends[-1] - ends[0]) / max(len(ends) - 1, 1), len(set(session)), np.unique(session, return_inverse=True)[1]
    early, late = (steps["knows"][half].mean() for half in (rank < k // 2, rank >= k // 2)) if k > 9 else (0, 0)
    return {
        "scored": len(p), "bars": len(scored), "sessions": k, "voids": 1 - len(p) / signals, "lost": lost.sum() / signals,
        "coverage": sum(np.mean(batch["said"]) for batch, _ in bars) / max([bars[-1][0]["place"] + 1, *(result.get("scheduled", 0) for result in results)]),
        "hit_rate": hits, "hit_low": middle - half, "hit_high": middle + half, "log_loss": loss(p), "base_log_loss": loss(q),
        "brier_skill": 1 - miss(p).sum() / miss(q).sum(), "naive_skill": 1 - miss(p).sum() / best, **calibrate(p, y, place[bar] // h),
        "ic": np.corrcoef((p - q)[sized], (move / sigma)[sized])[0, 1], "gross": side @ move / m, "net": net.sum() / m,
        "worst": min([0.0, *net]) if m else None, "shortfall": worst, **{f"log_{kind}": log[-1] for kind, log in logs.items()},
        "still_needed": 0.0 if max(logs["knows"]) >= need else (need - ends[-1]) / rate if rate > 0 else None,
        "half_life": k / 2 * math.log(2) / math.log(early / late) if 0 < late < early else None,
    }

@np.errstate(all="ignore")
def recompute(lines):
    """Return the figures by name and version of models that were scored; each p, q, y, move, cost and session's evidence is checked."""
    told, replicas, said, champions, came = dict[str, dict](), dict[str, Replica](), dict[tuple, dict](), dict[str, str | None](), collections.deque[tuple]()
    bars, results = collections.defaultdict[str, list](list), collections.defaultdict[str, list](list)
    sessions, rates = collections.defaultdict[str, dict](dict), collections.defaultdict[int, list[float]](lambda: [200.0, 400.0, -1.0])
    for line in map(json.loads, lines):
        fact, content, detail = line["fact"], line.get("content"), line["fact"].get("detail", {})
        name, bar = f"{fact['model']} {fact['version']}", fact.get("bar")
        if fact["about"] == "model":
            same = [other for other in told if all(told[other][key] == detail[key] for key in ("name", "horizon_s", "every"))]
            champions[name] = same[-1] if same else None
            told[name], replicas[name] = detail, Replica(detail)
        elif fact["about"] == "signal":
            while came and came[0][0] <= detail.get("seen", math.inf):  # the fact up to which all models had learned
                _, learner, then, batch, y = came.popleft()
                replicas[learner].learn(batch, y)
                rate = rates[told[learner]["horizon"]]
                if then > rate[2] and not np.isnan(y).all():
                    rate[:] = rate[0] + np.nansum(y), rate[1] + np.sum(~np.isnan(y)), then
            check(f"learned by {name}", detail.get("learned", replicas[name].learned), replicas[name].learned)
            q = np.full(len(content["p"]), rates[told[name]["horizon"]][0] / rates[told[name]["horizon"]][1])
            check(f"q of {name}", content["q"], q)
            check(f"p of {name}", content["p"], replicas[name].say(content, q) if replicas[name].is_built_in else content["p"])
            said[name, bar], sessions[name][content["session"]] = content, True
        elif fact["about"] == "outcome":
            others = [other for other in told if told[other]["horizon_s"] == told[name]["horizon_s"] and (other, bar) in said]
            rivals = {("champion" if other == champions[name] else told[other]["name"]): said[other, bar]["p"] for other in others}
            columns, y = resolve(name, told[name], said[name, bar], content, rivals)
            bars[name].append((said[name, bar], columns))
            came.append((fact["number"], name, bar, said[name, bar], y))
        elif fact["about"] == "results":
            results[name].append(detail)
            sessions[name][detail["session"]] = True
    return {name: figures(name, told[name], rows, sessions[name], results[name]) for name, rows in bars.items() if any(part.size for _, part in rows)}

if __name__ == "__main__":
    print(json.dumps(recompute(sys.stdin), indent=2, default=float))
