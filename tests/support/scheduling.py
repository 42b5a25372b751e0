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
    "browser/test_tabs.py", "browser/test_pages.py", "scenarios/streaming/test_fault_matrix.py",
    "browser/test_carriers.py", "browser/test_walk.py", "scenarios/streaming/test_reconnect_storm.py",
    "browser/test_watchlists.py", "browser/test_two_venues.py", "browser/test_fault_matrix.py",
    "browser/test_status.py", "market/test_by_tradier.py", "browser/test_linking.py", "browser/test_charts.py",
    "config/test_up_family.py", "scenarios/three_books/test_three_books.py", "browser/test_modules.py",
    "scenarios/streaming/test_credential_rotation.py", "browser/test_connection.py", "config/test_up.py",
    "scenarios/streaming/test_protocol_violations.py", "config/test_production.py", "browser/test_plain_dialect.py",
    "scenarios/streaming/test_status_across_processes.py", "market/test_on_a_desk.py",
    "scenarios/streaming/test_one_simulated_day.py", "config/doctor/test_checks.py", "browser/test_way_of_a_quote.py",
)  # fmt: skip
WAITING = (
    "scenarios/leaks/test_leaks.py", "scenarios/faults/test_faults.py", "test_family.py",
    "scenarios/demos/test_restarts.py", "scenarios/streaming/test_stream_command.py", "config/test_demo.py",
    "brokers/tastytrade/test_a_day.py", "streaming/test_consumers.py", "scenarios/streaming/test_venue_recovery.py",
    "brokers/contract/test_broker.py", "scenarios/streaming/test_access_ends_streams.py",
    "trading/test_commands.py", "brokers/tastytrade/test_faults.py", "streaming/ownership/test_lease.py",
    "scenarios/streaming/test_random_messages.py", "accounts/links/test_oauth.py",
    "scenarios/streaming/test_secrets.py", "brokers/tradier/market_data/test_streams.py",
    "scenarios/streaming/test_slow_clients.py", "config/test_database_away.py",
    "brokers/tastytrade/test_fault_matrix.py", "scenarios/streaming/test_sse_and_poll.py",
    "brokers/test_account_events.py", "streaming/ownership/test_rows.py", "accounts/views/test_settings_page.py",
    "streaming/views/test_status.py", "brokers/tastytrade/test_account_faults.py",
    "brokers/tastytrade/test_session.py", "accounts/views/test_settings_doors.py", "accounts/test_admin.py",
    "brokers/alpaca/test_carriers.py", "accounts/auth/test_invitations.py", "accounts/test_canaries.py",
    "brokers/tradier/test_rest.py", "desk/test_views.py", "scenarios/streaming/test_layer_faults.py",
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
