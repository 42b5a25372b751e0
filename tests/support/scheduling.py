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
    "browser/test_market.py", "browser/test_desk.py", "bench/test_bench.py", "browser/test_tabs.py",
    "config/test_restore.py", "browser/test_carriers.py", "config/test_up.py", "browser/test_walk.py",
    "browser/test_status.py", "scenarios/streaming/test_fault_matrix.py", "config/backup/test_postgresql.py",
    "browser/test_two_venues.py", "browser/test_portfolio.py", "browser/test_silence.py",
    "browser/test_watchlists.py", "browser/test_pages.py", "browser/test_charts.py",
    "scenarios/three_books/test_three_books.py", "browser/test_linking.py", "browser/test_fault_matrix.py",
    "browser/test_connection.py", "deploy/test_roles.py", "scenarios/streaming/test_credential_rotation.py",
    "config/test_up_family.py", "scenarios/streaming/test_reconnect_storm.py", "market/test_by_tradier.py",
    "scenarios/streaming/test_one_simulated_day.py", "browser/test_alerts.py",
    "scenarios/streaming/test_status_across_processes.py", "browser/test_push.py", "inventory/test_inventory.py",
    "news/sources/test_parser_process.py", "config/test_production.py", "browser/test_modules.py",
    "market/test_on_a_desk.py", "scenarios/streaming/test_protocol_violations.py", "browser/test_plain_dialect.py",
    "config/doctor/test_checks.py", "browser/test_way_of_a_quote.py",
)  # fmt: skip
WAITING = (
    "scenarios/streaming/test_stream_command.py", "scenarios/faults/test_faults.py",
    "scenarios/demos/test_restarts.py", "brokers/contract/test_broker.py", "config/test_demo.py",
    "scenarios/leaks/test_leaks.py", "trading/test_commands.py", "scenarios/streaming/test_venue_recovery.py",
    "streaming/test_consumers.py", "brokers/tastytrade/test_session.py",
    "scenarios/streaming/test_ownership_handover.py", "brokers/tradier/market_data/test_streams.py",
    "brokers/tastytrade/test_fault_matrix.py", "scenarios/streaming/test_slow_clients.py",
    "scenarios/streaming/test_sse_and_poll.py", "test_family.py", "brokers/tastytrade/test_a_day.py",
    "scenarios/streaming/test_candles_end_to_end.py", "scenarios/streaming/test_secrets.py",
    "brokers/tastytrade/test_account_faults.py", "brokers/test_account_events.py",
    "brokers/tastytrade/test_faults.py", "market/test_sharing.py", "config/test_database_away.py",
    "config/processes/test_supervisor.py", "simulator/alpaca/faults/test_faults.py", "brokers/tradier/test_rest.py",
    "scenarios/streaming/test_layer_faults.py", "streaming/ownership/test_lease.py",
    "brokers/alpaca/test_carriers.py", "streaming/bus/test_cluster_id.py", "streaming/views/test_status.py",
    "trading/reconciliation/test_reconciler.py", "news/store/test_writer.py",
    "brokers/tastytrade/market_data/test_candle_request.py", "trading/reconciliation/test_reconciler_laws.py",
    "brokers/tradier/market_data/test_candle_polling.py", "scenarios/streaming/test_access_ends_streams.py",
    "streaming/feeds/test_router.py", "scenarios/streaming/test_transport_equivalence.py",
    "brokers/tradier/test_stream_sessions.py", "external_clients/test_alpaca_client.py",
    "scenarios/streaming/test_many_processes.py", "scenarios/news/test_random_items.py", "news/test_views.py",
    "scenarios/streaming/test_random_messages.py", "support/test_selection.py", "config/test_valkey.py",
    "accounts/links/test_oauth.py", "news/stream/test_transports.py", "external_clients/test_dxlink.py",
    "accounts/auth/test_guesses.py", "accounts/links/test_key_rotation.py", "market/chains/test_chain.py",
    "streaming/ownership/test_rows.py", "accounts/views/test_settings_page.py",
    "accounts/views/test_settings_doors.py", "accounts/test_canaries.py", "accounts/auth/test_invitations.py",
    "desk/test_views.py", "accounts/test_admin.py",
)  # fmt: skip


def place(test: str) -> int:
    """Return where the file of `test`, by its id, stands in its lane."""
    file = _file(test)
    lane = BUSY if file in BUSY else WAITING
    return lane.index(file) if file in lane else len(lane)


def is_named(test: str) -> bool:
    """Whether the file of `test`, by its id, is among those that take longest."""
    return _file(test) in {*BUSY, *WAITING}


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
