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
    "browser/test_market.py", "browser/test_desk.py", "bench/test_bench.py", "browser/test_portfolio.py",
    "browser/test_tabs.py", "browser/test_pages.py", "streaming/test_fault_matrix.py", "browser/test_carriers.py",
    "browser/test_walk.py", "streaming/test_reconnecting.py", "browser/test_watchlists.py",
    "browser/test_two_venues.py", "browser/test_fault_matrix.py", "browser/test_status.py",
    "market/test_by_tradier.py", "browser/test_linking.py", "browser/test_charts.py", "config/test_up_family.py",
    "books/test_three_books.py", "browser/test_modules.py", "streaming/test_credentials_change.py",
    "browser/test_connection.py", "config/test_up.py", "streaming/test_protocol_abuse.py",
    "config/test_production.py", "browser/test_plain_dialect.py", "streaming/test_status_of_many.py",
    "market/test_on_a_desk.py", "streaming/test_a_day.py", "config/test_doctor.py",
)  # fmt: skip
WAITING = (
    "leaks/test_leaks.py", "faults/test_faults.py", "test_family.py", "demos/test_restarts.py",
    "streaming/test_stream_command.py",
    "config/test_demo.py",
    "brokers/tastytrade/test_a_day.py", "streaming/test_sockets.py", "streaming/test_recovery.py",
    "brokers/test_contract.py", "streaming/test_access.py", "trading/test_commands.py",
    "brokers/tastytrade/test_faults.py", "streaming/test_lease.py", "streaming/test_messages_at_random.py",
    "accounts/test_redirects.py", "streaming/test_secrets.py", "brokers/tradier/test_streams.py",
    "streaming/test_reading_little.py", "config/test_database_away.py", "brokers/tastytrade/test_fault_matrix.py",
    "streaming/test_carriers.py", "brokers/test_account_events.py", "streaming/test_ownership.py",
    "accounts/test_settings_page.py", "streaming/test_status.py", "brokers/tastytrade/test_account_faults.py",
    "brokers/tastytrade/test_session.py", "accounts/test_settings_doors.py", "accounts/test_admin.py",
    "brokers/alpaca/test_carriers.py", "accounts/test_entrance.py", "accounts/test_canaries.py",
    "brokers/tradier/test_answers.py", "panels/test_saving.py", "streaming/test_layer_faults.py",
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
