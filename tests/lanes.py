"""In which order a run of several processes takes its files of tests.

Some files keep a processor busy all the time: pages in a browser, desks that start. Others mostly wait. A few
processes go through the busy ones, one after another, while the rest go through the others beside them: so at no time
do all of them want a processor, or all wait. Who has nothing left of their own helps out. In both lanes the longest
come first: a file that began last would be waited for alone.
"""

import typing

from xdist.scheduler import LoadFileScheduling

if typing.TYPE_CHECKING:
    from xdist.workermanage import WorkerController

FOR_BUSY = 2
"""How many processes take the busy files first."""
BUSY = (
    "browser/test_charts.py",
    "browser/test_walk.py", "browser/test_linking.py", "streaming/test_fault_matrix.py", "browser/test_pages.py",
    "browser/test_tabs.py", "browser/test_status.py", "config/test_up_family.py", "browser/test_fault_matrix.py",
    "browser/test_carriers.py", "browser/test_market.py", "browser/test_portfolio.py", "browser/test_two_venues.py",
    "books/test_three_books.py", "streaming/test_messages_at_random.py", "streaming/test_reconnecting.py",
    "market/test_on_a_desk.py", "config/test_up.py", "browser/test_connection.py", "bench/test_bench.py",
    "config/test_production.py", "config/test_doctor.py", "config/test_demo.py", "brokers/tastytrade/test_a_day.py",
    "browser/test_plain_dialect.py", "config/test_database_away.py", "streaming/test_a_day.py",
    "streaming/test_status_of_many.py", "browser/test_watchlists.py", "browser/test_desk.py",
)  # fmt: skip
WAITING = (
    "faults/test_faults.py", "leaks/test_leaks.py", "brokers/tastytrade/test_fault_matrix.py",
    "streaming/test_stream_command.py", "streaming/test_recovery.py", "streaming/test_reading_little.py",
    "streaming/test_credentials_change.py", "streaming/test_layer_faults.py", "streaming/test_secrets.py",
    "streaming/test_carriers.py", "streaming/test_status.py", "streaming/test_access.py", "streaming/test_sockets.py",
    "brokers/loopback/test_market.py", "brokers/loopback/test_notifications.py", "streaming/test_many_processes.py",
    "streaming/test_protocol_abuse.py", "streaming/test_any_order_on_a_desk.py",
)  # fmt: skip


def place(test: str) -> int:
    """Return where the file of `test`, by its id, stands in its lane."""
    file = _file(test)
    lane = BUSY if file in BUSY else WAITING
    return lane.index(file) if file in lane else len(lane)


def _file(test: str) -> str:
    return test.partition("::")[0].removeprefix("tests/")


class Lanes(LoadFileScheduling):  # type: ignore[misc]  # xdist publishes no types
    """Gives each process whole files: the busy ones to some, the others to the rest, as long as there are such."""

    def _assign_work_unit(self, node: "WorkerController") -> None:
        is_for_busy = self.nodes.index(node) < FOR_BUSY
        fitting = (file for file in self.workqueue if (_file(file) in BUSY) == is_for_busy)
        if (first := next(fitting, None)) is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
