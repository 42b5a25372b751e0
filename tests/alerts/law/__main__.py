"""Tries the law of alerts: `python -m tests.alerts.law 20`. Ends with 1 if anything was missed, doubled or early."""

import sys
import time

from tests.alerts.law.trial import ALERTS, tried


def main() -> int:
    """Print one line a seed."""
    seeds, wrong = int(sys.argv[1]) if len(sys.argv) > 1 else 5, 0
    for seed in range(seeds):
        begun = time.process_time()
        for kind, verdict, firings, unchecked in tried(seed):
            wrong += len(verdict.wrong)
            print(
                f"seed {seed:3} {kind:8} {ALERTS} alerts, {verdict.expected:4} expected, {firings:4} told, "
                f"missed {len(verdict.missed)}, doubled {len(verdict.doubled)}, early {len(verdict.early)}, "
                f"late and unmarked {len(verdict.unmarked)}, not checked and told {unchecked}"
            )
            for text in verdict.wrong[:3]:
                print("   ", text)
        print(f"    {time.process_time() - begun:.1f} s of CPU", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
