"""What the board costs an update and a reader: `python -m bench.board_cost`. One process, CPU time, best of several."""

import sys
import time
import typing

from bench.results import Result, grammar, report
from brokers.contract.events import Quote
from streaming.board.board import Board

_SLOTS, _ROW = 500, 20
"""Slots on the board, and how many of them change in one flush."""


def best(act: typing.Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of one call, in s."""
    times = []
    for _ in range(rounds):
        begun = time.process_time_ns()
        act()
        times.append(time.process_time_ns() - begun)
    return min(times) / 1e9


def filled() -> Board:
    """Return a board that holds a quote in every slot."""
    board = Board("bench")
    for event in quotes(0, _SLOTS):
        board.apply(event, "link")
    board.flush(0)
    return board


def quotes(step: int, number: int) -> list[Quote]:
    """Return quotes of the first symbols that differ from those of every other step."""
    bids = [100 + step + n / 100 for n in range(number)]
    return [
        Quote(symbol=f"S{n}", bid=bid, ask=bid + 0.01, bid_size=100.0, ask_size=200.0, at=step)
        for n, bid in enumerate(bids)
    ]


def measure(flushes: int, rounds: int) -> list[Result]:
    """Run the measurement."""
    board = filled()
    steps = iter(range(1, 1 + flushes * rounds))

    def update() -> None:
        for events in batches:
            for event in events:
                board.apply(event, "link")
            board.flush(0)

    applied = []
    for _ in range(rounds):
        batches = [quotes(next(steps), _ROW) for _ in range(flushes)]
        applied.append(best(update, 1))
    late = board.seq - 1
    return [
        Result("an update applied and flushed", 1e6 * min(applied) / flushes / _ROW, "µs"),
        Result(f"a reader's catch-up of {_ROW} slots", 1e6 * best(lambda: board.since(late, everything), 200), "µs"),
        Result(f"a snapshot of {_SLOTS} slots", 1e6 * best(lambda: board.since(0, everything), 20), "µs"),
    ]


def everything(slot: object) -> bool:
    """Want every slot."""
    return True


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.board_cost", __doc__)
    parser.add_argument("--flushes", type=int, default=500, help="flushes a round")
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    title = f"Board {_ROW} of {_SLOTS} slots a flush"
    return report(title, measure(given.flushes, given.rounds), given.results)


if __name__ == "__main__":
    sys.exit(main())
