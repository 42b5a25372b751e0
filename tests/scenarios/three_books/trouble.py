"""What goes wrong while orders live, as a seed has it: at the venues, on the wires, and with the desk's processes."""

import random
import threading
import typing

from tests.scenarios.three_books.book_readers import Library

Strike = dict[str, typing.Any]
LOOK_S = 0.25
SHORT_S = 0.8
"""What stands stands no longer than this, so that many things go wrong in little time."""

WIRES: tuple[Strike, ...] = (
    {"fault": "drop"},
    {"fault": "drop", "mode": "abort"},
    {"fault": "drop", "mode": "reset"},
    {"fault": "garbage"},
    {"fault": "late", "delay": 0.3, "seconds": SHORT_S},
    {"fault": "mute", "seconds": SHORT_S},
)
"""What happens to the stream of an account."""

TASTYTRADE: tuple[Strike, ...] = (
    *({**wire, "stream": "alerts"} for wire in WIRES),
    {"fault": "swallow_notice", "times": 5},
    {"fault": "swallow_notice", "times": 20},
    {"fault": "duplicate_notice", "times": 10},
    {"fault": "reorder_notices", "times": 10},
    {"fault": "late_notice", "delay": 0.5, "times": 10},
    {"fault": "unknown_status", "times": 3},
    {"fault": "unknown_type", "times": 1},
    {"fault": "unknown_enum", "times": 1},
    {"fault": "partial_position", "times": 3},
    {"fault": "partial_balance", "times": 2},
    {"fault": "results", "seconds": SHORT_S},
    {"fault": "expire"},
    {"fault": "rest", "mode": "502", "times": 2},
    {"fault": "rest", "mode": "cut", "times": 2},
    {"fault": "rest", "mode": "garbage", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.4, "times": 2},
    {"fault": "connect_failed", "times": 1},
)
TRADIER: tuple[Strike, ...] = (
    *({**wire, "stream": "account"} for wire in WIRES),
    {"fault": "swallow_event", "times": 5},
    {"fault": "swallow_event", "times": 20},
    {"fault": "duplicate_event", "times": 10},
    {"fault": "reorder_events", "times": 10},
    {"fault": "late_event", "delay": 0.5, "times": 10},
    {"fault": "unknown_status", "times": 3},
    {"fault": "unknown_event"},
    {"fault": "late_price", "seconds": SHORT_S},
    {"fault": "reject", "times": 2},
    {"fault": "sessions"},
    {"fault": "rest", "mode": "502", "times": 2},
    {"fault": "rest", "mode": "cut", "times": 2},
    {"fault": "rest", "mode": "datastore", "times": 1},
    {"fault": "rest", "mode": "html200", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.4, "times": 2},
)
ALPACA: tuple[Strike, ...] = (
    *({**wire, "stream": stream} for wire in WIRES for stream in ("events", "updates")),
    {"fault": "fail", "stream": "events"},
    {"fault": "swallow_event", "times": 5},
    {"fault": "swallow_event", "times": 20},
    {"fault": "duplicate_event", "times": 10},
    {"fault": "reorder_events", "times": 10},
    {"fault": "late_event", "delay": 0.5, "times": 10},
    {"fault": "same_ms", "times": 20},
    {"fault": "slow_reader", "size": 10},
    {"fault": "inclusive", "seconds": SHORT_S},
    {"fault": "unknown_status", "times": 3},
    {"fault": "refuse_change", "times": 2},
    {"fault": "late_position", "seconds": SHORT_S},
    {"fault": "odd_event", "mode": "restated"},
    {"fault": "too_many", "times": 1},
    {"fault": "refuse_upgrade", "times": 1},
    {"fault": "rest", "mode": "502", "times": 2},
    {"fault": "rest", "mode": "cut", "times": 2},
    {"fault": "rest", "mode": "html200", "times": 1},
    {"fault": "rest", "mode": "slow", "delay": 0.4, "times": 2},
)
STRIKES: dict[str, tuple[Strike, ...]] = {"tastytrade": TASTYTRADE, "tradier": TRADIER, "alpaca": ALPACA}
"""What a venue's door does, of that which is about orders. All of it is over by itself."""
FOR_ALL = frozenset({"refuse_upgrade"})
"""What hits everybody, and takes no account."""


class Trouble:
    """Goes on beside lives of orders until they are over: so many strikes and deaths, spread over `acts`.

    `die` lets a process die between storing and announcing.
    """

    def __init__(
        self, library: Library, seed: int, acts: int, strikes: int, deaths: int, die: typing.Callable[[], None]
    ) -> None:
        self.library = library
        self.struck: list[str] = []
        """What was done, in order."""
        self._acts = acts
        self._die = die
        self._luck = random.Random(f"{seed}:trouble")
        self._pause = threading.Event()
        plan = [(self._luck.uniform(0, acts), self._strike) for _ in range(strikes)]
        plan += [(self._luck.uniform(0.1 * acts, 0.8 * acts), self._kill) for _ in range(deaths)]
        self._plan = sorted(plan, key=lambda planned: planned[0])
        """What is to be done after how many acts."""

    def run(self) -> None:
        """Make trouble until everything has happened that was to happen."""
        is_over = False
        while self._plan or not is_over:
            left = self.library.acts_wanted - self.library.acts
            is_over = left <= 0
            while self._plan and self._plan[0][0] <= self._acts - left:
                self._plan.pop(0)[1]()
            self._pause.wait(LOOK_S)

    def _strike(self) -> None:
        shelf = self._luck.choice(self.library.shelves)
        chosen = self._luck.choice(STRIKES[shelf.venue])
        whom = {} if chosen["fault"] in FOR_ALL else {"account": shelf.account}
        shelf.order("fault", **chosen, **whom)
        self.struck.append(f"{shelf.venue}: {' '.join(str(word) for word in chosen.values())}")

    def _kill(self) -> None:
        self._die()
        self.struck.append("a process died between storing and announcing")
